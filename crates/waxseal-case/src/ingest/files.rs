//! Writing event files: one open file for each tenant and family, in memory and compressed, put into the case when it is full.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, RecordBatch, StringArray};
use arrow_select::interleave::interleave_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
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
    /// Bytes of all open files together, and of one.
    pub(crate) bytes: usize,
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
}

struct OpenFile {
    path: String,
    writer: ArrowWriter<Vec<u8>>,
    rows: usize,
    bytes: usize,
    /// How many rows had been written to all files when the last came here.
    touched: usize,
}

impl<'s> Files<'s> {
    pub(crate) fn new(store: &'s Store, run: u32, limit: FileLimits) -> Self {
        Self { store, run, limit, open: BTreeMap::new(), begun: BTreeMap::new(), rows: 0, written: BTreeMap::new() }
    }

    /// Writes rows into the open file of their place. Files that are full, or too much together, are put into the case.
    pub(crate) fn add(&mut self, rows: &Rows) -> Result<(), IngestError> {
        self.append(&rows.place, &sorted(&rows.parts)?)?;
        while self.open.values().map(|file| file.bytes).sum::<usize>() > self.limit.bytes {
            let Some(next) = self.next_to_go() else { break };
            self.close(&next)?;
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
        file.bytes = file.writer.memory_size() + file.writer.inner().len();
        file.touched = self.rows;
        let full = file.rows >= self.limit.rows || file.bytes >= self.limit.bytes;
        self.open.insert(place.clone(), file);
        if full { self.close(place) } else { Ok(()) }
    }

    fn begin(&mut self, place: &Place) -> Result<OpenFile, IngestError> {
        let number = self.begun.entry(place.clone()).or_default();
        *number += 1;
        let path = layout::event_file(&place.0, place.1, self.run, *number);
        let writer = ArrowWriter::try_new(Vec::new(), stored_schema(), Some(properties()?))?;
        Ok(OpenFile { path, writer, rows: 0, bytes: 0, touched: 0 })
    }

    /// What is large, or has not grown for long.
    fn next_to_go(&self) -> Option<Place> {
        let weight = |file: &OpenFile| file.bytes as u128 * (1 + self.rows - file.touched) as u128;
        self.open.iter().max_by_key(|(_, file)| weight(file)).map(|(place, _)| place.clone())
    }

    fn close(&mut self, place: &Place) -> Result<(), IngestError> {
        if let Some(file) = self.open.remove(place) {
            let bytes = file.writer.into_inner()?;
            let object = self.store.put_new(&file.path, bytes)?;
            self.written.entry(place.clone()).or_default().push(Written { object, rows: file.rows });
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

    /// Makes small files of a place into larger ones. Logs in which many tenants are mixed leave thousands of small files, and
    /// every look at the events opens them all.
    fn gather(&mut self, place: &Place) -> Result<(), IngestError> {
        let is_small = |file: &Written| file.rows < self.limit.rows / 2 && file.object.bytes < self.limit.bytes as u64 / 4;
        let (small, kept): (Vec<_>, Vec<_>) = self.written.remove(place).unwrap_or_default().into_iter().partition(is_small);
        self.written.insert(place.clone(), kept);
        if small.len() <= FEW {
            self.written.entry(place.clone()).or_default().extend(small);
            return Ok(());
        }
        let (mut batches, mut bytes) = (Vec::new(), 0);
        for file in &small {
            for batch in ParquetRecordBatchReaderBuilder::try_new(self.store.get(&file.object.path)?)?.build()? {
                let batch = batch?;
                bytes += batch.get_array_memory_size();
                batches.push(batch);
                if bytes >= self.limit.bytes {
                    self.append(place, &by_class_and_time(&batches)?)?;
                    (batches, bytes) = (Vec::new(), 0);
                }
            }
            // No commit names it yet.
            self.store.delete(&file.object.path)?;
        }
        if !batches.is_empty() {
            self.append(place, &by_class_and_time(&batches)?)?;
        }
        self.close(place)
    }
}

/// So many small files of a place do no harm.
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
