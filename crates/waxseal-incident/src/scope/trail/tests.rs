use waxseal_model::{
    Confidence, Coverage, Dwell, Entry, EntryClass, FINDING_SCHEMA, INCIDENTS_SCHEMA, Joined, Severity, StillActive, Totals,
};

use super::*;

fn day(number: i64) -> Nanos {
    Nanos(number * DAY)
}

pub(crate) fn finding(category: &str, apps: &[&str]) -> Finding {
    Finding {
        schema: FINDING_SCHEMA.to_owned(),
        id: "f".to_owned(),
        detection: "d".to_owned(),
        version: 1,
        title: String::new(),
        category: category.to_owned(),
        attack: Vec::new(),
        severity: Severity::High,
        confidence: Confidence::High,
        tenant: "t".to_owned(),
        first_time: Some(day(20)),
        last_time: Some(day(21)),
        primary_time: None,
        step: None,
        event_ids: vec!["e".to_owned()],
        event_count: 1,
        accounts: vec!["a@x.example".to_owned()],
        mailboxes: Vec::new(),
        apps: apps.iter().map(|app| (*app).to_owned()).collect(),
        ips: Vec::new(),
        sessions: Vec::new(),
        coverage: Coverage::Full,
        verdict: String::new(),
        explanation: String::new(),
        looked_for: Vec::new(),
        cannot_exclude: Vec::new(),
    }
}

pub(crate) fn incidents() -> Incidents {
    let incident = Incident {
        id: "i".to_owned(),
        title: String::new(),
        severity: Severity::High,
        confidence: Confidence::High,
        why: String::new(),
        tenants: vec!["t".to_owned()],
        finding_ids: vec!["f".to_owned()],
        story: Vec::new(),
        mailboxes: Vec::new(),
        dwell: Dwell::default(),
        entry: Entry { class: EntryClass::NotRecoverable, evidence: Vec::new(), text: String::new() },
        still_active: StillActive { state: String::new(), as_of: Nanos(0) },
        other_acts: None,
        containment: Vec::new(),
        hand_over: None,
        joined: vec![Joined { finding: "f".to_owned(), joined_by: None }],
        related: Vec::new(),
    };
    Incidents { schema: INCIDENTS_SCHEMA.to_owned(), totals: Totals::default(), incidents: vec![incident], campaigns: Vec::new() }
}

const HERE: &str = "198.51.100.7";
const HOME: &str = "203.0.113.9";

fn clue(category: &str, address: &str, session: &str, token: &str) -> Clue {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Clue {
        incident: 0,
        category: category.to_owned(),
        tenant: "t".to_owned(),
        is_access: true,
        actor: Some("a@x.example".to_owned()),
        address: some(address),
        sessions: some(session).into_iter().collect(),
        token: some(token),
        by_code: false,
        first: day(20),
        last: day(21),
    }
}

fn candidate(kind: ContextKind, value: &str) -> Candidate {
    Candidate { tenant: "t".to_owned(), kind, value: value.to_owned() }
}

fn used(address: &str, first: i64, last: i64) -> Use {
    let address = (!address.is_empty()).then(|| address.to_owned());
    Use { first: day(first), last: day(last), address, actor: Some("a@x.example".to_owned()), by_code: false }
}

/// What the logs of a tenant from a day on allow to know.
fn known_since(first: i64) -> Known {
    Known { logs: [("t".to_owned(), crate::known::Logs { first: day(first), last: day(40) })].into(), ..Known::default() }
}

/// The kinds of what is the intruder's for sure.
fn decided(category: &str, apps: &[&str], clues: &[Clue], uses: Vec<(ContextKind, &str, Use)>) -> Vec<(ContextKind, String)> {
    let contexts = decided_since(0, category, apps, clues, uses);
    contexts.into_iter().map(|(kind, value, sure)| (kind, if sure { value } else { format!("{value}?") })).collect()
}

/// The same in logs that begin on a day, and whether it is sure.
fn decided_since(
    first: i64,
    category: &str,
    apps: &[&str],
    clues: &[Clue],
    uses: Vec<(ContextKind, &str, Use)>,
) -> Vec<(ContextKind, String, bool)> {
    let known = known_since(first);
    let mut trails = Trails::of(&incidents(), &[finding(category, apps)], clues, &known);
    assert!(!trails.ask().is_empty() && trails.ask().is_empty(), "each is asked for once");
    for (kind, value, of) in uses {
        trails.learn(candidate(kind, value), of);
    }
    trails.contexts().into_iter().map(|context| (context.kind, context.value, context.sure)).collect()
}

#[test]
fn where_the_logs_begin_late_they_do_not_show_that_an_address_is_new() {
    use ContextKind::{Address, Session, Token};
    let uses = || vec![(Address, HERE, used(HERE, 20, 21)), (Session, "s", used(HERE, 20, 21)), (Token, "u", used(HERE, 20, 20))];
    let all =
        |sure| [(Session, "s", sure), (Token, "u", sure), (Address, HERE, sure)].map(|(kind, value, sure)| (kind, value.to_owned(), sure));
    let delegated = [clue("mailbox_delegation", HERE, "s", "u")];
    assert_eq!(decided_since(12, "mailbox_delegation", &[], &delegated, uses()), all(true));
    assert_eq!(decided_since(15, "mailbox_delegation", &[], &delegated, uses()), all(false), "five days before say nothing");
    let taken = [clue("takeover_mail_access", HERE, "s", "u")];
    assert_eq!(decided_since(15, "takeover_mail_access", &[], &taken, uses()), all(true), "the finding says that the owner is elsewhere");
}

