//! What findings make together.

use std::collections::BTreeSet;

use waxseal_model::{Campaign, Compared, Dwell, Exposure, Incident, IncidentMailbox, OtherActs, Severity, StoryStep};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::view::executive::{Going, going};
use crate::view::mailboxes::{MailboxRow, class_word, mailboxes, no_upper, room};
use crate::view::timeline::Timeline;
use crate::words::Words;

/// The language in which detections and incidents word what they say.
const DATA: &str = "en";

/// So many incidents are told in full.
const INCIDENTS: usize = 50;

/// So many steps of a story.
const STEPS: usize = 30;

/// So many spans in which more may have been accessed.
const EXPOSURES: usize = 40;

/// So many findings are named as evidence for one thing.
const EVIDENCE: usize = 6;

/// So many records are named for a span.
const RECORDS: usize = 2;

/// So many other incidents.
const RELATED: usize = 8;

/// An incident, told.
#[derive(Debug)]
pub(crate) struct ToldIncident {
    /// How bad.
    pub(crate) severity: Severity,
    /// What it is.
    pub(crate) title: Shown,
    /// Severity, confidence, findings and times.
    pub(crate) kind: String,
    /// Why this severity.
    pub(crate) why: Shown,
    /// How the intruder got in, in a few words.
    pub(crate) entry: Option<String>,
    /// What the findings show of it, and what not.
    pub(crate) entry_text: Shown,
    /// The findings that show it.
    pub(crate) entry_evidence: Option<String>,
    /// What happened, in order.
    pub(crate) story: Vec<StoryRow>,
    /// That there is more of it, and where.
    pub(crate) story_more: Option<String>,
    /// The same, drawn.
    pub(crate) timeline: Option<Timeline>,
    /// Mailboxes and the words for them, those of high value first.
    pub(crate) mailboxes: Vec<MailboxRow>,
    /// That there are more of them, and where.
    pub(crate) mailboxes_more: Option<String>,
    /// Why several of them have no upper number, a sentence for each reason.
    pub(crate) no_upper: Vec<String>,
    /// Spans in which more may have been accessed.
    pub(crate) exposures: Vec<ExposureRow>,
    /// That there are more of them, and where.
    pub(crate) exposures_more: Option<String>,
    /// How long it lasted: a label and a text each.
    pub(crate) dwell: Vec<(String, String)>,
    /// Whether it goes on.
    pub(crate) state: String,
    /// What else was done.
    pub(crate) other_acts: String,
    /// Other incidents to look at together with this one.
    pub(crate) related: Option<String>,
    /// The tenant.
    pub(crate) tenant: String,
    /// Its id.
    pub(crate) id: Shown,
}

impl ToldIncident {
    /// Whether any mailbox has something to draw.
    pub(crate) fn has_bars(&self) -> bool {
        self.mailboxes.iter().any(|mailbox| mailbox.bar.is_some())
    }
}

/// One step of a story.
#[derive(Debug)]
pub(crate) struct StoryRow {
    /// When.
    pub(crate) time: String,
    /// Which kind of step.
    pub(crate) step: String,
    /// What.
    pub(crate) text: Shown,
    /// The findings that say so.
    pub(crate) findings: Option<String>,
}

/// A span in which more may have been accessed than records name.
#[derive(Debug)]
pub(crate) struct ExposureRow {
    /// The mailbox.
    pub(crate) mailbox: Shown,
    /// Why it is told.
    pub(crate) class: String,
    /// From when to when.
    pub(crate) span: String,
    /// How many messages.
    pub(crate) messages: String,
    /// What it is.
    pub(crate) reason: Shown,
    /// The records that show it.
    pub(crate) records: Option<String>,
}

/// Every incident that there is room for, the gravest first.
pub(crate) fn incidents(facts: &Facts<'_>, words: &Words) -> Vec<ToldIncident> {
    let all = facts.incidents.map(|all| all.incidents.as_slice()).unwrap_or_default();
    let room = room(all.len().min(INCIDENTS));
    all.iter().take(INCIDENTS).map(|incident| told(incident, room, words)).collect()
}

/// How many incidents are left out, and where they are.
pub(crate) fn incidents_more(facts: &Facts<'_>, words: &Words) -> Option<String> {
    left_out(facts.incidents?.incidents.len(), INCIDENTS, "incidents-more", words)
}

/// What is said where a list is longer than there is room for.
pub(crate) fn left_out(all: usize, told: usize, id: &str, words: &Words) -> Option<String> {
    let more = all.saturating_sub(told);
    (more > 0).then(|| words.tell(id, [("n", more.into())]))
}

