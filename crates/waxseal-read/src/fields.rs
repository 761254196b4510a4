//! Reading a record by the names of its members or columns, whether it stands in JSON or in a table.

use std::borrow::Cow;

use serde_json_borrow::Value;

use crate::event::{Property, Text};
use crate::format::{Record, Row};
use crate::value::{Object, any_text, elements, member, non_empty};

/// The members of an object or the cells of a row. Names are told in any case: PowerShell, Graph and people who choose columns
/// write the same name differently.
#[derive(Clone, Copy)]
pub(crate) enum Fields<'a> {
    Object(&'a Object<'a>),
    Row(Row<'a>),
}

impl<'a> Fields<'a> {
    pub(crate) fn of(record: &Record<'a>) -> Option<Self> {
        match record {
            Record::Json(value) => value.as_object().map(Self::Object),
            Record::Row(row) => Some(Self::Row(*row)),
        }
    }

    /// Whether there is such a member or column, be it empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::Object(object) => object.keys().any(|key| key.eq_ignore_ascii_case(name)),
            Self::Row(row) => row.header.position(name).is_some(),
        }
    }

    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The value of a member, in JSON.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value<'a>> {
        match self {
            Self::Object(object) => object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value),
            Self::Row(_) => None,
        }
    }

    /// The text below a name. An enumeration that PowerShell writes as an object is its name.
    pub(crate) fn get(&self, name: &str) -> Text<'a> {
        match self {
            Self::Row(row) => row.get(name).map(Cow::Borrowed),
            Self::Object(_) => match self.value(name)? {
                Value::Object(object) => member(object, "Value"),
                Value::Str(text) => non_empty(text),
                value => any_text(value),
            },
        }
    }

    /// The first of some names that has a text.
    pub(crate) fn first(&self, names: &[&str]) -> Text<'a> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The words of a list, however it is written: a JSON array, or a text with the signs that people put between words.
    /// Nothing where it is not told: .NET's name of a list's type is no list.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<String>> {
        if let Some(Value::Array(_)) = self.value(name) {
            return Some(elements(self.value(name)?).iter().filter_map(any_text).map(Cow::into_owned).collect());
        }
        let text = self.get(name)?;
        let is_type = text.starts_with("System.") || text.starts_with("Microsoft.") || text.starts_with("Deserialized.");
        (!is_type).then(|| words(&text))
    }

    /// A property under a name of its own, where there is a text.
    pub(crate) fn property(&self, name: &'static str) -> Option<Property<'a>> {
        let new = self.get(name);
        new.is_some().then_some(Property { name: Cow::Borrowed(name), old: None, new })
    }
}

/// `{Update, MoveToDeletedItems}` and the like.
fn words(text: &str) -> Vec<String> {
    let between = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '{' | '}' | '+');
    text.split(between).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A property whose value is a list, written the same whatever the export looked like: `Update, Send`.
pub(crate) fn list_property<'a>(name: &'static str, words: &[String]) -> Property<'a> {
    Property { name: Cow::Borrowed(name), old: None, new: Some(Cow::Owned(words.join(", "))) }
}

/// An address in lower case, nothing where it is none.
pub(crate) fn address(text: Text<'_>) -> Text<'_> {
    crate::value::lower(text.filter(|text| text.contains('@') && !text.contains(char::is_whitespace)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_however_they_are_written_and_types_are_no_lists() {
        let list = |text: &str| {
            let value: Value<'_> = serde_json::from_str(text).expect("test JSON");
            Fields::of(&Record::Json(&value)).expect("an object").list("AuditOwner")
        };
        let two = Some(vec!["Update".to_owned(), "Send".to_owned()]);
        for text in
            ["[\"Update\",\"Send\"]", "\"Update, Send\"", "\"{Update, Send}\"", "\"Update Send\"", "\"Update;Send\"", "\"Update|Send\""]
        {
            assert_eq!(list(&format!("{{\"AuditOwner\":{text}}}")), two, "{text}");
            assert_eq!(list(&format!("{{\"auditOwner\":{text}}}")), two, "{text}");
        }
        assert_eq!(list(r#"{"AuditOwner":[]}"#), Some(Vec::new()));
        for text in ["null", "\"\"", "\"System.Collections.ArrayList\"", "\"Microsoft.Exchange.Data.MultiValuedProperty`1[x]\""] {
            assert_eq!(list(&format!("{{\"AuditOwner\":{text}}}")), None, "{text}");
        }
    }
}
