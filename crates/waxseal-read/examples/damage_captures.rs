//! Damages the files of a folder in many ways and reads what comes of it: nothing may panic, and every byte must be accounted for.
//!
//! `cargo run --release -p waxseal-read --example damage_captures -- FOLDER [MUTATIONS]`; the number, 10,000 unless given, is for each
//! format, spread over the files in which it occurs. The same folder and number give the same damages. The exit code is 1 where
//! a damaged file is read wrongly; it is left in the folder for temporary files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use waxseal_read::FORMATS;

#[path = "captures/files.rs"]
mod captures;
#[path = "../tests/it/mutation.rs"]
mod mutation;
#[path = "../tests/it/reading.rs"]
#[expect(dead_code, clippy::expect_used, clippy::panic, reason = "the tests need more of it, and in them a failure is a panic")]
mod reading;

use captures::{files_below, texts_of};
use mutation::{Chance, mutated};

/// A slice of a file is damaged, not a large file again and again.
const SLICE: u64 = 64 << 10;

/// What came of the damages to files of one format.
#[derive(Default)]
struct Outcome {
    damaged: u64,
    bytes: usize,
    read: usize,
    rejected: usize,
    wrong: u64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(root) = arguments.next().map(PathBuf::from) else { return ExitCode::from(2) };
    let mutations: usize = arguments.next().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(10_000);
    let mut slices: BTreeMap<&'static str, Vec<Vec<u8>>> = BTreeMap::new();
    for path in files_below(&root) {
        for text in texts_of(&path, SLICE).into_iter().filter(|text| !text.is_empty()) {
            let format = reading::read_text(text.clone()).survey.formats.keys().next().map_or("unknown", |index| FORMATS[*index].id());
            slices.entry(format).or_default().push(text);
        }
    }
    let mut wrong = 0;
    for (format, texts) in &slices {
        let started = Instant::now();
        let outcome = damage_all(format, texts, mutations);
        print(&format!(
            "{:<28} {:>5} files {:>7} damaged {:>6} MB {:>9} read {:>8} rejected {:>3} wrong {:>7.1} s",
            format,
            texts.len(),
            outcome.damaged,
            outcome.bytes / 1_000_000,
            outcome.read,
            outcome.rejected,
            outcome.wrong,
            started.elapsed().as_secs_f64()
        ));
        wrong += outcome.wrong;
    }
    ExitCode::from(u8::from(wrong > 0))
}

fn damage_all(format: &str, texts: &[Vec<u8>], mutations: usize) -> Outcome {
    let mut outcome = Outcome::default();
    for number in 0..mutations {
        let mut chance = Chance::new(number as u64);
        let sample = &texts[number % texts.len()];
        let bytes = mutated(sample, &texts[chance.below(texts.len())], &mut chance);
        outcome.damaged += 1;
        outcome.bytes += bytes.len();
        if let Ok((read, rejected)) = std::panic::catch_unwind(|| check(bytes.clone())) {
            outcome.read += read;
            outcome.rejected += rejected;
        } else {
            outcome.wrong += 1;
            let kept = std::env::temp_dir().join(format!("waxseal-damaged-{format}-{number}"));
            print(&format!("{} is read wrongly: {:?}", kept.display(), std::fs::write(&kept, &bytes)));
        }
    }
    outcome
}

/// Records read and rejected, where all is accounted for.
fn check(bytes: Vec<u8>) -> (usize, usize) {
    let account = reading::read_text(bytes);
    account.check();
    account.check_gaps();
    (account.keys().len(), account.rejected().len())
}

#[expect(clippy::print_stdout, reason = "a tool for the command line")]
fn print(line: &str) {
    println!("{line}");
}
