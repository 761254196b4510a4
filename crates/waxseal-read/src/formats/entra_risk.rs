//! What Entra ID Protection thinks of sign-ins, accounts and applications: detections of risk, and who is at risk.
//!
//! Sources: <https://learn.microsoft.com/en-us/graph/api/resources/riskdetection>,
//! <https://learn.microsoft.com/en-us/graph/api/resources/riskyuser>,
//! <https://learn.microsoft.com/en-us/graph/api/resources/serviceprincipalriskdetection>

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json_borrow::Value;
use waxseal_model::{LogClass, Nanos};

use crate::azure_monitor::{Peeled, peel};
use crate::event::{Event, Property, Text};
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::table::{Columns, as_object, columns, has_plain};
use crate::value::{Object, lower, member, objects, plain};

/// Risk from Microsoft Graph, from Azure Monitor inside its envelope, and from tables.
pub(crate) struct Risk;

/// The categories in Azure Monitor's envelope.
const CATEGORIES: [&str; 4] = ["UserRiskEvents", "RiskyUsers", "ServicePrincipalRiskEvents", "RiskyServicePrincipals"];

impl Format for Risk {
    fn id(&self) -> &'static str {
        "entra_risk"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/entra_risk.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Json(value) => {
                is_whole(value) || value.as_object().is_some_and(|object| has_risk(|name| object.get(name).is_some(), &TABLE))
            }
            Record::Row(row) => has_risk(|name| has_plain(row, name), &ROW),
        }
    }

    fn local_date(&self, record: &Record<'_>) -> Option<(String, Option<Nanos>)> {
        let Record::Row(row) = record else { return None };
        let name = ["ActivityDateTime", "DetectedDateTime", "RiskLastUpdatedDateTime", "TimeGenerated"];
        name.iter().find_map(|name| row.get(name)).map(|text| (text.to_owned(), None))
    }

    fn read(&self, record: &Record<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        if let Record::Json(value) = record
            && is_whole(value)
        {
            let Some(peeled) = peel(value) else { return Err(Reject("not a JSON object".to_owned())) };
            out.body(peeled.value);
            out.push(event_of(&peeled, context));
            return Ok(());
        }
        let object = as_object(record, &COLUMNS);
        let Some(inner) = object.as_object() else { return Err(Reject("not a JSON object".to_owned())) };
        let tenant = member(inner, "aadTenantId");
        out.body(&object);
        out.push(event_of(&Peeled { inner, value: &object, category: None, tenant, time_ingested: None, caller_ip: None }, context));
        Ok(())
    }
}

fn is_whole(value: &Value<'_>) -> bool {
    peel(value).is_some_and(|peeled| match &peeled.category {
        Some(category) => CATEGORIES.contains(&category.as_ref()),
        None => has_risk(|name| peeled.inner.get(name).is_some(), &GRAPH),
    })
}

/// Names that tell risk from a sign-in, which has some of them: state, level, detail; kind; when an account's changed; the sign-in's own.
const GRAPH: [&str; 5] = ["riskState", "riskLevel", "riskEventType", "riskLastUpdatedDateTime", "createdDateTime"];
const TABLE: [&str; 5] = ["RiskState", "RiskLevel", "RiskEventType", "RiskLastUpdatedDateTime", "CreatedDateTime"];
const ROW: [&str; 5] = ["riskstate", "risklevel", "riskeventtype", "risklastupdateddatetime", "createddatetime"];

fn has_risk(has: impl Fn(&str) -> bool, [state, level, kind, changed, sign_in]: &[&str; 5]) -> bool {
    (has(state) || has(level)) && (has(kind) || has(changed)) && !has(sign_in)
}

static COLUMNS: LazyLock<Columns> = LazyLock::new(|| {
    let mut all = columns(&[("timegenerated", "timeGenerated"), ("aadtenantid", "aadTenantId"), ("useragent", "userAgent")]);
    let same = ["id", "requestId", "correlationId", "activity", "ipAddress", "activityDateTime", "detectedDateTime", "lastUpdatedDateTime"];
    let who =
        ["userId", "userDisplayName", "userPrincipalName", "servicePrincipalId", "servicePrincipalDisplayName", "appId", "additionalInfo"];
    all.extend(same.iter().chain(&who).chain(&KEPT).map(|name| (plain(name), (*name).to_owned())));
    all.extend(columns(&[("risklastupdateddatetime", "riskLastUpdatedDateTime"), ("detectiontimingtype", "detectionTimingType")]));
    all
});

