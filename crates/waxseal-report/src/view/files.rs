//! A row for every file: every byte is in one of its counts.

use waxseal_model::{Account, FileSummary};

use crate::shown::Shown;
use crate::wording::{bare_moment, grouped};

/// What became of one file.
#[derive(Debug)]
pub(crate) struct FileRow {
    /// The path as given.
    pub(crate) path: Shown,
    /// The formats recognised, most records first.
    pub(crate) formats: Shown,
    /// Records found.
    pub(crate) records: String,
    /// Those that are a further copy of an event.
    pub(crate) duplicates: String,
    /// Those that were cut.
    pub(crate) truncated: String,
    /// Those that could not be read.
    pub(crate) rejected: String,
    /// Time of the earliest record, UTC.
    pub(crate) first: String,
    /// Time of the latest record, UTC.
    pub(crate) last: String,
    /// How dates were understood.
    pub(crate) date_rule: Shown,
    /// What else a reader should know.
    pub(crate) notes: Vec<Shown>,
    /// Whether something in it could not be read whole.
    pub(crate) incomplete: bool,
}

impl FileRow {
    /// Words one file.
    pub(crate) fn of(file: &FileSummary) -> Self {
        let mut notes: Vec<_> = file.notes.iter().map(|note| Shown::passage(note)).collect();
        if let Some(unknown) = &file.unknown {
            notes.push(Shown::passage(&format!("it seems to be {}", unknown.seems)));
        }
        if file.known_already {
            notes.push(Shown::passage("read into the case before, not read again"));
        }
        Self {
            path: Shown::name(&file.path),
            formats: Shown::name(&formats(file)),
            first: file.first_time.map_or_else(|| "–".to_owned(), bare_moment),
            last: file.last_time.map_or_else(|| "–".to_owned(), bare_moment),
            date_rule: Shown::name(&file.date_rule),
            notes,
            incomplete: file.rejected > 0 || file.truncated > 0 || file.unknown.is_some(),
            ..Self::counts(|count| count(file))
        }
    }

    /// The sums over all files.
    pub(crate) fn total(account: &Account) -> Self {
        let first = account.files.iter().filter_map(|file| file.first_time).min();
        let last = account.files.iter().filter_map(|file| file.last_time).max();
        Self {
            path: Shown::name("All files"),
            first: first.map_or_else(|| "–".to_owned(), bare_moment),
            last: last.map_or_else(|| "–".to_owned(), bare_moment),
            ..Self::counts(|count| account.total(count))
        }
    }

    fn counts(of: impl Fn(fn(&FileSummary) -> u64) -> u64) -> Self {
        Self {
            path: Shown::name(""),
            formats: Shown::name(""),
            records: grouped(of(|file| file.rows)),
            duplicates: grouped(of(|file| file.duplicates)),
            truncated: grouped(of(|file| file.truncated)),
            rejected: grouped(of(|file| file.rejected)),
            first: String::new(),
            last: String::new(),
            date_rule: Shown::name(""),
            notes: Vec::new(),
            incomplete: false,
        }
    }
}

fn formats(file: &FileSummary) -> String {
    match file.formats.as_slice() {
        [] => "not recognised".to_owned(),
        [only] => only.format.clone(),
        several => several.iter().map(|part| format!("{} ({})", part.format, grouped(part.records))).collect::<Vec<_>>().join(", "),
    }
}
