//! Exports that are made here rather than kept as files: too large, or one change to a small one.

use std::io::Write as _;

use serde_json::{Value, json};
use waxseal_read::{Framer, Span, SpanState};

use crate::reading::{Account, read};

const BLOCK: usize = 4 << 20;

/// A unified audit record with a number and some weight.
pub(crate) fn record(number: usize, weight: usize) -> Value {
    json!({
        "CreationTime": "2026-03-02T08:00:00",
        "Id": format!("00000000-0000-4000-8000-{number:012}"),
        "Operation": "MailItemsAccessed",
        "OrganizationId": "7d3b5a10-4c2e-4f8b-9a61-0e5c8d2f1b90",
        "RecordType": 50,
        "UserId": "ivan.petrov@contoso.example",
        "UserType": 0,
        "Workload": "Exchange",
        "OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}],
        "Folders": [{"Id": "F", "Path": "\\Inbox", "FolderItems": [{"InternetMessageId": format!("<{}@contoso.example>", "m".repeat(weight))}]}],
    })
}

/// A table as Purview writes it.
pub(crate) fn table(records: &[Value]) -> String {
    let mut text = "CreationDate,UserIds,Operations,AuditData\r\n".to_owned();
    for record in records {
        text.push_str(&row(record));
    }
    text
}

pub(crate) fn row(record: &Value) -> String {
    format!(
        "2026-03-02T08:00:00.0000000Z,ivan.petrov@contoso.example,MailItemsAccessed,\"{}\"\r\n",
        record.to_string().replace('"', "\"\"")
    )
}

pub(crate) fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn records(count: usize) -> Vec<Value> {
    (0..count).map(|number| record(number, 3)).collect()
}

/// The numbers of the records that were read whole, and of those that were read in part.
fn numbers(account: &Account) -> (Vec<usize>, Vec<usize>) {
    account.check();
    let number = |event: &Value| event["id"].as_str().and_then(|id| id.get(24..)?.parse().ok());
    let events = account.events();
    let (part, whole): (Vec<&Value>, Vec<&Value>) = events.iter().partition(|event| event["truncated"] == true);
    (whole.into_iter().filter_map(number).collect(), part.into_iter().filter_map(number).collect())
}

#[test]
fn a_cell_cut_at_the_limit_of_a_spreadsheet_keeps_what_stands_before_the_cut() {
    let mut without_items = record(1, 1);
    without_items["Folders"].take();
    let items: Vec<String> =
        (0..900).map(|number| format!("{{\"InternetMessageId\":\"<{number:03}-aaaaaaaaaaaaaaaa@contoso.example>\"}}")).collect();
    // Exchange writes the folders last; `json!` sorts.
    let head = without_items.to_string().replacen("\"Folders\":null,", "", 1);
    let whole = format!("{},\"Folders\":[{{\"Path\":\"\\\\Inbox\",\"FolderItems\":[{}]}}]}}", head.trim_end_matches('}'), items.join(","));
    let cut = &whole[..32_767];
    let text = format!(
        "{}2026-03-02T08:00:00.0000000Z,ivan.petrov@contoso.example,MailItemsAccessed,\"{}\"\r\n{}",
        table(&records(1)),
        cut.replace('"', "\"\""),
        row(&record(2, 1))
    );
    let account = read(text.as_bytes());
    assert_eq!(numbers(&account), (vec![0, 2], vec![1]));
    let event = &account.events()[1];
    let items = event["items"].as_array().expect("items");
    assert!(items.len() > 400 && items.len() < 900, "{}", items.len());
    assert_eq!(items[0]["message_id"], "<000-aaaaaaaaaaaaaaaa@contoso.example>");
    assert_eq!((&event["log_class"], &event["time"]), (&json!("ual.mia.bind"), &json!("2026-03-02T08:00:00Z")));
}

/// A quote too many or too few costs the row it stands in, at most, and never what follows.
#[test]
fn an_unbalanced_quote_costs_one_row() {
    let all = records(6);
    let good = table(&all);
    let third = row(&all[2]);
    let damages = [
        ("a quote at the end of a plain cell", third.replacen("MailItemsAccessed,", "MailItemsAccessed\",", 1), 2),
        ("a quote in front of a plain cell", third.replacen(",MailItemsAccessed,", ",\"MailItemsAccessed,", 1), 2),
        ("a quote inside a plain cell", third.replacen("ivan", "iv\"an", 1), 2),
        ("a quote at the start of the row", format!("\"{third}"), 2),
        ("no quote at the end", third.replacen("}\"\r\n", "}\r\n", 1), 2),
        ("no quote before AuditData", third.replacen(",\"{", ",{", 1), 2),
        ("a quote that is not doubled", third.replacen("\"\"Id\"\"", "\"Id\"\"", 1), 2),
        ("a row cut in the middle of AuditData", format!("{}\r\n", &third[..third.len() / 2]), 2),
        ("a row without its end and its line break", third[..third.len() / 2].to_owned(), 3),
    ];
    for (what, damaged, last_lost) in damages {
        let account = read(good.replacen(&third, &damaged, 1).as_bytes());
        let (whole, part) = numbers(&account);
        let lost: Vec<usize> = (0..6).filter(|number| !whole.contains(number)).collect();
        assert!(lost.iter().all(|number| (2..=last_lost).contains(number)), "{what}: {lost:?} are lost");
        assert!(part.len() <= lost.len(), "{what}: nothing is read twice");
        let in_part = account.events().iter().any(|event| event["truncated"] == true);
        let noticed = whole.contains(&2) || in_part || !account.rejected().is_empty();
        assert!(noticed, "{what}: the loss is shown");
    }
}

