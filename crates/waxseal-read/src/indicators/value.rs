//! From a list's words to what records are compared with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use waxseal_model::{AddressBounds, IndicatorKind};

use crate::token_id::{is_guid, token_guid};

/// The longest value that is compared.
const MAX_VALUE_BYTES: usize = 2_000;

/// The most buckets that a range of addresses may be spread over: an IPv4 network of eight bits has as many.
const MAX_BUCKETS: u32 = 256;

/// A value that records can be compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usable {
    pub(super) kind: IndicatorKind,
    pub(super) value: String,
    pub(super) bounds: Option<AddressBounds>,
}

impl Usable {
    fn of(kind: IndicatorKind, value: String) -> Self {
        Self { kind, value, bounds: None }
    }
}

type Parts = Vec<Result<Usable, String>>;

/// What a kind's word says of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Address,
    Domain,
    Email,
    Url,
    UserAgent,
    Application,
    MessageId,
    Session,
    Token,
    /// The parts of a `first|second` value.
    Both,
    /// The first part of a `first|second` value; the second is a port.
    First,
    /// Records never hold it.
    Never(&'static str),
}

const FILES: &str = "audit logs hold no hashes or names of files";
const WIRE: &str = "audit logs hold nothing of the connection itself, such as certificates and TLS fingerprints";
const NETWORK: &str = "a whole network is rented to many: it points at nobody";

/// The kind of a word: ours, those of MISP's attribute types, and what people write above columns.
fn meaning(word: &str) -> Option<Meaning> {
    let word = word.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    Some(match word.as_str() {
        "address" | "range" | "ip" | "ipv4" | "ipv6" | "ipv4-addr" | "ipv6-addr" | "ip-address" | "ipaddress" | "ip-src" | "ip-dst"
        | "cidr" | "network" | "subnet" | "ip-range" => Meaning::Address,
        "ip-src|port" | "ip-dst|port" | "hostname|port" => Meaning::First,
        "domain|ip" => Meaning::Both,
        "domain" | "hostname" | "domain-name" | "fqdn" | "host" => Meaning::Domain,
        "email" | "email-src" | "email-dst" | "email-reply-to" | "email-addr" | "email-address" | "mail" | "eppn" | "account" | "upn" => {
            Meaning::Email
        }
        "url" | "uri" | "link" => Meaning::Url,
        "user-agent" | "useragent" | "http-user-agent" | "client-info" | "clientinfo" | "clientinfostring" => Meaning::UserAgent,
        "application"
        | "app"
        | "app-id"
        | "appid"
        | "application-id"
        | "client-id"
        | "client-app-id"
        | "azure-application-id"
        | "oauth-app" => Meaning::Application,
        "message-id" | "email-message-id" | "internet-message-id" => Meaning::MessageId,
        "session" | "session-id" => Meaning::Session,
        "token" | "token-id" | "uti" | "unique-token-identifier" => Meaning::Token,
        "as" | "asn" | "autonomous-system" => Meaning::Never(NETWORK),
        "target-email" | "target-user" | "target-org" | "target-machine" => Meaning::Never("it names who was attacked, not who attacked"),
        "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512" | "ssdeep" | "imphash" | "tlsh" | "authentihash" | "hash"
        | "file-hash" | "filehash" | "filename" | "file" | "malware-sample" | "attachment" | "email-attachment" => Meaning::Never(FILES),
        word if word.starts_with("filename|") || word.starts_with("sha3-") || word.starts_with("sha512/") => Meaning::Never(FILES),
        "jarm"
        | "jarm-fingerprint"
        | "ja3"
        | "ja3s"
        | "ja3-fingerprint-md5"
        | "hassh-md5"
        | "hasshserver-md5"
        | "certificate"
        | "thumbprint"
        | "port" => Meaning::Never(WIRE),
        word if word.starts_with("x509-fingerprint") => Meaning::Never(WIRE),
        "comment" | "text" | "other" | "datetime" | "counter" | "float" | "boolean" => Meaning::Never("it is a remark, not an indicator"),
        "yara" | "sigma" | "snort" | "zeek" | "bro" | "suricata" | "kusto-query" => Meaning::Never("it is a rule for another program"),
        "email-subject" | "email-body" => Meaning::Never("subjects and contents are not compared: they are the sender's to vary"),
        _ => return None,
    })
}

