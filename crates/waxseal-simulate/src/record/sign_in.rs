//! Sign-ins: Entra's own records, and the shorter ones of the unified audit log.
//!
//! Shapes: Microsoft Graph `signIn` (beta), the sign-in categories of Azure Monitor, and the schema of the audit log's
//! "Azure Active Directory Secure Token Service logon".

use serde::Serialize;
use waxseal_model::Nanos;

use crate::clock::Ticks;
use crate::guid::Guid;
use crate::network::Network;
use crate::presence::{Device, Place};
use crate::record::{Envelope, Head, NameValue, Record, audit, json, pairs};
use crate::stream::Stream;
use crate::tenant::{App, Person, Tenant};

/// A sign-in of a person.
#[derive(Debug, Clone)]
pub(crate) struct SignIn<'a> {
    pub(crate) time: Nanos,
    pub(crate) id: Guid,
    pub(crate) session: Guid,
    pub(crate) person: &'a Person,
    pub(crate) app: (Guid, &'a str),
    pub(crate) resource: (Guid, &'a str),
    /// `clientAppUsed`.
    pub(crate) used: &'a str,
    pub(crate) place: &'a Place,
    pub(crate) device: &'a Device,
    /// Whether the device is registered with the tenant.
    pub(crate) registered: bool,
    pub(crate) interactive: bool,
    /// The unique token identifier, as written.
    pub(crate) uti: String,
    pub(crate) failure: Option<Failure>,
    /// `authenticationProtocol` and `originalTransferMethod`, where not the usual ones.
    pub(crate) protocol: Option<(&'a str, &'a str)>,
    pub(crate) second_factor: bool,
}

/// Why a sign-in did not succeed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    pub(crate) code: u32,
    pub(crate) reason: &'static str,
    /// The word the unified audit log has for it.
    pub(crate) word: &'static str,
}

