//! Activities as Google exports them to BigQuery: the table of activities, and the older one of Gmail alone.
//!
//! Sources: <https://support.google.com/a/answer/9082756>, <https://support.google.com/a/answer/7230050>

use serde_json_borrow::Value;
use waxseal_model::Nanos;

use crate::value::{Object, int, member, objects};

/// Whether it is a row of either table.
pub(super) fn is_row(object: &Object<'_>) -> bool {
    is_activity_row(object) || is_gmail_row(object)
}

fn is_activity_row(object: &Object<'_>) -> bool {
    ["time_usec", "record_type", "event_name"].iter().all(|key| object.get(key).is_some())
}

fn is_gmail_row(object: &Object<'_>) -> bool {
    ["event_info", "message_info"].iter().all(|key| object.get(key).is_some_and(Value::is_object))
}

/// The row as the Reports API would give it. Neither table names the customer in a way of its own.
pub(super) fn activity_of<'a>(object: &'a Object<'a>) -> Option<Value<'a>> {
    if is_activity_row(object) {
        return Some(of_activity_row(object));
    }
    is_gmail_row(object).then(|| of_gmail_row(object))
}

fn of_activity_row<'a>(object: &'a Object<'a>) -> Value<'a> {
    let application = member(object, "record_type").unwrap_or_default().to_lowercase();
    let mut event = Object::default();
    event.insert("name", object.get("event_name").cloned().unwrap_or_default());
    if let Some(kind) = object.get("event_type") {
        event.insert("type", kind.clone());
    }
    // What one application tells stands in the column of its name.
    if let Some(parameters) = object.get(&application).filter(|told| told.is_object()) {
        event.insert("parameters", parameters.clone());
    }
    let id = id_of(&application, object.get("time_usec"), object.get("unique_identifier"));
    let mut made = activity(id, object.get("email"), event);
    if let Some(address) = object.get("ip_address") {
        made.insert("ipAddress", address.clone());
    }
    Value::Object(made)
}

fn of_gmail_row<'a>(object: &'a Object<'a>) -> Value<'a> {
    let part = |key: &str| object.get(key).and_then(Value::as_object);
    let event_info = part("event_info");
    let mut parameters = Object::default();
    for key in ["event_info", "message_info"] {
        if let Some(value) = object.get(key) {
            parameters.insert(key, value.clone());
        }
    }
    let mut event = Object::default();
    event.insert("name", Value::Str("delivery".into()));
    event.insert("type", Value::Str("delivery_type".into()));
    event.insert("parameters", Value::Object(parameters));
    let id = id_of("gmail", event_info.and_then(|info| info.get("timestamp_usec")), None);
    let mut made = activity(id, part("message_info").and_then(mailbox_of), event);
    let context = event_info.and_then(|info| info.get("client_context")).and_then(Value::as_object);
    if let Some(address) = context.and_then(|context| context.get("client_ip")) {
        made.insert("ipAddress", address.clone());
    }
    Value::Object(made)
}

/// The organisation's own side of a message: of one that came in its recipient, else its sender.
fn mailbox_of<'a>(message: &'a Object<'a>) -> Option<&'a Value<'a>> {
    let source = message.get("source").and_then(Value::as_object);
    let came_in = source.and_then(|source| member(source, "service")).is_some_and(|service| service.contains("smtp-in"));
    let recipient = || message.get("destination").into_iter().flat_map(objects).find_map(|one| one.get("address"));
    if came_in { recipient() } else { source.and_then(|source| source.get("address")).or_else(recipient) }
}

fn id_of<'a>(application: &str, micros: Option<&'a Value<'a>>, qualifier: Option<&'a Value<'a>>) -> Object<'a> {
    let mut id = Object::default();
    id.insert("applicationName", Value::Str(application.to_owned().into()));
    let nanos = micros.and_then(int).and_then(|micros| micros.checked_mul(1_000));
    if let Some(nanos) = nanos {
        id.insert("time", Value::Str(Nanos(nanos).to_string().into()));
    }
    if let Some(qualifier) = qualifier {
        id.insert("uniqueQualifier", qualifier.clone());
    }
    id
}

fn activity<'a>(id: Object<'a>, email: Option<&'a Value<'a>>, event: Object<'a>) -> Object<'a> {
    let mut actor = Object::default();
    if let Some(email) = email {
        actor.insert("email", email.clone());
    }
    let mut made = Object::default();
    made.insert("id", Value::Object(id));
    made.insert("actor", Value::Object(actor));
    made.insert("events", Value::Array(vec![Value::Object(event)]));
    made
}
