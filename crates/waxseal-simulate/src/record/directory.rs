//! Changes to the directory: the unified audit log's record and Entra's own, under different ids.
//!
//! Shapes: the schema of "Azure Active Directory" records, and Microsoft Graph's `directoryAudit`.

use serde::Serialize;
use serde_json::{Value, json as value};
use waxseal_model::Nanos;

use crate::clock::Ticks;
use crate::guid::Guid;
use crate::random::Seed;
use crate::record::sign_in::Party;
use crate::record::{Envelope, Head, NameValue, Record, audit, json, pairs};
use crate::stream::Stream;
use crate::tenant::{Person, Tenant};

/// A change to the directory.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryAct<'a> {
    pub(crate) time: Nanos,
    /// What its ids hang on.
    pub(crate) seed: Seed,
    /// In the spelling of the unified audit log, which ends in a full stop.
    pub(crate) operation: &'static str,
    /// `UserManagement`, `ApplicationManagement`, `RoleManagement`, `GroupManagement`.
    pub(crate) category: &'static str,
    pub(crate) by: &'a Person,
    pub(crate) address: &'a str,
    pub(crate) user_agent: &'a str,
    pub(crate) target: Target,
    pub(crate) changes: Vec<Change>,
}

/// What was changed.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// `User`, `ServicePrincipal`, `Application`, `Role`, `Device`.
    pub(crate) kind: &'static str,
    pub(crate) id: Guid,
    pub(crate) name: String,
    /// The address of a user, or the application id of a service principal.
    pub(crate) also: String,
}

/// A property with its values before and after.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    name: &'static str,
    old: Vec<String>,
    new: Vec<String>,
    /// Lists are written as JSON lists.
    listed: bool,
}

impl Change {
    /// A property that had no value, or whose value is written plainly.
    pub(crate) fn plain(name: &'static str, new: impl Into<String>) -> Self {
        Self { name, old: Vec::new(), new: values(new.into()), listed: false }
    }

    /// A property whose values are lists.
    pub(crate) fn list(name: &'static str, old: impl Into<String>, new: impl Into<String>) -> Self {
        Self { name, old: values(old.into()), new: values(new.into()), listed: true }
    }

    /// A list that keeps what it had and gets one value more.
    pub(crate) fn grown(name: &'static str, old: String, added: String) -> Self {
        Self { name, old: vec![old.clone()], new: vec![old, added], listed: true }
    }

    /// As the unified audit log writes it, with line breaks inside lists.
    fn in_audit(&self, of: &[String]) -> String {
        match (self.listed, of.is_empty()) {
            (false, _) => of.concat(),
            (true, true) => "[]".to_owned(),
            (true, false) => {
                let quoted: Vec<String> = of.iter().map(|value| Value::from(value.as_str()).to_string()).collect();
                format!("[\r\n  {}\r\n]", quoted.join(",\r\n  "))
            }
        }
    }

    /// As Entra writes it: JSON inside a text.
    fn in_entra(&self, of: &[String]) -> Value {
        match (self.listed, of.is_empty()) {
            (_, true) => Value::Null,
            (false, false) => Value::from(Value::from(of.concat()).to_string()),
            (true, false) => Value::from(value!(of).to_string()),
        }
    }
}

/// No values where the text is empty.
fn values(text: String) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { vec![text] }
}

