//! Entra sign-ins: interactive, non-interactive, service principal, managed identity, Microsoft's own back ends, AD FS.
//!
//! Sources: <https://learn.microsoft.com/en-us/graph/api/resources/signin> (beta) and, for the categories,
//! <https://learn.microsoft.com/en-us/entra/identity/monitoring-health/concept-noninteractive-sign-ins>; for the tables of Log
//! Analytics <https://learn.microsoft.com/en-us/azure/azure-monitor/reference/tables/signinlogs>

mod tables;

use std::borrow::Cow;

use serde_json_borrow::Value;
use waxseal_model::{LogClass, Nanos};

use crate::azure_monitor::{Peeled, peel};
use crate::event::{Event, Property, Text};
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::token_id::token_guid;
use crate::value::{Object, boolean, elements, lower, member, text};

/// Sign-ins from Microsoft Graph, from Azure Monitor inside its envelope, and from the tables of Log Analytics and of portals.
pub(crate) struct SignIn;

impl Format for SignIn {
    fn id(&self) -> &'static str {
        "entra_sign_in"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/entra_sign_in.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        match record {
            Record::Json(value) => is_whole(value) || value.as_object().is_some_and(|object| tables::columns_of(object).is_some()),
            Record::Row(row) => tables::kind_of(row).is_some(),
        }
    }

    fn local_date(&self, record: &Record<'_>) -> Option<(String, Option<Nanos>)> {
        let object = tables::object_of(record)?;
        Some((time_text(object.as_object()?)?.into_owned(), None))
    }

    fn read(&self, record: &Record<'_>, context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        let not_one = || Reject("not a sign-in".to_owned());
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

/// Whether it is a sign-in as Graph writes it, in an envelope or without.
fn is_whole(value: &Value<'_>) -> bool {
    peel(value).is_some_and(|peeled| match &peeled.category {
        Some(category) => class_of_category(category).is_some(),
        None => is_sign_in(peeled.inner),
    })
}

/// When it was, as written. A query may have left the time of the sign-in out: that of the table is seconds to minutes later.
fn time_text<'a>(record: &'a Object<'a>) -> Text<'a> {
    ["createdDateTime", "timeGenerated", "eventTime"].iter().find_map(|key| member(record, key))
}

/// Graph's sign-in has no name of its type in it: these members together stand in no other record.
fn is_sign_in(object: &Object<'_>) -> bool {
    let has = |key: &str| object.get(key).is_some();
    has("createdDateTime")
        && has("appId")
        && (has("ipAddress") || has("status"))
        && (has("userPrincipalName") || has("servicePrincipalId") || has("userId"))
}

fn class_of_category(category: &str) -> Option<LogClass> {
    Some(match category {
        "SignInLogs" | "SigninLogs" => LogClass::SigninInteractive,
        "NonInteractiveUserSignInLogs" | "AADNonInteractiveUserSignInLogs" => LogClass::SigninNoninteractive,
        "ServicePrincipalSignInLogs" | "AADServicePrincipalSignInLogs" => LogClass::SigninServicePrincipal,
        "ManagedIdentitySignInLogs" | "AADManagedIdentitySignInLogs" => LogClass::SigninManagedIdentity,
        "MicrosoftServicePrincipalSignInLogs" => LogClass::SigninMsServicePrincipal,
        "ADFSSignInLogs" => LogClass::SigninAdfs,
        _ => return None,
    })
}

fn class_of(peeled: &Peeled<'_>, context: &Context) -> LogClass {
    if let Some(class) = peeled.category.as_deref().and_then(class_of_category) {
        return class;
    }
    let types = peeled.inner.get("signInEventTypes").map(elements).unwrap_or_default();
    let named = types.iter().filter_map(Value::as_str).find_map(|kind| match kind {
        "nonInteractiveUser" => Some(LogClass::SigninNoninteractive),
        "servicePrincipal" => Some(LogClass::SigninServicePrincipal),
        "managedIdentity" => Some(LogClass::SigninManagedIdentity),
        "interactiveUser" => Some(LogClass::SigninInteractive),
        _ => None,
    });
    named.unwrap_or_else(|| match peeled.inner.get("isInteractive").and_then(boolean) {
        Some(false) => LogClass::SigninNoninteractive,
        Some(true) => LogClass::SigninInteractive,
        None => context.class.unwrap_or_else(|| class_of_account(peeled.inner)),
    })
}

/// Where nothing tells the kind, an application without a user signs in by itself.
fn class_of_account(record: &Object<'_>) -> LogClass {
    let has = |key: &str| member(record, key).is_some();
    let app_only = has("servicePrincipalId") && !has("userPrincipalName") && !has("userId");
    if app_only { LogClass::SigninServicePrincipal } else { LogClass::SigninInteractive }
}

fn event_of<'a>(peeled: &Peeled<'a>, context: &Context) -> Event<'a> {
    let record = peeled.inner;
    let class = class_of(peeled, context);
    let status = record.get("status").and_then(Value::as_object);
    let device = record.get("deviceDetail").and_then(Value::as_object);
    let error_code = status.and_then(|s| member(s, "errorCode").or_else(|| member(s, "code"))).or_else(|| member(record, "resultType"));
    let app_only = matches!(class, LogClass::SigninServicePrincipal | LogClass::SigninManagedIdentity | LogClass::SigninMsServicePrincipal);
    let time = time_text(record).and_then(|t| context.time(&t)).or(peeled.time_ingested);
    let session = member(record, "sessionId");
    Event {
        id: member(record, "id"),
        time,
        time_ingested: peeled.time_ingested,
        tenant: lower(member(record, "resourceTenantId").or_else(|| peeled.tenant.clone())),
        log_class: Some(class.as_str().into()),
        workload: Some("AzureActiveDirectory".into()),
        operation: Some("Sign-in activity".into()),
        result: result_of(error_code.as_deref(), record),
        error_code,
        actor: if app_only { member(record, "servicePrincipalName") } else { lower(member(record, "userPrincipalName")) },
        actor_id: lower(if app_only { member(record, "servicePrincipalId") } else { member(record, "userId") }),
        actor_kind: Some(actor_kind(class, record).into()),
        target: member(record, "resourceDisplayName"),
        target_id: lower(member(record, "resourceServicePrincipalId")),
        target_kind: Some("application".into()),
        properties: properties(record, status, device),
        client_ip: member(record, "ipAddress").or_else(|| peeled.caller_ip.clone()),
        user_agent: member(record, "userAgent"),
        client_protocol: lower(member(record, "clientAppUsed")),
        app_id: lower(member(record, "appId")),
        resource_id: lower(member(record, "resourceId")),
        session_id: session.clone(),
        aad_session_id: session,
        uti: member(record, "uniqueTokenIdentifier").and_then(|uti| token_guid(&uti)).map(Cow::Owned),
        token_issued_at: time,
        token_tenant_id: lower(member(record, "resourceTenantId")),
        token_type: member(record, "incomingTokenType").filter(|word| word != "none"),
        auth_protocol: member(record, "authenticationProtocol").filter(|word| word != "none"),
        device_id: device.and_then(|d| member(d, "deviceId")),
        correlation_id: lower(member(record, "correlationId")),
        ..Event::default()
    }
}

