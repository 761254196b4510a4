//! What can be done in Microsoft 365 and Entra ID.
//!
//! Sources: the reference of each cmdlet and call on <https://learn.microsoft.com/powershell/exchange/> and
//! <https://learn.microsoft.com/graph/api/>; names of operations as in
//! <https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities> and in records. What was compared with
//! which page stands in `docs/containment.md`.

use serde_json::json;
use waxseal_model::Confirmation;

use crate::act::{Act, bare, key};
use crate::containment::action::{Action, TAKE_BACK, Turn, about, became, by_itself, names, never, no_form, of_its_kind};
use crate::containment::quote::{guid, percent, powershell};

const GRAPH: &str = "https://graph.microsoft.com/v1.0";

/// Calls that v1.0 does not have.
const BETA: &str = "https://graph.microsoft.com/beta";

/// What an application holds stands in several records at least, of which each tells of a part.
const GONE: &str = "Remove service principal or Hard delete service principal on the application; that one grant or right was removed does not show that none is left";
const GONE_OPERATIONS: &[&str] = &["remove service principal", "hard delete service principal"];

const EXCHANGE: &str = "Exchange Online PowerShell with the role group Organization Management, or a role group with only this cmdlet";

pub(crate) const ACTIONS: &[Action] = &[
    Action {
        id: "export_logs",
        turn: Turn::Keep,
        title: "Export the logs of the whole time before they run out",
        effect: "Nothing changes. Entra keeps sign-ins for 30 days, without a premium licence for 7; the unified audit log is kept for 180 days, of some licences for a year. What has run out cannot be fetched again, and removing a licence can shorten it.",
        undo: "nothing to undo",
        permission: "the role View-Only Audit Logs for the unified audit log; Graph: AuditLog.Read.All, AuditLogsQuery.Read.All and the role Security Reader",
        confirmed_by: "no record: the exports themselves, read into this case",
        operations: &[],
        shown_by: never,
        powershell: export_powershell,
        api: export_api,
    },
    Action {
        id: "hold_mailbox",
        turn: Turn::Keep,
        title: "Put the mailboxes on litigation hold",
        effect: "What is deleted from them from now on is kept, unseen by the owner. It takes up to an hour until it works, and needs an Exchange Online Plan 2 licence or the archiving add-on.",
        undo: "Set-Mailbox with -LitigationHoldEnabled $false; what was kept is then deleted in time",
        permission: "Exchange Online PowerShell with the role Legal Hold",
        confirmed_by: "Set-Mailbox on the mailbox with LitigationHoldEnabled True",
        operations: &["set-mailbox"],
        shown_by: |act, target| about(act, target) && became(act, "LitigationHoldEnabled", "true"),
        powershell: |target| Some(vec![format!("Set-Mailbox -Identity {} -LitigationHoldEnabled $true", powershell(&target.name)?)]),
        api: no_form,
    },
    Action {
        id: "snapshot_settings",
        turn: Turn::Keep,
        title: "Write down settings as they are: auditing, forwarding, rules, rights, ways to authenticate",
        effect: "Nothing changes. The steps below destroy what they remove; changing any rule by PowerShell also deletes the rules that only the owner's Outlook knows.",
        undo: "nothing to undo",
        permission: "Exchange Online PowerShell with the role View-Only Recipients (rules need Mail Recipients); Graph: UserAuthenticationMethod.Read.All, Directory.Read.All and the role Global Reader; for rules MailboxSettings.Read, which for mailboxes of others only an application can have",
        confirmed_by: "no record: the saved output",
        operations: &[],
        shown_by: never,
        powershell: |target| {
            let name = powershell(&target.name)?;
            Some(vec![
                format!("Get-Mailbox -Identity {name} | Select-Object * | ConvertTo-Json -Depth 5"),
                format!("Get-InboxRule -Mailbox {name} -IncludeHidden | Select-Object * | ConvertTo-Json -Depth 5"),
                format!("Get-MailboxPermission -Identity {name} | ConvertTo-Json -Depth 5"),
                format!("Get-RecipientPermission -Identity {name} | ConvertTo-Json -Depth 5"),
                format!(
                    "Get-MailboxFolderStatistics -Identity {name} | ForEach-Object {{ Get-MailboxFolderPermission -Identity ({name} + ':' + $_.FolderId) }} | ConvertTo-Json -Depth 5"
                ),
                format!("Get-CASMailbox -Identity {name} | Select-Object * | ConvertTo-Json -Depth 5"),
            ])
        },
        api: |target| {
            let user = percent(&target.name)?;
            Some(vec![
                format!("GET {GRAPH}/users/{user}/authentication/methods"),
                format!("GET {GRAPH}/users/{user}/mailFolders/inbox/messageRules"),
                format!("GET {GRAPH}/users/{user}/oauth2PermissionGrants"),
                format!("GET {GRAPH}/users/{user}/registeredDevices"),
            ])
        },
    },
    Action {
        id: "ask_provider",
        turn: Turn::Keep,
        title: "Keep the list of tokens and sessions, and ask the provider about them at once",
        effect: "Nothing changes in the tenant. Only the provider can tell whether it issued a token, to whom, and whether others are affected; its own logs run out too. The records and questions are in the hand-over of the incident and in hand-over.csv.",
        undo: "nothing to undo",
        permission: "whoever may open a support case with Microsoft; for its security response: msrc.microsoft.com",
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
        effect: "The old password opens nothing any more; the owner gets a new one by a way the intruder does not read. Where passwords come from a directory of one's own, it has to be done there, and for a guest in his own organisation. Passwords of applications stay, and so may sessions that were begun without the password. Until it is done, blocking the sign-in (accountEnabled false) keeps everybody out, the owner too.",
        undo: "cannot be undone",
        permission: "User-PasswordProfile.ReadWrite.All and the role User Administrator, which an application needs as well; for holders of roles Privileged Authentication Administrator",
        confirmed_by: "Reset user password, Reset password, Change user password, Reset password (by admin), or Update PasswordProfile, on the account",
        operations: &[
            "reset user password",
            "reset password",
            "change user password",
            "reset password (by admin)",
            "update passwordprofile",
        ],
        shown_by: about,
        powershell: |target| {
            let name = powershell(&target.name)?;
            Some(vec![format!(
                "Update-MgUser -UserId {name} -PasswordProfile @{{ Password = (Read-Host 'new password'); ForceChangePasswordNextSignIn = $true }}"
            )])
        },
        api: |target| {
            let body = json!({"passwordProfile": {"password": "<new password>", "forceChangePasswordNextSignIn": true}});
            Some(vec![format!("PATCH {GRAPH}/users/{} {body}", percent(&target.name)?)])
        },
    },
    Action {
        id: "disable_account",
        turn: Turn::CutOff,
        title: "Block the accounts that were made",
        effect: "Nobody can sign in with them, and none of their tokens is renewed; access tokens live on as told for sessions. What they own stays, for the investigation.",
        undo: "the same with $true or true",
        permission: "User.EnableDisableAccount.All, User.Read.All and the role User Administrator; for holders of roles Privileged Authentication Administrator",
        confirmed_by: "Disable account on the account, or Update user with AccountEnabled false, or Delete user",
        operations: &["disable account", "update user", "delete user"],
        shown_by: |act, target| about(act, target) && (act.operation_key() != "update user" || became(act, "AccountEnabled", "false")),
        powershell: |target| Some(vec![format!("Update-MgUser -UserId {} -AccountEnabled:$false", powershell(&target.name)?)]),
        api: |target| Some(vec![format!("PATCH {GRAPH}/users/{} {}", percent(&target.name)?, json!({"accountEnabled": false}))]),
    },
    Action {
        id: "restore_federation",
        turn: Turn::CutOff,
        title: "Take back the trust in another identity provider",
        effect: "Sign-ins of the domain are no longer believed to whoever holds the key that was set. Before it is done, look how the domain was meant to be: a domain that has always been federated gets its old settings back instead. Whoever has no password in Entra cannot sign in until one is set.",
        undo: "set the old federation again, from the record that changed it",
        permission: "Domain.ReadWrite.All and the role Domain Name Administrator",
        confirmed_by: "Set domain authentication on the domain, to Managed",
        operations: &["set domain authentication"],
        shown_by: |act, target| {
            about(act, target)
                && act.properties.iter().any(|change| change.new.as_deref().is_some_and(|new| bare(new).eq_ignore_ascii_case("managed")))
        },
        powershell: |target| {
            let name = powershell(&target.name)?;
            Some(vec![
                format!("Get-MgDomainFederationConfiguration -DomainId {name} | ConvertTo-Json -Depth 5"),
                format!("Update-MgDomain -DomainId {name} -AuthenticationType Managed"),
            ])
        },
        api: |target| {
            let domain = percent(&target.name)?;
            Some(vec![
                format!("GET {GRAPH}/domains/{domain}/federationConfiguration"),
                format!("PATCH {GRAPH}/domains/{domain} {}", json!({"authenticationType": "Managed"})),
            ])
        },
    },
    Action {
        id: "remove_authentication_method",
        turn: Turn::CutOff,
        title: "Remove the ways to authenticate that were added",
        effect: "The intruder's phone, key or code no longer opens the account. Look with the owner which ones are his own.",
        undo: "the owner registers again",
        permission: "UserAuthenticationMethod.ReadWrite.All and the role Authentication Administrator; for holders of roles Privileged Authentication Administrator",
        confirmed_by: "Admin deleted security info on the account, by somebody else; what the account deletes itself may be its owner's",
        operations: &["admin deleted security info"],
        shown_by: |act, target| about(act, target) && act.actor.is_some() && !by_itself(act, target),
        powershell: |target| {
            Some(vec![
                format!("Get-MgUserAuthenticationMethod -UserId {} | ConvertTo-Json -Depth 5", powershell(&target.name)?),
                "# then, by its kind, Remove-MgUserAuthenticationPhoneMethod (or ...MicrosoftAuthenticatorMethod, ...Fido2Method, ...SoftwareOathMethod, ...EmailMethod) with the account and the id".to_owned(),
            ])
        },
        api: |target| {
            let user = percent(&target.name)?;
            Some(vec![
                format!("GET {GRAPH}/users/{user}/authentication/methods"),
                format!("DELETE {GRAPH}/users/{user}/authentication/{{kind of method}}/{{id of the method}}"),
            ])
        },
    },
    Action {
        id: "remove_device",
        turn: Turn::CutOff,
        title: "Disable the devices that were registered",
        effect: "Tokens of the device get nothing new, and it no longer counts as a known device.",
        undo: "the same with $true or true",
        permission: "Directory.AccessAsUser.All and the role Cloud Device Administrator; Device.ReadWrite.All does for an application",
        confirmed_by: "Update device with AccountEnabled false, Disable device, Delete device, or Unregister device, on the device with that id",
        operations: &["update device", "disable device", "delete device", "unregister device"],
        shown_by: |act, target| {
            guid(&target.name).is_some_and(|id| names(act, id))
                && (act.operation_key() != "update device" || became(act, "AccountEnabled", "false"))
        },
        powershell: |target| Some(vec![format!("Update-MgDevice -DeviceId '{}' -AccountEnabled:$false", guid(&target.name)?)]),
        api: |target| Some(vec![format!("PATCH {GRAPH}/devices/{} {}", guid(&target.name)?, json!({"accountEnabled": false}))]),
    },
    Action {
        id: "revoke_sessions",
        turn: Turn::CutOff,
        title: "Revoke the sessions of the accounts",
        effect: "Refresh tokens and browser sessions that Entra issued end within minutes. It comes after the password and the ways to authenticate: whoever can still sign in gets new ones. Access tokens live on for up to an hour and a half, in Teams and Microsoft 365 for up to two hours; where the application checks continuously, for up to 28 hours, but there they are refused within a quarter of an hour. Sessions of an application of its own, and the rights that applications hold on their own account, stay; so do the sessions of a guest, which only his own organisation can end. Everybody signed in with the account has to sign in again. It does not touch a token that Entra never issued.",
        undo: "cannot be undone; the owner signs in again",
        permission: "User.RevokeSessions.All and the role Helpdesk Administrator; for holders of roles Privileged Authentication Administrator",
        confirmed_by: "Update StsRefreshTokenValidFrom Timestamp on the account",
        operations: &["update stsrefreshtokenvalidfrom timestamp"],
        shown_by: about,
        powershell: |target| Some(vec![format!("Revoke-MgUserSignInSession -UserId {}", powershell(&target.name)?)]),
        api: |target| Some(vec![format!("POST {GRAPH}/users/{}/revokeSignInSessions", percent(&target.name)?)]),
    },
    Action {
        id: "block_mailbox_protocols",
        turn: Turn::CutOff,
        title: "Close the protocols of the mailboxes until the provider has answered",
        effect: "Neither the owner nor anybody else gets at the mailbox by Outlook, browser, phone, Exchange Web Services, IMAP or POP; mail goes on arriving. No such setting is known for Microsoft Graph. A tenant cannot revoke a token that it never issued: these are the doors that it can close itself. Whether every interface of the provider keeps to them for every token only the provider can say, so the hand-over goes with it.",
        undo: "the same with $true for what was open before, from the snapshot",
        permission: "Exchange Online PowerShell with the role Mail Recipients",
        confirmed_by: "Set-CASMailbox on the mailbox with all that the command sets at False, in one record",
        operations: &["set-casmailbox"],
        shown_by: |act, target| about(act, target) && DOORS.iter().all(|door| became(act, door, "false")),
        powershell: |target| Some(vec![close(&target.name, &DOORS)?]),
        api: no_form,
    },
    Action {
        id: "close_protocols",
        turn: Turn::CutOff,
        title: "Close the protocols that were opened",
        effect: "Programs that sign in without a second factor no longer reach the mailbox. Devices that rely on it stop working.",
        undo: "the same with $true",
        permission: "Exchange Online PowerShell with the role Mail Recipients",
        confirmed_by: "Set-CASMailbox on the mailbox with the protocol False",
        operations: &["set-casmailbox"],
        shown_by: |act, target| about(act, target) && protocols(target).iter().all(|protocol| became(act, protocol, "false")),
        powershell: |target| Some(vec![close(&target.name, &protocols(target))?]),
        api: no_form,
    },
    Action {
        id: "disable_application",
        turn: Turn::CutOff,
        title: "Disable the applications",
        effect: "They get no new tokens in this tenant; tokens they hold live on for up to an hour and a half. Disabled is better than deleted: what is deleted, a user can let in again.",
        undo: "the same with $true or true",
        permission: "Application.ReadWrite.All and the role Cloud Application Administrator",
        confirmed_by: "Update service principal on the application with AccountEnabled false, Disable service principal, Remove service principal, or Hard delete service principal",
        operations: &["update service principal", "disable service principal", "remove service principal", "hard delete service principal"],
        shown_by: |act, target| {
            about(act, target) && (act.operation_key() != "update service principal" || became(act, "AccountEnabled", "false"))
        },
        powershell: |target| {
            let id = guid(&target.name)?;
            Some(vec![format!(
                "Get-MgServicePrincipal -Filter \"appId eq '{id}'\" | ForEach-Object {{ Update-MgServicePrincipal -ServicePrincipalId $_.Id -AccountEnabled:$false }}"
            )])
        },
        api: |target| {
            Some(vec![format!("PATCH {GRAPH}/servicePrincipals(appId='{}') {}", guid(&target.name)?, json!({"accountEnabled": false}))])
        },
    },
    Action {
        id: "remove_consent",
        turn: Turn::Mend,
        title: "Remove the consent given to the applications",
        effect: "Once the application is disabled, a consent opens nothing; when it is removed as well, nothing is left that enabling the application would open again. There can be several grants, of single users and of everybody. The first line writes them down.",
        undo: "POST the saved grant again",
        permission: "DelegatedPermissionGrant.ReadWrite.All, Application.Read.All and the role Cloud Application Administrator",
        confirmed_by: GONE,
        operations: GONE_OPERATIONS,
        shown_by: about,
        powershell: |target| {
            let id = guid(&target.name)?;
            let grants = format!(
                "Get-MgServicePrincipal -Filter \"appId eq '{id}'\" | ForEach-Object {{ Get-MgServicePrincipalOauth2PermissionGrant -ServicePrincipalId $_.Id -All }}"
            );
            Some(vec![
                format!("{grants} | ConvertTo-Json -Depth 5"),
                format!("{grants} | ForEach-Object {{ Remove-MgOauth2PermissionGrant -OAuth2PermissionGrantId $_.Id }}"),
            ])
        },
        api: |target| {
            let id = guid(&target.name)?;
            Some(vec![
                format!("GET {GRAPH}/servicePrincipals(appId='{id}')/oauth2PermissionGrants"),
                format!("DELETE {GRAPH}/oauth2PermissionGrants/{{id of each}}"),
            ])
        },
    },
    Action {
        id: "remove_app_permission",
        turn: Turn::Mend,
        title: "Remove the rights the applications hold on their own account",
        effect: "Once the application is disabled, its rights open nothing; when they are removed as well, nothing is left that enabling it would open again. The first line writes them down.",
        undo: "assign the saved role again",
        permission: "AppRoleAssignment.ReadWrite.All, Application.Read.All and the role Privileged Role Administrator",
        confirmed_by: GONE,
        operations: GONE_OPERATIONS,
        shown_by: about,
        powershell: |target| {
            let id = guid(&target.name)?;
            let rights = format!(
                "Get-MgServicePrincipal -Filter \"appId eq '{id}'\" | ForEach-Object {{ Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $_.Id -All }}"
            );
            Some(vec![
                format!("{rights} | ConvertTo-Json -Depth 5"),
                format!(
                    "{rights} | ForEach-Object {{ Remove-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $_.PrincipalId -AppRoleAssignmentId $_.Id }}"
                ),
            ])
        },
        api: |target| {
            let id = guid(&target.name)?;
            Some(vec![
                format!("GET {GRAPH}/servicePrincipals(appId='{id}')/appRoleAssignments"),
                format!("DELETE {GRAPH}/servicePrincipals/{{resourceId of each}}/appRoleAssignedTo/{{id of each}}"),
            ])
        },
    },
    Action {
        id: "remove_credential",
        turn: Turn::CutOff,
        title: "Remove the credentials that were added to applications",
        effect: "Nobody can sign in as the application with them any more; tokens that were got with them live on for up to an hour and a half. If they were in use by its owner, it stops working.",
        undo: "a secret cannot be brought back; add a new one",
        permission: "Application.ReadWrite.All and the role Cloud Application Administrator",
        confirmed_by: "Update application – Certificates and secrets management, Update application, or Remove service principal credentials on the application, with the key id gone; or Delete application",
        operations: &[
            "update application - certificates and secrets management",
            "update application",
            "remove service principal credentials",
            "delete application",
        ],
        shown_by: credential_gone,
        powershell: credential_powershell,
        api: credential_api,
    },
    Action {
        id: "remove_owner",
        turn: Turn::CutOff,
        title: "Take the owners back that were added to applications",
        effect: "They can no longer add credentials to the application. Credentials that they added stay.",
        undo: "make them owners again",
        permission: "Application.ReadWrite.All and the role Cloud Application Administrator",
        confirmed_by: "Remove owner from application or Remove owner from service principal, for that owner and application; or Delete user on the owner",
        operations: &["remove owner from application", "remove owner from service principal", "delete user"],
        shown_by: |act, target| {
            let gone = act.operation_key() == "delete user";
            about(act, target) && (gone || target.of.as_deref().is_some_and(|application| names(act, application)))
        },
        powershell: |target| {
            let (owner, of) = (guid(target.id.as_deref()?)?, guid(target.of.as_deref()?)?);
            let (noun, parameter) =
                if owns_account(target) { ("ServicePrincipal", "ServicePrincipalId") } else { ("Application", "ApplicationId") };
            Some(vec![format!("Remove-Mg{noun}OwnerDirectoryObjectByRef -{parameter} '{of}' -DirectoryObjectId '{owner}'")])
        },
        api: |target| {
            let (owner, of) = (guid(target.id.as_deref()?)?, guid(target.of.as_deref()?)?);
            let path = if owns_account(target) { "servicePrincipals" } else { "applications" };
            Some(vec![format!("DELETE {GRAPH}/{path}/{of}/owners/{owner}/$ref")])
        },
    },
    Action {
        id: "remove_role_assignment",
        turn: Turn::CutOff,
        title: "Remove the right to act as every mailbox",
        effect: "The account or application may no longer act as others in Exchange.",
        undo: "New-ManagementRoleAssignment with the same role and assignee",
        permission: "Exchange Online PowerShell with the role Role Management",
        confirmed_by: "Remove-ManagementRoleAssignment of that name",
        operations: &["remove-managementroleassignment"],
        shown_by: |act, target| names(act, &target.name),
        powershell: |target| Some(vec![format!("Remove-ManagementRoleAssignment -Identity {} -Confirm:$false", powershell(&target.name)?)]),
        api: no_form,
    },
    Action {
        id: "remove_inbox_rule",
        turn: Turn::CutOff,
        title: "Remove the inbox rules",
        effect: "Mail is no longer hidden, deleted or sent on by them. By PowerShell, this also deletes the rules of the mailbox that only the owner's Outlook knows; by Graph it does not, but Graph does not show hidden rules.",
        undo: "make the rule again, from the snapshot",
        permission: "Exchange Online PowerShell with the role Mail Recipients; Graph: MailboxSettings.ReadWrite, which for mailboxes of others only an application can have",
        confirmed_by: "Remove-InboxRule or Disable-InboxRule of that name, or UpdateInboxRules that removes it; a record that gives the rule's number only does not tell which rule it was, and confirms nothing",
        operations: &["remove-inboxrule", "disable-inboxrule", "updateinboxrules"],
        shown_by: rule_gone,
        powershell: |target| {
            let (name, mailbox) = (powershell(&target.name)?, powershell(target.of.as_deref()?)?);
            Some(vec![format!(
                "Get-InboxRule -Mailbox {mailbox} -IncludeHidden | Where-Object {{ $_.Name -ceq {name} }} | ForEach-Object {{ Remove-InboxRule -Mailbox {mailbox} -Identity $_.RuleIdentity -Confirm:$false }}"
            )])
        },
        api: |target| {
            let mailbox = percent(target.of.as_deref()?)?;
            Some(vec![
                format!("GET {GRAPH}/users/{mailbox}/mailFolders/inbox/messageRules"),
                format!("DELETE {GRAPH}/users/{mailbox}/mailFolders/inbox/messageRules/{{id of the rule with that displayName}}"),
            ])
        },
    },
    Action {
        id: "remove_forwarding",
        turn: Turn::CutOff,
        title: "Switch forwarding off",
        effect: "The mailbox no longer sends copies elsewhere.",
        undo: "set the old values, from the snapshot",
        permission: "Exchange Online PowerShell with the role Mail Recipients",
        confirmed_by: "Set-Mailbox on the mailbox with an empty ForwardingSmtpAddress, or ForwardingAddress, whichever was set",
        operations: &["set-mailbox"],
        shown_by: |act, target| about(act, target) && target.kind.as_deref().is_some_and(|property| became(act, property, "")),
        powershell: |target| {
            Some(vec![format!(
                "Set-Mailbox -Identity {} -ForwardingAddress $null -ForwardingSmtpAddress $null -DeliverToMailboxAndForward $false",
                powershell(&target.name)?
            )])
        },
        api: no_form,
    },
    Action {
        id: "remove_transport_rule",
        turn: Turn::CutOff,
        title: "Disable the mail flow rules",
        effect: "Mail of the organisation is no longer copied, redirected or hidden by them. Disabled first: the rule is evidence.",
        undo: "Enable-TransportRule or Enable-JournalRule",
        permission: "Exchange Online PowerShell with the role Transport Rules, for journal rules Journaling",
        confirmed_by: "Disable-TransportRule or Remove-TransportRule (Disable-JournalRule, Remove-JournalRule) of that name",
        operations: &["disable-transportrule", "remove-transportrule", "disable-journalrule", "remove-journalrule"],
        shown_by: |act, target| names(act, &target.name),
        powershell: |target| {
            let cmdlet = if target.kind.as_deref() == Some("journal") { "Disable-JournalRule" } else { "Disable-TransportRule" };
            Some(vec![format!("{cmdlet} -Identity {} -Confirm:$false", powershell(&target.name)?)])
        },
        api: no_form,
    },
    Action {
        id: "disable_connector",
        turn: Turn::CutOff,
        title: "Switch the connectors off",
        effect: "Mail no longer goes out, or comes in, by them. Where one was there before and was only changed, set the old values again instead: mail may wait without it.",
        undo: "the same with -Enabled $true",
        permission: "Exchange Online PowerShell with the role Remote and Accepted Domains",
        confirmed_by: "Set-InboundConnector or Set-OutboundConnector of that name with Enabled False, Remove-InboundConnector, or Remove-OutboundConnector",
        operations: &["set-inboundconnector", "set-outboundconnector", "remove-inboundconnector", "remove-outboundconnector"],
        shown_by: |act, target| {
            let operation = act.operation_key();
            let same_kind = target.kind.as_deref().is_some_and(|kind| operation.ends_with(&format!("-{kind}connector")));
            same_kind && names(act, &target.name) && (operation.starts_with("remove-") || became(act, "Enabled", "false"))
        },
        powershell: |target| {
            let cmdlet = if target.kind.as_deref() == Some("inbound") { "Set-InboundConnector" } else { "Set-OutboundConnector" };
            Some(vec![format!("{cmdlet} -Identity {} -Enabled $false", powershell(&target.name)?)])
        },
        api: no_form,
    },
    Action {
        id: "remove_delegate",
        turn: Turn::CutOff,
        title: "Take back the rights in mailboxes",
        effect: "Who was given them can no longer open the mailbox or folder, or send in its name.",
        undo: "give the same right again",
        permission: "Exchange Online PowerShell with the role Mail Recipients",
        confirmed_by: "Remove-MailboxPermission, Remove-RecipientPermission or Remove-MailboxFolderPermission on the mailbox for that account; for the right to send on behalf, Set-Mailbox with an empty GrantSendOnBehalfTo",
        operations: &["remove-mailboxpermission", "remove-recipientpermission", "remove-mailboxfolderpermission", "set-mailbox"],
        shown_by: delegate_gone,
        powershell: delegate_powershell,
        api: no_form,
    },
    Action {
        id: "remove_role",
        turn: Turn::CutOff,
        title: "Take the roles back that were given",
        effect: "The account loses the role; look whether it holds others.",
        undo: "assign the role again",
        permission: "RoleManagement.ReadWrite.Directory, User.Read.All and the role Privileged Role Administrator",
        confirmed_by: "Remove member from role, Remove scoped member from role, Remove member from role scoped over Restricted Management Administrative Unit, Remove member from role in PIM completed (permanent), or Remove member from role in PIM completed (timebound), for that account and role; or Delete user",
        operations: &[
            "remove member from role",
            "remove scoped member from role",
            "remove member from role scoped over restricted management administrative unit",
            "remove member from role in pim completed (permanent)",
            "remove member from role in pim completed (timebound)",
            "delete user",
        ],
        shown_by: role_gone,
        powershell: |target| {
            Some(vec![
                format!("Get-MgRoleManagementDirectoryRoleAssignment {}", of_principal(target)?),
                "Remove-MgRoleManagementDirectoryRoleAssignment -UnifiedRoleAssignmentId (Read-Host 'id of the assignment')".to_owned(),
            ])
        },
        api: |target| {
            let assignments = format!("{GRAPH}/roleManagement/directory/roleAssignments");
            Some(vec![
                format!("GET {assignments}?$filter=principalId%20eq%20'{}'", principal_in_address(target)?),
                format!("DELETE {assignments}/{{id of the assignment}}"),
            ])
        },
    },
    Action {
        id: "remove_role_eligibility",
        turn: Turn::CutOff,
        title: "Take back that the accounts can switch roles on",
        effect: "The account can no longer switch the role on when it likes. Where it has done so already, that role is an assignment of its own, and ends by itself or is taken back like others.",
        undo: "make the account eligible again",
        permission: "RoleEligibilitySchedule.ReadWrite.Directory, User.Read.All and the role Privileged Role Administrator",
        confirmed_by: "Remove eligible member from role, Remove eligible member from role in PIM completed (permanent), or Remove eligible member from role in PIM completed (timebound), for that account and role; or Delete user",
        operations: &[
            "remove eligible member from role",
            "remove eligible member from role in pim completed (permanent)",
            "remove eligible member from role in pim completed (timebound)",
            "delete user",
        ],
        shown_by: role_gone,
        powershell: |target| {
            let id = principal(target)?;
            Some(vec![
                format!("Get-MgRoleManagementDirectoryRoleEligibilitySchedule {}", of_principal(target)?),
                format!(
                    "New-MgRoleManagementDirectoryRoleEligibilityScheduleRequest -Action adminRemove -PrincipalId {id} -RoleDefinitionId (Read-Host 'id of the role') -DirectoryScopeId (Read-Host 'scope, / where it is the whole directory')"
                ),
            ])
        },
        api: |target| {
            let id = principal_in_address(target)?;
            let body = json!({"action": "adminRemove", "principalId": id, "roleDefinitionId": "<id of the role>", "directoryScopeId": "<scope, / for all>"});
            Some(vec![
                format!("GET {GRAPH}/roleManagement/directory/roleEligibilitySchedules?$filter=principalId%20eq%20'{id}'"),
                format!("POST {GRAPH}/roleManagement/directory/roleEligibilityScheduleRequests {body}"),
            ])
        },
    },
    Action {
        id: "remove_role_group_member",
        turn: Turn::CutOff,
        title: "Take the members out of the role groups of Exchange",
        effect: "The account loses what the role group may do in Exchange; look whether it is in others.",
        undo: "Add-RoleGroupMember with the same group and member",
        permission: "Exchange Online PowerShell with the role Role Management",
        confirmed_by: "Remove-RoleGroupMember of that member and group",
        operations: &["remove-rolegroupmember"],
        shown_by: |act, target| names(act, &target.name) && target.of.as_deref().is_some_and(|group| names(act, group)),
        powershell: |target| {
            let (who, group) = (powershell(&target.name)?, powershell(target.of.as_deref()?)?);
            Some(vec![format!("Remove-RoleGroupMember -Identity {group} -Member {who} -BypassSecurityGroupManagerCheck -Confirm:$false")])
        },
        api: no_form,
    },
    Action {
        id: "restore_second_factor",
        turn: Turn::Mend,
        title: "Ask for a second factor again",
        effect: "The account has to show a second factor at its next sign-in. Whoever signs in first to an account that has none registers his own, so the new password comes before. Where a conditional access policy asks for it, that policy is what counts.",
        undo: "not wanted",
        permission: "Policy.ReadWrite.AuthenticationMethod and the role Authentication Policy Administrator",
        confirmed_by: "Update user on the account with StrongAuthenticationRequirement set, Enable Strong Authentication, or Update per-user multifactor authentication state to enabled or enforced",
        operations: &["update user", "enable strong authentication", "update per-user multifactor authentication state"],
        shown_by: second_factor_asked,
        powershell: no_form,
        api: |target| {
            let user = percent(&target.name)?;
            let body = json!({"perUserMfaState": "enforced"});
            Some(vec![format!("PATCH {BETA}/users/{user}/authentication/requirements {body}")])
        },
    },
    Action {
        id: "restore_policy",
        turn: Turn::Mend,
        title: "Bring back the policies that were weakened",
        effect: "Sign-ins are checked as before. The record of the change holds the old values; what was deleted can be restored for a while.",
        undo: "set the values again that the record gives",
        permission: "Policy.ReadWrite.ConditionalAccess, Policy.Read.All and the role Conditional Access Administrator",
        confirmed_by: "no record: that a policy was changed again does not show how; read it again, and compare it with the old values",
        operations: &[],
        shown_by: never,
        powershell: |target| {
            let id = guid(target.id.as_deref()?)?;
            Some(vec![if is_deleted(target) {
                format!("Invoke-MgGraphRequest -Method POST -Uri '{}'", restoring(id))
            } else {
                format!("Get-MgIdentityConditionalAccessPolicy -ConditionalAccessPolicyId '{id}' | ConvertTo-Json -Depth 9")
            }])
        },
        api: |target| {
            let id = guid(target.id.as_deref()?)?;
            if is_deleted(target) {
                return Some(vec![format!("POST {}", restoring(id))]);
            }
            Some(vec![
                format!("GET {GRAPH}/identity/conditionalAccess/policies/{id}"),
                format!("PATCH {GRAPH}/identity/conditionalAccess/policies/{id} {{the old values}}"),
            ])
        },
    },
    Action {
        id: "restore_auditing",
        turn: Turn::Mend,
        title: "Switch auditing on again",
        effect: "From then on it is recorded again who does what. What was not recorded is lost.",
        undo: "not wanted",
        permission: EXCHANGE,
        confirmed_by: "Set-MailboxAuditBypassAssociation, Set-AdminAuditLogConfig, Set-Mailbox, or Set-OrganizationConfig, whichever it was, with the opposite value",
        operations: &["set-mailboxauditbypassassociation", "set-adminauditlogconfig", "set-mailbox", "set-organizationconfig"],
        shown_by: auditing_restored,
        powershell: auditing_powershell,
        api: no_form,
    },
    Action {
        id: "block_device_code",
        turn: Turn::Mend,
        title: "Block signing in by device code",
        effect: "Nobody can be talked into entering a code for somebody else any more. Meeting-room devices and command-line tools may rely on it: it starts as report-only, and is then enabled. Accounts for emergencies are to be excluded.",
        undo: "disable or delete the policy",
        permission: "Policy.ReadWrite.ConditionalAccess, Policy.Read.All and the role Conditional Access Administrator; Entra ID P1",
        confirmed_by: "Add conditional access policy, or Update conditional access policy, with a policy that is enabled and blocks deviceCodeFlow for all users and applications",
        operations: &["add conditional access policy", "update conditional access policy"],
        shown_by: |act, _| act.properties.iter().any(|change| change.new.as_deref().is_some_and(blocks_device_code)),
        powershell: |_| {
            Some(vec![format!(
                "Invoke-MgGraphRequest -Method POST -Uri '{GRAPH}/identity/conditionalAccess/policies' -Body '{}'",
                device_code_policy()
            )])
        },
        api: |_| Some(vec![format!("POST {GRAPH}/identity/conditionalAccess/policies {}", device_code_policy())]),
    },
    Action {
        id: "remove_sharing_link",
        turn: Turn::CutOff,
        title: "Remove the links by which files were shared",
        effect: "Who has the link can no longer open the file. Whoever downloaded it keeps it. A link that a file has from its folder is removed at the folder.",
        undo: "share again; the link is another one",
        permission: "Files.ReadWrite.All, for somebody who may share the file or for an application",
        confirmed_by: "AnonymousLinkRemoved, SharingLinkDeleted, SharingRevoked, FileDeleted or FileRecycled for the file",
        operations: &["anonymouslinkremoved", "sharinglinkdeleted", "sharingrevoked", "filedeleted", "filerecycled"],
        shown_by: |act, target| names(act, &target.name),
        powershell: no_form,
        api: |_| {
            Some(vec![
                format!("GET {GRAPH}/drives/{{drive}}/items/{{item}}/permissions"),
                format!("DELETE {GRAPH}/drives/{{drive}}/items/{{item}}/permissions/{{id of the link}}"),
            ])
        },
    },
    TAKE_BACK,
    Action {
        id: "look_again",
        turn: Turn::LookAgain,
        title: "Export the logs of the time after, read them into this case, and look again",
        effect: "Nothing changes. Records arrive up to a day late, sometimes later: a look on the same day does not show that it is over. Watch for two weeks.",
        undo: "nothing to undo",
        permission: "as for the export at the beginning",
        confirmed_by: "no record: this plan, with the steps confirmed and no later record of the intruder",
        operations: &[],
        shown_by: never,
        powershell: no_form,
        api: no_form,
    },
];

