//! What an organisation can export beside its logs: mailboxes and folders with their counts, message trace, licences, the
//! audit settings of mailboxes, and which spans the exports were asked for.

use std::path::Path;

use serde_json::{Value, json};

use super::{Play, SimulateError, write_file};
use crate::clock::{American, plus};
use crate::delivery::Handover;
use crate::mail::Mailbox;
use crate::world::World;

/// Writes `settings/`.
pub(super) fn write_settings(world: &World, plays: &[Play<'_>], folder: &Path) -> Result<(), SimulateError> {
    for play in plays {
        let below = folder.join("settings").join(&play.scene.tenant.domain);
        let files = if play.scene.tenant.google { of_google(world, play) } else { of_microsoft(world, play) };
        for (name, bytes) in files {
            write_file(&below.join(name), &bytes)?;
        }
    }
    write_file(&folder.join("settings/coverage.toml"), declared(world, plays).as_bytes())
}

/// Whoever administers a tenant exports with the cmdlets, or with the collector and Graph: half of them either way.
fn of_microsoft(world: &World, play: &Play<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let mut files = vec![
        ("mailboxes.csv", mailboxes(world, play)),
        ("folders.csv", folders(world, play)),
        ("message_trace.csv", message_trace(world, play)),
        ("organization.json", organization(play)),
    ];
    if play.scene.tenant.seed.of("settings", 0).random().chance(0.5) {
        files.push(("licences.csv", licences(play)));
        files.push(("mailbox_audit.json", pretty(&mailbox_audit_objects(play))));
        files.push(("mailbox_audit_bypass.json", pretty(&bypasses(play))));
    } else {
        files.push(("users.json", users(play)));
        files.push(("mailbox_audit.csv", mailbox_audit(play)));
    }
    files
}

/// Pages of the Directory API and of the licence manager, and each mailbox's profile. What arrived, Google lists in a shape that
/// we have not seen an export of.
fn of_google(world: &World, play: &Play<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let tenant = play.scene.tenant;
    let account = |mailbox: &Mailbox| {
        json!({
            "kind": "admin#directory#user", "id": google_id(mailbox), "primaryEmail": mailbox.upn.to_lowercase(), "isAdmin": false,
            "suspended": false, "archived": false, "customerId": tenant.log_id(), "orgUnitPath": "/", "isMailboxSetup": true,
        })
    };
    let licence = |mailbox: &Mailbox| {
        // The small plan is that whose access to messages nobody records.
        let (sku, name) = if mailbox.licensed {
            ("1010020020", "Google Workspace Enterprise Plus")
        } else {
            ("1010020027", "Google Workspace Business Starter")
        };
        json!({
            "kind": "licensing#licenseAssignment", "productId": "Google-Apps", "userId": mailbox.upn.to_lowercase(), "skuId": sku,
            "skuName": name, "productName": "Google Workspace",
        })
    };
    let profile = |mailbox: &Mailbox| {
        let line = json!({
            "emailAddress": mailbox.upn.to_lowercase(), "messagesTotal": present(world, mailbox), "threadsTotal": present(world, mailbox),
            "historyId": google_id(mailbox),
        });
        format!("{line}\n")
    };
    let licences = json!({
        "kind": "licensing#licenseAssignmentList", "items": tenant.mailboxes.iter().map(licence).collect::<Vec<_>>(),
    });
    vec![
        ("users.json", pretty(&tenant.mailboxes.iter().map(account).collect())),
        ("licences.json", licences.to_string().into_bytes()),
        ("profiles.jsonl", tenant.mailboxes.iter().map(profile).collect::<String>().into_bytes()),
    ]
}

/// The number of an account, as Google writes it.
fn google_id(mailbox: &Mailbox) -> String {
    format!("1{:020}", mailbox.seed.of("google", 0).random().below(u64::MAX))
}

/// As `ConvertTo-Json` writes it, but for the depth of its blanks.
fn pretty(value: &Value) -> Vec<u8> {
    // A value that we made has no keys but text.
    serde_json::to_vec_pretty(value).unwrap_or_default()
}

/// A table as `Export-Csv` writes it.
fn table<'r>(header: &[&str], rows: impl Iterator<Item = Vec<String>> + 'r) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing to memory cannot fail, and all rows are as long as the header.
    let mut whole = writer.write_record(header).is_ok();
    for row in rows {
        whole &= writer.write_record(&row).is_ok();
    }
    debug_assert!(whole, "rows of unequal length");
    writer.into_inner().unwrap_or_default()
}

