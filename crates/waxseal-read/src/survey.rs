//! A first look at the head of a file: what it is, how it writes dates, whose it is.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use serde_json_borrow::Value;
use waxseal_model::{DateOrder, Nanos, local_date_numbers};

use crate::address::Addresses;
use crate::format::{Context, Format, Record, Row};
use crate::formats::FORMATS;
use crate::frame::{Chunk, Framer, Framing, Header, Span, cells_of, split_row};
use crate::known::Unknown;
use crate::reader::{ChunkRead, FileContext, read_chunk, too_many_values};
use crate::tenant::TenantRule;
use crate::value::short;

/// How much of a file is looked at.
const SAMPLE: usize = 1 << 20;

/// So many names of members or columns are told.
const FIELDS: usize = 200;

/// What the head of a file tells.
#[derive(Debug, Clone)]
pub struct Survey {
    /// How its records follow each other.
    pub framing: Framing,
    /// Formats recognised, as indices into [`FORMATS`], with the number of records.
    pub formats: BTreeMap<usize, u64>,
    /// What was peeled off around records, by the name of its member or column.
    pub layers: Vec<&'static str>,
    /// The order of day and month, where dates leave it open and something settles it.
    pub date_order: Option<DateOrder>,
    /// How dates are understood, in words.
    pub date_rule: &'static str,
    /// The records name their tenant.
    pub names_tenant: bool,
    /// The tenant, where the records name one and no other.
    pub only_tenant: Option<String>,
    /// Domains and their tenants.
    pub domains: BTreeMap<String, String>,
    /// Names of members or columns of the first record.
    pub fields: Vec<String>,
    /// Operations that no list knows.
    pub unknown_operations: Unknown,
    /// Members and columns that no list knows.
    pub unknown_members: Unknown,
    /// Events read from damaged records; of the head, as all counts here.
    pub truncated: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Events without a time.
    pub undated: u64,
    /// Why nothing was recognised, where nothing was.
    pub first_reject: Option<String>,
}

impl Survey {
    /// The same without the names that only people read: a plan of a hundred thousand members must not hold them all.
    #[must_use]
    pub fn without_names(mut self) -> Self {
        self.fields = Vec::new();
        self.domains = BTreeMap::new();
        self.unknown_operations = Unknown::default();
        self.unknown_members = Unknown::default();
        self.framing = match self.framing {
            Framing::Csv(_) => Framing::Values(Some("csv".to_owned())),
            other => other,
        };
        self
    }
}

/// Looks at the head of a stream.
///
/// # Errors
/// The stream's own.
pub fn survey(input: impl Read, given_order: Option<DateOrder>, addresses: &Arc<Addresses>) -> io::Result<Survey> {
    let mut framer = Framer::open(input)?.in_blocks_of(SAMPLE);
    let framing = framer.framing().clone();
    let mut dates = Dates::default();
    let mut fields = Vec::new();
    let mut seen = None;
    if let Some(chunk) = framer.next_chunk()? {
        for span in &chunk.spans {
            look_at(&chunk, *span, &framing, &mut dates, &mut fields);
        }
        let file = FileContext {
            framing: framing.clone(),
            context: Context::default(),
            tenants: TenantRule { domains: Arc::default(), given: None, unknown: Arc::new(String::new) },
            addresses: Arc::clone(addresses),
        };
        seen = Some(read_chunk(&chunk, &file).map_err(io::Error::other)?);
    }
    look_further(&mut framer, &mut dates, given_order);
    let (date_order, date_rule) = dates.settle(given_order);
    Ok(Survey {
        framing,
        date_order,
        date_rule,
        fields,
        formats: seen.as_ref().map(|s| s.formats.clone()).unwrap_or_default(),
        layers: seen.as_ref().map(|s| s.layers.keys().copied().collect()).unwrap_or_default(),
        names_tenant: seen.as_ref().is_some_and(|seen| named_tenants(seen).next().is_some()),
        only_tenant: seen.as_ref().and_then(only_tenant),
        unknown_operations: seen.as_ref().map(|s| s.unknown_operations.clone()).unwrap_or_default(),
        unknown_members: seen.as_ref().map(|s| s.unknown_members.clone()).unwrap_or_default(),
        truncated: seen.as_ref().map_or(0, |s| s.counts.truncated),
        rejected: seen.as_ref().map_or(0, |s| s.rejected.iter().map(|reject| reject.records).sum()),
        undated: seen.as_ref().map_or(0, |s| s.counts.undated),
        first_reject: seen.as_ref().and_then(|s| s.rejected.first().map(|r| r.reason.clone())),
        domains: seen.map(|s| s.domains).unwrap_or_default(),
    })
}

