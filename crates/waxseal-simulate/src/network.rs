//! Where people, services and intruders connect from.
//!
//! What is rare can only be told by the network an address belongs to, so addresses are drawn from networks that exist.
//! Nothing is said about whoever uses them: which network plays which part was chosen by size and kind alone.

use crate::random::Random;

/// What kind of network an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NetworkKind {
    /// A fixed line at home or in an office.
    Fixed,
    /// A mobile operator.
    Mobile,
    /// Rented machines, and the exits of consumer VPNs.
    Hosting,
    /// A security service that organisations send their traffic through.
    SharedEgress,
}

/// A block of addresses of one network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    /// Country, two letters.
    pub(crate) country: &'static str,
    /// A city of it, for sign-in records.
    pub(crate) city: &'static str,
    /// Its kind.
    pub(crate) kind: NetworkKind,
    /// Autonomous system number.
    pub(crate) asn: u32,
    /// The first two numbers of its IPv4 addresses, and how many second numbers there are.
    block: (u8, u8, u8),
}

const fn network(country: &'static str, city: &'static str, kind: NetworkKind, asn: u32, block: (u8, u8, u8)) -> Network {
    Network { country, city, kind, asn, block }
}

use NetworkKind::{Fixed, Hosting, Mobile, SharedEgress};

/// The networks of the worlds.
pub(crate) const NETWORKS: &[Network] = &[
    network("FR", "Lyon", Fixed, 3215, (90, 0, 16)),
    network("FR", "Paris", Fixed, 12322, (82, 64, 4)),
    network("FR", "Paris", Mobile, 5410, (176, 128, 16)),
    network("GB", "Leeds", Fixed, 2856, (86, 128, 16)),
    network("GB", "London", Fixed, 5607, (90, 192, 8)),
    network("GB", "London", Mobile, 206_067, (92, 40, 1)),
    network("DE", "Hamburg", Fixed, 3320, (79, 192, 16)),
    network("DE", "Berlin", Fixed, 3209, (88, 64, 8)),
    network("DE", "Berlin", Mobile, 6805, (46, 114, 2)),
    network("US", "Denver", Fixed, 7922, (73, 34, 8)),
    network("US", "Boston", Fixed, 701, (71, 161, 7)),
    network("US", "Seattle", Mobile, 21928, (172, 56, 4)),
    network("MA", "Rabat", Fixed, 6713, (105, 128, 8)),
    network("MA", "Rabat", Mobile, 36_884, (105, 64, 8)),
    network("SA", "Riyadh", Fixed, 25_019, (188, 48, 4)),
    network("SA", "Riyadh", Mobile, 25_019, (37, 104, 2)),
    network("AE", "Dubai", Fixed, 15_802, (94, 200, 4)),
    network("NL", "Utrecht", Fixed, 33915, (84, 104, 8)),
    network("NL", "Utrecht", Mobile, 1136, (188, 200, 4)),
    network("FR", "Roubaix", Hosting, 16276, (51, 68, 4)),
    network("FI", "Helsinki", Hosting, 24_940, (95, 216, 1)),
    network("US", "New York", Hosting, 14061, (159, 89, 1)),
    network("US", "Piscataway", Hosting, 20473, (45, 76, 2)),
    network("SG", "Singapore", Hosting, 14061, (128, 199, 1)),
    network("GB", "London", SharedEgress, 62044, (165, 225, 1)),
    network("US", "San Jose", SharedEgress, 22616, (136, 226, 1)),
];

impl Network {
    /// An address of the network.
    pub(crate) fn address(&self, random: &mut Random) -> String {
        let (first, second, count) = self.block;
        let second = u64::from(second) + random.below(u64::from(count));
        // Networks number the lower part of a block; 0 and 255 are nobody's.
        format!("{first}.{second}.{}.{}", random.between(1, 120), random.between(2, 253))
    }
}

/// The networks of a kind, of one country where it has any.
pub(crate) fn networks(kind: NetworkKind, country: Option<&str>) -> Vec<&'static Network> {
    let of_kind = || NETWORKS.iter().filter(|network| network.kind == kind);
    let there: Vec<_> = of_kind().filter(|network| country.is_none_or(|country| network.country == country)).collect();
    if there.is_empty() { of_kind().collect() } else { there }
}

/// An address of the provider's own machines, as REST access to a mailbox shows it instead of the client's.
pub(crate) fn provider_address(random: &mut Random) -> String {
    match random.below(8) {
        0 => format!("20.190.160.{}", random.between(1, 200)),
        1 => format!("40.126.32.{}", random.between(1, 200)),
        _ => {
            let (site, rack, host) = (random.between(0x10, 0xfff), random.between(1, 0x1ff), random.between(1, 0x1ff));
            format!("2603:10a6:{site:x}:{rack:x}:cafe::{host:x}")
        }
    }
}