fn kind(mailbox: &Mailbox) -> &'static str {
    if mailbox.owner.is_some() { "UserMailbox" } else { "SharedMailbox" }
}

fn mailboxes(world: &World, play: &Play<'_>) -> Vec<u8> {
    let header = ["UserPrincipalName", "PrimarySmtpAddress", "ExchangeGuid", "RecipientTypeDetails", "ItemCount"];
    let rows = play.scene.tenant.mailboxes.iter().map(|mailbox| {
        let present = present(world, mailbox).to_string();
        vec![mailbox.upn.clone(), mailbox.upn.to_lowercase(), mailbox.guid.to_string(), kind(mailbox).to_owned(), present]
    });
    table(&header, rows)
}

/// How many messages a mailbox holds at the end.
fn present(world: &World, mailbox: &Mailbox) -> usize {
    mailbox.all(world.end()).filter(|message| mailbox.folder_at(message, world.end()).is_some()).count()
}

fn folders(world: &World, play: &Play<'_>) -> Vec<u8> {
    let header = ["Identity", "FolderPath", "FolderId", "ItemsInFolder"];
    let of = |mailbox: &Mailbox| {
        let mut counts: std::collections::BTreeMap<u32, u64> = mailbox.folders().map(|folder| (folder, 0)).collect();
        for message in mailbox.all(world.end()) {
            if let Some(folder) = mailbox.folder_at(&message, world.end()) {
                *counts.entry(folder).or_default() += 1;
            }
        }
        let rows = counts.into_iter().map(|(folder, count)| {
            let path = mailbox.folder_path(folder);
            vec![format!("{}{path}", mailbox.upn), path.replace('\\', "/"), mailbox.folder_id(folder), count.to_string()]
        });
        rows.collect::<Vec<_>>()
    };
    table(&header, play.scene.tenant.mailboxes.iter().flat_map(of))
}

/// Every message that arrived while the world lasted.
fn message_trace(world: &World, play: &Play<'_>) -> Vec<u8> {
    let header = ["Received", "SenderAddress", "RecipientAddress", "Subject", "Status", "MessageId", "Size"];
    let rows = world.days().flat_map(|day| {
        play.scene.tenant.mailboxes.iter().flat_map(move |mailbox| {
            mailbox.arrivals(day).into_iter().map(move |message| {
                vec![
                    American(message.received).to_string(),
                    mailbox.sender(&message),
                    mailbox.upn.to_lowercase(),
                    mailbox.subject(&message),
                    "Delivered".to_owned(),
                    mailbox.message_id(&message),
                    mailbox.size_bytes(&message).to_string(),
                ]
            })
        })
    });
    table(&header, rows)
}

/// The plan of a person. The small one is that whose access to messages nobody has promised to record.
fn plan(mailbox: &Mailbox) -> Option<(&'static str, &'static str)> {
    mailbox.owner?;
    let small = ("O365_BUSINESS_ESSENTIALS", "3b555118-da6a-4418-894f-7df1e2096870");
    Some(if mailbox.licensed { ("SPE_E3", "05e9a617-0261-4cee-bb44-138d3ef5d965") } else { small })
}

fn licences(play: &Play<'_>) -> Vec<u8> {
    let rows = play.scene.tenant.mailboxes.iter().filter_map(|mailbox| Some(vec![mailbox.upn.clone(), plan(mailbox)?.0.to_owned()]));
    table(&["UserPrincipalName", "SkuPartNumber"], rows)
}

