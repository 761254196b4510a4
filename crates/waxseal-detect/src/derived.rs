//! Tables that many detections look at and that are worked out once before they run.

use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use waxseal_model::Nanos;

use crate::sql::with_prelude;

/// A table worked out from the events, and from the derived tables before it.
#[derive(Debug, Clone, Copy)]
pub struct Derived {
    /// What queries call it.
    pub name: &'static str,
    query: &'static str,
}

/// Every derived table, in the order in which they are worked out.
pub const DERIVED: &[Derived] = &[
    Derived { name: "activity", query: include_str!("derived/activity.sql") },
    // The domains that the records show to be the organisation's own.
    Derived { name: "own_domains", query: include_str!("derived/own_domains.sql") },
    Derived { name: "refusals", query: include_str!("derived/refusals.sql") },
    Derived { name: "stuck_refusals", query: include_str!("derived/stuck_refusals.sql") },
    Derived { name: "seats", query: include_str!("derived/seats.sql") },
    Derived { name: "offices", query: include_str!("derived/offices.sql") },
    Derived { name: "grounds", query: include_str!("derived/grounds.sql") },
    Derived { name: "places", query: include_str!("derived/places.sql") },
];

impl Derived {
    /// The statement that gives its rows, in one order, as of `now`.
    #[must_use]
    pub fn statement(&self, now: Nanos) -> String {
        with_prelude(self.query, now)
    }
}

/// Makes views of the derived tables, which are worked out at every look: for few events, and for checking queries.
///
/// # Errors
/// The session has no table `events`, or lacks the functions.
pub async fn derive_as_views(ctx: &SessionContext, now: Nanos) -> Result<(), DataFusionError> {
    for derived in DERIVED {
        ctx.sql(&format!("CREATE VIEW {} AS {}", derived.name, derived.statement(now))).await?;
    }
    Ok(())
}
