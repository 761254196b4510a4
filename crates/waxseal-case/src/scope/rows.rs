//! Small tables between the steps of the scope: as text when they are read, as Parquet when they are written.

use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::compute::cast;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use futures::StreamExt as _;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use waxseal_model::Nanos;

use super::ScopeError;
use crate::session::table;
use crate::store::{Object, Store};

/// A row as text, column by column.
pub(super) struct Row(Vec<Option<String>>);

impl Row {
    pub(super) fn text(&self, i: usize) -> Option<String> {
        self.0.get(i).cloned().flatten()
    }

    pub(super) fn told(&self, i: usize) -> String {
        self.text(i).unwrap_or_default()
    }

    pub(super) fn number<N: std::str::FromStr>(&self, i: usize) -> Option<N> {
        self.0.get(i)?.as_deref()?.parse().ok()
    }

    pub(super) fn time(&self, i: usize) -> Option<Nanos> {
        self.number(i).map(Nanos)
    }

    pub(super) fn is(&self, i: usize) -> bool {
        self.text(i).as_deref() == Some("true")
    }
}

/// A query as of a moment.
pub(super) fn as_of(query: &str, now: Nanos) -> String {
    query.replace(":now", &format!("arrow_cast({}, 'Timestamp(Nanosecond, Some(\"UTC\"))')", now.0))
}

/// The rows of a query, in the order in which they come.
pub(super) async fn rows(ctx: &SessionContext, query: &str, mut each: impl FnMut(Row)) -> Result<(), DataFusionError> {
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
pub(super) fn properties() -> Result<WriterProperties, ScopeError> {
    // Rows are held as they come until a group of them is full.
    let level = ZstdLevel::try_new(1)?;
    Ok(WriterProperties::builder().set_max_row_group_row_count(Some(1 << 16)).set_compression(Compression::ZSTD(level)).build())
}

/// A column in the making.
pub(super) fn texts<'t>(values: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub(super) fn places(values: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(values.collect::<UInt32Array>())
}

pub(super) fn ranks(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<Int64Array>())
}

pub(super) fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}

pub(super) fn times(values: impl Iterator<Item = Option<Nanos>>) -> ArrayRef {
    Arc::new(values.map(|time| time.map(|time| time.0)).collect::<TimestampNanosecondArray>().with_timezone("UTC"))
}

/// Puts a small table into a run and makes it one of the session; one of the same name before it is forgotten.
pub(super) fn put(
    ctx: &SessionContext,
    store: &Store,
    path: &str,
    name: &str,
    columns: Vec<(&str, ArrayRef)>,
) -> Result<Object, ScopeError> {
    let fields: Vec<Field> = columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, column)| column).collect())?;
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties()?))?;
    writer.write(&batch)?;
    let object = store.put_new(path, writer.into_inner()?)?;
    register(ctx, store, name, &object, schema)?;
    Ok(object)
}

fn register(ctx: &SessionContext, store: &Store, name: &str, object: &Object, schema: SchemaRef) -> Result<(), DataFusionError> {
    ctx.deregister_table(name)?;
    ctx.register_table(name, table(store, &[object.path.as_str()], schema)?)?;
    Ok(())
}

/// Puts the rows of a query into a run, as they come, and makes them a table of the session.
pub(super) fn put_rows(ctx: &SessionContext, store: &Store, path: &str, name: &str, query: &str) -> Result<Object, ScopeError> {
    let mut stream = store.runtime().block_on(async { ctx.sql(query).await?.execute_stream().await })?;
    let schema = stream.schema();
    let mut writer = ArrowWriter::try_new(store.upload(path)?, Arc::clone(&schema), Some(properties()?))?;
    while let Some(batch) = store.runtime().block_on(stream.next()) {
        writer.write(&batch?)?;
    }
    let object = writer.into_inner()?.finish()?;
    register(ctx, store, name, &object, schema)?;
    Ok(object)
}
