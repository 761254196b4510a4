//! Rows of tables, and objects of query tools, brought back to the object of the API that they were made from.
//!
//! A portal, a query tool and a cmdlet each write the same record with columns of their own. What a column means stands in one
//! list for each table: the name without blanks, signs and case, and where in the object its value belongs.

use std::collections::HashMap;

use serde_json_borrow::Value;

use crate::format::{Record, Row};
use crate::value::{Object, plain};

/// Where the columns of a table belong, by their plain names.
pub(crate) type Columns = HashMap<String, String>;

/// The columns of a list of pairs: a plain name, and a path such as `status.errorCode` or `targetResources.0.id`.
pub(crate) fn columns(pairs: &[(&str, &str)]) -> Columns {
    pairs.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect()
}

/// The object that the known columns make; of several for one place the first that is not empty counts. Text that is JSON is read.
pub(crate) fn as_object<'a>(record: &Record<'a>, columns: &'static Columns) -> Value<'a> {
    let mut made = Value::Object(Object::default());
    match record {
        Record::Row(row) => {
            for (name, cell) in row.header.plain.iter().zip(row.cells) {
                put_text(&mut made, columns, name, cell);
            }
        }
        Record::Json(value) => {
            for (name, value) in value.as_object().into_iter().flat_map(Object::iter) {
                match value {
                    Value::Null => {}
                    Value::Str(text) => put_text(&mut made, columns, &plain(name), text),
                    other => {
                        if let Some(path) = columns.get(&plain(name)) {
                            put(&mut made, path, as_graph(other));
                        }
                    }
                }
            }
        }
    }
    made
}

/// Names inside a sign-in or a directory audit, as Graph writes them. PowerShell begins every one with a capital.
const INSIDE: [&str; 33] = [
    "additionalDetails",
    "app",
    "appId",
    "browser",
    "city",
    "countryOrRegion",
    "deviceId",
    "displayName",
    "errorCode",
    "failureReason",
    "geoCoordinates",
    "groupType",
    "homeTenantId",
    "homeTenantName",
    "id",
    "ipAddress",
    "isCompliant",
    "isManaged",
    "key",
    "latitude",
    "longitude",
    "modifiedProperties",
    "newValue",
    "oldValue",
    "operatingSystem",
    "servicePrincipalId",
    "servicePrincipalName",
    "state",
    "trustType",
    "type",
    "user",
    "userPrincipalName",
    "value",
];

/// A value with the names inside it as Graph writes them.
fn as_graph<'a>(value: &'a Value<'a>) -> Value<'a> {
    let name = |own: &'a str| {
        let is_capital = own.starts_with(|first: char| first.is_ascii_uppercase());
        INSIDE.into_iter().find(|graph| is_capital && graph.eq_ignore_ascii_case(own)).unwrap_or(own)
    };
    match value {
        Value::Object(object) => Value::Object(object.iter().map(|(own, value)| (name(own), as_graph(value))).collect()),
        Value::Array(values) => Value::Array(values.iter().map(as_graph).collect()),
        other => other.clone(),
    }
}

fn put_text<'a>(made: &mut Value<'a>, columns: &'static Columns, name: &str, text: &'a str) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if let Some(path) = columns.get(name) {
        put(made, path, value_of(text));
    }
}

/// A text as a value: lists and objects that are written as text are read.
pub(crate) fn value_of(text: &str) -> Value<'_> {
    let nested = text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten();
    nested.unwrap_or_else(|| Value::Str(text.into()))
}

/// A list has no more elements than any export has columns for.
const MOST: usize = 32;

fn put<'a>(into: &mut Value<'a>, path: &'static str, value: Value<'a>) {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let slot = match into {
        Value::Object(object) => object.insert_or_get_mut(key, Value::Null),
        Value::Array(list) => {
            let Some(index) = key.parse::<usize>().ok().filter(|index| *index < MOST) else { return };
            if list.len() <= index {
                list.resize(index + 1, Value::Null);
            }
            &mut list[index]
        }
        _ => return,
    };
    match rest {
        None if slot.is_null() => *slot = value,
        None => {}
        Some(rest) => {
            if slot.is_null() {
                let list = rest.starts_with(|c: char| c.is_ascii_digit());
                *slot = if list { Value::Array(Vec::new()) } else { Value::Object(Object::default()) };
            }
            put(slot, rest, value);
        }
    }
}

/// Whether a table has a column of that plain name.
pub(crate) fn has_plain(row: &Row<'_>, name: &str) -> bool {
    row.header.plain.iter().any(|own| own == name)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::frame::Header;

    static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
        columns(&[("dateutc", "time"), ("status", "status"), ("errorcode", "status.errorCode"), ("target1id", "targets.0.id")])
    });

    fn object(names: &[&str], cells: &[&str]) -> String {
        let header = Header::new(b',', names.iter().map(|name| (*name).to_owned()).collect());
        let cells: Vec<String> = cells.iter().map(|cell| (*cell).to_owned()).collect();
        as_object(&Record::Row(Row { header: &header, cells: &cells }), &COLUMNS).to_string()
    }

    #[test]
    fn names_that_begin_with_capitals_are_graphs_too() {
        let inside = r#"{"List":[{"NewValue":"c"}],"User":{"Odd":1,"IpAddress":"a","UserPrincipalName":"b"}}"#;
        let value: Value<'_> = serde_json::from_str(inside).unwrap();
        let graph = r#"{"List":[{"newValue":"c"}],"user":{"Odd":1,"ipAddress":"a","userPrincipalName":"b"}}"#;
        assert_eq!(as_graph(&value).to_string(), graph);
    }

    #[test]
    fn columns_find_their_place_whatever_their_spelling() {
        let made = object(&["Date (UTC)", "Error code", "Target1Id", "Other"], &[" x ", "0", "t", "y"]);
        assert_eq!(made, r#"{"status":{"errorCode":"0"},"targets":[{"id":"t"}],"time":"x"}"#);
    }

    #[test]
    fn the_first_value_counts_and_text_that_is_json_is_read() {
        assert_eq!(object(&["Status", "ErrorCode"], &[r#"{"errorCode":5}"#, "0"]), r#"{"status":{"errorCode":5}}"#);
        assert_eq!(object(&["Status", "ErrorCode"], &["Failure", "0"]), r#"{"status":"Failure"}"#);
        assert_eq!(object(&["DATE_UTC", "date utc"], &["", "{x"]), r#"{"time":"{x"}"#);
    }
}
