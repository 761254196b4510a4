//! What incomplete logs allow to be concluded.

use std::collections::BTreeSet;

use waxseal_model::{Confidence, Coverage, CoverageMap, CoverageSpan, DetectionMeta, Finding, Nanos, Severity, coverage_reason};

/// Gives a finding its coverage, and lowers severity and confidence where its conclusion rests on logs that are not complete.
///
/// `judged` is the span that the logs would have to cover; that of the records where the query names no other. High takes
/// full coverage, medium partial; below that nothing is more than low.
pub(crate) fn under_ceiling(mut finding: Finding, meta: &DetectionMeta, coverage: &CoverageMap, judged: Option<(Nanos, Nanos)>) -> Finding {
    let span = judged.or_else(|| finding.first_time.zip(finding.last_time));
    let Some(span) = span else { return finding };
    if meta.complete.is_empty() {
        finding.coverage = of_any(&finding, meta, coverage, span);
        return finding;
    }
    let (state, lacking) = coverage.over(&finding.tenant, &meta.complete, &finding.mailboxes, span);
    finding.coverage = state;
    let (severity, confidence) = match state {
        Coverage::Full => return finding,
        Coverage::Partial => (Severity::Medium, Confidence::Medium),
        Coverage::None | Coverage::Unknown => (Severity::Low, Confidence::Low),
    };
    finding.severity = finding.severity.min(severity);
    finding.confidence = finding.confidence.min(confidence);
    finding.cannot_exclude.extend(doubts(&lacking));
    finding
}

/// Records that are there need no completeness: the best of the classes that a detection can run on.
fn of_any(finding: &Finding, meta: &DetectionMeta, coverage: &CoverageMap, span: (Nanos, Nanos)) -> Coverage {
    let full = |class: &String| coverage.over(&finding.tenant, std::slice::from_ref(class), &finding.mailboxes, span).0 == Coverage::Full;
    if meta.needs.iter().any(full) { Coverage::Full } else { Coverage::Partial }
}

/// What is lacking, each class and reason once.
fn doubts(lacking: &[&CoverageSpan]) -> BTreeSet<String> {
    let sentence = |span: &&CoverageSpan| format!("that {} is incomplete then: {}", span.class, coverage_reason(&span.reason));
    lacking.iter().map(sentence).collect()
}
