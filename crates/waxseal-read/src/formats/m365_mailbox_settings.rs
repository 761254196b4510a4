//! What Exchange Online says of mailboxes and of their audit: settings, not a log.
//!
//! Source: the output of `Get-EXOMailbox`, `Get-Mailbox`, `Get-EXOMailboxStatistics`, `Get-EXOMailboxFolderStatistics`,
//! `Get-MailboxAuditBypassAssociation`, `Get-OrganizationConfig` and `Get-AdminAuditLogConfig`
//! (<https://learn.microsoft.com/en-us/powershell/module/exchangepowershell/>), the mailbox usage report of Graph, and the table
//! of `Get-MailboxAuditStatus` of the Microsoft-Extractor-Suite.

use std::borrow::Cow;

use waxseal_model::LogClass;

use crate::event::{Event, Property, Text};
use crate::fields::{Fields, address, list_property};
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::value::lower;

/// Mailboxes and their audit settings, in JSON or in a table.
pub(crate) struct MailboxSettings;

impl Format for MailboxSettings {
    fn id(&self) -> &'static str {
        "m365_mailbox_settings"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/m365_mailbox_settings.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        Fields::of(record).is_some_and(|fields| {
            // An audit record speaks of settings too, but has an operation.
            !fields.has("Operation") && (is_audit(&fields) || is_inventory(&fields))
        })
    }

    fn read(&self, record: &Record<'_>, _context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        let Some(fields) = Fields::of(record) else { return Err(Reject("neither an object nor a row".to_owned())) };
        // One record may tell both.
        let events = [is_audit(&fields).then(|| audit(&fields)), is_inventory(&fields).then(|| inventory(&fields))];
        let whole = events.into_iter().flatten().all(|event| out.push(event));
        whole.then_some(()).ok_or_else(|| Reject("the record would not fit in memory twice".to_owned()))
    }
}

/// Whether a record says what is audited, of a mailbox or of the whole organisation.
fn is_audit(fields: &Fields<'_>) -> bool {
    let whose = ["Identity", "Name", "UserPrincipalName", "PrimarySmtpAddress", "ExchangeGuid", "Guid", "Id"];
    fields.has_any(&["AuditEnabled", "AuditBypassEnabled", "AuditDisabled", "UnifiedAuditLogIngestionEnabled"]) && fields.has_any(&whose)
}

/// Whether a record names a mailbox or a folder of one.
fn is_inventory(fields: &Fields<'_>) -> bool {
    let all = |names: &[&str]| names.iter().all(|name| fields.has(name));
    let names_mailbox = fields.has_any(&["UserPrincipalName", "PrimarySmtpAddress", "ExchangeGuid", "MailboxGuid"]);
    names_mailbox && fields.has("RecipientTypeDetails")
        || fields.has("ItemCount") && fields.has_any(&["MailboxGuid", "MailboxTypeDetail"])
        || is_folder(fields)
        || all(&["Report Refresh Date", "User Principal Name", "Item Count"])
}

fn is_folder(fields: &Fields<'_>) -> bool {
    fields.has("FolderPath") && fields.has("ItemsInFolder")
}

/// The address that audit records call the mailbox by, where the export has it.
fn mailbox<'a>(fields: &Fields<'a>) -> Text<'a> {
    let names = ["UserPrincipalName", "User Principal Name", "PrimarySmtpAddress", "WindowsLiveID", "WindowsEmailAddress", "Identity"];
    names.iter().find_map(|name| address(fields.get(name)))
}

fn audit<'a>(fields: &Fields<'a>) -> Event<'a> {
    let mut properties: Vec<Property<'a>> = AUDIT.iter().filter_map(|name| fields.property(name)).collect();
    properties.extend(sets(fields).into_iter().flatten());
    let organisation = organisation(fields);
    properties.extend(organisation.map(|new| Property { name: "Organization".into(), old: None, new: Some(new) }));
    let whole = fields.has_any(&["AuditDisabled", "UnifiedAuditLogIngestionEnabled"]);
    Event {
        log_class: Some(LogClass::ConfigMailboxAudit.as_str().into()),
        mailbox: mailbox(fields).filter(|_| !whole),
        mailbox_id: lower(fields.get("ExchangeGuid")).filter(|_| !whole),
        // A bypass is told of accounts by their names.
        target: fields.first(&["Identity", "Name", "DisplayName"]),
        target_id: lower(fields.first(&["ExternalDirectoryObjectId", "ObjectId"])),
        target_kind: Some(if whole { "organization" } else { "mailbox" }.into()),
        properties,
        ..Event::default()
    }
}

