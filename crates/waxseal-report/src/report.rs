//! The trait that every report implements.

use std::io::{self, Write};

use crate::facts::Facts;

/// One way to hand out what a case says.
pub trait Report: Sync {
    /// The word by which the report is asked for.
    fn id(&self) -> &'static str;

    /// What the file is called at the top of a case.
    fn file_name(&self) -> &'static str;

    /// Writes the report.
    ///
    /// # Errors
    /// When `out` takes no more.
    fn render(&self, facts: &Facts<'_>, out: &mut dyn Write) -> Result<(), ReportError>;
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Whose fault: the environment's; the disk is full, or the reader of a pipe went away.
    #[error("failed to write the report")]
    Write(#[from] io::Error),
    /// As [`ReportError::Write`], while writing CSV.
    #[error("failed to write the report as CSV")]
    Csv(#[from] csv::Error),
    /// As [`ReportError::Write`], while writing JSON.
    #[error("failed to write the report as JSON")]
    Json(#[from] serde_json::Error),
    /// As [`ReportError::Write`], while writing HTML.
    #[error("failed to write the report as HTML")]
    Html(#[from] askama::Error),
}
