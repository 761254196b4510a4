//! Checking that a case is what its ledger says it is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::Int64Type;
use waxseal_evidence::{Chain, Digest, What, digest_reader, verify_chain};

use crate::case::{CaseError, runs_noted};
use crate::ingest::ingested;
use crate::layout;
use crate::ledger;
use crate::lock::Lock;
use crate::runs::{Commit, Run, Step};
use crate::session::{self, Resources};
use crate::settings::Settings;
use crate::store::{Store, StoreError};

/// Something about a file of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path below the case folder.
    pub file: String,
    /// What is wrong or unknown.
    pub what: String,
}

/// What a verification found.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// Objects whose digest was compared.
    pub objects: u64,
    /// Entries of the ledger.
    pub ledger_entries: u64,
    /// Events in the table.
    pub events: u64,
    /// What is not as it was left.
    pub problems: Vec<Problem>,
    /// What cannot be told, and files that are no part of the case.
    pub cannot_tell: Vec<Problem>,
    /// What people may change and have changed.
    pub remarks: Vec<Problem>,
    /// Files in the folder that no run knows and nothing uses.
    pub strangers: Vec<String>,
}

/// Checks the ledger, every object that a committed run names, the copies at the top, the settings, and that the event
/// table holds as many events as the account says. Changes nothing.
///
/// # Errors
/// The folder is no case, is in use, or cannot be read at all.
pub fn verify(dir: &Path, threads: usize, memory_bytes: u64) -> Result<Verified, CaseError> {
    if !dir.join(layout::SETTINGS).is_file() && !dir.join(layout::CUSTODY).is_dir() {
        return Err(CaseError::None(dir.to_owned()));
    }
    let _lock = Lock::take_to_read(dir)?;
    let store = Store::open(dir, threads)?;
    let mut check =
        Check { store: &store, known: BTreeSet::from([layout::LOCK, layout::DECLARED].map(str::to_owned)), verified: Verified::default() };
    let chain = check.ledger()?;
    let runs = check.runs(&chain)?;
    for run in &runs {
        check.objects(run)?;
    }
    check.settings(&chain)?;
    check.copies(&runs, &chain)?;
    if check.verified.problems.is_empty() {
        check.table(&runs, Resources { threads, memory_bytes });
    }
    check.strangers()?;
    check.verified.problems.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(check.verified)
}

struct Check<'s> {
    store: &'s Store,
    /// Files that something accounts for.
    known: BTreeSet<String>,
    verified: Verified,
}