/// A page of Graph's users. Shared mailboxes have accounts too.
fn users(play: &Play<'_>) -> Vec<u8> {
    let tenant = play.scene.tenant;
    let user = |mailbox: &Mailbox| {
        let id = mailbox.owner.and_then(|owner| tenant.people.get(owner)).map_or(mailbox.guid, |person| person.oid);
        let licences: Vec<Value> = plan(mailbox).map(|(_, sku)| json!({ "disabledPlans": [], "skuId": sku })).into_iter().collect();
        json!({ "id": id.to_string(), "userPrincipalName": mailbox.upn, "assignedLicenses": licences })
    };
    let context = "https://graph.microsoft.com/v1.0/$metadata#users(id,userPrincipalName,assignedLicenses)";
    json!({ "@odata.context": context, "value": tenant.mailboxes.iter().map(user).collect::<Vec<_>>() }).to_string().into_bytes()
}

/// `Get-OrganizationConfig` and `Get-AdminAuditLogConfig`, one after the other.
fn organization(play: &Play<'_>) -> Vec<u8> {
    let (name, path) = (play.scene.tenant.first_domain(), organization_id(play));
    let mut bytes = pretty(&json!({ "Name": name, "Identity": name, "OrganizationId": path, "AuditDisabled": false }));
    let log = "Admin Audit Log Settings";
    bytes.extend_from_slice(b"\n");
    bytes.extend(pretty(&json!({
        "Name": log, "Identity": log, "OrganizationId": path, "AdminAuditLogEnabled": true, "UnifiedAuditLogIngestionEnabled": true,
    })));
    bytes
}

/// Whose an object is, as Exchange writes it.
fn organization_id(play: &Play<'_>) -> String {
    let (forest, name) = ("EURPR04A009.PROD.OUTLOOK.COM", play.scene.tenant.first_domain());
    format!("{forest}/Microsoft Exchange Hosted Organizations/{name} - {forest}/ConfigurationUnits/{name}/Configuration")
}

/// What is audited of owners, delegates and administrators. The provider keeps the lists, and leaves access out of those of small
/// plans.
fn audited(mailbox: &Mailbox) -> [Vec<&'static str>; 3] {
    const OWNER: &str = "ApplyRecord HardDelete MailItemsAccessed MoveToDeletedItems RecordDelete Send SoftDelete Update \
        UpdateCalendarDelegation UpdateFolderPermissions UpdateInboxRules";
    const DELEGATE: &str = "ApplyRecord Create HardDelete MailItemsAccessed MoveToDeletedItems RecordDelete SendAs SendOnBehalf \
        SoftDelete Update UpdateFolderPermissions UpdateInboxRules";
    const ADMIN: &str = "ApplyRecord Create HardDelete MailItemsAccessed MoveToDeletedItems RecordDelete Send SendAs SendOnBehalf \
        SoftDelete Update UpdateCalendarDelegation UpdateFolderPermissions UpdateInboxRules";
    let kept = |list: &'static str| list.split_whitespace().filter(|word| mailbox.licensed || *word != "MailItemsAccessed").collect();
    [OWNER, DELEGATE, ADMIN].map(kept)
}

fn is_bypassed(play: &Play<'_>, mailbox: &Mailbox) -> bool {
    play.holes.iter().any(|hole| hole.mailbox == mailbox.number && hole.reason == "bypass")
}

