//! Plans: what follows from which findings, hostile names in commands, and the records that show a step as done.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_incident::{Act, Change, Confirming, contain};
use waxseal_model::{ContainmentStep, Finding, Incidents, Nanos};

use crate::given::{ANNA, APP, BERT, DAY, HOUR, INTRUDER, OFFICE, START, With as _, assembled, finding, known};

const OBJECT: &str = "2a39ce97-2c5f-4eb8-8252-12d550f559b1";
const KEY: &str = "86e02fd3-d795-4587-a96c-259ba820607a";

fn at(hours: i64) -> Option<Nanos> {
    Some(Nanos(START + hours * HOUR))
}

/// A record by Anna.
fn act(operation: &str, hours: i64) -> Act {
    Act {
        tenant: "contoso".to_owned(),
        id: format!("{operation} at {hours}"),
        time: at(hours),
        log_class: "ual.exchange_admin".to_owned(),
        operation: operation.to_owned(),
        result: Some("success".to_owned()),
        actor: Some(ANNA.to_owned()),
        ..Act::default()
    }
}

fn by(mut act: Act, actor: &str, from: &str) -> Act {
    act.actor = Some(actor.to_owned());
    act.client_ip = Some(from.to_owned());
    act
}

fn on(mut act: Act, target: &str) -> Act {
    act.target = Some(target.to_owned());
    act
}

fn with(mut act: Act, name: &str, new: &str) -> Act {
    act.properties.push(Change { name: name.to_owned(), old: None, new: Some(new.to_owned()) });
    act
}

fn changed(mut act: Act, name: &str, old: &str, new: &str) -> Act {
    act.properties.push(Change { name: name.to_owned(), old: Some(old.to_owned()), new: Some(new.to_owned()) });
    act
}

/// The one incident of these findings, planned.
fn planned(findings: &[Finding], acts: &[(&str, Act)]) -> Incidents {
    let mut incidents = assembled(findings);
    let mut by_finding: BTreeMap<String, Vec<Act>> = BTreeMap::new();
    for (finding, act) in acts {
        by_finding.entry((*finding).to_owned()).or_default().push(act.clone());
    }
    contain(&mut incidents, findings, &by_finding, &known(), Nanos(START + 20 * DAY));
    assert_eq!(incidents.incidents.len(), 1);
    incidents
}

fn steps(incidents: &Incidents) -> &[ContainmentStep] {
    &incidents.incidents[0].containment
}

fn step<'i>(incidents: &'i Incidents, action: &str) -> &'i ContainmentStep {
    steps(incidents).iter().find(|step| step.action == action).unwrap_or_else(|| panic!("no step {action}"))
}

fn actions(incidents: &Incidents) -> Vec<&str> {
    steps(incidents).iter().map(|step| step.action.as_str()).collect()
}

fn confirmed(incidents: Incidents, findings: &[Finding], later: &[Act]) -> Incidents {
    let mut confirming = Confirming::new(incidents, findings, &known());
    later.iter().for_each(|act| confirming.see(act));
    confirming.finish()
}

fn takeover() -> Finding {
    finding("t", "takeover_signin", 0).account(ANNA).ip(INTRUDER).session("s1")
}

fn rule() -> (Finding, Act) {
    (finding("r", "inbox_rule", 1).account(ANNA).session("s1"), with(with(act("New-InboxRule", 1), "Name", ","), "DeleteMessage", "True"))
}

#[test]
fn evidence_comes_first_and_a_second_look_last() {
    let (rule, made) = rule();
    let plan = planned(&[takeover(), rule], &[("r", made)]);
    let all = actions(&plan);
    assert_eq!(all.first(), Some(&"export_logs"));
    assert_eq!(all.last(), Some(&"look_again"));
    let place = |action: &str| all.iter().position(|other| *other == action).unwrap();
    assert!(place("snapshot_settings") < place("revoke_sessions") && place("revoke_sessions") < place("remove_inbox_rule"));
    let orders: Vec<u32> = steps(&plan).iter().map(|step| step.order).collect();
    assert!(orders.iter().copied().eq(1..=orders.len() as u32));
}

#[test]
fn nothing_is_proposed_for_what_no_finding_tells_of() {
    let (rule, made) = rule();
    let plan = planned(&[takeover(), rule], &[("r", made)]);
    let cutting: Vec<&str> = steps(&plan).iter().filter(|step| step.cuts_off).map(|step| step.action.as_str()).collect();
    assert_eq!(cutting, ["revoke_sessions", "reset_password", "remove_inbox_rule"]);
    assert_eq!(step(&plan, "revoke_sessions").targets, [ANNA]);
    let tried = planned(&[finding("p", "password_spray", 0).account(ANNA).account(BERT).ip(INTRUDER)], &[]);
    assert!(steps(&tried).iter().all(|step| !step.cuts_off), "an account that was only tried is left alone");
}

