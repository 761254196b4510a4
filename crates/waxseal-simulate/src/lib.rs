//! Labelled worlds: ordinary life in cloud mailboxes and the intrusions in it, written as the exports that real
//! organisations hand in, with the truth beside them; and a scorer that compares a case with that truth.
//!
//! The crate knows what providers log and what intruders do. It knows nothing of detections.

mod caller;
mod client;
mod clock;
mod delivery;
mod export;
mod guid;
mod intrusion;
mod life;
mod mail;
mod names;
mod network;
mod parameters;
mod presence;
mod random;
mod record;
mod score;
mod simulate;
mod stream;
mod tenant;
mod token;
mod truth;
mod world;

pub use intrusion::{UnknownKind, kinds_with_stories};
pub use parameters::{Cast, DEFAULT_PARAMETERS, Intrusions, Losses, Missing, Parameters, ParametersError, Size};
pub use score::{
    CaseV1, DetectionV1, DilutedV1, DwellV1, FindingsV1, FloorRecallV1, GroupRecallV1, IncidentsV1, IntrusionV1, MailboxesV1, MergedV1,
    MessagesV1, PartV1, RateV1, RecallV1, SCORE_SCHEMA, SaidV1, ScoreError, ScoreV1, ShareV1, SplitV1, SpreadV1, TimeV1, ToDetectV1,
    WorldV1, garwood, score, wilson,
};
pub use simulate::{LogTarget, SimulateError, SimulateRequest, Simulated, simulate};
pub use truth::{
    CoverageSpan, MAILBOX_MONTH_DAYS, TRUTH_SCHEMA, Truth, TruthError, TruthIntrusion, TruthMailbox, TruthMessage, TruthRecord, TruthTenant,
};
