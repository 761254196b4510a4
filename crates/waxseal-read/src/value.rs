//! Reading JSON values leniently: providers and forwarders write the same field as text, number or nested JSON.

use std::borrow::Cow;

use serde_json_borrow::{ObjectAsVec, Value};

use crate::event::Text;

/// The most values a record may have: each takes some 80 bytes while it is read.
pub(crate) const MAX_VALUES: usize = 2_000_000;

/// Whether a text, if it is JSON, would take far more memory than it has bytes. Only a large one can have so many values.
pub(crate) fn has_too_many_values(text: &[u8]) -> bool {
    text.len() >= 2 * MAX_VALUES && count_values(text) > MAX_VALUES
}

/// At least as many as there are values in a text, if it is JSON.
fn count_values(text: &[u8]) -> usize {
    let (mut count, mut inside, mut escaped) = (0_usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b',' | b'[' | b'{' if !inside => count += 1,
            _ => {}
        }
    }
    count
}

/// A JSON object that keeps its order.
pub(crate) type Object<'a> = ObjectAsVec<'a>;

/// A value as text: strings as they are, numbers and booleans in JSON's spelling, containers as compact JSON; null is none.
pub(crate) fn any_text<'a>(value: &'a Value<'a>) -> Text<'a> {
    match value {
        Value::Null => None,
        Value::Str(text) => Some(Cow::Borrowed(text.as_ref())),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Array(_) | Value::Object(_) => Some(Cow::Owned(value.to_string())),
    }
}

/// Like [`any_text`], without surrounding blanks, and none where nothing is left.
pub(crate) fn text<'a>(value: &'a Value<'a>) -> Text<'a> {
    match any_text(value)? {
        Cow::Borrowed(text) => non_empty(text),
        Cow::Owned(text) => Some(Cow::Owned(text)),
    }
}

/// A text without surrounding blanks, none where nothing is left.
pub(crate) fn non_empty(text: &str) -> Text<'_> {
    let text = text.trim();
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

/// In lower case; copied only where that changes something.
pub(crate) fn lower(text: Text<'_>) -> Text<'_> {
    text.map(|t| if t.chars().any(char::is_uppercase) { Cow::Owned(t.to_lowercase()) } else { t })
}

/// A whole number, also where it is written as text.
pub(crate) fn int(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::Str(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A boolean, also where it is written as text.
pub(crate) fn boolean(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::Str(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::Str(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The text of a member, none where it is missing or empty.
pub(crate) fn member<'a>(object: &'a Object<'a>, key: &str) -> Text<'a> {
    object.get(key).and_then(text)
}

/// The elements of an array, or nothing.
pub(crate) fn elements<'a>(value: &'a Value<'a>) -> &'a [Value<'a>] {
    value.as_array().unwrap_or(&[])
}

/// The objects in an array; of a single object, that one.
pub(crate) fn objects<'a>(value: &'a Value<'a>) -> impl Iterator<Item = &'a Object<'a>> {
    let single = value.as_object();
    elements(value).iter().filter_map(Value::as_object).chain(single)
}

/// A name without what different tools write differently.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
/// A name as it is shown: of one that is made to be long, the beginning.
pub(crate) fn short(name: &str) -> &str {
    const LONGEST: usize = 80;
    name.char_indices().nth(LONGEST).map_or(name, |(end, _)| &name[..end])
}
