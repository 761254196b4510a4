//! Questions to the events of a case.

use std::io::Write;

use datafusion::execution::context::SQLOptions;
use waxseal_model::{COLUMNS, SIGHTINGS_COLUMN};

use crate::case::Case;
use crate::export::{ExportError, TableFormat, write_rows};
use crate::indicators::INDICATORS_TABLE;
use crate::session;

impl Case {
    /// Writes the rows of one query over `events` and `sightings`; returns how many. Only questions are allowed: nothing
    /// that makes tables or writes files.
    ///
    /// # Errors
    /// The query is not valid or fails, or the rows cannot be written.
    pub fn sql(&self, query: &str, format: TableFormat, out: &mut dyn Write) -> Result<u64, ExportError> {
        let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        self.store.runtime().block_on(async {
            let indicators =
                self.newest_detect().and_then(|(run, _)| run.commit.object(INDICATORS_TABLE)).map(|object| object.path.as_str());
            let ctx = session::open(&self.store, &self.runs, self.resources, session::Purpose::Queries, indicators).await?;
            let rows = ctx.sql_with_options(query, options).await?;
            write_rows(rows, format, out).await
        })
    }

    /// Writes every event, earliest first, undated last.
    ///
    /// # Errors
    /// As for [`Case::sql`].
    pub fn export_events(&self, format: TableFormat, out: &mut dyn Write) -> Result<u64, ExportError> {
        let columns: Vec<String> = COLUMNS.iter().map(|c| format!("\"{}\"", c.name)).collect();
        let query = format!("select {}, {SIGHTINGS_COLUMN} from events order by \"time\" nulls last, id", columns.join(", "));
        self.sql(&query, format, out)
    }
}
