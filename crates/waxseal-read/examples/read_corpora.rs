//! A table over every file of a folder of other people's captures: what was read of it and what became of the rest.
//!
//! `cargo run --release -p waxseal-read --example read_corpora -- FOLDER`; below FOLDER each folder has a `manifest.json` that
//! names its files with the number of their records. A file passes where every record is read, is a further copy of one that
//! is, is an empty page, or is rejected with a reason, where the sum is the number the manifest gives, and where a format claimed
//! it or it is named as the log of something else. The exit code is 1 where a file does not pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;
use waxseal_read::{Addresses, Container, Context, FORMATS, FileContext, Framer, TenantRule, read_chunk, survey};

/// What was made to try a parser and is no record of any log: a number, with neither time nor operation.
const NO_RECORDS: [&str; 1] = ["unknown shape: Platform"];

/// What became of one file.
#[derive(Default)]
struct Account {
    read: usize,
    duplicates: usize,
    rejected: u64,
    undated: u64,
    layers: BTreeSet<String>,
    formats: BTreeMap<&'static str, u64>,
    reasons: BTreeMap<String, u64>,
    /// Records that were read, whatever number of events they hold.
    records: usize,
    /// Pages without a record.
    empty: usize,
}

fn main() -> ExitCode {
    let Some(root) = std::env::args_os().nth(1).map(PathBuf::from) else { return ExitCode::from(2) };
    let mut failed = 0;
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders {
        for (path, events) in files_of(&folder) {
            failed += usize::from(!show(&folder, &path, events));
        }
    }
    print(&format!("{failed} files do not pass"));
    ExitCode::from(u8::from(failed > 0))
}

/// The files of a manifest that are present and no expectations, with the number of their records.
fn files_of(folder: &Path) -> Vec<(String, u64)> {
    let manifest = std::fs::read(folder.join("manifest.json")).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let files = manifest.as_ref().and_then(|manifest| manifest["files"].as_array()).cloned().unwrap_or_default();
    let told = files.iter().filter(|file| file["role"] != "expected");
    let told = told.filter_map(|file| Some((file["path"].as_str()?.to_owned(), file["events"].as_u64()?)));
    told.filter(|(path, _)| folder.join(path).is_file()).collect()
}

fn show(folder: &Path, path: &str, events: u64) -> bool {
    let name = format!("{}/{path}", folder.file_name().unwrap_or_default().to_string_lossy());
    let account = match read_file(&folder.join(path)) {
        Ok(account) => account,
        Err(error) => {
            print(&format!("FAIL {name}: {error}"));
            return false;
        }
    };
    let foreign = account.reasons.keys().all(|reason| reason.contains("not read here") || NO_RECORDS.contains(&reason.as_str()));
    let sum = (account.records + account.empty) as u64 + account.rejected;
    let passes = sum == events && (!account.formats.is_empty() || foreign);
    let formats: Vec<String> = account.formats.iter().map(|(format, records)| format!("{format} {records}")).collect();
    let layers: Vec<&str> = account.layers.iter().map(String::as_str).collect();
    print(&format!(
        "{} {events:>6} records: {:>6} read {:>4} again {:>4} rejected {:>4} undated | {} | {} | {name}",
        if passes { "ok  " } else { "FAIL" },
        account.read,
        account.duplicates,
        account.rejected,
        account.undated,
        layers.join(" "),
        formats.join(", "),
    ));
    for (reason, records) in account.reasons.iter().take(5) {
        print(&format!("       {records:>6} × {reason}"));
    }
    passes
}

fn read_file(path: &Path) -> Result<Account, Box<dyn std::error::Error>> {
    let addresses = Arc::new(Addresses::bundled()?);
    let mut container = Container::open(File::open(path)?, &|| Ok(Box::new(std::io::Cursor::new(Vec::new()))))?;
    let mut account = Account::default();
    let mut seen = BTreeSet::new();
    for member in container.members().to_vec() {
        let surveyed = survey(container.read(&member)?.input, None, &addresses)?;
        let mut framer = Framer::open(container.read(&member)?.input)?;
        account.layers.insert(framer.framing().name().to_owned());
        let file = FileContext {
            framing: framer.framing().clone(),
            context: Context { date_order: surveyed.date_order, class: Context::class_of_name(&path.to_string_lossy()) },
            tenants: TenantRule { domains: Arc::default(), given: None, unknown: Arc::new(|| "unknown".to_owned()) },
            addresses: Arc::clone(&addresses),
        };
        while let Some(chunk) = framer.next_chunk()? {
            let read = read_chunk(&chunk, &file)?;
            let mut places: Vec<i64> = read.batch.column_by_name("offset").map(offsets).unwrap_or_default();
            places.dedup();
            account.records += places.len();
            let told: Vec<u64> =
                places.iter().filter_map(|at| u64::try_from(*at).ok()).chain(read.rejected.iter().map(|r| r.offset)).collect();
            let span = |span: &waxseal_read::Span| (chunk.offset + span.start as u64)..(chunk.offset + span.end as u64);
            account.empty += chunk.spans.iter().filter(|own| !told.iter().any(|at| span(own).contains(at))).count();
            for key in &read.keys {
                let new = seen.insert(key.key) || key.without_id;
                account.read += usize::from(new);
                account.duplicates += usize::from(!new);
            }
            account.undated += read.counts.undated;
            account.rejected += read.rejected.iter().map(|reject| reject.records).sum::<u64>();
            read.formats.iter().for_each(|(i, records)| *account.formats.entry(FORMATS[*i].id()).or_default() += records);
            read.rejected.into_iter().for_each(|reject| *account.reasons.entry(reject.reason).or_default() += reject.records);
        }
    }
    Ok(account)
}

fn offsets(column: &arrow_array::ArrayRef) -> Vec<i64> {
    use arrow_array::cast::AsArray as _;
    column.as_primitive::<arrow_array::types::Int64Type>().values().to_vec()
}

#[expect(clippy::print_stdout, reason = "a tool for the command line")]
fn print(line: &str) {
    println!("{line}");
}
