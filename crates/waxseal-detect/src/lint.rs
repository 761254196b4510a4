//! Checking detections against the columns of the event table, without a record.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use waxseal_model::{Nanos, SIGHTINGS_COLUMN, event_schema, indicator_schema};

use crate::derived::derive_as_views;
use crate::functions::functions;
use crate::rows::Layout;
use crate::set::{Detection, DetectionSet};
use crate::sql::hits_statement;

/// What is wrong with one detection. Whose fault: its author's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintProblem {
    /// The detection's id.
    pub detection: String,
    /// The file it came from.
    pub origin: String,
    /// What is wrong, in a line.
    pub problem: String,
}

/// Plans every detection of the set against an empty event table: the query must plan, and every column that the front matter
/// names must come out of it. The answer is empty where all is well.
pub async fn lint(set: &DetectionSet) -> Vec<LintProblem> {
    let mut problems = Vec::new();
    for detection in set.iter() {
        let found = match columns_of(detection).await {
            Ok(layout) => missing_columns(detection, &layout),
            Err(error) => vec![format!("the query does not plan: {}", error.strip_backtrace())],
        };
        let named = |problem| LintProblem { detection: detection.meta.id.clone(), origin: detection.origin.clone(), problem };
        problems.extend(found.into_iter().map(named));
    }
    problems
}

async fn columns_of(detection: &Detection) -> Result<Layout, DataFusionError> {
    let ctx = SessionContext::new();
    functions().into_iter().for_each(|function| ctx.register_udf(function));
    ctx.register_table("events", Arc::new(EmptyTable::new(Arc::new(table_schema()))))?;
    ctx.register_table("indicators", Arc::new(EmptyTable::new(indicator_schema())))?;
    derive_as_views(&ctx, Nanos(0)).await?;
    let statement = hits_statement(&detection.sql, detection.primary.as_deref(), &detection.keys(), Nanos(0));
    let frame = ctx.sql(&statement).await?;
    let layout = Layout::of(frame.schema().as_arrow());
    frame.create_physical_plan().await?;
    Ok(layout)
}

fn table_schema() -> Schema {
    let stored = event_schema();
    let sightings = Arc::new(Field::new(SIGHTINGS_COLUMN, DataType::Int64, false));
    Schema::new(stored.fields().iter().cloned().chain([sightings]).collect::<Vec<_>>())
}

fn missing_columns(detection: &Detection, layout: &Layout) -> Vec<String> {
    let named_by = |by: &'static str, name: &str| (by, name.to_owned());
    let mut wanted: Vec<_> = ["id", "time", "tenant"].iter().map(|name| named_by("every detection", name)).collect();
    wanted.extend(detection.meta.group_by.iter().map(|name| named_by("group_by", name)));
    wanted.extend(detection.meta.shows.iter().map(|name| named_by("shows", name)));
    wanted.extend(detection.template.columns().map(|name| named_by("the explanation", name)));
    let missing = wanted.into_iter().filter(|(_, name)| layout.index(name).is_none());
    let mut problems: Vec<_> = missing.map(|(by, name)| format!("{by} needs the column {name}, which the query does not give")).collect();
    if layout.index("raw").is_some() {
        problems.push("the query gives the column raw".to_owned());
    }
    problems
}
