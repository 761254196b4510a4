//! Running a set of detections over the event table.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use futures::StreamExt as _;
use waxseal_model::{CoverageMap, Finding, Nanos, NotRun, OPTIONAL_TABLES};

use crate::ceiling::under_ceiling;
use crate::fold::{Fold, FoldError};
use crate::overlap::say_overlaps;
use crate::rows::{Layout, Rows, text_columns};
use crate::set::{Detection, DetectionSet};
use crate::sql::{CLASSES, hits_statement};

/// What a run gives.
#[derive(Debug, Clone, Default)]
pub struct Detected {
    /// The findings: the gravest first, then the earliest.
    pub findings: Vec<Finding>,
    /// The detections that could not run, for all tenants or for one.
    pub not_run: Vec<NotRun>,
    /// How many detections ran.
    pub ran: u64,
}

/// Told when detections begin and end: for those who wait, and for those who wonder what each of them costs.
pub trait Watch {
    /// A detection begins.
    fn begun(&self, detection: &str);
    /// A detection has ended, well or not.
    fn ended(&self, detection: &str);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn begun(&self, _detection: &str) {}
    fn ended(&self, _detection: &str) {}
}

/// Why no detection could be run. Whose fault: the environment's (the table cannot be read) or ours.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The table does not say which kinds of record it holds.
    #[error("failed to look through the event table")]
    Classes(#[source] DataFusionError),
}

/// Why one detection could not be run.
#[derive(Debug, thiserror::Error)]
enum DetectionError {
    #[error("{0}")]
    Engine(#[from] DataFusionError),
    #[error("{0}")]
    Fold(#[from] FoldError),
}

/// Runs every detection of the set over the table `events` of the session, as of `now`: later records are not looked at.
/// `coverage` says how complete the logs are: it sets ceilings on what is concluded from what they do not hold.
///
/// The session needs the table, with the columns of [`waxseal_model::COLUMNS`], those of [`crate::DERIVED`], and
/// [`crate::functions()`]. A detection that fails or has nothing to run on is in `not_run` and stops no other.
///
/// A detection's query gives one row per record, with `id`, `time`, `tenant`, its `group_by` columns and what it likes of these:
/// `severity` and `confidence` (the finding takes the highest); `step` (of the record that is cited first, where it is not that of the category); `actor`, `account` and `target_account` (the finding's accounts);
/// `mailbox`; `app` and `app_id` (its apps); `client_ip`; `session_id` and `aad_session_id` (its sessions). Beside `events` it may
/// use `activity` (`tenant`, `log_class`, `of_day`, `day`, `mailbox`, `mailbox_id`, `records`, `first_time`, `last_time`): how many
/// records there are of each day, and of each mailbox; `own_domains` (`tenant`, `domains`): the domains that the records show to be the organisation's own; `refusals` (`tenant`,
/// `account`, `client_ip`, `asn`, `user_agent`, `app_id`, `time`, `of_nobody`): passwords that were not accepted; `stuck_refusals`: those of them after
/// which the account did not get in soon; `seats` (`tenant`, `actor`,
/// `network`, `client_ip`, `user_agent`, `first_time`, `last_time`, `program_first`): where and with what accounts sign in; `offices`
/// (`tenant`, `network`): networks of several people; and `places` (`tenant`, `id`, `seat`): from where an act of administration was done,
/// compared with those.
///
/// # Errors
/// When the table cannot be read at all.
pub async fn run(
    ctx: &SessionContext,
    set: &DetectionSet,
    coverage: &CoverageMap,
    now: Nanos,
    watch: &dyn Watch,
) -> Result<Detected, RunError> {
    let classes = Classes::read(ctx).await.map_err(RunError::Classes)?;
    let empty = empty_tables(ctx).await.map_err(RunError::Classes)?;
    let mut detected = Detected::default();
    let mut runnable = Vec::new();
    for detection in set.iter() {
        if let Some((_, reason)) = empty.iter().find(|(table, _)| detection.meta.needs_table.as_deref() == Some(*table)) {
            detected
                .not_run
                .push(NotRun { not_asked: true, ..not_run(detection, None, format!("not assessable: {reason} to change this")) });
            continue;
        }
        let lacking = classes.lacking(detection);
        if lacking.iter().all(|lack| lack.tenant.is_some()) {
            runnable.push(detection);
        }
        detected.not_run.extend(lacking);
    }
    for detection in runnable {
        watch.begun(&detection.meta.id);
        let result = findings_of(ctx, detection, coverage, now).await;
        watch.ended(&detection.meta.id);
        match result {
            Ok(findings) => {
                detected.ran += 1;
                detected.findings.extend(findings);
            }
            Err(error) => detected.not_run.push(failed(detection, &error)),
        }
    }
    say_overlaps(&mut detected.findings, set);
    detected.findings.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.first_time.cmp(&b.first_time)).then_with(|| a.id.cmp(&b.id)));
    Ok(detected)
}

