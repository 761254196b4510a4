//! Query sessions over the events of a case.

use std::sync::Arc;

use arrow_schema::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::context::{SessionConfig, SessionContext};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use url::Url;
use waxseal_model::{COLUMNS, EVENT_SCHEMA, SIGHTINGS_COLUMN, indicator_schema};

use crate::ingest::known::event_files;
use crate::ingest::{BODY_COLUMN, KEY_COLUMN, SIGHTINGS, SUPERSEDED, ingested, sightings_schema, stored_schema, superseded_schema};
use crate::layout;
use crate::runs::Run;
use crate::store::Store;

/// What a session may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resources {
    pub(crate) threads: usize,
    pub(crate) memory_bytes: u64,
}

impl Resources {
    /// How much queries may set aside, in bytes. More is taken by what they do not count: pages of files on their way, what follows
    /// them, and what the allocator keeps.
    pub(crate) fn for_queries(self) -> usize {
        usize::try_from(self.memory_bytes / 10).unwrap_or(usize::MAX).saturating_mul(3)
    }
}

/// What a session is for. Detections look at the events many times and at their sightings never; counting those costs a
/// join for every look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Queries of people and exports: sightings are counted.
    Queries,
    /// Detections: the column is empty where there are copies.
    Detections,
}

/// What the view says of sightings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sightings {
    Counted,
    NoCopies,
    LeftOut,
}

/// How bodies that were replaced are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Superseded {
    /// There are none.
    None,
    /// By two numbers, which are cheap to read.
    ByKey,
    /// By the id, where some files have no number for it.
    ById,
}

/// A session with the view `events`, the table `sightings` and the functions of detections.
///
/// Everything is a plan over Parquet files below the case, so the same could be registered with a cluster.
///
/// `indicators` is the file of the table of that name, which is empty where none is given.
pub(crate) async fn open(
    store: &Store,
    runs: &[Run],
    resources: Resources,
    purpose: Purpose,
    indicators: Option<&str>,
) -> Result<SessionContext, DataFusionError> {
    let mut config = SessionConfig::new().with_target_partitions(resources.threads.max(1)).with_collect_statistics(true);
    config.options_mut().execution.parquet.pushdown_filters = true;
    config.options_mut().execution.parquet.reorder_filters = true;
    // What is known of a file is kept in memory, with the whole end of the file that it was read from.
    config.options_mut().execution.parquet.metadata_size_hint = Some(32 << 10);
    // The left side of a join is kept in memory. Who writes a detection knows which side is small; estimates often do not.
    config.options_mut().optimizer.join_reordering = purpose == Purpose::Queries;
    // A query may sort many times over, and what does not fit is written to disk.
    config.options_mut().execution.sort_spill_reservation_bytes = 2 << 20;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(resources.for_queries(), 1.0).build_arc()?;
    let ctx = SessionContext::new_with_config_rt(config, runtime);
    for function in waxseal_detect::functions() {
        ctx.register_udf(function);
    }
    let events: Vec<&str> = event_files(runs).collect();
    let (sightings, superseded) = (files(runs, SIGHTINGS), files(runs, SUPERSEDED));
    ctx.register_table("event_rows", table(store, &events, stored_schema())?)?;
    ctx.register_table(SIGHTINGS, table(store, &sightings, sightings_schema())?)?;
    ctx.register_table(SUPERSEDED, table(store, &superseded, superseded_schema())?)?;
    ctx.register_table("indicators", table(store, &indicators.into_iter().collect::<Vec<_>>(), indicator_schema())?)?;
    let counted = match purpose {
        _ if sightings.is_empty() => Sightings::NoCopies,
        Purpose::Queries => Sightings::Counted,
        Purpose::Detections => Sightings::LeftOut,
    };
    let bodies = match ingested(runs).all(|run| run.schema == EVENT_SCHEMA) {
        _ if superseded.is_empty() => Superseded::None,
        true => Superseded::ByKey,
        false => Superseded::ById,
    };
    ctx.sql(&events_view(counted, bodies)).await?;
    Ok(ctx)
}

fn files<'r>(runs: &'r [Run], name: &str) -> Vec<&'r str> {
    let prefix = format!("{name}-");
    let of_runs = runs.iter().flat_map(|run| &run.commit.objects).map(|object| object.path.as_str());
    of_runs.filter(|path| path.starts_with(layout::RUNS) && path.rsplit('/').next().is_some_and(|file| file.starts_with(&prefix))).collect()
}

pub(crate) fn table(store: &Store, paths: &[&str], schema: SchemaRef) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    if paths.is_empty() {
        return Ok(Arc::new(EmptyTable::new(schema)));
    }
    let urls = paths.iter().map(|path| url_of(store, path)).collect::<Result<Vec<_>, _>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config)?))
}

/// The address of a file. Not parsed from text, where `[` or `*` in a folder's name would be taken for a pattern.
fn url_of(store: &Store, path: &str) -> Result<ListingTableUrl, DataFusionError> {
    let file = store.root().join(path);
    let url = Url::from_file_path(&file).map_err(|()| DataFusionError::External(format!("{} has no address", file.display()).into()))?;
    ListingTableUrl::try_new(url, None)
}

/// The view that people and detections read: bodies that were replaced are left out, copies are counted. The joins are
/// there only where there is something to join, and filters on events are pushed below them.
fn events_view(sightings: Sightings, superseded: Superseded) -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|column| format!("e.\"{}\"", column.name)).collect();
    let copies = match sightings {
        Sightings::Counted => "cast(coalesce(s.copies, 0) + 1 as bigint)",
        Sightings::NoCopies => "cast(1 as bigint)",
        Sightings::LeftOut => "cast(null as bigint)",
    };
    // The engine keeps the left side of a join in memory: that must be the small table, never the events.
    let mut rows = "event_rows".to_owned();
    let same = match superseded {
        Superseded::None => None,
        Superseded::ByKey => Some(format!("e.{BODY_COLUMN} = o.{BODY_COLUMN} and e.{KEY_COLUMN} = o.{KEY_COLUMN}")),
        Superseded::ById => Some(format!("e.{BODY_COLUMN} = o.{BODY_COLUMN} and e.id = o.id and e.tenant = o.tenant")),
    };
    if let Some(same) = same {
        rows = format!("(select e.* from {SUPERSEDED} o right anti join event_rows e on {same})");
    }
    let mut from = format!("{rows} e");
    if sightings == Sightings::Counted {
        let counted = format!("select tenant, id, count(*) as copies from {SIGHTINGS} group by tenant, id");
        from = format!("({counted}) s right join {rows} e on e.tenant = s.tenant and e.id = s.id");
    }
    format!("create view events as select {}, {copies} as {SIGHTINGS_COLUMN} from {from}", columns.join(", "))
}
