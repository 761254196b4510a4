//! Lists in the shapes that publishers give them, with made-up values, and what holds for all bytes.

use std::io::Read;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};
use waxseal_model::IndicatorKind;

use super::{IndicatorError, IndicatorsRead, MAX_ENTRIES, MAX_JSON_BYTES, read};

/// One line for each indicator: kind, value, window, `context`; then one for each unusable entry: `-`, place, reason.
fn shown(read: &IndicatorsRead) -> Vec<String> {
    let open = |time: Option<waxseal_model::Nanos>| time.map_or_else(|| "..".to_owned(), |time| time.to_string());
    let usable = read.indicators.iter().map(|i| {
        let context = if i.context_only { " context" } else { "" };
        format!("{} {} {} {}{context}", i.kind.as_str(), i.value, open(i.from), open(i.to))
    });
    usable.chain(read.unusable.iter().map(|u| format!("- {}: {}", u.place, u.reason))).collect()
}

fn lines_of(text: &str) -> Vec<String> {
    shown(&read("list", text.as_bytes()).unwrap())
}

#[test]
fn reads_a_table_with_dates_and_remarks() {
    let text = "\u{feff}# a list\r\nIndicator;Type;First Seen;Last Seen;Source;Comment;Context only\r\n\
                198.51.100[.]7;ip-dst;2023-05-15;2023-07-04;https://blog.example/x;\"one; two\nthree\";\r\n\
                Mallory/1.0;user-agent;;;;;yes\r\n\
                \r\n# a remark\r\n\
                203.0.113.0/24;cidr;2023-05-15T10:00:00Z;;;;no\r\n\
                00ff;sha256;;;;;\r\n\
                198.51.100.8;ip;5/15/2023;;;;\r\n\
                198.51.100.9;ip;2023-05-15;2023-05-14;;;\r\n\
                evil.example;domain;;;;;perhaps\r\n\
                ;ip;;;;;\r\n";
    let list = read("feed.csv", text.as_bytes()).unwrap();
    assert_eq!(
        shown(&list),
        [
            "address 198.51.100.7 2023-05-15T00:00:00Z 2023-07-05T00:00:00Z",
            "user_agent Mallory/1.0 .. .. context",
            "range 203.0.113.0/24 2023-05-15T10:00:00Z ..",
            "- line 9: audit logs hold no hashes or names of files",
            "- line 10: \"5/15/2023\" is not a date that reads one way only: write 2023-05-15 or 2023-05-15T09:30:00Z",
            "- line 11: its window ends at 2023-05-15T00:00:00Z, before it begins at 2023-05-15T00:00:00Z",
            "- line 12: whether it is context only must be yes or no",
            "- line 13: it has no value",
        ]
    );
    let first = &list.indicators[0];
    assert_eq!((first.list.as_str(), first.place.as_str()), ("feed.csv", "line 3"));
    assert_eq!((first.source.as_deref(), first.note.as_deref()), (Some("https://blog.example/x"), Some("one; two three")));
}

#[test]
fn a_column_may_say_what_its_values_are() {
    assert_eq!(
        lines_of("ip\n198.51.100.7\nevil.example\n"),
        ["address 198.51.100.7 .. ..", "- line 3: it is neither an address nor a range of addresses",]
    );
    assert_eq!(lines_of("domain,value\nx.example,198.51.100.7\n"), ["address 198.51.100.7 .. .."]);
    assert_eq!(lines_of("value,valid_until\nevil.example,2024-01-01\n"), ["domain evil.example .. 2024-01-01T00:00:00Z"]);
}

