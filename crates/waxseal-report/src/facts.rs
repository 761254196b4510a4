//! What a report is made from.

use waxseal_model::{Account, Compared, CoverageSpan, DetectionMeta, Finding, Incidents, MailboxCount, Nanos, Statement};

/// Everything a report may say. It holds no clock and no path but those that the account holds.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The case's name.
    pub case_name: &'a str,
    /// What was read, and what could not be.
    pub account: &'a Account,
    /// The findings, the gravest first, then the earliest; their order is kept.
    pub findings: &'a [Finding],
    /// What the detections say of themselves; one that is not here is reported without its reasons.
    pub detections: &'a [DetectionMeta],
    /// What the findings make together; nothing where they were not joined.
    pub incidents: Option<&'a Incidents>,
    /// Whose incidents were compared with whose, for campaigns.
    pub compared: Compared,
    /// How complete the logs are; nothing where it was not judged.
    pub coverage: &'a [CoverageSpan],
    /// What can be said of every mailbox; nothing where it was not worked out.
    pub statements: &'a [Statement],
    /// How many mailboxes each tenant has.
    pub mailboxes: &'a [MailboxCount],
    /// The instant the results hold for: `--now`, or the newest record's time.
    pub as_of: Option<Nanos>,
    /// The version of the program.
    pub version: &'a str,
}

impl<'a> Facts<'a> {
    /// What a detection says of itself.
    pub(crate) fn detection(&self, id: &str) -> Option<&'a DetectionMeta> {
        self.detections.iter().find(|meta| meta.id == id)
    }
}
