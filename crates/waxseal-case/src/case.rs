//! A case, open for work.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use waxseal_evidence::{Chain, Digest, Entry, What};
use waxseal_model::{Account, CASE_LAYOUT, DetectionMeta, FileSummary, Finding, Incidents, Statement, TenantSeen};
use waxseal_report::REPORTS;

use crate::assemble::INCIDENTS;
use crate::coverage::CoverageError;
use crate::ingest::{IngestError, IngestRequest, Input, Taken, ingest, ingested};
use crate::layout;
use crate::ledger::{Ledger, LedgerError};
use crate::lock::{Lock, LockError};
use crate::operator::{Operator, Progress};
use crate::runs::{self, DetectRun, Ingested, Run, RunsError, Step};
use crate::session::Resources;
use crate::settings::{Settings, SettingsError};
use crate::store::{Store, StoreError};

/// Why a case could not be opened or worked on.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// Whose fault: the user's.
    #[error("there is no case in {}; name one with --case, or make one with `waxseal hunt`", .0.display())]
    None(PathBuf),
    /// Whose fault: the user's.
    #[error("{} is not empty and not a case; name an empty or new folder with --case", .0.display())]
    NotACase(PathBuf),
    /// Whose fault: whoever removed it.
    #[error("case.toml is missing in {}: put it back, or write one with the lines `layout = {CASE_LAYOUT}` and `name = \"…\"`", .0.display())]
    NoSettings(PathBuf),
    /// Whose fault: the environment's.
    #[error("failed to make {}: {cause}", path.display())]
    Make {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// See [`LockError`].
    #[error(transparent)]
    Lock(#[from] LockError),
    /// See [`SettingsError`].
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// See [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
    /// See [`RunsError`].
    #[error(transparent)]
    Runs(#[from] RunsError),
    /// See [`LedgerError`].
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// See [`IngestError`].
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// See [`CoverageError`].
    #[error(transparent)]
    Coverage(#[from] CoverageError),
}

/// A case, locked for this program.
#[derive(Debug)]
pub struct Case {
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    pub(crate) operator: Operator,
    pub(crate) ledger: Ledger,
    pub(crate) runs: Vec<Run>,
    pub(crate) resources: Resources,
    _lock: Lock,
}

impl Case {
    /// Opens the case in a folder, or makes one there: the folder may be missing or empty.
    ///
    /// # Errors
    /// The folder holds something else, is in use, cannot be written, or is no longer what the case left there.
    pub fn open_or_create(dir: &Path, operator: &Operator, threads: usize, memory_bytes: u64) -> Result<Self, CaseError> {
        let is_new = is_free(dir)?;
        if is_new {
            fs::create_dir_all(dir).map_err(|e| CaseError::Make { path: dir.to_owned(), cause: e.to_string() })?;
            let lock = Lock::take(dir)?;
            create(dir, operator)?;
            drop(lock);
        }
        if !dir.join(layout::SETTINGS).is_file() && !has_ledger(dir) {
            return Err(CaseError::NotACase(dir.to_owned()));
        }
        Self::open(dir, operator, threads, memory_bytes)
    }

    /// Opens an existing case and clears away what an interrupted run left.
    ///
    /// # Errors
    /// There is none, it is in use, cannot be written, or is no longer what was left there.
    pub fn open(dir: &Path, operator: &Operator, threads: usize, memory_bytes: u64) -> Result<Self, CaseError> {
        Self::open_with(dir, operator, Resources { threads, memory_bytes }, Lock::take)
    }

    /// Opens an existing case to look at it. Where it can be written to, this is [`Case::open`]; where it cannot, because it is on a
    /// read-only disk or somebody else's, it is left as it is.
    ///
    /// # Errors
    /// There is none, it is in use, or it is no longer what was left there.
    pub fn open_to_read(dir: &Path, operator: &Operator, threads: usize, memory_bytes: u64) -> Result<Self, CaseError> {
        Self::open_with(dir, operator, Resources { threads, memory_bytes }, Lock::take_to_read)
    }

    fn open_with(
        dir: &Path,
        operator: &Operator,
        resources: Resources,
        lock: impl Fn(&Path) -> Result<Lock, LockError>,
    ) -> Result<Self, CaseError> {
        if !dir.join(layout::SETTINGS).is_file() {
            return Err(if has_ledger(dir) { CaseError::NoSettings(dir.to_owned()) } else { CaseError::None(dir.to_owned()) });
        }
        let lock = lock(dir)?;
        let store = Store::open(dir, resources.threads)?;
        let settings = Settings::parse(&store.get(layout::SETTINGS)?, &dir.join(layout::SETTINGS))?;
        let ledger = Ledger::read(&store)?;
        let runs = runs::committed(&store)?;
        let writable = lock.writable;
        let mut case = Self { store, settings, operator: operator.clone(), ledger, runs, resources, _lock: lock };
        case.check_runs()?;
        if writable {
            case.recover()?;
            case.note_settings()?;
        }
        Ok(case)
    }

    /// Reads inputs into the case. True where something was new.
    ///
    /// # Errors
    /// Nothing of the run counts; the case is as it was before.
    pub fn ingest(&mut self, request: &IngestRequest, progress: &dyn Progress) -> Result<bool, CaseError> {
        let taken = ingest(&self.store, &self.runs, request, progress)?;
        if request.inputs.contains(&Input::Stdin) {
            self.clear_incoming()?;
        }
        self.note_inputs(&taken, request.keep_originals)?;
        let changed = taken.run.is_some();
        if let Some(run) = taken.run {
            self.note_run(run)?;
        }
        Ok(changed)
    }

    fn note_inputs(&mut self, taken: &Taken, kept: bool) -> Result<(), CaseError> {
        let inputs = taken.new.iter().map(|input| (input, false)).chain(taken.again.iter().map(|input| (input, true)));
        for (input, again) in inputs {
            let what = What::Acquired {
                path: input.path.clone(),
                evidence_id: input.sha256.parse().unwrap_or(Digest::ZERO),
                bytes: input.bytes,
                kept,
                again,
            };
            self.ledger.add(&self.store, &self.operator, what)?;
        }
        Ok(())
    }

    /// Adds a committed run to the ledger and to what the case knows.
    pub(crate) fn note_run(&mut self, run: Run) -> Result<(), CaseError> {
        let what = What::RunCommitted { run: run.commit.folder(), kind: run.commit.step.kind().to_owned(), commit: run.digest };
        self.ledger.add(&self.store, &self.operator, what)?;
        self.runs.push(run);
        Ok(())
    }

    /// The ledger notes the settings whenever they are not what it noted last.
    fn note_settings(&mut self) -> Result<(), CaseError> {
        let digest = Digest::of(&self.store.get(layout::SETTINGS)?);
        let noted = self.ledger.chain().entries().iter().rev().find_map(|entry| match &entry.what {
            What::CaseSettings { digest } => Some(*digest),
            _ => None,
        });
        if noted != Some(digest) {
            self.ledger.add(&self.store, &self.operator, What::CaseSettings { digest })?;
        }
        Ok(())
    }

    /// Whether every run that the ledger noted is there, and is the one that it noted.
    fn check_runs(&self) -> Result<(), RunsError> {
        for (folder, digest) in runs_noted(self.ledger.chain()) {
            let path = format!("{folder}/{}", layout::COMMIT);
            match self.runs.iter().find(|run| run.commit.folder() == folder) {
                Some(run) if run.digest == digest => {}
                Some(_) => return Err(RunsError::Changed(path)),
                None => return Err(RunsError::Missing(path)),
            }
        }
        Ok(())
    }

    /// Clears away what belongs to no committed run, and adds to the ledger what an interruption kept from it.
    fn recover(&mut self) -> Result<(), CaseError> {
        let noted = runs_noted(self.ledger.chain());
        let missing: Vec<Run> = self.runs.iter().filter(|run| !noted.contains_key(&run.commit.folder())).cloned().collect();
        for run in missing {
            self.recover_run(&run)?;
        }
        let left = self.leftovers()?;
        for path in &left {
            self.store.delete(path)?;
        }
        let staged = remove_staged(self.store.root())?;
        if !left.is_empty() || staged > 0 {
            let what = format!("{} unfinished files of an interrupted run were removed", left.len() + staged);
            self.ledger.add(&self.store, &self.operator, What::Recovered { what })?;
        }
        Ok(())
    }

    /// Adds the entries that an interruption kept from the ledger: the inputs of the run, unless they are there, and the run.
    fn recover_run(&mut self, run: &Run) -> Result<(), CaseError> {
        let what = What::Recovered { what: format!("{} was complete but not in the ledger", run.commit.folder()) };
        self.ledger.add(&self.store, &self.operator, what)?;
        if let Step::Ingest(ingested) = &run.commit.step {
            let noted: BTreeSet<Digest> = self.ledger.chain().entries().iter().filter_map(acquired).collect();
            let inputs = ingested.inputs.iter().filter(|input| input.sha256.parse().is_ok_and(|digest| !noted.contains(&digest)));
            let new = inputs.cloned().collect();
            self.note_inputs(&Taken { new, again: Vec::new(), run: None }, ingested.originals_kept)?;
        }
        let what = What::RunCommitted { run: run.commit.folder(), kind: run.commit.step.kind().to_owned(), commit: run.digest };
        Ok(self.ledger.add(&self.store, &self.operator, what)?)
    }

    /// Objects below the folders of runs that no committed run names.
    fn leftovers(&self) -> Result<Vec<String>, StoreError> {
        let mut named: BTreeSet<String> = self.runs.iter().flat_map(|run| &run.commit.objects).map(|object| object.path.clone()).collect();
        named.extend(self.runs.iter().map(|run| format!("{}/{}", run.commit.folder(), layout::COMMIT)));
        let mut left = Vec::new();
        for folder in [layout::EVENTS, layout::ORIGINALS, layout::RUNS] {
            left.extend(self.store.list(folder)?.into_iter().filter(|path| !named.contains(path)));
        }
        if self.store.find(layout::INCOMING)?.is_some() {
            left.push(layout::INCOMING.to_owned());
        }
        Ok(left)
    }

    fn clear_incoming(&self) -> Result<(), StoreError> {
        match self.store.delete(layout::INCOMING) {
            Err(StoreError::Missing(_)) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The newest detect run.
    pub(crate) fn newest_detect(&self) -> Option<(&Run, &DetectRun)> {
        self.runs.iter().rev().find_map(|run| match &run.commit.step {
            Step::Detect(detect) => Some((run, detect)),
            _ => None,
        })
    }

    /// The findings of the newest detect run; none where there was none.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn findings(&self) -> Result<Vec<Finding>, CaseError> {
        let Some((run, _)) = self.newest_detect() else { return Ok(Vec::new()) };
        let Some(object) = run.commit.object(FINDINGS) else { return Ok(Vec::new()) };
        let bytes = self.store.get(&object.path)?;
        let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        let parsed: Result<Vec<Finding>, _> = lines.map(serde_json::from_slice).collect();
        Ok(parsed.map_err(|e| RunsError::Unreadable(object.path.clone(), e.to_string()))?)
    }

    /// What the findings of the newest detect run make together; nothing before the first.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn incidents(&self) -> Result<Option<Incidents>, CaseError> {
        let Some(object) = self.newest_detect().and_then(|(run, _)| run.commit.object(INCIDENTS)) else { return Ok(None) };
        let bytes = self.store.get(&object.path)?;
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| CaseError::from(StoreError::Other { doing: "read", path: object.path.clone(), cause: e.to_string() }))
    }

    /// What can be said of every mailbox; nothing before the first detect run.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn statements(&self) -> Result<Vec<Statement>, CaseError> {
        let Some(object) = self.newest_detect().and_then(|(run, _)| run.commit.object(MAILBOXES)) else { return Ok(Vec::new()) };
        let bytes = self.store.get(&object.path)?;
        let parsed: Result<_, _> = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(serde_json::from_slice).collect();
        Ok(parsed.map_err(|e| RunsError::Unreadable(object.path.clone(), e.to_string()))?)
    }

    /// What each detection of the newest detect run took, each table that they share and the steps after them, in milliseconds of wall-clock time, in the order in which they ran.
    #[must_use]
    pub fn detection_costs(&self) -> &[(String, u64)] {
        self.newest_detect().map(|(_, detect)| detect.took_ms.as_slice()).unwrap_or_default()
    }

    /// What the detections of the newest detect run say of themselves.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn detections(&self) -> Result<Vec<DetectionMeta>, CaseError> {
        let object = self.newest_detect().and_then(|(run, _)| run.commit.object(DETECTIONS));
        let Some(object) = object else { return Ok(Vec::new()) };
        let bytes = self.store.get(&object.path)?;
        Ok(serde_json::from_slice(&bytes).map_err(|e| RunsError::Unreadable(object.path.clone(), e.to_string()))?)
    }

    /// What was read, from all ingest runs, and what the newest detect run could not do.
    #[must_use]
    pub fn account(&self) -> Account {
        let mut account = Account { originals_kept: true, ..Account::default() };
        for ingested in ingested(&self.runs) {
            account.files.extend(ingested.files.iter().cloned());
            account.failed.extend(ingested.failed.iter().cloned());
            account.originals_kept &= ingested.originals_kept;
        }
        if let Some((_, detect)) = self.newest_detect() {
            account.not_run.clone_from(&detect.not_run);
            account.detections_run = detect.ran;
            account.unmatched.clone_from(&detect.unmatched);
        }
        for file in self.unsearched().flat_map(|ingested| &ingested.files) {
            account.unsearched_files += 1;
            account.unsearched_records += file.rows;
        }
        account.tenants = self.tenants();
        account.stray_settings = stray_settings(&account.files, &account.tenants);
        account
    }

    /// What was read since the newest detect run; everything where there is none.
    fn unsearched(&self) -> impl Iterator<Item = &Ingested> {
        let searched = self.runs.iter().rposition(|run| matches!(run.commit.step, Step::Detect(_)));
        ingested(&self.runs[searched.map_or(0, |place| place + 1)..])
    }

    /// Tenants, from the rows that each event file holds and the domains that the runs learned.
    fn tenants(&self) -> Vec<TenantSeen> {
        let mut domains: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (domain, tenant) in ingested(&self.runs).flat_map(|i| &i.domains) {
            domains.entry(tenant).or_default().insert(domain);
        }
        let mut events: BTreeMap<&str, u64> = BTreeMap::new();
        for (tenant, rows) in ingested(&self.runs).flat_map(|i| &i.tenants) {
            *events.entry(tenant).or_default() += rows;
        }
        events
            .into_iter()
            .map(|(tenant, events)| TenantSeen {
                tenant: tenant.to_owned(),
                events,
                inferred: tenant.starts_with("unknown-"),
                domains: domains.get(tenant).into_iter().flatten().map(|domain| (*domain).to_owned()).collect(),
            })
            .collect()
    }
}

