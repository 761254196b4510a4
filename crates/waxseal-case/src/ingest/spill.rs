//! Rows that wait longer than memory allows, in a file without a name. They are not compressed: they stay for moments, and compressing
//! them takes longer than writing them.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;

use crate::ingest::IngestError;
use crate::store::StoreError;

/// The file consists of blocks of so many bytes; what was taken back leaves its blocks to what comes next.
const BLOCK: usize = 256 << 10;

/// Batches that were put away.
#[derive(Debug, Default)]
pub(crate) struct Spilled {
    blocks: Vec<u32>,
    bytes: usize,
}

/// Where batches are put away. The file is made when the first comes, and is gone with this.
#[derive(Debug)]
pub(crate) struct Spill {
    folder: PathBuf,
    file: Option<File>,
    /// The block that is being filled or emptied.
    block: Vec<u8>,
    /// Blocks of the file.
    blocks: u32,
    free: Vec<u32>,
}

impl Spill {
    /// Nothing is put away yet.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), file: None, block: Vec::new(), blocks: 0, free: Vec::new() }
    }

    /// Puts batches of one schema away.
    ///
    /// # Errors
    /// The file cannot be written; the environment's fault.
    pub(crate) fn put(&mut self, batches: &[RecordBatch]) -> Result<Spilled, IngestError> {
        self.block.clear();
        let mut to = Putting { spill: self, spilled: Spilled::default() };
        if let Some(first) = batches.first() {
            let mut writer = StreamWriter::try_new(&mut to, &first.schema()).map_err(|e| failed("write", &e))?;
            batches.iter().try_for_each(|batch| writer.write(batch)).and_then(|()| writer.finish()).map_err(|e| failed("write", &e))?;
        }
        Ok(to.spilled)
    }

    /// Takes batches back, in the order in which they were put away.
    ///
    /// # Errors
    /// The file cannot be read; the environment's fault.
    pub(crate) fn take(&mut self, spilled: Spilled) -> Result<Vec<RecordBatch>, IngestError> {
        if spilled.blocks.is_empty() {
            return Ok(Vec::new());
        }
        let from = Taking { spill: self, spilled: &spilled, next: 0, at: 0 };
        let batches = StreamReader::try_new(from, None).and_then(Iterator::collect).map_err(|e| failed("read", &e))?;
        self.free.extend(spilled.blocks);
        self.block.clear();
        Ok(batches)
    }

    /// The file, at the place of a block.
    fn at(&mut self, block: u32) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile_in(&self.folder)?,
        };
        let file = self.file.insert(file);
        file.seek(SeekFrom::Start(u64::from(block) * BLOCK as u64))?;
        Ok(file)
    }

    fn next_block(&mut self) -> io::Result<u32> {
        if let Some(block) = self.free.pop() {
            return Ok(block);
        }
        let block = self.blocks;
        self.blocks = block.checked_add(1).ok_or_else(|| io::Error::other("more rows than can wait"))?;
        Ok(block)
    }
}

/// Writes into blocks.
struct Putting<'s> {
    spill: &'s mut Spill,
    spilled: Spilled,
}

impl Write for Putting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = bytes.len().min(BLOCK - self.spill.block.len());
        self.spill.block.extend_from_slice(&bytes[..room]);
        if self.spill.block.len() == BLOCK {
            self.flush()?;
        }
        Ok(room)
    }

    /// What is in work becomes a block, even where it does not fill one: only the last may be such a one.
    fn flush(&mut self) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.spill.block);
        if !bytes.is_empty() {
            let block = self.spill.next_block()?;
            self.spill.at(block)?.write_all(&bytes)?;
            self.spilled.blocks.push(block);
            self.spilled.bytes += bytes.len();
            bytes.clear();
        }
        self.spill.block = bytes;
        Ok(())
    }
}
/// Reads from blocks.
struct Taking<'s> {
    spill: &'s mut Spill,
    spilled: &'s Spilled,
    /// Which of the blocks comes next.
    next: usize,
    /// How much of the one before it has been handed on.
    at: usize,
}

impl Taking<'_> {
    /// Reads the next block, whole; leaves nothing where there is none.
    fn advance(&mut self) -> io::Result<()> {
        let left = self.spilled.bytes.saturating_sub(self.next * BLOCK).min(BLOCK);
        let mut bytes = std::mem::take(&mut self.spill.block);
        bytes.resize(left, 0);
        if let Some(block) = self.spilled.blocks.get(self.next) {
            self.spill.at(*block)?.read_exact(&mut bytes)?;
        }
        self.spill.block = bytes;
        (self.next, self.at) = (self.next + 1, 0);
        Ok(())
    }
}

impl Read for Taking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.spill.block.len() || self.next == 0 {
            self.advance()?;
        }
        let read = self.spill.block.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

fn failed(doing: &'static str, error: &ArrowError) -> StoreError {
    let path = "the rows that wait to be written".to_owned();
    match error {
        ArrowError::IoError(_, io) if matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
            StoreError::Full(path)
        }
        _ => StoreError::Other { doing, path, cause: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    /// Rows that take several blocks.
    fn batch(first: i64, rows: i64) -> RecordBatch {
        let schema = Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("text", DataType::Utf8, true)]);
        let mixed =
            |n: i64| (0..8).map(|i| format!("{:x}", (n * 8 + i).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64))).collect::<String>();
        let text: StringArray = (first..first + rows).map(|n| (n % 7 != 0).then(|| mixed(n))).collect();
        let numbers: Int64Array = (first..first + rows).map(Some).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(numbers), Arc::new(text)]).expect("a batch")
    }

    #[test]
    fn what_was_put_away_comes_back_whole_and_leaves_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut spill = Spill::new(folder.path());
        let put: Vec<Vec<RecordBatch>> = (0..6).map(|i| vec![batch(i * 10_000, 9_000), batch(i, 1 + i)]).collect();
        let mut away: Vec<Spilled> = put.iter().map(|batches| spill.put(batches).expect("writable")).collect();
        assert!(away.iter().all(|spilled| spilled.blocks.len() > 3), "{away:?}");
        let most = spill.blocks;
        // Out of order, with others taking the freed blocks in between.
        for i in [4, 0, 3] {
            let again = spill.take(away.remove(i)).expect("readable");
            let was = put.iter().find(|batches| **batches == again).expect("it came back as it was");
            away.push(spill.put(was).expect("writable"));
        }
        assert_eq!(spill.blocks, most, "places of what was taken back are used again");
        let mut back: Vec<Vec<RecordBatch>> = away.into_iter().map(|spilled| spill.take(spilled).expect("readable")).collect();
        back.sort_by_key(|batches| batches[0].column(0).to_data().buffers()[0].typed_data::<i64>()[0]);
        assert_eq!(back, put);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing stays behind");
    }

    #[test]
    fn nothing_put_away_is_nothing_taken_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut spill = Spill::new(folder.path());
        let nothing = spill.put(&[]).expect("writable");
        assert!(spill.take(nothing).expect("readable").is_empty());
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error() {
        let put = Spill::new(Path::new("/nowhere/at/all")).put(&[batch(0, 10)]);
        assert!(matches!(put, Err(IngestError::Store(StoreError::Other { doing: "write", .. }))));
    }
}
