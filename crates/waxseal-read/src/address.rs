//! Addresses as audit logs write them, and what can be said of one without asking anybody.
//!
//! The tables that come with the program are dated; [`Addresses::sources`] says how. A user's own MMDB takes the place of
//! the table it is given for, so that one case never mixes two opinions.

mod class;
mod mmdb;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use class::Classes;
use mmdb::Mmdb;
use table::Tables;

static TABLES: &[u8] = include_bytes!("../data/addresses.zst");
static PROVIDER_RANGES: &str = include_str!("../data/provider_ranges.csv");

/// The networks of the provider's own service endpoints, as in the dated list that the program carries.
pub fn provider_networks() -> impl Iterator<Item = &'static str> {
    PROVIDER_RANGES.lines().skip(1).filter_map(|line| line.split(',').next())
}

/// Unpacked on first use, for the whole program.
static BUNDLED: LazyLock<Option<Arc<Bundled>>> = LazyLock::new(|| Bundled::unpack().map(Arc::new));

/// What is known of addresses: their class, country and autonomous system.
#[derive(Debug)]
pub struct Addresses {
    bundled: Arc<Bundled>,
    country: Option<Mmdb>,
    asn: Option<Mmdb>,
}

/// What is known of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// `private` (means something inside one network only), `reserved` (cannot be the source of traffic), `provider` (in a
    /// dated list of the provider's own service endpoints) or `public`. An autonomous system never makes an address the
    /// provider's: anybody can rent a machine there.
    pub class: &'static str,
    /// The country, of public and provider addresses.
    pub country: Option<Country>,
    /// The autonomous system, of public and provider addresses.
    pub asn: Option<u32>,
}

/// A two-letter country code, in capitals.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country([u8; 2]);

/// Why addresses cannot be looked up.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Whose fault: ours; the file in the program is damaged.
    #[error("failed to unpack the bundled address tables")]
    Bundled,
    /// Whose fault: the user's; what was given is not an MMDB, or is cut off.
    #[error("failed to read the {what} table given: {source}")]
    Unreadable {
        /// Country or ASN.
        what: &'static str,
        /// What is wrong with it.
        source: maxminddb::MaxMindDbError,
    },
    /// Whose fault: the user's; it is an MMDB of another kind.
    #[error("failed to find a {what} in the table given, which is a {kind:?}; looked for {looked_for}")]
    NoField {
        /// Country or ASN.
        what: &'static str,
        /// What the table calls itself.
        kind: String,
        /// The fields that are understood.
        looked_for: String,
    },
}

#[derive(Debug)]
struct Bundled {
    tables: Tables,
    classes: Classes,
}

impl Bundled {
    fn unpack() -> Option<Self> {
        let tables = Tables::read(&zstd::decode_all(TABLES).ok()?)?;
        Some(Self { tables, classes: Classes::with_provider_list(PROVIDER_RANGES)? })
    }
}

impl Addresses {
    /// What comes with the program.
    ///
    /// # Errors
    /// [`AddressError::Bundled`].
    pub fn bundled() -> Result<Self, AddressError> {
        Self::with_mmdb(None, None)
    }

    /// The bytes of a user's own MMDB for country, autonomous system or both; what comes with the program for the rest.
    ///
    /// # Errors
    /// [`AddressError::Unreadable`] or [`AddressError::NoField`] for what was given.
    pub fn with_mmdb(country: Option<Vec<u8>>, asn: Option<Vec<u8>>) -> Result<Self, AddressError> {
        Ok(Self {
            bundled: BUNDLED.as_ref().map(Arc::clone).ok_or(AddressError::Bundled)?,
            country: country.map(Mmdb::of_countries).transpose()?,
            asn: asn.map(Mmdb::of_systems).transpose()?,
        })
    }

    /// What is known of an address. An IPv4 address in IPv6 clothes counts as IPv4.
    #[must_use]
    pub fn facts(&self, ip: IpAddr) -> Facts {
        let ip = ip.to_canonical();
        let class = self.bundled.classes.of(ip);
        if matches!(class, "private" | "reserved") {
            return Facts { class, country: None, asn: None };
        }
        Facts { class, country: self.country(ip), asn: self.asn(ip) }
    }

    fn country(&self, ip: IpAddr) -> Option<Country> {
        match &self.country {
            Some(own) => own.country(ip),
            None => self.bundled.tables.country.get(ip).and_then(Country::from_number),
        }
    }

    fn asn(&self, ip: IpAddr) -> Option<u32> {
        match &self.asn {
            Some(own) => own.asn(ip),
            None => self.bundled.tables.asn.get(ip),
        }
    }

    /// Where countries, systems and provider ranges come from, with dates, for the record of a run.
    #[must_use]
    pub fn sources(&self) -> [String; 3] {
        let of = |own: &Option<Mmdb>| own.as_ref().map_or_else(|| format!("bundled, {}", self.bundled.tables.date), Mmdb::describe);
        [
            format!("country: {}", of(&self.country)),
            format!("asn: {}", of(&self.asn)),
            format!("provider ranges: bundled, {}", self.bundled.classes.date()),
        ]
    }
}

impl Country {
    /// The country of a code in either case, or `None` when it is not two letters.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()])),
            _ => None,
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Letters only, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The country of the two low bytes of a number, as in the bundled table.
    fn from_number(number: u32) -> Option<Self> {
        let [.., a, b] = number.to_be_bytes();
        std::str::from_utf8(&[a, b]).ok().and_then(Self::from_code)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The address and the port of a text as audit logs write them: bare, `v4:port`, `[v6]:port`, `::ffff:a.b.c.d`, with a zone,
/// in quotes or between blanks. `None` for everything else, such as `<null>`.
///
/// The address is canonical: IPv4 in IPv6 clothes is IPv4, the zone is gone. Its `Display` is the one form to compare.
pub(crate) fn split(text: &str) -> Option<(IpAddr, Option<u16>)> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']')?;
        let port = if rest.is_empty() { None } else { Some(port(rest.strip_prefix(':')?)?) };
        return Some((address(host)?, port));
    }
    if let Some(ip) = address(text) {
        return Some((ip, None));
    }
    // What follows the last colon is a port only where the whole is not an address already.
    let (host, rest) = text.rsplit_once(':')?;
    Some((address(host)?, Some(port(rest)?)))
}

/// The same, and of a text with words around the address, where only one address is among them.
pub(crate) fn split_from_words(text: &str) -> Option<(IpAddr, Option<u16>)> {
    split(text).or_else(|| {
        let is_between = |c: char| !c.is_ascii_hexdigit() && c != '.' && c != ':';
        let mut found = text.split(is_between).filter_map(|word| address(word.trim_end_matches(['.', ':'])));
        let only = found.next()?;
        found.next().is_none().then_some((only, None))
    })
}

fn address(text: &str) -> Option<IpAddr> {
    let ip: IpAddr = match text.split_once('%') {
        Some((ip, zone)) if !zone.is_empty() && !zone.contains(':') => IpAddr::V6(ip.parse().ok()?),
        Some(_) => return None,
        None => text.parse().ok()?,
    };
    Some(ip.to_canonical())
}

/// Decimal digits only: `parse` alone would also take a sign.
fn port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