/// By the error; where there is none, by the portal's word.
fn result_of<'a>(error_code: Option<&str>, record: &Object<'_>) -> Text<'a> {
    if let Some(code) = error_code.filter(|code| code.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(if code == "0" { "success" } else { "failure" }.into());
    }
    let word = member(record, "statusWord")?.to_ascii_lowercase();
    Some(if matches!(word.as_str(), "success" | "failure") { Cow::Owned(word) } else { "failure".into() })
}

fn actor_kind(class: LogClass, record: &Object<'_>) -> &'static str {
    match class {
        LogClass::SigninServicePrincipal | LogClass::SigninManagedIdentity => "application",
        LogClass::SigninMsServicePrincipal => "service",
        _ if member(record, "userType").is_some_and(|t| t.eq_ignore_ascii_case("guest")) || is_from_elsewhere(record) => "guest",
        _ => "user",
    }
}

/// Whether the account belongs to another tenant than the resource.
fn is_from_elsewhere(record: &Object<'_>) -> bool {
    let (home, resource) = (lower(member(record, "homeTenantId")), lower(member(record, "resourceTenantId")));
    home.is_some() && resource.is_some() && home != resource
}

/// Members of the record that are worth having as properties, under their own names.
const KEPT: [&str; 19] = [
    "appDisplayName",
    "clientCredentialType",
    "conditionalAccessStatus",
    "crossTenantAccessType",
    "authenticationRequirement",
    "homeTenantId",
    "originalRequestId",
    "originalTransferMethod",
    "clientAppUsed",
    "federatedCredentialId",
    "isInteractive",
    "riskLevelDuringSignIn",
    "riskState",
    "servicePrincipalCredentialKeyId",
    "servicePrincipalCredentialThumbprint",
    "signInIdentifier",
    "tokenIssuerName",
    "tokenIssuerType",
    "userDisplayName",
];

fn properties<'a>(record: &'a Object<'a>, status: Option<&'a Object<'a>>, device: Option<&'a Object<'a>>) -> Vec<Property<'a>> {
    let of_record = KEPT.iter().filter_map(|key| property(record, key));
    let of_status = ["failureReason", "additionalDetails"].iter().filter_map(|key| property(status?, key));
    let of_device = ["operatingSystem", "browser", "displayName", "trustType"].iter().filter_map(|key| property(device?, key));
    of_record.chain(of_status).chain(of_device).collect()
}

fn property<'a>(object: &'a Object<'a>, key: &'static str) -> Option<Property<'a>> {
    let new: Text<'a> = object.get(key).and_then(text);
    new.is_some().then_some(Property { name: Cow::Borrowed(key), old: None, new })
}