fn export_powershell(target: &Confirmation) -> Option<Vec<String>> {
    let Some((from, to)) = target.kind.as_deref().and_then(|span| span.split_once("..")) else { return Some(Vec::new()) };
    let span = format!("-StartDate {} -EndDate {}", powershell(from)?, powershell(to)?);
    Some(vec![
        format!(
            "Search-UnifiedAuditLog {span} -SessionId 'keep' -SessionCommand ReturnLargeSet -ResultSize 5000 | Export-Csv -Path unified-audit.csv -Append -NoTypeInformation -Encoding UTF8"
        ),
        "# again with the same SessionId until nothing more comes; one session gives 50,000 records at most, so take shorter spans, each with a SessionId of its own; where -HighCompleteness is offered, add it"
            .to_owned(),
    ])
}

fn export_api(target: &Confirmation) -> Option<Vec<String>> {
    let Some((from, to)) = target.kind.as_deref().and_then(|span| span.split_once("..")) else { return Some(Vec::new()) };
    let query = json!({"displayName": "keep", "filterStartDateTime": from, "filterEndDateTime": to});
    let span = |field: &str| Some(format!("{field}%20ge%20{}%20and%20{field}%20le%20{}", percent(from)?, percent(to)?));
    Some(vec![
        format!("POST {GRAPH}/security/auditLog/queries {query}"),
        format!("GET {GRAPH}/security/auditLog/queries/{{id of the query}}/records"),
        format!("GET {GRAPH}/auditLogs/directoryAudits?$filter={}", span("activityDateTime")?),
        format!(
            "GET {BETA}/auditLogs/signIns?$filter=signInEventTypes/any(t:%20t%20eq%20'interactiveUser'%20or%20t%20eq%20'nonInteractiveUser'%20or%20t%20eq%20'servicePrincipal'%20or%20t%20eq%20'managedIdentity')%20and%20{}",
            span("createdDateTime")?
        ),
    ])
}

