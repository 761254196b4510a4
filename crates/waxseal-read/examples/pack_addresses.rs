//! Packs the country and system tables of `data/addresses.zst` from published CSV files. `data/README.md` says where they
//! come from and how to run this.
//!
//! Where ranges overlap or two lists disagree, the narrower range wins: a provider's own statement about a /24 over the
//! register's about the /16, and the register's about an allocation over a WHOIS entry for the block it was cut from.

use std::collections::BinaryHeap;
use std::error::Error;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One line of a list.
struct Range {
    first: u128,
    last: u128,
    value: u32,
}

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [geo, registry, asn, date, out] = arguments.as_slice() else {
        return Err("usage: pack_addresses GEO-WHOIS-ASN-COUNTRY-DIR ASN-COUNTRY-DIR ASN-DIR DATE OUT".into());
    };
    let mut bytes = format!("waxseal.addresses/1 {}\n", date.display()).into_bytes();
    for version in [4, 6] {
        let mut ranges = read_list(&geo.join(format!("geo-whois-asn-country-ipv{version}.csv")), country)?;
        ranges.extend(read_list(&registry.join(format!("asn-country-ipv{version}.csv")), country)?);
        write_table(&mut bytes, &keyed(&narrowest(&ranges), version));
    }
    for version in [4, 6] {
        let ranges = read_list(&asn.join(format!("asn-ipv{version}.csv")), |text| Ok(text.parse()?))?;
        write_table(&mut bytes, &keyed(&narrowest(&ranges), version));
    }
    let packed = zstd::encode_all(bytes.as_slice(), 22)?;
    fs::write(out, packed)?;
    Ok(())
}

fn read_list(path: &Path, value: impl Fn(&str) -> Result<u32>) -> Result<Vec<Range>> {
    let mut ranges = Vec::new();
    for row in csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(path)?.records() {
        let row = row?;
        let field = |at: usize| row.get(at).ok_or_else(|| format!("{}: a line has no column {at}", path.display()));
        let range = Range { first: number(field(0)?)?, last: number(field(1)?)?, value: value(field(2)?)? };
        if range.first > range.last || range.value == 0 {
            return Err(format!("{}: the line of {} makes no sense", path.display(), field(0)?).into());
        }
        ranges.push(range);
    }
    Ok(ranges)
}

fn number(address: &str) -> Result<u128> {
    Ok(match address.parse()? {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    })
}

/// Two capital letters as a number.
fn country(code: &str) -> Result<u32> {
    match code.as_bytes() {
        [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Ok(u32::from(*a) << 8 | u32::from(*b)),
        _ => Err(format!("{code:?} is not a country code").into()),
    }
}

/// Where the value changes, and to what: at each address that of the narrowest range it lies in, of equals the first
/// listed; 0 where it lies in none.
fn narrowest(ranges: &[Range]) -> Vec<(u128, u32)> {
    let mut by_start: Vec<usize> = (0..ranges.len()).collect();
    by_start.sort_by_key(|at| ranges[*at].first);
    let mut points: Vec<u128> = ranges.iter().flat_map(|range| [Some(range.first), range.last.checked_add(1)]).flatten().collect();
    points.sort_unstable();
    points.dedup();

    let mut open = BinaryHeap::new();
    let mut starting = by_start.into_iter().peekable();
    let mut changes = Vec::new();
    for point in points {
        while let Some(at) = starting.next_if(|at| ranges[*at].first == point) {
            open.push(std::cmp::Reverse((ranges[at].last - ranges[at].first, at)));
        }
        while open.peek().is_some_and(|std::cmp::Reverse((_, at))| ranges[*at].last < point) {
            open.pop();
        }
        changes.push((point, open.peek().map_or(0, |std::cmp::Reverse((_, at))| ranges[*at].value)));
    }
    changes
}

/// The changes by the key the table is looked up with. An IPv6 /64 has the value of its first address.
fn keyed(changes: &[(u128, u32)], version: u32) -> Vec<(u64, u32)> {
    let mut keyed: Vec<(u64, u32)> = Vec::new();
    for &(start, value) in changes {
        let key = if version == 4 { start } else { start.div_ceil(1 << 64) };
        let key = u64::try_from(key).unwrap_or(u64::MAX);
        // Of several changes before the same first address, only the last is seen from it.
        while keyed.last().is_some_and(|(last, _)| *last == key) {
            keyed.pop();
        }
        if keyed.last().map_or(0, |(_, last)| *last) != value {
            keyed.push((key, value));
        }
    }
    keyed
}

fn write_table(out: &mut Vec<u8>, ranges: &[(u64, u32)]) {
    write_number(out, ranges.len() as u64);
    let mut before = 0;
    for (start, _) in ranges {
        write_number(out, start - before);
        before = *start;
    }
    for (_, value) in ranges {
        write_number(out, u64::from(*value));
    }
}

/// LEB128: seven bits a byte, lowest first, the eighth set on all but the last.
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