#[test]
fn a_token_nobody_issued_closes_the_mailbox_and_revokes_nothing() {
    let forged = finding("f", "token_never_issued", 0).mailbox(ANNA).ip(INTRUDER).verdict("recorded access");
    let plan = planned(&[forged], &[]);
    let all = actions(&plan);
    assert!(all.contains(&"block_mailbox_protocols") && all.contains(&"hold_mailbox") && !all.contains(&"revoke_sessions"), "{all:?}");
    assert!(all.contains(&"ask_provider"), "only the provider can tell: {all:?}");
    let command = &step(&plan, "block_mailbox_protocols").powershell[0];
    assert!(command.starts_with("Set-CASMailbox -Identity 'anna@contoso.example' -OWAEnabled $false"), "{command}");
}

#[test]
fn a_consent_is_removed_and_its_owner_left_alone() {
    let consent = finding("c", "oauth_consent", 0).account(ANNA).app(APP).app("00000003-0000-0000-c000-000000000000");
    let given = with(on(act("Consent to application.", 0), APP), "TargetId.ServicePrincipalNames", APP);
    let plan = planned(&[consent], &[("c", given)]);
    let all = actions(&plan);
    assert!(all.contains(&"disable_application") && all.contains(&"remove_consent") && !all.contains(&"reset_password"), "{all:?}");
    assert_eq!(step(&plan, "disable_application").targets, [APP], "the provider's own application is left alone");
    assert_eq!(
        step(&plan, "disable_application").api,
        [format!("PATCH https://graph.microsoft.com/v1.0/servicePrincipals(appId='{APP}') {{\"accountEnabled\":false}}")]
    );
}

#[test]
fn only_the_added_credential_is_removed() {
    let old = "[KeyIdentifier=002492a5-e39a-4e1d-aa87-9dd174f6b678,KeyType=Password,KeyUsage=Verify,DisplayName=rotation]";
    let new = format!("{old},[KeyIdentifier={KEY},KeyType=Password,KeyUsage=Verify,DisplayName=x]");
    let mut added = changed(act("Update application – Certificates and secrets management ", 0), "KeyDescription", old, &new);
    added.target_id = Some(OBJECT.to_owned());
    let found = finding("k", "oauth_secret_added", 0).account(ANNA).app(APP);
    let plan = planned(std::slice::from_ref(&found), &[("k", added)]);
    let removal = step(&plan, "remove_credential");
    assert_eq!(removal.powershell, [format!("Remove-MgApplicationPassword -ApplicationId '{OBJECT}' -KeyId '{KEY}'")]);
    assert_eq!(
        removal.api,
        [format!("POST https://graph.microsoft.com/v1.0/applications/{OBJECT}/removePassword {{\"keyId\":\"{KEY}\"}}")]
    );
    assert!(!actions(&plan).contains(&"disable_application"), "the application belongs to somebody");
    let mut removed = changed(act("Update application – Certificates and secrets management", 9), "KeyDescription", &new, old);
    removed.target_id = Some(OBJECT.to_owned());
    let done = confirmed(plan.clone(), std::slice::from_ref(&found), &[removed.clone()]);
    assert_eq!(step(&done, "remove_credential").confirmed, at(9));
    removed.properties[0].new = Some(new.clone());
    let still_there = confirmed(plan, &[found], &[removed]);
    assert_eq!(step(&still_there, "remove_credential").confirmed, None);
}

#[test]
fn hostile_names_stay_names() {
    let hostile = "x'; Remove-Mailbox -Identity 'ceo' ; \u{2019}\u{201b}$(calc)";
    let (rule, mut made) = rule();
    made.properties[0].new = Some(hostile.to_owned());
    let plan = planned(&[takeover(), rule.clone()], &[("r", made.clone())]);
    let command = &step(&plan, "remove_inbox_rule").powershell[0];
    assert!(command.contains("-ceq 'x''; Remove-Mailbox -Identity ''ceo'' ; \u{2019}\u{2019}\u{201b}\u{201b}$(calc)' }"), "{command}");

    made.properties[0].new = Some("x\r\nRemove-Mailbox ceo\u{202e}".to_owned());
    let plan = planned(&[takeover(), rule], &[("r", made)]);
    let removal = step(&plan, "remove_inbox_rule");
    assert!(removal.powershell.iter().all(|line| line.starts_with('#') && line.lines().count() == 1), "{:?}", removal.powershell);
    assert!(removal.powershell[0].contains("\\r\\n") && removal.powershell[0].contains("by hand"));

    let account = "a'b/../x?y#z%@contoso.example";
    let plan = planned(&[finding("t", "takeover_signin", 0).account(account).ip(INTRUDER)], &[]);
    assert_eq!(
        step(&plan, "revoke_sessions").api,
        ["POST https://graph.microsoft.com/v1.0/users/a%27b%2F..%2Fx%3Fy%23z%25%40contoso.example/revokeSignInSessions"]
    );
}

