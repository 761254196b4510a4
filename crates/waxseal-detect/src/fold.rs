//! Folding a detection's rows, which come sorted by key and time, into findings. Memory does not grow with the rows of a finding.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use waxseal_model::{Confidence, Coverage, FINDING_SCHEMA, Finding, MAX_CITED_EVENTS, Nanos, Severity, Step};

use crate::explain::Facts;
use crate::rows::{Layout, Row};
use crate::set::Detection;

/// The most accounts, mailboxes, applications, addresses or sessions one finding lists.
const MAX_LISTED: usize = 1_000;

const ACCOUNTS: &[&str] = &["actor", "account", "target_account"];
const MAILBOXES: &[&str] = &["mailbox"];
const APPS: &[&str] = &["app", "app_id"];
const IPS: &[&str] = &["client_ip"];
const SESSIONS: &[&str] = &["session_id", "aad_session_id"];

/// A value of the query that is not one of the words its column may hold. Whose fault: the detection's author.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoldError {
    /// A required column is missing.
    #[error("the query gives no column {0}")]
    Column(String),
    /// A record without an id.
    #[error("the query gives a row without {0}")]
    Empty(&'static str),
    /// Not a severity.
    #[error("{0:?} is not a severity")]
    Severity(String),
    /// Not a confidence.
    #[error("{0:?} is not a confidence")]
    Confidence(String),
    /// Not a step.
    #[error("{0:?} is not a step")]
    Step(String),
}

/// Which column is what.
struct Places {
    id: usize,
    tenant: usize,
    keys: Vec<usize>,
    severity: Option<usize>,
    confidence: Option<usize>,
    step: Option<usize>,
    judged_at: Option<usize>,
    accounts: Vec<usize>,
    mailboxes: Vec<usize>,
    apps: Vec<usize>,
    ips: Vec<usize>,
    sessions: Vec<usize>,
    collected: Vec<(String, usize)>,
}

impl Places {
    fn of(detection: &Detection, layout: &Layout) -> Result<Self, FoldError> {
        let required = |name: &str| layout.index(name).ok_or_else(|| FoldError::Column(name.to_owned()));
        let keys = detection.keys().iter().map(|name| required(name)).collect::<Result<_, _>>()?;
        let collected = detection.template.collected().map(|name| Ok((name.to_owned(), required(name)?))).collect::<Result<_, _>>()?;
        Ok(Self {
            id: required("id")?,
            tenant: required("tenant")?,
            keys,
            severity: layout.index("severity"),
            confidence: layout.index("confidence"),
            step: layout.index("step"),
            judged_at: layout.index("judged_at"),
            accounts: layout.indices(ACCOUNTS),
            mailboxes: layout.indices(MAILBOXES),
            apps: layout.indices(APPS),
            ips: layout.indices(IPS),
            sessions: layout.indices(SESSIONS),
            collected,
        })
    }
}

/// Takes rows in order and gives findings.
pub(crate) struct Fold<'a> {
    detection: &'a Detection,
    layout: Layout,
    places: Places,
    open: Option<Group>,
    findings: Vec<(Finding, Judged)>,
}

/// The span that the logs would have to cover for a finding to hold, where its query names one.
pub(crate) type Judged = Option<(Nanos, Nanos)>;

impl<'a> Fold<'a> {
    pub(crate) fn new(detection: &'a Detection, layout: Layout) -> Result<Self, FoldError> {
        let places = Places::of(detection, &layout)?;
        Ok(Self { detection, layout, places, open: None, findings: Vec::new() })
    }

    /// The next row, in the order of [`crate::sql::hits_statement`].
    pub(crate) fn push(&mut self, row: Row<'_>) -> Result<(), FoldError> {
        let window = self.detection.window_secs.saturating_mul(1_000_000_000);
        if self.open.as_ref().is_some_and(|group| !group.takes(row, &self.places, window)) {
            self.close();
        }
        match &mut self.open {
            Some(group) => group.add(row, &self.places),
            None => {
                let mut group = Group::new(self.detection, row, &self.places);
                group.add(row, &self.places)?;
                self.open = Some(group);
                Ok(())
            }
        }
    }

