//! Renders the answers of a case as text, HTML, JSON or CSV: from facts to bytes, nothing else.
//!
//! A report asks no clock, opens no file and queries nothing; the same facts give the same bytes. Every string of a log is
//! attacker-written, so none reaches an output but through [`waxseal_model::printable`] (text, HTML),
//! [`waxseal_model::csv_cell`] (CSV) or a JSON string with its control and bidirectional characters escaped.
//!
//! No sentence stands in the code: [`Catalogue`]s hold them, one for each language.
//!
//! To add a report: one file in `reports/` that implements [`Report`], one line in [`REPORTS`], one test.

mod facts;
mod json;
mod page;
mod report;
mod reports;
mod said;
mod shown;
mod table;
mod view;
mod wording;
mod words;
mod wrap;

pub use facts::Facts;
pub use json::write_json;
pub use page::Page;
pub use report::{Report, ReportError};
pub use reports::html::Html;
pub use reports::text::Text;
pub use reports::{REPORTS, report};
pub use table::{Align, Table};
pub use wording::{byte_size, counted, grouped, moment};
pub use words::{CATALOGUES, Catalogue, Direction, ENGLISH, GroupMark};
pub use wrap::wrapped;
