//! Sign-ins in tables: those of Log Analytics, the download of the portal, and Graph's own records written as rows.

use std::sync::LazyLock;

use serde_json_borrow::Value;

use crate::azure_monitor::{Peeled, tenant_in_path};
use crate::format::{Record, Row};
use crate::table::{Columns, as_object, columns, has_plain};
use crate::value::{Object, member};

/// Which table a row is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    LogAnalytics,
    Portal,
    Graph,
}

/// By names that stand together in no other table.
pub(super) fn kind_of(row: &Row<'_>) -> Option<Kind> {
    let has = |name: &str| has_plain(row, name);
    let has_account = ["userprincipalname", "username", "userid", "serviceprincipalid", "serviceprincipalname", "userdisplayname"];
    if !has_account.iter().any(|name| has(name)) {
        return None;
    }
    if has("timegenerated") || has("type") && has("createddatetime") {
        return (has("resulttype") && !has("operation")).then_some(Kind::LogAnalytics);
    }
    if has("dateutc") || has("date") {
        return (has("signinerrorcode") || has("requestid") && has("ipaddress") && has("application")).then_some(Kind::Portal);
    }
    (has("createddatetime") && (has("appid") || has("appdisplayname")) && has("ipaddress")).then_some(Kind::Graph)
}

/// Where the members of an object belong, whose names begin with capitals: of a row of Log Analytics, or of Graph's sign-in as
/// PowerShell's `Get-MgAuditLogSignIn` gives it.
pub(super) fn columns_of(object: &Object<'_>) -> Option<&'static LazyLock<Columns>> {
    let has = |key: &str| object.get(key).is_some();
    if has("Operation") || !ACCOUNTS.iter().any(|key| has(key)) {
        return None;
    }
    if has("ResultType") && (has("TimeGenerated") || has("CreatedDateTime")) {
        return Some(&LOG_ANALYTICS);
    }
    let is_graph = has("CreatedDateTime") && (has("AppId") || has("AppDisplayName")) && (has("IPAddress") || has("IpAddress"));
    is_graph.then_some(&GRAPH)
}

const ACCOUNTS: [&str; 5] = ["UserPrincipalName", "UserId", "ServicePrincipalId", "ServicePrincipalName", "UserDisplayName"];

/// The sign-in as Graph would write it.
pub(super) fn object_of<'a>(record: &Record<'a>) -> Option<Value<'a>> {
    let columns = match record {
        Record::Json(value) => columns_of(value.as_object()?)?,
        Record::Row(row) => match kind_of(row)? {
            Kind::LogAnalytics => &LOG_ANALYTICS,
            Kind::Portal => &PORTAL,
            Kind::Graph => &GRAPH,
        },
    };
    Some(as_object(record, columns))
}

/// What stands around the sign-in in such a table.
pub(super) fn peel<'a>(object: &'a Value<'a>) -> Option<Peeled<'a>> {
    let inner = object.as_object()?;
    let tenant = member(inner, "aadTenantId").or_else(|| member(inner, "armPath").as_deref().and_then(tenant_in_path).map(Into::into));
    Some(Peeled { inner, value: object, category: member(inner, "category"), tenant, time_ingested: None, caller_ip: None })
}