fn told(incident: &Incident, room: usize, words: &Words) -> ToldIncident {
    ToldIncident {
        severity: incident.severity,
        title: Shown::passage(&incident.title),
        kind: kind(incident, words),
        why: Shown::passage(&incident.why),
        // What findings show of it is English, and says in full there what the class says in a few words.
        entry: (incident.entry.text.is_empty() || words.language() != DATA).then(|| words.known("entry", incident.entry.class.as_str())),
        entry_text: Shown::passage(&incident.entry.text),
        entry_evidence: evidence(&incident.entry.evidence, EVIDENCE, words),
        story: incident.story.iter().take(STEPS).map(|step| story_row(step, words)).collect(),
        story_more: left_out(incident.story.len(), STEPS, "story-more", words),
        timeline: Timeline::of(incident, words),
        mailboxes: mailboxes(&incident.mailboxes, room, words),
        mailboxes_more: left_out(incident.mailboxes.len(), room, "incident-mailboxes-more", words),
        no_upper: no_upper(&incident.mailboxes, words),
        exposures: exposures(&incident.mailboxes, words),
        exposures_more: left_out(incident.mailboxes.iter().map(|mailbox| mailbox.exposed.len()).sum(), EXPOSURES, "exposures-more", words),
        dwell: dwell(&incident.dwell, words),
        state: state(incident, words),
        other_acts: other_acts(incident.other_acts.as_ref(), words),
        related: related(incident, words),
        tenant: words.first_few(incident.tenants.iter().map(String::as_str), EVIDENCE),
        id: Shown::name(&incident.id),
    }
}

fn kind(incident: &Incident, words: &Words) -> String {
    let findings = words.tell("count-findings", [("n", incident.finding_ids.len().into())]);
    let weight = [
        ("severity", words.severity(incident.severity).into()),
        ("confidence", words.confidence(incident.confidence).into()),
        ("findings", findings.into()),
    ];
    words.tell("incident-kind", weight)
}

/// The first few ids of findings or records.
fn evidence(ids: &[String], most: usize, words: &Words) -> Option<String> {
    (!ids.is_empty()).then(|| words.first_few(ids.iter().map(String::as_str), most))
}

fn story_row(step: &StoryStep, words: &Words) -> StoryRow {
    StoryRow {
        time: step.time.map_or_else(|| words.say("undated"), |time| words.moment(time)),
        step: words.known("step", step.step.as_str()),
        text: Shown::passage(&step.text),
        findings: evidence(&step.finding_ids, EVIDENCE, words),
    }
}

fn exposures(mailboxes: &[IncidentMailbox], words: &Words) -> Vec<ExposureRow> {
    let all = mailboxes.iter().flat_map(|mailbox| mailbox.exposed.iter().map(move |exposure| (mailbox, exposure)));
    let row = |(mailbox, exposure): (&IncidentMailbox, &Exposure)| ExposureRow {
        mailbox: Shown::name(&mailbox.mailbox),
        class: words.known("class", class_word(exposure.class)),
        span: match exposure.to {
            Some(to) => words.span(Some(exposure.from), Some(to)),
            None => words.tell("exposure-open", [("from", words.moment(exposure.from).into())]),
        },
        messages: match exposure.messages {
            Some(n) => words.tell("count-messages", [("n", n.into())]),
            None => words.say("exposure-no-number"),
        },
        reason: Shown::passage(&exposure.reason),
        records: evidence(&exposure.event_ids, RECORDS, words),
    };
    all.take(EXPOSURES).map(row).collect()
}

fn dwell(dwell: &Dwell, words: &Words) -> Vec<(String, String)> {
    let time_or = |time: Option<_>, missing: &str| time.map_or_else(|| words.say(missing), |time| words.moment(time));
    let earliest = match dwell.left_censored {
        true => words.say("dwell-censored"),
        false => time_or(dwell.earliest_possible, "dwell-no-earliest"),
    };
    let mut lines = vec![
        (words.say("dwell-earliest"), earliest),
        (words.say("dwell-first"), time_or(dwell.first_recorded, "undated")),
        (words.say("dwell-last"), time_or(dwell.last_recorded, "undated")),
        (words.say("dwell-detected"), time_or(dwell.detected, "dwell-not-said")),
        (words.say("dwell-contained"), time_or(dwell.contained, "dwell-not-confirmed")),
    ];
    if !dwell.basis.is_empty() {
        lines.push((words.say("dwell-basis"), Shown::passage(&dwell.basis).to_string()));
    }
    lines
}

fn state(incident: &Incident, words: &Words) -> String {
    let time = |time| ("last", words.moment(time).into());
    let as_of = || ("as_of", words.moment(incident.still_active.as_of).into());
    match (going(incident), incident.dwell.last_recorded, incident.dwell.contained) {
        (Going::Contained, _, Some(contained)) => words.tell("active-contained", [time(contained), as_of()]),
        (Going::On, Some(last), _) => words.tell("active-on", [time(last), as_of()]),
        (Going::Quiet, Some(last), _) => words.tell("active-quiet", [time(last), as_of()]),
        _ => words.say("active-undated"),
    }
}