/// What records can be compared with for a value of a list; several where it holds several.
pub(super) fn understand(kind: Option<&str>, value: &str) -> Parts {
    let value = value.trim();
    if value.is_empty() {
        return vec![Err("it has no value".to_owned())];
    }
    if value.len() > MAX_VALUE_BYTES {
        return vec![Err(format!("its value is longer than {MAX_VALUE_BYTES} bytes"))];
    }
    let Some(word) = kind.map(str::trim).filter(|word| !word.is_empty()) else { return guessed(value) };
    let Some(meaning) = meaning(word) else {
        return vec![Err(format!("its kind {:?} is none that records are compared with", super::cut(word)))];
    };
    match meaning {
        Meaning::First => understand_host(value.split_once('|').map_or(value, |(first, _)| first)),
        Meaning::Both => value.split('|').flat_map(understand_host).collect(),
        meaning => understand_as(meaning, value),
    }
}

/// An address, or else a domain.
fn understand_host(value: &str) -> Parts {
    if address(&refanged(value)).is_some() { understand_as(Meaning::Address, value) } else { understand_as(Meaning::Domain, value) }
}

/// Which indicators a STIX comparison with this object path and value stands for.
pub(super) fn understand_path(path: &str, value: &str) -> Parts {
    let path = path.to_ascii_lowercase();
    let (object, property) = path.split_once(':').unwrap_or((path.as_str(), ""));
    let last = property.rsplit(['.', ':']).next().unwrap_or_default().trim_matches('\'').replace('-', "_");
    if value.len() > MAX_VALUE_BYTES {
        return understand(None, value);
    }
    match (object, property, last.as_str()) {
        ("ipv4-addr" | "ipv6-addr", "value", _) => understand_as(Meaning::Address, value),
        ("network-traffic", _, "value") => understand_host(value),
        ("domain-name", "value", _) => understand_as(Meaning::Domain, value),
        ("email-addr", "value", _) | ("email-message", "from_ref.value" | "sender_ref.value", _) => understand_as(Meaning::Email, value),
        ("email-message", "message_id", _) => understand_as(Meaning::MessageId, value),
        ("url", "value", _) => understand_as(Meaning::Url, value),
        ("user-account", _, "user_id" | "account_login") if value.contains('@') => understand_as(Meaning::Email, value),
        ("autonomous-system", ..) => understand_as(Meaning::Never(NETWORK), value),
        ("file" | "artifact" | "directory", ..) => understand_as(Meaning::Never(FILES), value),
        ("x509-certificate", ..) => understand_as(Meaning::Never(WIRE), value),
        (_, _, "user_agent" | "client_info_string") => understand_as(Meaning::UserAgent, value),
        (_, _, "app_id" | "appid" | "application_id" | "client_id" | "client_app_id") => understand_as(Meaning::Application, value),
        (_, _, "session_id" | "aad_session_id") => understand_as(Meaning::Session, value),
        (_, _, "uti" | "unique_token_identifier") => understand_as(Meaning::Token, value),
        ("software", _, "name" | "cpe" | "swid") if is_guid(value) => understand_as(Meaning::Application, value),
        _ => vec![Err(format!("{} is not compared with anything in audit logs", super::cut(&path)))],
    }
}

