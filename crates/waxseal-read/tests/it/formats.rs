//! Synthetic exports in every shape, each with the events and rejects accepted for it.
//!
//! `<file>.events.jsonl` and `<file>.rejected.jsonl` lie beside each export below `formats/<format id>/`. After a change that is
//! meant to change them, run the tests with `WAXSEAL_BLESS=1` and read the differences.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use waxseal_read::{BodyDigest, FORMATS, RejectedRecord};

use crate::reading::{Account, read};

/// A reject as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct AcceptedReject {
    offset: u64,
    bytes: u64,
    reason: String,
}

#[test]
fn every_export_gives_the_accepted_events_and_rejects() {
    let mut wrong = Vec::new();
    for (format, path) in exports() {
        let account = read_file(&path);
        account.check();
        let seen: Vec<&str> = account.survey.formats.keys().map(|i| FORMATS[*i].id()).collect();
        assert_eq!(seen, [format], "{}", path.display());
        wrong.extend(differs(&beside(&path, "events"), &account.accepted_lines()));
        wrong.extend(differs(&beside(&path, "rejected"), &reject_lines(&account)));
    }
    assert!(wrong.is_empty(), "not as accepted:\n{}", wrong.join("\n"));
}

#[test]
fn every_format_has_exports_and_every_folder_a_format() {
    let with_exports: BTreeSet<String> = exports().into_iter().map(|(format, _)| format).collect();
    let known: BTreeSet<String> = FORMATS.iter().map(|format| format.id().to_owned()).collect();
    assert_eq!(with_exports, known);
}

/// Whoever adds a sample of a new shape adds its names to the lists in `data/`, unless they are made up to be unknown.
#[test]
fn the_names_in_samples_are_in_the_lists() {
    let mut unknown = BTreeSet::new();
    for (_, path) in exports() {
        for read in read_file(&path).reads {
            let names = read.unknown_operations.names.into_keys().chain(read.unknown_members.names.into_keys());
            unknown.extend(names.map(|name| format!("{}: {name}", name_of(&path))));
        }
    }
    let made_up = ["odd_members.jsonl: No time", "odd_members.jsonl: Something new", "reports_api_page.json: activity"];
    assert_eq!(unknown.iter().map(String::as_str).collect::<Vec<_>>(), made_up);
}

/// A unified audit record, whatever it was exported with, has one id and one body: by these copies are recognised.
#[test]
fn the_same_record_in_every_shape_has_the_same_id_and_body() {
    let mut bodies: BTreeMap<String, BTreeMap<String, BodyDigest>> = BTreeMap::new();
    for (_, path) in exports().into_iter().filter(|(format, _)| format == "m365_unified_audit") {
        let account = read_file(&path);
        let whole = account.events().into_iter().zip(account.keys()).filter(|(event, _)| event["truncated"] == false);
        for (event, key) in whole {
            let id = event["id"].as_str().expect("an id").to_owned();
            bodies.entry(id).or_default().insert(name_of(&path), key.body);
        }
    }
    for (id, by_file) in &bodies {
        let different: BTreeSet<&BodyDigest> = by_file.values().collect();
        assert_eq!(different.len(), 1, "{id} has several bodies: {by_file:#?}");
    }
    let most = bodies.values().map(BTreeMap::len).max();
    assert!(most >= Some(8), "the unified audit records stand in every shape of the log: {most:?}");
}

/// Every export with its format: the files below `formats/<format id>/` that are not accepted results.
pub(crate) fn exports() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/formats");
    let mut found = Vec::new();
    for folder in entries(&root).into_iter().filter(|path| path.is_dir()) {
        let is_export = |path: &PathBuf| !name_of(path).ends_with(".events.jsonl") && !name_of(path).ends_with(".rejected.jsonl");
        found.extend(entries(&folder).into_iter().filter(is_export).map(|path| (name_of(&folder), path)));
    }
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("the folder can be read").path()).collect()
}

fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

fn beside(path: &Path, what: &str) -> PathBuf {
    path.with_file_name(format!("{}.{what}.jsonl", name_of(path)))
}

fn read_file(path: &Path) -> Account {
    read(&fs::read(path).expect("the export is there"))
}

fn reject_lines(account: &Account) -> Vec<String> {
    let kept = |reject: RejectedRecord| AcceptedReject { offset: reject.offset, bytes: reject.bytes, reason: reject.reason };
    account.rejected().into_iter().map(|reject| serde_json::to_string(&kept(reject)).expect("plain members")).collect()
}

/// Compares with what is accepted, or accepts.
fn differs(accepted: &Path, lines: &[String]) -> Option<String> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if blessing() {
        if text.is_empty() {
            // There need not have been one.
            fs::remove_file(accepted).ok();
        } else {
            fs::write(accepted, &text).expect("the folder can be written to");
        }
        return None;
    }
    let before = fs::read_to_string(accepted).unwrap_or_default();
    if before == text {
        return None;
    }
    let changed = before.lines().zip(text.lines()).find(|(a, b)| a != b);
    let counts = || format!("{} lines, accepted are {}", text.lines().count(), before.lines().count());
    let detail = changed.map_or_else(counts, |(before, now)| changed_members(before, now));
    Some(format!("{}\n{detail}", accepted.display()))
}

/// The members in which two lines differ.
fn changed_members(before: &str, now: &str) -> String {
    let object = |line: &str| serde_json::from_str::<serde_json::Map<String, Value>>(line).expect("a line of JSON");
    let (before, now) = (object(before), object(now));
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).filter(|key| before.get(*key) != now.get(*key)).collect();
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    keys.iter().map(|key| format!("  {key}: {} became {}\n", shown(before.get(*key)), shown(now.get(*key)))).collect()
}

#[expect(clippy::disallowed_methods, reason = "the one switch of the tests: accept what is there now")]
fn blessing() -> bool {
    std::env::var_os("WAXSEAL_BLESS").is_some()
}
