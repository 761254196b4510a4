//! What the findings of an incident ask for: actions and their targets. Nothing is asked for that no finding tells of.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Confirmation, Finding, Nanos, Step};

use crate::act::{Act, bare, key, own_of_path};
use crate::containment::microsoft::PROTOCOLS;
use crate::containment::quote::guid;
use crate::known::Known;
use crate::role::{AccountRole, Role};

/// The operations that can ask for a step, as [`Act::operation_key`] has them, in order. A test holds it against `of_act`.
pub const CHANGES: [&str; 65] = [
    "add app role assignment to service principal",
    "add delegated permission grant",
    "add device",
    "add eligible member to role",
    "add eligible member to role in pim completed (permanent)",
    "add eligible member to role in pim completed (timebound)",
    "add member to role",
    "add member to role in pim completed (permanent)",
    "add member to role in pim completed (timebound)",
    "add member to role scoped over restricted management administrative unit",
    "add oauth2permissiongrant",
    "add owner to application",
    "add owner to service principal",
    "add scoped member to role",
    "add service principal credentials",
    "add user",
    "add-mailboxfolderpermission",
    "add-mailboxpermission",
    "add-recipientpermission",
    "add-rolegroupmember",
    "admin registered security info",
    "anonymouslinkcreated",
    "anonymouslinkupdated",
    "assign_role",
    "authorize",
    "authorize_api_client_access",
    "change_gmail_setting",
    "consent to application",
    "create_email_monitor",
    "create_gmail_setting",
    "create_user",
    "delete conditional access policy",
    "disable strong authentication",
    "email_forwarding_out_of_domain",
    "enable-inboxrule",
    "enable-transportrule",
    "grant_admin_privilege",
    "new-inboundconnector",
    "new-inboxrule",
    "new-journalrule",
    "new-managementroleassignment",
    "new-outboundconnector",
    "new-transportrule",
    "register device",
    "set domain authentication",
    "set federation settings on domain",
    "set-adminauditlogconfig",
    "set-casmailbox",
    "set-inboundconnector",
    "set-inboxrule",
    "set-journalrule",
    "set-mailbox",
    "set-mailboxauditbypassassociation",
    "set-mailboxfolderpermission",
    "set-organizationconfig",
    "set-outboundconnector",
    "set-transportrule",
    "sharinglinkcreated",
    "sharingset",
    "update application - certificates and secrets management",
    "update conditional access policy",
    "update user",
    "updateinboxrules",
    "user changed default security info",
    "user registered security info",
];

/// A target without what its records add to it: name, owner, kind.
type TargetKey = (String, Option<String>, Option<String>);

/// What records add to a target.
#[derive(Debug, Default)]
pub(crate) struct About {
    pub(crate) id: Option<String>,
    pub(crate) since: Option<Nanos>,
    pub(crate) findings: BTreeSet<String>,
}

/// What is done to accounts whatever was done with them: it takes nothing back.
const OF_ACCOUNTS: [&str; 3] = ["block_device_code", "reset_password", "revoke_sessions"];

/// Actions whose targets are accounts or mailboxes. Exchange often names these by a path in its directory.
const ON_OWNERS: [&str; 16] = [
    "block_mailbox_protocols",
    "close_protocols",
    "disable_account",
    "hold_mailbox",
    "remove_authentication_method",
    "remove_delegate",
    "remove_forwarding",
    "remove_owner",
    "remove_role",
    "remove_role_eligibility",
    "remove_role_group_member",
    "reset_password",
    "restore_auditing",
    "restore_second_factor",
    "revoke_sessions",
    "snapshot_settings",
];

/// Targets by action.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) targets: BTreeMap<&'static str, BTreeMap<TargetKey, About>>,
    /// How often something was to be taken back.
    taken_back: usize,
}

