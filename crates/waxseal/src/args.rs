//! Groups of flags that several verbs share, and how their values are read.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use clap::{Args, ValueEnum};
use waxseal_case::{Declaration, Declarations, DetectRequest, Input, TableFormat};
use waxseal_model::{DateOrder, Nanos, Severity};

use crate::config::Config;

/// Where results go and how much is said. Every verb takes these.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Write the result to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(crate) output: Option<PathBuf>,
    /// Let --output replace a file that is there already
    #[arg(long, global = true)]
    pub(crate) clobber: bool,
    /// Say nothing on standard error but errors: no progress, no remarks
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// The form of a result.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct FormatArgs {
    /// The form of the result
    #[arg(short = 't', long = "format", value_name = "FORM", value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// The forms a result can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For reading: tables that line up
    Text,
    /// For a spreadsheet; no cell can run as a formula
    Csv,
    /// One JSON value with a versioned schema
    Json,
    /// One JSON object a line
    Jsonl,
}

impl Format {
    /// The word by which a report is asked for.
    pub(crate) fn report(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }

    /// The form of rows.
    pub(crate) fn table(self) -> TableFormat {
        match self {
            Self::Text => TableFormat::Text,
            Self::Csv => TableFormat::Csv,
            Self::Json => TableFormat::Json,
            Self::Jsonl => TableFormat::JsonLines,
        }
    }
}

/// Which case.
#[derive(Debug, Args)]
#[command(next_help_heading = "Case")]
pub(crate) struct CaseArgs {
    /// The case folder [default: $WAXSEAL_CASE, else ./waxseal-case]
    #[arg(long, value_name = "DIR")]
    case: Option<PathBuf>,
}

impl CaseArgs {
    /// The folder: flag, then variable, then default.
    pub(crate) fn dir<'a>(&'a self, config: &'a Config) -> &'a Path {
        self.case.as_deref().or(config.case.as_deref()).unwrap_or_else(|| Path::new("waxseal-case"))
    }
}

/// How much of the machine may be used.
#[derive(Debug, Args)]
#[command(next_help_heading = "Resources")]
pub(crate) struct ResourceArgs {
    /// Threads to work with [default: as many as the machine has]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Memory to stay within, such as 512MiB or 2GiB
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = memory)]
    pub(crate) memory: u64,
}

impl ResourceArgs {
    /// Threads to work with.
    pub(crate) fn threads(&self) -> usize {
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok());
        threads.map_or(1, NonZeroUsize::get)
    }
}

/// What to read.
#[derive(Debug, Args)]
pub(crate) struct PathArgs {
    /// Files, folders and archives (zip, 7z, tar, gzip and others) of exported logs; - is standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl PathArgs {
    /// The inputs.
    ///
    /// # Errors
    /// None is given, or one is not there: said before anything is made.
    pub(crate) fn inputs(&self) -> anyhow::Result<Vec<Input>> {
        if self.paths.is_empty() {
            anyhow::bail!(
                "no PATH given: name files, folders or archives of exported logs, or - for standard input; to see it at work \
                 on a made-up world, run `waxseal demo`"
            );
        }
        self.paths.iter().map(|path| input(path)).collect()
    }
}

fn input(path: &Path) -> anyhow::Result<Input> {
    if path.as_os_str() == "-" {
        return Ok(Input::Stdin);
    }
    match std::fs::metadata(path) {
        Ok(_) => Ok(Input::Path(path.to_owned())),
        Err(error) => anyhow::bail!("failed to read {}: {error}; check the path and its permissions", path.display()),
    }
}

/// How to read it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(crate) struct ReadArgs {
    /// The tenant of records that name none
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// The order of day and month in dates such as 4/5/2024, where a file leaves it open
    #[arg(long, value_name = "ORDER", value_enum)]
    date_order: Option<Order>,
    /// Do not keep the files themselves in the case; every report will say so
    #[arg(long)]
    pub(crate) no_originals: bool,
}

impl ReadArgs {
    /// The order of day and month.
    pub(crate) fn date_order(&self) -> Option<DateOrder> {
        self.date_order.map(|order| match order {
            Order::MonthFirst => DateOrder::MonthFirst,
            Order::DayFirst => DateOrder::DayFirst,
        })
    }
}

