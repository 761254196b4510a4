//! What a score says: the `waxseal.score/v1` object. `docs/scoring.md` explains every field.

use serde::Serialize;
use waxseal_model::{Nanos, Severity};

use super::statistics::{garwood, median, real, rounded, wilson};

/// The name and version of the shape of a score.
pub const SCORE_SCHEMA: &str = "waxseal.score/v1";

/// A case compared with the truth of a world.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreV1 {
    /// [`SCORE_SCHEMA`].
    pub schema: &'static str,
    /// The least severity by which an intrusion is found, wherever nothing else is said.
    pub floor: Severity,
    /// The world.
    pub world: WorldV1,
    /// The case.
    pub case: CaseV1,
    /// Which intrusions were found.
    pub recall: RecallV1,
    /// How many findings are true.
    pub findings: FindingsV1,
    /// The same for each detection, by id.
    pub detections: Vec<DetectionV1>,
    /// How long it took to find them.
    pub time: TimeV1,
    /// How findings were put together.
    pub incidents: PartV1<IncidentsV1>,
    /// Which mailboxes were named, and how many messages.
    pub mailboxes: PartV1<MailboxesV1>,
    /// How long intruders were said to have been there.
    pub dwell: PartV1<DwellV1>,
    /// Every intrusion, by id.
    pub intrusions: Vec<IntrusionV1>,
    /// What is odd about the truth or the case.
    pub notes: Vec<String>,
}

/// A share of a whole with its 95 % interval (Wilson). The share and the interval are missing for a share of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShareV1 {
    /// How many.
    pub n: u64,
    /// Of how many.
    pub of: u64,
    /// The one divided by the other.
    pub share: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

impl ShareV1 {
    pub(super) fn new(n: u64, of: u64) -> Self {
        let ends = wilson(n, of);
        Self {
            n,
            of,
            share: ends.map(|_| rounded(real(n) / real(of))),
            low: ends.map(|(low, _)| rounded(low)),
            high: ends.map(|(_, high)| rounded(high)),
        }
    }

    /// The share of some things of which a condition holds.
    pub(super) fn among<T>(things: &[T], holds: impl Fn(&T) -> bool) -> Self {
        Self::new(count(things.iter().filter(|thing| holds(thing))), things.len() as u64)
    }
}

/// A count over mailbox-months with the exact 95 % interval (Garwood). The rates are missing where there are no
/// mailbox-months.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateV1 {
    /// How many.
    pub n: u64,
    /// In how many mailbox-months.
    pub mailbox_months: f64,
    /// How many per 1,000 mailbox-months.
    pub per_thousand: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

impl RateV1 {
    pub(super) fn new(n: u64, mailbox_months: f64) -> Self {
        let scaled = |count: f64| (mailbox_months > 0.0).then(|| rounded(count * 1_000.0 / mailbox_months));
        let (low, high) = garwood(n);
        Self { n, mailbox_months: rounded(mailbox_months), per_thousand: scaled(real(n)), low: scaled(low), high: scaled(high) }
    }
}

/// Where some values lie. The values are missing for none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SpreadV1 {
    /// How many values.
    pub n: u64,
    /// How many there could be.
    pub of: u64,
    /// The least.
    pub least: Option<f64>,
    /// The middle one.
    pub median: Option<f64>,
    /// The greatest.
    pub greatest: Option<f64>,
}

impl SpreadV1 {
    pub(super) fn new(mut values: Vec<f64>, of: u64) -> Self {
        let middle = median(&mut values).map(rounded);
        let (least, greatest) = (values.first().copied().map(rounded), values.last().copied().map(rounded));
        Self { n: values.len() as u64, of, least, median: middle, greatest }
    }
}

/// A part of a score, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum PartV1<T> {
    /// It was scored.
    Scored(T),
    /// It could not be.
    Not {
        /// Why.
        not_scored: String,
    },
}

impl<T> PartV1<T> {
    pub(super) fn not(reason: &str) -> Self {
        Self::Not { not_scored: reason.to_owned() }
    }

    /// The part, where it was scored.
    pub fn scored(&self) -> Option<&T> {
        match self {
            Self::Scored(part) => Some(part),
            Self::Not { .. } => None,
        }
    }
}