#[test]
fn an_administrator_who_does_every_step_contains_the_incident() {
    let (rule, made) = rule();
    let findings = [takeover(), rule];
    let plan = planned(&findings, &[("r", made)]);
    let admin = |act: Act| by(act, BERT, OFFICE);
    let revoked = admin(on(act("Update StsRefreshTokenValidFrom Timestamp.", 5), "Anna@contoso.example"));
    let reset = admin(on(act("Reset user password", 6), ANNA));
    let removed = admin(with(act("Remove-InboxRule", 7), "Identity", "anna@contoso.example\\,"));
    let done = confirmed(plan.clone(), &findings, &[revoked.clone(), reset.clone(), removed.clone()]);
    assert_eq!(step(&done, "revoke_sessions").confirmed, at(5));
    assert_eq!(step(&done, "revoke_sessions").confirmations[0].actor.as_deref(), Some(BERT));
    assert_eq!(step(&done, "remove_inbox_rule").confirmed, at(7));
    assert_eq!(done.incidents[0].dwell.contained, at(7));
    let some = confirmed(plan, &findings, &[removed, revoked]);
    assert_eq!(some.incidents[0].dwell.contained, None, "the password is as it was");
    assert_eq!(step(&some, "remove_inbox_rule").confirmed, at(7));
}

#[test]
fn what_does_not_show_a_step_confirms_nothing() {
    let (rule, made) = rule();
    let findings = [takeover(), rule];
    let plan = planned(&findings, &[("r", made)]);
    let revoke = |hours| on(act("Update StsRefreshTokenValidFrom Timestamp", hours), ANNA);
    let mut failed = by(revoke(5), BERT, OFFICE);
    failed.result = Some("failure".to_owned());
    let mut elsewhere = by(revoke(5), BERT, OFFICE);
    elsewhere.tenant = "fabrikam".to_owned();
    let mut undated = by(revoke(5), BERT, OFFICE);
    undated.time = None;
    let before = by(revoke(-1), BERT, OFFICE);
    let of_intruder = by(revoke(5), ANNA, INTRUDER);
    let other_account = by(on(act("Update StsRefreshTokenValidFrom Timestamp", 5), BERT), BERT, OFFICE);
    let other_rule = by(with(act("Remove-InboxRule", 7), "Identity", "anna@contoso.example\\Newsletters"), BERT, OFFICE);
    let of_other_mailbox = by(with(act("Remove-InboxRule", 7), "Identity", "bert@contoso.example\\,"), BERT, OFFICE);
    let by_number = by(with(act("Remove-InboxRule", 7), "Identity", "anna@contoso.example\\1726389412"), BERT, OFFICE);
    let later = [failed, elsewhere, undated, before, of_intruder, other_account, other_rule, of_other_mailbox, by_number];
    let done = confirmed(plan, &findings, &later);
    let shown: BTreeSet<&str> = steps(&done).iter().filter(|step| step.confirmed.is_some()).map(|step| step.action.as_str()).collect();
    assert!(shown.is_empty(), "{shown:?}");
}

#[test]
fn google_has_calls_and_no_commands() {
    let mut taken = finding("g", "takeover_signin", 0).account(ANNA).ip(INTRUDER);
    taken.detection = "google.takeover_sign_in".to_owned();
    let mut consent = finding("c", "oauth_consent", 1).account(ANNA).ip(INTRUDER).app("1-a.apps.googleusercontent.com");
    consent.detection = "google.mail_consent_granted".to_owned();
    let findings = [taken, consent];
    let plan = planned(&findings, &[]);
    assert!(steps(&plan).iter().all(|step| step.powershell.is_empty()));
    assert_eq!(
        step(&plan, "revoke_app_tokens").api,
        ["DELETE https://admin.googleapis.com/admin/directory/v1/users/anna%40contoso.example/tokens/1-a.apps.googleusercontent.com"]
    );
    let mut revoked = by(act("revoke", 6), ANNA, OFFICE);
    revoked.app_id = Some("1-a.apps.googleusercontent.com".to_owned());
    let done = confirmed(plan, &findings, &[revoked]);
    assert_eq!(step(&done, "revoke_app_tokens").confirmed, at(6));
}
