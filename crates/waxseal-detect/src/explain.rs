//! Filling an explanation's template from the rows of a finding.

use std::collections::BTreeSet;

/// The most values one `{column*}` spells out.
const VALUES_SHOWN: usize = 5;

/// What stands for a value that no record gives.
const UNKNOWN: &str = "unknown";

/// Why a template cannot be read. Whose fault: the detection's author.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A brace or bracket opens and does not close.
    #[error("a {{ or [ in the explanation is not closed")]
    Unclosed,
    /// Nothing, or more than a column name, stands between the braces.
    #[error("{{{0}}} in the explanation is not a column name")]
    Name(String),
}

/// An explanation, read once and filled for every finding. What stands in square brackets is left out where none of its
/// columns has a value.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Column(String),
    AllOf(String),
    EventCount,
    Records,
    FirstTime,
    LastTime,
    /// Text in brackets, with what it holds.
    Optional(Vec<Self>),
}

/// What a template is filled with.
pub(crate) trait Facts {
    /// A column of the primary row.
    fn value(&self, column: &str) -> Option<&str>;
    /// The values of a column over the whole finding.
    fn values(&self, column: &str) -> &BTreeSet<String>;
    /// How many records.
    fn event_count(&self) -> u64;
    /// First and last time, as text.
    fn times(&self) -> (Option<String>, Option<String>);
}

