//! What a Parquet file says of itself, before its reader believes it.
//!
//! The reader reserves what a page says to unpack to, follows the schema as deep as it goes and makes as many values as a page says
//! to hold. Only the few fields that bound these are looked at.
//! Source: <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>

use std::io::{self, Read as _};

use flate2::read::MultiGzDecoder;
use parquet::basic::{Compression, Type};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use super::{Parquet, damaged, guarded};

/// The largest footer that is read: some hundred thousand columns of row groups. Its reader takes some twenty times as much.
const FOOTER: u32 = 16 << 20;

/// The most entries of a schema, and how deep they may lie in each other.
const ENTRIES: usize = 10_000;
const DEPTH: usize = 32;

/// The largest page, unpacked. Tools write pages of a MiB, and a page for a single larger value.
const PAGE: u64 = crate::frame::MAX_RECORD as u64;

/// Pages that have to be held at the same time: of each column one, and its dictionary.
pub(super) const TOGETHER: usize = 256 << 20;

/// The most values of a page. Tools end a page after some twenty thousand rows, some after a million.
const VALUES: u64 = 1 << 24;

/// The most values that lists of one row group may have.
const REPEATED: u64 = 1 << 26;

/// The header of a page is no larger, and hardly ever larger than the second.
const HEADER: usize = 1 << 20;
const COMMON_HEADER: usize = 256;

/// The bytes of the footer.
pub(super) fn footer(file: &Parquet) -> io::Result<Vec<u8>> {
    let end = file.bytes(file.size.saturating_sub(8), 8)?;
    let size = match end.as_slice() {
        [a, b, c, d, b'P', b'A', b'R', b'1'] => u32::from_le_bytes([*a, *b, *c, *d]),
        [.., b'P', b'A', b'R', b'E'] => return Err(damaged(&"it is encrypted")),
        _ => return Err(damaged(&"its end is missing")),
    };
    if size > FOOTER || u64::from(size) + 12 > file.size {
        return Err(damaged(&"its footer is larger than a footer gets"));
    }
    let footer = file.bytes(file.size - 8 - u64::from(size), size as usize)?;
    check_schema(&footer).ok_or_else(|| damaged(&"its schema is larger or deeper than a schema gets"))?;
    Ok(footer)
}

/// Member 2 of the footer lists the schema's entries depth first; member 5 of an entry is the number of its children.
fn check_schema(footer: &[u8]) -> Option<()> {
    let mut thrift = Thrift { bytes: footer };
    let mut id = 0;
    while let Some(kind) = thrift.member(&mut id)? {
        if id != 2 {
            thrift.skip(kind, DEPTH)?;
            continue;
        }
        let (entries, kind) = thrift.list()?;
        let mut open: Vec<i64> = Vec::new();
        for _ in 0..Some(entries).filter(|entries| *entries <= ENTRIES as u64 && kind == STRUCT)? {
            let [children] = thrift.numbers([5])?;
            while open.last() == Some(&0) {
                open.pop();
            }
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            open.push(children.unwrap_or(0));
            Some(()).filter(|()| open.len() <= DEPTH && children.is_none_or(|own| (0..=ENTRIES as i64).contains(&own)))?;
        }
    }
    Some(())
}

/// Whether a row group can be read in bounded memory. Where values of a row may be longer than the pages they stand in, the longest they
/// get: those that continue the one before, and those that a page names by their number in a dictionary but that are copied.
pub(super) fn row_group(file: &Parquet, group: &RowGroupMetaData) -> io::Result<Option<usize>> {
    let (mut together, mut longest, mut repeated) = (0_u64, 0_u64, 0_u64);
    for column in group.columns() {
        let pages = Pages::of(file, column)?;
        together = together.saturating_add(pages.largest).saturating_add(pages.dictionary);
        longest = longest.saturating_add(pages.longest_value(column));
        // Of a list all values are held together.
        if column.column_descr().max_rep_level() > 0 {
            repeated = repeated.saturating_add(pages.values);
            if pages.longest_value(column).saturating_mul(pages.values) > TOGETHER as u64 {
                return Err(damaged(&format!("a column of lists has {} long values in a row group", pages.values)));
            }
        }
    }
    if together > TOGETHER as u64 {
        return Err(damaged(&format!("pages of {together} bytes would have to be held together")));
    }
    if repeated > REPEATED {
        return Err(damaged(&format!("lists have {repeated} values in a row group")));
    }
    Ok(usize::try_from(longest).ok().filter(|longest| *longest > 0))
}

