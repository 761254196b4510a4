//! Rows below a header, with quotes around cells that hold separators or line breaks.

use std::sync::Arc;

use super::{Framing, Span, SpanState};

/// The header of a table of separated values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Comma, semicolon or tab.
    pub delimiter: u8,
    /// The column names, without blanks, quotes and a `[UTC]` behind them.
    pub names: Vec<String>,
}

impl Header {
    /// Index of the column of that name, in any case.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|column| column.eq_ignore_ascii_case(name))
    }
}

/// What a text that is not JSON is: a table if its first line looks like a header, else unknown with a guess.
pub(super) fn framing_of_text(head: &[u8]) -> (Framing, usize) {
    if let Some(seems) = foreign(head) {
        return (Framing::Unknown(seems.to_owned()), 0);
    }
    // Older PowerShell writes the type of the exported objects above the header.
    let preamble = if head.starts_with(b"#TYPE ") { line_end(head) } else { 0 };
    let end = preamble + line_end(&head[preamble..]);
    let line = &head[preamble..end];
    let header = [b',', b';', b'\t'].into_iter().filter_map(|delimiter| header_of(line, delimiter)).max_by_key(|h| h.names.len());
    match header {
        Some(header) => (Framing::Csv(Arc::new(header)), end),
        None => (Framing::Unknown("text that is neither JSON nor a table with a header".to_owned()), 0),
    }
}

fn line_end(bytes: &[u8]) -> usize {
    memchr::memchr(b'\n', bytes).map_or(bytes.len(), |newline| newline + 1)
}

/// Names what can be told from its first bytes and is not text in UTF-8.
fn foreign(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("text in UTF-16: save it as UTF-8 and try again"),
        [b'{' | b'[', 0, ..] | [0, b'{' | b'[', ..] => Some("text in UTF-16 without a mark: save it as UTF-8 and try again"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF document"),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => Some("a picture"),
        [b'P', b'A', b'R', b'1', ..] => Some("a Parquet file"),
        [b'7', b'z', 0xbc, 0xaf, ..] => Some("a 7z archive: unpack it and try again"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("a zstd file: unpack it and try again"),
        [0xfd, b'7', b'z', b'X', ..] => Some("an xz file: unpack it and try again"),
        [b'B', b'Z', b'h', ..] => Some("a bzip2 file: unpack it and try again"),
        _ if head.contains(&0) => Some("binary data"),
        _ => None,
    }
}

fn header_of(line: &[u8], delimiter: u8) -> Option<Header> {
    let line = std::str::from_utf8(line.trim_ascii_end()).ok()?;
    let names: Vec<String> = split_row(line, delimiter).into_iter().map(|name| clean_name(&name)).collect();
    let plausible = names.len() >= 2 && names.iter().all(|name| name.len() <= 200) && names.iter().any(|name| !name.is_empty());
    plausible.then_some(Header { delimiter, names })
}

fn clean_name(name: &str) -> String {
    let name = name.trim().trim_matches('\u{feff}');
    name.strip_suffix("[UTC]").unwrap_or(name).trim_end().to_owned()
}

/// The cells of one row, unquoted.
pub(crate) fn split_row(row: &str, delimiter: u8) -> Vec<String> {
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let mut output = vec![0; row.len() + 1];
    let mut ends = vec![0; row.bytes().filter(|b| *b == delimiter).count() + 2];
    let (_, read, mut written, mut cells) = reader.read_record(row.as_bytes(), &mut output, &mut ends);
    let (_, _, more, last) = reader.read_record(&row.as_bytes()[read..], &mut output[written..], &mut ends[cells..]);
    let (_, _, tail, closing) = reader.read_record(&[], &mut output[written + more..], &mut ends[cells + last..]);
    written += more + tail;
    cells += last + closing;
    output.truncate(written);
    cells_of(&output, &ends[..cells])
}

fn cells_of(output: &[u8], ends: &[usize]) -> Vec<String> {
    let mut start = 0;
    let mut cells = Vec::with_capacity(ends.len());
    for &end in ends {
        cells.push(String::from_utf8_lossy(output.get(start..end).unwrap_or_default()).into_owned());
        start = end;
    }
    cells
}

/// Finds the rows of a table: a line break ends a row unless it stands inside quotes.
#[derive(Debug)]
pub(super) struct RowScanner {
    in_quotes: bool,
    start: usize,
}

impl RowScanner {
    pub(super) fn new(_delimiter: u8) -> Self {
        Self { in_quotes: false, start: 0 }
    }

    /// Everything before `dropped` is gone: places move down.
    pub(super) fn rebase(&mut self, dropped: usize) {
        self.start = self.start.saturating_sub(dropped);
    }

    /// Adds the spans of the rows that end in `bytes[from..]`; returns where the unfinished row begins.
    pub(super) fn scan(&mut self, bytes: &[u8], from: usize, ended: bool, spans: &mut Vec<Span>) -> usize {
        for step in memchr::memchr2_iter(b'"', b'\n', &bytes[from..]) {
            let at = from + step;
            if bytes[at] == b'"' {
                self.in_quotes = !self.in_quotes;
            } else if !self.in_quotes {
                super::push_trimmed(bytes, self.start, at, SpanState::Whole, spans);
                self.start = at + 1;
            }
        }
        if ended {
            let state = if self.in_quotes { SpanState::Cut } else { SpanState::Whole };
            super::push_trimmed(bytes, self.start, bytes.len(), state, spans);
            self.start = bytes.len();
        }
        self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_unquoted() {
        assert_eq!(split_row(r#"a,"b ""c"", d",,"x"#, b','), ["a", r#"b "c", d"#, "", "x"]);
        assert_eq!(split_row("", b','), Vec::<String>::new());
        assert_eq!(split_row("a;b", b';'), ["a", "b"]);
    }
}