/// The same change in both logs.
#[derive(Debug)]
pub(crate) struct Twin {
    pub(crate) audit: Record,
    pub(crate) entra: Record,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DirectoryPart<'a> {
    #[serde(rename = "ClientIP")]
    client_ip: &'a str,
    object_id: &'a str,
    azure_active_directory_event_type: u8,
    extended_properties: Vec<NameValue<'a>>,
    modified_properties: Vec<Modified>,
    actor: Vec<Party>,
    actor_context_id: Guid,
    actor_ip_address: &'a str,
    inter_systems_id: Guid,
    intra_system_id: Guid,
    support_ticket_id: &'static str,
    target: Vec<Party>,
    target_context_id: Guid,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Modified {
    name: &'static str,
    new_value: String,
    old_value: String,
}

/// Both records of a change.
pub(crate) fn directory_act(tenant: &Tenant, act: &DirectoryAct<'_>) -> Twin {
    let correlation = act.seed.of("correlation", 0).guid();
    Twin { audit: in_audit(tenant, act, correlation), entra: in_entra(act, correlation) }
}

fn in_audit(tenant: &Tenant, act: &DirectoryAct<'_>, correlation: Guid) -> Record {
    let key = format!("{}@{}", act.by.puid, tenant.domain);
    let agent = value!({ "User-Agent": act.user_agent }).to_string();
    let object = if act.target.also.is_empty() { act.target.id.to_string() } else { act.target.also.clone() };
    let head = Head {
        time: act.time,
        id: act.seed.of("audit id", 0).guid(),
        class: "ual.directory",
        operation: act.operation,
        tenant: tenant.id,
        record_type: 8,
        result: Some("Success"),
        user: &act.by.upn,
        user_key: &key,
        user_type: 0,
        workload: "AzureActiveDirectory",
    };
    let modified = act.changes.iter().map(|change| Modified {
        name: change.name,
        new_value: change.in_audit(&change.new),
        old_value: change.in_audit(&change.old),
    });
    let part = DirectoryPart {
        client_ip: act.address,
        object_id: &object,
        azure_active_directory_event_type: 1,
        extended_properties: pairs(&[("additionalDetails", &agent), ("extendedAuditEventCategory", act.target.kind)]),
        modified_properties: modified.collect(),
        actor: parties(act.by.oid, "User", &act.by.upn, &act.by.puid),
        actor_context_id: tenant.id,
        actor_ip_address: act.address,
        inter_systems_id: correlation,
        intra_system_id: act.seed.of("intra", 0).guid(),
        support_ticket_id: "",
        target: parties(act.target.id, act.target.kind, &act.target.name, &act.target.also),
        target_context_id: tenant.id,
    };
    audit(head, part)
}

/// An object by all the names the log gives it.
fn parties(id: Guid, kind: &str, name: &str, also: &str) -> Vec<Party> {
    let party = |id: String, kind: u8| Party { id, kind };
    let mut all = vec![party(format!("{kind}_{id}"), 2), party(id.to_string(), 2), party(kind.to_owned(), 2)];
    all.push(party(name.to_owned(), if name.contains('@') { 5 } else { 1 }));
    if !also.is_empty() {
        all.push(party(also.to_owned(), if also.contains('@') { 5 } else { 4 }));
    }
    all
}

fn in_entra(act: &DirectoryAct<'_>, correlation: Guid) -> Record {
    let mut random = act.seed.of("entra id", 0).random();
    let id = format!("Directory_{correlation}_{}_{}", random.hex(5), random.between(1_000_000, 99_999_999));
    let name = act.operation.trim_end_matches('.');
    let changes: Vec<Value> = act
        .changes
        .iter()
        .map(|change| value!({ "displayName": change.name, "oldValue": change.in_entra(&change.old), "newValue": change.in_entra(&change.new) }))
        .collect();
    let user = act.target.also.contains('@').then_some(act.target.also.as_str());
    let body = value!({
        "id": id,
        "category": act.category,
        "correlationId": correlation,
        "result": "success",
        "resultReason": "",
        "activityDisplayName": name,
        "activityDateTime": Ticks(act.time, "Z"),
        "loggedByService": "Core Directory",
        "operationType": operation_type(name),
        "initiatedBy": { "app": null, "user": {
            "id": act.by.oid, "displayName": act.by.name, "userPrincipalName": act.by.upn, "ipAddress": act.address,
        } },
        "targetResources": [{
            "id": act.target.id, "displayName": act.target.name, "type": act.target.kind, "userPrincipalName": user,
            "modifiedProperties": changes,
        }],
        "additionalDetails": [{ "key": "User-Agent", "value": act.user_agent }],
    });
    Record {
        time: act.time,
        stream: Stream::DirectoryAudit,
        class: "audit.directory",
        id,
        body: json(&body),
        operation: act.operation,
        user: String::new(),
        record_type: 0,
        envelope: Envelope { address: act.address.to_owned(), correlation, result: 0, identity: act.by.name.clone() },
        mailbox: None,
        names: Vec::new(),
    }
}

fn operation_type(name: &str) -> &'static str {
    match name.split(' ').next() {
        Some("Add") => "Add",
        Some("Delete" | "Remove") => "Delete",
        Some("Consent") => "Assign",
        _ => "Update",
    }
}
