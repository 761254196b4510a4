//! Bounds of the messages an incident reaches in a mailbox.
//!
//! The lower bound counts messages that records of the intruder name. The upper bound adds what may have been reached without such a
//! record. Where that is whatever a folder or mailbox held, it can be counted only from an inventory; one tells how much there was
//! when it was made, which must have been after the incident. What records tell of as removed before is added; what arrived in
//! between stays in: the bound is wide rather than wrong. Without an inventory there is no upper bound.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{
    AccessClass, AccessClasses, Coverage, Exposure, Finding, Incident, IncidentMailbox, Incidents, MessageBounds, Nanos, Totals, Verdict,
    coverage_reason,
};

use super::clue::{OfMailbox, cited_in_part, firm};
use super::exposed::{Exposed, MOST_EVENTS};
use super::messages::Counted;
use crate::days::{Days, count_days};
use crate::graph::DAY;
use crate::known::Known;
use crate::mailbox::{Words, in_line, said, words};

/// Records come an hour later as a rule, and days later now and then.
const LATE: i64 = 4 * DAY;

/// What was counted in one mailbox of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The incident, by its place.
    pub incident: u32,
    /// The tenant.
    pub tenant: String,
    /// The address, or the id where no record gives the address.
    pub mailbox: String,
    /// Records of access by the intruder, and whatever else he did in it.
    pub accesses: u64,
    /// Other acts in the mailbox.
    pub acts: u64,
    /// Records of access that may be the intruder's.
    pub doubtful: u64,
    /// The first record of access.
    pub first: Option<Nanos>,
    /// The last one.
    pub last: Option<Nanos>,
    /// Messages.
    pub counted: Counted,
    /// Folders that were synchronised.
    pub synced: Vec<Synced>,
    /// What the mailbox holds by an inventory.
    pub stock: Stock,
    /// Messages that were removed or moved at most, from a month before the incident on; `None` where a record of it is damaged.
    pub removed: Option<u64>,
    /// Messages that records of access count without naming them.
    pub unnamed: u64,
    /// Records of access that tell neither how many messages nor which.
    pub untold: Option<Untold>,
    /// Whether so much was used together with what is the intruder's that not all of it was followed.
    pub cut: bool,
}

/// Records that tell neither how many messages nor which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// How many records.
    pub records: u64,
    /// The first one's time.
    pub first: Nanos,
    /// The last one's.
    pub last: Nanos,
    /// One of them.
    pub event: String,
}

impl Reach {
    /// Nothing counted yet of the mailbox of a tenant that an incident reaches.
    #[must_use]
    pub fn of((incident, tenant, mailbox): (u32, String, String)) -> Self {
        Self { incident, tenant, mailbox, removed: Some(0), ..Self::default() }
    }

    /// Everything that was in the mailbox at any time of the incident: what is there, and what was removed.
    fn everything(&self) -> Option<u64> {
        self.with_removed(self.stock.all())
    }

    fn with_removed(&self, stock: Option<u64>) -> Option<u64> {
        Some(stock?.saturating_add(self.removed?))
    }
}

/// A folder that was synchronised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// The folder's id.
    pub folder: Option<String>,
    /// The first time.
    pub first: Nanos,
    /// The last time.
    pub last: Nanos,
    /// One of the records.
    pub event: String,
}

/// What a mailbox holds by an inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stock {
    /// The whole mailbox.
    pub whole: Option<u64>,
    /// Each folder by its id.
    pub folders: BTreeMap<String, u64>,
    /// Whether the folder is among them that holds all others: else only some may be listed.
    pub has_root: bool,
    /// Whether a folder is listed without its id.
    pub has_nameless: bool,
}

impl Stock {
    fn all(&self) -> Option<u64> {
        let complete = self.has_root && !self.has_nameless;
        let folders = complete.then(|| self.folders.values().fold(0_u64, |sum, items| sum.saturating_add(*items)));
        self.whole.max(folders)
    }

    /// Notes what an inventory says of the mailbox as a whole, or of one folder.
    pub fn note(&mut self, of_folder: bool, folder: Option<String>, items: u64, is_root: bool) {
        self.has_root |= of_folder && is_root;
        match folder {
            Some(folder) if of_folder => {
                let held = self.folders.entry(folder).or_default();
                *held = (*held).max(items);
            }
            None if of_folder => self.has_nameless = true,
            _ => self.whole = self.whole.max(Some(items)),
        }
    }

