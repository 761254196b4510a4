//! What is read of a case: the files at its top that other programs rely on, and the findings of its detect runs.
//!
//! The structs name only what is compared, so that a case of a later version, or of another program, can be scored too.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use waxseal_model::{FINDING_SCHEMA, Nanos, Severity};

use super::ScoreError;

const INCIDENTS_SCHEMA: &str = "waxseal.incidents/v1";

const REPORT_FIRST: &str = "give the folder of a case, and run `waxseal hunt` or `waxseal report` on it first";

const VERIFY: &str = "`waxseal verify` says which files of the case are not what they were";

/// A line of `findings.jsonl`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct FindingLine {
    schema: String,
    pub(super) id: String,
    pub(super) detection: String,
    pub(super) severity: Severity,
    pub(super) event_ids: Vec<String>,
    #[serde(default)]
    pub(super) event_count: u64,
}

/// `run.json`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct RunFile {
    pub(super) version: Option<String>,
    pub(super) records: Option<u64>,
    pub(super) rejected: Option<u64>,
}

/// `incidents.json`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct IncidentsFile {
    schema: String,
    #[serde(default)]
    pub(super) incidents: Vec<IncidentEntry>,
    #[serde(default)]
    pub(super) campaigns: Vec<CampaignEntry>,
}

/// `coverage.json`.
#[derive(Debug, Clone, Deserialize)]
struct CoverageFile {
    #[serde(default)]
    mailboxes: Vec<CoverageTenant>,
}

/// A tenant of whose logs something was judged.
#[derive(Debug, Clone, Deserialize)]
struct CoverageTenant {
    tenant: String,
}

/// An incident.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct IncidentEntry {
    pub(super) id: String,
    pub(super) severity: Severity,
    #[serde(default)]
    pub(super) finding_ids: Vec<String>,
    #[serde(default)]
    pub(super) mailboxes: Vec<MailboxEntry>,
    #[serde(default)]
    pub(super) dwell: DwellEntry,
}

/// A mailbox of an incident.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct MailboxEntry {
    pub(super) mailbox: String,
    #[serde(default)]
    pub(super) verdict: String,
    #[serde(default)]
    pub(super) messages: BoundsEntry,
}

/// Bounds of a number of messages. Without a lower one it is 0, without an upper one it is open.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct BoundsEntry {
    pub(super) lower: Option<u64>,
    pub(super) upper: Option<u64>,
}

/// How long the intruder was there.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct DwellEntry {
    pub(super) earliest_possible: Option<Nanos>,
    pub(super) first_recorded: Option<Nanos>,
    pub(super) last_recorded: Option<Nanos>,
    pub(super) left_censored: Option<bool>,
}

/// Incidents of one intruder.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CampaignEntry {
    #[serde(default)]
    pub(super) incident_ids: Vec<String>,
}

/// The COMMIT of a run.
#[derive(Debug, Deserialize)]
struct CommitFile {
    step: StepEntry,
}

#[derive(Debug, Deserialize)]
struct StepEntry {
    kind: String,
    now: Option<Nanos>,
}

/// A committed detect run: what it took for the present, and what it found.
#[derive(Debug)]
pub(super) struct DetectRun {
    pub(super) as_of: Nanos,
    pub(super) findings: Vec<FindingLine>,
}

/// The findings at the top of a case.
pub(super) fn findings(case: &Path) -> Result<Vec<FindingLine>, ScoreError> {
    finding_lines(&case.join("findings.jsonl"), REPORT_FIRST)
}

/// The incidents, where the case has any to read.
pub(super) fn incidents(case: &Path) -> Result<Option<IncidentsFile>, ScoreError> {
    let path = case.join("incidents.json");
    let Some(file): Option<IncidentsFile> = object(&path)? else { return Ok(None) };
    if file.schema != INCIDENTS_SCHEMA {
        return Err(other_schema(&path, 1, &file.schema, INCIDENTS_SCHEMA));
    }
    Ok(Some(file))
}

/// The account of the case, where it has one.
pub(super) fn run_file(case: &Path) -> Result<Option<RunFile>, ScoreError> {
    object(&case.join("run.json"))
}

/// The tenants that the case has logs of, where it says so.
pub(super) fn tenants(case: &Path) -> Result<Vec<String>, ScoreError> {
    let file: Option<CoverageFile> = object(&case.join("coverage.json"))?;
    Ok(file.into_iter().flat_map(|file| file.mailboxes).map(|one| one.tenant).collect())
}

/// Every committed detect run that looked at a record, earliest present first.
pub(super) fn detect_runs(case: &Path) -> Result<Vec<DetectRun>, ScoreError> {
    let mut runs = Vec::new();
    for folder in run_folders(&case.join("runs"))? {
        // What no COMMIT names is left over from a run that was broken off.
        let Some(commit): Option<CommitFile> = object(&folder.join("COMMIT"))? else { continue };
        if let (StepEntry { kind, now: Some(as_of) }, findings) = (commit.step, folder.join("findings.jsonl"))
            && kind == "detect"
        {
            runs.push(DetectRun { as_of, findings: finding_lines(&findings, VERIFY)? });
        }
    }
    runs.sort_by_key(|run| run.as_of);
    Ok(runs)
}

fn run_folders(runs: &Path) -> Result<Vec<PathBuf>, ScoreError> {
    let unreadable = |error| unreadable(runs, error, VERIFY);
    let entries = match fs::read_dir(runs) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        folders.push(entry.map_err(unreadable)?.path());
    }
    folders.sort();
    Ok(folders)
}

fn finding_lines(path: &Path, remedy: &'static str) -> Result<Vec<FindingLine>, ScoreError> {
    let file = File::open(path).map_err(|error| unreadable(path, error, remedy))?;
    let mut findings = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| unreadable(path, error, remedy))?;
        let finding: FindingLine = serde_json::from_str(&line).map_err(|error| malformed(path, number + 1, error.to_string()))?;
        if finding.schema != FINDING_SCHEMA {
            return Err(other_schema(path, number + 1, &finding.schema, FINDING_SCHEMA));
        }
        findings.push(finding);
    }
    Ok(findings)
}

/// The one JSON object of a file, or nothing where there is no such file.
fn object<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ScoreError> {
    let bytes = match fs::read(path) {
        // Another file may lie where a folder of a run is expected.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        bytes => bytes.map_err(|error| unreadable(path, error, "check its permissions"))?,
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| malformed(path, error.line(), error.to_string()))
}

fn unreadable(path: &Path, error: std::io::Error, remedy: &'static str) -> ScoreError {
    ScoreError::Unreadable { path: path.to_owned(), error, remedy }
}

fn malformed(path: &Path, line: usize, error: String) -> ScoreError {
    ScoreError::Malformed { path: path.to_owned(), line, error, remedy: VERIFY }
}

fn other_schema(path: &Path, line: usize, found: &str, known: &str) -> ScoreError {
    let error = format!("its schema is {found:?}, this program reads {known:?}");
    ScoreError::Malformed { path: path.to_owned(), line, error, remedy: "score it with the version of waxseal that wrote it" }
}
