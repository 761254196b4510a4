//! Records as the providers write them, before any export.

mod admin;
mod application;
mod directory;
mod graph;
mod mailbox;
mod other;
mod sign_in;
mod workspace;

use serde::Serialize;
use waxseal_model::Nanos;

use crate::clock::{NoZone, whole_second};
use crate::guid::Guid;
use crate::stream::Stream;

pub(crate) use admin::{AdminAct, Cmdlet, cmdlet, service_noise};
pub(crate) use application::{
    APPLICATIONS, CREDENTIAL_CHANGED, Changed, Rights, consented, credential_changed, described_key, granted, introduced,
};
pub(crate) use directory::{Change, DirectoryAct, Target, directory_act};
pub(crate) use graph::{GraphCall, graph_call};
pub(crate) use mailbox::{Access, AccessKind, Caller, ItemAct, Link, Named, item_act, mail_access, web_info};
pub(crate) use other::{chat_act, content_search, file_act};
pub(crate) use sign_in::{AppSignIn, Failure, SignIn, app_sign_in, sign_in, sts_logon};
pub(crate) use workspace::{
    ApiVisit, GmailHand, GoogleAct, GoogleApp, GoogleEvent, GoogleLog, Letter, MailDeed, Proof, activity, api_visit, client_access, drive,
    forwarding_set, gmail, login, login_asked, login_failure, logout, other_call, text, token,
};

/// One record, with what its exports write around it.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) time: Nanos,
    pub(crate) stream: Stream,
    /// The log class, in the words of the event schema.
    pub(crate) class: &'static str,
    /// The event id, as the event schema has it.
    pub(crate) id: String,
    /// The provider's own record as JSON.
    pub(crate) body: String,
    pub(crate) operation: &'static str,
    /// Who acted, as wrappers name them.
    pub(crate) user: String,
    /// The number of the unified audit log's record type.
    pub(crate) record_type: u32,
    /// What Azure Monitor's envelope repeats.
    pub(crate) envelope: Envelope,
    /// The mailbox it tells of, by its number: some mailboxes' records are lost.
    pub(crate) mailbox: Option<usize>,
    /// Messages it names, by number, where the scorer will want to know.
    pub(crate) names: Vec<u64>,
}

/// What Azure Monitor writes around a record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Envelope {
    pub(crate) address: String,
    pub(crate) correlation: Guid,
    pub(crate) result: u32,
    pub(crate) identity: String,
}

/// The members of every record of the unified audit log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Audit<'a, T: Serialize> {
    creation_time: NoZone,
    id: Guid,
    operation: &'a str,
    organization_id: Guid,
    record_type: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_status: Option<&'a str>,
    user_key: &'a str,
    user_type: u8,
    version: u8,
    workload: &'a str,
    user_id: &'a str,
    #[serde(flatten)]
    rest: T,
}

/// What decides the common members of a record of the unified audit log.
#[derive(Debug, Clone, Copy)]
struct Head<'a> {
    time: Nanos,
    id: Guid,
    class: &'static str,
    operation: &'static str,
    tenant: Guid,
    record_type: u32,
    result: Option<&'a str>,
    user: &'a str,
    user_key: &'a str,
    user_type: u8,
    workload: &'a str,
}

/// A record of the unified audit log.
fn audit<T: Serialize>(head: Head<'_>, rest: T) -> Record {
    let body = json(&Audit {
        creation_time: NoZone(head.time),
        id: head.id,
        operation: head.operation,
        organization_id: head.tenant,
        record_type: head.record_type,
        result_status: head.result,
        user_key: head.user_key,
        user_type: head.user_type,
        version: 1,
        workload: head.workload,
        user_id: head.user,
        rest,
    });
    Record {
        time: whole_second(head.time),
        stream: Stream::UnifiedAudit,
        class: head.class,
        id: head.id.to_string(),
        body,
        operation: head.operation,
        user: head.user.to_owned(),
        record_type: head.record_type,
        envelope: Envelope::default(),
        mailbox: None,
        names: Vec::new(),
    }
}

/// Compact JSON. Records are made of texts, numbers and lists, which cannot fail to be written.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// `{"Name": …, "Value": …}`, as the unified audit log writes its lists of settings.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
struct NameValue<'a> {
    name: &'a str,
    value: &'a str,
}

/// Pairs of names and values.
fn pairs<'a>(of: &[(&'a str, &'a str)]) -> Vec<NameValue<'a>> {
    of.iter().map(|&(name, value)| NameValue { name, value }).collect()
}
