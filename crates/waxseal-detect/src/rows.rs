//! The rows of a detection's result, column by column as text.

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch, StringArray, StringBuilder, TimestampNanosecondArray,
};
use datafusion::arrow::compute::{can_cast_types, cast};
use datafusion::arrow::datatypes::{DataType, Schema, TimeUnit, TimestampNanosecondType};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use waxseal_model::Nanos;

use crate::sql::IS_PRIMARY;

/// One batch of hits.
pub(crate) struct Rows {
    columns: Vec<StringArray>,
    times: TimestampNanosecondArray,
    primary: BooleanArray,
}

/// Where a column stands in the rows, by name; `None` where the query does not give it.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    names: Vec<String>,
}

impl Layout {
    pub(crate) fn of(schema: &Schema) -> Self {
        Self { names: schema.fields().iter().map(|field| field.name().clone()).collect() }
    }

    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    pub(crate) fn indices(&self, names: &[&str]) -> Vec<usize> {
        names.iter().filter_map(|name| self.index(name)).collect()
    }
}

impl Rows {
    pub(crate) fn of(batch: &RecordBatch) -> Result<Self, ArrowError> {
        let named =
            |name: &str| batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("the query gives no column {name}")));
        let time_type = DataType::Timestamp(TimeUnit::Nanosecond, None);
        let times = cast(named("time")?, &time_type)?.as_primitive::<TimestampNanosecondType>().clone();
        let primary = named(IS_PRIMARY)?.as_boolean().clone();
        Ok(Self { columns: text_columns(batch)?, times, primary })
    }

    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn row(&self, row: usize) -> Row<'_> {
        Row { rows: self, row }
    }
}

/// One hit.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    rows: &'a Rows,
    row: usize,
}

impl<'a> Row<'a> {
    /// The text of a column, if there is any.
    pub(crate) fn text(self, column: usize) -> Option<&'a str> {
        let column = self.rows.columns.get(column)?;
        column.is_valid(self.row).then(|| column.value(self.row)).filter(|text| !text.is_empty())
    }

    pub(crate) fn time(self) -> Option<Nanos> {
        self.rows.times.is_valid(self.row).then(|| Nanos(self.rows.times.value(self.row)))
    }

    pub(crate) fn is_primary(self) -> bool {
        self.rows.primary.is_valid(self.row) && self.rows.primary.value(self.row)
    }

    /// Every column's text, to be kept.
    pub(crate) fn kept(self) -> Vec<Option<String>> {
        (0..self.rows.columns.len()).map(|column| self.text(column).map(str::to_owned)).collect()
    }
}

/// Every column of a batch as text.
pub(crate) fn text_columns(batch: &RecordBatch) -> Result<Vec<StringArray>, ArrowError> {
    batch.columns().iter().map(as_text).collect()
}

fn as_text(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    if can_cast_types(array.data_type(), &DataType::Utf8) {
        return Ok(cast(array, &DataType::Utf8)?.as_string().clone());
    }
    let formatter = ArrayFormatter::try_new(array, &FormatOptions::default())?;
    let mut out = StringBuilder::new();
    for row in 0..array.len() {
        out.append_option(array.is_valid(row).then(|| formatter.value(row).to_string()));
    }
    Ok(out.finish())
}
