//! Making attacker-written text safe to show.
//!
//! Every string of a log may have been chosen by an attacker: it may carry terminal escapes, right-to-left overrides
//! that make a file name read backwards, or a leading `=` that a spreadsheet runs. Outputs pass log text through here.

use std::borrow::Cow;

/// Text with control, format and bidirectional characters shown as `\u{202e}` instead of taking effect.
///
/// Line breaks and tabs are shown too (`\n`, `\t`), so that the result is always one line. Ordinary text of any script
/// is returned unchanged, without a copy.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_unprintable(c) => shown.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// One CSV cell's text: [`printable`], and with a quote before what a spreadsheet would take for a formula.
///
/// That is at the start of the cell, and behind every `;`, blanks and quotes left out: where the comma stands in numbers, a
/// spreadsheet takes `;` for the end of a cell.
///
/// Source: the "CSV injection" page of OWASP, which names `=`, `+`, `-`, `@`, tab and carriage return.
#[must_use]
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    let shown = printable(text);
    let mut cell = String::with_capacity(shown.len() + 4);
    if text.starts_with(['\t', '\r']) || shown.trim_start().starts_with(is_formula_sign) {
        cell.push('\'');
    }
    let mut begins = false;
    for c in shown.chars() {
        if begins && is_formula_sign(c) {
            cell.push('\'');
        }
        begins = c == ';' || begins && (c.is_whitespace() || c == '"');
        cell.push(c);
    }
    if cell == shown { shown } else { Cow::Owned(cell) }
}

fn is_formula_sign(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
}

fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_returned_without_a_copy() {
        assert!(matches!(printable("Boîte de réception – صندوق"), Cow::Borrowed(_)));
    }

    #[test]
    fn escapes_and_bidi_overrides_are_shown() {
        assert_eq!(printable("a\u{1b}[31m\u{202e}gpj.exe\r\n"), "a\\u{1b}[31m\\u{202e}gpj.exe\\r\\n");
    }

    #[test]
    fn spreadsheet_formulas_are_neutralised() {
        assert_eq!(csv_cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(csv_cell(" @SUM"), "' @SUM");
        assert_eq!(csv_cell("\t=1"), "'\\t=1");
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(csv_cell("a=1; b-c"), "a=1; b-c");
    }

    #[test]
    fn a_semicolon_may_begin_a_cell() {
        assert_eq!(csv_cell("x;=1+1;y"), "x;'=1+1;y");
        assert_eq!(csv_cell("x; \" @SUM;-1"), "x; \" '@SUM;'-1");
        assert_eq!(csv_cell("=1;=2"), "'=1;'=2");
        assert_eq!(csv_cell("\t;+1"), "'\\t;'+1");
    }
}
