//! `findings.jsonl`: one finding a line, as other programs read it.

use std::io::Write;

use crate::facts::Facts;
use crate::json::write_json;
use crate::report::{Report, ReportError};

/// The findings, one a line.
#[derive(Debug)]
pub(crate) struct FindingsJsonLines;

impl Report for FindingsJsonLines {
    fn id(&self) -> &'static str {
        "jsonl"
    }

    fn file_name(&self) -> &'static str {
        "findings.jsonl"
    }

    fn render(&self, facts: &Facts<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        for finding in facts.findings {
            write_json(finding, false, out)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }
}
