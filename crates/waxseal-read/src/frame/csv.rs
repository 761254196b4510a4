//! Rows below a header, with quotes around cells that hold separators or line breaks.

use std::sync::Arc;

use super::{Framing, Span, SpanState};
use crate::known::is_known_member;
use crate::value::plain;
use crate::wrapper::{behind_prefix, wrapped_column};

/// The header of a table of separated values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Comma, semicolon or tab.
    pub delimiter: u8,
    /// The column names, without blanks, quotes and a `[UTC]` behind them.
    pub names: Vec<String>,
    /// The column that may hold a whole record of something else.
    pub(crate) wrapped: Option<usize>,
    /// The column in which a search says how much it found.
    pub(crate) found: Option<usize>,
    /// The names without what different tools write differently.
    pub(crate) plain: Vec<String>,
    /// The names that no list knows.
    pub(crate) unknown: Vec<String>,
}

impl Header {
    /// A header with these names.
    #[must_use]
    pub fn new(delimiter: u8, names: Vec<String>) -> Self {
        let wrapped = wrapped_column(&names);
        let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let found = plain.iter().position(|name| name == "resultcount");
        let unknown = names.iter().filter(|name| !is_known_member(name)).cloned().collect();
        Self { delimiter, names, wrapped, found, plain, unknown }
    }

    /// Whether the rows are files with their digests, as `Get-FileHash` writes them.
    pub(crate) fn lists_digests(&self) -> bool {
        DIGESTS.iter().all(|name| self.position(name).is_some())
    }

    /// Index of the column of that name, in any case.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column.eq_ignore_ascii_case(name))
    }
}

/// So the columns of `Get-FileHash` are called.
pub(crate) const DIGESTS: [&str; 3] = ["Algorithm", "Hash", "Path"];

/// What a text that is not JSON is: a table if its first line looks like a header, else unknown with a guess.
pub(super) fn framing_of_text(head: &[u8]) -> (Framing, usize) {
    if let Some(seems) = foreign(head) {
        return (Framing::Unknown(seems.to_owned()), 0);
    }
    if has_prefixed_json(&head[..line_end(head)]) {
        return (Framing::Prefixed, 0);
    }
    // Older PowerShell writes the type of the exported objects above the header.
    let preamble = if head.starts_with(b"#TYPE ") { line_end(head) } else { 0 };
    let end = preamble + line_end(&head[preamble..]);
    let line = &head[preamble..end];
    let header = [b',', b';', b'\t'].into_iter().filter_map(|delimiter| header_of(line, delimiter)).max_by_key(|h| h.names.len());
    match header {
        // No log, and told of by itself.
        Some(header) if header.lists_digests() => (Framing::Unknown("a list of digests of files".to_owned()), 0),
        Some(header) => (Framing::Csv(Arc::new(header)), end),
        None => (Framing::Unknown("text that is neither JSON nor a table with a header".to_owned()), 0),
    }
}

fn line_end(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1)
}

/// Whether a line ends with a JSON object that something stands in front of, as syslog writes it.
fn has_prefixed_json(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|line| behind_prefix(line.trim()).is_some_and(|json| json.len() < line.trim().len()))
}

/// Names what can be told from its first bytes and is not text in UTF-8.
fn foreign(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF document"),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => Some("a picture"),
        [b'P', b'A', b'R', b'1', ..] => Some("a Parquet file inside more layers than are peeled off"),
        [b'R', b'a', b'r', b'!', ..] => Some("a RAR archive: unpack it and try again"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("an older Office document or an Outlook message: export it as CSV and try again"),
        _ if head.contains(&0) => Some("binary data"),
        _ => None,
    }
}

fn header_of(line: &[u8], delimiter: u8) -> Option<Header> {
    let line = std::str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']);
    let names: Vec<String> = split_row(line, delimiter).into_iter().map(|name| clean_name(&name)).collect();
    let plausible = names.len() >= 2 && names.iter().all(|name| name.len() <= 200) && names.iter().any(|name| !name.is_empty());
    plausible.then(|| Header::new(delimiter, names))
}

