//! Tables with a header, read row by row.

use std::collections::VecDeque;
use std::io::{BufRead, Read as _};

use crate::frame::{Header, Span, SpanState, rows_run_together, split_row};

use super::{Collector, Entry, IndicatorError, MAX_ROW_BYTES, window};

/// A header that has been understood.
#[derive(Debug)]
struct Columns {
    header: Header,
    places: Places,
}

/// Where the columns stand.
#[derive(Debug, Default)]
struct Places {
    value: Option<usize>,
    /// What the name of the value's column says of its kind.
    implied: Option<&'static str>,
    kind: Option<usize>,
    from: Option<usize>,
    last_seen: Option<usize>,
    until: Option<usize>,
    context: Option<usize>,
    to_ids: Option<usize>,
    source: Option<usize>,
    name: Option<usize>,
    note: Option<usize>,
}

/// A row of the text, which may go over several lines.
enum Row {
    /// Not blank, and no remark.
    Cells(String),
    /// Blank, or a remark that begins with `#`.
    Nothing,
    /// Why it cannot be read.
    Bad(&'static str),
}

/// Reads the rows below the header.
pub(super) fn read(input: impl BufRead, out: &mut Collector) -> Result<(), IndicatorError> {
    out.read.format = "table";
    let mut rows = Rows { input, line: 0, header: None, waiting: VecDeque::new(), begun: Vec::new() };
    let columns = loop {
        match rows.next().map_err(|source| out.io(source))? {
            None => return Err(IndicatorError::Empty { list: out.list.clone() }),
            Some((_, Row::Nothing)) => {}
            Some((_, Row::Bad(problem))) => return Err(out.unknown(&format!("its first line is no header: {problem}"))),
            Some((_, Row::Cells(row))) => break Columns::of(&row).map_err(|found| out.unknown(&found))?,
        }
    };
    rows.header = Some(columns.header.clone());
    while let Some((line, row)) = rows.next().map_err(|source| out.io(source))? {
        let place = format!("line {line}");
        match row {
            Row::Nothing => {}
            Row::Bad(problem) => out.unusable(&place, "", problem)?,
            Row::Cells(row) => columns.add(&row, place, out)?,
        }
    }
    Ok(())
}

struct Rows<R> {
    input: R,
    /// How many lines were taken.
    line: usize,
    header: Option<Header>,
    /// Lines that were taken for one row because of a quote too many, each a row of its own.
    waiting: VecDeque<(usize, Vec<u8>)>,
    /// The beginning of a line that was taken with them.
    begun: Vec<u8>,
}

impl<R: BufRead> Rows<R> {
    /// The next row and the line it begins on.
    fn next(&mut self) -> std::io::Result<Option<(usize, Row)>> {
        if let Some((line, bytes)) = self.waiting.pop_front() {
            return Ok(Some((line, row_of(bytes))));
        }
        let mut bytes = std::mem::take(&mut self.begun);
        let first_line = self.line + 1;
        loop {
            let room = (MAX_ROW_BYTES + 1).saturating_sub(bytes.len()) as u64;
            let read = self.input.by_ref().take(room).read_until(b'\n', &mut bytes)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            if bytes.len() > MAX_ROW_BYTES {
                return self.too_long(bytes, first_line);
            }
            self.line += 1;
            if read == 0 || !bytes.ends_with(b"\n") || !self.goes_on(&bytes) {
                return Ok(Some(self.one_or_more(bytes, first_line)));
            }
        }
    }

    /// Whether a quoted cell goes on behind the line break. A header is one line.
    fn goes_on(&self, bytes: &[u8]) -> bool {
        self.header.as_ref().is_some_and(|header| ends_in_quotes(bytes, header.delimiter))
    }

    /// A row, unless a quote too many or too few has run several together: then the first of them.
    fn one_or_more(&mut self, bytes: Vec<u8>, first_line: usize) -> (usize, Row) {
        let end = bytes.strip_suffix(b"\n").unwrap_or(&bytes).len();
        let span = Span { start: 0, end, state: SpanState::Whole };
        let Some(header) = self.header.as_ref().filter(|_| rows_may_be_lost(&bytes[..end])) else { return (first_line, row_of(bytes)) };
        if rows_run_together(&bytes, span, header).is_none() {
            return (first_line, row_of(bytes));
        }
        self.waiting = bytes[..end].split(|b| *b == b'\n').enumerate().map(|(n, line)| (first_line + n, line.to_vec())).collect();
        let (line, first) = self.waiting.pop_front().unwrap_or_default();
        (line, row_of(first))
    }