/// Files with settings that count for no tenant. Those that name none are taken for those of the only tenant there is, and those
/// that were read again for a tenant are its own.
fn stray_settings(files: &[FileSummary], tenants: &[TenantSeen]) -> Vec<String> {
    let mut stray: BTreeMap<&str, &FileSummary> = BTreeMap::new();
    for file in files {
        if file.nameless_settings > 0 {
            stray.insert(&file.evidence_id, file);
        } else {
            stray.remove(file.evidence_id.as_str());
        }
    }
    let made_up: BTreeSet<String> = files.iter().filter(|f| f.nameless_settings > 0).map(|f| TenantSeen::made_up(&f.evidence_id)).collect();
    let others = tenants.iter().filter(|seen| !made_up.contains(&seen.tenant)).count();
    if others > 1 { stray.into_values().map(|file| file.path.clone()).collect() } else { Vec::new() }
}

/// Name of the findings in a run and at the top of the case.
pub(crate) const FINDINGS: &str = "findings.jsonl";

/// Names of other files at the top of the case.
pub(crate) const RUN_JSON: &str = "run.json";
pub(crate) const REJECTED: &str = "rejected.jsonl";

/// What can be said of every mailbox, in a run and at the top of the case.
pub(crate) const MAILBOXES: &str = "mailboxes.jsonl";
pub(crate) const MAILBOXES_CSV: &str = "mailboxes.csv";

