//! Which events the case holds already.

use std::path::Path;

use waxseal_read::EventKey;

use crate::ingest::entries::{Entries, Key};
use crate::store::StoreError;

/// What became of an event that was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It is new.
    New,
    /// The same body is there already.
    Copy,
    /// Another body, at least as full, is there under the same id.
    Conflict,
    /// It is fuller than the body that is there, which it replaces; the old body's digest comes with it.
    Fuller(i64),
}

/// The events of a case: of each its key, the beginning of its body's digest, and how full the body is.
///
/// Twelve bytes of a sha256 tell events apart: among a thousand million of them, two are mistaken for each other with a
/// chance of one in a hundred thousand million.
#[derive(Debug)]
pub(crate) struct Index(Entries);

impl Index {
    /// An index that keeps as much in memory as its share of the whole allows, and the rest in files without a name.
    pub(crate) fn new(folder: &Path, memory_bytes: u64) -> Self {
        Self(Entries::new(folder, usize::try_from(memory_bytes / 32).unwrap_or(usize::MAX)))
    }

    /// Takes note of an event and says what is known of it.
    pub(crate) fn offer(&mut self, key: &EventKey) -> Result<Seen, StoreError> {
        let ([first, second], words) = (body_words(body_of(key)), key_words(&key.key));
        let value = [first, second, key.size];
        let Some([old_first, old_second, old_size]) = self.0.get(words)? else {
            self.0.put(words, value)?;
            return Ok(Seen::New);
        };
        if [old_first, old_second] == [first, second] {
            Ok(Seen::Copy)
        } else if key.size > old_size {
            self.0.put(words, value)?;
            Ok(Seen::Fuller(i64_of([old_first, old_second])))
        } else {
            Ok(Seen::Conflict)
        }
    }
}

/// How often a record without an id has been seen, by its key: the number that makes its id.
#[derive(Debug)]
pub(crate) struct Occurrences(Entries);

impl Occurrences {
    /// Half the share of the index: few records have no id.
    pub(crate) fn new(folder: &Path, memory_bytes: u64) -> Self {
        Self(Entries::new(folder, usize::try_from(memory_bytes / 64).unwrap_or(usize::MAX)))
    }

    /// One more of them: how many there are now.
    pub(crate) fn next(&mut self, key: &[u8; 16]) -> Result<u32, StoreError> {
        let seen = self.0.get(key_words(key))?.map_or(0, |[seen, ..]| seen).saturating_add(1);
        self.0.put(key_words(key), [seen, 0, 0])?;
        Ok(seen)
    }

    /// There are at least so many of them.
    pub(crate) fn at_least(&mut self, key: &[u8; 16], number: u32) -> Result<(), StoreError> {
        let seen = self.0.get(key_words(key))?.map_or(0, |[seen, ..]| seen);
        if number > seen { self.0.put(key_words(key), [number, 0, 0]) } else { Ok(()) }
    }
}

/// The first eight bytes of a body's digest, as they stand in the `body` column.
pub(crate) fn body_of(key: &EventKey) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&key.body.0[..8]);
    i64::from_le_bytes(first)
}

/// The first eight bytes of an event's key, as they stand in the `event_key` column.
pub(crate) fn key_of(key: &EventKey) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&key.key[..8]);
    i64::from_le_bytes(first)
}

fn body_words(body: i64) -> [u32; 2] {
    let b = body.to_le_bytes();
    [u32::from_le_bytes([b[0], b[1], b[2], b[3]]), u32::from_le_bytes([b[4], b[5], b[6], b[7]])]
}

fn i64_of(words: [u32; 2]) -> i64 {
    let ([a, b, c, d], [e, f, g, h]) = (words[0].to_le_bytes(), words[1].to_le_bytes());
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn key_words(key: &[u8; 16]) -> Key {
    let word = |i: usize| u32::from_le_bytes([key[i], key[i + 1], key[i + 2], key[i + 3]]);
    [word(0), word(4), word(8)]
}

#[cfg(test)]
mod tests {
    use waxseal_read::BodyDigest;

    use super::*;

    fn key(id: u8, body: u8, size: u32) -> EventKey {
        EventKey { key: [id; 16], body: BodyDigest([body; 16]), size, without_id: false }
    }

    #[test]
    fn copies_conflicts_and_fuller_bodies_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::new(folder.path(), 0);
        let mut offer = |key: EventKey| index.offer(&key).unwrap();
        assert_eq!(offer(key(1, 1, 10)), Seen::New);
        assert_eq!(offer(key(2, 1, 10)), Seen::New);
        assert_eq!(offer(key(1, 1, 10)), Seen::Copy);
        assert_eq!(offer(key(1, 2, 10)), Seen::Conflict);
        assert_eq!(offer(key(1, 3, 11)), Seen::Fuller(body_of(&key(1, 1, 10))));
        assert_eq!(offer(key(1, 3, 11)), Seen::Copy);
    }
}