impl Failure {
    /// A wrong password.
    pub(crate) const PASSWORD: Self = Self {
        code: 50_126,
        reason: "Error validating credentials due to invalid username or password.",
        word: "InvalidUserNameOrPassword",
    };
    /// The account was locked after too many wrong passwords.
    pub(crate) const LOCKED: Self = Self { code: 50_053, reason: "The account is locked.", word: "IdsLocked" };
    /// A second factor was asked for and not given.
    pub(crate) const SECOND_FACTOR: Self =
        Self { code: 50_074, reason: "Strong authentication is required.", word: "UserStrongAuthClientAuthNRequired" };
    /// A device code was shown and not yet entered.
    pub(crate) const PENDING: Self =
        Self { code: 50_199, reason: "For security reasons, user confirmation is required for this request.", word: "CmsiInterrupt" };
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entra<'a> {
    id: Guid,
    created_date_time: Ticks,
    user_display_name: &'a str,
    user_principal_name: String,
    user_id: Guid,
    app_id: Guid,
    app_display_name: &'a str,
    ip_address: &'a str,
    status: Status,
    client_app_used: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    user_agent: &'a str,
    device_detail: DeviceDetail<'a>,
    location: Location,
    correlation_id: Guid,
    conditional_access_status: &'static str,
    original_request_id: Guid,
    is_interactive: bool,
    token_issuer_type: &'static str,
    processing_time_in_milliseconds: u64,
    risk_detail: &'static str,
    risk_level_aggregated: &'static str,
    risk_level_during_sign_in: &'static str,
    risk_state: &'static str,
    resource_display_name: &'a str,
    resource_id: Guid,
    resource_tenant_id: Guid,
    home_tenant_id: Guid,
    authentication_requirement: &'static str,
    sign_in_event_types: [&'static str; 1],
    session_id: Guid,
    user_type: &'static str,
    autonomous_system_number: u32,
    cross_tenant_access_type: &'static str,
    unique_token_identifier: &'a str,
    incoming_token_type: &'static str,
    authentication_protocol: &'a str,
    original_transfer_method: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    error_code: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceDetail<'a> {
    device_id: String,
    display_name: &'a str,
    operating_system: &'a str,
    browser: &'a str,
    trust_type: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    city: &'static str,
    state: &'static str,
    country_or_region: &'static str,
}

impl Location {
    fn of(network: &Network) -> Self {
        Self { city: network.city, state: network.city, country_or_region: network.country }
    }
}

/// Entra's record of a sign-in.
pub(crate) fn sign_in(tenant: &Tenant, of: &SignIn<'_>) -> Record {
    let stream = if of.interactive { Stream::SignIns } else { Stream::NonInteractive };
    let correlation = correlation(of.id);
    let (protocol, method) = of.protocol.unwrap_or(("none", "none"));
    let code = of.failure.map_or(0, |failure| failure.code);
    let body = json(&Entra {
        id: of.id,
        created_date_time: Ticks(of.time, "Z"),
        user_display_name: &of.person.name,
        user_principal_name: of.person.upn.to_lowercase(),
        user_id: of.person.oid,
        app_id: of.app.0,
        app_display_name: of.app.1,
        ip_address: &of.place.address,
        status: Status { error_code: code, failure_reason: of.failure.map(|failure| failure.reason) },
        client_app_used: of.used,
        user_agent: &of.device.user_agent,
        device_detail: DeviceDetail {
            device_id: if of.registered { of.device.id.to_string() } else { String::new() },
            display_name: if of.registered { &of.device.name } else { "" },
            operating_system: of.device.system,
            browser: &of.device.browser,
            trust_type: if of.registered { "Azure AD joined" } else { "" },
        },
        location: Location::of(of.place.network),
        correlation_id: correlation,
        conditional_access_status: if of.failure.is_some() { "notApplied" } else { "success" },
        original_request_id: of.id,
        is_interactive: of.interactive,
        token_issuer_type: "AzureAD",
        processing_time_in_milliseconds: 80 + u64::from(of.id.bytes()[1]),
        risk_detail: "none",
        risk_level_aggregated: "none",
        risk_level_during_sign_in: "none",
        risk_state: "none",
        resource_display_name: of.resource.1,
        resource_id: of.resource.0,
        resource_tenant_id: tenant.id,
        home_tenant_id: tenant.id,
        authentication_requirement: if of.second_factor { "multiFactorAuthentication" } else { "singleFactorAuthentication" },
        sign_in_event_types: [if of.interactive { "interactiveUser" } else { "nonInteractiveUser" }],
        session_id: of.session,
        user_type: "Member",
        autonomous_system_number: of.place.network.asn,
        cross_tenant_access_type: "none",
        unique_token_identifier: &of.uti,
        incoming_token_type: if of.interactive { "none" } else { "refreshToken" },
        authentication_protocol: protocol,
        original_transfer_method: method,
    });
    let envelope = Envelope { address: of.place.address.clone(), correlation, result: code, identity: of.person.name.clone() };
    let class = if of.interactive { "signin.interactive" } else { "signin.noninteractive" };
    record(of.time, stream, class, of.id, body, envelope)
}

/// The correlation id of a request: it has one of its own, which the same request has in every log.
fn correlation(id: Guid) -> Guid {
    let mut bytes = id.bytes();
    bytes.reverse();
    bytes[3] ^= 0x5a;
    Guid::version_4(bytes)
}

/// The id under which the unified audit log has the same sign-in.
fn audit_id(id: Guid) -> Guid {
    let mut bytes = id.bytes();
    bytes.rotate_left(5);
    bytes[2] ^= 0xa5;
    Guid::version_4(bytes)
}

fn record(time: Nanos, stream: Stream, class: &'static str, id: Guid, body: String, envelope: Envelope) -> Record {
    Record {
        time,
        stream,
        class,
        id: id.to_string(),
        body,
        operation: "Sign-in activity",
        user: String::new(),
        record_type: 0,
        envelope,
        mailbox: None,
        names: Vec::new(),
    }
}

/// A sign-in of an application with its own credential.
#[derive(Debug, Clone)]
pub(crate) struct AppSignIn<'a> {
    pub(crate) time: Nanos,
    pub(crate) id: Guid,
    pub(crate) app: &'a App,
    pub(crate) resource: (Guid, &'a str),
    pub(crate) place: &'a Place,
    pub(crate) key_id: Guid,
    pub(crate) uti: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EntraApp<'a> {
    id: Guid,
    created_date_time: Ticks,
    user_id: Option<&'a str>,
    app_id: Guid,
    app_display_name: &'a str,
    ip_address: &'a str,
    status: Status,
    location: Location,
    correlation_id: Guid,
    conditional_access_status: &'static str,
    is_interactive: bool,
    token_issuer_type: &'static str,
    resource_display_name: &'a str,
    resource_id: Guid,
    resource_tenant_id: Guid,
    home_tenant_id: Guid,
    service_principal_name: &'a str,
    service_principal_id: Guid,
    service_principal_credential_key_id: Guid,
    client_credential_type: &'static str,
    sign_in_event_types: [&'static str; 1],
    autonomous_system_number: u32,
    unique_token_identifier: &'a str,
    incoming_token_type: &'static str,
    authentication_protocol: &'static str,
}

/// Entra's record of a sign-in of an application.
pub(crate) fn app_sign_in(tenant: &Tenant, of: &AppSignIn<'_>) -> Record {
    let correlation = correlation(of.id);
    let body = json(&EntraApp {
        id: of.id,
        created_date_time: Ticks(of.time, "Z"),
        user_id: None,
        app_id: of.app.app_id,
        app_display_name: &of.app.name,
        ip_address: &of.place.address,
        status: Status { error_code: 0, failure_reason: None },
        location: Location::of(of.place.network),
        correlation_id: correlation,
        conditional_access_status: "notApplied",
        is_interactive: false,
        token_issuer_type: "AzureAD",
        resource_display_name: of.resource.1,
        resource_id: of.resource.0,
        resource_tenant_id: tenant.id,
        home_tenant_id: tenant.id,
        service_principal_name: &of.app.name,
        service_principal_id: of.app.service_principal,
        service_principal_credential_key_id: of.key_id,
        client_credential_type: "clientSecret",
        sign_in_event_types: ["servicePrincipal"],
        autonomous_system_number: of.place.network.asn,
        unique_token_identifier: &of.uti,
        incoming_token_type: "none",
        authentication_protocol: "none",
    });
    let envelope = Envelope { address: of.place.address.clone(), correlation, result: 0, identity: of.app.name.clone() };
    record(of.time, Stream::ServicePrincipals, "signin.service_principal", of.id, body, envelope)
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Logon<'a> {
    #[serde(rename = "ClientIP")]
    client_ip: &'a str,
    object_id: Guid,
    azure_active_directory_event_type: u8,
    extended_properties: Vec<NameValue<'a>>,
    modified_properties: [u8; 0],
    actor: [Party; 2],
    actor_context_id: Guid,
    actor_ip_address: &'a str,
    inter_systems_id: Guid,
    intra_system_id: Guid,
    support_ticket_id: &'static str,
    target: [Party; 1],
    target_context_id: Guid,
    application_id: Guid,
    device_properties: Vec<NameValue<'a>>,
    error_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    logon_error: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(in crate::record) struct Party {
    #[serde(rename = "ID")]
    pub(in crate::record) id: String,
    #[serde(rename = "Type")]
    pub(in crate::record) kind: u8,
}

/// The unified audit log's record of the same sign-in.
pub(crate) fn sts_logon(tenant: &Tenant, of: &SignIn<'_>) -> Record {
    let session = of.session.to_string();
    let device = of.device.id.to_string();
    let oid = of.person.oid.to_string();
    let mut request = "OAuth2:Token";
    if of.interactive {
        request = if of.protocol.is_some() { "Cmsi:Cmsi" } else { "Login:login" };
    }
    let mut properties = vec![("OS", of.device.system), ("BrowserType", "Other"), ("SessionId", session.as_str())];
    if of.registered {
        properties.insert(0, ("Id", device.as_str()));
    }
    let head = Head {
        time: of.time,
        id: audit_id(of.id),
        class: "ual.sts",
        operation: if of.failure.is_some() { "UserLoginFailed" } else { "UserLoggedIn" },
        tenant: tenant.id,
        record_type: 15,
        // It only says that the request was served.
        result: Some("Success"),
        user: &of.person.upn,
        user_key: &oid,
        user_type: 0,
        workload: "AzureActiveDirectory",
    };
    let logon = Logon {
        client_ip: &of.place.address,
        object_id: of.resource.0,
        azure_active_directory_event_type: 1,
        extended_properties: pairs(&[("ResultStatusDetail", "Success"), ("UserAgent", &of.device.user_agent), ("RequestType", request)]),
        modified_properties: [],
        actor: [Party { id: oid.clone(), kind: 0 }, Party { id: of.person.upn.clone(), kind: 5 }],
        actor_context_id: tenant.id,
        actor_ip_address: &of.place.address,
        inter_systems_id: correlation(of.id),
        intra_system_id: of.id,
        support_ticket_id: "",
        target: [Party { id: of.resource.0.to_string(), kind: 0 }],
        target_context_id: tenant.id,
        application_id: of.app.0,
        device_properties: pairs(&properties),
        error_number: of.failure.map_or(0, |failure| failure.code).to_string(),
        logon_error: of.failure.map(|failure| failure.word),
    };
    audit(head, logon)
}