impl Check<'_> {
    fn problem(&mut self, file: &str, what: impl Into<String>) {
        self.verified.problems.push(Problem { file: file.to_owned(), what: what.into() });
    }

    fn ledger(&mut self) -> Result<Option<Chain>, StoreError> {
        let files = ledger::files(self.store)?;
        self.known.extend(files.iter().map(|(name, _)| format!("{}/{name}", layout::CUSTODY)));
        self.verified.ledger_entries = files.len() as u64;
        match verify_chain(files) {
            Ok(chain) => Ok(Some(chain)),
            Err(problems) => {
                for problem in problems {
                    self.problem(&format!("{}/{}", layout::CUSTODY, problem.file), problem.what);
                }
                Ok(None)
            }
        }
    }

    /// The runs that the ledger knows; a COMMIT that is not the one it noted is a problem, as is one that is gone.
    fn runs(&mut self, chain: &Option<Chain>) -> Result<Vec<Run>, StoreError> {
        let noted: BTreeMap<String, Digest> =
            chain.iter().flat_map(runs_noted).map(|(run, digest)| (format!("{run}/{}", layout::COMMIT), digest)).collect();
        let mut runs = Vec::new();
        let there: BTreeSet<String> =
            self.store.list(layout::RUNS)?.into_iter().filter(|path| path.ends_with(&format!("/{}", layout::COMMIT))).collect();
        for path in noted.keys().chain(&there).collect::<BTreeSet<_>>() {
            self.known.insert(path.clone());
            let Some(bytes) = self.store.find(path)? else {
                self.problem(path, "missing");
                continue;
            };
            self.verified.objects += 1;
            let digest = Digest::of(&bytes);
            match noted.get(path) {
                Some(expected) if *expected != digest => self.problem(path, "its bytes are not those that the ledger noted"),
                None if chain.is_some() => self.verified.cannot_tell.push(Problem {
                    file: path.clone(),
                    what: "the ledger does not know this run: the program may have been stopped; run the same command again".to_owned(),
                }),
                _ => {}
            }
            match serde_json::from_slice::<Commit>(&bytes) {
                Ok(commit) => runs.push(Run { commit, digest }),
                Err(error) => self.problem(path, format!("it cannot be read: {error}")),
            }
        }
        runs.sort_by_key(|run| run.commit.run);
        Ok(runs)
    }

    fn objects(&mut self, run: &Run) -> Result<(), StoreError> {
        for object in &run.commit.objects {
            self.known.insert(object.path.clone());
            self.verified.objects += 1;
            match self.store.digest(&object.path) {
                Ok((digest, _)) if digest.to_string() == object.sha256 => {}
                Ok(_) => self.problem(&object.path, format!("its bytes are not those that {} left", run.commit.folder())),
                Err(StoreError::Missing(_)) => self.problem(&object.path, "missing"),
                Err(error) => return Err(error),
            }
        }
        if let Step::Ingest(ingested) = &run.commit.step
            && ingested.originals_kept
        {
            for input in &ingested.inputs {
                self.original(&input.sha256)?;
            }
        }
        Ok(())
    }

    /// The kept original must unpack to what its name says.
    fn original(&mut self, sha256: &str) -> Result<(), StoreError> {
        let path = layout::original(sha256);
        let Ok(file) = std::fs::File::open(self.store.root().join(&path)) else { return Ok(()) };
        let unpacked = zstd::Decoder::new(file).and_then(|mut decoder| digest_reader(decoder.by_ref()));
        match unpacked {
            Ok((digest, _)) if digest.to_string() == sha256 => {}
            Ok(_) => self.problem(&path, "it does not unpack to the input it is named after"),
            Err(error) => self.problem(&path, format!("it does not unpack: {error}")),
        }
        Ok(())
    }

    fn settings(&mut self, chain: &Option<Chain>) -> Result<(), StoreError> {
        self.known.insert(layout::SETTINGS.to_owned());
        let Some(bytes) = self.store.find(layout::SETTINGS)? else {
            self.problem(layout::SETTINGS, "missing");
            return Ok(());
        };
        self.verified.objects += 1;
        let noted = chain.iter().flat_map(|chain| chain.entries().iter().rev()).find_map(|entry| match &entry.what {
            What::CaseSettings { digest } => Some(*digest),
            _ => None,
        });
        match noted {
            Some(digest) if digest == Digest::of(&bytes) => {}
            // It is there to be edited.
            Some(_) => self.verified.remarks.push(Problem {
                file: layout::SETTINGS.to_owned(),
                what: "edited since the ledger noted it; the next command that opens the case will note it as it is".to_owned(),
            }),
            None if chain.is_some() => self
                .verified
                .cannot_tell
                .push(Problem { file: layout::SETTINGS.to_owned(), what: "the ledger has not noted it yet".to_owned() }),
            None => {}
        }
        if let Err(error) = Settings::parse(&bytes, &self.store.root().join(layout::SETTINGS)) {
            self.problem(layout::SETTINGS, error.to_string());
        }
        Ok(())
    }

    /// The files at the top are copies of the newest report run; a killed program may have left older ones.
    fn copies(&mut self, runs: &[Run], chain: &Option<Chain>) -> Result<(), StoreError> {
        let reports: Vec<&Run> = runs.iter().filter(|run| matches!(run.commit.step, Step::Report { .. })).collect();
        let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        // The messages have their copy from the detect run itself.
        let messages = runs.iter().rev().filter_map(|run| run.commit.object(layout::MESSAGES_CSV));
        for object in reports.iter().rev().flat_map(|run| &run.commit.objects).chain(messages) {
            names.entry(object.path.rsplit('/').next().unwrap_or(&object.path)).or_default().push(&object.sha256);
        }
        for (name, digests) in names {
            self.known.insert(name.to_owned());
            let digest = match self.store.digest(name) {
                Ok((digest, _)) => digest.to_string(),
                Err(StoreError::Missing(_)) => continue,
                Err(error) => return Err(error),
            };
            self.verified.objects += 1;
            match digests.iter().position(|expected| **expected == digest) {
                Some(0) => {}
                Some(_) => self.verified.cannot_tell.push(Problem {
                    file: name.to_owned(),
                    what: "a copy of an older report; run `waxseal report` to renew it".to_owned(),
                }),
                None => self.problem(name, "not a copy of what a run left"),
            }
        }
        self.ledger_copy(chain)
    }

    /// The exported ledger must be a beginning of the ledger: it is renewed last.
    fn ledger_copy(&mut self, chain: &Option<Chain>) -> Result<(), StoreError> {
        self.known.insert(layout::CUSTODY_EXPORT.to_owned());
        let (Some(bytes), Some(chain)) = (self.store.find(layout::CUSTODY_EXPORT)?, chain) else { return Ok(()) };
        self.verified.objects += 1;
        match chain.export() {
            Ok(whole) if whole.starts_with(&bytes) && (bytes.is_empty() || bytes.ends_with(b"\n")) => {}
            _ => self.problem(layout::CUSTODY_EXPORT, "not a copy of the ledger"),
        }
        Ok(())
    }

    fn table(&mut self, runs: &[Run], resources: Resources) {
        let expected: u64 = ingested(runs).flat_map(|i| &i.files).map(|file| file.read).sum();
        match self.store.runtime().block_on(count_events(self.store, runs, resources)) {
            Ok(events) => {
                self.verified.events = events;
                if events != expected {
                    self.problem(layout::EVENTS, format!("the table holds {events} events, the account says {expected}"));
                }
            }
            Err(error) => self.problem(layout::EVENTS, format!("the table cannot be queried: {error}")),
        }
    }

    fn is_known(&self, path: &str) -> bool {
        self.known.contains(path) || path.starts_with(&format!("{}/", layout::INDICATORS))
    }

    fn strangers(&mut self) -> Result<(), StoreError> {
        let all = self.store.list("")?;
        self.verified.strangers = all.into_iter().filter(|path| !self.is_known(path)).collect();
        Ok(())
    }
}

async fn count_events(store: &Store, runs: &[Run], resources: Resources) -> Result<u64, datafusion::error::DataFusionError> {
    let ctx = session::open(store, runs, resources, session::Purpose::Queries, None).await?;
    let batches = ctx.sql("select count(*) from events").await?.collect().await?;
    let count = batches.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>().map(|c| c.value(0)));
    Ok(count.and_then(|n| u64::try_from(n).ok()).unwrap_or(0))
}
