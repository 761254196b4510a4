//! Lists of published indicators: STIX 2 bundles, MISP events and attributes, and tables with a header.
//!
//! What a list holds is either read or counted as unusable, with its place and reason; nothing is guessed. Times are kept:
//! outside its window an indicator means nothing.

mod misp;
mod pattern;
mod stix;
mod table;
mod value;
mod window;

#[cfg(test)]
mod tests;

use std::io::{self, BufRead, BufReader, Read};

use waxseal_model::{Indicator, Nanos};

use value::Usable;

/// The largest list in JSON, which has to be in memory as a whole. A table is read line by line and may be larger.
pub const MAX_JSON_BYTES: u64 = 32 << 20;

/// The most entries of a list, usable or not.
pub const MAX_ENTRIES: usize = 200_000;

/// The longest row of a table.
const MAX_ROW_BYTES: usize = 1 << 16;

/// The longest name, note or source that is kept whole.
const MAX_TEXT_CHARS: usize = 300;

/// What a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndicatorsRead {
    /// Which of the formats it is: `STIX`, `MISP` or `table`.
    pub format: &'static str,
    /// What records can be compared with, in the list's order.
    pub indicators: Vec<Indicator>,
    /// What cannot be used, in the list's order.
    pub unusable: Vec<UnusableIndicator>,
}

/// An entry of a list that no record is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableIndicator {
    /// Where in the list: line, or path of the object.
    pub place: String,
    /// The entry as written, cut where it is long.
    pub value: String,
    /// Why not, in plain words.
    pub reason: String,
}

/// Why a list cannot be read. One bad entry is no error: it is an [`UnusableIndicator`].
#[derive(Debug, thiserror::Error)]
pub enum IndicatorError {
    /// Whose fault: the environment's.
    #[error("failed to read the indicator list {list}")]
    Io {
        /// The name of the list.
        list: String,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// Whose fault: the input's.
    #[error("failed to read the indicator list {list}: it is larger than {} MiB, the most for a list in JSON; split it, or save it as a CSV", MAX_JSON_BYTES >> 20)]
    TooLarge {
        /// The name of the list.
        list: String,
    },
    /// Whose fault: the input's.
    #[error(
        "failed to read the indicator list {list} at {place}: it has more than {MAX_ENTRIES} entries; keep the ones that matter for these logs, or split it"
    )]
    TooMany {
        /// The name of the list.
        list: String,
        /// The first entry too many.
        place: String,
    },
    /// Whose fault: the input's.
    #[error("failed to read the indicator list {list}, line {line}, column {column}: not valid JSON ({problem}); export it again")]
    Json {
        /// The name of the list.
        list: String,
        /// Line, from one.
        line: usize,
        /// Column, from one.
        column: usize,
        /// What the JSON reader says.
        problem: String,
    },
    /// Whose fault: the input's.
    #[error(
        "failed to read the indicator list {list}: {found}; what can be read is a STIX 2 bundle, a MISP event or list of attributes, or a CSV with a header that names at least `value`"
    )]
    Unknown {
        /// The name of the list.
        list: String,
        /// What it seems to be.
        found: String,
    },
    /// Whose fault: the input's.
    #[error("failed to read the indicator list {list}: it holds no indicator")]
    Empty {
        /// The name of the list.
        list: String,
    },
}

/// Reads a list. `name` is what findings call it.
///
/// # Errors
/// What makes the list as a whole unreadable; see [`IndicatorError`].
pub fn read(name: &str, input: impl Read) -> Result<IndicatorsRead, IndicatorError> {
    let mut input = BufReader::new(input);
    let mut out = Collector { list: name.to_owned(), read: IndicatorsRead::default() };
    let head = skip_mark(&mut input).map_err(|source| out.io(source))?;
    match head {
        Some(b'{' | b'[') => read_json(input, &mut out)?,
        Some(0xff | 0xfe) => return Err(out.unknown("it is text in UTF-16: save it as UTF-8 and try again")),
        Some(0) => return Err(out.unknown("it is binary data")),
        Some(0x1f) => return Err(out.unknown("it is compressed: unpack it and try again")),
        Some(_) => table::read(input, &mut out)?,
        None => return Err(IndicatorError::Empty { list: out.list }),
    }
    if out.read.indicators.is_empty() && out.read.unusable.is_empty() {
        return Err(IndicatorError::Empty { list: out.list });
    }
    Ok(out.read)
}

