//! `detect`: the second step of a hunt alone.

use std::time::Duration;

use waxseal_case::Case;
use waxseal_case::report_formats::{counted, grouped};
use waxseal_model::{Account, printable};

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
    /// Say what each detection took, the dearest first
    #[arg(long, help_heading = "Detecting")]
    costs: bool,
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
    let request = args.detect.request(&args.only)?;
    let meter = Meter::start(out);
    let mut case = Case::open(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let detected = case.detect(&request, &meter)?;
    say_lists(&case, out)?;
    let answer = case.answer()?;
    let work = meter.finish();
    write_answer(&answer, args.format.format, out)?;
    if args.costs {
        out.say(&costs(case.detection_costs()));
    }
    say_failed(&answer.account, out);
    out.say(&if detected { work } else { "nothing new: the same detections ran over the same events before".to_owned() });
    Ok(Exit::of(&answer.account, &answer.findings, args.fail.fail_level, args.fail.strict))
}

/// What became of the lists of indicators in the case, and which of their entries cannot be used.
pub(crate) fn say_lists(case: &Case, out: &mut Out) -> anyhow::Result<()> {
    for list in case.indicator_lists()? {
        let (used, unusable) = (list.read.indicators.len() as u64, &list.read.unusable);
        let compared = if used == 1 { "1 indicator is".to_owned() } else { format!("{} indicators are", grouped(used)) };
        let mut text = format!("{} ({}): {compared} compared with", list.name, list.read.format);
        if !unusable.is_empty() {
            text += &format!("; {} cannot be", counted(unusable.len() as u64, "entry", "entries"));
        }
        let shown = unusable.iter().take(SHOWN).map(|entry| format!("\n  {}: {}: {}", entry.place, printable(&entry.value), entry.reason));
        text.extend(shown);
        if unusable.len() > SHOWN {
            text += &format!("\n  and {} more", unusable.len() - SHOWN);
        }
        out.say(&text);
    }
    Ok(())
}

/// Which inputs could not be read, or not to their end, and why, where there are any.
pub(crate) fn say_failed(account: &Account, out: &Out) {
    let failed = account.failed.as_slice();
    if failed.is_empty() {
        return;
    }
    let mut text = format!("{} could not be read whole, or not as noted:", counted(failed.len() as u64, "input", "inputs"));
    let shown = failed.iter().take(SHOWN).map(|input| format!("\n  {}: {}", printable(&input.path), printable(&input.reason)));
    text.extend(shown);
    if failed.len() > SHOWN {
        text += &format!("\n  and {} more: see Not assessable in report.html", failed.len() - SHOWN);
    }
    out.say(&text);
}

/// That something was read after the detections last ran, where it was: nothing of it is in what they found.
pub(crate) fn say_unsearched(case: &Case, out: &Out) {
    let account = case.account();
    if account.unsearched_files > 0 {
        let files = counted(account.unsearched_files, "file", "files");
        let records = counted(account.unsearched_records, "record", "records");
        out.say(&format!("no detection has run over {files} with {records}: run `waxseal detect`"));
    }
}

/// So many unusable entries of a list, and so many inputs that could not be read, are shown one by one.
const SHOWN: usize = 20;

/// One line for each detection, table and later step, the dearest first, and the sum.
fn costs(took_ms: &[(String, u64)]) -> String {
    let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
    let mut dearest = took_ms.to_vec();
    dearest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut lines: Vec<String> = dearest.iter().map(|(id, ms)| format!("{:>8.2} s  {id}", seconds(*ms))).collect();
    let total: u64 = took_ms.iter().map(|(_, ms)| ms).sum();
    lines.push(format!("{:>8.2} s  all of it", seconds(total)));
    lines.join("\n")
}
