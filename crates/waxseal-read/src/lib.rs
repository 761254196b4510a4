//! Turns bytes of each known log format into batches of normalised events, and says exactly what it could not read.
//!
//! A stream of bytes goes through three hands. [`Framer`] cuts it into chunks of records without understanding them.
//! [`read_chunk`] offers each record to the [`FORMATS`] and turns what one of them claims into rows of the event schema.
//! What nobody claims, or what is damaged beyond recovery, comes out as a [`RejectedRecord`] with its place and reason.
//! Nothing here opens a path, looks at a clock or starts a thread: chunks may be read on as many threads as the caller has.

mod address;
mod azure_monitor;
mod canonical;
mod container;
mod event;
mod fields;
mod foreign;
mod format;
mod formats;
mod frame;
mod hashes;
pub mod indicators;
mod known;
mod layers;
mod reader;
mod record_type;
mod recover;
mod survey;
mod table;
mod tenant;
mod token_id;
mod value;
mod wrapper;

pub use address::{AddressError, Addresses, provider_networks};
pub use canonical::BodyDigest;
pub use container::{Container, ContainerError, MAX_EXPANSION, Member, NewScratch, Opened, Scratch};
pub use event::{Event, Item, Property, Text};
pub use format::{Context, EventSink, Format, Record, Reject, Row};
pub use formats::FORMATS;
pub use frame::{Chunk, Framer, Framing, Header, MAX_RECORD, Span, SpanState};
pub use hashes::{NotedDigest, noted_digests};
pub use known::Unknown;
pub use reader::{ChunkRead, Counts, EventKey, FileContext, RejectedRecord, event_key, read_chunk};
pub use survey::{Survey, survey};
pub use tenant::{DomainTenants, TenantRule, Told};
pub use token_id::{is_guid, token_guid};
