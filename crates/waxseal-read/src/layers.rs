//! What forwarders and search tools put around a record, peeled off one layer at a time.
//!
//! Sources: <https://www.elastic.co/docs/reference/ecs/ecs-event> (`event.original`),
//! <https://docs.splunk.com/Documentation/Splunk/latest/Search/Exportsearchresults> (`result`, `_raw`),
//! <https://documentation.wazuh.com/current/cloud-security/office365/index.html> (`data.office365`) and
//! <https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-cloudappevents-table> (`RawEventData`).

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json_borrow::Value;

use crate::format::{Record, Row};
use crate::formats::FORMATS;
use crate::value::Object;
use crate::wrapper::{WRAPPED, behind_prefix, is_json};

/// A record inside another.
pub(crate) struct Layer<'a> {
    /// What the member or column is called that it stands in.
    pub(crate) name: &'static str,
    pub(crate) inner: Inner<'a>,
}

impl Layer<'_> {
    /// Whether this is no wrapper's content but a member of a record that is itself known: whoever writes a message may write a
    /// record into it, and it must not take the place of the one that holds it.
    pub(crate) fn is_content_of(&self, record: &Record<'_>) -> bool {
        matches!(self.name, "message" | "log" | "body") && FORMATS.iter().any(|format| format.claims(record))
    }
}

/// JSON, read or still as text.
pub(crate) enum Inner<'a> {
    Value(&'a Value<'a>),
    Text(Cow<'a, str>),
}

impl Inner<'_> {
    /// Whether it is text that is not JSON to its end.
    fn is_damaged(&self) -> bool {
        match self {
            Self::Value(_) => false,
            Self::Text(text) => serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>().any(|value| value.is_err()),
        }
    }
}

/// The record inside a record, where there is one. Told by names, and by text that begins as JSON.
pub(crate) fn peel<'a>(record: &Record<'a>) -> Option<Layer<'a>> {
    match record {
        Record::Json(value) => of_object(value.as_object()?),
        Record::Row(row) => of_row(row),
    }
}

/// The first of the records inside an object; where its text is damaged, a whole one that stands beside it.
fn of_object<'a>(object: &'a Object<'a>) -> Option<Layer<'a>> {
    let mut layers = object.iter().filter_map(|(key, value)| of_member(key, value)).peekable();
    let first = layers.next()?;
    // Text is looked through only where there is anything else.
    if layers.peek().is_none() || !first.inner.is_damaged() {
        return Some(first);
    }
    layers.find(|other| !other.inner.is_damaged()).or(Some(first))
}

fn of_member<'a>(key: &str, value: &'a Value<'a>) -> Option<Layer<'a>> {
    let name = match key {
        // One comparison of lengths rules out nearly every member of nearly every record.
        "_raw" => return of_raw(value),
        "message" | "Message" => "message",
        "log" => "log",
        "body" | "Body" => "body",
        "full_log" => "full_log",
        "event.original" => "event.original",
        "rawEvent" => "rawEvent",
        "RawEventData" => return of_raw_event_data(value),
        "event" => return of_text("event.original", value.as_object()?.get("original")?),
        "_source" => return object("_source", value),
        "result" => return object("result", value),
        "o365audit" => return object("o365audit", value),
        "o365" => return object("o365.audit", value.as_object()?.get("audit")?),
        "data" => return of_wazuh(value),
        "properties" => return of_raw_event_data(value.as_object()?.get("RawEventData")?),
        _ => return None,
    };
    of_text(name, value)
}

fn object<'a>(name: &'static str, value: &'a Value<'a>) -> Option<Layer<'a>> {
    value.is_object().then_some(Layer { name, inner: Inner::Value(value) })
}

fn of_text<'a>(name: &'static str, value: &'a Value<'a>) -> Option<Layer<'a>> {
    let text = value.as_str()?.trim();
    is_json(text).then_some(Layer { name, inner: Inner::Text(Cow::Borrowed(text)) })
}

