//! `hunt`: everything in one go, the main job.

use waxseal_case::{Case, IngestRequest};

use crate::args::{CaseArgs, DetectArgs, FailArgs, FormatArgs, PathArgs, ReadArgs, ResourceArgs};
use crate::commands::detect::{say_failed, say_lists};
use crate::commands::report::write_answer;
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;
use crate::progress::Meter;

/// Read logs, look for intrusions and report, in one go
///
/// Takes the logs into the case (made where there is none), runs every detection over all the case holds, and writes
/// report.html, findings.jsonl and the rest to the top of the case. The summary goes to standard output, in
/// short where it is long; with --output it goes to a file whole.
///
/// The same files given again are recognised and not read again; new files are added. A run that is interrupted leaves
/// nothing behind that counts.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    detect: DetectArgs,
    #[command(flatten)]
    fail: FailArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    format: FormatArgs,
}

const EXAMPLES: &str = "\
Examples:
  waxseal hunt exports/
  waxseal hunt audit.csv.gz signins.zip --case ministry --fail-level high
  zcat old.json.gz | waxseal hunt - --tenant 6f1b2c1e-93a2-4f3f-9f0d-5f0e5a0c7a11
  waxseal hunt exports/ -t json -o answer.json

Forms of the result: text is the summary (in short where it is long, whole with --output), json one object (waxseal.hunt/v1) with the answer, the account of what was read and the \
findings; jsonl and csv are the findings (waxseal.finding/v1).";

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let inputs = args.paths.inputs()?;
    let to_detect = args.detect.request(&[])?;
    let (threads, memory_bytes) = (args.resources.threads(), args.resources.memory);
    let dir = args.case.dir(config);
    let meter = Meter::start(out);
    let mut case = Case::open_or_create(dir, &config.operator, threads, memory_bytes)?;
    let request = IngestRequest {
        inputs,
        tenant: args.read.tenant.clone(),
        date_order: args.read.date_order(),
        keep_originals: !args.read.no_originals,
        threads,
        memory_bytes,
    };
    let added = case.ingest(&request, &meter)?;
    let detected = case.detect(&to_detect, &meter)?;
    case.report(&meter)?;
    say_lists(&case, out)?;
    let answer = case.answer()?;
    let work = meter.finish();
    write_answer(&answer, args.format.format, out)?;
    if !added && !detected {
        out.say("nothing new: the case holds these files already and the same detections ran over them");
    }
    say_failed(&answer.account, out);
    out.say(&format!("{work}; the report is {}", dir.join("report.html").display()));
    Ok(Exit::of(&answer.account, &answer.findings, args.fail.fail_level, args.fail.strict))
}
