//! Bytes that nobody meant to be read: nothing panics, hangs or vanishes.

use std::collections::BTreeSet;

use serde_json::json;
use waxseal_read::{Framing, MAX_RECORD};

use crate::generated::{lines, record, row, table};
use crate::reading::{Account, read};

fn reasons(account: &Account) -> Vec<String> {
    account.check();
    account.rejected().into_iter().map(|reject| reject.reason).collect()
}

fn framing_of(bytes: &[u8]) -> Framing {
    let account = read(bytes);
    assert!(account.events().is_empty() && account.rejected().is_empty());
    account.survey.framing
}

#[test]
fn nothing_in_a_file_is_nothing_read() {
    for bytes in [b"".as_slice(), b"\xef\xbb\xbf", b" \r\n\t\n", b"\xef\xbb\xbf\n", "\n".repeat(600_000).as_bytes()] {
        assert_eq!(framing_of(bytes), Framing::Empty);
    }
    for text in ["[]", "[ ]\n", r#"{"value":[]}"#, r#"{"records":[]}"#, "[][]"] {
        assert!(matches!(framing_of(text.as_bytes()), Framing::Values(_)), "{text}");
    }
    assert!(matches!(framing_of(b"CreationDate,UserIds,Operations,AuditData\r\n"), Framing::Csv(_)));
}

#[test]
fn blanks_before_the_first_record_do_not_hide_it() {
    for text in [lines(&[record(1, 1)]), table(&[record(1, 1)])] {
        for blanks in ["\n\n", &"\r\n".repeat(400_000)] {
            let framing = waxseal_read::Framer::open([blanks, &text].concat().as_bytes()).expect("memory").framing().clone();
            assert!(matches!(framing, Framing::Lines | Framing::Csv(_)), "{framing:?}");
        }
        assert_eq!(read(["\u{feff}\n\n", &text].concat().as_bytes()).events().len(), 1);
    }
}

#[test]
fn text_in_utf_16_is_read_as_if_it_were_utf_8() {
    let text = lines(&[record(1, 1)]);
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [[b"\xff\xfe", little.as_slice()].concat(), [b"\xfe\xff", big.as_slice()].concat(), big, little] {
        assert_eq!(read(&bytes).outcome(), read(text.as_bytes()).outcome());
    }
}