/// Name of what the detections of a run say of themselves.
pub(crate) const DETECTIONS: &str = "detections.json";

/// The runs that the ledger knows, by folder, with the digest of the COMMIT it noted first.
pub(crate) fn runs_noted(chain: &Chain) -> BTreeMap<String, Digest> {
    let mut noted = BTreeMap::new();
    for entry in chain.entries() {
        if let What::RunCommitted { run, commit, .. } = &entry.what {
            noted.entry(run.clone()).or_insert(*commit);
        }
    }
    noted
}

fn acquired(entry: &Entry) -> Option<Digest> {
    match &entry.what {
        What::Acquired { evidence_id, .. } => Some(*evidence_id),
        _ => None,
    }
}

/// Whether the folder has the ledger of a case that did something. The start of one may have been killed before its settings.
fn has_ledger(dir: &Path) -> bool {
    dir.join(layout::CUSTODY).is_dir() && !is_free(dir).unwrap_or(false)
}

/// Whether the folder is missing or empty (a lock or the account of a killed start does not count).
fn is_free(dir: &Path) -> Result<bool, CaseError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(CaseError::Make { path: dir.to_owned(), cause: error.to_string() }),
    };
    let ours = |name: &str| name == layout::LOCK || name == layout::CUSTODY || is_staged(name).is_some_and(|of| of == layout::SETTINGS);
    Ok(entries.filter_map(Result::ok).all(|entry| ours(&entry.file_name().to_string_lossy())))
}

