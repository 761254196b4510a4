//! Writing event files. Rows wait by tenant and family until there are enough of them for a group of rows, in memory and, where
//! that is not enough, in a file without a name; groups wait compressed until there are enough of them for a file.
//!
//! A group is encoded once and whole: what encodes one takes several megabytes while it is under way, for each of the many
//! columns, whatever it holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, RecordBatch, StringArray};
use arrow_select::interleave::interleave_record_batch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use waxseal_model::EVENT_SCHEMA;

use crate::ingest::IngestError;
use crate::ingest::spill::{Spill, Spilled};
use crate::ingest::table::{Part, Place, Rows, stored_schema};
use crate::layout;
use crate::store::{Object, Store};

/// How large groups and files may get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileLimits {
    /// Bytes of rows, as they are in memory, after which a group is full.
    pub(crate) group_bytes: usize,
    /// Bytes of rows that are enough for a group where there is no room for more.
    pub(crate) least_group_bytes: usize,
    /// Rows after which a file is full.
    pub(crate) rows: usize,
    /// Bytes after which a file is full.
    pub(crate) bytes: usize,
    /// Bytes of all that waits in memory.
    pub(crate) waiting_bytes: usize,
    /// Bytes of all rows that wait, in memory or not.
    pub(crate) spilled_bytes: usize,
}

/// What the writer of some places has in work.
pub(crate) struct Files<'s> {
    store: &'s Store,
    run: u32,
    limit: FileLimits,
    spill: Spill,
    waiting: BTreeMap<Place, Waiting>,
    /// How many files of a place were begun.
    begun: BTreeMap<Place, u32>,
    rows: usize,
    written: BTreeMap<Place, Vec<Written>>,
}

/// A file that is part of the case.
struct Written {
    object: Object,
    rows: usize,
}

/// What waits of a place.
#[derive(Default)]
struct Waiting {
    /// Rows in memory, each batch sorted, the latest last.
    batches: Vec<RecordBatch>,
    /// Their bytes.
    bytes: usize,
    /// Rows that came before them.
    spilled: Vec<Spilled>,
    /// The bytes that those had in memory.
    spilled_bytes: usize,
    /// Finished groups.
    file: Option<OpenFile>,
    /// How many rows had been added to all places when the last came here.
    touched: usize,
}

struct OpenFile {
    path: String,
    writer: ArrowWriter<Vec<u8>>,
    rows: usize,
}

impl Waiting {
    /// What its rows take in memory, or took.
    fn rows_bytes(&self) -> usize {
        self.bytes + self.spilled_bytes
    }

    /// What it takes in memory.
    fn memory(&self) -> usize {
        self.bytes + self.file.as_ref().map_or(0, OpenFile::bytes)
    }
}

impl OpenFile {
    fn bytes(&self) -> usize {
        self.writer.inner().len()
    }
}

impl<'s> Files<'s> {
    pub(crate) fn new(store: &'s Store, run: u32, limit: FileLimits) -> Self {
        let spill = Spill::new(store.root());
        Self { store, run, limit, spill, waiting: BTreeMap::new(), begun: BTreeMap::new(), rows: 0, written: BTreeMap::new() }
    }

    /// Adds rows to those that wait. What is too much then is put away, or into the case.
    pub(crate) fn add(&mut self, rows: &Rows) -> Result<(), IngestError> {
        let sorted = sorted(&rows.parts)?;
        self.rows += sorted.num_rows();
        let waiting = self.waiting.entry(rows.place.clone()).or_default();
        waiting.bytes += sorted.get_array_memory_size();
        waiting.batches.push(sorted);
        waiting.touched = self.rows;
        if waiting.rows_bytes() >= self.limit.group_bytes {
            self.end_group(&rows.place)?;
        }
        while self.waiting.values().map(Waiting::memory).sum::<usize>() > self.limit.waiting_bytes {
            let Some(next) = self.next_to_go() else { break };
            self.relieve(&next)?;
        }
        while self.waiting.values().map(|waiting| waiting.spilled_bytes).sum::<usize>() > self.limit.spilled_bytes {
            let Some(most) = self.most_spilled() else { break };
            self.end_group(&most)?;
        }
        Ok(())
    }

    /// What is large, or has not grown for long.
    fn next_to_go(&self) -> Option<Place> {
        let weight = |waiting: &Waiting| waiting.memory() as u128 * (1 + self.rows - waiting.touched) as u128;
        self.waiting.iter().max_by_key(|(_, waiting)| weight(waiting)).map(|(place, _)| place.clone())
    }

    fn most_spilled(&self) -> Option<Place> {
        self.waiting.iter().max_by_key(|(_, waiting)| waiting.spilled_bytes).map(|(place, _)| place.clone())
    }

