//! Cutting a stream of bytes into records, without understanding them.
//!
//! A [`Framer`] reads blocks, finds where records begin and end, and hands out [`Chunk`]s of whole records. It never holds
//! more than one block and one record; a record larger than [`MAX_RECORD`] is passed over and named.

mod csv;
mod tables;
mod values;

use std::io::{self, Read};
use std::sync::Arc;

pub use csv::Header;
pub(crate) use csv::{DIGESTS, rows_run_together, split_row};
pub(crate) use tables::{TableStart, cells_of};
pub(crate) use values::{elements_of, tables_of, values_side_by_side};

/// Bytes asked for at a time.
const BLOCK: usize = 4 << 20;

/// The largest record that is read; anything larger is rejected with its place and size.
pub const MAX_RECORD: usize = 64 << 20;

/// How many bytes [`Framer::open`] looks at to tell how the stream is framed.
const HEAD: usize = 256 << 10;

/// Where a record lies in its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One behind the last byte.
    pub end: usize,
    /// What is known about it before reading it.
    pub state: SpanState,
}

/// Whether a span is a whole record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanState {
    /// It begins and ends where a record should.
    Whole,
    /// The stream ended, or a line broke off, inside it.
    Cut,
    /// Bytes between records that belong to none.
    Stray,
}

/// Some whole records of a stream, in order.
#[derive(Debug)]
pub struct Chunk {
    /// Counts the chunks of a stream from 0.
    pub seq: u64,
    /// Place of the first byte of `bytes` in the stream.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where the records lie in `bytes`.
    pub spans: Vec<Span>,
    /// Records too large to read that ended in this chunk: place and size.
    pub oversize: Vec<(u64, u64)>,
    /// Bytes since the chunk before that are not in `bytes`: those of records too large to read, and stretches without any.
    pub passed: u64,
    /// The headers of the tables that the rows are of, in order.
    pub(crate) tables: Vec<TableStart>,
}

impl Chunk {
    /// The header of the table that the row at a place in `bytes` is of.
    #[must_use]
    pub fn header_at(&self, at: usize) -> Option<&Arc<Header>> {
        tables::header_at(&self.tables, at)
    }
}

/// How the records of a stream follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framing {
    /// Nothing but white space.
    Empty,
    /// One JSON value a line.
    Lines,
    /// Lines with one JSON object behind what syslog writes before it.
    Prefixed,
    /// JSON values one after the other, or the elements of arrays; with a name, the elements of that member's array.
    Values(Option<String>),
    /// Rows of comma-, semicolon- or tab-separated values below a header.
    Csv(Arc<Header>),
    /// Lists of values in tables that name their columns first, as query interfaces answer.
    Tables,
    /// None of these; the text says what it seems to be.
    Unknown(String),
}

impl Framing {
    /// The word used in a file's layers.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Empty => "empty",
            Self::Lines => "json lines",
            Self::Prefixed => "syslog",
            Self::Values(None) => "json",
            Self::Values(Some(member)) => member,
            Self::Csv(_) => "csv",
            Self::Tables => "query tables",
            Self::Unknown(_) => "unknown",
        }
    }
}

enum Scanner {
    Lines,
    Values(values::ValueScanner),
    Csv(csv::RowScanner),
    Nothing,
}

/// Reads a stream and hands out its records chunk by chunk.
pub struct Framer<R> {
    input: Breaking<R>,
    framing: Framing,
    scanner: Scanner,
    /// Bytes read and not handed out yet.
    pending: Vec<u8>,
    /// Place of `pending[0]` in the stream.
    offset: u64,
    /// How far `pending` has been scanned.
    scanned: usize,
    seq: u64,
    ended: bool,
    /// The record that is too large and being passed over.
    oversize: Option<Oversize>,
    /// Bytes passed over and in no chunk yet.
    passed: u64,
    /// The header of the table whose rows come.
    table: Option<Arc<Header>>,
    /// Bytes scanned at a time.
    block: usize,
    /// The largest record that is not passed over.
    largest: usize,
}

