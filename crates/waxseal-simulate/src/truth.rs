//! What truly happened in a world, as it is written beside its logs and read again by the scorer.
//!
//! Three files: `truth.json`, one object ([`Truth`]); `records.jsonl`, one malicious record a line ([`TruthRecord`]);
//! `messages.jsonl`, one accessed message a line ([`TruthMessage`]).

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use waxseal_model::Nanos;

/// The name and version of the shape of `truth.json`.
pub const TRUTH_SCHEMA: &str = "waxseal.truth/v1";

/// Days of a mailbox-month, the unit in which false alarms are counted.
pub const MAILBOX_MONTH_DAYS: f64 = 30.0;

/// The truth of a world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// [`TRUTH_SCHEMA`].
    pub schema: String,
    /// The seed the world was made from.
    pub seed: u64,
    /// The first instant of the world.
    pub from: Nanos,
    /// The first instant after it; also when the last export was made.
    pub to: Nanos,
    /// Every tenant.
    pub tenants: Vec<TruthTenant>,
    /// Every intrusion, by id.
    pub intrusions: Vec<TruthIntrusion>,
    /// What the exports truly cover: every span that is not complete, and why.
    pub coverage: Vec<CoverageSpan>,
}

/// A tenant and its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthTenant {
    /// The provider's id of the tenant.
    pub id: String,
    /// Its mail domain.
    pub domain: String,
    /// Mailboxes in it.
    pub mailboxes: u64,
}

/// One intrusion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthIntrusion {
    /// Unique in the world.
    pub id: String,
    /// What kind of intrusion it is.
    pub kind: String,
    /// The intruder, where several intrusions have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The tenants it touches.
    pub tenants: Vec<String>,
    /// The mailboxes it reached, with what was accessed in each.
    pub mailboxes: Vec<TruthMailbox>,
    /// When the intruder first did anything that some log could show.
    pub first: Nanos,
    /// When the intruder last did anything.
    pub last: Nanos,
    /// Records it made.
    pub records: u64,
    /// Records of it that are in the written files: counted while writing.
    pub surviving: u64,
    /// When the first surviving record became available; none survives where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_available: Option<Nanos>,
    /// How complete the logs are that decide about this kind, while it lasted: `full`, `partial` or `none`.
    pub coverage: String,
    /// The log classes that are not complete then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<String>,
}

/// One mailbox an intrusion reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthMailbox {
    /// The tenant of the mailbox.
    pub tenant: String,
    /// Its address.
    pub mailbox: String,
    /// The provider's id of the mailbox.
    pub mailbox_id: String,
    /// Messages truly accessed.
    pub accessed: u64,
    /// Of these, the messages that a surviving record names.
    pub recorded: u64,
    /// First access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Nanos>,
    /// Last access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Nanos>,
}

/// A span of a log class in a tenant that the exports do not cover completely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageSpan {
    /// The tenant.
    pub tenant: String,
    /// The log class, in the words of the event schema.
    pub class: String,
    /// The mailbox, where it concerns one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<String>,
    /// First instant.
    pub from: Nanos,
    /// First instant after it.
    pub to: Nanos,
    /// `none` or `partial`; every span that is not listed is `full`.
    pub state: String,
    /// Why: `not_exported`, `day_lost`, `not_licensed`, `throttled`, `bypass`, `late`.
    pub reason: String,
}

/// One record that an intrusion made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthRecord {
    /// The id of the intrusion.
    pub intrusion: String,
    /// The event id, as the event schema has it.
    pub id: String,
    /// The tenant whose log it belongs to.
    pub tenant: String,
    /// The log class, in the words of the event schema.
    pub class: String,
    /// When it happened.
    pub time: Nanos,
    /// When it could first be exported; missing where it is in no written file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Nanos>,
    /// Why it is in no written file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
}

/// One message that an intruder truly accessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthMessage {
    /// The id of the intrusion.
    pub intrusion: String,
    /// The tenant of the mailbox.
    pub tenant: String,
    /// The provider's id of the mailbox.
    pub mailbox_id: String,
    /// The address of the mailbox.
    pub mailbox: String,
    /// The message's Internet message id.
    pub message_id: String,
    /// When it was first accessed.
    pub time: Nanos,
    /// How: `bind`, `sync`, `forwarded`, `exported`, `sent`.
    pub how: String,
    /// Whether a surviving record names the message.
    pub recorded: bool,
}

/// Why a truth could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The environment's fault or the user's: the file cannot be read.
    #[error("failed to read {}: {error}; give the folder that `waxseal simulate` wrote, or its folder truth", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file's fault: it is not what `simulate` writes.
    #[error("failed to read {} line {line}: {error}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        error: String,
    },
}

impl Truth {
    /// Reads `truth.json` of a folder.
    ///
    /// # Errors
    /// It cannot be read, is not a truth, or has another schema.
    pub fn read(folder: &Path) -> Result<Self, TruthError> {
        let path = folder.join("truth.json");
        let file = File::open(&path).map_err(|error| TruthError::Unreadable { path: path.clone(), error })?;
        let malformed = |line, error: String| TruthError::Malformed { path: path.clone(), line, error };
        let truth: Self = serde_json::from_reader(BufReader::new(file)).map_err(|e| malformed(e.line(), e.to_string()))?;
        if truth.schema != TRUTH_SCHEMA {
            return Err(malformed(1, format!("its schema is {:?}, this program reads {TRUTH_SCHEMA:?}", truth.schema)));
        }
        Ok(truth)
    }
}

impl TruthRecord {
    /// Reads `records.jsonl` of a folder, calling `each` with every record.
    ///
    /// # Errors
    /// It cannot be read, or a line is not a record.
    pub fn read_each(folder: &Path, each: impl FnMut(Self)) -> Result<(), TruthError> {
        read_lines(&folder.join("records.jsonl"), each)
    }
}

impl TruthMessage {
    /// Reads `messages.jsonl` of a folder, calling `each` with every message.
    ///
    /// # Errors
    /// It cannot be read, or a line is not a message.
    pub fn read_each(folder: &Path, each: impl FnMut(Self)) -> Result<(), TruthError> {
        read_lines(&folder.join("messages.jsonl"), each)
    }
}

fn read_lines<T: DeserializeOwned>(path: &Path, mut each: impl FnMut(T)) -> Result<(), TruthError> {
    let unreadable = |error| TruthError::Unreadable { path: path.to_owned(), error };
    let file = File::open(path).map_err(unreadable)?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(unreadable)?;
        let read = serde_json::from_str(&line);
        each(read.map_err(|error| TruthError::Malformed { path: path.to_owned(), line: number + 1, error: error.to_string() })?);
    }
    Ok(())
}