fn other_acts(acts: Option<&OtherActs>, words: &Words) -> String {
    let Some(acts) = acts else { return words.say("other-acts-missing") };
    words.tell("other-acts", [("sent", acts.sent.into()), ("deleted", acts.deleted.into()), ("files", acts.files.into())])
}

fn related(incident: &Incident, words: &Words) -> Option<String> {
    let one = |related: &waxseal_model::Related| {
        let gaps = [("incident", (&Shown::name(&related.incident)).into()), ("account", (&Shown::name(&related.account)).into())];
        words.tell("related-one", gaps)
    };
    let told: Vec<_> = incident.related.iter().take(RELATED).map(one).collect();
    let more = incident.related.len().saturating_sub(RELATED);
    let listed = words.in_a_row(&told);
    (!told.is_empty()).then(|| if more > 0 { format!("{listed} {}", words.tell("and-more", [("n", more.into())])) } else { listed })
}

/// How many things that a campaign shares are named.
const SHARED: usize = 4;

/// So many campaigns.
const CAMPAIGNS: usize = 20;

/// What incidents of several tenants share.
#[derive(Debug)]
pub(crate) struct CampaignView {
    pub(crate) sentence: String,
    /// Since when each of the tenants shows it, earliest first.
    pub(crate) seen: Vec<SeenRow>,
    pub(crate) seen_more: Option<String>,
}

/// Something shared, in one tenant.
#[derive(Debug)]
pub(crate) struct SeenRow {
    pub(crate) what: String,
    pub(crate) tenant: String,
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) incidents: String,
}

/// So many rows of that for a campaign.
const SEEN: usize = 50;

/// The campaigns, as many as are told.
pub(crate) fn campaigns(facts: &Facts<'_>, words: &Words) -> Vec<CampaignView> {
    facts.incidents.map(|all| all.campaigns.iter().take(CAMPAIGNS).map(|it| campaign(it, words)).collect()).unwrap_or_default()
}

/// How many campaigns are left out, and where they are.
pub(crate) fn campaigns_more(facts: &Facts<'_>, words: &Words) -> Option<String> {
    left_out(facts.incidents?.campaigns.len(), CAMPAIGNS, "campaigns-more", words)
}

/// That incidents of several tenants were not compared, where a setting says so: none of what they share is told then.
pub(crate) fn campaigns_note(facts: &Facts<'_>, words: &Words) -> Option<String> {
    let tenants: BTreeSet<&String> = facts.incidents?.incidents.iter().flat_map(|incident| &incident.tenants).collect();
    match facts.compared {
        Compared::None if tenants.len() > 1 => Some(words.say("campaigns-not-compared")),
        Compared::Lists if tenants.len() > 1 => Some(words.say("campaigns-compared-in-lists")),
        _ => None,
    }
}

fn shared_thing(shared: &waxseal_model::Shared, words: &Words) -> String {
    let kind = words.known("shared", shared.kind.as_str());
    words.tell("shared-thing", [("kind", kind.into()), ("value", (&Shown::name(&shared.value)).into())])
}

fn campaign(campaign: &Campaign, words: &Words) -> CampaignView {
    let all = campaign.shared.iter().flat_map(|shared| shared.seen.iter().map(move |seen| (shared, seen)));
    let row = |(shared, seen): (&waxseal_model::Shared, &waxseal_model::SeenIn)| SeenRow {
        what: shared_thing(shared, words),
        tenant: Shown::name(&seen.tenant).to_string(),
        first: words.moment(seen.first),
        last: words.moment(seen.last),
        incidents: words.tell("count-incidents", [("n", seen.incident_ids.len().into())]),
    };
    CampaignView {
        sentence: campaign_sentence(campaign, words),
        seen: all.clone().take(SEEN).map(row).collect(),
        seen_more: left_out(all.count(), SEEN, "campaign-seen-more", words),
    }
}

fn campaign_sentence(campaign: &Campaign, words: &Words) -> String {
    let mut shared: Vec<String> = campaign.shared.iter().take(SHARED).map(|shared| shared_thing(shared, words)).collect();
    if let Some(more) = campaign.shared.len().checked_sub(SHARED).filter(|more| *more > 0) {
        shared.push(words.tell("and-more", [("n", more.into())]));
    }
    words.tell(
        "campaign",
        [
            ("incidents", words.tell("count-incidents", [("n", campaign.incident_ids.len().into())]).into()),
            ("tenants", words.tell("count-tenants", [("n", campaign.tenants.len().into())]).into()),
            ("shared", words.in_a_row(&shared).into()),
        ],
    )
}
