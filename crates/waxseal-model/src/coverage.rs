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
    ("not_licensed", "the mailbox has no licence that is known to come with records of access to messages"),
    ("not_enabled", "the audit is switched off in the exported settings"),
    ("custom_audit_set", "the mailbox has an audit set of its own, in which access to messages is missing for some or all kinds of access"),
    ("collector_gap", "the collector says that it could not fetch everything"),
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
    /// How many mailboxes each tenant has.
    #[serde(default)]
    pub mailboxes: Vec<MailboxCount>,
}

/// How many mailboxes a tenant has, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxCount {
    /// The tenant.
    pub tenant: String,
    /// Those of an exported inventory and those that records name, each once.
    pub known: u64,
    /// Those that records of access to mail or of changes to messages name.
    pub seen: u64,
    /// Whether an inventory was read. Without one there may be more mailboxes than are known.
    pub inventory: bool,
}

impl MailboxCount {
    /// `12`, or `at least 12` where no inventory was read.
    #[must_use]
    pub fn said(&self) -> String {
        if self.inventory { self.known.to_string() } else { format!("at least {}", self.known) }
    }
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

/// Days drawn side by side: so many at most, longer spans put several days into one mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strip {
    /// First instant.
    pub from: Nanos,
    /// First instant after it.
    pub to: Nanos,
    /// How many days a mark stands for.
    pub days_per_mark: i64,
}

const DAY_NANOS: i64 = 86_400 * 1_000_000_000;

impl Strip {
    /// Over all of some spans, in no more than so many marks; nothing where there are none.
    #[must_use]
    pub fn over<'a>(spans: impl Iterator<Item = &'a CoverageSpan> + Clone, most: i64) -> Option<Self> {
        let from = spans.clone().map(|span| span.from).min()?;
        let to = spans.map(|span| span.to).max()?;
        let days = (to.0.saturating_sub(from.0) - 1).max(0) / DAY_NANOS + 1;
        Some(Self { from, to, days_per_mark: ((days - 1) / most.max(1) + 1).max(1) })
    }

    /// The worst state of the days of each mark; nothing where no span tells.
    #[must_use]
    pub fn marks<'a>(self, spans: impl Iterator<Item = &'a CoverageSpan> + Clone) -> Vec<Option<Coverage>> {
        let step = self.days_per_mark.saturating_mul(DAY_NANOS).max(1);
        // Records may be dated at the end of time, where sums of instants have no room.
        let starts = std::iter::successors(Some(self.from.0), |start| start.checked_add(step)).take_while(|start| *start < self.to.0);
        let mark = |start: i64| {
            let there = spans.clone().filter(|span| span.from.0 < start.saturating_add(step) && span.to.0 > start);
            there.map(|span| span.state).reduce(Coverage::worse)
        };
        starts.map(mark).collect()
    }

    /// What a mark stands for, in words.
    #[must_use]
    pub fn scale(self) -> String {
        match self.days_per_mark {
            1 => "one mark a day".to_owned(),
            days => format!("one mark for {days} days, the worst of them"),
        }
    }
}

/// The sentence of a reason.
#[must_use]
pub fn coverage_reason(word: &str) -> &str {
    COVERAGE_REASONS.iter().find(|(known, _)| *known == word).map_or(word, |(_, sentence)| sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, to: i64, state: Coverage) -> CoverageSpan {
        let (from, to) = (Nanos(from * DAY_NANOS), Nanos(to * DAY_NANOS));
        CoverageSpan {
            tenant: "t".to_owned(),
            class: "ual.sts".to_owned(),
            mailbox: None,
            from,
            to,
            state,
            reason: String::new(),
            records: 0,
        }
    }

    #[test]
    fn a_mark_shows_the_worst_of_its_days() {
        let spans = [span(0, 3, Coverage::Full), span(3, 4, Coverage::Unknown), span(4, 10, Coverage::Partial)];
        let strip = Strip::over(spans.iter(), 5).unwrap();
        assert_eq!(strip.days_per_mark, 2);
        let expected = [Coverage::Full, Coverage::Unknown, Coverage::Partial, Coverage::Partial, Coverage::Partial].map(Some);
        assert_eq!(strip.marks(spans.iter()), expected);
        assert_eq!(Strip::over(spans.iter(), 10).unwrap().days_per_mark, 1);
        assert_eq!(Strip::over(spans.iter(), 9).unwrap().days_per_mark, 2);
        assert_eq!(Strip::over([].iter(), 9), None);
        assert_eq!(Strip { to: Nanos(12 * DAY_NANOS), ..strip }.marks(spans.iter()).last(), Some(&None));
    }

    #[test]
    fn a_record_dated_at_the_end_of_time_makes_no_more_marks() {
        let mut spans = [span(19_000, 19_001, Coverage::Full), span(106_750, 106_751, Coverage::Partial)];
        spans[1].to = Nanos(i64::MAX);
        let marks = Strip::over(spans.iter(), 120).unwrap().marks(spans.iter());
        assert!((100..=121).contains(&marks.len()), "{}", marks.len());
        assert_eq!((marks[0], *marks.last().unwrap()), (Some(Coverage::Full), Some(Coverage::Partial)));
    }

    #[test]
    fn a_number_of_mailboxes_without_an_inventory_is_a_lower_bound() {
        let count = |inventory| MailboxCount { tenant: "t".to_owned(), known: 12, seen: 12, inventory };
        assert_eq!((count(false).said(), count(true).said()), ("at least 12".to_owned(), "12".to_owned()));
    }
}
