//! How complete the records of access to a mailbox are, span by span.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Coverage, CoverageMap, CoverageSpan, Nanos};

use crate::known::Logs;

/// The logs without which nobody can say what was accessed in a mailbox.
const MICROSOFT: [&str; 2] = ["ual.mia.bind", "ual.mia.sync"];
const GOOGLE: [&str; 1] = ["gws.gmail"];

/// These of a tenant.
pub(crate) fn access_classes(is_google: bool) -> &'static [&'static str] {
    if is_google { &GOOGLE } else { &MICROSOFT }
}

impl Logs {
    /// The same without a first and a last day of which every log of access has a part at most, where whole days lie between: exports begin
    /// at midnight of some zone, and logs of several kinds do not end at once. What happened in those hours lies before or behind the
    /// logs, like everything of the days around them; a record in them counts all the same.
    #[must_use]
    pub fn of_whole_days(self, tenant: &str, coverage: &CoverageMap) -> Self {
        let classes = access_classes(coverage.spans.iter().any(|span| span.tenant == tenant && span.class.starts_with("gws.")));
        let is_whole = |class: &&str, day: i64| {
            let (from, to) = (day.saturating_mul(DAY), day.saturating_add(1).saturating_mul(DAY).saturating_sub(1));
            coverage.over(tenant, &[(*class).to_owned()], &[], (Nanos(from), Nanos(to))).0 == Coverage::Full
        };
        let is_edge = |edge: i64, beside: i64| {
            classes.iter().all(|class| !is_whole(class, edge)) && classes.iter().all(|class| is_whole(class, beside))
        };
        let (first, last) = (self.first.day(), self.last.day());
        let mut whole = self;
        if is_edge(first, first.saturating_add(1)) {
            whole.first = Nanos(first.saturating_add(1).saturating_mul(DAY));
        }
        if is_edge(last, last.saturating_sub(1)) {
            whole.last = Nanos(last.saturating_mul(DAY).saturating_sub(1));
        }
        if whole.first < whole.last { whole } else { self }
    }
}

/// Coverage by what it concerns.
#[derive(Debug)]
pub(crate) struct Days<'a> {
    of_tenant: BTreeMap<(&'a str, &'a str), Vec<&'a CoverageSpan>>,
    of_mailbox: BTreeMap<(&'a str, &'a str), Vec<&'a CoverageSpan>>,
    windows: BTreeMap<&'a str, (Nanos, Nanos)>,
    google: BTreeSet<&'a str>,
}

/// A span in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) from: Nanos,
    /// Itself excluded.
    pub(crate) to: Nanos,
    pub(crate) state: Coverage,
    /// Why it is not full, each reason once.
    pub(crate) reasons: BTreeSet<&'a str>,
}

impl<'a> Days<'a> {
    pub(crate) fn of(map: &'a CoverageMap) -> Self {
        let mut days = Self { of_tenant: BTreeMap::new(), of_mailbox: BTreeMap::new(), windows: BTreeMap::new(), google: BTreeSet::new() };
        for span in &map.spans {
            match &span.mailbox {
                Some(mailbox) => days.of_mailbox.entry((&span.tenant, mailbox)).or_default().push(span),
                None => {
                    days.of_tenant.entry((&span.tenant, &span.class)).or_default().push(span);
                    // Mail that arrived says nothing of what was done.
                    if span.class == "trace" {
                        continue;
                    }
                    let window = days.windows.entry(&span.tenant).or_insert((span.from, span.to));
                    *window = (window.0.min(span.from), window.1.max(span.to));
                }
            }
            if span.class.starts_with("gws.") {
                days.google.insert(&span.tenant);
            }
        }
        for (tenant, window) in &mut days.windows {
            let logs = Logs { first: window.0, last: Nanos(window.1.0.saturating_sub(1)) }.of_whole_days(tenant, map);
            *window = (logs.first, Nanos(logs.last.0.saturating_add(1)));
        }
        days
    }

    pub(crate) fn is_google(&self, tenant: &str) -> bool {
        self.google.contains(tenant)
    }

    /// The classes that tell of access to mail of a tenant.
    pub(crate) fn classes(&self, tenant: &str) -> &'static [&'static str] {
        access_classes(self.is_google(tenant))
    }

    /// The days that were looked at; the end itself excluded.
    pub(crate) fn window(&self, tenant: &str) -> Option<(Nanos, Nanos)> {
        self.windows.get(tenant).copied()
    }

    /// Some classes of a tenant over a span, for one mailbox, in the order of time.
    pub(crate) fn segments(&self, tenant: &str, mailbox: &str, classes: &[&str], (from, to): (Nanos, Nanos)) -> Vec<Segment<'a>> {
        let of_tenant = classes.iter().filter_map(|class| self.of_tenant.get(&(tenant, *class))).flatten();
        let own = self.of_mailbox.get(&(tenant, mailbox)).into_iter().flatten().filter(|span| classes.contains(&span.class.as_str()));
        let all: Vec<&CoverageSpan> = of_tenant.chain(own).copied().filter(|span| span.from < to && span.to > from).collect();
        let mut ends: BTreeSet<Nanos> = all.iter().flat_map(|span| [span.from, span.to]).filter(|end| *end > from && *end < to).collect();
        ends.extend([from, to]);
        let ends: Vec<Nanos> = ends.into_iter().collect();
        let mut segments: Vec<Segment<'_>> = Vec::new();
        for (from, to) in ends.iter().zip(ends.iter().skip(1)) {
            let here = || all.iter().filter(|span| span.from < *to && span.to > *from);
            let told = classes.iter().all(|class| here().any(|span| span.mailbox.is_none() && span.class == *class));
            let state = here().map(|span| span.state).fold(if told { Coverage::Full } else { Coverage::Unknown }, Coverage::worse);
            let mut reasons: BTreeSet<&str> = here().filter(|span| span.state != Coverage::Full).map(|span| span.reason.as_str()).collect();
            if !told {
                reasons.insert("never_exported");
            }
            match segments.last_mut() {
                Some(last) if last.state == state && last.reasons == reasons => last.to = *to,
                _ => segments.push(Segment { from: *from, to: *to, state, reasons }),
            }
        }
        segments
    }
}