    /// What some folders hold; the whole mailbox where one of them is not listed.
    fn of(&self, folders: &BTreeSet<Option<&str>>) -> Option<u64> {
        let listed: Option<Vec<u64>> = folders.iter().map(|folder| self.folders.get((*folder)?).copied()).collect();
        listed.map(|items| items.into_iter().fold(0, u64::saturating_add)).or_else(|| self.all())
    }
}

/// The mailboxes of an incident as it names them.
type Named = (u32, String, String);

/// Everything that is known of the reach of the incidents.
#[derive(Debug)]
struct Facts<'a> {
    reaches: BTreeMap<Named, &'a Reach>,
    exposed: BTreeMap<Named, Vec<&'a Exposed>>,
    days: Days<'a>,
    known: &'a Known,
}

/// Gives every mailbox of every incident its bounds, classes, spans and words, and the totals theirs.
pub fn fill(incidents: &mut Incidents, findings: &[Finding], reaches: &[Reach], exposed: &[Exposed], known: &Known) {
    let by_id: BTreeMap<(&str, &str), &Finding> = findings.iter().map(|f| ((f.tenant.as_str(), f.id.as_str()), f)).collect();
    let mut ways: BTreeMap<Named, Vec<&Exposed>> = BTreeMap::new();
    for way in exposed {
        ways.entry((way.incident, way.tenant.clone(), way.mailbox.clone())).or_default().push(way);
    }
    let of = |reach: &Reach| (reach.incident, reach.tenant.clone(), reach.mailbox.clone());
    let facts =
        Facts { reaches: reaches.iter().map(|reach| (of(reach), reach)).collect(), exposed: ways, days: Days::of(&known.coverage), known };
    for (place, incident) in (0..).zip(&mut incidents.incidents) {
        let named = words(firm(incident, &by_id));
        let found = |tenant: &str, mailbox: &str| {
            let reach = facts.reaches.get(&(place, tenant.to_owned(), mailbox.to_owned()));
            reach.map_or(0, |reach| reach.accesses.saturating_add(reach.doubtful))
        };
        let in_part = cited_in_part(firm(incident, &by_id), &found);
        incident.mailboxes = mailboxes(place, incident, (named, &in_part), &facts);
    }
    total(incidents, &facts);
}

/// The mailboxes of an incident, those of high value first.
fn mailboxes(
    place: u32,
    incident: &Incident,
    (mut named, in_part): (OfMailbox<Words>, &OfMailbox<u64>),
    facts: &Facts<'_>,
) -> Vec<IncidentMailbox> {
    let own = |key: &Named| key.0 == place;
    for (_, tenant, mailbox) in facts.reaches.keys().chain(facts.exposed.keys()).filter(|key| own(key)) {
        named.entry((tenant.clone(), mailbox.clone())).or_default();
    }
    let rests_on = |at: &(String, String)| in_part.get(at).copied();
    let of = |(at, words): ((String, String), Words)| {
        let records = rests_on(&at);
        mailbox(place, incident, at, (words, records), facts)
    };
    let mut all: Vec<IncidentMailbox> = named.into_iter().map(of).collect();
    all.sort_by(|a, b| b.high_value.cmp(&a.high_value).then_with(|| (&a.tenant, &a.mailbox).cmp(&(&b.tenant, &b.mailbox))));
    all
}

/// `records` is how many a finding rests on of which not all were found.
fn mailbox(
    place: u32,
    incident: &Incident,
    (tenant, mailbox): (String, String),
    (mut words, records): (Words, Option<u64>),
    facts: &Facts<'_>,
) -> IncidentMailbox {
    let key = (place, tenant.clone(), mailbox.clone());
    let nothing = Reach::of(key.clone());
    let reach = facts.reaches.get(&key).copied().unwrap_or(&nothing);
    let mut spans = synced(reach);
    spans.extend(facts.exposed.get(&key).into_iter().flatten().map(|way| other(way, reach, facts)));
    let (holes, unknown_days) = holes(&tenant, &mailbox, incident, reach, facts);
    spans.extend(holes);
    spans.extend(unattributed(incident, reach, records));
    spans.sort_by(|a, b| (a.from, a.class, a.to, &a.reason).cmp(&(b.from, b.class, b.to, &b.reason)));
    let (messages, classes) = bounds(reach, &spans, unknown_days);
    say(&mut words, reach, &spans, unknown_days);
    IncidentMailbox {
        high_value: facts.known.high_value.contains(&mailbox),
        mailbox,
        tenant,
        verdict: in_line(&words),
        messages,
        classes: Some(classes),
        first_recorded: reach.first,
        last_recorded: reach.last,
        exposed: spans,
    }
}

