//! JSON values that follow each other, with or without arrays or an envelope around them.

use super::tables::{ROWS, TABLES, TableStart, header_of};
use super::{Framing, Span, SpanState};

/// Members of an envelope object whose array holds the records.
const ENVELOPES: [&str; 7] = ["records", "value", "Records", "items", "activities", "Results", "results"];

/// The same for an object that nothing claims as a record: some tools call the list of records so, and so does Google the list of
/// what one record tells.
const IN_RECORDS: [&str; 8] = ["records", "value", "Records", "items", "activities", "events", "Results", "results"];

/// Members beside the records of an answer that say how it is made, and hold none.
const BESIDE: [&str; 9] = ["Schema", "schema", "Stats", "stats", "columns", "Columns", "statistics", "Statistics", "render"];

/// The longest of these names, and one more byte.
const LONGEST_NAME: usize = 11;

/// Bytes of which names and values of members consist, outside of their strings.
const SCALARS: &[u8] = b"\":0123456789+-.eEtrufalsn";

/// How a stream that begins with an object is framed, from its head.
pub(super) fn framing_of_object(head: &[u8]) -> Framing {
    if envelope_member(head, &TABLES).is_some() {
        return Framing::Tables;
    }
    if let Some(member) = envelope_member(head, &ENVELOPES) {
        return Framing::Values(Some(member.to_owned()));
    }
    let first_line = head.split(|b| *b == b'\n').next().unwrap_or(head);
    if is_balanced(first_line) { Framing::Lines } else { Framing::Values(None) }
}

/// The name of the first member of the object that is an array of objects, if it is one of `names`.
///
/// Only scalars may stand before it, `{"@odata.context":"…","value":[{`, and what tells how an answer is made.
fn envelope_member(head: &[u8], names: &'static [&'static str]) -> Option<&'static str> {
    let mut rest = trim(&head[1..]);
    loop {
        let (key, after) = split_string(rest)?;
        rest = trim(trim(after).strip_prefix(b":")?);
        if matches!(rest.first(), Some(b'[' | b'{')) && is_one_of(&BESIDE, key) {
            rest = trim(trim(behind_container(rest)?).strip_prefix(b",")?);
            continue;
        }
        if rest.first() == Some(&b'[') {
            let inside = trim(&rest[1..]);
            let name = names.iter().find(|name| name.as_bytes() == key)?;
            return matches!(inside.first(), Some(b'{' | b']')).then_some(name);
        }
        rest = match rest.first()? {
            b'"' => split_string(rest)?.1,
            b'{' => return None,
            _ => &rest[rest.iter().position(|b| matches!(b, b',' | b'}'))?..],
        };
        rest = trim(trim(rest).strip_prefix(b",")?);
    }
}

fn is_one_of(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|one| one.as_bytes() == name)
}

/// What follows the list or object that `bytes` begins with.
fn behind_container(bytes: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut rest) = (0_usize, bytes);
    loop {
        match rest.first()? {
            b'"' => {
                rest = split_string(rest)?.1;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        rest = &rest[1..];
        if depth == 0 {
            return Some(rest);
        }
    }
}

/// Whether a byte may stand between records.
fn is_between(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xef | 0xbb | 0xbf)
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii_start()
}

/// The inside of the string that `bytes` begins with, and what follows it.
fn split_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 1;
    if bytes.first() != Some(&b'"') {
        return None;
    }
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some((&bytes[1..at], &bytes[at + 1..]));
        }
        at += 2;
    }
}

/// Whether a line is one value, whose brackets close where the line ends.
fn is_balanced(line: &[u8]) -> bool {
    let mut scanner = ValueScanner::new(false);
    let mut spans = Vec::new();
    scanner.scan(line, 0, true, &mut spans);
    matches!(&spans[..], [span] if span.state == SpanState::Whole)
}

/// The values of a text that is not one value but several side by side, with what stands between them. `None` for all others.
pub(crate) fn values_side_by_side(text: &[u8]) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    ValueScanner::new(false).scan(text, 0, true, &mut spans);
    // Words between the values are told of once, not one by one.
    spans.dedup_by(|next, last| {
        let together = next.state == SpanState::Stray && last.state == SpanState::Stray;
        if together {
            last.end = next.end;
        }
        together
    });
    let values = spans.iter().filter(|span| span.state != SpanState::Stray).count();
    (values > 1).then_some(spans)
}

/// The spans of the elements of the array in an envelope object, for envelopes that are themselves records.
pub(crate) fn elements_of(envelope: &[u8]) -> Option<Vec<Span>> {
    envelope_member(envelope, &IN_RECORDS)?;
    let mut spans = Vec::new();
    ValueScanner { names: &IN_RECORDS, ..ValueScanner::new(true) }.scan(envelope, 0, true, &mut spans);
    Some(spans)
}

/// The rows of the tables in an answer that is itself a record, with the headers they have.
pub(crate) fn tables_of(answer: &[u8]) -> Option<(Vec<Span>, Vec<TableStart>)> {
    envelope_member(answer, &TABLES)?;
    let (mut scanner, mut spans) = (ValueScanner::of_tables(), Vec::new());
    scanner.scan(answer, 0, true, &mut spans);
    Some((spans, scanner.take_tables()))
}

