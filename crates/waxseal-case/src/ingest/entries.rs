//! Entries by key: the latest in memory, the others in sorted files without a name, so that memory does not grow with them.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use hashbrown::HashTable;

use crate::store::StoreError;

/// The beginning of a digest.
pub(crate) type Key = [u32; 3];

/// What is kept of a key.
pub(crate) type Value = [u32; 3];

/// In words of four bytes, so that an entry takes 24.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: Key,
    value: Value,
}

const ENTRY_BYTES: usize = 24;

/// What is known of keys. A later value of a key replaces the earlier one.
///
/// Besides what it was allowed to keep in memory it needs a byte and a half for each entry in a file, and while such a file is made
/// the entries in memory once more.
#[derive(Debug)]
pub(crate) struct Entries {
    folder: PathBuf,
    recent: HashTable<Entry>,
    most_recent: usize,
    /// The oldest first.
    files: Vec<Sorted>,
}

/// So many files of one level become one of the next: an entry is written anew only a few times, and a look-up asks few files.
const FILES_OF_A_LEVEL: usize = 8;

impl Entries {
    /// Keeps so many bytes of entries in memory, and files in the folder.
    pub(crate) fn new(folder: &Path, memory_bytes: usize) -> Self {
        // A table of so many places is full at seven eighths and would then double.
        let places = (memory_bytes / (ENTRY_BYTES + 1)).max(SMALLEST_TABLE);
        let places = 1_usize << places.ilog2();
        Self { folder: folder.to_owned(), recent: HashTable::new(), most_recent: places / 8 * 7, files: Vec::new() }
    }

    pub(crate) fn get(&mut self, key: Key) -> Result<Option<Value>, StoreError> {
        if let Some(entry) = self.recent.find(hash_of(key), |e| e.key == key) {
            return Ok(Some(entry.value));
        }
        for file in self.files.iter_mut().rev().filter(|file| file.may_have(key)) {
            if let Some(value) = file.find(key).map_err(|e| failed("read", &e))? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    pub(crate) fn put(&mut self, key: Key, value: Value) -> Result<(), StoreError> {
        let hash = hash_of(key);
        if let Some(entry) = self.recent.find_mut(hash, |e| e.key == key) {
            entry.value = value;
            return Ok(());
        }
        if self.recent.len() >= self.most_recent {
            self.spill().map_err(|e| failed("write", &e))?;
        }
        self.recent.insert_unique(hash, Entry { key, value }, |e| hash_of(e.key));
        Ok(())
    }

    /// What is in memory becomes a file.
    fn spill(&mut self) -> io::Result<()> {
        let mut entries: Vec<Entry> = self.recent.drain().collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        let mut writing = Writing::new(&self.folder, 0, entries.len())?;
        entries.iter().try_for_each(|entry| writing.add(entry))?;
        self.files.push(writing.finish()?);
        while let Some(first) = self.files.len().checked_sub(FILES_OF_A_LEVEL) {
            let level = self.files[first].level;
            if self.files[first..].iter().any(|file| file.level != level) {
                break;
            }
            let merged = merged(&self.folder, &mut self.files[first..], level + 1)?;
            self.files.truncate(first);
            self.files.push(merged);
        }
        Ok(())
    }
}

const SMALLEST_TABLE: usize = 1 << 10;

/// The key is a cryptographic digest already: its bytes are as good as a hash of them.
fn hash_of(key: Key) -> u64 {
    u64::from(key[1]) << 32 | u64::from(key[2])
}

fn failed(doing: &'static str, error: &io::Error) -> StoreError {
    let path = "the index of events".to_owned();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full(path),
        _ => StoreError::Other { doing, path, cause: error.to_string() },
    }
}

/// One file of entries in the order of their keys.
#[derive(Debug)]
struct Sorted {
    level: u32,
    file: File,
    entries: u64,
    /// Where the entries begin whose keys start with so many bits, by these bits; one more for the end.
    starts: Vec<u32>,
    bits: u32,
    /// Words in which each key has set a few bits: where one of them is not set, the key is not in the file.
    filter: Vec<u64>,
    block: Vec<u8>,
}

/// So many entries, on average, begin with the same bits: they are read together.
const BLOCK: usize = 32;

/// So many entries share a word of the filter on average; the file is asked for about one key in thirty that it has not.
const ENTRIES_PER_WORD: usize = 6;

impl Sorted {
    fn may_have(&self, key: Key) -> bool {
        let (word, bits) = filter_bits(key, self.filter.len());
        self.filter.get(word).is_some_and(|set| set & bits == bits)
    }

