//! Calls of Microsoft Graph, as `MicrosoftGraphActivityLogs` has them.

use serde::Serialize;
use waxseal_model::Nanos;

use crate::clock::Ticks;
use crate::guid::Guid;
use crate::record::{Envelope, Record, json};
use crate::stream::Stream;
use crate::tenant::Tenant;

/// A call of Graph.
#[derive(Debug)]
pub(crate) struct GraphCall<'a> {
    pub(crate) time: Nanos,
    pub(crate) id: Guid,
    pub(crate) app: Guid,
    /// The user it was made for, or the application's own service principal.
    pub(crate) object: Result<Guid, Guid>,
    /// The token's id, as written.
    pub(crate) uti: &'a str,
    pub(crate) session: Option<Guid>,
    pub(crate) issued: Nanos,
    pub(crate) address: &'a str,
    pub(crate) user_agent: &'a str,
    pub(crate) scopes: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) response_bytes: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    time_generated: Ticks,
    request_id: Guid,
    operation_id: Guid,
    client_request_id: Guid,
    api_version: &'static str,
    request_method: &'static str,
    response_status_code: u16,
    tenant_id: Guid,
    duration_ms: u64,
    response_size_bytes: u64,
    sign_in_activity_id: &'a str,
    roles: &'a str,
    app_id: Guid,
    #[serde(rename = "UserPrincipalObjectID", skip_serializing_if = "Option::is_none")]
    user_principal_object_id: Option<Guid>,
    scopes: &'a str,
    identity_provider: String,
    client_auth_method: &'static str,
    #[serde(rename = "C_Idtyp")]
    kind: &'static str,
    #[serde(rename = "C_Iat")]
    issued: String,
    #[serde(rename = "C_Sid", skip_serializing_if = "Option::is_none")]
    session: Option<Guid>,
    ip_address: &'a str,
    user_agent: &'a str,
    request_uri: &'a str,
    user_id: Option<Guid>,
    service_principal_id: Option<Guid>,
    token_issued_at: Ticks,
}

/// The record of a call.
pub(crate) fn graph_call(tenant: &Tenant, of: &GraphCall<'_>) -> Record {
    let (user, service) = (of.object.ok(), of.object.err());
    let operation = crate::random::Seed(of.time.0.unsigned_abs()).of("operation", i64::from(of.id.bytes()[0])).guid();
    let body = json(&Call {
        time_generated: Ticks(of.time, "Z"),
        request_id: of.id,
        operation_id: operation,
        client_request_id: operation,
        api_version: "v1.0",
        request_method: "GET",
        response_status_code: 200,
        tenant_id: tenant.id,
        duration_ms: 20 + u64::from(of.id.bytes()[2]),
        response_size_bytes: of.response_bytes,
        sign_in_activity_id: of.uti,
        roles: if user.is_some() { "" } else { of.scopes },
        app_id: of.app,
        user_principal_object_id: user,
        scopes: if user.is_some() { of.scopes } else { "" },
        identity_provider: format!("https://sts.windows.net/{}/", tenant.id),
        client_auth_method: if user.is_some() { "0" } else { "1" },
        kind: if user.is_some() { "user" } else { "app" },
        issued: (of.issued.0 / 1_000_000_000).to_string(),
        session: of.session,
        ip_address: of.address,
        user_agent: of.user_agent,
        request_uri: of.uri,
        user_id: user,
        service_principal_id: service,
        token_issued_at: Ticks(of.issued, "Z"),
    });
    Record {
        time: of.time,
        stream: Stream::GraphCalls,
        class: "graph.calls",
        id: of.id.to_string(),
        body,
        operation: "Microsoft Graph Activity",
        user: String::new(),
        record_type: 0,
        envelope: Envelope { address: of.address.to_owned(), correlation: operation, result: 200, identity: String::new() },
        mailbox: None,
        names: Vec::new(),
    }
}
