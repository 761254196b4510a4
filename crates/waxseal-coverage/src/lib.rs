//! How complete the logs of a case are: for each tenant, log class and day, and for each mailbox where it differs.
//!
//! What a log does not show proves nothing unless the log is complete. This is judged from what was read, from what somebody
//! declares to have exported, and from losses that are known, and kept apart from any detection.

mod assess;
mod collector;
mod declared;
mod known;
mod read;
mod settings;

pub use assess::{Doubt, Observed, assess};
pub use collector::collector_gaps;
pub use declared::{Declaration, Declarations, DeclareError};
pub use known::{KNOWN_LOSSES, KnownLoss};
pub use read::observe;
pub use settings::{Seen, Setting};
