//! The detections that come with the program.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use waxseal_detect::{DetectionSet, Unwatched, bundled_samples, lint, run};
use waxseal_model::{CoverageMap, Finding, Nanos, Severity};

use crate::table::{event, table};

async fn detect(events: &[Value]) -> Vec<Finding> {
    let set = DetectionSet::bundled().unwrap();
    let found = run(&table(events).await.ctx, &set, &CoverageMap::default(), Nanos::parse("2200-01-01T00:00:00Z").unwrap(), &Unwatched)
        .await
        .unwrap();
    assert!(found.not_run.iter().all(|not_run| not_run.not_asked || not_run.reason.contains("no record of")), "{:?}", found.not_run);
    found.findings
}

#[tokio::test]
async fn every_bundled_detection_loads_and_plans() {
    let set = DetectionSet::bundled().unwrap();
    assert!(!set.is_empty());
    assert_eq!(lint(&set).await, []);
}

#[test]
fn every_bundled_detection_has_a_sample_that_expects_it() {
    let set = DetectionSet::bundled().unwrap();
    let mut expected = BTreeSet::new();
    for sample in bundled_samples() {
        let first: Value = serde_json::from_str(sample.text.lines().next().unwrap()).unwrap();
        let own = sample.origin.trim_start_matches("detections/").trim_end_matches(".events.jsonl").replace('/', ".");
        let named: Vec<_> = first["sample"]["expect"].as_array().unwrap().iter().map(|e| e["detection"].as_str().unwrap()).collect();
        assert!(named.contains(&own.as_str()), "{} does not expect a finding of its own detection", sample.origin);
        expected.insert(own);
    }
    assert_eq!(expected, set.iter().map(|detection| detection.meta.id.clone()).collect());
}

#[test]
fn every_line_of_a_sample_is_json_and_every_expected_record_is_there() {
    for sample in bundled_samples() {
        let lines: Vec<Value> =
            sample.text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}", sample.origin))).collect();
        let ids: Vec<String> = lines[1..].iter().filter_map(id_of).collect();
        for expected in lines[0]["sample"]["expect"].as_array().unwrap() {
            let primary = expected["primary"].as_str().unwrap();
            assert!(ids.iter().any(|id| id == primary), "{}: no record {primary}", sample.origin);
        }
    }
}

/// The id as events have it: of Workspace made of the members of `id`, of the first event of the activity.
fn id_of(record: &Value) -> Option<String> {
    let part = |key: &str| record["id"][key].as_str();
    let whole = record["Id"].as_str().or(record["id"].as_str()).or(record["properties"]["id"].as_str());
    whole
        .map(str::to_owned)
        .or_else(|| Some(format!("{}/{}/{}/{}#0", part("applicationName")?, part("customerId")?, part("time")?, part("uniqueQualifier")?)))
}

#[test]
fn no_text_of_a_detection_says_more_than_logs_can() {
    for detection in DetectionSet::bundled().unwrap().iter() {
        let meta = &detection.meta;
        let texts = [&meta.title, &meta.why, &meta.verdict_reason, &meta.explanation]
            .into_iter()
            .chain(&meta.looked_for)
            .chain(&meta.cannot_exclude);
        for text in texts {
            for word in ["not accessed", "safe", "was read", "were read"] {
                assert!(!text.to_lowercase().contains(word), "{}: {text}", meta.id);
            }
        }
    }
}

fn refused(id: &str, time: &str, account: &str, program: &str) -> Value {
    event(
        id,
        time,
        json!({"log_class": "ual.sts", "operation": "UserLoginFailed", "actor": account, "client_ip": "192.0.2.1",
        "user_agent": program, "app_id": "a", "error_code": "50126", "result": "failure"}),
    )
}

#[tokio::test]
async fn somebody_who_mistypes_behind_the_same_address_is_no_part_of_a_spray() {
    let mut events: Vec<_> =
        (0..4).map(|n| refused(&format!("{n}"), "2026-01-01T12:00:00Z", &format!("u{n}@x.example"), "python")).collect();
    events.push(refused("8", "2026-01-01T12:10:00Z", "u9@x.example", "browser"));
    let success = json!({"log_class": "ual.sts", "operation": "UserLoggedIn", "actor": "u9@x.example", "client_ip": "192.0.2.1",
        "user_agent": "browser", "app_id": "a", "error_code": "0", "result": "success"});
    events.push(event("9", "2026-01-01T12:11:00Z", success));
    let found = detect(&events).await;
    assert_eq!((found.len(), found[0].event_count, found[0].severity), (1, 4, Severity::Medium));
}

