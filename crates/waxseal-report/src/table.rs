//! Tables of text whose columns line up, whatever script their cells are in.

use std::io::Write;

use unicode_width::UnicodeWidthStr as _;
use waxseal_model::{csv_cell, printable};

use crate::page::Page;
use crate::wrap::wrapped;

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text that may be broken into several lines where the page is narrow.
    Text,
    /// Text that is never broken.
    Word,
    /// Numbers: to the right, never broken.
    Number,
}

/// Rows under headings. Every cell is made printable as it is added.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    lead: Option<String>,
    cells: Vec<String>,
    notes: Vec<String>,
}

/// Blanks between two columns.
const GAP: usize = 2;

/// Sets a row in from the line above it: no-break spaces, which no line is broken at.
const INDENT: &str = "\u{a0}\u{a0}";

/// The narrowest a breakable column gets before rows are set as lists instead.
const NARROWEST: usize = 10;

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(columns: &[(&str, Align)]) -> Self {
        Self { columns: columns.iter().map(|(heading, align)| ((*heading).to_owned(), *align)).collect(), rows: Vec::new() }
    }

    /// Adds a row; a missing cell is empty, a surplus one is dropped.
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut cells: Vec<_> = cells.into_iter().map(|cell| printable(cell.as_ref()).into_owned()).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(Row { lead: None, cells, notes: Vec::new() });
    }

    /// As [`Table::row`], with cells that are printable already and may hold what keeps directions of writing apart.
    pub(crate) fn row_as_said<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let mut cells: Vec<_> = cells.into_iter().map(|cell| cell.as_ref().to_owned()).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(Row { lead: None, cells, notes: Vec::new() });
    }

    /// Sets a line of its own above the newest row, whose cells are then indented.
    pub fn lead(&mut self, text: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.lead = Some(printable(text).into_owned());
            if let Some(first) = row.cells.first_mut() {
                first.insert_str(0, INDENT);
            }
        }
    }

    /// Adds a line under the newest row.
    pub fn note(&mut self, text: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.notes.push(printable(text).into_owned());
        }
    }

    /// As [`Table::note`], for what is printable already.
    pub(crate) fn note_as_said(&mut self, text: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.notes.push(text.to_owned());
        }
    }

    /// Sets the table, each line ended; rows become short lists where the page is too narrow for columns.
    #[must_use]
    pub fn set(&self, page: Page) -> String {
        match self.widths(page.width) {
            Some(widths) => self.as_columns(page, &widths),
            None => self.as_lists(page),
        }
    }

    /// Writes the table as CSV, its headings in lower case with `_` for blanks. What stands above or below rows is left out.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn write_csv(&self, out: &mut dyn Write) -> Result<(), csv::Error> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(self.columns.iter().map(|(heading, _)| heading.to_lowercase().replace(' ', "_")))?;
        for row in &self.rows {
            csv.write_record(row.cells.iter().map(|cell| csv_cell(cell).into_owned()))?;
        }
        csv.flush()?;
        Ok(())
    }

    fn natural(&self, column: usize) -> usize {
        let heading = self.columns[column].0.width();
        self.rows.iter().map(|row| row.cells[column].width()).fold(heading, usize::max)
    }

    /// The width of each column, or `None` where they do not fit. The widest breakable columns give way first.
    fn widths(&self, page_width: usize) -> Option<Vec<usize>> {
        let mut widths: Vec<_> = (0..self.columns.len()).map(|column| self.natural(column)).collect();
        let room = page_width.checked_sub(GAP * self.columns.len().saturating_sub(1))?;
        while widths.iter().sum::<usize>() > room {
            let widest =
                (0..widths.len()).filter(|&c| self.columns[c].1 == Align::Text && widths[c] > NARROWEST).max_by_key(|&c| widths[c])?;
            widths[widest] -= 1;
        }
        Some(widths)
    }

    fn as_columns(&self, page: Page, widths: &[usize]) -> String {
        let headings: Vec<_> = self.columns.iter().map(|(heading, _)| heading.clone()).collect();
        let mut set = String::new();
        for line in self.lines(&headings, widths) {
            set.push_str(&page.faint(&line));
            set.push('\n');
        }
        for row in &self.rows {
            push_lead(&mut set, page, row.lead.as_deref());
            for line in self.lines(&row.cells, widths) {
                set.push_str(&line);
                set.push('\n');
            }
            push_notes(&mut set, page, &row.notes);
        }
        set
    }

    /// The lines of one row.
    fn lines(&self, cells: &[String], widths: &[usize]) -> Vec<String> {
        let columns: Vec<_> = cells.iter().zip(widths).map(|(cell, width)| set_in(cell, *width)).collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or(0);
        (0..height).map(|line| self.line(&columns, widths, line)).collect()
    }

    fn line(&self, columns: &[Vec<String>], widths: &[usize], line: usize) -> String {
        let mut set = String::new();
        for (i, (column, width)) in columns.iter().zip(widths).enumerate() {
            let cell = column.get(line).map_or_else(String::new, |cell| cell.replace('\u{a0}', " "));
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            let number = self.columns[i].1 == Align::Number;
            set.push_str(&if number { format!("{blanks}{cell}") } else { format!("{cell}{blanks}") });
            set.push_str(&" ".repeat(GAP));
        }
        set.truncate(set.trim_end().len());
        set
    }

    fn as_lists(&self, page: Page) -> String {
        let mut set = String::new();
        for row in &self.rows {
            push_lead(&mut set, page, row.lead.as_deref());
            let cells = self.columns.iter().zip(&row.cells).enumerate().filter(|(_, (_, cell))| !cell.is_empty());
            for (i, ((heading, _), cell)) in cells {
                let first = i == 0 && row.lead.is_none();
                let text = if first { cell.clone() } else { format!("{heading}: {}", cell.trim_start_matches(INDENT)) };
                let indent = if first { 0 } else { 2 };
                for line in wrapped(&text, page.width.saturating_sub(indent)) {
                    set.push_str(&format!("{}{line}\n", " ".repeat(indent)));
                }
            }
            push_notes(&mut set, page, &row.notes);
        }
        set
    }
}

