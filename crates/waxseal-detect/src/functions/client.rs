//! What stays the same of a client from day to day.

/// Writes the neighbourhood of an address: the first three numbers of IPv4, the first three groups of IPv6. An intruder's
/// next rented machine is often near the last. What is no address stays as it is.
pub(super) fn write_neighbourhood(ip: &str, out: &mut String) -> bool {
    let separator = if ip.contains(':') { ':' } else { '.' };
    let end = ip.match_indices(separator).nth(2).map_or(ip.len(), |(at, _)| at);
    out.push_str(&ip[..end]);
    !out.is_empty()
}

/// Writes a user agent with `#` for each version number: `Chrome/142.0.0.0` and `Chrome/143.1` are both `Chrome/#`.
pub(super) fn write_program(user_agent: &str, out: &mut String) -> bool {
    let mut rest = user_agent;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..start]);
        out.push('#');
        rest = after_number(&rest[start..]);
    }
    out.push_str(rest);
    !out.is_empty()
}

/// What follows a number such as `15_7` or `142.0.0.0`: a dot or an underscore belongs to it where a digit follows.
fn after_number(text: &str) -> &str {
    let bytes = text.as_bytes();
    let goes_on = |i: usize| {
        let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
        digit(i) || matches!(bytes.get(i), Some(b'.' | b'_')) && digit(i + 1)
    };
    let end = (0..bytes.len()).find(|i| !goes_on(*i)).unwrap_or(bytes.len());
    &text[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(text: &str) -> String {
        let mut out = String::new();
        write_program(text, &mut out);
        out
    }

    fn neighbourhood(text: &str) -> String {
        let mut out = String::new();
        write_neighbourhood(text, &mut out);
        out
    }

    #[test]
    fn an_update_is_no_new_program() {
        assert_eq!(
            program("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/142.0.0.0"),
            "Mozilla/# (Macintosh; Intel Mac OS X #) Chrome/#"
        );
        assert_eq!(program("rv:116.0) Gecko/20100101 é9."), "rv:#) Gecko/# é#.");
        assert_eq!(program("python-requests/2.29.0"), program("python-requests/2.31"));
        assert_ne!(program("Edg/142.0"), program("Chrome/142.0"));
        assert_eq!(program("no number"), "no number");
    }

    #[test]
    fn neighbours_have_one_neighbourhood() {
        assert_eq!(neighbourhood("203.0.113.9"), "203.0.113");
        assert_eq!(neighbourhood("2001:db8:7:1::9"), "2001:db8:7");
        assert_eq!(neighbourhood("2001:db8::9"), "2001:db8:");
        assert_eq!(neighbourhood("unknown"), "unknown");
        assert!(!write_neighbourhood("", &mut String::new()));
    }
}