#[test]
fn a_cell_that_holds_whole_rows_is_one_cell() {
    let inner = format!("first line\n{}", row(&record(7, 1)));
    let mut hostile = record(1, 1);
    hostile["Folders"] = Value::Null;
    let text = format!(
        "CreationDate,UserIds,Operations,AuditData,Note\n2026-03-02,a@contoso.example,X,\"{}\",\"{}\"\n",
        hostile.to_string().replace('"', "\"\""),
        inner.replace('"', "\"\"")
    );
    assert_eq!(numbers(&read(text.as_bytes())), (vec![1], vec![]));
}

#[test]
fn rows_with_too_many_or_too_few_cells_are_shown() {
    let text = format!("{}a,b\r\n1,2,3,4,5\r\n,,,\r\n\r\n{}", table(&records(1)), row(&record(1, 1)));
    let account = read(text.as_bytes());
    assert_eq!(numbers(&account).0, [0, 1]);
    let reasons: Vec<String> = account.rejected().into_iter().map(|reject| reject.reason).collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert_eq!(reasons[0], "the row has 2 cells below a header of 4");
    assert_eq!(reasons[1], "the row has 5 cells below a header of 4");
}

#[test]
fn empty_cells_at_the_ends_of_a_row_with_tabs_count() {
    let data = record(1, 1).to_string().replace('"', "\"\"");
    let text = format!("Note\tAuditData\tTags\n\t\"{data}\"\t\n");
    assert_eq!(numbers(&read(text.as_bytes())).0, [1]);
}

#[test]
fn header_names_are_found_in_any_case_with_zones_and_blanks() {
    let data = record(1, 1).to_string().replace('"', "\"\"");
    let text = format!("\u{feff}\"TimeGenerated [UTC]\";\" auditdata \"\n1;\"{data}\"\n");
    let account = read(text.as_bytes());
    assert_eq!(numbers(&account).0, [1]);
    assert_eq!(account.survey.fields, ["TimeGenerated", "auditdata"]);
}

#[test]
fn gzip_and_zip_change_nothing_but_the_layers() {
    let text = lines(&records(50));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).expect("memory");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("export.json", zip::write::SimpleFileOptions::default()).expect("memory");
    zip.write_all(text.as_bytes()).expect("memory");
    let plain = read(text.as_bytes()).outcome();
    assert_eq!(plain.events.len(), 50);
    assert_eq!(read(&gzip.finish().expect("memory")).outcome(), plain);
    assert_eq!(read(&zip.finish().expect("memory").into_inner()).outcome(), plain);
}

/// Records are carried over from block to block; wherever the border falls, nothing changes.
#[test]
fn a_border_between_blocks_may_fall_on_any_byte_of_a_record() {
    let [one, two, three] = [record(1, 1), record(2, 1), record(3, 1)];
    let noted = |record: &Value| format!("x,\"a \"\"b\"\"\n\",\"{}\"\n", record.to_string().replace('"', "\"\""));
    // What stands before the blanks, and what stands behind them.
    let shapes = [
        ("lines", format!("{one}\n"), format!("{two}\n{three}\n")),
        ("array", format!("[{one}"), format!(",\n{two} , {three}]")),
        ("envelope", format!("{{\"value\":[{one},"), format!("{two},{three}],\"n\":1}}")),
        ("table", format!("Note,Text,AuditData\n{}", noted(&one)), format!("{}{}", noted(&two), noted(&three))),
    ];
    for (shape, head, tail) in shapes {
        for before in (0..tail.len()).step_by(67) {
            let blanks = "\n".repeat(BLOCK + skipped(shape, &head) - head.len() - before);
            let found = framed(&format!("{head}{blanks}{tail}"));
            assert_eq!(found, framed(&format!("{head}{tail}")), "{shape}, {before} bytes before the border");
            assert_eq!(found.len(), 3);
        }
    }
}

/// The records of a text, before anybody reads them.
fn framed(text: &str) -> Vec<(String, SpanState)> {
    let mut framer = Framer::open(text.as_bytes()).expect("memory does not fail");
    let mut found = Vec::new();
    while let Some(chunk) = framer.next_chunk().expect("memory does not fail") {
        let record = |span: &Span| String::from_utf8_lossy(&chunk.bytes[span.start..span.end]).into_owned();
        found.extend(chunk.spans.iter().map(|span| (record(span), span.state)));
    }
    found
}

/// The header is read before the blocks begin.
fn skipped(shape: &str, head: &str) -> usize {
    if shape == "table" { head.find('\n').map_or(0, |end| end + 1) } else { 0 }
}

/// A row of a message trace with a date in the order of somebody's country.
fn traced(day: usize, number: usize) -> String {
    format!("\"{day}/3/2026 8:00:00\",\"<{number}@contoso.example>\",\"a@contoso.example\",\"b@contoso.example\",\"Hello\",\"Delivered\"\n")
}

#[test]
fn the_order_of_day_and_month_is_told_by_dates_far_behind_the_head() {
    let header = "Received,MessageId,SenderAddress,RecipientAddress,Subject,Status\n";
    let early: String = (0..15_000).map(|number| traced(number % 12 + 1, number)).collect();
    assert!(early.len() > 1 << 20);
    let undated = |text: &str| {
        let account = read(text.as_bytes());
        assert!(account.rejected().is_empty());
        account.reads.iter().map(|read| read.counts.undated).sum::<u64>()
    };
    assert_eq!(undated(&format!("{header}{early}")), 15_000);
    assert_eq!(undated(&format!("{header}{early}{}", traced(13, 15_000))), 0);
    // Where dates contradict each other, those that can be read one way only are read.
    let both = format!("{header}{}{}{}", traced(1, 1), traced(13, 2), traced(3, 3).replace("3/3/", "3/13/"));
    assert_eq!(undated(&both), 1);
}