const BUNDLE: &str = r#"{"type":"bundle","id":"bundle--1","objects":[
 {"type":"identity","id":"identity--1","name":"Example CERT"},
 {"type":"indicator","spec_version":"2.1","id":"indicator--1","created_by_ref":"identity--1","modified":"2023-07-14T00:00:00.000Z","name":"Proxy",
  "pattern":"[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value ISSUBSET '203.0.113.0/24']","pattern_type":"stix",
  "valid_from":"2023-05-15T00:00:00.000Z","valid_until":"2023-07-05T00:00:00.000Z","confidence":85,"indicator_types":["malicious-activity"]},
 {"type":"indicator","id":"indicator--2","pattern":"[ipv4-addr:value = '198.51.100.8' AND domain-name:value = 'evil.example']","pattern_type":"stix","valid_from":"2023-05-15T00:00:00Z"},
 {"type":"indicator","id":"indicator--3","pattern":"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.9']","pattern_type":"stix","valid_from":"2023-05-15T00:00:00Z","confidence":10},
 {"type":"indicator","id":"indicator--4","revoked":true,"pattern":"[domain-name:value = 'a.example']","pattern_type":"stix","valid_from":"2023-05-15T00:00:00Z"},
 {"type":"indicator","id":"indicator--5","pattern":"rule x {}","pattern_type":"yara","valid_from":"2023-05-15T00:00:00Z"},
 {"type":"indicator","id":"indicator--6","modified":"2023-01-01T00:00:00Z","pattern":"[domain-name:value = 'old.example']","pattern_type":"stix","valid_from":"2023-05-15T00:00:00Z"},
 {"type":"indicator","id":"indicator--6","modified":"2023-02-01T00:00:00Z","pattern":"[domain-name:value IN ('new.example', 'New2.example')] OR [file:hashes.'SHA-256' = '00']","pattern_type":"stix","valid_from":"2023-05-15T00:00:00Z"},
 {"type":"ipv4-addr","id":"ipv4-addr--1","value":"198.51.100.10"}
]}"#;

#[test]
fn reads_the_indicators_of_a_bundle() {
    let list = read("bundle.json", BUNDLE.as_bytes()).unwrap();
    assert_eq!(list.format, "STIX");
    assert_eq!(
        shown(&list),
        [
            "address 198.51.100.7 2023-05-15T00:00:00Z 2023-07-05T00:00:00Z",
            "range 203.0.113.0/24 2023-05-15T00:00:00Z 2023-07-05T00:00:00Z",
            "address 198.51.100.9 2023-05-15T00:00:00Z .. context",
            "domain new.example 2023-05-15T00:00:00Z ..",
            "domain new2.example 2023-05-15T00:00:00Z ..",
            "- objects[2]: its pattern asks for several things at once (AND, FOLLOWEDBY), and its parts alone would match too much",
            "- objects[4]: its publisher has revoked it",
            "- objects[5]: its pattern is of the kind \"yara\", not stix",
            "- objects[6]: a newer version of it stands in the list",
            "- objects[7]: audit logs hold no hashes or names of files",
            "- objects[8]: it is something that was seen: no indicator object calls it an intruder's",
        ]
    );
    let first = &list.indicators[0];
    assert_eq!((first.source.as_deref(), first.name.as_deref()), (Some("Example CERT"), Some("Proxy")));
    assert_eq!(first.note.as_deref(), Some("malicious-activity; confidence 85 of 100"));
}

fn pattern(text: &str) -> Vec<String> {
    let object = serde_json::json!({"type": "indicator", "id": "indicator--1", "pattern_type": "stix", "pattern": text});
    let found = lines_of(&object.to_string());
    found.into_iter().map(|line| line.replace("- objects[0]: ", "- ").replace(" .. ..", "")).collect()
}

