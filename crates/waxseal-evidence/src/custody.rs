//! The ledger of a case: who did what to which evidence, when, with which version.

use serde::{Deserialize, Serialize};
use waxseal_model::Nanos;

use crate::digest::Digest;

/// One entry of the ledger. Field order is part of the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place, counted from 1.
    pub seq: u64,
    /// The digest of the entry before it; [`Digest::ZERO`] for the first.
    pub previous: Digest,
    /// When, by the clock of the machine. Clocks are set back now and then: order is told by `seq`, not by this.
    pub time: Nanos,
    /// The person or account that ran the program.
    pub operator: String,
    /// The machine it ran on.
    pub host: String,
    /// The version of the program.
    pub tool: String,
    /// What was done.
    pub what: What,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// The case folder was made.
    CaseCreated {
        /// The case's name.
        name: String,
    },
    /// An input was read.
    Acquired {
        /// Where it was, as given.
        path: String,
        /// The digest of its bytes.
        evidence_id: Digest,
        /// Its size.
        bytes: u64,
        /// Whether a copy is kept in the case.
        kept: bool,
        /// Whether the case had it already: nothing of it was read again.
        again: bool,
    },
    /// A run was completed.
    RunCommitted {
        /// Its folder.
        run: String,
        /// What kind of run: ingest, detect.
        kind: String,
        /// The digest of its COMMIT object, which in turn names the digests of all its files.
        commit: Digest,
    },
    /// The settings of the case, as they were found.
    CaseSettings {
        /// The digest of `case.toml`.
        digest: Digest,
    },
    /// What an interrupted run had left was set aside.
    Recovered {
        /// What was found and where it was put.
        what: String,
    },
    /// A remark by the operator.
    Note {
        /// The remark.
        text: String,
    },
}

/// Who does something: the part of an entry that stays the same through a run of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The person or account that runs the program.
    pub operator: String,
    /// The machine it runs on.
    pub host: String,
    /// The version of the program.
    pub tool: String,
}

/// Why an entry is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// Not the shape of an entry. Whose fault: whoever wrote or changed the file, or a newer version wrote it.
    #[error("not a ledger entry that this version can read: {0}")]
    Unreadable(String),
    /// The shape is right, but these are not the bytes that were sealed. Whose fault: whoever changed the file.
    #[error("altered: the bytes are not those that were sealed")]
    Altered,
    /// The entry does not belong at the end of this chain. Whose fault: ours, or a second writer's.
    #[error("entry {found} does not follow entry {last} of the ledger")]
    DoesNotFollow {
        /// The entry's place.
        found: u64,
        /// The last place of the chain.
        last: u64,
    },
    /// The entry has no JSON form. Whose fault: ours.
    #[error("failed to write entry as JSON: {0}")]
    Unwritable(#[source] serde_json::Error),
}

/// What is wrong with one file of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainProblem {
    /// The name of the file, as given.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
}

const HEAD: &[u8] = b"{\"entry\":";
const MIDDLE: &[u8] = b",\"sha256\":\"";
const TAIL: &[u8] = b"\"}\n";

/// The name of the file that holds an entry: `00000001.json` for the first.
#[must_use]
pub fn entry_name(seq: u64) -> String {
    format!("{seq:08}.json")
}

/// The exact bytes of an entry's file.
///
/// # Errors
/// [`CustodyError::Unwritable`], which no entry made of text and numbers brings about.
pub fn seal(entry: &Entry) -> Result<Vec<u8>, CustodyError> {
    let text = compact(entry)?;
    let digest = Digest::of(&text);
    Ok([HEAD, &text, MIDDLE, digest.to_string().as_bytes(), TAIL].concat())
}

fn compact(entry: &Entry) -> Result<Vec<u8>, CustodyError> {
    serde_json::to_vec(entry).map_err(CustodyError::Unwritable)
}