fn understand_as(meaning: Meaning, value: &str) -> Parts {
    let value = value.trim();
    let clean = refanged(value);
    let one = match meaning {
        Meaning::Address => return addresses(&clean),
        Meaning::Url => return vec![url(&clean)],
        Meaning::Domain => domain(&clean).map(|domain| Usable::of(IndicatorKind::Domain, domain)),
        Meaning::Email => email(&clean).map(|email| Usable::of(IndicatorKind::Email, email)),
        Meaning::UserAgent => Ok(Usable::of(IndicatorKind::UserAgent, value.to_owned())),
        Meaning::Application => Ok(Usable::of(IndicatorKind::Application, id(&clean))),
        Meaning::Session => Ok(Usable::of(IndicatorKind::Session, id(value))),
        Meaning::Token => {
            token_guid(value).map(|guid| Usable::of(IndicatorKind::Token, guid)).ok_or_else(|| "it stands for no token".to_owned())
        }
        Meaning::MessageId => message_id(&clean).map(|id| Usable::of(IndicatorKind::MessageId, id)),
        Meaning::Never(reason) => Err(reason.to_owned()),
        Meaning::First | Meaning::Both => Err("it is a pair of values".to_owned()),
    };
    vec![one]
}

/// The kind that a value's form leaves no doubt of.
fn guessed(value: &str) -> Parts {
    let clean = refanged(value);
    if looks_like_addresses(&clean) {
        return addresses(&clean);
    }
    if is_guid(&clean) {
        return vec![Err("an id alone does not say what it is of: give its kind (application, session or token)".to_owned())];
    }
    if clean.bytes().all(|b| b.is_ascii_hexdigit()) && matches!(clean.len(), 32 | 40 | 62 | 64 | 96 | 128) {
        return vec![Err(FILES.to_owned())];
    }
    let found = if clean.contains("://") {
        Meaning::Url
    } else if clean.starts_with('<') && clean.contains('@') {
        Meaning::MessageId
    } else if email(&clean).is_ok() {
        Meaning::Email
    } else if domain(&clean).is_ok() {
        Meaning::Domain
    } else if value.starts_with("Mozilla/") || value.starts_with("Client=") {
        Meaning::UserAgent
    } else {
        return vec![Err("its form does not say what it is: give its kind".to_owned())];
    };
    understand_as(found, value)
}

/// A value as it was before somebody made it harmless to click on: `hxxp`, `[.]`, `(dot)`, `[at]` and the like undone.
fn refanged(value: &str) -> String {
    let mut out = value.trim().trim_matches(['"', '\'', '`']).to_owned();
    const MARKS: [(&str, &str); 15] = [
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[.", "."),
        ("\\.", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        ("[:]", ":"),
        ("[://]", "://"),
        ("[/]", "/"),
        ("[@]", "@"),
        ("(@)", "@"),
        ("[at]", "@"),
        ("(at)", "@"),
        (" dot ", "."),
    ];
    for (mark, plain) in MARKS {
        if out.contains(mark) {
            out = out.replace(mark, plain);
        }
    }
    // The forms with letters, whatever their case, and the schemes.
    for (mark, plain) in [("[DOT]", "."), ("(DOT)", "."), ("[AT]", "@"), ("(AT)", "@")] {
        out = out.replace(mark, plain);
    }
    for (broken, whole) in [("hxxps", "https"), ("hxxp", "http"), ("meow", "http"), ("fxp", "ftp")] {
        if out.get(..broken.len()).is_some_and(|start| start.eq_ignore_ascii_case(broken)) && out[broken.len()..].starts_with("://") {
            out.replace_range(..broken.len(), whole);
        }
    }
    out
}

fn domain(text: &str) -> Result<String, String> {
    let text = text.trim_matches('.').to_lowercase();
    let last = text.rsplit('.').next().unwrap_or_default();
    let labels_hold = text.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    });
    if text.contains('*') {
        return Err("wildcards are not compared: name the domain".to_owned());
    }
    if !text.contains('.') || !labels_hold || text.len() > 253 || !last.chars().any(char::is_alphabetic) {
        return Err("it is not a domain".to_owned());
    }
    Ok(text)
}

