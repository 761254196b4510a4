//! The verbs, a file each.

mod completions;
mod coverage;
mod demo;
mod detect;
mod detections;
mod export;
mod formats;
mod hunt;
mod ingest;
mod inspect;
mod report;
mod scope;
mod score;
mod show;
mod simulate;
mod sql;
mod timeline;
mod verify;

use clap::{Parser, Subcommand};

use crate::args::OutputArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;

/// Finds out from audit logs whether somebody has been in an organisation's mail
///
/// Waxseal reads exported audit logs of Microsoft 365, Entra and Google Workspace, looks in them for intrusions into mailboxes, and keeps what it
/// read and found in a case: a folder that can be checked, queried and handed on. It needs no network and changes nothing
/// but the case.
#[derive(Debug, Parser)]
#[command(name = "waxseal", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

const EXAMPLES: &str = "\
Examples:
  waxseal hunt exports/                            read a folder of exports and say what is in it
  waxseal hunt audit.csv.gz signins.zip --case c1  the same, into the case c1
  waxseal inspect unknown.json                     what is this file?
  waxseal sql \"select operation, count(*) from events group by 1 order by 2 desc\"
  waxseal verify                                   is the case what it was when it was made?

Exit codes of hunt:
  0  nothing at or above --fail-level       2  could not run
  1  findings at or above --fail-level      3  ran, but bytes were rejected, truncated or unreadable";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Hunt(hunt::Args),
    Demo(demo::Args),
    Ingest(ingest::Args),
    Detect(detect::Args),
    Report(report::Args),
    Inspect(inspect::Args),
    Scope(scope::Args),
    Formats(formats::Args),
    Coverage(coverage::Args),
    Timeline(timeline::Args),
    Show(show::Args),
    Sql(sql::Args),
    Export(export::Args),
    Detections(detections::Args),
    Verify(verify::Args),
    Simulate(simulate::Args),
    Score(score::Args),
    Completions(completions::Args),
}

/// Does it.
///
/// # Errors
/// It could not run.
pub(crate) fn run(verb: &Verb, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    match verb {
        Verb::Hunt(args) => hunt::run(args, config, out),
        Verb::Ingest(args) => ingest::run(args, config, out),
        Verb::Detect(args) => detect::run(args, config, out),
        Verb::Report(args) => report::run(args, config, out),
        Verb::Inspect(args) => inspect::run(args, out),
        Verb::Scope(args) => scope::run(args, config, out),
        Verb::Formats(args) => formats::run(args, out),
        Verb::Coverage(args) => coverage::run(args, config, out),
        Verb::Timeline(args) => timeline::run(args, config, out),
        Verb::Show(args) => show::run(args, config, out),
        Verb::Sql(args) => sql::run(args, config, out),
        Verb::Export(args) => export::run(args, config, out),
        Verb::Detections(args) => detections::run(args, config, out),
        Verb::Verify(args) => verify::run(args, config, out),
        Verb::Demo(args) => demo::run(args, config, out),
        Verb::Simulate(args) => simulate::run(args, out),
        Verb::Score(args) => score::run(args, config, out),
        Verb::Completions(args) => completions::run(args, out),
    }
}