impl Wanted {
    /// Adds a target of an action; what is named twice is one target, and the later time counts, or none where one is not known.
    pub(crate) fn add(&mut self, action: &'static str, target: Confirmation, finding: &Finding) {
        if target.name.is_empty() && action != "remove_inbox_rule" {
            return;
        }
        let name = if ON_OWNERS.contains(&action) { own_of_path(&target.name) } else { target.name };
        let target = Confirmation { name, of: target.of.as_deref().map(own_of_path), ..target };
        self.taken_back += usize::from(!OF_ACCOUNTS.contains(&action));
        let first = || About { since: target.since, ..About::default() };
        let about = self.targets.entry(action).or_default().entry((target.name, target.of, target.kind)).or_insert_with(first);
        about.id = about.id.take().or(target.id);
        about.since = about.since.zip(target.since).map(|(known, other)| known.max(other));
        about.findings.insert(finding.id.clone());
    }

    /// Adds what one finding and the records it cites ask for.
    pub(crate) fn of_finding(&mut self, finding: &Finding, acts: &[Act], known: &Known) {
        let before = self.taken_back;
        self.access(finding);
        self.accounts(finding, acts);
        self.applications(finding, acts, known);
        for act in acts.iter().filter(|act| !act.failed()) {
            self.of_act(finding, act);
        }
        // What stays in place is not to be forgotten only because no step knows it.
        let stays =
            matches!(Role::of(&finding.category).step, Step::Persistence | Step::Exfiltration) && finding.step != Some(Step::Access);
        if stays && self.taken_back == before {
            let of = finding.accounts.first().cloned();
            self.add("take_back", Confirmation { name: finding.title.clone(), of, ..Confirmation::default() }, finding);
        }
    }

    /// Mail reached with tokens that no sign-in issued, or by delegates.
    fn access(&mut self, finding: &Finding) {
        let unissued =
            matches!(finding.category.as_str(), "token_never_issued" | "token_inconsistent" | "foreign_token" | "access_without_signin");
        if unissued && !is_google(finding) {
            for mailbox in &finding.mailboxes {
                self.add("block_mailbox_protocols", named(mailbox, finding.last_time), finding);
            }
        }
        // Of such a token Entra may know the session: it is refused with the rest.
        let issued_once = matches!(finding.category.as_str(), "token_inconsistent" | "access_without_signin");
        if issued_once {
            for account in people(&finding.accounts) {
                self.add("revoke_sessions", named(account, finding.last_time), finding);
            }
        }
        if finding.category == "mailbox_delegation" && is_google(finding) {
            for (delegate, mailbox) in pairs(&finding.accounts, &finding.mailboxes) {
                self.add("remove_delegate", Confirmation { of: Some(key(mailbox)), ..named(delegate, finding.last_time) }, finding);
            }
        }
    }

    /// Accounts that somebody acts with: those who did what the records tell, else those the finding names.
    fn accounts(&mut self, finding: &Finding, acts: &[Act]) {
        let acting = Role::of(&finding.category).account == AccountRole::Acts;
        if !acting || is_google_delegate(finding) {
            return;
        }
        let actors: Vec<String> = acts.iter().filter(|act| !act.failed()).filter_map(|act| act.actor.clone()).collect();
        let accounts = if people(&actors).next().is_some() { &actors } else { &finding.accounts };
        for account in people(accounts) {
            self.add("revoke_sessions", named(account, finding.last_time), finding);
            // Who entered a code for somebody else gave no password away.
            if finding.category != "device_code" {
                self.add("reset_password", named(account, finding.last_time), finding);
            }
        }
        if finding.category == "device_code" {
            self.add("block_device_code", named("device code", finding.last_time), finding);
        }
    }

    /// Applications that were let in, or reach mail on their own account. The provider's own are left alone.
    fn applications(&mut self, finding: &Finding, acts: &[Act], known: &Known) {
        let let_in = matches!(finding.category.as_str(), "oauth_consent" | "consent_then_read" | "app_permission" | "app_mail_access");
        if !let_in {
            return;
        }
        if is_google(finding) {
            return self.google_applications(finding);
        }
        let of_acts = acts.iter().filter_map(application);
        let ids: BTreeSet<String> = finding.apps.iter().cloned().chain(of_acts).filter_map(|app| Some(key(guid(&app)?))).collect();
        let on_its_own = acts.iter().any(|act| act.operation_key().starts_with("add app role assignment"));
        for id in ids.into_iter().filter(|id| !known.is_provider_app(id)) {
            let target = named(&id, finding.last_time);
            self.add("disable_application", target.clone(), finding);
            if matches!(finding.category.as_str(), "oauth_consent" | "consent_then_read") && !only_app_roles(acts) {
                self.add("remove_consent", target.clone(), finding);
            }
            if on_its_own || matches!(finding.category.as_str(), "app_permission" | "app_mail_access") {
                self.add("remove_app_permission", target, finding);
            }
        }
    }

