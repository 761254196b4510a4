//! `score`: how well a case tells what truly happened in a made-up world.

use std::path::PathBuf;

use clap::ValueEnum;
use waxseal_model::Severity;
use waxseal_simulate::score;

use crate::args::CaseArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::listing;
use crate::out::Out;

/// Compare a case with the truth of the made-up world that it was made from
///
/// Says which intrusions were found and how soon, how many findings and incidents are false, and whether mailboxes, bounds
/// and dwell times are right. A finding counts only if at least half of the records it cites are of one intrusion.
/// Exits 0 where it was scored, 2 where it could not be.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder that `waxseal simulate` wrote, or the folder truth in it
    #[arg(value_name = "TRUTH")]
    truth: PathBuf,
    #[command(flatten)]
    case: CaseArgs,
    /// An intrusion is found by findings of at least this severity
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Floor::Low, help_heading = "Scoring")]
    floor: Floor,
    /// The form of the result
    #[arg(short = 't', long = "format", value_name = "FORM", value_enum, default_value_t = ScoreFormat::Text, help_heading = "Output")]
    format: ScoreFormat,
}

/// The severities from which on an intrusion can be said to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Floor {
    /// Low, medium, high or critical
    Low,
    /// Medium, high or critical
    Medium,
    /// High or critical
    High,
}

impl Floor {
    fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
        }
    }
}

/// The forms a score can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScoreFormat {
    /// For reading: tables that line up
    Text,
    /// The whole score as one object (waxseal.score/v1)
    Json,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let scored = score(&args.truth, args.case.dir(config), args.floor.severity())?;
    out.data(|w| match args.format {
        ScoreFormat::Text => Ok(w.write_all(scored.text().as_bytes())?),
        ScoreFormat::Json => listing::json(&scored, w),
    })?;
    Ok(Exit::Done)
}
