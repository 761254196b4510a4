//! Things of one kind, in whichever form is asked for.

use std::io::Write;

use serde::Serialize;
use waxseal_case::report_formats::{Align, Table, write_json};

use crate::args::Format;
use crate::out::Out;

/// A thing that can stand in a list. As JSON it carries its own schema word.
pub(crate) trait Listed: Serialize {
    /// The columns of the table for reading.
    const COLUMNS: &'static [(&'static str, Align)];

    /// The columns of the table for a spreadsheet.
    const SHEET: &'static [&'static str];

    /// A cell for every column, for reading.
    fn cells(&self) -> Vec<String>;

    /// A cell for every column of the spreadsheet: numbers and times as programs read them.
    fn sheet(&self) -> Vec<String>;

    /// A line above the row, for reading.
    fn lead(&self) -> Option<&str> {
        None
    }

    /// Lines below the row, for reading.
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
        Format::Csv => Ok(sheet(items).write_csv(w)?),
        Format::Json => json(&items, w),
        Format::Jsonl => items.iter().try_for_each(|item| line(item, w)),
    })?;
    Ok(())
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
        if let Some(lead) = item.lead() {
            table.lead(lead);
        }
        for note in item.notes() {
            table.note(&note);
        }
    }
    table
}

fn sheet<T: Listed>(items: &[T]) -> Table {
    let columns: Vec<_> = T::SHEET.iter().map(|heading| (*heading, Align::Text)).collect();
    let mut table = Table::new(&columns);
    for item in items {
        table.row(item.sheet());
    }
    table
}
