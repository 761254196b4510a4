//! What Exchange writes of administration: the cmdlet and its parameters.

use serde::Serialize;
use waxseal_model::Nanos;

use crate::guid::Guid;
use crate::random::Random;
use crate::record::{Head, NameValue, Record, audit, pairs};
use crate::tenant::{Person, Tenant};

/// Who ran a cmdlet.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AdminAct<'a> {
    /// Somebody about their own mailbox or as an administrator, from an address and in a session.
    Person { person: &'a Person, address: &'a str, session: Option<Guid>, app: Guid },
    /// The provider's own machinery.
    Service(&'a str),
}

/// A cmdlet with its parameters.
#[derive(Debug)]
pub(crate) struct Cmdlet<'a> {
    pub(crate) time: Nanos,
    pub(crate) id: Guid,
    pub(crate) operation: &'static str,
    pub(crate) by: AdminAct<'a>,
    /// What it was done to; empty for what belongs to the whole organisation.
    pub(crate) object: &'a str,
    pub(crate) parameters: &'a [(&'a str, &'a str)],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AdminPart<'a> {
    #[serde(rename = "ClientIP", skip_serializing_if = "Option::is_none")]
    client_ip: Option<String>,
    object_id: String,
    app_id: String,
    client_app_id: &'static str,
    external_access: bool,
    organization_name: String,
    originating_server: String,
    parameters: Vec<NameValue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Guid>,
}

/// The record of a cmdlet.
pub(crate) fn cmdlet(tenant: &Tenant, of: &Cmdlet<'_>) -> Record {
    let (user, key, user_type, address, session, app) = match of.by {
        AdminAct::Person { person, address, session, app } => {
            (person.upn.as_str(), person.puid.as_str(), 2, Some(address), session, app.to_string())
        }
        AdminAct::Service(name) => (name, name, 3, None, None, String::new()),
    };
    let mut random = tenant.seed.of("server", of.time.0).random();
    let head = Head {
        time: of.time,
        id: of.id,
        class: "ual.exchange_admin",
        operation: of.operation,
        tenant: tenant.id,
        record_type: 1,
        result: Some("True"),
        user,
        user_key: key,
        user_type,
        workload: "Exchange",
    };
    let part = AdminPart {
        // Exchange writes the port here, and not in records of access.
        client_ip: address.map(|address| format!("{address}:{}", random.between(20_000, 65_000))),
        object_id: object_id(tenant, of.object),
        app_id: app,
        client_app_id: "",
        external_access: address.is_none(),
        organization_name: tenant.first_domain(),
        originating_server: tenant.server(&mut random),
        parameters: pairs(of.parameters),
        session_id: session,
    };
    audit(head, part)
}

/// The directory's path of an object; a transport rule has none.
fn object_id(tenant: &Tenant, object: &str) -> String {
    if object.is_empty() {
        return String::new();
    }
    format!("EURPR04A009.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/{}/{object}", tenant.domain)
}

/// A record of the provider's own housekeeping about a mailbox.
pub(crate) fn service_noise(tenant: &Tenant, random: &mut Random, time: Nanos, mailbox: &str) -> Record {
    const SERVICE: &str = "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)";
    let quota: &[(&str, &str)] = &[
        ("Identity", mailbox),
        ("Force", "True"),
        ("ProhibitSendQuota", "99 GB (106,300,440,576 bytes)"),
        ("IssueWarningQuota", "98 GB (105,226,698,752 bytes)"),
        ("ProhibitSendReceiveQuota", "100 GB (107,374,182,400 bytes)"),
    ];
    let plan: &[(&str, &str)] =
        &[("Identity", "ExchangeOnlineEnterprise"), ("MaxSendSize", "35 MB (36,700,160 bytes)"), ("ForceSaveRules", "True")];
    let (operation, parameters) = match random.below(10) {
        0..6 => ("Set-Mailbox", quota),
        6..8 => ("Set-MailboxPlan", plan),
        8 => ("Set-User", &quota[..2]),
        _ => ("Set-TransportConfig", &plan[..1]),
    };
    cmdlet(tenant, &Cmdlet { time, id: random.guid(), operation, by: AdminAct::Service(SERVICE), object: mailbox, parameters })
}
