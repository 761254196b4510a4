//! Runs detections over the event table and returns findings.
//!
//! A detection is a file: TOML front matter that says what it is, then one query over `events`. The crate loads and
//! checks such files ([`DetectionSet`]), runs them on any DataFusion session that has the table ([`run()`]), and provides the
//! few functions their SQL may use ([`functions()`]).
//!
//! It opens no file, looks at no clock and keeps no state: the detections are compiled in or handed over as text, and the
//! session, the table and `now` are the caller's. Queries use SQL and pure functions only, so that the same plan runs on
//! one machine or on a cluster.

mod bundled;
mod ceiling;
mod derived;
mod explain;
mod fold;
mod functions;
mod lint;
mod overlap;
mod rows;
mod run;
mod set;
mod sql;

pub use bundled::{DetectionFile, bundled_detections, bundled_samples};
pub use derived::{DERIVED, Derived, derive_as_views};
pub use explain::TemplateError;
pub use functions::functions;
pub use lint::{LintProblem, lint};
pub use run::{Detected, RunError, Unwatched, Watch, run};
pub use set::{Detection, DetectionSet, SetError, SetProblem};
pub use sql::QueryError;
