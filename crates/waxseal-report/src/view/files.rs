//! A row for every file: every byte is in one of its counts.

use waxseal_model::{Account, FileSummary};

use crate::said::bare_moment;
use crate::shown::Shown;
use crate::words::Words;

/// What became of one file.
#[derive(Debug)]
pub(crate) struct FileRow {
    /// The path as given.
    pub(crate) path: String,
    /// The formats recognised, most records first.
    pub(crate) formats: String,
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
    pub(crate) date_rule: Option<String>,
    /// What else a reader should know.
    pub(crate) notes: Vec<String>,
    /// Whether something in it could not be read whole.
    pub(crate) incomplete: bool,
}

impl FileRow {
    /// Words one file.
    pub(crate) fn of(file: &FileSummary, words: &Words) -> Self {
        let mut notes: Vec<_> = file.notes.iter().map(|note| Shown::passage(note).to_string()).collect();
        if let Some(unknown) = &file.unknown {
            notes.push(words.tell("gap-seems", [("seems", (&Shown::passage(&unknown.seems)).into())]));
        }
        if file.known_already {
            notes.push(words.say("file-known-already"));
        }
        Self {
            path: Shown::name(&file.path).to_string(),
            formats: formats(file, words),
            first: file.first_time.map_or_else(|| "–".to_owned(), bare_moment),
            last: file.last_time.map_or_else(|| "–".to_owned(), bare_moment),
            date_rule: (!file.date_rule.is_empty()).then(|| words.tell("file-dates", [("rule", (&Shown::name(&file.date_rule)).into())])),
            notes,
            incomplete: file.rejected > 0 || file.truncated > 0 || file.unknown.is_some(),
            ..Self::counts(|count| count(file), words)
        }
    }

    /// The sums over all files.
    pub(crate) fn total(account: &Account, words: &Words) -> Self {
        let first = account.files.iter().filter_map(|file| file.first_time).min();
        let last = account.files.iter().filter_map(|file| file.last_time).max();
        Self {
            path: words.say("files-all"),
            first: first.map_or_else(|| "–".to_owned(), bare_moment),
            last: last.map_or_else(|| "–".to_owned(), bare_moment),
            ..Self::counts(|count| account.total(count), words)
        }
    }

    fn counts(of: impl Fn(fn(&FileSummary) -> u64) -> u64, words: &Words) -> Self {
        Self {
            path: String::new(),
            formats: String::new(),
            records: words.count(of(|file| file.rows)),
            duplicates: words.count(of(|file| file.duplicates)),
            truncated: words.count(of(|file| file.truncated)),
            rejected: words.count(of(|file| file.rejected)),
            first: String::new(),
            last: String::new(),
            date_rule: None,
            notes: Vec::new(),
            incomplete: false,
        }
    }
}

/// So many formats of one file are named.
const FORMATS: usize = 8;

fn formats(file: &FileSummary, words: &Words) -> String {
    match file.formats.as_slice() {
        [] => words.say("file-not-recognised"),
        [only] => Shown::name(&only.format).to_string(),
        several => {
            let one = |part: &waxseal_model::FormatCount| {
                words.tell("gap-file", [("path", (&Shown::name(&part.format)).into()), ("n", part.records.into())])
            };
            words.in_a_row(&several.iter().take(FORMATS).map(one).collect::<Vec<_>>())
        }
    }
}
