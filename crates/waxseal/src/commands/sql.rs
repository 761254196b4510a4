//! `sql`: questions of one's own.

use std::io::Read as _;

use anyhow::Context as _;
use waxseal_case::report_formats::counted;
use waxseal_case::{Case, ExportError};

use crate::args::{CaseArgs, FormatArgs, ResourceArgs};
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;

/// Ask the case a question in SQL
///
/// The table is `events`, one row for every record; `sightings` has one for every further copy of a record, with the file
/// it stands in. Only questions are
/// answered: nothing can be changed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The query; - reads it from standard input
    query: String,
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    format: FormatArgs,
}

const EXAMPLES: &str = "\
Examples:
  waxseal sql \"select operation, count(*) as n from events group by operation order by n desc limit 20\"
  waxseal sql \"select time, actor, client_ip from events where operation = 'New-InboxRule'\" -t csv -o rules.csv
  waxseal sql \"describe events\"";

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let query = query(&args.query)?;
    let case = Case::open_to_read(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let mut rows = 0;
    let taken = out.data(|w| {
        rows = case.sql(&query, args.format.format.table(), w).map_err(|error| failed(&error))?;
        Ok(())
    })?;
    if taken {
        out.say(&counted(rows, "row", "rows"));
    }
    Ok(Exit::Done)
}

/// The error's text holds its causes already.
fn failed(error: &ExportError) -> anyhow::Error {
    anyhow::anyhow!("the query failed: {error}; for the columns, see `waxseal sql \"describe events\"`")
}

fn query(given: &str) -> anyhow::Result<String> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut query = String::new();
    std::io::stdin().read_to_string(&mut query).context("failed to read the query from standard input")?;
    Ok(query)
}
