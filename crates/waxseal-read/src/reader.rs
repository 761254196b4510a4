//! From a chunk of records to a batch of events, with an account of everything that is in the chunk.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use std::sync::Arc;

use arrow_array::RecordBatch;
use serde_json_borrow::Value;
use sha2::{Digest as _, Sha256};
use waxseal_model::{LogClass, Nanos};

use crate::address::{self, Addresses};
use crate::canonical::{BodyDigest, Canonical};
use crate::event::{Event, EventColumns};
use crate::foreign;
use crate::format::{Context, EventSink, Record, Reject, Row};
use crate::formats::FORMATS;
use crate::frame::{
    Chunk, Framing, Header, Span, SpanState, TableStart, cells_of, elements_of, rows_run_together, split_row, tables_of,
    values_side_by_side,
};
use crate::known::Unknown;
use crate::layers::{self, Inner, Layer};
use crate::recover::complete_json;
use crate::tenant::{TenantRule, Told};
use crate::value::{MAX_VALUES, has_too_many_values, int, short};
use crate::wrapper::behind_prefix;

/// What is known of the file that chunks come from.
#[derive(Debug, Clone)]
pub struct FileContext {
    /// How its records follow each other.
    pub framing: Framing,
    /// What formats may know.
    pub context: Context,
    /// Whose records these are where they do not say.
    pub tenants: TenantRule,
    /// What is known of addresses.
    pub addresses: Arc<Addresses>,
}

/// What tells an event from another, and one copy of it from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKey {
    /// First sixteen bytes of the sha256 over tenant and id.
    pub key: [u8; 16],
    /// Digest of the body.
    pub body: BodyDigest,
    /// The record had no id of the provider: copies of it cannot be told from repetitions, so none is dropped.
    pub without_id: bool,
    /// Size of the canonical body: of two bodies under one id, the larger is the fuller.
    pub size: u32,
}

/// A record that could not be read, or, where there are very many in a chunk, several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRecord {
    /// How many: 1, or all that could not be read from the first to the last of these bytes.
    pub records: u64,
    /// Byte in the stream where it starts.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Why.
    pub reason: String,
    /// sha256 of its bytes; empty where they were not held.
    pub digest: String,
}

/// Counts over the records of a chunk.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Events read from damaged records.
    pub truncated: u64,
    /// Events without a time.
    pub undated: u64,
    /// Events whose tenant was inferred.
    pub inferred: u64,
    /// Events whose tenant nothing tells.
    pub nameless: u64,
    /// Those of them that are settings.
    pub nameless_settings: u64,
    /// Records that are not UTF-8 and were taken for Windows-1252.
    pub windows_1252: u64,
    /// Cells of exactly as many letters as spreadsheets leave of a longer one.
    pub cut_cells: u64,
    /// Pages and lists without a record in them.
    pub empty: u64,
    /// The most records that a search says in its rows to have found.
    pub found: u64,
    /// Earliest time.
    pub first: Option<Nanos>,
    /// Latest time.
    pub last: Option<Nanos>,
}

/// Everything that was in a chunk.
#[derive(Debug)]
pub struct ChunkRead {
    /// The chunk's number.
    pub seq: u64,
    /// Bytes of the chunk, with those that were passed over.
    pub bytes: u64,
    /// The events, in the order of the records. Their `evidence_id` is empty: a stream may be read before its digest is
    /// known, so the caller fills it in.
    pub batch: RecordBatch,
    /// One for each event.
    pub keys: Vec<EventKey>,
    /// For each event, the index into `parts`.
    pub part_of: Vec<u32>,
    /// Tenants and classes that occur.
    pub parts: Vec<(String, LogClass)>,
    /// Records that could not be read.
    pub rejected: Vec<RejectedRecord>,
    /// Counts.
    pub counts: Counts,
    /// Events by format, as indices into [`FORMATS`].
    pub formats: BTreeMap<usize, u64>,
    /// What was peeled off around records, by the name of its member or column, with how often.
    pub layers: BTreeMap<&'static str, u64>,
    /// Domains of accounts and mailboxes, with the tenant that the records name beside them.
    pub domains: BTreeMap<String, String>,
    /// Operations that no list knows.
    pub unknown_operations: Unknown,
    /// Members and columns that no list knows.
    pub unknown_members: Unknown,
}

/// Reads the records of a chunk. Pure: the same chunk and context give the same result.
///
/// # Errors
/// The batch could not be built: a mistake of ours.
pub fn read_chunk(chunk: &Chunk, file: &FileContext) -> Result<ChunkRead, arrow_schema::ArrowError> {
    let mut reader = ChunkReader::new(file, chunk.bytes.len());
    for (offset, bytes) in &chunk.oversize {
        let reason = format!("larger than {} MiB", crate::frame::MAX_RECORD >> 20);
        reader.rejected.push(RejectedRecord { records: 1, offset: *offset, bytes: *bytes, reason, digest: String::new() });
    }
    for span in &chunk.spans {
        reader.table = chunk.header_at(span.start).cloned();
        reader.record(&chunk.bytes, chunk.offset, *span);
    }
    reader.finish(chunk)
}

