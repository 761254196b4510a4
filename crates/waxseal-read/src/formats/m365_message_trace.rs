//! Message trace: which message went from whom to whom, when, and what became of it.
//!
//! Exchange tells it through PowerShell (`Get-MessageTrace`, `Get-MessageTraceV2`), its reporting service, Microsoft Graph and
//! the portal; Defender has a table of its own, EmailEvents.
//! Sources: <https://learn.microsoft.com/en-us/powershell/module/exchange/get-messagetracev2>,
//! <https://learn.microsoft.com/en-us/exchange/monitoring/trace-an-email-message/message-trace-modern-eac>,
//! <https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-emailevents-table>

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json_borrow::Value;
use waxseal_model::{LogClass, Nanos};

use crate::azure_monitor::peel;
use crate::event::{Event, Item, Property, Text};
use crate::fields::address;
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::table::{Columns, as_object, columns, has_plain};
use crate::value::{Object, int, lower, member};

/// Rows of a message trace: a message and one of its recipients, or all of them.
pub(crate) struct MessageTrace;

impl Format for MessageTrace {
    fn id(&self) -> &'static str {
        "m365_message_trace"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/m365_message_trace.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Json(value) => peel(value).is_some_and(|peeled| {
                let has = |name: &str| peeled.inner.get(name).is_some();
                SHAPES.iter().any(|names| names.iter().all(|name| has(name)))
            }),
            Record::Row(row) => ROWS.iter().any(|names| names.iter().all(|name| has_plain(row, name))),
        }
    }

    fn local_date(&self, record: &Record<'_>) -> Option<(String, Option<Nanos>)> {
        let object = object_of(record)?;
        Some((member(object.as_object()?, "received")?.into_owned(), None))
    }

    fn read(&self, record: &Record<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        let object = object_of(record).ok_or_else(|| Reject("not a row of a message trace".to_owned()))?;
        let Some(trace) = object.as_object() else { return Err(Reject("not a JSON object".to_owned())) };
        let tenant = match record {
            Record::Json(value) => peel(value).and_then(|peeled| lower(peeled.tenant)),
            Record::Row(_) => None,
        };
        let recipients = recipients(trace);
        if recipients.is_empty() {
            return Err(Reject("the row names no recipient".to_owned()));
        }
        for (i, (recipient, status)) in recipients.iter().enumerate() {
            out.body(&of_recipient(&object, recipient));
            if !out.push(Event { tenant: tenant.clone(), ..event_of(trace, recipient, status.clone(), context) }) {
                return Err(Reject(format!(
                    "the row names {} recipients, too many for its size; those before {i} are kept",
                    recipients.len()
                )));
            }
        }
        Ok(())
    }
}

/// Members that stand together in a trace only: PowerShell and the reporting service, Graph, Defender.
const SHAPES: [&[&str]; 3] = [
    &["Received", "SenderAddress", "RecipientAddress"],
    &["receivedDateTime", "senderAddress", "recipientAddress"],
    &["InternetMessageId", "RecipientEmailAddress", "SenderFromAddress"],
];

/// The same of columns: also the portal's own names, and its summary, in which a row has all recipients.
const ROWS: [&[&str]; 5] = [
    &["received", "senderaddress", "recipientaddress"],
    &["receiveddatetime", "senderaddress", "recipientaddress"],
    &["internetmessageid", "recipientemailaddress", "senderfromaddress"],
    &["origintimestamputc", "senderaddress", "recipientstatus"],
    &["datetimeutc", "senderaddress", "recipientaddress", "messageid"],
];