fn email(text: &str) -> Result<String, String> {
    let lower = text.trim_matches(['<', '>', ' ']).to_lowercase();
    let plain = ["mailto:", "smtp:"].iter().find_map(|scheme| lower.strip_prefix(scheme)).unwrap_or(&lower);
    let not_one = || "it is not an e-mail address".to_owned();
    let (local, host) = plain.split_once('@').ok_or_else(not_one)?;
    if local.is_empty()
        || local.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;:\"()[]".contains(c))
        || domain(host).is_err()
    {
        return Err(not_one());
    }
    Ok(format!("{local}@{}", domain(host)?))
}

/// Records write it in angle brackets.
fn message_id(text: &str) -> Result<String, String> {
    let inner = text.trim_matches(['<', '>']);
    if inner.is_empty() || !inner.contains('@') || inner.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("it is not a message id, which looks like <something@somewhere>".to_owned());
    }
    Ok(format!("<{inner}>"))
}

fn id(text: &str) -> String {
    if is_guid(text) { text.to_ascii_lowercase() } else { text.to_owned() }
}

/// The host of a URL, where the URL is nothing but its host. Audit logs hold hosts here and there, and no paths; a host that
/// stands with a path may be shared by many.
fn url(text: &str) -> Result<Usable, String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let found = crate::address::split(authority).map(|(ip, _)| ip);
    if let Some(ip) = found {
        return Ok(exact(ip));
    }
    if !matches!(path, "" | "/") {
        return Err("audit logs hold no URLs, and its host may be shared by many: give the host as a domain if it is the intruder's alone"
            .to_owned());
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    domain(host).map(|domain| Usable::of(IndicatorKind::Domain, domain))
}

fn exact(ip: IpAddr) -> Usable {
    Usable::of(IndicatorKind::Address, ip.to_canonical().to_string())
}

/// One address, with or without port.
fn address(text: &str) -> Option<IpAddr> {
    crate::address::split(text).map(|(ip, _)| ip)
}

fn looks_like_addresses(text: &str) -> bool {
    let first = text.split(['/', '-']).next().unwrap_or_default().trim();
    address(first).is_some()
}

/// An address, a network with its length, or two addresses with a dash between.
fn addresses(text: &str) -> Parts {
    if let Some(ip) = address(text) {
        return vec![Ok(exact(ip))];
    }
    let not_one = || vec![Err("it is neither an address nor a range of addresses".to_owned())];
    let ends = match (text.split_once('/'), text.split_once('-')) {
        (Some((ip, length)), _) => network(ip.trim(), length.trim()),
        (None, Some((low, high))) => address(low.trim()).zip(address(high.trim())),
        (None, None) => None,
    };
    let Some((low, high)) = ends else { return not_one() };
    if low == high {
        return vec![Ok(exact(low))];
    }
    match (low, high) {
        (IpAddr::V4(low), IpAddr::V4(high)) if low < high => range_v4(low, high, text),
        (IpAddr::V6(low), IpAddr::V6(high)) if low < high => range_v6(low, high, text),
        _ => not_one(),
    }
}

/// The ends of a network. Bits behind its length do not count.
fn network(ip: &str, length: &str) -> Option<(IpAddr, IpAddr)> {
    let written: IpAddr = ip.parse().ok()?;
    let length: u32 = length.bytes().all(|b| b.is_ascii_digit()).then(|| length.parse().ok())??;
    match written {
        IpAddr::V4(ip) => network_v4(ip, length),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(inner) => network_v4(inner, length.checked_sub(96)?),
            None => {
                let mask = u128::MAX.checked_shl(128_u32.checked_sub(length)?).unwrap_or(0);
                let low = u128::from(ip) & mask;
                Some((Ipv6Addr::from(low).into(), Ipv6Addr::from(low | !mask).into()))
            }
        },
    }
}

fn network_v4(ip: Ipv4Addr, length: u32) -> Option<(IpAddr, IpAddr)> {
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(length)?).unwrap_or(0);
    let low = u32::from(ip) & mask;
    Some((Ipv4Addr::from(low).into(), Ipv4Addr::from(low | !mask).into()))
}

