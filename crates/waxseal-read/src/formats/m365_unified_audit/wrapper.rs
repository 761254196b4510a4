//! What stands around AuditData in an export.

use std::borrow::Cow;

use waxseal_model::Nanos;

use crate::event::{Event, Text};
use crate::format::{Context, Row};
use crate::record_type::{self, Kind};
use crate::value::{Object, lower, member, non_empty};

/// The columns or members beside AuditData, under whichever name the vintage of the export gives them.
#[derive(Debug, Default)]
pub(super) struct Wrapper<'a> {
    pub(super) id: Text<'a>,
    pub(super) time: Text<'a>,
    pub(super) user: Text<'a>,
    pub(super) operation: Text<'a>,
    pub(super) record_type: Text<'a>,
    /// What Graph repeats around AuditData, which may hold nothing but its type.
    tenant: Text<'a>,
    client_ip: Text<'a>,
    workload: Text<'a>,
    object: Text<'a>,
    /// AuditData as found in a forwarder's copy of the original row, possibly cut.
    pub(super) remains: Option<String>,
}

/// Where the account may stand.
const USERS: [&str; 4] = ["UserIds", "UserId", "userPrincipalName", "userId"];

impl<'a> Wrapper<'a> {
    pub(super) fn of_row(row: &Row<'a>) -> Self {
        let cell = |names: &[&str]| names.iter().find_map(|name| row.get(name)).map(Cow::Borrowed);
        Self::of(cell, row.get("_raw").and_then(remains_of))
    }

    pub(super) fn of_object(object: &'a Object<'a>) -> Self {
        let value = |names: &[&str]| names.iter().find_map(|name| member(object, name));
        Self::of(value, member(object, "_raw").and_then(|raw| remains_of(&raw)))
    }

    /// By the names of PowerShell, Purview and Microsoft Graph, in this order.
    fn of(value: impl Fn(&[&str]) -> Text<'a>, remains: Option<String>) -> Self {
        Self {
            id: value(&["Identity", "RecordId", "id"]),
            time: value(&["CreationDate", "CreationTime", "createdDateTime"]),
            // Graph crosses the two now and then: the address is in one, an id in the other.
            user: USERS.iter().filter_map(|name| value(&[name])).find(|user| user.contains('@')).or_else(|| value(&USERS)),
            operation: value(&["Operations", "Operation", "operation"]),
            record_type: value(&["RecordType", "auditLogRecordType"]),
            tenant: value(&["organizationId"]),
            client_ip: value(&["clientIp"]),
            workload: value(&["service"]),
            object: value(&["objectId"]),
            remains,
        }
    }

    /// Whether a record can be made from the wrapper alone.
    pub(super) fn tells_something(&self) -> bool {
        self.operation.is_some() || self.id.is_some()
    }

    /// Adds to an event what its body does not say.
    pub(super) fn fill(&self, event: &mut Event<'a>, context: &Context) {
        fill(&mut event.id, &self.id);
        fill(&mut event.operation, &self.operation);
        fill(&mut event.tenant, &lower(self.tenant.clone()));
        fill(&mut event.client_ip, &self.client_ip);
        fill(&mut event.workload, &self.workload);
        if event.actor.is_none() {
            event.actor = self.user.clone().map(|user| if user.contains('@') { lower(Some(user)).unwrap_or_default() } else { user });
        }
        event.record_type = event.record_type.or_else(|| record_type::record_type_number(self.record_type.as_deref()?));
        event.time = event.time.or_else(|| self.time_of(context));
        if event.log_class.is_none() {
            let operation = event.operation.as_deref().unwrap_or_default();
            let workload = event.workload.as_deref().unwrap_or_default();
            let kind = Kind { record_type: event.record_type, operation, workload, access: None };
            event.log_class = Some(record_type::class_of(kind).as_str().into());
            fill(&mut event.target, &self.object);
            event.actor_kind = event.actor.as_deref().map(|actor| record_type::actor_kind(event.user_type, actor).into());
        }
    }

    fn time_of(&self, context: &Context) -> Option<Nanos> {
        let text = self.time.as_deref()?;
        Nanos::parse(text).or_else(|| Nanos::parse_local(text, context.date_order?))
    }
}

fn fill<'a>(field: &mut Text<'a>, value: &Text<'a>) {
    if field.is_none() {
        field.clone_from(value);
    }
}

/// The AuditData inside a copy of the original row: from its first `{` on, with doubled quotes made single.
fn remains_of(raw: &str) -> Option<String> {
    let inner = &raw[raw.find('{')?..];
    let text = if inner.starts_with("{\"\"") { inner.replace("\"\"", "\"") } else { inner.to_owned() };
    non_empty(&text).is_some().then_some(text)
}
