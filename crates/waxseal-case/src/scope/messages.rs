//! The messages of all incidents, written as they are counted: in Parquet for programs, in CSV for people.

use std::io::Write as _;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array as _, ArrayRef, Int64Array, RecordBatch, StringViewArray, TimestampNanosecondArray};
use arrow_schema::DataType;
use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::execution::context::SessionContext;
use futures::StreamExt as _;
use parquet::arrow::ArrowWriter;
use waxseal_incident::{Counted, Fold, MESSAGES, Message, MessageRow};
use waxseal_model::{MESSAGE_COLUMNS, Nanos, csv_cell, message_schema};

use super::rows::{as_of, properties};
use super::{Place, ScopeError};
use crate::layout::{MESSAGES_CSV, MESSAGES_PARQUET};
use crate::session::Resources;
use crate::store::{Object, Store, Upload};

/// So many records are looked at together: each may name thousands of messages.
const RECORDS: usize = 256;

/// What merging sorted messages may need: a little more than half of the memory that queries have. The keys are most of a message, so
/// that merging takes as much as what is merged. Several sorts at a time would take it from each other, so there is one.
fn merging(resources: Resources) -> u64 {
    (resources.memory_bytes / 40).saturating_mul(11).max(1 << 20)
}

/// Counts the messages of every place and writes them down.
pub(super) fn count(
    ctx: &SessionContext,
    store: &Store,
    folder: &str,
    places: &[Place],
    (now, resources): (Nanos, Resources),
) -> Result<(Vec<Counted>, Vec<Object>), ScopeError> {
    let query = as_of(MESSAGES, now);
    let mut stream = store.runtime().block_on(async {
        ctx.sql(&format!("SET datafusion.execution.batch_size = {RECORDS}")).await?;
        ctx.sql("SET datafusion.execution.target_partitions = 1").await?;
        // Else each side of the union gets a sort of its own, and each sets aside what one needs.
        ctx.sql("SET datafusion.optimizer.repartition_sorts = false").await?;
        ctx.sql(&format!("SET datafusion.execution.sort_spill_reservation_bytes = {}", merging(resources))).await?;
        ctx.sql(&query).await?.execute_stream().await
    })?;
    let mut files = Files::new(store, folder, places)?;
    let mut fold = Fold::default();
    while let Some(batch) = store.runtime().block_on(stream.next()) {
        let rows = Rows::of(&batch?)?;
        for row in 0..rows.len {
            fold.push(rows.row(row), &mut |message, counted| files.take(message, counted));
        }
        files.write_out(ROWS)?;
    }
    fold.finish(&mut |message, counted| files.take(message, counted));
    files.finish()
}

/// The files where there is no message.
pub(super) fn none(store: &Store, folder: &str) -> Result<Vec<Object>, ScopeError> {
    Files::new(store, folder, &[])?.finish().map(|(_, objects)| objects)
}

/// The columns of a batch of [`MESSAGES`].
struct Rows {
    len: usize,
    places: Int64Array,
    ranks: Int64Array,
    times: Int64Array,
    sizes: Int64Array,
    texts: Vec<StringViewArray>,
}

impl Rows {
    fn of(batch: &RecordBatch) -> Result<Self, ScopeError> {
        let number = |i: usize| -> Result<Int64Array, ScopeError> {
            Ok(cast(batch.column(i), &DataType::Int64)?.as_primitive::<Int64Type>().clone())
        };
        let text =
            |i: usize| -> Result<StringViewArray, ScopeError> { Ok(cast(batch.column(i), &DataType::Utf8View)?.as_string_view().clone()) };
        Ok(Self {
            len: batch.num_rows(),
            places: number(0)?,
            ranks: number(5)?,
            times: number(6)?,
            sizes: number(10)?,
            texts: [1, 2, 3, 4, 7, 8, 9].into_iter().map(text).collect::<Result<_, _>>()?,
        })
    }

    fn row(&self, row: usize) -> MessageRow {
        let text = |i: usize| self.texts.get(i).filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row).to_owned());
        MessageRow {
            place: u32::try_from(self.places.value(row)).unwrap_or(u32::MAX),
            message_id: text(0),
            immutable_id: text(1),
            folder: text(2),
            item_id: text(3),
            rank: u8::try_from(self.ranks.value(row)).unwrap_or(u8::MAX),
            time: self.times.value(row),
            id: text(4).unwrap_or_default(),
            subject: text(5),
            sender: text(6),
            size: self.sizes.is_valid(row).then(|| self.sizes.value(row)),
        }
    }
}

/// So many messages are kept until they are written together.
const ROWS: usize = 8_192;

/// Both files in the making, and what was counted.
struct Files<'p> {
    places: &'p [Place],
    counted: Vec<Counted>,
    waiting: Vec<Message>,
    parquet: ArrowWriter<Upload>,
    csv: Upload,
    line: Vec<u8>,
}