/// Skips the mark of UTF-8 and white space; gives the first byte of the text.
fn skip_mark(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    let mut first = true;
    loop {
        let head = input.fill_buf()?;
        if head.is_empty() {
            return Ok(None);
        }
        // A buffer is never filled with fewer bytes than the mark has, except by a reader that trickles.
        let skip = if first && head.starts_with(b"\xef\xbb\xbf") { 3 } else { head.iter().take_while(|b| b.is_ascii_whitespace()).count() };
        first = false;
        if skip == 0 {
            return Ok(head.first().copied());
        }
        input.consume(skip);
    }
}

fn read_json(input: impl Read, out: &mut Collector) -> Result<(), IndicatorError> {
    let mut bytes = Vec::new();
    input.take(MAX_JSON_BYTES + 1).read_to_end(&mut bytes).map_err(|source| out.io(source))?;
    if bytes.len() as u64 > MAX_JSON_BYTES {
        return Err(IndicatorError::TooLarge { list: out.list.clone() });
    }
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| IndicatorError::Json {
        list: out.list.clone(),
        line: error.line(),
        column: error.column(),
        problem: problem_of(&error),
    })?;
    drop(bytes);
    if let Some(objects) = stix::objects_of(&value) {
        out.read.format = "STIX";
        return stix::read(objects, out);
    }
    if misp::is_one(&value) {
        out.read.format = "MISP";
        return misp::read(&value, out);
    }
    Err(out.unknown("it is JSON of another kind"))
}

/// What the JSON reader says, without the place, which is said beside it.
fn problem_of(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |at| text[..at].to_owned())
}

/// An entry as a list gives it.
#[derive(Debug, Clone, Default)]
struct Entry {
    place: String,
    /// The list's word for the kind; guessed from the value's form where it says none.
    kind: Option<String>,
    value: String,
    from: Option<Nanos>,
    to: Option<Nanos>,
    context_only: bool,
    source: Option<String>,
    name: Option<String>,
    note: Option<String>,
}

/// Where entries go.
#[derive(Debug)]
struct Collector {
    list: String,
    read: IndicatorsRead,
}

impl Collector {
    /// Takes an entry, as one or more indicators or as unusable.
    fn add(&mut self, entry: &Entry) -> Result<(), IndicatorError> {
        for usable in value::understand(entry.kind.as_deref(), &entry.value) {
            self.add_understood(entry, usable)?;
        }
        Ok(())
    }

    /// Takes one part of an entry whose value has been understood, or has not.
    fn add_understood(&mut self, entry: &Entry, usable: Result<Usable, String>) -> Result<(), IndicatorError> {
        let usable = match usable {
            Ok(usable) => usable,
            Err(reason) => return self.unusable(&entry.place, &entry.value, reason),
        };
        if let (Some(from), Some(to)) = (entry.from, entry.to)
            && to <= from
        {
            return self.unusable(&entry.place, &entry.value, format!("its window ends at {to}, before it begins at {from}"));
        }
        self.room(&entry.place)?;
        self.read.indicators.push(Indicator {
            kind: usable.kind,
            value: usable.value,
            bounds: usable.bounds,
            from: entry.from,
            to: entry.to,
            context_only: entry.context_only,
            list: self.list.clone(),
            place: entry.place.clone(),
            source: kept(entry.source.as_deref()),
            name: kept(entry.name.as_deref()),
            note: kept(entry.note.as_deref()),
        });
        Ok(())
    }

    /// Counts an entry as unusable.
    fn unusable(&mut self, place: &str, value: &str, reason: impl Into<String>) -> Result<(), IndicatorError> {
        self.room(place)?;
        self.read.unusable.push(UnusableIndicator { place: place.to_owned(), value: cut(value), reason: reason.into() });
        Ok(())
    }

    fn room(&self, place: &str) -> Result<(), IndicatorError> {
        if self.read.indicators.len() + self.read.unusable.len() < MAX_ENTRIES {
            return Ok(());
        }
        Err(IndicatorError::TooMany { list: self.list.clone(), place: place.to_owned() })
    }

    fn io(&self, source: io::Error) -> IndicatorError {
        IndicatorError::Io { list: self.list.clone(), source }
    }

    fn unknown(&self, found: &str) -> IndicatorError {
        IndicatorError::Unknown { list: self.list.clone(), found: found.to_owned() }
    }
}

/// A text in one line without blanks around it, or nothing.
fn kept(text: Option<&str>) -> Option<String> {
    let text = text?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| cut(&text))
}

/// A text that is not longer than what is shown of one; a sign says where it was cut.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
