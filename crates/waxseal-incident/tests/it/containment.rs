//! Plans: what follows from which findings, hostile names in commands, and the records that show a step as done.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_incident::{Act, Change, Confirming, Known, contain};
use waxseal_model::{ContainmentStep, Finding, Incidents, Nanos};

use crate::given::{ANNA, APP, BERT, DAY, HOUR, INTRUDER, OFFICE, OTHER_INTRUDER, START, With as _, assembled, finding, known};

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
    confirmed_beside(&known(), incidents, findings, later)
}

fn confirmed_beside(known: &Known, incidents: Incidents, findings: &[Finding], later: &[Act]) -> Incidents {
    let mut confirming = Confirming::new(incidents, findings, known);
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

/// Whoever can still sign in gets new tokens.
#[test]
fn sessions_are_revoked_once_nobody_can_begin_new_ones() {
    let method = finding("m", "auth_method_changed", 1).account(ANNA).session("s1");
    let acts = [("m", on(act("User registered security info", 1), ANNA)), ("m", by_id(on(act("Add device.", 1), "DESKTOP-1"), OBJECT))];
    let plan = planned(&[takeover(), method], &acts);
    let all = actions(&plan);
    let place = |action: &str| all.iter().position(|other| *other == action).unwrap_or_else(|| panic!("no step {action}"));
    for first in ["reset_password", "remove_authentication_method", "remove_device"] {
        assert!(place(first) < place("revoke_sessions"), "{all:?}");
    }
    let mut taken = google("g", "takeover_signin");
    taken.ips = vec![INTRUDER.to_owned()];
    let plan = planned(&[taken], &[]);
    let all = actions(&plan);
    let place = |action: &str| all.iter().position(|other| *other == action).unwrap();
    assert!(place("reset_password") < place("revoke_sessions"));
}

#[test]
fn nothing_is_proposed_for_what_no_finding_tells_of() {
    let (rule, made) = rule();
    let plan = planned(&[takeover(), rule], &[("r", made)]);
    let cutting: Vec<&str> = steps(&plan).iter().filter(|step| step.cuts_off).map(|step| step.action.as_str()).collect();
    assert_eq!(cutting, ["reset_password", "revoke_sessions", "remove_inbox_rule"]);
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
fn an_owner_is_taken_from_the_application_that_the_record_names() {
    let found = finding("o", "oauth_secret_added", 0).account(ANNA).app(APP);
    let owner =
        |operation: &str, hours, id| by_id(on(with(act(operation, hours), "Application.ObjectID", OBJECT), "karl@contoso.example"), id);
    let plan = planned(std::slice::from_ref(&found), &[("o", owner("Add owner to application.", 0, KEY))]);
    let removal = step(&plan, "remove_owner");
    assert_eq!(
        removal.powershell,
        [format!("Remove-MgApplicationOwnerDirectoryObjectByRef -ApplicationId '{OBJECT}' -DirectoryObjectId '{KEY}'")]
    );
    assert_eq!(removal.api, [format!("DELETE https://graph.microsoft.com/v1.0/applications/{OBJECT}/owners/{KEY}/$ref")]);
    assert!(!actions(&plan).contains(&"take_back") && !actions(&plan).contains(&"disable_application"));
    let found = [found];
    let made = [("o", owner("Add owner to application.", 0, KEY))];
    assert!(shows(&found, &made, "remove_owner", owner("Remove owner from application.", 9, KEY)));
    let of_another = by_id(on(with(act("Remove owner from application.", 9), "Application.ObjectID", APP), "karl@contoso.example"), KEY);
    assert!(!shows(&found, &made, "remove_owner", of_another));
}

#[test]
fn connectors_are_switched_off_by_kind_and_name() {
    let found = [finding("c", "transport_rule", 0).account(ANNA)];
    let made =
        [("c", with(act("New-InboundConnector", 0), "Name", "Relay")), ("c", with(act("New-OutboundConnector", 0), "Name", "Relay"))];
    assert_eq!(
        step(&planned(&found, &made), "disable_connector").powershell,
        ["Set-InboundConnector -Identity 'Relay' -Enabled $false", "Set-OutboundConnector -Identity 'Relay' -Enabled $false"]
    );
    let made = &made[..1];
    let off = |operation, value| with(with(act(operation, 9), "Identity", "Relay"), "Enabled", value);
    assert!(shows(&found, made, "disable_connector", off("Set-InboundConnector", "False")));
    assert!(!shows(&found, made, "disable_connector", off("Set-InboundConnector", "True")));
    assert!(!shows(&found, made, "disable_connector", off("Set-OutboundConnector", "False")));
    assert!(shows(&found, made, "disable_connector", with(act("Remove-InboundConnector", 9), "Identity", "Relay")));
}

#[test]
fn downloaded_files_leave_nothing_in_place() {
    let mut taken = finding("f", "file_share", 0).account(ANNA);
    taken.step = Some(waxseal_model::Step::Access);
    assert!(!actions(&planned(&[taken], &[])).contains(&"take_back"));
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

    let mut hidden = google("g", "gmail_access").mailbox("anna\u{202e}@contoso.example").verdict("recorded access");
    hidden.detection = "google.gmail_access".to_owned();
    let hold = planned(&[hidden], &[]);
    assert!(step(&hold, "hold_mailbox").api[0].starts_with("# no command"), "{:?}", step(&hold, "hold_mailbox").api);

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

/// The provider refuses a longer span of Gmail's log.
#[test]
fn gmails_log_is_asked_for_thirty_days_at_a_time() {
    let mut taken = google("g", "takeover_signin");
    taken.first_time = Some(Nanos(START - 45 * DAY));
    let plan = planned(&[taken], &[]);
    let calls = &step(&plan, "export_logs").api;
    let spans: Vec<(Nanos, Nanos)> = calls.iter().filter(|call| call.contains("/applications/gmail?")).map(|call| span(call)).collect();
    assert!(spans.len() > 1 && spans.iter().all(|(from, to)| from < to && to.0 - from.0 <= 30 * DAY), "{calls:?}");
    assert!(spans.windows(2).all(|two| two[0].1 == two[1].0), "{calls:?}");
    let whole = calls.iter().find(|call| call.contains("/applications/login?")).map(|call| span(call));
    assert_eq!(whole, Some((spans[0].0, spans[spans.len() - 1].1)));
}

fn span(call: &str) -> (Nanos, Nanos) {
    let part = |name: &str| call.split(name).nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default().replace("%3A", ":");
    (Nanos::parse(&part("startTime=")).unwrap(), Nanos::parse(&part("endTime=")).unwrap())
}

/// Whether a later record confirms a step of the incident.
fn shows(findings: &[Finding], acts: &[(&str, Act)], action: &str, later: Act) -> bool {
    let later = if later.actor.as_deref() == Some(ANNA) { by(later, BERT, OFFICE) } else { later };
    step(&confirmed(planned(findings, acts), findings, &[later]), action).confirmed.is_some()
}

fn by_id(mut act: Act, id: &str) -> Act {
    act.target_id = Some(id.to_owned());
    act
}

fn of_google(mut act: Act) -> Act {
    act.log_class = "gws.admin".to_owned();
    act
}

fn google(id: &str, category: &str) -> Finding {
    let mut found = finding(id, category, 0).account(ANNA);
    found.detection = format!("google.{category}");
    found
}

#[test]
fn an_incident_with_a_later_record_of_the_intruder_is_not_contained() {
    let findings = [takeover()];
    let mut plan = planned(&findings, &[]);
    let done = [on(act("Update StsRefreshTokenValidFrom Timestamp", 5), ANNA), on(act("Reset user password", 6), ANNA)];
    let done = done.map(|act| by(act, BERT, OFFICE));
    assert_eq!(confirmed(plan.clone(), &findings, &done).incidents[0].dwell.contained, at(6));
    // A record that may be the intruder's lies after the last step.
    let perhaps = [(plan.incidents[0].id.clone(), at(30).expect("a time"))].into();
    let doubt = confirmed_beside(&Known { perhaps, ..known() }, plan.clone(), &findings, &done);
    assert_eq!(doubt.incidents[0].dwell.contained, None);
    // What the scope adds is the intruder's though no finding cites it.
    plan.incidents[0].dwell.last_recorded = at(30);
    let gone_on = confirmed(plan.clone(), &findings, &done);
    assert_eq!(step(&gone_on, "reset_password").confirmed, at(6));
    assert_eq!(gone_on.incidents[0].dwell.contained, None);
    plan.incidents[0].dwell.last_recorded = None;
    assert_eq!(confirmed(plan, &findings, &done).incidents[0].dwell.contained, None, "it is not known what came last");
}

#[test]
fn a_record_without_a_time_is_confirmed_by_nothing() {
    let (found, mut made) = rule();
    made.time = None;
    let removed = with(act("Remove-InboxRule", -24), "Identity", "anna@contoso.example\\,");
    let later = with(act("Remove-InboxRule", 24), "Identity", "anna@contoso.example\\,");
    let findings = [takeover(), found];
    for (other, which) in [(None, "alone"), (Some(with(act("Set-InboxRule", 2), "Identity", ",")), "beside one that has a time")] {
        let acts: Vec<(&str, Act)> = std::iter::once(made.clone()).chain(other).map(|act| ("r", act)).collect();
        assert_eq!(step(&planned(&findings, &acts), "remove_inbox_rule").targets.len(), 1);
        assert!(!shows(&findings, &acts, "remove_inbox_rule", removed.clone()), "{which}");
        assert!(!shows(&findings, &acts, "remove_inbox_rule", later.clone()), "{which}");
    }
}

#[test]
fn what_stays_in_place_has_a_step_whatever_it_is() {
    let role = finding("p", "privileged_role", 0).account(ANNA);
    let unknown = planned(std::slice::from_ref(&role), &[]);
    let by_hand = step(&unknown, "take_back");
    assert!(by_hand.cuts_off && by_hand.powershell.is_empty() && by_hand.api.is_empty());
    assert_eq!(by_hand.targets, ["\"What privileged_role finds\" of anna@contoso.example"]);
    let done = [on(act("Update StsRefreshTokenValidFrom Timestamp", 5), ANNA), on(act("Reset user password", 6), ANNA)];
    let done = done.map(|act| by(act, BERT, OFFICE));
    assert_eq!(confirmed(unknown, std::slice::from_ref(&role), &done).incidents[0].dwell.contained, None);
    assert!(actions(&planned(&[google("f", "file_share")], &[])).contains(&"take_back"));
    assert!(!actions(&planned(&[takeover()], &[])).contains(&"take_back"), "a sign-in leaves nothing in place");

    let added = with(with(act("Add-RoleGroupMember", 0), "Identity", "Organization Management"), "Member", "karl");
    let acts = [("p", added)];
    let plan = planned(std::slice::from_ref(&role), &acts);
    assert!(!actions(&plan).contains(&"take_back"));
    assert_eq!(
        step(&plan, "remove_role_group_member").powershell,
        ["Remove-RoleGroupMember -Identity 'Organization Management' -Member 'karl' -BypassSecurityGroupManagerCheck -Confirm:$false"]
    );
    let removed = |group| with(with(act("Remove-RoleGroupMember", 9), "Identity", group), "Member", "Karl");
    assert!(shows(std::slice::from_ref(&role), &acts, "remove_role_group_member", removed("Organization Management")));
    assert!(!shows(&[role], &acts, "remove_role_group_member", removed("Help Desk")));
}

#[test]
fn only_that_role_is_taken_back_and_eligible_is_another_matter() {
    let role = [finding("p", "privileged_role", 0).account(ANNA)];
    let of_role = |operation: &str, hours, old: &str, new: &str| {
        by_id(on(changed(act(operation, hours), "Role.DisplayName", old, new), BERT), OBJECT)
    };
    let given = [("p", of_role("Add member to role.", 0, "", "\"Global Administrator\""))];
    assert!(shows(&role, &given, "remove_role", of_role("Remove member from role.", 9, "\"Global Administrator\"", "")));
    assert!(!shows(&role, &given, "remove_role", of_role("Remove member from role.", 9, "\"Reports Reader\"", "")));

    // The role is the target there, and the account stands beside it.
    let in_pim = |operation: &str, hours, role: &str| with(on(act(operation, hours), role), "User.UPN", "Bert@contoso.example");
    for (kind, action, other) in [("", "remove_role", "remove_role_eligibility"), ("eligible ", "remove_role_eligibility", "remove_role")] {
        let given = [("p", in_pim(&format!("Add {kind}member to role in PIM completed (permanent)"), 0, "Exchange Administrator"))];
        let plan = planned(&role, &given);
        assert!(!actions(&plan).contains(&other));
        assert_eq!(step(&plan, action).targets, ["bert@contoso.example (Exchange Administrator)"]);
        let asked = &step(&plan, action).powershell[0];
        assert!(asked.contains(" -Filter (\"principalId eq '{0}'\" -f (Get-MgUser -UserId 'bert@contoso.example').Id) "), "{asked}");
        let removed = format!("Remove {kind}member from role in PIM completed (timebound)");
        assert!(shows(&role, &given, action, in_pim(&removed, 9, "Exchange Administrator")));
        assert!(!shows(&role, &given, action, in_pim(&removed, 9, "Reports Reader")));
    }
    let scoped = " scoped over Restricted Management Administrative Unit";
    let given = [("p", of_role(&format!("Add member to role{scoped}"), 0, "", "User Administrator"))];
    assert!(shows(&role, &given, "remove_role", of_role(&format!("Remove member from role{scoped}."), 9, "User Administrator", "")));
    let eligible = planned(&role, &[("p", of_role("Add eligible member to role", 0, "", "Global Administrator"))]);
    let calls = &step(&eligible, "remove_role_eligibility").api;
    assert!(calls[0].ends_with(&format!("/roleEligibilitySchedules?$filter=principalId%20eq%20'{OBJECT}'")), "{calls:?}");
    assert!(calls[1].contains("/roleEligibilityScheduleRequests {\"action\":\"adminRemove\""), "{calls:?}");
}

/// What is the same for every target stands once, behind all of them.
#[test]
fn of_several_accounts_each_has_its_commands() {
    let role = [finding("p", "privileged_role", 0).account(ANNA)];
    let given = |who: &str, id: &str| by_id(on(with(act("Add member to role.", 0), "Role.DisplayName", "Reports Reader"), who), id);
    let plan = planned(&role, &[("p", given(BERT, OBJECT)), ("p", given("karl@contoso.example", KEY))]);
    let lines = &step(&plan, "remove_role").powershell;
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[..2].iter().all(|line| line.starts_with("Get-MgRoleManagementDirectoryRoleAssignment -Filter ")), "{lines:?}");
    assert!([OBJECT, KEY].iter().all(|id| lines[..2].iter().any(|line| line.contains(id))), "{lines:?}");
    assert!(lines[2].starts_with("Remove-"), "{lines:?}");
    assert!(step(&plan, "remove_role").api[2].starts_with("DELETE "));
}

#[test]
fn one_grant_of_several_confirms_nothing() {
    let consent = [finding("c", "oauth_consent", 0).account(ANNA).account(BERT).app(APP)];
    let given = [("c", with(on(act("Consent to application.", 0), APP), "TargetId.ServicePrincipalNames", APP))];
    let removed = with(act("Remove delegated permission grant", 9), "ServicePrincipal.AppId", APP);
    assert!(!shows(&consent, &given, "remove_consent", removed));
    assert!(shows(&consent, &given, "remove_consent", with(act("Remove service principal", 9), "ServicePrincipal.AppId", APP)));
    let plan = planned(&consent, &given);
    let removal = step(&plan, "remove_consent");
    assert!(!removal.cuts_off, "whoever is disabled uses no consent");
    assert!(removal.powershell[0].ends_with("| ConvertTo-Json -Depth 5") && !removal.powershell[0].contains("Remove-"));
    let disabled = by(with(with(act("Update service principal", 9), "AppId", APP), "AccountEnabled", "[false]"), BERT, OFFICE);
    assert_eq!(confirmed(plan, &consent, &[disabled]).incidents[0].dwell.contained, at(9));
}

/// Exchange records mailboxes by their place in its directory; commands want the name.
#[test]
fn a_path_in_the_directory_stands_in_no_command() {
    let path = |name: &str| format!("EURPR01A001.prod.outlook.com/Microsoft Exchange Hosted Organizations/contoso.onmicrosoft.com/{name}");
    let forwarding = [finding("f", "mailbox_forwarding", 0).account(ANNA)];
    let mailbox = |hours, value| with(with(act("Set-Mailbox", hours), "Identity", &path("karl")), "ForwardingSmtpAddress", value);
    let set = [("f", on(mailbox(0, "smtp:x@evil.example"), &path("karl")))];
    let plan = planned(&forwarding, &set);
    let removal = step(&plan, "remove_forwarding");
    assert!(removal.targets.iter().all(|target| target.starts_with("karl")), "{:?}", removal.targets);
    assert!(removal.powershell.iter().any(|line| line.contains("'karl'")), "{:?}", removal.powershell);
    assert!(shows(&forwarding, &set, "remove_forwarding", mailbox(9, "")));

    let delegation = [finding("d", "mailbox_delegation", 0).account(ANNA)];
    let user = format!("/users/{OBJECT}");
    let given = with(with(act("Add-MailboxPermission", 0), "Identity", &path("karl")), "User", &user);
    let folder = with(with(act("Add-MailboxFolderPermission", 0), "Identity", &format!("{}:\\Inbox", path("karl"))), "User", &path("eve"));
    let plan = planned(&delegation, &[("d", given), ("d", folder)]);
    for one in steps(&plan) {
        let told = one.targets.iter().chain(&one.powershell).chain(&one.api).collect::<Vec<_>>();
        assert!(told.iter().all(|line| !line.contains("Hosted Organizations") && !line.contains(&user)), "{}: {told:?}", one.action);
    }
    let removal = step(&plan, "remove_delegate");
    assert!(removal.powershell.iter().any(|line| line.contains("-Identity 'karl' ") && line.contains(OBJECT)), "{:?}", removal.powershell);
    assert!(removal.powershell.iter().any(|line| line.contains("-Identity 'karl:\\Inbox' -User 'eve'")), "{:?}", removal.powershell);
}

#[test]
fn what_shows_less_than_the_step_confirms_nothing() {
    let forwarding = [finding("f", "mailbox_forwarding", 0).account(ANNA).mailbox(ANNA)];
    let mailbox = |hours, name, value| with(with(act("Set-Mailbox", hours), "Identity", ANNA), name, value);
    let set = [("f", mailbox(0, "ForwardingSmtpAddress", "smtp:x@evil.example"))];
    assert!(!shows(&forwarding, &set, "remove_forwarding", mailbox(9, "ForwardingAddress", "")));
    assert!(shows(&forwarding, &set, "remove_forwarding", mailbox(9, "ForwardingSmtpAddress", "")));

    let delegation = [finding("d", "mailbox_delegation", 0).account(ANNA).mailbox(ANNA)];
    let set = [("d", mailbox(0, "GrantSendOnBehalfTo", "karl@contoso.example"))];
    assert!(!shows(&delegation, &set, "remove_delegate", mailbox(9, "GrantSendOnBehalfTo", "karl@contoso.example, eve@contoso.example")));
    assert!(!shows(&delegation, &set, "remove_delegate", mailbox(9, "GrantSendOnBehalfTo", "eve@contoso.example")));
    assert!(shows(&delegation, &set, "remove_delegate", mailbox(9, "GrantSendOnBehalfTo", "")));

    let method = [finding("m", "auth_method_changed", 0).account(ANNA)];
    let added = [("m", on(act("User registered security info", 0), ANNA))];
    assert!(!shows(
        &method,
        &added,
        "remove_authentication_method",
        by(on(act("User deleted security info", 9), ANNA), "Anna@contoso.example", OFFICE)
    ));
    assert!(!shows(
        &method,
        &added,
        "remove_authentication_method",
        by(on(act("Admin deleted security info", 9), ANNA), "Anna@contoso.example", OFFICE)
    ));
    assert!(!shows(&method, &added, "remove_authentication_method", on(act("Admin updated security info", 9), ANNA)));
    assert!(shows(&method, &added, "remove_authentication_method", on(act("Admin deleted security info", 9), ANNA)));

    let unissued = [finding("u", "token_never_issued", 0).mailbox(ANNA).ip(INTRUDER).verdict("recorded access")];
    let command = step(&planned(&unissued, &[]), "block_mailbox_protocols").powershell[0].clone();
    let doors = command.split(" -").filter_map(|part| part.strip_suffix(" $false"));
    let closed = |left_out: &str| {
        let none = with(act("Set-CASMailbox", 9), "Identity", ANNA);
        doors.clone().filter(|door| *door != left_out).fold(none, |act, door| with(act, door, "False"))
    };
    assert!(shows(&unissued, &[], "block_mailbox_protocols", closed("")));
    assert!(!shows(&unissued, &[], "block_mailbox_protocols", closed("ImapEnabled")));
}

#[test]
fn a_second_factor_is_asked_for_again_by_three_kinds_of_records() {
    let weakened = [finding("w", "mfa_disabled", 0).account(ANNA)];
    let made = [("w", on(act("Disable Strong Authentication.", 0), ANNA))];
    let state = |new| on(changed(act("Update per-user multifactor authentication state", 9), "State", "disabled", new), ANNA);
    assert!(shows(&weakened, &made, "restore_second_factor", on(act("Enable Strong Authentication.", 9), ANNA)));
    assert!(shows(&weakened, &made, "restore_second_factor", state("\"enforced\"")));
    assert!(!shows(&weakened, &made, "restore_second_factor", state("disabled")));
}

/// PowerShell only reads what the other certificates hold where it is asked for, and without it they are lost.
#[test]
fn certificates_that_stay_are_sent_back_whole() {
    let new = format!("[KeyIdentifier={KEY},KeyType=AsymmetricX509Cert,KeyUsage=Verify,DisplayName=x]");
    let mut added = changed(act("Update application – Certificates and secrets management ", 0), "KeyDescription", "", &new);
    added.target_id = Some(OBJECT.to_owned());
    let plan = planned(&[finding("k", "oauth_secret_added", 0).account(ANNA).app(APP)], &[("k", added)]);
    let command = &step(&plan, "remove_credential").powershell[0];
    assert!(
        command.contains(&format!("(Get-MgApplication -ApplicationId '{OBJECT}' -Property keyCredentials).KeyCredentials")),
        "{command}"
    );
    assert!(step(&plan, "remove_credential").api[0].ends_with("?$select=keyCredentials"));
}

#[test]
fn a_device_goes_by_its_id() {
    let found = [finding("m", "auth_method_changed", 0).account(ANNA)];
    let registered = |id| by_id(on(act("Add device.", 0), "DESKTOP-1"), id);
    let acts = [("m", registered(OBJECT)), ("m", registered(KEY))];
    let plan = planned(&found, &acts);
    assert_eq!(step(&plan, "remove_device").targets.len(), 2, "two may have one name");
    assert!(step(&plan, "remove_device").powershell.contains(&format!("Update-MgDevice -DeviceId '{OBJECT}' -AccountEnabled:$false")));
    let deleted = |hours, id| by(by_id(on(act("Delete device.", hours), "DESKTOP-1"), id), BERT, OFFICE);
    let done = confirmed(plan.clone(), &found, &[deleted(8, OBJECT), deleted(9, KEY)]);
    assert_eq!(step(&done, "remove_device").confirmed, at(9));
    let other = confirmed(plan, &found, &[deleted(8, OBJECT), deleted(9, APP)]);
    assert_eq!(step(&other, "remove_device").confirmed, None);
}

#[test]
fn a_name_with_a_backslash_is_no_other_name() {
    let hostile = "x\\Block executable attachments";
    let found = [finding("t", "transport_rule", 0).account(ANNA)];
    let made = [("t", on(with(act("New-TransportRule", 0), "Name", hostile), hostile))];
    let plan = planned(&found, &made);
    assert_eq!(
        step(&plan, "remove_transport_rule").powershell,
        ["Disable-TransportRule -Identity 'x\\Block executable attachments' -Confirm:$false"]
    );
    let disabled = |name| on(with(act("Disable-TransportRule", 9), "Identity", name), name);
    assert!(shows(&found, &made, "remove_transport_rule", disabled(hostile)));
    assert!(!shows(&found, &made, "remove_transport_rule", disabled("Block executable attachments")));
    let found = [finding("i", "impersonation", 0).account(ANNA)];
    let plan =
        planned(&found, &[("i", with(act("New-ManagementRoleAssignment", 0), "Name", "x\\Mail Recipients-Organization Management"))]);
    assert_eq!(step(&plan, "remove_role_assignment").targets, ["\"x\\Mail Recipients-Organization Management\""]);
    let inbox = [takeover(), rule().0];
    let plan = planned(&inbox, &[("r", on(with(act("New-InboxRule", 1), "Name", "bert\\x"), "bert\\x"))]);
    assert_eq!(step(&plan, "remove_inbox_rule").targets, ["\"bert\\x\" of anna@contoso.example"]);
}

#[test]
fn a_rule_is_looked_for_in_the_mailbox_that_the_record_names() {
    let findings = [takeover(), rule().0];
    let of = |made: Act| {
        let plan = planned(&findings, &[("r", made)]);
        step(&plan, "remove_inbox_rule").targets.clone()
    };
    let set = |identity: &str| on(with(act("Set-InboxRule", 1), "Identity", identity), identity);
    assert_eq!(of(with(with(act("New-InboxRule", 1), "Name", "a"), "Mailbox", "Victor.Roth")), ["a of victor.roth"]);
    assert_eq!(of(set("victor.roth\\a")), ["a of victor.roth"]);
    assert_eq!(of(set("EURPR01.PROD.OUTLOOK.COM/contoso.example/victor\\a")), ["a of victor"]);
    assert_eq!(of(set("a\\b\\c")), ["\"b\\c\" of a"]);
    assert_eq!(of(with(act("New-InboxRule", 1), "Name", "a")), ["a of anna@contoso.example"]);
    // A rule may be called like somebody's address.
    let mut named = set("ceo@contoso.example");
    named.mailbox = Some("ceo@contoso.example".to_owned());
    assert_eq!(of(named), ["ceo@contoso.example of anna@contoso.example"]);
    // One of that name in another mailbox is another rule.
    let made = [("r", with(act("New-InboxRule", 1), "Name", "a"))];
    let removed = |identity: &str| by(with(act("Remove-InboxRule", 9), "Identity", identity), ANNA, OFFICE);
    let removed = |identity: &str| confirmed(planned(&findings, &made), &findings, &[removed(identity)]);
    assert_eq!(step(&removed("victor\\a"), "remove_inbox_rule").confirmed, None);
    assert_eq!(step(&removed("a"), "remove_inbox_rule").confirmed, at(9));
}

#[test]
fn who_is_entered_after_a_spray_is_cut_off() {
    let spray = finding("p", "password_spray", 0).account(ANNA).account(BERT).ip(INTRUDER);
    let entered = finding("t", "takeover_signin", 1).account(ANNA).ip(INTRUDER).low();
    let plan = planned(&[spray, entered], &[]);
    assert_eq!(step(&plan, "revoke_sessions").targets, [ANNA]);
    assert_eq!(step(&plan, "reset_password").targets, [ANNA]);
    // In common with the incident is but the account: that is context.
    let beside = finding("t", "takeover_signin", 1).account(ANNA).ip(OTHER_INTRUDER).low();
    let consent = finding("c", "oauth_consent", 0).account(ANNA).app(APP);
    assert!(!actions(&planned(&[consent, beside], &[])).contains(&"revoke_sessions"));
}

#[test]
fn only_a_policy_that_blocks_confirms_that_it_does() {
    let entered = [finding("d", "device_code", 0).account(ANNA)];
    let policy = |state: &str, flow: &str, users: &str, control: &str| {
        let text = format!(
            r#"{{"displayName": "\"state\":\"enabled\" block deviceCodeFlow", "state": "{state}", "conditions": {{"applications": {{"includeApplications": ["All"]}},
            "users": {{"includeUsers": ["{users}"]}}, "authenticationFlows": {{"transferMethods": "{flow}"}}}}, "grantControls": {{"builtInControls": ["{control}"]}}}}"#
        );
        shows(&entered, &[], "block_device_code", with(act("Update conditional access policy", 9), "ConditionalAccessPolicy", &text))
    };
    assert!(policy("enabled", "deviceCodeFlow,authenticationTransfer", "All", "block"));
    assert!(!policy("enabledForReportingButNotEnforced", "deviceCodeFlow", "All", "block"));
    assert!(!policy("disabled", "deviceCodeFlow", "All", "block"));
    assert!(!policy("enabled", "authenticationTransfer", "All", "block"));
    assert!(!policy("enabled", "deviceCodeFlow", KEY, "block"));
    assert!(!policy("enabled", "deviceCodeFlow", "All", "mfa"));
    let weakened = [finding("w", "mfa_disabled", 0).account(ANNA)];
    let change = |hours| by_id(on(act("Update conditional access policy", hours), "Ask everybody"), KEY);
    assert!(!shows(&weakened, &[("w", change(0))], "restore_policy", change(9)));
    let deleted = planned(&weakened, &[("w", by_id(on(act("Delete conditional access policy", 0), "Ask everybody"), KEY))]);
    let calls = &step(&deleted, "restore_policy").api;
    assert_eq!(
        *calls,
        [format!("POST https://graph.microsoft.com/beta/identity/conditionalAccess/deletedItems/policies/{KEY}/restore")],
        "what is gone cannot be changed"
    );
}

