//! How the answer was worked out, and where its reach ends. The words are part of correctness: see the glossary.

use waxseal_model::{CASE_LAYOUT, EVENT_SCHEMA, MAX_CITED_EVENTS};

use crate::facts::Facts;
use crate::wording::{counted, grouped, moment};

/// A lead and a passage each.
pub(crate) fn method(facts: &Facts<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("Access, not reading", ACCESS.to_owned()),
        ("Four words", WORDS.to_owned()),
        ("Two scales", SCALES.to_owned()),
        ("Records", records()),
        ("Counts", COUNTS.to_owned()),
        ("Times", times(facts)),
        ("Limits", LIMITS.to_owned()),
        ("Originals", originals(facts.account.originals_kept)),
        ("Made by", made_by(facts)),
    ]
}

const ACCESS: &str = "An audit record shows that an item was accessed, never that somebody read it.";

const WORDS: &str = "Of access to mail this report says only: recorded access (a record of it exists); possible access (it was made possible, \
    or is recorded but cannot be told apart from ordinary use); no recorded access within coverage (the logs were complete and hold no \
    record of it); not assessable (the logs do not allow a statement).";

const SCALES: &str = "Severity says how much harm a finding would mean if it is what it looks like; confidence says how sure the evidence makes \
    us that it is. The two are never folded into one.";

const COUNTS: &str = "Every record found in a file is counted once: as kept, as a further copy of a record already kept, or as rejected. Truncated \
    records are among the first two.";

const LIMITS: &str = "A finding points to records that somebody should look at; it is not proof of an intrusion. Audit logs can be late, incomplete or \
    switched off, and each keeps only what its licence and settings allow. Where there is no finding, that is a statement about the records \
    that were read and about nothing else.";

fn records() -> String {
    format!(
        "A finding cites the provider's own record ids, so that it can be checked in the provider's logs without this program. findings.jsonl \
         holds up to {} ids of each; this page shows the first.",
        grouped(MAX_CITED_EVENTS as u64)
    )
}

fn times(facts: &Facts<'_>) -> String {
    let as_of =
        facts.as_of.map_or_else(String::new, |time| format!(" The results hold as of {}; later records were not looked at.", moment(time)));
    format!("All times are UTC. How the dates of a file were understood stands in its row.{as_of}")
}

fn originals(kept: bool) -> String {
    let text = if kept {
        "The files are kept in the case, byte for byte, under their sha256."
    } else {
        "The files were not kept in the case (--no-originals); to check a finding against them, keep them elsewhere, unchanged."
    };
    text.to_owned()
}

fn made_by(facts: &Facts<'_>) -> String {
    let ran = counted(facts.account.detections_run, "detection", "detections");
    format!("Waxseal {}, case layout {CASE_LAYOUT}, event schema {EVENT_SCHEMA}; {ran} ran.", facts.version)
}
