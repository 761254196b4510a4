//! One file per report, and the table of them.

pub(crate) mod findings_csv;
pub(crate) mod findings_json;
pub(crate) mod findings_jsonl;
pub(crate) mod hand_over_csv;
pub(crate) mod html;
pub(crate) mod text;

use crate::report::Report;

/// Every report.
pub static REPORTS: &[&dyn Report] = &[
    &html::Html::ENGLISH,
    &text::Text::PLAIN,
    &findings_jsonl::FindingsJsonLines,
    &findings_json::FindingsJson,
    &findings_csv::FindingsCsv,
    &hand_over_csv::HandOverCsv,
];

/// The report of an id.
#[must_use]
pub fn report(id: &str) -> Option<&'static dyn Report> {
    REPORTS.iter().copied().find(|report| report.id() == id)
}