fn range_v4(low: Ipv4Addr, high: Ipv4Addr, text: &str) -> Parts {
    let key = |ip: Ipv4Addr| ip.octets().map(|octet| format!("{octet:03}")).concat();
    let buckets = (u32::from(low) >> 16)..=(u32::from(high) >> 16);
    let name = |bucket: u32| format!("{}.{}", bucket >> 8, bucket & 0xff);
    spread(buckets, name, (key(low), key(high)), text)
}

fn range_v6(low: Ipv6Addr, high: Ipv6Addr, text: &str) -> Parts {
    let key = |ip: Ipv6Addr| ip.segments().map(|group| format!("{group:04x}")).concat();
    let first_two = |ip: Ipv6Addr| u32::try_from(u128::from(ip) >> 96).unwrap_or(u32::MAX);
    let name = |bucket: u32| format!("{:x}:{:x}", bucket >> 16, bucket & 0xffff);
    spread(first_two(low)..=first_two(high), name, (key(low), key(high)), text)
}

/// One indicator for each bucket of a range, with the whole range's bounds.
fn spread(buckets: std::ops::RangeInclusive<u32>, name: impl Fn(u32) -> String, (low, high): (String, String), text: &str) -> Parts {
    if buckets.end() - buckets.start() >= MAX_BUCKETS {
        return vec![Err("its range of addresses is too wide to point at anybody".to_owned())];
    }
    let value = text.trim().to_ascii_lowercase();
    let one = |bucket| {
        let bounds = AddressBounds { bucket: name(bucket), low: low.clone(), high: high.clone() };
        Ok(Usable { kind: IndicatorKind::Range, value: value.clone(), bounds: Some(bounds) })
    };
    buckets.map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `kind value`, or `-` and the reason.
    fn shown(kind: &str, value: &str) -> Vec<String> {
        let kind = (!kind.is_empty()).then_some(kind);
        let show =
            |part: Result<Usable, String>| part.map_or_else(|reason| format!("- {reason}"), |u| format!("{} {}", u.kind.as_str(), u.value));
        understand(kind, value).into_iter().map(show).collect()
    }

    #[test]
    fn defanged_values_are_made_whole() {
        assert_eq!(shown("ip", "203.0.113[.]7"), ["address 203.0.113.7"]);
        assert_eq!(shown("", "203[.]0[.]113[.]7"), ["address 203.0.113.7"]);
        assert_eq!(shown("", "2001:db8[:]:1"), ["address 2001:db8::1"]);
        assert_eq!(shown("", "hxxps://Login.Evil[.]example/"), ["domain login.evil.example"]);
        assert_eq!(shown("domain", "evil(dot)example"), ["domain evil.example"]);
        assert_eq!(shown("", "Mallory[@]Evil[.]example"), ["email mallory@evil.example"]);
    }

    #[test]
    fn addresses_have_one_form() {
        assert_eq!(shown("ip-dst", "::ffff:203.0.113.7"), ["address 203.0.113.7"]);
        assert_eq!(shown("ipv6-addr", "2001:0DB8:0:0::1"), ["address 2001:db8::1"]);
        assert_eq!(shown("ip", "203.0.113.7:443"), ["address 203.0.113.7"]);
        assert_eq!(shown("ip", "203.0.113.7/32"), ["address 203.0.113.7"]);
        assert_eq!(shown("ip-dst|port", "203.0.113.7|443"), ["address 203.0.113.7"]);
        assert_eq!(shown("domain|ip", "evil.example|203.0.113.7"), ["domain evil.example", "address 203.0.113.7"]);
        assert_eq!(shown("ip", "300.1.1.1"), ["- it is neither an address nor a range of addresses"]);
        assert_eq!(shown("ip", "203.0.113.9-203.0.113.7"), ["- it is neither an address nor a range of addresses"]);
    }

    fn bounds(value: &str) -> Vec<(String, String, String)> {
        let parts = understand(Some("cidr"), value).into_iter();
        parts.filter_map(|part| part.ok()?.bounds).map(|b| (b.bucket, b.low, b.high)).collect()
    }

    fn one(bucket: &str, low: &str, high: &str) -> Vec<(String, String, String)> {
        vec![(bucket.to_owned(), low.to_owned(), high.to_owned())]
    }

    #[test]
    fn ranges_have_bounds_that_sort_as_text() {
        assert_eq!(bounds("203.0.113.77/24"), one("203.0", "203000113000", "203000113255"));
        assert_eq!(bounds("::ffff:203.0.113.0/120"), one("203.0", "203000113000", "203000113255"));
        assert_eq!(bounds("203.0.113.5-203.0.113.9"), one("203.0", "203000113005", "203000113009"));
        assert_eq!(bounds("2001:db8::/48"), one("2001:db8", "20010db8000000000000000000000000", "20010db80000ffffffffffffffffffff"));
        assert_eq!(bounds("2001::/48")[0].0, "2001:0");
        assert_eq!(bounds("10.0.0.0/8").len(), 256);
        assert_eq!(bounds("2001:d00::/24").len(), 256);
        for wide in ["0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/3"] {
            assert_eq!(shown("cidr", wide), ["- its range of addresses is too wide to point at anybody"], "{wide}");
        }
        for wrong in ["203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/", "::/129", "::ffff:1.2.3.4/95", "a/8"] {
            assert_eq!(shown("cidr", wrong), ["- it is neither an address nor a range of addresses"], "{wrong}");
        }
    }

    #[test]
    fn ids_keep_their_meaning() {
        let guid = "8F4B1D2E-6c1a-4f0b-9a77-2d5e3c4b1a00";
        assert_eq!(shown("app_id", guid), [format!("application {}", guid.to_lowercase())]);
        assert_eq!(shown("token", "Lh1LjxpsC0-ady1ePEsaAA"), [format!("token {}", guid.to_lowercase())]);
        assert_eq!(shown("message-id", "abc@mail.evil.example"), ["message_id <abc@mail.evil.example>"]);
        assert!(shown("", guid)[0].starts_with("- an id alone"));
        assert_eq!(shown("user-agent", "Client=REST;Client=RESTSystem;;"), ["user_agent Client=REST;Client=RESTSystem;;"]);
    }

    #[test]
    fn what_logs_cannot_hold_is_refused_with_a_reason() {
        for (kind, value) in [
            ("sha256", "00"),
            ("filename|md5", "a|b"),
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("jarm-fingerprint", "06"),
            ("AS", "AS64496"),
            ("target-email", "victim@contoso.example"),
            ("url", "https://files.example/a/b?c"),
            ("domain", "*.evil.example"),
            ("domain", "localhost"),
            ("email", "a@b"),
            ("wheel", "x"),
            ("", "hello"),
            ("ip", ""),
        ] {
            let found = shown(kind, value);
            assert!(found.len() == 1 && found[0].starts_with("- "), "{kind} {value}: {found:?}");
        }
    }

    #[test]
    fn paths_of_stix_are_told_by_object_and_property() {
        let found = |path: &str, value: &str| understand_path(path, value).pop().and_then(Result::ok).map(|u| (u.kind, u.value));
        assert_eq!(found("network-traffic:dst_ref.value", "203.0.113.7"), Some((IndicatorKind::Address, "203.0.113.7".to_owned())));
        let agent = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'";
        assert_eq!(found(agent, "x/1"), Some((IndicatorKind::UserAgent, "x/1".to_owned())));
        assert_eq!(found("user-account:account_login", "m@evil.example"), Some((IndicatorKind::Email, "m@evil.example".to_owned())));
        assert_eq!(found("user-account:account_login", "root"), None);
        assert_eq!(found("file:hashes.'SHA-256'", "00"), None);
        assert_eq!(found("x-cloud-app:app_id", "abc"), Some((IndicatorKind::Application, "abc".to_owned())));
    }
}