/// The ledger begins before the settings are written: a case is one once it has settings.
fn create(dir: &Path, operator: &Operator) -> Result<(), CaseError> {
    let store = Store::open(dir, 1)?;
    let name = store.root().file_name().map_or_else(|| "case".to_owned(), |name| name.to_string_lossy().into_owned());
    let mut ledger = Ledger::read(&store)?;
    if ledger.chain().entries().is_empty() {
        ledger.add(&store, operator, What::CaseCreated { name: name.clone() })?;
    }
    store.put_new(layout::SETTINGS, Settings::new(&name).to_text()?.into_bytes())?;
    Ok(())
}

/// The file that the object store was writing when the program was killed: it ends in `#` and a number.
fn is_staged(name: &str) -> Option<&str> {
    let (of, number) = name.rsplit_once('#')?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(of)
}

/// Removes half-written files where the program writes: below its folders, and beside its own files at the top.
fn remove_staged(root: &Path) -> Result<usize, CaseError> {
    let mut removed = 0;
    for folder in [layout::EVENTS, layout::ORIGINALS, layout::RUNS, layout::CUSTODY] {
        removed += remove_staged_below(&root.join(folder), &|_| true)?;
    }
    let at_top = |of: &str| {
        of == layout::SETTINGS
            || of == layout::CUSTODY_EXPORT
            || of == RUN_JSON
            || [REJECTED, MAILBOXES, MAILBOXES_CSV, layout::MESSAGES_CSV, layout::TIMELINE].contains(&of)
            || REPORTS.iter().any(|r| r.file_name() == of)
    };
    Ok(removed + remove_staged_in(root, &at_top)?)
}

fn remove_staged_below(folder: &Path, ours: &dyn Fn(&str) -> bool) -> Result<usize, CaseError> {
    let mut removed = remove_staged_in(folder, ours)?;
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            removed += remove_staged_below(&entry.path(), ours)?;
        }
    }
    Ok(removed)
}

fn remove_staged_in(folder: &Path, ours: &dyn Fn(&str) -> bool) -> Result<usize, CaseError> {
    let mut removed = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().is_ok_and(|kind| kind.is_file()) && is_staged(&name).is_some_and(ours) {
            let told = |e: std::io::Error| StoreError::Other { doing: "clear", path: name.clone(), cause: e.to_string() };
            fs::remove_file(entry.path()).map_err(told)?;
            removed += 1;
        }
    }
    Ok(removed)
}
