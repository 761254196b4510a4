//! Made-up worlds, written, read and scored by the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::program::{Scratch, comparable, files_below, findings, hunt, number, run, run_json, waxseal};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[
    ("worlds::every_record_of_a_world_is_read_and_the_truth_fits_the_events", every_record_is_read),
    ("worlds::every_token_id_leads_to_the_sign_in_that_issued_it_but_for_the_forged", token_ids_lead_to_sign_ins),
    ("worlds::a_world_can_be_piped_into_a_case", a_world_can_be_piped),
    ("worlds::mixed_logs_and_little_memory_leave_few_files", mixed_logs_leave_few_files),
    ("worlds::the_demo_finds_its_story_whatever_the_seed", the_demo_finds_its_story),
    ("worlds::day_by_day_ends_with_the_findings_of_one_go", day_by_day),
    ("worlds::an_orphan_token_is_high_only_where_the_sign_ins_are_declared_complete", orphans_need_coverage),
    ("worlds::a_list_of_indicators_stays_with_the_case", indicators_stay),
    ("worlds::parameters_that_make_no_sense_are_refused", nonsense_is_refused),
];

/// Parameters of a world with every kind of intrusion and every loss, small enough for a test.
const SMALL: [&str; 8] = ["--tenants", "4", "--mailboxes", "14", "--days", "16", "--seed", "21"];

/// A world and the case made of it.
fn world_and_case(scratch: &Scratch, flags: &[&str]) -> Result<(String, String)> {
    let (world, case) = (scratch.path("world"), scratch.path("case"));
    run(&[&["simulate", &world, "--quiet"], flags].concat(), 0)?;
    let logs = scratch.path("world/logs");
    hunt(&[&logs], &case)?;
    Ok((world, case))
}

/// The values of a query's only column.
fn column(case: &str, query: &str) -> Result<Vec<String>> {
    let output = run(&["sql", query, "-t", "csv", "--case", case, "--quiet"], 0)?;
    Ok(String::from_utf8(output.stdout)?.lines().skip(1).map(|line| line.trim_matches('"').to_owned()).collect())
}

fn truth_lines(world: &str, file: &str) -> Result<Vec<Value>> {
    let text = fs::read_to_string(Path::new(world).join("truth").join(file))?;
    text.lines().map(|line| serde_json::from_str(line).context("a line of the truth is JSON")).collect()
}

fn every_record_is_read() -> Result<()> {
    let scratch = Scratch::new()?;
    let (world, case) = world_and_case(&scratch, &SMALL)?;
    let account = run_json(&case)?;
    ensure!(number(&account, "rejected") == 0 && number(&account, "truncated") == 0, "{account}");
    ensure!(number(&account, "records") == number(&account, "read") + number(&account, "duplicates"), "{account}");
    ensure!(number(&account, "records") > 20_000, "{account}");
    let unknown = column(&case, "select count(*) from events where log_class is null or tenant like 'unknown%' or time is null")?;
    ensure!(unknown == ["0"], "{unknown:?} events without class, tenant or time");
    let events: BTreeSet<String> = column(&case, "select id from events")?.into_iter().collect();
    let records = truth_lines(&world, "records.jsonl")?;
    ensure!(records.len() > 500, "only {} malicious records", records.len());
    for record in records {
        let id = record["id"].as_str().context("a record has an id")?;
        ensure!(events.contains(id) == record["available"].is_string(), "{record}");
    }
    Ok(())
}

