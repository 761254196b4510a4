//! Reads a stream from beginning to end, as a case does, and keeps an account of every byte.

use std::io::{Cursor, Read, Seek};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int64Type, TimestampNanosecondType};
use arrow_array::{ArrayRef, RecordBatch};
use serde_json::Value;
use waxseal_read::{
    Addresses, ChunkRead, Container, Context, EventKey, FileContext, Framer, Framing, Member, RejectedRecord, SpanState, Survey,
    TenantRule, read_chunk, survey,
};

static ADDRESSES: LazyLock<Arc<Addresses>> = LazyLock::new(|| Arc::new(Addresses::bundled().expect("the tables come with the crate")));

/// What became of one stream.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) survey: Survey,
    /// The stream without compression.
    pub(crate) text: Vec<u8>,
    /// Where records lie in `text`.
    pub(crate) spans: Vec<(Range<usize>, SpanState)>,
    /// Records too large to read.
    pub(crate) oversize: Vec<Range<usize>>,
    pub(crate) reads: Vec<ChunkRead>,
    pub(crate) unterminated: bool,
}

/// What may differ between two ways of reading the same stream is not in here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Value>,
    pub(crate) keys: Vec<EventKey>,
    pub(crate) rejected: Vec<RejectedRecord>,
    pub(crate) spans: Vec<(Range<usize>, SpanState)>,
    pub(crate) oversize: Vec<Range<usize>>,
    pub(crate) unterminated: bool,
}

/// Reads a file of one stream.
pub(crate) fn read(bytes: &[u8]) -> Account {
    read_text(text_of(bytes))
}

/// Reads a file of one stream through a reader put around it.
pub(crate) fn read_with<R: Read>(bytes: &[u8], wrap: impl Fn(Cursor<Vec<u8>>) -> R) -> Account {
    account(text_of(bytes), &wrap, None)
}

/// Reads a stream from which everything is peeled off.
pub(crate) fn read_text(text: Vec<u8>) -> Account {
    account(text, &|input| input, None)
}

/// The same for a stream that comes in two pieces, the first of so many bytes, and is cut into blocks of that size.
pub(crate) fn read_text_in_blocks(text: Vec<u8>, size: usize) -> Account {
    let pieces = |input: Cursor<Vec<u8>>| {
        let (one, two) = input.get_ref().split_at(size.min(input.get_ref().len()));
        Cursor::new(one.to_vec()).chain(Cursor::new(two.to_vec()))
    };
    account(text, &pieces, Some(size))
}

/// The only stream of a file.
pub(crate) fn text_of(bytes: &[u8]) -> Vec<u8> {
    let mut container = Container::open(Cursor::new(bytes), &memory).expect("the container is whole");
    let [member] = container.members() else { panic!("the file holds one stream") };
    let member = member.clone();
    peeled(&mut container, &member)
}

/// A place to unpack into.
pub(crate) fn memory() -> std::io::Result<Box<dyn waxseal_read::Scratch>> {
    Ok(Box::new(Cursor::new(Vec::new())))
}

fn peeled<S: Read + Seek>(container: &mut Container<S>, member: &Member) -> Vec<u8> {
    let mut text = Vec::new();
    container.read(member).expect("the member is whole").input.read_to_end(&mut text).expect("the member is whole");
    text
}