async fn findings_of(
    ctx: &SessionContext,
    detection: &Detection,
    coverage: &CoverageMap,
    now: Nanos,
) -> Result<Vec<Finding>, DetectionError> {
    let statement = hits_statement(&detection.sql, detection.primary.as_deref(), &detection.keys(), now);
    let mut hits = ctx.sql(&statement).await?.execute_stream().await?;
    let mut fold = Fold::new(detection, Layout::of(&hits.schema()))?;
    while let Some(batch) = hits.next().await {
        let rows = Rows::of(&batch?).map_err(DataFusionError::from)?;
        for row in 0..rows.len() {
            fold.push(rows.row(row))?;
        }
    }
    Ok(fold.finish().into_iter().map(|(finding, judged)| under_ceiling(finding, &detection.meta, coverage, judged)).collect())
}

fn failed(detection: &Detection, error: &DetectionError) -> NotRun {
    let text = error.to_string();
    let first_line = text.lines().next().unwrap_or_default();
    not_run(
        detection,
        None,
        format!("not assessable: the query failed ({first_line}); report this to the author of {} to change it", detection.origin),
    )
}

fn not_run(detection: &Detection, tenant: Option<String>, reason: String) -> NotRun {
    NotRun { detection: detection.meta.id.clone(), title: detection.meta.title.clone(), tenant, reason, not_asked: false }
}

/// The optional tables without a row, each with the reason to give for what cannot run without it.
async fn empty_tables(ctx: &SessionContext) -> Result<Vec<(&'static str, &'static str)>, DataFusionError> {
    let mut empty = Vec::new();
    for (table, reason) in OPTIONAL_TABLES {
        if !ctx.table_exist(*table)? || ctx.table(*table).await?.limit(0, Some(1))?.count().await? == 0 {
            empty.push((*table, *reason));
        }
    }
    Ok(empty)
}

/// The log classes that each tenant has records of.
struct Classes {
    by_tenant: BTreeMap<String, BTreeSet<String>>,
}

impl Classes {
    async fn read(ctx: &SessionContext) -> Result<Self, DataFusionError> {
        let mut by_tenant: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut pairs = ctx.sql(CLASSES).await?.execute_stream().await?;
        while let Some(batch) = pairs.next().await {
            let columns = text_columns(&batch?)?;
            let [tenants, classes] = columns.as_slice() else { continue };
            for (tenant, class) in tenants.iter().zip(classes).filter_map(|(tenant, class)| tenant.zip(class)) {
                by_tenant.entry(tenant.to_owned()).or_default().insert(class.to_owned());
            }
        }
        Ok(Self { by_tenant })
    }

    /// One entry without a tenant where nobody has what the detection needs, else one for each tenant that lacks it and has other
    /// logs of the provider: that a tenant is elsewhere is no lack.
    fn lacking(&self, detection: &Detection) -> Vec<NotRun> {
        let needs = &detection.meta.needs;
        let with_provider: Vec<_> =
            self.by_tenant.iter().filter(|(_, classes)| needs.iter().any(|need| shares_provider(need, classes))).collect();
        let lacks = |classes: &BTreeSet<String>| !needs.iter().any(|need| classes.contains(need));
        if with_provider.is_empty() && !self.by_tenant.is_empty() {
            return vec![NotRun { not_asked: true, ..not_run(detection, None, no_provider(needs)) }];
        }
        if self.by_tenant.values().all(lacks) {
            return vec![not_run(detection, None, reason(needs, ""))];
        }
        let tenants = with_provider.into_iter().filter(|(_, classes)| lacks(classes)).map(|(tenant, _)| tenant);
        tenants.map(|tenant| not_run(detection, Some(tenant.clone()), reason(needs, " for this tenant"))).collect()
    }
}

/// Whether any of the classes is of the provider that a needed class is of.
fn shares_provider(need: &str, classes: &BTreeSet<String>) -> bool {
    let is_google = |class: &str| class.starts_with("gws.");
    classes.iter().any(|class| is_google(class) == is_google(need))
}

/// In the same words for every detection of a provider.
fn no_provider(needs: &[String]) -> String {
    let (whose, exports) = if needs.iter().any(|need| need.starts_with("gws.")) {
        ("Google Workspace", "its activities")
    } else {
        ("Microsoft 365 or Entra", "the unified audit log and the sign-in logs")
    };
    format!("not assessable: no record of {whose} was read; export {exports} to change this")
}

fn reason(needs: &[String], of_whom: &str) -> String {
    let exports: BTreeSet<&str> = needs.iter().map(|need| export_of(need)).collect();
    let exports: Vec<_> = exports.into_iter().collect();
    // In one order, so that detections that need the same say the same.
    let mut needs = needs.to_vec();
    needs.sort_unstable();
    format!("not assessable: no record of {} was read{of_whom}; export {} to change this", needs.join(" or "), exports.join(" or "))
}

fn export_of(class: &str) -> &'static str {
    match class.split('.').next() {
        Some("ual") => "the unified audit log",
        Some("signin") => "the Entra sign-in logs",
        Some("graph") => "the Microsoft Graph activity logs",
        Some("gws") => "the activities of Google Workspace",
        _ => "the Entra directory audit log",
    }
}
