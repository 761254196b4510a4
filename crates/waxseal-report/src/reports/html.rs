//! `report.html`: one page that can be printed, read on a phone and handed to anybody; no script, nothing loaded.

use std::io::Write;

use askama::Template;

use crate::facts::Facts;
use crate::report::{Report, ReportError};
use crate::view::View;

/// The page.
#[derive(Debug)]
pub(crate) struct Html;

/// Every value goes through askama's HTML escaper, and log text through [`crate::shown::Shown`] before that.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    view: View,
}

impl Report for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn file_name(&self) -> &'static str {
        "report.html"
    }

    fn render(&self, facts: &Facts<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let page = Page { view: View::of(facts) }.render()?;
        out.write_all(page.as_bytes())?;
        Ok(())
    }
}
