//! What can be done about an incident: evidence first, then what cuts the intruder off, then a second look.
//!
//! A plan follows from findings and the records they cite, and from nothing else. It is never carried out. Names in commands
//! are log text, which attackers write: see `quote`.

mod action;
mod confirm;
mod google;
mod microsoft;
mod quote;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Confirmation, ContainmentStep, Finding, Incident, Incidents, JoinKind, Joined, Nanos, Severity, Verdict};

pub use confirm::Confirming;
pub use wanted::CHANGES;

use crate::act::Act;
use crate::hand_over::is_for_the_provider;
use crate::known::Known;
use action::{Action, Turn};
use wanted::{About, Wanted, is_google};

/// So many targets a step names; of more it says how many there are, and it is never confirmed.
const MOST_TARGETS: usize = 1_000;

/// Logs in which it stands who changed what.
pub const CHANGE_LOGS: [&str; 8] =
    ["audit.directory", "gws.admin", "gws.login", "gws.token", "ual.directory", "ual.exchange_admin", "ual.item", "ual.sharepoint"];

/// Gives every incident its plan. `acts` are the records that findings cite and that change something, by finding.
pub fn contain(incidents: &mut Incidents, findings: &[Finding], acts: &BTreeMap<String, Vec<Act>>, known: &Known, now: Nanos) {
    let by_id: BTreeMap<(&str, &str), &Finding> = findings.iter().map(|f| ((f.tenant.as_str(), f.id.as_str()), f)).collect();
    for incident in &mut incidents.incidents {
        let tenant = incident.tenants.first().map_or("", String::as_str);
        let found = incident.joined.iter().filter_map(|joined| Some((joined, *by_id.get(&(tenant, joined.finding.as_str()))?)));
        let firm: Vec<&Finding> = found.filter(|(joined, finding)| is_firm(joined, finding)).map(|(_, finding)| finding).collect();
        incident.containment = plan(incident, &firm, acts, known, now);
    }
}

/// Whether a finding is more than context: a grave one, or one with more in common than an account. What is firm counts whatever it
/// would be alone: every incident has something grave in it.
fn is_firm(joined: &Joined, finding: &Finding) -> bool {
    finding.severity >= Severity::Medium || joined.joined_by.as_ref().is_none_or(|by| by.kind != JoinKind::Account)
}

fn plan(incident: &Incident, firm: &[&Finding], acts: &BTreeMap<String, Vec<Act>>, known: &Known, now: Nanos) -> Vec<ContainmentStep> {
    let Some(gravest) = firm.first() else { return Vec::new() };
    let mut wanted = Wanted::default();
    for finding in firm {
        wanted.of_finding(finding, acts.get(&finding.id).map_or(&[], Vec::as_slice), known);
    }
    wanted.evidence(incident, gravest, now);
    let table = if is_of_google(firm) { google::ACTIONS } else { microsoft::ACTIONS };
    let mut steps: Vec<(Turn, ContainmentStep)> = Vec::new();
    for action in table {
        if let Some(targets) = wanted.targets.remove(action.id) {
            steps.push((action.turn, step(action, targets)));
        }
    }
    steps.sort_by_key(|(turn, _)| *turn);
    let mut steps: Vec<ContainmentStep> = steps.into_iter().map(|(_, step)| step).collect();
    for (order, step) in (1..).zip(&mut steps) {
        step.order = order;
    }
    steps
}

/// Whose tenant it is: as the detections say, else by the form of its id.
fn is_of_google(firm: &[&Finding]) -> bool {
    let other = |finding: &&&Finding| !finding.detection.starts_with("cross.");
    match firm.iter().find(other) {
        Some(finding) => is_google(finding),
        None => firm.iter().any(|finding| quote::guid(&finding.tenant).is_none() && !finding.tenant.starts_with("unknown-")),
    }
}

