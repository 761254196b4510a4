//! Who works on a case, and how they are told how far the work has come.

use waxseal_evidence::Who;
use waxseal_model::{Nanos, TOOL_VERSION};

/// Who runs the program and by what clock: for the ledger and the run's account, never for results.
#[derive(Debug, Clone)]
pub struct Operator {
    /// Login name.
    pub name: String,
    /// Machine.
    pub host: String,
    /// The present.
    pub clock: fn() -> Nanos,
}

impl Operator {
    pub(crate) fn who(&self) -> Who {
        Who { operator: self.name.clone(), host: self.host.clone(), tool: TOOL_VERSION.to_owned() }
    }

    pub(crate) fn now(&self) -> Nanos {
        (self.clock)()
    }
}

/// Told how far long work has come; called from several threads.
pub trait Progress: Sync {
    /// A step begins; `bytes` is what it has to read, 0 if unknown.
    fn step(&self, name: &str, bytes: u64);
    /// More was done.
    fn advanced(&self, bytes: u64, records: u64);
    /// What it is at now: a file or a detection.
    fn at(&self, what: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _name: &str, _bytes: u64) {}
    fn advanced(&self, _bytes: u64, _records: u64) {}
    fn at(&self, _what: &str) {}
}
