//! What an organisation can export beside its logs: mailboxes and folders with their counts, message trace, licences, the
//! audit settings of mailboxes, and which spans the exports were asked for.

use std::path::Path;

use super::{Play, SimulateError, write_file};
use crate::clock::{American, plus};
use crate::delivery::Handover;
use crate::mail::Mailbox;
use crate::world::World;

/// Writes `settings/`.
pub(super) fn write_settings(world: &World, plays: &[Play<'_>], folder: &Path) -> Result<(), SimulateError> {
    for play in plays {
        let below = folder.join("settings").join(&play.scene.tenant.domain);
        write_file(&below.join("mailboxes.csv"), &mailboxes(world, play))?;
        write_file(&below.join("folders.csv"), &folders(world, play))?;
        write_file(&below.join("message_trace.csv"), &message_trace(world, play))?;
        write_file(&below.join("licences.csv"), &licences(play))?;
        write_file(&below.join("mailbox_audit.csv"), &mailbox_audit(play))?;
    }
    write_file(&folder.join("settings/coverage.toml"), declared(world, plays).as_bytes())
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
        let present = mailbox.all(world.end()).filter(|message| mailbox.folder_at(message, world.end()).is_some()).count();
        vec![mailbox.upn.clone(), mailbox.upn.to_lowercase(), mailbox.guid.to_string(), kind(mailbox).to_owned(), present.to_string()]
    });
    table(&header, rows)
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

fn licences(play: &Play<'_>) -> Vec<u8> {
    let rows = play.scene.tenant.mailboxes.iter().filter_map(|mailbox| {
        mailbox.owner?;
        // The small plans are those whose mail access nobody has promised to record.
        let plan = if mailbox.licensed { "SPE_E3" } else { "O365_BUSINESS_ESSENTIALS" };
        Some(vec![mailbox.upn.clone(), plan.to_owned()])
    });
    table(&["UserPrincipalName", "SkuPartNumber"], rows)
}

fn mailbox_audit(play: &Play<'_>) -> Vec<u8> {
    let header = [
        "UserPrincipalName",
        "ExchangeGuid",
        "AuditEnabled",
        "DefaultAuditSet",
        "AuditOwner",
        "AuditDelegate",
        "AuditAdmin",
        "AuditBypassEnabled",
    ];
    let rows = play.scene.tenant.mailboxes.iter().map(|mailbox| {
        let all = if mailbox.licensed {
            "Update,MoveToDeletedItems,SoftDelete,HardDelete,UpdateInboxRules,Send,MailItemsAccessed"
        } else {
            "Update,MoveToDeletedItems,SoftDelete,HardDelete,UpdateInboxRules"
        };
        let bypassed = play.holes.iter().any(|hole| hole.mailbox == mailbox.number && hole.reason == "bypass");
        vec![
            mailbox.upn.clone(),
            mailbox.guid.to_string(),
            "True".to_owned(),
            "Admin,Delegate,Owner".to_owned(),
            all.to_owned(),
            all.to_owned(),
            all.to_owned(),
            if bypassed { "True" } else { "False" }.to_owned(),
        ]
    });
    table(&header, rows)
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