impl<'p> Files<'p> {
    fn new(store: &Store, folder: &str, places: &'p [Place]) -> Result<Self, ScopeError> {
        let parquet = ArrowWriter::try_new(store.upload(&format!("{folder}/{MESSAGES_PARQUET}"))?, message_schema(), Some(properties()?))?;
        let mut csv = store.upload(&format!("{folder}/{MESSAGES_CSV}"))?;
        let header: Vec<&str> = MESSAGE_COLUMNS.iter().map(|(name, _)| *name).collect();
        write!(csv, "{}\r\n", header.join(","))?;
        Ok(Self { places, counted: vec![Counted::default(); places.len()], waiting: Vec::new(), parquet, csv, line: Vec::new() })
    }

    fn take(&mut self, message: Message, counted: Counted) {
        if let Some(sum) = usize::try_from(message.place).ok().and_then(|place| self.counted.get_mut(place)) {
            sum.add(counted);
            self.waiting.push(message);
        }
    }

    /// Writes what waits where it is so many or more.
    fn write_out(&mut self, at_least: usize) -> Result<(), ScopeError> {
        if self.waiting.len() < at_least.max(1) {
            return Ok(());
        }
        self.parquet.write(&self.batch()?)?;
        for message in std::mem::take(&mut self.waiting) {
            self.csv_line(&message);
            self.csv.write_all(&self.line)?;
        }
        Ok(())
    }

    fn place(&self, message: &Message) -> Option<&'p Place> {
        self.places.get(usize::try_from(message.place).ok()?)
    }

    fn batch(&self) -> Result<RecordBatch, ScopeError> {
        let messages = self.waiting.as_slice();
        let place = |message: &Message| self.places.get(usize::try_from(message.place).ok()?);
        let columns = vec![
            text(messages, |m| place(m).map(|p| p.incident.as_str())),
            text(messages, |m| place(m).map(|p| p.tenant.as_str())),
            text(messages, |m| place(m).map(|p| p.mailbox.as_str())),
            text(messages, |m| place(m).and_then(|p| p.mailbox_id.as_deref())),
            text(messages, |m| m.message_id.as_deref()),
            text(messages, |m| m.immutable_id.as_deref()),
            text(messages, |m| m.subject.as_deref()),
            text(messages, |m| m.sender.as_deref()),
            text(messages, |m| m.folder.as_deref()),
            number(messages, |m| m.size),
            text(messages, |m| Some(m.class.as_str())),
            time(messages, |m| m.first.0),
            time(messages, |m| m.last.0),
            number(messages, |m| i64::try_from(m.times).ok()),
            text(messages, |m| Some(m.event_id.as_str())),
        ];
        Ok(RecordBatch::try_new(message_schema(), columns)?)
    }

    fn csv_line(&mut self, message: &Message) {
        let place = self.place(message);
        self.line.clear();
        let texts = [
            place.map(|p| p.incident.as_str()),
            place.map(|p| p.tenant.as_str()),
            place.map(|p| p.mailbox.as_str()),
            place.and_then(|p| p.mailbox_id.as_deref()),
            message.message_id.as_deref(),
            message.immutable_id.as_deref(),
            message.subject.as_deref(),
            message.sender.as_deref(),
            message.folder.as_deref(),
        ];
        texts.into_iter().for_each(|text| cell(&mut self.line, text.unwrap_or_default()));
        cell(&mut self.line, &message.size.map(|size| size.to_string()).unwrap_or_default());
        cell(&mut self.line, message.class.as_str());
        cell(&mut self.line, &message.first.to_string());
        cell(&mut self.line, &message.last.to_string());
        cell(&mut self.line, &message.times.to_string());
        cell(&mut self.line, &message.event_id);
        self.line.pop();
        self.line.extend_from_slice(b"\r\n");
    }

    fn finish(mut self) -> Result<(Vec<Counted>, Vec<Object>), ScopeError> {
        self.write_out(1)?;
        let parquet = self.parquet.into_inner()?.finish()?;
        Ok((self.counted, vec![parquet, self.csv.finish()?]))
    }
}

fn text<'m>(messages: &'m [Message], of: impl Fn(&'m Message) -> Option<&'m str>) -> ArrayRef {
    let mut column = StringBuilder::with_capacity(messages.len(), messages.len() * 32);
    messages.iter().for_each(|message| column.append_option(of(message)));
    Arc::new(column.finish())
}

fn number(messages: &[Message], of: impl Fn(&Message) -> Option<i64>) -> ArrayRef {
    Arc::new(messages.iter().map(of).collect::<Int64Array>())
}

fn time(messages: &[Message], of: impl Fn(&Message) -> i64) -> ArrayRef {
    Arc::new(messages.iter().map(|message| Some(of(message))).collect::<TimestampNanosecondArray>().with_timezone("UTC"))
}

/// A cell and the comma after it: quoted only where it must be.
fn cell(line: &mut Vec<u8>, text: &str) {
    let text = csv_cell(text);
    if text.contains(['"', ',']) {
        line.push(b'"');
        line.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        line.push(b'"');
    } else {
        line.extend_from_slice(text.as_bytes());
    }
    line.push(b',');
}