/// The settings of a mailbox that open a protocol, as far as a record switched them on.
pub(crate) const PROTOCOLS: [&str; 5] = ["ImapEnabled", "PopEnabled", "EwsEnabled", "ActiveSyncEnabled", "OWAEnabled"];

/// Every way for a program into a mailbox that a tenant can close for that mailbox.
const DOORS: [&str; 11] = [
    "OWAEnabled",
    "OWAforDevicesEnabled",
    "OutlookMobileEnabled",
    "OneWinNativeOutlookEnabled",
    "MacOutlookEnabled",
    "UniversalOutlookEnabled",
    "EwsEnabled",
    "MAPIEnabled",
    "ActiveSyncEnabled",
    "ImapEnabled",
    "PopEnabled",
];

fn close(mailbox: &str, doors: &[&str]) -> Option<String> {
    let closed: String = doors.iter().map(|door| format!(" -{door} $false")).collect();
    Some(format!("Set-CASMailbox -Identity {}{closed}", powershell(mailbox)?))
}

fn protocols(target: &Confirmation) -> Vec<&'static str> {
    let opened = target.kind.as_deref().unwrap_or_default();
    let found: Vec<&str> = PROTOCOLS.into_iter().filter(|protocol| opened.split(' ').any(|word| word == *protocol)).collect();
    if found.is_empty() { vec!["ImapEnabled", "PopEnabled"] } else { found }
}

