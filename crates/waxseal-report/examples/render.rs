//! Renders the reports of a case again, from what stands at its top, without the query engine: for work on templates and
//! catalogues.
//!
//! `cargo run --release -p waxseal-report --example render CASE FOLDER`

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use serde::Deserialize;
use waxseal_model::{Account, Compared, CoverageMap, Finding, Incidents, Nanos, Statement};
use waxseal_report::{Facts, REPORTS};

/// What `hunt.json` holds of it.
#[derive(Deserialize)]
struct Hunt {
    case: String,
    as_of: Option<Nanos>,
    account: Account,
    findings: Vec<Finding>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(case), Some(folder)) = (arguments.next(), arguments.next()) else { return Err("name a case and a folder".into()) };
    let (case, folder) = (Path::new(&case), Path::new(&folder));
    let hunt: Hunt = serde_json::from_reader(BufReader::new(File::open(case.join("hunt.json"))?))?;
    let incidents: Option<Incidents> = optional(&case.join("incidents.json"))?;
    let coverage: CoverageMap = optional(&case.join("coverage.json"))?.unwrap_or_default();
    let facts = Facts {
        case_name: &hunt.case,
        account: &hunt.account,
        findings: &hunt.findings,
        detections: &[],
        incidents: incidents.as_ref(),
        compared: Compared::All,
        coverage: &coverage.spans,
        statements: &statements(&case.join("mailboxes.jsonl"))?,
        mailboxes: &coverage.mailboxes,
        as_of: hunt.as_of,
        version: "rendered again",
    };
    fs::create_dir_all(folder)?;
    for report in REPORTS {
        report.render(&facts, &mut File::create(folder.join(report.file_name()))?)?;
    }
    Ok(())
}

fn optional<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, Box<dyn std::error::Error>> {
    match File::open(path) {
        Ok(file) => Ok(Some(serde_json::from_reader(BufReader::new(file))?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn statements(path: &Path) -> Result<Vec<Statement>, Box<dyn std::error::Error>> {
    match File::open(path) {
        Ok(file) => BufReader::new(file).lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