/// The lines of a cell. What is set in is so on every line.
fn set_in(cell: &str, width: usize) -> Vec<String> {
    match cell.strip_prefix(INDENT) {
        Some(rest) => wrapped(rest, width.saturating_sub(INDENT.width())).iter().map(|line| format!("{INDENT}{line}")).collect(),
        None => wrapped(cell, width),
    }
}

fn push_lead(set: &mut String, page: Page, lead: Option<&str>) {
    for line in lead.iter().flat_map(|lead| wrapped(lead, page.width)) {
        set.push_str(&line);
        set.push('\n');
    }
}

fn push_notes(set: &mut String, page: Page, notes: &[String]) {
    for note in notes {
        for line in wrapped(note, page.measure().saturating_sub(4)) {
            set.push_str(&format!("    {}\n", page.faint(&line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(&[("File", Align::Text), ("Records", Align::Number), ("Dates", Align::Word)]);
        table.row(["exports/january/mailbox.json", "1,234", "UTC"]);
        table.row(["邮箱.json", "5", "UTC"]);
        table.note("a note\u{202e}");
        table
    }

    #[test]
    fn columns_line_up_in_any_script() {
        let set = sample().set(Page { width: 80, colour: false });
        assert_eq!(
            set,
            "File                          Records  Dates\n\
             exports/january/mailbox.json    1,234  UTC\n\
             邮箱.json                           5  UTC\n    a note\\u{202e}\n"
        );
    }

    #[test]
    fn a_csv_has_no_notes_and_no_formulas() {
        let mut table = Table::new(&[("Records seen", Align::Number)]);
        table.row(["=1"]);
        table.note("a note");
        let mut out = Vec::new();
        table.write_csv(&mut out).expect("a vector takes all");
        assert_eq!(out, b"records_seen\n'=1\n");
    }

    #[test]
    fn a_lead_stands_above_its_row() {
        let mut table = Table::new(&[("Format", Align::Text), ("Records", Align::Number)]);
        table.row(["csv", "1"]);
        table.lead("a/very/long/path.csv");
        let set = table.set(Page { width: 40, colour: false });
        assert_eq!(set, "Format  Records\na/very/long/path.csv\n\u{a0}\u{a0}csv         1\n".replace('\u{a0}', " "));
    }

    #[test]
    fn a_cell_below_a_lead_is_set_in_on_every_line() {
        let mut table = Table::new(&[("Format", Align::Text), ("Records", Align::Number)]);
        table.row(["entra_directory_audit", "1"]);
        table.lead("a.json");
        let set = table.set(Page { width: 26, colour: false });
        assert!(set.lines().skip(2).all(|line| line.starts_with("  ") && line.width() <= 26) && set.lines().count() == 4, "{set}");
    }

    #[test]
    fn a_narrow_page_breaks_text_but_no_number() {
        let set = sample().set(Page { width: 34, colour: false });
        assert!(set.contains("exports/january/      1,234  UTC\nmailbox.json\n"), "{set}");
        assert!(set.lines().all(|line| line.width() <= 34));
    }

    #[test]
    fn a_very_narrow_page_gets_lists() {
        let set = sample().set(Page { width: 22, colour: false });
        assert!(set.contains("  Records: 1,234\n"), "{set}");
        assert!(set.lines().all(|line| line.width() <= 22));
    }
}
