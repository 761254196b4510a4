//! Writing event files: one open file for each tenant and family, in memory and compressed, put into the case when it is full.
//!
//! A file consists of groups of rows. Under way a group takes several times what it will have compressed, so that groups end
//! early where many files are open, and files last.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, RecordBatch, StringArray};
use arrow_select::interleave::interleave_record_batch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use waxseal_model::EVENT_SCHEMA;

use crate::ingest::IngestError;
use crate::ingest::table::{Part, Place, Rows, stored_schema};
use crate::layout;
use crate::store::{Object, Store};

/// How large files may get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileLimits {
    /// Rows after which a file is full.
    pub(crate) rows: usize,
    /// Bytes after which a file is full.
    pub(crate) bytes: usize,
    /// Bytes of all open files together.
    pub(crate) open_bytes: usize,
}

/// The open files of one writer.
pub(crate) struct Files<'s> {
    store: &'s Store,
    run: u32,
    limit: FileLimits,
    open: BTreeMap<Place, OpenFile>,
    /// How many files of a place were begun.
    begun: BTreeMap<Place, u32>,
    rows: usize,
    written: BTreeMap<Place, Vec<Written>>,
}

/// A file that is part of the case.
struct Written {
    object: Object,
    rows: usize,
    /// Groups of rows in it.
    groups: usize,
}

struct OpenFile {
    path: String,
    writer: ArrowWriter<Vec<u8>>,
    rows: usize,
    /// What it takes in memory.
    bytes: usize,
    /// How many rows had been written to all files when the last came here.
    touched: usize,
}

impl<'s> Files<'s> {
    pub(crate) fn new(store: &'s Store, run: u32, limit: FileLimits) -> Self {
        Self { store, run, limit, open: BTreeMap::new(), begun: BTreeMap::new(), rows: 0, written: BTreeMap::new() }
    }

    /// Writes rows into the open file of their place. Where all together are too much, groups of rows are ended, then files put
    /// into the case.
    pub(crate) fn add(&mut self, rows: &Rows) -> Result<(), IngestError> {
        self.append(&rows.place, &sorted(&rows.parts)?)?;
        while self.open.values().map(|file| file.bytes).sum::<usize>() > self.limit.open_bytes {
            let Some(next) = self.next_to_go() else { break };
            match self.open.get_mut(&next).filter(|file| file.writer.in_progress_rows() > 0) {
                Some(file) => file.end_group()?,
                None => self.close(&next)?,
            }
        }
        Ok(())
    }

    fn append(&mut self, place: &Place, sorted: &RecordBatch) -> Result<(), IngestError> {
        self.rows += sorted.num_rows();
        let mut file = match self.open.remove(place) {
            Some(file) => file,
            None => self.begin(place)?,
        };
        file.writer.write(sorted)?;
        file.rows += sorted.num_rows();
        file.bytes = GROUP_BYTES + file.writer.memory_size() + file.writer.inner().len();
        file.touched = self.rows;
        let full = file.rows >= self.limit.rows || file.bytes >= self.limit.bytes;
        self.open.insert(place.clone(), file);
        if full { self.close(place) } else { Ok(()) }
    }

    fn begin(&mut self, place: &Place) -> Result<OpenFile, IngestError> {
        let path = self.next_path(place);
        let writer = ArrowWriter::try_new(Vec::new(), stored_schema(), Some(properties()?))?;
        Ok(OpenFile { path, writer, rows: 0, bytes: 0, touched: 0 })
    }

    fn next_path(&mut self, place: &Place) -> String {
        let number = self.begun.entry(place.clone()).or_default();
        *number += 1;
        layout::event_file(&place.0, place.1, self.run, *number)
    }

    /// What is large, or has not grown for long.
    fn next_to_go(&self) -> Option<Place> {
        let weight = |file: &OpenFile| file.bytes as u128 * (1 + self.rows - file.touched) as u128;
        self.open.iter().max_by_key(|(_, file)| weight(file)).map(|(place, _)| place.clone())
    }

    fn close(&mut self, place: &Place) -> Result<(), IngestError> {
        if let Some(file) = self.open.remove(place) {
            let groups = file.writer.flushed_row_groups().len() + usize::from(file.writer.in_progress_rows() > 0);
            let object = self.store.put_new(&file.path, file.writer.into_inner()?)?;
            self.written.entry(place.clone()).or_default().push(Written { object, rows: file.rows, groups });
        }
        Ok(())
    }

    /// Puts what is still open into the case; tells every file that was made.
    pub(crate) fn finish(mut self) -> Result<Vec<Object>, IngestError> {
        while let Some(place) = self.open.keys().next().cloned() {
            self.close(&place)?;
        }
        let places: Vec<Place> = self.written.keys().cloned().collect();
        places.iter().try_for_each(|place| self.gather(place))?;
        Ok(self.written.into_values().flatten().map(|written| written.object).collect())
    }

