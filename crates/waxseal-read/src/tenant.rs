//! Whose record it is, where the record does not say.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Which tenant a domain belongs to, as far as the records of a hunt tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainTenants {
    /// `None` for a domain that records of several tenants carry.
    known: BTreeMap<String, Option<String>>,
}

impl DomainTenants {
    /// Adds what a record says.
    pub fn learn(&mut self, domain: &str, tenant: &str) {
        match self.known.get_mut(domain) {
            None => {
                self.known.insert(domain.to_owned(), Some(tenant.to_owned()));
            }
            Some(known) if known.as_deref() == Some(tenant) => {}
            Some(known) => *known = None,
        }
    }

    /// The one tenant of a domain.
    #[must_use]
    pub fn tenant_of(&self, domain: &str) -> Option<&str> {
        self.known.get(domain)?.as_deref()
    }

    /// Every domain that belongs to one tenant, with it.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.known.iter().filter_map(|(domain, tenant)| Some((domain.as_str(), tenant.as_deref()?)))
    }
}

/// How a tenant came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// From a domain, or because the user said so.
    Inferred,
    /// Nothing tells; the name is made from the file's digest.
    Unknown,
}

/// What decides the tenant of records that do not name it.
#[derive(Clone)]
pub struct TenantRule {
    /// Known domains.
    pub domains: Arc<DomainTenants>,
    /// What the user gave as `--tenant`.
    pub given: Option<String>,
    /// Gives `unknown-` and eight digits of the file's digest; asked only when needed, since it may have to wait for the digest.
    pub unknown: Arc<dyn Fn() -> String + Send + Sync>,
}

impl std::fmt::Debug for TenantRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantRule").field("domains", &self.domains).field("given", &self.given).finish_non_exhaustive()
    }
}

impl TenantRule {
    /// The tenant by the domains of the addresses, else as given, else unknown.
    pub fn tenant_of<'a>(&self, mut addresses: impl Iterator<Item = &'a str>) -> (String, Told) {
        let by_domain = addresses.find_map(|address| self.domains.tenant_of(address.rsplit_once('@')?.1));
        match by_domain.or(self.given.as_deref()) {
            Some(tenant) => (tenant.to_owned(), Told::Inferred),
            None => ((self.unknown)(), Told::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_of_two_tenants_decides_nothing() {
        let mut domains = DomainTenants::default();
        domains.learn("a.example", "one");
        domains.learn("b.example", "one");
        domains.learn("b.example", "two");
        let rule = TenantRule { domains: Arc::new(domains), given: None, unknown: Arc::new(|| "unknown-0".to_owned()) };
        assert_eq!(rule.tenant_of(["x@a.example"].into_iter()), ("one".to_owned(), Told::Inferred));
        assert_eq!(rule.tenant_of(["x@b.example"].into_iter()), ("unknown-0".to_owned(), Told::Unknown));
    }
}
