//! A worked story, and what is said of single things.

use waxseal_incident::assemble;
use waxseal_model::{Confidence, EntryClass, Nanos, Severity, Step};

use crate::given::{ANNA, APP, BERT, DAY, HOUR, INTRUDER, OFFICE, START, With as _, assembled, finding, known};

#[test]
fn a_taken_over_account_is_told_from_the_sign_in_to_the_forwarding() {
    let findings = [
        finding("rule", "inbox_rule", 2).account(ANNA).ip(INTRUDER).session("s").severity(Severity::High),
        finding("forward", "mailbox_forwarding", 3).account(ANNA).mailbox(ANNA).ip(INTRUDER).verdict("possible access (mail is forwarded)"),
        finding("read", "new_client_context", 4).mailbox(ANNA).session("s").low().verdict("recorded access"),
        finding("sign-in", "takeover_signin", 1).account(ANNA).ip(INTRUDER).session("s").low(),
        finding("work", "mailbox_delegation", 8).account(ANNA).low(),
        finding("noise", "takeover_signin", 5).account(BERT).ip(OFFICE).low(),
    ];
    let incidents = assembled(&findings);
    let [incident] = incidents.incidents.as_slice() else { panic!("one incident") };
    assert_eq!(incident.finding_ids, ["forward", "read", "rule", "sign-in", "work"]);
    let steps: Vec<(Step, &str)> = incident.story.iter().map(|step| (step.step, step.finding_ids[0].as_str())).collect();
    let expected = [
        (Step::Entry, "sign-in"),
        (Step::Persistence, "rule"),
        (Step::Exfiltration, "forward"),
        (Step::Access, "read"),
        (Step::Context, "work"),
    ];
    assert_eq!(steps, expected);
    assert_eq!((incident.entry.class, incident.entry.evidence.as_slice()), (EntryClass::Password, ["sign-in".to_owned()].as_slice()));
    assert_eq!(
        incident.title,
        "An account that seems to be entered by somebody else: recorded access to 1 mailbox, mail or files may be sent outside"
    );
    let [mailbox] = incident.mailboxes.as_slice() else { panic!("one mailbox") };
    assert_eq!(mailbox.verdict, "recorded access; possible access (it is a test); possible access (mail is forwarded)");
    assert_eq!((mailbox.messages.lower, mailbox.messages.upper, mailbox.classes.clone()), (None, None, None));
    assert_eq!(incident.dwell.first_recorded, Some(Nanos(START + HOUR)));
    assert_eq!(incident.still_active.state, "no finding cites a record after 2024-10-04T04:01:00Z");
    assert_eq!(incident.joined.len(), 5);
    assert_eq!((incidents.totals.tenants, incidents.totals.accounts, incidents.totals.mailboxes), (1, 1, 1));
}

#[test]
fn a_line_stands_where_what_it_is_about_happened_and_in_the_phase_that_the_finding_says() {
    let mut sent = finding("sent", "internal_phish", 1).account(ANNA).session("s");
    sent.primary_time = Some(Nanos(START + 4 * HOUR));
    let mut hides = finding("hides", "inbox_rule", 2).account(ANNA).session("s");
    hides.step = Some(Step::CoverUp);
    let mut copies = finding("copies", "inbox_rule", 3).account(ANNA).session("s");
    copies.step = Some(Step::Exfiltration);
    let incident = &assembled(&[sent, hides, copies]).incidents[0];
    let told: Vec<_> = incident.story.iter().map(|line| (line.time, line.step, line.finding_ids[0].as_str())).collect();
    let at = |hours: i64| Some(Nanos(START + hours * HOUR));
    let expected = [(at(2), Step::CoverUp, "hides"), (at(3), Step::Exfiltration, "copies"), (at(4), Step::Access, "sent")];
    assert_eq!(told, expected);
    assert_eq!(incident.dwell.first_recorded, at(1), "what the finding cites beside it is recorded all the same");
    assert!(incident.title.ends_with("mail or files may be sent outside"), "{}", incident.title);
}

#[test]
fn a_forged_token_is_the_way_in_whatever_else_there_is() {
    let token = finding("a", "token_never_issued", 5).mailbox(ANNA).ip(INTRUDER).session("s").verdict("recorded access");
    let findings = [token, finding("b", "takeover_signin", 0).account(ANNA).session("s")];
    let incident = &assembled(&findings).incidents[0];
    assert_eq!(
        (incident.entry.class, incident.entry.evidence.as_slice()),
        (EntryClass::ForgedOrUnloggedToken, ["a".to_owned()].as_slice())
    );
}

#[test]
fn a_session_in_two_places_is_the_way_in_unless_something_grave_came_long_before() {
    let split = finding("a", "session_split", 100).account(ANNA).session("s");
    let class = |before: waxseal_model::Finding| assembled(&[before, split.clone()]).incidents[0].entry.class;
    let sign_in = |hours| finding("b", "takeover_signin", hours).account(ANNA).session("s");
    assert_eq!(class(sign_in(90)), EntryClass::StolenSession, "the sign-in is of the same day");
    assert_eq!(class(sign_in(50)), EntryClass::Password);
    assert_eq!(class(sign_in(50).low()), EntryClass::StolenSession, "what may be nothing opens nothing");
}