fn credential_gone(act: &Act, target: &Confirmation) -> bool {
    let of = target.of.as_deref().unwrap_or_default();
    if !names(act, of) {
        return false;
    }
    let id = key(&target.name);
    let gone = |(old, new): (&str, &str)| old.to_lowercase().contains(&id) && !new.to_lowercase().contains(&id);
    act.operation_key() == "delete application" || act.change("KeyDescription").is_some_and(gone)
}

/// Whether the credential is that of a service principal, and whether it is a secret.
fn credential_kind(target: &Confirmation) -> (bool, bool) {
    let kind = target.kind.as_deref().unwrap_or_default();
    (kind.starts_with("service principal"), kind.ends_with("Password"))
}

/// Whether what is owned is the account of an application in the organisation, not its registration.
fn owns_account(target: &Confirmation) -> bool {
    target.kind.as_deref() == Some("service principal")
}

fn credential_powershell(target: &Confirmation) -> Option<Vec<String>> {
    let (id, of) = (guid(&target.name)?, guid(target.of.as_deref()?)?);
    let (noun, parameter) =
        if credential_kind(target).0 { ("ServicePrincipal", "ServicePrincipalId") } else { ("Application", "ApplicationId") };
    // The certificates that stay are sent back; what they hold is only read where it is asked for.
    Some(vec![if credential_kind(target).1 {
        format!("Remove-Mg{noun}Password -{parameter} '{of}' -KeyId '{id}'")
    } else {
        format!(
            "Update-Mg{noun} -{parameter} '{of}' -KeyCredentials @((Get-Mg{noun} -{parameter} '{of}' -Property keyCredentials).KeyCredentials | Where-Object {{ $_.KeyId -ne '{id}' }})"
        )
    }])
}

