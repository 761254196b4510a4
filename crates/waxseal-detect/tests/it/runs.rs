//! Rows into findings.

use serde_json::{Value, json};
use waxseal_detect::{Detected, DetectionSet, Unwatched, run};
use waxseal_model::{Confidence, CoverageMap, MAX_CITED_EVENTS, Nanos, Severity, Step};

use crate::files::{QUERY, file};
use crate::table::{event, table};

fn act(id: &str, time: &str, actor: &str) -> Value {
    event(id, time, json!({"operation": "Act", "actor": actor, "client_ip": "192.0.2.1"}))
}

fn far() -> Nanos {
    Nanos::parse("2200-01-01T00:00:00Z").unwrap()
}

async fn detect(changes: &[(&str, &str)], query: &str, events: &[Value], now: Nanos) -> Detected {
    let set = DetectionSet::load([file(changes, query)]).unwrap();
    run(&table(events).await.ctx, &set, &CoverageMap::default(), now, &Unwatched).await.unwrap()
}

#[tokio::test]
async fn rows_of_one_key_within_the_window_are_one_finding() {
    let events = [
        act("3", "2026-01-01T12:50:00Z", "a@x.example"),
        act("1", "2026-01-01T12:00:00Z", "a@x.example"),
        act("4", "2026-01-01T13:50:01Z", "a@x.example"),
        act("2", "2026-01-01T12:30:00Z", "b@x.example"),
        event("5", "2026-01-01T12:00:00Z", json!({"operation": "Act", "actor": "a@x.example", "tenant": "t2"})),
    ];
    let found = detect(&[], QUERY, &events, far()).await;
    let cited: Vec<_> = found.findings.iter().map(|f| (f.tenant.as_str(), f.event_ids.join(" "), f.event_count)).collect();
    let mut expected = vec![("t1", "1 3".to_owned(), 2), ("t2", "5".to_owned(), 1), ("t1", "2".to_owned(), 1), ("t1", "4".to_owned(), 1)];
    if cited[0].0 == "t2" {
        expected.swap(0, 1);
    }
    assert_eq!(cited, expected);
    let first = found.findings.iter().find(|f| f.event_count == 2).unwrap();
    assert_eq!(first.first_time.unwrap().to_string(), "2026-01-01T12:00:00Z");
    assert_eq!(first.last_time.unwrap().to_string(), "2026-01-01T12:50:00Z");
    assert_eq!(
        (first.accounts.as_slice(), first.ips.as_slice()),
        (["a@x.example".to_owned()].as_slice(), ["192.0.2.1".to_owned()].as_slice())
    );
    assert_eq!((first.explanation.as_str(), first.verdict.as_str()), ("a@x.example did Act.", "possible access"));
}

#[tokio::test]
async fn records_without_a_time_are_cited_after_the_others() {
    let events = [act("0", "", "a"), act("1", "2026-01-01T12:00:00Z", "a"), act("9", "", "b")];
    let found = detect(&[], QUERY, &events, far()).await;
    let mut cited: Vec<_> = found.findings.iter().map(|f| f.event_ids.join(" ")).collect();
    cited.sort();
    assert_eq!(cited, ["1 0", "9"]);
    assert_eq!(found.findings[0].first_time, None);
}

#[tokio::test]
async fn the_primary_row_is_cited_first_and_fills_the_explanation() {
    let query = "SELECT id, time, tenant, actor, operation, client_ip, target FROM events";
    let events = [
        act("1", "2026-01-01T12:00:00Z", "a"),
        event("2", "2026-01-01T12:01:00Z", json!({"operation": "Act", "actor": "a", "target": "this"})),
        event("3", "2026-01-01T12:02:00Z", json!({"operation": "Act", "actor": "a", "target": "this"})),
    ];
    let changes = [("primary", "\"target = 'this'\""), ("explanation", "\"{target} of {event_count}\"")];
    let found = detect(&changes, query, &events, far()).await;
    assert_eq!(found.findings[0].event_ids, ["2", "1", "3"]);
    assert_eq!(found.findings[0].explanation, "this of 3");
}

#[tokio::test]
async fn time_and_step_of_the_primary_row_are_those_of_what_the_finding_is_about() {
    let query =
        "SELECT id, time, tenant, actor, operation, target, CASE target WHEN 'this' THEN 'cover_up' ELSE 'entry' END AS step FROM events";
    let events = [
        act("1", "2026-01-01T12:00:00Z", "a"),
        event("2", "2026-01-01T12:01:00Z", json!({"operation": "Act", "actor": "a", "target": "this"})),
        act("3", "2026-01-01T12:02:00Z", "b"),
    ];
    let found = detect(&[("primary", "\"target = 'this'\"")], query, &events, far()).await;
    let of = |actor: &str| found.findings.iter().find(|f| f.accounts == [actor]).map(|f| (f.primary_time, f.step)).unwrap();
    assert_eq!(of("a"), (Nanos::parse("2026-01-01T12:01:00Z"), Some(Step::CoverUp)));
    assert_eq!(of("b"), (None, Some(Step::Entry)), "the first record is the primary one");
    let wrong = detect(&[], "SELECT id, time, tenant, actor, operation, 'leaving' AS step FROM events", &events, far()).await;
    assert!(wrong.findings.is_empty() && wrong.not_run[0].reason.contains("is not a step"), "{:?}", wrong.not_run);
}

