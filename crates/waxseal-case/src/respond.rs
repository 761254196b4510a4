//! What follows from incidents: plans, the records that confirm their steps, what is handed to the provider, and the timeline.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::DataType;
use datafusion::arrow::array::{Array as _, AsArray as _, ListArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use datafusion::prelude::{col, lit};
use futures::StreamExt as _;
use waxseal_incident::{
    Act, CHANGE_LOGS, CHANGES, Change, Confirming, Known, MOST_HAND_OVER, contain, hand_over, is_for_the_provider, with_raw,
};
use waxseal_model::{ColumnKind, Finding, HandOverRecord, Incidents, Nanos};

use crate::cited::{CITED, CITED_FILE, cited_schema, cited_table};
use crate::export::{ExportError, TableFormat, write_rows};
use crate::layout;
use crate::session::table;
use crate::store::{Object, Store, StoreError};
use crate::tables::{TableError, instant, literal};
use crate::timeline::{Records, timeline_query};

/// Why nothing could be made of incidents.
#[derive(Debug, thiserror::Error)]
pub enum RespondError {
    /// Whose fault: the environment's or ours.
    #[error("failed to look up the records of incidents: {0}")]
    Engine(#[from] DataFusionError),
    /// See [`TableError`].
    #[error("failed to keep which records findings cite: {0}")]
    Cited(#[from] TableError),
    /// See [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
    /// See [`ExportError`].
    #[error(transparent)]
    Timeline(#[from] ExportError),
}

/// Completes incidents, and puts the table of cited records and the timeline into the folder of a run.
pub(crate) fn respond(
    ctx: &SessionContext,
    store: &Store,
    folder: &str,
    incidents: Incidents,
    findings: &[Finding],
    known: &Known,
    now: Nanos,
) -> Result<(Incidents, Vec<Object>), RespondError> {
    let cited = store.put_new(&format!("{folder}/{CITED_FILE}"), cited_table(findings, &incidents)?)?;
    // The scope had one of its own, of fewer columns.
    ctx.deregister_table(CITED)?;
    ctx.register_table(CITED, table(store, &[cited.path.as_str()], cited_schema())?)?;
    let (incidents, timeline) = store.runtime().block_on(async {
        let mut incidents = incidents;
        contain(&mut incidents, findings, &acts(ctx).await?, known, now);
        let mut incidents = confirmed(ctx, incidents, findings, known, now).await?;
        let records = for_the_provider(ctx, &incidents).await?;
        hand_over(&mut incidents, records);
        let mut timeline = Vec::new();
        write_rows(ctx.sql(&timeline_query(&Records::default())).await?, TableFormat::Csv, &mut timeline).await?;
        Ok::<_, RespondError>((incidents, timeline))
    })?;
    let timeline = store.put_new(&format!("{folder}/{}", layout::TIMELINE), timeline)?;
    Ok((incidents, vec![cited, timeline]))
}

/// What an [`Act`] is made of.
const ACT: &str = "e.tenant, e.id, e.time, e.log_class, e.operation, e.result, e.actor, e.client_ip, e.mailbox, e.target, e.target_id, e.app_id, e.properties";

/// An operation as [`Act::operation_key`] has it.
const OPERATION: &str = "replace(lower(rtrim(trim(e.operation), '.')), '–', '-')";

fn listed<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    texts.into_iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// The records that findings of incidents cite and that change something, by finding.
async fn acts(ctx: &SessionContext) -> Result<BTreeMap<String, Vec<Act>>, DataFusionError> {
    let query = format!(
        "SELECT {ACT}, c.finding FROM (SELECT DISTINCT tenant, id, finding FROM {CITED} WHERE incident IS NOT NULL) AS c \
         JOIN events AS e ON e.tenant = c.tenant AND e.id = c.id \
         WHERE e.log_class IN ({}) AND {OPERATION} IN ({})",
        listed(CHANGE_LOGS),
        listed(CHANGES)
    );
    let mut acts: BTreeMap<String, Vec<Act>> = BTreeMap::new();
    let mut batches = ctx.sql(&query).await?.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        let rows = Rows::of(&batch?)?;
        for row in 0..rows.count {
            acts.entry(rows.text(13, row).unwrap_or_default()).or_default().push(rows.act(row));
        }
    }
    for acts in acts.values_mut() {
        acts.sort_by(|a, b| (a.time, &a.id, &a.log_class).cmp(&(b.time, &b.id, &b.log_class)));
    }
    Ok(acts)
}

/// The incidents, with what later records confirm.
async fn confirmed(
    ctx: &SessionContext,
    incidents: Incidents,
    findings: &[Finding],
    known: &Known,
    now: Nanos,
) -> Result<Incidents, DataFusionError> {
    let mut confirming = Confirming::new(incidents, findings, known);
    let operations = listed(confirming.operations());
    if operations.is_empty() {
        return Ok(confirming.finish());
    }
    let since = confirming.since().map(|since| format!("AND e.time > {}", instant(since))).unwrap_or_default();
    let query = format!(
        "SELECT {ACT} FROM events AS e WHERE e.log_class IN ({}) AND e.time <= {} {since} AND {OPERATION} IN ({operations})",
        listed(CHANGE_LOGS),
        instant(now)
    );
    let mut batches = ctx.sql(&query).await?.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        let rows = Rows::of(&batch?)?;
        (0..rows.count).for_each(|row| confirming.see(&rows.act(row)));
    }
    Ok(confirming.finish())
}

/// Logs of access to mail and of sign-ins: what tokens are for.
const TOKEN_LOGS: [&str; 13] = [
    "graph.calls",
    "gws.gmail",
    "gws.login",
    "signin.adfs",
    "signin.interactive",
    "signin.managed_identity",
    "signin.ms_service_principal",
    "signin.noninteractive",
    "signin.service_principal",
    "ual.item",
    "ual.mia.bind",
    "ual.mia.sync",
    "ual.owaauth",
];

/// So many records are looked up at once for what only their text tells.
const LOOKED_UP: usize = 5_000;

/// The records that the provider can look up, by incident.
async fn for_the_provider(
    ctx: &SessionContext,
    incidents: &Incidents,
) -> Result<BTreeMap<String, (u64, Vec<HandOverRecord>)>, DataFusionError> {
    let asked = listed(incidents.incidents.iter().filter(|incident| is_for_the_provider(incident)).map(|incident| incident.id.as_str()));
    let asked = if asked.is_empty() { "false".to_owned() } else { format!("c.incident IN ({asked})") };
    let query = format!(
        "SELECT * FROM ( \
           SELECT e.tenant, e.id, e.time, e.operation, e.actor, e.mailbox, e.mailbox_id, e.uti, e.token_issued_at, \
             coalesce(e.aad_session_id, e.session_id) AS session, coalesce(e.client_app_id, e.ctx_client_app_id, e.app_id) AS app, \
             e.client_ip, c.incident, row_number() OVER (PARTITION BY c.incident ORDER BY e.time NULLS LAST, e.id) AS place, \
             count(*) OVER (PARTITION BY c.incident) AS n \
           FROM (SELECT DISTINCT tenant, id, incident FROM {CITED} WHERE incident IS NOT NULL) AS c \
           JOIN events AS e ON e.tenant = c.tenant AND e.id = c.id \
           WHERE e.log_class IN ({}) AND ({asked} OR e.uti IS NOT NULL) \
         ) WHERE place <= {MOST_HAND_OVER}",
        listed(TOKEN_LOGS)
    );
    let mut found: Vec<(String, u64, String, HandOverRecord)> = Vec::new();
    let mut batches = ctx.sql(&query).await?.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        let rows = Rows::of(&batch?)?;
        found.extend((0..rows.count).map(|row| {
            let count = rows.int(14, row).and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
            (rows.text(12, row).unwrap_or_default(), count, rows.text(0, row).unwrap_or_default(), rows.hand_over_record(row))
        }));
    }
    found.sort_by(|a, b| (a.3.time.is_none(), a.3.time, &a.3.event_id, &a.0).cmp(&(b.3.time.is_none(), b.3.time, &b.3.event_id, &b.0)));
    for chunk in found.chunks_mut(LOOKED_UP) {
        look_up(ctx, chunk).await?;
    }
    let mut records: BTreeMap<String, (u64, Vec<HandOverRecord>)> = BTreeMap::new();
    for (incident, count, _, record) in found {
        let entry = records.entry(incident).or_default();
        entry.0 = count;
        entry.1.push(record);
    }
    Ok(records)
}

/// Adds what only the text of records tells. They are in the order of time, so that most of the events can be left unread.
async fn look_up(ctx: &SessionContext, records: &mut [(String, u64, String, HandOverRecord)]) -> Result<(), DataFusionError> {
    let ids: BTreeSet<&str> = records.iter().map(|(_, _, _, record)| record.event_id.as_str()).collect();
    let listed = col("id").in_list(ids.iter().map(|id| lit(*id)).collect(), false);
    let logs = col("log_class").in_list(TOKEN_LOGS.iter().map(|log| lit(*log)).collect(), false);
    let mut events = ctx.table("events").await?.filter(logs)?;
    if let (Some(first), Some(last)) = (records.first().and_then(|r| r.3.time), records.last().and_then(|r| r.3.time)) {
        let at = |time: Nanos| lit(datafusion::scalar::ScalarValue::TimestampNanosecond(Some(time.0), Some("UTC".into())));
        events = events.filter(col("time").between(at(first), at(last)))?;
    }
    let mut batches = events.filter(listed)?.select_columns(&["tenant", "id", "raw"])?.execute_stream().await?;
    let mut places: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (place, (_, _, tenant, record)) in records.iter().enumerate() {
        places.entry((tenant.clone(), record.event_id.clone())).or_default().push(place);
    }
    while let Some(batch) = batches.next().await {
        let rows = Rows::of(&batch?)?;
        for row in 0..rows.count {
            let (tenant, id, raw) = (rows.text(0, row), rows.text(1, row), rows.text(2, row).unwrap_or_default());
            for place in places.get(&(tenant.unwrap_or_default(), id.unwrap_or_default())).into_iter().flatten() {
                if let Some((_, _, _, record)) = records.get_mut(*place) {
                    *record = with_raw(std::mem::take(record), &raw);
                }
            }
        }
    }
    Ok(())
}

/// The rows of a batch, in plain types.
struct Rows {
    columns: Vec<ArrayRef>,
    count: usize,
}

impl Rows {
    fn of(batch: &RecordBatch) -> Result<Self, DataFusionError> {
        let plain = |column: &ArrayRef| match column.data_type() {
            DataType::Timestamp(..) => cast(column, &DataType::Int64),
            DataType::List(_) => cast(column, &ColumnKind::Properties.data_type()),
            DataType::Int64 | DataType::UInt64 | DataType::Int32 => cast(column, &DataType::Int64),
            _ => cast(column, &DataType::Utf8),
        };
        let columns = batch.columns().iter().map(plain).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { columns, count: batch.num_rows() })
    }

    fn text(&self, column: usize, row: usize) -> Option<String> {
        let column = self.columns.get(column)?.as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_owned()).filter(|text| !text.is_empty())
    }

    fn int(&self, column: usize, row: usize) -> Option<i64> {
        let column = self.columns.get(column)?.as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn time(&self, column: usize, row: usize) -> Option<Nanos> {
        self.int(column, row).map(Nanos)
    }

    /// The columns of [`ACT`].
    fn act(&self, row: usize) -> Act {
        Act {
            tenant: self.text(0, row).unwrap_or_default(),
            id: self.text(1, row).unwrap_or_default(),
            time: self.time(2, row),
            log_class: self.text(3, row).unwrap_or_default(),
            operation: self.text(4, row).unwrap_or_default(),
            result: self.text(5, row),
            actor: self.text(6, row),
            client_ip: self.text(7, row),
            mailbox: self.text(8, row),
            target: self.text(9, row),
            target_id: self.text(10, row),
            app_id: self.text(11, row),
            properties: self.columns.get(12).map(|column| changes(column, row)).unwrap_or_default(),
        }
    }

    fn hand_over_record(&self, row: usize) -> HandOverRecord {
        HandOverRecord {
            event_id: self.text(1, row).unwrap_or_default(),
            time: self.time(2, row),
            operation: self.text(3, row).unwrap_or_default(),
            actor: self.text(4, row),
            mailbox: self.text(5, row),
            mailbox_id: self.text(6, row),
            token_id: self.text(7, row),
            issued: self.time(8, row),
            session_id: self.text(9, row),
            app_id: self.text(10, row),
            client_ip: self.text(11, row),
            request_ids: Vec::new(),
            server: None,
        }
    }
}

/// The changes of a record. An empty new value is one: it says what became of the old one.
fn changes(column: &ArrayRef, row: usize) -> Vec<Change> {
    let Some(list) = column.as_any().downcast_ref::<ListArray>().filter(|list| list.is_valid(row)) else { return Vec::new() };
    let entries = list.value(row);
    let Some(entries) = entries.as_struct_opt() else { return Vec::new() };
    let fields: Vec<_> = entries.columns().iter().filter_map(|field| field.as_string_opt::<i32>()).collect();
    let [name, old, new] = fields.as_slice() else { return Vec::new() };
    let text = |field: &StringArray, i: usize| field.is_valid(i).then(|| field.value(i).to_owned());
    (0..entries.len()).map(|i| Change { name: text(name, i).unwrap_or_default(), old: text(old, i), new: text(new, i) }).collect()
}
