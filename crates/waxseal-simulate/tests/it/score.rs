//! Hand-made cases against a hand-made world, with the figures worked out by hand.
//!
//! The world: 1 January to 1 March 2024, 60 days or two months, two tenants of 100 mailboxes: 400 mailbox-months.
//!
//! | intrusion | kind | campaign | tenant | coverage | records in files | lost | mailboxes: accessed, of these recorded |
//! |---|---|---|---|---|---|---|---|
//! | A | token_theft | | t1 | full | a1 a2 a3 a4 | | anna 10, 8; ben 5, 5 |
//! | B | app_consent | storm | t1 | partial | b1 b2 | b3 | clara 20, 0 |
//! | C | app_consent | storm | t2 | full | c1 c2 | | dora 3, 3 |
//! | D | token_theft | | t2 | none | | d1 d2 | eva 7, 0 |
//!
//! A, B and C can be found, D cannot.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;
use waxseal_model::Severity;
use waxseal_simulate::{RateV1, ScoreError, ScoreV1, ShareV1, TRUTH_SCHEMA, score};

/// A world and a case, in a folder that goes away.
struct Made {
    folder: TempDir,
}

impl Made {
    fn new() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        made.put("world/truth/truth.json", &truth().to_string());
        made.put("world/truth/records.jsonl", &lines(&records()));
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn findings(self, findings: &[Value]) -> Self {
        self.put("case/findings.jsonl", &lines(findings));
        self
    }

    fn incidents(self, incidents: &[Value], campaigns: &[Value]) -> Self {
        let file = json!({"schema": "waxseal.incidents/v1", "incidents": incidents, "campaigns": campaigns});
        self.put("case/incidents.json", &file.to_string());
        self
    }

    /// A run with a COMMIT, and findings where it is a detect run.
    fn run(self, number: u32, kind: &str, now: &str, findings: &[Value]) -> Self {
        let commit = json!({"run": number, "tool": "0", "objects": [], "step": {"kind": kind, "now": now}});
        self.put(&format!("case/runs/{number:04}-{kind}/COMMIT"), &commit.to_string());
        self.put(&format!("case/runs/{number:04}-{kind}/findings.jsonl"), &lines(findings));
        self
    }

    fn score_at(&self, floor: Severity) -> ScoreV1 {
        score(&self.path("world"), &self.path("case"), floor).unwrap()
    }

    fn score(&self) -> ScoreV1 {
        self.score_at(Severity::Low)
    }

