//! What is known beside the findings.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use waxseal_model::{CoverageMap, Nanos};

/// Everything that findings do not say themselves. Each part may be empty: then fewer things are known not to join.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Addresses of the provider's own services.
    pub provider_ranges: Vec<AddressRange>,
    /// The provider's own applications, by id in lower case, beside the few that are built in.
    pub provider_apps: BTreeSet<String>,
    /// Addresses that many people of a tenant come from: (tenant, address).
    pub shared_addresses: BTreeSet<(String, String)>,
    /// The span of the logs of each tenant: of those that tell what was done, and not of mail that arrived.
    pub logs: BTreeMap<String, Logs>,
    /// How complete the logs are: what they do not hold bounds nothing where they are not.
    pub coverage: CoverageMap,
    /// When a finding was first reported, by its id. One that is missing is reported now.
    pub reported: BTreeMap<String, Nanos>,
    /// First and last record of each incident, by its id, where more than its findings' records are known to be the intruder's.
    pub recorded: BTreeMap<String, (Nanos, Nanos)>,
    /// The last record of each incident, by its id, that may be the intruder's, or anybody's.
    pub perhaps: BTreeMap<String, Nanos>,
    /// Mailboxes of high value, in lower case.
    pub high_value: BTreeSet<String>,
    /// Tenants whose incidents may be compared with each other's; none where all may.
    pub sharing: Option<Vec<BTreeSet<String>>>,
}

/// The span of the logs of a tenant, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logs {
    /// The first record, or the start of the first whole day.
    pub first: Nanos,
    /// The last record, or the end of the last whole day.
    pub last: Nanos,
}

/// Addresses from one to another, both within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    /// The first.
    pub first: IpAddr,
    /// The last.
    pub last: IpAddr,
}

impl AddressRange {
    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        // The order of `IpAddr` puts every IPv4 address before every IPv6 address.
        self.first <= address && address <= self.last && self.first.is_ipv4() == address.is_ipv4()
    }

    /// Reads `192.0.2.0/24`.
    #[must_use]
    pub fn parse(cidr: &str) -> Option<Self> {
        let (address, length) = cidr.trim().split_once('/')?;
        let length: u32 = length.parse().ok()?;
        match address.parse().ok()? {
            IpAddr::V4(address) if length <= 32 => {
                let host = u32::MAX.checked_shr(length).unwrap_or(0);
                let first = u32::from(address) & !host;
                Some(Self { first: IpAddr::V4(first.into()), last: IpAddr::V4((first | host).into()) })
            }
            IpAddr::V6(address) if length <= 128 => {
                let host = u128::MAX.checked_shr(length).unwrap_or(0);
                let first = u128::from(address) & !host;
                Some(Self { first: IpAddr::V6(first.into()), last: IpAddr::V6((first | host).into()) })
            }
            _ => None,
        }
    }
}

/// The provider's applications that nearly every export names.
const PROVIDER_APPS: &[&str] = &[
    "00b41c95-dab0-4487-9791-b9d2c32c80f2", // Office 365 Management
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46", // Azure CLI
    "1950a258-227b-4e31-a9cf-717495945fc2", // Azure PowerShell
    "1b730954-1685-4b74-9bfd-dac224a7b894", // Azure AD PowerShell
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264", // Microsoft Teams
    "27922004-5251-4030-b22d-91ecd9a37ea4", // Outlook Mobile
    "29d9ed98-a469-4536-ade2-f981bc1d605e", // Authentication Broker
    "4765445b-32c6-49b0-83e6-1d93765276ca", // OfficeHome
    "5d661950-3475-41cd-a2c3-d671a3162bc1", // Microsoft Outlook
    "5e3ce6c0-2b1f-4285-8d4b-75ee78787346", // Teams Web Client
    "89bee1f7-5e6e-4d8a-9f3d-ecd601259da7", // Office365 Shell
    "9199bf20-a13f-4107-85dc-02114787ef48", // One Outlook Web
    "a0c73c16-a7e3-4564-9a95-2bdf47383716", // Exchange Online PowerShell
    "ab9b8c07-8f02-4f72-87fa-80105867a763", // OneDrive sync
    "aebc6443-996d-45c2-90f0-388ff96faa56", // Visual Studio Code
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", // Azure Portal
    "d3590ed6-52b3-4102-aeff-aad2292ab01c", // Microsoft Office
    "de8bc8b5-d9f9-48b1-a8ad-b748da725064", // Graph Explorer
    "f8d98a96-0999-43f5-8af3-69971c7bb423", // iOS Accounts
];

impl Known {
    /// Whether an address is one of the provider's services, or none that the internet knows.
    pub(crate) fn is_nobodys(&self, address: IpAddr) -> bool {
        let private = match address {
            IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
        };
        private || address.is_loopback() || address.is_unspecified() || self.provider_ranges.iter().any(|range| range.contains(address))
    }

    /// Things by the circle of tenants that share, in their order. What is in no circle is alone, so in none.
    pub(crate) fn circles<T: Clone>(&self, things: Vec<T>, tenant: impl Fn(&T) -> &str) -> Vec<Vec<T>> {
        let Some(sharing) = &self.sharing else { return vec![things] };
        let in_circle = |circle: &BTreeSet<String>| things.iter().filter(|thing| circle.contains(tenant(thing))).cloned().collect();
        sharing.iter().map(in_circle).collect()
    }

    /// Whether an application, in lower case, is the provider's own.
    pub(crate) fn is_provider_app(&self, app: &str) -> bool {
        // The ids of the provider's oldest services have these ends.
        let old = app.ends_with("-0000-0000-c000-000000000000") || app.ends_with("-0000-0ff1-ce00-000000000000");
        old || PROVIDER_APPS.binary_search(&app).is_ok() || self.provider_apps.contains(app)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_applications_are_sorted() {
        assert!(PROVIDER_APPS.is_sorted());
        assert!(Known::default().is_provider_app("9199bf20-a13f-4107-85dc-02114787ef48"));
    }

    #[test]
    fn a_range_holds_its_ends_and_nothing_of_the_other_family() {
        let range = AddressRange::parse("192.0.2.128/25").unwrap();
        let holds = |text: &str| range.contains(text.parse().unwrap());
        assert!(holds("192.0.2.128") && holds("192.0.2.255") && !holds("192.0.2.127") && !holds("::1"));
        assert!(AddressRange::parse("2001:db8::/32").unwrap().contains("2001:db8:ffff::1".parse().unwrap()));
        assert!(AddressRange::parse("0.0.0.0/0").unwrap().contains("198.51.100.7".parse().unwrap()));
        assert_eq!(AddressRange::parse("192.0.2.0/33"), None);
    }
}
