//! Each join, and each thing that must not join.

use waxseal_model::{JoinKind, Severity};

use crate::given::{
    ANNA, APP, BERT, INTRUDER, OFFICE, OTHER_APP, OTHER_INTRUDER, PROVIDER, With as _, assembled, finding, grouped, tie_of,
};

fn one_incident(findings: &[waxseal_model::Finding]) -> bool {
    grouped(findings).len() == 1
}

#[test]
fn a_common_record_joins() {
    let findings = [finding("a", "oauth_consent", 0).event("grant"), finding("b", "consent_then_read", 900).event("grant")];
    let incidents = assembled(&findings);
    assert_eq!(incidents.incidents.len(), 1);
    let tie = (JoinKind::Event, "grant".to_owned(), "a".to_owned());
    assert_eq!(tie_of(&incidents, "b"), Some(tie));
    assert_eq!(tie_of(&incidents, "a"), None);
}

#[test]
fn a_common_session_joins_but_not_over_tenants() {
    let a = finding("a", "session_split", 0).session("S1");
    assert!(one_incident(&[a.clone(), finding("b", "inbox_rule", 900).session("s1")]));
    assert!(!one_incident(&[a.clone(), finding("b", "inbox_rule", 900).session("s1").tenant("fabrikam")]));
    let empty = "00000000-0000-0000-0000-000000000000";
    assert!(!one_incident(&[a.session(empty), finding("b", "inbox_rule", 900).session(empty)]));
}

#[test]
fn an_application_joins_where_it_was_given_a_right() {
    let used = finding("b", "app_mail_access", 200).app(APP).account(BERT);
    assert!(one_incident(&[finding("a", "oauth_consent", 0).app(APP).account(ANNA), used.clone()]));
    assert!(!one_incident(&[finding("a", "takeover_signin", 0).app(APP).account(ANNA), used.clone()]), "a program somebody used");
    assert!(!one_incident(&[finding("a", "app_mail_access", 0).app(APP).account(ANNA), used.clone()]), "nothing was granted");
    assert!(!one_incident(&[finding("a", "oauth_consent", 0).app(APP), finding("b", "app_mail_access", 900).app(APP)]), "too late");
    let named = |id: &str, hours, app: &str| finding(id, "oauth_consent", hours).app("Handy Mail").app(app).account(id);
    assert!(one_incident(&[named("a", 0, ""), named("b", 2, APP)]), "by its name");
    assert!(!one_incident(&[named("a", 0, OTHER_APP), named("b", 2, APP)]), "two of one name");
    let outlook = "9199bf20-a13f-4107-85dc-02114787ef48";
    assert!(!one_incident(&[finding("a", "oauth_consent", 0).app(outlook), finding("b", "app_mail_access", 2).app(outlook)]));
}

#[test]
fn an_address_joins_where_a_finding_shows_that_it_is_not_the_owners() {
    let act = finding("b", "mailbox_delegation", 2).account(BERT).ip(INTRUDER);
    assert!(one_incident(&[finding("a", "token_never_issued", 0).mailbox(ANNA).ip(INTRUDER), act.clone()]));
    let consents = [finding("a", "oauth_consent", 0).account(ANNA).ip(OFFICE), finding("b", "oauth_consent", 2).account(BERT).ip(OFFICE)];
    assert!(!one_incident(&consents), "two people of one office");
    assert!(!one_incident(&[finding("a", "token_never_issued", 0).mailbox(ANNA).ip(INTRUDER), act.ip(INTRUDER).tenant("fabrikam")]));
    let provider = finding("a", "token_never_issued", 0).mailbox(ANNA).ip(PROVIDER);
    assert!(!one_incident(&[provider, finding("b", "many_mailboxes", 2).ip(PROVIDER)]), "the provider's own service");
}

#[test]
fn an_odd_sign_in_makes_the_address_of_an_act_an_intruders() {
    let acts =
        [finding("a", "content_search", 0).account(ANNA).ip(INTRUDER), finding("b", "audit_tampering", 90).account(BERT).ip(INTRUDER)];
    assert!(!one_incident(&acts));
    let [a, b] = acts;
    assert!(one_incident(&[a, b, finding("c", "takeover_signin", 0).account(ANNA).ip(INTRUDER).low()]));
}

#[test]
fn an_address_of_many_people_joins_nothing() {
    let mut findings = vec![
        finding("a", "token_never_issued", 0).mailbox(ANNA).ip(OFFICE),
        finding("b", "token_never_issued", 99).mailbox(BERT).ip(OFFICE),
    ];
    assert!(one_incident(&findings));
    for person in ["carl", "dora", "emil"] {
        findings.push(finding(person, "auth_method_changed", 300).account(&format!("{person}@contoso.example")).ip(OFFICE).low());
    }
    assert_eq!(grouped(&findings), [["a"], ["b"]]);
}