struct ChunkReader<'f> {
    file: &'f FileContext,
    columns: EventColumns,
    canonical: Canonical,
    keys: Vec<EventKey>,
    part_of: Vec<u32>,
    parts: Vec<(String, LogClass)>,
    rejected: Vec<RejectedRecord>,
    counts: Counts,
    formats: BTreeMap<usize, u64>,
    layers: BTreeMap<&'static str, u64>,
    domains: BTreeMap<String, String>,
    unknown_operations: Unknown,
    unknown_members: Unknown,
    addresses: HashMap<String, Option<Located>>,
    /// Bytes of raw text that are held more than once, because their records have several events.
    repeated: usize,
    /// The record at hand is damaged, or was completed because it ends too early.
    damaged: bool,
    /// The header of the table that it is a row of.
    table: Option<Arc<Header>>,
}

/// What is known of one address.
#[derive(Debug, Clone)]
struct Located {
    canonical: String,
    port: Option<u16>,
    facts: address::Facts,
}

/// The record at hand.
#[derive(Clone, Copy)]
struct Place<'a> {
    offset: u64,
    raw: &'a str,
    damaged: bool,
    format: usize,
    /// An event was taken from it already.
    again: bool,
    /// The text of the record itself, where it is one of several inside `raw`.
    own: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn new(offset: u64, raw: &'a str, damaged: bool) -> Self {
        Self { offset, raw, damaged, format: 0, again: false, own: None }
    }

    /// What is kept of the record.
    fn kept(&self) -> &'a str {
        self.own.unwrap_or(self.raw)
    }
}

/// So many bytes of raw text a chunk may hold a further time for further events of a record: far more than any export needs,
/// and far less than Arrow's limit for a column. Without it, one record of many events would fill the memory.
const MAX_REPEATED: usize = 256 << 20;

/// So many records of a chunk that cannot be read are listed one by one; what is told of one takes many times the bytes of the
/// smallest of them.
const LISTED: usize = 10_000;

/// Behind the reason for several records that have different ones.
const AND_OTHERS: &str = "; and other reasons";

/// Members of an object inside a wrapper that hold the list of records.
const LISTS: [&str; 4] = ["records", "Records", "value", "items"];

/// Envelopes inside envelopes are opened this deep.
const MAX_ENVELOPES: usize = 3;

/// So many wrappers around a record are peeled off.
const MAX_LAYERS: usize = 4;

impl<'f> ChunkReader<'f> {
    fn new(file: &'f FileContext, bytes: usize) -> Self {
        Self {
            file,
            columns: EventColumns::new(bytes),
            canonical: Canonical::default(),
            keys: Vec::new(),
            part_of: Vec::new(),
            parts: Vec::new(),
            rejected: Vec::new(),
            counts: Counts::default(),
            formats: BTreeMap::new(),
            layers: BTreeMap::new(),
            domains: BTreeMap::new(),
            unknown_operations: Unknown::default(),
            unknown_members: Unknown::default(),
            addresses: HashMap::new(),
            repeated: 0,
            damaged: false,
            table: None,
        }
    }

    /// Events and rejects so far.
    fn told(&self) -> usize {
        self.keys.len() + self.rejected.len()
    }

    fn record(&mut self, bytes: &[u8], base: u64, span: Span) {
        if let Framing::Csv(header) = &self.file.framing
            && let Some(rows) = rows_run_together(bytes, span, header)
        {
            rows.into_iter().for_each(|row| self.one_record(bytes, base, row));
        } else {
            self.one_record(bytes, base, span);
        }
    }

    fn one_record(&mut self, bytes: &[u8], base: u64, span: Span) {
        let slice = &bytes[span.start..span.end];
        let offset = base + span.start as u64;
        let told = self.told();
        self.damaged = false;
        let cut = span.state == SpanState::Cut;
        let read = match (&self.file.framing, span.state) {
            (_, SpanState::Stray) => Err(stray()),
            (Framing::Csv(_) | Framing::Prefixed, _) => self.line(slice, offset, cut),
            (Framing::Tables, _) => self.in_tables(slice, offset, cut, 0),
            _ => self.json(slice, offset, cut, 0),
        };
        match read {
            Err(Reject(reason)) => self.reject(offset, slice, reason),
            Ok(()) if self.told() > told => {}
            // What was cut off may have been the records.
            Ok(()) if self.damaged => self.reject(offset, slice, "damaged, and what is left of it holds no record".to_owned()),
            Ok(()) => self.counts.empty += 1,
        }
    }