    /// Applications that people let in: each holds a token of each of them.
    fn google_applications(&mut self, finding: &Finding) {
        let clients = finding.apps.iter().filter(|app| app.ends_with(".apps.googleusercontent.com"));
        for client in clients.filter(|_| matches!(finding.category.as_str(), "oauth_consent" | "consent_then_read")) {
            for account in people(&finding.accounts) {
                self.add("revoke_app_tokens", Confirmation { of: Some(key(account)), ..named(client, finding.last_time) }, finding);
            }
        }
    }

    /// What one record did, to be taken back.
    fn of_act(&mut self, finding: &Finding, act: &Act) {
        let operation = act.operation_key();
        if act.is_google() {
            return self.of_google_act(finding, act, &operation);
        }
        match operation.as_str() {
            "new-inboxrule" | "set-inboxrule" | "enable-inboxrule" | "updateinboxrules" => self.rule(finding, act),
            "new-transportrule" | "set-transportrule" | "enable-transportrule" | "new-journalrule" | "set-journalrule" => {
                let kind = if operation.contains("journal") { "journal" } else { "transport" };
                self.add("remove_transport_rule", Confirmation { kind: owned(kind), ..named_exactly(own_name(act), act) }, finding);
            }
            "new-inboundconnector" | "set-inboundconnector" | "new-outboundconnector" | "set-outboundconnector" => {
                let kind = if operation.ends_with("inboundconnector") { "inbound" } else { "outbound" };
                self.add("disable_connector", Confirmation { kind: owned(kind), ..named_exactly(own_name(act), act) }, finding);
            }
            "add owner to application" | "add owner to service principal" => {
                let (kind, property) = if operation.ends_with("application") {
                    ("application", "Application.ObjectID")
                } else {
                    ("service principal", "ServicePrincipal.ObjectID")
                };
                let of = act.value(property).map(str::to_owned);
                self.add("remove_owner", Confirmation { of, kind: owned(kind), ..user(act) }, finding);
            }
            "set-mailbox" => self.set_mailbox(finding, act),
            "add-mailboxpermission" | "add-recipientpermission" | "add-mailboxfolderpermission" | "set-mailboxfolderpermission" => {
                self.delegate(finding, act, &operation);
            }
            "new-managementroleassignment" => self.add("remove_role_assignment", named_exactly(own_name(act), act), finding),
            "set-casmailbox" => self.protocols(finding, act),
            "add-rolegroupmember" => {
                let (who, of) = (act.text("Member").unwrap_or_default(), act.text("Identity").map(str::to_owned));
                self.add("remove_role_group_member", Confirmation { of, ..named_as(who, act) }, finding);
            }
            "add user" if finding.category == "account_created" => self.add("disable_account", user(act), finding),
            "user registered security info" | "admin registered security info" | "user changed default security info" => {
                self.add("remove_authentication_method", user(act), finding);
            }
            "disable strong authentication" => self.add("restore_second_factor", user(act), finding),
            "update user" if finding.category == "mfa_disabled" && act.has("StrongAuthenticationRequirement") => {
                self.add("restore_second_factor", user(act), finding);
            }
            "update conditional access policy" | "delete conditional access policy" if finding.category == "mfa_disabled" => {
                let name = act.target.as_deref().unwrap_or_default();
                let kind = operation.starts_with("delete").then(|| "deleted".to_owned());
                self.add("restore_policy", Confirmation { id: act.target_id.clone(), kind, ..named_as(name, act) }, finding);
            }
            "add device" | "register device" => self.device(finding, act),
            "set domain authentication" | "set federation settings on domain" => {
                self.add("restore_federation", named_as(act.target.as_deref().unwrap_or_default(), act), finding);
            }
            "anonymouslinkcreated" | "sharinglinkcreated" | "anonymouslinkupdated" | "sharingset" => {
                self.add("remove_sharing_link", named_as(act.target.as_deref().unwrap_or_default(), act), finding);
            }
            "set-mailboxauditbypassassociation" if act.value("AuditBypassEnabled").is_some_and(is_true) => {
                self.auditing(finding, act, "bypass", identity(act));
            }
            "set-adminauditlogconfig" => self.auditing(finding, act, "ingestion", "the organisation"),
            "set-organizationconfig" if act.has("AuditDisabled") => self.auditing(finding, act, "organisation", "the organisation"),
            _ if operation.contains("certificates and secrets management") || operation == "add service principal credentials" => {
                self.credentials(finding, act, &operation);
            }
            // Directly, of a part of the directory, or in privileged identity management; all are in `CHANGES`.
            _ if operation.starts_with("add ") && operation.contains("member to role") => self.role(finding, act, &operation),
            _ => {}
        }
    }