/// The pages of a column in a row group.
#[derive(Default)]
struct Pages {
    /// The largest page of data, unpacked.
    largest: u64,
    /// The size of the dictionary, unpacked.
    dictionary: u64,
    /// Values continue the one before.
    continued: bool,
    values: u64,
}

/// Kinds of page, and an encoding, as the format numbers them.
const INDEX_PAGE: i64 = 1;
const DICTIONARY_PAGE: i64 = 2;
const DELTA_BYTE_ARRAY: i64 = 7;

impl Pages {
    fn of(file: &Parquet, column: &ColumnChunkMetaData) -> io::Result<Self> {
        let compression = column.compression();
        let bounded = matches!(compression, Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_) | Compression::LZ4_RAW);
        let is_gzip = matches!(compression, Compression::GZIP(_));
        if !bounded && !is_gzip {
            return Err(damaged(&format!("it is compressed with {compression}")));
        }
        let (mut at, size) = guarded(|| Ok(column.byte_range()))?;
        let end = at.checked_add(size).filter(|end| *end <= file.size).ok_or_else(|| damaged(&"a column lies behind its end"))?;
        let mut pages = Self::default();
        while at < end {
            let (page, header) = Page::at(file, at, end)?;
            let data = at + header as u64;
            at = data + page.compressed;
            if at > end || page.unpacked.max(page.compressed) > PAGE || page.values > VALUES {
                return Err(damaged(&format!("a page says to be of {} bytes and {} values", page.unpacked, page.values)));
            }
            if is_gzip && page.is_compressed {
                check_gzip(file, data + page.levels, page.compressed.saturating_sub(page.levels), page.unpacked)?;
            }
            pages.add(&page)?;
        }
        Ok(pages)
    }

    /// The longest a value may get without standing in its page; 0 where none can.
    fn longest_value(&self, column: &ColumnChunkMetaData) -> u64 {
        let continued = if self.continued { self.largest } else { 0 };
        let fixed = if column.column_type() == Type::FIXED_LEN_BYTE_ARRAY { column.column_descr().type_length() } else { 0 };
        continued.max(u64::try_from(fixed).unwrap_or(0))
    }

    fn add(&mut self, page: &Page) -> io::Result<()> {
        let size = page.unpacked.max(page.compressed);
        if page.kind != DICTIONARY_PAGE {
            self.largest = self.largest.max(size);
            self.values = self.values.saturating_add(page.values);
            self.continued |= page.encoding == DELTA_BYTE_ARRAY;
            return Ok(());
        }
        if page.values > page.unpacked {
            return Err(damaged(&"a dictionary says to hold more values than bytes"));
        }
        self.dictionary = self.dictionary.max(size);
        Ok(())
    }
}

/// Of gzip the reader takes whatever comes out.
fn check_gzip(file: &Parquet, start: u64, size: u64, unpacked: u64) -> io::Result<()> {
    let packed = file.bytes(start, usize::try_from(size).unwrap_or(usize::MAX))?;
    let mut unpacking = MultiGzDecoder::new(packed.as_slice()).take(unpacked.saturating_add(1));
    let size = io::copy(&mut unpacking, &mut io::sink()).map_err(|error| damaged(&error))?;
    if size > unpacked { Err(damaged(&"a page unpacks to more than it says")) } else { Ok(()) }
}

/// What the header of a page says.
struct Page {
    kind: i64,
    unpacked: u64,
    compressed: u64,
    values: u64,
    encoding: i64,
    /// Bytes in front that are never compressed.
    levels: u64,
    is_compressed: bool,
}

impl Page {
    /// The page at a place of a column that has an end. Most headers are small, and many pages are as well.
    fn at(file: &Parquet, at: u64, end: u64) -> io::Result<(Self, usize)> {
        let left = usize::try_from(end - at).unwrap_or(HEADER).min(HEADER);
        let found = Self::of(&file.bytes(at, left.min(COMMON_HEADER))?);
        let found = if found.is_none() && left > COMMON_HEADER { Self::of(&file.bytes(at, left)?) } else { found };
        found.ok_or_else(|| damaged(&"the header of a page cannot be read"))
    }

