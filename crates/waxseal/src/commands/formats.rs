//! `formats`: what can be read, and how to export it.

use serde::Serialize;
use waxseal_case::report_formats::Align;
use waxseal_case::{FormatInfo, formats};

use crate::args::FormatArgs;
use crate::exit::Exit;
use crate::listing::{self, Listed};
use crate::out::Out;

/// List the formats that are read, or show how one is exported and what becomes of it
///
/// Which file has which format is told by what its records look like, not by its name. Archives, compression, encodings and
/// what log forwarders put around records are taken off first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show the page of this format instead
    #[arg(value_name = "FORMAT")]
    id: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> anyhow::Result<Exit> {
    let all = formats();
    let Some(id) = &args.id else {
        let rows: Vec<Row> = all.iter().map(Row::of).collect();
        listing::write(&rows, args.format.format, out)?;
        return Ok(Exit::Done);
    };
    let Some(format) = all.iter().find(|format| format.id == id) else {
        let ids: Vec<&str> = all.iter().map(|format| format.id).collect();
        anyhow::bail!("there is no format {id:?}; there are {}", ids.join(", "));
    };
    out.data(|w| Ok(w.write_all(format.page.as_bytes())?))?;
    Ok(Exit::Done)
}

/// A format in the list.
#[derive(Serialize)]
struct Row {
    schema: &'static str,
    format: &'static str,
    title: &'static str,
}

impl Row {
    fn of(format: &FormatInfo) -> Self {
        Self { schema: "waxseal.format/v1", format: format.id, title: format.title }
    }
}

impl Listed for Row {
    const COLUMNS: &'static [(&'static str, Align)] = &[("Format", Align::Word), ("What it is", Align::Text)];

    const SHEET: &'static [&'static str] = &["format", "title"];

    fn cells(&self) -> Vec<String> {
        self.sheet()
    }

    fn sheet(&self) -> Vec<String> {
        vec![self.format.to_owned(), self.title.to_owned()]
    }
}
