//! Working out the tables that many detections share, once for a detect run, as files of the run.

use datafusion::execution::context::SessionContext;
use waxseal_detect::{DERIVED, Watch};
use waxseal_model::Nanos;

use crate::store::{Object, Store};
use crate::tables::{TableError, put_rows};

/// Why the shared tables could not be worked out.
#[derive(Debug, thiserror::Error)]
#[error("failed to work out a table that detections share: {0}")]
pub struct DeriveError(#[from] TableError);

/// Puts every derived table into the folder of a run and registers it with the session.
pub(crate) fn derive(ctx: &SessionContext, store: &Store, folder: &str, now: Nanos, watch: &dyn Watch) -> Result<Vec<Object>, DeriveError> {
    let made = DERIVED.iter().map(|derived| {
        let path = format!("{folder}/{}.parquet", derived.name);
        let told = format!("table {}", derived.name);
        watch.begun(&told);
        let object = put_rows(ctx, store, &path, derived.name, &derived.statement(now));
        watch.ended(&told);
        object
    });
    Ok(made.collect::<Result<_, _>>()?)
}
