//! The account of what was read: ends that look wrong, names that nobody knew, and files made to do harm beside good ones.

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::program::{Scratch, number, run, waxseal};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[
    ("account::ends_that_look_wrong_are_noted", ends_that_look_wrong_are_noted),
    ("account::a_file_of_exactly_as_many_records_as_exports_are_cut_at_is_noted", a_file_cut_at_a_cap_is_noted),
    ("account::names_that_nobody_knew_are_counted", names_that_nobody_knew_are_counted),
    ("account::lists_of_digests_are_compared_with_the_files", lists_of_digests_are_compared),
    ("account::files_made_to_do_harm_cost_no_other_file", files_made_to_do_harm_cost_no_other_file),
];

fn record(number: usize) -> Value {
    json!({
        "CreationTime": "2026-03-02T08:00:00", "Id": format!("00000000-0000-4000-8000-{number:012}"), "Operation": "Send",
        "OrganizationId": "7d3b5a10-4c2e-4f8b-9a61-0e5c8d2f1b90", "RecordType": 2, "UserId": "a@contoso.example", "UserType": 0,
        "Workload": "Exchange",
    })
}

fn lines(count: usize) -> String {
    (0..count).map(|number| format!("{}\n", record(number))).collect()
}

/// What an ingest says of each file, also of those it could not read.
fn files(scratch: &Scratch, inputs: &[&str], code: i32) -> Result<Vec<Value>> {
    let output = run(&[&["ingest"], inputs, &["--case", &scratch.path("case"), "--quiet", "-t", "json"]].concat(), code)?;
    let files: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    for file in &files {
        let [rows, read, duplicates, rejected] = ["rows", "read", "duplicates", "rejected"].map(|count| number(file, count));
        ensure!(read + duplicates + rejected == rows, "the account does not add up: {file}");
    }
    Ok(files)
}

fn file<'f>(files: &'f [Value], name: &str) -> Result<&'f Value> {
    files.iter().find(|file| file["path"].as_str().is_some_and(|path| path.ends_with(name))).with_context(|| name.to_owned())
}

fn notes(files: &[Value], name: &str) -> Result<String> {
    Ok(file(files, name)?["notes"].to_string())
}

fn ends_that_look_wrong_are_noted() -> Result<()> {
    let scratch = Scratch::new()?;
    let search = "CreationDate,Operations,AuditData,ResultIndex,ResultCount\n";
    let row = |number: usize, count: usize| {
        format!("2026-03-02T08:00:00Z,Send,\"{}\",{number},{count}\n", record(number).to_string().replace('"', "\"\""))
    };
    let cut = format!("{}{}", record(3).to_string().trim_end_matches('}'), format_args!(",\"Item\":\"{}\"", "x".repeat(40_000)));
    let cut: String = cut.chars().take(32_767).collect();
    let inputs = [
        scratch.write("open.json", format!("[{},\n{}", record(0), record(1)))?,
        scratch.write("found.csv", format!("{search}{}{}", row(4, 9), row(5, 9)))?,
        scratch.write("whole.csv", format!("{search}{}{}", row(6, 2), row(7, 2)))?,
        scratch.write("cut.csv", format!("{search}2026-03-02T08:00:00Z,Send,\"{}\",1,1\n", cut.replace('"', "\"\"")))?,
    ];
    let files = files(&scratch, &inputs.each_ref().map(String::as_str), 3)?;
    ensure!(notes(&files, "open.json")?.contains("not closed"), "{}", notes(&files, "open.json")?);
    ensure!(notes(&files, "found.csv")?.contains("the search found 9 records"), "{}", notes(&files, "found.csv")?);
    ensure!(number(file(&files, "found.csv")?, "found") == 9);
    ensure!(notes(&files, "whole.csv")? == "[]", "{}", notes(&files, "whole.csv")?);
    ensure!(notes(&files, "cut.csv")?.contains("32,767 letters"), "{}", notes(&files, "cut.csv")?);
    ensure!(number(file(&files, "cut.csv")?, "truncated") == 1);
    Ok(())
}

fn a_file_cut_at_a_cap_is_noted() -> Result<()> {
    let scratch = Scratch::new()?;
    let inputs = [4_999, 5_000, 50_000].map(|count| scratch.write(&format!("{count}.jsonl"), lines(count)));
    let inputs: Vec<String> = inputs.into_iter().collect::<Result<_>>()?;
    let files = files(&scratch, &inputs.iter().map(String::as_str).collect::<Vec<_>>(), 0)?;
    ensure!(!notes(&files, "4999.jsonl")?.contains("exactly"));
    for name in ["5000.jsonl", "50000.jsonl"] {
        ensure!(notes(&files, name)?.contains("at which exports are cut"), "{}", notes(&files, name)?);
    }
    let case = scratch.path("case");
    // Findings are no failure.
    waxseal(&["detect", "--case", &case, "--quiet"]).output()?;
    let coverage: Value = serde_json::from_slice(&run(&["coverage", "-t", "json", "--case", &case], 0)?.stdout)?;
    ensure!(coverage.to_string().contains("export_cap"), "{coverage}");
    Ok(())
}