    fn reject(&mut self, offset: u64, bytes: &[u8], reason: String) {
        let size = bytes.len() as u64;
        if self.rejected.len() < LISTED {
            let digest = hex::encode(Sha256::digest(bytes));
            self.rejected.push(RejectedRecord { records: 1, offset, bytes: size, reason, digest });
        } else if let Some(last) = self.rejected.last_mut() {
            let end = offset.saturating_add(size).max(last.offset.saturating_add(last.bytes));
            last.bytes = end.saturating_sub(last.offset);
            last.records = last.records.saturating_add(1);
            last.digest = String::new();
            if last.reason != reason && !last.reason.ends_with(AND_OTHERS) {
                last.reason.push_str(AND_OTHERS);
            }
        }
    }

    /// A row of a table, or a line of syslog.
    fn line(&mut self, bytes: &[u8], offset: u64, cut: bool) -> Result<(), Reject> {
        let (text, decoded) = text_of(bytes);
        self.count_decoded(decoded);
        let damaged = cut || decoded == Decoded::Damaged;
        self.damaged |= damaged;
        match self.file.framing {
            Framing::Csv(_) => self.row(&text, offset, damaged),
            _ => self.prefixed(&text, offset, damaged),
        }
    }

    fn count_decoded(&mut self, decoded: Decoded) {
        self.counts.windows_1252 += u64::from(decoded == Decoded::Windows1252);
    }

    /// A line of syslog; its header is no part of the record, but of what is kept of it.
    fn prefixed(&mut self, line: &str, offset: u64, damaged: bool) -> Result<(), Reject> {
        let unclaimed = || Reject("a line that does not end with a JSON object".to_owned());
        let json = behind_prefix(line).ok_or_else(unclaimed)?;
        let value: Value<'_> = serde_json::from_str(json).map_err(|error| not_json(&error))?;
        self.inner(&value, Some(json), Place::new(offset, line, damaged), 0)
    }

    /// Offers a record to the formats: first what is inside its wrapper, then the record itself.
    fn offered(&mut self, record: Record<'_>, place: Place<'_>, depth: usize) -> Result<(), Reject> {
        if depth < MAX_LAYERS
            && let Some(layer) = layers::peel(&record).filter(|layer| !layer.is_content_of(&record))
        {
            let name = layer.name;
            let inside = match self.layer(layer, place, depth + 1) {
                Ok(()) => {
                    *self.layers.entry(name).or_default() += 1;
                    return Ok(());
                }
                Err(reject) => reject,
            };
            // What is inside says best what it is that nobody claims, unless what is outside has a name.
            return self.claimed(record, place).map_err(|outside| if is_unknown(&outside) { inside } else { outside });
        }
        self.claimed(record, place)
    }

