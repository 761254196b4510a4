//! Real captures, which are not part of the repository: where they stand is told by `WAXSEAL_CAPTURES`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::program::{ROOT, Scratch, comparable, hunt, number, run, run_json};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[
    ("captures::every_row_of_an_attacked_tenant_is_accounted_for", every_row_is_accounted_for),
    ("captures::three_forms_of_one_export_give_the_same_findings", three_forms_of_one_export),
    ("captures::ordinary_sign_ins_raise_nothing", ordinary_sign_ins_raise_nothing),
    ("captures::public_token_ids_are_those_of_their_sign_ins", token_ids_are_sign_ins),
];

#[expect(clippy::disallowed_methods, reason = "the one variable that tests read")]
fn folder() -> PathBuf {
    std::env::var_os("WAXSEAL_CAPTURES").map_or_else(|| Path::new(ROOT).join("../shared/corpora"), PathBuf::from)
}

/// Why the tests cannot run.
pub(crate) fn missing() -> Option<String> {
    let all = ["invictus_o365", "panther_analysis"].iter().all(|name| folder().join(name).is_dir());
    (!all).then(|| "needs the captures that WAXSEAL_CAPTURES names".to_owned())
}

pub(crate) fn path(name: &str) -> String {
    folder().join(name).to_string_lossy().into_owned()
}

fn every_row_is_accounted_for() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let findings = hunt(&[&path("invictus_o365/original/split")], &case)?;
    let account = run_json(&case)?;
    let counts = ["records", "read", "duplicates", "rejected", "truncated"].map(|count| number(&account, count));
    ensure!(counts == [1_481, 1_478, 3, 0, 3], "records, read, duplicates, rejected, truncated: {counts:?}");
    // The record that created the intruder's account is one of those that were cut.
    let output = run(&["sql", "select id from events where truncated and operation = 'Add user.'", "-t", "csv", "--case", &case], 0)?;
    let rows = String::from_utf8(output.stdout)?;
    let id = rows.lines().nth(1).context("the cut record is an event")?.trim_matches('"').to_owned();
    let cites = |finding: &&Value| finding["event_ids"].as_array().is_some_and(|ids| ids.iter().any(|cited| cited == id.as_str()));
    let found = findings.iter().find(cites).context("a finding rests on it")?;
    ensure!(found["category"] == "account_created", "{found}");
    Ok(())
}

fn three_forms_of_one_export() -> Result<()> {
    let scratch = Scratch::new()?;
    let [split, csv, jsonl] = ["split/auditrecords_sans.csv", "derived/ual_export_sans.csv", "derived/auditdata_unique_sans.jsonl"]
        .map(|form| hunt(&[&path(&format!("invictus_o365/original/{form}"))], &scratch.path(&form.replace('/', "-"))));
    // What rests on the cut rows can be found in the first form only.
    let apart = |findings: Vec<Value>| comparable(&findings.into_iter().filter(|f| f["category"] != "account_created").collect::<Vec<_>>());
    let (split, csv, jsonl) = (apart(split?), apart(csv?), apart(jsonl?));
    ensure!(split.len() > 20, "only {} findings", split.len());
    ensure!(csv == jsonl, "the derived forms differ: {:?}", csv.iter().filter(|f| !jsonl.contains(f)).collect::<Vec<_>>());
    ensure!(split == csv, "the forms differ: {:?}", split.iter().filter(|f| !csv.contains(f)).collect::<Vec<_>>());
    Ok(())
}

fn ordinary_sign_ins_raise_nothing() -> Result<()> {
    let scratch = Scratch::new()?;
    let loud = |finding: &&Value| !matches!(finding["severity"].as_str(), Some("info" | "low"));
    let findings = hunt(&[&path("msticpy_signinlogs")], &scratch.path("case"))?;
    ensure!(findings.iter().find(loud).is_none(), "{findings:?}");
    Ok(())
}

/// Every token id that a public sign-in record carries, 48 characters or 22, is brought to the form of the record's own id.
fn token_ids_are_sign_ins() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    hunt(&[&path("elastic_integrations/original/packages/azure/data_stream/signinlogs")], &case)?;
    let query =
        "select count(*), sum(case when uti = id then 1 else 0 end) from events where log_class like 'signin.%' and uti is not null";
    let output = run(&["sql", query, "-t", "csv", "--case", &case], 0)?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(text.lines().nth(1).is_some_and(|counts| counts.replace('"', "") == "58,58"), "{text}");
    Ok(())
}