/// The world a case is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorldV1 {
    /// The seed it was made from.
    pub seed: u64,
    /// Its first instant.
    pub from: Nanos,
    /// The first instant after it.
    pub to: Nanos,
    /// Tenants.
    pub tenants: u64,
    /// Mailboxes.
    pub mailboxes: u64,
    /// Mailboxes times months of 30 days.
    pub mailbox_months: f64,
    /// Intrusions.
    pub intrusions: u64,
    /// Those of which a record is in the written files.
    pub findable: u64,
    /// Records that intrusions made.
    pub records: u64,
    /// Those that are in the written files.
    pub surviving: u64,
}

/// The case that is compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseV1 {
    /// Version of the program that made it, as `run.json` says.
    pub version: Option<String>,
    /// Records it read, as `run.json` says.
    pub records: Option<u64>,
    /// Records it rejected, as `run.json` says.
    pub rejected: Option<u64>,
    /// Findings.
    pub findings: u64,
    /// Those of medium or above.
    pub of_medium: u64,
    /// Incidents; missing where the case has no `incidents.json`.
    pub incidents: Option<u64>,
}

/// Which intrusions were found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecallV1 {
    /// At the floors low, medium and high.
    pub by_floor: Vec<FloorRecallV1>,
    /// By kind of intrusion.
    pub by_kind: Vec<GroupRecallV1>,
    /// By how complete the logs are: full, partial, none.
    pub by_coverage: Vec<GroupRecallV1>,
    /// Intrusions of which no record is in the written files.
    pub not_findable: u64,
}

/// Intrusions found at a floor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FloorRecallV1 {
    /// The floor.
    pub floor: Severity,
    /// Found of findable.
    pub found: ShareV1,
}

/// Intrusions of one kind or coverage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupRecallV1 {
    /// The kind or the coverage.
    pub name: String,
    /// Found of findable.
    pub found: ShareV1,
    /// Covered by an incident of findable; missing where the case has no `incidents.json`.
    pub covered: Option<ShareV1>,
    /// Seconds to detect; none where the case has no detect run.
    pub seconds_to_detect: SpreadV1,
    /// Intrusions beside these of which no record is in the written files.
    pub not_findable: u64,
}

/// How many findings of medium or above are true.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingsV1 {
    /// True findings of findings of medium or above.
    pub precision: ShareV1,
    /// False findings of medium or above.
    pub false_findings: RateV1,
    /// Findings below medium that count for an intrusion, of all below medium. They enter nothing else of this.
    pub below_medium: ShareV1,
    /// False findings of medium or above that cite records of an intrusion, but too few.
    pub diluted: Vec<DilutedV1>,
    /// False findings of medium or above that cite nothing.
    pub citing_nothing: u64,
    /// Findings of medium or above that rest on more records than they list; judged by those that they list.
    pub listed_in_part: u64,
}

/// A finding that cites records of an intrusion, but too few.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DilutedV1 {
    /// The finding.
    pub finding: String,
    /// Its detection.
    pub detection: String,
    /// The intrusion of which it cites most.
    pub intrusion: String,
    /// Records of that intrusion among its ids.
    pub malicious: u64,
    /// Its ids.
    pub cited: u64,
}

/// What one detection found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DetectionV1 {
    /// Its id.
    pub detection: String,
    /// Findings of any severity.
    pub findings: u64,
    /// True findings of findings of medium or above.
    pub precision: ShareV1,
    /// False findings of medium or above.
    pub false_findings: RateV1,
    /// Intrusions it found.
    pub intrusions: u64,
    /// Those that no other detection found.
    pub alone: u64,
}

/// How long it took to find intrusions, from the moment the first record of each became available.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeV1 {
    /// Seconds until the first detect run that found it.
    pub to_detect: PartV1<ToDetectV1>,
    /// Seconds until the first record that a counting finding cites became available.
    pub evidence_delay: SpreadV1,
}

/// Seconds until the first detect run that found an intrusion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToDetectV1 {
    /// Detect runs.
    pub runs: u64,
    /// Earliest as-of of a run.
    pub from: Nanos,
    /// Latest as-of of a run.
    pub to: Nanos,
    /// Whether the times are upper bounds only: there was a single run.
    pub upper_bound: bool,
    /// Seconds.
    pub seconds: SpreadV1,
}

/// How findings were put together to incidents, of medium or above.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncidentsV1 {
    /// True incidents of incidents of medium or above.
    pub precision: ShareV1,
    /// False incidents of medium or above.
    pub false_incidents: RateV1,
    /// Incidents below medium, which enter nothing else.
    pub below_medium: u64,
    /// Findable intrusions that an incident covers.
    pub covered: ShareV1,
    /// Covered intrusions with one incident only.
    pub whole: ShareV1,
    /// Covered intrusions with more than one.
    pub split: Vec<SplitV1>,
    /// Incidents that hold findings of intrusions of different intruders.
    pub merged: Vec<MergedV1>,
    /// Campaigns of the truth that an entry of `campaigns` covers.
    pub campaigns: ShareV1,
    /// Entries of `campaigns` that belong to a campaign of the truth.
    pub campaign_entries: ShareV1,
    /// Ids of the false incidents.
    pub false_ids: Vec<String>,
}

