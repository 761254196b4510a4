//! Entra directory audits: changes to accounts, roles, applications and consents.
//!
//! Sources: <https://learn.microsoft.com/en-us/graph/api/resources/directoryaudit> and, for Log Analytics,
//! <https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/auditlogs>

mod tables;

use std::borrow::Cow;

use serde_json_borrow::Value;
use waxseal_model::{LogClass, Nanos};

use crate::azure_monitor::{Peeled, peel};
use crate::event::{Event, Property, Text};
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::value::{Object, any_text, lower, member, objects};

/// Directory audits from Microsoft Graph, from Azure Monitor inside its envelope, and from the tables of Log Analytics and of portals.
pub(crate) struct DirectoryAudit;

impl Format for DirectoryAudit {
    fn id(&self) -> &'static str {
        "entra_directory_audit"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/entra_directory_audit.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Json(value) => is_whole(value) || value.as_object().is_some_and(tables::is_of_log_analytics),
            Record::Row(row) => tables::columns_of(row).is_some(),
        }
    }

    fn local_date(&self, record: &Record<'_>) -> Option<(String, Option<Nanos>)> {
        let object = tables::object_of(record)?;
        Some((time_text(object.as_object()?)?.into_owned(), None))
    }

    fn read(&self, record: &Record<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        let not_one = || Reject("not a directory audit".to_owned());
        if let Record::Json(value) = record
            && is_whole(value)
        {
            let peeled = peel(value).ok_or_else(not_one)?;
            out.body(peeled.value);
            out.push(event_of(&peeled, context));
            return Ok(());
        }
        let object = tables::object_of(record).ok_or_else(not_one)?;
        let peeled = tables::peel(&object).ok_or_else(not_one)?;
        out.body(&object);
        out.push(event_of(&peeled, context));
        Ok(())
    }
}

/// Whether it is a directory audit as Graph writes it, in an envelope or without.
fn is_whole(value: &Value<'_>) -> bool {
    peel(value).is_some_and(|peeled| {
        let has = |key: &str| peeled.inner.get(key).is_some();
        has("activityDisplayName") && (has("targetResources") || has("initiatedBy"))
    })
}

fn time_text<'a>(record: &'a Object<'a>) -> Text<'a> {
    member(record, "activityDateTime").or_else(|| member(record, "timeGenerated"))
}

fn event_of<'a>(peeled: &Peeled<'a>, context: &Context) -> Event<'a> {
    let record = peeled.inner;
    let actor = actor_of(record);
    let target = record.get("targetResources").and_then(|targets| objects(targets).next());
    let result = member(record, "result");
    Event {
        id: member(record, "id"),
        time: time_text(record).and_then(|t| context.time(&t)).or(peeled.time_ingested),
        tenant: lower(peeled.tenant.clone()),
        log_class: Some(LogClass::AuditDirectory.as_str().into()),
        workload: member(record, "loggedByService"),
        operation: member(record, "activityDisplayName"),
        result: lower(result),
        error_code: member(record, "resultReason").filter(|_| !succeeded(record)),
        actor: actor.name,
        actor_id: lower(actor.id),
        actor_kind: Some(actor.kind.into()),
        target: target.and_then(|t| member(t, "userPrincipalName").or_else(|| member(t, "displayName"))),
        target_id: target.and_then(|t| lower(member(t, "id"))),
        target_kind: target.and_then(|t| member(t, "type")).map(|kind| snake(&kind).into()),
        properties: properties(record),
        client_ip: actor.ip.or_else(|| peeled.caller_ip.clone()),
        user_agent: detail(record, "User-Agent").or_else(|| member(record, "userAgent")),
        app_id: lower(actor.app_id),
        session_id: linkable(record, "sessionId"),
        aad_session_id: linkable(record, "sessionId"),
        correlation_id: lower(member(record, "correlationId")),
        ..Event::default()
    }
}

fn succeeded(record: &Object<'_>) -> bool {
    member(record, "result").is_some_and(|word| word.eq_ignore_ascii_case("success"))
}

