//! The tenants seen.

use waxseal_model::TenantSeen;

use crate::shown::Shown;
use crate::wording::grouped;

/// How many domains are spelt out.
const DOMAINS: usize = 8;

/// One tenant.
#[derive(Debug)]
pub(crate) struct TenantRow {
    /// Its id.
    pub(crate) tenant: Shown,
    /// Its events.
    pub(crate) events: String,
    /// Its domains.
    pub(crate) domains: Shown,
    /// How it was told.
    pub(crate) told: &'static str,
}

impl TenantRow {
    /// Words one tenant.
    pub(crate) fn of(seen: &TenantSeen) -> Self {
        let mut domains = seen.domains.iter().take(DOMAINS).cloned().collect::<Vec<_>>().join(", ");
        if let Some(more) = seen.domains.len().checked_sub(DOMAINS).filter(|more| *more > 0) {
            domains.push_str(&format!(" and {} more", grouped(more as u64)));
        }
        Self {
            tenant: Shown::name(&seen.tenant),
            events: grouped(seen.events),
            domains: Shown::passage(&domains),
            told: if seen.inferred { "inferred" } else { "named in the records" },
        }
    }
}
