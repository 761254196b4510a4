//! `inspect`: what files are, without a case.

use serde::Serialize;
use waxseal_case::inspect;
use waxseal_case::report_formats::{Align, byte_size, grouped, moment};
use waxseal_model::{FailedInput, FileSummary};

use crate::args::{Format, FormatArgs, PathArgs};
use crate::exit::Exit;
use crate::listing::{self, Listed};
use crate::out::Out;
use crate::progress::Meter;

/// Say what files are: format, layers, dates, columns; makes no case
///
/// Looks at the head of every file and of every member of an archive only, so counts are of the records seen there.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> anyhow::Result<Exit> {
    let meter = Meter::start(out);
    let (inspected, failed) = inspect(&args.paths.inputs("inspect")?, &meter)?;
    meter.finish();
    let files: Vec<_> = inspected.iter().map(|one| FileV1::new(&one.file, &one.fields)).collect();
    write_files(&files, &failed, args.format.format, out)?;
    let whole = failed.is_empty() && inspected.iter().all(|one| one.file.unknown.is_none());
    Ok(if whole { Exit::Done } else { Exit::Incomplete })
}

/// Writes a list of files; those that could not be read are said on standard error.
///
/// # Errors
/// The output cannot be written.
pub(crate) fn write_files(files: &[FileV1<'_>], failed: &[FailedInput], format: Format, out: &mut Out) -> anyhow::Result<()> {
    listing::write(files, format, out)?;
    for input in failed {
        out.say(&format!("failed to read {}: {}", input.path, input.reason));
    }
    Ok(())
}

/// One file, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct FileV1<'a> {
    schema: &'static str,
    #[serde(flatten)]
    file: &'a FileSummary,
    fields: &'a [String],
}

impl<'a> FileV1<'a> {
    /// With the names of its columns, where they are known.
    pub(crate) fn new(file: &'a FileSummary, fields: &'a [String]) -> Self {
        Self { schema: "waxseal.file/v1", file, fields }
    }
}

impl Listed for FileV1<'_> {
    const COLUMNS: &'static [(&'static str, Align)] = &[
        ("File", Align::Text),
        ("Format", Align::Text),
        ("Layers", Align::Text),
        ("Size", Align::Number),
        ("Records", Align::Number),
        ("Duplicates", Align::Number),
        ("Truncated", Align::Number),
        ("Rejected", Align::Number),
    ];

    fn cells(&self) -> Vec<String> {
        let formats: Vec<_> = self.file.formats.iter().map(|part| part.format.clone()).collect();
        vec![
            self.file.path.clone(),
            if formats.is_empty() { "not recognised".to_owned() } else { formats.join(", ") },
            self.file.layers.join(", "),
            byte_size(self.file.bytes),
            grouped(self.file.rows),
            grouped(self.file.duplicates),
            grouped(self.file.truncated),
            grouped(self.file.rejected),
        ]
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let (Some(first), Some(last)) = (self.file.first_time, self.file.last_time) {
            notes.push(format!("time: {} to {}", moment(first), moment(last)));
        }
        if !self.file.date_rule.is_empty() {
            notes.push(format!("dates: {}", self.file.date_rule));
        }
        if let Some(unknown) = &self.file.unknown {
            notes.push(format!("it seems to be {}; it begins with: {}", unknown.seems, unknown.head));
        }
        if !self.fields.is_empty() {
            notes.push(format!("fields: {}", self.fields.join(", ")));
        }
        notes.extend(self.file.notes.iter().cloned());
        notes
    }
}
