//! The assemble step: findings joined into incidents, with what the case knows beside them.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::arrow::array::{Array as _, AsArray as _};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use waxseal_incident::{AddressRange, Known, Logs};
use waxseal_model::{CoverageMap, Nanos};
use waxseal_read::provider_networks;

use crate::runs::{Run, Step};

/// The object of a detect run, and its copy at the top of the case.
pub(crate) const INCIDENTS: &str = "incidents.json";

/// From when to when each tenant has records.
const SPANS: &str = "
    SELECT tenant, min(first_time), max(last_time) FROM activity
    WHERE of_day AND day IS NOT NULL AND log_class NOT LIKE 'config.%' AND log_class NOT LIKE 'inventory.%'
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
        logs: spans(ctx).await?,
        reported: reported(runs, now),
        coverage: coverage.clone(),
        ..Known::default()
    })
}

async fn spans(ctx: &SessionContext) -> Result<BTreeMap<String, Logs>, DataFusionError> {
    let mut spans = BTreeMap::new();
    for batch in ctx.sql(SPANS).await?.collect().await? {
        let tenants = cast(batch.column(0), &DataType::Utf8)?;
        let times = [cast(batch.column(1), &DataType::Int64)?, cast(batch.column(2), &DataType::Int64)?];
        let (tenants, [first, last]) = (tenants.as_string::<i32>(), times.each_ref().map(|times| times.as_primitive::<Int64Type>()));
        for row in (0..batch.num_rows()).filter(|row| tenants.is_valid(*row)) {
            let logs = Logs { first: Nanos(first.value(row)), last: Nanos(last.value(row)) };
            spans.insert(tenants.value(row).to_owned(), logs);
        }
    }
    Ok(spans)
}

async fn shared(ctx: &SessionContext) -> Result<BTreeSet<(String, String)>, DataFusionError> {
    let mut shared = BTreeSet::new();
    for batch in ctx.sql(SHARED).await?.collect().await? {
        let columns = [cast(batch.column(0), &DataType::Utf8)?, cast(batch.column(1), &DataType::Utf8)?];
        let [tenants, addresses] = columns.each_ref().map(|column| column.as_string::<i32>());
        shared.extend(tenants.iter().zip(addresses).filter_map(|(tenant, address)| Some((tenant?.to_owned(), address?.to_owned()))));
    }
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
