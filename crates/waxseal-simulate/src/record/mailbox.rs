//! What Exchange writes of access to messages and of what is done to them.
//!
//! Shapes: the unified audit log's schema (Exchange mailbox schema), and public samples of 2021 to 2025.

use serde::Serialize;
use waxseal_model::Nanos;

use crate::client::EXCHANGE;
use crate::clock::NoZone;
use crate::guid::Guid;
use crate::mail::{DELETED, INBOX, Mailbox, Message, SENT};
use crate::record::{Head, NameValue, Record, audit, pairs};
use crate::tenant::{Person, Tenant};

/// Who a record says has acted.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) upn: String,
    pub(crate) sid: String,
    pub(crate) key: String,
    pub(crate) user_type: u8,
}

impl Named {
    /// A person, under the name the directory has.
    pub(crate) fn person(person: &Person) -> Self {
        Self { upn: person.upn.clone(), sid: person.sid.clone(), key: person.puid.clone(), user_type: 0 }
    }

    /// An application with its own credential: the record names the mailbox's owner and the application as key.
    pub(crate) fn application(mailbox: &Mailbox, app: Guid) -> Self {
        Self { upn: mailbox.upn.clone(), sid: mailbox.sid.clone(), key: app.to_string(), user_type: 5 }
    }
}

/// Through what a mailbox was reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    /// `ClientInfoString`.
    pub(crate) info: String,
    pub(crate) app_id: Option<Guid>,
    pub(crate) client_app_id: Option<Guid>,
    pub(crate) address: String,
    /// Process and version, of clients over MAPI.
    pub(crate) process: Option<(&'static str, String)>,
    pub(crate) session: Option<Guid>,
    pub(crate) link: Option<Link>,
    pub(crate) device: Option<Guid>,
}

/// What a record tells of the token.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// `UniqueTokenId`, as written; empty where the token has none.
    pub(crate) uti: String,
    pub(crate) issued: Nanos,
    pub(crate) session: Option<Guid>,
    pub(crate) app: Guid,
    /// The account the token was issued to.
    pub(crate) object: Guid,
    /// The tenant it was issued in.
    pub(crate) tenant: Guid,
}

/// How messages were reached.
#[derive(Debug, Clone)]
pub(crate) enum AccessKind {
    /// One by one: each message with its folder.
    Bind(Vec<(u32, Message)>),
    /// A whole folder was brought to a client.
    Sync(u32),
}

