//! `export`: everything of one kind, for other programs.

use clap::ValueEnum;
use waxseal_case::Case;
use waxseal_case::report_formats::counted;

use crate::args::{CaseArgs, Format, ResourceArgs};
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;

/// Write every event of the case, earliest first, for other programs
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  waxseal export events -t jsonl -o events.jsonl")]
pub(crate) struct Args {
    /// What to export
    #[arg(value_enum)]
    what: What,
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    /// The form of the result
    #[arg(short = 't', long = "format", value_name = "FORM", value_enum, default_value_t = Format::Jsonl, help_heading = "Output")]
    format: Format,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// The normalised records, with all their columns
    Events,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let case = Case::open_to_read(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let mut rows = 0;
    let taken = match args.what {
        What::Events => out.data(|w| {
            rows = case.export_events(args.format.table(), w)?;
            Ok(())
        })?,
    };
    if taken {
        out.say(&counted(rows, "event", "events"));
    }
    Ok(Exit::Done)
}
