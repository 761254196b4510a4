//! Records that stand beside each other or inside one another: each is an event or is told of.

use serde_json::{Value, json};

use crate::generated::record;
use crate::reading::{Account, read};

fn ids(account: &Account) -> Vec<Value> {
    account.check();
    account.events().iter().map(|event| event["id"].clone()).collect()
}

fn ids_of(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(|number| record(number, 1)["Id"].clone()).collect()
}

fn side_by_side(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|number| record(number, 1).to_string()).collect()
}

fn reasons(account: &Account) -> Vec<String> {
    account.rejected().into_iter().map(|reject| reject.reason).collect()
}

#[test]
fn objects_side_by_side_on_a_line_are_all_read() {
    let (one, two) = (side_by_side(0..10), side_by_side(10..20));
    for text in [format!("{one}\n{two}\n"), format!("{one}{two}"), format!("{}\n{}\n{two}\n", side_by_side(0..1), side_by_side(1..10))] {
        let account = read(text.as_bytes());
        assert_eq!(ids(&account), ids_of(0..20));
        assert!(account.rejected().is_empty());
        assert!(account.events().iter().all(|event| event["truncated"] == false));
    }
}

#[test]
fn of_objects_side_by_side_those_that_cannot_be_read_are_told_of() {
    let cut = record(4, 1).to_string();
    let text = format!("{}\n{} some words {{\"a\":1}} {}\n", side_by_side(0..1), side_by_side(1..4), &cut[..cut.len() - 40]);
    let account = read(text.as_bytes());
    assert_eq!(ids(&account), ids_of(0..5));
    assert_eq!(account.events()[4]["truncated"], true);
    assert_eq!(reasons(&account), ["text between records that belongs to none", "unknown shape: a"]);
    assert_eq!(account.rejected()[0].bytes, "some words".len() as u64);
}

#[test]
fn objects_side_by_side_inside_a_text_are_all_read() {
    for name in ["message", "_raw", "body"] {
        let text = json!({name: side_by_side(0..3), "host": "h"}).to_string();
        assert_eq!(ids(&read(text.as_bytes())), ids_of(0..3), "{name}");
    }
    let text = json!({"CreationDate": "2026-03-02T08:00:00Z", "Operations": "X", "AuditData": side_by_side(0..2)}).to_string();
    let account = read(text.as_bytes());
    assert_eq!(ids(&account), ids_of(0..1));
    assert_eq!(reasons(&account), ["AuditData is not one record but several side by side; only the first is read"]);
}

#[test]
fn a_whole_record_beside_a_damaged_text_of_it_is_read() {
    let own = record(3, 1);
    let damaged = own.to_string().replacen(':', ":\"say \"x\"\",", 1);
    let text = json!({"event": {"original": damaged}, "o365audit": own}).to_string();
    let account = read(text.as_bytes());
    assert_eq!(ids(&account), ids_of(3..4));
    assert_eq!(account.events()[0]["truncated"], false);
}

#[test]
fn each_record_of_a_list_in_a_wrapper_keeps_its_own_text() {
    let records: Vec<Value> = (0..300).map(|number| record(number, 1)).collect();
    let text = json!({"body": json!({"records": records}).to_string()}).to_string();
    let account = read(format!("{text}\n").repeat(12).as_bytes());
    account.check();
    assert_eq!((account.events().len(), account.rejected().len()), (3_600, 0));
    let raw: Value = serde_json::from_str(account.events()[7]["raw"].as_str().expect("text")).expect("JSON");
    assert_eq!(raw, record(7, 1));
}

/// Numbers, escapes and the order of members are evidence as well.
#[test]
fn the_text_of_a_record_in_a_list_in_a_wrapper_is_not_written_anew() {
    let own: Vec<String> = (1..3)
        .map(|number| {
            let whole = record(number, 1).to_string();
            let members = whole.strip_prefix('{').expect("an object");
            format!("{{ \"N\":123456789012345678901234567890, \"D\":1.10,\"S\":\"\\u00e9\", {members}")
        })
        .collect();
    for list in [format!("[{}]", own.join(" ,")), format!("{{\"records\": [{}]}}", own.join(","))] {
        let account = read(json!({"message": list}).to_string().as_bytes());
        account.check();
        let raw: Vec<String> = account.events().iter().map(|event| event["raw"].as_str().expect("text").to_owned()).collect();
        assert_eq!(raw, own, "{list}");
    }
}