fn names_that_nobody_knew_are_counted() -> Result<()> {
    let scratch = Scratch::new()?;
    let mut new = record(1);
    new["Operation"] = "MailItemsTeleported".into();
    new["TeleportTarget"] = "x".into();
    let input = scratch.write("new.jsonl", format!("{new}\n{}", lines(1)))?;
    let inspected: Value = serde_json::from_slice(&run(&["inspect", &input, "-t", "json"], 0)?.stdout)?;
    let ingested = files(&scratch, &[&input], 0)?;
    for file in [&inspected[0], file(&ingested, "new.jsonl")?] {
        let of = |key: &str| json!({"different": 1, "occurrences": 1, "most": [{"name": key, "records": 1}]});
        ensure!(file["unknown_operations"] == of("MailItemsTeleported"), "{file}");
        ensure!(file["unknown_members"] == of("TeleportTarget"), "{file}");
        ensure!(file["notes"].to_string().contains("MailItemsTeleported (1)"), "{file}");
    }
    let shown = String::from_utf8(run(&["inspect", &input], 0)?.stdout)?;
    // A sentence is broken where the line ends.
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    ensure!(words.contains("perhaps no detection looks for them: MailItemsTeleported (1)"), "{shown}");
    Ok(())
}

fn lists_of_digests_are_compared() -> Result<()> {
    let scratch = Scratch::new()?;
    // Of the text "{}\n", and of another.
    let digests = ["ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356", &"0".repeat(64)];
    let list = format!(
        "\"Algorithm\",\"Hash\",\"Path\"\r\nSHA256,{},C:\\out\\same.jsonl\r\nSHA256,{},C:\\out\\changed.jsonl\r\n",
        digests[0], digests[1]
    );
    scratch.write("in/Hashes.csv", list)?;
    scratch.write("in/same.jsonl", "{}\n")?;
    scratch.write("in/changed.jsonl", lines(1))?;
    let files = files(&scratch, &[&scratch.path("in")], 3)?;
    ensure!(notes(&files, "Hashes.csv")?.contains("1 of those given are as it notes, 1 are not"), "{}", notes(&files, "Hashes.csv")?);
    ensure!(file(&files, "Hashes.csv")?["unknown"].is_null() && number(file(&files, "Hashes.csv")?, "rejected") == 0);
    let failed: Vec<String> = files.iter().filter(|file| file["failed"].is_string()).map(Value::to_string).collect();
    ensure!(
        failed.len() == 1 && failed[0].contains("changed.jsonl") && failed[0].contains("it was changed, or is another file"),
        "{failed:?}"
    );
    Ok(())
}

fn zip(members: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn files_made_to_do_harm_cost_no_other_file() -> Result<()> {
    let scratch = Scratch::new()?;
    let bomb = zstd::stream::encode_all(std::io::Read::take(std::io::repeat(b'\n'), 2 << 30), 1)?;
    let mut deep = zip(&[("a.jsonl", lines(1).as_bytes())])?;
    for _ in 0..5 {
        deep = zip(&[("inner.zip", &deep)])?;
    }
    scratch.write("in/bomb.zst", &bomb)?;
    scratch.write("in/with_bomb.zip", zip(&[("bomb.zst", &bomb), ("good.jsonl", lines(2).as_bytes())])?)?;
    scratch.write("in/deep.zip", deep)?;
    scratch.write("in/broken.parquet", b"PAR1\0\0\0\0\xff\xff\xff\x7fPAR1")?;
    // One solid archive inside the other: 838 bytes that become three GiB.
    scratch.write("in/solid.7z", include_bytes!("solid_inside_solid.7z"))?;
    scratch.write("in/good.jsonl", lines(7))?;
    let files = files(&scratch, &[&scratch.path("in")], 3)?;
    let total = |count: &str| files.iter().map(|file| number(file, count)).sum::<u64>();
    ensure!((total("read"), total("duplicates")) == (7, 2), "{files:?}");
    let told: String = files.iter().filter_map(|file| file["failed"].as_str()).collect();
    for reason in ["expands to more than", "archives inside archives", "its footer is larger", "unpacked it is far larger"] {
        ensure!(told.contains(reason), "{reason}: {told}");
    }
    Ok(())
}