    fn rule(&mut self, finding: &Finding, act: &Act) {
        if act.value("RuleOperation").is_some_and(|word| word.to_lowercase().contains("remove")) {
            return;
        }
        let (owner, named) = act.inbox_rule();
        let name = act.text("Name").or(named).unwrap_or_default();
        self.add("remove_inbox_rule", Confirmation { of: owner.map(key), ..named_exactly(name, act) }, finding);
    }

    /// A device goes by its id: whoever registered it chose its name.
    fn device(&mut self, finding: &Finding, act: &Act) {
        let name = act.target_id.as_deref().or(act.target.as_deref()).unwrap_or_default();
        self.add("remove_device", Confirmation { kind: act.target.clone(), ..named_as(name, act) }, finding);
    }

    /// A role, or that an account may switch it on when it likes.
    fn role(&mut self, finding: &Finding, act: &Act, operation: &str) {
        let role = act.value("Role.DisplayName");
        let action = if operation.contains("eligible") { "remove_role_eligibility" } else { "remove_role" };
        // In privileged identity management the role is the target, and who was given it stands beside.
        let is_role = operation.contains(" in pim ") && !act.target.as_deref().is_some_and(|target| target.contains('@'));
        let target = if is_role {
            let kind = role.or(act.target.as_deref()).map(str::to_owned);
            let who = act.value("User.UPN").or_else(|| act.value("Target")).unwrap_or_default();
            Confirmation { kind, ..named_as(&key(who), act) }
        } else {
            Confirmation { kind: role.map(str::to_owned), ..user(act) }
        };
        self.add(action, target, finding);
    }

    fn set_mailbox(&mut self, finding: &Finding, act: &Act) {
        let mailbox = identity(act);
        for property in ["ForwardingSmtpAddress", "ForwardingAddress"].into_iter().filter(|property| act.value(property).is_some()) {
            self.add("remove_forwarding", Confirmation { kind: owned(property), ..named_as(mailbox, act) }, finding);
        }
        if act.value("GrantSendOnBehalfTo").is_some() {
            let name = act.value("GrantSendOnBehalfTo").unwrap_or_default();
            let target = Confirmation { of: Some(key(mailbox)), kind: owned("SendOnBehalf"), ..named_as(name, act) };
            self.add("remove_delegate", target, finding);
        }
        let narrows = ["AuditEnabled", "AuditOwner", "AuditDelegate", "AuditAdmin"].iter().any(|name| act.has(name));
        if finding.category == "audit_tampering" && narrows {
            self.auditing(finding, act, "mailbox", mailbox);
        }
    }

    fn delegate(&mut self, finding: &Finding, act: &Act, operation: &str) {
        let kind = match operation {
            "add-recipientpermission" => "SendAs",
            "add-mailboxpermission" => "FullAccess",
            _ => "folder",
        };
        let Some(who) = act.value("User").or_else(|| act.value("Trustee")) else { return };
        // A folder is named as `address:\Folder`, which must stay as it is.
        let of = if kind == "folder" { act.text("Identity").map(str::to_owned) } else { Some(key(identity(act))) };
        self.add("remove_delegate", Confirmation { of, kind: owned(kind), ..named_as(who, act) }, finding);
    }