    fn layer(&mut self, layer: Layer<'_>, place: Place<'_>, depth: usize) -> Result<(), Reject> {
        let text = match layer.inner {
            Inner::Value(value) => return self.inner(value, None, place, depth),
            Inner::Text(text) => text,
        };
        let bytes = text.as_bytes();
        if let Err(reject) = too_many_values(bytes) {
            let spans = pieces_of(bytes).filter(|_| depth < MAX_LAYERS).ok_or(reject)?;
            return self.pieces(&text, &spans, place, depth);
        }
        match serde_json::from_str::<Value<'_>>(&text) {
            Ok(value) => self.inner(&value, Some(&text), place, depth),
            Err(error) => match values_side_by_side(bytes).filter(|_| depth < MAX_LAYERS) {
                Some(spans) => self.pieces(&text, &spans, place, depth),
                None => self.damaged_text(&text, place, &error),
            },
        }
    }

    /// Values that stand in a text inside a record, each with its own text.
    fn pieces(&mut self, text: &str, spans: &[Span], place: Place<'_>, depth: usize) -> Result<(), Reject> {
        self.each(spans.len(), place, |reader, at, place| {
            let own = spans.get(at).and_then(|span| text.get(span.start..span.end)).ok_or_else(stray)?;
            too_many_values(own.as_bytes())?;
            match serde_json::from_str::<Value<'_>>(own) {
                Ok(value) => reader.inner(&value, Some(own), Place { own: Some(own), ..place }, depth + 1),
                Err(error) => reader.damaged_text(own, place, &error),
            }
        })
    }

    /// A record inside another that was cut where it was taken in.
    fn damaged_text(&mut self, text: &str, place: Place<'_>, error: &serde_json::Error) -> Result<(), Reject> {
        let whole = complete_json(text).ok_or_else(|| not_json(error))?;
        self.damaged = true;
        let value = serde_json::from_str::<Value<'_>>(&whole).map_err(|_unreachable| not_json(error))?;
        self.claimed(Record::Json(&value), Place { damaged: true, ..place })
    }

    /// Reads each of several records that stand inside one. Those that cannot be read are told of together: the place is that of all.
    fn each(
        &mut self,
        count: usize,
        place: Place<'_>,
        mut read: impl FnMut(&mut Self, usize, Place<'_>) -> Result<(), Reject>,
    ) -> Result<(), Reject> {
        let before = self.keys.len();
        let (mut failed, mut first) = (0_usize, None);
        for at in 0..count {
            let again = place.again || self.keys.len() > before;
            if let Err(reject) = read(self, at, Place { again, ..place }) {
                failed += 1;
                first.get_or_insert(reject);
            }
        }
        let Some(Reject(reason)) = first else { return Ok(()) };
        let reason = if count == 1 { reason } else { format!("{failed} of the {count} records inside: {reason}") };
        if self.keys.len() == before {
            return Err(Reject(reason));
        }
        self.reject(place.offset, place.raw.as_bytes(), reason);
        Ok(())
    }

    /// A record inside another, or the list of several; with its text, where it stood there as a text.
    fn inner(&mut self, value: &Value<'_>, text: Option<&str>, place: Place<'_>, depth: usize) -> Result<(), Reject> {
        let list = match value {
            Value::Array(list) => list.as_slice(),
            Value::Object(object) => {
                let unclaimed = match self.offered(Record::Json(value), place, depth) {
                    Ok(()) => return Ok(()),
                    Err(reject) => reject,
                };
                let list = LISTS.iter().find_map(|name| object.get(name)?.as_array());
                list.filter(|list| list.iter().any(Value::is_object)).ok_or(unclaimed)?
            }
            _ => return Err(Reject("a JSON value that is not an object".to_owned())),
        };
        if depth >= MAX_LAYERS || list.is_empty() {
            return Err(Reject("a list without records".to_owned()));
        }
        let spans = text.filter(|_| list.len() > 1).and_then(|text| pieces_of(text.as_bytes()));
        if let (Some(text), Some(spans)) = (text, spans.filter(|spans| spans.len() == list.len())) {
            return self.pieces(text, &spans, place, depth);
        }
        self.each(list.len(), place, |reader, at, place| {
            let element = list.get(at).ok_or_else(stray)?;
            let own = (list.len() > 1).then(|| element.to_string());
            reader.inner(element, None, Place { own: own.as_deref().or(place.own), ..place }, depth + 1)
        })
    }

    fn row(&mut self, text: &str, offset: u64, damaged: bool) -> Result<(), Reject> {
        let Framing::Csv(header) = &self.file.framing else { return Ok(()) };
        self.cells(header, &split_row(text, header.delimiter), text, offset, damaged)
    }

    /// What the list of a table holds: its rows, and whatever else may stand there.
    fn in_tables(&mut self, bytes: &[u8], offset: u64, cut: bool, depth: usize) -> Result<(), Reject> {
        if bytes.first() != Some(&b'[') {
            let read = self.json(bytes, offset, cut, depth);
            return read.map_err(|reject| if is_error(bytes) { Reject(FAILED_IN_PART.to_owned()) } else { reject });
        }
        too_many_values(bytes)?;
        let (text, decoded) = text_of(bytes);
        self.count_decoded(decoded);
        let header = self.table.clone().ok_or_else(|| Reject("a row of a table that does not name its columns before it".to_owned()))?;
        let (cells, is_short) =
            cells_of(&text).ok_or_else(|| Reject("a row that is no list of values, or is cut in its first".to_owned()))?;
        let damaged = cut || is_short || decoded == Decoded::Damaged;
        self.damaged |= damaged;
        self.cells(&header, &cells, &text, offset, damaged)
    }

    fn cells(&mut self, header: &Header, cells: &[String], text: &str, offset: u64, damaged: bool) -> Result<(), Reject> {
        if cells.len() != header.names.len() {
            let found = format!("{} cells below a header of {}", cells.len(), header.names.len());
            if !damaged || cells.len() > header.names.len() {
                return Err(Reject(format!("the row has {found}")));
            }
        }
        self.counts.cut_cells += cells.iter().filter(|cell| is_cut_cell(cell)).count() as u64;
        let found = header.found.and_then(|column| cells.get(column)?.trim().parse().ok());
        self.counts.found = self.counts.found.max(found.unwrap_or(0));
        self.offered(Record::Row(Row { header, cells }), Place::new(offset, text, damaged), 0)
    }

    /// A JSON value: a record, or an object around several. The places of these are those of the bytes, not of the text made of them.
    fn json(&mut self, bytes: &[u8], offset: u64, cut: bool, depth: usize) -> Result<(), Reject> {
        let (text, decoded) = text_of(bytes);
        let damaged = cut || decoded == Decoded::Damaged;
        self.damaged |= damaged;
        let read = match too_many_values(bytes) {
            Ok(()) => self.json_text(&text, Place::new(offset, &text, damaged)),
            Err(reject) => Err(Unread::Unclaimed(reject)),
        };
        if let Err(Unread::Unclaimed(_)) = &read
            && depth < MAX_ENVELOPES
            && let Some((spans, tables)) = tables_of(bytes)
        {
            self.rows_of(bytes, offset, &spans, tables, depth + 1);
            return Ok(());
        }
        let inside = match &read {
            Err(Unread::Unclaimed(_)) => elements_of(bytes),
            Err(Unread::Damaged(_)) => values_side_by_side(bytes),
            _ => None,
        };
        match (inside.filter(|_| depth < MAX_ENVELOPES), read) {
            (Some(spans), _) => self.values(bytes, offset, &spans, depth + 1),
            (None, Err(Unread::Damaged(error))) => {
                self.count_decoded(decoded);
                return self.damaged_json(&text, offset, &error);
            }
            (None, read) => {
                self.count_decoded(decoded);
                return read.map_err(Unread::reject);
            }
        }
        Ok(())
    }

    /// The values inside of one, or those that stand side by side in its place.
    fn values(&mut self, bytes: &[u8], offset: u64, spans: &[Span], depth: usize) {
        for span in spans {
            self.value(bytes, offset, *span, |reader, slice, place, cut| reader.json(slice, place, cut, depth));
        }
    }

    /// The rows of the tables inside of one.
    fn rows_of(&mut self, bytes: &[u8], offset: u64, spans: &[Span], tables: Vec<TableStart>, depth: usize) {
        let mut tables = tables.into_iter().peekable();
        for span in spans {
            while let Some((_, header)) = tables.next_if(|(from, _)| *from <= span.start) {
                self.table = header;
            }
            self.value(bytes, offset, *span, |reader, slice, place, cut| reader.in_tables(slice, place, cut, depth));
        }
    }

    fn value(&mut self, bytes: &[u8], offset: u64, span: Span, read: impl FnOnce(&mut Self, &[u8], u64, bool) -> Result<(), Reject>) {
        let slice = &bytes[span.start..span.end];
        let place = offset + span.start as u64;
        let read = match span.state {
            SpanState::Stray => Err(stray()),
            state => read(self, slice, place, state == SpanState::Cut),
        };
        if let Err(Reject(reason)) = read {
            self.reject(place, slice, reason);
        }
    }

    fn json_text(&mut self, text: &str, place: Place<'_>) -> Result<(), Unread> {
        match serde_json::from_str::<Value<'_>>(text) {
            Ok(value @ Value::Object(_)) => self.object(&value, place).map_err(Unread::Unclaimed),
            Ok(_) => Err(Unread::Other(Reject("a JSON value that is not an object".to_owned()))),
            Err(error) => Err(Unread::Damaged(error)),
        }
    }

    fn damaged_json(&mut self, text: &str, offset: u64, error: &serde_json::Error) -> Result<(), Reject> {
        let reason = || not_json(error);
        let whole = complete_json(text).ok_or_else(reason)?;
        self.damaged = true;
        let value = serde_json::from_str::<Value<'_>>(&whole).map_err(|_unreachable| reason())?;
        self.offered(Record::Json(&value), Place::new(offset, text, true), 0).map_err(|_unclaimed| reason())
    }

    fn object(&mut self, value: &Value<'_>, place: Place<'_>) -> Result<(), Reject> {
        if let Some(wrapper) = value.as_object().filter(|object| object.len() <= LARGEST_WRAPPER) {
            let found = wrapper.get("ResultCount").and_then(int).and_then(|count| u64::try_from(count).ok());
            self.counts.found = self.counts.found.max(found.unwrap_or(0));
        }
        self.offered(Record::Json(value), place, 0)
    }

    fn claimed(&mut self, record: Record<'_>, place: Place<'_>) -> Result<(), Reject> {
        let Some(format) = FORMATS.iter().position(|format| format.claims(&record)) else {
            return Err(Reject(match foreign::name_of(&record) {
                Some(log) => format!("{log}, which is not read here"),
                None => format!("{UNKNOWN}{}", shape_of(&record)),
            }));
        };
        match &record {
            Record::Json(value) => self.count_members(value),
            Record::Row(row) => row.header.unknown.iter().for_each(|name| self.unknown_members.member(name)),
        }
        let context = self.file.context;
        let mut sink = Sink { reader: self, place: Place { format, ..place }, record, body: None, is_first: !place.again, refused: false };
        let read = FORMATS[format].read(&record, &context, &mut sink);
        // Formats that give one event a record do not ask whether it was taken.
        if sink.refused && read.is_ok() {
            return Err(Reject("the text of the records around it would not fit in memory again".to_owned()));
        }
        read
    }

    fn count_members(&mut self, value: &Value<'_>) {
        for (name, _) in value.as_object().into_iter().flat_map(|object| object.iter()) {
            self.unknown_members.member(name);
        }
    }

    fn finish(mut self, chunk: &Chunk) -> Result<ChunkRead, arrow_schema::ArrowError> {
        Ok(ChunkRead {
            seq: chunk.seq,
            bytes: (chunk.bytes.len() as u64).saturating_add(chunk.passed),
            batch: self.columns.finish()?,
            keys: self.keys,
            part_of: self.part_of,
            parts: self.parts,
            rejected: self.rejected,
            counts: self.counts,
            formats: self.formats,
            layers: self.layers,
            domains: self.domains,
            unknown_operations: self.unknown_operations,
            unknown_members: self.unknown_members,
        })
    }

    fn part(&mut self, tenant: &str, class: LogClass) -> u32 {
        let found = self.parts.iter().position(|(t, c)| *c == class && t == tenant);
        let index = found.unwrap_or_else(|| {
            self.parts.push((tenant.to_owned(), class));
            self.parts.len() - 1
        });
        // Chunks hold far fewer than four thousand million parts.
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn locate(&mut self, text: &str) -> Option<Located> {
        if let Some(known) = self.addresses.get(text) {
            return known.clone();
        }
        let located = address::split_from_words(text).map(|(ip, port)| Located {
            canonical: ip.to_string(),
            port,
            facts: self.file.addresses.facts(ip),
        });
        self.addresses.insert(text.to_owned(), located.clone());
        located
    }
}

