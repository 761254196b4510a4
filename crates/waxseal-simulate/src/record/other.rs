//! Records of files, chats and content searches.

use serde::Serialize;
use waxseal_model::Nanos;

use crate::guid::Guid;
use crate::presence::{Device, Place};
use crate::record::{Head, Record, audit};
use crate::tenant::{Person, Tenant};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FilePart<'a> {
    #[serde(rename = "ClientIP")]
    client_ip: &'a str,
    object_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_access_context: Option<FileContext>,
    correlation_id: Guid,
    event_source: &'static str,
    item_type: &'static str,
    site: Guid,
    user_agent: &'a str,
    source_file_extension: &'static str,
    site_url: String,
    source_file_name: String,
    source_relative_url: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FileContext {
    #[serde(rename = "AADSessionId")]
    aad_session_id: Guid,
    client_app_id: Guid,
    correlation_id: Guid,
    unique_token_id: String,
}

/// What identifies the token behind a file record: session, application, token id as written.
pub(crate) type FileLink = (Guid, Guid, String);

/// A record of SharePoint or OneDrive.
pub(crate) fn file_act(
    tenant: &Tenant,
    person: &Person,
    (time, id, operation): (Nanos, Guid, &'static str),
    (place, device, link): (&Place, &Device, Option<FileLink>),
) -> Record {
    let mut random = person.seed.of("file", time.0).random();
    let number = random.between(1, 400);
    let root = format!("https://{}.sharepoint.example/sites/team{}/", tenant.domain.trim_end_matches(".example"), random.between(1, 9));
    let extension = random.word(&["docx", "xlsx", "pdf", "pptx"]);
    let name = format!("Document {number}.{extension}");
    let correlation = random.guid();
    let head = Head {
        time,
        id,
        class: "ual.sharepoint",
        operation,
        tenant: tenant.id,
        record_type: 6,
        result: None,
        user: &person.upn,
        user_key: &person.puid,
        user_type: 0,
        workload: "SharePoint",
    };
    let part = FilePart {
        client_ip: &place.address,
        object_id: format!("{root}Shared Documents/{name}"),
        app_access_context: link.map(|(aad_session_id, client_app_id, unique_token_id)| FileContext {
            aad_session_id,
            client_app_id,
            correlation_id: correlation,
            unique_token_id,
        }),
        correlation_id: correlation,
        event_source: "SharePoint",
        item_type: "File",
        site: tenant.seed.of("site", number % 9).guid(),
        user_agent: &device.user_agent,
        source_file_extension: extension,
        site_url: root,
        source_file_name: name,
        source_relative_url: "Shared Documents",
    };
    audit(head, part)
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ChatPart<'a> {
    #[serde(rename = "ClientIP")]
    client_ip: &'a str,
    chat_thread_id: String,
    communication_type: &'static str,
    extra_properties: [u8; 0],
    message_id: String,
    item_name: String,
}

/// A record of Teams.
pub(crate) fn chat_act(tenant: &Tenant, person: &Person, time: Nanos, id: Guid, place: &Place) -> Record {
    let mut random = person.seed.of("chat", time.0).random();
    let operation = random.word(&["MessageSent", "MessageSent", "ChatRetrieved", "MessageRead", "ReactedToMessage"]);
    let thread = format!("19:{}_{}@unq.gbl.spaces", person.oid, random.guid());
    let head = Head {
        time,
        id,
        class: "ual.teams",
        operation,
        tenant: tenant.id,
        record_type: 25,
        result: None,
        user: &person.upn,
        user_key: &person.puid,
        user_type: 0,
        workload: "MicrosoftTeams",
    };
    let part = ChatPart {
        client_ip: &place.address,
        item_name: thread.clone(),
        chat_thread_id: thread,
        communication_type: "OneOnOne",
        extra_properties: [],
        message_id: (time.0 / 1_000_000).to_string(),
    };
    audit(head, part)
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SearchPart<'a> {
    #[serde(rename = "ClientIP")]
    client_ip: &'a str,
    object_id: &'a str,
    case_id: &'static str,
    client_application: &'static str,
    exchange_locations: String,
    extended_properties: [u8; 0],
    query: &'a str,
    sharepoint_locations: &'static str,
}

/// A step of a content search: `SearchCreated`, `SearchStarted`, `SearchExported` and the like.
pub(crate) fn content_search(
    tenant: &Tenant,
    person: &Person,
    (time, id, operation): (Nanos, Guid, &'static str),
    (name, query, mailboxes, address): (&str, &str, &[String], &str),
) -> Record {
    let head = Head {
        time,
        id,
        class: "ual.compliance",
        operation,
        tenant: tenant.id,
        record_type: 24,
        result: None,
        user: &person.upn,
        user_key: &person.upn,
        user_type: 2,
        workload: "SecurityComplianceCenter",
    };
    let part = SearchPart {
        client_ip: address,
        object_id: name,
        case_id: "",
        client_application: "EMC",
        exchange_locations: mailboxes.join(";"),
        extended_properties: [],
        query,
        sharepoint_locations: "",
    };
    audit(head, part)
}