/// The table of the Extractor-Suite's `Get-MailboxAuditStatus`.
fn mailbox_audit(play: &Play<'_>) -> Vec<u8> {
    let header = [
        "UserPrincipalName",
        "DisplayName",
        "RecipientTypeDetails",
        "AuditEnabled",
        "AuditBypassEnabled",
        "DefaultAuditSet",
        "OwnerAuditActions",
        "OwnerAuditActionsCount",
        "DelegateAuditActions",
        "DelegateAuditActionsCount",
        "AdminAuditActions",
        "AdminAuditActionsCount",
        "EffectiveAuditState",
    ];
    let rows = play.scene.tenant.mailboxes.iter().map(|mailbox| {
        let bypassed = is_bypassed(play, mailbox);
        let mut row = vec![mailbox.upn.clone(), name(play, mailbox), kind(mailbox).to_owned(), "True".to_owned()];
        row.push(if bypassed { "True" } else { "False" }.to_owned());
        row.push("Admin, Delegate, Owner".to_owned());
        row.extend(audited(mailbox).into_iter().flat_map(|set| [set.join(", "), set.len().to_string()]));
        row.push(if bypassed { "Bypassed" } else { "Enabled (Organization Policy)" }.to_owned());
        row
    });
    table(&header, rows)
}

fn name(play: &Play<'_>, mailbox: &Mailbox) -> String {
    let person = mailbox.owner.and_then(|owner| play.scene.tenant.people.get(owner));
    person.map_or_else(|| mailbox.upn.split('@').next().unwrap_or_default().to_owned(), |person| person.name.clone())
}

/// `Get-EXOMailbox -PropertySets Minimum, Audit | ConvertTo-Json`.
fn mailbox_audit_objects(play: &Play<'_>) -> Value {
    let object = |mailbox: &Mailbox| {
        let [owner, delegate, admin] = audited(mailbox);
        json!({
            "ExchangeGuid": mailbox.guid.to_string(), "Identity": alias(mailbox), "Alias": alias(mailbox), "Name": alias(mailbox),
            "DisplayName": name(play, mailbox), "UserPrincipalName": mailbox.upn, "PrimarySmtpAddress": mailbox.upn.to_lowercase(),
            "RecipientTypeDetails": kind(mailbox), "AuditEnabled": true, "AuditLogAgeLimit": "90.00:00:00", "AuditOwner": owner,
            "AuditDelegate": delegate, "AuditAdmin": admin, "DefaultAuditSet": ["Admin", "Delegate", "Owner"],
        })
    };
    play.scene.tenant.mailboxes.iter().map(object).collect()
}

fn alias(mailbox: &Mailbox) -> &str {
    mailbox.upn.split('@').next().unwrap_or_default()
}

/// `Get-MailboxAuditBypassAssociation | ConvertTo-Json`, which names accounts and not addresses.
fn bypasses(play: &Play<'_>) -> Value {
    let object = |mailbox: &Mailbox| {
        json!({
            "Identity": alias(mailbox), "Name": alias(mailbox), "AuditBypassEnabled": is_bypassed(play, mailbox), "IsValid": true,
            "OrganizationId": organization_id(play), "ObjectState": "Unchanged",
        })
    };
    play.scene.tenant.mailboxes.iter().map(object).collect()
}

/// Which spans each export was asked for: what somebody who exported it would declare.
fn declared(world: &World, plays: &[Play<'_>]) -> String {
    let mut text = String::from("# Which spans the exports were asked for. Days that failed are not declared.\n");
    for play in plays {
        for handover in &play.handovers {
            for (from, to) in spans(world, handover) {
                for class in handover.stream.classes() {
                    text += &format!(
                        "\n[[covers]]\ntenant = \"{}\"\nclass = \"{class}\"\nfrom = \"{from}\"\nto = \"{to}\"\n",
                        play.scene.tenant.log_id()
                    );
                }
            }
        }
    }
    text
}

/// The days that a stream was exported for, joined where they follow each other.
fn spans(world: &World, handover: &Handover) -> Vec<(waxseal_model::Nanos, waxseal_model::Nanos)> {
    let mut spans: Vec<(waxseal_model::Nanos, waxseal_model::Nanos)> = Vec::new();
    let exported = |day| handover.has(day) || handover.second.is_some_and(|(_, from)| day >= from);
    for day in world.days().filter(|day| exported(*day)) {
        match spans.last_mut() {
            Some((_, to)) if *to == day.start() => *to = plus(*to, crate::clock::DAY_SECS),
            _ => spans.push((day.start(), day.plus(1).start())),
        }
    }
    spans
}