/// Why a text was not read.
enum Unread {
    /// No format claims the object, but records may be inside.
    Unclaimed(Reject),
    /// It is not JSON, or more than one value.
    Damaged(serde_json::Error),
    Other(Reject),
}

impl Unread {
    fn reject(self) -> Reject {
        match self {
            Self::Unclaimed(reject) | Self::Other(reject) => reject,
            Self::Damaged(error) => not_json(&error),
        }
    }
}

/// What Log Analytics writes beside the tables where it could not give all of an answer.
const FAILED_IN_PART: &str = "the query answered with an error: its rows may not be all there are";

fn is_error(text: &[u8]) -> bool {
    let value = serde_json::from_slice::<Value<'_>>(text);
    value.is_ok_and(|value| value.as_object().is_some_and(|object| object.get("code").is_some() && object.get("message").is_some()))
}

/// Where the elements of a list lie in a text, or the values that stand side by side in it.
fn pieces_of(text: &[u8]) -> Option<Vec<Span>> {
    elements_of(text).or_else(|| values_side_by_side(text))
}

fn not_json(error: &serde_json::Error) -> Reject {
    Reject(format!("not JSON: {error}"))
}

/// Tells records that would take far more memory than they have bytes. Only a large one can have so many values.
pub(crate) fn too_many_values(text: &[u8]) -> Result<(), Reject> {
    if has_too_many_values(text) { Err(Reject(format!("more than {MAX_VALUES} values in one record"))) } else { Ok(()) }
}