    fn find(&mut self, key: Key) -> io::Result<Option<Value>> {
        let bucket = bucket_of(key, self.bits);
        let (Some(from), Some(to)) = (self.starts.get(bucket), self.starts.get(bucket + 1)) else { return Ok(None) };
        let (mut from, mut to) = (u64::from(*from), u64::from(*to));
        // Somebody may have sought ids whose digests begin alike.
        while to - from > 4 * BLOCK as u64 {
            let middle = from + (to - from) / 2;
            if self.read(middle, middle + 1)?.is_some_and(|entry| entry.key > key) { to = middle } else { from = middle }
        }
        self.read(from, to)?;
        let found = self.block.chunks_exact(ENTRY_BYTES).map(entry_of).find(|entry| entry.key == key);
        Ok(found.map(|entry| entry.value))
    }

    /// Reads some entries into the block; gives the first of them.
    fn read(&mut self, from: u64, to: u64) -> io::Result<Option<Entry>> {
        self.block.resize((to - from) as usize * ENTRY_BYTES, 0);
        self.file.seek(SeekFrom::Start(from * ENTRY_BYTES as u64))?;
        self.file.read_exact(&mut self.block)?;
        Ok(self.block.chunks_exact(ENTRY_BYTES).next().map(entry_of))
    }
}

/// A word of a filter, and the bits in it that a key sets. They are taken from other bits of the digest than the place in the file.
fn filter_bits(key: Key, words: usize) -> (usize, u64) {
    let word = (u64::from(key[2]) * words as u64) >> 32;
    let bits = (0..5).fold(0_u64, |bits, i| bits | 1 << (key[1] >> (6 * i) & 63));
    (word as usize, bits)
}

fn bucket_of(key: Key, bits: u32) -> usize {
    (u64::from(key[0]) >> (32 - bits)) as usize
}

fn entry_of(bytes: &[u8]) -> Entry {
    let word = |i: usize| bytes.get(4 * i..4 * i + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_le_bytes);
    Entry { key: [word(0), word(1), word(2)], value: [word(3), word(4), word(5)] }
}

/// A file of entries on its way.
struct Writing {
    to: BufWriter<File>,
    sorted: Sorted,
}

impl Writing {
    /// A file of at most so many entries.
    fn new(folder: &Path, level: u32, most: usize) -> io::Result<Self> {
        let file = tempfile::tempfile_in(folder)?;
        let bits = (most / BLOCK).max(1).ilog2().min(24);
        let filter = vec![0; (most / ENTRIES_PER_WORD).max(1)];
        let sorted = Sorted { level, file: file.try_clone()?, entries: 0, starts: Vec::new(), bits, filter, block: Vec::new() };
        Ok(Self { to: BufWriter::with_capacity(1 << 20, file), sorted })
    }

    /// Adds an entry, whose key is greater than those before.
    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let sorted = &mut self.sorted;
        let at = u32::try_from(sorted.entries).map_err(|_over| io::Error::other("more events than an index can hold"))?;
        let begun = bucket_of(entry.key, sorted.bits) + 1;
        if sorted.starts.len() < begun {
            sorted.starts.resize(begun, at);
        }
        let (word, bits) = filter_bits(entry.key, sorted.filter.len());
        if let Some(set) = sorted.filter.get_mut(word) {
            *set |= bits;
        }
        sorted.entries += 1;
        let mut bytes = [0; ENTRY_BYTES];
        let words = entry.key.into_iter().chain(entry.value);
        bytes.chunks_exact_mut(4).zip(words).for_each(|(four, word)| four.copy_from_slice(&word.to_le_bytes()));
        self.to.write_all(&bytes)
    }

