//! OfficeActivity, the table that Log Analytics makes from the unified audit log, whole or as few columns of a query.
//!
//! Source: <https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/officeactivity>

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json_borrow::Value;
use waxseal_model::Nanos;

use super::audit_data;
use crate::event::Text;
use crate::format::{Context, EventSink, Record, Reject};
use crate::table::value_of;
use crate::token_id::is_guid;
use crate::value::{Object, member};

/// Every table of Log Analytics has a time of its own; `Operation` is this one's.
pub(super) fn is_one(has: impl Fn(&str) -> bool) -> bool {
    has("TimeGenerated") && has("Operation") && !has("AuditData") && !has("auditData") && !has("CreationTime")
}

/// The record as AuditData has it, where it is one of the table.
pub(super) fn audit_data_of<'a>(record: &Record<'a>) -> Option<Value<'a>> {
    let mut members: Vec<(&'a str, Value<'a>)> = Vec::new();
    let mut known = HashSet::new();
    let mut add = |name: &'a str, value: Value<'a>| {
        if let Some(name) = renamed(name).filter(|name| known.insert(*name)) {
            members.push((name, if name == "CreationTime" { without_zeros(value) } else { value }));
        }
    };
    match record {
        Record::Json(value) => {
            let object = value.as_object().filter(|object| is_one(|name| object.get(name).is_some()))?;
            for (name, value) in object.iter() {
                match value {
                    Value::Null => {}
                    Value::Str(text) if text.trim().is_empty() => {}
                    Value::Str(text) => add(name, value_of(text.trim())),
                    other => add(name, other.clone()),
                }
            }
        }
        Record::Row(row) => {
            is_one(|name| row.header.position(name).is_some()).then_some(())?;
            for (name, cell) in row.header.names.iter().zip(row.cells).filter(|(_, cell)| !cell.trim().is_empty()) {
                add(name, value_of(cell.trim()));
            }
        }
    }
    Some(Value::Object(members.into()))
}

/// A time is written with as many digits as the tool has, which makes no other record of it.
fn without_zeros(time: Value<'_>) -> Value<'_> {
    match time.as_str().and_then(Nanos::parse) {
        Some(parsed) => Value::Str(Cow::Owned(parsed.to_string())),
        None => time,
    }
}

/// When it was, as written.
pub(super) fn time_text<'a>(record: &Record<'a>) -> Option<Cow<'a, str>> {
    match record {
        Record::Json(value) => {
            let object = value.as_object().filter(|object| is_one(|name| object.get(name).is_some()))?;
            member(object, "TimeGenerated")
        }
        Record::Row(row) if is_one(|name| row.header.position(name).is_some()) => row.get("TimeGenerated").map(Cow::Borrowed),
        Record::Row(_) => None,
    }
}

/// Reads what [`audit_data_of`] made.
pub(super) fn read(data: &Value<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
    let Some(object) = data.as_object() else { return Err(Reject("not a JSON object".to_owned())) };
    let mut event = audit_data::event_of(object);
    event.time = member(object, "CreationTime").and_then(|time| context.time(&time));
    event.tenant = event.tenant.filter(|tenant| is_guid(tenant)).or_else(|| tenant_of(object));
    if event.operation.is_none() && event.id.is_none() {
        return Err(Reject("the row names neither an operation nor an id".to_owned()));
    }
    if event.log_class.is_none() {
        event.log_class = Some("ual.other".into());
    }
    out.body(data);
    out.push(event);
    Ok(())
}

fn tenant_of<'a>(object: &'a Object<'a>) -> Text<'a> {
    let tenant = ["OrganizationId_", "OfficeTenantId", "OfficeTenantId_"].iter().find_map(|name| member(object, name));
    tenant.filter(|tenant| is_guid(tenant)).map(|tenant| Cow::Owned(tenant.to_ascii_lowercase()))
}

/// The name that AuditData has for a column. What the workspace adds is left out: its `TenantId` is its own, not the organisation's.
fn renamed(name: &str) -> Option<&str> {
    Some(match name {
        "TenantId" | "SourceSystem" | "Type" | "MG" | "ManagementGroupName" | "Computer" | "RawData" => return None,
        "TimeGenerated" => "CreationTime",
        "OfficeId" | "SourceRecordId" => "Id",
        "OfficeWorkload" => "Workload",
        "OfficeObjectId" => "ObjectId",
        "Client_IPAddress" => "ClientIPAddress",
        "Logon_Type" => "LogonType",
        "Client_Info" | "ClientInfoString_" => "ClientInfoString",
        "UserId_" => "UserId",
        "AADTarget" => "Target",
        other => other,
    })
}