fn credential_api(target: &Confirmation) -> Option<Vec<String>> {
    let (id, of) = (guid(&target.name)?, guid(target.of.as_deref()?)?);
    let path = if credential_kind(target).0 { "servicePrincipals" } else { "applications" };
    Some(if credential_kind(target).1 {
        vec![format!("POST {GRAPH}/{path}/{of}/removePassword {}", json!({"keyId": id}))]
    } else {
        vec![
            format!("GET {GRAPH}/{path}/{of}?$select=keyCredentials"),
            format!("PATCH {GRAPH}/{path}/{of} {}", json!({"keyCredentials": [format!("<those but {id}>")]})),
        ]
    })
}

fn rule_gone(act: &Act, target: &Confirmation) -> bool {
    let removes = || act.value("RuleOperation").is_some_and(|operation| operation.to_lowercase().contains("remove"));
    let (owner, name) = act.inbox_rule();
    owner.map(key) == target.of && name == Some(target.name.as_str()) && (act.operation_key() != "updateinboxrules" || removes())
}

/// Whether somebody lost the role that the target names, or is gone.
fn role_gone(act: &Act, target: &Confirmation) -> bool {
    about(act, target) && (act.operation_key() == "delete user" || of_its_kind(act, target))
}

/// The id of an account as PowerShell finds it.
fn principal(target: &Confirmation) -> Option<String> {
    match target.id.as_deref().and_then(guid) {
        Some(id) => Some(format!("'{id}'")),
        None => Some(format!("(Get-MgUser -UserId {}).Id", powershell(&target.name).filter(|_| target.name.contains('@'))?)),
    }
}