fn named_tenants(seen: &ChunkRead) -> impl Iterator<Item = &str> {
    seen.parts.iter().map(|(tenant, _)| tenant.as_str()).filter(|tenant| !tenant.is_empty())
}

fn only_tenant(seen: &ChunkRead) -> Option<String> {
    let first = named_tenants(seen).next()?;
    named_tenants(seen).all(|tenant| tenant == first).then(|| first.to_owned())
}

/// Where the head leaves the order of day and month open, the rest of the stream may tell it. Where that breaks off, the reading
/// of it will say so.
fn look_further(framer: &mut Framer<impl Read>, dates: &mut Dates, given: Option<DateOrder>) {
    let framing = framer.framing().clone();
    while dates.is_open(given)
        && let Ok(Some(chunk)) = framer.next_chunk()
    {
        for span in &chunk.spans {
            look_at(&chunk, *span, &framing, dates, &mut Vec::new());
        }
    }
}

fn look_at(chunk: &Chunk, span: Span, framing: &Framing, dates: &mut Dates, fields: &mut Vec<String>) {
    let text = &*String::from_utf8_lossy(&chunk.bytes[span.start..span.end]);
    if let Framing::Csv(header) = framing {
        look_at_row(header, &split_row(text, header.delimiter), dates, fields);
    } else if let Some(header) = chunk.header_at(span.start)
        && too_many_values(text.as_bytes()).is_ok()
        && let Some((cells, _)) = cells_of(text)
    {
        look_at_row(header, &cells, dates, fields);
    } else if too_many_values(text.as_bytes()).is_ok()
        && let Ok(value) = serde_json::from_str::<Value<'_>>(text)
    {
        if fields.is_empty() {
            fields.extend(value.as_object().into_iter().flat_map(|object| object.keys().take(FIELDS).map(|name| short(name).to_owned())));
        }
        dates.look_at(&Record::Json(&value));
    }
}

fn look_at_row(header: &Header, cells: &[String], dates: &mut Dates, fields: &mut Vec<String>) {
    if fields.is_empty() {
        fields.extend(header.names.iter().take(FIELDS).map(|name| short(name).to_owned()));
    }
    dates.look_at(&Record::Row(Row { header, cells }));
}

/// Evidence on the order of day and month.
#[derive(Debug, Default)]
struct Dates {
    local: bool,
    /// Records whose body gives the same instant as one of the orders and not as the other.
    agree: [u64; 2],
    /// A first or second number above 12.
    above: [bool; 2],
}

impl Dates {
    fn look_at(&mut self, record: &Record<'_>) {
        let Some((text, truth)) = local_date(record) else { return };
        let Some((first, second)) = local_date_numbers(&text) else { return };
        self.local = true;
        self.above[0] |= second > 12;
        self.above[1] |= first > 12;
        if let Some(truth) = truth {
            let gives = |order| Nanos::parse_local(&text, order).is_some_and(|t| t.day() == truth.day());
            let (month_first, day_first) = (gives(DateOrder::MonthFirst), gives(DateOrder::DayFirst));
            self.agree[0] += u64::from(month_first && !day_first);
            self.agree[1] += u64::from(day_first && !month_first);
        }
    }

    /// Whether there are dates, and nothing tells how they are meant.
    fn is_open(&self, given: Option<DateOrder>) -> bool {
        self.local && self.settle(given).0.is_none()
    }

    fn settle(&self, given: Option<DateOrder>) -> (Option<DateOrder>, &'static str) {
        if !self.local {
            return (given, "UTC");
        }
        match (given, self.agree.map(|records| records > 0), self.above) {
            (Some(DateOrder::MonthFirst), ..) => (given, "month first, as given; UTC"),
            (Some(DateOrder::DayFirst), ..) => (given, "day first, as given; UTC"),
            (None, [true, false], _) => (Some(DateOrder::MonthFirst), "month first, agrees with the records; UTC"),
            (None, [false, true], _) => (Some(DateOrder::DayFirst), "day first, agrees with the records; UTC"),
            (None, _, [true, false]) => (Some(DateOrder::MonthFirst), "month first, by its values; UTC"),
            (None, _, [false, true]) => (Some(DateOrder::DayFirst), "day first, by its values; UTC"),
            _ => (None, "order of day and month open: give --date-order"),
        }
    }
}

fn local_date(record: &Record<'_>) -> Option<(String, Option<Nanos>)> {
    let format: &dyn Format = *FORMATS.iter().find(|format| format.claims(record))?;
    format.local_date(record)
}
