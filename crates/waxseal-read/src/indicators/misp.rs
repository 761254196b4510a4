//! MISP: events, lists of attributes, and what a search answers.
//!
//! Source: <https://github.com/MISP/misp-rfc>, core format. Numbers and times are text there, flags are booleans.

use serde_json::{Map, Value};

use super::{Collector, Entry, IndicatorError, pattern, window};

type Object = Map<String, Value>;

/// Whether the value is in one of MISP's shapes.
pub(super) fn is_one(value: &Value) -> bool {
    match value {
        Value::Object(object) => ["Event", "Attribute", "response"].iter().any(|key| object.contains_key(*key)) || is_attribute(object),
        Value::Array(items) => items.iter().any(|item| item.as_object().is_some_and(|o| o.contains_key("Event") || is_attribute(o))),
        _ => false,
    }
}

/// An attribute has a value; a list of our own writing may call the type a kind, or leave it to the value's form.
fn is_attribute(object: &Object) -> bool {
    object.contains_key("value")
}

/// What an event or object around an attribute says of it.
#[derive(Debug, Clone, Default)]
struct Around {
    source: Option<String>,
    name: Option<String>,
    from: Option<String>,
    to: Option<String>,
    deleted: bool,
}

/// Members that hold attributes, or objects that do.
const INNER: [&str; 4] = ["response", "Event", "Attribute", "Object"];

/// Reads every attribute.
pub(super) fn read(value: &Value, out: &mut Collector) -> Result<(), IndicatorError> {
    walk(value, "$", &Around::default(), out)
}

/// Events stand in answers, and attributes in events and in objects of events: four floors, so this does not go deep.
fn walk(value: &Value, place: &str, around: &Around, out: &mut Collector) -> Result<(), IndicatorError> {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{place}[{index}]"), around, out)?;
            }
            Ok(())
        }
        Value::Object(object) if is_attribute(object) => attribute(object, place, around, out),
        Value::Object(object) => holder(object, place, around, out),
        _ => out.unusable(place, &value.to_string(), "it is not an object"),
    }
}

fn holder(object: &Object, place: &str, around: &Around, out: &mut Collector) -> Result<(), IndicatorError> {
    let mut around = around.clone();
    if let Some(info) = text(object, "info") {
        around.name = Some(info.to_owned());
        around.source = object.get("Orgc").and_then(Value::as_object).and_then(|org| text(org, "name")).map(str::to_owned);
    }
    if object.contains_key("Attribute") {
        around.from = text(object, "first_seen").map(str::to_owned).or(around.from);
        around.to = text(object, "last_seen").map(str::to_owned).or(around.to);
    }
    around.deleted |= flag(object.get("deleted"));
    for key in INNER {
        if let Some(inner) = object.get(key).filter(|inner| !inner.is_null()) {
            walk(inner, &format!("{place}.{key}"), &around, out)?;
        }
    }
    let proposals = object.get("ShadowAttribute");
    if proposals.is_none() && !INNER.iter().any(|key| object.contains_key(*key)) {
        return out.unusable(place, "", "it is neither an attribute nor holds any: it has no value");
    }
    if let Some(Value::Array(proposals)) = proposals {
        for (index, proposal) in proposals.iter().enumerate() {
            let value = proposal.get("value").and_then(Value::as_str).unwrap_or_default();
            out.unusable(&format!("{place}.ShadowAttribute[{index}]"), value, "it is a proposal that nobody has accepted")?;
        }
    }
    Ok(())
}

fn attribute(object: &Object, place: &str, around: &Around, out: &mut Collector) -> Result<(), IndicatorError> {
    let Some(value) = object.get("value").and_then(Value::as_str) else {
        return out.unusable(place, &object.get("value").map(Value::to_string).unwrap_or_default(), "its value is not a text");
    };
    let kind = text(object, "type").or_else(|| text(object, "kind"));
    if around.deleted || flag(object.get("deleted")) {
        return out.unusable(place, value, "its publisher has deleted it");
    }
    let seen =
        |keys: &[&str], outer: &Option<String>| keys.iter().find_map(|key| text(object, key)).map(str::to_owned).or_else(|| outer.clone());
    let first = seen(&["first_seen", "valid_from", "from"], &around.from);
    let last = seen(&["last_seen", "to"], &around.to);
    let until = text(object, "valid_until");
    let dates = || {
        let last = last.as_deref().map(window::last_seen).transpose()?.flatten();
        let until = until.map(window::until).transpose()?.flatten();
        Ok::<_, String>((first.as_deref().map(window::from).transpose()?.flatten(), last.into_iter().chain(until).min()))
    };
    let (from, to) = match dates() {
        Ok(dates) => dates,
        Err(reason) => return out.unusable(place, value, reason),
    };
    let entry = Entry {
        place: place.to_owned(),
        kind: kind.map(str::to_owned),
        value: value.to_owned(),
        from,
        to,
        // Absent means nobody said; MISP writes it always.
        context_only: object.get("to_ids").is_some_and(|to_ids| !flag(Some(to_ids))) || flag(object.get("context_only")),
        source: text(object, "source").map(str::to_owned).or_else(|| around.source.clone()),
        name: text(object, "name").map(str::to_owned).or_else(|| around.name.clone()),
        note: text(object, "comment").or_else(|| text(object, "note")).map(str::to_owned),
    };
    if kind == Some("stix2-pattern") {
        return pattern::add(&entry, out);
    }
    out.add(&entry)
}

fn text<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// Flags are booleans, in older exports also `"1"` or 1.
fn flag(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => matches!(text.as_str(), "1" | "true"),
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}
