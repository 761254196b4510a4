//! The judgement: full, partial, none or unknown, with a reason.
//!
//! A day of a class is *full* when somebody declares a range that holds it, no cap was hit and no loss is known; *partial* when
//! records exist but nobody declares a range, or when something is known to be missing; *none* when it is declared absent, or
//! switched off in exported settings and an export of it holds nothing; else *unknown*. Of single mailboxes settings say more.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Coverage, CoverageMap, CoverageSpan, LogClass, Nanos};

use crate::declared::Declarations;
use crate::known::KNOWN_LOSSES;
use crate::settings::{Seen, Setting, TenantSettings};

const DAY_NANOS: i64 = 86_400 * 1_000_000_000;

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// Records by tenant and class, then by day since 1970.
    pub days: BTreeMap<(String, String), BTreeMap<i64, u64>>,
    /// What makes a span of a class doubtful.
    pub doubts: Vec<Doubt>,
    /// Exported settings.
    pub settings: Vec<Setting>,
    /// Mailboxes that records name.
    pub seen: Vec<Seen>,
}

/// A span in which records are missing or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The tenant; empty for every tenant.
    pub tenant: String,
    /// A class, or the beginning of several; empty for every class.
    pub class: String,
    /// The mailbox, where it concerns one only.
    pub mailbox: Option<String>,
    /// First instant.
    pub from: Nanos,
    /// First instant after it.
    pub to: Nanos,
    /// Why, as a word of [`waxseal_model::COVERAGE_REASONS`].
    pub reason: &'static str,
}

/// Judges every class of every tenant on every day from its first record or declaration to its last.
#[must_use]
pub fn assess(observed: &Observed, declared: &Declarations) -> CoverageMap {
    let (mut spans, mut of_settings, mut mailboxes) = (Vec::new(), Vec::new(), Vec::new());
    let windows = windows(observed, declared);
    for (tenant, days) in &windows {
        let settings = TenantSettings::of(tenant, windows.len() == 1, &observed.settings, &observed.seen);
        for class in classes_of(tenant, observed, declared) {
            spans.extend(class_spans(tenant, class, *days, observed, declared, settings.off(class)));
        }
        mailboxes.push(settings.count());
        // What Exchange audits says nothing where there is no Exchange.
        let audited = !is_google(tenant, observed);
        let bypassed = observed.doubts.iter().filter(|doubt| doubt.reason == "bypass" && doubt.tenant == *tenant);
        of_settings.extend(settings.spans(*days, audited, &bypassed.filter_map(|doubt| doubt.mailbox.as_deref()).collect()));
    }
    let of_mailboxes = observed.doubts.iter().filter_map(|doubt| {
        Some(CoverageSpan {
            tenant: doubt.tenant.clone(),
            class: doubt.class.clone(),
            mailbox: Some(doubt.mailbox.clone()?),
            from: doubt.from,
            to: doubt.to,
            state: Coverage::None,
            reason: doubt.reason.to_owned(),
            records: 0,
        })
    });
    spans.extend(of_mailboxes);
    spans.extend(of_settings);
    CoverageMap { spans, mailboxes }
}

/// The days of each tenant: from the first record or declaration to the last.
fn windows(observed: &Observed, declared: &Declarations) -> BTreeMap<String, (i64, i64)> {
    let mut windows: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for ((tenant, _), days) in &observed.days {
        for day in days.keys() {
            let window = windows.entry(tenant.clone()).or_insert((*day, *day));
            *window = (window.0.min(*day), window.1.max(*day));
        }
    }
    for declaration in declared.covers.iter().chain(&declared.lacks) {
        for (tenant, window) in &mut windows {
            if declaration.tenant.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(tenant)) {
                *window = (window.0.min(declaration.from.day()), window.1.max(Nanos(declaration.to.0 - 1).day()));
            }
        }
    }
    windows
}

fn is_google(tenant: &str, observed: &Observed) -> bool {
    observed.days.keys().any(|(own, class)| own == tenant && class.starts_with("gws."))
}

/// Google's classes for a tenant of Google Workspace, Microsoft's for the others; of those that are not expected, what
/// somebody exported or speaks of.
fn classes_of(tenant: &str, observed: &Observed, declared: &Declarations) -> impl Iterator<Item = &'static str> {
    let google = is_google(tenant, observed);
    let spoken_of = |class: &str| {
        observed.days.contains_key(&(tenant.to_owned(), class.to_owned()))
            || declared.covers.iter().chain(&declared.lacks).any(|declaration| declaration.concerns(tenant, class))
    };
    let logs = LogClass::ALL.iter().filter(|class| class.is_log());
    let logs = logs.filter(move |class| class.as_str().starts_with("gws.") == google);
    logs.filter(move |class| class.is_expected() || spoken_of(class.as_str())).map(|class| class.as_str())
}

