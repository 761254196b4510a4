//! Finding the files that were given, and telling by their digest which are new.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use waxseal_evidence::Digesting;
use waxseal_model::FailedInput;

use crate::ingest::IngestError;
use crate::layout;
use crate::operator::Progress;

/// Something to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, or a folder with everything below it.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// A file to be read.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it is called in accounts.
    pub(crate) name: String,
    /// Its size.
    pub(crate) bytes: u64,
}

/// A file with its digest.
#[derive(Debug, Clone)]
pub(crate) struct Hashed {
    pub(crate) found: Found,
    pub(crate) sha256: String,
    stamp: Stamp,
}

/// Size and time of a file: if they change while it is read, what was read is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// Every file of the inputs, folders walked in order of their names; what cannot be looked into is named.
pub(crate) fn find(inputs: &[Input], case: &Path, failed: &mut Vec<FailedInput>) -> Result<Vec<Found>, IngestError> {
    let mut found = Vec::new();
    for input in inputs {
        match input {
            Input::Stdin => found.push(spool_stdin(case)?),
            Input::Path(path) => {
                let meta = fs::metadata(path).map_err(|e| IngestError::Input { path: path.clone(), cause: e.to_string() })?;
                if meta.is_dir() {
                    walk(path, case, &mut found, failed);
                } else {
                    found.push(Found { path: path.clone(), name: path.display().to_string(), bytes: meta.len() });
                }
            }
        }
    }
    Ok(found)
}

fn walk(folder: &Path, case: &Path, found: &mut Vec<Found>, failed: &mut Vec<FailedInput>) {
    if folder.canonicalize().is_ok_and(|real| real == case) {
        return;
    }
    let mut entries: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect(),
        Err(error) => return failed.push(unreadable(folder, &error)),
    };
    entries.sort();
    for path in entries {
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => walk(&path, case, found, failed),
            // A link to a file is followed; a link to a folder could lead in a circle.
            Ok(_) => match fs::metadata(&path) {
                Ok(meta) if meta.is_file() => found.push(Found { name: path.display().to_string(), bytes: meta.len(), path }),
                Ok(_) => failed.push(FailedInput { path: path.display().to_string(), reason: "neither a file nor a folder of its own; it was not read".to_owned() }),
                Err(error) => failed.push(unreadable(&path, &error)),
            },
            Err(error) => failed.push(unreadable(&path, &error)),
        }
    }
}

pub(crate) fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> FailedInput {
    FailedInput { path: path.display().to_string(), reason: format!("it could not be read ({error}); check its permissions and that it is complete") }
}

/// Standard input is written to a file first: it has to be read twice, once for its digest.
fn spool_stdin(case: &Path) -> Result<Found, IngestError> {
    let path = case.join(layout::INCOMING);
    let told = |cause: io::Error| IngestError::Spool(cause.to_string());
    let mut file = File::create(&path).map_err(told)?;
    let bytes = io::copy(&mut io::stdin().lock(), &mut file).map_err(told)?;
    file.flush().map_err(told)?;
    Ok(Found { path, name: "standard input".to_owned(), bytes })
}

/// Reads the file once for its digest.
pub(crate) fn hash(found: Found, progress: &dyn Progress) -> Result<Hashed, FailedInput> {
    let failed = |error: io::Error| unreadable(&found.path, &error);
    progress.at(&found.name);
    let mut file = File::open(&found.path).map_err(failed)?;
    let stamp = stamp(&file).map_err(failed)?;
    let mut digesting = Digesting::new();
    let mut block = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut block).map_err(failed)?;
        if read == 0 {
            break;
        }
        digesting.update(&block[..read]);
        progress.advanced(read as u64, 0);
    }
    Ok(Hashed { sha256: digesting.finish().to_string(), found, stamp })
}

fn stamp(file: &File) -> io::Result<Stamp> {
    let meta = file.metadata()?;
    Ok(Stamp { bytes: meta.len(), modified: meta.modified().ok() })
}

impl Hashed {
    /// Opens the file, if it is still the one that was hashed.
    pub(crate) fn open(&self) -> Result<File, IngestError> {
        let unreadable = |cause: io::Error| IngestError::Input { path: self.found.path.clone(), cause: cause.to_string() };
        let file = File::open(&self.found.path).map_err(unreadable)?;
        if stamp(&file).map_err(unreadable)? == self.stamp { Ok(file) } else { Err(IngestError::Changed(self.found.path.clone())) }
    }

    /// Whether the file is still the one that was hashed.
    pub(crate) fn check_unchanged(&self) -> Result<(), IngestError> {
        self.open().map(|_| ())
    }
}

/// A file that tells how far it has been read.
pub(crate) struct Watched<'p> {
    pub(crate) file: File,
    pub(crate) progress: &'p dyn Progress,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.progress.advanced(read as u64, 0);
        Ok(read)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
