//! The words of Waxseal: what an event, a log class, a detection and a finding are, and how they are written down.
//!
//! Every other crate depends on this one and it depends on none of them. It does no input or output, knows no clock and
//! starts no thread. What it promises are *formats* (the event schema, the JSON shapes), not Rust signatures.

mod category;
mod containment;
mod coverage;
mod detection;
mod event;
mod finding;
mod incident;
mod indicator;
mod level;
mod log_class;
mod printable;
mod scope;
mod step;
mod summary;
mod time;
mod version;

pub use category::CATEGORIES;
pub use containment::{Confirmation, ContainmentStep, HandOver, HandOverRecord};
pub use coverage::{COVERAGE_REASONS, COVERAGE_SCHEMA, CoverageMap, CoverageSpan, MailboxCount, Strip, coverage_reason};
pub use detection::{DetectionMeta, MetaError, NotRun, OPTIONAL_TABLES};
pub use event::{COLUMNS, Column, ColumnKind, SIGHTINGS_COLUMN, event_schema, item_fields, property_fields};
pub use finding::{Coverage, FINDING_SCHEMA, Finding, MAX_CITED_EVENTS, Verdict};
pub use incident::{
    AccessClasses, Campaign, Compared, Dwell, Entry, EntryClass, INCIDENTS_SCHEMA, Incident, IncidentMailbox, Incidents, JoinKind, Joined,
    JoinedBy, MessageBounds, Related, SeenIn, Shared, StillActive, StoryStep, Totals,
};
pub use indicator::{AddressBounds, Indicator, IndicatorKind, indicator_schema};
pub use level::{Confidence, Severity};
pub use log_class::{Family, LogClass, Population};
pub use printable::{csv_cell, printable};
pub use scope::{AccessClass, CoverageDays, Exposure, MESSAGE_COLUMNS, OtherActs, STATEMENT_SCHEMA, Statement, message_schema};
pub use step::Step;
pub use summary::{Account, FailedInput, FileSummary, FormatCount, NameCount, Rejected, TenantSeen, UnknownNames, UnknownShape};
pub use time::{DateOrder, Nanos, local_date_numbers};
pub use version::{CASE_LAYOUT, EVENT_SCHEMA, TOOL_VERSION};