static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
    columns(&[
        ("received", "received"),
        ("receiveddatetime", "received"),
        ("origintimestamputc", "received"),
        ("datetimeutc", "received"),
        ("timestamp", "received"),
        ("timegenerated", "received"),
        ("senderaddress", "sender"),
        ("senderfromaddress", "sender"),
        ("sendermailfromaddress", "envelopeSender"),
        ("recipientaddress", "recipient"),
        ("recipientemailaddress", "recipient"),
        ("recipientstatus", "recipients"),
        ("subject", "subject"),
        ("messagesubject", "subject"),
        ("status", "status"),
        ("deliveryaction", "status"),
        ("eventid", "status"),
        ("toip", "toIp"),
        ("fromip", "fromIp"),
        ("originalclientip", "fromIp"),
        ("senderipv4", "fromIp"),
        ("senderipv6", "fromIp"),
        ("size", "size"),
        ("totalbytes", "size"),
        ("messageid", "messageId"),
        ("internetmessageid", "messageId"),
        ("messagetraceid", "traceId"),
        ("networkmessageid", "traceId"),
        ("id", "traceId"),
        ("organization", "organization"),
        ("directionality", "direction"),
        ("direction", "direction"),
        ("emaildirection", "direction"),
        ("deliverylocation", "deliveryLocation"),
        ("connectorid", "connector"),
        ("recipientobjectid", "recipientId"),
        ("senderobjectid", "senderId"),
    ])
});

/// Under one set of names. Where the envelope of a stream stands around it, that is taken off.
fn object_of<'a>(record: &Record<'a>) -> Option<Value<'a>> {
    let inner = match record {
        Record::Json(value) => Record::Json(peel(value)?.value),
        Record::Row(row) => Record::Row(*row),
    };
    Some(as_object(&inner, &COLUMNS))
}

/// The recipients with what became of the message for each. The summary has `a@x.example##Receive, Deliver;b@x.example##…`.
fn recipients<'a>(trace: &'a Object<'a>) -> Vec<(Cow<'a, str>, Text<'a>)> {
    if let Some(one) = member(trace, "recipient") {
        return vec![(one, member(trace, "status"))];
    }
    let all = trace.get("recipients").and_then(Value::as_str).unwrap_or_default();
    let each = all.split(';').map(str::trim).filter(|part| !part.is_empty());
    each.map(|part| {
        let (address, status) = part.split_once("##").map_or((part, None), |(address, status)| (address, Some(status.trim())));
        (Cow::Borrowed(address.trim()), status.filter(|word| !word.is_empty()).map(Cow::Borrowed))
    })
    .collect()
}

/// The body of one recipient's event: the row as if it were the only one.
fn of_recipient<'a>(object: &Value<'a>, recipient: &'a str) -> Value<'a> {
    let mut body = object.clone();
    if let Value::Object(members) = &mut body
        && members.get("recipient").is_none()
    {
        members.insert("recipient", Value::Str(Cow::Borrowed(recipient)));
        members.insert("recipients", Value::Null);
    }
    body
}

fn event_of<'a>(trace: &'a Object<'a>, recipient: &str, status: Text<'a>, context: &Context) -> Event<'a> {
    let mailbox = address(Some(Cow::Owned(recipient.to_owned())));
    let item = Item {
        message_id: member(trace, "messageId"),
        size_bytes: trace.get("size").and_then(int),
        subject: member(trace, "subject"),
        ..Item::default()
    };
    Event {
        // A message has one row for each recipient, all under one id.
        id: member(trace, "traceId").map(|id| Cow::Owned(format!("{id}/{}", recipient.to_lowercase()))),
        time: member(trace, "received").and_then(|text| context.time(&text)),
        log_class: Some(LogClass::Trace.as_str().into()),
        workload: Some("Exchange".into()),
        operation: Some("Message trace".into()),
        result: status,
        actor: address(member(trace, "sender")),
        actor_id: member(trace, "senderId"),
        target: mailbox.clone(),
        target_id: member(trace, "recipientId"),
        target_kind: Some("mailbox".into()),
        mailbox,
        client_ip: member(trace, "fromIp"),
        properties: KEPT.iter().filter_map(|(key, name)| property(trace, key, name)).collect(),
        item_count: Some(1),
        items: vec![item],
        ..Event::default()
    }
}

/// What else is worth having, under the provider's name.
const KEPT: [(&str, &str); 6] = [
    ("organization", "Organization"),
    ("toIp", "ToIP"),
    ("traceId", "MessageTraceId"),
    ("direction", "Directionality"),
    ("deliveryLocation", "DeliveryLocation"),
    ("envelopeSender", "SenderMailFromAddress"),
];

fn property<'a>(trace: &'a Object<'a>, key: &str, name: &'static str) -> Option<Property<'a>> {
    let new = member(trace, key);
    new.is_some().then_some(Property { name: Cow::Borrowed(name), old: None, new })
}
