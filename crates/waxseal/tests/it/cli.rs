//! The verbs, their exit codes, and what they promise.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};

use crate::program::{Scratch, comparable, files_below, findings, hunt, number, run, run_json, scenario, waxseal};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[
    ("cli::the_bundled_scenario_is_found", the_bundled_scenario_is_found),
    ("cli::every_sample_gives_what_it_says", every_sample_gives_what_it_says),
    ("cli::hunting_the_same_again_adds_only_to_the_ledger", hunting_the_same_again_adds_only_to_the_ledger),
    ("cli::the_same_input_gives_the_same_bytes_on_any_number_of_threads", the_same_input_gives_the_same_bytes_on_any_number_of_threads),
    ("cli::containers_and_standard_input_give_the_same_findings", containers_and_standard_input_give_the_same_findings),
    ("cli::any_flipped_byte_is_named", any_flipped_byte_is_named),
    ("cli::what_nobody_knows_is_named", what_nobody_knows_is_named),
    ("cli::errors_name_the_file_and_the_cure", errors_name_the_file_and_the_cure),
    ("cli::a_fuller_copy_replaces_an_earlier_one", a_fuller_copy_replaces_an_earlier_one),
    ("cli::hostile_text_does_no_harm", hostile_text_does_no_harm),
    ("cli::an_existing_file_is_not_overwritten", an_existing_file_is_not_overwritten),
    ("cli::only_questions_are_asked", only_questions_are_asked),
    ("cli::a_member_behind_a_password_is_named_and_the_others_are_read", a_member_behind_a_password_is_named),
    ("cli::inputs_that_cannot_be_read_are_named_on_standard_error", inputs_that_cannot_be_read_are_named),
    ("cli::inspect_and_ingest_say_the_same_of_what_stands_beside_exports", inspect_and_ingest_say_the_same),
];

pub(crate) const ON_A_FULL_DEVICE: &[(&str, crate::Check)] =
    &[("cli::output_that_does_not_fit_is_an_error_that_names_the_file", output_that_does_not_fit)];

/// A device that takes no byte.
const FULL: &str = "/dev/full";

/// Why nothing can be written to a full device here.
pub(crate) fn needs_a_full_device() -> Option<String> {
    (!Path::new(FULL).try_exists().unwrap_or(false)).then(|| format!("needs {FULL}"))
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn the_bundled_scenario_is_found() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let scenario = scenario();
    let output = run(&["hunt", &scenario.to_string_lossy(), "--case", &case], 1)?;
    let summary = String::from_utf8(output.stdout)?;
    let whole = text(&Path::new(&case).join("summary.txt"))?;
    for told in [&summary, &whole] {
        ensure!(told.contains("INCIDENTS") && told.contains("Inbox rule") && told.contains("NOT ASSESSABLE"), "{told}");
    }
    ensure!(whole.contains("m365_unified_audit") && whole.contains("METHOD AND LIMITS"), "{whole}");
    ensure!(summary.contains("summary.txt") && summary.lines().count() <= 200, "the terminal gets too much:\n{summary}");
    let file = scratch.path("whole.txt");
    run(&["report", "--case", &case, "-o", &file], 1)?;
    ensure!(text(Path::new(&file))? == whole, "--output does not give the whole summary");
    let account = run_json(&case)?;
    let (read, duplicates, rejected) = (number(&account, "read"), number(&account, "duplicates"), number(&account, "rejected"));
    ensure!(read + duplicates + rejected == number(&account, "records"), "the account does not add up: {account}");
    ensure!(duplicates > 0 && number(&account, "truncated") == 1, "{account}");
    ensure!(findings(&case)?.len() >= 5);
    for name in ["report.html", "findings.jsonl", "custody.jsonl", "rejected.jsonl", "run.json"] {
        ensure!(Path::new(&case).join(name).is_file(), "{name} is missing");
    }
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

fn every_sample_gives_what_it_says() -> Result<()> {
    run(&["detections", "test"], 0)?;
    Ok(())
}

fn hunting_the_same_again_adds_only_to_the_ledger() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let input = scratch.write("one.jsonl", generated(200)?)?;
    hunt(&[&input], &case)?;
    let all = |case: &str| -> Result<Vec<(String, Vec<u8>)>> {
        files_below(Path::new(case))?.into_iter().map(|path| Ok((path.display().to_string(), fs::read(&path)?))).collect()
    };
    let before = all(&case)?;
    hunt(&[&input], &case)?;
    let after = all(&case)?;
    let new: Vec<_> =
        after.iter().filter(|file| !before.contains(file)).map(|(name, _)| name.rsplit("case/").next().unwrap_or(name)).collect();
    ensure!(after.len() == before.len() + 1 && new.len() == 2, "one entry and its copy were expected, found {new:?}");
    ensure!(new.iter().all(|name| name.starts_with("custody")), "{new:?}");
    Ok(())
}

fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() -> Result<()> {
    let scratch = Scratch::new()?;
    let input = scratch.write("many.jsonl", generated(20_000)?)?;
    let scenario = scenario().to_string_lossy().into_owned();
    let mut seen: Option<(Vec<u8>, Vec<u8>)> = None;
    for threads in ["1", "2", "5"] {
        let case = scratch.path(&format!("case-{threads}"));
        let arguments = ["hunt", &scenario, &input, "--case", &case, "--quiet", "--threads", threads, "--now", "2027-01-01T00:00:00Z"];
        run(&arguments, 1)?;
        let export = waxseal(&["export", "events", "-t", "jsonl", "--case", &case]).output()?.stdout;
        let now = (fs::read(Path::new(&case).join("findings.jsonl"))?, export);
        ensure!(!now.0.is_empty() && now.1.len() > 1_000_000, "nothing to compare");
        ensure!(seen.get_or_insert_with(|| now.clone()) == &now, "{threads} threads give other bytes");
    }
    Ok(())
}

fn containers_and_standard_input_give_the_same_findings() -> Result<()> {
    let scratch = Scratch::new()?;
    let plain = scenario();
    let expected = comparable(&hunt(&[&plain.to_string_lossy()], &scratch.path("plain"))?);
    let archive = scratch.path("all.zip");
    zip_of(&plain, &archive)?;
    ensure!(comparable(&hunt(&[&archive], &scratch.path("zipped"))?) == expected, "the zip archive gives other findings");
    let one =
        files_below(&plain)?.into_iter().find(|path| path.extension().is_some_and(|e| e == "csv")).context("a table in the scenario")?;
    let from_file = comparable(&hunt(&[&one.to_string_lossy()], &scratch.path("file"))?);
    let case = scratch.path("piped");
    let mut piped = waxseal(&["hunt", "-", "--case", &case, "--quiet"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    piped.stdin.take().context("a pipe")?.write_all(&fs::read(&one)?)?;
    piped.wait()?;
    ensure!(comparable(&findings(&case)?) == from_file, "standard input gives other findings");
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

fn zip_of(folder: &Path, archive: &str) -> Result<()> {
    let mut writer = zip::ZipWriter::new(fs::File::create(archive)?);
    for path in files_below(folder)? {
        let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
        writer.start_file(name, zip::write::SimpleFileOptions::default())?;
        writer.write_all(&fs::read(&path)?)?;
    }
    writer.finish()?;
    Ok(())
}

fn any_flipped_byte_is_named() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    hunt(&[&scenario().to_string_lossy()], &case)?;
    let mut tried = 0;
    for path in files_below(Path::new(&case))? {
        let bytes = fs::read(&path)?;
        let name = path.strip_prefix(&case)?.to_string_lossy().into_owned();
        // The first, the last and one in the middle: each byte of a small file is tried in the ledger's own tests.
        for at in [0, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            let Some(byte) = bytes.get(at) else { continue };
            let mut flipped = bytes.clone();
            flipped[at] = byte ^ 0x01;
            fs::write(&path, &flipped)?;
            let output = waxseal(&["verify", "--case", &case]).output()?;
            let told = [output.stdout, output.stderr].concat();
            let told = String::from_utf8_lossy(&told);
            // People may edit the settings: that they did is told, and no damage while they can be read.
            let is_edited = name == "case.toml" && output.status.code() == Some(0);
            ensure!(
                is_edited || output.status.code() == Some(1),
                "byte {at} of {name} was flipped, and verify ended with {:?}: {told}",
                output.status.code()
            );
            ensure!(told.contains(&name), "byte {at} of {name} was flipped, and verify does not name it: {told}");
            tried += 1;
        }
        fs::write(&path, &bytes)?;
    }
    ensure!(tried > 60, "only {tried} bytes were tried");
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

fn what_nobody_knows_is_named() -> Result<()> {
    let scratch = Scratch::new()?;
    scratch.write("in/empty.json", "")?;
    scratch.write("in/holiday.jpg", [0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3])?;
    scratch.write("in/utf16.csv", [0xff, 0xfe, b'a', 0, b',', 0])?;
    scratch.write("in/letter.txt", "Dear all,\nthis is not a log.\n")?;
    scratch.write("in/other.json", r#"[{"eventVersion":"1","eventName":"x"}]"#)?;
    scratch.write("in/broken.zip", b"PK\x03\x04 and then nothing")?;
    scratch.write("in/deep.json", "[".repeat(200_000))?;
    scratch.write(
        "in/half.json",
        r#"[{"CreationTime":"2026-01-05T08:00:00","Id":"11111111-2222-4333-8444-555555555555","Operation":"Send","Organiz"#,
    )?;
    let output = run(&["hunt", &scratch.path("in"), "--case", &scratch.path("case")], 3)?;
    let told = String::from_utf8([output.stdout, output.stderr].concat())?;
    for word in ["empty", "picture", "utf16.csv", "letter.txt", "eventVersion", "broken.zip", "deep.json"] {
        ensure!(told.contains(word), "{word} is not named in:\n{told}");
    }
    let account = run_json(&scratch.path("case"))?;
    ensure!(number(&account, "read") == 1 && number(&account, "truncated") == 1, "half a record was not kept: {account}");
    run(&["verify", "--case", &scratch.path("case")], 0)?;
    Ok(())
}

fn errors_name_the_file_and_the_cure() -> Result<()> {
    let scratch = Scratch::new()?;
    let missing = scratch.path("no-such-file.csv");
    let output = run(&["hunt", &missing, "--case", &scratch.path("case")], 2)?;
    let told = String::from_utf8(output.stderr)?;
    ensure!(told.contains("no-such-file.csv") && told.contains("check"), "{told}");
    scratch.write("full/of/things.txt", "x")?;
    let output = run(&["hunt", &scenario().to_string_lossy(), "--case", &scratch.path("full")], 2)?;
    ensure!(String::from_utf8(output.stderr)?.contains("not a case"));
    let output = run(&["verify", "--case", &scratch.path("nowhere")], 2)?;
    ensure!(String::from_utf8(output.stderr)?.contains("no case"));
    Ok(())
}

fn a_fuller_copy_replaces_an_earlier_one() -> Result<()> {
    let scratch = Scratch::new()?;
    let record = |risk: &str| {
        format!(
            r#"{{"id":"0a1b2c3d-1111-4222-8333-444455556666","createdDateTime":"2026-02-03T04:05:06Z","appId":"9199bf20-a13f-4107-85dc-02114787ef48","userPrincipalName":"ada@contoso.example","ipAddress":"198.51.100.7","resourceTenantId":"5c2f1e9a-7d34-4b61-8f0e-2a9b6d4c1e70","status":{{"errorCode":0}}{risk}}}"#
        )
    };
    let case = scratch.path("case");
    let early = scratch.write("early.jsonl", record(""))?;
    let late = scratch.write("late.jsonl", record(r#","riskState":"atRisk""#))?;
    hunt(&[&early], &case)?;
    hunt(&[&late], &case)?;
    let query = "select sightings, property(properties, 'riskState') as risk, count(*) over () as n from events";
    let output = run(&["sql", query, "-t", "csv", "--case", &case], 0)?;
    let rows = String::from_utf8(output.stdout)?;
    ensure!(rows.lines().nth(1) == Some(r#""2","atRisk","1""#), "{rows}");
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

fn hostile_text_does_no_harm() -> Result<()> {
    let scratch = Scratch::new()?;
    let name = r#"<script>alert(1)</script>\u202egpj.exe\u001b[31m=cmd|' /C calc'!A0"#;
    let record = format!(
        r#"{{"CreationTime":"2026-01-05T08:00:00","Id":"11111111-2222-4333-8444-555555555555","Operation":"New-InboxRule","OrganizationId":"../../../evil","RecordType":1,"ResultStatus":"True","UserType":2,"UserId":"=HYPERLINK(\"http://x\")@contoso.example","Workload":"Exchange","Parameters":[{{"Name":"Name","Value":"{name}"}},{{"Name":"ForwardTo","Value":"out@attacker.example"}},{{"Name":"DeleteMessage","Value":"True"}}]}}"#
    );
    let input = scratch.write("hostile.json", record)?;
    let case = scratch.path("case");
    ensure!(hunt(&[&input], &case)?.len() == 1, "one finding was expected");
    let page = text(&Path::new(&case).join("report.html"))?;
    ensure!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{1b}'), "the page holds what it should not");
    let output = run(&["sql", "select actor from events", "-t", "csv", "--case", &case], 0)?;
    ensure!(String::from_utf8(output.stdout)?.contains("'=hyperlink"), "a formula stands in a table");
    let output = waxseal(&["report", "--case", &case]).output()?;
    ensure!(![output.stdout, output.stderr].concat().contains(&0x1b), "an escape reaches the terminal");
    Ok(())
}

fn an_existing_file_is_not_overwritten() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    hunt(&[&scenario().to_string_lossy()], &case)?;
    let out = scratch.write("mine.csv", "mine")?;
    let query = ["sql", "select id from events", "-t", "csv", "--case", &case, "-o", &out];
    let output = run(&query, 2)?;
    ensure!(String::from_utf8(output.stderr)?.contains("--clobber") && text(Path::new(&out))? == "mine");
    run(&[&query[..], &["--clobber"]].concat(), 0)?;
    ensure!(text(Path::new(&out))?.starts_with("\"id\""));
    Ok(())
}

fn only_questions_are_asked() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    hunt(&[&scenario().to_string_lossy()], &case)?;
    for statement in [
        "drop view events",
        "create external table t stored as csv location '/etc'",
        "copy events to '/tmp/x.csv'",
        "set datafusion.execution.batch_size = 1",
    ] {
        let output = waxseal(&["sql", statement, "--case", &case]).output()?;
        if output.status.code() != Some(2) {
            bail!("{statement} ended with {:?}", output.status.code());
        }
    }
    Ok(())
}

/// A zip whose first member says that it is encrypted; what stands in it is then of no use without the password.
fn zip_with_a_locked_member(locked: &str, open: &str, records: &[u8]) -> Result<Vec<u8>> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in [locked, open] {
        writer.start_file(name, zip::write::SimpleFileOptions::default())?;
        writer.write_all(records)?;
    }
    let mut bytes = writer.finish()?.into_inner();
    // The flags stand at these places behind the signatures of a member's own header and of its entry in the directory.
    for (signature, flags, name) in [(b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)] {
        let is_its = |at: usize| bytes[at..].starts_with(signature) && bytes[at + name..].starts_with(locked.as_bytes());
        let at = (0..bytes.len() - name).find(|at| is_its(*at)).context("a header of the member")?;
        bytes[at + flags] |= 1;
    }
    Ok(bytes)
}

fn a_member_behind_a_password_is_named() -> Result<()> {
    let scratch = Scratch::new()?;
    let archive = scratch.write("in/export.zip", zip_with_a_locked_member("locked.jsonl", "open.jsonl", &generated(30)?)?)?;
    scratch.write("in/beside.jsonl", generated(20)?)?;
    let case = scratch.path("case");
    let output = run(&["hunt", &scratch.path("in"), "--case", &case, "--fail-level", "critical"], 3)?;
    let (summary, said) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    for told in [&summary, &said, &text(&Path::new(&case).join("report.html"))?] {
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in ["export.zip!locked.jsonl", "protected by a password", "unpack it and give the files"] {
            ensure!(told.contains(word), "{word} is missing in:\n{told}");
        }
        ensure!(!told.contains("export.zip!open.jsonl: the zip"), "{told}");
    }
    let account = run_json(&case)?;
    ensure!(number(&account, "read") == 30 && number(&account, "duplicates") == 20, "the others were not read: {account}");
    let inspected = String::from_utf8(run(&["inspect", &archive], 3)?.stdout)?;
    ensure!(inspected.contains("export.zip!locked.jsonl") && inspected.contains("protected by a password"), "{inspected}");
    ensure!(inspected.contains("export.zip!open.jsonl") && inspected.contains("m365_unified_audit"), "{inspected}");
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

fn inputs_that_cannot_be_read_are_named() -> Result<()> {
    let scratch = Scratch::new()?;
    scratch.write("in/broken.zip", b"PK\x03\x04 and then nothing")?;
    scratch.write("in/broken.parquet", b"PAR1\0\0\0\0\xff\xff\xff\x7fPAR1")?;
    scratch.write("in/good.jsonl", generated(10)?)?;
    let case = scratch.path("case");
    let folder = scratch.path("in");
    for verb in [&["hunt", folder.as_str()][..], &["ingest", &folder], &["detect"], &["report"]] {
        let flags: &[&str] = if verb[0] == "ingest" { &[] } else { &["--fail-level", "critical"] };
        let said = String::from_utf8(run(&[verb, &["--case", &case], flags].concat(), 3)?.stderr)?;
        for word in ["2 inputs", "broken.zip: the zip archive is damaged", "broken.parquet: "] {
            ensure!(said.contains(word), "{verb:?}: {word} is missing in:\n{said}");
        }
        ensure!(!said.contains("good.jsonl:"), "{said}");
        let quiet = run(&[verb, &["--case", &case, "--quiet"], flags].concat(), 3)?;
        ensure!(quiet.stderr.is_empty(), "{verb:?} is not quiet: {}", String::from_utf8_lossy(&quiet.stderr));
    }
    Ok(())
}

fn output_that_does_not_fit() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let scenario = scenario().to_string_lossy().into_owned();
    for verb in [
        &["hunt", &scenario][..],
        &["report"],
        &["report", "-t", "html"],
        &["detect", "-t", "json"],
        &["export", "events", "-t", "jsonl"],
        &["sql", "select id from events", "-t", "csv"],
        &["show", "definitely-nothing-like-it"],
    ] {
        let output = run(&[verb, &["--case", &case, "-o", FULL]].concat(), 2)?;
        let said = String::from_utf8(output.stderr)?;
        if verb[0] == "show" {
            ensure!(!said.contains(FULL), "nothing was written: {said}");
            continue;
        }
        for word in ["error: failed to write /dev/full", "make room", "--output"] {
            ensure!(said.contains(word), "{verb:?}: {word} is missing in:\n{said}");
        }
    }
    // The case itself had room.
    ensure!(!findings(&case)?.is_empty());
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

fn inspect_and_ingest_say_the_same() -> Result<()> {
    let scratch = Scratch::new()?;
    let span = "from = \"2026-01-01T00:00:00Z\"\nto = \"2026-01-02T00:00:00Z\"\n";
    scratch.write("in/coverage.toml", format!("[[covers]]\nclass = \"signin\"\n{span}"))?;
    scratch.write("in/UAL.log", "2026-03-01 00:00:00 : [INFO] Running Get-UAL\n[WARNING] Empty data set returned between 2026-03-01T00:00:00Z and 2026-03-01T12:00:00Z\n")?;
    scratch.write("in/hashes.csv", format!("\"Algorithm\",\"Hash\",\"Path\"\r\nSHA256,{},C:\\out\\other.jsonl\r\n", "0".repeat(64)))?;
    let inspected = String::from_utf8(run(&["inspect", &scratch.path("in"), "-t", "jsonl"], 0)?.stdout)?;
    let ingested = String::from_utf8(run(&["ingest", &scratch.path("in"), "--case", &scratch.path("case"), "-t", "jsonl"], 0)?.stdout)?;
    for words in [
        "it declares which spans were exported; it counts where it is given with --coverage FILE",
        "the log of a collector, which tells of 1 windows of time that it could not fetch whole",
        "a list of the SHA-256 of 1 files",
    ] {
        for told in [&inspected, &ingested] {
            ensure!(told.contains(words), "{words} is missing in:\n{told}");
        }
    }
    ensure!(!inspected.contains("\"seems\""), "{inspected}");
    let table = String::from_utf8(run(&["inspect", &scratch.path("in")], 0)?.stdout)?;
    ensure!(table.matches("no events").count() == 3 && !table.contains("not recognised"), "{table}");
    Ok(())
}

/// So many ordinary records, one a line.
pub(crate) fn generated(records: u32) -> Result<Vec<u8>> {
    let mut lines = Vec::new();
    for n in 0..records {
        writeln!(
            lines,
            r#"{{"CreationTime":"2026-03-{:02}T{:02}:{:02}:{:02}","Id":"{n:08x}-2222-4333-8444-555555555555","Operation":"MailItemsAccessed","OrganizationId":"5c2f1e9a-7d34-4b61-8f0e-2a9b6d4c1e70","RecordType":50,"ResultStatus":"Succeeded","UserType":0,"UserId":"person{:03}@contoso.example","MailboxOwnerUPN":"person{:03}@contoso.example","MailboxGuid":"6a1b{:04x}-3c5d-4e7f-9a0b-1c2d3e4f5a6b","Workload":"Exchange","ClientIPAddress":"198.51.100.{}","ClientInfoString":"Client=OWA;Action=ViaProxy","OperationProperties":[{{"Name":"MailAccessType","Value":"Bind"}}],"Folders":[{{"Path":"\\Inbox","FolderItems":[{{"InternetMessageId":"<{n}@contoso.example>"}}]}}],"OperationCount":1}}"#,
            n / 3_600 % 28 + 1,
            n % 24,
            n / 60 % 60,
            n % 60,
            n % 200,
            n % 200,
            n % 200,
            n % 250 + 1
        )?;
    }
    Ok(lines)
}