/// Reads an entry's file and returns the entry with its digest.
///
/// Only the very bytes that [`seal`] writes are accepted. A file that means the same but is spaced, ordered or escaped
/// differently was touched by somebody, and is refused.
///
/// # Errors
/// [`CustodyError::Unreadable`] and [`CustodyError::Altered`].
pub fn open(bytes: &[u8]) -> Result<(Entry, Digest), CustodyError> {
    let text = entry_text(bytes).ok_or_else(|| CustodyError::Unreadable("the frame is not that of an entry".to_owned()))?;
    let entry: Entry = serde_json::from_slice(text).map_err(|error| CustodyError::Unreadable(error.to_string()))?;
    if seal(&entry)? != bytes {
        return Err(CustodyError::Altered);
    }
    Ok((entry, Digest::of(text)))
}

/// The part of a file between its frame, which has the same length whatever the entry.
fn entry_text(bytes: &[u8]) -> Option<&[u8]> {
    let inner = bytes.strip_prefix(HEAD)?.strip_suffix(TAIL)?;
    let (rest, _digest) = inner.split_at_checked(inner.len().checked_sub(64)?)?;
    rest.strip_suffix(MIDDLE)
}

/// A ledger without a broken link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    entries: Vec<Entry>,
    head: Option<Digest>,
}

impl Chain {
    /// The ledger of a case that is just being made.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every entry, first to last.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The digest of the last entry: who notes it elsewhere can later tell that the end was not cut off.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.head.unwrap_or(Digest::ZERO)
    }

    /// The place of the last entry; 0 when there is none.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.seq)
    }

    /// Whether an entry with this digest is in the chain, or the digest is that of an empty chain. A head that was noted
    /// earlier must be: the ledger only grows.
    #[must_use]
    pub fn holds(&self, digest: Digest) -> bool {
        // Each entry names the one before it, so only the head needs a place of its own.
        digest == self.head() || self.entries.iter().any(|entry| entry.previous == digest)
    }

    /// The entry that would come next. It is part of the chain only after [`Chain::append`].
    #[must_use]
    pub fn next(&self, time: Nanos, who: &Who, what: What) -> Entry {
        Entry {
            seq: self.last_seq() + 1,
            previous: self.head(),
            time,
            operator: who.operator.clone(),
            host: who.host.clone(),
            tool: who.tool.clone(),
            what,
        }
    }

    /// Puts an entry at the end, after checking that it belongs there, and returns the bytes of its file.
    ///
    /// # Errors
    /// [`CustodyError::DoesNotFollow`].
    pub fn append(&mut self, entry: Entry) -> Result<Vec<u8>, CustodyError> {
        if entry.seq != self.last_seq() + 1 || entry.previous != self.head() {
            return Err(CustodyError::DoesNotFollow { found: entry.seq, last: self.last_seq() });
        }
        let bytes = seal(&entry)?;
        self.head = Some(Digest::of(&compact(&entry)?));
        self.entries.push(entry);
        Ok(bytes)
    }

    /// The whole ledger as `custody.jsonl`: the bytes of every file, one after the other, one a line.
    ///
    /// # Errors
    /// As for [`seal`].
    pub fn export(&self) -> Result<Vec<u8>, CustodyError> {
        let mut lines = Vec::new();
        for entry in &self.entries {
            lines.extend(seal(entry)?);
        }
        Ok(lines)
    }
}

/// Checks the files of a ledger, given by name in any order, and returns the chain or everything that is wrong with it.
///
/// # Errors
/// One [`ChainProblem`] for every file that is missing, foreign, altered or does not fit the one before it.
pub fn verify_chain<N, B>(files: impl IntoIterator<Item = (N, B)>) -> Result<Chain, Vec<ChainProblem>>
where
    N: Into<String>,
    B: AsRef<[u8]>,
{
    let mut files: Vec<(String, B)> = files.into_iter().map(|(name, bytes)| (name.into(), bytes)).collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut walk = Walk::default();
    for (name, bytes) in &files {
        walk.step(name, bytes.as_ref());
    }
    if walk.problems.is_empty() { Ok(walk.chain) } else { Err(walk.problems) }
}

/// The state of a walk along a ledger's files.
#[derive(Default)]
struct Walk {
    chain: Chain,
    /// The place in the last file's name.
    last_seq: u64,
    /// False after a file whose digest is not known: what follows it cannot be checked against it.
    link_known: bool,
    problems: Vec<ChainProblem>,
}

