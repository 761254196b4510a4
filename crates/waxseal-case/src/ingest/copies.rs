//! Further copies of events: where each was seen, and which body it replaced.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Int64Builder, StringBuilder};
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{Array as _, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;

use crate::ingest::IngestError;
use crate::ingest::inputs::Evidence;
use crate::ingest::table::KEY_COLUMN;
use crate::store::{Object, Store};

/// Rows of one file of copies.
const FILE_ROWS: usize = 1 << 18;

/// Names the two tables.
pub(crate) const SIGHTINGS: &str = "sightings";
pub(crate) const SUPERSEDED: &str = "superseded";

/// `tenant, id, evidence_id, offset, body, conflict`: one row for every copy after the first.
pub(crate) fn sightings_schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let int = |name| Field::new(name, DataType::Int64, false);
    Arc::new(Schema::new(vec![
        text("tenant"),
        text("id"),
        text("evidence_id"),
        int("offset"),
        int("body"),
        Field::new("conflict", DataType::Boolean, false),
    ]))
}

/// `tenant, id, body, event_key`: bodies that a fuller copy of the same event has replaced.
pub(crate) fn superseded_schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let int = |name, nullable| Field::new(name, DataType::Int64, nullable);
    Arc::new(Schema::new(vec![text("tenant"), text("id"), int("body", false), int(KEY_COLUMN, true)]))
}

/// Collects copies and writes them below the run.
pub(crate) struct Copies {
    store: Store,
    folder: String,
    tenants: StringBuilder,
    ids: StringBuilder,
    evidence: Vec<Evidence>,
    offsets: Int64Builder,
    bodies: Int64Builder,
    conflicts: BooleanBuilder,
    rows: usize,
    old_tenants: StringBuilder,
    old_ids: StringBuilder,
    old_bodies: Int64Builder,
    old_keys: Int64Builder,
    old_rows: usize,
    objects: Vec<Object>,
}

impl Copies {
    pub(crate) fn new(store: &Store, folder: &str) -> Self {
        Self {
            store: store.clone(),
            folder: folder.to_owned(),
            tenants: StringBuilder::new(),
            ids: StringBuilder::new(),
            evidence: Vec::new(),
            offsets: Int64Builder::new(),
            bodies: Int64Builder::new(),
            conflicts: BooleanBuilder::new(),
            rows: 0,
            old_tenants: StringBuilder::new(),
            old_ids: StringBuilder::new(),
            old_bodies: Int64Builder::new(),
            old_keys: Int64Builder::new(),
            old_rows: 0,
            objects: Vec::new(),
        }
    }

    /// Notes a further copy.
    pub(crate) fn sighting(
        &mut self,
        batch: &RecordBatch,
        row: u32,
        body: i64,
        conflict: bool,
        evidence: &Evidence,
    ) -> Result<(), IngestError> {
        self.tenants.append_value(text(batch, "tenant", row));
        self.ids.append_value(text(batch, "id", row));
        self.evidence.push(evidence.clone());
        self.offsets.append_value(int(batch, "offset", row));
        self.bodies.append_value(body);
        self.conflicts.append_value(conflict);
        self.rows += 1;
        if self.rows >= FILE_ROWS { self.write_sightings() } else { Ok(()) }
    }

    /// Notes that the body `old` of the event in this row, which has this key, is replaced.
    pub(crate) fn superseded(&mut self, batch: &RecordBatch, row: u32, key: i64, old: i64) -> Result<(), IngestError> {
        self.old_tenants.append_value(text(batch, "tenant", row));
        self.old_ids.append_value(text(batch, "id", row));
        self.old_bodies.append_value(old);
        self.old_keys.append_value(key);
        self.old_rows += 1;
        if self.old_rows >= FILE_ROWS { self.write_superseded() } else { Ok(()) }
    }

    /// Writes what is left and names every file written.
    pub(crate) fn finish(mut self) -> Result<Vec<Object>, IngestError> {
        if self.rows > 0 {
            self.write_sightings()?;
        }
        if self.old_rows > 0 {
            self.write_superseded()?;
        }
        Ok(self.objects)
    }

    fn write_sightings(&mut self) -> Result<(), IngestError> {
        let evidence = self.evidence.drain(..).map(|evidence| evidence.id().map(Some)).collect::<Result<StringArray, _>>()?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.tenants.finish()),
            Arc::new(self.ids.finish()),
            Arc::new(evidence),
            Arc::new(self.offsets.finish()),
            Arc::new(self.bodies.finish()),
            Arc::new(self.conflicts.finish()),
        ];
        self.rows = 0;
        self.write(SIGHTINGS, RecordBatch::try_new(sightings_schema(), columns)?)
    }

    fn write_superseded(&mut self) -> Result<(), IngestError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.old_tenants.finish()),
            Arc::new(self.old_ids.finish()),
            Arc::new(self.old_bodies.finish()),
            Arc::new(self.old_keys.finish()),
        ];
        self.old_rows = 0;
        self.write(SUPERSEDED, RecordBatch::try_new(superseded_schema(), columns)?)
    }

    fn write(&mut self, name: &str, batch: RecordBatch) -> Result<(), IngestError> {
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None)?;
        writer.write(&batch)?;
        writer.close()?;
        let path = format!("{}/{name}-{:05}.parquet", self.folder, self.objects.len() + 1);
        self.objects.push(self.store.put_new(&path, bytes)?);
        Ok(())
    }
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: u32) -> &'a str {
    let column = batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    column.filter(|c| c.is_valid(row as usize)).map_or("", |c| c.value(row as usize))
}

fn int(batch: &RecordBatch, name: &str, row: u32) -> i64 {
    let column = batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
    column.map_or(0, |c| c.value(row as usize))
}
