//! Every sample of every format, damaged in many ways and cut into blocks in every way.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::formats::exports;
use crate::mutation::{Chance, mutated};
use crate::reading::{Account, read_text, read_text_in_blocks, text_of};

/// Damaged samples are no longer than that.
const LONGEST: usize = 64 << 10;

/// So many damages are done to each sample.
const DAMAGES: u64 = 200;

/// Format, path and bytes.
type Sample = (String, PathBuf, Vec<u8>);

fn samples() -> Vec<Sample> {
    let with_bytes = |(format, path): (String, PathBuf)| {
        let mut bytes = text_of(&fs::read(&path).expect("the export is there"));
        bytes.truncate(LONGEST);
        (format, path, bytes)
    };
    exports().into_iter().map(with_bytes).collect()
}

#[test]
fn damage_to_any_sample_is_accounted_for() {
    let samples = samples();
    let work = |half: &[Sample]| half.iter().flat_map(|sample| damage_many_times(sample, &samples)).collect::<Vec<String>>();
    let (one, two) = samples.split_at(samples.len() / 2);
    let wrong = std::thread::scope(|threads| {
        let other = threads.spawn(|| work(one));
        [work(two), other.join().expect("panics are caught")].concat()
    });
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Which damages to a sample are read wrongly.
fn damage_many_times((_, path, sample): &Sample, all: &[Sample]) -> Vec<String> {
    let is_wrong = |seed: &u64| {
        let mut chance = Chance::new(*seed);
        let other = &all[chance.below(all.len())].2;
        let bytes = mutated(sample, other, &mut chance);
        std::panic::catch_unwind(|| check(&bytes)).is_err()
    };
    (0..DAMAGES).filter(is_wrong).map(|seed| format!("{} damaged with seed {seed}", path.display())).collect()
}

fn check(bytes: &[u8]) {
    let account = read_text(bytes.to_vec());
    account.check();
    account.check_gaps();
    let taken: usize = account.reads.iter().map(|read| read.keys.len()).sum();
    let by_format: u64 = account.reads.iter().flat_map(|read| read.formats.values()).sum();
    assert_eq!(taken as u64, by_format, "every event has a format");
}

/// The smallest sample of each format, and of each way in which records follow each other.
fn small_samples() -> Vec<(PathBuf, Vec<u8>)> {
    let mut smallest: BTreeMap<String, (PathBuf, Vec<u8>)> = BTreeMap::new();
    for (format, path, bytes) in samples() {
        let framing = read_text(bytes.clone()).survey.framing.name().to_owned();
        for key in [format, framing] {
            let known = smallest.entry(key).or_insert_with(|| (path.clone(), bytes.clone()));
            if bytes.len() < known.1.len() {
                *known = (path.clone(), bytes.clone());
            }
        }
    }
    let distinct: BTreeMap<PathBuf, Vec<u8>> = smallest.into_values().collect();
    distinct.into_iter().collect()
}

#[test]
fn a_sample_may_be_cut_into_blocks_at_any_byte() {
    let samples = small_samples();
    assert!(samples.len() >= 10, "one for each format: {}", samples.len());
    // The key of an event has the digest of its body.
    let outcome = |account: Account| (account.keys(), account.rejected(), account.spans, account.unterminated);
    for (path, bytes) in samples {
        let whole = outcome(read_text(bytes.clone()));
        for size in 1..=bytes.len() {
            assert_eq!(outcome(read_text_in_blocks(bytes.clone(), size)), whole, "{} in blocks of {size}", path.display());
        }
    }
}
