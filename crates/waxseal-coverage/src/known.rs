//! Losses that a provider has admitted: dated, with their source.

/// A span in which a provider is known to have lost records.
#[derive(Debug, Clone, Copy)]
pub struct KnownLoss {
    /// The class, or the beginning of several.
    pub class: &'static str,
    /// First day.
    pub from: &'static str,
    /// First day after it.
    pub to: &'static str,
    /// Where it was said.
    pub source: &'static str,
}

/// Every loss we know of.
pub const KNOWN_LOSSES: &[KnownLoss] = &[KnownLoss {
    class: "signin",
    from: "2024-09-02",
    to: "2024-10-04",
    source: "https://www.helpnetsecurity.com/2024/10/18/microsoft-lost-cloud-security-logs/",
}];