/// Finds the records of a stream of JSON values by their brackets alone.
#[derive(Debug)]
pub(super) struct ValueScanner {
    /// Records are the elements of an array that is a member of an object.
    in_envelope: bool,
    /// What that member may be called.
    names: &'static [&'static str],
    /// The elements of that array are tables, whose rows are the records.
    in_tables: bool,
    /// The tables whose rows have begun.
    tables: Vec<TableStart>,
    /// The current record may turn out to be the object around the records.
    maybe_envelope: bool,
    /// The value at hand stands beside the records and is none.
    beside: bool,
    /// The beginning of the string seen last between records.
    name: Vec<u8>,
    /// Something stands in that object before its records that is not JSON.
    odd_envelope: bool,
    /// Inside of the string seen last.
    last_string: (usize, usize),
    /// The opening brackets around the records, outermost first.
    outer: Vec<u8>,
    /// Depth inside the current record; 0 outside.
    depth: usize,
    in_string: bool,
    /// The last byte of the previous block was a backslash in a string.
    escaped: bool,
    /// Where the current record or stray text began.
    start: Option<usize>,
    /// After damage: everything is stray up to a line that begins with an object.
    resync: bool,
    /// Only blanks and commas stand on the line so far.
    line_is_blank: bool,
}

impl ValueScanner {
    pub(super) fn new(in_envelope: bool) -> Self {
        Self {
            in_envelope,
            names: &ENVELOPES,
            in_tables: false,
            tables: Vec::new(),
            maybe_envelope: false,
            beside: false,
            name: Vec::new(),
            odd_envelope: false,
            last_string: (0, 0),
            outer: Vec::new(),
            depth: 0,
            in_string: false,
            escaped: false,
            start: None,
            resync: false,
            line_is_blank: true,
        }
    }

    /// For answers whose tables hold the records.
    pub(super) fn of_tables() -> Self {
        Self { names: &TABLES, in_tables: true, ..Self::new(true) }
    }

    /// The tables that began since they were last asked for.
    pub(super) fn take_tables(&mut self) -> Vec<TableStart> {
        std::mem::take(&mut self.tables)
    }

    /// Whether the object at hand, or the next one, is a table.
    fn at_table(&self) -> bool {
        self.in_tables && self.outer == b"{["
    }

    /// What a line after damage begins with, where it begins with a record.
    fn opener(&self) -> u8 {
        if self.in_tables && self.outer == b"{[{[" { b'[' } else { b'{' }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.outer.is_empty()
    }

    /// Everything before `dropped` is gone: places move down.
    pub(super) fn rebase(&mut self, dropped: usize) {
        self.start = self.start.map(|start| start.saturating_sub(dropped));
        self.last_string = (self.last_string.0.saturating_sub(dropped), self.last_string.1.saturating_sub(dropped));
    }

    /// Adds the spans that end in `bytes[from..]`; returns where the unfinished record begins.
    pub(super) fn scan(&mut self, bytes: &[u8], from: usize, ended: bool, spans: &mut Vec<Span>) -> usize {
        let mut at = from;
        while at < bytes.len() {
            at = if self.in_string {
                self.string(bytes, at, spans)
            } else if self.depth > 0 {
                self.inside(bytes, at, spans)
            } else {
                self.between(bytes, at, spans)
            };
        }
        if ended && let Some(start) = self.start.take() {
            super::push_trimmed(bytes, start, bytes.len(), self.unfinished(), spans);
        }
        self.start.unwrap_or(bytes.len())
    }

    /// What is at hand where it does not go on.
    fn unfinished(&self) -> SpanState {
        if self.depth > 0 && !self.beside { SpanState::Cut } else { SpanState::Stray }
    }

    /// Inside a string: on to its end. A line break there means that the record was cut.
    fn string(&mut self, bytes: &[u8], at: usize, spans: &mut Vec<Span>) -> usize {
        if std::mem::take(&mut self.escaped) {
            return at + 1;
        }
        let step = memchr::memchr3(b'"', b'\\', b'\n', &bytes[at..]);
        let found = step.map_or(bytes.len(), |step| at + step);
        if self.depth == 0 {
            let room = LONGEST_NAME.saturating_sub(self.name.len());
            self.name.extend(bytes[at..found].iter().take(room));
        }
        if step.is_none() {
            return found;
        }
        match bytes[found] {
            b'"' => {
                self.in_string = false;
                self.last_string.1 = found;
            }
            b'\\' => self.escaped = true,
            _ => self.cut(bytes, found, spans),
        }
        found + 1
    }

    fn cut(&mut self, bytes: &[u8], end: usize, spans: &mut Vec<Span>) {
        let state = self.unfinished();
        if let Some(start) = self.start.take() {
            super::push_trimmed(bytes, start, end, state, spans);
        }
        self.depth = 0;
        self.beside = false;
        self.in_string = false;
        self.maybe_envelope = false;
        self.resync = true;
        self.line_is_blank = true;
    }

