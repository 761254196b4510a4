//! Whether every record of the captures is accounted for, by a count of them that knows nothing of how the program reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::captures::path;
use crate::program::{Scratch, hunt, number, run, run_json};

pub(crate) const TESTS: &[(&str, crate::Check)] =
    &[("captures::every_record_of_every_file_is_accounted_for", every_record_is_accounted_for)];

/// What needs no captures.
pub(crate) const ALWAYS: &[(&str, crate::Check)] = &[
    ("counted::a_record_missing_from_an_account_is_noticed", a_missing_record_is_noticed),
    ("counted::records_are_counted_in_every_framing", records_are_counted),
];

/// Files of which nobody knows what they are, by what is said of them.
const UNKNOWN: [(&str, &str); 1] =
    [("unknown shape: Platform", "made to try a parser: each record is one number and has neither time nor operation")];

/// How many records a file holds.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    records: u64,
    /// An activity of Google Workspace may hold several.
    events: u64,
}

fn every_record_is_accounted_for() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    hunt(&[&path("")], &case)?;
    let account = run_json(&case)?;
    let files = account["per_file"].as_array().context("files")?;
    let by_path: BTreeMap<&str, &Value> = files.iter().filter_map(|file| Some((file["path"].as_str()?, file))).collect();
    let reasons = reasons(&case)?;
    let mut wrong = Vec::new();
    let mut total = [0; 5];
    show_head();
    for (name, manifest) in files_of_manifests()? {
        let file = *by_path.get(path(&name).as_str()).with_context(|| format!("{name} is in no account"))?;
        let counted = count(&name, &fs::read_to_string(path(&name))?)?;
        show(&name, manifest, file);
        let counts = ["read", "duplicates", "rejected", "empty"].map(|count| number(file, count));
        total.iter_mut().zip([&[manifest][..], &counts].concat()).for_each(|(sum, count)| *sum += count);
        if let Err(error) = check(file, reasons.get(file["path"].as_str().unwrap_or_default()), &counted, manifest) {
            wrong.push(format!("{name}: {error}"));
        }
    }
    show_total(&total);
    ensure!(wrong.is_empty(), "{} files are not accounted for:\n{}", wrong.len(), wrong.join("\n"));
    // What no manifest counts is read or named as well.
    for file in files {
        ensure!(is_recognised(file) || file["unknown"]["seems"].is_string(), "neither read nor named: {file}");
    }
    let sum = ["read", "duplicates", "rejected"].map(|count| number(&account, count)).iter().sum::<u64>();
    ensure!(sum == number(&account, "records"), "read, duplicates and rejected are {sum}");
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

