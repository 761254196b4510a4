//! Parquet files: read like the lines they were made from, and no danger where they lie.

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, FixedSizeBinaryBuilder, ListBuilder};
use arrow_array::{Int64Array, ListArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use serde_json::json;
use waxseal_read::Container;

use crate::mutation::{Chance, mutated};
use crate::reading::{self, read};

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/formats").join(name)).expect("the sample is there")
}

/// The text of a file, or why it was given up.
fn text_of(bytes: &[u8]) -> Result<String, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let mut container = Container::open(Cursor::new(bytes), &reading::memory).map_err(|error| told(&error))?;
    let member = container.members()[0].clone();
    let mut text = String::new();
    container.read(&member).map_err(|error| told(&error))?.input.read_to_string(&mut text).map_err(|error| told(&error))?;
    Ok(text)
}

fn written(batch: &RecordBatch, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).expect("memory");
    writer.write(batch).expect("memory");
    writer.close().expect("memory");
    bytes
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

/// A column of texts.
fn texts(values: Vec<String>) -> RecordBatch {
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, true)]);
    RecordBatch::try_new(Arc::new(schema), vec![Arc::new(StringArray::from(values))]).expect("one column")
}

#[test]
fn rows_are_the_records_that_they_were_made_from() {
    for (rows, lines) in [
        ("entra_sign_in/data_lake.parquet", "entra_sign_in/log_analytics.jsonl"),
        ("m365_unified_audit/data_lake.parquet", "m365_unified_audit/office_activity.jsonl"),
        ("google_workspace_activity/big_query.parquet", "google_workspace_activity/big_query.jsonl"),
    ] {
        let (rows, lines) = (read(&sample(rows)), read(&sample(lines)));
        rows.check();
        let of_provider =
            |keys: Vec<waxseal_read::EventKey>| keys.into_iter().filter(|key| !key.without_id).map(|key| key.key).collect::<Vec<_>>();
        assert_eq!(rows.keys().len(), lines.keys().len());
        assert_eq!(of_provider(rows.keys()), of_provider(lines.keys()));
    }
}

#[test]
fn rows_of_every_compression_and_group_follow_each_other() {
    let values: Vec<String> = (0..5_000).map(|number| format!("row {number} \u{e9}")).collect();
    let expected: String = values.iter().map(|value| format!("{}\n", json!({"text": value}))).collect();
    for compression in
        [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::GZIP(Default::default()), Compression::ZSTD(Default::default())]
    {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let made = properties().set_compression(compression).set_writer_version(version).set_max_row_group_row_count(Some(1_700));
            assert_eq!(text_of(&written(&texts(values.clone()), made)).as_deref(), Ok(expected.as_str()), "{compression:?} {version:?}");
        }
    }
    let made = properties().set_column_encoding("text".into(), Encoding::DELTA_BYTE_ARRAY).set_dictionary_enabled(false);
    assert_eq!(text_of(&written(&texts(values), made)).as_deref(), Ok(expected.as_str()));
}

#[test]
fn times_lists_and_bytes_that_are_text_are_written_as_json() {
    let schema = Schema::new(vec![
        Field::new("bytes", DataType::Binary, true),
        Field::new("list", DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true))), true),
        Field::new("time", DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, Some("UTC".into())), true),
    ]);
    let list = ListArray::from_iter_primitive::<arrow_array::types::Int64Type, _, _>([Some(vec![Some(1), None]), None]);
    let bytes = arrow_array::BinaryArray::from_opt_vec(vec![Some(b"text".as_slice()), None]);
    let times = arrow_array::TimestampMicrosecondArray::from(vec![Some(1_761_480_743_029_221), None]).with_timezone("UTC");
    let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(bytes), Arc::new(list), Arc::new(times)]).expect("three columns");
    let text = text_of(&written(&batch, properties())).expect("a whole file");
    assert_eq!(text, "{\"bytes\":\"text\",\"list\":[1,null],\"time\":\"2025-10-26T12:12:23.029221Z\"}\n{}\n");
}

/// Wherever they lie, and whatever else a batch holds.
#[test]
fn bytes_are_text_or_digits_each_for_itself() {
    let bytes = |values: Vec<&'static [u8]>| arrow_array::BinaryArray::from_vec(values);
    let (values, odd) = (vec![b"a".as_slice(), b"\xff\x00", "\u{e9}".as_bytes()], ["a", "ff00", "\u{e9}"]);
    let element = Arc::new(Field::new_list_field(DataType::Binary, false));
    let mut list = ListBuilder::new(BinaryBuilder::new()).with_field(Arc::clone(&element));
    values.iter().for_each(|value| list.append_value([Some(value)]));
    let member = Arc::new(Field::new("inner", DataType::Binary, false));
    let structure = arrow_array::StructArray::from(vec![(Arc::clone(&member), Arc::new(bytes(values.clone())) as arrow_array::ArrayRef)]);
    let schema = Schema::new(vec![
        Field::new("flat", DataType::Binary, false),
        Field::new("list", DataType::List(element), false),
        Field::new("structure", DataType::Struct(vec![member].into()), false),
    ]);
    let columns: Vec<arrow_array::ArrayRef> = vec![Arc::new(bytes(values)), Arc::new(list.finish()), Arc::new(structure)];
    let batch = RecordBatch::try_new(Arc::new(schema), columns).expect("three columns");
    let text = text_of(&written(&batch, properties())).expect("a whole file");
    let expected: String =
        odd.iter().map(|own| format!("{}\n", json!({"flat": own, "list": [own], "structure": {"inner": own}}))).collect();
    assert_eq!(text, expected);
}

