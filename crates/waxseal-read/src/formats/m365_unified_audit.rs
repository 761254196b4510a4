//! The unified audit log of Microsoft 365, in every wrapper it is exported in.
//!
//! The record proper is a JSON object called AuditData. It arrives bare (Office 365 Management Activity API), as a member of a
//! JSON object (Microsoft Graph's audit log queries, collectors) or as a cell of a table (Purview, `Search-UnifiedAuditLog`,
//! re-exports of those). Log Analytics has a table made from it, OfficeActivity.
//! Sources: <https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema>,
//! <https://learn.microsoft.com/en-us/purview/audit-log-export-records>,
//! <https://learn.microsoft.com/en-us/graph/api/resources/security-auditlogrecord>

mod audit_data;
mod office_activity;
mod wrapper;

use std::borrow::Cow;

use serde_json_borrow::Value;
use waxseal_model::Nanos;

use crate::event::Event;
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::frame::values_side_by_side;
use crate::recover::complete_json;
use crate::value::{Object, member};
use wrapper::Wrapper;

/// Unified audit records.
pub(crate) struct UnifiedAudit;

impl Format for UnifiedAudit {
    fn id(&self) -> &'static str {
        "m365_unified_audit"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/m365_unified_audit.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Json(value) => value.as_object().is_some_and(|object| {
                is_audit_data(object) || wraps_audit_data(object) || office_activity::is_one(|name| object.get(name).is_some())
            }),
            Record::Row(row) => {
                row.header.position("AuditData").is_some() || office_activity::is_one(|name| row.header.position(name).is_some())
            }
        }
    }

    fn local_date(&self, record: &Record<'_>) -> Option<(String, Option<Nanos>)> {
        if let Some(time) = office_activity::time_text(record) {
            return Some((time.into_owned(), None));
        }
        let (wrapper, data) = match record {
            Record::Row(row) => (Wrapper::of_row(row), row.get("AuditData").map(Cow::Borrowed)),
            Record::Json(value) => {
                let object = value.as_object()?;
                (Wrapper::of_object(object), member(object, "AuditData"))
            }
        };
        let inner = data.as_deref().and_then(|text| serde_json::from_str::<Value<'_>>(text).ok());
        let truth = inner.as_ref().and_then(|value| member(value.as_object()?, "CreationTime")).and_then(|time| Nanos::parse(&time));
        Some((wrapper.time?.into_owned(), truth))
    }

    fn read(&self, record: &Record<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        if let Some(data) = office_activity::audit_data_of(record) {
            return office_activity::read(&data, context, out);
        }
        match record {
            Record::Row(row) => read_text(row.get("AuditData"), &Wrapper::of_row(row), context, out),
            Record::Json(value) => match value.as_object() {
                Some(object) if is_audit_data(object) => {
                    push(value, &Wrapper::default(), false, context, out);
                    Ok(())
                }
                Some(object) => read_wrapped(object, context, out),
                None => Err(Reject("not a JSON object".to_owned())),
            },
        }
    }
}

fn is_audit_data(object: &Object<'_>) -> bool {
    object.get("CreationTime").is_some() && (object.get("Operation").is_some() || object.get("RecordType").is_some())
}

fn wraps_audit_data(object: &Object<'_>) -> bool {
    wrapped_audit_data(object).is_some()
}

/// AuditData in a wrapper; Microsoft Graph spells its name in its own way.
fn wrapped_audit_data<'a>(object: &'a Object<'a>) -> Option<&'a Value<'a>> {
    object.get("AuditData").or_else(|| object.get("auditData"))
}

fn read_wrapped(object: &Object<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
    let wrapper = Wrapper::of_object(object);
    match wrapped_audit_data(object) {
        Some(inner @ Value::Object(_)) => {
            push(inner, &wrapper, false, context, out);
            Ok(())
        }
        Some(Value::Str(text)) => read_text(Some(text.trim()).filter(|t| !t.is_empty()), &wrapper, context, out),
        _ => read_text(None, &wrapper, context, out),
    }
}

/// Reads AuditData that is text; where it is cut or missing, what its remains and its wrapper tell.
fn read_text(text: Option<&str>, wrapper: &Wrapper<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
    if let Some(text) = text
        && let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value<'_>>(text)
    {
        push(&value, wrapper, false, context, out);
        return Ok(());
    }
    let remains = text.and_then(complete_json).or_else(|| wrapper.remains.as_deref().and_then(complete_json));
    match remains.as_deref().map(serde_json::from_str::<Value<'_>>) {
        Some(Ok(value)) => push(&value, wrapper, true, context, out),
        _ if wrapper.tells_something() => push_wrapper(wrapper, context, out),
        _ => return Err(Reject("AuditData is empty or damaged, and nothing around it tells what it was".to_owned())),
    }
    match text.and_then(|text| values_side_by_side(text.as_bytes())) {
        Some(_) => Err(Reject("AuditData is not one record but several side by side; only the first is read".to_owned())),
        None => Ok(()),
    }
}

fn push<'a>(value: &'a Value<'a>, wrapper: &Wrapper<'a>, damaged: bool, context: &Context, out: &mut dyn EventSink) {
    let Some(object) = value.as_object() else { return };
    let mut event = audit_data::event_of(object);
    event.truncated = Some(damaged);
    out.body(value);
    wrapper.fill(&mut event, context);
    out.push(event);
}

/// Only the wrapper is left of the record.
fn push_wrapper<'a>(wrapper: &Wrapper<'a>, context: &Context, out: &mut dyn EventSink) {
    let mut event = Event { truncated: Some(true), ..Event::default() };
    wrapper.fill(&mut event, context);
    let members = [("time", &wrapper.time), ("user", &wrapper.user), ("operation", &wrapper.operation), ("type", &wrapper.record_type)];
    let body: Vec<(&str, Value<'_>)> = members.into_iter().map(|(key, v)| (key, v.as_deref().map_or(Value::Null, text_value))).collect();
    out.body(&Value::Object(body.into()));
    out.push(event);
}

fn text_value(text: &str) -> Value<'_> {
    Value::Str(Cow::Borrowed(text))
}
