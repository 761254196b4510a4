//! How complete the logs are: a strip of days for each tenant and log class.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Coverage, CoverageSpan, LogClass, Nanos, Strip, coverage_reason};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::wording::{counted, coverage_word, grouped, listed};

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
    pub(crate) reasons: Vec<(Shown, Shown)>,
    /// The log classes of which nothing was exported.
    pub(crate) never: String,
    /// How many mailboxes there are.
    pub(crate) mailboxes: Option<String>,
    /// What differs for single mailboxes.
    pub(crate) apart: Vec<Shown>,
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

/// How many tenants there is no room for.
pub(crate) fn tenants_left_out(facts: &Facts<'_>) -> usize {
    let tenants: BTreeSet<&str> = facts.coverage.iter().map(|span| span.tenant.as_str()).collect();
    tenants.len().saturating_sub(TENANTS)
}

/// The strips of every tenant, as far as there is room for them.
pub(crate) fn coverage(facts: &Facts<'_>) -> Vec<TenantCoverage> {
    let mut by_tenant: BTreeMap<&str, Vec<&CoverageSpan>> = BTreeMap::new();
    for span in facts.coverage {
        by_tenant.entry(&span.tenant).or_default().push(span);
    }
    by_tenant.into_iter().take(TENANTS).filter_map(|(tenant, spans)| of_tenant(tenant, &spans, facts)).collect()
}

fn of_tenant(tenant: &str, spans: &[&CoverageSpan], facts: &Facts<'_>) -> Option<TenantCoverage> {
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
                rows.push(row(class, of_class, strip));
            }
        }
    }
    let count = facts.mailboxes.iter().find(|count| count.tenant == tenant);
    Some(TenantCoverage {
        tenant: Shown::name(tenant),
        span: format!("{} to {} UTC, {}", date(strip.from), date(Nanos(strip.to.0 - 1)), strip.scale()),
        marks: strip.marks(std::iter::empty()).len(),
        rows,
        reasons: reasons.into_iter().map(|word| (Shown::name(word), Shown::passage(coverage_reason(word)))).collect(),
        never: listed(&never),
        mailboxes: count.map(|count| {
            let seen = grouped(count.seen);
            let by = if count.inventory { "by an inventory" } else { "no inventory was read that names all of those in the records" };
            format!("Mailboxes: {}; {by}. Records name {seen}.", count.said())
        }),
        apart: apart(spans),
    })
}

fn row(class: &'static str, spans: &[&CoverageSpan], strip: Strip) -> ClassRow {
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
        said: said(class, spans),
        runs,
        records: grouped(spans.iter().map(|span| span.records).sum()),
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
fn said(class: &str, spans: &[&CoverageSpan]) -> String {
    let mut runs: Vec<(Coverage, Nanos, Nanos)> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some((state, _, to)) if *state == span.state && *to == span.from => *to = span.to,
            _ => runs.push((span.state, span.from, span.to)),
        }
    }
    let one = |(state, from, to): &(Coverage, Nanos, Nanos)| {
        let (from, last) = (date(*from), date(Nanos(to.0 - 1)));
        let word = coverage_word(*state);
        if from == last { format!("{word} {from}") } else { format!("{word} {from} to {last}") }
    };
    let mut text = format!("{class}: {}", runs.iter().take(RUNS).map(one).collect::<Vec<_>>().join(", "));
    if let Some(more) = runs.len().checked_sub(RUNS).filter(|more| *more > 0) {
        text.push_str(&format!(" and {} more", counted(more as u64, "change", "changes")));
    }
    text
}

/// For each state and reason the mailboxes that are worse off than their tenant.
fn apart(spans: &[&CoverageSpan]) -> Vec<Shown> {
    let mut found: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for span in spans {
        if let Some(mailbox) = &span.mailbox {
            found.entry((coverage_word(span.state), &span.reason)).or_default().insert(mailbox);
        }
    }
    let one = |((state, reason), mailboxes): ((&str, &str), BTreeSet<&str>)| {
        let mut names: Vec<String> = mailboxes.iter().take(NAMES).map(|name| Shown::name(name).to_string()).collect();
        if let Some(more) = mailboxes.len().checked_sub(NAMES).filter(|more| *more > 0) {
            names.push(counted(more as u64, "other", "others"));
        }
        let how_many = counted(mailboxes.len() as u64, "mailbox", "mailboxes");
        Shown::passage(&format!("{how_many} {state} for some time: {} ({})", coverage_reason(reason), listed(&names)))
    };
    found.into_iter().map(one).collect()
}

fn date(time: Nanos) -> String {
    time.to_string().get(..10).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let row = row("ual.sts", &of_class, Strip::over(spans.iter(), MARKS).expect("spans"));
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
        let told = apart(&spans.iter().collect::<Vec<_>>());
        assert_eq!(told.len(), 1);
        assert!(
            told[0].as_str().starts_with("6 mailboxes unknown for some time: ")
                && told[0].as_str().ends_with("(a, b, c, d, e and 1 other)"),
            "{told:?}"
        );
    }
}