fn synced(reach: &Reach) -> Vec<Exposure> {
    let (Some(from), Some(to)) = (reach.synced.iter().map(|s| s.first).min(), reach.synced.iter().map(|s| s.last).max()) else {
        return Vec::new();
    };
    let folders: BTreeSet<Option<&str>> = reach.synced.iter().map(|synced| synced.folder.as_deref()).collect();
    let what =
        if folders.len() == 1 { "1 folder was synchronised".to_owned() } else { format!("{} folders were synchronised", folders.len()) };
    vec![Exposure {
        class: AccessClass::ExposedSync,
        from,
        to: Some(Nanos(to.0.saturating_add(1))),
        reason: format!("{what}: everything in them at the time"),
        event_ids: reach.synced.iter().take(MOST_EVENTS).map(|synced| synced.event.clone()).collect(),
        messages: reach.with_removed(reach.stock.of(&folders)),
    }]
}

/// What was there could be taken, or what arrives is sent on. That is a number where a message trace names it, from the first day to the
/// end of the logs; Gmail's own records of it come as late as any other, and so the mailbox bounds them.
fn other(way: &Exposed, reach: &Reach, facts: &Facts<'_>) -> Exposure {
    let arrived = Some(reach.counted.arrived[2]).filter(|arrived| {
        let until = facts.known.logs.get(&way.tenant).map_or(way.last, |logs| logs.last);
        let span = (way.from, Nanos(until.max(way.from).0.saturating_add(1)));
        let traced = || facts.days.segments(&way.tenant, &way.mailbox, &["trace"], span).iter().all(|s| s.state == Coverage::Full);
        *arrived > 0 && !way.standing && !facts.days.is_google(&way.tenant) && traced()
    });
    Exposure {
        class: Exposed::CLASS,
        from: way.from,
        to: way.standing.then(|| Nanos(way.last.0.saturating_add(1))),
        reason: way.reason.clone(),
        event_ids: way.events.clone(),
        messages: arrived.or_else(|| reach.everything()),
    }
}

/// What may have been accessed by records that nobody counted: they name no message, are not cited, or were not followed.
fn unattributed(incident: &Incident, reach: &Reach, records: Option<u64>) -> Vec<Exposure> {
    let from = incident.dwell.first_recorded.unwrap_or(Nanos(0));
    let to = incident.dwell.last_recorded.unwrap_or(from);
    let untold = reach.untold.as_ref().map(|untold| {
        let what = if untold.records == 1 { "1 record".to_owned() } else { format!("{} records", untold.records) };
        (untold.first, untold.last, format!("{what} of access without messages"), vec![untold.event.clone()])
    });
    let in_part =
        records.map(|records| (from, to, format!("a finding rests on {records} records, of which it cites but some"), Vec::new()));
    let cut = reach.cut.then(|| (from, to, "more was used together with what is the intruder's than was followed".to_owned(), Vec::new()));
    let exposure = |(from, to, reason, event_ids): (Nanos, Nanos, String, Vec<String>)| Exposure {
        class: AccessClass::AccessedUnattributed,
        from,
        to: Some(Nanos(to.0.saturating_add(1))),
        reason,
        event_ids,
        messages: reach.everything(),
    };
    untold.into_iter().chain(in_part).chain(cut).map(exposure).collect()
}