/// What asks for the roles of an account, and shows them by name. The account stands in no text in double quotes: there,
/// PowerShell looks for commands.
fn of_principal(target: &Confirmation) -> Option<String> {
    let filter = match target.id.as_deref().and_then(guid) {
        Some(id) => format!("\"principalId eq '{id}'\""),
        None => format!("(\"principalId eq '{{0}}'\" -f {})", principal(target)?),
    };
    Some(format!(
        "-Filter {filter} -ExpandProperty RoleDefinition | Select-Object Id, RoleDefinitionId, DirectoryScopeId, @{{ n = 'Role'; e = {{ $_.RoleDefinition.DisplayName }} }}"
    ))
}

/// The id of an account for a call, or a remark where to put it.
fn principal_in_address(target: &Confirmation) -> Option<String> {
    match target.id.as_deref().and_then(guid) {
        Some(id) => Some(id.to_owned()),
        None => Some(format!("{{id of {}}}", percent(&target.name).filter(|_| target.name.contains('@'))?)),
    }
}

/// A policy that was deleted is no longer where policies are.
fn is_deleted(target: &Confirmation) -> bool {
    target.kind.as_deref() == Some("deleted")
}

fn restoring(policy: &str) -> String {
    format!("{BETA}/identity/conditionalAccess/deletedItems/policies/{policy}/restore")
}