/// What a search tool has taken in, as it stood: JSON, also behind a header of syslog.
fn of_raw<'a>(value: &'a Value<'a>) -> Option<Layer<'a>> {
    if value.is_object() {
        return object("_raw", value);
    }
    raw_text(value.as_str()?)
}

fn raw_text(text: &str) -> Option<Layer<'_>> {
    let json = behind_prefix(text.trim())?;
    Some(Layer { name: "_raw", inner: Inner::Text(Cow::Borrowed(json)) })
}

/// Of a row of Defender's cloud application events: the record of the unified audit log that it was made from.
fn of_raw_event_data<'a>(value: &'a Value<'a>) -> Option<Layer<'a>> {
    object("RawEventData", value).or_else(|| of_text("RawEventData", value))
}

fn of_wazuh<'a>(value: &'a Value<'a>) -> Option<Layer<'a>> {
    const INTEGRATIONS: [(&str, &str); 4] =
        [("office365", "data.office365"), ("ms-graph", "data.ms-graph"), ("gcp", "data.gcp"), ("azure", "data.azure")];
    let data: &'a Object<'a> = value.as_object()?;
    INTEGRATIONS.iter().find_map(|(key, name)| object(name, data.get(key)?))
}

fn of_row<'a>(row: &Row<'a>) -> Option<Layer<'a>> {
    let column = row.header.wrapped?;
    let (name, text) = (row.header.names.get(column)?, row.cells.get(column)?.trim());
    if name.eq_ignore_ascii_case("_raw") {
        return raw_text(text);
    }
    let name = WRAPPED.iter().find(|known| name.eq_ignore_ascii_case(known))?;
    is_json(text).then_some(Layer { name, inner: Inner::Text(Cow::Borrowed(text)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(text: &str) -> Option<(&'static str, String)> {
        let value: Value<'_> = serde_json::from_str(text).expect("test JSON");
        peel(&Record::Json(&value)).map(|layer| {
            let inner = match layer.inner {
                Inner::Value(value) => value.to_string(),
                Inner::Text(text) => text.into_owned(),
            };
            (layer.name, inner)
        })
    }

    #[test]
    fn wrappers_are_told_by_name_and_by_what_they_hold() {
        let inner = r#"{"a":1}"#;
        let quoted = serde_json::to_string(inner).expect("text");
        for (text, name) in [
            (format!(r#"{{"@timestamp":"t","event":{{"original":{quoted}}}}}"#), "event.original"),
            (format!(r#"{{"event.original":{quoted}}}"#), "event.original"),
            (format!(r#"{{"_raw":{quoted},"host":"h"}}"#), "_raw"),
            (format!(r#"{{"preview":false,"result":{inner}}}"#), "result"),
            (format!(r#"{{"_index":"i","_source":{inner}}}"#), "_source"),
            (format!(r#"{{"data":{{"integration":"office365","office365":{inner}}}}}"#), "data.office365"),
            (format!(r#"{{"category":"c","properties":{{"RawEventData":{inner}}}}}"#), "RawEventData"),
        ] {
            assert_eq!(layer(&text), Some((name, inner.to_owned())), "{text}");
        }
        let whole = r#"{"b":2}"#;
        for (original, found) in
            [(r#"{"a":1"#, whole), (r#"{"a":"say "x""}"#, whole), (inner, inner), (r#"{"a":1}{"a":2}"#, r#"{"a":1}{"a":2}"#)]
        {
            let text = serde_json::json!({"event": {"original": original}, "o365audit": {"b": 2}}).to_string();
            assert_eq!(layer(&text).map(|(_, inner)| inner).as_deref(), Some(found), "{text}");
        }
        for text in [r#"{"message":"hello"}"#, r#"{"result":"success"}"#, r#"{"data":{"x":1}}"#, r#"{"event":{"action":"x"}}"#] {
            assert_eq!(layer(text), None, "{text}");
        }
    }
}
