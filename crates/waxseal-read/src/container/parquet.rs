//! Parquet files as lines of JSON, one for each row.
//!
//! The file is copied to a place of its own, because its reader wants to jump about in it on its own account. What the reader does not
//! bound itself is looked at before it gets to see it (`check.rs`), and a panic of it is caught and told as an error of the file.

mod check;

use std::borrow::Cow;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::cast::AsArray as _;
use arrow_array::{Array, ArrayRef, BinaryViewArray, ListArray, MapArray, RecordBatch, StringViewArray, StructArray};
use arrow_json::LineDelimitedWriter;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};

use super::spool::Window;
use crate::frame::MAX_RECORD;

/// Rows taken from the reader at a time, where their size is bound by that of a page.
const ROWS: usize = 1024;

/// Rows turned into JSON at a time.
const ROWS_OF_TEXT: usize = 64;

/// Of no more than so many bytes at a time, unless they are of a single row.
const TOGETHER: u64 = 8 << 20;

/// A Parquet file in a place of its own.
#[derive(Clone)]
pub(super) struct Parquet {
    place: Arc<Mutex<Window>>,
    size: u64,
}

impl Parquet {
    pub(super) fn new(mut place: Window) -> io::Result<Self> {
        let size = place.seek(SeekFrom::End(0))?;
        Ok(Self { place: Arc::new(Mutex::new(place)), size })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The rows from the first, as lines of JSON.
    pub(super) fn rows(&self) -> io::Result<Rows> {
        let footer = check::footer(self)?;
        let (metadata, schema) = guarded(|| {
            let metadata = Arc::new(ParquetMetaDataReader::decode_metadata(&footer)?);
            let inferred = ArrowReaderMetadata::try_new(Arc::clone(&metadata), ArrowReaderOptions::new().with_skip_arrow_metadata(true))?;
            let schema = schema_of(inferred.schema());
            Ok((metadata, schema))
        })?;
        Ok(Rows { file: self.clone(), metadata, schema, group: 0, reader: None, batch: None, text: Vec::new(), taken: 0 })
    }

    fn place(&self) -> MutexGuard<'_, Window> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many bytes from a place on, fewer only where the file ends.
    fn bytes(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let length = self.size.saturating_sub(start).min(length as u64);
        let mut bytes = Vec::new();
        let mut place = self.place();
        place.seek(SeekFrom::Start(start))?;
        Read::by_ref(&mut *place).take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Length for Parquet {
    fn len(&self) -> u64 {
        self.size
    }
}

impl ChunkReader for Parquet {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::new(From { file: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.bytes(start, length)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF("the file ends inside a page".to_owned()));
        }
        Ok(bytes.into())
    }
}

/// The file from a place on.
pub(super) struct From {
    file: Parquet,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut place = self.file.place();
        place.seek(SeekFrom::Start(self.at))?;
        let read = place.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The rows of a file as a stream of text.
pub(super) struct Rows {
    file: Parquet,
    metadata: Arc<ParquetMetaData>,
    schema: SchemaRef,
    /// The row group that comes next.
    group: usize,
    reader: Option<ParquetRecordBatchReader>,
    /// Rows that are no text yet.
    batch: Option<RecordBatch>,
    text: Vec<u8>,
    taken: usize,
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() {
            self.taken = 0;
            self.text.clear();
            if !self.make_text()? {
                return Ok(0);
            }
        }
        let ready = self.text.get(self.taken..).unwrap_or_default();
        let read = ready.len().min(buffer.len());
        buffer[..read].copy_from_slice(&ready[..read]);
        self.taken += read;
        Ok(read)
    }
}

impl Rows {
    /// The text of the next rows; false at the end.
    fn make_text(&mut self) -> io::Result<bool> {
        if let Some(batch) = self.batch.take() {
            let mut rows = batch.num_rows().min(ROWS_OF_TEXT);
            while rows > 1 && weight_of(&batch.slice(0, rows)) > TOGETHER {
                rows /= 2;
            }
            self.write(&batch.slice(0, rows))?;
            let left = batch.num_rows() - rows;
            self.batch = (left > 0).then(|| batch.slice(rows, left));
            return Ok(true);
        }
        if let Some(reader) = &mut self.reader {
            let next = guarded(|| reader.next().transpose().map_err(ParquetError::from))?;
            match next.filter(|batch| batch.num_rows() > 0) {
                Some(batch) => self.batch = Some(with_text(&batch)?),
                None => self.reader = None,
            }
            return Ok(true);
        }
        let Some(group) = self.metadata.row_groups().get(self.group) else { return Ok(false) };
        let longest = check::row_group(&self.file, group)?;
        let rows = longest.map_or(ROWS, |longest| (check::TOGETHER / longest.max(1)).clamp(1, ROWS));
        let options = ArrowReaderOptions::new().with_schema(Arc::clone(&self.schema));
        self.reader = Some(guarded(|| {
            let metadata = ArrowReaderMetadata::try_new(Arc::clone(&self.metadata), options)?;
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), metadata);
            builder.with_row_groups(vec![self.group]).with_batch_size(rows).build()
        })?);
        self.group += 1;
        Ok(true)
    }

