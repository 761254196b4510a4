//! `detect`: the second step of a hunt alone.

use waxseal_case::{Case, DetectRequest};

use crate::args::{CaseArgs, DetectArgs, FailArgs, FormatArgs, ResourceArgs};
use crate::commands::report::write_answer;
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;
use crate::progress::Meter;

/// Run the detections over what the case holds
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run only these detections [default: all]
    #[arg(value_name = "ID")]
    only: Vec<String>,
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    detect: DetectArgs,
    #[command(flatten)]
    fail: FailArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let declared = args.detect.declared()?;
    let meter = Meter::start(out);
    let mut case = Case::open(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let request = DetectRequest { now: args.detect.now, detections: args.detect.own.detections.clone(), only: args.only.clone(), declared };
    let detected = case.detect(&request, &meter)?;
    let answer = case.answer()?;
    let work = meter.finish();
    write_answer(&answer, args.format.format, out)?;
    out.say(&if detected { work } else { "nothing new: the same detections ran over the same events before".to_owned() });
    Ok(Exit::of(&answer.account, &answer.findings, args.fail.fail_level, args.fail.strict))
}
