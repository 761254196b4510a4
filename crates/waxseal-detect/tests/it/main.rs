//! Detections over small event tables in Parquet, the way a case holds them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod bundled;
mod files;
mod functions;
mod runs;
mod table;