    /// With the size of the header.
    fn of(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut thrift = Thrift { bytes };
        let (mut id, mut numbers) = (0, [None; 4]);
        let mut data = [None; 5];
        while let Some(kind) = thrift.member(&mut id)? {
            match (id, kind) {
                (1..=3, I32) => numbers[usize::try_from(id).ok()?] = Some(thrift.number()?),
                // A page of data, of a dictionary, and of data in the newer form.
                (5 | 7, STRUCT) => [data[0], data[1]] = thrift.numbers([1, 2])?,
                (8, STRUCT) => data = thrift.numbers([1, 4, 5, 6, 7])?,
                _ => thrift.skip(kind, DEPTH)?,
            }
        }
        let [_, kind, unpacked, compressed] = numbers;
        let [values, encoding, definition, repetition, is_compressed] = data;
        // All but an index say how many values they have.
        let values = if kind == Some(INDEX_PAGE) { Some(0) } else { Some(values?) };
        let size = |number: Option<i64>| u64::try_from(number.unwrap_or(0)).ok();
        let page = Self {
            kind: kind?,
            unpacked: size(Some(unpacked?))?,
            compressed: size(Some(compressed?))?,
            values: size(values)?,
            encoding: encoding.unwrap_or(0),
            levels: size(definition)?.checked_add(size(repetition)?)?,
            is_compressed: is_compressed != Some(0),
        };
        Some((page, bytes.len() - thrift.bytes.len()))
    }
}

/// Kinds of values as the compact protocol numbers them.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I32: u8 = 5;
const STRUCT: u8 = 12;

/// Bytes in Thrift's compact protocol.
/// Source: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>
struct Thrift<'b> {
    bytes: &'b [u8],
}

impl Thrift<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn pass(&mut self, count: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn number(&mut self) -> Option<i64> {
        let zigzag = self.unsigned()?;
        Some((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// The kind of the next member of a structure, whose number is put into `id`; nothing inside at its end.
    fn member(&mut self, id: &mut i64) -> Option<Option<u8>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        *id = match byte >> 4 {
            0 => self.number()?,
            step => id.checked_add(i64::from(step))?,
        };
        Some(Some(byte & 0x0f))
    }

    /// Size and kind of a list.
    fn list(&mut self) -> Option<(u64, u8)> {
        let byte = self.byte()?;
        let size = if byte >> 4 == 15 { self.unsigned()? } else { u64::from(byte >> 4) };
        // Each element is a byte at least.
        Some((size, byte & 0x0f)).filter(|(size, _)| *size <= self.bytes.len() as u64)
    }

    /// The whole numbers among the members of a structure, and its yes and no as 1 and 0; the others are passed over.
    fn numbers<const N: usize>(&mut self, wanted: [i64; N]) -> Option<[Option<i64>; N]> {
        let (mut id, mut found) = (0, [None; N]);
        while let Some(kind) = self.member(&mut id)? {
            let place = wanted.iter().position(|own| *own == id);
            match (place, kind) {
                (Some(place), I32) => found[place] = Some(self.number()?),
                (Some(place), TRUE | FALSE) => found[place] = Some(i64::from(kind == TRUE)),
                _ => self.skip(kind, DEPTH)?,
            }
        }
        Some(found)
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            TRUE | FALSE => Some(()),
            3 => self.pass(1),
            4..=6 => self.unsigned().map(|_number| ()),
            7 => self.pass(8),
            8 => {
                let size = self.unsigned()?;
                self.pass(size)
            }
            9 | 10 => {
                let (size, kind) = self.list()?;
                (0..size).try_for_each(|_| self.element(kind, depth))
            }
            11 => {
                let size = self.unsigned()?;
                let kinds = if size > 0 { self.byte()? } else { 0 };
                (0..size).try_for_each(|_| {
                    self.element(kinds >> 4, depth)?;
                    self.element(kinds & 0x0f, depth)
                })
            }
            STRUCT => {
                let mut id = 0;
                while let Some(kind) = self.member(&mut id)? {
                    self.skip(kind, depth)?;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// In lists a yes or no is a byte of its own.
    fn element(&mut self, kind: u8, depth: usize) -> Option<()> {
        if matches!(kind, TRUE | FALSE) { self.pass(1) } else { self.skip(kind, depth) }
    }
}