    fn protocols(&mut self, finding: &Finding, act: &Act) {
        let opened: Vec<&str> = PROTOCOLS.into_iter().filter(|name| act.value(name).is_some_and(is_true)).collect();
        if !opened.is_empty() {
            self.add("close_protocols", Confirmation { kind: Some(opened.join(" ")), ..named_as(identity(act), act) }, finding);
        }
    }

    fn auditing(&mut self, finding: &Finding, act: &Act, kind: &str, name: &str) {
        self.add("restore_auditing", Confirmation { kind: owned(kind), ..named_as(name, act) }, finding);
    }

    fn credentials(&mut self, finding: &Finding, act: &Act, operation: &str) {
        let Some((old, new)) = act.change("KeyDescription") else { return };
        let of = if operation.starts_with("add service") { "service principal" } else { "application" };
        for (id, kind) in keys_of(new) {
            if !old.to_lowercase().contains(&id) {
                let kind = Some(format!("{of} {kind}"));
                self.add("remove_credential", Confirmation { of: act.target_id.clone(), kind, ..named_as(&id, act) }, finding);
            }
        }
    }

    fn of_google_act(&mut self, finding: &Finding, act: &Act, operation: &str) {
        let actor = act.actor.as_deref().unwrap_or_default();
        match operation {
            "authorize" => {
                let client = act.app_id.as_deref().or(act.target_id.as_deref()).unwrap_or_default();
                self.add("revoke_app_tokens", Confirmation { of: Some(key(actor)), ..named_as(client, act) }, finding);
            }
            "authorize_api_client_access" => {
                let client = act.target_id.as_deref().or(act.target.as_deref()).unwrap_or_default();
                self.add("remove_domain_wide_delegation", named_as(client, act), finding);
            }
            "email_forwarding_out_of_domain" => {
                let kind = act.value("email_forwarding_destination_address").map(str::to_owned);
                self.add("remove_forwarding", Confirmation { kind, ..named_as(actor, act) }, finding);
            }
            "create_gmail_setting" | "change_gmail_setting" => {
                // What is named is the kind of setting; several of one kind tell each other apart by the name given to them.
                let kind = act.text("USER_DEFINED_SETTING_NAME").map(str::to_owned);
                self.add(
                    "remove_transport_rule",
                    Confirmation { kind, ..named_as(act.target.as_deref().unwrap_or_default(), act) },
                    finding,
                );
            }
            "create_email_monitor" => {
                let of = act.value("USER_EMAIL").or(act.target.as_deref()).map(key);
                let to = act.value("EMAIL_MONITOR_DEST_EMAIL").unwrap_or_default();
                self.add("remove_mail_monitor", Confirmation { of, ..named_as(&key(to), act) }, finding);
            }
            "assign_role" | "grant_admin_privilege" => {
                let kind = act.value("ROLE_NAME").or((operation == "assign_role").then_some("a role without a name")).map(str::to_owned);
                let name = act.value("USER_EMAIL").or(act.target.as_deref()).unwrap_or_default();
                self.add("remove_role", Confirmation { kind, ..named_as(&key(name), act) }, finding);
            }
            "create_user" if finding.category == "account_created" => {
                let name = act.value("USER_EMAIL").or(act.target.as_deref()).unwrap_or_default();
                self.add("disable_account", named_as(&key(name), act), finding);
            }
            _ => {}
        }
    }
}

/// Whether a finding is about Google Workspace.
pub(crate) fn is_google(finding: &Finding) -> bool {
    finding.detection.starts_with("google.")
}

/// A delegate uses an account of his own, which may be in nobody's hands.
fn is_google_delegate(finding: &Finding) -> bool {
    finding.category == "mailbox_delegation" && is_google(finding)
}

/// A target that is known by its name.
fn named(name: &str, since: Option<Nanos>) -> Confirmation {
    Confirmation { name: key(name), since, ..Confirmation::default() }
}

/// A target of a record.
fn named_as(name: &str, act: &Act) -> Confirmation {
    Confirmation { name: name.trim().to_owned(), since: act.time, ..Confirmation::default() }
}

/// A target whose name may have blanks at its ends.
fn named_exactly(name: &str, act: &Act) -> Confirmation {
    Confirmation { name: name.to_owned(), since: act.time, ..Confirmation::default() }
}

