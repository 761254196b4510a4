//! Writing event files: one open file for each tenant and family, in memory and compressed, put into the case when it is full.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, RecordBatch, StringArray};
use arrow_select::interleave::interleave_record_batch;
use parquet::arrow::ArrowWriter;
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
    written: Vec<Object>,
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
        Self { store, run, limit, open: BTreeMap::new(), begun: BTreeMap::new(), rows: 0, written: Vec::new() }
    }

    /// Writes rows into the open file of their place. Files that are full, or too much together, are put into the case.
    pub(crate) fn add(&mut self, rows: &Rows) -> Result<(), IngestError> {
        let sorted = sorted(&rows.parts)?;
        self.rows += sorted.num_rows();
        let mut file = match self.open.remove(&rows.place) {
            Some(file) => file,
            None => self.begin(&rows.place)?,
        };
        file.writer.write(&sorted)?;
        file.rows += sorted.num_rows();
        file.bytes = file.writer.memory_size() + file.writer.inner().len();
        file.touched = self.rows;
        let full = file.rows >= self.limit.rows || file.bytes >= self.limit.bytes;
        self.open.insert(rows.place.clone(), file);
        if full {
            self.close(&rows.place)?;
        }
        while self.open.values().map(|file| file.bytes).sum::<usize>() > self.limit.bytes {
            let Some(next) = self.next_to_go() else { break };
            self.close(&next)?;
        }
        Ok(())
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
            self.written.push(self.store.put_new(&file.path, bytes)?);
        }
        Ok(())
    }

    /// Puts what is still open into the case; tells every file that was made.
    pub(crate) fn finish(mut self) -> Result<Vec<Object>, IngestError> {
        while let Some(place) = self.open.keys().next().cloned() {
            self.close(&place)?;
        }
        Ok(self.written)
    }
}

/// One batch of all rows, by log class and then the earliest first, undated last: queries ask for classes and pass over the
/// pages of all others. Rows of one class and time stay in the order of the input.
fn sorted(parts: &[Part]) -> Result<RecordBatch, IngestError> {
    let mut order: Vec<(&str, i64, usize, usize)> = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let times = part.batch.column_by_name("time").and_then(|c| c.as_primitive_opt::<TimestampNanosecondType>());
        let classes = part.batch.column_by_name("log_class").and_then(|c| c.as_string_opt::<i32>());
        for row in (0..part.len()).map(|row| part.row(row)) {
            let time = times.filter(|t| t.is_valid(row)).map_or(i64::MAX, |t| t.value(row));
            order.push((classes.map_or("", |classes| classes.value(row)), time, i, row));
        }
    }
    order.sort_unstable();
    let indices: Vec<(usize, usize)> = order.into_iter().map(|(_, _, part, row)| (part, row)).collect();
    let batches: Vec<&RecordBatch> = parts.iter().map(|part| &part.batch).collect();
    with_evidence(&interleave_record_batch(&batches, &indices)?, parts, &indices)
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