/// Whether a conditional access policy, as records hold it, is enabled and blocks signing in by device code for everybody.
fn blocks_device_code(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<serde_json::Value>(policy) else { return false };
    let holds = |pointer: &str, word: &str| match policy.pointer(pointer) {
        Some(serde_json::Value::String(text)) => text.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)),
        Some(serde_json::Value::Array(all)) => all.iter().any(|one| one.as_str().is_some_and(|one| one.eq_ignore_ascii_case(word))),
        _ => false,
    };
    holds("/state", "enabled")
        && holds("/conditions/authenticationFlows/transferMethods", "deviceCodeFlow")
        && holds("/conditions/users/includeUsers", "All")
        && holds("/conditions/applications/includeApplications", "All")
        && holds("/grantControls/builtInControls", "block")
}

/// Whether the account is asked for a second factor from then on.
fn second_factor_asked(act: &Act, target: &Confirmation) -> bool {
    let set = |(old, new): (&str, &str)| bare(old).len() < bare(new).len();
    let asks = |text: &str| ["enabled", "enforced"].iter().any(|state| bare(text).eq_ignore_ascii_case(state));
    let asked = match act.operation_key().as_str() {
        "update user" => act.change("StrongAuthenticationRequirement").is_some_and(set),
        "enable strong authentication" => true,
        _ => act.properties.iter().any(|change| change.new.as_deref().is_some_and(asks)),
    };
    asked && about(act, target)
}

