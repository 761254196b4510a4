//! What can be said of every mailbox, whether or not an incident reaches it.
//!
//! The rule. Where incidents reach the mailbox, the strongest word they say of it. Where findings say access of it that no incident
//! holds, because each may be ordinary, *possible access*. Otherwise, over the days that were looked at (from the first record or
//! declaration of the tenant to the last, without a first and last day of which no log has more than a part) every log of access to
//! messages must be complete, for the tenant and for the mailbox: bind and sync of the unified audit log, or Gmail's log. Where they are
//! on all days, the word is *no recorded access within coverage*; where not, it is *not assessable*, with the days.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Coverage, CoverageDays, Finding, Incidents, Nanos, STATEMENT_SCHEMA, Severity, Statement, Verdict, coverage_reason};

use crate::days::{Days, Segment, count_days};
use crate::known::Known;
use crate::mailbox::{said, say_access};

/// One statement for every mailbox, by tenant and address: those that are given, those that incidents reach, and those that findings
/// say access of.
#[must_use]
pub fn statements(incidents: &Incidents, findings: &[Finding], mailboxes: &BTreeSet<(String, String)>, known: &Known) -> Vec<Statement> {
    let days = Days::of(&known.coverage);
    let told = say_access(findings.iter().filter(|finding| finding.severity > Severity::Info));
    let mut reached: BTreeMap<(&str, &str), Vec<(&str, &str)>> = BTreeMap::new();
    for incident in &incidents.incidents {
        for mailbox in &incident.mailboxes {
            reached.entry((&mailbox.tenant, &mailbox.mailbox)).or_default().push((&incident.id, &mailbox.verdict));
        }
    }
    let own = mailboxes.iter().chain(told.keys()).map(|(tenant, mailbox)| (tenant.as_str(), mailbox.as_str()));
    let all: BTreeSet<(&str, &str)> = own.chain(reached.keys().copied()).collect();
    let nothing = Vec::new();
    let of = |at: (&str, &str)| {
        let found = told.get(&(at.0.to_owned(), at.1.to_owned())).cloned().unwrap_or_default();
        statement(at, reached.get(&at).unwrap_or(&nothing), found, &days, known)
    };
    all.into_iter().map(of).collect()
}

fn statement(
    (tenant, mailbox): (&str, &str),
    incidents: &[(&str, &str)],
    found: BTreeSet<String>,
    days: &Days<'_>,
    known: &Known,
) -> Statement {
    let window = days.window(tenant);
    let segments = window.map(|window| days.segments(tenant, mailbox, days.classes(tenant), window)).unwrap_or_default();
    let mut counted = CoverageDays::default();
    for state in [Coverage::None, Coverage::Unknown, Coverage::Partial, Coverage::Full] {
        counted.add(state, days_in(&segments, state));
    }
    let reasons: BTreeSet<&str> = segments.iter().flat_map(|segment| segment.reasons.iter().copied()).collect();
    Statement {
        schema: STATEMENT_SCHEMA.to_owned(),
        tenant: tenant.to_owned(),
        mailbox: mailbox.to_owned(),
        high_value: known.high_value.contains(mailbox),
        verdict: strongest(incidents).or_else(|| doubtful(found.len())).unwrap_or_else(|| by_coverage(window, counted, &reasons)),
        incident_ids: incidents.iter().map(|(id, _)| (*id).to_owned()).collect::<BTreeSet<_>>().into_iter().collect(),
        finding_ids: found.into_iter().collect(),
        from: window.map(|window| window.0),
        to: window.map(|window| window.1),
        days: counted,
        reasons: reasons.into_iter().map(str::to_owned).collect(),
    }
}

/// The days of a state; a day that is in parts of several states has the worst of them.
fn days_in(segments: &[Segment<'_>], state: Coverage) -> u64 {
    let spans = |worse: bool| {
        let is_it = move |segment: &&Segment<'_>| {
            let at_least = segment.state.worse(state) == segment.state;
            at_least && (!worse || segment.state != state)
        };
        segments.iter().filter(is_it).map(|segment| (segment.from, segment.to))
    };
    count_days(spans(false)).saturating_sub(count_days(spans(true)))
}

/// The strongest word that incidents say.
fn strongest(incidents: &[(&str, &str)]) -> Option<String> {
    let words = [Verdict::RecordedAccess, Verdict::PossibleAccess];
    let found = words.into_iter().find_map(|word| {
        let count = incidents.iter().filter(|(_, verdict)| verdict.contains(word.as_str())).count();
        (count > 0).then_some((word, count))
    });
    found.map(|(word, count)| {
        let reason = if count == 1 { "see the incident".to_owned() } else { format!("see the {count} incidents") };
        said(word, &reason).1
    })
}

/// The word where findings say access that no incident holds.
fn doubtful(findings: usize) -> Option<String> {
    let reason = match findings {
        0 => return None,
        1 => "see the finding, which may be ordinary".to_owned(),
        findings => format!("see the {findings} findings, which may be ordinary"),
    };
    Some(said(Verdict::PossibleAccess, &reason).1)
}

