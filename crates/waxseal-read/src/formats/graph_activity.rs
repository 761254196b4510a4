//! Calls of Microsoft Graph (`MicrosoftGraphActivityLogs`): which application asked for what, with which token, from where.
//!
//! Source: <https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/microsoftgraphactivitylogs>; members that
//! begin with `C_` and `tokenIssuedAt` as they stand in diagnostic exports.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json_borrow::Value;
use waxseal_model::{LogClass, Nanos};

use crate::azure_monitor::{Peeled, peel};
use crate::event::{Event, Property};
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::table::{Columns, as_object};
use crate::token_id::token_guid;
use crate::value::{Object, int, lower, member, plain};

/// Calls of Microsoft Graph from Azure Monitor, inside its envelope or without it, and from the table of Log Analytics.
pub(crate) struct GraphActivity;

/// The category in Azure Monitor's envelope.
const CATEGORY: &str = "MicrosoftGraphActivityLogs";

/// Microsoft Graph itself, as the application that tokens are for: the same in every tenant and cloud.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

impl Format for GraphActivity {
    fn id(&self) -> &'static str {
        "graph_activity"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/graph_activity.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Json(value) => {
                is_whole(value) || value.as_object().is_some_and(|object| TABLE.iter().all(|key| object.get(key).is_some()))
            }
            Record::Row(row) => TABLE.iter().all(|name| row.header.position(name).is_some()),
        }
    }

    fn local_date(&self, record: &Record<'_>) -> Option<(String, Option<Nanos>)> {
        let Record::Row(row) = record else { return None };
        Some((row.get("TimeGenerated")?.to_owned(), None))
    }

    fn read(&self, record: &Record<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        if let Record::Json(value) = record
            && is_whole(value)
        {
            let Some(peeled) = peel(value) else { return Err(Reject("not a JSON object".to_owned())) };
            return push(&peeled, context, out);
        }
        let object = as_object(record, &COLUMNS);
        let Some(inner) = object.as_object() else { return Err(Reject("not a JSON object".to_owned())) };
        let tenant = member(inner, "aadTenantId");
        push(&Peeled { inner, value: &object, category: None, tenant, time_ingested: None, caller_ip: None }, context, out)
    }
}

fn push(peeled: &Peeled<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
    if ["requestId", "requestUri", "requestMethod"].iter().all(|key| member(peeled.inner, key).is_none()) {
        return Err(Reject("the call has neither requestId, requestUri nor requestMethod".to_owned()));
    }
    out.body(peeled.value);
    out.push(event_of(peeled, context));
    Ok(())
}

fn is_whole(value: &Value<'_>) -> bool {
    peel(value).is_some_and(|peeled| match &peeled.category {
        Some(category) => category == CATEGORY,
        None => is_call(peeled.inner),
    })
}

/// Columns that stand together in Log Analytics' table of calls only.
const TABLE: [&str; 3] = ["TimeGenerated", "RequestMethod", "RequestUri"];

/// There `TenantId` is the workspace.
static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
    let same = ["requestId", "operationId", "clientRequestId", "apiVersion", "requestMethod", "requestUri", "responseStatusCode"];
    let more = ["durationMs", "responseSizeBytes", "signInActivityId", "roles", "appId", "scopes", "identityProvider", "wids"];
    let rest = ["clientAuthMethod", "ipAddress", "userAgent", "userId", "servicePrincipalId", "tokenIssuedAt", "timeGenerated"];
    let last = ["sessionId", "deviceId", "location", "aadTenantId", "C_Idtyp", "C_Iat", "C_Sid", "C_DeviceId", "UserPrincipalObjectID"];
    let all = same.iter().chain(&more).chain(&rest).chain(&last);
    all.map(|name| (plain(name), (*name).to_owned())).collect()
});

/// These members together stand in no other record.
fn is_call(object: &Object<'_>) -> bool {
    ["requestId", "requestMethod", "requestUri", "responseStatusCode", "appId"].iter().all(|key| object.get(key).is_some())
}

