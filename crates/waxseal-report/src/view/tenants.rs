//! The tenants seen.

use waxseal_model::TenantSeen;

use crate::shown::Shown;
use crate::words::Words;

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
    pub(crate) domains: String,
    /// How it was told.
    pub(crate) told: String,
}

impl TenantRow {
    /// Words one tenant.
    pub(crate) fn of(seen: &TenantSeen, words: &Words) -> Self {
        Self {
            tenant: Shown::name(&seen.tenant),
            events: words.count(seen.events),
            domains: words.first_few(seen.domains.iter().map(String::as_str), DOMAINS),
            told: words.say(if seen.inferred { "tenant-inferred" } else { "tenant-named" }),
        }
    }
}