#[test]
fn patterns_never_match_more_than_they_say() {
    assert_eq!(
        pattern("([domain-name:value = 'a.example']) OR ([email-addr:value = 'M@b.example' OR (url:value = 'http://c.example/')])"),
        ["domain a.example", "email m@b.example", "domain c.example",]
    );
    assert_eq!(
        pattern(r"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'it\'s \\ me']"),
        [r"user_agent it's \ me"]
    );
    assert_eq!(pattern("[domain-name:resolves_to_refs[*].value = '198.51.100.7']").len(), 1);
    for refused in [
        "[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']",
        "[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']",
        "[domain-name:value = 'a.example' OR domain-name:value = 'b.example' AND domain-name:value = 'c.example']",
        "[domain-name:value = 'a.example' AND (domain-name:value = 'b.example' OR domain-name:value = 'c.example')]",
        "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.9' AND network-traffic:dst_port = 443]",
        "[domain-name:value != 'a.example']",
        "[NOT domain-name:value = 'a.example']",
        "[domain-name:value NOT = 'a.example']",
        "[domain-name:value LIKE '%.example']",
        "[ipv4-addr:value ISSUPERSET '203.0.113.0/24']",
        "[EXISTS domain-name:value]",
        "[domain-name:value = 'a.example'] WITHIN 5 SECONDS",
        "[domain-name:value = 'a.example'] START t'2023-01-01T00:00:00Z' STOP t'2023-02-01T00:00:00Z'",
        "[domain-name:value = 'a.example'",
        "[domain-name:value = 'a.example']]",
        "[domain-name:value = 'a.example",
        "[domain-name:value IN ('a.example',)]",
        "[domain-name = 'a.example']",
        "domain-name:value = 'a.example'",
        "[]",
        "",
    ] {
        let found = pattern(refused);
        assert!(found.len() == 1 && found[0].starts_with("- "), "{refused}: {found:?}");
    }
    let deep = format!("{}[domain-name:value = 'a.example']{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(pattern(&deep), ["- its pattern is nested too deeply"]);
}

const EVENT: &str = r#"{"response":[{"Event":{"uuid":"1","info":"Example campaign","date":"2023-07-14","Orgc":{"name":"Example CERT","uuid":"2"},
 "Attribute":[
  {"type":"ip-dst","category":"Network activity","to_ids":true,"value":"198.51.100.7","first_seen":"2023-05-15T00:00:00.000000+00:00","last_seen":"2023-07-04T10:00:00.000000+00:00","comment":"panel","deleted":false},
  {"type":"ip-dst|port","category":"Network activity","to_ids":true,"value":"198.51.100.8|443","first_seen":null,"last_seen":null},
  {"type":"domain","category":"Network activity","to_ids":false,"value":"evil[.]example"},
  {"type":"md5","category":"Payload delivery","to_ids":true,"value":"d41d8cd98f00b204e9800998ecf8427e"},
  {"type":"user-agent","category":"Network activity","to_ids":true,"value":"Mallory/1.0","deleted":true},
  {"type":"target-email","category":"Targeting data","to_ids":false,"value":"victim@contoso.example"},
  {"type":"stix2-pattern","category":"Network activity","to_ids":true,"value":"[email-addr:value = 'm@evil.example']"},
  {"type":"counter","value":5}],
 "Object":[{"name":"domain-ip","first_seen":"2023-06-01T00:00:00.000000+00:00","Attribute":[{"type":"domain","object_relation":"domain","to_ids":true,"value":"login.evil.example"}]},
  {"name":"email","deleted":true,"Attribute":[{"type":"email-src","to_ids":true,"value":"x@evil.example"}]}],
 "ShadowAttribute":[{"type":"ip-dst","value":"198.51.100.11"}]}}]}"#;

#[test]
fn reads_events_attributes_and_objects_of_misp() {
    let list = read("event.json", EVENT.as_bytes()).unwrap();
    assert_eq!(list.format, "MISP");
    let at = "$.response[0].Event";
    assert_eq!(
        shown(&list),
        [
            "address 198.51.100.7 2023-05-15T00:00:00Z 2023-07-04T10:00:01Z".to_owned(),
            "address 198.51.100.8 .. ..".to_owned(),
            "domain evil.example .. .. context".to_owned(),
            "email m@evil.example .. ..".to_owned(),
            "domain login.evil.example 2023-06-01T00:00:00Z ..".to_owned(),
            format!("- {at}.Attribute[3]: audit logs hold no hashes or names of files"),
            format!("- {at}.Attribute[4]: its publisher has deleted it"),
            format!("- {at}.Attribute[5]: it names who was attacked, not who attacked"),
            format!("- {at}.Attribute[7]: its value is not a text"),
            format!("- {at}.Object[1].Attribute[0]: its publisher has deleted it"),
            format!("- {at}.ShadowAttribute[0]: it is a proposal that nobody has accepted"),
        ]
    );
    let first = &list.indicators[0];
    assert_eq!(
        (first.source.as_deref(), first.name.as_deref(), first.note.as_deref()),
        (Some("Example CERT"), Some("Example campaign"), Some("panel"))
    );
}

