//! The only place that prints: data on standard output or into a file, talk on standard error.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use waxseal_case::report_formats::Page;
use waxseal_model::printable;

use crate::args::OutputArgs;
use crate::config::Config;

/// Where a verb writes.
#[derive(Debug)]
pub(crate) struct Out {
    file: Option<PathBuf>,
    clobber: bool,
    quiet: bool,
    watched: bool,
    page: Page,
}

impl Out {
    /// As the flags and the surroundings ask.
    pub(crate) fn new(args: &OutputArgs, config: &Config) -> Self {
        let terminal = config.width.filter(|_| args.output.is_none());
        let page = terminal.map_or(Page::PLAIN, |width| Page { width, colour: config.colour });
        Self { file: args.output.clone(), clobber: args.clobber, quiet: args.quiet, watched: config.watched, page }
    }

    /// Refuses before the work what would be refused after it.
    ///
    /// # Errors
    /// The file is there already and may not be replaced, or its folder is not there.
    pub(crate) fn check_target(&self) -> anyhow::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        match regular(path)? {
            Some(true) if !self.clobber => Err(taken(path)),
            None => folder_of(path),
            _ => Ok(()),
        }
    }

    /// The surface text is set on.
    pub(crate) fn page(&self) -> Page {
        self.page
    }

    /// Whether results go to what --output names.
    pub(crate) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Whether somebody wants to watch progress.
    pub(crate) fn shows_progress(&self) -> bool {
        self.watched && !self.quiet
    }

    /// A remark, on standard error.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            talk(text);
        }
    }

    /// Writes the result; true where all of it was taken. A reader that went away is no error: it has what it wanted. A
    /// file that cannot be written to its end is not left behind.
    ///
    /// # Errors
    /// What `write` fails with, or the file cannot be written.
    pub(crate) fn data(&mut self, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<bool> {
        match &self.file {
            None => return to_stdout(write),
            Some(path) if regular(path)? == Some(false) => {
                let file = OpenOptions::new().write(true).open(path).with_context(|| failed(path))?;
                to_file(file, path, write)?;
            }
            Some(path) if self.clobber => replace(path, write)?,
            Some(path) => put_new(path, write)?,
        }
        Ok(true)
    }
}

/// Help, the version, or what is wrong with the command line.
pub(crate) fn usage(usage: &clap::Error) -> ExitCode {
    // Where neither stream takes text there is nobody to tell.
    drop(usage.print());
    u8::try_from(usage.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// An error with its causes, on standard error.
pub(crate) fn error(error: &anyhow::Error) {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    talk(&format!("error: {said}"));
}

/// Text may quote a log or the name of a file, so it is made inert line by line.
fn talk(text: &str) {
    let mut stderr = io::stderr().lock();
    for line in text.lines() {
        // Where standard error takes no text there is nobody to tell.
        drop(writeln!(stderr, "waxseal: {}", printable(line)));
    }
}

fn failed(path: &Path) -> String {
    format!("failed to write {}", path.display())
}

fn taken(path: &Path) -> anyhow::Error {
    anyhow::anyhow!("{} is there already; name another file with --output, or give --clobber to replace it", path.display())
}

fn folder_of(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    anyhow::ensure!(
        fs::metadata(folder).is_ok_and(|found| found.is_dir()),
        "there is no folder {} to write {} into; make it first",
        folder.display(),
        path.display()
    );
    Ok(())
}

/// Whether there is a file, and if so, whether it is an ordinary one: a device or a pipe is only ever written to.
fn regular(path: &Path) -> anyhow::Result<Option<bool>> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => anyhow::bail!("{} is a folder; name a file with --output", path.display()),
        Ok(found) => Ok(Some(found.is_file())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| failed(path)),
    }
}

fn to_stdout(write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<bool> {
    let mut target = Target { out: io::stdout().lock(), failed: None };
    let written = to_buffered(&mut target, write);
    match target.failed {
        Some((ErrorKind::BrokenPipe, _)) => Ok(false),
        Some((_, cause)) => Err(anyhow::anyhow!("failed to write to standard output: {cause}")),
        None => written.map(|()| true),
    }
}

fn to_file(file: File, path: &Path, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut target = Target { out: file, failed: None };
    let written = to_buffered(&mut target, write);
    match target.failed {
        Some((ErrorKind::StorageFull | ErrorKind::QuotaExceeded, cause)) => {
            Err(anyhow::anyhow!("{}: {cause}; make room, or name a file elsewhere with --output", failed(path)))
        }
        Some((_, cause)) => Err(anyhow::anyhow!("{}: {cause}", failed(path))),
        None => written,
    }
}

fn to_buffered(out: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut buffered = BufWriter::with_capacity(1 << 16, out);
    write(&mut buffered)?;
    Ok(buffered.flush()?)
}

fn put_new(path: &Path, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => taken(path),
        _ => anyhow::Error::new(error).context(failed(path)),
    })?;
    to_file(file, path, write).or_else(|error| discard(path, error))
}

/// Writes beside the old file, and puts the new one in its place only when it is whole.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = target.file_name().map(ToOwned::to_owned).unwrap_or_default();
    name.push(format!(".{}.partial", std::process::id()));
    let partial = target.with_file_name(name);
    let file = OpenOptions::new().write(true).create_new(true).open(&partial).with_context(|| failed(&partial))?;
    to_file(file, &partial, write)
        .and_then(|()| fs::rename(&partial, &target).with_context(|| failed(&target)))
        .or_else(|error| discard(&partial, error))
}

fn discard(path: &Path, error: anyhow::Error) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => Err(error),
        Err(left) => Err(error.context(format!("{} is incomplete and could not be removed ({left})", path.display()))),
    }
}

/// Where a result goes, and why it could not: whoever writes the result may wrap that in words of its own.
struct Target<W> {
    out: W,
    failed: Option<(ErrorKind, String)>,
}

impl<W> Target<W> {
    fn noted<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != ErrorKind::Interrupted
        {
            self.failed = Some((error.kind(), error.to_string()));
        }
        result
    }
}

impl<W: Write> Write for Target<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.noted(flushed)
    }
}
