//! How complete the logs are: a strip of days for each tenant and log class.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Coverage, CoverageSpan, LogClass, MailboxCount, Nanos, Strip};

use crate::facts::Facts;
use crate::said::{coverage_word, date};
use crate::shown::Shown;
use crate::view::incidents::left_out;
use crate::words::Words;

/// So many marks at most in a strip.
const MARKS: i64 = 120;

/// So many runs of a strip are told in words.
const RUNS: usize = 8;

/// So many mailboxes are named for one reason.
const NAMES: usize = 5;

/// So many tenants have strips.
const TENANTS: usize = 50;

/// The logs of one tenant.
#[derive(Debug)]
pub(crate) struct TenantCoverage {
    /// The tenant.
    pub(crate) tenant: Shown,
    /// `2026-01-05 to 2026-02-03 UTC, one mark a day`.
    pub(crate) span: String,
    /// How wide the strips are.
    pub(crate) marks: usize,
    /// The log classes that there is anything to say of.
    pub(crate) rows: Vec<ClassRow>,
    /// The reasons among them, each with its sentence.
    pub(crate) reasons: Vec<(Shown, String)>,
    /// The log classes of which nothing was exported.
    pub(crate) never: Option<String>,
    /// How many mailboxes there are.
    pub(crate) mailboxes: Option<String>,
    /// What differs for single mailboxes.
    pub(crate) apart: Vec<String>,
}

/// One log class.
#[derive(Debug)]
pub(crate) struct ClassRow {
    /// Its word.
    pub(crate) class: &'static str,
    /// Runs of equal marks.
    pub(crate) runs: Vec<Run>,
    /// The same in words.
    pub(crate) said: String,
    /// Its records.
    pub(crate) records: String,
    /// Why it is not full.
    pub(crate) reasons: Shown,
}

/// Marks side by side that say the same.
#[derive(Debug)]
pub(crate) struct Run {
    /// The first mark.
    pub(crate) at: usize,
    /// How many.
    pub(crate) marks: usize,
    /// The word of the state.
    pub(crate) state: &'static str,
    /// From the foot of the strip upwards: the state is told by height, not by colour alone.
    pub(crate) height: usize,
}

/// How many tenants there is no room for, and where they are.
pub(crate) fn coverage_more(facts: &Facts<'_>, words: &Words) -> Option<String> {
    let tenants: BTreeSet<&str> = facts.coverage.iter().map(|span| span.tenant.as_str()).collect();
    left_out(tenants.len(), TENANTS, "coverage-tenants-more", words)
}

/// The strips of every tenant, as far as there is room for them.
pub(crate) fn coverage(facts: &Facts<'_>, words: &Words) -> Vec<TenantCoverage> {
    let mut by_tenant: BTreeMap<&str, Vec<&CoverageSpan>> = BTreeMap::new();
    for span in facts.coverage {
        by_tenant.entry(&span.tenant).or_default().push(span);
    }
    by_tenant.into_iter().take(TENANTS).filter_map(|(tenant, spans)| of_tenant(tenant, &spans, facts, words)).collect()
}

fn of_tenant(tenant: &str, spans: &[&CoverageSpan], facts: &Facts<'_>, words: &Words) -> Option<TenantCoverage> {
    let whole = || spans.iter().copied().filter(|span| span.mailbox.is_none());
    let strip = Strip::over(whole(), MARKS)?;
    let (mut rows, mut never, mut reasons) = (Vec::new(), Vec::new(), BTreeSet::new());
    for class in LogClass::ALL.iter().map(|class| class.as_str()) {
        let of_class: Vec<&CoverageSpan> = whole().filter(|span| span.class == class).collect();
        match of_class.as_slice() {
            [] => {}
            [only] if only.reason == "never_exported" => never.push(class.to_owned()),
            of_class => {
                reasons.extend(reasons_of(of_class));
                rows.push(row(class, of_class, strip, words));
            }
        }
    }
    let count = facts.mailboxes.iter().find(|count| count.tenant == tenant);
    let days = [("from", date(strip.from).into()), ("to", date(Nanos(strip.to.0.saturating_sub(1))).into())];
    let [from, to] = days;
    Some(TenantCoverage {
        tenant: Shown::name(tenant),
        span: words.tell("coverage-span", [from, to, ("scale", scale(strip, words).into())]),
        marks: strip.marks(std::iter::empty()).len(),
        rows,
        reasons: reasons.into_iter().map(|word| (Shown::name(word), words.known("coverage-reason", word))).collect(),
        never: (!never.is_empty()).then(|| words.tell("label-never-exported", [("classes", words.listed(&never).into())])),
        mailboxes: count.map(|count| mailboxes(count, words)),
        apart: apart(spans, words),
    })
}

fn scale(strip: Strip, words: &Words) -> String {
    words.tell("coverage-scale", [("n", strip.days_per_mark.unsigned_abs().into())])
}

fn mailboxes(count: &MailboxCount, words: &Words) -> String {
    let id = if count.inventory { "coverage-mailboxes" } else { "coverage-mailboxes-without-inventory" };
    words.tell(id, [("known", count.known.into()), ("seen", count.seen.into())])
}

