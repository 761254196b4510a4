//! The one schema of normalised events, column by column.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

/// What a column of the event table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// UTF-8 text.
    Text,
    /// A whole number.
    Int,
    /// True or false.
    Bool,
    /// An instant in UTC, to the nanosecond.
    Time,
    /// A list of `{name, old, new}`, all text.
    Properties,
    /// A list of `{message_id, immutable_id, id, size_bytes, subject, folder}`.
    Items,
}

/// One column: its name, what it holds, whether it may be missing, and what it means.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The name in SQL and in exports.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether a record may lack it.
    pub nullable: bool,
    /// What it means, for people who write detections.
    pub doc: &'static str,
}

const fn column(name: &'static str, kind: ColumnKind, doc: &'static str) -> Column {
    Column { name, kind, nullable: true, doc }
}

const fn required(name: &'static str, kind: ColumnKind, doc: &'static str) -> Column {
    Column { name, kind, nullable: false, doc }
}

use ColumnKind::{Bool, Int, Items, Properties, Text, Time};

/// Every stored column, in the order of the table. (`sightings` is counted when the table is queried; detections do without.)
pub const COLUMNS: &[Column] = &[
    required("id", Text, "the provider's own id of the record; sha256:… where it has none"),
    column("time", Time, "when it happened; null where the record does not say"),
    column("time_ingested", Time, "when the provider's pipeline took the record in, where an envelope says"),
    required("tenant", Text, "the organisation's tenant id, or unknown-… where no record tells"),
    required("log_class", Text, "the kind of log, for instance ual.exchange_admin"),
    column("workload", Text, "the service, in the provider's spelling"),
    column("operation", Text, "what was done, in the provider's spelling, without trailing blanks"),
    column("record_type", Int, "the unified audit log's RecordType"),
    column("result", Text, "success, failure or, where the provider says neither, its own word"),
    column("error_code", Text, "the provider's error number or word"),
    column("actor", Text, "who acted: address in lower case, or the provider's name for a service"),
    column("actor_id", Text, "the actor's object id or user key"),
    column("actor_kind", Text, "user, admin, guest, partner, application, service or system"),
    column("user_type", Int, "the unified audit log's UserType"),
    column("mailbox", Text, "the address of the mailbox touched, in lower case"),
    column("mailbox_id", Text, "the MailboxGuid: the key to use, since addresses change"),
    column("logon_type", Text, "owner, admin, delegated, transport, system, best_access or delegated_admin"),
    column("external_access", Bool, "as the provider set it"),
    column("target", Text, "what was acted on, as a name: an account, rule, application, role or file"),
    column("target_id", Text, "what was acted on, as an id"),
    column("target_kind", Text, "user, role, application, service_principal, group, rule, mailbox, file, policy or the provider's word"),
    column("properties", Properties, "parameters (new only) and changed properties, in the provider's order and spelling"),
    column("client_ip", Text, "the address in canonical form, without port"),
    column("client_port", Int, "the port, where the record gives one"),
    column("ip_class", Text, "provider (by the record's kind, or a dated list), private, reserved or public"),
    column("country", Text, "two-letter country of the address, from the bundled table or your own"),
    column("asn", Int, "autonomous system number of the address"),
    column("client_info", Text, "Exchange's ClientInfoString"),
    column("client_protocol", Text, "owa, rest, mapi, ews, activesync, imap, pop3, smtp, powershell or the provider's word"),
    column("user_agent", Text, "the user agent, as sent by the client"),
    column("app_id", Text, "the application Exchange saw, or the application that signed in"),
    column("client_app_id", Text, "the original caller, where the record tells it apart"),
    column("ctx_client_app_id", Text, "the application of the token (AppAccessContext)"),
    column("resource_id", Text, "the application the token was for"),
    column("session_id", Text, "the service's session id"),
    column("aad_session_id", Text, "the Entra session id (sid)"),
    column("uti", Text, "the unique token identifier as a GUID where it decodes, else as written"),
    column("token_issued_at", Time, "when the token was issued"),
    column("token_object_id", Text, "the account the token was issued to"),
    column("token_tenant_id", Text, "the tenant that issued the token"),
    column("token_type", Text, "the kind of token"),
    column("auth_protocol", Text, "how the account signed in, for instance deviceCode or ropc"),
    column("device_id", Text, "the registered device"),
    column("correlation_id", Text, "the provider's correlation id, shared by twins of one action"),
    column("access_kind", Text, "bind or sync, for mail access"),
    column("throttled", Bool, "IsThrottled as recorded; null where the record does not say"),
    column("item_count", Int, "messages in the record"),
    column("items", Items, "the messages in the record"),
    column("folder_id", Text, "the folder synced or bound"),
    required("truncated", Bool, "the record was cut or damaged and this is what could be recovered"),
    required("evidence_id", Text, "sha256 of the input file; behind it !member inside an archive"),
    required("offset", Int, "where the record starts: byte in the input after decompression"),
    required("raw", Text, "the record as it stood in the input"),
];

/// Name of the column that counts the copies of an event, present in the `events` view only.
pub const SIGHTINGS_COLUMN: &str = "sightings";

/// The Arrow schema of [`COLUMNS`].
#[must_use]
pub fn event_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let fields: Vec<Field> = COLUMNS.iter().map(|c| Field::new(c.name, c.kind.data_type(), c.nullable)).collect();
        Arc::new(Schema::new(fields))
    });
    Arc::clone(&SCHEMA)
}

impl ColumnKind {
    /// The Arrow type of the column.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int => DataType::Int64,
            Self::Bool => DataType::Boolean,
            Self::Time => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Self::Properties => list_of(property_fields()),
            Self::Items => list_of(item_fields()),
        }
    }
}

fn list_of(fields: Fields) -> DataType {
    DataType::List(Arc::new(Field::new("item", DataType::Struct(fields), true)))
}

/// The fields of one entry of `properties`.
#[must_use]
pub fn property_fields() -> Fields {
    ["name", "old", "new"].into_iter().map(|name| Field::new(name, DataType::Utf8, true)).collect()
}

/// The fields of one entry of `items`.
#[must_use]
pub fn item_fields() -> Fields {
    [
        ("message_id", DataType::Utf8),
        ("immutable_id", DataType::Utf8),
        ("id", DataType::Utf8),
        ("size_bytes", DataType::Int64),
        ("subject", DataType::Utf8),
        ("folder", DataType::Utf8),
    ]
    .into_iter()
    .map(|(name, kind)| Field::new(name, kind, true))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_column_stands_twice() {
        let mut names: Vec<_> = COLUMNS.iter().map(|c| c.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
        assert_eq!(event_schema().fields().len(), COLUMNS.len());
    }
}
