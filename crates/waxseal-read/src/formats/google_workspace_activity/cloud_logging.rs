//! Activities as Google Cloud Logging keeps them for organisations that share them with Google Cloud.
//!
//! Source: <https://cloud.google.com/logging/docs/audit/gsuite-audit-logging>

use serde_json_borrow::Value;
use waxseal_model::Nanos;

use crate::value::{Object, elements, int, member};

/// Whether it is an entry that holds an activity; other entries are those of Google Cloud itself.
pub(super) fn is_entry(object: &Object<'_>) -> bool {
    metadata(object).is_some_and(|metadata| metadata.get("activityId").is_some() || metadata.get("event").is_some())
}

fn metadata<'a>(object: &'a Object<'a>) -> Option<&'a Object<'a>> {
    object.get("protoPayload")?.as_object()?.get("metadata")?.as_object()
}

/// The activity as the Reports API would give it. An entry names the organisation of Google Cloud, not the customer.
pub(super) fn activity_of<'a>(object: &'a Object<'a>) -> Option<Value<'a>> {
    let payload = object.get("protoPayload")?.as_object()?;
    let metadata = metadata(object).filter(|_| is_entry(object))?;
    let events: Vec<Value<'a>> = metadata.get("event").map(elements).unwrap_or_default().iter().filter_map(event_of).collect();
    let part = |key: &str| payload.get(key).and_then(Value::as_object);
    let text = |value: String| Value::Str(value.into());
    let activity_id = metadata.get("activityId").and_then(Value::as_object);
    let micros = activity_id.and_then(|id| id.get("timeUsec")).and_then(int);
    let time = micros.and_then(|micros| micros.checked_mul(1_000)).map(|nanos| Nanos(nanos).to_string());
    let mut id = Object::default();
    let mut put = |key: &'static str, value: Option<Value<'a>>| {
        if let Some(value) = value {
            id.insert(key, value);
        }
    };
    put("time", time.map(text).or_else(|| object.get("timestamp").cloned()));
    put("uniqueQualifier", activity_id.and_then(|id| id.get("uniqQualifier")).cloned());
    put("applicationName", Some(application_of(&member(payload, "serviceName")?)));
    put("organization", organization_of(payload).map(text));
    let mut made = Object::default();
    made.insert("id", Value::Object(id));
    let mut actor = Object::default();
    if let Some(email) = part("authenticationInfo").and_then(|info| info.get("principalEmail")) {
        actor.insert("email", email.clone());
    }
    made.insert("actor", Value::Object(actor));
    if let Some(address) = part("requestMetadata").and_then(|metadata| metadata.get("callerIp")) {
        made.insert("ipAddress", address.clone());
    }
    made.insert("events", Value::Array(events));
    Some(Value::Object(made))
}

/// `login.googleapis.com` is the application `login`; that of tokens has the name of the protocol there.
fn application_of<'a>(service: &str) -> Value<'a> {
    let name = service.split('.').next().unwrap_or(service);
    let name = match name {
        "oauth2" => "token",
        "cloudidentity" => "groups_enterprise",
        other => other,
    };
    Value::Str(name.to_owned().into())
}

/// `organizations/123/groupSettings` → `organizations-123`.
fn organization_of(payload: &Object<'_>) -> Option<String> {
    let name = member(payload, "resourceName")?;
    let number = name.strip_prefix("organizations/")?.split('/').next()?;
    Some(format!("organizations-{number}"))
}

fn event_of<'a>(event: &'a Value<'a>) -> Option<Value<'a>> {
    let event = event.as_object()?;
    let mut made = Object::default();
    for (from, to) in [("eventType", "type"), ("eventName", "name"), ("status", "status")] {
        if let Some(value) = event.get(from) {
            made.insert(to, value.clone());
        }
    }
    let parameters = event.get("parameter").map(elements).unwrap_or_default();
    made.insert("parameters", Value::Array(parameters.iter().filter_map(parameter_of).collect()));
    Some(Value::Object(made))
}

/// Members that hold values, as they are called there and in the API.
const VALUES: [(&str, &str); 9] = [
    ("value", "value"),
    ("intValue", "intValue"),
    ("boolValue", "boolValue"),
    ("multiValue", "multiValue"),
    ("multiStrValue", "multiValue"),
    ("multiIntValue", "multiIntValue"),
    ("multiBoolValue", "multiBoolValue"),
    ("messageValue", "messageValue"),
    ("multiMessageValue", "multiMessageValue"),
];

fn parameter_of<'a>(parameter: &'a Value<'a>) -> Option<Value<'a>> {
    let parameter = parameter.as_object()?;
    let mut made = Object::default();
    made.insert("name", parameter.get("name")?.clone());
    for (from, to) in VALUES {
        if let Some(value) = parameter.get(from) {
            made.insert(to, value.clone());
        }
    }
    Some(Value::Object(made))
}
