//! Bounds of the messages an incident reaches in a mailbox.
//!
//! The lower bound counts messages that records of the intruder name. The upper bound adds what may have been reached without such a
//! record. Where that is whatever a folder or mailbox held, it can be counted only from an inventory; one tells how much there was
//! when it was made. Messages removed since are added as far as records name them; what arrived since stays in: the bound is wide
//! rather than wrong. Without an inventory there is no upper bound.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{
    AccessClass, AccessClasses, Coverage, Exposure, Finding, Incident, IncidentMailbox, Incidents, MessageBounds, Nanos, Totals, Verdict,
    coverage_reason,
};

use super::clue::firm;
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
    /// Messages that records name as removed, from a month before the incident on.
    pub removed: u64,
}

impl Reach {
    /// Nothing counted yet of the mailbox of a tenant that an incident reaches.
    #[must_use]
    pub fn of((incident, tenant, mailbox): (u32, String, String)) -> Self {
        Self { incident, tenant, mailbox, ..Self::default() }
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
}

impl Stock {
    fn all(&self) -> Option<u64> {
        let folders = (!self.folders.is_empty()).then(|| self.folders.values().fold(0_u64, |sum, items| sum.saturating_add(*items)));
        self.whole.max(folders)
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
        incident.mailboxes = mailboxes(place, incident, named, &facts);
    }
    total(incidents);
}

/// The mailboxes of an incident, those of high value first.
fn mailboxes(place: u32, incident: &Incident, mut named: BTreeMap<(String, String), Words>, facts: &Facts<'_>) -> Vec<IncidentMailbox> {
    let own = |key: &Named| key.0 == place;
    for (_, tenant, mailbox) in facts.reaches.keys().chain(facts.exposed.keys()).filter(|key| own(key)) {
        named.entry((tenant.clone(), mailbox.clone())).or_default();
    }
    let mut all: Vec<IncidentMailbox> = named.into_iter().map(|(at, words)| mailbox(place, incident, at, words, facts)).collect();
    all.sort_by(|a, b| b.high_value.cmp(&a.high_value).then_with(|| (&a.tenant, &a.mailbox).cmp(&(&b.tenant, &b.mailbox))));
    all
}

fn mailbox(place: u32, incident: &Incident, (tenant, mailbox): (String, String), mut words: Words, facts: &Facts<'_>) -> IncidentMailbox {
    let key = (place, tenant.clone(), mailbox.clone());
    let nothing = Reach::default();
    let reach = facts.reaches.get(&key).copied().unwrap_or(&nothing);
    let mut spans = synced(reach);
    spans.extend(facts.exposed.get(&key).into_iter().flatten().map(|way| other(way, reach, facts.days.is_google(&key.1))));
    let (holes, unknown_days) = holes(&tenant, &mailbox, incident, reach, facts);
    spans.extend(holes);
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

/// What a standing exposure concerns: what is there now, what was removed, and what records name beside it.
fn with_removed(reach: &Reach, stock: Option<u64>) -> Option<u64> {
    stock.map(|stock| stock.saturating_add(reach.removed))
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
        messages: with_removed(reach, reach.stock.of(&folders)),
    }]
}

/// What was there could be taken, or what arrives is sent on. That is a number where a message trace names it; Gmail's own records of
/// it come as late as any other, and so the mailbox bounds them.
fn other(way: &Exposed, reach: &Reach, google: bool) -> Exposure {
    let arrived = if google { 0 } else { reach.counted.arrived[2] };
    Exposure {
        class: Exposed::CLASS,
        from: way.from,
        to: way.standing.then(|| Nanos(way.last.0.saturating_add(1))),
        reason: way.reason.to_owned(),
        event_ids: way.events.clone(),
        messages: if way.standing || arrived == 0 { with_removed(reach, reach.stock.all()) } else { Some(arrived) },
    }
}

