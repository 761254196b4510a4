//! Breaking text into lines of a width.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Breaks text at blanks into lines of at most `width` columns; a word that is wider is broken inside, after a `/`, `-`,
/// `_`, `.`, `!` or `@` where there is one in its second half. Text without a word gives one empty line.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        push_word(&mut lines, word, width);
    }
    lines
}

fn push_word(lines: &mut Vec<String>, word: &str, width: usize) {
    let used = lines.last().map_or(0, |line| line.width());
    if used > 0 && used + 1 + word.width() <= width {
        append(lines, &format!(" {word}"));
        return;
    }
    if used > 0 {
        lines.push(String::new());
    }
    let mut rest = word;
    while rest.width() > width {
        let (piece, after) = rest.split_at(break_at(rest, width));
        append(lines, piece);
        lines.push(String::new());
        rest = after;
    }
    append(lines, rest);
}

fn append(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

/// Where to break a word that is wider than the line: a byte index, never 0.
fn break_at(word: &str, width: usize) -> usize {
    let mut used = 0;
    let mut good = None;
    let mut end = 0;
    for (i, c) in word.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width && i > 0 {
            break;
        }
        end = i + c.len_utf8();
        if matches!(c, '/' | '\\' | '-' | '_' | '.' | '!' | '@') && used * 2 > width {
            good = Some(end);
        }
    }
    good.unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_blanks() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("", 7), [""]);
    }

    #[test]
    fn breaks_a_long_word_after_punctuation() {
        assert_eq!(wrapped("exports/2024/january.json", 14), ["exports/2024/", "january.json"]);
        assert_eq!(wrapped("aaaaaaaaaa", 4), ["aaaa", "aaaa", "aa"]);
    }

    #[test]
    fn counts_columns_not_bytes() {
        assert_eq!(wrapped("邮箱邮箱", 4), ["邮箱", "邮箱"]);
        assert_eq!(wrapped("邮", 1), ["邮"]);
    }
}