impl Wanted {
    /// What is to be kept before anything is changed, and looked at after.
    fn evidence(&mut self, incident: &Incident, gravest: &Finding, now: Nanos) {
        let first = incident.dwell.earliest_possible.or(incident.dwell.first_recorded);
        let span = first.map(|first| format!("{first}..{now}"));
        self.add("export_logs", Confirmation { name: gravest.tenant.clone(), kind: span, ..Confirmation::default() }, gravest);
        if is_for_the_provider(incident) {
            self.add("ask_provider", Confirmation { name: gravest.tenant.clone(), ..Confirmation::default() }, gravest);
        }
        // Of these nothing is recorded, within logs that would have shown it.
        let reached = incident.mailboxes.iter().filter(|mailbox| !mailbox.verdict.starts_with(Verdict::NoRecordedAccess.as_str()));
        for mailbox in reached {
            let target = || Confirmation { name: mailbox.mailbox.clone(), since: incident.dwell.first_recorded, ..Confirmation::default() };
            self.add("hold_mailbox", target(), gravest);
            self.add("snapshot_settings", Confirmation { since: None, ..target() }, gravest);
        }
        let accounts: Vec<String> =
            self.targets.get("revoke_sessions").into_iter().flatten().map(|((name, _, _), _)| name.clone()).collect();
        for name in accounts {
            self.add("snapshot_settings", Confirmation { name, ..Confirmation::default() }, gravest);
        }
        self.add("look_again", Confirmation { name: gravest.tenant.clone(), ..Confirmation::default() }, gravest);
    }
}

fn step(action: &Action, targets: BTreeMap<(String, Option<String>, Option<String>), About>) -> ContainmentStep {
    let count = targets.len();
    let mut finding_ids: Vec<String> = targets.values().flat_map(|about| about.findings.iter().cloned()).collect();
    finding_ids.sort();
    finding_ids.dedup();
    let target = |((name, of, kind), about): ((String, Option<String>, Option<String>), About)| Confirmation {
        name,
        of,
        kind,
        id: about.id,
        since: about.since,
        ..Confirmation::default()
    };
    let mut confirmations: Vec<Confirmation> = targets.into_iter().take(MOST_TARGETS).map(target).collect();
    let mut title = action.title.to_owned();
    if count > MOST_TARGETS {
        title.push_str(&format!(" ({count} of them; the first {MOST_TARGETS} are named)"));
        // What is not named cannot be confirmed.
        confirmations.iter_mut().for_each(|target| target.since = Some(Nanos(i64::MAX)));
    }
    ContainmentStep {
        order: 0,
        action: action.id.to_owned(),
        title,
        effect: action.effect.to_owned(),
        undo: action.undo.to_owned(),
        permission: action.permission.to_owned(),
        targets: confirmations.iter().map(shown).collect(),
        powershell: lines(&confirmations, action.powershell),
        api: lines(&confirmations, action.api),
        confirmed_by: action.confirmed_by.to_owned(),
        confirmed: None,
        finding_ids,
        cuts_off: action.turn == Turn::CutOff,
        confirmations,
    }
}

/// The commands for each target; where its name cannot stand in one, a remark instead.
fn lines(targets: &[Confirmation], form: fn(&Confirmation) -> Option<Vec<String>>) -> Vec<String> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let of_target = |target: &Confirmation| form(target).unwrap_or_else(|| vec![quote::left_out(&shown(target))]);
    // Calls without a target in them are the same for each, and stand behind the last of what they follow.
    let all: Vec<String> = targets.iter().flat_map(of_target).collect();
    let mut lines: Vec<String> = all.into_iter().rev().filter(|line| known.insert(line.clone())).collect();
    lines.reverse();
    lines
}

/// A target as people read it.
fn shown(target: &Confirmation) -> String {
    // A rule may be called `,` or ` of x`.
    let is_plain = !target.name.is_empty() && target.name.chars().all(|c| c.is_alphanumeric() || "@.-_:/#".contains(c));
    let mut text = if is_plain { target.name.clone() } else { format!("\"{}\"", target.name) };
    if let Some(of) = &target.of {
        text.push_str(&format!(" of {of}"));
    }
    if let Some(kind) = &target.kind {
        text.push_str(&format!(" ({kind})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::confirm::actions;
    use super::*;

    #[test]
    fn the_document_tells_of_every_action_what_the_plan_tells() {
        let document = include_str!("../../../docs/containment.md");
        for action in actions() {
            let section = document.split("\n## ").find(|section| section.starts_with(&format!("{}\n", action.id)));
            let section = section.unwrap_or_else(|| panic!("no section {}", action.id)).split_whitespace().collect::<Vec<_>>().join(" ");
            for told in [action.title, action.effect, action.undo, action.permission, action.confirmed_by] {
                assert!(section.contains(told), "{}: {told}", action.id);
            }
        }
    }

    #[test]
    fn operations_are_written_as_they_are_compared_and_told() {
        for action in actions() {
            let key = |operation: &str| Act { operation: operation.to_owned(), ..Act::default() }.operation_key();
            for operation in action.operations {
                assert_eq!(key(operation), *operation);
                assert!(key(action.confirmed_by).contains(operation), "{}: {operation}", action.id);
            }
        }
    }
}
