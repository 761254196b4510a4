//! What was usual may have been learned from an intruder.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Finding, Nanos, Severity};

use crate::set::DetectionSet;

/// Where a finding compares with what was usual before, and findings of medium or above of the same mailboxes or accounts lie in
/// that time, it says so: what the intruder did then was taken for usual.
///
/// A context is new or not by when it was *first* seen, so that what is suspect never teaches the comparison that should
/// catch it; this is about the rest of what was done in that time.
pub(crate) fn say_overlaps(findings: &mut [Finding], set: &DetectionSet) {
    let earliest = earliest_grave(findings);
    for finding in findings.iter_mut() {
        let compares = set.get(&finding.detection).is_some_and(|detection| detection.meta.baseline);
        let Some(first) = finding.first_time.filter(|_| compares) else { continue };
        let before = |key: &Key| earliest.get(key).filter(|(time, id)| *time < first && *id != finding.id);
        let overlapping: BTreeSet<&str> = keys(finding).iter().filter_map(before).map(|(_, id)| id.as_str()).collect();
        if let Some(example) = overlapping.first() {
            let doubt = format!("that what was taken for usual holds an intruder's work already: finding {example} lies in that time");
            finding.cannot_exclude.push(doubt);
        }
    }
}

/// Tenant, and a mailbox or an account of it.
type Key = (String, String);

fn keys(finding: &Finding) -> Vec<Key> {
    let whom = finding.mailboxes.iter().chain(&finding.accounts);
    whom.map(|name| (finding.tenant.clone(), name.to_lowercase())).collect()
}

/// When each mailbox and account first has a finding of medium or above, and which.
fn earliest_grave(findings: &[Finding]) -> BTreeMap<Key, (Nanos, String)> {
    let mut earliest: BTreeMap<Key, (Nanos, String)> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity >= Severity::Medium) {
        let Some(time) = finding.first_time else { continue };
        for key in keys(finding) {
            let this = (time, finding.id.clone());
            earliest.entry(key).and_modify(|known| *known = known.clone().min(this.clone())).or_insert(this);
        }
    }
    earliest
}
