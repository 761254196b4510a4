//! How large the list of members of a 7z archive becomes, told before it is unpacked.
//!
//! The list is compressed itself, and what is made of it takes a hundred times as much memory: of forty kilobytes come gigabytes.
//! Source: `7zFormat.txt` of the LZMA SDK, <https://www.7-zip.org/sdk.html>

use std::io::{self, Read, Seek, SeekFrom};

/// So large a list may be. It is that of some ten thousands of members, and takes less than half a GiB of memory.
pub(super) const MAX_LIST: u64 = 4 << 20;

/// Signature and version, a checksum, and where the list is: its place behind this, its size and its checksum.
const START: usize = 32;

const ENCODED: u8 = 0x17;
const PACK_INFO: u8 = 0x06;
const UNPACK_INFO: u8 = 0x07;
const SIZE: u8 = 0x09;
const DIGESTS: u8 = 0x0a;
const FOLDER: u8 = 0x0b;
const UNPACK_SIZE: u8 = 0x0c;

/// The size of the list of members, unpacked. `None` where it is not told in the one way in which archivers write it, which is no
/// archive to be unpacked.
///
/// # Errors
/// The archive cannot be read, or ends too early.
pub(super) fn size_of_list<S: Read + Seek>(source: &mut S) -> io::Result<Option<u64>> {
    source.rewind()?;
    let mut start = [0; START];
    source.read_exact(&mut start)?;
    let number = |at: usize| start.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    let (offset, size) = (number(12), number(20));
    // Of an archive that was not finished, the list would be searched for.
    if start.iter().skip(8).all(|byte| *byte == 0) {
        return Ok(None);
    }
    if size > MAX_LIST {
        return Ok(Some(size));
    }
    source.seek(SeekFrom::Start(offset.saturating_add(START as u64)))?;
    let mut list = Vec::new();
    source.take(size).read_to_end(&mut list)?;
    match list.split_first() {
        Some((&ENCODED, how)) => Ok(Cursor(how).unpacked_size()),
        _ => Ok(Some(size)),
    }
}

/// What is left of the description of a packed list.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// The largest of the sizes that the list has on its way through the decoders.
    fn unpacked_size(mut self) -> Option<u64> {
        self.expect(PACK_INFO)?;
        let _place = self.number()?;
        let streams = self.number()?;
        loop {
            match self.byte()? {
                0 => break,
                SIZE => (0..streams).try_for_each(|_| self.number().map(|_| ()))?,
                DIGESTS if self.byte()? != 0 => self.skip(streams.checked_mul(4)?)?,
                _ => return None,
            }
        }
        self.expect(UNPACK_INFO)?;
        self.expect(FOLDER)?;
        // One folder, described here and not elsewhere.
        self.expect(1)?;
        self.expect(0)?;
        let decoders = self.number()?;
        let (mut inputs, mut outputs) = (0_u64, 0_u64);
        for _ in 0..decoders {
            let flags = self.byte()?;
            self.skip(u64::from(flags & 0x0f))?;
            let is_plain = flags & 0x10 == 0;
            inputs = inputs.checked_add(if is_plain { 1 } else { self.number()? })?;
            outputs = outputs.checked_add(if is_plain { 1 } else { self.number()? })?;
            if flags & 0x20 != 0 {
                let properties = self.number()?;
                self.skip(properties)?;
            }
        }
        let bound = outputs.checked_sub(1)?;
        (0..bound.checked_mul(2)?).try_for_each(|_| self.number().map(|_| ()))?;
        let packed = inputs.checked_sub(bound)?;
        if packed > 1 {
            (0..packed).try_for_each(|_| self.number().map(|_| ()))?;
        }
        self.expect(UNPACK_SIZE)?;
        (0..outputs).try_fold(0, |largest, _| Some(self.number()?.max(largest)))
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.byte()? == byte).then_some(())
    }

    fn skip(&mut self, bytes: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    /// The ones at the head of the first byte tell how many bytes follow, lowest first; its other bits are the highest.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let mut value = 0;
        for place in 0..8 {
            let mask = 0x80_u8 >> place;
            if first & mask == 0 {
                return Some(value | (u64::from(first & (mask - 1)) << (8 * place)));
            }
            value |= u64::from(self.byte()?) << (8 * place);
        }
        Some(value)
    }
}
