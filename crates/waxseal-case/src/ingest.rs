//! Taking inputs into the case: find, hash, keep, read, merge, write, commit.
//!
//! One thread cuts the stream into chunks, several read them into batches, one brings them back into order and decides
//! what is new, one or more sort and write files. Queues between them are short, so that memory does not grow with the
//! input. The order of events and files does not depend on the number of threads.

pub(crate) mod collected;
mod copies;
mod entries;
mod files;
mod index;
mod inputs;
pub(crate) mod known;
mod member;
mod merge;
mod originals;
mod spill;
mod table;
pub(crate) mod unknown;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use waxseal_model::{DateOrder, EVENT_SCHEMA, FailedInput, Rejected, TOOL_VERSION};
use waxseal_read::{Addresses, DomainTenants};

use crate::layout;
use crate::operator::{Progress, Silent};
use crate::runs::{self, Commit, Cost, Ingested, InputFile, Run, Step};
use crate::store::{Object, Store, StoreError, Upload};
use copies::Copies;
pub(crate) use copies::{SIGHTINGS, SUPERSEDED, sightings_schema, superseded_schema};
use files::{FileLimits, Files};
use index::{Index, Occurrences};
use inputs::Acquired;
pub use inputs::Input;
pub(crate) use inputs::{Found, find, not_opened};
pub(crate) use member::{survey_file, unpack_into};
pub(crate) use table::{BODY_COLUMN, KEY_COLUMN, stored_schema};
use table::{Limits, Rows, Table};

/// What to take in, and how.
#[derive(Debug, Clone)]
pub struct IngestRequest {
    /// Files, folders, standard input.
    pub inputs: Vec<Input>,
    /// The tenant of records that name none.
    pub tenant: Option<String>,
    /// The order of day and month, where files leave it open.
    pub date_order: Option<DateOrder>,
    /// Whether the inputs themselves are kept in the case.
    pub keep_originals: bool,
    /// Threads to read with.
    pub threads: usize,
    /// Memory to aim for.
    pub memory_bytes: u64,
}

/// Why inputs could not be taken in. Nothing of an interrupted run counts.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Whose fault: the user's or the environment's.
    #[error("failed to read {}: {cause}; check the path and its permissions", path.display())]
    Input {
        /// The path as given.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// Whose fault: the user's.
    #[error("no file in {0}; check the path")]
    Empty(String),
    /// Whose fault: whoever writes to the file.
    #[error("{} changed while it was being read, so nothing of it can be relied on; copy it and give the copy", .0.display())]
    Changed(PathBuf),
    /// Whose fault: the environment's.
    #[error("failed to keep standard input in the case: {0}; check the free space")]
    Spool(String),
    /// Whose fault: the environment's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whose fault: ours.
    #[error("failed to build the event table: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// Whose fault: ours.
    #[error("failed to write the event table: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Whose fault: ours.
    #[error("the bundled table of addresses cannot be used: {0}")]
    Addresses(#[from] waxseal_read::AddressError),
    /// Another part of the run failed; its error is the one to show.
    #[error("the run was given up")]
    Stopped,
}

/// What an ingest did.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Inputs that are new to the case.
    pub(crate) new: Vec<InputFile>,
    /// Inputs the case had already.
    pub(crate) again: Vec<InputFile>,
    /// The committed run; none where nothing was new.
    pub(crate) run: Option<Run>,
}

/// Takes inputs into the case and commits the run.
pub(crate) fn ingest(store: &Store, earlier: &[Run], request: &IngestRequest, progress: &dyn Progress) -> Result<Taken, IngestError> {
    let mut failed = Vec::new();
    let found = find(&request.inputs, store.root(), &mut failed)?;
    let mut acquired = Vec::new();
    for file in found {
        match Acquired::new(file) {
            Ok(file) => acquired.push(file),
            Err(unreadable) => failed.push(unreadable),
        }
    }
    let (new, again) = split_known(acquired, earlier, request.tenant.is_some(), progress)?;
    let again = again.iter().map(Acquired::as_input).collect::<Result<_, _>>()?;
    let mut taken = Taken { new: Vec::new(), again, run: None };
    // What failed before in the same way is in the account already.
    let told = |lack: &FailedInput| ingested(earlier).any(|i| i.failed.contains(lack));
    if !new.is_empty() || failed.iter().any(|lack| !told(lack)) {
        taken.run = Some(run(store, earlier, request, &new, failed, progress)?);
        taken.new = new.iter().map(Acquired::as_input).collect::<Result<_, _>>()?;
    }
    Ok(taken)
}