    /// What is too long for a row: one long line, or lines behind a quote that nothing closes, each a row of its own.
    fn too_long(&mut self, bytes: Vec<u8>, first_line: usize) -> std::io::Result<Option<(usize, Row)>> {
        let Some(last) = memchr::memrchr(b'\n', &bytes) else {
            skip_line(&mut self.input)?;
            self.line += 1;
            return Ok(Some((first_line, Row::Bad("the row is longer than 64 KiB"))));
        };
        self.waiting = bytes[..last].split(|b| *b == b'\n').enumerate().map(|(n, line)| (first_line + n, line.to_vec())).collect();
        self.line = first_line + self.waiting.len() - 1;
        self.begun = bytes[last + 1..].to_vec();
        Ok(self.waiting.pop_front().map(|(line, first)| (line, row_of(first))))
    }
}

/// Whether there is a line break inside the row.
fn rows_may_be_lost(row: &[u8]) -> bool {
    memchr::memchr(b'\n', row).is_some()
}

/// Whether the last cell is in quotes that are not closed. Quotes count in front of a cell only, as for the reader of cells.
fn ends_in_quotes(row: &[u8], delimiter: u8) -> bool {
    let mut rest = Some(row);
    while let Some(cells) = rest {
        let mut at = 0;
        if cells.first() == Some(&b'"') {
            at = 1;
            loop {
                let Some(quote) = memchr::memchr(b'"', &cells[at..]) else { return true };
                at += quote + 1;
                if cells.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
        }
        rest = memchr::memchr(delimiter, &cells[at..]).map(|next| &cells[at + next + 1..]);
    }
    false
}

fn row_of(bytes: Vec<u8>) -> Row {
    let Ok(text) = String::from_utf8(bytes) else { return Row::Bad("the row is not text in UTF-8") };
    let row = text.trim_end_matches(['\r', '\n']);
    if row.trim().is_empty() || row.trim_start().starts_with('#') {
        return Row::Nothing;
    }
    Row::Cells(row.to_owned())
}

/// Skips to the end of a line without keeping it.
fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (skip, ended) = match memchr::memchr(b'\n', buffer) {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(skip);
        if ended {
            return Ok(());
        }
    }
}

impl Columns {
    /// The columns that a header names, or what is wrong with it.
    fn of(row: &str) -> Result<Self, String> {
        let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| (split_row(row, *d).len(), *d == b',')).unwrap_or(b',');
        let names = split_row(row, delimiter);
        let mut places = Places::default();
        for (index, name) in names.iter().enumerate() {
            places.take(index, name);
        }
        if places.value.is_none() {
            let shown = super::cut(&names.join(", "));
            return Err(format!("its first line names no column `value`, but {shown:?}"));
        }
        Ok(Self { header: Header::new(delimiter, names), places })
    }

    fn add(&self, row: &str, place: String, out: &mut Collector) -> Result<(), IndicatorError> {
        let places = &self.places;
        let cells = split_row(row, self.header.delimiter);
        let cell = |index: Option<usize>| index.and_then(|index| cells.get(index)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        let value = cell(places.value).unwrap_or_default();
        let dates = || {
            let last = cell(places.last_seen).map(window::last_seen).transpose()?.flatten();
            let until = cell(places.until).map(window::until).transpose()?.flatten();
            Ok::<_, String>((cell(places.from).map(window::from).transpose()?.flatten(), last.into_iter().chain(until).min()))
        };
        let (from, to) = match dates() {
            Ok(dates) => dates,
            Err(reason) => return out.unusable(&place, value, reason),
        };
        let context_only = match (yes_or_no(cell(places.context), false), yes_or_no(cell(places.to_ids), true)) {
            (Some(context), Some(to_ids)) => context || !to_ids,
            _ => return out.unusable(&place, value, "whether it is context only must be yes or no"),
        };
        out.add(&Entry {
            place,
            kind: cell(places.kind).or(places.implied).map(str::to_owned),
            value: value.to_owned(),
            from,
            to,
            context_only,
            source: cell(places.source).map(str::to_owned),
            name: cell(places.name).map(str::to_owned),
            note: cell(places.note).map(str::to_owned),
        })
    }
}

impl Places {
    /// Takes a column by its name; the first of a meaning counts.
    fn take(&mut self, index: usize, name: &str) {
        let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let slot = match plain.as_str() {
            "value" | "indicator" | "ioc" | "indicatorvalue" | "iocvalue" | "observable" => return self.take_value(index, None),
            "ip" | "ipaddress" | "address" => return self.take_value(index, Some("address")),
            "domain" | "hostname" => return self.take_value(index, Some("domain")),
            "kind" | "type" | "indicatortype" | "ioctype" => &mut self.kind,
            "from" | "firstseen" | "validfrom" | "start" | "startdate" => &mut self.from,
            "to" | "lastseen" | "end" | "enddate" => &mut self.last_seen,
            "validuntil" | "validto" | "expires" | "expiration" | "expirationdate" => &mut self.until,
            "contextonly" | "context" => &mut self.context,
            "toids" => &mut self.to_ids,
            "source" | "reference" | "publisher" | "provider" => &mut self.source,
            "name" | "campaign" | "actor" | "threat" | "title" | "event" => &mut self.name,
            "note" | "notes" | "comment" | "description" => &mut self.note,
            _ => return,
        };
        slot.get_or_insert(index);
    }

    /// A column called `value` goes before one that is named after a kind.
    fn take_value(&mut self, index: usize, implied: Option<&'static str>) {
        if self.value.is_none() || (implied.is_none() && self.implied.is_some()) {
            self.value = Some(index);
            self.implied = implied;
        }
    }
}

fn yes_or_no(cell: Option<&str>, otherwise: bool) -> Option<bool> {
    match cell.map(str::to_ascii_lowercase).as_deref() {
        None => Some(otherwise),
        Some("yes" | "true" | "1" | "y") => Some(true),
        Some("no" | "false" | "0" | "n") => Some(false),
        Some(_) => None,
    }
}