#[test]
fn reads_lists_of_attributes_in_every_wrapping() {
    let one = r#"{"type":"ip-src","value":"198.51.100.7","to_ids":true}"#;
    for text in
        [format!("[{one}]"), format!(r#"{{"Attribute":[{one}]}}"#), format!(r#"{{"response":{{"Attribute":[{one}]}}}}"#), one.to_owned()]
    {
        assert_eq!(lines_of(&text), ["address 198.51.100.7 .. .."], "{text}");
    }
    let own = r#"[{"kind":"address","value":"198.51.100.7","from":"2023-05-15","to":"2023-05-15"},{"value":"hxxp://evil.example"},{"kind":"ip"}]"#;
    assert_eq!(
        lines_of(own),
        [
            "address 198.51.100.7 2023-05-15T00:00:00Z 2023-05-16T00:00:00Z",
            "domain evil.example .. ..",
            "- $[2]: it is neither an attribute nor holds any: it has no value",
        ]
    );
}

fn error(bytes: impl Read) -> String {
    read("list", bytes).unwrap_err().to_string()
}

#[test]
fn what_is_no_list_is_refused_with_what_to_do() {
    assert!(error(&b"first,second\n1,2\n"[..]).contains("names no column `value`"));
    assert!(error(&b"198.51.100.7\n"[..]).contains("names no column `value`"));
    assert!(error(&b"{\"a\":1}"[..]).contains("JSON of another kind"));
    assert!(error(&b"{\"a\":\n 1,}"[..]).contains("line 2, column 4"));
    assert!(error(&b"\xff\xfe{"[..]).contains("UTF-16"));
    assert!(error(&b""[..]).contains("holds no indicator"));
    assert!(error(&b" \n"[..]).contains("holds no indicator"));
    assert!(error(&b"value\n"[..]).contains("holds no indicator"));
    assert!(error("[".repeat(100_000).as_bytes()).contains("not valid JSON"));
    assert!(error(std::io::repeat(b'[')).contains("32 MiB"));
    assert!(error((b"{\"x\":\"").chain(std::io::repeat(b' ').take(MAX_JSON_BYTES))).contains("32 MiB"));
}

#[test]
fn a_table_without_end_stops_at_a_number_of_entries() {
    let endless = b"value\n".chain(Endless);
    assert!(matches!(read("list", endless), Err(IndicatorError::TooMany { place, .. }) if place == format!("line {}", MAX_ENTRIES + 2)));
    // A quote that is never closed and a line without end cost one row.
    let long = format!("value,note\n198.51.100.7,\"{}\n198.51.100.8,x\n", "a".repeat(100_000));
    assert_eq!(lines_of(&long), ["address 198.51.100.8 .. ..", "- line 2: the row is longer than 64 KiB"]);
    assert_eq!(
        shown(&read("list", &b"value\n\xff\xfe\n198.51.100.8\n"[..]).unwrap()),
        ["address 198.51.100.8 .. ..", "- line 2: the row is not text in UTF-8"]
    );
}

#[test]
fn a_quote_too_many_or_too_few_costs_no_row() {
    let found = |text: &str| {
        read("list", text.as_bytes()).unwrap().indicators.into_iter().map(|i| format!("{} {}", i.place, i.value)).collect::<Vec<_>>()
    };
    let whole = ["line 2 198.51.100.7", "line 3 198.51.100.8", "line 4 198.51.100.9"];
    for note in ["a 5\" disk", "\"never closed", "\"closed \" early"] {
        let text = format!("value,note\n198.51.100.7,{note}\n198.51.100.8,\"other\"\n198.51.100.9,third\n");
        assert_eq!(found(&text), whole, "{note}");
    }
    let many: String = (0..9_000).map(|n| format!("198.51.{}.{},x\n", n / 256, n % 256)).collect();
    assert_eq!(found(&format!("value,note\n203.0.113.1,\"open\n{many}")).len(), 9_001);
    assert_eq!(found("value,note\n203.0.113.1,\"two\nlines\"\n203.0.113.2,x"), ["line 2 203.0.113.1", "line 4 203.0.113.2"]);
}

#[test]
fn the_example_beside_the_page_reads_as_it_says() {
    let list = read("storm-0558-indicators.csv", include_bytes!("../../../../docs/storm-0558-indicators.csv").as_slice()).unwrap();
    let of = |kind| list.indicators.iter().filter(|i| i.kind == kind).collect::<Vec<_>>();
    assert_eq!((of(IndicatorKind::Address).len(), of(IndicatorKind::UserAgent).len(), list.unusable.len()), (38, 2, 4));
    assert!(of(IndicatorKind::Address).iter().all(|i| i.from.is_some() && i.to.is_some() && !i.context_only));
    assert!(of(IndicatorKind::UserAgent).iter().all(|i| i.context_only));
    assert_eq!(of(IndicatorKind::UserAgent)[1].value, "\"Microsoft Edge\";v=\"113\", \"Chromium\";v=\"113\", \"Not-A.Brand\";v=\"24\"");
}

/// `198.51.100.7` and a line break, for ever.
struct Endless;

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let line = b"198.51.100.7\n";
        let lines = buffer.len() / line.len();
        (0..lines).for_each(|n| buffer[n * line.len()..(n + 1) * line.len()].copy_from_slice(line));
        Ok(lines * line.len())
    }
}

