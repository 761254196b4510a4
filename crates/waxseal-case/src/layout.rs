//! Names of everything in a case. Nothing else spells a path below the case folder.

/// The messages that incidents reach, in a detect run; of the second there is a copy at the top of the case.
pub(crate) const MESSAGES_PARQUET: &str = "messages.parquet";
pub(crate) const MESSAGES_CSV: &str = "messages.csv";

/// Settings of the case, for people to edit.
pub(crate) const SETTINGS: &str = "case.toml";

/// Which ranges somebody declares to have exported, for people to edit.
pub(crate) const DECLARED: &str = "coverage.toml";

/// Lists of published indicators that every detect run compares the records with, for people to add and remove.
pub(crate) const INDICATORS: &str = "indicators";

/// Held locked while a program works on the case.
pub(crate) const LOCK: &str = "lock";

/// Inputs as they came, compressed.
pub(crate) const ORIGINALS: &str = "originals";

/// Ledger entries.
pub(crate) const CUSTODY: &str = "custody";

/// The whole ledger in one file, for reading.
pub(crate) const CUSTODY_EXPORT: &str = "custody.jsonl";

/// Event files.
pub(crate) const EVENTS: &str = "events";

/// Runs.
pub(crate) const RUNS: &str = "runs";

/// The object that makes a run exist.
pub(crate) const COMMIT: &str = "COMMIT";

/// Standard input on its way into the case.
pub(crate) const INCOMING: &str = "incoming";

/// Where an original is kept.
pub(crate) fn original(evidence: &str) -> String {
    format!("{ORIGINALS}/{evidence}.zst")
}

/// The folder of a run: `runs/0001-ingest`.
pub(crate) fn run(number: u32, kind: &str) -> String {
    format!("{RUNS}/{number:04}-{kind}")
}

/// An event file. Tenants come from the logs and may be anything, so only harmless names become folders.
pub(crate) fn event_file(tenant: &str, family: &str, run: u32, number: u32) -> String {
    format!("{EVENTS}/tenant={}/family={family}/{run:04}-{number:05}.parquet", folder_of(tenant))
}

/// The tenant itself where it is a plain name, else the digest of it.
fn folder_of(tenant: &str) -> String {
    // A tenant may not call itself what another one's folder is called.
    let plain = !tenant.starts_with("other-")
        && !tenant.is_empty()
        && tenant.len() <= 64
        && tenant.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain { tenant.to_owned() } else { format!("other-{}", &waxseal_evidence::Digest::of(tenant.as_bytes()).to_string()[..16]) }
}

/// The timeline of all incidents: an object of a detect run, and its copy at the top of the case.
pub(crate) const TIMELINE: &str = "timeline.csv";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_tenant_does_not_leave_the_case() {
        let path = event_file("../../etc", "other", 1, 2);
        let folder = path.split('/').nth(1).and_then(|folder| folder.strip_prefix("tenant=")).unwrap();
        assert_ne!(event_file(folder, "other", 1, 2), path);
        assert!(path.starts_with("events/tenant=other-") && !path.contains(".."), "{path}");
        assert_eq!(event_file("a-1", "sign_in", 1, 2), "events/tenant=a-1/family=sign_in/0001-00002.parquet");
    }
}
