//! The words of the reports: catalogues of messages, one for each language, and what is said with them.
//!
//! No report holds a sentence of its own. It names a message and hands over what stands in its gaps: numbers, which the
//! catalogue sets and makes the grammar agree with, and texts, which are kept from mixing their direction of writing into
//! the sentence around them.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// Which way the lines of a language run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As English.
    LeftToRight,
    /// As Arabic.
    RightToLeft,
}

impl Direction {
    /// The word of HTML.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

/// The messages of one language.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue {
    /// The language, as a tag of BCP 47.
    pub language: &'static str,
    /// Which way its lines run.
    pub direction: Direction,
    /// What stands between groups of three digits.
    pub group_mark: GroupMark,
    /// Its messages, in the syntax of Project Fluent.
    pub texts: &'static [&'static str],
}

/// What stands between groups of three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupMark {
    /// `1,234`
    Comma,
    /// `1 234`, with a blank that no line is broken at.
    NarrowBlank,
}

/// English, in which every message is written first.
pub static ENGLISH: Catalogue = Catalogue {
    language: "en",
    direction: Direction::LeftToRight,
    group_mark: GroupMark::Comma,
    texts: &[
        include_str!("../locales/en/words.ftl"),
        include_str!("../locales/en/answer.ftl"),
        include_str!("../locales/en/page.ftl"),
        include_str!("../locales/en/incidents.ftl"),
        include_str!("../locales/en/logs.ftl"),
    ],
};

/// Every catalogue.
pub static CATALOGUES: &[&Catalogue] = &[&ENGLISH];

/// What is said in one language.
pub(crate) struct Words {
    bundle: FluentBundle<FluentResource>,
    catalogue: Catalogue,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("language", &self.catalogue.language).finish_non_exhaustive()
    }
}

/// What stands in a gap of a message.
#[derive(Debug, Clone)]
pub(crate) enum Gap {
    /// A number, which nouns and verbs agree with.
    Number(u64),
    /// A text: a name, a time, what another message says.
    Text(String),
}

impl From<u64> for Gap {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Gap {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<&str> for Gap {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Gap {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Gap {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&crate::shown::Shown> for Gap {
    fn from(text: &crate::shown::Shown) -> Self {
        Self::Text(text.as_str().to_owned())
    }
}

impl Words {
    /// The words of a catalogue. A message that cannot be read is left out, and its id said in its place.
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let language: LanguageIdentifier = catalogue.language.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![language]);
        // Whether a text has to be kept apart is decided for each: see `apart`.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(match catalogue.group_mark {
            GroupMark::Comma => |value, _| number(value, ','),
            GroupMark::NarrowBlank => |value, _| number(value, '\u{202f}'),
        }));
        for text in catalogue.texts {
            let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(readable, _)| readable);
            bundle.add_resource_overriding(resource);
        }
        Self { bundle, catalogue: *catalogue }
    }

    /// The language, as HTML names it.
    pub(crate) fn language(&self) -> &'static str {
        self.catalogue.language
    }

    /// Which way its lines run, as HTML names it.
    pub(crate) fn direction(&self) -> &'static str {
        self.catalogue.direction.as_str()
    }

    /// A message without gaps.
    pub(crate) fn say(&self, id: &str) -> String {
        self.tell(id, [])
    }

    /// A message with its gaps filled.
    pub(crate) fn tell<const N: usize>(&self, id: &str, gaps: [(&'static str, Gap); N]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else { return format!("⟦{id}⟧") };
        let mut args = FluentArgs::with_capacity(N);
        for (name, gap) in gaps {
            match gap {
                Gap::Number(number) => args.set(name, number),
                Gap::Text(text) => args.set(name, self.apart(text)),
            }
        }
        self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }

    /// The message of a word that programs match on, if the word is known: `step` and `cover_up` give `step-cover_up`.
    pub(crate) fn word(&self, kind: &str, word: &str) -> Option<String> {
        let id = format!("{kind}-{word}");
        self.bundle.has_message(&id).then(|| self.say(&id))
    }

    /// A text that does not mix its direction into what stands around it. In a language that runs as most names, addresses
    /// and times do, only text of the other direction is set apart, so that everything else can be copied as it stands; and
    /// it is set as an address is, so that `name@domain` keeps its order whatever script the name is in.
    pub(crate) fn apart(&self, text: String) -> String {
        match self.catalogue.direction {
            Direction::LeftToRight if text.chars().any(runs_right_to_left) => format!("\u{2066}{text}\u{2069}"),
            Direction::RightToLeft if !text.is_empty() => format!("\u{2068}{text}\u{2069}"),
            _ => text,
        }
    }
}

/// Whether a sign belongs to a script that runs from right to left: Hebrew, Arabic, Syriac, Thaana, N'Ko and their neighbours.
fn runs_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

fn number(value: &FluentValue<'_>, mark: char) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    Some(grouped(&format!("{:.0}", number.value), mark))
}

/// Digits in groups of three.
fn grouped(digits: &str, mark: char) -> String {
    let mut said = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            said.push(mark);
        }
        said.push(digit);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARABIC: Catalogue = Catalogue {
        language: "ar",
        direction: Direction::RightToLeft,
        group_mark: GroupMark::NarrowBlank,
        texts: &[
            "seen = { $n ->\n    [one] رسالة\n    [two] رسالتان\n    [few] { $n } رسائل\n   *[other] { $n } رسالة\n  } في { $where }\n",
        ],
    };

    #[test]
    fn nouns_agree_and_digits_are_grouped() {
        let words = Words::of(&ENGLISH);
        assert_eq!(words.tell("count-files", [("n", 1_u64.into())]), "1 file");
        assert_eq!(words.tell("count-files", [("n", 1_234_567_u64.into())]), "1,234,567 files");
    }

    #[test]
    fn a_language_brings_its_own_plurals_and_direction() {
        let words = Words::of(&ARABIC);
        let told = |n: u64| words.tell("seen", [("n", n.into()), ("where", "a@contoso.example".into())]);
        assert_eq!(told(2), "رسالتان في \u{2068}a@contoso.example\u{2069}");
        assert_eq!(told(3), "3 رسائل في \u{2068}a@contoso.example\u{2069}");
        assert_eq!(told(1_200), "1\u{202f}200 رسالة في \u{2068}a@contoso.example\u{2069}");
        assert_eq!(words.direction(), "rtl");
    }

    #[test]
    fn only_text_of_the_other_direction_is_set_apart_in_english() {
        let words = Words::of(&ENGLISH);
        assert_eq!(words.apart("a@contoso.example".to_owned()), "a@contoso.example");
        assert_eq!(words.apart("محمود@contoso.example".to_owned()), "\u{2066}محمود@contoso.example\u{2069}");
    }

    #[test]
    fn a_message_that_is_missing_is_named() {
        assert_eq!(Words::of(&ENGLISH).say("no-such-message"), "⟦no-such-message⟧");
    }
}