    /// Inside a record, outside its strings: on to the bracket that closes it or to the next string.
    fn inside(&mut self, bytes: &[u8], mut at: usize, spans: &mut Vec<Span>) -> usize {
        while at < bytes.len() {
            match bytes[at] {
                b'"' => {
                    self.open_string(at);
                    return at + 1;
                }
                b'[' if self.maybe_envelope && self.names_envelope(bytes) => {
                    self.open_envelope(bytes, at, spans);
                    return at + 1;
                }
                b'{' | b'[' => {
                    self.maybe_envelope &= self.depth > 1 || self.is_beside(bytes);
                    self.depth += 1;
                }
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        let state = if std::mem::take(&mut self.beside) { SpanState::Stray } else { SpanState::Whole };
                        if let Some(start) = self.start.take() {
                            super::push_trimmed(bytes, start, at + 1, state, spans);
                        }
                        return at + 1;
                    }
                }
                _ if !self.beside && !self.maybe_envelope => {}
                byte if SCALARS.contains(&byte) || is_between(byte) => {}
                _ if self.beside => self.start = self.start.or(Some(at)),
                _ => self.odd_envelope = true,
            }
            at += 1;
        }
        at
    }

    fn open_string(&mut self, at: usize) {
        self.in_string = true;
        self.last_string = (at + 1, at + 1);
        self.name.clear();
    }

    /// Whether the member of the object at hand whose value begins here stands beside the records.
    fn is_beside(&self, bytes: &[u8]) -> bool {
        let (start, end) = self.last_string;
        bytes.get(start..end).is_some_and(|name| is_one_of(&BESIDE, name))
    }

    /// Whether the member whose value begins here is one that holds records.
    fn names_envelope(&self, bytes: &[u8]) -> bool {
        let (start, end) = self.last_string;
        let names: &[&str] = if self.at_table() { &ROWS } else { self.names };
        bytes.get(start..end).is_some_and(|name| is_one_of(names, name))
    }

    /// What looked like a record is the object around the records, and its array begins.
    fn open_envelope(&mut self, bytes: &[u8], at: usize, spans: &mut Vec<Span>) {
        self.maybe_envelope = false;
        let start = self.start.take();
        if self.at_table() {
            self.tables.push((at, start.and_then(|start| header_of(&bytes[start..=at]))));
        }
        if let Some(start) = start.filter(|_| self.odd_envelope) {
            super::push_trimmed(bytes, start, at + 1, SpanState::Stray, spans);
        }
        self.depth = 0;
        self.outer.extend(b"{[");
    }

    /// Between records.
    fn between(&mut self, bytes: &[u8], at: usize, spans: &mut Vec<Span>) -> usize {
        let byte = bytes[at];
        match byte {
            b'\n' => self.line_is_blank = true,
            byte if is_between(byte) => {}
            _ if self.resync && !(byte == self.opener() && self.line_is_blank) => {
                self.start.get_or_insert(at);
                self.line_is_blank = false;
                return at + 1;
            }
            _ => {
                self.resync = false;
                self.line_is_blank = false;
                self.token(bytes, at, spans);
                return at + 1;
            }
        }
        if !self.resync {
            self.end_stray(bytes, at, spans);
        }
        at + 1
    }

    fn token(&mut self, bytes: &[u8], at: usize, spans: &mut Vec<Span>) {
        match bytes[at] {
            open @ (b'{' | b'[') => {
                self.end_stray(bytes, at, spans);
                let name = std::mem::take(&mut self.name);
                if self.in_envelope && self.outer.last() == Some(&b'{') && is_one_of(&BESIDE, &name) {
                    self.beside = true;
                    self.maybe_envelope = false;
                    self.depth = 1;
                } else if open == b'{' || self.outer.last() == Some(&b'[') {
                    self.start = Some(at);
                    self.depth = 1;
                    self.maybe_envelope = self.in_envelope && self.outer.is_empty() || open == b'{' && self.at_table();
                    self.odd_envelope = false;
                } else {
                    self.outer.push(open);
                }
            }
            close @ (b'}' | b']') => {
                self.end_stray(bytes, at, spans);
                let expected = if close == b'}' { b'{' } else { b'[' };
                if self.outer.last() == Some(&expected) {
                    self.outer.pop();
                } else {
                    self.start = Some(at);
                }
            }
            byte => {
                // Members of the object around the records, such as a link to the next page, are none; but only damage leaves
                // something there that is not JSON.
                if self.outer.last() != Some(&b'{') || !SCALARS.contains(&byte) {
                    self.start.get_or_insert(at);
                }
                if byte == b'"' {
                    self.open_string(at);
                }
            }
        }
    }

    fn end_stray(&mut self, bytes: &[u8], at: usize, spans: &mut Vec<Span>) {
        if let Some(start) = self.start.take() {
            super::push_trimmed(bytes, start, at, SpanState::Stray, spans);
        }
    }
}
