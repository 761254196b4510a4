//! A user's own MMDB: MaxMind's, IPinfo's or another's that uses the same fields.

use std::fmt;
use std::net::IpAddr;

use maxminddb::{PathElement, Reader, WithinOptions};

use super::{AddressError, Country};

/// The way to a value inside a record.
type Way = &'static [PathElement<'static>];

/// MaxMind; IPinfo Lite and ip-location-db; IPinfo.
const COUNTRY_WAYS: &[Way] =
    &[&[PathElement::Key("country"), PathElement::Key("iso_code")], &[PathElement::Key("country_code")], &[PathElement::Key("country")]];

/// MaxMind and ip-location-db; IPinfo.
const SYSTEM_WAYS: &[Way] = &[&[PathElement::Key("autonomous_system_number")], &[PathElement::Key("asn")]];

/// How many records are looked at to find out which fields a table has: some have none, such as those of a network that
/// belongs to no country.
const RECORDS_TRIED: usize = 1_000;

/// A table, and where in its records the value is.
pub(super) struct Mmdb {
    reader: Reader<Vec<u8>>,
    way: Way,
}

impl fmt::Debug for Mmdb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mmdb").field("metadata", self.reader.metadata()).field("way", &self.way).finish()
    }
}

impl Mmdb {
    /// A table of countries.
    pub(super) fn of_countries(bytes: Vec<u8>) -> Result<Self, AddressError> {
        Self::open(bytes, "country", COUNTRY_WAYS, |table, ip| table.country(ip).is_some())
    }

    /// A table of autonomous systems.
    pub(super) fn of_systems(bytes: Vec<u8>) -> Result<Self, AddressError> {
        Self::open(bytes, "ASN", SYSTEM_WAYS, |table, ip| table.asn(ip).is_some())
    }

    fn open(bytes: Vec<u8>, what: &'static str, ways: &[Way], finds: impl Fn(&Self, IpAddr) -> bool) -> Result<Self, AddressError> {
        let unreadable = |source| AddressError::Unreadable { what, source };
        let reader = Reader::from_source(bytes).map_err(unreadable)?;
        let samples = sample_addresses(&reader).map_err(unreadable)?;
        let mut table = Self { reader, way: &[] };
        for way in ways {
            table.way = way;
            if samples.iter().any(|ip| finds(&table, *ip)) {
                return Ok(table);
            }
        }
        Err(AddressError::NoField { what, kind: table.reader.metadata().database_type.clone(), looked_for: spelled(ways) })
    }

    /// The country of an address, if the table has one.
    pub(super) fn country(&self, ip: IpAddr) -> Option<Country> {
        Country::from_code(self.text(ip)?)
    }

    /// The autonomous system of an address, as a number or as `AS123`, if the table has one.
    pub(super) fn asn(&self, ip: IpAddr) -> Option<u32> {
        let record = self.reader.lookup(ip).ok()?;
        if let Ok(Some(number)) = record.decode_path::<u32>(self.way) {
            return Some(number);
        }
        let text = record.decode_path::<&str>(self.way).ok()??;
        text.strip_prefix("AS").unwrap_or(text).parse().ok()
    }

    fn text(&self, ip: IpAddr) -> Option<&str> {
        // A table of IPv4 has nothing to say of IPv6; that is no error of the record that is being read.
        self.reader.lookup(ip).ok()?.decode_path::<&str>(self.way).ok()?
    }

    /// What the table calls itself, and when it was built.
    pub(super) fn describe(&self) -> String {
        let metadata = self.reader.metadata();
        format!("{} of {}", metadata.database_type, built(metadata.build_epoch))
    }
}

fn built(epoch: u64) -> String {
    i64::try_from(epoch).ok().and_then(waxseal_model::Nanos::from_secs).map_or_else(|| "unknown date".to_owned(), |time| time.to_string())
}

/// An address of each of the first records.
fn sample_addresses(reader: &Reader<Vec<u8>>) -> Result<Vec<IpAddr>, maxminddb::MaxMindDbError> {
    let mut addresses = Vec::new();
    for record in reader.networks(WithinOptions::default())?.take(RECORDS_TRIED) {
        addresses.push(record?.network()?.ip());
    }
    Ok(addresses)
}

/// `country.iso_code, country_code or country`.
fn spelled(ways: &[Way]) -> String {
    let name = |element: &PathElement<'static>| match element {
        PathElement::Key(key) => *key,
        _ => "…",
    };
    let ways: Vec<String> = ways.iter().map(|way| way.iter().map(name).collect::<Vec<_>>().join(".")).collect();
    ways.join(" or ")
}