    fn error(&self) -> ScoreError {
        score(&self.path("world"), &self.path("case"), Severity::Low).unwrap_err()
    }
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

fn truth() -> Value {
    json!({
        "schema": TRUTH_SCHEMA, "seed": 7, "from": "2024-01-01T00:00:00Z", "to": "2024-03-01T00:00:00Z", "coverage": [],
        "tenants": [{"id": "t1", "domain": "t1.example", "mailboxes": 100}, {"id": "t2", "domain": "t2.example", "mailboxes": 100}],
        "intrusions": [
            {"id": "A", "kind": "token_theft", "tenants": ["t1"], "coverage": "full", "records": 4, "surviving": 4,
             "first": "2024-01-10T00:00:00Z", "last": "2024-01-10T03:00:00Z", "first_available": "2024-01-10T01:00:00Z",
             "mailboxes": [mailbox("t1", "anna", 10, 8), mailbox("t1", "ben", 5, 5)]},
            {"id": "B", "kind": "app_consent", "campaign": "storm", "tenants": ["t1"], "coverage": "partial", "records": 3, "surviving": 2,
             "first": "2024-01-20T00:00:00Z", "last": "2024-01-21T00:00:00Z", "first_available": "2024-01-20T02:00:00Z",
             "mailboxes": [mailbox("t1", "clara", 20, 0)]},
            {"id": "C", "kind": "app_consent", "campaign": "storm", "tenants": ["t2"], "coverage": "full", "records": 2, "surviving": 2,
             "first": "2024-02-01T00:00:00Z", "last": "2024-02-01T12:00:00Z", "first_available": "2024-02-01T00:30:00Z",
             "mailboxes": [mailbox("t2", "dora", 3, 3)]},
            {"id": "D", "kind": "token_theft", "tenants": ["t2"], "coverage": "none", "records": 2, "surviving": 0,
             "first": "2024-02-10T00:00:00Z", "last": "2024-02-10T01:00:00Z", "mailboxes": [mailbox("t2", "eva", 7, 0)]},
        ],
    })
}

fn mailbox(tenant: &str, name: &str, accessed: u64, recorded: u64) -> Value {
    json!({"tenant": tenant, "mailbox": format!("{name}@{tenant}.example"), "mailbox_id": format!("id-{name}"),
           "accessed": accessed, "recorded": recorded})
}

fn records() -> Vec<Value> {
    let record = |(id, time, available): (&str, &str, Option<&str>)| {
        let (intrusion, tenant) = (id[..1].to_uppercase(), if "ab".contains(&id[..1]) { "t1" } else { "t2" });
        json!({"intrusion": intrusion, "id": id, "tenant": tenant, "class": "ual.mia.bind", "time": time, "available": available})
    };
    [
        ("a1", "2024-01-10T00:00:00Z", Some("2024-01-10T01:00:00Z")),
        ("a2", "2024-01-10T01:00:00Z", Some("2024-01-10T02:00:00Z")),
        ("a3", "2024-01-10T02:00:00Z", Some("2024-01-10T03:00:00Z")),
        ("a4", "2024-01-10T03:00:00Z", Some("2024-01-10T04:00:00Z")),
        ("b1", "2024-01-20T00:00:00Z", Some("2024-01-20T02:00:00Z")),
        ("b2", "2024-01-20T06:00:00Z", Some("2024-01-20T07:00:00Z")),
        ("b3", "2024-01-21T00:00:00Z", None),
        ("c1", "2024-02-01T00:00:00Z", Some("2024-02-01T00:30:00Z")),
        ("c2", "2024-02-01T12:00:00Z", Some("2024-02-01T12:30:00Z")),
        ("d1", "2024-02-10T00:00:00Z", None),
        ("d2", "2024-02-10T01:00:00Z", None),
    ]
    .map(record)
    .to_vec()
}

fn finding(id: &str, detection: &str, severity: &str, ids: &[&str]) -> Value {
    json!({"schema": "waxseal.finding/v1", "id": id, "detection": detection, "severity": severity,
           "event_ids": ids, "event_count": ids.len()})
}

fn perfect_findings() -> [Value; 3] {
    [
        finding("fa", "x.token", "high", &["a1", "a2", "a3", "a4"]),
        finding("fb", "x.consent", "medium", &["b1", "b2"]),
        finding("fc", "x.consent", "medium", &["c1", "c2"]),
    ]
}

/// What an incident says of a mailbox.
fn said(mailbox: &str, verdict: &str, lower: u64, upper: Option<u64>) -> Value {
    json!({"mailbox": mailbox, "verdict": verdict, "messages": {"lower": lower, "upper": upper}})
}

fn incident(id: &str, findings: &[&str], mailboxes: &[Value], dwell: [&str; 3]) -> Value {
    let [earliest, first, last] = dwell;
    json!({"id": id, "severity": "high", "finding_ids": findings, "mailboxes": mailboxes,
           "dwell": {"earliest_possible": earliest, "first_recorded": first, "last_recorded": last}})
}

const ANNA: &str = "anna@t1.example";
const BEN: &str = "ben@t1.example";
const DWELL_A: [&str; 3] = ["2024-01-10T00:00:00Z", "2024-01-10T00:00:00Z", "2024-01-10T03:00:00Z"];

fn anna_and_ben() -> [Value; 2] {
    [said(ANNA, "recorded access", 10, Some(10)), said(BEN, "recorded access", 5, Some(5))]
}

fn perfect_incidents() -> [Value; 3] {
    [
        incident("i-a", &["fa"], &anna_and_ben(), DWELL_A),
        incident(
            "i-b",
            &["fb"],
            &[said("clara@t1.example", "recorded access", 20, Some(20))],
            ["2024-01-20T00:00:00Z", "2024-01-20T00:00:00Z", "2024-01-20T06:00:00Z"],
        ),
        incident(
            "i-c",
            &["fc"],
            &[said("DORA@t2.example", "recorded access", 3, Some(3))],
            ["2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-02-01T12:00:00Z"],
        ),
    ]
}

fn counts(share: ShareV1) -> (u64, u64) {
    (share.n, share.of)
}

fn near(value: Option<f64>, expected: f64) -> bool {
    value.is_some_and(|value| (value - expected).abs() < 1e-4)
}

fn recall(score: &ScoreV1) -> [(u64, u64); 3] {
    [0, 1, 2].map(|floor| counts(score.recall.by_floor[floor].found))
}

fn per_thousand(rate: RateV1, n: u64, expected: f64, low: f64, high: f64) {
    assert_eq!(rate.n, n);
    assert!(near(rate.per_thousand, expected) && near(rate.low, low) && near(rate.high, high), "{rate:?}");
}

#[test]
fn a_perfect_case_has_full_recall_and_precision() {
    let findings = perfect_findings();
    let campaign = json!({"id": "k", "incident_ids": ["i-b", "i-c"]});
    let made =
        Made::new().findings(&findings).incidents(&perfect_incidents(), &[campaign]).run(2, "detect", "2024-03-01T00:00:00Z", &findings);
    made.put("case/run.json", r#"{"version": "0.1", "records": 5000, "rejected": 2}"#);
    let score = made.score();
    assert_eq!((score.world.mailboxes, score.world.mailbox_months), (200, 400.0));
    assert_eq!((score.world.intrusions, score.world.findable, score.recall.not_findable), (4, 3, 1));
    // fa alone is high.
    assert_eq!(recall(&score), [(3, 3), (3, 3), (1, 3)]);
    // Wilson of 3 of 3: 3 / (3 + 3.8415) = 0.4385; of 1 of 3: 0.0615 to 0.7923.
    let [low, high] = [&score.recall.by_floor[0].found, &score.recall.by_floor[2].found];
    assert!(near(low.low, 0.438_503) && near(low.high, 1.0), "{low:?}");
    assert!(near(high.low, 0.061_492) && near(high.high, 0.792_340), "{high:?}");
    assert_eq!(counts(score.findings.precision), (3, 3));
    // No false finding: up to 3.6889 in 400 mailbox-months, 9.2222 in a thousand.
    per_thousand(score.findings.false_findings, 0, 0.0, 0.0, 9.222_199);
    perfect_groups(&score);
    perfect_incidents_scored(&score);
}

fn perfect_groups(score: &ScoreV1) {
    let groups = |rows: &[waxseal_simulate::GroupRecallV1]| -> Vec<_> {
        rows.iter().map(|row| (row.name.clone(), counts(row.found), row.not_findable)).collect()
    };
    let of = |name: &str, found, others| (name.to_owned(), found, others);
    // token_theft is A, found, and D, which nothing can find.
    assert_eq!(groups(&score.recall.by_kind), [of("app_consent", (2, 2), 0), of("token_theft", (1, 1), 1)]);
    let covered: Vec<_> = score.recall.by_kind.iter().map(|row| row.covered.map(counts)).collect();
    assert_eq!(covered, [Some((2, 2)), Some((1, 1))]);
    // B and C: in the middle between 41 days less 2 h and 29 days less 30 min.
    assert_eq!(score.recall.by_kind[0].seconds_to_detect.median, Some(3_019_500.0));
    assert_eq!(groups(&score.recall.by_coverage), [of("full", (2, 2), 0), of("partial", (1, 1), 0), of("none", (0, 0), 1)]);
    let none = score.recall.by_coverage[2].found;
    assert_eq!((none.share, none.low, none.high), (None, None, None));
    let detections: Vec<_> = score.detections.iter().map(|it| (it.detection.as_str(), it.findings, it.intrusions, it.alone)).collect();
    assert_eq!(detections, [("x.consent", 2, 2, 2), ("x.token", 1, 1, 1)]);
    // The run is as of 1 March. A: since 10 January 01:00, 51 days less 1 h; B: since 20 January 02:00, 41 days less 2 h;
    // C: since 1 February 00:30, 29 days less 30 min.
    let to_detect = score.time.to_detect.scored().unwrap();
    assert!(to_detect.upper_bound);
    let seconds = to_detect.seconds;
    assert_eq!((seconds.n, seconds.of), (3, 3));
    assert_eq!((seconds.least, seconds.median, seconds.greatest), (Some(2_503_800.0), Some(3_535_200.0), Some(4_402_800.0)));
    assert_eq!((score.time.evidence_delay.n, score.time.evidence_delay.greatest), (3, Some(0.0)));
}

fn perfect_incidents_scored(score: &ScoreV1) {
    let incidents = score.incidents.scored().unwrap();
    assert_eq!((counts(incidents.precision), counts(incidents.covered), counts(incidents.whole)), ((3, 3), (3, 3), (3, 3)));
    per_thousand(incidents.false_incidents, 0, 0.0, 0.0, 9.222_199);
    assert_eq!((counts(incidents.campaigns), counts(incidents.campaign_entries)), ((1, 1), (1, 1)));
    assert!(incidents.split.is_empty() && incidents.merged.is_empty() && incidents.false_ids.is_empty());
    let mailboxes = score.mailboxes.scored().unwrap();
    assert_eq!((counts(mailboxes.named), counts(mailboxes.wrong)), ((4, 4), (0, 4)));
    let bounds = [mailboxes.lower_holds, mailboxes.upper_holds, mailboxes.upper_given, mailboxes.exact];
    assert_eq!(bounds.map(counts), [(4, 4); 4]);
    assert_eq!(mailboxes.width.median, Some(0.0));
    // 10 + 5 + 20 + 3 accessed, 8 + 5 + 0 + 3 of them recorded.
    assert_eq!((mailboxes.messages.accessed, mailboxes.messages.recorded, mailboxes.messages.lower), (38, 16, 38));
    let dwell = score.dwell.scored().unwrap();
    // The last record of B is b2, because b3 is lost: to end there is right.
    assert_eq!([dwell.start_holds, dwell.end_holds, dwell.contains, dwell.first_exact].map(counts), [(3, 3); 4]);
    // A and C, whose logs are complete, are said to have begun with their first records.
    assert_eq!((dwell.uncertain_hours.of, dwell.uncertain_hours.greatest), (2, Some(0.0)));
    // 3 h, 6 h and 12 h said; 3 h, 24 h and 12 h true.
    assert_eq!((dwell.said_hours.median, dwell.true_hours.median), (Some(6.0), Some(12.0)));
}

/// The world, but B has been in Anna's mailbox as well: the messages 9 to 14 of it, where A was in 1 to 10.
fn contested() -> Made {
    let mut truth = truth();
    truth["intrusions"][1]["mailboxes"] = json!([mailbox("t1", "anna", 6, 4), mailbox("t1", "clara", 20, 0)]);
    let message = |(intrusion, nth): (&str, u32)| {
        json!({"intrusion": intrusion, "tenant": "t1", "mailbox": ANNA, "mailbox_id": "id-anna", "message_id": format!("<{nth}>"),
               "time": "2024-01-10T00:00:00Z", "how": "bind", "recorded": nth < 13})
    };
    let accessed = (1..=10).map(|nth| ("A", nth)).chain((9..=14).map(|nth| ("B", nth)));
    let made = Made::new();
    made.put("world/truth/truth.json", &truth.to_string());
    made.put("world/truth/messages.jsonl", &lines(&accessed.map(message).collect::<Vec<_>>()));
    made
}

#[test]
fn what_an_incident_says_of_two_intruders_is_held_against_both() {
    let both = [said(ANNA, "recorded access", 14, Some(14)), said("clara@t1.example", "possible access", 0, Some(20))];
    let mixed = incident("i-ab", &["fa", "fb"], &both, DWELL_A);
    let score = contested().findings(&perfect_findings()).incidents(&[mixed], &[]).score();
    assert_eq!(score.incidents.scored().unwrap().merged.len(), 1);
    let mailboxes = score.mailboxes.scored().unwrap();
    // Ben is missed. Of 14 and 20 messages records name 12 and none.
    assert_eq!((counts(mailboxes.named), counts(mailboxes.wrong), mailboxes.shared), ((2, 3), (0, 1), 1));
    assert_eq!([mailboxes.lower_holds, mailboxes.upper_holds, mailboxes.exact].map(counts), [(2, 2), (2, 2), (1, 2)]);
    assert_eq!((mailboxes.messages.accessed, mailboxes.messages.recorded, mailboxes.messages.lower), (34, 12, 14));
}

#[test]
fn what_two_incidents_say_of_two_intruders_is_held_against_each() {
    let apart = [
        incident("i-a", &["fa"], &[said(ANNA, "recorded access", 10, Some(10))], DWELL_A),
        incident("i-b", &["fb"], &[said(ANNA, "recorded access", 10, Some(10))], DWELL_A),
    ];
    let score = contested().findings(&perfect_findings()).incidents(&apart, &[]).score();
    let mailboxes = score.mailboxes.scored().unwrap();
    // B was in 6.
    assert_eq!((mailboxes.shared, counts(mailboxes.lower_holds), counts(mailboxes.exact)), (0, (1, 2), (1, 2)));
}

#[test]
fn only_logs_that_could_tell_are_asked_for_exact_bounds() {
    let told = |change: fn(&mut Value)| {
        let mut truth = truth();
        change(&mut truth);
        let made = Made::new().findings(&perfect_findings()).incidents(&perfect_incidents(), &[]);
        made.put("world/truth/truth.json", &truth.to_string());
        counts(made.score().mailboxes.scored().unwrap().exact_of_tellable)
    };
    // Not Anna's, of whose messages not all are named, and not Clara's, whose logs are partial.
    assert_eq!(told(|_| ()), (2, 2));
    let unlicensed = |truth: &mut Value| {
        truth["coverage"] = json!([{"tenant": "t1", "class": "ual.mia.bind", "mailbox": BEN, "from": "2024-01-01T00:00:00Z",
                                    "to": "2024-03-01T00:00:00Z", "state": "none", "reason": "not_licensed"}]);
    };
    assert_eq!(told(unlicensed), (1, 1));
    assert_eq!(told(|truth| truth["intrusions"][0]["mailboxes"][1]["last"] = json!("2024-02-26T00:00:00Z")), (1, 1));
}

#[test]
fn an_empty_case_finds_nothing_and_says_what_cannot_be_computed() {
    let score = Made::new().findings(&[]).score();
    assert_eq!(recall(&score), [(0, 3); 3]);
    let found = score.recall.by_floor[0].found;
    // Wilson of 0 of 3: 3.8415 / (3 + 3.8415) = 0.5615.
    assert!(near(found.low, 0.0) && near(found.high, 0.561_497), "{found:?}");
    let precision = score.findings.precision;
    assert_eq!((counts(precision), precision.share, precision.low), ((0, 0), None, None));
    per_thousand(score.findings.false_findings, 0, 0.0, 0.0, 9.222_199);
    assert!(score.time.to_detect.scored().is_none() && score.incidents.scored().is_none());
    assert_eq!((score.time.evidence_delay.n, score.time.evidence_delay.median), (0, None));
    let text = score.text();
    assert!(text.contains("No incidents.json in the case: not scored.\n"), "{text}");
    assert!(text.contains("No committed detect run in the case: not scored.\n"), "{text}");
    assert!(text.contains("True: 0 of 0, no share.\n") && !text.contains("NaN"), "{text}");
}

#[test]
fn citing_everything_scores_nothing() {
    // All 8 records that can be cited and as many others: no intrusion has 8 of the 16.
    let mut ids = vec!["a1", "a2", "a3", "a4", "b1", "b2", "c1", "c2"];
    ids.extend(["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"]);
    let everything = finding("f", "x.all", "critical", &ids);
    let incident = incident("i", &["f"], &anna_and_ben(), DWELL_A);
    let score = Made::new().findings(&[everything]).incidents(&[incident], &[]).score();
    assert_eq!(recall(&score), [(0, 3); 3]);
    assert_eq!(counts(score.findings.precision), (0, 1));
    // 1 in 400 is 2.5 in a thousand; Garwood of 1: 0.0253 to 5.5716, times 2.5.
    per_thousand(score.findings.false_findings, 1, 2.5, 0.063_295, 13.929_108);
    let diluted = &score.findings.diluted[0];
    assert_eq!((diluted.intrusion.as_str(), diluted.malicious, diluted.cited), ("A", 4, 16));
    let incidents = score.incidents.scored().unwrap();
    assert_eq!((counts(incidents.precision), counts(incidents.covered)), ((0, 1), (0, 3)));
    assert_eq!(incidents.false_ids, ["i"]);
    // Naming the right mailboxes is worth nothing in a false incident; 2 of A, 1 of B, 1 of C have none.
    let mailboxes = score.mailboxes.scored().unwrap();
    assert_eq!((counts(mailboxes.named), counts(mailboxes.exact), mailboxes.without_incident), ((0, 0), (0, 0), 4));
}

#[test]
fn exactly_half_counts_and_just_under_half_does_not() {
    // 2 of 4 are of A; an id that is given three times counts once.
    let half = finding("half", "x.half", "medium", &["a1", "a2", "n1", "n2"]);
    // 2 of 5 are of B.
    let under = finding("under", "x.under", "medium", &["b1", "b2", "n1", "n2", "n3"]);
    let repeated = finding("repeated", "x.repeated", "medium", &["c1", "c1", "c1", "n1", "n2"]);
    let nothing = finding("nothing", "x.nothing", "medium", &[]);
    let score = Made::new().findings(&[half, under, repeated, nothing]).score();
    let found: Vec<&str> = score.intrusions.iter().filter(|intrusion| intrusion.found).map(|intrusion| intrusion.id.as_str()).collect();
    assert_eq!(found, ["A"]);
    assert_eq!(counts(score.findings.precision), (1, 4));
    // 3 in 400 is 7.5 in a thousand; Garwood of 3: 0.6187 to 8.7673, times 2.5.
    per_thousand(score.findings.false_findings, 3, 7.5, 1.546_680, 21.918_182);
    let diluted: Vec<_> = score.findings.diluted.iter().map(|it| (it.finding.as_str(), it.malicious, it.cited)).collect();
    assert_eq!(diluted, [("under", 2, 5), ("repeated", 1, 3)]);
    assert_eq!(score.findings.citing_nothing, 1);
}

#[test]
fn half_each_of_two_intrusions_counts_for_both() {
    let score = Made::new().findings(&[finding("f", "x", "high", &["a1", "b1"])]).score();
    assert_eq!((recall(&score)[0], counts(score.findings.precision)), ((2, 3), (1, 1)));
}

#[test]
fn what_no_file_holds_cannot_be_found() {
    // d1, d2 and b3 are in no file: to cite them is to cite nothing known.
    let guesses = [finding("fd", "x", "high", &["d1", "d2"]), finding("fb", "x", "high", &["b3"])];
    let score = Made::new().findings(&guesses).score();
    assert_eq!((recall(&score)[0], counts(score.findings.precision)), ((0, 3), (0, 2)));
    let d = &score.intrusions[3];
    assert_eq!((d.id.as_str(), d.surviving, d.found), ("D", 0, false));
    assert!(score.text().contains("no record of them is in the written files: 1 of 4.\n"));
}

#[test]
fn low_findings_find_at_the_low_floor_and_cost_nothing() {
    let low = [finding("fa", "x.low", "low", &["a1"]), finding("no", "x.low", "low", &["n1"]), finding("info", "x.info", "info", &["b1"])];
    let made = Made::new().findings(&low);
    let score = made.score();
    assert_eq!(recall(&score), [(1, 3), (0, 3), (0, 3)]);
    assert_eq!(counts(score.findings.precision), (0, 0));
    // The low one and the one for information count, the third does not.
    assert_eq!(counts(score.findings.below_medium), (2, 3));
    assert_eq!((score.detections[1].detection.as_str(), score.detections[1].intrusions), ("x.low", 1));
    let stricter = made.score_at(Severity::Medium);
    assert_eq!((stricter.detections[1].intrusions, stricter.intrusions[0].found), (0, false));
    assert_eq!(counts(stricter.recall.by_kind[1].found), (0, 1));
}

#[test]
fn an_intrusion_that_two_detections_find_is_found_alone_by_none() {
    let both = [finding("1", "x.one", "high", &["a1"]), finding("2", "x.two", "low", &["a2"]), finding("3", "x.two", "low", &["b1"])];
    let score = Made::new().findings(&both).score();
    let rows: Vec<_> = score.detections.iter().map(|it| (it.intrusions, it.alone)).collect();
    assert_eq!(rows, [(1, 0), (2, 1)]);
}

#[test]
fn one_mailbox_too_many_is_wrong() {
    let mut named = anna_and_ben().to_vec();
    named.push(said("zoe@t1.example", "recorded access", 1, None));
    let mailboxes = Made::new().findings(&perfect_findings()).incidents(&[incident("i-a", &["fa"], &named, DWELL_A)], &[]).score();
    let mailboxes = mailboxes.mailboxes.scored().unwrap();
    assert_eq!((counts(mailboxes.named), counts(mailboxes.wrong)), ((2, 2), (1, 3)));
    // zoe has no truth to compare with.
    assert_eq!(counts(mailboxes.exact), (2, 2));
    let recorded = &mailboxes.said[0];
    assert_eq!((recorded.said, recorded.reached, recorded.others), ("recorded access", 2, 1));
}

#[test]
fn one_mailbox_too_few_is_missed_and_a_possible_one_is_not_wrong() {
    let named =
        [said("id-anna", "recorded access, possible access (sync)", 8, None), said("zoe@t1.example", "possible access (grant)", 0, None)];
    let score = Made::new().findings(&perfect_findings()).incidents(&[incident("i-a", &["fa"], &named, DWELL_A)], &[]).score();
    let mailboxes = score.mailboxes.scored().unwrap();
    assert_eq!((counts(mailboxes.named), counts(mailboxes.wrong)), ((1, 2), (0, 1)));
    // anna: 8 of 10, no upper bound: it holds, and is not exact.
    assert_eq!(
        [mailboxes.lower_holds, mailboxes.upper_holds, mailboxes.upper_given, mailboxes.exact].map(counts),
        [(1, 1), (1, 1), (0, 1), (0, 1)]
    );
    assert_eq!((mailboxes.messages.accessed, mailboxes.messages.lower, mailboxes.width.n), (10, 8, 0));
    assert_eq!(mailboxes.without_incident, 2);
}

#[test]
fn bounds_that_do_not_enclose_the_truth_are_counted() {
    // anna: 11 to 12, where 10 is true: the lower end is too high. ben: 1 to 4, where 5 is true: the upper end is too low.
    let named = [said(ANNA, "recorded access", 11, Some(12)), said(BEN, "recorded access", 1, Some(4))];
    let dwell = ["2024-01-10T00:00:01Z", "2024-01-10T01:00:00Z", "2024-01-10T02:59:59Z"];
    let score = Made::new().findings(&perfect_findings()).incidents(&[incident("i-a", &["fa"], &named, dwell)], &[]).score();
    let mailboxes = score.mailboxes.scored().unwrap();
    assert_eq!([mailboxes.lower_holds, mailboxes.upper_holds, mailboxes.exact].map(counts), [(1, 2), (1, 2), (0, 2)]);
    // (12 - 11) / 10 and (4 - 1) / 5: 0.1 and 0.6, in the middle 0.35.
    assert_eq!((mailboxes.width.least, mailboxes.width.median, mailboxes.width.greatest), (Some(0.1), Some(0.35), Some(0.6)));
    let dwell = score.dwell.scored().unwrap();
    assert_eq!([dwell.start_holds, dwell.end_holds, dwell.contains, dwell.first_exact].map(counts), [(0, 1); 4]);
}

#[test]
fn a_start_said_to_be_open_holds() {
    let mut open = incident("i-a", &["fa"], &[], DWELL_A);
    open["dwell"] = json!({"earliest_possible": null, "last_recorded": "2024-01-10T03:00:00Z", "left_censored": true});
    let mut silent = open.clone();
    silent["dwell"]["left_censored"] = json!(false);
    let contains = |incident: Value| {
        let score = Made::new().findings(&perfect_findings()).incidents(&[incident], &[]).score();
        let dwell = score.dwell.scored().unwrap();
        (counts(dwell.contains), dwell.said_hours.n)
    };
    assert_eq!((contains(open), contains(silent)), (((1, 1), 0), ((0, 1), 0)));
}

#[test]
fn an_intrusion_over_two_incidents_is_split() {
    let findings = [finding("f1", "x", "high", &["a1", "a2"]), finding("f2", "x", "high", &["a3", "a4"])];
    let first = incident("i1", &["f1"], &[said(ANNA, "recorded access", 4, Some(6))], ["2024-01-10T00:00:00Z"; 3]);
    let second = incident("i2", &["f2", "gone"], &anna_and_ben()[1..], ["2024-01-10T03:00:00Z"; 3]);
    let score = Made::new().findings(&findings).incidents(&[first, second], &[]).score();
    let incidents = score.incidents.scored().unwrap();
    assert_eq!((counts(incidents.precision), counts(incidents.covered), counts(incidents.whole)), ((2, 2), (1, 3), (0, 1)));
    assert_eq!((incidents.split[0].intrusion.as_str(), incidents.split[0].incidents.len()), ("A", 2));
    // Together they name both mailboxes and the whole time.
    assert_eq!(counts(score.mailboxes.scored().unwrap().named), (2, 2));
    assert_eq!(counts(score.dwell.scored().unwrap().contains), (1, 1));
    assert_eq!(score.notes, ["incident i2 names 2 findings, 1 of which are not in findings.jsonl"]);
}

#[test]
fn an_incident_of_two_intruders_mixes_them() {
    // Its 8 ids: 4 of A, which is half, and 2 of B and 2 of C, which as a campaign are half too.
    let mixed = incident("i", &["fa", "fb", "fc"], &[], DWELL_A);
    let score = Made::new().findings(&perfect_findings()).incidents(&[mixed], &[]).score();
    let incidents = score.incidents.scored().unwrap();
    assert_eq!(incidents.merged[0].intrusions, ["A", "B", "C"]);
    // An incident belongs to one intruder: of two halves to the campaign. So B and C are covered, A is not.
    assert_eq!((counts(incidents.precision), counts(incidents.covered)), ((1, 1), (2, 3)));
    assert_eq!((score.intrusions[0].incidents.len(), score.intrusions[1].incidents.len()), (0, 1));
}

#[test]
fn an_incident_over_a_whole_campaign_mixes_nobody() {
    let whole = incident("i", &["fb", "fc"], &[], DWELL_A);
    let score = Made::new().findings(&perfect_findings()).incidents(&[whole], &[json!({"incident_ids": ["i"]})]).score();
    let incidents = score.incidents.scored().unwrap();
    assert_eq!((counts(incidents.covered), counts(incidents.campaigns)), ((2, 3), (1, 1)));
    assert!(incidents.merged.is_empty() && incidents.split.is_empty());
}

#[test]
fn a_campaign_without_one_of_its_tenants_is_not_recognised() {
    let recognised = |ids: &[&str]| {
        let entry = json!({"incident_ids": ids});
        let score = Made::new().findings(&perfect_findings()).incidents(&perfect_incidents(), &[entry]).score();
        let incidents = score.incidents.scored().unwrap();
        (counts(incidents.campaigns), counts(incidents.campaign_entries))
    };
    assert_eq!(recognised(&["i-b"]), ((0, 1), (1, 1)));
    // 2 of 3 are of the campaign, then 2 of 5.
    assert_eq!(recognised(&["i-a", "i-b", "i-c"]), ((1, 1), (1, 1)));
    assert_eq!(recognised(&["i-a", "i-b", "i-c", "i-x", "i-y"]), ((0, 1), (0, 1)));
}

#[test]
fn the_earliest_run_that_finds_it_decides() {
    let [a, b, _] = perfect_findings();
    let made = Made::new().findings(&[a.clone(), b.clone()]);
    let made = made.run(2, "detect", "2024-01-12T00:00:00Z", std::slice::from_ref(&a)).run(
        3,
        "report",
        "2024-01-01T00:00:00Z",
        std::slice::from_ref(&b),
    );
    let made = made.run(4, "detect", "2024-02-20T00:00:00Z", &[a, b.clone()]);
    // Without a COMMIT it is no run.
    made.put("case/runs/0005-detect/findings.jsonl", &lines(&[b]));
    let score = made.score();
    let to_detect = score.time.to_detect.scored().unwrap();
    assert_eq!((to_detect.runs, to_detect.upper_bound, to_detect.seconds.n, to_detect.seconds.of), (2, false, 2, 3));
    // A: 10 January 01:00 to 12 January 00:00, 47 h. B: 20 January 02:00 to 20 February 00:00, 31 days less 2 h.
    assert_eq!((score.intrusions[0].seconds_to_detect, score.intrusions[1].seconds_to_detect), (Some(169_200.0), Some(2_671_200.0)));
    assert_eq!(score.intrusions[2].detected, None);
}

#[test]
fn a_run_as_of_too_early_finds_nothing_before_its_records_were_there() {
    let [a, ..] = perfect_findings();
    let score = Made::new().findings(std::slice::from_ref(&a)).run(1, "detect", "2024-01-01T00:00:00Z", &[a]).score();
    // The last of the cited records became available at 04:00, the first of all at 01:00.
    assert_eq!(score.intrusions[0].seconds_to_detect, Some(10_800.0));
}

#[test]
fn evidence_is_late_where_the_first_record_is_not_cited() {
    let score = Made::new().findings(&[finding("f", "x", "medium", &["a3", "a4"])]).score();
    // a3 became available at 03:00, a1 at 01:00.
    assert_eq!(score.intrusions[0].evidence_delay_seconds, Some(7_200.0));
}

#[test]
fn more_records_than_are_listed_are_judged_by_those_listed() {
    let mut long = finding("f", "x", "medium", &["a1"]);
    long["event_count"] = json!(5_000);
    let score = Made::new().findings(&[long]).score();
    assert_eq!((counts(score.findings.precision), score.findings.listed_in_part), ((1, 1), 1));
}

#[test]
fn the_truth_folder_itself_can_be_given() {
    let made = Made::new().findings(&perfect_findings());
    let score = score(&made.path("world/truth"), &made.path("case"), Severity::Low).unwrap();
    assert_eq!(score, made.score());
}

#[test]
fn errors_name_the_file_the_fault_and_the_remedy() {
    let made = Made::new();
    let told = made.error().to_string();
    assert!(told.contains("findings.jsonl") && told.contains("run `waxseal hunt`"), "{told}");
    made.put("case/findings.jsonl", "{\n");
    let told = made.error().to_string();
    assert!(told.contains("findings.jsonl line 1:") && told.contains("`waxseal verify`"), "{told}");
    let made = Made::new().findings(&[]);
    made.put("case/incidents.json", r#"{"schema": "waxseal.incidents/v2"}"#);
    let told = made.error().to_string();
    assert!(told.contains("incidents.json") && told.contains("waxseal.incidents/v2"), "{told}");
    let made = Made::new().findings(&[]);
    made.put("world/truth/records.jsonl", r#"{"intrusion": "Z", "id": "z1", "tenant": "t", "class": "x", "time": "2024-01-01T00:00:00Z"}"#);
    let told = made.error().to_string();
    assert!(told.contains("records.jsonl") && told.contains("\"Z\""), "{told}");
}

#[test]
fn a_truth_whose_files_disagree_is_remarked_upon() {
    let made = Made::new().findings(&[]);
    made.put("world/truth/records.jsonl", &lines(&records()[1..]));
    let [note] = made.score().notes.try_into().unwrap();
    assert!(note.contains("4 records of A") && note.contains("lists 3"), "{note}");
}

#[test]
fn the_json_has_its_schema_and_nulls_for_what_cannot_be_computed() {
    let json = serde_json::to_value(Made::new().findings(&[]).score()).unwrap();
    assert_eq!(json["schema"], "waxseal.score/v1");
    assert_eq!(json["findings"]["precision"], json!({"n": 0, "of": 0, "share": null, "low": null, "high": null}));
    assert_eq!(json["incidents"], json!({"not_scored": "no incidents.json in the case: not scored"}));
}

#[test]
fn the_text_can_be_read_aloud() {
    let mut findings = perfect_findings()[..2].to_vec();
    findings.push(finding("wrong", "x.consent", "medium", &["c1", "n1", "n2"]));
    let [a, b, _] = perfect_incidents();
    let made = Made::new().incidents(&[a, b], &[]).run(2, "detect", "2024-02-28T00:00:00Z", &findings).findings(&findings);
    made.put("case/run.json", r#"{"version": "0.1", "records": 5000, "rejected": 2}"#);
    let text = made.score().text();
    assert_eq!(text, include_str!("score.txt"), "{text}");
}

#[test]
fn a_case_of_other_organisations_is_noted() {
    let made = Made::new().findings(&[]);
    let told = |tenant: &str| {
        made.put("case/coverage.json", &json!({"mailboxes": [{"tenant": tenant, "known": 1}]}).to_string());
        made.score().notes.iter().any(|note| note.contains("other organisations"))
    };
    assert!(!told("t1") && told("t9"));
}