impl Walk {
    fn step(&mut self, file: &str, bytes: &[u8]) {
        let Some(seq) = seq_of_name(file) else {
            return self.problem(file, "not the name of a ledger entry".to_owned());
        };
        let in_sequence = seq == self.last_seq + 1;
        if !in_sequence {
            self.gap(file, seq);
        }
        let link_known = in_sequence && (self.link_known || seq == 1);
        self.last_seq = seq;
        match open(bytes) {
            Ok((entry, digest)) => self.link(file, seq, link_known, (entry, digest)),
            Err(error) => {
                self.link_known = false;
                self.problem(file, error.to_string());
            }
        }
    }

    fn link(&mut self, file: &str, seq: u64, link_known: bool, (entry, digest): (Entry, Digest)) {
        if entry.seq != seq {
            self.problem(file, format!("holds entry {}, not {seq}", entry.seq));
        } else if link_known && entry.previous != self.chain.head() {
            self.problem(file, "does not follow the entry before it: that one or this one was replaced".to_owned());
        }
        self.chain.head = Some(digest);
        self.chain.entries.push(entry);
        self.link_known = true;
    }

    fn gap(&mut self, file: &str, seq: u64) {
        let (first, last) = (self.last_seq + 1, seq.saturating_sub(1));
        match first.cmp(&last) {
            std::cmp::Ordering::Less => self.problem(file, format!("entries {first} to {last} before it are missing")),
            std::cmp::Ordering::Equal => self.problem(file, format!("entry {first} before it is missing")),
            std::cmp::Ordering::Greater => self.problem(file, "there are two entries of this number".to_owned()),
        }
    }

    fn problem(&mut self, file: &str, what: String) {
        self.problems.push(ChainProblem { file: file.to_owned(), what });
    }
}

/// The place in a file's name, without regard to the folder before it. Only the exact spelling counts.
fn seq_of_name(file: &str) -> Option<u64> {
    let name = file.rsplit(['/', '\\']).next()?;
    let seq: u64 = name.strip_suffix(".json")?.parse().ok()?;
    (seq > 0 && entry_name(seq) == name).then_some(seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_an_entry_reads_as_documented() {
        let who = Who { operator: "ana".to_owned(), host: "lab-1".to_owned(), tool: "0.0.0".to_owned() };
        let entry = Chain::new().next(Nanos(0), &who, What::CaseCreated { name: "Contoso".to_owned() });
        let text = r#"{"seq":1,"previous":"0000000000000000000000000000000000000000000000000000000000000000","time":"1970-01-01T00:00:00Z","operator":"ana","host":"lab-1","tool":"0.0.0","what":{"type":"case_created","name":"Contoso"}}"#;
        let file = format!("{{\"entry\":{text},\"sha256\":\"{}\"}}\n", Digest::of(text.as_bytes()));
        assert_eq!(seal(&entry).ok().as_deref(), Some(file.as_bytes()));
        assert_eq!(open(file.as_bytes()).ok(), Some((entry, Digest::of(text.as_bytes()))));
    }

    #[test]
    fn refuses_another_spelling_of_the_same_entry() {
        let who = Who { operator: String::new(), host: String::new(), tool: String::new() };
        let entry = Chain::new().next(Nanos(0), &who, What::Note { text: "é".to_owned() });
        let sealed = String::from_utf8(seal(&entry).unwrap()).unwrap();
        let escaped = sealed.replace('é', "\\u00e9");
        let digest = Digest::of(entry_text(escaped.as_bytes()).unwrap()).to_string();
        let start = escaped.len() - 64 - TAIL.len();
        let resealed = format!("{}{digest}{}", &escaped[..start], "\"}\n");
        assert!(matches!(open(resealed.as_bytes()), Err(CustodyError::Altered)));
    }

    #[test]
    fn names_are_taken_in_one_spelling_only() {
        assert_eq!(seq_of_name("custody/00000012.json"), Some(12));
        assert_eq!(seq_of_name("123456789.json"), Some(123_456_789));
        for name in ["12.json", "00000000.json", "+0000012.json", "00000012.json~", "notes.txt"] {
            assert_eq!(seq_of_name(name), None, "{name}");
        }
    }
}