fn stray() -> Reject {
    Reject("text between records that belongs to none".to_owned())
}

/// How bytes became text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decoded {
    Utf8,
    /// As older Windows programs write it: a guess, since any bytes are text in it.
    Windows1252,
    /// UTF-8 with other bytes in it, which became U+FFFD.
    Damaged,
}

/// A record as text. Bytes that are not UTF-8 are damage where other letters in the record are, else the letters of an older encoding.
fn text_of(bytes: &[u8]) -> (Cow<'_, str>, Decoded) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), Decoded::Utf8);
    }
    let lossy = String::from_utf8_lossy(bytes);
    // Five of its bytes stand for nothing, and the last for a letter that hardly any word has: those are damage too.
    let is_none = |byte: &u8| matches!(byte, 0 | 0x81 | 0x8d | 0x8f | 0x90 | 0x9d | 0xff);
    if lossy.chars().any(|c| !c.is_ascii() && c != char::REPLACEMENT_CHARACTER) || bytes.iter().any(is_none) {
        return (lossy, Decoded::Damaged);
    }
    (encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0, Decoded::Windows1252)
}

/// The members that PowerShell puts around a record are fewer; larger objects are not asked.
const LARGEST_WRAPPER: usize = 16;

/// Spreadsheets keep so many letters of a cell.
const LONGEST_CELL: usize = 32_767;

