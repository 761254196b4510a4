//! How long an incident lasted, and whether it goes on.

use waxseal_model::{Coverage, Dwell, Entry, EntryClass, Finding, Nanos, StillActive};

use crate::facts::Facts;
use crate::graph::{DAY, Group};
use crate::known::{Known, Logs};

/// The dwell time of an incident, and what is known of its end. `recorded` are the first and the last of all records that are the
/// intruder's, where they were looked for: findings cite but some of them.
pub(crate) fn dwell(
    group: &Group,
    facts: &Facts<'_>,
    entry: &Entry,
    known: &Known,
    (recorded, now): (Option<(Nanos, Nanos)>, Nanos),
) -> (Dwell, StillActive) {
    let firm = || group.firm(facts).map(|finding| facts.findings[finding]);
    let first = firm().filter_map(|finding| finding.first_time.or(finding.last_time)).chain(recorded.map(|recorded| recorded.0)).min();
    let last = firm().filter_map(|finding| finding.last_time.or(finding.first_time)).chain(recorded.map(|recorded| recorded.1)).max();
    let logs = firm().next().and_then(|finding| known.logs.get(&finding.tenant));
    let left_censored = logs.zip(first).is_some_and(|(logs, first)| first.0 < logs.first.0.saturating_add(DAY));
    let complete = logs.zip(first).is_some_and(|(logs, first)| firm().all(|finding| is_complete(finding, *logs, first, known)));
    let day_before = |first: Nanos| Some(Nanos(logs.map_or(i64::MIN, |logs| logs.first.0).max(first.0.saturating_sub(DAY))));
    let (earliest, basis) = match first {
        None => (None, "no record of it has a time"),
        Some(_) if left_censored => (None, "the first record lies within a day of the start of the logs: it may have begun before"),
        Some(first) if complete && entry.class == EntryClass::ForgedOrUnloggedToken => (
            day_before(first),
            "the logs were complete, and no access with such a token is recorded before; mailboxes without records may have been reached up to a day earlier",
        ),
        Some(first) if complete && way_in_is_recorded(entry) => {
            (day_before(first), "the sign-in or session behind it may be up to a day older than the first record")
        }
        Some(_) if logs.is_some() => {
            (logs.map(|logs| logs.first), "the logs are not known to be complete: anything since their start is possible")
        }
        Some(_) => (None, "the logs are not known to be complete, nor when they start"),
    };
    let reported = group.grave(facts).filter_map(|finding| known.reported.get(&facts.findings[finding].id)).min();
    let as_of = logs.map_or(now, |logs| logs.last);
    let dwell = Dwell {
        earliest_possible: earliest,
        first_recorded: first,
        last_recorded: last,
        detected: Some(reported.copied().unwrap_or(now)),
        contained: None,
        left_censored,
        basis: basis.to_owned(),
    };
    (dwell, StillActive { state: state(last, as_of), as_of })
}

/// Logs of sign-ins and of access to mail.
const MICROSOFT: [&str; 4] = ["signin.interactive", "signin.noninteractive", "ual.mia.bind", "ual.mia.sync"];
const GOOGLE: [&str; 3] = ["gws.login", "gws.token", "gws.gmail"];

/// Whether an earlier part of what a finding tells of would have been recorded, from the start of the logs to its first record.
fn is_complete(finding: &Finding, logs: Logs, first: Nanos, known: &Known) -> bool {
    let classes: &[&str] = if finding.detection.starts_with("google.") { &GOOGLE } else { &MICROSOFT };
    let classes: Vec<String> = classes.iter().map(|class| (*class).to_owned()).collect();
    let mailboxes: Vec<String> = finding.mailboxes.iter().map(|mailbox| mailbox.to_lowercase()).collect();
    known.coverage.over(&finding.tenant, &classes, &mailboxes, (logs.first, first)).0 == Coverage::Full
}

fn way_in_is_recorded(entry: &Entry) -> bool {
    !matches!(entry.class, EntryClass::ForgedOrUnloggedToken | EntryClass::ProviderSide | EntryClass::NotRecoverable)
}

fn state(last: Option<Nanos>, as_of: Nanos) -> String {
    match last {
        None => "no record of it has a time".to_owned(),
        Some(last) if last.0 >= as_of.0.saturating_sub(DAY) => "recorded within the last day of the logs".to_owned(),
        Some(last) => format!("no finding cites a record after {last}"),
    }
}