#[test]
fn a_consent_is_the_way_in_unless_the_account_was_entered_before() {
    let consent = finding("a", "oauth_consent", 5).account(ANNA).app(APP).session("s");
    let told = |findings: &[_]| assembled(findings).incidents[0].clone();
    let alone = told(std::slice::from_ref(&consent));
    assert_eq!((alone.entry.class, alone.story[0].step), (EntryClass::Consent, Step::Entry));
    let entered = told(&[consent, finding("b", "takeover_signin", 4).account(ANNA).session("s")]);
    assert_eq!((entered.entry.class, entered.story[1].step), (EntryClass::Password, Step::Persistence));
}

#[test]
fn severity_follows_reach_and_certainty() {
    let one = finding("a", "takeover_signin", 0).account(ANNA).session("s");
    let alone = &assembled(std::slice::from_ref(&one)).incidents[0];
    assert_eq!((alone.severity, alone.confidence), (Severity::Medium, Confidence::Medium));
    let read = finding("b", "gmail_access", 1).mailbox(ANNA).session("s").verdict("recorded access");
    let two = &assembled(&[one, read]).incidents[0];
    assert_eq!((two.severity, two.confidence), (Severity::High, Confidence::High));
    assert_eq!(
        two.why,
        "Severity is high, one step above the gravest finding, because access to 1 mailbox is recorded, and another grave finding agrees. \
         Confidence is high, one step above the surest finding, because 1 other grave finding names the same session, application or address."
    );
}

#[test]
fn a_consent_whose_use_was_rated_low_is_a_low_incident() {
    let consent = finding("a", "oauth_consent", 0).account(ANNA).app(APP);
    let used = finding("b", "consent_then_read", 0).app(APP).event("record of a").low();
    let incident = &assembled(&[consent.clone(), used.clone()]).incidents[0];
    assert_eq!((incident.severity, incident.finding_ids.len()), (Severity::Low, 2));
    let high = &assembled(&[consent.severity(Severity::High), used]).incidents[0];
    assert_eq!(high.severity, Severity::High);
}

#[test]
fn what_one_detection_says_with_low_confidence_is_a_low_incident() {
    let weak = |id, hours, category| waxseal_model::Finding {
        confidence: Confidence::Low,
        ..finding(id, category, hours).account(ANNA).mailbox(BERT)
    };
    let severity = |findings: &[_]| assembled(findings).incidents[0].severity;
    assert_eq!(severity(&[weak("a", 0, "mailbox_delegation"), weak("b", 2, "mailbox_delegation")]), Severity::Low);
    assert_eq!(severity(&[weak("a", 0, "mailbox_delegation"), weak("b", 2, "inbox_rule")]), Severity::Medium);
}

#[test]
fn passwords_that_were_only_tried_are_not_said_to_have_opened_anything() {
    let spray = finding("a", "password_spray", 0).account(ANNA).ip(INTRUDER);
    let tried = assembled(std::slice::from_ref(&spray)).incidents[0].clone();
    assert_eq!((tried.title.as_str(), tried.entry.class), ("Passwords tried on accounts", EntryClass::Password));
    let entered = assembled(&[spray, finding("b", "takeover_signin", 1).account(ANNA).ip(INTRUDER)]).incidents[0].clone();
    assert!(entered.title.starts_with("An account that seems to be entered by somebody else"));
    assert!(entered.entry.text.starts_with("Passwords were tried, and accounts were used"), "{}", entered.entry.text);
}

#[test]
fn a_start_near_that_of_the_logs_is_open() {
    let early = finding("a", "token_never_issued", -230).mailbox(ANNA);
    let dwell = &assembled(std::slice::from_ref(&early)).incidents[0].dwell;
    assert_eq!((dwell.left_censored, dwell.earliest_possible), (true, None));
    let later = finding("a", "token_never_issued", 0).mailbox(ANNA);
    let dwell = &assembled(std::slice::from_ref(&later)).incidents[0].dwell;
    // Mailboxes without records of access may have been reached before.
    assert_eq!((dwell.left_censored, dwell.earliest_possible), (false, Some(Nanos(START - DAY))));
    // Complete at the time of the finding alone, the logs do not say that nothing was before.
    let mut lacking = known();
    lacking.coverage.spans.iter_mut().filter(|span| span.class == "ual.mia.bind").for_each(|span| span.from = Nanos(START - DAY));
    let dwell = assemble(&[later], &lacking, Nanos(START + 20 * DAY)).incidents[0].dwell.clone();
    assert_eq!(dwell.earliest_possible, Some(Nanos(START - 10 * DAY)));
}

#[test]
fn what_is_recorded_on_the_last_day_is_said_to_be_that_and_no_more() {
    let late = finding("a", "token_never_issued", 20 * 24 - 3).mailbox(ANNA);
    assert_eq!(assembled(&[late]).incidents[0].still_active.state, "recorded within the last day of the logs");
}

#[test]
fn a_verdict_in_other_words_is_not_passed_on() {
    let finding = finding("a", "token_never_issued", 0).mailbox(ANNA);
    for verdict in ["safe", "no access", "recorded accesses", ""] {
        assert!(assembled(&[finding.clone().verdict(verdict)]).incidents[0].mailboxes.is_empty(), "{verdict}");
    }
}

#[test]
fn a_second_credential_weeks_later_is_how_to_stay() {
    let secret = |id: &str, hours| finding(id, "oauth_secret_added", hours).account(ANNA).app(APP);
    let incidents = assembled(&[secret("first", 0), secret("soon", 2), secret("later", 300)]).incidents;
    let [incident] = incidents.as_slice() else { panic!("one incident") };
    let steps: Vec<(Step, usize)> = incident.story.iter().map(|step| (step.step, step.finding_ids.len())).collect();
    assert_eq!(steps, [(Step::Entry, 2), (Step::Persistence, 1)]);
}