#[tokio::test]
async fn many_tries_on_few_accounts_and_few_tries_over_hours_are_no_spray() {
    let many: Vec<_> = (0..40)
        .map(|n| refused(&format!("{n:02}"), &format!("2026-01-01T12:00:{n:02}Z"), &format!("u{}@x.example", n % 2), "python"))
        .collect();
    let of_many: Vec<_> = detect(&many).await.into_iter().map(|finding| finding.category).collect();
    assert_eq!(of_many, ["brute_force", "brute_force"]);
    let slow: Vec<_> =
        (0..3).map(|n| refused(&format!("{n}"), &format!("2026-01-01T1{n}:50:00Z"), &format!("u{n}@x.example"), "python")).collect();
    assert_eq!(detect(&slow).await, []);
}

#[tokio::test]
async fn a_spray_over_the_addresses_of_one_network_is_one_finding() {
    let events: Vec<_> = (0..6)
        .map(|n| {
            let mut event = refused(&format!("{n}"), &format!("2026-01-01T12:0{n}:00Z"), &format!("u{n}@x.example"), "python");
            event["client_ip"] = json!(format!("192.0.2.{n}"));
            event["asn"] = json!(64_500);
            event
        })
        .collect();
    let found = detect(&events).await;
    assert_eq!((found.len(), found[0].event_count), (1, 6));
}

#[tokio::test]
async fn one_grant_in_two_logs_is_one_finding_and_counts_once() {
    let grant = |id: &str, class: &str, operation: &str, role: &str| {
        let properties = json!([["Role.DisplayName", role], ["Role.TemplateId", "62e90394-69f5-4237-9190-012177145e10"]]);
        let columns = json!({"log_class": class, "operation": operation, "actor": "admin@x.example", "actor_kind": "user",
            "target": "b@x.example", "target_kind": "user", "result": "success", "properties": properties});
        event(id, "2026-01-01T12:00:00Z", columns)
    };
    let events = [
        grant("1", "ual.directory", "Add member to role.", "Company Administrator"),
        grant("2", "audit.directory", "Add member to role", "\"Global Administrator\""),
    ];
    let found = detect(&events).await;
    assert_eq!((found.len(), found[0].event_count, found[0].severity), (1, 2, Severity::High));
}

#[tokio::test]
async fn a_creation_record_that_was_cut_is_enough() {
    let creation = json!({"log_class": "ual.directory", "operation": "Add user.", "actor": "a@x.example", "target": "New@x.example", "truncated": true});
    let properties = json!([["Role.DisplayName", "Global Administrator"]]);
    let grant = json!({"log_class": "ual.directory", "operation": "Add member to role.", "actor": "a@x.example", "target": "new@x.example",
        "properties": properties});
    let found = detect(&[event("1", "2026-01-01T12:00:00Z", creation), event("2", "2026-01-01T12:01:00Z", grant)]).await;
    let created = found.iter().find(|finding| finding.category == "account_created").unwrap();
    assert_eq!(created.event_ids, ["1", "2"]);
}

#[tokio::test]
async fn a_public_mail_provider_is_nobodys_own_domain() {
    let rule = |id: &str, actor: &str, to: &str| {
        let columns = json!({"operation": "New-InboxRule", "actor": actor, "actor_kind": "user",
            "properties": [["Name", "Copies"], ["ForwardTo", to]], "result": "success"});
        event(id, "2026-01-01T12:00:00Z", columns)
    };
    let events = [
        rule("1", "a@x.example", "smtp:someone@gmail.com"),
        rule("2", "guest@gmail.com", "b@x.example"),
        rule("3", "c@x.example", "d@X.Example; e@x.example"),
    ];
    let severities: Vec<_> = detect(&events).await.into_iter().map(|finding| (finding.event_ids[0].clone(), finding.severity)).collect();
    assert_eq!(severities[0], ("1".to_owned(), Severity::High));
    assert!(severities[1..].iter().all(|(_, severity)| *severity == Severity::Low), "{severities:?}");
}
