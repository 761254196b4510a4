//! Rows of a query as text, CSV, JSON or JSON lines. Log text is attacker text: it is made harmless for where it goes.

use std::io::{self, Write};

use arrow_array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::writer::{JsonArray, LineDelimited, Writer, WriterBuilder};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use futures::StreamExt as _;
use waxseal_model::{csv_cell, printable};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Columns that line up, for reading.
    Text,
    /// Comma-separated, safe to open in a spreadsheet.
    Csv,
    /// One JSON array.
    Json,
    /// One JSON object a line.
    JsonLines,
}

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Whose fault: the author of the query, or the environment's.
    #[error("{}", first_line(.0))]
    Query(#[from] DataFusionError),
    /// Whose fault: the environment's.
    #[error("failed to write rows: {0}")]
    Write(#[from] io::Error),
    /// Whose fault: ours.
    #[error("failed to write rows: {0}")]
    Format(#[from] ArrowError),
}

fn first_line(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    let line = text.lines().next().unwrap_or_default();
    // The parser's words arrive inside the names of its types.
    let plain = line.strip_prefix("SQL error: ParserError(\"").and_then(|rest| rest.strip_suffix("\")"));
    format!("the query cannot be answered: {}", plain.unwrap_or(line))
}

/// Runs the query and writes its rows as they come; returns how many.
pub(crate) async fn write_rows(rows: DataFrame, format: TableFormat, out: &mut dyn Write) -> Result<u64, ExportError> {
    let mut stream = rows.execute_stream().await?;
    let names: Vec<String> = stream.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut writer = RowWriter::new(format, names, out)?;
    let mut count = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        count += batch.num_rows() as u64;
        writer.write(&batch)?;
    }
    writer.finish()?;
    Ok(count)
}

enum RowWriter<'o> {
    Text { names: Vec<String>, rows: Vec<Vec<String>>, out: &'o mut dyn Write },
    Csv(&'o mut dyn Write),
    Json(Writer<&'o mut dyn Write, JsonArray>),
    Lines(Writer<&'o mut dyn Write, LineDelimited>),
}

/// A table for reading shows at most so many rows; more go to a file.
const TEXT_ROWS: usize = 1_000;

/// The longest cell of a table for reading.
const TEXT_CELL: usize = 80;

impl<'o> RowWriter<'o> {
    fn new(format: TableFormat, names: Vec<String>, out: &'o mut dyn Write) -> Result<Self, ExportError> {
        Ok(match format {
            TableFormat::Text => Self::Text { names, rows: Vec::new(), out },
            TableFormat::Csv => {
                write_csv(out, names.iter().map(String::as_str))?;
                Self::Csv(out)
            }
            TableFormat::Json => Self::Json(WriterBuilder::new().build(out)),
            TableFormat::JsonLines => Self::Lines(WriterBuilder::new().build(out)),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ExportError> {
        match self {
            Self::Text { rows, .. } => {
                let missing = (TEXT_ROWS + 1).saturating_sub(rows.len());
                for_each_row(batch, missing, |cells| {
                    rows.push(cells.iter().map(|cell| shortened(&printable(cell))).collect());
                    Ok(())
                })
            }
            Self::Csv(out) => for_each_row(batch, usize::MAX, |cells| Ok(write_csv(*out, cells.iter().map(String::as_str))?)),
            Self::Json(writer) => Ok(writer.write(batch)?),
            Self::Lines(writer) => Ok(writer.write(batch)?),
        }
    }

    fn finish(self) -> Result<(), ExportError> {
        match self {
            Self::Text { names, rows, out } => Ok(write_text(&names, rows, out)?),
            Self::Csv(_) => Ok(()),
            Self::Json(mut writer) => {
                writer.finish()?;
                Ok(writeln!(writer.into_inner())?)
            }
            Self::Lines(mut writer) => Ok(writer.finish()?),
        }
    }
}

pub(crate) fn for_each_row(
    batch: &RecordBatch,
    most: usize,
    mut take: impl FnMut(&[String]) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let options = FormatOptions::default().with_null("");
    let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options)).collect::<Result<Vec<_>, _>>()?;
    for row in 0..batch.num_rows().min(most) {
        let cells: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
        take(&cells)?;
    }
    Ok(())
}

pub(crate) fn write_csv<'a>(out: &mut dyn Write, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            out.write_all(b",")?;
        }
        write!(out, "\"{}\"", csv_cell(cell).replace('"', "\"\""))?;
    }
    out.write_all(b"\r\n")
}

fn write_text(names: &[String], mut rows: Vec<Vec<String>>, out: &mut dyn Write) -> io::Result<()> {
    let cut = rows.len() > TEXT_ROWS;
    rows.truncate(TEXT_ROWS);
    let mut table = waxseal_report::Table::new(&names.iter().map(|name| (name.as_str(), waxseal_report::Align::Word)).collect::<Vec<_>>());
    for row in &rows {
        table.row(row);
    }
    out.write_all(table.set(waxseal_report::Page { width: usize::MAX, colour: false }).as_bytes())?;
    if cut {
        writeln!(out, "\nOnly the first {TEXT_ROWS} rows are shown; -t csv, json or jsonl gives them all.")?;
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TEXT_CELL { text.to_owned() } else { text.chars().take(TEXT_CELL - 1).chain(['…']).collect() }
}
