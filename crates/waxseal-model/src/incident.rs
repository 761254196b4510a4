//! What findings make together: the `waxseal.incidents/v1` object, written as `incidents.json`.
//!
//! Nothing here is a number that was not counted. Messages are not counted yet: [`MessageBounds`] then has neither end and
//! says so in `upper_reason`, and the classes of a mailbox are `null`. A reader takes both for "not known", never for none.

use serde::{Deserialize, Serialize};

use crate::containment::{ContainmentStep, HandOver};
use crate::level::{Confidence, Severity};
use crate::scope::{Exposure, OtherActs};
use crate::step::Step;
use crate::time::Nanos;

/// The schema word of `incidents.json`.
pub const INCIDENTS_SCHEMA: &str = "waxseal.incidents/v1";

/// Every incident of a case. Field order is part of the format, here and below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incidents {
    /// Always [`INCIDENTS_SCHEMA`].
    pub schema: String,
    /// What all incidents name, each thing once.
    pub totals: Totals,
    /// Gravest first.
    pub incidents: Vec<Incident>,
    /// Incidents of several tenants that one intruder seems to be behind.
    pub campaigns: Vec<Campaign>,
}

/// What all incidents name, each thing once. A mailbox or account counts whatever was said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Tenants.
    pub tenants: u64,
    /// Accounts.
    pub accounts: u64,
    /// Mailboxes.
    pub mailboxes: u64,
    /// Messages.
    pub messages: MessageBounds,
}

/// A number of messages between two bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageBounds {
    /// At least so many; `null` where nothing was counted.
    pub lower: Option<u64>,
    /// At most so many; `null` where no number exists. Never infinity.
    pub upper: Option<u64>,
    /// Why there is no upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper_reason: Option<String>,
}

impl MessageBounds {
    /// Nobody has counted.
    #[must_use]
    pub fn not_counted() -> Self {
        Self { lower: None, upper: None, upper_reason: Some("not counted yet".to_owned()) }
    }
}

/// What is taken for one intrusion into one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Hash of the tenant and the sorted finding ids.
    pub id: String,
    /// What it is, in plain words.
    pub title: String,
    /// How bad, if true.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Why this severity and this confidence, in two sentences.
    pub why: String,
    /// The tenants, sorted.
    pub tenants: Vec<String>,
    /// The findings, sorted.
    pub finding_ids: Vec<String>,
    /// What happened, earliest first.
    pub story: Vec<StoryStep>,
    /// The mailboxes that findings name, by address. Of others nothing is said.
    pub mailboxes: Vec<IncidentMailbox>,
    /// How long it lasted.
    pub dwell: Dwell,
    /// How the intruder got in.
    pub entry: Entry,
    /// Whether it goes on.
    pub still_active: StillActive,
    /// What else was done by the same sessions, tokens and applications; `null` where it was not looked for.
    #[serde(default)]
    pub other_acts: Option<OtherActs>,
    /// What can be done about it, evidence first.
    #[serde(default)]
    pub containment: Vec<ContainmentStep>,
    /// What to hand to the provider, where only the provider can tell.
    #[serde(default)]
    pub hand_over: Option<HandOver>,
    /// Why each finding is in it: one entry for every finding, in the order in which they were joined.
    #[serde(default)]
    pub joined: Vec<Joined>,
    /// Incidents that name the same accounts and were kept apart: to be looked at together.
    #[serde(default)]
    pub related: Vec<Related>,
}

/// One step of a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryStep {
    /// When it began, where that is recorded: the first record of what its findings are about.
    pub time: Option<Nanos>,
    /// What kind of step.
    pub step: Step,
    /// What happened, in plain words.
    pub text: String,
    /// The findings that say so.
    pub finding_ids: Vec<String>,
}

/// A mailbox of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentMailbox {
    /// Its address, or its id where no record gives the address.
    pub mailbox: String,
    /// The tenant.
    pub tenant: String,
    /// Every [`crate::Verdict`] word that applies, strongest first, with reasons.
    pub verdict: String,
    /// Messages.
    pub messages: MessageBounds,
    /// What messages and days fall into; `null` where nothing was counted.
    pub classes: Option<AccessClasses>,
    /// Whether `case.toml` names it as one of high value.
    #[serde(default)]
    pub high_value: bool,
    /// The first record of access that is the intruder's.
    #[serde(default)]
    pub first_recorded: Option<Nanos>,
    /// The last one.
    #[serde(default)]
    pub last_recorded: Option<Nanos>,
    /// Spans in which more may have been accessed than records name, in the order of time.
    #[serde(default)]
    pub exposed: Vec<Exposure>,
}

