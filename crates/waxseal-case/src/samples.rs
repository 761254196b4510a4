//! Trying detections on the sample records that stand beside them.

use std::path::PathBuf;

use serde::Deserialize;
use waxseal_detect::{DetectionFile, DetectionSet, bundled_samples, lint};
use waxseal_model::{Finding, Severity};

use crate::case::{Case, CaseError};
use crate::detect::{DetectError, DetectRequest, DetectionsError, own_files, read_files};
use crate::ingest::{IngestRequest, Input};
use crate::operator::{Operator, Progress, Silent};
use waxseal_coverage::{Declaration, Declarations};

/// What came of one sample.
#[derive(Debug, Clone)]
pub struct SampleResult {
    /// The sample's file.
    pub sample: String,
    /// Where the findings differ from those that the sample expects; none where all is well.
    pub problems: Vec<String>,
    /// Findings, in all.
    pub findings: usize,
}

/// Why a sample could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Whose fault: the sample's author.
    #[error(
        "{0}: its first line must be {{\"sample\": {{\"about\": …, \"expect\": [{{\"detection\": …, \"primary\": …, \"event_count\": 1, \"severity\": …}}]}}}}: {1}"
    )]
    Head(String, String),
    /// Whose fault: the environment's.
    #[error("failed to make a temporary case: {0}")]
    Folder(#[from] std::io::Error),
    /// See [`CaseError`].
    #[error(transparent)]
    Case(#[from] CaseError),
    /// See [`DetectError`].
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// See [`DetectionsError`].
    #[error(transparent)]
    Detections(#[from] DetectionsError),
}

/// The first line of a sample.
#[derive(Debug, Deserialize)]
struct Head {
    sample: Sample,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    /// What the records show, for people.
    #[serde(rename = "about")]
    _about: String,
    /// Every finding of the whole set on these records.
    expect: Vec<Expected>,
    /// What is declared to be exported: `CLASS=FROM..TO`.
    #[serde(default)]
    covers: Vec<String>,
    /// Indicators to compare with.
    #[serde(default)]
    indicators: Vec<serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    detection: String,
    primary: String,
    event_count: u64,
    severity: Severity,
}

/// Checks the given detections, then tries the whole set on every sample: the bundled ones and those below the given paths.
///
/// # Errors
/// A sample cannot be read, or a case cannot be made for it.
pub fn test_detections(extra: &[PathBuf], operator: &Operator, progress: &dyn Progress) -> Result<Vec<SampleResult>, SampleError> {
    let mut samples = Vec::new();
    for path in extra {
        samples.extend(read_files(path, "events.jsonl")?);
    }
    let mut results = check_own(extra, &samples)?;
    samples.retain(|sample| !bundled_samples().iter().any(|known| known.text == sample.text));
    progress.step("trying samples", 0);
    for sample in bundled_samples().iter().chain(&samples) {
        progress.at(&sample.origin);
        results.push(try_sample(sample, extra, operator)?);
    }
    Ok(results)
}

/// What can be said of one's own detections without a record, and which of them have no sample.
fn check_own(extra: &[PathBuf], samples: &[DetectionFile]) -> Result<Vec<SampleResult>, SampleError> {
    let files = own_files(extra)?;
    let has_sample =
        |file: &DetectionFile| samples.iter().any(|s| s.origin.strip_suffix(".events.jsonl") == file.origin.strip_suffix(".sql"));
    let lacking = files.iter().filter(|file| !has_sample(file)).map(|file| {
        let beside = file.origin.replace(".sql", ".events.jsonl");
        (file.origin.clone(), format!("has no sample: put {beside} beside it"))
    });
    let mut problems: Vec<(String, String)> = lacking.collect();
    let set = DetectionSet::load(files).map_err(DetectionsError::from)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    problems.extend(runtime.block_on(lint(&set)).into_iter().map(|found| (found.origin, found.problem)));
    let empty = !extra.is_empty() && samples.is_empty() && problems.is_empty() && set.is_empty();
    if empty {
        problems.push((extra[0].display().to_string(), "no detection (*.sql) below it".to_owned()));
    }
    Ok(problems.into_iter().map(|(sample, problem)| SampleResult { sample, problems: vec![problem], findings: 0 }).collect())
}

fn try_sample(sample: &DetectionFile, extra: &[PathBuf], operator: &Operator) -> Result<SampleResult, SampleError> {
    let (first, records) = sample.text.split_once('\n').unwrap_or((&sample.text, ""));
    let head: Head = serde_json::from_str(first).map_err(|e| SampleError::Head(sample.origin.clone(), e.to_string()))?;
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("records.jsonl");
    std::fs::write(&input, records)?;
    let mut case = Case::open_or_create(&folder.path().join("case"), operator, 2, 256 << 20)?;
    let request = IngestRequest {
        inputs: vec![Input::Path(input)],
        tenant: None,
        date_order: None,
        keep_originals: false,
        threads: 1,
        memory_bytes: 256 << 20,
    };
    case.ingest(&request, &Silent)?;
    let covers = head.sample.covers.iter().map(|text| Declaration::parse(text)).collect::<Result<_, _>>();
    let covers = covers.map_err(|e| SampleError::Head(sample.origin.clone(), e.to_string()))?;
    let declared = Declarations { covers, lacks: Vec::new() };
    let mut indicators = Vec::new();
    if !head.sample.indicators.is_empty() {
        let list = folder.path().join("indicators.json");
        std::fs::write(&list, serde_json::Value::Array(head.sample.indicators).to_string())?;
        indicators.push(list);
    }
    let request = DetectRequest { detections: extra.to_vec(), indicators, declared, ..DetectRequest::default() };
    case.detect(&request, &Silent)?;
    let findings = case.findings()?;
    let mut problems = differences(head.sample.expect, &findings);
    let account = case.account();
    let failed = account.not_run.iter().filter(|lack| lack.reason.contains("query failed"));
    problems.extend(failed.map(|lack| format!("{}: {}", lack.detection, lack.reason)));
    let unread = account.total(|file| file.rejected);
    if unread > 0 || account.files.iter().any(|file| file.unknown.is_some()) {
        problems.push(format!("records of it could not be read: {unread}; `waxseal inspect` on a copy without the first line says why"));
    }
    Ok(SampleResult { sample: sample.origin.clone(), problems, findings: findings.len() })
}

fn differences(mut expected: Vec<Expected>, findings: &[Finding]) -> Vec<String> {
    let found = |f: &Finding| Expected {
        detection: f.detection.clone(),
        primary: f.event_ids.first().cloned().unwrap_or_default(),
        event_count: f.event_count,
        severity: f.severity,
    };
    let mut problems = Vec::new();
    for finding in findings.iter().map(found) {
        match expected.iter().position(|e| *e == finding) {
            Some(i) => drop(expected.swap_remove(i)),
            None => problems.push(format!("not expected: {}", told(&finding))),
        }
    }
    expected.sort();
    problems.extend(expected.iter().map(|missing| format!("missing: {}", told(missing))));
    problems
}

fn told(e: &Expected) -> String {
    format!("{} ({}) on {} records, first {}", e.detection, e.severity, e.event_count, e.primary)
}