/// Spans without complete records while the incident may have gone on, and how many days they touch beside those of silence after
/// too many records.
fn holes(tenant: &str, mailbox: &str, incident: &Incident, reach: &Reach, facts: &Facts<'_>) -> (Vec<Exposure>, u64) {
    let unknown = |(from, to): (Nanos, Nanos), reason: &str| Exposure {
        class: AccessClass::Unknown,
        from,
        to: Some(to),
        reason: reason.to_owned(),
        event_ids: Vec::new(),
        messages: reach.everything(),
    };
    let Some(logs) = facts.known.logs.get(tenant) else {
        let from = incident.dwell.first_recorded.unwrap_or(Nanos(0));
        return (vec![unknown((from, Nanos(from.0.saturating_add(1))), "no log of the tenant was read")], 1);
    };
    let from = incident.dwell.earliest_possible.unwrap_or(logs.first);
    // Whether it was contained is told by what comes after the scope, and bounds nothing here.
    let until = Nanos(logs.last.0.saturating_add(1));
    let mut spans = Vec::new();
    for segment in facts.days.segments(tenant, mailbox, facts.days.classes(tenant), (from, until)) {
        if segment.state == Coverage::Full {
            continue;
        }
        let throttled = segment.reasons.iter().eq(["throttled"].iter());
        let why: Vec<&str> = segment.reasons.iter().map(|reason| coverage_reason(reason)).collect();
        let class = if throttled { AccessClass::ExposedThrottle } else { AccessClass::Unknown };
        spans.push(Exposure { class, ..unknown((segment.from, segment.to), &why.join("; ")) });
    }
    let late = Nanos(logs.last.0.saturating_sub(LATE));
    if incident.dwell.last_recorded.is_some_and(|last| last >= late) {
        let why = "the intruder is recorded in the last days of the logs, of which records may not have arrived";
        spans.push(unknown((late, until), why));
    }
    if incident.dwell.left_censored {
        spans.push(unknown((logs.first, logs.first), "it may have begun before the logs do"));
    }
    let all = spans.iter().filter(|span| span.class == AccessClass::Unknown);
    let days = count_days(all.filter_map(|span| Some((span.from, span.to?))));
    (spans, days.max(u64::from(incident.dwell.left_censored)))
}

/// The bounds, and what the classes hold. A span without a number leaves the bound and its class open.
fn bounds(reach: &Reach, spans: &[Exposure], unknown_days: u64) -> (MessageBounds, AccessClasses) {
    let counted = reach.counted;
    let unattributed = counted.unattributed.saturating_add(reach.unnamed);
    let named = counted.most.saturating_add(unattributed);
    let of = |class: AccessClass| spans.iter().filter(move |span| span.class == class);
    let class = |class: AccessClass| {
        let all: Option<Vec<u64>> = of(class).map(|span| span.messages).collect();
        all.map(|messages| messages.into_iter().max().unwrap_or(0))
    };
    let beside = beside(reach, spans);
    // Spans beside each other often have a reason in common.
    let open: BTreeSet<&str> = spans.iter().filter(|span| span.messages.is_none()).flat_map(|span| span.reason.split("; ")).collect();
    let reason = || {
        format!("{}; no inventory or message trace says how many messages there were", open.iter().copied().collect::<Vec<_>>().join("; "))
    };
    let bounds = MessageBounds {
        lower: Some(counted.least),
        upper: beside.map(|beside| named.saturating_add(beside)),
        upper_reason: (!open.is_empty()).then(reason),
    };
    let classes = AccessClasses {
        accessed: counted.least,
        accessed_unattributed: unattributed,
        exposed_sync: class(AccessClass::ExposedSync),
        exposed_throttle: class(AccessClass::ExposedThrottle),
        exposed_other: class(AccessClass::ExposedOther),
        unknown_days,
    };
    (bounds, classes)
}

/// How many messages the spans concern together. The spans of a class are the same part of the mailbox, each class may be another one, and
/// the mailbox holds all of them.
fn beside(reach: &Reach, spans: &[Exposure]) -> Option<u64> {
    let mut parts: BTreeMap<AccessClass, u64> = BTreeMap::new();
    for span in spans {
        let part = parts.entry(span.class).or_default();
        *part = (*part).max(span.messages?);
    }
    let sum = parts.values().fold(0_u64, |sum, part| sum.saturating_add(*part));
    let most = reach.everything().map_or(u64::MAX, |whole| parts.into_values().fold(whole, u64::max));
    Some(sum.min(most))
}

/// Adds the words that follow from what was counted.
fn say(words: &mut Words, reach: &Reach, spans: &[Exposure], unknown_days: u64) {
    let recorded = said(Verdict::RecordedAccess, "");
    if reach.accesses > 0 && !words.iter().any(|(place, _)| *place == recorded.0) {
        words.insert(recorded);
    }
    if reach.doubtful > 0 || reach.counted.unattributed > 0 || (reach.unnamed > 0 && reach.accesses == 0) {
        words.insert(said(Verdict::PossibleAccess, "records of access that may be the intruder’s, or anybody’s"));
    }
    for span in spans.iter().filter(|span| span.class != AccessClass::Unknown) {
        words.insert(said(Verdict::PossibleAccess, &span.reason));
    }
    if unknown_days > 0 {
        let days = if unknown_days == 1 { "1 day".to_owned() } else { format!("{unknown_days} days") };
        words.insert(said(Verdict::NotAssessable, &format!("{days} without complete records of access")));
    }
    if words.is_empty() && reach.acts > 0 {
        words.insert(said(Verdict::PossibleAccess, "the intruder acted in the mailbox; no access to a message is recorded"));
    }
    if words.is_empty() {
        words.insert(said(Verdict::NoRecordedAccess, ""));
    }
}