/// A record of which only the end is held.
#[derive(Debug, Clone, Copy)]
struct Oversize {
    /// Where it began.
    began: u64,
    /// What stands in place of [`MASK`], the first byte held.
    masked: u8,
}

/// Stands for everything of a record that was passed over, so that what is left of it is never blank.
const MASK: u8 = b'x';

impl<R> std::fmt::Debug for Framer<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Framer").field("framing", &self.framing).field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl<R: Read> Framer<R> {
    /// Looks at the beginning of a stream and tells how it is framed.
    ///
    /// # Errors
    /// The stream's own.
    pub fn open(input: R) -> io::Result<Self> {
        let mut input = Breaking { input, error: None };
        let mut pending = Vec::new();
        let mut ended = fill(&mut input, &mut pending, HEAD)?;
        let mut skipped = if pending.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        pending.drain(..skipped);
        while !ended && pending.iter().all(u8::is_ascii_whitespace) {
            skipped += pending.len();
            pending.clear();
            ended = fill(&mut input, &mut pending, HEAD)?;
        }
        // Blanks before a break are nothing to hand out, and must not pass for an empty file.
        if pending.iter().all(u8::is_ascii_whitespace)
            && let Some(error) = input.error.take()
        {
            return Err(error);
        }
        let (framing, body) = detect(&pending);
        let scanner = match &framing {
            Framing::Lines | Framing::Prefixed => Scanner::Lines,
            Framing::Values(member) => Scanner::Values(values::ValueScanner::new(member.is_some())),
            Framing::Tables => Scanner::Values(values::ValueScanner::of_tables()),
            Framing::Csv(header) => Scanner::Csv(csv::RowScanner::new(header.delimiter)),
            Framing::Empty | Framing::Unknown(_) => Scanner::Nothing,
        };
        pending.drain(..body);
        let offset = (skipped + body) as u64;
        Ok(Self {
            input,
            framing,
            scanner,
            pending,
            offset,
            scanned: 0,
            seq: 0,
            ended,
            oversize: None,
            passed: 0,
            table: None,
            block: BLOCK,
            largest: MAX_RECORD,
        })
    }

    /// The same with blocks of another size, at least a byte: what is read does not depend on it, and tests show that.
    #[must_use]
    pub fn in_blocks_of(mut self, bytes: usize) -> Self {
        self.block = bytes.max(1);
        self
    }

    /// How the stream is framed.
    #[must_use]
    pub fn framing(&self) -> &Framing {
        &self.framing
    }

    /// The first bytes of what is not read yet: after [`Framer::open`] the head of the stream.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.pending
    }

    /// The next records, or `None` at the end of the stream. Where the stream breaks off, everything before that comes first.
    ///
    /// # Errors
    /// The stream's own.
    pub fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        match self.next_read()? {
            Some(chunk) => Ok(Some(chunk)),
            None => self.input.error.take().map_or(Ok(None), Err),
        }
    }

    fn next_read(&mut self) -> io::Result<Option<Chunk>> {
        if matches!(self.scanner, Scanner::Nothing) {
            return Ok(None);
        }
        loop {
            if !self.ended && self.pending.len() - self.scanned < self.block {
                let wanted = self.scanned + self.block;
                self.ended = fill(&mut self.input, &mut self.pending, wanted)?;
            }
            if self.pending.is_empty() {
                return Ok(None);
            }
            let (mut spans, mut oversize) = (Vec::new(), Vec::new());
            let until = self.pending.len().min(self.scanned.saturating_add(self.block));
            let keep_from = self.scan(until, &mut spans);
            let tables = self.tables();
            self.finish_oversize(&mut spans, &mut oversize);
            let mut rest = Vec::with_capacity(self.pending.len() - keep_from + self.block);
            rest.extend_from_slice(&self.pending[keep_from..]);
            let mut bytes = std::mem::replace(&mut self.pending, rest);
            bytes.truncate(keep_from);
            self.unmask(&mut bytes);
            let offset = self.offset;
            self.offset += bytes.len() as u64;
            self.scanned = until - keep_from;
            self.rebase(keep_from);
            self.pass_over();
            if !spans.is_empty() || !oversize.is_empty() {
                let mut chunk = self.chunk(bytes, spans, oversize);
                chunk.offset = offset;
                chunk.tables = tables;
                return Ok(Some(chunk));
            }
            self.passed += bytes.len() as u64;
            if self.ended && self.pending.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Whether the stream ended inside an array or object that holds the records.
    #[must_use]
    pub fn unterminated(&self) -> bool {
        matches!(&self.scanner, Scanner::Values(scanner) if self.ended && scanner.is_open())
    }

    fn chunk(&mut self, bytes: Vec<u8>, spans: Vec<Span>, oversize: Vec<(u64, u64)>) -> Chunk {
        let passed = std::mem::take(&mut self.passed);
        let chunk = Chunk { seq: self.seq, offset: self.offset, bytes, spans, oversize, passed, tables: Vec::new() };
        self.seq += 1;
        chunk
    }

    /// Adds the spans that end before `until`; everything before what is returned is done with, what follows is carried over.
    fn scan(&mut self, until: usize, spans: &mut Vec<Span>) -> usize {
        let bytes = &self.pending[..until];
        let ended = self.ended && until == self.pending.len();
        match &mut self.scanner {
            Scanner::Lines => scan_lines(bytes, self.scanned, ended, spans),
            Scanner::Values(scanner) => scanner.scan(bytes, self.scanned, ended, spans),
            Scanner::Csv(scanner) => scanner.scan(bytes, self.scanned, ended, spans),
            Scanner::Nothing => until,
        }
    }

    /// The headers that count for what was just scanned: that of the table it began in, and those of tables that began in it.
    fn tables(&mut self) -> Vec<TableStart> {
        let Scanner::Values(scanner) = &mut self.scanner else { return Vec::new() };
        let begun = scanner.take_tables();
        if self.table.is_none() && begun.is_empty() {
            return begun;
        }
        let mut tables = vec![(0, self.table.take())];
        tables.extend(begun);
        self.table = tables.last().and_then(|(_, header)| header.clone());
        tables
    }

    fn rebase(&mut self, dropped: usize) {
        match &mut self.scanner {
            Scanner::Values(scanner) => scanner.rebase(dropped),
            Scanner::Csv(scanner) => scanner.rebase(dropped),
            Scanner::Lines | Scanner::Nothing => {}
        }
    }

    /// A record larger than the limit is not held: its bytes are dropped as they come, its place is remembered. Two are kept: the
    /// last one, which may mean something for what follows it, and one that makes sure that the rest of the record is found.
    fn pass_over(&mut self) {
        if self.scanned <= self.largest && (self.oversize.is_none() || self.scanned <= 2) {
            return;
        }
        let held = self.pending.get(..self.scanned).unwrap_or_default();
        let is_blank = self.oversize.is_none() && matches!(self.scanner, Scanner::Lines) && held.iter().all(u8::is_ascii_whitespace);
        let dropped = self.scanned.saturating_sub(if is_blank { 0 } else { 2 });
        let began = self.oversize.map_or(self.offset, |oversize| oversize.began);
        self.offset += dropped as u64;
        self.passed += dropped as u64;
        self.pending.drain(..dropped);
        self.scanned -= dropped;
        self.rebase(dropped);
        if !is_blank && let Some(first) = self.pending.first_mut() {
            self.oversize = Some(Oversize { began, masked: std::mem::replace(first, MASK) });
        }
    }

    /// Takes out what is too large to read. The first span after a passed-over record is that record's end.
    fn finish_oversize(&mut self, spans: &mut Vec<Span>, oversize: &mut Vec<(u64, u64)>) {
        let offset = self.offset;
        if let Some(Oversize { began, .. }) = self.oversize
            && !spans.is_empty()
        {
            let tail = spans.remove(0);
            oversize.push((began, offset + tail.end as u64 - began));
        }
        spans.retain(|span| {
            let size = span.end - span.start;
            if size > self.largest {
                oversize.push((offset + span.start as u64, size as u64));
            }
            size <= self.largest
        });
    }

    /// Puts the first byte back once the record it belongs to has ended and is handed out.
    fn unmask(&mut self, bytes: &mut [u8]) {
        if let Some(first) = bytes.first_mut()
            && let Some(oversize) = self.oversize.take()
        {
            *first = oversize.masked;
        }
    }
}

/// A stream whose error is kept for later, so that what came before it is not lost with it.
struct Breaking<R> {
    input: R,
    error: Option<io::Error>,
}

impl<R: Read> Read for Breaking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.error.is_some() {
            return Ok(0);
        }
        match self.input.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.error = Some(error);
                Ok(0)
            }
            other => other,
        }
    }
}

