//! Whether the detections agree with the events that others wrote to try their own rules on. The events stand among the captures.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::captures::path;
use crate::program::{Scratch, hunt, number, run_json};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[("captures::detections_agree_with_the_events_of_other_rules", agrees_with_other_rules)];

/// A rule of theirs that looks for what one of our detections looks for.
struct Counterpart {
    rule: &'static str,
    detection: &'static str,
    /// What the finding has to say. One detection of ours covers what several of their rules tell apart: a finding counts for a rule
    /// only if it says what that rule looks for. Empty where the detection alone is enough.
    says: &'static str,
}

const fn rule(rule: &'static str, detection: &'static str, says: &'static str) -> Counterpart {
    Counterpart { rule, detection, says }
}

/// The rules on sign-ins, on administration, tokens and mail, and on files of Microsoft 365. Left out are those on resources of Azure,
/// on Google's files, calendars, telephones and own staff, on mail that arrives, on alerts and risks that the provider rated, on the
/// ways of signing in that one organisation approves, and on one program of the provider's (Visual Studio Code), for which no
/// detection of ours looks without knowing what is usual.
const COUNTERPARTS: &[Counterpart] = &[
    rule("Azure.Audit.ElevateUserAccessAdministrator", "entra.privileged_role_granted", ""),
    rule("Azure.Audit.ExcessiveAccountLockouts", "entra.brute_force", "locked by the tries"),
    rule("Azure.Audit.PolicyChanged", "entra.mfa_weakened", ""),
    rule("Azure.Audit.RoleChangedPIM", "entra.privileged_role_granted", ""),
    rule("Azure.Audit.ROPCLoginNoMFA", "entra.password_only_sign_in", ""),
    rule("Google.Workspace.Admin.Custom.Role", "google.privileged_role_granted", ""),
    rule("Google.Workspace.Advanced.Protection.Program", "google.mfa_weakened", ""),
    rule("Google.Workspace.Apps.Marketplace.Allowlist", "google.app_controls_loosened", "which applications people may install"),
    rule("Google.Workspace.Apps.Marketplace.New.Domain.Application", "google.app_controls_loosened", "installed for everybody"),
    rule("Google.Workspace.OAuth.Privileged.Scopes", "google.mail_consent_granted", "files, searches or the directory"),
    rule("GSuite.AdvancedProtection", "google.mfa_weakened", ""),
    rule("GSuite.LeakedPassword", "google.provider_warning", "password is in a leak"),
    rule("GSuite.UserSuspended", "google.provider_warning", "disabled"),
    rule("GSuite.Workspace.GmailDefaultRoutingRuleModified", "google.mail_routing_changed", ""),
    rule("GSuite.Workspace.GmailPredeliveryScanningDisabled", "google.mail_routing_changed", ""),
    rule("GSuite.Workspace.GmailSecuritySandboxDisabled", "google.mail_routing_changed", ""),
    rule("Microsoft365.Brute.Force.Login.by.User", "entra.brute_force", ""),
    // Three of its events differ from a hit by a list of exceptions alone, which stands in the rule and not in the event.
    rule("Microsoft365.External.Document.Sharing", "m365.anonymous_link", ""),
];

/// Rules left out, by the beginning of their ids.
const LEFT_OUT: &[&str] = &[
    "Azure.MonitorActivity.",
    "Azure.Audit.HighRiskSignIn",
    "Azure.Audit.MultipleProtectionAlerts",
    "Azure.Audit.RiskLevelPassthrough",
    "Azure.Audit.VSCodeOAuthPhishing",
    "Defender.Detection.passthrough",
    "GSuite.CalendarMadePublic",
    "GSuite.Device",
    "GSuite.DocOwnershipTransfer",
    "GSuite.Drive",
    "GSuite.Gmail.",
    "GSuite.GoogleAccess",
    "GSuite.LoginType",
    "Microsoft.Graph.Passthrough",
];

/// What agrees, of how many events.
#[derive(Default)]
struct Tally {
    events: usize,
    agree: usize,
    /// Taken by the detection alone, whatever its finding says.
    agree_by_detection: usize,
}