#[test]
fn what_is_as_old_as_the_logs_may_be_older() {
    use ContextKind::{Address, App, Session, Token};
    let taken = [clue("takeover_mail_access", HERE, "s", "u")];
    let uses = vec![(Address, HERE, used(HERE, 20, 21)), (Session, "s", used(HERE, 20, 21)), (Token, "u", used(HERE, 20, 20))];
    let expected =
        [(Session, "s", false), (Token, "u", false), (Address, HERE, true)].map(|(kind, value, sure)| (kind, value.to_owned(), sure));
    assert_eq!(decided_since(20, "takeover_mail_access", &[], &taken, uses), expected);
    let app = "4b1c7d20-91f3-4c3e-a6d2-0d0c2f6e9a11";
    let uses = || vec![(App, app, used("", 20, 25))];
    assert_eq!(decided_since(20, "consent_then_read", &[app], &[], uses()), [(App, app.to_owned(), false)]);
    assert_eq!(decided_since(19, "consent_then_read", &[app], &[], uses()), [(App, app.to_owned(), true)]);
}

#[test]
fn where_many_were_for_a_few_days_nobody_can_be_told_from_another() {
    use ContextKind::Address;
    let clues = [clue("takeover_mail_access", HERE, "", "")];
    let others =
        |many: usize| (0..many).map(|i| (Address, HERE, Use { actor: Some(format!("{i}@x.example")), ..used(HERE, 20, 22) })).collect();
    assert_eq!(decided("takeover_mail_access", &[], &clues, others(4)), [(Address, HERE.to_owned())]);
    assert_eq!(decided("takeover_mail_access", &[], &clues, others(5)), [(Address, format!("{HERE}?"))]);
}

#[test]
fn a_session_that_began_at_the_intruders_address_is_the_intruders() {
    use ContextKind::{Address, Session, Token};
    let clues = [clue("takeover_mail_access", HERE, "s", "u")];
    let uses = vec![(Address, HERE, used(HERE, 20, 21)), (Session, "s", used(HERE, 20, 21)), (Token, "u", used(HERE, 20, 20))];
    let expected = [(Session, "s"), (Token, "u"), (Address, HERE)].map(|(kind, value)| (kind, value.to_owned()));
    assert_eq!(decided("takeover_mail_access", &[], &clues, uses), expected);
}

#[test]
fn a_stolen_session_is_shared_and_so_the_address_decides() {
    use ContextKind::{Address, Session, Token};
    let clues = [clue("session_split", HERE, "s", "u")];
    let uses = vec![
        (Address, HERE, used(HERE, 20, 21)),
        (Session, "s", used(HOME, 18, 22)),
        (Session, "s", used(HERE, 20, 21)),
        (Token, "u", used(HERE, 20, 20)),
    ];
    assert_eq!(decided("session_split", &[], &clues, uses), [(Token, "u".to_owned()), (Address, HERE.to_owned())]);
}

#[test]
fn an_address_where_the_account_worked_before_is_not_the_intruders() {
    use ContextKind::Address;
    let clues = [clue("takeover_mail_access", HOME, "", "")];
    assert_eq!(decided("takeover_mail_access", &[], &clues, vec![(Address, HOME, used(HOME, 3, 30))]), []);
    let private = [clue("takeover_mail_access", "10.0.0.1", "", "")];
    assert_eq!(decided("takeover_mail_access", &[], &private, vec![(Address, "10.0.0.1", used("10.0.0.1", 20, 21))]), []);
}

#[test]
fn a_copied_token_is_the_owners_too() {
    use ContextKind::{Address, Token};
    let clues = [clue("token_inconsistent", HERE, "", "u")];
    let uses = vec![(Address, HERE, used(HERE, 20, 21)), (Token, "u", used(HOME, 12, 12)), (Token, "u", used(HERE, 20, 21))];
    assert_eq!(decided("token_inconsistent", &[], &clues, uses), [(Address, HERE.to_owned())]);
}

#[test]
fn the_victim_of_a_device_code_confirms_it_at_home_and_the_session_is_the_intruders() {
    use ContextKind::{Address, Session};
    let code = Clue { by_code: true, address: Some(HOME.to_owned()), ..clue("device_code", "", "s", "") };
    let uses = vec![
        (Session, "s", Use { by_code: true, ..used(HOME, 20, 20) }),
        (Session, "s", used("", 20, 22)),
        (Address, HOME, Use { by_code: true, ..used(HOME, 20, 20) }),
    ];
    assert_eq!(decided("device_code", &[], &[code], uses), [(Session, "s".to_owned())]);
}

#[test]
fn an_application_is_the_intruders_only_if_it_is_new() {
    use ContextKind::App;
    let app = "4b1c7d20-91f3-4c3e-a6d2-0d0c2f6e9a11";
    let uses = |first| vec![(App, app, used("", first, 25))];
    assert_eq!(decided("consent_then_read", &[app], &[], uses(20)), [(App, app.to_owned())]);
    assert_eq!(decided("consent_then_read", &[app], &[], uses(5)), []);
}

#[test]
fn where_somebody_was_cheated_is_where_the_victim_is() {
    let there = Clue { is_access: false, ..clue("consent_then_read", HOME, "s", "") };
    let known = known_since(0);
    let mut trails = Trails::of(&incidents(), &[finding("consent_then_read", &[])], &[there, clue("oauth_consent", HOME, "", "")], &known);
    assert_eq!(trails.ask(), []);
}
