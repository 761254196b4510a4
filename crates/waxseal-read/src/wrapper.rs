//! How text that holds a whole record is told: by the name of its column, and behind the header of syslog.

/// Columns that may hold a whole record.
pub(crate) const WRAPPED: [&str; 6] = ["_raw", "event.original", "message", "RawEventData", "_source", "full_log"];

/// The column of a table that may hold a whole record.
pub(crate) fn wrapped_column(names: &[String]) -> Option<usize> {
    WRAPPED.iter().find_map(|wrapped| names.iter().position(|name| name.eq_ignore_ascii_case(wrapped)))
}

/// Whether a text begins as JSON of an object, or of an array of them.
pub(crate) fn is_json(text: &str) -> bool {
    let mut bytes = text.bytes();
    match bytes.next() {
        Some(b'{') => bytes.find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| byte == b'"'),
        Some(b'[') => bytes.find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| byte == b'{'),
        _ => false,
    }
}

/// So long a header of syslog may be.
const LONGEST_PREFIX: usize = 1024;

/// The JSON behind what syslog writes before it, which may be nothing.
pub(crate) fn behind_prefix(line: &str) -> Option<&str> {
    if is_json(line) {
        return Some(line);
    }
    let at = memchr::memmem::find(line.as_bytes().get(..line.len().min(LONGEST_PREFIX))?, b"{\"")?;
    // A quote in front of it would be that of a table's cell.
    let ends_as_it_should = line.ends_with('}') && line.as_bytes().get(at.checked_sub(1)?) != Some(&b'"');
    line.get(at..).filter(|_| ends_as_it_should)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_syslog_writes_in_front_is_passed_over() {
        assert_eq!(behind_prefix(r#"<134>1 2026-01-02T03:04:05Z host app - - - {"a":"}"}"#), Some(r#"{"a":"}"}"#));
        assert_eq!(behind_prefix(r#"a,b,"{""a"":1}""#), None);
        assert_eq!(behind_prefix("no JSON at all"), None);
        assert_eq!(behind_prefix(r#"é{"a":1}"#), Some(r#"{"a":1}"#));
    }
}
