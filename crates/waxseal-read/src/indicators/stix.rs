//! STIX 2 bundles: their indicator objects.
//!
//! Source: <https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html>, section 4.7.

use std::collections::HashMap;

use serde_json::{Map, Value};
use waxseal_model::Nanos;

use super::{Collector, Entry, IndicatorError, pattern, window};

type Object = Map<String, Value>;

/// The highest confidence that STIX calls low (appendix A of the standard): such an indicator does not raise an alarm alone.
const LOW_CONFIDENCE: i64 = 29;

/// Objects that say what was seen. By themselves they do not call it an intruder's.
const OBSERVABLES: [&str; 9] =
    ["ipv4-addr", "ipv6-addr", "domain-name", "email-addr", "url", "user-account", "network-traffic", "file", "x509-certificate"];

/// The objects of a bundle, of a TAXII answer or of a bare list; `None` where the value is nothing of STIX.
pub(super) fn objects_of(value: &Value) -> Option<&[Value]> {
    let items = match value {
        Value::Object(object) if object.get("type").and_then(Value::as_str) == Some("indicator") => std::slice::from_ref(value),
        Value::Object(object) => object.get("objects")?.as_array()?,
        Value::Array(items) => items.as_slice(),
        _ => return None,
    };
    let is_stix = |item: &Value| {
        item.get("type").is_some_and(Value::is_string) && item.get("id").and_then(Value::as_str).is_some_and(|id| id.contains("--"))
    };
    let is_bundle = value.get("type").and_then(Value::as_str) == Some("bundle");
    (is_bundle || items.iter().any(is_stix)).then_some(items)
}

/// Reads every indicator.
pub(super) fn read(objects: &[Value], out: &mut Collector) -> Result<(), IndicatorError> {
    let newest = newest_versions(objects);
    let names: HashMap<&str, &str> = objects.iter().filter_map(|o| Some((o.get("id")?.as_str()?, o.get("name")?.as_str()?))).collect();
    for (index, object) in objects.iter().enumerate() {
        let place = format!("objects[{index}]");
        let Some(object) = object.as_object() else {
            out.unusable(&place, &object.to_string(), "it is not an object")?;
            continue;
        };
        let kind = text(object, "type").unwrap_or_default();
        if OBSERVABLES.contains(&kind) {
            let value = text(object, "value").or_else(|| text(object, "id")).unwrap_or_default();
            out.unusable(&place, value, "it is something that was seen: no indicator object calls it an intruder's")?;
        }
        if kind != "indicator" {
            continue;
        }
        let superseded = text(object, "id").and_then(|id| newest.get(id)).is_some_and(|newest| *newest != index);
        indicator(object, place, superseded, &names, out)?;
    }
    Ok(())
}

/// For each id the place of its newest version: an object may come several times.
fn newest_versions(objects: &[Value]) -> HashMap<&str, usize> {
    let modified = |object: &Value| object.get("modified").and_then(Value::as_str).and_then(Nanos::parse);
    let mut newest: HashMap<&str, usize> = HashMap::new();
    for (index, object) in objects.iter().enumerate() {
        let Some(id) = object.get("id").and_then(Value::as_str) else { continue };
        let known = newest.entry(id).or_insert(index);
        if modified(object) >= modified(&objects[*known]) {
            *known = index;
        }
    }
    newest
}

fn indicator(
    object: &Object,
    place: String,
    superseded: bool,
    names: &HashMap<&str, &str>,
    out: &mut Collector,
) -> Result<(), IndicatorError> {
    let pattern = text(object, "pattern").unwrap_or_default();
    let language = text(object, "pattern_type").unwrap_or("stix");
    if superseded {
        return out.unusable(&place, pattern, "a newer version of it stands in the list");
    }
    if object.get("revoked").and_then(Value::as_bool) == Some(true) {
        return out.unusable(&place, pattern, "its publisher has revoked it");
    }
    if language != "stix" {
        return out.unusable(&place, pattern, format!("its pattern is of the kind {:?}, not stix", super::cut(language)));
    }
    let date = |key| text(object, key).map(window::from).transpose().map(Option::flatten);
    let (from, to) = match (date("valid_from"), date("valid_until")) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(reason), _) | (_, Err(reason)) => return out.unusable(&place, pattern, reason),
    };
    let confidence = object.get("confidence").and_then(Value::as_i64);
    let labels = ["indicator_types", "labels"].iter().filter_map(|key| object.get(*key)?.as_array()).flatten().filter_map(Value::as_str);
    let labels: Vec<&str> = labels.collect();
    let mut notes: Vec<String> = text(object, "description").map(str::to_owned).into_iter().collect();
    notes.extend((!labels.is_empty()).then(|| labels.join(", ")));
    notes.extend(confidence.map(|confidence| format!("confidence {confidence} of 100")));
    let harmless = labels.iter().any(|label| matches!(*label, "benign" | "anonymization"));
    let entry = Entry {
        place,
        kind: None,
        value: pattern.to_owned(),
        from,
        to,
        context_only: harmless || confidence.is_some_and(|confidence| confidence <= LOW_CONFIDENCE),
        source: text(object, "created_by_ref").map(|id| names.get(id).copied().unwrap_or(id).to_owned()),
        name: text(object, "name").map(str::to_owned),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    };
    pattern::add(&entry, out)
}

fn text<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}