/// The inputs that no committed run has read, and those that one has (or that were given twice).
///
/// Only a file of a size that was seen before can be known. The others are new whatever their digest, and it is computed
/// while they are read. A file that did not tell its tenant is new where one is given now.
fn split_known(
    files: Vec<Acquired>,
    earlier: &[Run],
    tenant_given: bool,
    progress: &dyn Progress,
) -> Result<(Vec<Acquired>, Vec<Acquired>), IngestError> {
    let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for run in ingested(earlier) {
        for input in &run.inputs {
            *sizes.entry(input.bytes).or_default() += 1;
            if !(tenant_given && run.lacks_tenant_of(&input.sha256)) {
                known.insert(input.sha256.clone());
            }
        }
    }
    files.iter().for_each(|file| *sizes.entry(file.found.bytes).or_default() += 1);
    let of_known_size = |file: &Acquired| sizes.get(&file.found.bytes).is_some_and(|files| *files > 1);
    progress.step("comparing", files.iter().filter(|f| of_known_size(f)).map(|f| f.found.bytes).sum());
    let (mut new, mut again) = (Vec::new(), Vec::new());
    for file in files {
        if of_known_size(&file) {
            file.hash(progress);
            if !known.insert(file.sha256()?.to_owned()) {
                again.push(file);
                continue;
            }
        }
        new.push(file);
    }
    Ok((new, again))
}

/// What the ingest runs among the runs took in.
pub(crate) fn ingested(runs: &[Run]) -> impl Iterator<Item = &Ingested> {
    runs.iter().filter_map(|run| match &run.commit.step {
        Step::Ingest(ingested) => Some(ingested),
        _ => None,
    })
}

fn run(
    store: &Store,
    earlier: &[Run],
    request: &IngestRequest,
    new: &[Acquired],
    failed: Vec<FailedInput>,
    progress: &dyn Progress,
) -> Result<Run, IngestError> {
    let number = earlier.last().map_or(1, |run| run.commit.run + 1);
    let folder = layout::run(number, "ingest");
    let mut domains = DomainTenants::default();
    for (domain, tenant) in ingested(earlier).flat_map(|i| &i.domains) {
        domains.learn(domain, tenant);
    }
    let (mut index, mut occurrences) =
        (Index::new(store.root(), request.memory_bytes), Occurrences::new(store.root(), request.memory_bytes));
    known::load(store, earlier, &mut index, &mut occurrences)?;
    progress.step("reading", new.iter().map(|h| h.found.bytes).sum());
    let (writers, queues): (Vec<_>, Vec<_>) = (0..WRITERS).map(|_| crossbeam_channel::bounded::<Rows>(1)).unzip();
    let started = Instant::now();
    let mut work = Work {
        request,
        addresses: Arc::new(Addresses::bundled()?),
        index,
        occurrences,
        table: Table::new(limits(request.memory_bytes), writers),
        copies: Copies::new(store, &folder),
        rejects: Rejects { store: store.clone(), path: format!("{folder}/rejected.jsonl"), upload: None },
        domains,
        failed,
        files: Vec::new(),
        noted: Vec::new(),
        progress,
    };
    let (read, written) = std::thread::scope(|threads| {
        let writers: Vec<_> = queues
            .into_iter()
            .map(|queue| {
                let mut files = Files::new(store, number, file_limits(request.memory_bytes));
                threads.spawn(move || {
                    queue.iter().try_for_each(|rows| files.add(&rows))?;
                    files.finish()
                })
            })
            .collect();
        threads.spawn(|| new.iter().for_each(|input| input.hash(&Silent)));
        let originals = threads.spawn(|| keep_originals(store, request, new));
        // Closing or dropping the work ends the writer, whichever way the reading went.
        let read = match work.read_all(new) {
            Ok(()) => work.close(),
            Err(error) => {
                drop(work);
                Err(error)
            }
        };
        (read, (writers.into_iter().map(joined).collect::<Result<Vec<_>, _>>(), joined(originals)))
    });
    let (events, originals) = written;
    // The writers' errors come first: they are why the reading stopped.
    let (events, originals) = (events?, originals?);
    let (mut ingested, mut objects) = read?;
    ingested.inputs = new.iter().map(Acquired::as_input).collect::<Result<_, _>>()?;
    objects.extend(events.into_iter().flatten());
    objects.extend(originals);
    objects.sort_by(|a, b| a.path.cmp(&b.path));
    let commit = Commit { run: number, tool: TOOL_VERSION.to_owned(), cost: Cost::since(started), objects, step: Step::Ingest(ingested) };
    Ok(runs::commit(store, commit)?)
}

fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T, IngestError>>) -> Result<T, IngestError> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn keep_originals(store: &Store, request: &IngestRequest, new: &[Acquired]) -> Result<Vec<Object>, IngestError> {
    let mut kept = Vec::new();
    if request.keep_originals {
        for input in new {
            kept.extend(originals::keep(store, input)?);
        }
    }
    Ok(kept)
}

/// Files are sorted and compressed on so many threads, whatever the machine has: which rows share a file depends on it.
const WRITERS: usize = 2;

/// How much may wait in memory, as shares of what was asked for. The rest is for the chunks in work and for the writers.
fn limits(memory_bytes: u64) -> Limits {
    let memory = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
    Limits { place_bytes: (memory / 48).clamp(4 << 20, 1 << 30), total_bytes: (memory / 12).max(8 << 20) }
}

/// How much may wait at one writer before it becomes a group of rows, and a file of the case.
fn file_limits(memory_bytes: u64) -> FileLimits {
    let memory = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
    FileLimits {
        group_bytes: (memory / 16).max(8 << 20),
        least_group_bytes: (memory / 64).clamp(4 << 20, 16 << 20),
        rows: 1 << 18,
        bytes: (memory / 20).max(4 << 20),
        waiting_bytes: (memory / 9).max(8 << 20),
        spilled_bytes: memory.saturating_mul(8),
    }
}

/// The state of a run while inputs are read, one after the other.
struct Work<'r> {
    request: &'r IngestRequest,
    addresses: Arc<Addresses>,
    index: Index,
    occurrences: Occurrences,
    table: Table,
    copies: Copies,
    rejects: Rejects,
    domains: DomainTenants,
    failed: Vec<FailedInput>,
    files: Vec<waxseal_model::FileSummary>,
    /// Lists of digests, each with the place of its account among the files.
    noted: Vec<(usize, collected::Collected)>,
    progress: &'r dyn Progress,
}

impl Work<'_> {
    /// What is left is written; what was made and what is to be remembered comes back.
    fn close(self) -> Result<(Ingested, Vec<Object>), IngestError> {
        let tenants = self.table.finish()?;
        let mut objects = self.copies.finish()?;
        objects.extend(self.rejects.finish()?);
        let ingested = Ingested {
            schema: EVENT_SCHEMA.to_owned(),
            inputs: Vec::new(),
            files: self.files,
            failed: self.failed,
            domains: self.domains.iter().map(|(domain, tenant)| (domain.to_owned(), tenant.to_owned())).collect(),
            tenants,
            originals_kept: self.request.keep_originals,
        };
        Ok((ingested, objects))
    }
}

/// `rejected.jsonl` of a run, made when the first record is rejected.
struct Rejects {
    store: Store,
    path: String,
    upload: Option<Upload>,
}

impl Rejects {
    fn add(&mut self, rejected: &Rejected) -> Result<(), IngestError> {
        if self.upload.is_none() {
            self.upload = Some(self.store.upload(&self.path)?);
        }
        let Some(upload) = &mut self.upload else { return Ok(()) };
        let told = |cause: String| StoreError::Other { doing: "write", path: self.path.clone(), cause };
        let mut line = serde_json::to_vec(rejected).map_err(|e| told(e.to_string()))?;
        line.push(b'\n');
        Ok(upload.write_all(&line).map_err(|e| told(e.to_string()))?)
    }

    fn finish(self) -> Result<Option<Object>, IngestError> {
        Ok(self.upload.map(Upload::finish).transpose()?)
    }
}