/// Pieces of which lists are made, and of which damaged ones are.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let marks = [
        "value,kind,from,to\n",
        "198.51.100.7",
        "203.0.113.0/24",
        "::ffff:1.2.3.4/97",
        "2001:db8::/20",
        "a@b.example",
        "hxxp://x[.]example",
        "\"",
        "\n",
        ",",
        ";",
        "[",
        "]",
        "{",
        "}",
        ":",
        "'",
        "(",
        ")",
        "{\"type\":\"bundle\",\"objects\":[",
        "{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern\":\"",
        "[ipv4-addr:value = '",
        "domain-name:value",
        " AND ",
        " OR ",
        " IN ",
        "\\",
        "{\"Event\":{\"Attribute\":[",
        "{\"type\":\"ip-src\",\"value\":\"",
        "{\"Object\":[",
        "]}",
        "\"}",
        "2023-05-15",
        "9999-12-31",
        "é",
        "\u{feff}",
        "t'",
        "1-",
        "/",
        "|",
        "%",
    ];
    prop_oneof![8 => proptest::sample::select(marks.to_vec()).prop_map(|mark| mark.as_bytes().to_vec()), 1 => vec(any::<u8>(), 0..6)]
}

/// A value of each kind that a table can say, with the form it is kept in.
fn values() -> impl Strategy<Value = (&'static str, String, IndicatorKind)> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|ip| ("ip", std::net::Ipv4Addr::from(ip).to_string(), IndicatorKind::Address)),
        any::<[u8; 16]>().prop_map(|ip| ("address", std::net::IpAddr::from(ip).to_canonical().to_string(), IndicatorKind::Address)),
        "[a-z]{1,8}\\.example".prop_map(|domain| ("domain", domain, IndicatorKind::Domain)),
        "[a-z]{1,8}@[a-z]{1,8}\\.example".prop_map(|email| ("email", email, IndicatorKind::Email)),
        "[ -~é]{0,20}[!-+\\--~]".prop_map(|agent| ("user_agent", format!("x{agent}"), IndicatorKind::UserAgent)),
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{11}1".prop_map(|id| ("session", id, IndicatorKind::Session)),
    ]
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(pieces in vec(pieces(), 0..30)) {
        if let Ok(list) = read("list", pieces.concat().as_slice()) {
            prop_assert!(list.indicators.len() + list.unusable.len() > 0);
            for indicator in &list.indicators {
                prop_assert_eq!(indicator.bounds.is_some(), indicator.kind == IndicatorKind::Range);
                prop_assert!(indicator.bounds.as_ref().is_none_or(|b| b.low < b.high));
            }
        }
    }

    #[test]
    fn a_pattern_is_read_or_counted(pieces in vec(pieces(), 0..12)) {
        let text = String::from_utf8_lossy(&pieces.concat()).into_owned();
        prop_assert!(!pattern(&text).is_empty());
    }

    #[test]
    fn a_written_list_reads_back_the_same(
        rows in vec((values(), option::of(0_i64..4_000_000_000), option::of(1_i64..1_000_000), any::<bool>(), "[ -~é]{0,12}"), 1..20),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["value", "kind", "from", "valid_until", "context_only", "name"]).unwrap();
        let time = |secs| waxseal_model::Nanos::from_secs(secs).unwrap();
        let mut expected = Vec::new();
        for ((word, value, kind), from, length, context, name) in rows {
            let from = from.map(time);
            let to = length.map(|length| time(from.map_or(0, |from| from.0 / 1_000_000_000) + length));
            let text = |time: Option<waxseal_model::Nanos>| time.map(|time| time.to_string()).unwrap_or_default();
            writer.write_record([value.as_str(), word, &text(from), &text(to), if context { "yes" } else { "no" }, &name]).unwrap();
            expected.push((kind, value, from, to, context, name.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
        let list = read("list", writer.into_inner().unwrap().as_slice()).unwrap();
        prop_assert!(list.unusable.is_empty(), "{:?}", list.unusable);
        let found: Vec<_> = list.indicators.into_iter().map(|i| (i.kind, i.value, i.from, i.to, i.context_only, i.name.unwrap_or_default())).collect();
        prop_assert_eq!(found, expected);
    }
}