#[tokio::test]
async fn the_highest_word_of_a_row_is_that_of_the_finding() {
    let query = "SELECT id, time, tenant, actor, operation, CASE id WHEN '2' THEN 'high' ELSE 'low' END AS severity, 'high' AS confidence FROM events";
    let events = [act("1", "2026-01-01T12:00:00Z", "a"), act("2", "2026-01-01T12:01:00Z", "a"), act("3", "2026-01-01T12:02:00Z", "b")];
    let found = detect(&[], query, &events, far()).await;
    let words: Vec<_> = found.findings.iter().map(|f| (f.severity, f.confidence)).collect();
    assert_eq!(words, [(Severity::High, Confidence::High), (Severity::Low, Confidence::High)]);
}

#[tokio::test]
async fn more_records_than_are_cited_are_counted() {
    let events: Vec<_> = (0..MAX_CITED_EVENTS + 5).map(|n| act(&format!("{n:05}"), "2026-01-01T12:00:00Z", "a")).collect();
    let found = detect(&[], QUERY, &events, far()).await;
    assert_eq!((found.findings[0].event_ids.len(), found.findings[0].event_count), (MAX_CITED_EVENTS, 1_005));
}

#[tokio::test]
async fn a_record_that_the_query_gives_twice_counts_once() {
    let query = format!("{QUERY} UNION ALL {QUERY}");
    let found = detect(&[], &query, &[act("1", "2026-01-01T12:00:00Z", "a")], far()).await;
    assert_eq!((found.findings.len(), found.findings[0].event_count), (1, 1));
}

#[tokio::test]
async fn the_same_records_give_the_same_id_and_others_another() {
    let events = [act("1", "2026-01-01T12:00:00Z", "a"), act("2", "2026-01-01T12:01:00Z", "a")];
    let reversed: Vec<_> = events.iter().rev().cloned().collect();
    let first = detect(&[], QUERY, &events, far()).await;
    assert_eq!(first.findings, detect(&[], QUERY, &reversed, far()).await.findings);
    assert_eq!(first.findings[0].id.len(), 32);
    assert_ne!(first.findings[0].id, detect(&[], QUERY, &events[..1], far()).await.findings[0].id);
    assert_ne!(first.findings[0].id, detect(&[("version", "2")], QUERY, &events, far()).await.findings[0].id);
}

#[tokio::test]
async fn what_lies_after_now_is_not_looked_at() {
    let events = [act("1", "2026-01-01T12:00:00Z", "a"), act("2", "2026-01-01T12:00:00.000000001Z", "a"), act("3", "", "a")];
    let found = detect(&[], QUERY, &events, Nanos::parse("2026-01-01T12:00:00Z").unwrap()).await;
    assert_eq!(found.findings[0].event_ids, ["1", "3"]);
}

#[tokio::test]
async fn tenants_without_the_records_a_detection_needs_are_said() {
    let events = [act("1", "2026-01-01T12:00:00Z", "a"), event("2", "", json!({"tenant": "t2", "log_class": "ual.sts"}))];
    let found = detect(&[], QUERY, &events, far()).await;
    assert_eq!((found.findings.len(), found.ran, found.not_run.len()), (1, 1, 1));
    assert_eq!(found.not_run[0].tenant.as_deref(), Some("t2"));
    let reason = "not assessable: no record of ual.exchange_admin was read for this tenant; export the unified audit log to change this";
    assert_eq!(found.not_run[0].reason, reason);
    let found = detect(&[("needs", "[\"signin.adfs\", \"audit.directory\"]")], QUERY, &events, far()).await;
    assert_eq!((found.findings.len(), found.ran, found.not_run.len(), found.not_run[0].tenant.as_deref()), (0, 0, 1, None));
}

#[tokio::test]
async fn an_empty_table_gives_no_finding_and_says_what_could_not_run() {
    let found = detect(&[], QUERY, &[], far()).await;
    assert_eq!((found.findings.len(), found.ran, found.not_run.len()), (0, 0, 1));
}

#[tokio::test]
async fn a_detection_that_fails_stops_no_other() {
    let mut broken = file(&[("id", "\"x.broken\"")], "SELECT id, time, tenant, actor, operation, 'grave' AS severity FROM events");
    broken.origin = "detections/x/broken.sql".to_owned();
    let set = DetectionSet::load([broken, file(&[], QUERY)]).unwrap();
    let found =
        run(&table(&[act("1", "2026-01-01T12:00:00Z", "a")]).await.ctx, &set, &CoverageMap::default(), far(), &Unwatched).await.unwrap();
    assert_eq!((found.findings.len(), found.ran, found.not_run.len()), (1, 1, 1));
    assert!(found.not_run[0].reason.contains("\"grave\" is not a severity"), "{}", found.not_run[0].reason);
}

#[tokio::test]
async fn a_comparison_with_what_was_usual_says_when_that_time_holds_a_graver_finding() {
    let query = "SELECT id, time, tenant, actor, operation, CASE WHEN id = '1' THEN 'high' ELSE 'low' END AS severity FROM events";
    let events = [act("1", "2026-01-01T12:00:00Z", "a"), act("2", "2026-01-05T12:00:00Z", "A"), act("3", "2026-01-05T12:00:00Z", "b")];
    for (baseline, told) in [("true", 1), ("false", 0)] {
        let found = detect(&[("baseline", baseline)], query, &events, far()).await;
        let grave = found.findings.iter().find(|f| f.event_ids == ["1"]).unwrap();
        let says = |id: &str| {
            let finding = found.findings.iter().find(|f| f.event_ids == [id]).unwrap();
            finding.cannot_exclude.iter().filter(|doubt| doubt.contains(&grave.id)).count()
        };
        assert_eq!([says("1"), says("2"), says("3")], [0, told, 0]);
    }
}
