//! The coverage of a case: declared, observed, judged, and kept with each detect run.

use serde::{Deserialize, Serialize};
use waxseal_coverage::{Declarations, DeclareError, Doubt};
use waxseal_model::{COVERAGE_SCHEMA, CoverageMap, CoverageSpan, FileSummary, MailboxCount, Nanos};

use crate::store::StoreError;

/// The object of a detect run, and its copy at the top of the case.
pub(crate) const COVERAGE: &str = "coverage.json";

/// Why the declared coverage of a case cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CoverageError {
    /// Whose fault: whoever wrote `coverage.toml` in the case.
    #[error("failed to read coverage.toml in the case: {0}")]
    Declared(#[from] DeclareError),
    /// See [`StoreError`].
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whose fault: ours.
    #[error("failed to write coverage.toml: {0}")]
    Toml(#[from] toml::ser::Error),
    /// Whose fault: the environment's, or whoever changed the file.
    #[error("failed to read the coverage that a run kept: {0}")]
    Json(#[from] serde_json::Error),
}

/// `coverage.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CoverageJson {
    /// [`COVERAGE_SCHEMA`].
    pub schema: String,
    /// The present it was judged from.
    pub as_of: Option<Nanos>,
    /// What was declared at the time; `coverage.toml` may have been edited since.
    #[serde(default)]
    pub declared: Declarations,
    /// How many mailboxes each tenant has.
    #[serde(default)]
    pub mailboxes: Vec<MailboxCount>,
    /// Every span.
    pub spans: Vec<CoverageSpan>,
}

impl CoverageJson {
    /// A map as it is written down.
    pub(crate) fn of(map: CoverageMap, declared: Declarations, as_of: Option<Nanos>) -> Self {
        Self { schema: COVERAGE_SCHEMA.to_owned(), as_of, declared, mailboxes: map.mailboxes, spans: map.spans }
    }
}

/// Rows at which portals and cmdlets cut an export.
pub(crate) const EXPORT_CAPS: [u64; 2] = [5_000, 50_000];

/// A file that may have been cut, or of which not everything could be read.
pub(crate) fn doubt(file: &FileSummary) -> Option<Doubt> {
    let reason = match file {
        _ if file.rejected > 0 && file.unknown.is_none() => "parse_error",
        _ if EXPORT_CAPS.contains(&file.rows) || file.found.is_some() => "export_cap",
        _ => return None,
    };
    let (from, last) = file.first_time.zip(file.last_time)?;
    let class = file.formats.first().map_or(Some(""), |format| classes_of(&format.format))?;
    let to = Nanos(last.0.saturating_add(1));
    Some(Doubt { tenant: String::new(), class: class.to_owned(), mailbox: None, from, to, reason })
}

/// What a collector's log says was not fetched: of the unified audit log, which is what collectors with such logs fetch.
pub(crate) fn not_fetched(file: &FileSummary) -> impl Iterator<Item = Doubt> {
    let gap = |(from, to): &(Nanos, Nanos)| {
        let (from, to) = (*from, *to);
        Doubt { tenant: String::new(), class: "ual".to_owned(), mailbox: None, from, to, reason: "collector_gap" }
    };
    file.not_fetched.iter().flatten().map(gap)
}

/// The beginning of the classes that a format gives; nothing where it gives no log.
fn classes_of(format: &str) -> Option<&'static str> {
    Some(match format {
        "m365_unified_audit" => "ual",
        "entra_sign_in" => "signin",
        "entra_directory_audit" => "audit",
        "graph_activity" => "graph",
        "google_workspace_activity" => "gws",
        "entra_risk" => "risk",
        "m365_message_trace" => "trace",
        "m365_mailbox_settings" | "entra_user_licences" | "google_workspace_settings" => return None,
        _ => "",
    })
}
