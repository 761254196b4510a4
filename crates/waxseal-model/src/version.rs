//! Versions of what is written to disk.

/// The version of the program, as in `Cargo.toml`.
pub const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The layout of a case folder. Raised when an older program could no longer read a case.
pub const CASE_LAYOUT: u32 = 1;

/// The version of the event schema, written into the metadata of every Parquet file. Files of version 1 have no numbers that
/// tell one event from another.
pub const EVENT_SCHEMA: &str = "waxseal.events/v2";