    /// Makes room in memory: the rows of a place become a group if they are enough, or are put away; where there are none, its groups
    /// become a file.
    fn relieve(&mut self, place: &Place) -> Result<(), IngestError> {
        match self.waiting.get_mut(place) {
            Some(waiting) if waiting.bytes > 0 && waiting.rows_bytes() >= self.limit.least_group_bytes => self.end_group(place),
            Some(waiting) if waiting.bytes > 0 => {
                waiting.spilled.push(self.spill.put(&std::mem::take(&mut waiting.batches))?);
                waiting.spilled_bytes += std::mem::take(&mut waiting.bytes);
                Ok(())
            }
            _ => self.put_file(place),
        }
    }

    /// The rows that wait in a place become a group of its file. A file that is full then is put into the case.
    fn end_group(&mut self, place: &Place) -> Result<(), IngestError> {
        let Some(waiting) = self.waiting.get_mut(place) else { return Ok(()) };
        let mut batches = Vec::new();
        for spilled in std::mem::take(&mut waiting.spilled) {
            batches.extend(self.spill.take(spilled)?);
        }
        batches.append(&mut waiting.batches);
        (waiting.bytes, waiting.spilled_bytes) = (0, 0);
        let mut file = match waiting.file.take() {
            Some(file) => file,
            None => OpenFile { path: self.next_path(place), writer: writer()?, rows: 0 },
        };
        file.rows += write_group(&mut file.writer, &batches)?;
        let full = file.rows >= self.limit.rows || file.bytes() >= self.limit.bytes;
        self.waiting.entry(place.clone()).or_default().file = Some(file);
        if full { self.put_file(place) } else { Ok(()) }
    }

    fn next_path(&mut self, place: &Place) -> String {
        let number = self.begun.entry(place.clone()).or_default();
        *number += 1;
        layout::event_file(&place.0, place.1, self.run, *number)
    }

    /// Puts the groups of a place into the case.
    fn put_file(&mut self, place: &Place) -> Result<(), IngestError> {
        if let Some(file) = self.waiting.get_mut(place).and_then(|waiting| waiting.file.take()) {
            let object = self.store.put_new(&file.path, file.writer.into_inner()?)?;
            self.written.entry(place.clone()).or_default().push(Written { object, rows: file.rows });
        }
        Ok(())
    }

    /// Puts what still waits into the case; tells every file that was made.
    pub(crate) fn finish(mut self) -> Result<Vec<Object>, IngestError> {
        let places: Vec<Place> = self.waiting.keys().cloned().collect();
        for place in &places {
            if self.waiting.get(place).is_some_and(|waiting| waiting.rows_bytes() > 0) {
                self.end_group(place)?;
            }
            self.put_file(place)?;
            self.gather(place)?;
        }
        Ok(self.written.into_values().flatten().map(|written| written.object).collect())
    }

    /// Makes small files of a place into larger ones, group by group. Logs in which many tenants are mixed leave many of them, and
    /// every look at the events opens them all.
    fn gather(&mut self, place: &Place) -> Result<(), IngestError> {
        let is_small = |file: &Written| file.rows < self.limit.rows / 2 && file.object.bytes < self.limit.bytes as u64 / 4;
        let (small, kept): (Vec<_>, Vec<_>) = self.written.remove(place).unwrap_or_default().into_iter().partition(is_small);
        self.written.insert(place.clone(), kept);
        if small.len() <= FEW {
            self.written.entry(place.clone()).or_default().extend(small);
            return Ok(());
        }
        let mut joined = None;
        for file in &small {
            let bytes = self.store.get(&file.object.path)?;
            let metadata = ParquetMetaDataReader::new().with_offset_index_policy(PageIndexPolicy::Required).parse_and_finish(&bytes)?;
            (0..metadata.num_row_groups()).try_for_each(|group| self.join(place, &mut joined, &bytes, &metadata, group))?;
            // No commit names it yet.
            self.store.delete(&file.object.path)?;
        }
        joined.map_or(Ok(()), |joined| self.put(place, joined))
    }

    /// Joins a group of rows of a file, as it is, to what is joined already. What is large enough then is put into the case.
    fn join(
        &mut self,
        place: &Place,
        joined: &mut Option<Joined>,
        file: &Bytes,
        metadata: &ParquetMetaData,
        group: usize,
    ) -> Result<(), IngestError> {
        let mut growing = match joined.take() {
            Some(growing) => growing,
            None => Joined::new(self.next_path(place), metadata)?,
        };
        growing.add(file, metadata, group)?;
        if growing.rows >= self.limit.rows || growing.writer.bytes_written() >= self.limit.bytes {
            return self.put(place, growing);
        }
        *joined = Some(growing);
        Ok(())
    }

    fn put(&mut self, place: &Place, joined: Joined) -> Result<(), IngestError> {
        let object = self.store.put_new(&joined.path, joined.writer.into_inner()?)?;
        self.written.entry(place.clone()).or_default().push(Written { object, rows: joined.rows });
        Ok(())
    }
}

fn writer() -> Result<ArrowWriter<Vec<u8>>, IngestError> {
    Ok(ArrowWriter::try_new(Vec::new(), stored_schema(), Some(properties()?))?)
}

