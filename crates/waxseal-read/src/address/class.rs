//! Which addresses mean something inside one network only, which cannot be a source, and which are the provider's own.

use std::net::{IpAddr, Ipv4Addr};

/// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>).
const PRIVATE: &[&str] = &[
    "10.0.0.0/8",     // private use
    "100.64.0.0/10",  // shared by the customers of a carrier
    "127.0.0.0/8",    // the machine itself
    "169.254.0.0/16", // the link
    "172.16.0.0/12",  // private use
    "192.168.0.0/16", // private use
    "::1/128",        // the machine itself
    "fc00::/7",       // unique local
    "fe80::/10",      // the link
    "fec0::/10",      // the site, as it once was
];

/// Same source.
const RESERVED: &[&str] = &[
    "0.0.0.0/8",       // this network
    "192.0.0.0/24",    // protocol assignments
    "192.0.2.0/24",    // documentation
    "192.88.99.0/24",  // the relays of 6to4, as they once were
    "198.18.0.0/15",   // benchmarks
    "198.51.100.0/24", // documentation
    "203.0.113.0/24",  // documentation
    "224.0.0.0/4",     // groups
    "240.0.0.0/4",     // future use, and broadcast
    "::/128",          // no address
    "100::/64",        // discard
    "2001:2::/48",     // benchmarks
    "2001:db8::/32",   // documentation
    "3fff::/20",       // documentation
    "5f00::/16",       // segment routing
    "ff00::/8",        // groups
];

/// The classes, by range.
#[derive(Debug)]
pub(super) struct Classes {
    /// Sorted, without overlap.
    ranges: Vec<Range>,
    date: String,
}

#[derive(Debug, Clone, Copy)]
struct Range {
    first: u128,
    last: u128,
    class: &'static str,
}

impl Classes {
    /// The special ranges, and those of a list with the columns cidr, provider, source, date. `None` where the list is damaged
    /// or claims a special range.
    pub(super) fn with_provider_list(csv: &str) -> Option<Self> {
        let mut date = "";
        let mut ranges = Vec::new();
        for (cidrs, class) in [(PRIVATE, "private"), (RESERVED, "reserved")] {
            for cidr in cidrs {
                ranges.push(Range::of(cidr, class)?);
            }
        }
        for line in csv.lines().skip(1) {
            ranges.push(Range::of(line.split(',').next()?, "provider")?);
            date = date.max(line.rsplit(',').next()?);
        }
        ranges.sort_by_key(|range| range.first);
        let apart = ranges.windows(2).all(|pair| pair[0].last < pair[1].first);
        apart.then(|| Self { ranges, date: date.to_owned() })
    }

    /// The class of an address.
    pub(super) fn of(&self, ip: IpAddr) -> &'static str {
        let key = key(ip);
        let after = self.ranges.partition_point(|range| range.first <= key);
        match after.checked_sub(1).and_then(|at| self.ranges.get(at)) {
            Some(range) if key <= range.last => range.class,
            _ => "public",
        }
    }

    /// The newest date of the provider list.
    pub(super) fn date(&self) -> &str {
        &self.date
    }
}

impl Range {
    fn of(cidr: &str, class: &'static str) -> Option<Self> {
        let (ip, prefix) = cidr.split_once('/')?;
        let ip: IpAddr = ip.parse().ok()?;
        let prefix: u32 = prefix.parse().ok()?;
        let host_bits = if ip.is_ipv4() { 32 } else { 128_u32 }.checked_sub(prefix)?;
        let mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
        let first = key(ip);
        (first & mask == 0 || host_bits == 0).then_some(Self { first, last: first | mask, class })
    }
}

/// One number for both kinds: IPv4 stands where IPv6 keeps it, at `::ffff:0:0/96`.
fn key(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => Ipv4Addr::to_ipv6_mapped(&ip).to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}
