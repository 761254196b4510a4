//! Finding the files that were given, and telling by their digest which are new.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use waxseal_evidence::Digesting;
use waxseal_model::FailedInput;
use waxseal_read::ContainerError;

use crate::ingest::IngestError;
use crate::layout;
use crate::operator::Progress;
use crate::runs::InputFile;

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

/// A file that is being read, with its digest, which may still be computed on another thread.
#[derive(Debug, Clone)]
pub(crate) struct Acquired {
    pub(crate) found: Arc<Found>,
    sha256: Arc<OnceLock<Result<String, String>>>,
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
    let (mut found, mut empty) = (Vec::new(), Vec::new());
    for input in inputs {
        match input {
            // It can be read once only, however often it is named.
            Input::Stdin if found.iter().any(|f: &Found| f.name == STDIN) => {}
            Input::Stdin => found.push(spool_stdin(case)?),
            Input::Path(path) => {
                let meta = fs::metadata(path).map_err(|e| IngestError::Input { path: path.clone(), cause: e.to_string() })?;
                if meta.is_dir() {
                    let before = found.len() + failed.len();
                    walk(path, case, &mut found, failed);
                    if found.len() + failed.len() == before {
                        empty.push(path.display().to_string());
                    }
                } else if !meta.is_file() {
                    let cause =
                        "it is neither a file nor a folder, and would have to be read twice; pipe it in and give - as the path".to_owned();
                    return Err(IngestError::Input { path: path.clone(), cause });
                } else {
                    found.push(Found { path: path.clone(), name: path.display().to_string(), bytes: meta.len() });
                }
            }
        }
    }
    if found.is_empty() && failed.is_empty() && !empty.is_empty() {
        return Err(IngestError::Empty(empty.join(", ")));
    }
    failed.extend(empty.into_iter().map(|path| FailedInput { path, reason: "there is no file in it; check the path".to_owned() }));
    Ok(found)
}

fn walk(folder: &Path, case: &Path, found: &mut Vec<Found>, failed: &mut Vec<FailedInput>) {
    if folder.canonicalize().is_ok_and(|real| real == case) {
        return;
    }
    let mut entries: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(|entry| match entry {
                Ok(entry) => Some(entry.path()),
                Err(error) => {
                    failed.push(unreadable(folder, &error));
                    None
                }
            })
            .collect(),
        Err(error) => return failed.push(unreadable(folder, &error)),
    };
    entries.sort();
    for path in entries {
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => walk(&path, case, found, failed),
            // A link to a file is followed; a link to a folder could lead in a circle.
            Ok(_) => match fs::metadata(&path) {
                Ok(meta) if meta.is_file() => found.push(Found { name: path.display().to_string(), bytes: meta.len(), path }),
                Ok(_) => failed.push(FailedInput {
                    path: path.display().to_string(),
                    reason: "neither a file nor a folder of its own; it was not read".to_owned(),
                }),
                Err(error) => failed.push(unreadable(&path, &error)),
            },
            Err(error) => failed.push(unreadable(&path, &error)),
        }
    }
}

pub(crate) fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> FailedInput {
    FailedInput {
        path: path.display().to_string(),
        reason: format!("it could not be read ({error}); check its permissions and that it is complete"),
    }
}

/// A file or member that could not be unpacked. What is wrong with an archive says what to do.
pub(crate) fn not_opened(name: &str, error: &ContainerError) -> FailedInput {
    match error {
        ContainerError::Io(error) => unreadable(name.as_ref(), error),
        _ => FailedInput { path: name.to_owned(), reason: error.to_string() },
    }
}

const STDIN: &str = "standard input";

/// Standard input is written to a file first: it has to be read twice, once for its digest.
fn spool_stdin(case: &Path) -> Result<Found, IngestError> {
    let path = case.join(layout::INCOMING);
    let told = |cause: io::Error| IngestError::Spool(cause.to_string());
    let mut file = File::create(&path).map_err(told)?;
    let bytes = io::copy(&mut io::stdin().lock(), &mut file).map_err(told)?;
    file.flush().map_err(told)?;
    Ok(Found { path, name: STDIN.to_owned(), bytes })
}

fn stamp(file: &File) -> io::Result<Stamp> {
    let meta = file.metadata()?;
    Ok(Stamp { bytes: meta.len(), modified: meta.modified().ok() })
}

impl Acquired {
    /// Takes a file on. Its digest is not known before [`Acquired::hash`] has run.
    pub(crate) fn new(found: Found) -> Result<Self, FailedInput> {
        let stamp = File::open(&found.path).and_then(|file| stamp(&file)).map_err(|e| unreadable(&found.path, &e))?;
        Ok(Self { found: Arc::new(found), sha256: Arc::default(), stamp })
    }

    /// Reads the file once for its digest, unless that has been done.
    pub(crate) fn hash(&self, progress: &dyn Progress) {
        self.sha256.get_or_init(|| self.digest(progress).map_err(|e| e.to_string()));
    }

    fn digest(&self, progress: &dyn Progress) -> io::Result<String> {
        let mut file = File::open(&self.found.path)?;
        let mut digesting = Digesting::new();
        let mut block = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut block)?;
            if read == 0 {
                return Ok(digesting.finish().to_string());
            }
            digesting.update(&block[..read]);
            progress.advanced(read as u64, 0);
        }
    }

    /// The digest; waits for it where it is still being computed.
    pub(crate) fn sha256(&self) -> Result<&str, IngestError> {
        let told = |cause: &String| IngestError::Input { path: self.found.path.clone(), cause: cause.clone() };
        self.sha256.wait().as_deref().map_err(told)
    }

    /// Opens the file, if it is still the one that was taken on.
    pub(crate) fn open(&self) -> Result<File, IngestError> {
        let unreadable = |cause: io::Error| IngestError::Input { path: self.found.path.clone(), cause: cause.to_string() };
        let file = File::open(&self.found.path).map_err(unreadable)?;
        if stamp(&file).map_err(unreadable)? == self.stamp { Ok(file) } else { Err(IngestError::Changed(self.found.path.clone())) }
    }

    /// Whether the file is still the one that was taken on.
    pub(crate) fn check_unchanged(&self) -> Result<(), IngestError> {
        self.open().map(|_| ())
    }

    /// As the run's account has it.
    pub(crate) fn as_input(&self) -> Result<InputFile, IngestError> {
        Ok(InputFile { path: self.found.name.clone(), sha256: self.sha256()?.to_owned(), bytes: self.found.bytes })
    }
}

/// What an event was read from: a file, or a member of one.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub(crate) input: Acquired,
    pub(crate) member: Option<Arc<str>>,
}

impl Evidence {
    /// The evidence id; waits for the digest.
    pub(crate) fn id(&self) -> Result<String, IngestError> {
        let sha256 = self.input.sha256()?;
        Ok(match &self.member {
            Some(member) => format!("{sha256}!{member}"),
            None => sha256.to_owned(),
        })
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
