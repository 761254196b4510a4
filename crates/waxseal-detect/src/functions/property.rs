//! `property` and `property_old`: one value of the `properties` column by name.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray as _, GenericListArray, OffsetSizeTrait, StringBuilder, StructArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::texts::Texts;

/// Which value of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    New,
    Old,
}

/// `property(properties, 'Name')`, for one of the two values.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Property {
    side: Side,
    signature: Signature,
}

impl Property {
    pub(super) fn new(side: Side) -> Self {
        Self { side, signature: Signature::any(2, Volatility::Immutable) }
    }

    fn field(&self) -> &'static str {
        match self.side {
            Side::New => "new",
            Side::Old => "old",
        }
    }

    fn values<O: OffsetSizeTrait>(&self, lists: &GenericListArray<O>, names: &dyn Array) -> Result<ArrayRef> {
        let entries = lists.values().as_struct();
        let columns = EntryColumns { names: field_texts(entries, "name")?, values: field_texts(entries, self.field())? };
        let wanted = Texts::of(names)?;
        // A literal name comes as a column of one row.
        let name_row = |row: usize| if names.len() == 1 { 0 } else { row };
        let mut out = StringBuilder::new();
        for row in 0..lists.len() {
            let (start, end) = (lists.value_offsets()[row].as_usize(), lists.value_offsets()[row + 1].as_usize());
            let found = match wanted.get(name_row(row)) {
                Some(name) if lists.is_valid(row) => columns.first(start..end, name),
                _ => None,
            };
            out.append_option(found);
        }
        Ok(Arc::new(out.finish()))
    }
}

struct EntryColumns<'a> {
    names: Texts<'a>,
    values: Texts<'a>,
}

impl<'a> EntryColumns<'a> {
    fn first(&self, mut entries: std::ops::Range<usize>, name: &str) -> Option<&'a str> {
        entries
            .find(|entry| self.names.get(*entry).is_some_and(|found| found.eq_ignore_ascii_case(name)))
            .and_then(|entry| self.values.get(entry))
    }
}

fn field_texts<'a>(entries: &'a StructArray, name: &str) -> Result<Texts<'a>> {
    match entries.column_by_name(name) {
        Some(column) => Texts::of(column),
        None => exec_err!("properties have no field {name}"),
    }
}

impl ScalarUDFImpl for Property {
    fn name(&self) -> &str {
        match self.side {
            Side::New => "property",
            Side::Old => "property_old",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, args: &[DataType]) -> Result<DataType> {
        match args {
            [DataType::List(_) | DataType::LargeList(_), DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8] => Ok(DataType::Utf8),
            _ => plan_err!("{} takes the properties column and a name", self.name()),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [lists, names] = args.args.as_slice() else { return exec_err!("{} takes two arguments", self.name()) };
        let lists = lists.to_array(args.number_rows)?;
        let names = match names {
            ColumnarValue::Scalar(name) => name.to_array_of_size(1)?,
            ColumnarValue::Array(names) => Arc::clone(names),
        };
        let values = match lists.data_type() {
            DataType::List(_) => self.values(lists.as_list::<i32>(), &names)?,
            DataType::LargeList(_) => self.values(lists.as_list::<i64>(), &names)?,
            other => return exec_err!("{} takes the properties column, found {other}", self.name()),
        };
        Ok(ColumnarValue::Array(values))
    }
}
