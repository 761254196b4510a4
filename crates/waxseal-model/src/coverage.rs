//! How complete a log is: the spans of `coverage.json`.

use serde::{Deserialize, Serialize};

use crate::finding::Coverage;
use crate::time::Nanos;

/// The schema word of `coverage.json`.
pub const COVERAGE_SCHEMA: &str = "waxseal.coverage/v1";

/// Every reason a span may have, with what it means.
pub const COVERAGE_REASONS: &[(&str, &str)] = &[
    ("declared", "somebody declares to have exported the range"),
    ("undeclared", "records exist, but nobody declares that they are all"),
    ("edge", "the first or last day of what exists: it may have begun or ended within it"),
    ("no_records", "a day without a record, which nobody declares to have exported"),
    ("never_exported", "no record of this log was read, and nobody declares to have exported it"),
    ("declared_absent", "declared to be absent or switched off"),
    ("provider_loss", "the provider has admitted to have lost records"),
    ("export_cap", "an export ends exactly at the number of rows at which exports are cut"),
    ("parse_error", "records of these days could not be read"),
    ("throttled", "the mailbox made so many records that the provider stopped writing them for a day"),
    ("bypass", "the account was taken out of the mailbox audit"),
];

/// A span of a log class of a tenant, or of one mailbox in it, in one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageSpan {
    /// The tenant.
    pub tenant: String,
    /// The log class.
    pub class: String,
    /// The mailbox, where it concerns one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// First instant.
    pub from: Nanos,
    /// First instant after it.
    pub to: Nanos,
    /// The state.
    pub state: Coverage,
    /// One of [`COVERAGE_REASONS`].
    pub reason: String,
    /// Records in the span.
    pub records: u64,
}

/// How complete the logs of a case are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageMap {
    /// Runs of equal days, by tenant, class and time; then what concerns single mailboxes.
    pub spans: Vec<CoverageSpan>,
}

impl CoverageMap {
    /// The worst state of some classes of a tenant over a span, and every span that is not full there. What lies outside
    /// everything that was read is unknown.
    #[must_use]
    pub fn over(
        &self,
        tenant: &str,
        classes: &[String],
        mailboxes: &[String],
        (from, to): (Nanos, Nanos),
    ) -> (Coverage, Vec<&CoverageSpan>) {
        let mut worst = Coverage::Full;
        let mut lacking = Vec::new();
        for class in classes {
            let mut reached = from;
            for span in self.spans.iter().filter(|span| span.tenant == tenant && span.class == *class && span.from <= to && span.to > from)
            {
                match &span.mailbox {
                    Some(mailbox) if !mailboxes.contains(mailbox) => continue,
                    Some(_) => {}
                    None => reached = if span.from <= reached { reached.max(span.to) } else { reached },
                }
                if span.state != Coverage::Full {
                    worst = worst.worse(span.state);
                    lacking.push(span);
                }
            }
            if reached <= to {
                worst = worst.worse(Coverage::Unknown);
            }
        }
        (worst, lacking)
    }
}

/// The sentence of a reason.
#[must_use]
pub fn coverage_reason(word: &str) -> &str {
    COVERAGE_REASONS.iter().find(|(known, _)| *known == word).map_or(word, |(_, sentence)| sentence)
}