fn row(class: &'static str, spans: &[&CoverageSpan], strip: Strip, words: &Words) -> ClassRow {
    let mut runs: Vec<Run> = Vec::new();
    for (at, mark) in strip.marks(spans.iter().copied()).into_iter().enumerate() {
        let state = coverage_word(mark.unwrap_or(Coverage::Unknown));
        match runs.last_mut() {
            Some(run) if run.state == state => run.marks += 1,
            _ => runs.push(Run { at, marks: 1, state, height: height(mark.unwrap_or(Coverage::Unknown)) }),
        }
    }
    ClassRow {
        class,
        said: said(class, spans, words),
        runs,
        records: words.count(spans.iter().fold(0, |sum, span| sum.saturating_add(span.records))),
        reasons: Shown::passage(&reasons_of(spans).into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// Why a class is not full, each word once.
fn reasons_of<'a>(spans: &[&'a CoverageSpan]) -> BTreeSet<&'a str> {
    spans.iter().filter(|span| span.state != Coverage::Full).map(|span| span.reason.as_str()).collect()
}

/// A full bar, half of one, a line; what is known to be absent is an empty box, as high as a full bar.
fn height(state: Coverage) -> usize {
    match state {
        Coverage::Full | Coverage::None => 12,
        Coverage::Partial => 6,
        Coverage::Unknown => 1,
    }
}

/// `ual.sts: full 2026-01-05 to 2026-01-20, unknown 2026-01-21`.
fn said(class: &str, spans: &[&CoverageSpan], words: &Words) -> String {
    let mut runs: Vec<(Coverage, Nanos, Nanos)> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some((state, _, to)) if *state == span.state && *to == span.from => *to = span.to,
            _ => runs.push((span.state, span.from, span.to)),
        }
    }
    let one = |(state, from, to): &(Coverage, Nanos, Nanos)| {
        let (from, last) = (date(*from), date(Nanos(to.0.saturating_sub(1))));
        let state = ("state", words.coverage(*state).into());
        if from == last {
            return words.tell("coverage-run-day", [state, ("day", from.into())]);
        }
        words.tell("coverage-run", [state, ("from", from.into()), ("to", last.into())])
    };
    let told = words.in_a_row(&runs.iter().take(RUNS).map(one).collect::<Vec<_>>());
    let row = words.tell("coverage-row", [("class", class.into()), ("runs", told.into())]);
    match runs.len().saturating_sub(RUNS) {
        0 => row,
        more => {
            let changes = words.tell("count-changes", [("n", more.into())]);
            words.tell("coverage-row-more", [("row", row.into()), ("changes", changes.into())])
        }
    }
}

/// For each state and reason the mailboxes that are worse off than their tenant.
fn apart(spans: &[&CoverageSpan], words: &Words) -> Vec<String> {
    let mut found: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for span in spans {
        if let Some(mailbox) = &span.mailbox {
            found.entry((coverage_word(span.state), &span.reason)).or_default().insert(mailbox);
        }
    }
    let one = |((state, reason), mailboxes): ((&str, &str), BTreeSet<&str>)| {
        words.tell(
            "coverage-apart",
            [
                ("n", mailboxes.len().into()),
                ("state", words.known("coverage", state).into()),
                ("reason", words.known("coverage-reason", reason).into()),
                ("names", words.first_few(mailboxes.iter().copied(), NAMES).into()),
            ],
        )
    };
    found.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ENGLISH;

    const DAY: i64 = 86_400 * 1_000_000_000;

    fn span(from: i64, to: i64, state: Coverage, mailbox: Option<&str>, reason: &str) -> CoverageSpan {
        CoverageSpan {
            tenant: "t".to_owned(),
            class: "ual.sts".to_owned(),
            mailbox: mailbox.map(str::to_owned),
            from: Nanos(from * DAY),
            to: Nanos(to * DAY),
            state,
            reason: reason.to_owned(),
            records: 5,
        }
    }

    #[test]
    fn a_strip_is_told_in_words_too_and_each_state_has_a_shape() {
        let spans = [
            span(0, 2, Coverage::Full, None, "declared"),
            span(2, 3, Coverage::None, None, "declared_absent"),
            span(3, 4, Coverage::Partial, None, "edge"),
            span(4, 6, Coverage::Unknown, None, "no_records"),
        ];
        let of_class: Vec<&CoverageSpan> = spans.iter().collect();
        let row = row("ual.sts", &of_class, Strip::over(spans.iter(), MARKS).expect("spans"), &Words::of(&ENGLISH));
        assert_eq!(
            row.said,
            "ual.sts: full 1970-01-01 to 1970-01-02, none 1970-01-03, partial 1970-01-04, unknown 1970-01-05 to 1970-01-06"
        );
        let drawn: Vec<_> = row.runs.iter().map(|run| (run.at, run.marks, run.state, run.height)).collect();
        assert_eq!(drawn, [(0, 2, "full", 12), (2, 1, "none", 12), (3, 1, "partial", 6), (4, 2, "unknown", 1)]);
        assert_eq!(row.records, "20");
        assert_eq!(row.reasons.as_str(), "declared_absent, edge, no_records", "what is full needs no reason");
    }

    #[test]
    fn mailboxes_are_counted_once_for_each_reason() {
        let of = |mailbox| span(0, 1, Coverage::Unknown, Some(mailbox), "not_licensed");
        let spans: Vec<_> = ["a", "b", "c", "d", "e", "f", "f"].map(of).into();
        let told = apart(&spans.iter().collect::<Vec<_>>(), &Words::of(&ENGLISH));
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("6 mailboxes unknown for some time: ") && told[0].ends_with("(a, b, c, d, e and 1 more)"), "{told:?}");
    }
}
