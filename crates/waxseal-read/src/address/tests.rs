use std::net::IpAddr;

use super::{AddressError, Addresses, Facts, split, split_from_words};

fn shown(text: &str) -> String {
    match split(text) {
        Some((ip, Some(port))) => format!("{ip} {port}"),
        Some((ip, None)) => ip.to_string(),
        None => "none".to_owned(),
    }
}

#[test]
fn reads_every_form_of_the_logs() {
    for (text, expected) in [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7\t", "192.0.2.7"),
        ("\"192.0.2.7:51234\"", "192.0.2.7 51234"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1 443"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[192.0.2.7]:443", "192.0.2.7 443"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:c000:207", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:25", "192.0.2.7 25"),
        ("::ffff:192.0.2.7:25", "192.0.2.7 25"),
        ("2001:db8:0:0:0:0:0:1:443", "2001:db8::1 443"),
        ("fe80::1%12", "fe80::1"),
        ("[fe80::1%eth0]:443", "fe80::1 443"),
        ("fe80::1%12:443", "fe80::1 443"),
        ("::1", "::1"),
        ("2001:db8::1:443", "2001:db8::1:443"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn refuses_what_is_not_an_address() {
    for text in [
        "",
        " ",
        "<null>",
        "null",
        "-",
        "localhost",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.7:",
        "192.0.2.7:+1",
        "192.0.2.7:65536",
        "192.0.2.7, 192.0.2.8",
        "[2001:db8::1",
        "[2001:db8::1]443",
        "[]:443",
        "fe80::1%",
        "192.0.2.7%1",
        "2001:db8::/32",
    ] {
        assert_eq!(shown(text), "none", "{text}");
    }
}

fn class(text: &str) -> &'static str {
    bundled().facts(ip(text)).class
}

fn bundled() -> Addresses {
    Addresses::bundled().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn addresses_of_no_country_are_private_or_reserved() {
    for text in [
        "10.1.2.3",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ] {
        assert_eq!(bundled().facts(ip(text)), Facts { class: "private", country: None, asn: None }, "{text}");
    }
    for text in [
        "0.0.0.0",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.19.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "2001:db8::1",
        "3fff::1",
        "ff02::1",
    ] {
        assert_eq!(bundled().facts(ip(text)), Facts { class: "reserved", country: None, asn: None }, "{text}");
    }
    for text in [
        "9.255.255.255",
        "11.0.0.0",
        "172.32.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "192.0.3.0",
        "223.255.255.255",
        "2001:db9::1",
        "fbff::1",
    ] {
        assert_eq!(class(text), "public", "{text}");
    }
}

#[test]
fn only_the_dated_list_makes_an_address_the_providers() {
    for text in ["40.97.1.1", "52.96.0.1", "20.190.160.1", "40.126.32.1", "2603:1026:100::1", "2620:1ec:a92::153", "104.47.1.1"] {
        assert_eq!(class(text), "provider", "{text}");
    }
    // Machines that anybody can rent of the same companies.
    for text in ["20.54.213.1", "52.155.167.1", "13.64.0.1", "34.64.0.1"] {
        assert_eq!(class(text), "public", "{text}");
    }
    assert_eq!(bundled().facts(ip("20.54.213.1")).asn, Some(8075));
}

#[test]
fn well_known_addresses_have_their_country_and_system() {
    for (text, country, asn) in [
        ("8.8.8.8", "US", 15_169),
        ("2001:4860:4860::8888", "US", 15_169),
        ("193.0.6.139", "NL", 3_333),
        ("203.178.137.58", "JP", 2_500),
        ("2001:200::1", "JP", 2_500),
        ("41.58.0.1", "NG", 36_923),
        ("::ffff:8.8.8.8", "US", 15_169),
    ] {
        let facts = bundled().facts(ip(text));
        assert_eq!(facts.country.map(|country| country.to_string()).as_deref(), Some(country), "{text}");
        assert_eq!(facts.asn, Some(asn), "{text}");
    }
}

#[test]
fn a_table_of_ones_own_takes_the_place_of_ours() {
    for record in [
        map(&[("country", map(&[("iso_code", text("fr"))]))]),
        map(&[("country_code", text("FR")), ("country", text("France"))]),
        map(&[("country", text("FR")), ("country_name", text("France"))]),
    ] {
        let addresses = Addresses::with_mmdb(Some(mmdb(&record)), None).unwrap();
        let facts = addresses.facts(ip("1.2.3.4"));
        assert_eq!(facts.country.map(|country| country.to_string()).as_deref(), Some("FR"));
        assert_eq!(addresses.facts(ip("8.8.8.8")), Facts { class: "public", country: None, asn: Some(15_169) });
        assert_eq!(addresses.facts(ip("2001:4860:4860::8888")).country, None);
    }
    for record in [map(&[("autonomous_system_number", number(64_500))]), map(&[("asn", text("AS64500"))])] {
        let addresses = Addresses::with_mmdb(None, Some(mmdb(&record))).unwrap();
        assert_eq!(addresses.facts(ip("1.2.3.4")).asn, Some(64_500));
        assert_eq!(addresses.sources()[1], "asn: Test of 2020-09-13T12:26:40Z");
    }
}

#[test]
fn a_table_of_another_kind_is_refused_with_what_was_looked_for() {
    let error = Addresses::with_mmdb(Some(mmdb(&map(&[("city", text("Paris"))]))), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to find a country in the table given, which is a \"Test\"; looked for country.iso_code or country_code or country"
    );
    assert!(matches!(Addresses::with_mmdb(None, Some(b"PK".to_vec())), Err(AddressError::Unreadable { what: "ASN", .. })));
}

/// An MMDB that has one record, for 1.0.0.0/8. Source: MaxMind DB File Format Specification 2.0.
fn mmdb(record: &[u8]) -> Vec<u8> {
    const NODES: u32 = 8;
    let mut bytes = Vec::new();
    for depth in 0..NODES {
        let next = if depth == NODES - 1 { NODES + 16 } else { depth + 1 };
        let one = depth == NODES - 1;
        for side in [false, true] {
            bytes.extend(&(if side == one { next } else { NODES }).to_be_bytes()[1..]);
        }
    }
    bytes.extend([0; 16]);
    bytes.extend(record);
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    bytes.extend(map(&[
        ("binary_format_major_version", short(2)),
        ("binary_format_minor_version", short(0)),
        ("build_epoch", [&[4, 2][..], &1_600_000_000_u32.to_be_bytes()].concat()),
        ("database_type", text("Test")),
        ("description", map(&[])),
        ("ip_version", short(4)),
        ("languages", vec![0, 4]),
        ("node_count", number(NODES)),
        ("record_size", short(24)),
    ]));
    bytes
}

fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0xe0 | pairs.len() as u8];
    for (key, value) in pairs {
        bytes.extend(text(key));
        bytes.extend(value);
    }
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [&[0x40 | text.len() as u8], text.as_bytes()].concat()
}

fn number(number: u32) -> Vec<u8> {
    [&[0xc4][..], &number.to_be_bytes()].concat()
}

fn short(number: u16) -> Vec<u8> {
    [&[0xa2][..], &number.to_be_bytes()].concat()
}

#[test]
fn one_address_among_words_is_found_and_of_several_none() {
    let found = |text: &str| split_from_words(text).map(|(ip, _)| ip.to_string());
    for (text, ip) in [
        ("[FRONT (192.0.2.1)]", Some("192.0.2.1")),
        ("from 2001:db8::1, by proxy.", Some("2001:db8::1")),
        ("at 192.0.2.1.", Some("192.0.2.1")),
        ("192.0.2.1:443", Some("192.0.2.1")),
        ("192.0.2.1, 192.0.2.2", None),
        ("OTHER (10.900.0.1)", None),
        ("1.192.0.2.1", None),
        ("", None),
        ("<null>", None),
    ] {
        assert_eq!(found(text).as_deref(), ip, "{text}");
    }
}
