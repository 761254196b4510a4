//! Things of one kind, in whichever form is asked for.

use std::io::Write;

use serde::Serialize;
use waxseal_case::report_formats::{Align, Table, write_json};

use crate::args::Format;
use crate::out::Out;

/// A thing that can stand in a list. As JSON it carries its own schema word.
pub(crate) trait Listed: Serialize {
    /// The columns.
    const COLUMNS: &'static [(&'static str, Align)];

    /// A cell for every column.
    fn cells(&self) -> Vec<String>;

    /// Lines below the row, in text only.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Writes a list.
///
/// # Errors
/// The output cannot be written.
pub(crate) fn write<T: Listed>(items: &[T], format: Format, out: &mut Out) -> anyhow::Result<()> {
    let page = out.page();
    out.data(|w| match format {
        Format::Text => Ok(w.write_all(table(items).set(page).as_bytes())?),
        Format::Csv => Ok(table(items).write_csv(w)?),
        Format::Json => json(&items, w),
        Format::Jsonl => items.iter().try_for_each(|item| line(item, w)),
    })
}

/// One indented JSON value.
pub(crate) fn json(value: &impl Serialize, w: &mut dyn Write) -> anyhow::Result<()> {
    write_json(value, true, w)?;
    Ok(w.write_all(b"\n")?)
}

/// One JSON value on a line.
pub(crate) fn line(value: &impl Serialize, w: &mut dyn Write) -> anyhow::Result<()> {
    write_json(value, false, w)?;
    Ok(w.write_all(b"\n")?)
}

fn table<T: Listed>(items: &[T]) -> Table {
    let mut table = Table::new(T::COLUMNS);
    for item in items {
        table.row(item.cells());
        for note in item.notes() {
            table.note(&note);
        }
    }
    table
}
