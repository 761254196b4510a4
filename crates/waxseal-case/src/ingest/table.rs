//! Writing events into the case: by tenant and family, sorted by time, a file at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array as _, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::interleave::interleave_record_batch;
use arrow_select::take::take_record_batch;
use crossbeam_channel::Sender;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use waxseal_model::{EVENT_SCHEMA, LogClass, event_schema};

use waxseal_read::EventKey;

use crate::ingest::IngestError;
use crate::ingest::index::body_of;
use crate::ingest::inputs::Evidence;
use crate::layout;
use crate::store::{Object, Store};

/// Name of the column that tells two bodies of one event apart. It is not part of the `events` view.
pub(crate) const BODY_COLUMN: &str = "body";

/// Name of the column with the size of the canonical body. It is not part of the `events` view.
pub(crate) const BODY_SIZE_COLUMN: &str = "body_size";

/// The schema of event files: the model's, and the body's digest and size.
pub(crate) fn stored_schema() -> SchemaRef {
    let mut fields: Vec<_> = event_schema().fields().iter().cloned().collect();
    fields.extend([BODY_COLUMN, BODY_SIZE_COLUMN].map(|name| Arc::new(Field::new(name, DataType::Int64, false))));
    Arc::new(Schema::new(fields))
}

/// So many tenants of a run get folders of their own; a log that names more was made to exhaust us, or is a provider's.
const FOLDERS: usize = 200;

/// The folder of all further tenants.
const MANY: &str = "many";

/// Rows of one batch that wait to become part of a file.
#[derive(Debug)]
struct Part {
    batch: RecordBatch,
    /// Which of its rows; all where none are named.
    rows: Option<Vec<u32>>,
    evidence: Evidence,
}

impl Part {
    fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.batch.num_rows(), Vec::len)
    }

    fn row(&self, i: usize) -> usize {
        self.rows.as_ref().map_or(i, |rows| rows[i] as usize)
    }
}

/// Rows that wait to become a file.
#[derive(Debug, Default)]
struct Waiting {
    parts: Vec<Part>,
    rows: usize,
    bytes: usize,
}

/// A file to be written.
#[derive(Debug)]
pub(crate) struct FileJob {
    path: String,
    parts: Vec<Part>,
}

/// Collects rows and hands full files to the writers.
#[derive(Debug)]
pub(crate) struct Table {
    run: u32,
    next_number: u32,
    waiting: BTreeMap<(String, &'static str), Waiting>,
    waiting_bytes: usize,
    /// Tenants that get a folder of their own.
    folders: BTreeSet<String>,
    /// Rows added so far, by tenant.
    tenants: BTreeMap<String, u64>,
    limit: Limits,
    jobs: Sender<FileJob>,
}

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Rows of one file.
    pub(crate) file_rows: usize,
    /// Bytes of one file, in memory.
    pub(crate) file_bytes: usize,
    /// Bytes of all files together.
    pub(crate) total_bytes: usize,
}

impl Table {
    pub(crate) fn new(run: u32, limit: Limits, jobs: Sender<FileJob>) -> Self {
        Self {
            run,
            next_number: 1,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            folders: BTreeSet::new(),
            tenants: BTreeMap::new(),
            limit,
            jobs,
        }
    }

