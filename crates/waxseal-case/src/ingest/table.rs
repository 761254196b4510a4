//! Collecting events by tenant and family until there are enough of them to hand to the writer of their files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::take::take_record_batch;
use crossbeam_channel::Sender;
use waxseal_model::{LogClass, event_schema};

use waxseal_read::EventKey;

use crate::ingest::IngestError;
use crate::ingest::index::{body_of, key_of};
use crate::ingest::inputs::Evidence;

/// Name of the column that tells two bodies of one event apart. It is not part of the `events` view.
pub(crate) const BODY_COLUMN: &str = "body";

/// Name of the column that tells an event from others, whatever its body. With [`BODY_COLUMN`] it is found by two numbers where a
/// comparison of ids would have to read the text of every id. It is not part of the `events` view.
pub(crate) const KEY_COLUMN: &str = "event_key";

/// Name of the column with the size of the canonical body. It is not part of the `events` view.
pub(crate) const BODY_SIZE_COLUMN: &str = "body_size";

/// The schema of event files: the model's, the body's digest and size, and the event's key, which files of version 1 lack.
pub(crate) fn stored_schema() -> SchemaRef {
    let mut fields: Vec<_> = event_schema().fields().iter().cloned().collect();
    fields.extend([BODY_COLUMN, BODY_SIZE_COLUMN].map(|name| Arc::new(Field::new(name, DataType::Int64, false))));
    fields.push(Arc::new(Field::new(KEY_COLUMN, DataType::Int64, true)));
    Arc::new(Schema::new(fields))
}

/// So many tenants of a run get folders of their own; a log that names more was made to exhaust us, or is a provider's.
const FOLDERS: usize = 200;

/// The folder of all further tenants.
const MANY: &str = "many";

/// Rows of one batch that wait to become part of a file.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) batch: RecordBatch,
    /// Which of its rows; all where none are named.
    rows: Option<Vec<u32>>,
    pub(crate) evidence: Evidence,
}

impl Part {
    pub(crate) fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.batch.num_rows(), Vec::len)
    }

    pub(crate) fn row(&self, i: usize) -> usize {
        self.rows.as_ref().map_or(i, |rows| rows[i] as usize)
    }
}

/// Folder of the tenant, and family.
pub(crate) type Place = (String, &'static str);

/// Rows that wait to be written.
#[derive(Debug, Default)]
struct Waiting {
    parts: Vec<Part>,
    bytes: usize,
    /// How much had been added to the whole table when something was last added here.
    touched: usize,
}

/// Rows to be written into the files of a place.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) place: Place,
    pub(crate) parts: Vec<Part>,
}

/// Collects rows and hands them to the writers. The rows of one place always go to the same writer, in order.
#[derive(Debug)]
pub(crate) struct Table {
    waiting: BTreeMap<Place, Waiting>,
    waiting_bytes: usize,
    added_bytes: usize,
    /// Tenants that get a folder of their own.
    folders: BTreeSet<String>,
    /// Events added so far, by tenant.
    tenants: BTreeMap<String, u64>,
    limit: Limits,
    writers: Vec<Sender<Rows>>,
    /// Which writer the rows of a place go to.
    routes: BTreeMap<Place, usize>,
    /// Bytes sent to each writer so far.
    sent: Vec<usize>,
}

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of one place.
    pub(crate) place_bytes: usize,
    /// Bytes of all places together.
    pub(crate) total_bytes: usize,
}

impl Table {
    pub(crate) fn new(limit: Limits, writers: Vec<Sender<Rows>>) -> Self {
        let sent = vec![0; writers.len()];
        Self {
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            added_bytes: 0,
            folders: BTreeSet::new(),
            tenants: BTreeMap::new(),
            limit,
            writers,
            routes: BTreeMap::new(),
            sent,
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
            *self.tenants.entry(kept.tenant.to_owned()).or_default() += u64::from(!kept.replaces);
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

    fn wait(&mut self, place: Place, part: Part) -> Result<(), IngestError> {
        let bytes = part.batch.get_array_memory_size();
        self.added_bytes += bytes;
        self.waiting_bytes += bytes;
        let waiting = self.waiting.entry(place.clone()).or_default();
        waiting.bytes += bytes;
        waiting.touched = self.added_bytes;
        waiting.parts.push(part);
        if waiting.bytes >= self.limit.place_bytes {
            self.write(&place)?;
        }
        while self.waiting_bytes > self.limit.total_bytes {
            let Some(next) = self.next_to_go() else { break };
            self.write(&next)?;
        }
        Ok(())
    }

    /// What is large, or has not grown for long: logs often come one tenant after the other.
    fn next_to_go(&self) -> Option<Place> {
        let weight = |waiting: &Waiting| waiting.bytes as u128 * (1 + self.added_bytes - waiting.touched) as u128;
        self.waiting.iter().max_by_key(|(_, waiting)| weight(waiting)).map(|(place, _)| place.clone())
    }

    fn write(&mut self, place: &Place) -> Result<(), IngestError> {
        let Some(waiting) = self.waiting.remove(place) else { return Ok(()) };
        self.waiting_bytes -= waiting.bytes;
        let least_busy = (0..self.sent.len()).min_by_key(|writer| self.sent[*writer]).unwrap_or(0);
        let writer = *self.routes.entry(place.clone()).or_insert(least_busy);
        self.sent[writer] += waiting.bytes;
        self.writers[writer].send(Rows { place: place.clone(), parts: waiting.parts }).map_err(|_closed| IngestError::Stopped)
    }

    /// Writes what still waits; tells how many rows of each tenant were added in all.
    pub(crate) fn finish(mut self) -> Result<Vec<(String, u64)>, IngestError> {
        while let Some(place) = self.waiting.keys().next().cloned() {
            self.write(&place)?;
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
    /// It takes the place of a less full copy of the same event.
    pub(crate) replaces: bool,
}

fn with_bodies(batch: &RecordBatch, keys: &[EventKey]) -> Result<RecordBatch, IngestError> {
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(keys.iter().map(body_of).collect::<Int64Array>()));
    columns.push(Arc::new(keys.iter().map(|key| i64::from(key.size)).collect::<Int64Array>()));
    columns.push(Arc::new(keys.iter().map(key_of).collect::<Int64Array>()));
    Ok(RecordBatch::try_new(stored_schema(), columns)?)
}

/// Batches with fewer rows are mostly room that their builders reserved.
const SMALL_BATCH: usize = 1024;

/// The named rows of a batch: the batch itself where they are most of it, a copy of them where they are few, so that a few
/// rows that wait long do not hold a whole batch.
fn part(batch: &RecordBatch, rows: Vec<u32>, evidence: &Evidence) -> Result<Part, IngestError> {
    let evidence = evidence.clone();
    if batch.num_rows() < SMALL_BATCH {
        Ok(Part { batch: take_record_batch(batch, &UInt32Array::from(rows))?, rows: None, evidence })
    } else if rows.len() == batch.num_rows() {
        Ok(Part { batch: batch.clone(), rows: None, evidence })
    } else if rows.len() * 2 > batch.num_rows() {
        Ok(Part { batch: batch.clone(), rows: Some(rows), evidence })
    } else {
        Ok(Part { batch: take_record_batch(batch, &UInt32Array::from(rows))?, rows: None, evidence })
    }
}