#[test]
fn events_of_a_list_in_a_wrapper_that_do_not_fit_in_memory_are_told_of() {
    // The first fills what may be repeated, so that the second has no room.
    let id = json!({"time": "2026-02-03T07:15:01.204Z", "uniqueQualifier": "1", "applicationName": "drive", "customerId": "C0"});
    let mut events = vec![json!({"name": "view"}); 100];
    events[0]["name"] = "x".repeat(8 << 20).into();
    let mut large = record(1, 1);
    large["Padding"] = "x".repeat(9 << 20).into();
    let account = read(json!({"_raw": json!([{"id": id, "events": events}, large]).to_string()}).to_string().as_bytes());
    assert!(account.keys().len() > 16 && account.keys().len() < 100);
    assert!(matches!(&reasons(&account)[..], [one] if one.starts_with("2 of the 2 records inside: ")), "{:?}", reasons(&account));
}

#[test]
fn records_of_a_list_in_a_wrapper_that_nobody_knows_are_told_of_once() {
    let list = vec![json!({"a": 1}); 40_000];
    let account = read(json!({"message": json!(list).to_string()}).to_string().as_bytes());
    assert_eq!(reasons(&account), ["40000 of the 40000 records inside: unknown shape: a"]);
    let mut list = list;
    list.push(record(1, 1));
    let account = read(json!({"message": json!(list).to_string()}).to_string().as_bytes());
    assert_eq!(ids(&account), ids_of(1..2));
    assert_eq!(reasons(&account), ["40000 of the 40001 records inside: unknown shape: a"]);
}

#[test]
fn a_record_of_very_many_members_does_not_take_long() {
    let mut row = serde_json::Map::new();
    row.insert("TimeGenerated".to_owned(), "2026-03-02T08:00:00Z".into());
    row.insert("Operation".to_owned(), "Send".into());
    row.extend((0..100_000).map(|number| (format!("m{number}"), number.into())));
    assert_eq!(read(Value::Object(row).to_string().as_bytes()).events().len(), 1);
}

#[test]
fn a_text_inside_a_known_record_does_not_take_its_place() {
    let inner = record(2, 1).to_string();
    for name in ["Message", "message", "log", "body", "Body"] {
        let mut outer = record(1, 1);
        outer["Operation"] = "New-InboxRule".into();
        outer[name] = inner.clone().into();
        let account = read(outer.to_string().as_bytes());
        assert_eq!(ids(&account), ids_of(1..2), "{name}");
        assert_eq!(account.events()[0]["operation"], "New-InboxRule");
    }
}

#[test]
fn answers_of_queries_are_opened_also_where_they_stand_in_a_list() {
    let answer = |user: &str| {
        let columns = json!([{"name": "TimeGenerated"}, {"name": "Operation"}, {"name": "UserId"}]);
        let rows = json!([["2026-03-01T08:00:00Z", "FileDownloaded", user], ["2026-03-01T08:00:01Z", "FileDownloaded"]]);
        json!({"tables": [{"columns": columns, "rows": rows}]}).to_string()
    };
    let (one, two) = (answer("a@x.example"), answer("b@x.example"));
    for text in [format!("[{one},\n{two}]"), format!("{one}\n{two}\n"), format!("{{\"a\":[],\"b\":{{}}}}\n{one}\n{two}\n")] {
        let account = read(text.as_bytes());
        account.check();
        let actors: Vec<Value> = account.events().iter().map(|event| event["actor"].clone()).collect();
        assert_eq!(actors, ["a@x.example", "b@x.example"], "{text}");
        let wrong = reasons(&account).iter().filter(|reason| *reason == "the row has 2 cells below a header of 3").count();
        assert_eq!(wrong, 2, "{text}");
    }
}

#[test]
fn a_cut_answer_keeps_its_rows_and_what_is_whole_of_the_last() {
    let text = r#"{"tables":[{"columns":[{"name":"TimeGenerated"},{"name":"Operation"},{"name":"UserId"}],"rows":[["2026-03-01T08:00:00Z","FileDownloaded","a@x.example"],["2026-03-01T08:00:01Z","FileDel"#;
    let account = read(text.as_bytes());
    account.check();
    assert!(account.unterminated);
    let told: Vec<Value> = account.events().iter().map(|event| json!([event["actor"], event["truncated"]])).collect();
    assert_eq!(told.len(), 1, "of the second not even the operation is whole");
    assert_eq!((told[0].clone(), account.rejected().len()), (json!(["a@x.example", false]), 1));
}
