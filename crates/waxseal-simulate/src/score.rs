//! A case against the truth of the world whose logs it was made from.
//!
//! A case is judged by the files that any program can rely on, so that whatever wrote them can be scored, and by ids: what a
//! finding says counts for nothing, what it cites for everything. `docs/scoring.md` says what counts and why.

mod case_files;
mod dwell;
mod findings;
mod incidents;
mod mailboxes;
mod outcome;
mod recall;
mod statistics;
mod text;
mod timing;
mod world;

use std::io;
use std::path::{Path, PathBuf};

use waxseal_model::Severity;

use self::case_files::{FindingLine, RunFile};
use self::findings::{ACTED_ON, FoundBy};
use self::incidents::Matching;
use self::outcome::count;
use self::recall::Fates;
use self::statistics::rounded;
use self::timing::Moments;
use self::world::World;
use crate::truth::TruthError;

pub use self::outcome::{
    CaseV1, DetectionV1, DilutedV1, DwellV1, FindingsV1, FloorRecallV1, GroupRecallV1, IncidentsV1, IntrusionV1, MailboxesV1, MergedV1,
    MessagesV1, PartV1, RateV1, RecallV1, SCORE_SCHEMA, SaidV1, ScoreV1, ShareV1, SplitV1, SpreadV1, TimeV1, ToDetectV1, WorldV1,
};
pub use self::statistics::{garwood, wilson};

const NO_INCIDENTS: &str = "no incidents.json in the case: not scored";

/// Why a case could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// See [`TruthError`].
    #[error(transparent)]
    Truth(#[from] TruthError),
    /// The truth's fault: two intrusions have one id.
    #[error("failed to read {}: two intrusions have the id {intrusion:?}; write the world again", path.display())]
    TwoIntrusions {
        /// The file.
        path: PathBuf,
        /// The id.
        intrusion: String,
    },
    /// The truth's fault: a record of an intrusion that is none.
    #[error(
        "failed to read {}: record {record:?} is of the intrusion {intrusion:?}, which truth.json beside it does not list; \
         the two files are of different worlds, write the world again", path.display()
    )]
    NoIntrusion {
        /// The file.
        path: PathBuf,
        /// The id of the record.
        record: String,
        /// The id of the intrusion.
        intrusion: String,
    },
    /// The environment's fault or the user's: a file of the case cannot be read.
    #[error("failed to read {}: {error}; {remedy}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
        /// What to do.
        remedy: &'static str,
    },
    /// The file's fault: it is not what the contract says.
    #[error("failed to read {} line {line}: {error}; {remedy}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        error: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// Compares a case with the truth of a world. An intrusion is found by findings of at least the severity `floor`.
///
/// # Errors
/// The truth or a file of the case cannot be read. A case without incidents is scored without them.
pub fn score(truth: &Path, case: &Path, floor: Severity) -> Result<ScoreV1, ScoreError> {
    let mut world = World::read(truth)?;
    world.compare_tenants(&case_files::tenants(case)?);
    let lines = case_files::findings(case)?;
    let incidents_file = case_files::incidents(case)?;
    let run_file = case_files::run_file(case)?;
    let case_told = told(&lines, run_file.as_ref(), incidents_file.as_ref().map(|file| file.incidents.len() as u64));
    let findings = findings::judge(lines, &world);
    let found = findings::found_by(&findings, &world, floor);
    let (moments, runs) = timing::moments(&findings, case_files::detect_runs(case)?, &world, floor);
    let matching = incidents_file.as_ref().map(|file| Matching::of(file, &findings, &world));
    let matching = matching.as_ref();
    let fates = Fates { found: &found, moments: &moments, covered: matching.map(Matching::covered) };
    Ok(ScoreV1 {
        schema: SCORE_SCHEMA,
        floor,
        world: world_told(&world),
        case: case_told,
        recall: recall::recall(&findings, &fates, &world),
        findings: findings::precision(&findings, &world),
        detections: findings::detections(&findings, &found, &world),
        time: timing::times(&moments, &runs, &world),
        incidents: part(matching, |matching| matching.outcome(&world)),
        mailboxes: part(matching, |matching| mailboxes::mailboxes(matching, &world)),
        dwell: part(matching, |matching| dwell::dwell(matching, &world)),
        intrusions: (0..world.truth.intrusions.len()).map(|i| intrusion(i, &found[i], moments[i], matching, &world)).collect(),
        notes: world.notes.iter().chain(matching.iter().flat_map(|matching| &matching.notes)).cloned().collect(),
    })
}

fn part<T>(matching: Option<&Matching<'_>>, outcome: impl FnOnce(&Matching<'_>) -> T) -> PartV1<T> {
    matching.map_or_else(|| PartV1::not(NO_INCIDENTS), |matching| PartV1::Scored(outcome(matching)))
}

fn told(findings: &[FindingLine], run: Option<&RunFile>, incidents: Option<u64>) -> CaseV1 {
    CaseV1 {
        version: run.and_then(|run| run.version.clone()),
        records: run.and_then(|run| run.records),
        rejected: run.and_then(|run| run.rejected),
        findings: findings.len() as u64,
        of_medium: count(findings.iter().filter(|finding| finding.severity >= ACTED_ON)),
        incidents,
    }
}

fn world_told(world: &World) -> WorldV1 {
    let truth = &world.truth;
    WorldV1 {
        seed: truth.seed,
        from: truth.from,
        to: truth.to,
        tenants: truth.tenants.len() as u64,
        mailboxes: truth.tenants.iter().map(|tenant| tenant.mailboxes).sum(),
        mailbox_months: rounded(world.mailbox_months),
        intrusions: truth.intrusions.len() as u64,
        findable: world.all_findable().len() as u64,
        records: truth.intrusions.iter().map(|intrusion| intrusion.records).sum(),
        surviving: truth.intrusions.iter().map(|intrusion| intrusion.surviving).sum(),
    }
}

fn intrusion(number: usize, found: &FoundBy, moments: Moments, matching: Option<&Matching<'_>>, world: &World) -> IntrusionV1 {
    let truth = &world.truth.intrusions[number];
    let covering = matching.into_iter().flat_map(|matching| matching.covering(number));
    IntrusionV1 {
        id: truth.id.clone(),
        kind: truth.kind.clone(),
        campaign: truth.campaign.clone(),
        coverage: truth.coverage.clone(),
        records: truth.records,
        surviving: truth.surviving,
        findable: world.findable(number),
        found: found.severity.is_some(),
        severity: found.severity,
        detections: found.detections.iter().cloned().collect(),
        incidents: covering.map(|incident| incident.entry.id.clone()).collect(),
        first_available: moments.first_available,
        detected: moments.detected,
        seconds_to_detect: moments.seconds_to(moments.detected),
        evidence_delay_seconds: moments.seconds_to(moments.first_cited),
    }
}
