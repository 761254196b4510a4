//! `verify`: whether a case is what it was when it was made.

use serde::Serialize;
use waxseal_case::report_formats::{Align, Page, Table, counted};
use waxseal_case::{Problem, Verified, verify};

use crate::args::{CaseArgs, Format, FormatArgs, ResourceArgs};
use crate::config::Config;
use crate::exit::Exit;
use crate::listing;
use crate::out::Out;

/// Check that the case is what its ledger says it is
///
/// Compares every file with the digest that was written down when it was made, and the ledger with itself. Changes nothing.
/// Exits 0 where the case is intact, 1 where it is not, 2 where that cannot be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let verified = verify(args.case.dir(config), args.resources.threads(), args.resources.memory)?;
    let (word, exit) = judge(&verified);
    let told = VerifiedV1::of(&verified, word);
    let page = out.page();
    out.data(|w| match args.format.format {
        Format::Text => Ok(w.write_all(text(&verified, word, page).as_bytes())?),
        Format::Csv => Ok(table(&verified).write_csv(w)?),
        Format::Json => listing::json(&told, w),
        Format::Jsonl => listing::line(&told, w),
    })?;
    Ok(exit)
}

fn judge(verified: &Verified) -> (&'static str, Exit) {
    if !verified.problems.is_empty() {
        ("NOT INTACT", Exit::Found)
    } else if !verified.cannot_tell.is_empty() {
        ("cannot tell", Exit::CannotRun)
    } else {
        ("intact", Exit::Done)
    }
}

fn text(verified: &Verified, word: &str, page: Page) -> String {
    let counts = format!(
        "{}, {}, {} checked",
        counted(verified.objects, "file", "files"),
        counted(verified.ledger_entries, "ledger entry", "ledger entries"),
        counted(verified.events, "event", "events"),
    );
    let word = if word == "intact" { page.strong(word) } else { page.warning(word) };
    let mut text = format!("{word}: {counts}\n");
    let told = [&verified.problems, &verified.cannot_tell, &verified.remarks].iter().any(|list| !list.is_empty());
    if told || !verified.strangers.is_empty() {
        text.push('\n');
        // Paths are for copying: they stand unbroken, whatever the width of the page.
        text.push_str(&table(verified).set(Page { width: usize::MAX, ..page }));
    }
    text
}

fn table(verified: &Verified) -> Table {
    let mut table = Table::new(&[("Result", Align::Word), ("File", Align::Word), ("What", Align::Text)]);
    for problem in &verified.problems {
        table.row(["not intact", &problem.file, &problem.what]);
    }
    for problem in &verified.cannot_tell {
        table.row(["cannot tell", &problem.file, &problem.what]);
    }
    for remark in &verified.remarks {
        table.row(["edited", &remark.file, &remark.what]);
    }
    for file in &verified.strangers {
        table.row(["no part", file, "not part of the case; nothing uses it"]);
    }
    table
}

/// The result, as JSON.
#[derive(Debug, Serialize)]
struct VerifiedV1<'a> {
    schema: &'static str,
    result: &'static str,
    objects: u64,
    ledger_entries: u64,
    events: u64,
    problems: Vec<ProblemV1<'a>>,
    cannot_tell: Vec<ProblemV1<'a>>,
    remarks: Vec<ProblemV1<'a>>,
    strangers: &'a [String],
}

#[derive(Debug, Serialize)]
struct ProblemV1<'a> {
    file: &'a str,
    what: &'a str,
}

impl<'a> VerifiedV1<'a> {
    fn of(verified: &'a Verified, word: &str) -> Self {
        let problems = |list: &'a [Problem]| list.iter().map(|problem| ProblemV1 { file: &problem.file, what: &problem.what }).collect();
        Self {
            schema: "waxseal.verify/v1",
            result: match word {
                "intact" => "intact",
                "NOT INTACT" => "not_intact",
                _ => "cannot_tell",
            },
            objects: verified.objects,
            ledger_entries: verified.ledger_entries,
            events: verified.events,
            problems: problems(&verified.problems),
            cannot_tell: problems(&verified.cannot_tell),
            remarks: problems(&verified.remarks),
            strangers: &verified.strangers,
        }
    }
}