#[test]
fn an_account_joins_what_is_close_and_does_not_contradict() {
    let a = finding("a", "privileged_role", 0).account(ANNA).ip(INTRUDER);
    assert!(one_incident(&[a.clone(), finding("b", "transport_rule", 60).account(ANNA).ip(PROVIDER)]), "one has no address");
    assert!(one_incident(&[a.clone(), finding("b", "transport_rule", 9).account(ANNA).ip(OTHER_INTRUDER)]), "both act, soon");
    assert!(!one_incident(&[a.clone(), finding("b", "transport_rule", 100).account(ANNA).ip(PROVIDER)]), "too late");
    assert!(!one_incident(&[a.clone(), finding("b", "oauth_consent", 9).account(ANNA).ip(OFFICE)]), "the owner, cheated at work");
    let consent = |id: &str, hours, app: &str, ip: &str| finding(id, "oauth_consent", hours).account(ANNA).app(app).ip(ip);
    let lured = |hours| one_incident(&[consent("c", 0, APP, OFFICE), consent("d", hours, OTHER_APP, OTHER_INTRUDER)]);
    assert!(lured(1), "the owner, cheated twice within hours");
    assert!(!lured(20), "the owner, cheated again the next day");
    assert!(!one_incident(&[a, finding("b", "mailbox_forwarding", 9).account(BERT).ip(OTHER_INTRUDER)]));
}

#[test]
fn two_intruders_in_one_mailbox_stay_apart_and_name_each_other() {
    let findings = [
        finding("a", "token_never_issued", 0).mailbox(ANNA).ip(INTRUDER),
        finding("b", "token_inconsistent", 9).mailbox(ANNA).ip(OTHER_INTRUDER),
    ];
    let incidents = assembled(&findings).incidents;
    assert_eq!(incidents.len(), 2);
    assert_eq!((incidents[0].related[0].incident.as_str(), incidents[0].related[0].account.as_str()), (incidents[1].id.as_str(), ANNA));
    assert_eq!(incidents[1].related[0].incident, incidents[0].id);
}

#[test]
fn who_names_many_accounts_is_joined_by_none_of_them() {
    let spray = ["1", "2", "3", "4", "5", "6"].into_iter().fold(finding("a", "many_mailboxes", 0), |f, n| f.mailbox(n));
    assert!(!one_incident(&[spray, finding("b", "inbox_rule", 1).account("3")]));
}

#[test]
fn sprays_at_the_same_time_are_one() {
    let spray = |id, hours, ip| finding(id, "password_spray", hours).ip(ip);
    assert!(one_incident(&[spray("a", 0, INTRUDER), spray("b", 1, OTHER_INTRUDER)]));
    assert!(!one_incident(&[spray("a", 0, INTRUDER), spray("b", 3, OTHER_INTRUDER)]));
}

#[test]
fn a_low_finding_is_context_of_one_incident_and_ties_no_two() {
    let findings = [
        finding("a", "content_search", 0).account(ANNA).session("s1"),
        finding("b", "audit_tampering", 90).account(BERT).session("s2"),
        finding("low", "takeover_signin", 0).account(ANNA).session("s1").session("s2").low(),
    ];
    let groups = grouped(&findings);
    assert_eq!(groups.len(), 2);
    assert_eq!(groups.iter().flatten().filter(|id| *id == "low").count(), 1);
}

#[test]
fn findings_below_medium_make_no_incident() {
    let low = |id| finding(id, "takeover_signin", 0).account(ANNA).session("s").low();
    assert_eq!(grouped(&[low("a"), low("b"), low("c").severity(Severity::Info)]), Vec::<Vec<String>>::new());
}

#[test]
fn a_summary_of_the_whole_organisation_is_no_context() {
    let wide = finding("wide", "token_never_issued", 0).event("1").event("2").event("shared").low();
    let grave = finding("a", "new_client_context", 0).event("shared");
    assert_eq!(grouped(&[wide.clone(), grave.clone()]), [vec!["a"]]);
    assert_eq!(grouped(&[wide, grave.event("1")]), [vec!["a", "wide"]]);
}

#[test]
fn ordinary_work_of_an_administrator_is_no_context_of_his_takeover() {
    let grave = finding("a", "audit_tampering", 0).account(ANNA).ip(INTRUDER);
    let work = |hours, ip| finding("work", "mailbox_delegation", hours).account(ANNA).ip(ip).low();
    assert_eq!(grouped(&[grave.clone(), work(3, OFFICE)]), [vec!["a"]]);
    assert_eq!(grouped(&[grave.clone(), work(3, INTRUDER)]), [vec!["a", "work"]]);
    assert_eq!(grouped(&[grave, work(30, PROVIDER)]), [vec!["a"]]);
}

#[test]
fn low_findings_do_not_stand_between_two_grave_ones() {
    let mut findings = vec![finding("first", "takeover_signin", 0).account(ANNA), finding("last", "inbox_rule", 6).account(ANNA)];
    findings.extend((0..20).map(|n| finding(&format!("noise {n}"), "new_client_context", 1 + n % 4).account(ANNA).low()));
    let incidents = assembled(&findings).incidents;
    assert_eq!(incidents.len(), 1);
}