/// Which of the first two numbers of a date is the month.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    /// 4/16/2024 is the sixteenth of April
    MonthFirst,
    /// 16/4/2024 is the sixteenth of April
    DayFirst,
}

/// Detections of one's own.
#[derive(Debug, Args)]
#[command(next_help_heading = "Detecting")]
pub(crate) struct DetectionsArgs {
    /// A file or folder of detections to run beside the bundled ones, or instead of those with the same id; may be given again
    #[arg(long, value_name = "DIR")]
    pub(crate) detections: Vec<PathBuf>,
}

/// What to look for, and as of when.
#[derive(Debug, Args)]
#[command(next_help_heading = "Detecting")]
pub(crate) struct DetectArgs {
    #[command(flatten)]
    pub(crate) own: DetectionsArgs,
    /// The instant to take for the present [default: the newest record's time]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    now: Option<Nanos>,
    /// Declare that a log was exported completely for a range, such as signin=2026-03-01..2026-04-01; may be given again
    #[arg(long, value_name = "CLASS=FROM..TO", value_parser = declaration)]
    covers: Vec<Declaration>,
    /// A list of published indicators to compare every record with: a STIX 2 bundle, a MISP event or list of attributes, or a
    /// CSV whose header names at least `value`; stays with the case; may be given again
    #[arg(long, value_name = "FILE")]
    indicators: Vec<PathBuf>,
    /// A file that declares which ranges were exported, by tenant and class
    #[arg(long, value_name = "FILE")]
    coverage: Option<PathBuf>,
}

impl DetectArgs {
    /// What to run over the case: all detections where `only` names none.
    ///
    /// # Errors
    /// The declarations cannot be read or make no sense.
    pub(crate) fn request(&self, only: &[String]) -> anyhow::Result<DetectRequest> {
        Ok(DetectRequest {
            now: self.now,
            detections: self.own.detections.clone(),
            only: only.to_vec(),
            indicators: self.indicators.clone(),
            declared: self.declared()?,
        })
    }

    /// What is declared by flags and file.
    fn declared(&self) -> anyhow::Result<Declarations> {
        let mut declared = Declarations { covers: self.covers.clone(), lacks: Vec::new() };
        if let Some(path) = &self.coverage {
            let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
            declared.extend(Declarations::from_toml(&text).with_context(|| format!("in {}", path.display()))?);
        }
        Ok(declared)
    }
}

fn declaration(text: &str) -> Result<Declaration, String> {
    Declaration::parse(text).map_err(|error| error.to_string())
}

/// What makes a run fail.
#[derive(Debug, Args)]
#[command(next_help_heading = "Exit code")]
pub(crate) struct FailArgs {
    /// Exit 1 where a finding is at least this severe
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severities())]
    pub(crate) fail_level: Severity,
    /// Exit 3 also where a detection could not run for want of logs
    #[arg(long)]
    pub(crate) strict: bool,
}

fn severities() -> impl clap::builder::TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.iter().map(|severity| severity.as_str()))
        .try_map(|word| Severity::from_word(&word).ok_or("not a severity"))
}

fn instant(text: &str) -> Result<Nanos, String> {
    Nanos::parse(text).ok_or_else(|| "not an RFC 3339 time such as 2024-02-01T00:00:00Z".to_owned())
}

/// `1073741824`, `512MiB`, `512M`, `2 GiB`: units are powers of 1,024 whichever way they are written.
fn memory(text: &str) -> Result<u64, String> {
    const CURE: &str = "not a size such as 512MiB or 2GiB";
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|reason| format!("{CURE} ({reason})"))?;
    let shift = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err(CURE.to_owned()),
    };
    let bytes = number.checked_mul(1 << shift).ok_or_else(|| CURE.to_owned())?;
    if bytes < LEAST_MEMORY { Err("less than 16MiB, with which nothing can be read or queried".to_owned()) } else { Ok(bytes) }
}

/// With less the engine cannot so much as sort.
const LEAST_MEMORY: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_any_unit() {
        assert_eq!(memory("512MiB"), Ok(512 << 20));
        assert_eq!(memory("2 g"), Ok(2 << 30));
        assert_eq!(memory("16777216"), Ok(16 << 20));
        for text in ["", "MiB", "0", "1KiB", "15MiB", "5 parsecs", "99999999999GiB", "-1"] {
            assert!(memory(text).is_err(), "{text}");
        }
    }
}
