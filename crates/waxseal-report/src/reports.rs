//! One file per report.

pub(crate) mod findings_csv;
pub(crate) mod findings_json;
pub(crate) mod findings_jsonl;
pub(crate) mod html;
pub(crate) mod text;