/// Every event is looked at as if it were all that there is: each has a tenant of its own in one case.
#[expect(clippy::print_stdout, reason = "the table is what one runs this test for")]
fn agrees_with_other_rules() -> Result<()> {
    let text = fs::read_to_string(path("panther_analysis/expectations.jsonl"))?;
    let all: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    for entry in &all {
        let rule = entry["expect"]["rule_id"].as_str().context("a rule")?;
        let is_left_out = LEFT_OUT.iter().any(|left| rule.starts_with(left));
        ensure!(is_left_out != counterpart(entry).is_some(), "{rule} must be judged or left out, and not both");
    }
    let judged: Vec<(&Value, &Counterpart)> = all.iter().filter_map(|entry| Some((entry, counterpart(entry)?))).collect();
    let records: Vec<String> = judged.iter().enumerate().flat_map(|(at, (entry, _))| records(entry, &tenant(at))).collect();
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let findings = hunt(&[&scratch.write("events.jsonl", records.join("\n"))?], &case)?;
    ensure!(number(&run_json(&case)?, "read") == records.len() as u64, "not every event was read");

    let mut rules: BTreeMap<&str, Tally> = BTreeMap::new();
    for (at, (entry, counterpart)) in judged.iter().enumerate() {
        let expected = entry["expect"]["match"].as_bool().context("an expectation")?;
        let of_it = |finding: &&Value| finding["tenant"] == tenant(at).as_str() && finding["detection"] == counterpart.detection;
        let found: Vec<&Value> = findings.iter().filter(of_it).collect();
        let says = found.iter().any(|finding| finding["explanation"].as_str().is_some_and(|text| text.contains(counterpart.says)));
        let tally = rules.entry(counterpart.rule).or_default();
        tally.events += 1;
        tally.agree += usize::from(says == expected);
        tally.agree_by_detection += usize::from(found.is_empty() != expected);
        if says != expected {
            println!("differs: {} ({}), where {expected} is expected", entry["case_id"], entry["expect"]["test_name"]);
        }
    }
    let known: BTreeSet<&str> = all.iter().filter_map(|entry| entry["expect"]["rule_id"].as_str()).collect();
    println!("judged: {} of {} events, {} of {} rules", judged.len(), all.len(), rules.len(), known.len());
    show(&rules)?;
    ensure!(rules.len() == COUNTERPARTS.len(), "some rules have no event");
    let (events, agree) = rules.values().fold((0, 0), |(events, agree), tally| (events + tally.events, agree + tally.agree));
    ensure!(agree * 10 >= events * 9, "{agree} of {events} events agree");
    Ok(())
}

fn counterpart(entry: &Value) -> Option<&'static Counterpart> {
    COUNTERPARTS.iter().find(|counterpart| entry["expect"]["rule_id"] == counterpart.rule)
}

fn tenant(at: usize) -> String {
    format!("tenant-{at}")
}

/// The event as often as their rule wants it before it speaks.
fn records(entry: &Value, tenant: &str) -> Vec<String> {
    let times = entry["expect"]["threshold"].as_u64().unwrap_or(1);
    // Theirs are flat records of Google; the same stands beside them in the provider's own form.
    let event = entry.get("event_google_form").unwrap_or(&entry["event"]);
    (0..times).map(|nth| prepared(event.clone(), tenant, nth, times > 1).to_string()).collect()
}

/// The event with a tenant and an id of its own. What the provider writes in every record and their authors left out is put back: the
/// time and number of an activity, and the name of an act inside its wrapper. A repeated event gets a time of its own.
fn prepared(mut event: Value, tenant: &str, nth: u64, is_repeated: bool) -> Value {
    let id = json!(format!("{tenant}-{nth}"));
    let time = json!(format!("2026-03-02T08:{:02}:{:02}Z", nth / 3, nth % 3 * 20));
    let (name, is_audit) = (event["operationName"].clone(), event["category"] == "AuditLogs");
    let put_back = |object: &mut Value, key: &str, value: &Value| {
        if object[key].is_null() {
            object[key] = value.clone();
        }
    };
    if event["id"].is_object() {
        event["id"]["customerId"] = json!(tenant);
        put_back(&mut event["id"], "time", &time);
        put_back(&mut event["id"], "uniqueQualifier", &json!("1"));
    } else if event["properties"].is_object() {
        event["tenantId"] = json!(tenant);
        event["properties"]["id"] = id;
        if is_audit {
            put_back(&mut event["properties"], "activityDisplayName", &name);
        }
        if is_repeated {
            event["time"] = time.clone();
            event["properties"]["createdDateTime"] = time;
        }
    } else {
        event["OrganizationId"] = json!(tenant);
        event["Id"] = id;
        if is_repeated {
            event["CreationTime"] = time;
        }
    }
    event
}

#[expect(clippy::print_stdout, reason = "the table is what one runs this test for")]
fn show(rules: &BTreeMap<&str, Tally>) -> Result<()> {
    println!("{:<58} {:<32} agree  by detection alone", "rule", "detection");
    for (rule, tally) in rules {
        let counterpart = COUNTERPARTS.iter().find(|counterpart| counterpart.rule == *rule).context("a counterpart")?;
        println!(
            "{rule:<58} {:<32} {}/{}    {}/{}",
            counterpart.detection, tally.agree, tally.events, tally.agree_by_detection, tally.events
        );
    }
    Ok(())
}