    /// The findings, once every row was pushed.
    pub(crate) fn finish(mut self) -> Vec<(Finding, Judged)> {
        self.close();
        self.findings
    }

    fn close(&mut self) {
        if let Some(group) = self.open.take() {
            let judged = group.judged;
            self.findings.push((group.into_finding(self.detection, &self.layout, &self.places), judged));
        }
    }
}

/// The rows of one finding so far.
struct Group {
    key: Vec<Option<String>>,
    tenant: String,
    first: Option<Nanos>,
    last: Option<Nanos>,
    last_id: String,
    cited: Vec<String>,
    count: u64,
    digest: Sha256,
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    judged: Judged,
    lists: [BTreeSet<String>; 5],
    collected: Vec<BTreeSet<String>>,
    /// The row cited first, with its id, and whether it fulfils the condition.
    primary: (Vec<Option<String>>, bool),
    /// Of that row.
    primary_time: Option<Nanos>,
    step: Option<Step>,
}

impl Group {
    fn new(detection: &Detection, row: Row<'_>, places: &Places) -> Self {
        let mut digest = Sha256::new();
        digest.update(detection.meta.id.as_bytes());
        digest.update([0]);
        digest.update(detection.meta.version.to_be_bytes());
        Self {
            key: places.keys.iter().map(|key| row.text(*key).map(str::to_owned)).collect(),
            tenant: row.text(places.tenant).unwrap_or_default().to_owned(),
            first: None,
            last: None,
            last_id: String::new(),
            cited: Vec::new(),
            count: 0,
            digest,
            severity: None,
            confidence: None,
            judged: None,
            lists: Default::default(),
            collected: vec![BTreeSet::new(); places.collected.len()],
            primary: (row.kept(), false),
            primary_time: row.time(),
            step: None,
        }
    }

    /// Whether a row belongs here: the same key, and no longer pause than the window. A row without a time follows the timed ones.
    fn takes(&self, row: Row<'_>, places: &Places, window: i64) -> bool {
        let same_key = places.keys.iter().zip(&self.key).all(|(place, value)| row.text(*place) == value.as_deref());
        let in_time = match (self.last, row.time()) {
            (Some(last), Some(time)) => time.0.saturating_sub(last.0) <= window,
            _ => true,
        };
        same_key && in_time
    }

    fn add(&mut self, row: Row<'_>, places: &Places) -> Result<(), FoldError> {
        let id = row.text(places.id).ok_or(FoldError::Empty("id"))?;
        self.add_words(row, places)?;
        self.add_values(row, places);
        if row.is_primary() && !self.primary.1 {
            self.primary = (row.kept(), true);
            self.primary_time = row.time();
            self.step = step_of(row, places)?;
        } else if self.count == 0 {
            self.step = step_of(row, places)?;
        }
        // A query may give a record twice; sorted by time and id, its rows follow each other.
        if self.count > 0 && self.last_id == id {
            return Ok(());
        }
        self.count += 1;
        self.first = self.first.or(row.time());
        self.last = row.time().or(self.last);
        self.digest.update([0]);
        self.digest.update(id.as_bytes());
        id.clone_into(&mut self.last_id);
        if self.cited.len() < MAX_CITED_EVENTS {
            self.cited.push(id.to_owned());
        }
        Ok(())
    }

    fn add_words(&mut self, row: Row<'_>, places: &Places) -> Result<(), FoldError> {
        if let Some(word) = places.severity.and_then(|place| row.text(place)) {
            let severity = Severity::from_word(word).ok_or_else(|| FoldError::Severity(word.to_owned()))?;
            self.severity = self.severity.max(Some(severity));
        }
        if let Some(word) = places.confidence.and_then(|place| row.text(place)) {
            let confidence = Confidence::from_word(word).ok_or_else(|| FoldError::Confidence(word.to_owned()))?;
            self.confidence = self.confidence.max(Some(confidence));
        }
        Ok(())
    }