    /// Makes small files and groups of a place into larger ones. Logs in which many tenants are mixed leave thousands of them, and
    /// every look at the events opens them all.
    fn gather(&mut self, place: &Place) -> Result<(), IngestError> {
        let is_small = |file: &Written| {
            let in_small_groups = file.groups > 1 && file.rows < file.groups * SMALL_GROUP;
            in_small_groups || file.rows < self.limit.rows / 2 && file.object.bytes < self.limit.bytes as u64 / 4
        };
        let (small, kept): (Vec<_>, Vec<_>) = self.written.remove(place).unwrap_or_default().into_iter().partition(is_small);
        self.written.insert(place.clone(), kept);
        if small.iter().map(|file| file.groups).sum::<usize>() <= FEW {
            self.written.entry(place.clone()).or_default().extend(small);
            return Ok(());
        }
        let (mut joined, mut scattered) = (None, Scattered::default());
        for file in &small {
            let bytes = self.store.get(&file.object.path)?;
            let metadata = ParquetMetaDataReader::new().with_offset_index_policy(PageIndexPolicy::Required).parse_and_finish(&bytes)?;
            for (group, rows) in metadata.row_groups().iter().map(RowGroupMetaData::num_rows).enumerate() {
                if rows >= SMALL_GROUP as i64 {
                    self.join(place, &mut joined, &bytes, &metadata, group)?;
                } else if scattered.add(&bytes, group)? >= self.limit.bytes {
                    self.join_scattered(place, &mut joined, &mut scattered)?;
                }
            }
            // No commit names it yet.
            self.store.delete(&file.object.path)?;
        }
        self.join_scattered(place, &mut joined, &mut scattered)?;
        joined.map_or(Ok(()), |joined| self.put(place, joined))
    }

    /// Joins rows of small groups, sorted together, to what is joined already.
    fn join_scattered(&mut self, place: &Place, joined: &mut Option<Joined>, scattered: &mut Scattered) -> Result<(), IngestError> {
        let batches = std::mem::take(scattered).batches;
        if batches.is_empty() {
            return Ok(());
        }
        let mut writer = ArrowWriter::try_new(Vec::new(), stored_schema(), Some(properties()?))?;
        writer.write(&by_class_and_time(&batches)?)?;
        let bytes = Bytes::from(writer.into_inner()?);
        let metadata = ParquetMetaDataReader::new().with_offset_index_policy(PageIndexPolicy::Required).parse_and_finish(&bytes)?;
        (0..metadata.num_row_groups()).try_for_each(|group| self.join(place, joined, &bytes, &metadata, group))
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
        let groups = joined.writer.flushed_row_groups().len();
        let object = self.store.put_new(&joined.path, joined.writer.into_inner()?)?;
        self.written.entry(place.clone()).or_default().push(Written { object, rows: joined.rows, groups });
        Ok(())
    }
}

impl OpenFile {
    /// Ends the group of rows that is under way: of it the compressed bytes stay in memory.
    fn end_group(&mut self) -> Result<(), IngestError> {
        self.writer.flush()?;
        self.bytes = self.writer.inner().len();
        Ok(())
    }
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

/// Rows of groups that are too small to be copied as they are.
#[derive(Default)]
struct Scattered {
    batches: Vec<RecordBatch>,
    bytes: usize,
}

impl Scattered {
    /// Adds the rows of a group; tells how many bytes all take.
    fn add(&mut self, file: &Bytes, group: usize) -> Result<usize, IngestError> {
        for batch in ParquetRecordBatchReaderBuilder::try_new(file.clone())?.with_row_groups(vec![group]).build()? {
            let batch = batch?;
            self.bytes += batch.get_array_memory_size();
            self.batches.push(batch);
        }
        Ok(self.bytes)
    }
}

/// What a group of rows takes beside its pages and dictionaries while it is under way: for each of some seventy columns, buffers and
/// what compresses and decompresses them.
const GROUP_BYTES: usize = 2 << 20;

/// Groups of fewer rows are made into larger ones: every look at the events asks each group for each of its columns.
const SMALL_GROUP: usize = 4096;

/// So many groups of rows in small files of a place do no harm.
const FEW: usize = 4;

/// Batches as one, in the order of [`sorted`].
fn by_class_and_time(batches: &[RecordBatch]) -> Result<RecordBatch, IngestError> {
    let order = order(batches.iter().map(|batch| (batch, 0..batch.num_rows())));
    Ok(interleave_record_batch(&batches.iter().collect::<Vec<_>>(), &order)?)
}

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
