//! Records in the order of time: of incidents, of an account, of a mailbox, of an address.

use std::io::Write;

use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use futures::StreamExt as _;
use waxseal_model::Nanos;

use crate::case::Case;
use crate::cited::{CITED, CITED_FILE, cited_schema};
use crate::export::{ExportError, TableFormat, for_each_row, write_rows};
use crate::session;
use crate::tables::{instant, literal};

/// Which records: all that incidents cite where nothing is asked for; else those that all of it is true of.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// Only those that this incident cites.
    pub incident: Option<String>,
    /// Only those that this finding cites.
    pub finding: Option<String>,
    /// Those by or about this account.
    pub account: Option<String>,
    /// Those about this mailbox: its address or its id.
    pub mailbox: Option<String>,
    /// Those that name this message, by any of its ids.
    pub message: Option<String>,
    /// Those from this address.
    pub address: Option<String>,
    /// Those from this time on.
    pub from: Option<Nanos>,
    /// Those before this time.
    pub to: Option<Nanos>,
}

/// The columns of a timeline.
pub const TIMELINE_COLUMNS: [&str; 12] =
    ["time", "tenant", "operation", "actor", "mailbox", "target", "client_ip", "application", "session", "token", "findings", "event"];

/// Undated records come last, and equal times in the order of tenant and id.
pub(crate) fn timeline_query(records: &Records) -> String {
    let asked = [&records.account, &records.mailbox, &records.message, &records.address];
    let of_incidents = asked.into_iter().all(Option::is_none);
    // Who asks for an account sees everything of it, and which findings cite it.
    let (join, cited) = match (&records.incident, &records.finding) {
        (Some(incident), _) => ("JOIN", format!("incident = {}", literal(incident))),
        (None, Some(finding)) => ("JOIN", format!("finding = {}", literal(finding))),
        (None, None) if of_incidents => ("JOIN", "incident IS NOT NULL".to_owned()),
        (None, None) => ("RIGHT JOIN", "true".to_owned()),
    };
    let filters = filters(records);
    let filters = if filters.is_empty() { "true".to_owned() } else { filters.join(" AND ") };
    format!(
        "SELECT e.time, e.tenant, e.operation, e.actor, e.mailbox, e.target, e.client_ip, \
           coalesce(e.client_app_id, e.ctx_client_app_id, e.app_id) AS application, coalesce(e.aad_session_id, e.session_id) AS session, \
           e.uti AS token, c.findings, e.id AS event \
         FROM (SELECT tenant, id, string_agg(DISTINCT finding, ' ' ORDER BY finding) AS findings FROM {CITED} WHERE {cited} GROUP BY tenant, id) AS c \
         {join} (SELECT * FROM events AS e WHERE {filters}) AS e ON e.tenant = c.tenant AND e.id = c.id \
         ORDER BY e.time NULLS LAST, e.tenant, e.id, e.log_class, e.operation"
    )
}

/// A subquery: the records with a message of this id.
pub(crate) fn items_of(id: &str) -> String {
    let id = literal(id);
    format!(
        "(SELECT tenant, id FROM (SELECT tenant, id, unnest(items) AS item FROM events WHERE items IS NOT NULL) \
         WHERE item['message_id'] = {id} OR item['immutable_id'] = {id} OR item['id'] = {id})"
    )
}

fn filters(records: &Records) -> Vec<String> {
    let is = |columns: &[&str], text: &str| {
        let text = literal(&text.trim().to_lowercase());
        format!("({})", columns.iter().map(|column| format!("lower(e.{column}) = {text}")).collect::<Vec<_>>().join(" OR "))
    };
    let mut filters = Vec::new();
    filters.extend(records.from.map(|time| format!("e.time >= {}", instant(time))));
    filters.extend(records.to.map(|time| format!("e.time < {}", instant(time))));
    filters.extend(records.account.as_ref().map(|account| is(&["actor", "actor_id", "target", "target_id"], account)));
    filters.extend(records.mailbox.as_ref().map(|mailbox| is(&["mailbox", "mailbox_id"], mailbox)));
    filters.extend(
        records.message.as_ref().map(|id| format!("concat(e.tenant, ' ', e.id) IN (SELECT concat(tenant, ' ', id) FROM {})", items_of(id))),
    );
    filters.extend(records.address.as_ref().map(|address| is(&["client_ip"], address)));
    filters
}

impl Case {
    /// Writes a timeline; returns how many records it has.
    ///
    /// # Errors
    /// The events cannot be queried, or the rows cannot be written.
    pub fn timeline(&self, records: &Records, format: TableFormat, out: &mut dyn Write) -> Result<u64, ExportError> {
        self.store.runtime().block_on(async { write_rows(self.timeline_rows(records).await?, format, out).await })
    }

    /// Hands the cells of a timeline's first records to `take`, as many as `most`; returns how many there were in all.
    ///
    /// # Errors
    /// As for [`Case::timeline`], and what `take` fails with.
    pub fn timeline_cells(
        &self,
        records: &Records,
        most: usize,
        mut take: impl FnMut(&[String]) -> std::io::Result<()>,
    ) -> Result<u64, ExportError> {
        self.store.runtime().block_on(async {
            let mut batches = self.timeline_rows(records).await?.execute_stream().await?;
            let mut count: u64 = 0;
            while let Some(batch) = batches.next().await {
                let batch = batch?;
                let missing = most.saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
                for_each_row(&batch, missing, |cells| Ok(take(cells)?))?;
                count += batch.num_rows() as u64;
            }
            Ok(count)
        })
    }

    async fn timeline_rows(&self, records: &Records) -> Result<DataFrame, DataFusionError> {
        let ctx = session::open(&self.store, &self.runs, self.resources, session::Purpose::Detections, None).await?;
        let cited = self.newest_detect().and_then(|(run, _)| run.commit.object(CITED_FILE)).map(|object| object.path.as_str());
        ctx.register_table(CITED, session::table(&self.store, &cited.into_iter().collect::<Vec<_>>(), cited_schema())?)?;
        ctx.sql(&timeline_query(records)).await
    }
}
