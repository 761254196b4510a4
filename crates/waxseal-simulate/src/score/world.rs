//! The truth, arranged so that ids can be looked up in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use waxseal_model::Nanos;

use super::ScoreError;
use super::statistics::real;
use crate::truth::{MAILBOX_MONTH_DAYS, Truth, TruthIntrusion, TruthMailbox, TruthMessage, TruthRecord};

const DAY_SECONDS: f64 = 86_400.0;

/// A truth and its records.
#[derive(Debug)]
pub(super) struct World {
    pub(super) truth: Truth,
    pub(super) mailbox_months: f64,
    /// The intruder of each intrusion: intrusions of one campaign have the same.
    pub(super) intruders: Vec<Intruder>,
    /// The first and last record of each intrusion in the written files.
    pub(super) recorded: Vec<Option<(Nanos, Nanos)>>,
    /// Mailboxes, by address in lower case, and tenants of whose logs a part is lacking, but for what is always late at the end.
    lacking: BTreeSet<String>,
    /// Messages accessed in mailboxes that several intrusions reached, by mailbox id and intrusion, with whether a record names them.
    contested: BTreeMap<(String, usize), BTreeMap<String, bool>>,
    /// Records in the written files, by event id.
    records: HashMap<String, Vec<Owned>>,
    /// What is odd about the truth.
    pub(super) notes: Vec<String>,
}

/// Who is behind an intrusion: the campaign, or the intrusion itself where it belongs to none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Intruder {
    Campaign(String),
    Alone(usize),
}

/// The intrusion a record belongs to.
#[derive(Debug, Clone, Copy)]
struct Owned {
    intrusion: usize,
    available: Nanos,
}

/// Which intrusions some ids are records of.
#[derive(Debug, Clone, Default)]
pub(super) struct Cited {
    /// Different ids.
    pub(super) ids: u64,
    /// Records of each intrusion among them.
    pub(super) of_intrusion: BTreeMap<usize, CitedRecords>,
    /// Records of each intruder among them.
    of_intruder: BTreeMap<Intruder, u64>,
}

/// Records of one intrusion among some ids.
#[derive(Debug, Clone, Copy)]
pub(super) struct CitedRecords {
    pub(super) count: u64,
    /// When the first of them became available.
    pub(super) first_available: Nanos,
    /// When the last of them did.
    pub(super) last_available: Nanos,
}

impl World {
    /// Reads the truth below a folder that `simulate` wrote, or in it.
    pub(super) fn read(folder: &Path) -> Result<Self, ScoreError> {
        let folder = truth_folder(folder);
        let truth = Truth::read(&folder)?;
        let mut world = Self {
            mailbox_months: mailbox_months(&truth),
            intruders: truth.intrusions.iter().enumerate().map(|(i, intrusion)| intruder(i, intrusion)).collect(),
            recorded: vec![None; truth.intrusions.len()],
            lacking: lacking(&truth),
            contested: BTreeMap::new(),
            records: HashMap::new(),
            notes: Vec::new(),
            truth,
        };
        world.add_records(&folder)?;
        world.add_contested(&folder)?;
        Ok(world)
    }

    /// Adds the messages of the mailboxes that several intrusions reached: those of the others are counted in the truth.
    fn add_contested(&mut self, folder: &Path) -> Result<(), ScoreError> {
        let mut intrusions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (i, intrusion) in self.truth.intrusions.iter().enumerate() {
            for mailbox in &intrusion.mailboxes {
                intrusions.entry(&mailbox.mailbox_id).or_default().push(i);
            }
        }
        intrusions.retain(|_, reached_by| reached_by.len() > 1);
        if intrusions.is_empty() {
            return Ok(());
        }
        TruthMessage::read_each(folder, |message| {
            let reached_by = intrusions.get(message.mailbox_id.as_str()).into_iter().flatten();
            for i in reached_by.filter(|i| self.truth.intrusions[**i].id == message.intrusion) {
                let messages = self.contested.entry((message.mailbox_id.clone(), *i)).or_default();
                *messages.entry(message.message_id.clone()).or_default() |= message.recorded;
            }
        })?;
        Ok(())
    }

