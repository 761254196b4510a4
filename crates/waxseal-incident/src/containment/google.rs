//! What can be done in Google Workspace. There is no PowerShell; calls are those of the Admin SDK, of Gmail and of Vault.
//!
//! Sources: <https://developers.google.com/admin-sdk/directory/reference/rest>, <https://developers.google.com/gmail/api/reference/rest>,
//! names of events as in <https://developers.google.com/workspace/admin/reports/v1/appendix/activity>.

use serde_json::json;
use waxseal_model::{Confirmation, Nanos};

use crate::act::Act;
use crate::containment::action::{Action, TAKE_BACK, Turn, about, by_itself, names, never, no_form, of_its_kind};
use crate::containment::quote::{percent, plain};

const DIRECTORY: &str = "https://admin.googleapis.com/admin/directory/v1";
const GMAIL: &str = "https://gmail.googleapis.com/gmail/v1";

const DAY: i64 = 86_400_000_000_000;

/// A call asks for so much of Gmail's log at most.
const GMAIL_SPAN: i64 = 30 * DAY;

/// And the provider keeps so much of it.
const GMAIL_KEPT: i64 = 180 * DAY;

const SECURITY: &str = "scope admin.directory.user.security, as an administrator who may manage the security of users";

pub(crate) const ACTIONS: &[Action] = &[
    Action {
        id: "export_logs",
        turn: Turn::Keep,
        title: "Export the logs of the whole time before they run out",
        effect: "Nothing changes. Google keeps these logs for six months. Gmail's own log is given out for 30 days at a time.",
        undo: "nothing to undo",
        permission: "scope admin.reports.audit.readonly, as an administrator who may see reports",
        confirmed_by: "no record: the exports themselves, read into this case",
        operations: &[],
        shown_by: never,
        powershell: no_form,
        api: export_api,
    },
    Action {
        id: "hold_mailbox",
        turn: Turn::Keep,
        title: "Put the mailboxes on hold in Vault",
        effect: "What is deleted from them from now on is kept, unseen by the owner. It needs an edition with Vault.",
        undo: "delete the hold",
        permission: "scope ediscovery, with the privilege to manage holds",
        confirmed_by: "no record that is read here: Vault keeps a log of its own",
        operations: &[],
        shown_by: never,
        powershell: no_form,
        api: |target| {
            let hold = json!({"name": "keep", "corpus": "MAIL", "accounts": [{"email": plain(&target.name)?}]});
            Some(vec![format!("POST https://vault.googleapis.com/v1/matters/{{matter}}/holds {hold}")])
        },
    },
    Action {
        id: "snapshot_settings",
        turn: Turn::Keep,
        title: "Write down settings as they are: forwarding, filters, delegates, applications, passwords of applications",
        effect: "Nothing changes. The steps below destroy what they remove; a filter cannot be switched off, only deleted.",
        undo: "nothing to undo",
        permission: "scopes gmail.settings.basic and gmail.settings.sharing by delegation, admin.directory.user.security",
        confirmed_by: "no record: the saved output",
        operations: &[],
        shown_by: never,
        powershell: no_form,
        api: |target| {
            let user = percent(&target.name)?;
            let settings = ["autoForwarding", "forwardingAddresses", "filters", "delegates", "sendAs", "imap", "pop"];
            let mut calls: Vec<String> = settings.iter().map(|part| format!("GET {GMAIL}/users/{user}/settings/{part}")).collect();
            calls.extend(["tokens", "asps"].map(|part| format!("GET {DIRECTORY}/users/{user}/{part}")));
            Some(calls)
        },
    },
    Action {
        id: "ask_provider",
        turn: Turn::Keep,
        title: "Keep the list of tokens and sessions, and ask the provider about them at once",
        effect: "Nothing changes in the tenant. Only the provider can tell whether it issued a token, to whom, and whether others are affected; its own logs run out too. The records and questions are in the hand-over of the incident and in hand-over.csv.",
        undo: "nothing to undo",
        permission: "whoever may open a support case with Google",
        confirmed_by: "no record: the provider's answer",
        operations: &[],
        shown_by: never,
        powershell: no_form,
        api: no_form,
    },
    Action {
        id: "reset_password",
        turn: Turn::CutOff,
        title: "Set new passwords for the accounts",
        effect: "The old password opens nothing any more, and passwords of applications end with it. The owner gets a new one by a way the intruder does not read.",
        undo: "cannot be undone",
        permission: "scope admin.directory.user, as an administrator who may reset passwords",
        confirmed_by: "CHANGE_PASSWORD for the account in the log of administration, or password_edit by the account",
        operations: &["change_password", "password_edit"],
        shown_by: |act, target| about(act, target) || (act.operation_key() == "password_edit" && by_itself(act, target)),
        powershell: no_form,
        api: |target| {
            let body = json!({"password": "<new password>", "changePasswordAtNextLogin": true});
            Some(vec![format!("PUT {DIRECTORY}/users/{} {body}", percent(&target.name)?)])
        },
    },
    Action {
        id: "disable_account",
        turn: Turn::CutOff,
        title: "Suspend the accounts that were made",
        effect: "Nobody can sign in with them. What they hold stays, for the investigation.",
        undo: "the same with false",
        permission: "scope admin.directory.user, as an administrator who may suspend users",
        confirmed_by: "SUSPEND_USER or DELETE_USER for the account in the log of administration",
        operations: &["suspend_user", "delete_user"],
        shown_by: about,
        powershell: no_form,
        api: |target| Some(vec![format!("PUT {DIRECTORY}/users/{} {}", percent(&target.name)?, json!({"suspended": true}))]),
    },
    Action {
        id: "revoke_sessions",
        turn: Turn::CutOff,
        title: "Sign the accounts out everywhere",
        effect: "Browser and device sessions end. It comes after the password: whoever can still sign in begins new ones. Applications that were let in keep their tokens until these are revoked.",
        undo: "cannot be undone; the owner signs in again",
        permission: SECURITY,
        confirmed_by: "RESET_SIGNIN_COOKIES for the account in the log of administration",
        operations: &["reset_signin_cookies"],
        shown_by: about,
        powershell: no_form,
        api: |target| Some(vec![format!("POST {DIRECTORY}/users/{}/signOut", percent(&target.name)?)]),
    },
    Action {
        id: "revoke_app_tokens",
        turn: Turn::CutOff,
        title: "Revoke the tokens of the applications that were let in",
        effect: "The application may no longer act for the account. The owner can let it in again: block it in the API controls too.",
        undo: "the owner lets it in again",
        permission: SECURITY,
        confirmed_by: "revoke for the account and application in the log of tokens, or REVOKE_3LO_TOKEN in that of administration",
        operations: &["revoke", "revoke_3lo_token"],
        shown_by: |act, target| {
            let account = target.of.as_deref().unwrap_or_default();
            names(act, &target.name)
                && (names(act, account) || act.actor.as_deref().is_some_and(|actor| actor.eq_ignore_ascii_case(account)))
        },
        powershell: no_form,
        api: |target| Some(vec![format!("DELETE {DIRECTORY}/users/{}/tokens/{}", percent(target.of.as_deref()?)?, percent(&target.name)?)]),
    },
    Action {
        id: "remove_domain_wide_delegation",
        turn: Turn::CutOff,
        title: "Remove the clients that may act for every account",
        effect: "The client can no longer act for accounts; tokens it holds live on for up to an hour. There is no call for it: Admin console, Security, API controls, domain-wide delegation.",
        undo: "authorise the client again with the same scopes",
        permission: "super administrator",
        confirmed_by: "REMOVE_API_CLIENT_ACCESS for the client in the log of administration",
        operations: &["remove_api_client_access"],
        shown_by: about,
        powershell: no_form,
        api: no_form,
    },
    Action {
        id: "remove_forwarding",
        turn: Turn::CutOff,
        title: "Switch forwarding off",
        effect: "The mailbox no longer sends copies elsewhere. Filters that forward have to be deleted one by one.",
        undo: "set the old values, from the snapshot",
        permission: "scope gmail.settings.sharing by delegation",
        confirmed_by: "no record is known that shows it: read the setting again",
        operations: &[],
        shown_by: never,
        powershell: no_form,
        api: |target| {
            let user = percent(&target.name)?;
            let mut calls = vec![format!("PUT {GMAIL}/users/{user}/settings/autoForwarding {}", json!({"enabled": false}))];
            if let Some(to) = &target.kind {
                calls.push(format!("DELETE {GMAIL}/users/{user}/settings/forwardingAddresses/{}", percent(to)?));
            }
            Some(calls)
        },
    },
    Action {
        id: "remove_transport_rule",
        turn: Turn::CutOff,
        title: "Take the routing settings of Gmail back",
        effect: "Mail of the organisation is no longer copied or redirected by them. There is no call for it: Admin console, Apps, Gmail, Routing and Compliance.",
        undo: "make the setting again",
        permission: "an administrator who may change the settings of Gmail",
        confirmed_by: "DELETE_GMAIL_SETTING for the setting in the log of administration, by the name that was given to it; that it was changed again does not show how",
        operations: &["delete_gmail_setting"],
        shown_by: |act, target| names(act, &target.name) && of_its_kind(act, target),
        powershell: no_form,
        api: no_form,
    },
    Action {
        id: "remove_mail_monitor",
        turn: Turn::CutOff,
        title: "Delete the mail monitors",
        effect: "Copies of the account's messages no longer go to another mailbox of the organisation.",
        undo: "make the monitor again",
        permission: "scope https://apps-apis.google.com/a/feeds/compliance/audit/, as super administrator",
        confirmed_by: "DELETE_EMAIL_MONITOR for the account and the mailbox that gets the copies, in the log of administration",
        operations: &["delete_email_monitor"],
        shown_by: |act, target| names(act, &target.name) && target.of.as_deref().is_some_and(|of| names(act, of)),
        powershell: no_form,
        api: monitor_api,
    },
    Action {
        id: "remove_delegate",
        turn: Turn::CutOff,
        title: "Take back the rights of delegates",
        effect: "They can no longer open the mailbox with an account of their own.",
        undo: "give the right again",
        permission: "scope gmail.settings.sharing by delegation",
        confirmed_by: "no record is known that shows it: read the setting again",
        operations: &[],
        shown_by: never,
        powershell: no_form,
        api: |target| {
            Some(vec![format!("DELETE {GMAIL}/users/{}/settings/delegates/{}", percent(target.of.as_deref()?)?, percent(&target.name)?)])
        },
    },
    Action {
        id: "remove_role",
        turn: Turn::CutOff,
        title: "Take the roles back that were given",
        effect: "The account loses the role; look whether it holds others.",
        undo: "assign the role again",
        permission: "scope admin.directory.rolemanagement, and admin.directory.user for the rights of a super administrator; as super administrator",
        confirmed_by: "UNASSIGN_ROLE of that role, or REVOKE_ADMIN_PRIVILEGE where it was the rights of an administrator, for the account in the log of administration; or DELETE_USER or SUSPEND_USER",
        operations: &["unassign_role", "revoke_admin_privilege", "delete_user", "suspend_user"],
        shown_by: role_gone,
        powershell: no_form,
        api: |target| {
            let user = percent(&target.name)?;
            // Where no role is named, it was the rights of a super administrator.
            if target.kind.is_none() {
                return Some(vec![format!("POST {DIRECTORY}/users/{user}/makeAdmin {}", json!({"status": false}))]);
            }
            Some(vec![
                format!("GET {DIRECTORY}/customer/my_customer/roleassignments?userKey={user}"),
                format!("DELETE {DIRECTORY}/customer/my_customer/roleassignments/{{id of the assignment}}"),
            ])
        },
    },
    TAKE_BACK,
    Action {
        id: "look_again",
        turn: Turn::LookAgain,
        title: "Export the logs of the time after, read them into this case, and look again",
        effect: "Nothing changes. Records arrive up to some days late: a look on the same day does not show that it is over. Watch for two weeks.",
        undo: "nothing to undo",
        permission: "as for the export at the beginning",
        confirmed_by: "no record: this plan, with the steps confirmed and no later record of the intruder",
        operations: &[],
        shown_by: never,
        powershell: no_form,
        api: no_form,
    },
];