/// Spans without complete records while the incident may have gone on, and how many days they touch beside those of silence after
/// too many records.
fn holes(tenant: &str, mailbox: &str, incident: &Incident, reach: &Reach, facts: &Facts<'_>) -> (Vec<Exposure>, u64) {
    let Some(logs) = facts.known.logs.get(tenant) else { return (Vec::new(), 0) };
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
        spans.push(Exposure {
            class: if throttled { AccessClass::ExposedThrottle } else { AccessClass::Unknown },
            from: segment.from,
            to: Some(segment.to),
            reason: why.join("; "),
            event_ids: Vec::new(),
            messages: with_removed(reach, reach.stock.all()),
        });
    }
    let late = Nanos(logs.last.0.saturating_sub(LATE));
    if incident.dwell.last_recorded.is_some_and(|last| last >= late) {
        spans.push(Exposure {
            class: AccessClass::Unknown,
            from: late,
            to: Some(until),
            reason: "the intruder is recorded in the last days of the logs, of which records may not have arrived".to_owned(),
            event_ids: Vec::new(),
            messages: with_removed(reach, reach.stock.all()),
        });
    }
    if incident.dwell.left_censored {
        spans.push(Exposure {
            class: AccessClass::Unknown,
            from: logs.first,
            to: Some(logs.first),
            reason: "it may have begun before the logs do".to_owned(),
            event_ids: Vec::new(),
            messages: with_removed(reach, reach.stock.all()),
        });
    }
    let unknown = spans.iter().filter(|span| span.class == AccessClass::Unknown);
    let days = count_days(unknown.filter_map(|span| Some((span.from, span.to?))));
    (spans, days.max(u64::from(incident.dwell.left_censored)))
}

/// The bounds, and what the classes hold. A span without a number leaves the bound and its class open.
fn bounds(reach: &Reach, spans: &[Exposure], unknown_days: u64) -> (MessageBounds, AccessClasses) {
    let counted = reach.counted;
    let named = counted.most.saturating_add(counted.unattributed);
    let of = |class: AccessClass| spans.iter().filter(move |span| span.class == class);
    let class = |class: AccessClass| {
        let all: Option<Vec<u64>> = of(class).map(|span| span.messages).collect();
        all.map(|messages| messages.into_iter().max().unwrap_or(0))
    };
    let all: Option<Vec<u64>> = spans.iter().map(|span| span.messages).collect();
    // What is in a mailbox holds what is in its folders and what arrives, so that the largest of them is enough.
    let beside = all.map(|messages| messages.into_iter().max().unwrap_or(0));
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
        accessed_unattributed: counted.unattributed,
        exposed_sync: class(AccessClass::ExposedSync),
        exposed_throttle: class(AccessClass::ExposedThrottle),
        exposed_other: class(AccessClass::ExposedOther),
        unknown_days,
    };
    (bounds, classes)
}

/// Adds the words that follow from what was counted.
fn say(words: &mut Words, reach: &Reach, spans: &[Exposure], unknown_days: u64) {
    let recorded = said(Verdict::RecordedAccess, "");
    if reach.accesses > 0 && !words.iter().any(|(place, _)| *place == recorded.0) {
        words.insert(recorded);
    }
    if reach.counted.unattributed > 0 {
        words.insert(said(Verdict::PossibleAccess, "records that nobody can be given name messages"));
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

/// Messages of all incidents: of a mailbox that several reach, the lower bound counts once.
fn total(incidents: &mut Incidents) {
    let mut least: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let (mut most, mut open) = (0_u64, BTreeSet::new());
    for mailbox in incidents.incidents.iter().flat_map(|incident| &incident.mailboxes) {
        let lower = least.entry((&mailbox.tenant, &mailbox.mailbox)).or_default();
        *lower = (*lower).max(mailbox.messages.lower.unwrap_or(0));
        match mailbox.messages.upper {
            Some(upper) => most = most.saturating_add(upper),
            None => drop(open.insert((mailbox.tenant.as_str(), mailbox.mailbox.as_str()))),
        }
    }
    let lower = least.values().fold(0_u64, |sum, lower| sum.saturating_add(*lower));
    let mailboxes = least.len() as u64;
    let reason = match open.len() {
        0 => None,
        1 => Some("1 mailbox has no upper bound".to_owned()),
        open => Some(format!("{open} mailboxes have no upper bound")),
    };
    let messages = MessageBounds { lower: Some(lower), upper: reason.is_none().then_some(most), upper_reason: reason };
    incidents.totals = Totals { mailboxes, messages, ..incidents.totals.clone() };
}

/// From when on removals of messages matter for an incident: what was there when it began may be gone since.
#[must_use]
pub fn removed_since(incident: &Incident) -> Nanos {
    let first = incident.dwell.first_recorded.or(incident.dwell.earliest_possible).unwrap_or(Nanos(i64::MIN));
    Nanos(first.0.saturating_sub(30 * DAY))
}

#[cfg(test)]
mod tests;