/// Messages of a mailbox by what is known of the access to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClasses {
    /// Messages that a record of the intruder names.
    pub accessed: u64,
    /// Messages that a record names which cannot be given to anybody; in the upper bound only.
    pub accessed_unattributed: u64,
    /// Messages of folders that were synced; `null` without an inventory.
    pub exposed_sync: Option<u64>,
    /// Messages that were there while the log was silent after too many records.
    pub exposed_throttle: Option<u64>,
    /// Messages exposed otherwise.
    pub exposed_other: Option<u64>,
    /// Days of which nothing is known.
    pub unknown_days: u64,
}

/// How long an incident lasted, as far as the logs tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dwell {
    /// Nothing can have happened before; `null` where the logs set no such bound.
    pub earliest_possible: Option<Nanos>,
    /// The first record.
    pub first_recorded: Option<Nanos>,
    /// The last record.
    pub last_recorded: Option<Nanos>,
    /// When it was first reported.
    pub detected: Option<Nanos>,
    /// When the last step that cuts the intruder off was done; `null` where one is not confirmed, or the intruder is recorded later.
    pub contained: Option<Nanos>,
    /// Whether the first record lies so close to the start of the logs that it may have begun before.
    pub left_censored: bool,
    /// What these times rest on.
    pub basis: String,
}

/// How an intruder can have got in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryClass {
    /// By tokens that no sign-in issued, or whose issue was not logged.
    ForgedOrUnloggedToken,
    /// By a session of somebody else.
    StolenSession,
    /// By a sign-in.
    Password,
    /// By an application that was granted rights.
    Consent,
    /// By a credential or right of an application.
    AppCredential,
    /// By rights in somebody else's mailbox.
    Delegate,
    /// At the provider.
    ProviderSide,
    /// The findings do not tell.
    NotRecoverable,
}

/// How the intruder got in, as far as the findings tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The kind of way.
    pub class: EntryClass,
    /// The findings that show it.
    pub evidence: Vec<String>,
    /// What they show, and what not.
    #[serde(default)]
    pub text: String,
}

/// Whether an incident goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillActive {
    /// What the records show, and no more.
    pub state: String,
    /// Up to when they were looked at.
    pub as_of: Nanos,
}

/// What two findings have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinKind {
    /// The same record.
    Event,
    /// The same session.
    Session,
    /// The same application, which was granted rights or a credential.
    Application,
    /// The same address, which is the intruder's.
    Address,
    /// The same kind of attack at the same time.
    Time,
    /// The same account or mailbox, close in time.
    Account,
    /// A neighbouring address. Between incidents of several tenants only.
    Neighbourhood,
}

/// Why a finding belongs to an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The finding.
    pub finding: String,
    /// What ties it to one before it; `null` for the gravest, from which the incident is told.
    pub joined_by: Option<JoinedBy>,
}

/// What ties a finding to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedBy {
    /// What they have in common.
    pub kind: JoinKind,
    /// Which one.
    pub value: String,
    /// The other finding.
    pub finding: String,
}

/// Another incident that names the same account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// The other incident.
    pub incident: String,
    /// The account or mailbox.
    pub account: String,
}

/// Whose incidents were compared with whose, to find campaigns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// Those of all tenants.
    #[default]
    All,
    /// Those of tenants that stand in one list.
    Lists,
    /// None.
    None,
}

/// Incidents of several tenants that share something rare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Hash of the sorted incident ids.
    pub id: String,
    /// The incidents, sorted.
    pub incident_ids: Vec<String>,
    /// What they share.
    pub shared: Vec<Shared>,
    /// The tenants, sorted.
    pub tenants: Vec<String>,
}

/// What incidents of several tenants share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shared {
    /// What it is.
    pub kind: JoinKind,
    /// Which one.
    pub value: String,
    /// Where and when findings of the incidents show it, earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<SeenIn>,
}

/// When findings of a tenant's incidents show something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenIn {
    /// The first record that such a finding cites.
    pub first: Nanos,
    /// The last one.
    pub last: Nanos,
    /// The tenant.
    pub tenant: String,
    /// The incidents, sorted.
    pub incident_ids: Vec<String>,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every value, in the order of its definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in every output.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words!(EntryClass {
    ForgedOrUnloggedToken = "forged_or_unlogged_token",
    StolenSession = "stolen_session",
    Password = "password",
    Consent = "consent",
    AppCredential = "app_credential",
    Delegate = "delegate",
    ProviderSide = "provider_side",
    NotRecoverable = "not_recoverable",
});
words!(JoinKind {
    Event = "event",
    Session = "session",
    Application = "application",
    Address = "address",
    Time = "time",
    Account = "account",
    Neighbourhood = "neighbourhood",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_json() {
        for class in EntryClass::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
        }
        for kind in JoinKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn a_number_that_nobody_counted_is_null_and_says_why() {
        let json = serde_json::to_string(&MessageBounds::not_counted()).unwrap();
        assert_eq!(json, r#"{"lower":null,"upper":null,"upper_reason":"not counted yet"}"#);
    }
}
