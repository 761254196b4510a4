//! Findings for tests.

use std::collections::BTreeMap;

use waxseal_incident::{AddressRange, Known, Logs, assemble};
use waxseal_model::{Confidence, Coverage, CoverageMap, CoverageSpan, FINDING_SCHEMA, Finding, Incidents, JoinKind, Nanos, Severity};

pub(crate) const MINUTE: i64 = 60 * 1_000_000_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const START: i64 = 20_000 * DAY;

pub(crate) const ANNA: &str = "anna@contoso.example";
pub(crate) const BERT: &str = "bert@contoso.example";
pub(crate) const INTRUDER: &str = "203.0.113.66";
pub(crate) const OTHER_INTRUDER: &str = "198.51.100.9";
pub(crate) const OFFICE: &str = "192.0.2.10";
pub(crate) const PROVIDER: &str = "2001:db8:a::1";
pub(crate) const APP: &str = "6f1d3c2a-0000-4000-8000-123456789abc";
pub(crate) const OTHER_APP: &str = "0b7e9d55-0000-4000-8000-cba987654321";

/// A medium finding of a category, an hour long, with one record of its own.
pub(crate) fn finding(id: &str, category: &str, hours: i64) -> Finding {
    Finding {
        schema: FINDING_SCHEMA.to_owned(),
        id: id.to_owned(),
        detection: format!("test.{category}"),
        version: 1,
        title: format!("What {category} finds"),
        category: category.to_owned(),
        attack: Vec::new(),
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        tenant: "contoso".to_owned(),
        first_time: Some(Nanos(START + hours * HOUR)),
        last_time: Some(Nanos(START + hours * HOUR + MINUTE)),
        primary_time: None,
        step: None,
        event_ids: vec![format!("record of {id}")],
        event_count: 1,
        accounts: Vec::new(),
        mailboxes: Vec::new(),
        apps: Vec::new(),
        ips: Vec::new(),
        sessions: Vec::new(),
        coverage: Coverage::Full,
        verdict: "possible access (it is a test)".to_owned(),
        explanation: String::new(),
        looked_for: Vec::new(),
        cannot_exclude: Vec::new(),
    }
}

/// Small changes to a finding, one after another.
pub(crate) trait With: Sized {
    fn severity(self, severity: Severity) -> Self;
    fn low(self) -> Self {
        self.severity(Severity::Low)
    }
    fn tenant(self, tenant: &str) -> Self;
    fn account(self, account: &str) -> Self;
    fn mailbox(self, mailbox: &str) -> Self;
    fn app(self, app: &str) -> Self;
    fn ip(self, ip: &str) -> Self;
    fn session(self, session: &str) -> Self;
    fn event(self, event: &str) -> Self;
    fn verdict(self, verdict: &str) -> Self;
}

impl With for Finding {
    fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    fn tenant(mut self, tenant: &str) -> Self {
        tenant.clone_into(&mut self.tenant);
        self
    }

    fn account(mut self, account: &str) -> Self {
        self.accounts.push(account.to_owned());
        self
    }

    fn mailbox(mut self, mailbox: &str) -> Self {
        self.mailboxes.push(mailbox.to_owned());
        self
    }

    fn app(mut self, app: &str) -> Self {
        self.apps.push(app.to_owned());
        self
    }

    fn ip(mut self, ip: &str) -> Self {
        self.ips.push(ip.to_owned());
        self
    }

    fn session(mut self, session: &str) -> Self {
        self.sessions.push(session.to_owned());
        self
    }

    fn event(mut self, event: &str) -> Self {
        self.event_ids.push(event.to_owned());
        self
    }

    fn verdict(mut self, verdict: &str) -> Self {
        verdict.clone_into(&mut self.verdict);
        self
    }
}

/// Logs of thirty days from ten days before the first finding.
pub(crate) fn known() -> Known {
    let logs = Logs { first: Nanos(START - 10 * DAY), last: Nanos(START + 20 * DAY) };
    Known {
        provider_ranges: AddressRange::parse("2001:db8:a::/48").into_iter().collect(),
        coverage: complete(),
        logs: ["contoso", "fabrikam"].into_iter().map(|tenant| (tenant.to_owned(), logs)).collect::<BTreeMap<_, _>>(),
        ..Known::default()
    }
}

/// Every log is whole.
fn complete() -> CoverageMap {
    let span = |tenant: &str, class: &str| CoverageSpan {
        tenant: tenant.to_owned(),
        class: class.to_owned(),
        mailbox: None,
        from: Nanos(START - 10 * DAY),
        to: Nanos(START + 20 * DAY),
        state: Coverage::Full,
        reason: "declared".to_owned(),
        records: 1,
    };
    let classes = ["signin.interactive", "signin.noninteractive", "ual.mia.bind", "ual.mia.sync"];
    let spans = ["contoso", "fabrikam"].into_iter().flat_map(|tenant| classes.map(|class| span(tenant, class))).collect();
    CoverageMap { spans, ..CoverageMap::default() }
}

pub(crate) fn assembled(findings: &[Finding]) -> Incidents {
    assemble(findings, &known(), Nanos(START + 20 * DAY))
}

/// The finding ids of each incident, sorted.
pub(crate) fn grouped(findings: &[Finding]) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = assembled(findings).incidents.into_iter().map(|incident| incident.finding_ids).collect();
    groups.sort();
    groups
}

/// What ties a finding to its incident.
pub(crate) fn tie_of(incidents: &Incidents, finding: &str) -> Option<(JoinKind, String, String)> {
    let mut joined = incidents.incidents.iter().flat_map(|incident| &incident.joined);
    let tie = joined.find(|joined| joined.finding == finding)?.joined_by.clone()?;
    Some((tie.kind, tie.value, tie.finding))
}