fn clean_name(name: &str) -> String {
    let name = name.trim().trim_matches('\u{feff}');
    name.strip_suffix("[UTC]").unwrap_or(name).trim_end().to_owned()
}

/// The cells of one row, unquoted. What stands behind the quotes of a cell belongs to it as it stands.
pub(crate) fn split_row(row: &str, delimiter: u8) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = (!row.is_empty()).then_some(row);
    while let Some(row) = rest {
        let (mut cell, plain) = if row.starts_with('"') { unquote(row) } else { (String::new(), row) };
        let end = memchr::memchr(delimiter, plain.as_bytes());
        cell.push_str(&plain[..end.unwrap_or(plain.len())]);
        cells.push(cell);
        rest = end.map(|end| &plain[end + 1..]);
    }
    cells
}

/// What is inside the quotes of the cell in front, and what follows them.
fn unquote(row: &str) -> (String, &str) {
    let (inside, after) = match end_of_quoted(row.as_bytes()) {
        Some(end) => (&row[1..end - 1], &row[end..]),
        None => (&row[1..], ""),
    };
    let mut cell = String::with_capacity(inside.len());
    let mut start = 0;
    while let Some(quote) = memchr::memchr(b'"', &inside.as_bytes()[start..]) {
        // Two stand for one.
        cell.push_str(&inside[start..=start + quote]);
        start += quote + 2;
    }
    cell.push_str(inside.get(start..).unwrap_or_default());
    (cell, after)
}

/// The lines of a row that are rows of their own: a quote is missing or too many, and what was taken for a line break inside
/// a cell ends a row. `None` for every row that is as it should be, and where no line after the first is a row.
///
/// The first line is what the damage is in, so it counts as cut. Lines are not joined again: a row among them whose cells do
/// hold line breaks comes apart. That keeps the work in proportion to the bytes, whatever they are.
pub(crate) fn rows_run_together(bytes: &[u8], span: Span, header: &Header) -> Option<Vec<Span>> {
    let all = &bytes[span.start..span.end];
    memchr::memchr(b'\n', all)?;
    if is_row_of(all, header) {
        return None;
    }
    let mut rows = Vec::new();
    let mut start = span.start;
    for end in memchr::memchr_iter(b'\n', all).map(|at| span.start + at).chain([span.end]) {
        let state = if rows.is_empty() { SpanState::Cut } else { SpanState::Whole };
        push_row(bytes, start, end, state, &mut rows);
        start = end + 1;
    }
    if let Some(last) = rows.last_mut().filter(|_| span.state == SpanState::Cut) {
        last.state = SpanState::Cut;
    }
    rows.iter().skip(1).any(|row| is_row_of(&bytes[row.start..row.end], header)).then_some(rows)
}

fn is_row_of(row: &[u8], header: &Header) -> bool {
    let row = String::from_utf8_lossy(row);
    is_well_quoted(&row, header.delimiter) && split_row(&row, header.delimiter).len() == header.names.len()
}

/// Whether every quoted cell of a row ends where its quotes do.
fn is_well_quoted(row: &str, delimiter: u8) -> bool {
    let mut rest = Some(row.as_bytes());
    while let Some(cells) = rest {
        rest = if cells.first() == Some(&b'"') {
            let Some(after) = end_of_quoted(cells) else { return false };
            match cells.get(after) {
                Some(byte) if *byte != delimiter => return false,
                found => found.map(|_delimiter| &cells[after + 1..]),
            }
        } else {
            memchr::memchr(delimiter, cells).map(|at| &cells[at + 1..])
        };
    }
    true
}

/// Index behind the quote that closes the cell in front; two quotes stand for one.
fn end_of_quoted(cells: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr(b'"', cells.get(at..)?)? + 1;
        if cells.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

/// Finds the rows of a table: a line break ends a row unless it stands inside a quoted cell.
///
/// Quotes count as for the reader of the cells: only in front of a cell one opens it. So a stray quote in a cell costs
/// nothing, and a missing one costs no more than up to the next quoted cell.
#[derive(Debug)]
pub(super) struct RowScanner {
    delimiter: u8,
    quotes: Quotes,
    start: usize,
}

/// Where the scanner stands with regard to quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Outside,
    Inside,
    /// The cell is closed unless another quote stands at this place.
    Closed(usize),
}

