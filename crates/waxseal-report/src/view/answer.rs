//! The answer: what was found, in one sentence, with nothing in it that the logs do not allow.

use std::collections::BTreeSet;

use waxseal_model::{Account, Finding, Severity, Verdict};

use crate::facts::Facts;
use crate::view::gaps::problems;
use crate::wording::{byte_size, counted, listed, span};

/// The first sentence of every report.
pub(crate) fn answer(facts: &Facts<'_>) -> String {
    let mut parts = vec![found(facts)];
    let problems = problems(facts.account);
    if !problems.is_empty() {
        parts.push(listed(&problems));
    }
    format!("{}.", parts.join("; "))
}

fn found(facts: &Facts<'_>) -> String {
    let account = facts.account;
    if !facts.findings.is_empty() {
        let tenants: BTreeSet<_> = facts.findings.iter().map(|finding| &finding.tenant).collect();
        let levels: Vec<_> = severities(facts.findings)
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(severity, n)| format!("{} {severity}", crate::wording::grouped(n)))
            .collect();
        let findings = counted(facts.findings.len() as u64, "finding", "findings");
        return format!("{findings} in {}: {}", counted(tenants.len() as u64, "tenant", "tenants"), levels.join(", "));
    }
    if account.total(|file| file.read + file.duplicates) == 0 {
        return "Not assessable: no record was read".to_owned();
    }
    if account.detections_run == 0 {
        return "Not assessable: no detection could run on what was read".to_owned();
    }
    "No finding within what was read; this is not a statement that no mail was accessed".to_owned()
}

/// How many findings there are of each severity, the gravest first.
pub(crate) fn severities(findings: &[Finding]) -> Vec<(Severity, u64)> {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    Severity::ALL.iter().rev().map(|severity| (*severity, of(*severity))).collect()
}

/// How many findings there are of each verdict word.
pub(crate) fn verdicts(findings: &[Finding]) -> Option<String> {
    const WORDS: [Verdict; 4] = [Verdict::RecordedAccess, Verdict::PossibleAccess, Verdict::NoRecordedAccess, Verdict::NotAssessable];
    let counts = WORDS.iter().filter_map(|word| {
        let n = findings.iter().filter(|finding| finding.verdict.starts_with(word.as_str())).count() as u64;
        (n > 0).then(|| format!("{} in {}", word.as_str(), counted(n, "finding", "findings")))
    });
    let counts: Vec<_> = counts.collect();
    (!counts.is_empty()).then(|| format!("Access to mail: {}.", counts.join("; ")))
}

/// What was read, and with what.
pub(crate) fn read(account: &Account) -> String {
    let files = counted(account.files.len() as u64, "file", "files");
    let bytes = byte_size(account.total(|file| file.bytes));
    let records = counted(account.total(|file| file.rows), "record", "records");
    let first = account.files.iter().filter_map(|file| file.first_time).min();
    let last = account.files.iter().filter_map(|file| file.last_time).max();
    let ran = counted(account.detections_run, "detection", "detections");
    format!("Read: {files} ({bytes}) with {records}, {}; {ran} ran.", span(first, last))
}
