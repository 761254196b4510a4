//! Tables as query interfaces answer with them: the columns once, then rows that are lists of values.
//!
//! Sources: <https://learn.microsoft.com/en-us/azure/azure-monitor/logs/api/response-format>,
//! <https://learn.microsoft.com/en-us/kusto/api/rest/response> (the same with capitals).

use std::sync::Arc;

use serde_json_borrow::Value;

use super::Header;
use crate::recover::complete_json;
use crate::value::{Object, any_text, elements, member};

/// The member of an answer whose list holds its tables.
pub(super) const TABLES: [&str; 2] = ["tables", "Tables"];

/// The member of a table whose list holds its rows.
pub(super) const ROWS: [&str; 2] = ["rows", "Rows"];

/// From which byte of a chunk on a header counts; none where a table does not name its columns before its rows.
pub(crate) type TableStart = (usize, Option<Arc<Header>>);

/// No table has more columns: Log Analytics allows 500.
const MOST_COLUMNS: usize = 4_096;

/// What names so many columns is far smaller.
const LARGEST_HEADER: usize = 1 << 20;

/// The header of a table of which everything up to the opening bracket of its rows is given.
pub(super) fn header_of(table: &[u8]) -> Option<Arc<Header>> {
    let text = format!("{}]}}", std::str::from_utf8(table).ok().filter(|text| text.len() <= LARGEST_HEADER)?);
    let value: Value<'_> = serde_json::from_str(&text).ok()?;
    let columns = ["columns", "Columns"].iter().find_map(|name| value.as_object()?.get(name))?;
    let names: Vec<String> = elements(columns).iter().map(|column| name_of(column.as_object()?)).collect::<Option<_>>()?;
    (1..=MOST_COLUMNS).contains(&names.len()).then(|| Arc::new(Header::new(b',', names)))
}

fn name_of(column: &Object<'_>) -> Option<String> {
    ["name", "ColumnName", "Name"].iter().find_map(|name| member(column, name)).map(std::borrow::Cow::into_owned)
}

/// The header that counts at a place.
pub(super) fn header_at(tables: &[TableStart], at: usize) -> Option<&Arc<Header>> {
    let before = tables.partition_point(|(from, _)| *from <= at);
    tables.get(before.checked_sub(1)?)?.1.as_ref()
}

/// The values of a row as a table of text would have them. Of a row that is cut, those before the cut, if any, and that it is.
pub(crate) fn cells_of(row: &str) -> Option<(Vec<String>, bool)> {
    if let Ok(value) = serde_json::from_str::<Value<'_>>(row) {
        return Some((cells(&value)?, false));
    }
    let whole = complete_json(&format!("{{\"row\":{row}"))?;
    let value: Value<'_> = serde_json::from_str(&whole).ok()?;
    let cells = cells(value.as_object()?.get("row")?)?;
    (!cells.is_empty()).then_some((cells, true))
}

fn cells(row: &Value<'_>) -> Option<Vec<String>> {
    let text = |value| any_text(value).map(std::borrow::Cow::into_owned).unwrap_or_default();
    Some(row.as_array()?.iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_in_either_spelling() {
        for table in [
            r#"{"name":"PrimaryResult","columns":[{"name":"A","type":"string"},{"name":"B","type":"long"}],"rows":["#,
            r#"{"TableName":"Table_0","Columns":[{"ColumnName":"A","DataType":"String"},{"ColumnName":"B"}],"Rows":["#,
        ] {
            assert_eq!(header_of(table.as_bytes()).expect("a header").names, ["A", "B"], "{table}");
        }
        for table in
            [r#"{"rows":["#, r#"{"columns":[],"rows":["#, r#"{"columns":[1],"rows":["#, r#"{"columns":[{"name":"#, "{\"a\":\"\u{1}"]
        {
            assert_eq!(header_of(table.as_bytes()), None, "{table}");
        }
    }

    #[test]
    fn values_are_told_as_text_and_those_before_a_cut_are_kept() {
        let cells = |row: &str| cells_of(row).map(|(cells, cut)| (cells.join("|"), cut));
        let told = |cells: &str, cut| Some((cells.to_owned(), cut));
        assert_eq!(cells(r#"["a",null,1.5,true,"{\"b\":1}",{"c":[2]}]"#), told(r#"a||1.5|true|{"b":1}|{"c":[2]}"#, false));
        assert_eq!(cells(r#"["a","b","c"#), told("a|b", true));
        assert_eq!((cells(r#"{"a":1}"#), cells("[")), (None, None));
    }
}