fn by_coverage(window: Option<(Nanos, Nanos)>, days: CoverageDays, reasons: &BTreeSet<&str>) -> String {
    let Some((from, to)) = window else { return said(Verdict::NotAssessable, "no log of the tenant was read").1 };
    let all = days.full.saturating_add(days.partial).saturating_add(days.unknown).saturating_add(days.none);
    if days.full == all && all > 0 {
        let last = Nanos(to.0.saturating_sub(1));
        return said(Verdict::NoRecordedAccess, &format!("from {} to {}", date(from), date(last))).1;
    }
    let why: Vec<&str> = reasons.iter().map(|reason| coverage_reason(reason)).collect();
    said(Verdict::NotAssessable, &format!("{} of {all} days: {}", all.saturating_sub(days.full), why.join("; "))).1
}

/// The day of an instant: `2026-01-05`.
fn date(time: Nanos) -> String {
    time.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use waxseal_model::{CoverageMap, CoverageSpan, INCIDENTS_SCHEMA, Totals};

    use super::*;

    const DAY: i64 = 86_400 * 1_000_000_000;

    fn known(spans: &[(&str, Option<&str>, i64, i64, Coverage)]) -> Known {
        let span = |(class, mailbox, from, to, state): &(&str, Option<&str>, i64, i64, Coverage)| CoverageSpan {
            tenant: "t".to_owned(),
            class: (*class).to_owned(),
            mailbox: mailbox.map(str::to_owned),
            from: Nanos(from * DAY),
            to: Nanos(to * DAY),
            state: *state,
            reason: if *state == Coverage::Full { "declared" } else { "no_records" }.to_owned(),
            records: 0,
        };
        Known { coverage: CoverageMap { spans: spans.iter().map(span).collect(), mailboxes: Vec::new() }, ..Known::default() }
    }

    fn only(known: &Known, mailbox: &str) -> Statement {
        let none =
            Incidents { schema: INCIDENTS_SCHEMA.to_owned(), totals: Totals::default(), incidents: Vec::new(), campaigns: Vec::new() };
        let mut all = statements(&none, &[], &BTreeSet::from([("t".to_owned(), mailbox.to_owned())]), known);
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[test]
    fn complete_logs_allow_the_word_with_its_span() {
        let whole = known(&[("ual.mia.bind", None, 0, 10, Coverage::Full), ("ual.mia.sync", None, 0, 10, Coverage::Full)]);
        let said = only(&whole, "a@x");
        assert_eq!(said.verdict, "no recorded access within coverage (from 1970-01-01 to 1970-01-10)");
        assert_eq!((said.days.full, said.reasons.len()), (10, 0));
    }

    #[test]
    fn what_findings_without_an_incident_say_is_possible_access_whatever_the_coverage() {
        let whole = known(&[("ual.mia.bind", None, 0, 10, Coverage::Full), ("ual.mia.sync", None, 0, 10, Coverage::Full)]);
        let none =
            Incidents { schema: INCIDENTS_SCHEMA.to_owned(), totals: Totals::default(), incidents: Vec::new(), campaigns: Vec::new() };
        let finding = |id: &str, verdict: &str, severity: &str| -> Finding {
            serde_json::from_value(serde_json::json!({
                "schema": "waxseal.finding/v1", "id": id, "detection": "d", "version": 1, "title": "it", "category": "mailbox_sync",
                "attack": [], "severity": severity, "confidence": "low", "tenant": "t", "first_time": null, "last_time": null,
                "event_ids": [], "event_count": 1, "accounts": [], "mailboxes": ["A@x"], "apps": [], "ips": [], "sessions": [],
                "coverage": "full", "verdict": verdict, "explanation": "", "looked_for": [], "cannot_exclude": [],
            }))
            .unwrap()
        };
        let said =
            |findings: &[Finding]| statements(&none, findings, &BTreeSet::from([("t".to_owned(), "a@x".to_owned())]), &whole).remove(0);
        let one = said(&[finding("f", "recorded access", "low")]);
        assert_eq!(one.verdict, "possible access (see the finding, which may be ordinary)");
        assert_eq!((one.finding_ids, one.incident_ids.len()), (vec!["f".to_owned()], 0));
        let silent = [finding("f", "not assessable (sign-ins only)", "high"), finding("g", "recorded access", "info")];
        assert!(said(&silent).verdict.starts_with("no recorded access within coverage"));
    }

    #[test]
    fn one_day_of_one_log_is_enough_to_be_not_assessable() {
        let full = ("ual.mia.bind", None, 0, 10, Coverage::Full);
        let lacking = known(&[full, ("ual.mia.sync", None, 0, 9, Coverage::Full), ("ual.mia.sync", None, 9, 10, Coverage::Unknown)]);
        let said = only(&lacking, "a@x");
        assert!(said.verdict.starts_with("not assessable (1 of 10 days: "), "{}", said.verdict);
        assert_eq!((said.days.full, said.days.unknown), (9, 1));
        let sync = ("ual.mia.sync", None, 0, 10, Coverage::Full);
        let one = known(&[full, sync, ("ual.mia.bind", Some("a@x"), 2, 5, Coverage::None)]);
        assert!(only(&one, "a@x").verdict.starts_with("not assessable (3 of 10 days: "));
        assert!(only(&one, "b@x").verdict.starts_with("no recorded access within coverage"));
        assert!(only(&known(&[full]), "a@x").verdict.starts_with("not assessable (10 of 10 days: "));
    }
}
