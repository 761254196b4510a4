//! Published indicators: what somebody else saw of an intruder, and when.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde::{Deserialize, Serialize};

use crate::time::Nanos;

/// What an indicator is compared with. The word is the value of the `kind` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// One address: the client of a record.
    Address,
    /// Addresses from `low` to `high`: the client of a record.
    Range,
    /// An application's id.
    Application,
    /// A user agent or an Exchange client info string, whole.
    UserAgent,
    /// A domain: of who acted, of what was acted on, and in the settings of a change.
    Domain,
    /// An e-mail address: as [`Self::Domain`].
    Email,
    /// An internet message id.
    MessageId,
    /// A session's id.
    Session,
    /// A unique token identifier.
    Token,
}

impl IndicatorKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: &'static [Self] = &[
        Self::Address,
        Self::Range,
        Self::Application,
        Self::UserAgent,
        Self::Domain,
        Self::Email,
        Self::MessageId,
        Self::Session,
        Self::Token,
    ];

    /// The word of the kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Range => "range",
            Self::Application => "application",
            Self::UserAgent => "user_agent",
            Self::Domain => "domain",
            Self::Email => "email",
            Self::MessageId => "message_id",
            Self::Session => "session",
            Self::Token => "token",
        }
    }
}

/// The bounds of a range of addresses, both included, in a form whose order as text is the order of the addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddressBounds {
    /// The first two numbers of an IPv4 address (`203.0`) or the first two groups of an IPv6 address (`2001:db8`) that every
    /// address of the range begins with. A wider range is several indicators.
    pub bucket: String,
    /// The lowest address: twelve decimal digits for IPv4 (`203000113000`), 32 hexadecimal digits for IPv6.
    pub low: String,
    /// The highest address, in the same form.
    pub high: String,
}

/// One published indicator, in the form in which records are compared with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Indicator {
    /// What it is compared with.
    pub kind: IndicatorKind,
    /// The value, normalised: addresses canonical, names and ids in lower case.
    pub value: String,
    /// The bounds of a [`IndicatorKind::Range`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<AddressBounds>,
    /// The first instant at which it means something; open where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Nanos>,
    /// The first instant at which it no longer does; open where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Nanos>,
    /// Its publisher does not mean it to raise an alarm by itself.
    #[serde(default)]
    pub context_only: bool,
    /// The list it came from: the name of the file.
    pub list: String,
    /// Where in the list: line, or path of the object.
    pub place: String,
    /// Who published it, or where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What the publisher calls it: the campaign, event or actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What else the publisher says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The Arrow schema of the table `indicators`: one row for each [`Indicator`], columns as its members.
#[must_use]
pub fn indicator_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let text = |name, nullable| Field::new(name, DataType::Utf8, nullable);
        let time = |name| Field::new(name, DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), true);
        Arc::new(Schema::new(vec![
            text("kind", false),
            text("value", false),
            text("bucket", true),
            text("low", true),
            text("high", true),
            time("valid_from"),
            time("valid_to"),
            Field::new("context_only", DataType::Boolean, false),
            text("list", false),
            text("place", false),
            text("source", true),
            text("name", true),
            text("note", true),
        ]))
    });
    Arc::clone(&SCHEMA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_kind_is_the_one_it_is_stored_as() {
        for kind in IndicatorKind::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.as_str()));
        }
    }

    #[test]
    fn what_is_not_there_is_not_written() {
        let plain = r#"{"kind":"domain","value":"a.example","context_only":false,"list":"l","place":"line 2"}"#;
        let indicator: Indicator = serde_json::from_str(plain).unwrap();
        assert_eq!(serde_json::to_string(&indicator).unwrap(), plain);
    }
}
