//! What can be done about an incident, and what the provider is asked: proposals, never acts.

use serde::{Deserialize, Serialize};

use crate::time::Nanos;

/// One step of a containment plan. Nothing here is ever executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainmentStep {
    /// The place in the plan, from 1: evidence comes first.
    pub order: u32,
    /// The kind of step, in the words of `docs/containment.md`, for instance `revoke_sessions`.
    pub action: String,
    /// What to do, in one sentence.
    pub title: String,
    /// What it changes, and for whom.
    pub effect: String,
    /// Whether and how it can be undone.
    pub undo: String,
    /// The permission or role it needs.
    pub permission: String,
    /// The accounts, applications, rules or mailboxes it is about, as logged.
    pub targets: Vec<String>,
    /// As commands for PowerShell, where there is such a form. Log text in it is quoted for that shell.
    pub powershell: Vec<String>,
    /// As calls of the provider's API, where there is such a form: method and address, then the body behind a blank.
    pub api: Vec<String>,
    /// The operation that the logs will show once it is done.
    pub confirmed_by: String,
    /// When the logs show that it was done for every target; `null` until they do.
    pub confirmed: Option<Nanos>,
    /// The findings it follows from.
    pub finding_ids: Vec<String>,
    /// Whether the intruder is not cut off before it is done. Other steps keep evidence, or look again.
    #[serde(default)]
    pub cuts_off: bool,
    /// The targets one by one, in the order of `targets`: what they are, and which record shows that it was done.
    #[serde(default)]
    pub confirmations: Vec<Confirmation>,
}

/// A target of a step, and the record that shows that the step was done for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Confirmation {
    /// Its name, as logged: an address, a rule, an application's id.
    pub name: String,
    /// Its id, where a record gives one beside the name.
    pub id: Option<String>,
    /// What it belongs to: the mailbox of a rule, the application of a credential.
    pub of: Option<String>,
    /// Which kind of it, where the step differs by that: a command, a kind of right.
    pub kind: Option<String>,
    /// Only a record after this time can show it: the last that the findings know of it.
    pub since: Option<Nanos>,
    /// When it was done; `null` until a record shows it.
    pub time: Option<Nanos>,
    /// The record that shows it.
    pub event_id: Option<String>,
    /// Who did it, by the record.
    pub actor: Option<String>,
}

/// What only the provider can look up: records with their identifiers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// The records, by time, at most a thousand.
    pub records: Vec<HandOverRecord>,
    /// How many there are.
    pub count: u64,
    /// What the provider is asked, a sentence each.
    pub questions: Vec<String>,
}

/// One record for the provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOverRecord {
    /// When it happened.
    pub time: Option<Nanos>,
    /// The record's id.
    pub event_id: String,
    /// What was done.
    pub operation: String,
    /// Who acted, by the record.
    pub actor: Option<String>,
    /// The mailbox.
    pub mailbox: Option<String>,
    /// Its id.
    pub mailbox_id: Option<String>,
    /// The token, as the record spells it.
    pub token_id: Option<String>,
    /// When it was issued, by the record.
    pub issued: Option<Nanos>,
    /// The session.
    pub session_id: Option<String>,
    /// The application.
    pub app_id: Option<String>,
    /// The address the record gives.
    pub client_ip: Option<String>,
    /// Correlation and request ids, as the record spells them.
    pub request_ids: Vec<String>,
    /// The provider's server.
    pub server: Option<String>,
}