    /// Whether the logs of an intrusion are complete where they tell of a mailbox: none of its own records are lacking, nor any stream
    /// or day of the tenant, nor a licence for the mailbox.
    pub(super) fn is_complete(&self, intrusion: usize, mailbox: &TruthMailbox) -> bool {
        let lacks = |name: &str| self.lacking.contains(name);
        self.truth.intrusions[intrusion].coverage == "full" && !lacks(&mailbox.tenant) && !lacks(&mailbox.mailbox.to_lowercase())
    }

    /// How many messages of a mailbox that several intrusions reached any of them accessed, and how many of these a record names.
    pub(super) fn accessed_by_any(&self, intrusions: &[usize], mailbox_id: &str) -> (u64, u64) {
        let mut messages: BTreeMap<&str, bool> = BTreeMap::new();
        for of_one in intrusions.iter().filter_map(|i| self.contested.get(&(mailbox_id.to_owned(), *i))) {
            for (message, recorded) in of_one {
                *messages.entry(message).or_default() |= recorded;
            }
        }
        (messages.len() as u64, messages.values().filter(|recorded| **recorded).count() as u64)
    }

    fn add_records(&mut self, folder: &Path) -> Result<(), ScoreError> {
        let path = folder.join("truth.json");
        let mut numbers = BTreeMap::new();
        for (i, intrusion) in self.truth.intrusions.iter().enumerate() {
            if numbers.insert(intrusion.id.clone(), i).is_some() {
                return Err(ScoreError::TwoIntrusions { path, intrusion: intrusion.id.clone() });
            }
        }
        let mut unknown = None;
        let mut surviving: Vec<u64> = vec![0; numbers.len()];
        TruthRecord::read_each(folder, |record| match numbers.get(&record.intrusion) {
            Some(&i) => surviving[i] += u64::from(self.add_record(i, record)),
            None => unknown = unknown.take().or(Some(record)),
        })?;
        if let Some(record) = unknown {
            return Err(ScoreError::NoIntrusion { path: folder.join("records.jsonl"), record: record.id, intrusion: record.intrusion });
        }
        for (intrusion, counted) in self.truth.intrusions.iter().zip(surviving).filter(|(intrusion, n)| intrusion.surviving != *n) {
            self.notes.push(format!(
                "truth.json says that {} records of {} are in the written files, records.jsonl lists {counted}: \
                 they do not belong together",
                intrusion.surviving, intrusion.id
            ));
        }
        Ok(())
    }

    /// Notes where a case has logs of other tenants only.
    pub(super) fn compare_tenants(&mut self, of_case: &[String]) {
        if !of_case.is_empty() && !self.truth.tenants.iter().any(|own| of_case.contains(&own.id)) {
            self.notes.push("no record of this world is in the case: it was made from the logs of other organisations".to_owned());
        }
    }

    /// Adds a record where it is in the written files; whether it is.
    fn add_record(&mut self, intrusion: usize, record: TruthRecord) -> bool {
        let Some(available) = record.available else { return false };
        let (first, last) = self.recorded[intrusion].unwrap_or((record.time, record.time));
        self.recorded[intrusion] = Some((first.min(record.time), last.max(record.time)));
        let owners = self.records.entry(record.id).or_default();
        match owners.iter_mut().find(|owned| owned.intrusion == intrusion) {
            Some(owned) => owned.available = owned.available.min(available),
            None => owners.push(Owned { intrusion, available }),
        }
        true
    }

    /// Whether a record of an intrusion is in the written files, so that it can be found at all.
    pub(super) fn findable(&self, intrusion: usize) -> bool {
        self.recorded[intrusion].is_some()
    }

