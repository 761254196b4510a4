//! The envelope that Azure Monitor puts around the records of Entra's logs.
//!
//! Source: <https://learn.microsoft.com/en-us/entra/identity/monitoring-health/reference-azure-monitor-sign-ins-log-schema>

use std::borrow::Cow;

use serde_json_borrow::Value;
use waxseal_model::Nanos;

use crate::event::Text;
use crate::token_id::is_guid;
use crate::value::{Object, member};

/// A record and what its envelope says of it. Without an envelope only `inner` is there.
#[derive(Debug)]
pub(crate) struct Peeled<'a> {
    /// The record itself.
    pub(crate) inner: &'a Object<'a>,
    /// The same as a value, for its digest.
    pub(crate) value: &'a Value<'a>,
    /// The category of the log, for instance `NonInteractiveUserSignInLogs`.
    pub(crate) category: Option<Cow<'a, str>>,
    /// The tenant of the diagnostic setting.
    pub(crate) tenant: Text<'a>,
    /// When the pipeline took the record in.
    pub(crate) time_ingested: Option<Nanos>,
    /// The address as the envelope has it.
    pub(crate) caller_ip: Text<'a>,
}

/// The tenant in `/tenants/5b6f…/providers/Microsoft.aadiam`.
pub(crate) fn tenant_in_path(path: &str) -> Option<String> {
    let rest = path.to_ascii_lowercase();
    let id = rest.strip_prefix("/tenants/")?.split('/').next()?.to_owned();
    is_guid(&id).then_some(id)
}

/// Takes the envelope off, if there is one.
pub(crate) fn peel<'a>(value: &'a Value<'a>) -> Option<Peeled<'a>> {
    let object = value.as_object()?;
    let bare = Peeled { inner: object, value, category: None, tenant: None, time_ingested: None, caller_ip: None };
    let (Some(properties), Some(category)) = (object.get("properties"), member(object, "category")) else {
        return Some(bare);
    };
    let Some(inner) = properties.as_object() else { return Some(bare) };
    Some(Peeled {
        inner,
        value: properties,
        category: Some(category),
        tenant: member(object, "tenantId").or_else(|| member(object, "resourceId").as_deref().and_then(tenant_in_path).map(Cow::Owned)),
        time_ingested: member(object, "time").or_else(|| member(object, "eventTime")).and_then(|t| Nanos::parse(&t)),
        caller_ip: member(object, "callerIpAddress"),
    })
}
