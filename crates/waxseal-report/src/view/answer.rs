//! The answer: what was found, in one sentence, with nothing in it that the logs do not allow.

use std::collections::BTreeSet;

use waxseal_model::{Account, Finding, Severity, Verdict};

use crate::facts::Facts;
use crate::view::gaps::problems;
use crate::words::Words;

/// The findings and what is incomplete, in one sentence.
pub(crate) fn answer(facts: &Facts<'_>, words: &Words) -> String {
    let problems = problems(facts.account, words);
    let found = found(facts, words);
    if problems.is_empty() {
        return words.tell("answer", [("found", found.into())]);
    }
    words.tell("answer-incomplete", [("found", found.into()), ("problems", words.listed(&problems).into())])
}

fn found(facts: &Facts<'_>, words: &Words) -> String {
    if facts.findings.is_empty() {
        return words.say(lacking(facts.account).unwrap_or("answer-nothing-found"));
    }
    let tenants: BTreeSet<_> = facts.findings.iter().map(|finding| &finding.tenant).collect();
    let levels: Vec<_> = severities(facts.findings)
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(severity, n)| words.tell("answer-level", [("n", n.into()), ("severity", words.severity(severity).into())]))
        .collect();
    let findings = words.tell("count-findings", [("n", facts.findings.len().into())]);
    let tenants = words.tell("count-tenants", [("n", tenants.len().into())]);
    words.tell("answer-found", [("findings", findings.into()), ("tenants", tenants.into()), ("levels", words.in_a_row(&levels).into())])
}

/// Why nothing can be said at all, if that is so.
pub(crate) fn lacking(account: &Account) -> Option<&'static str> {
    if account.total(|file| file.read + file.duplicates) == 0 {
        return Some("answer-nothing-read");
    }
    match account.detections_run {
        0 if account.unsearched_files > 0 => Some("answer-never-ran"),
        0 => Some("answer-nothing-ran"),
        _ => None,
    }
}

/// How many findings there are of each severity, the gravest first.
pub(crate) fn severities(findings: &[Finding]) -> Vec<(Severity, u64)> {
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    Severity::ALL.iter().rev().map(|severity| (*severity, of(*severity))).collect()
}

/// How many findings there are of each verdict word.
pub(crate) fn verdicts(findings: &[Finding], words: &Words) -> Option<String> {
    const WORDS: [Verdict; 4] = [Verdict::RecordedAccess, Verdict::PossibleAccess, Verdict::NoRecordedAccess, Verdict::NotAssessable];
    let counts = WORDS.iter().filter_map(|word| {
        let n = findings.iter().filter(|finding| finding.verdict.starts_with(word.as_str())).count();
        let findings = words.tell("count-findings", [("n", n.into())]);
        (n > 0).then(|| words.tell("answer-verdict", [("word", words.verdict_word(*word).into()), ("findings", findings.into())]))
    });
    let counts: Vec<_> = counts.collect();
    (!counts.is_empty()).then(|| words.tell("answer-verdicts", [("verdicts", counts.join("; ").into())]))
}

/// What was read, and with what.
pub(crate) fn read(account: &Account, words: &Words) -> String {
    let first = account.files.iter().filter_map(|file| file.first_time).min();
    let last = account.files.iter().filter_map(|file| file.last_time).max();
    words.tell(
        "answer-read",
        [
            ("files", words.tell("count-files", [("n", account.files.len().into())]).into()),
            ("size", words.byte_size(account.total(|file| file.bytes)).into()),
            ("records", words.tell("count-records", [("n", account.total(|file| file.read + file.duplicates).into())]).into()),
            ("span", words.span(first, last).into()),
            ("detections", words.tell("count-detections", [("n", account.detections_run.into())]).into()),
        ],
    )
}