fn event_of<'a>(peeled: &Peeled<'a>, context: &Context) -> Event<'a> {
    let record = peeled.inner;
    let moment = |key: &str| member(record, key).and_then(|text| context.time(&text));
    let changed = moment("riskLastUpdatedDateTime");
    let is_detection = record.get("riskEventType").is_some() || record.get("activityDateTime").is_some();
    let application =
        member(record, "servicePrincipalId").or_else(|| member(record, "appId").filter(|_| member(record, "userId").is_none()));
    let told = moment("activityDateTime").or_else(|| moment("detectedDateTime")).or(changed).or_else(|| moment("lastUpdatedDateTime"));
    Event {
        id: id_of(record, is_detection),
        time: told.or_else(|| moment("timeGenerated")).or(peeled.time_ingested),
        time_ingested: peeled.time_ingested,
        tenant: lower(peeled.tenant.clone().or_else(|| member(record, "homeTenantId"))),
        log_class: Some(LogClass::Risk.as_str().into()),
        workload: Some("IdentityProtection".into()),
        operation: Some(operation_of(is_detection, application.is_some()).into()),
        actor: lower(member(record, "userPrincipalName")).or_else(|| member(record, "servicePrincipalDisplayName")),
        actor_id: lower(
            member(record, "userId").or_else(|| application.clone()).or_else(|| member(record, "id").filter(|_| !is_detection)),
        ),
        actor_kind: Some(if application.is_some() { "application" } else { "user" }.into()),
        properties: KEPT.iter().filter_map(|key| property(record, key)).collect(),
        client_ip: member(record, "ipAddress").or_else(|| peeled.caller_ip.clone()),
        user_agent: member(record, "userAgent").or_else(|| additional(record, "userAgent")),
        app_id: lower(member(record, "appId")),
        correlation_id: lower(member(record, "correlationId")),
        ..Event::default()
    }
}

/// An account at risk is told of again whenever that changes, always under the account's own id.
fn id_of<'a>(record: &'a Object<'a>, is_detection: bool) -> Text<'a> {
    let id = member(record, "id")?;
    match member(record, "riskLastUpdatedDateTime").filter(|_| !is_detection) {
        Some(changed) => Some(Cow::Owned(format!("{id}/{changed}"))),
        None => Some(id),
    }
}

fn operation_of(is_detection: bool, is_application: bool) -> &'static str {
    match (is_detection, is_application) {
        (true, false) => "User Risk Detection",
        (true, true) => "Service Principal Risk Detection",
        (false, false) => "Risky user",
        (false, true) => "Risky service principal",
    }
}

/// A detail from the list that stands in the record as text.
fn additional<'a>(record: &'a Object<'a>, key: &str) -> Text<'a> {
    let text = member(record, "additionalInfo")?;
    let list: Value<'_> = serde_json::from_str(&text).ok()?;
    let found = objects(&list).find(|detail| member(detail, "Key").is_some_and(|own| own.eq_ignore_ascii_case(key)))?;
    member(found, "Value").map(|value| Cow::Owned(value.into_owned()))
}

/// Members that are worth having as properties, under their own names.
const KEPT: [&str; 13] = [
    "riskEventType",
    "riskType",
    "riskState",
    "riskLevel",
    "riskDetail",
    "requestId",
    "source",
    "activity",
    "detectionTimingType",
    "tokenIssuerType",
    "crossTenantAccessType",
    "userType",
    "userDisplayName",
];

fn property<'a>(record: &'a Object<'a>, key: &'static str) -> Option<Property<'a>> {
    let new = member(record, key);
    new.is_some().then_some(Property { name: Cow::Borrowed(key), old: None, new })
}
