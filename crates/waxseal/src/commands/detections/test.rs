//! `detections test`.

use std::path::PathBuf;

use serde::Serialize;
use waxseal_case::report_formats::{Align, counted, grouped};
use waxseal_case::{SampleResult, test_detections};

use crate::args::FormatArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::listing::{self, Listed};
use crate::out::Out;
use crate::progress::Meter;

/// Run the detections over their samples and compare with what these expect
///
/// A sample stands beside its detection as NAME.events.jsonl: a first line that says what is expected, then records as the
/// provider writes them. Exits 1 where a sample is not as expected.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files or folders of detections and samples of one's own, beside the bundled ones
    #[arg(long = "detections", value_name = "DIR")]
    own: Vec<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let meter = Meter::start(out);
    let results = test_detections(&args.own, &config.operator, &meter)?;
    meter.finish();
    let results: Vec<_> = results.iter().map(SampleV1::of).collect();
    listing::write(&results, args.format.format, out)?;
    let failed = results.iter().filter(|result| !result.as_expected).count() as u64;
    let samples = counted(results.len() as u64, "sample", "samples");
    out.say(&format!("{samples}, {} not as expected", grouped(failed)));
    Ok(if failed == 0 { Exit::Done } else { Exit::Found })
}

/// One sample, as JSON.
#[derive(Debug, Serialize)]
struct SampleV1<'a> {
    schema: &'static str,
    sample: &'a str,
    as_expected: bool,
    findings: usize,
    problems: &'a [String],
}

impl<'a> SampleV1<'a> {
    fn of(result: &'a SampleResult) -> Self {
        Self {
            schema: "waxseal.sample/v1",
            sample: &result.sample,
            as_expected: result.problems.is_empty(),
            findings: result.findings,
            problems: &result.problems,
        }
    }
}

impl Listed for SampleV1<'_> {
    const COLUMNS: &'static [(&'static str, Align)] = &[("Result", Align::Word), ("Findings", Align::Number), ("Sample", Align::Text)];

    const SHEET: &'static [&'static str] = &["sample", "as_expected", "findings", "problems"];

    fn cells(&self) -> Vec<String> {
        let result = if self.as_expected { "ok" } else { "NOT OK" };
        vec![result.to_owned(), grouped(self.findings as u64), self.sample.to_owned()]
    }

    fn sheet(&self) -> Vec<String> {
        vec![self.sample.to_owned(), self.as_expected.to_string(), self.findings.to_string(), self.problems.join("; ")]
    }

    fn notes(&self) -> Vec<String> {
        self.problems.to_vec()
    }
}