fn export_api(target: &Confirmation) -> Option<Vec<String>> {
    let Some((from, to)) = target.kind.as_deref().and_then(|span| span.split_once("..")) else { return Some(Vec::new()) };
    let (start, end) = (Nanos::parse(from)?, Nanos::parse(to)?);
    let call = |log: &str, from: &str, to: &str| {
        let (from, to) = (percent(from)?, percent(to)?);
        Some(format!(
            "GET https://admin.googleapis.com/admin/reports/v1/activity/users/all/applications/{log}?startTime={from}&endTime={to}"
        ))
    };
    let mut calls: Vec<String> =
        ["login", "token", "admin", "drive", "user_accounts"].iter().filter_map(|log| call(log, from, to)).collect();
    // What is older is not kept.
    let mut start = start.max(Nanos(end.0.saturating_sub(GMAIL_KEPT)));
    while start < end {
        let stop = end.min(Nanos(start.0.saturating_add(GMAIL_SPAN)));
        calls.extend(call("gmail", &start.to_string(), &stop.to_string()));
        start = stop;
    }
    Some(calls)
}

/// A role is taken back by its name, the rights of an administrator as a whole; an account that is gone or suspended has neither.
fn role_gone(act: &Act, target: &Confirmation) -> bool {
    let same = match act.operation_key().as_str() {
        "unassign_role" => of_its_kind(act, target),
        "revoke_admin_privilege" => target.kind.is_none(),
        _ => true,
    };
    same && about(act, target)
}

fn monitor_api(target: &Confirmation) -> Option<Vec<String>> {
    let ((from, domain), (to, _)) = (target.of.as_deref()?.split_once('@')?, target.name.split_once('@')?);
    let (domain, from, to) = (percent(domain)?, percent(from)?, percent(to)?);
    Some(vec![format!("DELETE https://apps-apis.google.com/a/feeds/compliance/audit/mail/monitor/{domain}/{from}/{to}")])
}
