//! Opens, locks and versions a case folder; runs the steps in order; keeps each run; hands out query sessions.
//!
//! It is the only crate that touches a case on disk and the only one that knows the order of the steps. It has no logic of
//! its own: what a record means is in `waxseal-read`, what an attack looks like in `waxseal-detect`.
//!
//! A case is a folder of objects. A step writes new objects below `events/`, `originals/` and `runs/NNNN-step/`, and puts
//! `runs/NNNN-step/COMMIT` last, which names them all with their digests. Only then does any of it count: what a killed
//! step left is cleared away when the case is next opened. Nothing is appended to and nothing renamed.

mod assemble;
mod case;
mod cited;
mod coverage;
mod derive;
mod detect;
mod export;
mod indicators;
mod ingest;
mod inspect;
mod layout;
mod ledger;
mod lock;
mod operator;
mod query;
mod report;
mod respond;
mod runs;
mod samples;
mod scope;
mod session;
mod settings;
mod show;
mod store;
mod tables;
mod timeline;
mod unmatched;
mod verify;

pub use case::{Case, CaseError};
pub use coverage::{CoverageError, CoverageJson};
pub use derive::DeriveError;
pub use detect::{DetectError, DetectRequest, DetectionInfo, DetectionsError, detections};
pub use export::{ExportError, TableFormat};
pub use indicators::{IndicatorList, IndicatorsError};
pub use ingest::{IngestError, IngestRequest, Input};
pub use inspect::{FormatInfo, Inspected, formats, inspect};
pub use ledger::LedgerError;
pub use lock::LockError;
pub use operator::{Operator, Progress, Silent};
pub use report::{Answer, ReportStepError};
pub use respond::RespondError;
pub use runs::RunsError;
pub use samples::{SampleError, SampleResult, test_detections};
pub use scope::{MessageFilter, MessageFormat};
pub use settings::SettingsError;
pub use show::{Citing, EventShown, Named, Place, SHORTEST_PREFIX, ShowError};
pub use store::StoreError;
pub use tables::TableError;
pub use timeline::{Records, TIMELINE_COLUMNS};
pub use verify::{Problem, Verified, verify};
/// What can be declared of exports.
pub use waxseal_coverage::{Declaration, Declarations, DeclareError};
/// Reports, for those who print instead of keeping.
pub use waxseal_report as report_formats;