    fn add_values(&mut self, row: Row<'_>, places: &Places) {
        let lists = [&places.accounts, &places.mailboxes, &places.apps, &places.ips, &places.sessions];
        for (columns, list) in lists.into_iter().zip(&mut self.lists) {
            columns.iter().filter_map(|column| row.text(*column)).for_each(|value| insert_capped(list, value));
        }
        if let Some(at) = places.judged_at.and_then(|column| row.text(column)).and_then(Nanos::parse) {
            self.judged = Some(self.judged.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
        }
        for ((_, column), values) in places.collected.iter().zip(&mut self.collected) {
            if let Some(value) = row.text(*column) {
                insert_capped(values, value);
            }
        }
    }

    fn into_finding(mut self, detection: &Detection, layout: &Layout, places: &Places) -> Finding {
        let meta = &detection.meta;
        let explanation = detection.template.fill(&GroupFacts { group: &self, layout, places });
        let primary_id = self.primary.0.get(places.id).cloned().flatten().unwrap_or_default();
        let [accounts, mailboxes, apps, ips, sessions] = std::mem::take(&mut self.lists).map(|list| list.into_iter().collect());
        Finding {
            schema: FINDING_SCHEMA.to_owned(),
            id: hex::encode(&self.digest.finalize()[..16]),
            detection: meta.id.clone(),
            version: meta.version,
            title: meta.title.clone(),
            category: meta.category.clone(),
            attack: meta.attack.clone(),
            severity: self.severity.unwrap_or(meta.severity),
            confidence: self.confidence.unwrap_or(meta.confidence),
            tenant: self.tenant,
            first_time: self.first,
            last_time: self.last,
            primary_time: self.primary_time.filter(|time| Some(*time) != self.first),
            step: self.step,
            event_ids: primary_first(self.cited, primary_id),
            event_count: self.count,
            accounts,
            mailboxes,
            apps,
            ips,
            sessions,
            // The records it rests on are there; nothing says that they are all there are.
            coverage: Coverage::Partial,
            verdict: meta.verdict.with_reason(&meta.verdict_reason),
            explanation,
            looked_for: meta.looked_for.clone(),
            cannot_exclude: meta.cannot_exclude.clone(),
        }
    }
}

fn insert_capped(list: &mut BTreeSet<String>, value: &str) {
    if list.len() < MAX_LISTED && !list.contains(value) {
        list.insert(value.to_owned());
    }
}

fn step_of(row: Row<'_>, places: &Places) -> Result<Option<Step>, FoldError> {
    let word = places.step.and_then(|place| row.text(place));
    word.map(|word| Step::from_word(word).ok_or_else(|| FoldError::Step(word.to_owned()))).transpose()
}

fn primary_first(mut ids: Vec<String>, primary: String) -> Vec<String> {
    match ids.iter().position(|id| *id == primary) {
        Some(place) => ids[..=place].rotate_right(1),
        None => {
            ids.truncate(MAX_CITED_EVENTS - 1);
            ids.insert(0, primary);
        }
    }
    ids
}

struct GroupFacts<'a> {
    group: &'a Group,
    layout: &'a Layout,
    places: &'a Places,
}

impl Facts for GroupFacts<'_> {
    fn value(&self, column: &str) -> Option<&str> {
        self.group.primary.0.get(self.layout.index(column)?)?.as_deref()
    }

    fn values(&self, column: &str) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        self.places.collected.iter().position(|(name, _)| name == column).map_or(&NONE, |place| &self.group.collected[place])
    }

    fn event_count(&self) -> u64 {
        self.group.count
    }

    fn times(&self) -> (Option<String>, Option<String>) {
        (self.group.first.map(|time| time.to_string()), self.group.last.map(|time| time.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_primary_record_is_cited_first_and_the_others_stay_in_order() {
        assert_eq!(primary_first(ids(&["a", "b", "c"]), "c".to_owned()), ids(&["c", "a", "b"]));
        assert_eq!(primary_first(ids(&["a", "b"]), "z".to_owned()), ids(&["z", "a", "b"]));
    }

    #[test]
    fn a_primary_record_beyond_the_limit_takes_the_last_place() {
        let many = (0..MAX_CITED_EVENTS).map(|n| n.to_string()).collect();
        let cited = primary_first(many, "z".to_owned());
        assert_eq!((cited.len(), cited[0].as_str()), (MAX_CITED_EVENTS, "z"));
    }
}