fn account<R: Read>(text: Vec<u8>, wrap: &impl Fn(Cursor<Vec<u8>>) -> R, block: Option<usize>) -> Account {
    let stream = || wrap(Cursor::new(text.clone()));
    let survey = survey(stream(), None, &ADDRESSES).expect("memory does not fail");
    let framer = Framer::open(stream()).expect("memory does not fail");
    let mut framer = match block {
        Some(bytes) => framer.in_blocks_of(bytes),
        None => framer,
    };
    assert_eq!(framer.framing(), &survey.framing, "the survey and the reading see the same framing");
    let file = file_context(&survey);
    let (mut spans, mut oversize, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(chunk) = framer.next_chunk().expect("memory does not fail") {
        assert_eq!(chunk.seq, reads.len() as u64, "chunks are counted");
        let base = usize::try_from(chunk.offset).expect("small");
        assert_eq!(chunk.bytes, text[base..base + chunk.bytes.len()], "the place is the chunk's");
        spans.extend(chunk.spans.iter().map(|span| (base + span.start..base + span.end, span.state)));
        oversize.extend(chunk.oversize.iter().map(|(place, size)| {
            let place = usize::try_from(*place).expect("small");
            place..place + usize::try_from(*size).expect("small")
        }));
        reads.push(read_chunk(&chunk, &file).expect("the batch follows the schema"));
    }
    Account { survey, text, spans, oversize, reads, unterminated: framer.unterminated() }
}

fn file_context(survey: &Survey) -> FileContext {
    FileContext {
        framing: survey.framing.clone(),
        context: Context { date_order: survey.date_order, class: None },
        tenants: TenantRule { domains: Arc::default(), given: None, unknown: Arc::new(|| "unknown-00000000".to_owned()) },
        addresses: Arc::clone(&ADDRESSES),
    }
}

impl Account {
    /// The events as JSON, without what is missing; `raw` and `offset` are checked against the text.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.event_lines();
        lines.iter().map(|line| serde_json::from_str(line).expect("just written")).collect()
    }

    /// The events as lines of JSON in the order of the columns, without `evidence_id`, which only a case knows.
    pub(crate) fn event_lines(&self) -> Vec<String> {
        self.reads.iter().flat_map(|read| json_lines(&read.batch)).collect()
    }

    /// The events in the form in which they are kept as accepted: without `raw`, which is the file itself.
    pub(crate) fn accepted_lines(&self) -> Vec<String> {
        self.reads.iter().flat_map(|read| json_lines(&without(&read.batch, "raw"))).collect()
    }

    pub(crate) fn keys(&self) -> Vec<EventKey> {
        self.reads.iter().flat_map(|read| read.keys.iter().copied()).collect()
    }

    pub(crate) fn rejected(&self) -> Vec<RejectedRecord> {
        self.reads.iter().flat_map(|read| read.rejected.iter().cloned()).collect()
    }

    pub(crate) fn outcome(&self) -> Outcome {
        Outcome {
            events: self.events(),
            keys: self.keys(),
            rejected: self.rejected(),
            spans: self.spans.clone(),
            oversize: self.oversize.clone(),
            unterminated: self.unterminated,
        }
    }

    /// Every span became an event or a reject, and events stand where they say.
    pub(crate) fn check(&self) {
        let places: Vec<(usize, &str)> = self.reads.iter().flat_map(|read| places(&read.batch)).collect();
        let mut accounted: Vec<usize> = places.iter().map(|(at, _)| *at).collect();
        accounted.extend(self.rejected().iter().map(|reject| usize::try_from(reject.offset).expect("small")));
        accounted.sort_unstable();
        let mut empty = 0;
        for (span, _) in &self.spans {
            let found = accounted.get(accounted.partition_point(|at| *at < span.start)).is_some_and(|at| *at < span.end);
            let record = &self.text[span.clone()];
            let is_empty = || serde_json::from_str(&String::from_utf8_lossy(record)).is_ok_and(|page| is_empty_page(&page));
            assert!(found || is_empty(), "nothing became of {:?}", String::from_utf8_lossy(record));
            empty += u64::from(!found);
        }
        let told: u64 = self.reads.iter().map(|read| read.counts.empty).sum();
        assert_eq!(empty, told, "pages without a record are counted");
        for (at, raw) in places {
            let there = &self.text[at..];
            let same = there.starts_with(raw.as_bytes()) || String::from_utf8_lossy(there).starts_with(raw) || {
                let (older, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(there);
                older.starts_with(raw)
            };
            assert!(same || self.holds(at, raw), "raw is what stands at the place, or inside of it: {raw}");
        }
    }

    /// Whether the record around a place holds another one, as a value or as text with whatever marks around its quotes.
    fn holds(&self, at: usize, inner: &str) -> bool {
        let Some((span, _)) = self.spans.iter().find(|(span, _)| span.contains(&at)) else { return false };
        let around = &self.text[at..span.end];
        let (older, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(around);
        let bare = |text: &str| text.replace(|c: char| matches!(c, '"' | '\\') || c.is_whitespace(), "");
        let holds =
            |around: &str| bare(around).contains(&bare(inner)) || serde_json::from_str(inner).is_ok_and(|inner| holds_text(around, &inner));
        holds(&String::from_utf8_lossy(around)) || holds(&older)
    }

    /// Nothing but white space, brackets and commas lies outside the records; where an object is around them, its members do.
    pub(crate) fn check_gaps(&self) {
        let first = self.spans.first().map_or(self.text.len(), |(span, _)| span.start);
        for gap in self.gaps() {
            let bytes = &self.text[gap.clone()];
            let holds_nothing = match &self.survey.framing {
                Framing::Unknown(_) => true,
                // The header.
                Framing::Csv(_) if gap.end <= first => true,
                Framing::Empty | Framing::Lines | Framing::Prefixed | Framing::Csv(_) => is_blank(bytes, b""),
                Framing::Values(None) => is_blank(bytes, b",[]"),
                Framing::Values(Some(_)) | Framing::Tables => is_blank(&without_strings(bytes), b",[]{}:0123456789+-.eEtrufalsn"),
            };
            assert!(holds_nothing, "in no record: {:?}", String::from_utf8_lossy(bytes));
        }
    }

    /// What lies in no span and is no record too large to read.
    pub(crate) fn gaps(&self) -> Vec<Range<usize>> {
        let mut taken: Vec<Range<usize>> = self.spans.iter().map(|(span, _)| span.clone()).chain(self.oversize.iter().cloned()).collect();
        taken.sort_by_key(|range| range.start);
        let (mut gaps, mut at) = (Vec::new(), 0);
        for range in taken {
            assert!(range.start >= at, "ranges do not overlap");
            gaps.push(at..range.start);
            at = range.end;
        }
        gaps.push(at..self.text.len());
        gaps.retain(|gap| !gap.is_empty());
        gaps
    }
}

fn holds_text(text: &str, inner: &Value) -> bool {
    let start = text.find(['{', '[']).unwrap_or(0);
    serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>().map_while(Result::ok).any(|value| holds_value(&value, inner))
}

fn holds_value(value: &Value, inner: &Value) -> bool {
    value == inner
        || match value {
            Value::Array(list) => list.iter().any(|value| holds_value(value, inner)),
            Value::Object(members) => members.values().any(|value| holds_value(value, inner)),
            Value::String(text) => holds_text(text, inner),
            _ => false,
        }
}

fn is_blank(bytes: &[u8], marks: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, 0xef | 0xbb | 0xbf) || marks.contains(byte))
}