/// Bytes of fixed size are copied for every row that a dictionary names them for.
#[test]
fn long_values_of_fixed_size_are_not_multiplied_in_memory() {
    let size = 1 << 20;
    let value = vec![7_u8; size];
    let values = |rows: usize| arrow_array::FixedSizeBinaryArray::try_from_iter((0..rows).map(|_| value.clone())).expect("one size");
    let kind = DataType::FixedSizeBinary(1 << 20);
    let packed = || properties().set_writer_version(WriterVersion::PARQUET_2_0).set_compression(Compression::ZSTD(Default::default()));
    let schema = Arc::new(Schema::new(vec![Field::new("fixed", kind.clone(), false)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(values(40))]).expect("one column");
    assert_eq!(text_of(&written(&batch, packed())).expect("a whole file").lines().count(), 40);
    let element = Arc::new(Field::new_list_field(kind, false));
    let mut list = ListBuilder::new(FixedSizeBinaryBuilder::new(1 << 20)).with_field(Arc::clone(&element));
    (0..300).for_each(|_| list.values().append_value(&value).expect("of that size"));
    list.append(true);
    let schema = Arc::new(Schema::new(vec![Field::new("list", DataType::List(element), false)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(list.finish())]).expect("one column");
    let refused = text_of(&written(&batch, packed())).expect_err("300 MiB in one row");
    assert!(refused.contains("300 long values"), "{refused}");
}

/// A small dictionary makes many rows of long text; they are not held together, and without end they are given up.
#[test]
fn a_long_text_in_many_rows_is_not_multiplied_in_memory() {
    let rows = 2_000;
    let long = "x".repeat(1 << 20);
    let bytes = written(&texts(vec![long; rows]), properties().set_compression(Compression::ZSTD(Default::default())));
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    let mut container = Container::open(Cursor::new(bytes), &reading::memory).expect("whole");
    let member = container.members()[0].clone();
    let error = std::io::copy(&mut container.read(&member).expect("whole").input, &mut std::io::sink()).expect_err("the limit");
    assert!(error.to_string().contains("expands to more"), "{error}");
}

#[test]
fn what_is_too_large_to_hold_is_refused_with_its_reason() {
    let page = properties().set_dictionary_enabled(false).set_compression(Compression::ZSTD(Default::default()));
    let refused = text_of(&written(&texts(vec!["x".repeat(65 << 20)]), page)).expect_err("a page above the limit");
    assert!(refused.contains("a page says to be of"), "{refused}");
    let refused = text_of(&written(&texts(vec!["x".to_owned()]), properties().set_compression(Compression::LZ4))).expect_err("unbounded");
    assert!(refused.contains("compressed with LZ4"), "{refused}");
    let fields: Vec<Field> = (0..10_050).map(|number| Field::new(format!("c{number}"), DataType::Int64, true)).collect();
    let columns = fields.iter().map(|_| Arc::new(Int64Array::from(vec![1])) as arrow_array::ArrayRef).collect();
    let wide = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length");
    assert!(text_of(&written(&wide, properties())).expect_err("too wide").contains("schema"));
}

/// Lists in lists without end would be followed without end.
#[test]
fn a_deep_schema_is_refused() {
    let mut kind = DataType::Int64;
    for _ in 0..40 {
        kind = DataType::Struct(vec![Field::new("a", kind, true)].into());
    }
    let schema = Arc::new(Schema::new(vec![Field::new("deep", kind, true)]));
    let bytes = written(&RecordBatch::new_empty(schema), properties());
    assert!(text_of(&bytes).expect_err("too deep").contains("schema"));
}

/// Neither a panic nor more memory than a file of that size may need, whatever the bytes.
#[test]
fn damaged_files_are_errors_and_what_was_read_before_stays() {
    let samples =
        ["entra_sign_in/data_lake.parquet", "m365_unified_audit/data_lake.parquet", "google_workspace_activity/big_query.parquet"]
            .map(sample);
    let mut read_in_part = 0;
    for seed in 0..3_000 {
        let mut chance = Chance::new(seed);
        let bytes = mutated(&samples[chance.below(3)], &samples[chance.below(3)], &mut chance);
        let Ok(mut container) = Container::open(Cursor::new(bytes), &reading::memory) else { continue };
        for member in container.members().to_vec() {
            let mut text = Vec::new();
            let Ok(mut opened) = container.read(&member) else { continue };
            let ended = opened.input.read_to_end(&mut text);
            read_in_part += usize::from(ended.is_err() && !text.is_empty());
            drop(opened);
            reading::read_text(text).check();
        }
    }
    assert!(read_in_part > 0, "row groups before the damage are read");
}
