//! What the events show of the logs they come from.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array as _, AsArray as _, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use futures::StreamExt as _;
use waxseal_model::{LogClass, Nanos};

use crate::assess::{Doubt, Observed};
use crate::settings::{PROPERTIES, Seen, Setting};

/// Records a tenant, class and day.
const DAYS: &str = "
    SELECT tenant, log_class, CAST(day AS BIGINT) AS day, sum(records) AS records
    FROM activity
    WHERE of_day AND day IS NOT NULL AND log_class IS NOT NULL
    GROUP BY 1, 2, 3";

/// Mailboxes whose log falls silent for a day after a record that says so.
const THROTTLED: &str = "
    SELECT tenant, lower(mailbox) AS mailbox, CAST(time AS BIGINT) AS moment, 1 AS records
    FROM events
    WHERE throttled AND mailbox IS NOT NULL AND :bound
    ORDER BY 1, 2, 3";

/// Accounts that are taken out of the mailbox audit, and put back.
const BYPASSED: &str = "
    SELECT tenant, lower(target) AS mailbox, CAST(time AS BIGINT) AS moment,
        CASE WHEN lower(property(properties, 'AuditBypassEnabled')) = 'false' THEN 0 ELSE 1 END AS records
    FROM events
    WHERE log_class = 'ual.exchange_admin' AND lower(operation) = 'set-mailboxauditbypassassociation' AND target IS NOT NULL AND :bound
    ORDER BY 1, 2, 3";

/// Mailboxes that records of what was done in them name.
const SEEN: &str = "
    SELECT tenant, mailbox, max(mailbox_id) AS mailbox_id, log_class,
        CAST(min(first_time) AS BIGINT) AS first, CAST(max(last_time) AS BIGINT) AS last, sum(records) AS records
    FROM activity
    WHERE log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item', 'gws.gmail') AND NOT of_day AND mailbox IS NOT NULL
    GROUP BY 1, 2, 4
    ORDER BY 1, 2, 4";

/// Exported settings. Those of single folders say nothing of the audit.
const SETTINGS: &str = "
    SELECT tenant, log_class, mailbox, mailbox_id, target:properties
    FROM events
    WHERE log_class IN ('config.mailbox_audit', 'config.licence', 'inventory.mailbox') AND coalesce(target_kind, '') <> 'folder'";

const DAY_NANOS: i64 = 86_400 * 1_000_000_000;

/// Looks through the tables `events` and `activity` of a session, as far as `now`; `activity` (`tenant`, `log_class`, `of_day`, `day`,
/// `mailbox`, `mailbox_id`, `records`, `first_time`, `last_time`), which counts records of days and of mailboxes, goes no further. The session needs the functions of detections too: `property`
/// reads the switch of the audit bypass.
///
/// # Errors
/// The table cannot be read.
pub async fn observe(ctx: &SessionContext, now: Nanos) -> Result<Observed, DataFusionError> {
    let mut observed = Observed::default();
    let until = |query: &str| query.replace(":bound", &format!("time <= arrow_cast({}, 'Timestamp(Nanosecond, Some(\"UTC\"))')", now.0));
    for (tenant, class, day, records) in rows(ctx, DAYS).await? {
        // Settings are nobody's activity.
        let is_log = LogClass::from_word(&class).is_none_or(LogClass::is_log);
        if is_log {
            observed.days.entry((tenant, class)).or_default().insert(day.div_euclid(DAY_NANOS), records);
        }
    }
    for (tenant, mailbox, moment, _) in rows(ctx, &until(THROTTLED)).await? {
        let (from, to) = (Nanos(moment), Nanos(moment.saturating_add(DAY_NANOS)));
        observed.doubts.push(Doubt { tenant, class: "ual.mia.bind".to_owned(), mailbox: Some(mailbox), from, to, reason: "throttled" });
    }
    observed.doubts.extend(bypasses(rows(ctx, &until(BYPASSED)).await?, now));
    observed.seen = texts(ctx, SEEN).await?.into_iter().filter_map(seen_of).collect();
    observed.settings = texts(ctx, &settings_query()).await?.into_iter().filter_map(setting_of).collect();
    // The events come in no order; with one, the same case gives the same bytes.
    observed.settings.sort_unstable();
    Ok(observed)
}

fn settings_query() -> String {
    let properties: String = PROPERTIES.iter().map(|name| format!(", property(properties, '{name}')")).collect();
    SETTINGS.replace(":properties", &properties)
}