    /// Adds the rows of a batch that are named, each to its part.
    pub(crate) fn add(
        &mut self,
        batch: &RecordBatch,
        keys: &[EventKey],
        rows: &[Kept<'_>],
        evidence: &Evidence,
    ) -> Result<(), IngestError> {
        let batch = with_bodies(batch, keys)?;
        let mut by_part: BTreeMap<(&str, &'static str), Vec<u32>> = BTreeMap::new();
        for kept in rows {
            *self.tenants.entry(kept.tenant.to_owned()).or_default() += 1;
            let folder = if self.has_folder(kept.tenant) { kept.tenant } else { MANY };
            by_part.entry((folder, kept.class.family().as_str())).or_default().push(kept.row);
        }
        for ((tenant, family), rows) in by_part {
            self.wait((tenant.to_owned(), family), part(&batch, rows, evidence)?)?;
        }
        Ok(())
    }

    /// Whether the tenant is among the first so many, which get folders of their own.
    fn has_folder(&mut self, tenant: &str) -> bool {
        if !self.folders.contains(tenant) && self.folders.len() < FOLDERS {
            self.folders.insert(tenant.to_owned());
        }
        self.folders.contains(tenant)
    }

    fn wait(&mut self, key: (String, &'static str), part: Part) -> Result<(), IngestError> {
        let bytes = part.batch.get_array_memory_size();
        let waiting = self.waiting.entry(key.clone()).or_default();
        waiting.rows += part.len();
        waiting.bytes += bytes;
        waiting.parts.push(part);
        self.waiting_bytes += bytes;
        if waiting.rows >= self.limit.file_rows || waiting.bytes >= self.limit.file_bytes {
            self.write(&key)?;
        }
        while self.waiting_bytes > self.limit.total_bytes {
            let Some(largest) = self.waiting.iter().max_by_key(|(_, waiting)| waiting.bytes).map(|(key, _)| key.clone()) else { break };
            self.write(&largest)?;
        }
        Ok(())
    }

    fn write(&mut self, key: &(String, &'static str)) -> Result<(), IngestError> {
        let Some(waiting) = self.waiting.remove(key) else { return Ok(()) };
        self.waiting_bytes -= waiting.bytes;
        let path = layout::event_file(&key.0, key.1, self.run, self.next_number);
        self.next_number += 1;
        self.jobs.send(FileJob { path, parts: waiting.parts }).map_err(|_closed| IngestError::Stopped)
    }

    /// Writes what still waits; tells how many rows of each tenant were added in all.
    pub(crate) fn finish(mut self) -> Result<Vec<(String, u64)>, IngestError> {
        while let Some(key) = self.waiting.keys().next().cloned() {
            self.write(&key)?;
        }
        Ok(self.tenants.into_iter().collect())
    }
}

/// A row of a batch that becomes an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    pub(crate) row: u32,
    pub(crate) tenant: &'a str,
    pub(crate) class: LogClass,
}

fn with_bodies(batch: &RecordBatch, keys: &[EventKey]) -> Result<RecordBatch, IngestError> {
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(keys.iter().map(body_of).collect::<Int64Array>()));
    columns.push(Arc::new(keys.iter().map(|key| i64::from(key.size)).collect::<Int64Array>()));
    Ok(RecordBatch::try_new(stored_schema(), columns)?)
}

/// The named rows of a batch: the batch itself where they are most of it, a copy of them where they are few, so that a few
/// rows that wait long do not hold a whole batch.
fn part(batch: &RecordBatch, rows: Vec<u32>, evidence: &Evidence) -> Result<Part, IngestError> {
    let evidence = evidence.clone();
    if rows.len() == batch.num_rows() {
        Ok(Part { batch: batch.clone(), rows: None, evidence })
    } else if rows.len() * 2 > batch.num_rows() {
        Ok(Part { batch: batch.clone(), rows: Some(rows), evidence })
    } else {
        Ok(Part { batch: take_record_batch(batch, &UInt32Array::from(rows))?, rows: None, evidence })
    }
}

/// Sorts the rows of a file by time, writes them as Parquet and puts the file into the case.
pub(crate) fn write_file(store: &Store, job: &FileJob) -> Result<Object, IngestError> {
    let sorted = sorted_by_time(&job.parts)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, stored_schema(), Some(event_file_properties()?))?;
    writer.write(&sorted)?;
    writer.close()?;
    Ok(store.put_new(&job.path, bytes)?)
}

/// One batch of all rows, earliest first, undated last; rows of one time stay in the order of the input.
fn sorted_by_time(parts: &[Part]) -> Result<RecordBatch, IngestError> {
    let mut order: Vec<(i64, usize, usize)> = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let times = part.batch.column_by_name("time").and_then(|c| c.as_primitive_opt::<TimestampNanosecondType>());
        for row in (0..part.len()).map(|row| part.row(row)) {
            let time = times.filter(|t| t.is_valid(row)).map_or(i64::MAX, |t| t.value(row));
            order.push((time, i, row));
        }
    }
    order.sort_unstable();
    let indices: Vec<(usize, usize)> = order.into_iter().map(|(_, part, row)| (part, row)).collect();
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

/// Fast compression, no dictionaries for text that hardly repeats, statistics for what queries prune by.
fn event_file_properties() -> Result<WriterProperties, IngestError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(1 << 20))
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
