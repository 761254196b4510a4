//! Taking the JSON off a value.

use serde_json::Value;

/// How deep JSON may be wrapped in JSON text: `"\"[\\\"x\\\"]\""` occurs.
const DEPTH: u8 = 4;

/// Writes the text without JSON quotes and brackets. `false` where nothing is left.
pub(super) fn write_plain(text: &str, out: &mut String) -> bool {
    write_text(text, DEPTH, out);
    !out.is_empty()
}

fn write_text(text: &str, depth: u8, out: &mut String) {
    let text = text.trim();
    let wrapped = depth > 0 && (text.starts_with('"') || text.starts_with('['));
    match wrapped.then(|| serde_json::from_str::<Value>(text).ok()).flatten() {
        Some(value) => write_value(&value, depth - 1, out),
        None => push(text, out),
    }
}

fn write_value(value: &Value, depth: u8, out: &mut String) {
    match value {
        Value::Null => {}
        Value::String(text) => write_text(text, depth, out),
        Value::Array(values) => values.iter().for_each(|value| write_value(value, depth, out)),
        other => push(&other.to_string(), out),
    }
}

fn push(text: &str, out: &mut String) {
    if !text.is_empty() {
        out.push_str(if out.is_empty() { "" } else { ", " });
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Option<String> {
        let mut out = String::new();
        write_plain(text, &mut out).then_some(out)
    }

    #[test]
    fn takes_off_every_wrapping_of_the_providers() {
        for text in ["x y", " x y ", "\"x y\"", "[\r\n  \"x y\"\r\n]", r#""[\"x y\"]""#, r#""\"x y\"""#] {
            assert_eq!(plain(text).as_deref(), Some("x y"), "{text}");
        }
        assert_eq!(plain("[\"a\",\"b\"]").as_deref(), Some("a, b"));
        assert_eq!(plain("[true]").as_deref(), Some("true"));
    }

    #[test]
    fn nothing_is_null_and_broken_json_stays_as_it_is() {
        assert_eq!(plain("[]"), None);
        assert_eq!(plain("\"\""), None);
        assert_eq!(plain("[not json").as_deref(), Some("[not json"));
    }
}
