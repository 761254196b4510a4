//! Functions from one text to one text.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, StringBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::texts::Texts;
use super::{address, client, plain, skeleton};

/// Which function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum TextKind {
    DomainOf,
    Neighbourhood,
    Plain,
    Program,
    Skeleton,
}

/// One of the functions of [`TextKind`], over whole columns.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct TextFunction {
    kind: TextKind,
    signature: Signature,
}

impl TextFunction {
    pub(super) fn new(kind: TextKind) -> Self {
        let text = vec![DataType::Utf8View, DataType::Utf8, DataType::LargeUtf8];
        Self { kind, signature: Signature::uniform(1, text, Volatility::Immutable) }
    }
}

impl TextKind {
    /// Writes the answer for one text; `false` means null.
    fn write(self, text: &str, out: &mut String) -> bool {
        match self {
            Self::DomainOf => address::write_domain(text, out),
            Self::Neighbourhood => client::write_neighbourhood(text, out),
            Self::Plain => plain::write_plain(text, out),
            Self::Program => client::write_program(text, out),
            Self::Skeleton => skeleton::write_skeleton(text, out),
        }
    }
}

impl ScalarUDFImpl for TextFunction {
    fn name(&self) -> &str {
        match self.kind {
            TextKind::DomainOf => "domain_of",
            TextKind::Neighbourhood => "neighbourhood",
            TextKind::Plain => "plain",
            TextKind::Program => "program",
            TextKind::Skeleton => "skeleton",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [array] = arrays.as_slice() else {
            return datafusion::common::exec_err!("{} takes one text", self.name());
        };
        let texts = Texts::of(array)?;
        let mut out = StringBuilder::new();
        let mut buffer = String::new();
        for row in 0..array.len() {
            buffer.clear();
            let written = texts.get(row).is_some_and(|text| self.kind.write(text, &mut buffer));
            out.append_option(written.then_some(buffer.as_str()));
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish()) as ArrayRef))
    }
}