fn event_of<'a>(peeled: &Peeled<'a>, context: &Context) -> Event<'a> {
    let record = peeled.inner;
    let status = record.get("responseStatusCode").and_then(int);
    let session = member(record, "C_Sid").or_else(|| member(record, "sessionId"));
    let (actor_id, actor_kind) = actor_of(record);
    Event {
        id: member(record, "requestId"),
        // The time of the envelope is that of the call here, not that of the export.
        time: member(record, "timeGenerated").and_then(|t| context.time(&t)).or(peeled.time_ingested),
        tenant: lower(peeled.tenant.clone().or_else(|| member(record, "tenantId"))),
        log_class: Some(LogClass::GraphCalls.as_str().into()),
        workload: Some("MicrosoftGraph".into()),
        operation: member(record, "requestMethod"),
        result: status.map(|status| if status < 400 { "success" } else { "failure" }.into()),
        error_code: status.map(|status| status.to_string().into()),
        token_object_id: lower(actor_id.clone()),
        actor_id: lower(actor_id),
        actor_kind: actor_kind.map(Cow::Borrowed),
        target: member(record, "requestUri"),
        properties: KEPT.iter().filter_map(|key| property(record, key)).collect(),
        client_ip: member(record, "ipAddress").or_else(|| peeled.caller_ip.clone()),
        user_agent: member(record, "userAgent"),
        app_id: lower(member(record, "appId")),
        resource_id: Some(GRAPH.into()),
        session_id: session.clone(),
        aad_session_id: session,
        uti: member(record, "signInActivityId").and_then(|uti| token_guid(&uti)).map(Cow::Owned),
        token_issued_at: issued_at(record),
        device_id: member(record, "C_DeviceId").or_else(|| member(record, "deviceId")),
        correlation_id: lower(member(record, "operationId")),
        ..Event::default()
    }
}

/// The object that called, and whether it is a person's account or an application's own.
fn actor_of<'a>(record: &'a Object<'a>) -> (Option<Cow<'a, str>>, Option<&'static str>) {
    let (user, service) = (member(record, "userId"), member(record, "servicePrincipalId"));
    let kind = match member(record, "C_Idtyp").as_deref() {
        Some("user") => Some("user"),
        Some("app") => Some("application"),
        _ if user.is_some() => Some("user"),
        _ if service.is_some() => Some("application"),
        _ => None,
    };
    (user.or_else(|| member(record, "UserPrincipalObjectID")).or(service), kind)
}

/// As a date, or as the claim of the token: seconds since 1970, as text.
fn issued_at(record: &Object<'_>) -> Option<Nanos> {
    let date = member(record, "tokenIssuedAt").and_then(|t| Nanos::parse(&t));
    date.or_else(|| record.get("C_Iat").and_then(int).and_then(Nanos::from_secs))
}

/// Members of the record that are worth having as properties, under their own names.
const KEPT: [&str; 11] = [
    "apiVersion",
    "clientAuthMethod",
    "clientRequestId",
    "durationMs",
    "identityProvider",
    "location",
    "responseSizeBytes",
    "roles",
    "scopes",
    "wids",
    "C_Idtyp",
];

fn property<'a>(object: &'a Object<'a>, key: &'static str) -> Option<Property<'a>> {
    let new = member(object, key);
    new.is_some().then_some(Property { name: Cow::Borrowed(key), old: None, new })
}

#[cfg(test)]
mod tests {
    use serde_json_borrow::Value;

    use super::*;

    fn read<T>(text: &str, what: impl Fn(&Object<'_>) -> T) -> T {
        let value: Value<'_> = serde_json::from_str(text).expect("test JSON");
        what(value.as_object().expect("an object"))
    }

    #[test]
    fn the_time_of_issue_is_a_date_or_seconds() {
        let shown = |text: &str| read(text, issued_at).map(|time| time.to_string());
        assert_eq!(shown(r#"{"tokenIssuedAt":"2026-03-04T05:06:07Z","C_Iat":"1"}"#).as_deref(), Some("2026-03-04T05:06:07Z"));
        assert_eq!(shown(r#"{"tokenIssuedAt":"","C_Iat":"1772600767"}"#).as_deref(), Some("2026-03-04T05:06:07Z"));
        assert_eq!(shown(r#"{"C_Iat":1772600767}"#).as_deref(), Some("2026-03-04T05:06:07Z"));
        assert_eq!(shown(r#"{"C_Iat":"9223372036854775807"}"#), None);
        assert_eq!(shown(r#"{"C_Iat":"soon"}"#), None);
    }

    #[test]
    fn the_claim_tells_who_calls_before_the_ids_do() {
        let actor = |text: &str| {
            read(text, |record| {
                let (id, kind) = actor_of(record);
                (id.map(Cow::into_owned), kind)
            })
        };
        let id = |text: &str| Some(text.to_owned());
        assert_eq!(actor(r#"{"userId":"u","servicePrincipalId":null}"#), (id("u"), Some("user")));
        assert_eq!(actor(r#"{"UserPrincipalObjectID":"o","servicePrincipalId":"s","C_Idtyp":"app"}"#), (id("o"), Some("application")));
        assert_eq!(actor(r#"{"UserPrincipalObjectID":"o"}"#), (id("o"), None));
        assert_eq!(actor(r#"{"servicePrincipalId":"s"}"#), (id("s"), Some("application")));
        assert_eq!(actor("{}"), (None, None));
    }
}
