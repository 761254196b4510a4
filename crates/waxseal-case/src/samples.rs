//! Trying detections on the sample records that stand beside them.

use std::path::PathBuf;

use serde::Deserialize;
use waxseal_detect::{DetectionFile, bundled_samples};
use waxseal_model::{Finding, Severity};

use crate::case::{Case, CaseError};
use crate::detect::{DetectError, DetectRequest, DetectionsError, read_files};
use crate::ingest::{IngestRequest, Input};
use crate::operator::{Operator, Progress, Silent};

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
    #[error("{0}: its first line must be {{\"sample\": {{\"about\": …, \"expect\": […]}}}}: {1}")]
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
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    detection: String,
    primary: String,
    event_count: u64,
    severity: Severity,
}

/// Tries the whole set on every sample: the bundled ones and those below the given paths, where there are any.
///
/// # Errors
/// A sample cannot be read, or a case cannot be made for it.
pub fn test_detections(extra: &[PathBuf], operator: &Operator, progress: &dyn Progress) -> Result<Vec<SampleResult>, SampleError> {
    let mut samples = bundled_samples().to_vec();
    for path in extra {
        samples.extend(read_files(path, "events.jsonl")?);
    }
    progress.step("trying samples", 0);
    samples
        .iter()
        .map(|sample| {
            progress.at(&sample.origin);
            try_sample(sample, extra, operator)
        })
        .collect()
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
    case.detect(&DetectRequest { detections: extra.to_vec(), ..DetectRequest::default() }, &Silent)?;
    let findings = case.findings()?;
    let mut problems = differences(head.sample.expect, &findings);
    let account = case.account();
    let unread = account.total(|file| file.rejected);
    if unread > 0 || account.files.iter().any(|file| file.unknown.is_some()) {
        problems.push(format!("{unread} records could not be read"));
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