    fn finish(mut self) -> io::Result<Sorted> {
        self.to.flush()?;
        let end = u32::try_from(self.sorted.entries).unwrap_or(u32::MAX);
        self.sorted.starts.resize((1 << self.sorted.bits) + 1, end);
        Ok(self.sorted)
    }
}

/// One file of the entries of several. Of those with one key the last file's stays.
fn merged(folder: &Path, files: &mut [Sorted], level: u32) -> io::Result<Sorted> {
    let most = files.iter().map(|file| file.entries).sum::<u64>();
    let mut writing = Writing::new(folder, level, usize::try_from(most).unwrap_or(usize::MAX))?;
    let mut heads = files.iter_mut().map(Head::new).collect::<io::Result<Vec<_>>>()?;
    while let Some(key) = heads.iter().filter_map(|head| head.next.map(|entry| entry.key)).min() {
        let mut newest = None;
        for head in heads.iter_mut().filter(|head| head.next.is_some_and(|entry| entry.key == key)) {
            newest = head.next;
            head.advance()?;
        }
        newest.iter().try_for_each(|entry| writing.add(entry))?;
    }
    writing.finish()
}

/// A file that is read from its beginning.
struct Head<'f> {
    from: BufReader<&'f mut File>,
    left: u64,
    next: Option<Entry>,
}

impl<'f> Head<'f> {
    fn new(sorted: &'f mut Sorted) -> io::Result<Self> {
        sorted.file.seek(SeekFrom::Start(0))?;
        let mut head = Self { from: BufReader::with_capacity(1 << 18, &mut sorted.file), left: sorted.entries, next: None };
        head.advance()?;
        Ok(head)
    }

    fn advance(&mut self) -> io::Result<()> {
        let mut bytes = [0; ENTRY_BYTES];
        self.next = None;
        if self.left > 0 {
            self.left -= 1;
            self.from.read_exact(&mut bytes)?;
            self.next = Some(entry_of(&bytes));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Numbers that look like digests; every one of `few` has the same first word.
    fn key(n: u32, few: bool) -> Key {
        let mixed = |n: u32| (n ^ n >> 15).wrapping_mul(0x2c1b_3c6d) ^ n.rotate_left(11);
        [if few { 7 } else { mixed(n) }, mixed(n.wrapping_add(77)), mixed(n.wrapping_mul(3))]
    }

    #[test]
    fn what_went_to_files_is_found_as_if_it_were_in_memory() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut entries, mut expected) = (Entries::new(folder.path(), 0), BTreeMap::new());
        for round in 0..200_000_u32 {
            // Keys come again after a while with other values, and one in eight begins as many others do.
            let key = key(round % 150_000, round % 8 == 0);
            assert_eq!(entries.get(key).expect("readable"), expected.get(&key).copied(), "{round}");
            entries.put(key, [round, 1, 2]).expect("writable");
            expected.insert(key, [round, 1, 2]);
        }
        assert!(entries.files.len() > FILES_OF_A_LEVEL && entries.files[0].level >= 2, "files were merged");
        for (key, value) in expected {
            assert_eq!(entries.get(key).expect("readable"), Some(value));
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing stays behind");
    }

    #[test]
    fn a_filter_keeps_most_look_ups_from_the_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut entries = Entries::new(folder.path(), 0);
        for n in 0..20_000 {
            entries.put(key(n, false), [n, 0, 0]).expect("writable");
        }
        let asked = |n| entries.files.iter().filter(|file| file.may_have(key(n, false))).count();
        let (asked, files): (usize, usize) = ((20_000..40_000).map(asked).sum(), entries.files.len());
        assert!(asked < 20_000 * files / 20, "{asked} of {}", 20_000 * files);
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error() {
        let mut entries = Entries::new(Path::new("/nowhere/at/all"), 0);
        let put = (0..2_000).try_for_each(|n| entries.put(key(n, false), [0; 3]));
        assert!(matches!(put, Err(StoreError::Other { doing: "write", .. })));
    }
}
