//! Runs: what a step was given, what it made, and the one object that makes it count.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use waxseal_evidence::Digest;
use waxseal_model::{Compared, FailedInput, FileSummary, Nanos, NotRun};

use crate::layout;
use crate::store::{Object, Store, StoreError};

/// The content of a run's COMMIT. The run exists once this object does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commit {
    /// Number of the run.
    pub(crate) run: u32,
    /// Version of the program.
    pub(crate) tool: String,
    /// What it took.
    pub(crate) cost: Cost,
    /// Every object the run made.
    pub(crate) objects: Vec<Object>,
    /// What kind of run it was, and what belongs to that kind.
    pub(crate) step: Step,
}

/// What a run took: for people who wonder, never for results.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Wall-clock time in milliseconds.
    pub(crate) elapsed_ms: u64,
    /// The most memory the program had held when the run ended; 0 where the system does not tell.
    pub(crate) peak_memory_bytes: u64,
}

impl Cost {
    pub(crate) fn since(started: Instant) -> Self {
        Self { elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX), peak_memory_bytes: peak_memory_bytes() }
    }
}

/// The process's peak of resident memory, as Linux tells it.
fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line.and_then(|rest| rest.trim().strip_suffix("kB")).and_then(|n| n.trim().parse().ok()).unwrap_or(0);
    kib * 1024
}

/// The kinds of run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Step {
    /// Inputs were read.
    Ingest(Ingested),
    /// Detections were run.
    Detect(DetectRun),
    /// Reports were written.
    Report {
        /// Digest over what they were written from.
        inputs: String,
    },
}

/// What an ingest run took in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ingested {
    /// Version of the event schema.
    pub(crate) schema: String,
    /// Inputs: path as given, digest, size.
    pub(crate) inputs: Vec<InputFile>,
    /// The account of every file and member.
    pub(crate) files: Vec<FileSummary>,
    /// Inputs that could not be read to their end.
    pub(crate) failed: Vec<FailedInput>,
    /// Domains and their tenants, for later inputs that do not name theirs.
    pub(crate) domains: Vec<(String, String)>,
    /// Tenants and how many events of each were added.
    pub(crate) tenants: Vec<(String, u64)>,
    /// Whether the inputs were kept.
    pub(crate) originals_kept: bool,
}

impl Ingested {
    /// Whether the run read records of an input under a made-up tenant.
    pub(crate) fn lacks_tenant_of(&self, sha256: &str) -> bool {
        self.files.iter().any(|file| file.nameless > 0 && file.evidence_id.starts_with(sha256))
    }
}

/// One input of an ingest run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InputFile {
    pub(crate) path: String,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// What a detect run looked at and found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DetectRun {
    /// Digest over events, detections, version and `now`.
    pub(crate) inputs: String,
    /// The moment the detections took for the present.
    pub(crate) now: Option<Nanos>,
    /// Id, version and digest of each detection.
    pub(crate) detections: Vec<(String, u32, String)>,
    /// Those that could not run.
    pub(crate) not_run: Vec<NotRun>,
    /// How many ran.
    pub(crate) ran: u64,
    /// Wall-clock time of each that ran, of the tables they share and of the steps after them, in milliseconds, in their order.
    #[serde(default)]
    pub(crate) took_ms: Vec<(String, u64)>,
    /// Ids of findings that the previous detect run did not have.
    pub(crate) appeared: Vec<String>,
    /// Ids of findings that only the previous detect run had.
    pub(crate) withdrawn: Vec<String>,
    /// Names in what was set for the case that fit nothing in its logs.
    #[serde(default)]
    pub(crate) unmatched: Vec<String>,
    /// Whose incidents were compared with whose.
    #[serde(default)]
    pub(crate) compared: Compared,
}

impl Step {
    /// The word in the folder's name.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Ingest(_) => "ingest",
            Self::Detect(_) => "detect",
            Self::Report { .. } => "report",
        }
    }
}

impl Commit {
    /// The folder of the run.
    pub(crate) fn folder(&self) -> String {
        layout::run(self.run, self.step.kind())
    }

    /// An object of this run by the end of its path.
    pub(crate) fn object(&self, name: &str) -> Option<&Object> {
        let path = format!("{}/{name}", self.folder());
        self.objects.iter().find(|object| object.path == path)
    }
}

/// A committed run and the digest of its COMMIT.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) commit: Commit,
    pub(crate) digest: Digest,
}

/// Why the runs of a case cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    /// Whose fault: the environment's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whose fault: whoever changed the case.
    #[error("{0} is not what the ledger noted, so nothing is done with this case: `waxseal verify` says what was changed")]
    Changed(String),
    /// Whose fault: whoever removed it.
    #[error("{0} is in the ledger but missing, so nothing is done with this case: put it back, or `waxseal verify` says what else is gone")]
    Missing(String),
    /// Whose fault: whoever changed the case, or a newer program wrote it.
    #[error(
        "{0} cannot be read ({1}); it was changed or written by a newer version: `waxseal verify` says which files are not what they were"
    )]
    Unreadable(String, String),
}

/// Every committed run, in order.
pub(crate) fn committed(store: &Store) -> Result<Vec<Run>, RunsError> {
    let mut runs = Vec::new();
    for path in store.list(layout::RUNS)? {
        if path.ends_with(&format!("/{}", layout::COMMIT)) {
            runs.push(read(store, &path)?);
        }
    }
    runs.sort_by_key(|run| run.commit.run);
    Ok(runs)
}

fn read(store: &Store, path: &str) -> Result<Run, RunsError> {
    let bytes = store.get(path)?;
    let commit = serde_json::from_slice(&bytes).map_err(|e| RunsError::Unreadable(path.to_owned(), e.to_string()))?;
    Ok(Run { commit, digest: Digest::of(&bytes) })
}

/// Makes a run exist: the one put-if-absent.
pub(crate) fn commit(store: &Store, commit: Commit) -> Result<Run, StoreError> {
    let path = format!("{}/{}", commit.folder(), layout::COMMIT);
    let mut bytes =
        serde_json::to_vec_pretty(&commit).map_err(|e| StoreError::Other { doing: "write", path: path.clone(), cause: e.to_string() })?;
    bytes.push(b'\n');
    let digest = Digest::of(&bytes);
    store.put_new(&path, bytes)?;
    Ok(Run { commit, digest })
}