/// An intrusion with more than one incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SplitV1 {
    /// The intrusion.
    pub intrusion: String,
    /// The incidents.
    pub incidents: Vec<String>,
}

/// An incident that holds findings of different intruders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MergedV1 {
    /// The incident.
    pub incident: String,
    /// The intrusions.
    pub intrusions: Vec<String>,
}

/// Which mailboxes incidents name, and how many messages, for the intrusions that they cover.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MailboxesV1 {
    /// What is said of mailboxes that were reached, and of others.
    pub said: Vec<SaidV1>,
    /// Reached mailboxes that are named with recorded or possible access.
    pub named: ShareV1,
    /// Mailboxes named with recorded access that were not reached.
    pub wrong: ShareV1,
    /// Mailboxes reached by findable intrusions that no incident covers; they enter nothing else.
    pub without_incident: u64,
    /// Mailboxes that several intrusions of the same incidents reached; the bounds are held against the messages of all of them.
    pub shared: u64,
    /// Lower bounds that are not above the messages truly accessed.
    pub lower_holds: ShareV1,
    /// Upper bounds that are not below the messages truly accessed, or are open.
    pub upper_holds: ShareV1,
    /// Mailboxes with an upper bound that is a number.
    pub upper_given: ShareV1,
    /// Mailboxes whose bounds are both the truth.
    pub exact: ShareV1,
    /// The same, of those whose logs are complete, whose messages records all name, and that were left four days before the logs end.
    pub exact_of_tellable: ShareV1,
    /// Upper less lower bound, as a share of the truth; of mailboxes with both and at least one message.
    pub width: SpreadV1,
    /// The messages of all compared mailboxes.
    pub messages: MessagesV1,
}

/// Mailboxes by what incidents say of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SaidV1 {
    /// The verdict word; `not named` where there is none, `named without a verdict` for a word we do not know.
    pub said: &'static str,
    /// Mailboxes that were reached.
    pub reached: u64,
    /// Mailboxes that were not.
    pub others: u64,
}

/// Sums over mailboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MessagesV1 {
    /// Messages truly accessed.
    pub accessed: u64,
    /// Those that a record in the written files names.
    pub recorded: u64,
    /// Lower bounds.
    pub lower: u64,
}

/// How long intruders were said to have been there, for the intrusions that incidents cover.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DwellV1 {
    /// Where the earliest possible time is not after the first act, or is open and said to be so.
    pub start_holds: ShareV1,
    /// Where the last recorded time is not before the last record in the written files.
    pub end_holds: ShareV1,
    /// Where both hold.
    pub contains: ShareV1,
    /// Where the first recorded time is that of the first record in the written files, to the second.
    pub first_exact: ShareV1,
    /// Hours from the earliest possible to the first recorded time, of intrusions whose logs are complete.
    pub uncertain_hours: SpreadV1,
    /// Hours from the earliest possible to the last recorded time.
    pub said_hours: SpreadV1,
    /// Hours from the first act to the last.
    pub true_hours: SpreadV1,
}

/// One intrusion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntrusionV1 {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// The campaign it belongs to.
    pub campaign: Option<String>,
    /// How complete the logs are.
    pub coverage: String,
    /// Records it made.
    pub records: u64,
    /// Records in the written files.
    pub surviving: u64,
    /// Whether a record of it is in the written files.
    pub findable: bool,
    /// Whether it was found.
    pub found: bool,
    /// The greatest severity of a finding, of the floor or above, that counts for it.
    pub severity: Option<Severity>,
    /// Detections that found it, at the floor.
    pub detections: Vec<String>,
    /// Incidents that cover it.
    pub incidents: Vec<String>,
    /// When its first record became available.
    pub first_available: Option<Nanos>,
    /// When it was detected.
    pub detected: Option<Nanos>,
    /// Seconds from the one to the other.
    pub seconds_to_detect: Option<f64>,
    /// Seconds until the first cited record became available.
    pub evidence_delay_seconds: Option<f64>,
}

/// How many things there are.
pub(super) fn count<T>(things: impl Iterator<Item = T>) -> u64 {
    things.count() as u64
}
