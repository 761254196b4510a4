//! A score for reading: lines that can be read aloud, and tables that line up.

mod columns;
mod numbers;

use waxseal_model::printable;

use self::columns::{Columns, Side};
use self::numbers::{counted, decimal, duration, grouped, moment, rate, rate_interval, share, share_interval};
use super::outcome::{
    DetectionV1, DilutedV1, DwellV1, GroupRecallV1, IncidentsV1, IntrusionV1, MailboxesV1, PartV1, RateV1, ScoreV1, ShareV1, SpreadV1,
    ToDetectV1,
};

/// As many of a list as a reader takes in; the JSON has them all.
const SHOWN: usize = 20;

/// Adds a line.
macro_rules! say {
    ($text:expr, $($words:tt)+) => { line($text, &format!($($words)+)) };
}

impl ScoreV1 {
    /// The score for reading.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.header();
        self.recall_text(&mut text);
        self.time_text(&mut text);
        self.findings_text(&mut text);
        part(&mut text, "Incidents of medium or above", &self.incidents, incidents_text);
        part(&mut text, "Mailboxes and messages, of the intrusions that incidents cover", &self.mailboxes, mailboxes_text);
        part(&mut text, "Dwell time, of the intrusions that incidents cover", &self.dwell, dwell_text);
        if !self.notes.is_empty() {
            section(&mut text, "Remarks");
            list(&mut text, self.notes.iter().cloned());
        }
        text
    }

    /// The score in one sentence.
    #[must_use]
    pub fn in_a_sentence(&self) -> String {
        let findable = self.intrusions.iter().filter(|intrusion| intrusion.findable).count() as u64;
        let found = self.intrusions.iter().filter(|intrusion| intrusion.found).count() as u64;
        let precision = &self.findings.precision;
        format!(
            "the truth of this world: {} of {} found; {} of {} of medium or above about one of them",
            grouped(found),
            counted(findable, "intrusion", "intrusions"),
            grouped(precision.n),
            counted(precision.of, "finding", "findings"),
        )
    }

    fn header(&self) -> String {
        let (world, case) = (&self.world, &self.case);
        let mut text = format!(
            "World: seed {}, {} to {}, {}, {}, {} mailbox-months of 30 days\n",
            world.seed,
            moment(world.from),
            moment(world.to),
            counted(world.tenants, "tenant", "tenants"),
            counted(world.mailboxes, "mailbox", "mailboxes"),
            decimal(world.mailbox_months),
        );
        let records = counted(world.records, "record", "records");
        let records = format!("{} of {records} in the written files", grouped(world.surviving));
        say!(&mut text, "Truth: {}, {} findable, {records}", counted(world.intrusions, "intrusion", "intrusions"), grouped(world.findable));
        let incidents = case.incidents.map_or_else(|| "no incidents.json".to_owned(), |n| counted(n, "incident", "incidents"));
        let read = case.records.map_or_else(|| "no run.json".to_owned(), |n| format!("{} read", counted(n, "record", "records")));
        let rejected = case.rejected.map_or_else(String::new, |n| format!(", {} rejected", grouped(n)));
        let findings = counted(case.findings, "finding", "findings");
        say!(&mut text, "Case:  {findings}, {} of medium or above, {incidents}, {read}{rejected}", grouped(case.of_medium));
        say!(&mut text, "Found: by a finding of {} or above, at least half of whose ids are records of the intrusion", self.floor);
        line(&mut text, "Brackets and the columns Interval hold 95 % intervals. Per 1,000 means per 1,000 mailbox-months.");
        text
    }

    fn recall_text(&self, text: &mut String) {
        let left_out = self.recall.not_findable;
        section(text, "Recall: intrusions found, of those that are findable");
        let mut floors = Columns::new(&[("Floor", Side::Left), ("Found", Side::Right), ("Recall", Side::Right), ("Interval", Side::Left)]);
        for row in &self.recall.by_floor {
            floors.row([row.floor.to_string(), of(row.found), share(row.found), share_interval(row.found)]);
        }
        text.push_str(&floors.set());
        say!(
            text,
            "Not findable, because no record of them is in the written files: {} of {}.",
            grouped(left_out),
            grouped(self.world.intrusions)
        );
        for (heading, groups) in [("Kind", &self.recall.by_kind), ("Coverage", &self.recall.by_coverage)] {
            text.push('\n');
            text.push_str(&groups_table(heading, groups).set());
        }
        let missed = self.intrusions.iter().filter(|intrusion| intrusion.findable && !intrusion.found);
        let missed: Vec<String> = missed.map(missed_line).collect();
        if !missed.is_empty() {
            line(text, "\nFindable and not found:");
            list(text, missed.into_iter());
        }
    }

    fn time_text(&self, text: &mut String) {
        section(text, "Time to detect, from the moment the first record of an intrusion was available");
        match &self.time.to_detect {
            PartV1::Scored(to_detect) => line(text, &to_detect_line(to_detect)),
            PartV1::Not { not_scored } => line(text, &capitalised(not_scored)),
        }
        say!(text, "Until the first cited record was available: {}.", spread(self.time.evidence_delay, duration));
    }

    fn findings_text(&self, text: &mut String) {
        let findings = &self.findings;
        section(text, "Findings of medium or above");
        say!(text, "True: {}.", share_line(findings.precision));
        say!(text, "False: {}.", rate_line(findings.false_findings));
        say!(
            text,
            "Of the false ones, {} cite nothing, {} cite records of an intrusion, but too few.",
            grouped(findings.citing_nothing),
            grouped(findings.diluted.len() as u64)
        );
        say!(text, "Below medium, which enters nothing of this: {} count for an intrusion.", of(findings.below_medium));
        if findings.listed_in_part > 0 {
            say!(
                text,
                "{} on more records than they list; judged by those that they list.",
                counted(findings.listed_in_part, "rests", "rest")
            );
        }
        if !self.detections.is_empty() {
            text.push('\n');
            text.push_str(&detections_table(&self.detections).set());
        }
        if !findings.diluted.is_empty() {
            line(text, "\nFalse, although they cite records of an intrusion:");
            list(text, findings.diluted.iter().map(diluted_line));
        }
    }
}

