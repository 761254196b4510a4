//! `inspect`: what files are, without a case.

use std::borrow::Cow;

use serde::Serialize;
use waxseal_case::inspect;
use waxseal_case::report_formats::{Align, byte_size, grouped, moment};
use waxseal_model::{FailedInput, FileSummary, Nanos};

use crate::args::{FormatArgs, PathArgs};
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
    let (inspected, failed) = inspect(&args.paths.inputs()?, &meter)?;
    meter.finish();
    let read = inspected.iter().map(|one| FileV1::read(&one.file, &one.fields));
    let files: Vec<_> = read.chain(failed.iter().map(FileV1::failed)).map(HeadOf).collect();
    listing::write(&files, args.format.format, out)?;
    let whole = failed.is_empty() && inspected.iter().all(|one| one.file.unknown.is_none());
    Ok(if whole { Exit::Done } else { Exit::Incomplete })
}

const SCHEMA: &str = "waxseal.file/v1";

/// One file, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct FileV1<'a> {
    schema: &'static str,
    #[serde(flatten)]
    file: Cow<'a, FileSummary>,
    fields: &'a [String],
    /// Why it could not be read to its end, or is not what it was.
    failed: Option<&'a str>,
}

impl<'a> FileV1<'a> {
    /// A file with the names of its columns, where they are known.
    pub(crate) fn read(file: &'a FileSummary, fields: &'a [String]) -> Self {
        Self { schema: SCHEMA, file: Cow::Borrowed(file), fields, failed: None }
    }

    /// An input that could not be opened, or not be read to its end.
    pub(crate) fn failed(input: &'a FailedInput) -> Self {
        let file = FileSummary { path: input.path.clone(), ..FileSummary::default() };
        Self { schema: SCHEMA, file: Cow::Owned(file), fields: &[], failed: Some(&input.reason) }
    }

    fn format(&self) -> String {
        match self.file.formats.as_slice() {
            _ if self.failed.is_some() => "problem".to_owned(),
            // What collectors write about other files.
            [] if self.file.unknown.is_none() => "no events".to_owned(),
            [] => "not recognised".to_owned(),
            parts => parts.iter().map(|part| part.format.clone()).collect::<Vec<_>>().join(", "),
        }
    }
}

/// A file of which only the head was looked at.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct HeadOf<'a>(FileV1<'a>);

impl Listed for HeadOf<'_> {
    const COLUMNS: &'static [(&'static str, Align)] = &[
        ("Format", Align::Text),
        ("Layers", Align::Text),
        ("Size", Align::Number),
        ("Records in the head", Align::Number),
        ("Duplicates", Align::Number),
        ("Truncated", Align::Number),
        ("Rejected", Align::Number),
    ];

    const SHEET: &'static [&'static str] = FileV1::SHEET;

    fn cells(&self) -> Vec<String> {
        self.0.cells()
    }

    fn sheet(&self) -> Vec<String> {
        self.0.sheet()
    }

    fn lead(&self) -> Option<&str> {
        self.0.lead()
    }

    fn notes(&self) -> Vec<String> {
        self.0.notes()
    }
}

impl Listed for FileV1<'_> {
    const COLUMNS: &'static [(&'static str, Align)] = &[
        ("Format", Align::Text),
        ("Layers", Align::Text),
        ("Size", Align::Number),
        ("Records", Align::Number),
        ("Duplicates", Align::Number),
        ("Truncated", Align::Number),
        ("Rejected", Align::Number),
    ];

    const SHEET: &'static [&'static str] = &[
        "file",
        "formats",
        "layers",
        "bytes",
        "records",
        "duplicates",
        "truncated",
        "rejected",
        "undated",
        "first_time",
        "last_time",
        "date_rule",
        "evidence_id",
        "fields",
        "problem",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.format(),
            self.file.layers.join(", "),
            byte_size(self.file.bytes),
            grouped(self.file.rows),
            grouped(self.file.duplicates),
            grouped(self.file.truncated),
            grouped(self.file.rejected),
        ]
    }

    fn sheet(&self) -> Vec<String> {
        let file = &self.file;
        let time = |time: Option<Nanos>| time.map_or_else(String::new, |time| time.to_string());
        let counts = [file.bytes, file.rows, file.duplicates, file.truncated, file.rejected, file.undated].map(|count| count.to_string());
        let [bytes, records, duplicates, truncated, rejected, undated] = counts;
        let seems = file.unknown.as_ref().map(|unknown| format!("it seems to be {}", unknown.seems));
        vec![
            file.path.clone(),
            file.formats.iter().map(|part| part.format.clone()).collect::<Vec<_>>().join("; "),
            file.layers.join("; "),
            bytes,
            records,
            duplicates,
            truncated,
            rejected,
            undated,
            time(file.first_time),
            time(file.last_time),
            file.date_rule.clone(),
            file.evidence_id.clone(),
            self.fields.join("; "),
            self.failed.map(str::to_owned).or(seems).unwrap_or_default(),
        ]
    }

    fn lead(&self) -> Option<&str> {
        Some(&self.file.path)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<_> = self.failed.iter().map(|reason| (*reason).to_owned()).collect();
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