struct Actor<'a> {
    name: Text<'a>,
    id: Text<'a>,
    kind: &'static str,
    ip: Text<'a>,
    app_id: Text<'a>,
}

fn actor_of<'a>(record: &'a Object<'a>) -> Actor<'a> {
    let by = record.get("initiatedBy").and_then(Value::as_object);
    let part = |key: &str| by.and_then(|by| by.get(key)).and_then(Value::as_object);
    // The portal's table writes some of it once for whoever it was.
    let beside = |key: &str| by.and_then(|by| member(by, key));
    if let Some(user) = part("user").filter(|user| user.values().any(|value| !value.is_null())) {
        let name = lower(member(user, "userPrincipalName")).or_else(|| member(user, "displayName"));
        let (id, ip) = (member(user, "id").or_else(|| beside("id")), member(user, "ipAddress").or_else(|| beside("ip")));
        return Actor { name, id, kind: "user", ip, app_id: None };
    }
    match part("app") {
        Some(app) => Actor {
            name: member(app, "displayName").or_else(|| beside("name")),
            id: member(app, "servicePrincipalId").or_else(|| beside("id")),
            kind: "application",
            ip: beside("ip"),
            app_id: member(app, "appId"),
        },
        None => {
            let kind = if beside("type").is_some_and(|kind| kind.eq_ignore_ascii_case("application")) { "application" } else { "system" };
            Actor { name: beside("name"), id: beside("id"), kind, ip: beside("ip"), app_id: None }
        }
    }
}

/// Changed properties of every target, then the remark and the additional details. A further target comes in as `User.UPN` or `Target`.
fn properties<'a>(record: &'a Object<'a>) -> Vec<Property<'a>> {
    let mut all = Vec::new();
    let targets = record.get("targetResources").into_iter().flat_map(objects);
    for (i, target) in targets.enumerate() {
        if i > 0 {
            let address = member(target, "userPrincipalName");
            let name = if address.is_some() { "User.UPN" } else { "Target" };
            if let Some(new) = address.or_else(|| member(target, "displayName")) {
                all.push(Property { name: name.into(), old: None, new: Some(new) });
            }
        }
        all.extend(target.get("modifiedProperties").into_iter().flat_map(objects).map(changed));
    }
    // Of what succeeded the reason is a remark, for instance the justification given for a role.
    let remark = member(record, "resultReason").filter(|_| succeeded(record));
    all.extend(remark.map(|remark| Property { name: "resultReason".into(), old: None, new: Some(remark) }));
    all.extend(details(record).map(|(name, value)| Property { name, old: None, new: value }));
    all
}

fn changed<'a>(property: &'a Object<'a>) -> Property<'a> {
    let value = |key: &str| property.get(key).and_then(any_text);
    Property { name: value("displayName").unwrap_or_default(), old: value("oldValue"), new: value("newValue") }
}

fn details<'a>(record: &'a Object<'a>) -> impl Iterator<Item = (Cow<'a, str>, Text<'a>)> {
    let all = record.get("additionalDetails").into_iter().flat_map(objects);
    all.map(|detail| (detail.get("key").and_then(any_text).unwrap_or_default(), detail.get("value").and_then(any_text)))
}

fn detail<'a>(record: &'a Object<'a>, name: &str) -> Text<'a> {
    details(record).find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value)
}

/// An identifier that links the change to the sign-in it was made with (Graph beta).
fn linkable<'a>(record: &'a Object<'a>, key: &str) -> Text<'a> {
    let by = record.get("initiatedBy").and_then(Value::as_object)?;
    let ids = by.get("linkableIdentifiers").or_else(|| by.get("user").and_then(Value::as_object)?.get("linkableIdentifiers"))?;
    member(ids.as_object()?, key)
}

/// `ServicePrincipal` → `service_principal`.
fn snake(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    for (i, c) in word.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn kinds_of_targets_are_written_alike() {
        assert_eq!(snake("ServicePrincipal"), "service_principal");
        assert_eq!(snake("User"), "user");
    }
}
