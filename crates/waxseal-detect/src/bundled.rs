//! The detections and samples that are compiled in.

use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// One text file of a detections folder, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectionFile {
    /// Its path; the part below `detections/`, or all of it where there is no such folder, gives the id.
    pub origin: String,
    /// What it says.
    pub text: String,
}

/// Every `detections/**/*.sql`, sorted by path.
#[must_use]
pub fn bundled_detections() -> Vec<DetectionFile> {
    files(DETECTIONS)
}

/// Every `detections/**/*.events.jsonl`, sorted by path: provider records with the findings that the whole set gives on them.
#[must_use]
pub fn bundled_samples() -> &'static [DetectionFile] {
    static FILES: LazyLock<Vec<DetectionFile>> = LazyLock::new(|| files(SAMPLES));
    &FILES
}

fn files(table: &[(&str, &str)]) -> Vec<DetectionFile> {
    table.iter().map(|(origin, text)| DetectionFile { origin: (*origin).to_owned(), text: (*text).to_owned() }).collect()
}