/// An access to mail.
#[derive(Debug)]
pub(crate) struct Access<'a> {
    pub(crate) time: Nanos,
    pub(crate) id: Guid,
    pub(crate) mailbox: &'a Mailbox,
    pub(crate) by: &'a Named,
    pub(crate) caller: &'a Caller,
    pub(crate) kind: AccessKind,
    /// `IsThrottled`, where it is written.
    pub(crate) throttled: Option<bool>,
    pub(crate) server: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MailboxPart<'a, T: Serialize> {
    #[serde(rename = "ClientIP", skip_serializing_if = "Option::is_none")]
    client_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_access_context: Option<Context>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<Guid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_app_id: Option<Guid>,
    #[serde(rename = "ClientIPAddress")]
    client_ip_address: &'a str,
    client_info_string: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_process_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<Guid>,
    external_access: bool,
    internal_logon_type: u8,
    logon_type: u8,
    logon_user_sid: &'a str,
    mailbox_guid: Guid,
    mailbox_owner_sid: &'a str,
    #[serde(rename = "MailboxOwnerUPN")]
    mailbox_owner_upn: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operation_properties: Vec<NameValue<'a>>,
    organization_name: &'a str,
    originating_server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Guid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_object_id: Option<Guid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_tenant_id: Option<Guid>,
    #[serde(flatten)]
    rest: T,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Context {
    #[serde(rename = "AADSessionId", skip_serializing_if = "Option::is_none")]
    aad_session_id: Option<Guid>,
    #[serde(rename = "APIId")]
    api_id: &'static str,
    client_app_id: Guid,
    issued_at_time: NoZone,
    #[serde(skip_serializing_if = "String::is_empty")]
    unique_token_id: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Reached {
    #[serde(rename_all = "PascalCase")]
    Bind { folders: Vec<Folder>, operation_count: usize },
    #[serde(rename_all = "PascalCase")]
    Sync { item: SyncedFolder },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Folder {
    folder_items: Vec<FolderItem>,
    id: String,
    path: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FolderItem {
    id: String,
    immutable_id: String,
    internet_message_id: String,
    size_in_bytes: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SyncedFolder {
    id: String,
    parent_folder: NamedFolder,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct NamedFolder {
    id: String,
    name: String,
    path: &'static str,
}

/// The record of an access to mail: `MailItemsAccessed`.
pub(crate) fn mail_access(tenant: &Tenant, access: &Access<'_>) -> Record {
    let (record_type, class, kind, reached) = match &access.kind {
        AccessKind::Bind(messages) => (50, "ual.mia.bind", "Bind", bound(access.mailbox, messages)),
        AccessKind::Sync(folder) => (2, "ual.mia.sync", "Sync", Reached::Sync { item: synced(access.mailbox, *folder) }),
    };
    let mut properties = vec![("MailAccessType", kind)];
    if let Some(throttled) = access.throttled {
        properties.push(("IsThrottled", if throttled { "True" } else { "False" }));
    }
    let head = head(tenant, access, (class, "MailItemsAccessed", record_type));
    // Only clients over MAPI have their address in both places.
    let both = access.caller.process.is_some();
    let part = part(tenant, access.mailbox, access.by, access.caller, access.server, (both, pairs(&properties)), reached);
    let mut record = audit(head, part);
    record.mailbox = Some(access.mailbox.number);
    if let AccessKind::Bind(messages) = &access.kind {
        record.names = messages.iter().map(|(_, message)| message.number).collect();
    }
    record
}

fn head<'a>(tenant: &Tenant, access: &'a Access<'_>, (class, operation, record_type): (&'static str, &'static str, u32)) -> Head<'a> {
    Head {
        time: access.time,
        id: access.id,
        class,
        operation,
        tenant: tenant.id,
        record_type,
        result: Some("Succeeded"),
        user: &access.by.upn,
        user_key: &access.by.key,
        user_type: access.by.user_type,
        workload: "Exchange",
    }
}

fn part<'a, T: Serialize>(
    tenant: &'a Tenant,
    mailbox: &'a Mailbox,
    by: &'a Named,
    caller: &'a Caller,
    server: &str,
    (address_twice, operation_properties): (bool, Vec<NameValue<'a>>),
    rest: T,
) -> MailboxPart<'a, T> {
    let link = caller.link.as_ref();
    let logon_type = if by.sid == mailbox.sid { 0 } else { 2 };
    MailboxPart {
        client_ip: address_twice.then_some(caller.address.as_str()),
        app_access_context: link.map(|link| Context {
            aad_session_id: link.session,
            api_id: "",
            client_app_id: link.app,
            issued_at_time: NoZone(link.issued),
            unique_token_id: link.uti.clone(),
        }),
        app_id: caller.app_id,
        client_app_id: caller.client_app_id,
        client_ip_address: &caller.address,
        client_info_string: &caller.info,
        client_process_name: caller.process.as_ref().map(|(name, _)| *name),
        client_version: caller.process.as_ref().map(|(_, version)| version.as_str()),
        device_id: caller.device,
        external_access: false,
        internal_logon_type: 0,
        logon_type,
        logon_user_sid: &by.sid,
        mailbox_guid: mailbox.guid,
        mailbox_owner_sid: &mailbox.sid,
        mailbox_owner_upn: &mailbox.upn,
        operation_properties,
        organization_name: &tenant.domain,
        // Exchange ends the name of the server with a line break.
        originating_server: format!("{server}\r\n"),
        session_id: caller.session,
        token_object_id: link.map(|link| link.object),
        token_tenant_id: link.map(|link| link.tenant),
        rest,
    }
}

fn bound(mailbox: &Mailbox, messages: &[(u32, Message)]) -> Reached {
    let mut folders: Vec<Folder> = Vec::new();
    let mut numbers: Vec<u32> = Vec::new();
    for (folder, message) in messages {
        let at = numbers.iter().position(|number| number == folder).unwrap_or_else(|| {
            numbers.push(*folder);
            folders.push(Folder { folder_items: Vec::new(), id: mailbox.folder_id(*folder), path: mailbox.folder_path(*folder) });
            folders.len() - 1
        });
        folders[at].folder_items.push(FolderItem {
            id: item_id(mailbox, message),
            immutable_id: mailbox.immutable_id(message),
            internet_message_id: mailbox.message_id(message),
            size_in_bytes: mailbox.size_bytes(message),
        });
    }
    Reached::Bind { operation_count: messages.len(), folders }
}

fn synced(mailbox: &Mailbox, folder: u32) -> SyncedFolder {
    let id = mailbox.folder_id(folder);
    let name = mailbox.folder_path(folder).rsplit('\\').next().unwrap_or_default().to_owned();
    SyncedFolder { id: id.clone(), parent_folder: NamedFolder { id, name, path: "Not Available" } }
}

fn item_id(mailbox: &Mailbox, message: &Message) -> String {
    format!("RgAAAA{}", mailbox.seed.of("item id", i64::try_from(message.number).unwrap_or(0)).random().text(90))
}

/// Something done to items.
#[derive(Debug, Clone)]
pub(crate) enum ItemAct {
    /// A message was sent: its id and subject.
    Send { message_id: String, subject: String },
    /// Messages were moved to the deleted items, or deleted for good.
    Delete { operation: &'static str, messages: Vec<Message> },
    /// A message was deleted for good, without a stop in the deleted items: its id and subject.
    Purge { message_id: String, subject: String },
    /// A calendar entry, a draft or a contact was made or changed.
    Edit { operation: &'static str, subject: String },
    /// A rule was changed from within Outlook: its name, its conditions, its actions.
    Rule { name: String, condition: String, actions: String },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Acted {
    #[serde(rename_all = "PascalCase")]
    Single { item: SingleItem },
    #[serde(rename_all = "PascalCase")]
    Group {
        affected_items: Vec<SingleItem>,
        cross_mailbox_operation: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        dest_folder: Option<Place>,
        folder: Place,
    },
    #[serde(rename_all = "PascalCase")]
    Rules { item: RuleFolder },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SingleItem {
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    internet_message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_folder: Option<Place>,
    subject: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RuleFolder {
    id: String,
    parent_folder: Place,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Place {
    id: String,
    path: String,
}

fn place(mailbox: &Mailbox, folder: u32) -> Place {
    Place { id: mailbox.folder_id(folder), path: mailbox.folder_path(folder) }
}

/// The record of something done to items.
pub(crate) fn item_act(tenant: &Tenant, access: &Access<'_>, act: &ItemAct) -> Record {
    let mailbox = access.mailbox;
    let (operation, record_type, acted) = match act {
        ItemAct::Send { message_id, subject } => {
            let item = SingleItem {
                id: "Unknown".to_owned(),
                internet_message_id: message_id.clone(),
                parent_folder: Some(place(mailbox, SENT)),
                subject: subject.clone(),
            };
            ("Send", 2, Acted::Single { item })
        }
        ItemAct::Delete { operation, messages } => (*operation, 3, deleted(mailbox, messages)),
        ItemAct::Purge { message_id, subject } => ("HardDelete", 3, purged(mailbox, access.time, message_id, subject)),
        ItemAct::Edit { operation, subject } => {
            let id = mailbox.seed.of("edited", access.time.0).random().text(90);
            let parent = Place { id: mailbox.folder_id(INBOX), path: "\\Calendar".to_owned() };
            let item = SingleItem { id, internet_message_id: String::new(), parent_folder: Some(parent), subject: subject.clone() };
            (*operation, 2, Acted::Single { item })
        }
        ItemAct::Rule { .. } => (
            "UpdateInboxRules",
            2,
            Acted::Rules { item: RuleFolder { id: mailbox.folder_id(INBOX), parent_folder: place(mailbox, INBOX) } },
        ),
    };
    let properties = match act {
        ItemAct::Rule { name, condition, actions } => pairs(&[
            ("RuleOperation", "AddMailboxRule"),
            ("RuleName", name),
            ("RuleState", "Enabled"),
            ("RuleCondition", condition),
            ("RuleActions", actions),
        ]),
        _ => Vec::new(),
    };
    let head = head(tenant, access, ("ual.item", operation, record_type));
    let mut record = audit(head, part(tenant, mailbox, access.by, access.caller, access.server, (true, properties), acted));
    record.mailbox = Some(mailbox.number);
    record
}

fn deleted(mailbox: &Mailbox, messages: &[Message]) -> Acted {
    let folder = messages.first().map_or(INBOX, |message| mailbox.filed_in(message));
    let affected_items = messages
        .iter()
        .map(|message| SingleItem {
            id: item_id(mailbox, message),
            internet_message_id: mailbox.message_id(message),
            parent_folder: Some(place(mailbox, folder)),
            subject: mailbox.subject(message),
        })
        .collect();
    Acted::Group {
        affected_items,
        cross_mailbox_operation: false,
        dest_folder: Some(place(mailbox, DELETED)),
        folder: place(mailbox, folder),
    }
}

fn purged(mailbox: &Mailbox, time: Nanos, message_id: &str, subject: &str) -> Acted {
    let item = SingleItem {
        id: format!("RgAAAA{}", mailbox.seed.of("purged", time.0).random().text(90)),
        internet_message_id: message_id.to_owned(),
        parent_folder: Some(place(mailbox, INBOX)),
        subject: subject.to_owned(),
    };
    Acted::Group { affected_items: vec![item], cross_mailbox_operation: false, dest_folder: None, folder: place(mailbox, INBOX) }
}

/// Outlook on the web.
pub(crate) fn web_info(user_agent: &str) -> (String, Option<Guid>) {
    (format!("Client=OWA;{user_agent};"), Some(EXCHANGE))
}