/// The files that manifests name, but for expectations and what is not there, with the number of their records.
fn files_of_manifests() -> Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path(""))? {
        let folder = entry?.file_name().to_string_lossy().into_owned();
        let Ok(manifest) = fs::read(path(&format!("{folder}/manifest.json"))) else { continue };
        let manifest: Value = serde_json::from_slice(&manifest)?;
        for file in manifest["files"].as_array().context("files")?.iter().filter(|file| file["role"] != "expected") {
            let name = format!("{folder}/{}", file["path"].as_str().context("a path")?);
            if Path::new(&path(&name)).is_file() {
                files.push((name, file["events"].as_u64().context("a number of records")?));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn is_recognised(file: &Value) -> bool {
    file["formats"].as_array().is_some_and(|formats| !formats.is_empty())
}

/// Why records of each file were rejected, one a record.
fn reasons(case: &str) -> Result<BTreeMap<String, Vec<String>>> {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in fs::read_to_string(Path::new(case).join("rejected.jsonl"))?.lines() {
        let rejected: Value = serde_json::from_str(line)?;
        let [path, reason] = ["path", "reason"].map(|member| rejected[member].as_str().unwrap_or_default().to_owned());
        reasons.entry(path).or_default().push(reason);
    }
    Ok(reasons)
}

/// Whether the account of a file agrees with our own count and with the manifest's, and every record is read or named.
fn check(file: &Value, reasons: Option<&Vec<String>>, counted: &Counted, manifest: u64) -> Result<()> {
    ensure!(counted.records == manifest, "we count {}, the manifest {manifest}", counted.records);
    let counts = ["read", "duplicates", "rejected", "empty"].map(|count| number(file, count));
    let sum = counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
    ensure!(sum == counted.events, "read, duplicates, rejected and empty are {counts:?}, we count {}", counted.events);
    // Nothing in these files is damaged: what is rejected is the record of another log, and told to be that.
    let reasons = reasons.map_or(&[][..], Vec::as_slice);
    let rejected = number(file, "rejected");
    ensure!(reasons.len() as u64 == rejected, "{rejected} are rejected, with {} reasons", reasons.len());
    let is_named = |reason: &&String| reason.ends_with("which is not read here") || UNKNOWN.iter().any(|(shape, _)| *reason == shape);
    let unnamed: Vec<&String> = reasons.iter().filter(|reason| !is_named(reason)).collect();
    ensure!(unnamed.is_empty(), "rejected, and not as records of another log: {unnamed:?}");
    ensure!(is_recognised(file) || file["unknown"]["seems"].is_string(), "neither read nor named");
    ensure!(is_recognised(file) == (number(file, "read") + number(file, "duplicates") > 0), "formats and counts do not fit: {file}");
    Ok(())
}

fn count(name: &str, text: &str) -> Result<Counted> {
    let text = text.trim_start_matches('\u{feff}');
    if Path::new(name).extension().is_some_and(|extension| extension == "csv") {
        let rows = rows(text).saturating_sub(1);
        return Ok(Counted { records: rows, events: rows });
    }
    let mut counted = Counted { records: 0, events: 0 };
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value?;
        let records = listed(&value).unwrap_or(std::slice::from_ref(&value));
        // A list of nothing is told as one page.
        counted.records += records.len().max(1) as u64;
        counted.events += records.iter().map(events_in).sum::<u64>().max(1);
    }
    Ok(counted)
}

/// The records in a list, or in an object that holds nothing beside one.
fn listed(value: &Value) -> Option<&[Value]> {
    let list = match value {
        Value::Object(object) if object.len() == 1 => object.values().next()?,
        other => other,
    };
    list.as_array().map(Vec::as_slice).filter(|list| list.iter().all(Value::is_object))
}

fn events_in(record: &Value) -> u64 {
    match record["events"].as_array() {
        Some(events) if record["id"].is_object() => events.len() as u64,
        _ => 1,
    }
}

/// Lines that are not blank, where a line break in quotes is none.
fn rows(text: &str) -> u64 {
    let (mut rows, mut quoted, mut blank) = (0, false, true);
    for letter in text.chars() {
        quoted ^= letter == '"';
        if letter == '\n' && !quoted {
            rows += u64::from(!blank);
            blank = true;
        } else {
            blank &= letter.is_whitespace();
        }
    }
    rows + u64::from(!blank)
}

fn a_missing_record_is_noticed() -> Result<()> {
    let five = Counted { records: 5, events: 5 };
    let cloud_trail = || "AWS CloudTrail, which is not read here".to_owned();
    let file =
        json!({ "formats": [{ "format": "x", "records": 4 }], "read": 3, "duplicates": 1, "rejected": 1, "empty": 0, "unknown": null });
    check(&file, Some(&vec![cloud_trail()]), &five, 5)?;
    ensure!(check(&file, Some(&vec![cloud_trail()]), &five, 6).is_err(), "another number in the manifest is not noticed");
    for reasons in [vec![], vec![cloud_trail(), cloud_trail()], vec!["unknown shape: Operation, UserId".to_owned()]] {
        ensure!(check(&file, Some(&reasons), &five, 5).is_err(), "not noticed: {reasons:?}");
    }
    for (member, value) in [("read", 2), ("read", 4), ("duplicates", 0), ("rejected", 0), ("empty", 1)] {
        let mut wrong = file.clone();
        wrong[member] = json!(value);
        ensure!(check(&wrong, Some(&vec![cloud_trail()]), &five, 5).is_err(), "not noticed: {wrong}");
    }
    let named = json!({ "formats": [], "read": 0, "duplicates": 0, "rejected": 5, "empty": 0, "unknown": { "seems": "AWS CloudTrail" } });
    check(&named, Some(&vec![cloud_trail(); 5]), &five, 5)?;
    let mut unnamed = named.clone();
    unnamed["unknown"] = Value::Null;
    ensure!(check(&unnamed, Some(&vec![cloud_trail(); 5]), &five, 5).is_err(), "a file that nobody named passes");
    Ok(())
}

fn records_are_counted() -> Result<()> {
    let alike = |records| Counted { records, events: records };
    for (name, text, counted) in [
        ("x.csv", "\u{feff}a,b\r\n1,\"x\ny\"\r\n\r\n2,\"\"\"\"", alike(2)),
        ("x.jsonl", "{\"a\":1}\n\n{\"a\":2}\n", alike(2)),
        ("x.json", "[{\"a\":1},{\"a\":2}] [{\"a\":3}]", alike(3)),
        ("x.json", "{\"value\":[{\"a\":1},{\"a\":2}]}", alike(2)),
        ("x.json", "{\"value\":[]}", alike(1)),
        ("x.json", "{\"a\":1,\"list\":[{},{}]}", alike(1)),
        ("x.log", "{\"id\":{},\"events\":[{},{},{}]}{\"id\":{},\"events\":{}}", Counted { records: 2, events: 4 }),
    ] {
        ensure!(count(name, text)? == counted, "{text}: {:?}", count(name, text)?);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what one runs this test for")]
fn show_head() {
    println!("manifest    read  duplicates  rejected  empty  file");
}

#[expect(clippy::print_stdout, reason = "the table is what one runs this test for")]
fn show(name: &str, manifest: u64, file: &Value) {
    let [read, duplicates, rejected, empty] = ["read", "duplicates", "rejected", "empty"].map(|count| number(file, count));
    println!("{manifest:>8} {read:>7} {duplicates:>11} {rejected:>9} {empty:>6}  {name}");
    if let Some(seems) = file["unknown"]["seems"].as_str() {
        println!("{:>46} {seems}", "");
    }
}

#[expect(clippy::print_stdout, reason = "the table is what one runs this test for")]
fn show_total([manifest, read, duplicates, rejected, empty]: &[u64; 5]) {
    println!("{manifest:>8} {read:>7} {duplicates:>11} {rejected:>9} {empty:>6}  all files");
}
