//! The functions, over the layouts that tables and literals give.

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::util::pretty::pretty_format_batches;
use serde_json::json;

use crate::table::{event, table};

async fn shown(expression: &str) -> Vec<String> {
    let events = [
        event("1", "", json!({"actor": "Anna <A@One.Example>", "properties": [["Role", "old", "new"], ["role", "other"], ["Empty", ""]]})),
        event("2", "", json!({"actor": "system"})),
        event("3", "", json!({"properties": []})),
    ];
    let table = table(&events).await;
    let batches = table.ctx.sql(&format!("SELECT {expression} AS value FROM events ORDER BY id")).await.unwrap().collect().await.unwrap();
    let text = pretty_format_batches(&batches).unwrap().to_string();
    text.lines().skip(3).filter_map(|line| line.strip_prefix('|')).map(|line| line.trim_matches([' ', '|']).to_owned()).collect()
}

#[tokio::test]
async fn property_takes_the_first_of_a_name_whatever_its_case() {
    assert_eq!(shown("property(properties, 'ROLE')").await, ["new", "", ""]);
    assert_eq!(shown("property_old(properties, 'role')").await, ["old", "", ""]);
    assert_eq!(shown("property(properties, 'Role') IS NULL").await, ["false", "true", "true"]);
    assert_eq!(shown("property(properties, 'Empty') = ''").await, ["true", "", ""]);
}

#[tokio::test]
async fn property_takes_a_name_from_a_column_too() {
    assert_eq!(shown("property(properties, CASE WHEN id = '1' THEN 'Role' END)").await, ["new", "", ""]);
}

#[tokio::test]
async fn text_functions_take_every_layout_of_text() {
    for layout in ["Utf8", "LargeUtf8", "Utf8View"] {
        assert_eq!(shown(&format!("domain_of(arrow_cast(actor, '{layout}'))")).await, ["one.example", "", ""], "{layout}");
        assert_eq!(shown(&format!("domains_in(arrow_cast(actor, '{layout}'))")).await, ["[one.example]", "[]", "[]"], "{layout}");
        assert_eq!(shown(&format!("plain(arrow_cast('[\"a\"]', '{layout}'))")).await, ["a", "a", "a"], "{layout}");
    }
}

#[tokio::test]
async fn a_filter_reads_properties_row_by_row() {
    let table = table(&[
        event("1", "", json!({"properties": [["A", "1"]]})),
        event("2", "", json!({"properties": [["A", "2"]]})),
        event("3", "", json!({"properties": [["A", "1"]]})),
    ])
    .await;
    let batches =
        table.ctx.sql("SELECT id FROM events WHERE property(properties, 'a') = '1' ORDER BY id").await.unwrap().collect().await.unwrap();
    let ids: Vec<_> =
        batches.iter().flat_map(|batch| batch.column(0).as_string_view().iter().flatten().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert_eq!(ids, ["1", "3"]);
}