#[test]
fn half_a_letter_of_utf_16_is_damage() {
    let text = lines(&[record(1, 1), record(2, 1)]).replacen("ivan", "iv~n", 1);
    let units: Vec<u16> = text.encode_utf16().map(|unit| if unit == u16::from(b'~') { 0xd800 } else { unit }).collect();
    let account = read(&units.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    account.check();
    let events = account.events();
    assert_eq!(events.iter().map(|event| event["truncated"] == true).collect::<Vec<_>>(), [true, false]);
    assert_eq!(events[0]["actor"], "iv\u{fffd}n.petrov@contoso.example");
}

#[test]
fn text_of_older_windows_is_told_from_damaged_utf_8() {
    let older =
        "{\"Id\":\"1\",\"CreationTime\":\"2026-01-02T03:04:05\",\"Operation\":\"X\",\"Subject\":\"Pr\u{fc}fung \u{201c}1\u{201d}\"}\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(older);
    let account = read(&bytes);
    account.check();
    let events = account.events();
    assert_eq!((events.len(), &events[0]["truncated"]), (1, &serde_json::Value::Bool(false)));
    assert!(events[0]["raw"].as_str().is_some_and(|raw| older.starts_with(raw)));
    assert_eq!(account.reads[0].counts.windows_1252, 1);
    // With other letters of UTF-8 in it, the record is damaged.
    let mut damaged = older.replace("Subject", "Betreff \u{e9}").into_bytes();
    damaged[20] = 0xfc;
    let account = read(&damaged);
    assert!(account.events().iter().all(|event| event["truncated"] == true));
    assert_eq!(account.reads[0].counts.windows_1252, 0);
}

#[test]
fn what_a_search_says_it_found_and_cells_that_were_cut_are_counted() {
    let long = "x".repeat(32_767);
    let text = format!(
        "CreationDate,Operations,AuditData,ResultIndex,ResultCount\n2026-01-02T03:04:05Z,Send,{long},1,7314\n2026-01-02T03:04:06Z,Send,{{}},2,7314\n"
    );
    let account = read(text.as_bytes());
    account.check();
    assert_eq!((account.reads[0].counts.found, account.reads[0].counts.cut_cells), (7_314, 1));
    let wrapped = r#"[{"CreationDate":"2026-01-02T03:04:05Z","Operations":"Send","AuditData":"{}","ResultIndex":1,"ResultCount":12}]"#;
    assert_eq!(read(wrapped.as_bytes()).reads[0].counts.found, 12);
}

#[test]
fn nul_bytes_are_no_record() {
    assert!(matches!(framing_of(&[0; 5_000]), Framing::Unknown(_)));
    let text = format!("{}\0\0\0\0\n{}", lines(&[record(1, 1)]), lines(&[record(2, 1)]));
    let account = read(text.as_bytes());
    assert_eq!(account.events().len(), 2);
    assert_eq!(reasons(&account).len(), 1);
}

#[test]
fn nesting_without_end_is_rejected() {
    let deep = 100_000;
    for text in [
        "[".repeat(deep),
        format!("{}{}", "[".repeat(deep), "]".repeat(deep)),
        "{\"a\":".repeat(deep),
        format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep)),
        format!("{{\"value\":{}", "[".repeat(deep)),
        "[{\"value\":".repeat(deep),
        "{\"value\":[".repeat(deep),
    ] {
        let account = read(text.as_bytes());
        assert!(account.events().is_empty());
        assert!(!reasons(&account).is_empty(), "{}", &text[..20]);
    }
    // Deep below a record of known shape: what stands before it is kept.
    let text = format!("{{\"Operation\":\"X\",\"CreationTime\":\"2026-03-02T08:00:00\",\"Id\":\"1\",\"a\":{}", "[".repeat(deep));
    let account = read(text.as_bytes());
    assert_eq!(account.events()[0]["truncated"], json!(true));
}

#[test]
fn envelopes_in_envelopes_are_opened_a_few_times() {
    let mut text = record(1, 1).to_string();
    for depth in 1..6 {
        text = format!("{{\"records\":[{text}]}}");
        let account = read(format!("{text}\n{text}\n").as_bytes());
        let found = account.events().len() + account.rejected().len();
        assert_eq!(found, 2, "{depth} envelopes deep, everything is accounted for");
    }
}

/// A bracket too many closes what is around the records; what follows is still there to be found.
#[test]
fn brackets_too_many_in_a_page_do_not_hide_the_records_after_them() {
    let [one, two, three, four] = [record(1, 1), record(2, 1), record(3, 1), record(4, 1)];
    for extra in ["]", "}", "]}", "]}]}", "]}}}", "]\"", "]\"{\"", "],\"@odata.nextLink\":\"x\"}", "]}["] {
        let text = format!("{{\"@odata.context\":\"x\",\"value\":[{one},\n{two}{extra},\n{three},\n{four}]}}");
        let account = read(text.as_bytes());
        account.check();
        let events = account.events();
        let whole = |number| events.iter().any(|event| event["id"] == record(number, 1)["Id"] && event["truncated"] == false);
        assert!(whole(1) && whole(2) && whole(4), "{extra}");
        assert!(whole(3) || !account.rejected().is_empty(), "{extra}");
    }
}

