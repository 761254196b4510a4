//! Tables beside the events: rows of a query as text, and rows as Parquet, which is what plans can travel with.

use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray, UInt32Array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::compute::cast;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use futures::StreamExt as _;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use waxseal_model::Nanos;

use crate::session::table;
use crate::store::{Object, Store, StoreError};

/// Why a table could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Whose fault: the environment's or ours.
    #[error("{0}")]
    Engine(#[from] DataFusionError),
    /// Whose fault: ours.
    #[error("{0}")]
    Parquet(#[from] ParquetError),
    /// Whose fault: ours.
    #[error("{0}")]
    Arrow(#[from] ArrowError),
    /// Whose fault: the environment's.
    #[error("failed to write rows: {0}")]
    Write(#[from] std::io::Error),
    /// See [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A row as text, column by column.
pub(crate) struct Row(Vec<Option<String>>);

impl Row {
    pub(crate) fn text(&self, i: usize) -> Option<String> {
        self.0.get(i).cloned().flatten()
    }

    pub(crate) fn told(&self, i: usize) -> String {
        self.text(i).unwrap_or_default()
    }

    pub(crate) fn number<N: std::str::FromStr>(&self, i: usize) -> Option<N> {
        self.0.get(i)?.as_deref()?.parse().ok()
    }

    pub(crate) fn time(&self, i: usize) -> Option<Nanos> {
        self.number(i).map(Nanos)
    }

    pub(crate) fn is(&self, i: usize) -> bool {
        self.text(i).as_deref() == Some("true")
    }
}

/// A text in a query.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A moment in a query.
pub(crate) fn instant(time: Nanos) -> String {
    format!("arrow_cast({}, 'Timestamp(Nanosecond, Some(\"UTC\"))')", time.0)
}

/// A query as of a moment.
pub(crate) fn as_of(query: &str, now: Nanos) -> String {
    query.replace(":now", &instant(now))
}

/// The rows of a query, in the order in which they come.
pub(crate) async fn rows(ctx: &SessionContext, query: &str, mut each: impl FnMut(Row)) -> Result<(), DataFusionError> {
    let mut stream = ctx.sql(query).await?.execute_stream().await?;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let texts: Vec<StringArray> = batch
            .columns()
            .iter()
            .map(|column| Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone()))
            .collect::<Result<_, DataFusionError>>()?;
        for row in 0..batch.num_rows() {
            each(Row(texts.iter().map(|column| column.is_valid(row).then(|| column.value(row).to_owned())).collect()));
        }
    }
    Ok(())
}

/// How objects are written.
pub(crate) fn properties() -> Result<WriterProperties, TableError> {
    // Rows are held as they come until a group of them is full.
    let level = ZstdLevel::try_new(1)?;
    Ok(WriterProperties::builder().set_max_row_group_row_count(Some(1 << 16)).set_compression(Compression::ZSTD(level)).build())
}

/// A column in the making.
pub(crate) fn texts<'t>(values: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub(crate) fn places(values: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(values.collect::<UInt32Array>())
}

pub(crate) fn ranks(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<Int64Array>())
}

pub(crate) fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

pub(crate) fn times(values: impl Iterator<Item = Option<Nanos>>) -> ArrayRef {
    Arc::new(values.map(|time| time.map(|time| time.0)).collect::<TimestampNanosecondArray>().with_timezone("UTC"))
}

/// Puts a small table into a run and makes it one of the session; one of the same name before it is forgotten.
pub(crate) fn put(
    ctx: &SessionContext,
    store: &Store,
    path: &str,
    name: &str,
    columns: Vec<(&str, ArrayRef)>,
) -> Result<Object, TableError> {
    let fields: Vec<Field> = columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, column)| column).collect())?;
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties()?))?;
    writer.write(&batch)?;
    let object = store.put_new(path, writer.into_inner()?)?;
    register(ctx, store, name, &[&object], schema)?;
    Ok(object)
}

/// Makes objects that hold the rows of one table a table of the session; one of the same name before it is forgotten.
pub(crate) fn register(
    ctx: &SessionContext,
    store: &Store,
    name: &str,
    objects: &[&Object],
    schema: SchemaRef,
) -> Result<(), DataFusionError> {
    let paths: Vec<&str> = objects.iter().map(|object| object.path.as_str()).collect();
    ctx.deregister_table(name)?;
    ctx.register_table(name, table(store, &paths, schema)?)?;
    Ok(())
}

/// Writes rows into a run, as they come.
pub(crate) fn write_frame(store: &Store, path: &str, frame: DataFrame) -> Result<(Object, SchemaRef), TableError> {
    let mut stream = store.runtime().block_on(frame.execute_stream())?;
    let schema = stream.schema();
    let mut writer = ArrowWriter::try_new(store.upload(path)?, Arc::clone(&schema), Some(properties()?))?;
    while let Some(batch) = store.runtime().block_on(stream.next()) {
        writer.write(&batch?)?;
    }
    Ok((writer.into_inner()?.finish()?, schema))
}

/// Puts the rows of a query into a run, as they come, and makes them a table of the session.
pub(crate) fn put_rows(ctx: &SessionContext, store: &Store, path: &str, name: &str, query: &str) -> Result<Object, TableError> {
    let (object, schema) = write_frame(store, path, store.runtime().block_on(ctx.sql(query))?)?;
    register(ctx, store, name, &[&object], schema)?;
    Ok(object)
}