impl RowScanner {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, quotes: Quotes::Outside, start: 0 }
    }

    /// Everything before `dropped` is gone: places move down.
    pub(super) fn rebase(&mut self, dropped: usize) {
        self.start = self.start.saturating_sub(dropped);
        if let Quotes::Closed(unless) = &mut self.quotes {
            *unless = unless.saturating_sub(dropped);
        }
    }

    /// Adds the spans of the rows that end in `bytes[from..]`; returns where the unfinished row begins.
    pub(super) fn scan(&mut self, bytes: &[u8], from: usize, ended: bool, spans: &mut Vec<Span>) -> usize {
        for step in memchr::memchr2_iter(b'"', b'\n', &bytes[from..]) {
            let at = from + step;
            if bytes[at] == b'"' {
                self.quote(bytes, at);
            } else if self.quotes != Quotes::Inside {
                push_row(bytes, self.start, at, SpanState::Whole, spans);
                self.quotes = Quotes::Outside;
                self.start = at + 1;
            }
        }
        if ended {
            let state = if self.quotes == Quotes::Inside { SpanState::Cut } else { SpanState::Whole };
            push_row(bytes, self.start, bytes.len(), state, spans);
            self.start = bytes.len();
        }
        self.start
    }

    fn quote(&mut self, bytes: &[u8], at: usize) {
        self.quotes = match self.quotes {
            Quotes::Inside => Quotes::Closed(at + 1),
            Quotes::Closed(unless) if unless == at => Quotes::Inside,
            Quotes::Closed(_) | Quotes::Outside if self.opens_cell(bytes, at) => Quotes::Inside,
            Quotes::Closed(_) | Quotes::Outside => Quotes::Outside,
        };
    }

    fn opens_cell(&self, bytes: &[u8], at: usize) -> bool {
        at.checked_sub(1).is_none_or(|before| bytes[before] == self.delimiter || bytes[before] == b'\n')
    }
}

/// Adds the span of a row unless it is blank. Blanks at its ends may be empty cells of a table with tabs and stay.
fn push_row(bytes: &[u8], start: usize, end: usize, state: SpanState, spans: &mut Vec<Span>) {
    let row = &bytes[start..end];
    if row.iter().any(|byte| !byte.is_ascii_whitespace()) {
        let end = start + row.strip_suffix(b"\r").unwrap_or(row).len();
        spans.push(Span { start, end, state });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_that_do_not_fit_are_noticed() {
        for row in [r#"a,"b ""c"", d",,"x""#, "", ",", r#"a"b,c"#, "\"a\nb\",c", r#""""""#] {
            assert!(is_well_quoted(row, b','), "{row}");
        }
        for row in [r#"a,"b"#, r#"a,"b"c,d"#, "\"", "\"\",\"\"x", "a,\"b\nc,\"\"d"] {
            assert!(!is_well_quoted(row, b','), "{row}");
        }
    }

    #[test]
    fn cells_are_unquoted() {
        assert_eq!(split_row(r#"a,"b ""c"", d",,"x"#, b','), ["a", r#"b "c", d"#, "", "x"]);
        assert_eq!(split_row("", b','), Vec::<String>::new());
        assert_eq!(split_row("a;b", b';'), ["a", "b"]);
        assert_eq!(split_row(r#""a"b,"c""#, b','), ["ab", "c"]);
    }

    #[test]
    fn cells_are_those_that_other_readers_see() {
        let marks = ["a", "\"", "\"\"", ",", "é"];
        for number in 0..5_usize.pow(6) {
            let row: String = (0..6).map(|place| marks[number / 5_usize.pow(place) % 5]).collect();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
            let other = reader.records().next().expect("a row").expect("text");
            assert_eq!(split_row(&row, b','), other.iter().collect::<Vec<_>>(), "{row}");
        }
    }
}
