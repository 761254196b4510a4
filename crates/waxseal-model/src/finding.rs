//! What a detection says: the `waxseal.finding/v1` record.

use serde::{Deserialize, Serialize};

use crate::level::{Confidence, Severity};
use crate::step::Step;
use crate::time::Nanos;

/// The schema word of every line of `findings.jsonl`.
pub const FINDING_SCHEMA: &str = "waxseal.finding/v1";

/// The most event ids one finding lists; `event_count` says how many there are.
pub const MAX_CITED_EVENTS: usize = 1_000;

/// How complete the logs were that a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// A declared range encloses the span, nothing is known to be missing.
    Full,
    /// Records exist, but nothing shows that they are all.
    Partial,
    /// The log is known to be absent.
    None,
    /// Nothing is known.
    Unknown,
}

impl Coverage {
    /// The worse of two: full, partial, then unknown and none.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |coverage| match coverage {
            Self::Full => 0,
            Self::Partial => 1,
            Self::Unknown => 2,
            Self::None => 3,
        };
        if rank(self) >= rank(other) { self } else { other }
    }
}

/// The only words for what the logs show of access to mail. A reason follows in brackets where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// A record of access exists.
    #[serde(rename = "recorded access")]
    RecordedAccess,
    /// Access was made possible, or is recorded but not attributable.
    #[serde(rename = "possible access")]
    PossibleAccess,
    /// The logs were complete and hold no record of access.
    #[serde(rename = "no recorded access within coverage")]
    NoRecordedAccess,
    /// The logs do not allow a statement.
    #[serde(rename = "not assessable")]
    NotAssessable,
}

impl Verdict {
    /// The fixed word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecordedAccess => "recorded access",
            Self::PossibleAccess => "possible access",
            Self::NoRecordedAccess => "no recorded access within coverage",
            Self::NotAssessable => "not assessable",
        }
    }

    /// The fixed word with its reason: `possible access (mail is forwarded)`.
    #[must_use]
    pub fn with_reason(self, reason: &str) -> String {
        if reason.is_empty() { self.as_str().to_owned() } else { format!("{} ({reason})", self.as_str()) }
    }
}

/// One output of a detection, as a line of `findings.jsonl`. Field order is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Always [`FINDING_SCHEMA`].
    pub schema: String,
    /// Hash of detection id, version and sorted event ids.
    pub id: String,
    /// The detection's id.
    pub detection: String,
    /// The detection's version.
    pub version: u32,
    /// The detection's title.
    pub title: String,
    /// One of [`crate::CATEGORIES`].
    pub category: String,
    /// At most four ATT&CK technique ids.
    pub attack: Vec<String>,
    /// How bad, if true.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The tenant.
    pub tenant: String,
    /// Time of the first cited record that has one.
    pub first_time: Option<Nanos>,
    /// Time of the last cited record that has one.
    pub last_time: Option<Nanos>,
    /// Time of the primary record, where it is not the first: what the finding is about happened then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_time: Option<Nanos>,
    /// What kind of step it is, where it is not that of its category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// The provider's ids, primary first, at most [`MAX_CITED_EVENTS`].
    pub event_ids: Vec<String>,
    /// How many records the finding rests on.
    pub event_count: u64,
    /// Accounts involved, sorted.
    pub accounts: Vec<String>,
    /// Mailboxes involved, sorted.
    pub mailboxes: Vec<String>,
    /// Applications involved, sorted.
    pub apps: Vec<String>,
    /// Client addresses, sorted.
    pub ips: Vec<String>,
    /// Sessions, sorted.
    pub sessions: Vec<String>,
    /// Coverage of the classes the detection needs, at that time.
    pub coverage: Coverage,
    /// A [`Verdict`] word with its reason.
    pub verdict: String,
    /// What was seen, in plain words.
    pub explanation: String,
    /// What was looked for and not found.
    pub looked_for: Vec<String>,
    /// What the logs cannot exclude.
    pub cannot_exclude: Vec<String>,
}

impl Finding {
    /// Whether it is about passwords that were tried, one of which may have opened an account.
    #[must_use]
    pub fn is_of_tries(&self) -> bool {
        matches!(self.category.as_str(), "password_spray" | "brute_force")
    }
}