const DAY: i64 = 86_400 * 1_000_000_000;

/// How many days some spans touch: a day counts once.
pub(crate) fn count_days(spans: impl Iterator<Item = (Nanos, Nanos)>) -> u64 {
    let mut days: Vec<(i64, i64)> =
        spans.filter(|(from, to)| to > from).map(|(from, to)| (from.0.div_euclid(DAY), (to.0 - 1).div_euclid(DAY))).collect();
    days.sort_unstable();
    let (mut count, mut reached) = (0_u64, i64::MIN);
    for (first, last) in days {
        let first = first.max(reached);
        if last >= first {
            count = count.saturating_add(last.abs_diff(first).saturating_add(1));
            reached = last.saturating_add(1);
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(class: &str, mailbox: Option<&str>, days: (i64, i64), state: Coverage) -> CoverageSpan {
        CoverageSpan {
            tenant: "t".to_owned(),
            class: class.to_owned(),
            mailbox: mailbox.map(str::to_owned),
            from: Nanos(days.0 * DAY),
            to: Nanos(days.1 * DAY),
            state,
            reason: format!("{state:?}"),
            records: 0,
        }
    }

    fn said(days: &Days<'_>, mailbox: &str) -> Vec<(i64, i64, Coverage)> {
        let segments = days.segments("t", mailbox, days.classes("t"), (Nanos(0), Nanos(10 * DAY)));
        segments.iter().map(|segment| (segment.from.day(), segment.to.day(), segment.state)).collect()
    }

    #[test]
    fn days_at_the_ends_of_logs_that_are_there_in_part_do_not_count() {
        let map = |days: &[(i64, i64)]| {
            let full = |days: &(i64, i64)| MICROSOFT.map(|class| span(class, None, *days, Coverage::Full));
            let spans = days.iter().flat_map(full).chain([span("ual.mia.bind", None, (1, 2), Coverage::Partial)]).collect();
            CoverageMap { spans, ..CoverageMap::default() }
        };
        let logs = |first: i64, last: i64| Logs { first: Nanos(first), last: Nanos(last) };
        let read = logs(2 * DAY - 7, 5 * DAY + 7);
        assert_eq!(read.of_whole_days("t", &map(&[(2, 5)])), logs(2 * DAY, 5 * DAY - 1));
        assert_eq!(Days::of(&map(&[(2, 5)])).window("t"), Some((Nanos(2 * DAY), Nanos(5 * DAY))));
        // A day that one log has whole counts.
        let mut lacking = map(&[(2, 5)]);
        lacking.spans.push(span("ual.mia.sync", None, (5, 6), Coverage::Full));
        assert_eq!(read.of_whole_days("t", &lacking), logs(2 * DAY, 5 * DAY + 7));
        // A day in between that nobody exported is a hole and no end, and of a tenant without a whole day everything counts.
        assert_eq!(read.of_whole_days("t", &map(&[(3, 4)])), read);
        assert_eq!(read.of_whole_days("u", &map(&[(2, 5)])), read);
        assert_eq!(logs(2 * DAY, 5 * DAY - 1).of_whole_days("t", &map(&[(2, 5)])), logs(2 * DAY, 5 * DAY - 1));
        assert_eq!(logs(i64::MIN, i64::MAX).of_whole_days("t", &map(&[(2, 5)])), logs(i64::MIN, i64::MAX));
    }

    #[test]
    fn the_worst_of_both_logs_and_of_the_mailbox_counts() {
        let map = CoverageMap {
            spans: vec![
                span("ual.mia.bind", None, (0, 10), Coverage::Full),
                span("ual.mia.sync", None, (0, 4), Coverage::Full),
                span("ual.mia.sync", None, (4, 5), Coverage::Unknown),
                span("ual.mia.sync", None, (5, 10), Coverage::Full),
                span("ual.mia.bind", Some("a@x"), (7, 8), Coverage::None),
                span("ual.item", Some("a@x"), (0, 10), Coverage::None),
            ],
            mailboxes: Vec::new(),
        };
        let days = Days::of(&map);
        assert_eq!(said(&days, "b@x"), [(0, 4, Coverage::Full), (4, 5, Coverage::Unknown), (5, 10, Coverage::Full)]);
        let own =
            [(0, 4, Coverage::Full), (4, 5, Coverage::Unknown), (5, 7, Coverage::Full), (7, 8, Coverage::None), (8, 10, Coverage::Full)];
        assert_eq!(said(&days, "a@x"), own);
    }

    #[test]
    fn a_log_that_nobody_speaks_of_is_unknown() {
        let map = CoverageMap { spans: vec![span("ual.mia.bind", None, (0, 10), Coverage::Full)], mailboxes: Vec::new() };
        assert_eq!(said(&Days::of(&map), "a@x"), [(0, 10, Coverage::Unknown)]);
    }

    #[test]
    fn a_day_counts_once_and_the_end_of_time_is_no_trouble() {
        let spans = [(0, DAY), (DAY / 2, 2 * DAY), (5 * DAY, 5 * DAY + 1)];
        assert_eq!(count_days(spans.into_iter().map(|(from, to)| (Nanos(from), Nanos(to)))), 3);
        assert_eq!(count_days([(Nanos(i64::MIN), Nanos(i64::MAX))].into_iter()), 213_504);
    }
}
