//! Entra sign-ins: interactive, non-interactive, service principal, managed identity, Microsoft's own back ends, AD FS.
//!
//! Sources: <https://learn.microsoft.com/en-us/graph/api/resources/signin> (beta) and, for the categories,
//! <https://learn.microsoft.com/en-us/entra/identity/monitoring-health/concept-noninteractive-sign-ins>

use std::borrow::Cow;

use serde_json_borrow::Value;
use waxseal_model::{LogClass, Nanos};

use crate::azure_monitor::{Peeled, peel};
use crate::event::{Event, Property, Text};
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::token_id::token_guid;
use crate::value::{Object, elements, lower, member, text};

/// Sign-ins from Microsoft Graph, and from Azure Monitor inside its envelope.
pub(crate) struct SignIn;

impl Format for SignIn {
    fn id(&self) -> &'static str {
        "entra_sign_in"
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        let Record::Json(value) = record else { return false };
        peel(value).is_some_and(|peeled| match &peeled.category {
            Some(category) => class_of_category(category).is_some(),
            None => is_sign_in(peeled.inner),
        })
    }

    fn read(&self, record: &Record<'_>, _context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        let Record::Json(value) = record else { return Err(Reject("not a JSON object".to_owned())) };
        let Some(peeled) = peel(value) else { return Err(Reject("not a JSON object".to_owned())) };
        out.body(peeled.value);
        out.push(event_of(&peeled));
        Ok(())
    }
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
        "SignInLogs" => LogClass::SigninInteractive,
        "NonInteractiveUserSignInLogs" => LogClass::SigninNoninteractive,
        "ServicePrincipalSignInLogs" => LogClass::SigninServicePrincipal,
        "ManagedIdentitySignInLogs" => LogClass::SigninManagedIdentity,
        "MicrosoftServicePrincipalSignInLogs" => LogClass::SigninMsServicePrincipal,
        "ADFSSignInLogs" => LogClass::SigninAdfs,
        _ => return None,
    })
}

fn class_of(peeled: &Peeled<'_>) -> LogClass {
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
    named.unwrap_or(match peeled.inner.get("isInteractive").and_then(Value::as_bool) {
        Some(false) => LogClass::SigninNoninteractive,
        _ => LogClass::SigninInteractive,
    })
}

fn event_of<'a>(peeled: &Peeled<'a>) -> Event<'a> {
    let record = peeled.inner;
    let class = class_of(peeled);
    let status = record.get("status").and_then(Value::as_object);
    let device = record.get("deviceDetail").and_then(Value::as_object);
    let error_code = status.and_then(|s| member(s, "errorCode"));
    let app_only = matches!(class, LogClass::SigninServicePrincipal | LogClass::SigninManagedIdentity | LogClass::SigninMsServicePrincipal);
    let time = member(record, "createdDateTime").and_then(|t| Nanos::parse(&t));
    let session = member(record, "sessionId");
    Event {
        id: member(record, "id"),
        time,
        time_ingested: peeled.time_ingested,
        tenant: lower(member(record, "resourceTenantId").or_else(|| peeled.tenant.clone())),
        log_class: Some(class.as_str().into()),
        workload: Some("AzureActiveDirectory".into()),
        operation: Some("Sign-in activity".into()),
        result: error_code.as_deref().map(|code| if code == "0" { "success" } else { "failure" }.into()),
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
