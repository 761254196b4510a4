//! Directory audits in tables: that of Log Analytics, the download of the portal, and Graph's own records written as rows.

use std::sync::LazyLock;

use serde_json_borrow::Value;

use crate::azure_monitor::{Peeled, tenant_in_path};
use crate::format::{Record, Row};
use crate::table::{Columns, as_object, columns, has_plain};
use crate::value::{Object, member};

/// Where the columns of a table belong, where it is one of directory audits.
pub(super) fn columns_of(row: &Row<'_>) -> Option<&'static LazyLock<Columns>> {
    let has = |name: &str| has_plain(row, name);
    if (has("dateutc") || has("date")) && has("activity") && (has("actortype") || has("actoruserprincipalname")) {
        return Some(&PORTAL);
    }
    if has("timegenerated") && has("operationname") && (has("targetresources") || has("initiatedby")) {
        return Some(&LOG_ANALYTICS);
    }
    (has("activitydisplayname") && (has("targetresources") || has("initiatedby"))).then_some(&LOG_ANALYTICS)
}

/// A row of Log Analytics as JSON.
pub(super) fn is_of_log_analytics(object: &Object<'_>) -> bool {
    let has = |key: &str| object.get(key).is_some();
    (has("TargetResources") || has("InitiatedBy")) && (has("OperationName") || has("ActivityDisplayName"))
}

/// The audit as Graph would write it.
pub(super) fn object_of<'a>(record: &Record<'a>) -> Option<Value<'a>> {
    match record {
        Record::Json(value) => value.as_object().filter(|object| is_of_log_analytics(object)).map(|_| as_object(record, &LOG_ANALYTICS)),
        Record::Row(row) => Some(as_object(record, columns_of(row)?)),
    }
}

/// What stands around the audit in such a table.
pub(super) fn peel<'a>(object: &'a Value<'a>) -> Option<Peeled<'a>> {
    let inner = object.as_object()?;
    let tenant = member(inner, "aadTenantId").or_else(|| member(inner, "armPath").as_deref().and_then(tenant_in_path).map(Into::into));
    Some(Peeled { inner, value: object, category: None, tenant, time_ingested: None, caller_ip: None })
}

/// There `TenantId` is the workspace and `ResourceId` a path that begins with the tenant.
static LOG_ANALYTICS: LazyLock<Columns> = LazyLock::new(|| {
    columns(&[
        ("id", "id"),
        ("activitydatetime", "activityDateTime"),
        ("timegenerated", "timeGenerated"),
        ("activitydisplayname", "activityDisplayName"),
        ("operationname", "activityDisplayName"),
        ("loggedbyservice", "loggedByService"),
        ("operationtype", "operationType"),
        ("aadoperationtype", "operationType"),
        ("category", "category"),
        ("result", "result"),
        ("resultreason", "resultReason"),
        ("resultdescription", "resultReason"),
        ("correlationid", "correlationId"),
        ("initiatedby", "initiatedBy"),
        ("targetresources", "targetResources"),
        ("additionaldetails", "additionalDetails"),
        ("aadtenantid", "aadTenantId"),
        ("resourceid", "armPath"),
    ])
});

/// The portal numbers targets, their changes, and details.
static PORTAL: LazyLock<Columns> = LazyLock::new(|| {
    let mut all = columns(&[
        ("dateutc", "activityDateTime"),
        ("date", "activityDateTime"),
        ("auditid", "id"),
        ("correlationid", "correlationId"),
        ("service", "loggedByService"),
        ("category", "category"),
        ("activity", "activityDisplayName"),
        ("result", "result"),
        ("resultreason", "resultReason"),
        ("useragent", "userAgent"),
        ("actortype", "initiatedBy.type"),
        ("actordisplayname", "initiatedBy.name"),
        ("actorobjectid", "initiatedBy.id"),
        ("actoruserprincipalname", "initiatedBy.user.userPrincipalName"),
        ("ipaddress", "initiatedBy.ip"),
        ("actorhometenantid", "initiatedBy.homeTenantId"),
        ("actorserviceprincipalid", "initiatedBy.app.servicePrincipalId"),
        ("actorserviceprincipalname", "initiatedBy.app.displayName"),
    ]);
    for target in 1..=9 {
        let place = format!("targetResources.{}", target - 1);
        for (name, member) in
            [("type", "type"), ("displayname", "displayName"), ("objectid", "id"), ("userprincipalname", "userPrincipalName")]
        {
            all.insert(format!("target{target}{name}"), format!("{place}.{member}"));
        }
        for change in 1..=9 {
            for (name, member) in [("name", "displayName"), ("oldvalue", "oldValue"), ("newvalue", "newValue")] {
                let path = format!("{place}.modifiedProperties.{}.{member}", change - 1);
                all.insert(format!("target{target}modifiedproperty{change}{name}"), path);
            }
        }
    }
    for detail in 1..=20 {
        all.insert(format!("additionaldetail{detail}key"), format!("additionalDetails.{}.key", detail - 1));
        all.insert(format!("additionaldetail{detail}value"), format!("additionalDetails.{}.value", detail - 1));
    }
    all
});
