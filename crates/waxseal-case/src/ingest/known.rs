//! Loading what the case holds already into the index.

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{Array as _, RecordBatch, StringArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use waxseal_read::{BodyDigest, EventKey, event_key};

use crate::ingest::IngestError;
use crate::ingest::index::{Index, Occurrences};
use crate::ingest::table::{BODY_COLUMN, BODY_SIZE_COLUMN};
use crate::runs::Run;
use crate::store::{Store, StoreError};

/// Offers every event of the committed runs to the index, in the order they were read.
pub(super) fn load(store: &Store, runs: &[Run], index: &mut Index, occurrences: &mut Occurrences) -> Result<(), IngestError> {
    for path in event_files(runs) {
        let bytes = store.get(path)?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
        let mask =
            ProjectionMask::columns(builder.parquet_schema(), ["tenant", "id", "log_class", "operation", BODY_COLUMN, BODY_SIZE_COLUMN]);
        for batch in builder.with_projection(mask).build()? {
            offer(&batch?, index, occurrences)?;
        }
    }
    Ok(())
}

/// Paths of the event files of some runs.
pub(crate) fn event_files(runs: &[Run]) -> impl Iterator<Item = &str> {
    let prefix = format!("{}/", crate::layout::EVENTS);
    runs.iter().flat_map(|run| &run.commit.objects).map(|object| object.path.as_str()).filter(move |path| path.starts_with(&prefix))
}

fn offer(batch: &RecordBatch, index: &mut Index, occurrences: &mut Occurrences) -> Result<(), StoreError> {
    let text = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
    let int = |name: &str| batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
    let (Some(tenants), Some(ids), Some(bodies), Some(sizes)) = (text("tenant"), text("id"), int(BODY_COLUMN), int(BODY_SIZE_COLUMN))
    else {
        return Ok(());
    };
    let (classes, operations) = (text("log_class"), text("operation"));
    let value = |column: Option<&'_ StringArray>, row: usize| column.filter(|c| c.is_valid(row)).map(|c| c.value(row).to_owned());
    for row in 0..batch.num_rows() {
        let (tenant, id) = (tenants.value(row), ids.value(row));
        let mut body = [0; 16];
        body[..8].copy_from_slice(&bodies.value(row).to_le_bytes());
        let size = if sizes.is_valid(row) { u32::try_from(sizes.value(row)).unwrap_or(u32::MAX) } else { 0 };
        let key = event_key(tenant, id, value(classes, row).as_deref(), value(operations, row).as_deref());
        index.offer(&EventKey { key, body: BodyDigest(body), without_id: false, size })?;
        count_occurrence(tenant, id, occurrences)?;
    }
    Ok(())
}

/// `sha256:…#3` is the third occurrence of a record without an id.
fn count_occurrence(tenant: &str, id: &str, occurrences: &mut Occurrences) -> Result<(), StoreError> {
    let Some((digest, number)) = id.rsplit_once('#').filter(|(digest, _)| digest.starts_with("sha256:")) else { return Ok(()) };
    let Ok(number) = number.parse::<u32>() else { return Ok(()) };
    occurrences.at_least(&event_key(tenant, digest, None, None), number)
}