    fn write(&mut self, rows: &RecordBatch) -> io::Result<()> {
        let weight = weight_of(rows);
        if rows.num_rows() == 1 && weight > MAX_RECORD as u64 {
            return Err(damaged(&format!("a row of {weight} bytes")));
        }
        guarded(|| Ok(LineDelimitedWriter::new(&mut self.text).write(rows)?))
    }
}

/// About so many bytes of text are in some rows, before signs are escaped.
fn weight_of(rows: &RecordBatch) -> u64 {
    rows.columns().iter().map(|column| weight(column)).fold(0, u64::saturating_add)
}

fn weight(values: &dyn Array) -> u64 {
    // The lower half of a view is the length.
    let lengths = |views: &[u128]| views.iter().map(|view| u64::from(*view as u32)).fold(0, u64::saturating_add);
    let inner = match values.data_type() {
        DataType::Utf8View => lengths(values.as_string_view().views()),
        DataType::BinaryView => lengths(values.as_binary_view().views()).saturating_mul(2),
        DataType::FixedSizeBinary(size) => u64::try_from(*size).unwrap_or(0).saturating_mul(2).saturating_mul(values.len() as u64),
        DataType::List(_) => part_of(values.as_list::<i32>().values(), values.as_list::<i32>().value_offsets()),
        DataType::Map(..) => part_of(values.as_map().entries(), values.as_map().value_offsets()),
        DataType::Struct(_) => values.as_struct().columns().iter().map(|column| weight(column)).fold(0, u64::saturating_add),
        _ => 0,
    };
    inner.saturating_add((values.len() as u64).saturating_mul(16))
}

/// The weight of the elements between the first and the last of some offsets.
fn part_of(elements: &dyn Array, offsets: &[i32]) -> u64 {
    let end = |offset: Option<&i32>| offset.and_then(|offset| usize::try_from(*offset).ok()).unwrap_or(0).min(elements.len());
    let (start, end) = (end(offsets.first()), end(offsets.last()));
    weight(&elements.slice(start, end.saturating_sub(start)))
}

/// The schema with texts that are not copied for every row, and times that can be written.
fn schema_of(inferred: &Schema) -> SchemaRef {
    Arc::new(Schema::new(inferred.fields().iter().map(with_views).collect::<Vec<_>>()))
}

fn with_views(field: &FieldRef) -> FieldRef {
    let kind = match field.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        // By name a zone is more than the writer of JSON knows.
        DataType::Timestamp(unit, Some(_)) => DataType::Timestamp(*unit, Some("+00:00".into())),
        DataType::List(inner) => DataType::List(with_views(inner)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(with_views).collect()),
        DataType::Map(entries, sorted) => DataType::Map(with_views(entries), *sorted),
        other => other.clone(),
    };
    Arc::new(Field::clone(field).with_data_type(kind))
}

/// Bytes that are text become text, wherever they lie: older tools do not say which are. Others are written in hexadecimal digits.
fn with_text(batch: &RecordBatch) -> io::Result<RecordBatch> {
    let rows = StructArray::from(batch.clone());
    text_in_members(&rows).map(RecordBatch::from).map_err(|error| damaged(&error))
}

fn text_in_members(members: &StructArray) -> Result<StructArray, ArrowError> {
    let columns = members.columns().iter().map(text_in).collect::<Result<Vec<_>, _>>()?;
    let fields = members.fields().iter().zip(&columns).map(|(field, column)| of_kind(field, column)).collect();
    StructArray::try_new_with_length(fields, columns, members.nulls().cloned(), members.len())
}

fn text_in(values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    Ok(match values.data_type() {
        DataType::BinaryView => Arc::new(text_of(values.as_binary_view())),
        DataType::List(field) => {
            let list = values.as_list::<i32>();
            let elements = text_in(list.values())?;
            Arc::new(ListArray::try_new(of_kind(field, &elements), list.offsets().clone(), elements, list.nulls().cloned())?)
        }
        DataType::Struct(_) => Arc::new(text_in_members(values.as_struct())?),
        DataType::Map(field, sorted) => {
            let map = values.as_map();
            let entries = text_in_members(map.entries())?;
            let field = Arc::new(Field::clone(field).with_data_type(entries.data_type().clone()));
            Arc::new(MapArray::try_new(field, map.offsets().clone(), entries, map.nulls().cloned(), *sorted)?)
        }
        _ => Arc::clone(values),
    })
}

fn of_kind(field: &FieldRef, values: &ArrayRef) -> FieldRef {
    Arc::new(Field::clone(field).with_data_type(values.data_type().clone()))
}

/// A value that is no text costs no other.
fn text_of(bytes: &BinaryViewArray) -> StringViewArray {
    let digits = |value: &[u8]| value.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let text = |value| std::str::from_utf8(value).map_or_else(|_| Cow::Owned(digits(value)), Cow::Borrowed);
    bytes.clone().to_string_view().unwrap_or_else(|_| bytes.iter().map(|value| value.map(text)).collect())
}

/// What the reader of Parquet makes of the file. It was written for files that tools have written: where it panics over another,
/// that is an error of the file.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> io::Result<T> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| damaged(&error)),
        Err(_panic) => Err(damaged(&"it contradicts itself")),
    }
}

fn damaged(error: &dyn std::fmt::Display) -> io::Error {
    io::Error::other(format!(
        "the Parquet file is damaged, or of a kind that is not read ({error}); export it as CSV or JSON and try again"
    ))
}
