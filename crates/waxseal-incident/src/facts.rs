//! Findings in one order, and what of each can tie it to another.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use waxseal_model::{Finding, Severity, Step};

use crate::known::Known;
use crate::role::{AccountRole, AppRole, Role};

/// A finding that names more accounts than this ties to none of them.
const MOST_ACCOUNTS: usize = 5;

/// So many people without anything in common who act at an address make it a shared one.
const MANY_PEOPLE: usize = 3;

/// What of a finding can tie it to another of its tenant.
#[derive(Debug, Default)]
pub(crate) struct Ties {
    pub(crate) sessions: Vec<String>,
    /// Applications that are not the provider's own, where they are more than the program somebody used.
    pub(crate) apps: Vec<String>,
    /// Public addresses that are not the provider's.
    pub(crate) seen_at: Vec<IpAddr>,
    /// Of these, the ones that are not shared either.
    pub(crate) addresses: Vec<IpAddr>,
    /// Accounts and mailboxes, where they are few.
    pub(crate) accounts: Vec<String>,
}

/// Findings in one order, each once.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// By tenant, time and id.
    pub(crate) findings: Vec<&'a Finding>,
    pub(crate) roles: Vec<Role>,
    pub(crate) ties: Vec<Ties>,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(findings: &'a [Finding], known: &Known) -> Self {
        let findings = ordered(findings);
        let roles: Vec<Role> = findings.iter().map(|finding| Role::of(&finding.category)).collect();
        let mut ties: Vec<Ties> = findings.iter().zip(&roles).map(|(finding, role)| ties_of(finding, *role, known)).collect();
        let shared = shared_addresses(&findings, &roles, &ties);
        for (finding, own) in findings.iter().zip(&mut ties) {
            let is_shared = |address: &&IpAddr| {
                shared.contains(&(finding.tenant.as_str(), **address))
                    || known.shared_addresses.contains(&(finding.tenant.clone(), address.to_string()))
            };
            own.addresses = own.seen_at.iter().filter(|address| !is_shared(address)).copied().collect();
        }
        Self { findings, roles, ties }
    }

    /// Whether a finding is one to act on.
    pub(crate) fn is_grave(&self, finding: usize) -> bool {
        self.findings[finding].severity >= Severity::Medium
    }

    /// What step a finding tells of.
    pub(crate) fn step(&self, finding: usize) -> Step {
        self.findings[finding].step.unwrap_or(self.roles[finding].step)
    }

    /// The tenant of a finding.
    pub(crate) fn tenant(&self, finding: usize) -> &'a str {
        &self.findings[finding].tenant
    }

    /// Whether both findings name applications by id, and none in common.
    pub(crate) fn other_app(&self, a: usize, b: usize) -> bool {
        let ids = |finding: usize| self.ties[finding].apps.iter().filter(|app| is_id(app));
        ids(a).next().is_some() && ids(b).next().is_some() && !ids(a).any(|app| self.ties[b].apps.contains(app))
    }

    /// The time from the end of a finding to the start of a later one, in nanoseconds. `None` where one has no time.
    pub(crate) fn gap(&self, earlier: usize, later: usize) -> Option<i64> {
        let end = self.findings[earlier].last_time.or(self.findings[earlier].first_time)?;
        let start = self.findings[later].first_time.or(self.findings[later].last_time)?;
        Some(start.0.saturating_sub(end.0).max(0))
    }
}

/// Whether it is the id of an application: a name may be anybody's.
pub(crate) fn is_id(app: &str) -> bool {
    app.len() >= 16 && app.chars().filter(char::is_ascii_digit).count() >= 6 && app.chars().all(|c| c.is_ascii_graphic())
}

/// Findings by tenant, time and id. Of several with one id in a tenant, the first by its text stays.
fn ordered(findings: &[Finding]) -> Vec<&Finding> {
    let mut by_id: BTreeMap<(&str, &str), &Finding> = BTreeMap::new();
    for finding in findings {
        by_id
            .entry((&finding.tenant, &finding.id))
            .and_modify(|kept| {
                if *kept != finding && text(finding) < text(kept) {
                    *kept = finding;
                }
            })
            .or_insert(finding);
    }
    let mut ordered: Vec<&Finding> = by_id.into_values().collect();
    // What has no time comes last; the order by id is kept among equals.
    ordered.sort_by_key(|finding| {
        let start = finding.first_time.or(finding.last_time);
        (finding.tenant.as_str(), start.is_none(), start)
    });
    ordered
}

fn text(finding: &Finding) -> String {
    serde_json::to_string(finding).unwrap_or_default()
}

fn ties_of(finding: &Finding, role: Role, known: &Known) -> Ties {
    let apps = lower(&finding.apps).into_iter().filter(|app| role.app != AppRole::Program && !known.is_provider_app(app));
    let addresses: BTreeSet<IpAddr> = finding.ips.iter().filter_map(|text| address(text)).collect();
    let mut accounts = lower(finding.accounts.iter().chain(&finding.mailboxes));
    if role.account == AccountRole::Named || accounts.len() > MOST_ACCOUNTS {
        accounts.clear();
    }
    Ties {
        sessions: lower(&finding.sessions),
        apps: apps.collect(),
        seen_at: addresses.into_iter().filter(|address| !known.is_nobodys(*address)).collect(),
        addresses: Vec::new(),
        accounts,
    }
}

/// An IPv4 address that is written as IPv6 is the same address.
fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Texts in lower case, each once; the empty one and the empty GUID name nothing.
fn lower<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let texts = texts.into_iter().map(|text| text.trim().to_lowercase());
    let texts: BTreeSet<String> = texts.filter(|text| text.chars().any(|c| c != '0' && c != '-')).collect();
    texts.into_iter().collect()
}

/// Addresses where people act who have neither an account nor a session in common.
fn shared_addresses<'a>(findings: &[&'a Finding], roles: &[Role], ties: &[Ties]) -> BTreeSet<(&'a str, IpAddr)> {
    let mut people: BTreeMap<(&str, IpAddr), Vec<BTreeSet<&str>>> = BTreeMap::new();
    for ((finding, role), own) in findings.iter().zip(roles).zip(ties) {
        if role.foreign_address || own.accounts.is_empty() {
            continue;
        }
        for address in &own.seen_at {
            let groups = people.entry((finding.tenant.as_str(), *address)).or_default();
            if groups.len() < 2 * MANY_PEOPLE {
                add_to(groups, own.accounts.iter().chain(&own.sessions).map(String::as_str).collect());
            }
        }
    }
    people.into_iter().filter(|(_, groups)| groups.len() >= MANY_PEOPLE).map(|(key, _)| key).collect()
}

/// Adds names to the group that has one of them, and makes groups one that it ties.
fn add_to<'a>(groups: &mut Vec<BTreeSet<&'a str>>, mut names: BTreeSet<&'a str>) {
    let (met, apart): (Vec<_>, Vec<_>) = std::mem::take(groups).into_iter().partition(|other| names.iter().any(|n| other.contains(n)));
    *groups = apart;
    for mut other in met {
        if other.len() > names.len() {
            std::mem::swap(&mut other, &mut names);
        }
        names.extend(other);
    }
    groups.push(names);
}