/// The first domain of the organisation, which the provider calls it by: as its name, or in paths such as
/// `…/Microsoft Exchange Hosted Organizations/contoso.onmicrosoft.com - …`.
fn organisation<'a>(fields: &Fields<'a>) -> Text<'a> {
    let is_first = |word: &&str| [".onmicrosoft.", ".partner.onmschina."].iter().any(|part| word.contains(part));
    let of = |text: Cow<'a, str>| {
        let lower = text.to_ascii_lowercase();
        let mut words = lower.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
        words.find(is_first).map(|word| Cow::Owned(word.to_owned()))
    };
    ["OrganizationId", "DistinguishedName", "Identity", "Name"].iter().find_map(|name| of(fields.get(name)?))
}

/// What decides whether anything is recorded, under the names of Exchange.
const AUDIT: [&str; 6] =
    ["AuditEnabled", "AuditBypassEnabled", "AuditDisabled", "UnifiedAuditLogIngestionEnabled", "AuditLogAgeLimit", "RecipientTypeDetails"];

/// The operations audited for each kind of access, and the kinds for which the provider keeps the list: the name of Exchange,
/// then that of the Extractor-Suite.
const SETS: [(&str, &str); 4] = [
    ("AuditOwner", "OwnerAuditActions"),
    ("AuditDelegate", "DelegateAuditActions"),
    ("AuditAdmin", "AdminAuditActions"),
    ("DefaultAuditSet", "DefaultAuditSet"),
];

/// The lists that are told. An empty cell is an empty list only where another of the lists is there: else the export left them
/// all out.
fn sets<'a>(fields: &Fields<'a>) -> [Option<Property<'a>>; 4] {
    let told = SETS.map(|(name, other)| fields.list(name).or_else(|| fields.list(other)));
    let any = told.iter().take(3).flatten().any(|words| !words.is_empty());
    let is_there = |name: &str| match (fields.value(name), fields) {
        (Some(value), _) => value.as_str().is_some_and(str::is_empty),
        (None, Fields::Row(row)) => row.header.position(name).is_some() && row.get(name).is_none(),
        (None, Fields::Object(_)) => false,
    };
    let mut i = 0;
    told.map(|words| {
        let (name, other) = SETS[i];
        i += 1;
        let words = words.or_else(|| (any && (is_there(name) || is_there(other))).then(Vec::new))?;
        (any || !words.is_empty() || matches!(fields, Fields::Object(_))).then(|| list_property(name, &words))
    })
}

fn inventory<'a>(fields: &Fields<'a>) -> Event<'a> {
    let folder = is_folder(fields);
    let kind = fields.first(&["RecipientTypeDetails", "MailboxTypeDetail", "Recipient Type"]);
    let mut properties: Vec<Property<'a>> = KEPT.iter().filter_map(|name| fields.property(name)).collect();
    properties.extend(kind.map(|kind| Property { name: "RecipientTypeDetails".into(), old: None, new: Some(kind) }));
    let identity = fields.get("Identity");
    // Of a folder: `user@contoso.example\Inbox`.
    let of_folder = identity.as_deref().and_then(|text| text.split_once('\\')).map(|(before, _)| Cow::Owned(before.to_owned()));
    let count = fields.first(&["ItemsInFolder", "ItemCount", "Item Count"]);
    Event {
        log_class: Some(LogClass::InventoryMailbox.as_str().into()),
        mailbox: mailbox(fields).filter(|_| !folder).or_else(|| address(of_folder)),
        mailbox_id: lower(fields.first(&["ExchangeGuid", "MailboxGuid", "ContentMailboxGuid"])),
        target: if folder { fields.get("FolderPath") } else { fields.first(&["DisplayName", "Display Name", "Name"]) },
        target_id: lower(fields.get("ExternalDirectoryObjectId")),
        target_kind: Some(if folder { "folder" } else { "mailbox" }.into()),
        properties,
        item_count: count.and_then(|count| count.trim().parse().ok()),
        folder_id: fields.get("FolderId").filter(|_| folder),
        ..Event::default()
    }
}

/// What else of a mailbox is worth having, under its own name.
const KEPT: [&str; 11] = [
    "Name",
    "Alias",
    "PrimarySmtpAddress",
    "SKUAssigned",
    "MailboxPlan",
    "IsInactiveMailbox",
    "Is Deleted",
    "Report Refresh Date",
    "WhenMailboxCreated",
    "WhenSoftDeleted",
    "FolderType",
];
