//! A small event table in a Parquet file.

use std::fs::File;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder, StructBuilder, TimestampNanosecondArray,
    new_null_array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::execution::context::SessionContext;
use datafusion::execution::options::ParquetReadOptions;
use parquet::arrow::ArrowWriter;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use waxseal_detect::{derive_as_views, functions};
use waxseal_model::{COLUMNS, ColumnKind, Nanos, SIGHTINGS_COLUMN, event_schema, property_fields};

/// A session over a table of events; the folder goes when it is dropped.
pub(crate) struct Table {
    pub(crate) ctx: SessionContext,
    _folder: TempDir,
}

/// One event: what is given, and something for every column that may not be missing. `properties` is a list of
/// `[name, new]` or `[name, old, new]`.
pub(crate) fn event(id: &str, time: &str, columns: Value) -> Value {
    let mut event = json!({"id": id, "tenant": "t1", "log_class": "ual.exchange_admin", "truncated": false, "evidence_id": "e", "offset": 0, "raw": "{}"});
    let fields = event.as_object_mut().unwrap();
    if !time.is_empty() {
        fields.insert("time".to_owned(), json!(time));
    }
    fields.extend(columns.as_object().unwrap().clone());
    event
}

/// Writes the events and opens a session over them.
pub(crate) async fn table(events: &[Value]) -> Table {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("events.parquet");
    let batch = batch(events);
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let ctx = SessionContext::new();
    functions().into_iter().for_each(|function| ctx.register_udf(function));
    ctx.register_parquet("events", path.to_str().unwrap(), ParquetReadOptions::default()).await.unwrap();
    derive_as_views(&ctx, Nanos::parse("2200-01-01T00:00:00Z").unwrap()).await.unwrap();
    Table { ctx, _folder: folder }
}

fn batch(events: &[Value]) -> RecordBatch {
    let rows: Vec<&Map<String, Value>> = events.iter().map(|event| event.as_object().unwrap()).collect();
    for name in rows.iter().flat_map(|row| row.keys()) {
        assert!(COLUMNS.iter().any(|column| column.name == name), "there is no column {name}");
    }
    let mut columns: Vec<ArrayRef> = COLUMNS.iter().map(|column| array(column.kind, column.name, &rows)).collect();
    columns.push(Arc::new(Int64Array::from(vec![1; rows.len()])));
    let mut fields: Vec<_> = event_schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(SIGHTINGS_COLUMN, DataType::Int64, false)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

fn array(kind: ColumnKind, name: &str, rows: &[&Map<String, Value>]) -> ArrayRef {
    let values = rows.iter().map(|row| row.get(name));
    match kind {
        ColumnKind::Text => Arc::new(values.map(|v| v.and_then(Value::as_str)).collect::<StringArray>()),
        ColumnKind::Int => Arc::new(values.map(|v| v.and_then(Value::as_i64)).collect::<Int64Array>()),
        ColumnKind::Bool => Arc::new(values.map(|v| v.and_then(Value::as_bool)).collect::<BooleanArray>()),
        ColumnKind::Time => {
            let times = values.map(|v| v.and_then(Value::as_str).map(|text| Nanos::parse(text).unwrap().0));
            Arc::new(times.collect::<TimestampNanosecondArray>().with_timezone("UTC"))
        }
        ColumnKind::Properties => properties(values),
        ColumnKind::Items => new_null_array(&kind.data_type(), rows.len()),
    }
}

fn properties<'a>(values: impl Iterator<Item = Option<&'a Value>>) -> ArrayRef {
    let mut lists = ListBuilder::new(StructBuilder::from_fields(property_fields(), 0));
    for value in values {
        let entries = value.and_then(Value::as_array);
        for entry in entries.into_iter().flatten() {
            let texts: Vec<_> = entry.as_array().unwrap().iter().map(Value::as_str).collect();
            let (name, old, new) = if let [name, new] = texts[..] { (name, None, new) } else { (texts[0], texts[1], texts[2]) };
            for (place, text) in [name, old, new].into_iter().enumerate() {
                lists.values().field_builder::<StringBuilder>(place).unwrap().append_option(text);
            }
            lists.values().append(true);
        }
        lists.append(entries.is_some());
    }
    Arc::new(lists.finish())
}