fn class_spans(
    tenant: &str,
    class: &'static str,
    (first, last): (i64, i64),
    observed: &Observed,
    declared: &Declarations,
    off: Option<&'static str>,
) -> Vec<CoverageSpan> {
    let none = BTreeMap::new();
    let records = observed.days.get(&(tenant.to_owned(), class.to_owned())).unwrap_or(&none);
    let mut spans: Vec<CoverageSpan> = Vec::new();
    for day in first..=last {
        let (state, reason) = judge(tenant, class, day, records, observed, declared);
        let (state, reason) = off.map_or((state, reason), |off| switched_off((state, reason), records.contains_key(&day), off));
        let (from, to) = (Nanos(day.saturating_mul(DAY_NANOS)), Nanos((day + 1).saturating_mul(DAY_NANOS)));
        let count = records.get(&day).copied().unwrap_or(0);
        match spans.last_mut() {
            Some(span) if span.state == state && span.reason == reason => {
                span.to = to;
                span.records += count;
            }
            _ => spans.push(CoverageSpan {
                tenant: tenant.to_owned(),
                class: class.to_owned(),
                mailbox: None,
                from,
                to,
                state,
                reason: reason.to_owned(),
                records: count,
            }),
        }
    }
    spans
}

fn judge(
    tenant: &str,
    class: &str,
    day: i64,
    records: &BTreeMap<i64, u64>,
    observed: &Observed,
    declared: &Declarations,
) -> (Coverage, &'static str) {
    let (from, to) = (Nanos(day.saturating_mul(DAY_NANOS)), Nanos((day + 1).saturating_mul(DAY_NANOS)));
    if declared.lacks.iter().any(|d| d.concerns(tenant, class) && d.from < to && d.to > from) {
        return (Coverage::None, "declared_absent");
    }
    let doubt = observed.doubts.iter().find(|doubt| {
        doubt.mailbox.is_none()
            && (doubt.tenant.is_empty() || doubt.tenant == tenant)
            && class.starts_with(doubt.class.as_str())
            && doubt.from < to
            && doubt.to > from
    });
    let reason = doubt.map(|doubt| doubt.reason).or_else(|| lost(class, from, to).then_some("provider_loss"));
    let count = records.get(&day).copied().unwrap_or(0);
    match reason {
        Some(reason) if count > 0 || is_declared(tenant, class, (from, to), declared) => (Coverage::Partial, reason),
        _ if is_declared(tenant, class, (from, to), declared) => (Coverage::Full, "declared"),
        _ if records.is_empty() => (Coverage::Unknown, "never_exported"),
        _ if count == 0 => (Coverage::Unknown, "no_records"),
        _ if records.keys().next() == Some(&day) || records.keys().next_back() == Some(&day) => (Coverage::Partial, "edge"),
        _ => (Coverage::Partial, "undeclared"),
    }
}