fn is_cut_cell(cell: &str) -> bool {
    cell.len() >= LONGEST_CELL && cell.chars().count() == LONGEST_CELL
}

/// The beginning of the reason why a record is rejected that nobody knows.
const UNKNOWN: &str = "unknown shape: ";

fn is_unknown(reject: &Reject) -> bool {
    reject.0.starts_with(UNKNOWN)
}

/// The first names in a record, for telling what it might be.
fn shape_of(record: &Record<'_>) -> String {
    let names: Vec<&str> = match record {
        Record::Json(value) => value.as_object().map(|o| o.keys().take(6).map(short).collect()).unwrap_or_default(),
        Record::Row(row) => row.header.names.iter().take(6).map(|name| short(name)).collect(),
    };
    if names.is_empty() { "no members".to_owned() } else { names.join(", ") }
}

/// Takes the events of one record.
struct Sink<'r, 'f, 'p> {
    reader: &'r mut ChunkReader<'f>,
    place: Place<'p>,
    record: Record<'p>,
    /// The digest of the next event's body, where the format has said what that is.
    body: Option<BodyDigest>,
    /// No event was taken from the record yet.
    is_first: bool,
    /// An event was not taken.
    refused: bool,
}

impl EventSink for Sink<'_, '_, '_> {
    fn body(&mut self, body: &Value<'_>) {
        // The members of the record itself are counted where it is claimed.
        if !matches!(self.record, Record::Json(record) if std::ptr::eq(record, body)) {
            self.reader.count_members(body);
        }
        self.body = Some(self.reader.canonical.digest(body));
    }

    fn push(&mut self, event: Event<'_>) -> bool {
        if !std::mem::take(&mut self.is_first) {
            let repeated = self.reader.repeated + self.place.kept().len();
            if repeated > MAX_REPEATED {
                self.refused = true;
                return false;
            }
            self.reader.repeated = repeated;
        }
        let canonical = &mut self.reader.canonical;
        let body = self.body.take().unwrap_or_else(|| match &self.record {
            Record::Json(value) => canonical.digest(value),
            Record::Row(row) => canonical.digest_row(row.header.names.iter().zip(row.cells)),
        });
        let mut event = placed(event, &self.place);
        self.add_tenant(&mut event);
        self.add_address(&mut event);
        let without_id = event.id.is_none();
        if without_id {
            event.id = Some(format!("sha256:{}", self.reader.canonical.sha256()).into());
        }
        let class = event.log_class.as_deref().and_then(LogClass::from_word).unwrap_or(LogClass::UalOther);
        event.log_class = Some(class.as_str().into());
        let reader = &mut *self.reader;
        if let Some(operation) = &event.operation {
            reader.unknown_operations.operation(operation, class);
        }
        let part = reader.part(event.tenant.as_deref().unwrap_or_default(), class);
        reader.part_of.push(part);
        let size = reader.canonical.size();
        reader.keys.push(EventKey { key: key_of(&event), body, without_id, size });
        reader.count(&event, self.place.format);
        reader.columns.append(&event);
        true
    }
}

/// The event with where it stood.
fn placed<'a>(event: Event<'a>, place: &Place<'a>) -> Event<'a> {
    Event {
        truncated: Some(event.truncated == Some(true) || place.damaged),
        evidence_id: Some(Cow::Borrowed("")),
        offset: i64::try_from(place.offset).ok(),
        raw: Some(Cow::Borrowed(place.kept())),
        ..event
    }
}

impl Sink<'_, '_, '_> {
    fn add_tenant(&mut self, event: &mut Event<'_>) {
        if let Some(tenant) = &event.tenant {
            self.reader.learn_domain(event, tenant);
            return;
        }
        // A trace and settings say whose they are by a domain; sender and recipient may each be anybody.
        let class = event.log_class.as_deref().and_then(LogClass::from_word);
        let says_whose = matches!(class, Some(LogClass::Trace | LogClass::ConfigMailboxAudit));
        let organisation = property(event, "Organization").filter(|_| says_whose).map(|own| format!("@{own}"));
        let addresses = [organisation.as_deref(), event.mailbox.as_deref(), event.actor.as_deref()];
        let (tenant, told) = self.reader.file.tenants.tenant_of(addresses.into_iter().flatten());
        let counts = &mut self.reader.counts;
        match told {
            Told::Inferred => counts.inferred += 1,
            Told::Unknown => {
                counts.nameless += 1;
                counts.nameless_settings += u64::from(class.is_some_and(|class| !class.is_log()));
            }
        }
        event.tenant = Some(Cow::Owned(tenant));
    }

    fn add_address(&mut self, event: &mut Event<'_>) {
        let Some(located) = event.client_ip.as_deref().and_then(|text| self.reader.locate(text)) else {
            // Such as `<null>`: no two events share it.
            event.client_ip = None;
            return;
        };
        // Exchange sees the address of Microsoft's own front end for REST, never that of the client.
        let by_kind = event.client_protocol.as_deref() == Some("rest");
        event.ip_class = Some(if by_kind { "provider" } else { located.facts.class }.into());
        event.country = located.facts.country.map(|c| Cow::Owned(c.to_string()));
        event.asn = located.facts.asn.map(i64::from);
        event.client_port = located.port.map(i64::from);
        event.client_ip = Some(Cow::Owned(located.canonical));
    }
}

