//! What a detection says of itself.

use serde::{Deserialize, Serialize};

use crate::category::CATEGORIES;
use crate::finding::Verdict;
use crate::level::{Confidence, Severity};
use crate::log_class::LogClass;

/// The front matter of a detection file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectionMeta {
    /// `<provider>.<tactic>_<what>`: the path of the file below `detections/`, with a dot for the slash.
    pub id: String,
    /// Raised with every change that could change a finding.
    pub version: u32,
    /// What a finding is called, in at most a line.
    pub title: String,
    /// Why an intruder does this, and what it gives them.
    pub why: String,
    /// One of [`CATEGORIES`].
    pub category: String,
    /// At most four ATT&CK technique ids.
    pub attack: Vec<String>,
    /// The usual severity; a `severity` column of the query overrides it row by row.
    pub severity: Severity,
    /// The usual confidence; a `confidence` column of the query overrides it row by row.
    pub confidence: Confidence,
    /// Log classes, any one of which lets the detection run.
    pub needs: Vec<String>,
    /// A table beside `events` that has to hold something: [`OPTIONAL_TABLES`] names those there are.
    #[serde(default)]
    pub needs_table: Option<String>,
    /// Log classes whose completeness the conclusion rests on, because it is drawn from what they do *not* hold. Where they are
    /// not complete at the time, severity and confidence have a ceiling. A column `judged_at` says which time, where it is not
    /// the record's own.
    #[serde(default)]
    pub complete: Vec<String>,
    /// Whether it compares with what was usual before: its findings then say so where that time holds findings of medium or above.
    #[serde(default)]
    pub baseline: bool,
    /// Columns of the query; rows that agree in them and are close in time make one finding. `tenant` is always one.
    pub group_by: Vec<String>,
    /// The longest pause between two rows of one finding: `90s`, `15m`, `24h` or `7d`.
    pub window: String,
    /// SQL condition on the query's columns: the first row for which it holds is cited first and fills the explanation.
    #[serde(default)]
    pub primary: Option<String>,
    /// The word for what the cited records show of access to mail.
    pub verdict: Verdict,
    /// The reason behind the word.
    #[serde(default)]
    pub verdict_reason: String,
    /// The explanation, with `{column}` for a column of the primary row, `{column*}` for all values in the finding, `{event_count}`,
    /// `{records}` (the count with its noun), `{first_time}` and `{last_time}`. What stands in
    /// `[square brackets]` is left out where none of its columns has a value.
    pub explanation: String,
    /// Columns of the query that are worth seeing beside an event id.
    pub shows: Vec<String>,
    /// What the detection looks for beside what it found.
    #[serde(default)]
    pub looked_for: Vec<String>,
    /// What its logs cannot exclude.
    #[serde(default)]
    pub cannot_exclude: Vec<String>,
    /// Ordinary work that looks the same.
    pub false_positives: Vec<String>,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<String>,
}

/// Tables beside `events` that may be empty, and what the user gives to fill them.
pub const OPTIONAL_TABLES: &[(&str, &str)] = &[("indicators", "no list of indicators was given; give one with --indicators")];

/// Why a front matter is not valid. Whose fault: the detection's author.
#[derive(Debug, thiserror::Error)]
pub enum MetaError {
    /// The category is not of the closed list.
    #[error("category {0:?} is not in the list of categories (GLOSSARY.md)")]
    Category(String),
    /// A `needs` entry is not a log class.
    #[error("needs {0:?}, which is not a log class (GLOSSARY.md)")]
    Needs(String),
    /// `needs_table` is not a table.
    #[error("needs_table {0:?}, which is not a table")]
    NeedsTable(String),
    /// `needs` is empty.
    #[error("needs no log class: name at least one")]
    NeedsNothing,
    /// Too many or malformed technique ids.
    #[error("attack must be one to four ATT&CK technique ids such as T1114.003, found {0:?}")]
    Attack(String),
    /// The window cannot be read.
    #[error("window {0:?} is not a number followed by s, m, h or d")]
    Window(String),
}

impl DetectionMeta {
    /// Checks what serde cannot.
    ///
    /// # Errors
    /// The first rule that the front matter breaks.
    pub fn check(&self) -> Result<(), MetaError> {
        if !CATEGORIES.contains(&self.category.as_str()) {
            return Err(MetaError::Category(self.category.clone()));
        }
        if self.needs.is_empty() {
            return Err(MetaError::NeedsNothing);
        }
        if let Some(unknown) = self.needs.iter().chain(&self.complete).find(|need| LogClass::from_word(need).is_none()) {
            return Err(MetaError::Needs(unknown.clone()));
        }
        if let Some(unknown) = self.needs_table.as_ref().filter(|table| OPTIONAL_TABLES.iter().all(|(known, _)| known != table)) {
            return Err(MetaError::NeedsTable(unknown.clone()));
        }
        if self.attack.is_empty() || self.attack.len() > 4 {
            return Err(MetaError::Attack(self.attack.join(", ")));
        }
        if let Some(bad) = self.attack.iter().find(|id| !is_technique(id)) {
            return Err(MetaError::Attack(bad.clone()));
        }
        self.window_secs().map(|_| ()).ok_or_else(|| MetaError::Window(self.window.clone()))
    }

    /// The window in seconds, or `None` when it cannot be read.
    #[must_use]
    pub fn window_secs(&self) -> Option<i64> {
        let unit = match self.window.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        let count: i64 = self.window[..self.window.len() - 1].parse().ok()?;
        (count > 0).then_some(count)?.checked_mul(unit)
    }
}

/// `T` and four digits, perhaps a dot and three more.
fn is_technique(id: &str) -> bool {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    match id.strip_prefix('T').map(|rest| rest.split_once('.').map_or((rest, None), |(a, b)| (a, Some(b)))) {
        Some((parent, None)) => digits(parent, 4),
        Some((parent, Some(sub))) => digits(parent, 4) && digits(sub, 3),
        None => false,
    }
}

/// A detection that could not run, for all tenants or for one: shown wherever findings are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRun {
    /// The detection's id.
    pub detection: String,
    /// Its title.
    pub title: String,
    /// The tenant it could not run for; `None` where it could not run at all.
    pub tenant: Option<String>,
    /// Why, in plain words, ending in what would change it.
    pub reason: String,
    /// Whether it compares with something that the user may give, and did not: then nothing is lacking in the logs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_asked: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn technique_ids_are_told_from_other_words() {
        assert!(is_technique("T1114") && is_technique("T1114.003"));
        assert!(!is_technique("T114") && !is_technique("T1114.3") && !is_technique("TA0001"));
    }
}