/// Writes rows as one group, by log class and time; tells how many.
fn write_group(writer: &mut ArrowWriter<Vec<u8>>, batches: &[RecordBatch]) -> Result<usize, IngestError> {
    let order = order(batches.iter().map(|batch| (batch, 0..batch.num_rows())));
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    // A copy of some rows at a time.
    order.chunks(COPIED).try_for_each(|rows| writer.write(&interleave_record_batch(&batches, rows)?))?;
    writer.flush()?;
    Ok(order.len())
}

/// A file made of the groups of rows of others, which are copied as they are.
struct Joined {
    path: String,
    writer: SerializedFileWriter<Vec<u8>>,
    rows: usize,
}

impl Joined {
    /// An empty file with the schema of another.
    fn new(path: String, like: &ParquetMetaData) -> Result<Self, IngestError> {
        let file = like.file_metadata();
        let properties = WriterProperties::builder().set_key_value_metadata(file.key_value_metadata().cloned()).build();
        let writer = SerializedFileWriter::new(Vec::new(), file.schema_descr().root_schema_ptr(), Arc::new(properties))?;
        Ok(Self { path, writer, rows: 0 })
    }

    fn add(&mut self, file: &Bytes, metadata: &ParquetMetaData, group: usize) -> Result<(), IngestError> {
        let from = metadata.row_group(group);
        let rows = u64::try_from(from.num_rows()).unwrap_or_default();
        let mut to = self.writer.next_row_group()?;
        for (column, chunk) in from.columns().iter().enumerate() {
            let pages = metadata.offset_index().and_then(|groups| groups.get(group)?.get(column));
            let closed = ColumnCloseResult {
                bytes_written: u64::try_from(chunk.compressed_size()).unwrap_or_default(),
                rows_written: rows,
                metadata: chunk.clone(),
                bloom_filter: None,
                column_index: None,
                offset_index: pages.cloned(),
            };
            to.append_column(file, closed)?;
        }
        to.close()?;
        self.rows += usize::try_from(rows).unwrap_or_default();
        Ok(())
    }
}

/// So many small files of a place do no harm.
const FEW: usize = 4;

/// Rows of a group that are put in order at once.
const COPIED: usize = 4096;

/// One batch of all rows, by log class and then the earliest first, undated last: queries ask for classes and pass over the
/// pages of all others. Rows of one class and time stay in the order of the input.
fn sorted(parts: &[Part]) -> Result<RecordBatch, IngestError> {
    let indices = order(parts.iter().map(|part| (&part.batch, (0..part.len()).map(|row| part.row(row)))));
    let batches: Vec<&RecordBatch> = parts.iter().map(|part| &part.batch).collect();
    with_evidence(&interleave_record_batch(&batches, &indices)?, parts, &indices)
}

/// Where the rows stand, batch and row, in the order in which they are to be written.
fn order<'b, R: Iterator<Item = usize>>(batches: impl Iterator<Item = (&'b RecordBatch, R)>) -> Vec<(usize, usize)> {
    let mut order: Vec<(&str, i64, usize, usize)> = Vec::new();
    for (i, (batch, rows)) in batches.enumerate() {
        let times = batch.column_by_name("time").and_then(|c| c.as_primitive_opt::<TimestampNanosecondType>());
        let classes = batch.column_by_name("log_class").and_then(|c| c.as_string_opt::<i32>());
        for row in rows {
            let time = times.filter(|t| t.is_valid(row)).map_or(i64::MAX, |t| t.value(row));
            order.push((classes.map_or("", |classes| classes.value(row)), time, i, row));
        }
    }
    order.sort_unstable();
    order.into_iter().map(|(_, _, batch, row)| (batch, row)).collect()
}

/// Fills in the evidence ids, which the reader leaves empty.
fn with_evidence(batch: &RecordBatch, parts: &[Part], indices: &[(usize, usize)]) -> Result<RecordBatch, IngestError> {
    let ids = parts.iter().map(|part| part.evidence.id()).collect::<Result<Vec<_>, _>>()?;
    let column: StringArray = indices.iter().map(|(part, _)| Some(ids[*part].as_str())).collect();
    let mut columns = batch.columns().to_vec();
    columns[batch.schema().index_of("evidence_id")?] = Arc::new(column);
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

/// Fast compression, no dictionaries for text that hardly repeats, statistics for what queries prune by, and small pages,
/// because every open file holds one of each column.
fn properties() -> Result<WriterProperties, IngestError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(1 << 20))
        .set_data_page_size_limit(256 << 10)
        .set_key_value_metadata(Some(vec![parquet::file::metadata::KeyValue::new("waxseal.schema".to_owned(), EVENT_SCHEMA.to_owned())]));
    for unique in ["raw", "id", "uti"] {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(unique), false);
    }
    for item in ["message_id", "immutable_id", "id"] {
        let path = vec!["items".to_owned(), "list".to_owned(), "element".to_owned(), item.to_owned()];
        properties = properties.set_column_dictionary_enabled(ColumnPath::new(path), false);
    }
    Ok(properties.set_column_statistics_enabled(ColumnPath::from("raw"), EnabledStatistics::None).build())
}
