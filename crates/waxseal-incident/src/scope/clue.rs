//! The records that incidents rest on, and what they show of whoever made them.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Finding, Incident, Incidents, JoinKind, Nanos, Severity, Step};

use super::exposed::opens_way;
use crate::role::Role;

/// A record that a finding of an incident cites.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cited {
    /// The incident, by its place; the greatest number where the finding is in none.
    pub incident: u32,
    /// The tenant.
    pub tenant: String,
    /// The record.
    pub event: String,
    /// The category of the finding.
    pub category: String,
    /// Whether the finding is more than context.
    pub firm: bool,
    /// Whether the record itself is the intruder's, and not only something beside it.
    pub counts: bool,
}

/// What cited records of one kind show of whoever made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clue {
    /// The incident, by its place.
    pub incident: u32,
    /// The category of the finding.
    pub category: String,
    /// The tenant.
    pub tenant: String,
    /// Whether they are records of access, and not of what opened the way.
    pub is_access: bool,
    /// The account that acted.
    pub actor: Option<String>,
    /// The public address that is not the provider's.
    pub address: Option<String>,
    /// The sessions: the service's and the directory's.
    pub sessions: Vec<String>,
    /// The token's id.
    pub token: Option<String>,
    /// Whether it is the confirmation of a device code.
    pub by_code: bool,
    /// The first of the records.
    pub first: Nanos,
    /// The last one.
    pub last: Nanos,
}

/// The incident of a record that only findings cite which are in none.
pub(super) const NO_INCIDENT: u32 = u32::MAX;

/// Every record that the findings of the incidents cite, sorted, each once for a category. Those of other findings are there where
/// they open a way to mail: the act may be the intruder's although its finding tells too little to be joined.
#[must_use]
pub fn cited(incidents: &Incidents, findings: &[Finding]) -> Vec<Cited> {
    let by_id: BTreeMap<(&str, &str), &Finding> = findings.iter().map(|f| ((f.tenant.as_str(), f.id.as_str()), f)).collect();
    let mut all = Vec::new();
    for (place, incident) in (0..).zip(&incidents.incidents) {
        for (finding, firm) in findings_of(incident, &by_id) {
            all.extend(finding.event_ids.iter().map(|event| Cited {
                incident: place,
                tenant: finding.tenant.clone(),
                event: event.clone(),
                category: finding.category.clone(),
                firm,
                counts: firm && counts(&finding.category),
            }));
        }
    }
    for finding in findings.iter().filter(|finding| opens_way(&finding.category)) {
        all.extend(finding.event_ids.iter().map(|event| Cited {
            incident: NO_INCIDENT,
            tenant: finding.tenant.clone(),
            event: event.clone(),
            category: finding.category.clone(),
            firm: false,
            counts: false,
        }));
    }
    all.sort();
    all.dedup();
    all
}

/// The findings of an incident that are more than context.
pub(super) fn firm<'a>(incident: &'a Incident, by_id: &'a BTreeMap<(&str, &str), &'a Finding>) -> impl Iterator<Item = &'a Finding> + 'a {
    findings_of(incident, by_id).filter_map(|(finding, firm)| firm.then_some(finding))
}

/// The findings of an incident, and whether each is more than context.
fn findings_of<'a>(
    incident: &'a Incident,
    by_id: &'a BTreeMap<(&str, &str), &'a Finding>,
) -> impl Iterator<Item = (&'a Finding, bool)> + 'a {
    incident.joined.iter().filter_map(move |joined| {
        let finding = incident.tenants.iter().find_map(|tenant| by_id.get(&(tenant.as_str(), joined.finding.as_str())))?;
        let loose = joined.joined_by.as_ref().is_some_and(|by| by.kind == JoinKind::Account);
        Some((*finding, finding.severity >= Severity::Medium || !loose))
    })
}

/// Something of each mailbox, by tenant and address.
pub(super) type OfMailbox<T> = BTreeMap<(String, String), T>;

/// Mailboxes of findings that rest on more records of access than they cite and than were `found` in their mailboxes, with how many.
pub(super) fn cited_in_part<'f>(findings: impl Iterator<Item = &'f Finding>, found: &dyn Fn(&str, &str) -> u64) -> OfMailbox<u64> {
    let mut in_part: OfMailbox<u64> = BTreeMap::new();
    for finding in findings.filter(|f| f.event_count > f.event_ids.len() as u64 && Role::of(&f.category).step == Step::Access) {
        let mailboxes: BTreeSet<String> = finding.mailboxes.iter().map(|mailbox| mailbox.to_lowercase()).collect();
        let all = mailboxes.iter().fold(0_u64, |sum, mailbox| sum.saturating_add(found(&finding.tenant, mailbox)));
        for mailbox in mailboxes.into_iter().filter(|_| finding.event_count > all) {
            let records = in_part.entry((finding.tenant.clone(), mailbox)).or_default();
            *records = (*records).max(finding.event_count);
        }
    }
    in_part
}

/// A mailbox falls silent by whoever makes the noise, and what was let in by somebody who was cheated is that person's own act.
fn counts(category: &str) -> bool {
    Role::of(category).step != Step::Context && !matches!(category, "throttled" | "oauth_consent" | "oauth_app_registered" | "device_code")
}