    /// The numbers of the intrusions that can be found.
    pub(super) fn all_findable(&self) -> Vec<usize> {
        (0..self.truth.intrusions.len()).filter(|i| self.findable(*i)).collect()
    }

    /// The id of an intrusion.
    pub(super) fn id(&self, intrusion: usize) -> &str {
        &self.truth.intrusions[intrusion].id
    }

    /// Which intrusions ids are records of. An id that is given twice counts once.
    pub(super) fn cited<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Cited {
        let ids: BTreeSet<&str> = ids.into_iter().collect();
        let mut cited = Cited { ids: ids.len() as u64, ..Cited::default() };
        for owners in ids.iter().filter_map(|id| self.records.get(*id)) {
            let intruders: BTreeSet<&Intruder> = owners.iter().map(|owned| &self.intruders[owned.intrusion]).collect();
            for intruder in intruders {
                *cited.of_intruder.entry(intruder.clone()).or_default() += 1;
            }
            for Owned { intrusion, available } in owners.iter().copied() {
                let none = CitedRecords { count: 0, first_available: available, last_available: available };
                let records = cited.of_intrusion.entry(intrusion).or_insert(none);
                records.count += 1;
                records.first_available = records.first_available.min(available);
                records.last_available = records.last_available.max(available);
            }
        }
        cited
    }
}

impl Cited {
    /// Whether what cites these ids counts for an intrusion: at least half of them are its records.
    pub(super) fn counts_for(&self, intrusion: usize) -> bool {
        self.of_intrusion.get(&intrusion).is_some_and(|records| self.is_half(records.count))
    }

    /// Every intrusion that what cites these ids counts for: two at most.
    pub(super) fn counting(&self) -> impl Iterator<Item = (usize, &CitedRecords)> {
        self.of_intrusion.iter().filter(|(_, records)| self.is_half(records.count)).map(|(i, records)| (*i, records))
    }

    /// Whether it counts for any intrusion.
    pub(super) fn is_true(&self) -> bool {
        self.counting().next().is_some()
    }

    /// The intruder whose records are at least half of the ids; of two that are half each, a campaign before an intrusion by
    /// itself.
    pub(super) fn intruder(&self) -> Option<&Intruder> {
        let halves = self.of_intruder.iter().filter(|(_, count)| self.is_half(**count));
        halves.reduce(|most, next| if next.1 > most.1 { next } else { most }).map(|(intruder, _)| intruder)
    }

    fn is_half(&self, count: u64) -> bool {
        count > 0 && count * 2 >= self.ids
    }
}

fn intruder(number: usize, intrusion: &TruthIntrusion) -> Intruder {
    intrusion.campaign.clone().map_or(Intruder::Alone(number), Intruder::Campaign)
}

fn lacking(truth: &Truth) -> BTreeSet<String> {
    let spans = truth.coverage.iter().filter(|span| span.reason != "late");
    spans.map(|span| span.mailbox.as_ref().map_or(span.tenant.clone(), |mailbox| mailbox.to_lowercase())).collect()
}

fn mailbox_months(truth: &Truth) -> f64 {
    let mailboxes: u64 = truth.tenants.iter().map(|tenant| tenant.mailboxes).sum();
    real(mailboxes) * seconds_between(truth.from, truth.to).max(0.0) / (DAY_SECONDS * MAILBOX_MONTH_DAYS)
}

/// Seconds from one instant to another, to the millisecond: those of a few years stay far below 2^53.
pub(super) fn seconds_between(from: Nanos, to: Nanos) -> f64 {
    (to.0.saturating_sub(from.0) / 1_000_000) as f64 / 1_000.0
}

/// The folder itself where it holds a truth, else the folder `truth` in it.
fn truth_folder(folder: &Path) -> PathBuf {
    let is_truth = folder.join("truth.json").try_exists().unwrap_or(false);
    if is_truth { folder.to_owned() } else { folder.join("truth") }
}
