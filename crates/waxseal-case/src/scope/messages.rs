//! The messages of all incidents, written as they are counted: in Parquet for programs, in CSV for people.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array as _, ArrayRef, Int64Array, RecordBatch, StringViewArray, TimestampNanosecondArray};
use arrow_schema::DataType;
use crossbeam_channel::Sender;
use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SessionContext;
use futures::StreamExt as _;
use parquet::arrow::ArrowWriter;
use waxseal_incident::{Counted, Fold, MESSAGES, Message, MessageRow};
use waxseal_model::{MESSAGE_COLUMNS, Nanos, message_schema};

use super::Place;
use crate::export::write_csv;
use crate::layout::{MESSAGES_CSV, MESSAGES_PARQUET};
use crate::session::Resources;
use crate::store::{Object, Store, Upload};
use crate::tables::{TableError, as_of, properties};

/// So many records are looked at together: each may name thousands of messages.
const RECORDS: usize = 256;

/// What merging sorted messages may need: a little more than half of the memory that queries have. The keys are most of a message, so
/// that merging takes as much as what is merged. Several sorts at a time would take it from each other, so there is one.
fn merging(resources: Resources) -> usize {
    (resources.for_queries() / 20).saturating_mul(11).max(1 << 20)
}

/// The session for looking at all messages in one order, with the same tables. Files are read side by side.
fn one_sort(ctx: &SessionContext, resources: Resources) -> SessionContext {
    let config = ctx.copied_config().with_batch_size(RECORDS);
    // The tables are those of the other session, and stay there.
    let mut config = config.with_create_default_catalog_and_schema(false);
    // Else each side of the union gets a sort of its own, and each sets aside what one needs.
    config.options_mut().optimizer.repartition_sorts = false;
    config.options_mut().execution.sort_spill_reservation_bytes = merging(resources);
    SessionContext::new_with_state(SessionStateBuilder::new_from_existing(ctx.state()).with_config(config).build())
}

/// Counts the messages of every place and writes them down.
pub(super) fn count(
    ctx: &SessionContext,
    store: &Store,
    folder: &str,
    places: &[Place],
    (now, resources): (Nanos, Resources),
) -> Result<(Vec<Counted>, Vec<Object>), TableError> {
    let query = as_of(MESSAGES, now);
    let ctx = one_sort(ctx, resources);
    let stream = store.runtime().block_on(async { ctx.sql(&query).await?.execute_stream().await })?;
    let mut files = Files::new(store, folder, places)?;
    // Merging and writing take about the same time.
    std::thread::scope(|threads| {
        let (ready, to_write) = crossbeam_channel::bounded::<Vec<Message>>(1);
        let writing = threads.spawn(move || to_write.into_iter().try_for_each(|messages| files.write(&messages)).map(|()| files));
        let counted = merge(store, stream, places.len(), &ready);
        drop(ready);
        let files = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        // Where not all was merged, the files are not whole and are given up.
        Ok((counted?, files.finish()?))
    })
}

/// Merges the rows of [`MESSAGES`] into messages and sends them on, some thousands at a time. Gives what was counted by place.
fn merge(
    store: &Store,
    mut rows: SendableRecordBatchStream,
    places: usize,
    ready: &Sender<Vec<Message>>,
) -> Result<Vec<Counted>, TableError> {
    let mut merged = Merged { counted: vec![Counted::default(); places], waiting: Vec::new() };
    let mut fold = Fold::default();
    while let Some(batch) = store.runtime().block_on(rows.next()) {
        let rows = Rows::of(&batch?)?;
        for row in 0..rows.len {
            fold.push(rows.row(row), &mut |message, counted| merged.take(message, counted));
        }
        // Where nobody writes any more, the error of the writing is the one to show.
        if merged.waiting.len() >= ROWS && ready.send(std::mem::take(&mut merged.waiting)).is_err() {
            return Ok(merged.counted);
        }
    }
    fold.finish(&mut |message, counted| merged.take(message, counted));
    ready.send(merged.waiting).ok();
    Ok(merged.counted)
}

/// The files where there is no message.
pub(super) fn none(store: &Store, folder: &str) -> Result<Vec<Object>, TableError> {
    Files::new(store, folder, &[])?.finish()
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
    fn of(batch: &RecordBatch) -> Result<Self, TableError> {
        let number = |i: usize| -> Result<Int64Array, TableError> {
            Ok(cast(batch.column(i), &DataType::Int64)?.as_primitive::<Int64Type>().clone())
        };
        let text =
            |i: usize| -> Result<StringViewArray, TableError> { Ok(cast(batch.column(i), &DataType::Utf8View)?.as_string_view().clone()) };
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

/// Messages that wait to be written, and what was counted of each place.
struct Merged {
    counted: Vec<Counted>,
    waiting: Vec<Message>,
}

impl Merged {
    fn take(&mut self, message: Message, counted: Counted) {
        if let Some(sum) = usize::try_from(message.place).ok().and_then(|place| self.counted.get_mut(place)) {
            sum.add(counted);
            self.waiting.push(message);
        }
    }
}

/// Both files in the making.
struct Files<'p> {
    places: &'p [Place],
    parquet: ArrowWriter<Upload>,
    csv: Upload,
}

impl<'p> Files<'p> {
    fn new(store: &Store, folder: &str, places: &'p [Place]) -> Result<Self, TableError> {
        let parquet = ArrowWriter::try_new(store.upload(&format!("{folder}/{MESSAGES_PARQUET}"))?, message_schema(), Some(properties()?))?;
        let mut csv = store.upload(&format!("{folder}/{MESSAGES_CSV}"))?;
        write_csv(&mut csv, MESSAGE_COLUMNS.iter().map(|(name, _)| *name))?;
        Ok(Self { places, parquet, csv })
    }

    fn write(&mut self, messages: &[Message]) -> Result<(), TableError> {
        if messages.is_empty() {
            return Ok(());
        }
        self.parquet.write(&self.batch(messages)?)?;
        messages.iter().try_for_each(|message| Ok(self.csv_line(message)?))
    }

    fn place(&self, message: &Message) -> Option<&'p Place> {
        self.places.get(usize::try_from(message.place).ok()?)
    }

    fn batch(&self, messages: &[Message]) -> Result<RecordBatch, TableError> {
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

    fn csv_line(&mut self, message: &Message) -> std::io::Result<()> {
        let place = self.place(message);
        let size = message.size.map(|size| size.to_string());
        let (first, last, times) = (message.first.to_string(), message.last.to_string(), message.times.to_string());
        let cells = [
            place.map(|p| p.incident.as_str()),
            place.map(|p| p.tenant.as_str()),
            place.map(|p| p.mailbox.as_str()),
            place.and_then(|p| p.mailbox_id.as_deref()),
            message.message_id.as_deref(),
            message.immutable_id.as_deref(),
            message.subject.as_deref(),
            message.sender.as_deref(),
            message.folder.as_deref(),
            size.as_deref(),
            Some(message.class.as_str()),
            Some(&first),
            Some(&last),
            Some(&times),
            Some(&message.event_id),
        ];
        write_csv(&mut self.csv, cells.into_iter().map(Option::unwrap_or_default))
    }

    fn finish(self) -> Result<Vec<Object>, TableError> {
        let parquet = self.parquet.into_inner()?.finish()?;
        Ok(vec![parquet, self.csv.finish()?])
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
