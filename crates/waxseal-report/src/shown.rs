//! Log text on its way out.

use std::fmt;

use waxseal_model::printable;

/// The longest name, address or path that is shown whole.
const LONGEST_NAME: usize = 200;

/// The longest passage that is shown whole.
const LONGEST_PASSAGE: usize = 2_000;

/// Text that may have been written by an attacker, made safe to show on one line and cut where it is over-long.
///
/// Text and HTML reports handle log text in no other form. It is not escaped for HTML: the template does that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown(String);

impl Shown {
    /// A name, an address, an id, a path.
    pub(crate) fn name(text: &str) -> Self {
        Self(cut(text, LONGEST_NAME))
    }

    /// A sentence or a few.
    pub(crate) fn passage(text: &str) -> Self {
        Self(cut(text, LONGEST_PASSAGE))
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => printable(text).into_owned(),
        // A mark that every language can do without words for; the report says under its method what it means.
        Some((end, _)) => format!("{}… (+{})", printable(&text[..end]), text[end..].chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_long_text_says_how_much_is_missing() {
        let shown = Shown::name(&"é".repeat(LONGEST_NAME + 1));
        assert!(shown.as_str().ends_with("é… (+1)"));
    }

    #[test]
    fn takes_the_effect_out_of_control_characters() {
        assert_eq!(Shown::name("a\u{202e}b\nc").as_str(), "a\\u{202e}b\\nc");
    }
}
