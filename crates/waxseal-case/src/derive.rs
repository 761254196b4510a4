//! Working out the tables that many detections share, once for a detect run, as files of the run.

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use futures::StreamExt as _;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use waxseal_detect::DERIVED;
use waxseal_model::Nanos;

use crate::session::table;
use crate::store::{Object, Store, StoreError};

/// Why the shared tables could not be worked out.
#[derive(Debug, thiserror::Error)]
pub enum DeriveError {
    /// Whose fault: the environment's or ours.
    #[error("failed to work out a table that detections share: {0}")]
    Engine(#[from] DataFusionError),
    /// See [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts every derived table into the folder of a run and registers it with the session.
pub(crate) fn derive(ctx: &SessionContext, store: &Store, folder: &str, now: Nanos) -> Result<Vec<Object>, DeriveError> {
    let mut made = Vec::new();
    for derived in DERIVED {
        let (bytes, schema) = store.runtime().block_on(written(ctx, &derived.statement(now)))?;
        let object = store.put_new(&format!("{folder}/{}.parquet", derived.name), bytes)?;
        ctx.register_table(derived.name, table(store, &[object.path.as_str()], schema)?)?;
        made.push(object);
    }
    Ok(made)
}

/// The rows of a query as Parquet, which is what plans can travel with.
async fn written(ctx: &SessionContext, statement: &str) -> Result<(Vec<u8>, SchemaRef), DataFusionError> {
    let mut rows = ctx.sql(statement).await?.execute_stream().await?;
    let schema = rows.schema();
    // Rows are held as they come until a group of them is full.
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(1 << 16))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?;
    while let Some(batch) = rows.next().await {
        writer.write(&batch?)?;
    }
    Ok((writer.into_inner()?, schema))
}