impl ChunkReader<'_> {
    /// Remembers which tenant the domain of a member's address belongs to.
    fn learn_domain(&mut self, event: &Event<'_>, tenant: &str) {
        let signs_in_at_home =
            event.actor_kind.as_deref() == Some("user") && event.log_class.as_deref().is_some_and(|c| c.starts_with("signin."));
        let is_member = matches!(event.user_type, Some(0 | 2)) || signs_in_at_home;
        let member = event.actor.as_deref().filter(|_| is_member);
        // The recipient of a message may be anybody's.
        let mailbox = event.mailbox.as_deref().filter(|_| event.log_class.as_deref() != Some(LogClass::Trace.as_str()));
        let domains = [mailbox, member].into_iter().flatten().filter_map(|address| Some(address.rsplit_once('@')?.1));
        // Exchange calls the organisation by its first domain, and so do settings.
        let organisation = property(event, "OrganizationName").map(str::to_ascii_lowercase);
        let organisation = organisation.as_deref().filter(|name| name.contains('.') && !name.contains(char::is_whitespace));
        for domain in domains.chain(organisation) {
            if !self.domains.contains_key(domain) {
                self.domains.insert(domain.to_owned(), tenant.to_owned());
            }
        }
    }

    fn count(&mut self, event: &Event<'_>, format: usize) {
        *self.formats.entry(format).or_default() += 1;
        let counts = &mut self.counts;
        counts.truncated += u64::from(event.truncated == Some(true));
        // Settings have no time, and lack none.
        let is_log = event.log_class.as_deref().and_then(LogClass::from_word).is_none_or(LogClass::is_log);
        counts.undated += u64::from(event.time.is_none() && is_log);
        counts.first = counts.first.into_iter().chain(event.time).min();
        counts.last = counts.last.into_iter().chain(event.time).max();
    }
}

fn property<'e>(event: &'e Event<'_>, name: &str) -> Option<&'e str> {
    event.properties.iter().find(|property| property.name == name)?.new.as_deref()
}

fn key_of(event: &Event<'_>) -> [u8; 16] {
    let (tenant, id) = (event.tenant.as_deref().unwrap_or_default(), event.id.as_deref().unwrap_or_default());
    event_key(tenant, id, event.log_class.as_deref(), event.operation.as_deref())
}

/// What stands for an event in [`EventKey::key`]: its tenant, the log it stands in and its id.
///
/// An id is unique in its log only. The unified audit log and Entra may have a sign-in under the same id, and Google gives
/// activities of one request the same qualifier, so there the operation counts too. What has the digest of its body for an
/// id needs no more.
#[must_use]
pub fn event_key(tenant: &str, id: &str, log_class: Option<&str>, operation: Option<&str>) -> [u8; 16] {
    // Of a record that was cut before it says what it is, only its wrapper is left: those are the unified audit log's.
    let log = log_class.and_then(|class| class.split('.').next()).unwrap_or("ual");
    let mut hasher = Sha256::new();
    hasher.update(tenant);
    hasher.update([0]);
    hasher.update(id);
    if !id.starts_with("sha256:") {
        hasher.update([0]);
        hasher.update(log);
        if log == "gws" {
            hasher.update([0]);
            hasher.update(operation.unwrap_or_default());
        }
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize()[..16]);
    key
}

#[cfg(test)]
mod tests {
    use super::event_key;

    #[test]
    fn an_id_is_unique_in_its_log_only() {
        let key = |class, operation| event_key("tenant", "id", class, operation);
        assert_eq!(key(Some("ual.sts"), Some("UserLoggedIn")), key(None, None), "a cut copy is still a copy");
        assert_ne!(key(Some("ual.sts"), None), key(Some("signin.interactive"), None));
        assert_eq!(key(Some("signin.interactive"), None), key(Some("signin.noninteractive"), None));
        assert_ne!(key(Some("gws.login"), Some("login_success")), key(Some("gws.login"), Some("login_verification")));
        let digest = |class| event_key("tenant", "sha256:00#1", class, None);
        assert_eq!(digest(Some("ual.sts")), digest(Some("signin.interactive")));
    }
}
