//! The bundled tables: which country and which autonomous system a range of addresses belongs to.
//!
//! The file is zstd-compressed. Inside are a line `waxseal.addresses/1 <date of the data>` and four tables: country of IPv4,
//! country of IPv6, system of IPv4, system of IPv6. Each is a count, that many distances from one range's start to the
//! next, and that many values, all as LEB128 numbers. A range ends where the next begins; value 0 stands for "not known".
//! IPv6 is told apart down to the /64, so that a start needs eight bytes.
//! `examples/pack_addresses.rs` writes it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const FORMAT: &str = "waxseal.addresses/1 ";

/// The four tables, and the date of what is in them.
#[derive(Debug)]
pub(super) struct Tables {
    /// The date of the data: 2026-06-17.
    pub(super) date: String,
    /// Countries, as two letters in the low bytes.
    pub(super) country: Table,
    /// Numbers of autonomous systems.
    pub(super) asn: Table,
}

/// One property of all addresses.
#[derive(Debug)]
pub(super) struct Table {
    v4: Ranges<u32>,
    v6: Ranges<u64>,
}

/// Neighbouring ranges, by their first address.
#[derive(Debug)]
struct Ranges<K> {
    starts: Vec<K>,
    values: Vec<u32>,
}

impl Tables {
    /// Reads the file after decompression; `None` where it is damaged.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let date = std::str::from_utf8(&bytes[..end]).ok()?.strip_prefix(FORMAT)?.to_owned();
        let mut numbers = Numbers(&bytes[end + 1..]);
        let country = numbers.table()?;
        let asn = numbers.table()?;
        numbers.0.is_empty().then_some(Self { date, country, asn })
    }
}

impl Table {
    /// The value of an address, if it is known.
    pub(super) fn get(&self, ip: IpAddr) -> Option<u32> {
        let value = match ip {
            IpAddr::V4(ip) => self.v4.get(v4_key(ip)),
            IpAddr::V6(ip) => self.v6.get(v6_key(ip)),
        };
        value.filter(|value| *value != 0)
    }
}

impl<K: Ord> Ranges<K> {
    fn get(&self, key: K) -> Option<u32> {
        let after = self.starts.partition_point(|start| *start <= key);
        self.values.get(after.checked_sub(1)?).copied()
    }
}

fn v4_key(ip: Ipv4Addr) -> u32 {
    ip.to_bits()
}

/// The /64 an address lies in.
fn v6_key(ip: Ipv6Addr) -> u64 {
    (u64::from(v6_word(ip, 0)) << 48) | (u64::from(v6_word(ip, 1)) << 32) | (u64::from(v6_word(ip, 2)) << 16) | u64::from(v6_word(ip, 3))
}

fn v6_word(ip: Ipv6Addr, at: usize) -> u16 {
    ip.segments()[at]
}

/// What is left to read, as LEB128 numbers.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn table(&mut self) -> Option<Table> {
        Some(Table { v4: self.ranges()?, v6: self.ranges()? })
    }

    fn ranges<K: TryFrom<u64>>(&mut self) -> Option<Ranges<K>> {
        let count = usize::try_from(self.number()?).ok()?;
        if count > self.0.len() {
            return None;
        }
        let mut starts = Vec::with_capacity(count);
        let mut start = 0_u64;
        for _ in 0..count {
            start = start.checked_add(self.number()?)?;
            starts.push(K::try_from(start).ok()?);
        }
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(u32::try_from(self.number()?).ok()?);
        }
        Some(Ranges { starts, values })
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}