impl Template {
    /// Reads a template.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text.trim();
        while let Some(open) = rest.find('[') {
            let close = rest[open..].find(']').ok_or(TemplateError::Unclosed)? + open;
            pieces.extend(plain_pieces(&rest[..open])?);
            pieces.push(Piece::Optional(plain_pieces(&rest[open + 1..close])?));
            rest = &rest[close + 1..];
        }
        pieces.extend(plain_pieces(rest)?);
        Ok(Self { pieces })
    }

    /// The columns named in it.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.flat().filter_map(|piece| match piece {
            Piece::Column(name) | Piece::AllOf(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The columns whose values over the whole finding are wanted.
    pub(crate) fn collected(&self) -> impl Iterator<Item = &str> {
        self.flat().filter_map(|piece| match piece {
            Piece::AllOf(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Every piece, also those in brackets.
    fn flat(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().flat_map(|piece| match piece {
            Piece::Optional(inner) => inner.as_slice(),
            plain => std::slice::from_ref(plain),
        })
    }

    /// The explanation of one finding.
    pub(crate) fn fill(&self, facts: &impl Facts) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Optional(inner) if inner.iter().any(|p| p.has_value(facts)) => inner.iter().for_each(|p| p.push(facts, &mut out)),
                Piece::Optional(_) => {}
                plain => plain.push(facts, &mut out),
            }
        }
        out
    }
}

/// The pieces of a text without brackets.
fn plain_pieces(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').ok_or(TemplateError::Unclosed)? + open;
        pieces.push(Piece::Text(rest[..open].to_owned()));
        pieces.push(Piece::placeholder(&rest[open + 1..close])?);
        rest = &rest[close + 1..];
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

impl Piece {
    /// Whether it names a column that has a value.
    fn has_value(&self, facts: &impl Facts) -> bool {
        match self {
            Self::Column(name) => facts.value(name).is_some_and(|value| !value.is_empty()),
            Self::AllOf(name) => !facts.values(name).is_empty(),
            _ => false,
        }
    }

    fn push(&self, facts: &impl Facts, out: &mut String) {
        let time = |time: Option<String>| time.unwrap_or_else(|| UNKNOWN.to_owned());
        match self {
            // Names of operations end in a full stop; a sentence that ends in one needs no second.
            Self::Text(text) if out.ends_with('.') => out.push_str(text.strip_prefix('.').unwrap_or(text)),
            Self::Text(text) => out.push_str(text),
            Self::Column(name) => out.push_str(facts.value(name).unwrap_or(UNKNOWN)),
            Self::AllOf(name) => push_values(out, facts.values(name)),
            Self::EventCount => out.push_str(&facts.event_count().to_string()),
            Self::Records if facts.event_count() == 1 => out.push_str("1 record"),
            Self::Records => out.push_str(&format!("{} records", facts.event_count())),
            Self::FirstTime => out.push_str(&time(facts.times().0)),
            Self::LastTime => out.push_str(&time(facts.times().1)),
            // Brackets do not stand inside brackets.
            Self::Optional(_) => {}
        }
    }

    fn placeholder(name: &str) -> Result<Self, TemplateError> {
        let (column, all) = name.strip_suffix('*').map_or((name, false), |column| (column, true));
        if column.is_empty() || !column.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return Err(TemplateError::Name(name.to_owned()));
        }
        Ok(match (column, all) {
            (column, true) => Self::AllOf(column.to_owned()),
            ("event_count", false) => Self::EventCount,
            ("records", false) => Self::Records,
            ("first_time", false) => Self::FirstTime,
            ("last_time", false) => Self::LastTime,
            (column, false) => Self::Column(column.to_owned()),
        })
    }
}

fn push_values(out: &mut String, values: &BTreeSet<String>) {
    if values.is_empty() {
        out.push_str(UNKNOWN);
        return;
    }
    let before = |i: usize| match i {
        0 => "",
        i if i + 1 == values.len() => " and ",
        _ => ", ",
    };
    for (i, value) in values.iter().take(VALUES_SHOWN).enumerate() {
        out.push_str(before(i));
        out.push_str(value);
    }
    if values.len() > VALUES_SHOWN {
        out.push_str(&format!(" and {} more", values.len() - VALUES_SHOWN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(BTreeSet<String>);

    impl Facts for Fixed {
        fn value(&self, column: &str) -> Option<&str> {
            (column == "actor").then_some("a@contoso.example")
        }
        fn values(&self, _: &str) -> &BTreeSet<String> {
            &self.0
        }
        fn event_count(&self) -> u64 {
            7
        }
        fn times(&self) -> (Option<String>, Option<String>) {
            (Some("2026-01-01T00:00:00Z".to_owned()), None)
        }
    }

    fn filled(template: &str, values: &[&str]) -> String {
        Template::parse(template).unwrap().fill(&Fixed(values.iter().map(|v| (*v).to_owned()).collect()))
    }

    #[test]
    fn fills_every_kind_of_placeholder_and_says_unknown_for_what_is_missing() {
        let text = filled("{actor} did {event_count} things from {first_time} to {last_time} with {target}.", &[]);
        assert_eq!(text, "a@contoso.example did 7 things from 2026-01-01T00:00:00Z to unknown with unknown.");
    }

    #[test]
    fn long_lists_are_cut_and_counted() {
        assert_eq!(filled("{target*}", &["g", "b", "c", "d", "e", "f", "a"]), "a, b, c, d, e and 2 more");
        assert_eq!(filled("{target*}", &["c", "b", "a"]), "a, b and c");
        assert_eq!(filled("{target*}", &["b", "a"]), "a and b");
        assert_eq!(filled("{target*}", &[]), "unknown");
    }

    #[test]
    fn brackets_are_left_out_where_nothing_is_in_them() {
        assert_eq!(filled("Rule[ for {actor}][ to {target*}][ by {target}].", &[]), "Rule for a@contoso.example.");
        assert_eq!(filled("Rule[ to {target*}].", &["x"]), "Rule to x.");
    }

    #[test]
    fn refuses_open_braces_and_what_is_not_a_name() {
        assert_eq!(Template::parse("{actor").err(), Some(TemplateError::Unclosed));
        assert_eq!(Template::parse("{a b}").err(), Some(TemplateError::Name("a b".to_owned())));
        assert_eq!(Template::parse("{*}").err(), Some(TemplateError::Name("*".to_owned())));
    }
}