fn token_ids_lead_to_sign_ins() -> Result<()> {
    let scratch = Scratch::new()?;
    let late = scratch.write("punctual.toml", "[delivery]\nvery_late = 0.0\n[size]\ngoogle = 0\n")?;
    let flags = [&SMALL[..], &["--no-losses", "--parameters", &late]].concat();
    let (world, case) = world_and_case(&scratch, &flags)?;
    let orphans: BTreeSet<String> = column(
        &case,
        "select a.id from events a left anti join (select id as issued from events where log_class like 'signin%') s on a.uti = s.issued \
         where a.log_class like 'ual%' and a.uti is not null",
    )?
    .into_iter()
    .collect();
    let linked = column(&case, "select count(*) from events where log_class like 'ual%' and uti is not null")?;
    ensure!(linked.first().and_then(|count| count.parse::<u64>().ok()).is_some_and(|count| count > 3_000), "{linked:?}");
    let truth: Value = serde_json::from_slice(&fs::read(Path::new(&world).join("truth/truth.json"))?)?;
    let forged: BTreeSet<&str> = truth["intrusions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|intrusion| intrusion["kind"].as_str().is_some_and(|kind| kind.starts_with("forged")))
        .filter_map(|intrusion| intrusion["id"].as_str())
        .collect();
    let of_forged: BTreeSet<String> = truth_lines(&world, "records.jsonl")?
        .iter()
        .filter(|record| forged.contains(record["intrusion"].as_str().unwrap_or_default()))
        .filter_map(|record| record["id"].as_str().map(str::to_owned))
        .collect();
    ensure!(!orphans.is_empty(), "a forged token has no sign-in");
    let others: Vec<_> = orphans.difference(&of_forged).take(3).collect();
    ensure!(others.is_empty(), "tokens that nobody forged have no sign-in: {others:?}");
    let early = column(&case, "select id from events where log_class like 'ual%' and token_issued_at > time + interval '1 second'")?;
    let early: Vec<_> = early.iter().filter(|id| !of_forged.contains(*id)).take(3).collect();
    ensure!(early.is_empty(), "tokens that nobody forged are used before they are issued: {early:?}");
    Ok(())
}

fn a_world_can_be_piped() -> Result<()> {
    let scratch = Scratch::new()?;
    let (world, case) = (scratch.path("world"), scratch.path("case"));
    let mut arguments = vec!["simulate", &world, "--lines", "--quiet"];
    arguments.extend(SMALL);
    let mut writer = waxseal(&arguments).stdout(Stdio::piped()).spawn()?;
    let lines = writer.stdout.take().context("the writer has an end to read from")?;
    let output = waxseal(&["hunt", "-", "--case", &case, "--quiet", "--fail-level", "critical"]).stdin(lines).output()?;
    ensure!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(writer.wait()?.success(), "the writer failed");
    let account = run_json(&case)?;
    ensure!(number(&account, "rejected") == 0 && number(&account, "records") > 20_000, "{account}");
    ensure!(!Path::new(&world).join("logs").try_exists()? && Path::new(&world).join("truth/truth.json").try_exists()?);
    Ok(())
}

fn mixed_logs_leave_few_files() -> Result<()> {
    let scratch = Scratch::new()?;
    let (world, case) = (scratch.path("world"), scratch.path("case"));
    let mut arguments = vec!["simulate", &world, "--lines", "--quiet"];
    arguments.extend(SMALL);
    let mut writer = waxseal(&arguments).stdout(Stdio::piped()).spawn()?;
    let lines = writer.stdout.take().context("the writer has an end to read from")?;
    let output = waxseal(&["ingest", "-", "--case", &case, "--quiet", "--memory", "16MiB", "-t", "json"]).stdin(lines).output()?;
    ensure!(output.status.success() && writer.wait()?.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Vec<String> = column(&case, "select count(*) from events")?;
    ensure!(read[0].parse::<u64>()? > 20_000, "{read:?}");
    for tenant in fs::read_dir(Path::new(&case).join("events"))? {
        for family in fs::read_dir(tenant?.path())? {
            let files = fs::read_dir(family?.path())?.count();
            ensure!(files <= 9, "{files} files");
        }
    }
    let twice = column(&case, "select count(*) from (select tenant, log_class, id from events group by 1, 2, 3 having count(*) > 1) as d")?;
    ensure!(twice == ["0"], "{twice:?} events are there twice");
    run(&["verify", "--case", &case, "--quiet"], 0)?;
    Ok(())
}

fn the_demo_finds_its_story() -> Result<()> {
    for seed in ["1", "2", "77"] {
        let scratch = Scratch::new()?;
        let folder = scratch.path("demo");
        run(&["demo", &folder, "--seed", seed, "--quiet"], 0)?;
        let (world, case) = (scratch.path("demo/world"), scratch.path("demo/case"));
        let output = run(&["score", &world, "--case", &case, "-t", "json"], 0)?;
        let score: Value = serde_json::from_slice(&output.stdout)?;
        let intrusions = score["intrusions"].as_array().context("a score has intrusions")?;
        ensure!(intrusions.len() == 3, "{intrusions:?}");
        ensure!(intrusions.iter().all(|intrusion| intrusion["found"] == true), "seed {seed}: {intrusions:?}");
        let tenants: BTreeSet<String> = findings(&case)?.iter().filter_map(|f| f["tenant"].as_str().map(str::to_owned)).collect();
        ensure!(tenants.len() == 3, "seed {seed}: findings in {tenants:?}");
        ensure!(Path::new(&case).join("report.html").try_exists()?);
        the_missing_stream_is_told(&world, &case)?;
    }
    Ok(())
}

/// What the exports lack is not full in the coverage of the case, and what was declared and exported is.
fn the_missing_stream_is_told(world: &str, case: &str) -> Result<()> {
    let truth: Value = serde_json::from_slice(&fs::read(Path::new(world).join("truth/truth.json"))?)?;
    let coverage: Value = serde_json::from_slice(&fs::read(Path::new(case).join("coverage.json"))?)?;
    for (tenant, states) in [(0, vec!["full"]), (2, vec!["unknown"])] {
        let id = &truth["tenants"][tenant]["id"];
        let spans = coverage["spans"].as_array().into_iter().flatten();
        let of_stream = spans.filter(|span| span["tenant"] == *id && span["class"] == "signin.noninteractive");
        let found: Vec<_> = of_stream.filter_map(|span| span["state"].as_str()).collect();
        ensure!(found == states, "tenant {tenant}: {found:?}");
    }
    Ok(())
}

/// Logs that arrive a few days at a time.
fn day_by_day() -> Result<()> {
    let scratch = Scratch::new()?;
    let world = scratch.path("world");
    run(&["simulate", &world, "--tenants", "2", "--mailboxes", "12", "--days", "24", "--seed", "33", "--quiet"], 0)?;
    let (slow, fast) = (scratch.path("slow"), scratch.path("fast"));
    let mut files = files_below(Path::new(&scratch.path("world/logs")))?;
    files.sort_by_key(|file| file.file_name().map(std::ffi::OsStr::to_owned));
    let names: Vec<String> = files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    let mut last = Vec::new();
    for part in names.chunks(names.len().div_ceil(4)) {
        last = hunt(&part.iter().map(String::as_str).collect::<Vec<_>>(), &slow)?;
    }
    let at_once = hunt(&[&scratch.path("world/logs")], &fast)?;
    ensure!(at_once.len() > 20, "only {} findings", at_once.len());
    let (last, at_once) = (comparable(&last), comparable(&at_once));
    let apart: Vec<_> = at_once.iter().filter(|f| !last.contains(f)).chain(last.iter().filter(|f| !at_once.contains(f))).collect();
    ensure!(apart.is_empty(), "{apart:#?}");
    Ok(())
}

/// High with every sign-in log declared; low, and told why, once one of them is declared missing or not declared at all.
fn orphans_need_coverage() -> Result<()> {
    let scratch = Scratch::new()?;
    let world = scratch.path("world");
    let flags =
        ["--tenants", "2", "--mailboxes", "15", "--days", "30", "--seed", "5", "--kind", "forged_random", "--each", "2", "--no-losses"];
    run(&[&["simulate", world.as_str(), "--quiet"], &flags[..]].concat(), 0)?;
    let logs = scratch.path("world/logs");
    let told = fs::read_to_string(scratch.path("world/settings/coverage.toml"))?;
    let without: String = told.split_inclusive("\n\n").filter(|part| !part.contains("\"signin.noninteractive\"")).collect();
    ensure!(without.len() < told.len(), "{told}");
    let lacking = without.clone()
        + "\n[[lacks]]\nclass = \"signin.noninteractive\"\nfrom = \"2026-01-01T00:00:00Z\"\nto = \"2026-06-01T00:00:00Z\"\n";
    for (name, declared, state, severities) in
        [("all", &told, "full", &["high"][..]), ("none", &lacking, "none", &["low"]), ("unsaid", &without, "partial", &["medium", "low"])]
    {
        let file = scratch.write(&format!("{name}.toml"), declared)?;
        let case = scratch.path(name);
        let output = waxseal(&["hunt", &logs, "--case", &case, "--coverage", &file, "--quiet"]).output()?;
        ensure!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
        let orphans: Vec<Value> = findings(&case)?.into_iter().filter(|f| f["detection"] == "m365.token_never_issued").collect();
        let worst = ["high", "medium", "low"].into_iter().find(|word| orphans.iter().any(|f| f["severity"] == *word));
        ensure!(worst.is_some_and(|word| severities.contains(&word)), "{name}: {worst:?} of {orphans:#?}");
        ensure!(orphans.iter().any(|f| f["coverage"] == state), "{name}: {orphans:#?}");
        let names_it = orphans.iter().any(|f| f["cannot_exclude"].to_string().contains("signin.noninteractive"));
        ensure!(names_it == (name != "all"), "{name}: {orphans:#?}");
    }
    Ok(())
}

/// A list is given once, and compared with whatever is read later; nothing is silent about a list that is not there.
fn indicators_stay() -> Result<()> {
    let scratch = Scratch::new()?;
    let (world, case) = (scratch.path("world"), scratch.path("case"));
    run(&["simulate", &world, "--tenants", "2", "--mailboxes", "10", "--days", "5", "--seed", "3", "--quiet"], 0)?;
    hunt(&[&scratch.path("world/logs")], &case)?;
    let addresses =
        column(&case, "select client_ip from events where log_class = 'signin.interactive' and result = 'success' order by id limit 1")?;
    let [address] = addresses.as_slice() else { anyhow::bail!("{addresses:?}") };
    let seen = |findings: Vec<Value>| findings.into_iter().filter(|f| f["category"] == "indicator").collect::<Vec<_>>();
    ensure!(seen(findings(&case)?).is_empty());
    let list =
        scratch.write("published.csv", format!("value,from,to,name\n{address},2020-01-01,2030-01-01,Example\nhttps://a.example/x,,,\n"))?;
    let output = waxseal(&["detect", "--case", &case, "--indicators", &list]).output()?;
    let remarks = String::from_utf8(output.stderr)?;
    ensure!(remarks.contains("published.csv") && remarks.contains("line 3"), "{remarks}");
    waxseal(&["report", "--case", &case, "--quiet"]).output()?;
    let found = seen(findings(&case)?);
    ensure!(found.len() == 1 && found[0]["ips"].to_string().contains(address.as_str()), "{found:?}");
    waxseal(&["detect", "--case", &case, "--now", "2026-02-01T00:00:00Z", "--quiet"]).output()?;
    waxseal(&["report", "--case", &case, "--quiet"]).output()?;
    ensure!(seen(findings(&case)?).len() == 1, "the list is gone");
    run(&["verify", "--case", &case, "--quiet"], 0)?;
    Ok(())
}

fn nonsense_is_refused() -> Result<()> {
    let scratch = Scratch::new()?;
    let world = scratch.path("world");
    let file = scratch.write("odd.toml", "[size]\nmailbox = 3\n")?;
    for (flags, told) in [
        (vec!["--days", "0"], "size.days"),
        (vec!["--start", "soon"], "size.start"),
        (vec!["--kind", "teleportation"], "teleportation"),
        (vec!["--parameters", file.as_str()], "mailbox"),
    ] {
        let output = run(&[&["simulate", world.as_str()], &flags[..]].concat(), 2)?;
        let error = String::from_utf8(output.stderr)?;
        ensure!(error.contains(told), "{flags:?}: {error}");
    }
    Ok(())
}
