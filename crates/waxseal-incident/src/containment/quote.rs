//! Log text inside commands. Whoever chose the name of a rule wrote it to be read by administrators.

use waxseal_model::printable;

/// Longer texts are no names.
const LONGEST: usize = 1_000;

/// A text as a literal of PowerShell: in single quotes, each quote in it doubled. PowerShell takes typographic quotes for
/// quotes too. `None` where the text holds what must not stand in a command: control characters, or such that change what
/// people see of it.
pub(crate) fn powershell(text: &str) -> Option<String> {
    let text = plain(text)?;
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for c in text.chars() {
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            literal.push(c);
        }
        literal.push(c);
    }
    literal.push('\'');
    Some(literal)
}

/// A text that may stand in a call as people see it. `None` where it holds control characters, or such that change what people
/// see of it.
pub(crate) fn plain(text: &str) -> Option<&str> {
    (!text.is_empty() && text.len() <= LONGEST && printable(text) == text).then_some(text)
}

/// A text as a part of an address: everything but letters, digits and `-._~` of ASCII as `%xx`.
pub(crate) fn percent(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > LONGEST || matches!(text, "." | "..") {
        return None;
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(encoded)
}

/// A GUID, which needs no quotes anywhere.
pub(crate) fn guid(text: &str) -> Option<&str> {
    let dashes = [8, 13, 18, 23];
    let is_guid =
        text.len() == 36 && text.bytes().enumerate().all(|(i, b)| if dashes.contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() });
    is_guid.then_some(text)
}

/// What stands in place of a command that would have to carry such a text: a comment, on one line.
pub(crate) fn left_out(text: &str) -> String {
    let shown: String = printable(text).chars().take(200).collect();
    format!("# no command for {shown}: its name is missing, too long, or holds characters that a command must not carry; do it by hand")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What PowerShell makes of a literal: a quote followed by a quote is the second one, a single one ends it.
    fn read(literal: &str) -> (String, String) {
        let quote = |c: char| matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
        let mut text = String::new();
        let mut rest = literal.chars().peekable();
        assert!(rest.next().is_some_and(quote));
        while let Some(mut c) = rest.next() {
            if quote(c) {
                match rest.next_if(|next| quote(*next)) {
                    Some(second) => c = second,
                    None => break,
                }
            }
            text.push(c);
        }
        (text, rest.collect())
    }

    #[test]
    fn a_literal_ends_where_it_should_and_means_what_was_logged() {
        for hostile in [
            "'; Remove-Mailbox -Identity ceo; '",
            "\u{2019}; Start-Process calc #",
            "a\u{201b}\u{2018}\u{201a}'b",
            "$(whoami) `n \"$env:PATH\" @{x=1} %--% | & ;",
            "'",
            "''",
            "-Confirm:$false",
        ] {
            assert_eq!(read(&powershell(hostile).unwrap()), (hostile.to_owned(), String::new()), "{hostile}");
        }
    }

    #[test]
    fn what_cannot_be_shown_as_it_is_gets_no_command() {
        for hostile in ["a\nRemove-Mailbox x", "a\rb", "a\0b", "\u{202e}exe", "zero\u{200b}width", "", "\u{2028}"] {
            assert_eq!(powershell(hostile), None, "{hostile:?}");
            assert_eq!(left_out(hostile).lines().count(), 1);
        }
    }

    #[test]
    fn an_address_keeps_to_its_part_of_a_path() {
        assert_eq!(percent("../users/x?y#z@contoso.example").unwrap(), "..%2Fusers%2Fx%3Fy%23z%40contoso.example");
        assert_eq!(percent(".."), None);
        assert_eq!(percent("é\n").unwrap(), "%C3%A9%0A");
    }

    #[test]
    fn only_a_guid_is_a_guid() {
        assert!(guid("6f1d3c2a-0000-4000-8000-123456789abc").is_some());
        assert!(guid("6f1d3c2a-0000-4000-8000-123456789ab'").is_none() && guid("6f1d3c2a000040008000123456789abc").is_none());
    }
}