/// Members of Graph's sign-in, which all three tables have under names that are alike.
const SHARED: [(&str, &str); 45] = [
    ("id", "id"),
    ("userdisplayname", "userDisplayName"),
    ("userprincipalname", "userPrincipalName"),
    ("userid", "userId"),
    ("appid", "appId"),
    ("appdisplayname", "appDisplayName"),
    ("ipaddress", "ipAddress"),
    ("clientappused", "clientAppUsed"),
    ("correlationid", "correlationId"),
    ("conditionalaccessstatus", "conditionalAccessStatus"),
    ("isinteractive", "isInteractive"),
    ("riskdetail", "riskDetail"),
    ("risklevelaggregated", "riskLevelAggregated"),
    ("risklevelduringsignin", "riskLevelDuringSignIn"),
    ("riskstate", "riskState"),
    ("resourcedisplayname", "resourceDisplayName"),
    ("resourcetenantid", "resourceTenantId"),
    ("resourceserviceprincipalid", "resourceServicePrincipalId"),
    ("hometenantid", "homeTenantId"),
    ("useragent", "userAgent"),
    ("usertype", "userType"),
    ("uniquetokenidentifier", "uniqueTokenIdentifier"),
    ("sessionid", "sessionId"),
    ("incomingtokentype", "incomingTokenType"),
    ("authenticationprotocol", "authenticationProtocol"),
    ("originaltransfermethod", "originalTransferMethod"),
    ("originalrequestid", "originalRequestId"),
    ("clientcredentialtype", "clientCredentialType"),
    ("crosstenantaccesstype", "crossTenantAccessType"),
    ("authenticationrequirement", "authenticationRequirement"),
    ("federatedcredentialid", "federatedCredentialId"),
    ("serviceprincipalid", "servicePrincipalId"),
    ("serviceprincipalname", "servicePrincipalName"),
    ("serviceprincipalcredentialkeyid", "servicePrincipalCredentialKeyId"),
    ("serviceprincipalcredentialthumbprint", "servicePrincipalCredentialThumbprint"),
    ("signinidentifier", "signInIdentifier"),
    ("tokenissuername", "tokenIssuerName"),
    ("tokenissuertype", "tokenIssuerType"),
    ("signineventtypes", "signInEventTypes"),
    ("status", "status"),
    ("devicedetail", "deviceDetail"),
    ("createddatetime", "createdDateTime"),
    ("statuserrorcode", "status.errorCode"),
    ("statusfailurereason", "status.failureReason"),
    ("devicedetaildeviceid", "deviceDetail.deviceId"),
];

static GRAPH: LazyLock<Columns> = LazyLock::new(|| {
    let mut all = columns(&SHARED);
    all.extend(columns(&[
        ("resourceid", "resourceId"),
        ("statusadditionaldetails", "status.additionalDetails"),
        ("devicedetailbrowser", "deviceDetail.browser"),
        ("devicedetailoperatingsystem", "deviceDetail.operatingSystem"),
        ("devicedetaildisplayname", "deviceDetail.displayName"),
        ("devicedetailtrusttype", "deviceDetail.trustType"),
    ]));
    all
});

/// There `TenantId` is the workspace and `ResourceId` a path that begins with the tenant.
static LOG_ANALYTICS: LazyLock<Columns> = LazyLock::new(|| {
    let mut all = columns(&SHARED);
    all.extend(columns(&[
        ("timegenerated", "timeGenerated"),
        ("type", "category"),
        ("category", "category"),
        ("aadtenantid", "aadTenantId"),
        ("resourceid", "armPath"),
        ("resourceidentity", "resourceId"),
        ("resulttype", "resultType"),
        ("identity", "userDisplayName"),
    ]));
    all
});

static PORTAL: LazyLock<Columns> = LazyLock::new(|| {
    let mut all = columns(&SHARED);
    all.extend(columns(&[
        ("dateutc", "createdDateTime"),
        ("date", "createdDateTime"),
        ("requestid", "id"),
        ("user", "userDisplayName"),
        ("username", "userPrincipalName"),
        ("application", "appDisplayName"),
        ("applicationid", "appId"),
        ("resource", "resourceDisplayName"),
        ("resourceid", "resourceId"),
        ("status", "statusWord"),
        ("signinerrorcode", "status.errorCode"),
        ("failurereason", "status.failureReason"),
        ("clientapp", "clientAppUsed"),
        ("deviceid", "deviceDetail.deviceId"),
        ("browser", "deviceDetail.browser"),
        ("operatingsystem", "deviceDetail.operatingSystem"),
        ("jointype", "deviceDetail.trustType"),
        ("conditionalaccess", "conditionalAccessStatus"),
        ("federatedtokenid", "federatedCredentialId"),
    ]));
    all
});