/// Settings tell how it is on one day: a record shows that it was otherwise before. Where somebody asked for the day and there is
/// none, the two together show that the log is absent.
fn switched_off((state, reason): (Coverage, &'static str), recorded: bool, off: &'static str) -> (Coverage, &'static str) {
    match state {
        Coverage::None => (state, reason),
        _ if recorded => (Coverage::Partial, off),
        Coverage::Full | Coverage::Partial => (Coverage::None, off),
        Coverage::Unknown => (Coverage::Unknown, off),
    }
}

/// Whether declared ranges together hold the whole span.
fn is_declared(tenant: &str, class: &str, (from, to): (Nanos, Nanos), declared: &Declarations) -> bool {
    let ranges: BTreeSet<(Nanos, Nanos)> = declared.covers.iter().filter(|d| d.concerns(tenant, class)).map(|d| (d.from, d.to)).collect();
    let reached = ranges.into_iter().fold(from, |reached, (start, end)| if start <= reached { reached.max(end) } else { reached });
    reached >= to
}

fn lost(class: &str, from: Nanos, to: Nanos) -> bool {
    KNOWN_LOSSES.iter().any(|loss| {
        let day = |text: &str| Nanos::parse(&format!("{text}T00:00:00")).unwrap_or(Nanos(0));
        class.starts_with(loss.class) && day(loss.from) < to && day(loss.to) > from
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declared::Declaration;

    fn day(number: i64) -> Nanos {
        Nanos(number * DAY_NANOS)
    }

    fn observed(class: &str, days: &[(i64, u64)]) -> Observed {
        let key = ("t".to_owned(), class.to_owned());
        Observed { days: BTreeMap::from([(key, days.iter().copied().collect())]), ..Observed::default() }
    }

    fn declared(class: &str, from: i64, to: i64) -> Declarations {
        let one = Declaration { tenant: None, class: class.to_owned(), from: day(from), to: day(to) };
        Declarations { covers: vec![one], lacks: Vec::new() }
    }

    fn said(assessment: &CoverageMap, class: &str) -> Vec<(i64, i64, Coverage, String)> {
        let of_class = assessment.spans.iter().filter(|span| span.class == class);
        of_class.map(|span| (span.from.day(), span.to.day(), span.state, span.reason.clone())).collect()
    }

    #[test]
    fn records_alone_are_partial_and_less_at_the_ends() {
        let assessment = assess(&observed("ual.sts", &[(10, 5), (11, 5), (12, 5), (14, 5)]), &Declarations::default());
        let expected = [
            (10, 11, Coverage::Partial, "edge"),
            (11, 13, Coverage::Partial, "undeclared"),
            (13, 14, Coverage::Unknown, "no_records"),
            (14, 15, Coverage::Partial, "edge"),
        ];
        assert_eq!(said(&assessment, "ual.sts"), expected.map(|(from, to, state, reason)| (from, to, state, reason.to_owned())));
        assert_eq!(said(&assessment, "signin.interactive"), [(10, 15, Coverage::Unknown, "never_exported".to_owned())]);
    }

    #[test]
    fn a_log_that_is_not_expected_is_judged_where_somebody_has_it_or_speaks_of_it() {
        let other = observed("ual.sts", &[(10, 5), (11, 5)]);
        assert_eq!(said(&assess(&other, &Declarations::default()), "trace"), []);
        let full = [(10, 12, Coverage::Full, "declared".to_owned())];
        assert_eq!(said(&assess(&other, &declared("trace", 10, 12)), "trace"), full);
        let own = assess(&observed("risk", &[(10, 5)]), &Declarations::default());
        assert_eq!(said(&own, "risk"), [(10, 11, Coverage::Partial, "edge".to_owned())]);
        assert_eq!(said(&own, "trace"), []);
    }

    #[test]
    fn a_declared_range_is_full_even_where_it_is_empty() {
        let assessment = assess(&observed("signin.interactive", &[(10, 5), (12, 1)]), &declared("signin", 10, 13));
        assert_eq!(said(&assessment, "signin.interactive"), [(10, 13, Coverage::Full, "declared".to_owned())]);
        assert_eq!(said(&assessment, "signin.noninteractive"), [(10, 13, Coverage::Full, "declared".to_owned())]);
    }

    #[test]
    fn a_day_that_is_declared_in_parts_is_full_only_where_they_meet() {
        let mut parts = declared("ual", 10, 11);
        let half = |from: i64, to: i64| Declaration { tenant: None, class: "ual".to_owned(), from: Nanos(from), to: Nanos(to) };
        let noon = 11 * DAY_NANOS + DAY_NANOS / 2;
        parts.covers.push(half(11 * DAY_NANOS, noon));
        assert_eq!(said(&assess(&observed("ual.sts", &[(10, 1), (11, 1)]), &parts), "ual.sts")[1].2, Coverage::Partial);
        parts.covers.push(half(noon, 12 * DAY_NANOS));
        assert_eq!(said(&assess(&observed("ual.sts", &[(10, 1), (11, 1)]), &parts), "ual.sts")[0].2, Coverage::Full);
    }

    #[test]
    fn what_is_known_to_be_lost_is_never_full() {
        let first = Nanos::parse("2024-09-01T00:00:00").map_or(0, Nanos::day);
        let assessment = assess(&observed("signin.interactive", &[(first, 1), (first + 1, 1)]), &declared("signin", first, first + 2));
        let states: Vec<_> = said(&assessment, "signin.interactive").into_iter().map(|(_, _, state, reason)| (state, reason)).collect();
        assert_eq!(states, [(Coverage::Full, "declared".to_owned()), (Coverage::Partial, "provider_loss".to_owned())]);
    }

    #[test]
    fn a_silent_mailbox_concerns_that_mailbox_only() {
        let mut seen = observed("ual.mia.bind", &[(10, 5)]);
        let (from, to, mailbox) = (day(10), day(11), Some("a@x.example".to_owned()));
        seen.doubts.push(Doubt { tenant: "t".to_owned(), class: "ual.mia.bind".to_owned(), mailbox, from, to, reason: "throttled" });
        let assessment = assess(&seen, &declared("ual", 10, 11));
        let over =
            |mailbox: &str| assessment.over("t", &["ual.mia.bind".to_owned()], &[mailbox.to_owned()], (day(10), Nanos(day(11).0 - 1))).0;
        assert_eq!(over("a@x.example"), Coverage::None);
        assert_eq!(over("b@x.example"), Coverage::Full);
    }

    fn setting(mailbox: Option<&str>, name: &str, value: &str) -> Setting {
        let values = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let (tenant, class) = ("t".to_owned(), "config.mailbox_audit".to_owned());
        Setting { tenant, class, mailbox: mailbox.map(str::to_owned), values, ..Setting::default() }
    }

    #[test]
    fn what_is_switched_off_is_none_only_where_somebody_looked_and_found_nothing() {
        let mut seen = observed("ual.mia.bind", &[(10, 5), (13, 1)]);
        seen.settings.push(setting(None, "AuditDisabled", "True"));
        let states = |declared: &Declarations| -> Vec<_> { said(&assess(&seen, declared), "ual.mia.bind").into_iter().collect() };
        let off = |from, to, state| (from, to, state, "not_enabled".to_owned());
        let partial = Coverage::Partial;
        assert_eq!(states(&declared("ual", 10, 14)), [off(10, 11, partial), off(11, 13, Coverage::None), off(13, 14, partial)]);
        assert_eq!(states(&Declarations::default()), [off(10, 11, partial), off(11, 13, Coverage::Unknown), off(13, 14, partial)]);
        // It says nothing of other logs.
        assert_eq!(said(&assess(&seen, &declared("ual", 10, 14)), "ual.sts"), [(10, 14, Coverage::Full, "declared".to_owned())]);
    }

    #[test]
    fn a_mailbox_whose_settings_record_nothing_is_worse_than_the_others() {
        let mut seen = observed("ual.mia.bind", &[(10, 5)]);
        for set in ["AuditOwner", "AuditDelegate", "AuditAdmin"] {
            seen.settings.push(setting(Some("a@x.example"), set, "Send"));
        }
        let assessment = assess(&seen, &declared("ual", 10, 11));
        let over =
            |mailbox: &str| assessment.over("t", &["ual.mia.bind".to_owned()], &[mailbox.to_owned()], (day(10), Nanos(day(11).0 - 1))).0;
        assert_eq!((over("a@x.example"), over("b@x.example")), (Coverage::None, Coverage::Full));
    }

    #[test]
    fn licences_of_google_are_not_judged_by_the_audit_of_exchange() {
        let mut seen = observed("gws.gmail", &[(10, 5)]);
        let mut licence = setting(Some("a@x.example"), "skuId", "1010020027");
        licence.values.insert("productId".to_owned(), "Google-Apps".to_owned());
        seen.settings.push(Setting { class: "config.licence".to_owned(), ..licence });
        let assessment = assess(&seen, &Declarations::default());
        let of_mailboxes: BTreeSet<&str> =
            assessment.spans.iter().filter(|span| span.mailbox.is_some()).map(|span| span.class.as_str()).collect();
        assert_eq!(of_mailboxes, BTreeSet::from(["gws.gmail"]));
    }

    #[test]
    fn settings_are_nobodys_activity() {
        let mut seen = observed("ual.sts", &[(10, 5)]);
        seen.settings.push(setting(Some("a@x.example"), "AuditEnabled", "True"));
        seen.settings.push(Setting { tenant: "other".to_owned(), ..setting(Some("b@y.example"), "AuditEnabled", "True") });
        let assessment = assess(&seen, &Declarations::default());
        assert!(assessment.spans.iter().all(|span| span.tenant == "t"), "settings alone make no tenant");
        assert!(assessment.spans.iter().all(|span| !span.class.starts_with("config.") && !span.class.starts_with("inventory.")));
        assert_eq!(assessment.mailboxes.len(), 1);
    }

    #[test]
    fn what_lies_outside_is_unknown() {
        let assessment = assess(&observed("ual.sts", &[(10, 5)]), &declared("ual", 10, 11));
        let classes = ["ual.sts".to_owned()];
        assert_eq!(assessment.over("t", &classes, &[], (day(9), day(10))).0, Coverage::Unknown);
        assert_eq!(assessment.over("other", &classes, &[], (day(10), day(10))).0, Coverage::Unknown);
    }
}