#[test]
fn settings_are_written_down_before_they_are_removed() {
    let plan = planned(&[takeover()], &[]);
    let lines = &step(&plan, "snapshot_settings").powershell;
    for cmdlet in
        ["Get-RecipientPermission -Identity 'anna@contoso.example'", "Get-MailboxFolderPermission -Identity ('anna@contoso.example' + "]
    {
        assert!(lines.iter().any(|line| line.contains(cmdlet)), "{lines:?}");
    }
    let own = [finding("a", "app_permission", 0).account(ANNA).app(APP)];
    let removal = planned(&own, &[]);
    let lines = &step(&removal, "remove_app_permission").powershell;
    assert!(
        lines.len() == 2 && !lines[0].contains("Remove-") && lines[1].contains("Remove-MgServicePrincipalAppRoleAssignment"),
        "{lines:?}"
    );
}

#[test]
fn google_roles_routes_and_monitors_are_each_their_own() {
    let monitored = [google("m", "google_takeover")];
    let monitor = |operation: &str, hours, to: &str| {
        with(with(of_google(on(act(operation, hours), BERT)), "USER_EMAIL", BERT), "EMAIL_MONITOR_DEST_EMAIL", to)
    };
    let made = [("m", monitor("CREATE_EMAIL_MONITOR", 0, "eve@contoso.example"))];
    let plan = planned(&monitored, &made);
    assert!(!actions(&plan).contains(&"remove_transport_rule") && !actions(&plan).contains(&"take_back"));
    assert_eq!(
        step(&plan, "remove_mail_monitor").api,
        ["DELETE https://apps-apis.google.com/a/feeds/compliance/audit/mail/monitor/contoso.example/bert/eve"]
    );
    assert!(shows(&monitored, &made, "remove_mail_monitor", monitor("DELETE_EMAIL_MONITOR", 9, "eve@contoso.example")));
    assert!(!shows(&monitored, &made, "remove_mail_monitor", monitor("DELETE_EMAIL_MONITOR", 9, "karl@contoso.example")));

    let routed = [google("t", "transport_rule")];
    let route =
        |operation: &str, hours, name: &str| with(of_google(on(act(operation, hours), "ROUTING")), "USER_DEFINED_SETTING_NAME", name);
    let made = [("t", route("CREATE_GMAIL_SETTING", 0, "Archive"))];
    assert!(!shows(&routed, &made, "remove_transport_rule", route("CHANGE_GMAIL_SETTING", 9, "Archive")));
    assert!(!shows(&routed, &made, "remove_transport_rule", route("DELETE_GMAIL_SETTING", 9, "Old footer")));
    assert!(shows(&routed, &made, "remove_transport_rule", route("DELETE_GMAIL_SETTING", 9, "Archive")));
    let nameless = [("t", of_google(on(act("CREATE_GMAIL_SETTING", 0), "ROUTING")))];
    assert!(!shows(&routed, &nameless, "remove_transport_rule", of_google(on(act("DELETE_GMAIL_SETTING", 9), "ROUTING"))));

    let privileged = [google("p", "privileged_role")];
    let role = |operation: &str, hours, role: &str| with(of_google(on(act(operation, hours), BERT)), "ROLE_NAME", role);
    let given = [("p", role("ASSIGN_ROLE", 0, "_SEED_ADMIN_ROLE"))];
    assert!(!shows(&privileged, &given, "remove_role", role("UNASSIGN_ROLE", 9, "_READ_ONLY_ADMIN_ROLE")));
    assert!(!shows(&privileged, &given, "remove_role", role("REVOKE_ADMIN_PRIVILEGE", 9, "")));
    assert!(shows(&privileged, &given, "remove_role", role("UNASSIGN_ROLE", 9, "_SEED_ADMIN_ROLE")));
    let super_admin = planned(&privileged, &[("p", of_google(on(act("GRANT_ADMIN_PRIVILEGE", 0), BERT)))]);
    assert_eq!(
        step(&super_admin, "remove_role").api,
        ["POST https://admin.googleapis.com/admin/directory/v1/users/bert%40contoso.example/makeAdmin {\"status\":false}"]
    );
}
