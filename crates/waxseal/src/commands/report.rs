//! `report`: the last step of a hunt alone.

use anyhow::Context as _;
use clap::ValueEnum;
use waxseal_case::report_formats::{Report as _, Text, report};
use waxseal_case::{Answer, Case};

use crate::args::{CaseArgs, FailArgs, Format, ResourceArgs};
use crate::commands::detect::say_failed;
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;
use crate::progress::Meter;

/// Report what the case holds and what was found in it
///
/// Writes report.html, findings.jsonl and the rest to the top of the case, and one of them to standard output: the summary in short
/// where it is long, unless --output names a file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    fail: FailArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    /// The form of the result
    #[arg(short = 't', long = "format", value_name = "FORM", value_enum, default_value_t = ReportFormat::Text, help_heading = "Output")]
    format: ReportFormat,
}

/// The forms a report can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// The summary
    Text,
    /// The page for people: prints well, loads nothing
    Html,
    /// The findings, for a spreadsheet
    Csv,
    /// The whole answer as one object (waxseal.hunt/v1)
    Json,
    /// The findings, one a line (waxseal.finding/v1)
    Jsonl,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let meter = Meter::start(out);
    let dir = args.case.dir(config);
    let mut case = Case::open(dir, &config.operator, args.resources.threads(), args.resources.memory)?;
    case.report(&meter)?;
    let answer = case.answer()?;
    meter.finish();
    match args.format {
        ReportFormat::Text => write_answer(&answer, Format::Text, out)?,
        ReportFormat::Csv => write_answer(&answer, Format::Csv, out)?,
        ReportFormat::Json => write_answer(&answer, Format::Json, out)?,
        ReportFormat::Jsonl => write_answer(&answer, Format::Jsonl, out)?,
        ReportFormat::Html => write_report("html", &answer, out)?,
    }
    say_failed(&answer.account, out);
    out.say(&format!("the report is {}", dir.join("report.html").display()));
    Ok(Exit::of(&answer.account, &answer.findings, args.fail.fail_level, args.fail.strict))
}

/// Writes what a case says in the form that is asked for. Of a long summary a terminal gets the gravest, a file all.
///
/// # Errors
/// The output cannot be written.
pub(crate) fn write_answer(answer: &Answer, format: Format, out: &mut Out) -> anyhow::Result<()> {
    match format {
        Format::Text if out.is_file() => write_summary(Text::on(out.page()), answer, out),
        Format::Text => write_summary(Text::on(out.page()).shortened(), answer, out),
        _ => write_report(format.report(), answer, out),
    }
}

fn write_summary(summary: Text, answer: &Answer, out: &mut Out) -> anyhow::Result<()> {
    out.data(|w| Ok(summary.render(&answer.facts(), w)?))?;
    Ok(())
}

fn write_report(id: &str, answer: &Answer, out: &mut Out) -> anyhow::Result<()> {
    let report = report(id).with_context(|| format!("there is no report {id:?}"))?;
    out.data(|w| Ok(report.render(&answer.facts(), w)?))?;
    Ok(())
}