#[test]
fn a_line_above_the_limit_is_rejected_with_its_place_and_what_stands_around_it_is_read() {
    let huge = format!("{{\"Operation\":\"{}\"}}", "x".repeat(MAX_RECORD + (6 << 20)));
    let (one, two) = (record(1, 1), record(2, 1));
    for text in [format!("{one}\n{huge}\n{two}\n"), format!("[{one},{huge},{two}]")] {
        let account = read(text.as_bytes());
        let place = text.find(&huge[..20]).expect("it is there") as u64;
        let rejected = account.rejected();
        assert_eq!(account.events().len(), 2);
        assert_eq!((rejected.len(), rejected[0].offset, rejected[0].bytes), (1, place, huge.len() as u64));
        assert_eq!(rejected[0].reason, "larger than 64 MiB");
    }
}

#[test]
fn invalid_utf_8_inside_a_record_is_kept_and_marked() {
    let broken = |text: String| text.into_bytes().into_iter().map(|byte| if byte == b'~' { 0xff } else { byte }).collect::<Vec<u8>>();
    let mut odd = record(2, 1);
    odd["UserId"] = json!("iv~n@contoso.example");
    let records = [record(1, 1), odd, record(3, 1)];
    for bytes in [broken(lines(&records)), broken(table(&records)), broken(json!(records).to_string())] {
        let account = read(&bytes);
        let events = account.events();
        assert!(reasons(&account).is_empty());
        assert_eq!(events.iter().map(|event| event["truncated"] == true).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(events[1]["actor"], "iv\u{fffd}n@contoso.example");
    }
}

#[test]
fn half_a_pair_of_surrogates_is_no_panic() {
    for escape in ["\\ud800", "\\udc00", "\\ud800\\u0041", "\\ud83d\\ude00", "\\u0000", "\\uD800\\"] {
        let text = lines(&[record(1, 1)]).replacen("ivan", escape, 1) + &lines(&[record(2, 1)]);
        let account = read(text.as_bytes());
        account.check();
        assert!(account.events().iter().any(|event| event["id"] == record(2, 1)["Id"]));
    }
}

#[test]
fn members_that_stand_twice_and_values_of_other_kinds_are_read_or_left() {
    let text = concat!(
        r#"{"Operation":"A","Operation":"B","CreationTime":"2026-03-02T08:00:00","Id":"1","Id":"2"}"#,
        "\n",
        r#"{"Operation":"A","CreationTime":1e400,"Id":123456789012345678901234567890,"RecordType":1e300,"UserType":-9e999}"#,
        "\n",
        r#"{"Operation":{"a":1},"CreationTime":[],"Id":null,"UserId":[1],"Folders":{"FolderItems":"x"},"Parameters":[[],1,null,{}]}"#,
        "\n",
        r#"{"Operation":"","CreationTime":"9999-99-99T99:99:99","Id":"3","OperationProperties":[{"Name":"MailAccessType"},{"Value":"x"},{}]}"#,
        "\n",
        r#"{"Operation":"C","CreationTime":"0000-01-01T00:00:00","Id":"4","ClientIP":"999.1.1.1:99999","OperationCount":9223372036854775808}"#,
        "\n",
        r#"{"AuditData":"{\"Operation\":\"D\"","Identity":"5"}"#,
        "\n",
        r#"{"AuditData":17,"Identity":"6"}"#,
        "\n",
        r#"{"AuditData":null}"#,
        "\n",
        r#"{"properties":{"activityDisplayName":1,"initiatedBy":[]},"category":"AuditLogs"}"#,
        "\n",
        r#"{"properties":"{}","category":"SignInLogs"}"#,
        "\n",
        r#"{"createdDateTime":5,"appId":[],"status":1,"userId":{}}"#,
        "\n",
    );
    let account = read(text.as_bytes());
    account.check();
    assert_eq!(account.events().len() + account.rejected().len(), text.lines().count());
    assert!(account.events().iter().all(|event| event["id"].as_str().is_some_and(|id| !id.is_empty())));
    assert_eq!(account.events()[0]["operation"], "B");
}

#[test]
fn a_table_of_quotes_and_line_breaks_alone_does_not_take_long() {
    // Each line opens a cell from outside and from inside; none is a row.
    for line in [",\"a\",\"b\n", "\"\n", "\"\"\"\n", "a,\"b\n", "x\n"] {
        let text = format!("A,B,C,AuditData\n{}", line.repeat(60_000));
        let account = read(text.as_bytes());
        assert!(account.events().is_empty());
        assert!(!account.rejected().is_empty());
        assert!(account.gaps().iter().skip(1).all(|gap| account.text[gap.clone()].iter().all(u8::is_ascii_whitespace)));
    }
}

#[test]
fn a_file_that_goes_on_as_another_one_is_read_as_far_as_it_is_like_the_first() {
    let both = format!("{}{}", lines(&[record(1, 1)]), table(&[record(2, 1)]));
    assert_eq!(read(both.as_bytes()).events().len(), 1);
    assert_eq!(reasons(&read(both.as_bytes())).len(), 2);
    let twice = format!("{}{}{}", table(&[record(1, 1)]), table(&[record(2, 1)]), row(&record(3, 1)));
    let account = read(twice.as_bytes());
    assert_eq!(account.events().iter().filter(|event| event["truncated"] == false).count(), 3, "the second header is one damaged row");
}

#[test]
fn one_record_of_many_events_does_not_fill_the_memory() {
    let id = r#""id":{"time":"2026-02-03T07:15:01.204Z","uniqueQualifier":"1","applicationName":"drive","customerId":"C0"}"#;
    let padding = "x".repeat(8 << 20);
    let text = format!(r#"{{{id},"events":[{{"name":"{padding}"}}{}]}}"#, r#",{"name":"view"}"#.repeat(100));
    let account = read(text.as_bytes());
    let keys: BTreeSet<[u8; 16]> = account.keys().iter().map(|key| key.key).collect();
    assert_eq!(account.keys().len(), keys.len(), "the events of a record are told apart");
    assert!(keys.len() > 16 && keys.len() < 101, "{} are kept", keys.len());
    let rejected = account.rejected();
    assert!(matches!(&rejected[..], [one] if one.reason.contains(&format!("those before event {} are kept", keys.len()))));
}

#[test]
fn very_many_records_that_cannot_be_read_are_counted_but_not_listed_one_by_one() {
    for text in ["{}\n".repeat(300_000), format!("{{\"records\":[{}{{}}]}}", "{},".repeat(300_000)), "{},{\"a\":1}\n".repeat(100_000)] {
        let account = read(text.as_bytes());
        account.check_gaps();
        let rejected = account.rejected();
        let count: u64 = rejected.iter().map(|reject| reject.records).sum();
        assert_eq!(count, text.matches("{}").count() as u64 + text.matches("{\"a\"").count() as u64);
        assert!(rejected.len() <= 10_000, "{}", rejected.len());
        let last = rejected.last().expect("many");
        assert!(last.records > 100_000 && last.digest.is_empty());
        assert!(last.offset + last.bytes <= text.len() as u64 && last.offset + last.bytes + 4 > text.len() as u64);
    }
}

#[test]
fn a_record_of_more_values_than_memory_has_room_for_is_told_and_a_list_of_records_is_not() {
    let mut large = record(1, 1);
    large["x"] = json!(vec![0; 2_500_000]);
    let text = lines(&[record(0, 1), large, record(2, 1)]);
    let account = read(text.as_bytes());
    assert_eq!(account.events().len(), 2);
    assert_eq!(reasons(&account), ["more than 2000000 values in one record"]);
    let text = json!({"body": json!({"records": [{"x": vec![0; 2_500_000]}]}).to_string()}).to_string();
    assert_eq!(reasons(&read(text.as_bytes())), ["more than 2000000 values in one record"]);
    // A line that holds a page of records is opened without being held as a whole.
    let mut many = record(3, 1);
    many["x"] = json!(vec![0; 100_000]);
    let page = json!({"records": vec![many; 25]}).to_string();
    let account = read(format!("{}{page}\n", lines(&[record(0, 1)])).as_bytes());
    assert_eq!((account.events().len(), account.rejected().len()), (26, 0));
    let account = read(format!("{}\n", json!({"body": page})).as_bytes());
    assert_eq!((account.events().len(), account.rejected().len()), (25, 0));
}

#[test]
fn names_that_are_made_to_be_long_are_cut_where_they_are_told() {
    let long = "n".repeat(300_000);
    let member = json!({long.as_str(): 1}).to_string();
    let category = json!({"category": long, "properties": {}, "time": "2026-03-02T08:00:00Z"}).to_string();
    for text in [member, category] {
        let account = read(text.as_bytes());
        assert!(account.survey.fields.iter().all(|name| name.len() <= 80));
        assert!(matches!(&reasons(&account)[..], [reason] if reason.len() < 200));
    }
    let many: serde_json::Map<String, serde_json::Value> = (0..5_000).map(|number| (format!("m{number}"), json!(1))).collect();
    assert_eq!(read(json!(many).to_string().as_bytes()).survey.fields.len(), 200);
}

#[test]
fn the_head_of_a_file_tells_what_in_it_cannot_be_read() {
    let cut = record(3, 1).to_string();
    let text = format!("{}{{\"a\":1}}\n{}", lines(&[record(1, 1), record(2, 1)]), &cut[..cut.len() - 30]);
    let survey = read(text.as_bytes()).survey;
    assert_eq!((survey.rejected, survey.truncated, survey.undated), (1, 1, 0));
    // A record is not damaged because the head ends in it.
    let survey = read(lines(&vec![record(1, 1); 4_000]).as_bytes()).survey;
    assert_eq!((survey.rejected, survey.truncated), (0, 0));
}

#[test]
fn an_empty_page_of_activities_is_neither_an_event_nor_a_reject() {
    let account = read(br#"{"kind":"admin#reports#activities","etag":"x"}"#);
    account.check();
    assert!(account.events().is_empty() && account.rejected().is_empty());
}

/// Bytes that are no letters make more bytes of text than there are in the file; the records behind them still have their places.
#[test]
fn records_of_a_page_have_their_places_behind_bytes_that_are_no_letters() {
    let text = format!("{{\"records\":[{},{},{}]}}\n", record(1, 1), record(2, 1), record(3, 1));
    let at = text.find("ivan").expect("it is there");
    let mut bytes = text.replace("Inbox", "\u{e9}").into_bytes();
    bytes[at] = 0xff;
    bytes.extend(bytes.clone());
    let account = read(&bytes);
    assert!(reasons(&account).is_empty());
    let damaged: Vec<bool> = account.events().iter().map(|event| event["truncated"] == true).collect();
    assert_eq!(damaged, [true, false, false, true, false, false], "the damage is that of one record");
}

/// What was a page with records must not pass for one without any.
#[test]
fn a_damaged_page_without_records_is_shown() {
    for text in [
        "{\"kind\":\"admin#reports#activities\",\"etag\":\"x\",\"it",
        "{\"kind\":\"admin#reports#activities\",\"etag\"*\"x\",\"items\":[{\"id\":{}}]}",
        "{\"kind\":\"admin#reports#activities\",\"itemz\":[{\"id\":{}}]}",
    ] {
        assert_eq!(reasons(&read(text.as_bytes())).len(), 1, "{text}");
    }
    assert_eq!(read(br#"{"kind":"admin#reports#activities"}"#).reads[0].counts.empty, 1);
}

#[test]
fn what_is_no_json_before_the_records_of_a_page_is_shown() {
    let text = format!("{{\"@odata.context\":!\"x\",\"value\":[{},{}]}}", record(1, 1), record(2, 1));
    let account = read(text.as_bytes());
    assert_eq!((account.events().len(), reasons(&account).len()), (2, 1));
    account.check_gaps();
}
