//! Opens, locks and versions a case folder; runs the steps in order; keeps each run; hands out query sessions.
//!
//! It is the only crate that touches a case on disk and the only one that knows the order of the steps. It has no logic of
//! its own: what a record means is in `waxseal-read`, what an attack looks like in `waxseal-detect`.

mod api;

pub use api::*;