fn delegate_gone(act: &Act, target: &Confirmation) -> bool {
    let mailbox = target.of.as_deref().unwrap_or_default();
    let kind = target.kind.as_deref().unwrap_or_default();
    let wanted = match kind {
        "SendAs" => "remove-recipientpermission",
        "SendOnBehalf" => "set-mailbox",
        "folder" => "remove-mailboxfolderpermission",
        _ => "remove-mailboxpermission",
    };
    // Only an empty list shows by itself that somebody is not in it.
    let for_delegate = if kind == "SendOnBehalf" { became(act, "GrantSendOnBehalfTo", "") } else { names(act, &target.name) };
    act.operation_key() == wanted && for_delegate && names(act, mailbox)
}

fn delegate_powershell(target: &Confirmation) -> Option<Vec<String>> {
    let (who, of) = (powershell(&target.name)?, powershell(target.of.as_deref()?)?);
    Some(vec![match target.kind.as_deref() {
        Some("SendAs") => format!("Remove-RecipientPermission -Identity {of} -Trustee {who} -AccessRights SendAs -Confirm:$false"),
        Some("SendOnBehalf") => format!("Set-Mailbox -Identity {of} -GrantSendOnBehalfTo @{{ Remove = {who} }}"),
        Some("folder") => format!("Remove-MailboxFolderPermission -Identity {of} -User {who} -Confirm:$false"),
        _ => format!("Remove-MailboxPermission -Identity {of} -User {who} -AccessRights FullAccess -Confirm:$false"),
    }])
}

fn auditing_restored(act: &Act, target: &Confirmation) -> bool {
    let operation = act.operation_key();
    match target.kind.as_deref() {
        Some("bypass") => {
            operation == "set-mailboxauditbypassassociation" && about(act, target) && became(act, "AuditBypassEnabled", "false")
        }
        Some("ingestion") => operation == "set-adminauditlogconfig" && became(act, "UnifiedAuditLogIngestionEnabled", "true"),
        Some("organisation") => operation == "set-organizationconfig" && became(act, "AuditDisabled", "false"),
        _ => operation == "set-mailbox" && about(act, target) && (became(act, "AuditEnabled", "true") || act.has("DefaultAuditSet")),
    }
}

fn auditing_powershell(target: &Confirmation) -> Option<Vec<String>> {
    Some(vec![match target.kind.as_deref() {
        Some("bypass") => format!("Set-MailboxAuditBypassAssociation -Identity {} -AuditBypassEnabled $false", powershell(&target.name)?),
        Some("ingestion") => "Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true".to_owned(),
        Some("organisation") => "Set-OrganizationConfig -AuditDisabled $false".to_owned(),
        _ => format!("Set-Mailbox -Identity {} -AuditEnabled $true -DefaultAuditSet Admin,Delegate,Owner", powershell(&target.name)?),
    }])
}

fn device_code_policy() -> serde_json::Value {
    json!({
        "displayName": "Block device code",
        "state": "enabledForReportingButNotEnforced",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeUsers": ["<accounts for emergencies>"]},
            "authenticationFlows": {"transferMethods": "deviceCodeFlow"}
        },
        "grantControls": {"operator": "OR", "builtInControls": ["block"]}
    })
}
