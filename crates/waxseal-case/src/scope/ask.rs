//! Questions to the messages that a detect run kept.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use datafusion::dataframe::DataFrame;
use datafusion::prelude::{col, lit};
use futures::StreamExt as _;
use parquet::arrow::ArrowWriter;
use waxseal_model::message_schema;

use crate::case::Case;
use crate::export::{ExportError, TableFormat, write_rows};
use crate::layout::{MESSAGES_CSV, MESSAGES_PARQUET};
use crate::session::{self, table};
use crate::store::Object;
use crate::tables::{TableError, properties};

/// Which messages are asked for.
#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    /// Of these incidents; of all where none are named.
    pub incidents: Option<Vec<String>>,
    /// Of this mailbox.
    pub mailbox: Option<String>,
}

impl MessageFilter {
    fn is_empty(&self) -> bool {
        self.incidents.is_none() && self.mailbox.is_none()
    }
}

/// In which form messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageFormat {
    /// As rows of a table.
    Table(TableFormat),
    /// As a Parquet file.
    Parquet,
}

impl Case {
    /// Writes the messages that incidents of the newest detect run reach, and tells how many.
    ///
    /// # Errors
    /// They cannot be read or written.
    pub fn messages(&self, filter: &MessageFilter, format: MessageFormat, out: &mut dyn Write) -> Result<u64, ExportError> {
        let object = |name: &str| self.newest_detect().and_then(|(run, _)| run.commit.object(name)).cloned();
        let Some(messages) = object(MESSAGES_PARQUET) else { return Ok(0) };
        let as_they_are = match format {
            MessageFormat::Parquet => Some(messages.clone()),
            MessageFormat::Table(TableFormat::Csv) => object(MESSAGES_CSV),
            MessageFormat::Table(_) => None,
        };
        if let Some(file) = as_they_are.filter(|_| filter.is_empty()) {
            self.store.read_to(&file.path, out).map_err(|e| io::Error::other(e.to_string()))?;
            return Ok(self.store.runtime().block_on(async { self.chosen(&messages, filter).await?.count().await })? as u64);
        }
        self.store.runtime().block_on(async {
            let rows = self.chosen(&messages, filter).await?;
            match format {
                MessageFormat::Table(format) => write_rows(rows, format, out).await,
                MessageFormat::Parquet => write_parquet(rows, out).await.map_err(|e| io::Error::other(e.to_string()).into()),
            }
        })
    }

    async fn chosen(&self, messages: &Object, filter: &MessageFilter) -> Result<DataFrame, datafusion::error::DataFusionError> {
        let ctx = session::open(&self.store, &self.runs, self.resources, session::Purpose::Queries, None).await?;
        let mut rows = ctx.read_table(table(&self.store, &[messages.path.as_str()], message_schema())?)?;
        if let Some(incidents) = &filter.incidents {
            rows = rows.filter(col("incident").in_list(incidents.iter().map(|id| lit(id.as_str())).collect(), false))?;
        }
        if let Some(mailbox) = &filter.mailbox {
            rows = rows.filter(col("mailbox").eq(lit(mailbox.to_lowercase())))?;
        }
        Ok(rows)
    }
}

async fn write_parquet(rows: DataFrame, out: &mut dyn Write) -> Result<u64, TableError> {
    let mut stream = rows.execute_stream().await?;
    let buffer = Buffer::default();
    let mut writer = ArrowWriter::try_new(buffer.clone(), stream.schema(), Some(properties()?))?;
    let mut count = 0;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        count += batch.num_rows() as u64;
        writer.write(&batch)?;
        out.write_all(&buffer.take())?;
    }
    writer.close()?;
    out.write_all(&buffer.take())?;
    Ok(count)
}

/// What is written and not handed on yet: the writer wants something it may send to another thread.
#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        self.0.lock().map(|mut bytes| std::mem::take(&mut *bytes)).unwrap_or_default()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().map_err(|e| io::Error::other(e.to_string()))?.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
