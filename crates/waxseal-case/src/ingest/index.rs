//! Which events the case holds already.

use hashbrown::HashTable;
use waxseal_read::EventKey;

/// One event: its key, the beginning of its body's digest, and how full the body is.
///
/// Twelve bytes of a sha256 tell events apart: among a thousand million of them, two are mistaken for each other with a
/// chance of one in a hundred thousand million. In words of four bytes, so that an entry takes 24.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: [u32; 3],
    body: [u32; 2],
    size: u32,
}

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

/// The index of a case: 25 to 60 bytes an event.
#[derive(Debug)]
pub(crate) struct Index {
    /// Cut into parts by the key's first byte, so that growing never doubles all of it at once.
    shards: Vec<HashTable<Entry>>,
}

const SHARDS: usize = 64;

impl Index {
    pub(crate) fn new() -> Self {
        Self { shards: (0..SHARDS).map(|_| HashTable::new()).collect() }
    }

    /// Takes note of an event and says what is known of it.
    pub(crate) fn offer(&mut self, key: &EventKey) -> Seen {
        let entry = Entry { key: key_words(&key.key), body: body_words(body_of(key)), size: key.size };
        let hash = hash_of(entry.key);
        let shard = &mut self.shards[entry.key[0] as usize % SHARDS];
        let Some(known) = shard.find_mut(hash, |e| e.key == entry.key) else {
            shard.insert_unique(hash, entry, |e| hash_of(e.key));
            return Seen::New;
        };
        if known.body == entry.body {
            Seen::Copy
        } else if entry.size > known.size {
            let old = std::mem::replace(known, entry);
            Seen::Fuller(i64_of(old.body))
        } else {
            Seen::Conflict
        }
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

fn key_words(key: &[u8; 16]) -> [u32; 3] {
    let word = |i: usize| u32::from_le_bytes([key[i], key[i + 1], key[i + 2], key[i + 3]]);
    [word(0), word(4), word(8)]
}

/// The key is a cryptographic digest already: its bytes are as good as a hash of them.
fn hash_of(key: [u32; 3]) -> u64 {
    u64::from(key[1]) << 32 | u64::from(key[2])
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
        let mut index = Index::new();
        assert_eq!(index.offer(&key(1, 1, 10)), Seen::New);
        assert_eq!(index.offer(&key(2, 1, 10)), Seen::New);
        assert_eq!(index.offer(&key(1, 1, 10)), Seen::Copy);
        assert_eq!(index.offer(&key(1, 2, 10)), Seen::Conflict);
        assert_eq!(index.offer(&key(1, 3, 11)), Seen::Fuller(body_of(&key(1, 1, 10))));
        assert_eq!(index.offer(&key(1, 3, 11)), Seen::Copy);
    }
}