fn groups_table(heading: &str, groups: &[GroupRecallV1]) -> Columns {
    let mut table = Columns::new(&[
        (heading, Side::Left),
        ("Found", Side::Right),
        ("Recall", Side::Right),
        ("Interval", Side::Left),
        ("With incident", Side::Right),
        ("Median time", Side::Right),
        ("Not findable", Side::Right),
    ]);
    for group in groups {
        table.row([
            group.name.clone(),
            of(group.found),
            share(group.found),
            share_interval(group.found),
            group.covered.map_or_else(|| "not scored".to_owned(), of),
            group.seconds_to_detect.median.map_or_else(|| "none".to_owned(), duration),
            grouped(group.not_findable),
        ]);
    }
    table
}

fn detections_table(detections: &[DetectionV1]) -> Columns {
    let mut table = Columns::new(&[
        ("Detection", Side::Left),
        ("Findings", Side::Right),
        ("True", Side::Right),
        ("False", Side::Right),
        ("Per 1,000", Side::Right),
        ("Interval", Side::Left),
        ("Intrusions", Side::Right),
        ("Alone", Side::Right),
    ]);
    for row in detections {
        table.row([
            row.detection.clone(),
            grouped(row.findings),
            of(row.precision),
            grouped(row.false_findings.n),
            rate(row.false_findings),
            rate_interval(row.false_findings),
            grouped(row.intrusions),
            grouped(row.alone),
        ]);
    }
    table
}

fn diluted_line(it: &DilutedV1) -> String {
    let ids = format!("{} of {} ids are of {}", grouped(it.malicious), grouped(it.cited), it.intrusion);
    format!("{} of {}: {ids}", it.finding, it.detection)
}

fn missed_line(intrusion: &IntrusionV1) -> String {
    let campaign = intrusion.campaign.as_ref().map_or_else(String::new, |campaign| format!(", campaign {campaign}"));
    format!(
        "{}: {}{campaign}, coverage {}, {} of {} in the written files",
        intrusion.id,
        intrusion.kind,
        intrusion.coverage,
        grouped(intrusion.surviving),
        counted(intrusion.records, "record", "records"),
    )
}

fn to_detect_line(to_detect: &ToDetectV1) -> String {
    let times = spread(to_detect.seconds, duration);
    if to_detect.upper_bound {
        return format!("At most, because there is one detect run, as of {}: {times}.", moment(to_detect.to));
    }
    format!("{} detect runs, as of {} to {}: {times}.", grouped(to_detect.runs), moment(to_detect.from), moment(to_detect.to))
}

fn incidents_text(text: &mut String, incidents: &IncidentsV1) {
    say!(text, "True: {}.", share_line(incidents.precision));
    say!(text, "False: {}.", rate_line(incidents.false_incidents));
    say!(text, "Intrusions with an incident, of those that are findable: {}.", share_line(incidents.covered));
    say!(text, "Intrusions with one incident only, of those that have any: {}.", share_line(incidents.whole));
    say!(text, "Incidents that mix intruders: {} of {}.", grouped(incidents.merged.len() as u64), grouped(incidents.precision.of));
    say!(text, "Campaigns recognised, of those in more than one tenant: {}.", share_line(incidents.campaigns));
    say!(text, "Campaigns named that are one: {}.", share_line(incidents.campaign_entries));
    say!(text, "Incidents below medium, which enter nothing of this: {}.", grouped(incidents.below_medium));
    let split = incidents.split.iter().map(|it| format!("{} is split over {}", it.intrusion, it.incidents.join(", ")));
    let merged = incidents.merged.iter().map(|it| format!("{} mixes {}", it.incident, it.intrusions.join(", ")));
    list(text, split.chain(merged).chain(incidents.false_ids.iter().map(|id| format!("{id} is false"))));
}

