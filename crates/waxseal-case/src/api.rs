//! Sketch of the public interface; bodies follow.
#![allow(missing_docs, clippy::all, unused)]
use std::io::Write;
use std::path::{Path, PathBuf};
use waxseal_model::{Account, DateOrder, DetectionMeta, Finding, Nanos, NotRun, Severity};

/// Who runs the program and by what clock: for the ledger only, never for results.
#[derive(Debug, Clone)]
pub struct Operator { pub name: String, pub host: String, pub command: String, pub clock: fn() -> Nanos }

/// Told how far long work has come; called from several threads.
pub trait Progress: Sync {
    /// A step begins: "reading", "detecting"…; `bytes` is what it has to read, 0 if unknown.
    fn step(&self, name: &str, bytes: u64) ;
    /// More was done.
    fn advanced(&self, bytes: u64, records: u64);
    /// What it is at now: a file or a detection.
    fn at(&self, what: &str);
}

/// One error for everything a case does: its Display names file, place, cause, whose fault and cure.
#[derive(Debug, thiserror::Error)]
pub enum CaseError { #[error("{0}")] Other(String) }

#[derive(Debug, Clone)]
pub enum Input { Path(PathBuf), Stdin }

#[derive(Debug, Clone)]
pub struct IngestRequest {
    pub inputs: Vec<Input>,
    /// `--tenant`: for records that name none.
    pub tenant: Option<String>,
    /// `--date-order`.
    pub date_order: Option<DateOrder>,
    /// false with `--no-originals`.
    pub keep_originals: bool,
    pub threads: usize,
    pub memory_bytes: u64,
}

#[derive(Debug, Clone, Default)]
pub struct DetectRequest {
    /// `--now`; default: the newest record's time.
    pub now: Option<Nanos>,
    /// Folders or files of the user's own detections, in addition to the bundled ones.
    pub detections: Vec<PathBuf>,
    /// Run only these ids; empty = all.
    pub only: Vec<String>,
    pub threads: usize,
    pub memory_bytes: u64,
}

/// What `hunt` (or a single step) ended with.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub account: Account,
    pub findings: Vec<Finding>,
    /// true when nothing changed since the newest runs (same files again).
    pub unchanged: bool,
    /// For a summary line: bytes, records, seconds of this call.
    pub bytes: u64, pub records: u64, pub elapsed_secs: f64,
    pub peak_memory_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat { Text, Csv, Json, JsonLines }

#[derive(Debug, Clone)]
pub struct Problem { /** path below the case folder */ pub file: String, pub what: String }

#[derive(Debug, Clone)]
pub struct Verified { pub objects: u64, pub ledger_entries: u64, pub events: u64, pub problems: Vec<Problem>, pub cannot_tell: Vec<Problem> }

/// What `inspect` says of one input.
#[derive(Debug, Clone)]
pub struct Inspected { pub file: waxseal_model::FileSummary, pub fields: Vec<String> }

/// One bundled or user detection, for `detections list|explain`.
#[derive(Debug, Clone)]
pub struct DetectionInfo { pub meta: DetectionMeta, pub sql: String, pub origin: String }

/// One line of `detections test`.
#[derive(Debug, Clone)]
pub struct SampleResult { pub detection: String, pub problems: Vec<String>, pub findings: usize }

#[derive(Debug)]
pub struct Case { dir: PathBuf }

impl Case {
    /// Opens the case in `dir` for writing, making it where there is none (an empty folder is fine).
    pub fn open_or_create(dir: &Path, operator: &Operator) -> Result<Self, CaseError> { todo!() }
    /// Opens an existing case; takes the lock like the other.
    pub fn open(dir: &Path, operator: &Operator) -> Result<Self, CaseError> { todo!() }
    pub fn ingest(&mut self, request: &IngestRequest, progress: &dyn Progress) -> Result<Outcome, CaseError> { todo!() }
    pub fn detect(&mut self, request: &DetectRequest, progress: &dyn Progress) -> Result<Outcome, CaseError> { todo!() }
    /// Writes report.html and the other copies at the top of the case.
    pub fn report(&mut self, progress: &dyn Progress) -> Result<Outcome, CaseError> { todo!() }
    /// What the newest complete runs say, without running anything.
    pub fn outcome(&self) -> Result<Outcome, CaseError> { todo!() }
    /// Writes the rows of a query over `events` (and `sightings`).
    pub fn sql(&self, query: &str, format: TableFormat, out: &mut dyn Write) -> Result<u64, CaseError> { todo!() }
    pub fn export_events(&self, format: TableFormat, out: &mut dyn Write) -> Result<u64, CaseError> { todo!() }
    pub fn verify(&self) -> Result<Verified, CaseError> { todo!() }
}

/// Says what inputs are, without a case.
pub fn inspect(inputs: &[Input], progress: &dyn Progress) -> Result<Vec<Inspected>, CaseError> { todo!() }
pub fn detections(extra: &[PathBuf]) -> Result<Vec<DetectionInfo>, CaseError> { todo!() }
/// Runs the whole set over the samples of the given detections (all bundled ones, or those in `folders`).
pub fn test_detections(folders: &[PathBuf], progress: &dyn Progress) -> Result<Vec<SampleResult>, CaseError> { todo!() }
