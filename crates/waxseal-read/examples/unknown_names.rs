//! The operations and members in the files of a folder that the lists in `data/` do not know yet, for whoever adds to them.
//!
//! `cargo run --release -p waxseal-read --example unknown_names -- FOLDER`; a line is the kind, the number of records, format and name.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use waxseal_read::FORMATS;

#[path = "captures/files.rs"]
mod captures;
#[path = "../tests/it/reading.rs"]
#[expect(dead_code, clippy::expect_used, clippy::panic, reason = "the tests need more of it, and in them a failure is a panic")]
mod reading;

use captures::{files_below, texts_of};

fn main() -> ExitCode {
    let Some(root) = std::env::args_os().nth(1).map(PathBuf::from) else { return ExitCode::from(2) };
    let mut names: BTreeMap<(&str, String, String), u64> = BTreeMap::new();
    for path in files_below(&root) {
        for text in texts_of(&path, u64::MAX) {
            for read in reading::read_text(text).reads {
                let formats: Vec<&str> = read.formats.keys().map(|format| FORMATS[*format].id()).collect();
                for (kind, unknown) in [("operation", &read.unknown_operations), ("member", &read.unknown_members)] {
                    for (name, records) in &unknown.names {
                        *names.entry((kind, formats.join("+"), name.clone())).or_default() += records;
                    }
                }
            }
        }
    }
    for ((kind, format, name), records) in names {
        print(&format!("{kind}\t{records}\t{format}\t{name}"));
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "a tool for the command line")]
fn print(line: &str) {
    println!("{line}");
}