fn mailboxes_text(text: &mut String, mailboxes: &MailboxesV1) {
    let mut table = Columns::new(&[("Said of a mailbox", Side::Left), ("Reached", Side::Right), ("Others", Side::Right)]);
    for row in &mailboxes.said {
        table.row([row.said.to_owned(), grouped(row.reached), grouped(row.others)]);
    }
    text.push_str(&table.set());
    let missed = grouped(mailboxes.named.of - mailboxes.named.n);
    say!(text, "Reached mailboxes named with recorded or possible access: {}; missed: {missed}.", share_line(mailboxes.named));
    say!(text, "Wrong, of those named with recorded access: {}.", share_line(mailboxes.wrong));
    say!(
        text,
        "Mailboxes of findable intrusions without an incident, which enter nothing of this: {}.",
        grouped(mailboxes.without_incident)
    );
    bounds_text(text, mailboxes);
}

fn bounds_text(text: &mut String, mailboxes: &MailboxesV1) {
    say!(text, "Lower bound not above the messages accessed: {}.", share_line(mailboxes.lower_holds));
    say!(text, "Upper bound not below them, or open: {}.", share_line(mailboxes.upper_holds));
    say!(text, "Upper bound given as a number: {}.", share_line(mailboxes.upper_given));
    say!(text, "Both bounds exact: {}.", share_line(mailboxes.exact));
    let tellable = share_line(mailboxes.exact_of_tellable);
    say!(text, "The same where the logs are complete and records name every message accessed, four days before they end: {tellable}.");
    say!(text, "Upper less lower bound, divided by the truth: {}.", spread(mailboxes.width, |value| format!("{value:.2}")));
    let messages = mailboxes.messages;
    let accessed = counted(messages.accessed, "message", "messages");
    say!(text, "Lower bounds add up to {} of {accessed} accessed; records name {}.", grouped(messages.lower), grouped(messages.recorded));
    if mailboxes.shared > 0 {
        say!(
            text,
            "Reached by several intrusions of the same incidents, whose messages count together: {}.",
            counted(mailboxes.shared, "mailbox", "mailboxes")
        );
    }
}

fn dwell_text(text: &mut String, dwell: &DwellV1) {
    let hours = |value: f64| duration(value * 3_600.0);
    say!(text, "Earliest possible time not after the first act, or said to be open: {}.", share_line(dwell.start_holds));
    say!(text, "Last recorded time not before the last record in the written files: {}.", share_line(dwell.end_holds));
    say!(text, "Both: {}.", share_line(dwell.contains));
    say!(text, "First recorded time exact, to the second: {}.", share_line(dwell.first_exact));
    say!(text, "From earliest possible to first recorded, where the logs are complete: {}.", spread(dwell.uncertain_hours, hours));
    say!(text, "From earliest possible to last recorded: {}.", spread(dwell.said_hours, hours));
    say!(text, "From first to last act, in truth: {}.", spread(dwell.true_hours, hours));
}

fn part<T>(text: &mut String, heading: &str, part: &PartV1<T>, set: impl FnOnce(&mut String, &T)) {
    section(text, heading);
    match part {
        PartV1::Scored(outcome) => set(text, outcome),
        PartV1::Not { not_scored } => line(text, &capitalised(not_scored)),
    }
}

fn section(text: &mut String, heading: &str) {
    say!(text, "\n{heading}");
    line(text, &"-".repeat(heading.chars().count()));
}

fn list(text: &mut String, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    for item in items.iter().take(SHOWN) {
        say!(text, "  {}", printable(item));
    }
    if items.len() > SHOWN {
        say!(text, "  and {} more, which the JSON lists", grouped((items.len() - SHOWN) as u64));
    }
}

fn line(text: &mut String, words: &str) {
    text.push_str(words);
    text.push('\n');
}

/// `8 of 10`.
fn of(share: ShareV1) -> String {
    format!("{} of {}", grouped(share.n), grouped(share.of))
}

/// `8 of 10, 80.0 % (49.0 to 94.3)`.
fn share_line(it: ShareV1) -> String {
    if it.of == 0 { format!("{}, no share", of(it)) } else { format!("{}, {} ({})", of(it), share(it), share_interval(it)) }
}

/// `5 in 360.0 mailbox-months, 13.9 per 1,000 mailbox-months (4.5 to 32.4)`.
fn rate_line(it: RateV1) -> String {
    let said = format!("{} in {} mailbox-months", grouped(it.n), decimal(it.mailbox_months));
    if it.per_thousand.is_none() {
        format!("{said}, no rate")
    } else {
        format!("{said}, {} per 1,000 mailbox-months ({})", rate(it), rate_interval(it))
    }
}

/// `8 of 10, median 3 h, from 1 h to 2 d`.
fn spread(it: SpreadV1, shown: impl Fn(f64) -> String) -> String {
    let known = format!("{} of {}", grouped(it.n), grouped(it.of));
    match (it.least, it.median, it.greatest) {
        (Some(least), Some(median), Some(greatest)) => {
            format!("{known}, median {}, from {} to {}", shown(median), shown(least), shown(greatest))
        }
        _ => format!("{known}, no median"),
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