/// Reads until `buffer` holds `wanted` bytes; true at the end of the stream.
fn fill(input: &mut impl Read, buffer: &mut Vec<u8>, wanted: usize) -> io::Result<bool> {
    let missing = wanted.saturating_sub(buffer.len());
    buffer.reserve_exact(missing);
    let read = input.by_ref().take(missing as u64).read_to_end(buffer)?;
    Ok(read < missing)
}

/// The framing of a stream and where its records begin.
fn detect(head: &[u8]) -> (Framing, usize) {
    let Some(first) = head.iter().position(|b| !b.is_ascii_whitespace()) else {
        return (Framing::Empty, head.len());
    };
    match head[first] {
        b'[' if is_toml(&head[first..]) => (Framing::Unknown("settings in TOML".to_owned()), first),
        b'[' => (Framing::Values(None), first),
        b'{' => (values::framing_of_object(&head[first..]), first),
        _ => {
            // Blank lines may stand above a header, but blanks in front of it may be an empty name.
            let line = head[..first].iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1);
            let (framing, body) = csv::framing_of_text(&head[line..]);
            (framing, line + body)
        }
    }
}

/// Whether a text begins with the name of a table of TOML, such as `[[covers]]`, where JSON would have a list in a list.
fn is_toml(text: &[u8]) -> bool {
    let name = text.strip_prefix(b"[[").and_then(|text| Some(&text[..text.iter().position(|b| !b.is_ascii_alphabetic() && *b != b'_')?]));
    name.is_some_and(|name| !matches!(name, b"" | b"true" | b"false" | b"null") && text[2 + name.len()..].starts_with(b"]]"))
}

/// Spans of the lines of `bytes` from `from` on; returns where the last, unfinished line begins.
fn scan_lines(bytes: &[u8], from: usize, ended: bool, spans: &mut Vec<Span>) -> usize {
    // What is carried over holds no line break, so the line in progress begins at 0.
    let mut start = 0;
    for newline in memchr::memchr_iter(b'\n', &bytes[from..]) {
        push_trimmed(bytes, start, from + newline, SpanState::Whole, spans);
        start = from + newline + 1;
    }
    if ended {
        push_trimmed(bytes, start, bytes.len(), SpanState::Whole, spans);
        start = bytes.len();
    }
    start
}

/// Adds the span without the white space around it; nothing where nothing else is in it.
fn push_trimmed(bytes: &[u8], start: usize, end: usize, state: SpanState, spans: &mut Vec<Span>) {
    let Some(first) = bytes[start..end].iter().position(|b| !b.is_ascii_whitespace()) else { return };
    let last = bytes[start..end].iter().rposition(|b| !b.is_ascii_whitespace()).unwrap_or(first);
    spans.push(Span { start: start + first, end: start + last + 1, state });
}

#[cfg(test)]
mod tests;