/// A row of [`SEEN`].
fn seen_of(row: Vec<Option<String>>) -> Option<Seen> {
    let [tenant, mailbox, mailbox_id, class, first, last, records] = <[_; 7]>::try_from(row).ok()?;
    let nanos = |text: Option<String>| text?.parse().ok().map(Nanos);
    Some(Seen {
        tenant: tenant?,
        mailbox: mailbox?.to_lowercase(),
        mailbox_id: mailbox_id.map(|id| id.to_lowercase()),
        class: class?,
        first: nanos(first)?,
        last: nanos(last)?,
        records: records?.parse().ok()?,
    })
}

/// A row of [`SETTINGS`].
fn setting_of(row: Vec<Option<String>>) -> Option<Setting> {
    let mut row = row.into_iter();
    let mut next = || row.next().flatten();
    let (tenant, class) = (next()?, next()?);
    let (mailbox, mailbox_id, name) = (next().map(|text| text.to_lowercase()), next().map(|text| text.to_lowercase()), next());
    let values = PROPERTIES.iter().filter_map(|name| Some(((*name).to_owned(), next()?))).collect();
    Some(Setting { tenant, class, mailbox, mailbox_id, name, values })
}

/// Every column as text.
async fn texts(ctx: &SessionContext, query: &str) -> Result<Vec<Vec<Option<String>>>, DataFusionError> {
    let mut stream = ctx.sql(query).await?.execute_stream().await?;
    let mut all = Vec::new();
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let columns: Vec<StringArray> = batch
            .columns()
            .iter()
            .map(|column| Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone()))
            .collect::<Result<_, DataFusionError>>()?;
        let text = |column: &StringArray, row: usize| (!column.is_null(row)).then(|| column.value(row).to_owned());
        all.extend((0..batch.num_rows()).map(|row| columns.iter().map(|column| text(column, row)).collect::<Vec<_>>()));
    }
    Ok(all)
}

/// From each switching off to the next switching on, or to the present.
fn bypasses(switches: Vec<(String, String, i64, u64)>, now: Nanos) -> Vec<Doubt> {
    let mut open: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut spans = Vec::new();
    for (tenant, mailbox, moment, off) in switches {
        let key = (tenant, mailbox);
        if off > 0 {
            open.entry(key).or_insert(moment);
        } else if let Some(from) = open.remove(&key) {
            spans.push((key, from, moment));
        }
    }
    spans.extend(open.into_iter().map(|(key, from)| (key, from, now.0.max(from + 1))));
    let classes = ["ual.mia.bind", "ual.mia.sync", "ual.item"];
    let doubt = |((tenant, mailbox), from, to): &((String, String), i64, i64), class: &str| Doubt {
        tenant: tenant.clone(),
        class: class.to_owned(),
        mailbox: Some(mailbox.clone()),
        from: Nanos(*from),
        to: Nanos(*to),
        reason: "bypass",
    };
    spans.iter().flat_map(|span| classes.map(|class| doubt(span, class))).collect()
}

/// Two texts, an instant or day in nanoseconds, and a count.
async fn rows(ctx: &SessionContext, query: &str) -> Result<Vec<(String, String, i64, u64)>, DataFusionError> {
    let mut stream = ctx.sql(query).await?.execute_stream().await?;
    let mut all = Vec::new();
    while let Some(batch) = stream.next().await {
        all.extend(rows_of(&batch?)?);
    }
    all.sort_unstable();
    Ok(all)
}

fn rows_of(batch: &RecordBatch) -> Result<Vec<(String, String, i64, u64)>, DataFusionError> {
    let text =
        |i: usize| -> Result<StringArray, DataFusionError> { Ok(cast(batch.column(i), &DataType::Utf8)?.as_string::<i32>().clone()) };
    let (first, second) = (text(0)?, text(1)?);
    let (moments, counts) = (cast(batch.column(2), &DataType::Int64)?, cast(batch.column(3), &DataType::Int64)?);
    let (moments, counts) = (moments.as_primitive::<Int64Type>(), counts.as_primitive::<Int64Type>());
    let whole = |row: &usize| !first.is_null(*row) && !second.is_null(*row) && !moments.is_null(*row);
    let row = |row: usize| {
        let count = u64::try_from(counts.value(row)).unwrap_or(0);
        (first.value(row).to_owned(), second.value(row).to_owned(), moments.value(row), count)
    };
    Ok((0..batch.num_rows()).filter(whole).map(row).collect())
}