/// The account or device a directory record is about.
fn user(act: &Act) -> Confirmation {
    let name = act.target.as_deref().or(act.target_id.as_deref()).unwrap_or_default();
    Confirmation { id: act.target_id.clone(), ..named_as(&key(name), act) }
}

fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// The mailbox that an Exchange record is about.
fn identity(act: &Act) -> &str {
    act.mailbox.as_deref().or_else(|| act.value("Identity")).or(act.target.as_deref()).unwrap_or_default()
}

/// The name of a rule or assignment, as it is: what stands behind a backslash may be the name of another.
fn own_name(act: &Act) -> &str {
    act.text("Name").or_else(|| act.text("Identity")).or(act.target.as_deref()).unwrap_or_default()
}

/// Accounts of people: addresses, not services.
fn people(accounts: &[String]) -> impl Iterator<Item = &String> {
    accounts.iter().filter(|account| account.contains('@'))
}

/// Each account with each mailbox that is not its own.
fn pairs<'a>(accounts: &'a [String], mailboxes: &'a [String]) -> impl Iterator<Item = (&'a String, &'a String)> {
    let others =
        |account: &'a String| mailboxes.iter().filter(move |mailbox| key(mailbox) != key(account)).map(move |mailbox| (account, mailbox));
    people(accounts).flat_map(others)
}

/// The id of the application that a record gives rights to.
fn application(act: &Act) -> Option<String> {
    let listed = act.value("ServicePrincipal.AppId").or_else(|| act.value("TargetId.ServicePrincipalNames"));
    listed?.split([';', ',', ' ']).map(bare).find_map(guid).map(str::to_owned)
}

/// Whether all that was given are rights of the application's own: there is no consent of a person to take back.
fn only_app_roles(acts: &[Act]) -> bool {
    let gives = |act: &&Act| {
        let operation = act.operation_key();
        operation.starts_with("add app role assignment")
            || operation.starts_with("add delegated permission")
            || operation.starts_with("add oauth2")
    };
    let mut given = acts.iter().filter(gives).peekable();
    given.peek().is_some() && given.all(|act| act.operation_key().starts_with("add app role assignment"))
}

/// The ids and kinds of credentials in a description of keys, ids in lower case.
fn keys_of(description: &str) -> Vec<(String, String)> {
    let entries = description.split("KeyIdentifier=").skip(1);
    let read = |entry: &str| {
        let id = entry.split(',').next().and_then(|id| guid(id.trim()))?.to_lowercase();
        let kind = entry.split("KeyType=").nth(1).map_or("", |rest| rest.split([',', ']']).next().unwrap_or_default());
        Some((id, kind.trim().to_owned()))
    };
    entries.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation that stands as a pattern in this file is one that is asked for.
    #[test]
    fn what_is_asked_for_is_what_is_looked_at() {
        assert!(CHANGES.is_sorted());
        let source = include_str!("wanted.rs");
        let matched = source.split("fn of_act").nth(1).unwrap().split("\nfn ").next().unwrap();
        let arms = matched.lines().filter(|line| line.trim_start().starts_with('"') && (line.contains("=>") || line.contains(" if ")));
        let named: Vec<&str> = arms
            .flat_map(|line| line.split("=>").next().unwrap_or_default().split(" if ").take(1))
            .flat_map(|arm| arm.split('"').skip(1).step_by(2))
            .collect();
        assert!(named.len() > 40, "{named:?}");
        for operation in named {
            assert!(CHANGES.contains(&operation), "{operation}");
        }
    }

    #[test]
    fn credentials_are_read_from_both_spellings() {
        let id = "86e02fd3-d795-4587-a96c-259ba820607a";
        let description = format!(
            "[\r\n \"[KeyIdentifier={id},KeyType=Password,KeyUsage=Verify,DisplayName=x]\",\"[KeyIdentifier=zzz,KeyType=Password]\"\r\n]"
        );
        assert_eq!(keys_of(&description), [(id.to_owned(), "Password".to_owned())]);
        assert!(keys_of("KeyIdentifier=").is_empty() && keys_of("").is_empty());
    }
}
