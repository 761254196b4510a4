//! `demo`: a small made-up world, hunted, with the truth beside the answer.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use waxseal_case::{Case, Declarations, DetectRequest, IngestRequest, Input};
use waxseal_model::Severity;
use waxseal_simulate::{Parameters, SimulateRequest, score};

use crate::args::Format;
use crate::commands::report::write_answer;
use crate::commands::simulate::to_files;
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;
use crate::progress::Meter;

/// Make up a small world with two intrusions, hunt it, and say what was found and what was there
///
/// Three organisations live through four weeks. An intruder with forged tokens is in mailboxes of two of them; another
/// guesses a password in the third, whose non-interactive sign-ins nobody exported. FOLDER gets the world and the case.
/// Another --seed makes up another world in which the same happens.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where world and case go: a folder that is empty or not there yet
    #[arg(value_name = "FOLDER", default_value = "waxseal-demo")]
    folder: PathBuf,
    /// Which of all such worlds
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// What the demo's world differs in from an ordinary one: the two intrusions, and what is missing.
const PARAMETERS: &str = include_str!("demo.toml");

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let (world, dir) = (args.folder.join("world"), args.folder.join("case"));
    let meter = Meter::start(out);
    let request = SimulateRequest { parameters: Parameters::from_toml(PARAMETERS)?, seed: args.seed, threads };
    to_files(&request, &world, &meter)?;
    drop(meter);
    let meter = Meter::start(out);
    let memory_bytes = 1 << 30;
    let mut case = Case::open_or_create(&dir, &config.operator, threads.get(), memory_bytes)?;
    let ingest = IngestRequest {
        inputs: vec![Input::Path(world.join("logs"))],
        tenant: None,
        date_order: None,
        keep_originals: true,
        threads: threads.get(),
        memory_bytes,
    };
    case.ingest(&ingest, &meter)?;
    let declared = Declarations::from_toml(&std::fs::read_to_string(world.join("settings/coverage.toml"))?)?;
    case.detect(&DetectRequest { declared, ..DetectRequest::default() }, &meter)?;
    case.report(&meter)?;
    let answer = case.answer()?;
    let work = meter.finish();
    write_answer(&answer, Format::Text, out)?;
    let scored = score(&world, &dir, Severity::Low)?;
    out.say(&scored.in_a_sentence());
    out.say(&format!("{work}; the report is {}", dir.join("report.html").display()));
    out.say(&format!("what was there: `waxseal score {} --case {}`", world.display(), dir.display()));
    Ok(Exit::Done)
}
