//! The only place that reads the environment: variables, terminal, clock, and who is at the keyboard.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use waxseal_case::Operator;
use waxseal_model::Nanos;

/// What the surroundings say.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// `WAXSEAL_CASE`: the case folder where `--case` is not given.
    pub(crate) case: Option<PathBuf>,
    /// Whether standard output is a terminal that may be written on in colour.
    pub(crate) colour: bool,
    /// The width of standard output where it is a terminal.
    pub(crate) width: Option<usize>,
    /// Whether somebody watches standard error.
    pub(crate) watched: bool,
    /// Who works on the case.
    pub(crate) operator: Operator,
}

impl Config {
    /// Looks around.
    pub(crate) fn read() -> Self {
        let terminal = io::stdout().is_terminal();
        let plain = variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|term| term == "dumb");
        Self {
            case: variable("WAXSEAL_CASE").map(PathBuf::from),
            colour: terminal && !plain,
            width: terminal.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))),
            watched: io::stderr().is_terminal(),
            operator: Operator { name: operator_name(), host: host_name(), clock },
        }
    }
}

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this is the file that reads the environment")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn operator_name() -> String {
    let name = ["LOGNAME", "USER", "USERNAME"].iter().find_map(|name| variable(name));
    name.map_or_else(|| "unknown".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn host_name() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    let named = || ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| variable(name)).map(|name| name.to_string_lossy().into_owned());
    kernel.filter(|name| !name.is_empty()).or_else(named).unwrap_or_else(|| "unknown".to_owned())
}

/// The present. It goes into the ledger and into no result.
#[expect(clippy::disallowed_methods, reason = "the ledger says when; no step asks")]
fn clock() -> Nanos {
    Nanos(chrono::Utc::now().timestamp_nanos_opt().unwrap_or(i64::MAX))
}
