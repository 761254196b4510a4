//! Detections over small event tables in Parquet, the way a case holds them.

mod bundled;
mod files;
mod runs;
mod table;
mod scratch;
