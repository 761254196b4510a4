//! What incidents reach, against the truth of made-up worlds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::program::{Scratch, run, waxseal};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[
    ("scope::bounds_hold_and_are_exact_where_the_logs_are_complete", bounds_hold),
    ("scope::what_is_taken_from_the_logs_is_not_assessable_and_nothing_else", only_what_is_missing_is_not_assessable),
];

/// A world, and a case that was made of its logs and settings with everything declared that was exported.
fn world_and_case(scratch: &Scratch, flags: &[&str]) -> Result<(String, String)> {
    let (world, case) = (scratch.path("world"), scratch.path("case"));
    let size = ["--tenants", "3", "--mailboxes", "14", "--days", "24", "--no-losses"];
    run(&[&["simulate", world.as_str(), "--quiet"], &size[..], flags].concat(), 0)?;
    let (logs, settings, declared) =
        (scratch.path("world/logs"), scratch.path("world/settings"), scratch.path("world/settings/coverage.toml"));
    let arguments = ["hunt", &logs, &settings, "--case", &case, "--coverage", &declared, "--quiet"];
    let output = waxseal(&arguments).output()?;
    ensure!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    Ok((world, case))
}

fn bounds_hold() -> Result<()> {
    let scratch = Scratch::new()?;
    let (world, case) = world_and_case(&scratch, &["--seed", "31"])?;
    let output = run(&["score", &world, "--case", &case, "-t", "json"], 0)?;
    let score: Value = serde_json::from_slice(&output.stdout)?;
    let mailboxes = &score["mailboxes"];
    let share = |name: &str| (mailboxes[name]["n"].as_u64().unwrap_or(0), mailboxes[name]["of"].as_u64().unwrap_or(0));
    let (lower, upper, exact) = (share("lower_holds"), share("upper_holds"), share("exact"));
    ensure!(lower.1 > 50 && lower.0 == lower.1, "lower bounds hold in {lower:?}");
    ensure!(upper.1 > 50 && upper.0 == upper.1, "upper bounds hold in {upper:?}");
    // The others were forwarded, searched out, synchronised, or are of mailboxes without records.
    ensure!(exact.0 * 2 > exact.1, "bounds are exact in {exact:?}");
    let start = (score["dwell"]["contains"]["n"].as_u64(), score["dwell"]["contains"]["of"].as_u64());
    ensure!(start.0 == start.1 && start.0 > Some(15), "dwell times contain the truth in {start:?}");
    messages_are_listed(&case)
}

/// The lower bounds are the messages that are listed as accessed, in whichever form they are asked for.
fn messages_are_listed(case: &str) -> Result<()> {
    let incidents: Value = serde_json::from_slice(&fs::read(Path::new(case).join("incidents.json"))?)?;
    let mailboxes =
        incidents["incidents"].as_array().into_iter().flatten().flat_map(|incident| incident["mailboxes"].as_array().into_iter().flatten());
    let lower: u64 = mailboxes.filter_map(|mailbox| mailbox["messages"]["lower"].as_u64()).sum();
    let rows = run(&["scope", "--messages", "-t", "jsonl", "--case", case, "--quiet"], 0)?;
    let rows: Vec<Value> = String::from_utf8(rows.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let accessed = rows.iter().filter(|row| row["class"] == "accessed").count() as u64;
    ensure!(lower > 1_000 && lower == accessed, "{lower} in the bounds, {accessed} listed");
    let sheet = run(&["scope", "--messages", "-t", "csv", "--case", case, "--quiet"], 0)?;
    ensure!(sheet.stdout == fs::read(Path::new(case).join("messages.csv"))?, "the list is not the one of the case");
    ensure!(String::from_utf8(sheet.stdout)?.lines().count() == rows.len() + 1);
    let one = rows[0]["incident"].as_str().context("a message has an incident")?;
    let of_one = run(&["scope", &one[..10], "--messages", "-t", "csv", "--case", case, "--quiet"], 0)?;
    let expected = rows.iter().filter(|row| row["incident"] == one).count();
    ensure!(String::from_utf8(of_one.stdout)?.lines().count() == expected + 1);
    run(&["scope", "zzzz", "--case", case, "--quiet"], 2)?;
    run(&["verify", "--case", case, "--quiet"], 0).map(drop)
}

/// The word of every mailbox of a tenant of Microsoft 365 that no incident reaches.
fn words(case: &str) -> Result<BTreeMap<(String, String), String>> {
    let text = fs::read_to_string(Path::new(case).join("mailboxes.jsonl"))?;
    let mut words = BTreeMap::new();
    for line in text.lines() {
        let said: Value = serde_json::from_str(line)?;
        let of = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
        if said["incident_ids"].as_array().is_some_and(Vec::is_empty) {
            let word = of("verdict").split(" (").next().unwrap_or_default().to_owned();
            words.insert((of("tenant"), of("mailbox")), word);
        }
    }
    Ok(words)
}

fn only_what_is_missing_is_not_assessable() -> Result<()> {
    let scratch = Scratch::new()?;
    // A kind that reaches one mailbox, so that most are left.
    let (_, case) = world_and_case(&scratch, &["--seed", "32", "--kind", "forwarding_only"])?;
    let before = words(&case)?;
    let whole: Vec<&(String, String)> =
        before.iter().filter(|(_, word)| *word == "no recorded access within coverage").map(|(at, _)| at).collect();
    ensure!(whole.len() > 20, "{before:?}");
    let licensed = |(_, word): &(&(String, String), &String)| *word == "not assessable";
    ensure!(before.iter().any(|pair| licensed(&pair)), "nobody has a small licence: {before:?}");
    let tenants: Vec<String> =
        whole.iter().map(|(tenant, _)| tenant.clone()).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    for (class, day) in
        [("ual.mia.bind", "2026-01-12"), ("ual.mia.sync", "2026-01-13"), ("gws.gmail", "2026-01-14"), ("signin.interactive", "2026-01-15")]
    {
        for tenant in &tenants {
            let google = !tenant.contains('-');
            let concerned = class.starts_with("gws.") == google && class != "signin.interactive";
            let copy = scratch.path("copy");
            copy_case(Path::new(&case), Path::new(&copy))?;
            let lacks =
                format!("[[lacks]]\ntenant = \"{tenant}\"\nclass = \"{class}\"\nfrom = \"{day}T00:00:00Z\"\nto = \"{day}T12:00:00Z\"\n");
            let file = scratch.write("lacks.toml", lacks)?;
            waxseal(&["detect", "--case", &copy, "--coverage", &file, "--quiet"]).output()?;
            waxseal(&["report", "--case", &copy, "--quiet"]).output()?;
            for (at, word) in words(&copy)? {
                let expected = before.get(&at).context("a new mailbox")?;
                let missing = concerned && at.0 == *tenant;
                ensure!(if missing { word == "not assessable" } else { word == *expected }, "{class} {tenant}: {at:?} {word}");
            }
            fs::remove_dir_all(&copy)?;
        }
    }
    Ok(())
}

fn copy_case(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_case(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
