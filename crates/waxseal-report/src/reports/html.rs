//! `report.html`: one page that can be printed, read on a phone and handed to anybody; no script, nothing loaded.

use std::io::Write;

use askama::Template;

use crate::facts::Facts;
use crate::report::{Report, ReportError};
use crate::view::{FileRow, TenantRow, View, first_of};
use crate::words::{Catalogue, ENGLISH, Words};

/// So many files have a row that were read whole, and so many that were not.
const FILES: usize = 100;

/// So many tenants.
const TENANTS: usize = 200;

/// The page, in one language.
#[derive(Debug, Clone, Copy)]
pub struct Html {
    catalogue: &'static Catalogue,
    file_name: &'static str,
}

impl Html {
    /// In English.
    pub const ENGLISH: Self = Self { catalogue: &ENGLISH, file_name: "report.html" };

    /// In another language, to be written under a name of its own.
    #[must_use]
    pub const fn in_language(catalogue: &'static Catalogue, file_name: &'static str) -> Self {
        Self { catalogue, file_name }
    }
}

/// Every value goes through askama's HTML escaper, and log text through [`crate::shown::Shown`] before that.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    view: View,
    w: &'a Words,
    title: String,
    as_of: Option<String>,
    footer: String,
}

impl Page<'_> {
    /// That a list goes on, and where.
    fn more(&self, id: &str, n: &u64) -> String {
        self.w.tell(id, [("n", (*n).into())])
    }

    /// The files that have a row, in their order, and how many are left out.
    fn files(&self) -> (Vec<&FileRow>, u64) {
        let (mut whole, mut broken) = (0, 0);
        let has_row = |file: &&FileRow| {
            let seen = if file.incomplete { &mut broken } else { &mut whole };
            *seen += 1;
            *seen <= FILES
        };
        let told: Vec<&FileRow> = self.view.files.iter().filter(has_row).collect();
        let more = self.view.files.len().saturating_sub(told.len()) as u64;
        (told, more)
    }

    fn tenants(&self) -> (&[TenantRow], u64) {
        first_of(&self.view.tenants, TENANTS)
    }
}

impl Report for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn file_name(&self) -> &'static str {
        self.file_name
    }

    fn render(&self, facts: &Facts<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let words = Words::of(self.catalogue);
        let view = View::of(facts, &words);
        let case = || (&view.case_name).into();
        let mut footer = vec![words.tell("footer", [("version", (&view.version).into())]), words.apart(view.case_name.to_string())];
        footer.extend(view.as_of.as_ref().map(|time| words.tell("footer-as-of", [("time", time.into())])));
        let page = Page {
            title: words.tell("report-title", [("case", case())]),
            as_of: view.as_of.as_ref().map(|time| words.tell("as-of", [("time", time.into())])),
            footer: footer.join(" · "),
            view,
            w: &words,
        };
        out.write_all(page.render()?.as_bytes())?;
        Ok(())
    }
}
