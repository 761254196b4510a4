//! The assemble step: findings joined into incidents, with what the case knows beside them.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use waxseal_incident::{AddressRange, Known, Logs};
use waxseal_model::{CoverageMap, Nanos};
use waxseal_read::provider_networks;

use crate::runs::{Run, Step};
use crate::tables::rows;

/// The object of a detect run, and its copy at the top of the case.
pub(crate) const INCIDENTS: &str = "incidents.json";

/// From when to when each tenant has records of what was done.
const SPANS: &str = "
    SELECT tenant, CAST(min(first_time) AS BIGINT), CAST(max(last_time) AS BIGINT) FROM activity
    WHERE of_day AND day IS NOT NULL AND log_class NOT LIKE 'config.%' AND log_class NOT LIKE 'inventory.%' AND log_class <> 'trace'
    GROUP BY tenant";

/// Where five people or more work for days.
const SHARED: &str = "
    SELECT tenant, client_ip
    FROM (
        SELECT tenant, client_ip, actor FROM seats
        GROUP BY tenant, client_ip, actor
        HAVING max(last_time) > min(first_time) + INTERVAL '5 days'
    ) AS residents
    GROUP BY tenant, client_ip
    HAVING count(*) >= 5";

/// What findings do not say themselves. The session has the events and the tables that detections share.
pub(crate) async fn known(ctx: &SessionContext, runs: &[Run], coverage: &CoverageMap, now: Nanos) -> Result<Known, DataFusionError> {
    Ok(Known {
        provider_ranges: provider_networks().filter_map(AddressRange::parse).collect(),
        shared_addresses: shared(ctx).await?,
        logs: spans(ctx, coverage).await?,
        reported: reported(runs, now),
        coverage: coverage.clone(),
        ..Known::default()
    })
}

async fn spans(ctx: &SessionContext, coverage: &CoverageMap) -> Result<BTreeMap<String, Logs>, DataFusionError> {
    let mut spans = BTreeMap::new();
    rows(ctx, SPANS, |row| {
        if let Some((first, last)) = row.time(1).zip(row.time(2)) {
            let logs = Logs { first, last }.of_whole_days(&row.told(0), coverage);
            spans.insert(row.told(0), logs);
        }
    })
    .await?;
    Ok(spans)
}

async fn shared(ctx: &SessionContext) -> Result<BTreeSet<(String, String)>, DataFusionError> {
    let mut shared = BTreeSet::new();
    rows(ctx, SHARED, |row| {
        shared.insert((row.told(0), row.told(1)));
    })
    .await?;
    Ok(shared)
}

/// When each finding was first reported: what the run that had it first took for the present.
fn reported(runs: &[Run], present: Nanos) -> BTreeMap<String, Nanos> {
    let mut reported = BTreeMap::new();
    for run in runs {
        if let Step::Detect(detect) = &run.commit.step
            && let Some(now) = detect.now.filter(|now| *now <= present)
        {
            for id in &detect.appeared {
                reported.entry(id.clone()).or_insert(now);
            }
        }
    }
    reported
}
