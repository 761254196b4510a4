//! The account of what was read: per file and in all. Every byte is in one of these counts.

use serde::{Deserialize, Serialize};

use crate::detection::NotRun;
use crate::time::Nanos;

/// How many records of a file one format claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormatCount {
    /// The format's id.
    pub format: String,
    /// Records it claimed.
    pub records: u64,
}

/// Names that are in no list of known ones: whatever has them is read like the rest, but perhaps no detection looks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownNames {
    /// How many different names there are; a thousand stands for a thousand or more.
    pub different: u64,
    /// How often one of them occurs.
    pub occurrences: u64,
    /// Those that occur most, at most twenty.
    pub most: Vec<NameCount>,
}

/// A name and how many records have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameCount {
    /// The name, printable.
    pub name: String,
    /// Records with it.
    pub records: u64,
}

/// What became of one input file, or of one member of an archive.
///
/// `rows = read + duplicates + rejected`; `truncated` counts among `read` and `duplicates`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSummary {
    /// The path as given; behind it `!member` inside an archive.
    pub path: String,
    /// The evidence id of its records.
    pub evidence_id: String,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// What was peeled off, outermost first: `gzip`, `zip`, `csv`, `json lines`, `json array`, `records`.
    pub layers: Vec<String>,
    /// Formats recognised, most records first. Empty for an unknown shape.
    pub formats: Vec<FormatCount>,
    /// Records found, whatever became of them.
    pub rows: u64,
    /// Records kept as events.
    pub read: u64,
    /// Records that are a further copy of an event.
    pub duplicates: u64,
    /// Records that were cut or damaged and kept as far as they could be read.
    pub truncated: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Pages and lists that hold no record; they count as none.
    #[serde(default)]
    pub empty: u64,
    /// Records kept that carry no time.
    pub undated: u64,
    /// Records of which nothing tells the tenant.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub nameless: u64,
    /// Those of them that are exported settings.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub nameless_settings: u64,
    /// Time of the earliest record.
    pub first_time: Option<Nanos>,
    /// Time of the latest record.
    pub last_time: Option<Nanos>,
    /// How dates were understood.
    pub date_rule: String,
    /// What a reader should know of this file: an unterminated array, an inferred tenant, an encoding.
    pub notes: Vec<String>,
    /// For a file of which nothing was recognised: why, and its first bytes.
    pub unknown: Option<UnknownShape>,
    /// For the log of a collector: the windows that it says it could not fetch whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_fetched: Option<Vec<(Nanos, Nanos)>>,
    /// How many records a search says to have found, where that is more than the file holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<u64>,
    /// Operations that are in no list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_operations: Option<UnknownNames>,
    /// Members of records and columns of tables that are in no list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_members: Option<UnknownNames>,
    /// The file had been read into the case before; nothing of it was read again.
    pub known_already: bool,
}

/// A file that no format claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownShape {
    /// What it seems to be, or what is wrong with it.
    pub seems: String,
    /// Its first bytes, printable, at most 80 characters.
    pub head: String,
}

/// A record that could not be read, or a stretch of very many. It still counts; its bytes are in the kept original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The file, as given.
    pub path: String,
    /// The evidence id of the file.
    pub evidence_id: String,
    /// Where it starts: byte in the input after decompression.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Why.
    pub reason: String,
    /// sha256 of its bytes, so that it can be recognised without being shown; empty where they were not held.
    pub digest: String,
    /// How many records of those bytes could not be read; left out where it is one.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub records: u64,
}

fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_nought(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_one(records: &u64) -> bool {
    *records == 1
}

/// The account of a case as of its newest run: what the summary on the terminal and in the report is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Every file the case holds, in the order it was read.
    pub files: Vec<FileSummary>,
    /// Inputs that could not be opened or were given up on half-way, each with its reason.
    pub failed: Vec<FailedInput>,
    /// The tenants seen, each with how it was told.
    pub tenants: Vec<TenantSeen>,
    /// Detections that could not run.
    pub not_run: Vec<NotRun>,
    /// How many detections ran.
    pub detections_run: u64,
    /// Whether the inputs themselves were kept in the case.
    pub originals_kept: bool,
    /// Files that were read after the detections last ran, or before they ever did.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub unsearched_files: u64,
    /// Records of those files.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub unsearched_records: u64,
    /// Files with exported settings of which nothing tells whose they are, so that they count for no tenant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stray_settings: Vec<String>,
    /// Names in what was set for the case that fit nothing in its logs, each with where it stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<String>,
}

/// An input that could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedInput {
    /// The path as given.
    pub path: String,
    /// What happened, whose fault it is and what to do.
    pub reason: String,
}

/// One tenant of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSeen {
    /// The tenant id.
    pub tenant: String,
    /// Events of it.
    pub events: u64,
    /// True where nothing tells whose the records are and the id was made up from the digest of their file.
    pub inferred: bool,
    /// Domains of its mailboxes and accounts.
    pub domains: Vec<String>,
}

impl TenantSeen {
    /// The id that is made up for the records of an input of which nothing tells the tenant.
    #[must_use]
    pub fn made_up(sha256: &str) -> String {
        format!("unknown-{}", sha256.get(..8).unwrap_or_default())
    }
}

impl Account {
    /// The sum of one count over all files.
    #[must_use]
    pub fn total(&self, count: impl Fn(&FileSummary) -> u64) -> u64 {
        self.files.iter().map(count).sum()
    }

    /// Whether everything given was read in full: decides exit code 3.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.failed.is_empty() && self.files.iter().all(|f| f.rejected == 0 && f.truncated == 0 && f.unknown.is_none())
    }
}
