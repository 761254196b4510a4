//! The exit codes. Scripts rely on them.
//!
//! | code | `hunt`, `ingest`, `detect`, `report` | `verify` | `detections test` | `inspect` | other verbs |
//! |---|---|---|---|---|---|
//! | 0 | ran; nothing at or above `--fail-level` | intact | every sample as expected | every file recognised | done |
//! | 1 | findings at or above `--fail-level`; beats 3 | **not intact** | a sample is not as expected | – | – |
//! | 2 | could not run | cannot tell | could not run | could not run | could not run |
//! | 3 | ran, but bytes were rejected, truncated or unreadable; with `--strict` also: a detection could not run | – | – | a file is unreadable or unknown | – |

use std::process::ExitCode;

use waxseal_model::{Account, Finding, Severity};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to report.
    Done = 0,
    /// Findings, or a case that is not intact.
    Found = 1,
    /// It could not run, or cannot tell.
    CannotRun = 2,
    /// It ran, but not over everything it was given.
    Incomplete = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// What a run over these findings and files ends with.
    pub(crate) fn of(account: &Account, findings: &[Finding], fail_level: Severity, strict: bool) -> Self {
        if findings.iter().any(|finding| finding.severity >= fail_level) {
            Self::Found
        } else if !account.complete() || (strict && account.not_run.iter().any(|lack| !lack.not_asked)) {
            Self::Incomplete
        } else {
            Self::Done
        }
    }

    /// What reading alone ends with.
    pub(crate) fn of_reading(account: &Account) -> Self {
        if account.complete() { Self::Done } else { Self::Incomplete }
    }
}

#[cfg(test)]
mod tests {
    use waxseal_model::{FailedInput, NotRun};

    use super::*;

    fn failed() -> Account {
        Account { failed: vec![FailedInput { path: "a".to_owned(), reason: "b".to_owned() }], ..Account::default() }
    }

    #[test]
    fn what_was_not_read_counts_and_what_was_not_run_only_when_strict() {
        let not_run = NotRun { detection: "a".to_owned(), title: "b".to_owned(), tenant: None, reason: "c".to_owned(), not_asked: false };
        let holes = Account { not_run: vec![not_run], ..Account::default() };
        assert_eq!(Exit::of(&Account::default(), &[], Severity::Medium, true), Exit::Done);
        assert_eq!(Exit::of(&failed(), &[], Severity::Medium, false), Exit::Incomplete);
        assert_eq!(Exit::of(&holes, &[], Severity::Medium, false), Exit::Done);
        assert_eq!(Exit::of(&holes, &[], Severity::Medium, true), Exit::Incomplete);
    }
}