/// What is left of JSON without the strings in it. A string ends with its line.
fn without_strings(bytes: &[u8]) -> Vec<u8> {
    let (mut left, mut inside, mut escaped) = (Vec::new(), false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'\n' => inside = false,
            byte if !inside => left.push(*byte),
            _ => {}
        }
    }
    left
}

/// Place and raw text of every event.
fn places(batch: &RecordBatch) -> Vec<(usize, &str)> {
    let column = |name| batch.column_by_name(name).expect("a column of the schema");
    let offsets = column("offset").as_primitive::<Int64Type>().values().iter();
    let raw = column("raw").as_string::<i32>().iter();
    offsets.zip(raw).map(|(at, raw)| (usize::try_from(*at).expect("an offset"), raw.expect("raw is text"))).collect()
}

/// An object around records, without any.
fn is_empty_page(page: &Value) -> bool {
    let Some(members) = page.as_object() else { return false };
    // Google leaves the list out where nothing is in it.
    let is_page = page["kind"].as_str().is_some_and(|kind| kind.ends_with("reports#activities"));
    let without_list = is_page && members.values().all(|value| !value.is_array() && !value.is_object());
    without_list
        || ["value", "records", "Records", "items", "activities", "events"]
            .iter()
            .any(|name| page[name].as_array().is_some_and(|inside| inside.iter().all(is_empty_page)))
}

fn json_lines(batch: &RecordBatch) -> Vec<String> {
    let mut writer = arrow_json::LineDelimitedWriter::new(Vec::new());
    writer.write(&without(batch, "evidence_id")).expect("memory does not fail");
    writer.finish().expect("memory does not fail");
    let text = String::from_utf8(writer.into_inner()).expect("JSON is UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// The batch without a column, its times with a numeric zone: `UTC` by name is more than the writer of JSON knows.
fn without(batch: &RecordBatch, column: &str) -> RecordBatch {
    let schema = batch.schema();
    let named = schema.fields().iter().zip(batch.columns()).filter(|(field, _)| field.name() != column);
    let shown = named.map(|(field, values)| match values.as_primitive_opt::<TimestampNanosecondType>() {
        Some(times) => (field.name(), Arc::new(times.clone().with_timezone("+00:00")) as ArrayRef),
        None => (field.name(), Arc::clone(values)),
    });
    RecordBatch::try_from_iter(shown).expect("columns of one length")
}
