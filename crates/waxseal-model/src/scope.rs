//! What of the mail an incident reaches, and what can be said of mailboxes that none reaches.

use std::sync::{Arc, LazyLock};

use arrow_schema::{Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use crate::event::ColumnKind;
use crate::finding::Coverage;
use crate::time::Nanos;

/// What is known of the access to a message, or of a span of a mailbox. Of several that apply, the first named decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessClass {
    /// A record of the intruder names it.
    Accessed,
    /// A record names it which cannot be given to anybody; in the upper bound only.
    AccessedUnattributed,
    /// Its folder was synchronised by the intruder.
    ExposedSync,
    /// It was there while access was not recorded, after too many records.
    ExposedThrottle,
    /// It could be had in another way: forwarding, a transport rule, a delegate, an export, an application without call logs.
    ExposedOther,
    /// The logs of that span do not allow a statement.
    Unknown,
}

/// A span of a mailbox in which more may have been accessed than records name, or of which nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// Why it is told.
    pub class: AccessClass,
    /// From when.
    pub from: Nanos,
    /// Until when, itself excluded; `null` where nothing shows an end.
    pub to: Option<Nanos>,
    /// What it is, in plain words.
    pub reason: String,
    /// The records that show it, at most ten.
    pub event_ids: Vec<String>,
    /// How many messages it concerns; `null` where nobody can tell.
    pub messages: Option<u64>,
}

/// What an incident did beside looking at messages, by the same sessions, tokens and applications.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherActs {
    /// Messages sent.
    pub sent: u64,
    /// Messages deleted or moved.
    pub deleted: u64,
    /// Files opened, copied or shared.
    pub files: u64,
}

impl OtherActs {
    /// Counts records of an operation, in lower case, of a log class.
    pub fn count(&mut self, class: &str, operation: &str, records: u64) {
        let count = match (class, operation) {
            ("ual.item", "send" | "sendas" | "sendonbehalf") => &mut self.sent,
            ("ual.item", "harddelete" | "softdelete" | "movetodeleteditems" | "move") => &mut self.deleted,
            ("ual.sharepoint" | "gws.drive", _) => &mut self.files,
            _ => return,
        };
        *count = count.saturating_add(records);
    }
}

/// The schema word of a line of `mailboxes.jsonl`.
pub const STATEMENT_SCHEMA: &str = "waxseal.mailbox/v1";

/// What can be said of one mailbox, whether or not an incident reaches it. Field order is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Always [`STATEMENT_SCHEMA`].
    pub schema: String,
    /// The tenant.
    pub tenant: String,
    /// The address, or the id where no record gives the address.
    pub mailbox: String,
    /// Whether `case.toml` names it as one of high value.
    pub high_value: bool,
    /// The strongest word that applies, with its reason.
    pub verdict: String,
    /// The incidents that reach it.
    pub incident_ids: Vec<String>,
    /// The findings that say access of it, in incidents or not.
    #[serde(default)]
    pub finding_ids: Vec<String>,
    /// First day that was looked at.
    pub from: Option<Nanos>,
    /// End of the last day that was looked at.
    pub to: Option<Nanos>,
    /// Days by how complete the records of access to its messages are.
    pub days: CoverageDays,
    /// Why days are not full, each reason once.
    pub reasons: Vec<String>,
}

/// Days by how complete a log is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageDays {
    /// Somebody declares that all records are there.
    pub full: u64,
    /// Records are there; nothing shows that they are all.
    pub partial: u64,
    /// Nothing is known.
    pub unknown: u64,
    /// The log is known to be absent.
    pub none: u64,
}

impl CoverageDays {
    /// Adds days of one kind.
    pub fn add(&mut self, coverage: Coverage, days: u64) {
        let count = match coverage {
            Coverage::Full => &mut self.full,
            Coverage::Partial => &mut self.partial,
            Coverage::Unknown => &mut self.unknown,
            Coverage::None => &mut self.none,
        };
        *count = count.saturating_add(days);
    }
}

/// The columns of `messages.parquet` and `messages.csv`, in their order: a row for every message that an incident reaches.
pub const MESSAGE_COLUMNS: &[(&str, ColumnKind)] = &[
    ("incident", ColumnKind::Text),
    ("tenant", ColumnKind::Text),
    ("mailbox", ColumnKind::Text),
    ("mailbox_id", ColumnKind::Text),
    ("message_id", ColumnKind::Text),
    ("immutable_id", ColumnKind::Text),
    ("subject", ColumnKind::Text),
    ("sender", ColumnKind::Text),
    ("folder", ColumnKind::Text),
    ("size", ColumnKind::Int),
    ("class", ColumnKind::Text),
    ("first_time", ColumnKind::Time),
    ("last_time", ColumnKind::Time),
    ("times", ColumnKind::Int),
    ("event_id", ColumnKind::Text),
];

/// The Arrow schema of [`MESSAGE_COLUMNS`].
#[must_use]
pub fn message_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let fields: Vec<Field> = MESSAGE_COLUMNS.iter().map(|(name, kind)| Field::new(*name, kind.data_type(), true)).collect();
        Arc::new(Schema::new(fields))
    });
    Arc::clone(&SCHEMA)
}

impl AccessClass {
    /// Every class, strongest first.
    pub const ALL: &'static [Self] =
        &[Self::Accessed, Self::AccessedUnattributed, Self::ExposedSync, Self::ExposedThrottle, Self::ExposedOther, Self::Unknown];

    /// The word used in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accessed => "accessed",
            Self::AccessedUnattributed => "accessed_unattributed",
            Self::ExposedSync => "exposed_sync",
            Self::ExposedThrottle => "exposed_throttle",
            Self::ExposedOther => "exposed_other",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_json() {
        for class in AccessClass::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
        }
    }
}
