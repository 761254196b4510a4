//! Names in what people set for a case that fit nothing in its logs: a slip of the pen would else go unseen.

use std::collections::BTreeSet;

use waxseal_coverage::Declarations;
use waxseal_model::{Incidents, Statement};

use crate::settings::Settings;

/// What the names are compared with.
pub(crate) struct Seen<'s> {
    /// Every tenant of the case.
    pub(crate) tenants: BTreeSet<String>,
    /// What can be said of every mailbox; nothing where it was not worked out.
    pub(crate) statements: &'s [Statement],
    /// The mailboxes that incidents reach are named too.
    pub(crate) incidents: &'s Incidents,
}

/// Every name in `case.toml` and `coverage.toml` that fits nothing, with where it stands.
pub(crate) fn unmatched(settings: &Settings, declared: &Declarations, seen: &Seen<'_>) -> Vec<String> {
    let mut unmatched: Vec<String> = Vec::new();
    let stated = seen.statements.iter().map(|statement| &statement.mailbox);
    let reached = seen.incidents.incidents.iter().flat_map(|incident| &incident.mailboxes).map(|mailbox| &mailbox.mailbox);
    let mailboxes: BTreeSet<String> = stated.chain(reached).map(|mailbox| mailbox.to_lowercase()).collect();
    if !seen.statements.is_empty() {
        let unknown = settings.high_value.iter().filter(|mailbox| !mailboxes.contains(&mailbox.trim().to_lowercase()));
        unmatched.extend(unknown.map(|mailbox| format!("high_value: {mailbox}")));
    }
    let shared = settings.share_between_tenants.circles().unwrap_or_default().into_iter().flatten().collect::<BTreeSet<_>>();
    unmatched.extend(shared.difference(&seen.tenants).map(|tenant| format!("share_between_tenants: {tenant}")));
    let is_seen = |tenant: &str| seen.tenants.iter().any(|known| known.eq_ignore_ascii_case(tenant));
    let tenants: BTreeSet<&str> = declared.covers.iter().chain(&declared.lacks).filter_map(|one| one.tenant.as_deref()).collect();
    unmatched.extend(tenants.into_iter().filter(|tenant| !is_seen(tenant)).map(|tenant| format!("coverage.toml: tenant {tenant}")));
    unmatched
}
