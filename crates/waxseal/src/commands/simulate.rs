//! `simulate`: a made-up world with intrusions in it, and the truth about them.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use waxseal_case::Progress as _;
use waxseal_case::report_formats::{byte_size, grouped};
use waxseal_simulate::{
    DEFAULT_PARAMETERS, LogTarget, Parameters, SimulateError, SimulateRequest, Simulated, kinds_with_stories, simulate,
};

use crate::exit::Exit;
use crate::out::Out;
use crate::progress::Meter;

/// Write a made-up world: ordinary life, intrusions in it, and the truth about them
///
/// FOLDER gets logs/ (what each tenant hands in, in the shapes of real exports), settings/ (mailboxes, message trace,
/// licences, audit settings, what the exports were asked for) and truth/ (every intrusion, record and message). The same
/// parameters and seed give the same bytes. Hunt FOLDER/logs, then compare with `waxseal score FOLDER`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where the world goes: a folder that is empty or not there yet
    #[arg(value_name = "FOLDER", required_unless_present_any = ["print_parameters", "list_kinds"])]
    folder: Option<PathBuf>,
    #[command(flatten)]
    world: WorldArgs,
    /// Write the logs to standard output as lines, in the order in which they become available, instead of files
    #[arg(long, help_heading = "Output")]
    lines: bool,
    /// Threads to work with [default: as many as the machine has]
    #[arg(long, value_name = "N", help_heading = "Resources")]
    threads: Option<NonZeroUsize>,
    /// Print the parameters with their defaults and sources, to copy and change
    #[arg(long, help_heading = "Instead of a world")]
    print_parameters: bool,
    /// List the kinds of intrusions
    #[arg(long, help_heading = "Instead of a world")]
    list_kinds: bool,
}

/// What the world is like.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "World")]
struct WorldArgs {
    /// Which of all such worlds
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A file of parameters that differ from the defaults
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// Organisations
    #[arg(long, value_name = "N")]
    tenants: Option<u32>,
    /// Mailboxes in each organisation
    #[arg(long, value_name = "N")]
    mailboxes: Option<u32>,
    /// Days of logs
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// The first day
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Intrusions of each kind
    #[arg(long, value_name = "N")]
    each: Option<u32>,
    /// Only this kind of intrusion; may be given again
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Let no stream and no day be missing from the exports
    #[arg(long)]
    no_losses: bool,
}

const EXAMPLES: &str = "\
Examples:
  waxseal simulate world --tenants 25 --mailboxes 200 --days 30 --seed 7
  waxseal hunt world/logs --case case && waxseal score world --case case
  waxseal simulate world --lines | waxseal ingest - --case case
  waxseal simulate --print-parameters > parameters.toml";

pub(crate) fn run(args: &Args, out: &mut Out) -> anyhow::Result<Exit> {
    if args.print_parameters {
        out.data(|w| Ok(w.write_all(DEFAULT_PARAMETERS.as_bytes())?))?;
        return Ok(Exit::Done);
    }
    if args.list_kinds {
        return list_kinds(out);
    }
    let folder = args.folder.as_deref().unwrap_or_else(|| Path::new("world"));
    let request = SimulateRequest {
        parameters: args.world.parameters()?,
        seed: args.world.seed,
        threads: args.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN),
    };
    let meter = Meter::start(out);
    let written = if args.lines { to_lines(&request, folder, &meter, out)? } else { Some(to_files(&request, folder, &meter)?) };
    let work = meter.finish();
    let Some(written) = written else { return Ok(Exit::Done) };
    out.say(&format!("{} records, {} of logs; {work}", grouped(written.records), byte_size(written.bytes)));
    let logs = folder.join("logs");
    if !args.lines {
        out.say(&format!("hunt {}, then compare with `waxseal score {}`", logs.display(), folder.display()));
    }
    Ok(Exit::Done)
}

/// Writes a world with its logs as files.
pub(crate) fn to_files(request: &SimulateRequest, folder: &Path, meter: &Meter) -> anyhow::Result<Simulated> {
    Ok(simulate(request, folder, LogTarget::Files, &mut watch(meter))?)
}

/// Tells a meter of every day that is done.
fn watch(meter: &Meter) -> impl FnMut(Simulated) + use<'_> {
    meter.step("simulate", 0);
    let mut told = 0;
    move |done| {
        meter.at(&format!("day {} of {}", done.days, done.days_total));
        meter.advanced(0, done.records - told);
        told = done.records;
    }
}

/// Nothing is returned where the reader of the lines went away: it has what it wanted.
fn to_lines(request: &SimulateRequest, folder: &Path, meter: &Meter, out: &mut Out) -> anyhow::Result<Option<Simulated>> {
    let mut written = None;
    out.data(|w| {
        written = Some(simulate(request, folder, LogTarget::Lines(w), &mut watch(meter)).map_err(|error| match error {
            // As the writer has it, so that a reader that went away is known for what it is.
            SimulateError::Lines(error) => anyhow::Error::from(error),
            other => other.into(),
        })?);
        Ok(())
    })?;
    Ok(written)
}

impl WorldArgs {
    /// File, then flags over it.
    fn parameters(&self) -> anyhow::Result<Parameters> {
        let text = match &self.parameters {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?,
        };
        let mut parameters = Parameters::from_toml(&text)?;
        let size = &mut parameters.size;
        size.tenants = self.tenants.unwrap_or(size.tenants);
        size.mailboxes = self.mailboxes.unwrap_or(size.mailboxes);
        size.days = self.days.unwrap_or(size.days);
        size.start = self.start.clone().unwrap_or_else(|| size.start.clone());
        parameters.intrusions.each = self.each.unwrap_or(parameters.intrusions.each);
        if !self.kind.is_empty() {
            parameters.intrusions.kinds.clone_from(&self.kind);
        }
        if self.no_losses {
            parameters.losses.stream = 0.0;
            parameters.losses.day = 0.0;
        }
        Ok(parameters)
    }
}

fn list_kinds(out: &mut Out) -> anyhow::Result<Exit> {
    let kinds: Vec<_> = kinds_with_stories().collect();
    let width = kinds.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    out.data(|w| {
        for (name, story) in &kinds {
            writeln!(w, "{name:width$}  {story}")?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}