/// Messages of all incidents. Of a mailbox that several reach, the lower bound is the largest of theirs, because they may have reached
/// the same messages, and the upper bound their sum, but no more than the mailbox held. An incident that reaches no mailbox that can be
/// named has no upper bound, unless all records of access are there and none is the intruder's.
fn total(incidents: &mut Incidents, facts: &Facts<'_>) {
    let mut held: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for ((_, tenant, mailbox), reach) in &facts.reaches {
        let most = held.entry((tenant, mailbox)).or_default();
        *most = (*most).max(reach.everything().unwrap_or(u64::MAX));
    }
    let mut bounds: BTreeMap<(&str, &str), (u64, Option<u64>)> = BTreeMap::new();
    for mailbox in incidents.incidents.iter().flat_map(|incident| &incident.mailboxes) {
        let (lower, upper) = bounds.entry((&mailbox.tenant, &mailbox.mailbox)).or_insert((0, Some(0)));
        *lower = (*lower).max(mailbox.messages.lower.unwrap_or(0));
        *upper = upper.zip(mailbox.messages.upper).map(|(sum, upper)| sum.saturating_add(upper));
    }
    let lower = bounds.values().fold(0_u64, |sum, (lower, _)| sum.saturating_add(*lower));
    let capped = |(at, (lower, upper)): (&(&str, &str), &(u64, Option<u64>))| {
        let held = held.get(at).copied().unwrap_or(u64::MAX).max(*lower);
        upper.map(|upper| upper.min(held))
    };
    let uppers: Vec<Option<u64>> = bounds.iter().map(capped).collect();
    let open = uppers.iter().filter(|upper| upper.is_none()).count();
    let nowhere = incidents.incidents.iter().filter(|incident| incident.mailboxes.is_empty() && !is_covered(incident, facts)).count();
    let upper = uppers.into_iter().flatten().fold(0_u64, u64::saturating_add);
    let upper_reason = open_reason(open, nowhere);
    let messages = MessageBounds { lower: Some(lower), upper: upper_reason.is_none().then_some(upper), upper_reason };
    incidents.totals = Totals { mailboxes: bounds.len() as u64, messages, ..incidents.totals.clone() };
}

/// Whether all records of access to mail are there, on all days, in the tenants of an incident.
fn is_covered(incident: &Incident, facts: &Facts<'_>) -> bool {
    incident.tenants.iter().all(|tenant| {
        let segments = facts.days.window(tenant).map(|window| facts.days.segments(tenant, "", facts.days.classes(tenant), window));
        segments.is_some_and(|segments| segments.iter().all(|segment| segment.state == Coverage::Full))
    })
}

/// Why there is no upper bound: mailboxes that have none, and incidents of which no mailbox is known.
fn open_reason(mailboxes: usize, nowhere: usize) -> Option<String> {
    let mailboxes = match mailboxes {
        0 => None,
        1 => Some("1 mailbox has no upper bound".to_owned()),
        open => Some(format!("{open} mailboxes have no upper bound")),
    };
    let nowhere = match nowhere {
        0 => None,
        1 => Some("for 1 incident no mailbox can be named, and the logs of access are not complete".to_owned()),
        nowhere => Some(format!("for {nowhere} incidents no mailbox can be named, and the logs of access are not complete")),
    };
    let told: Vec<String> = mailboxes.into_iter().chain(nowhere).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// From when on removals of messages matter for an incident: what was there when it began may be gone since.
#[must_use]
pub fn removed_since(incident: &Incident) -> Nanos {
    let first = incident.dwell.first_recorded.or(incident.dwell.earliest_possible).unwrap_or(Nanos(i64::MIN));
    Nanos(first.0.saturating_sub(30 * DAY))
}

/// How old an inventory may be at most that says of which day it is: what arrived since is not in it.
#[must_use]
pub fn stock_since(tenant: &str, known: &Known) -> Nanos {
    known.logs.get(tenant).map_or(Nanos(i64::MIN), |logs| logs.last)
}

#[cfg(test)]
mod tests;
