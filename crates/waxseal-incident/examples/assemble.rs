//! Reads `findings.jsonl`, writes `incidents.json`.
//!
//! `assemble FINDINGS INCIDENTS [RANGES.csv] [APPS.csv] [COVERAGE.json]`: ranges have a network in their first column, applications an id.

use std::error::Error;
use std::fs;
use std::time::Instant;

use waxseal_incident::{AddressRange, Known, Logs, assemble};
use waxseal_model::{CoverageMap, Finding, Nanos};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [findings, incidents, rest @ ..] = arguments.as_slice() else { return Err("assemble FINDINGS INCIDENTS …".into()) };
    let lines = fs::read_to_string(findings)?;
    let findings: Vec<Finding> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let column = |path: &String| -> Result<Vec<String>, std::io::Error> {
        Ok(fs::read_to_string(path)?.lines().skip(1).filter_map(|line| line.split(',').next()).map(str::to_lowercase).collect())
    };
    let mut known = Known::default();
    if let Some(ranges) = rest.first() {
        known.provider_ranges = column(ranges)?.iter().filter_map(|network| AddressRange::parse(network)).collect();
    }
    if let Some(apps) = rest.get(1) {
        known.provider_apps = column(apps)?.into_iter().collect();
    }
    let mut now = findings.iter().filter_map(|finding| finding.last_time).max().unwrap_or(Nanos(0));
    if let Some(coverage) = rest.get(2) {
        let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(coverage)?)?;
        now = serde_json::from_value::<Option<Nanos>>(json["as_of"].clone())?.unwrap_or(now);
        let map: CoverageMap = serde_json::from_value(json)?;
        for span in map.spans.iter().filter(|span| span.records > 0) {
            let logs = known.logs.entry(span.tenant.clone()).or_insert(Logs { first: span.from, last: span.to });
            logs.first = logs.first.min(span.from);
            logs.last = logs.last.max(span.to).min(now);
        }
    }
    let started = Instant::now();
    let assembled = assemble(&findings, &known, now);
    let elapsed = started.elapsed();
    fs::write(incidents, serde_json::to_string_pretty(&assembled)?)?;
    #[expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]
    {
        println!(
            "{} findings, {} incidents, {} campaigns, {elapsed:?}",
            findings.len(),
            assembled.incidents.len(),
            assembled.campaigns.len()
        );
    }
    Ok(())
}
