//! What incidents reach, against the truth of made-up worlds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::program::{Scratch, run, waxseal};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[
    ("scope::bounds_hold_and_are_exact_where_the_logs_are_complete", bounds_hold),
    ("scope::bounds_hold_where_the_logs_begin_late", bounds_hold_in_short_logs),
    ("scope::bounds_hold_for_every_mailbox_where_records_tell_little", bounds_hold_in_doctored_worlds),
    ("scope::a_mailbox_that_is_not_known_is_no_empty_answer", unknown_mailbox_is_told),
    ("scope::what_is_taken_from_the_logs_is_not_assessable_and_nothing_else", only_what_is_missing_is_not_assessable),
    ("scope::without_its_licence_a_mailbox_is_not_assessable_and_no_other", only_who_lost_the_licence_is_not_assessable),
];

/// A world, and a case that was made of its logs and settings with everything declared that was exported.
fn world_and_case(scratch: &Scratch, flags: &[&str]) -> Result<(String, String)> {
    let size = ["--tenants", "3", "--mailboxes", "14", "--days", "24"];
    made_and_hunted(scratch, &[&size, flags].concat(), &|_| Ok(()))
}

/// The same, of a world that something was done to.
fn made_and_hunted(scratch: &Scratch, flags: &[&str], doctor: &dyn Fn(&Path) -> Result<()>) -> Result<(String, String)> {
    let (world, case) = (scratch.path("world"), scratch.path("case"));
    run(&[&["simulate", world.as_str(), "--quiet", "--no-losses"], flags].concat(), 0)?;
    doctor(Path::new(&world))?;
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

/// The word of every mailbox that neither an incident nor a finding reaches.
fn words(case: &str) -> Result<BTreeMap<(String, String), String>> {
    let text = fs::read_to_string(Path::new(case).join("mailboxes.jsonl"))?;
    let mut words = BTreeMap::new();
    for line in text.lines() {
        let said: Value = serde_json::from_str(line)?;
        let of = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
        if ["incident_ids", "finding_ids"].iter().all(|key| said[key].as_array().is_some_and(Vec::is_empty)) {
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
    let tenants: Vec<String> = whole.iter().map(|(tenant, _)| tenant.clone()).collect::<BTreeSet<_>>().into_iter().collect();
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
            for arguments in [&["detect", "--case", &copy, "--coverage", &file, "--quiet"][..], &["report", "--case", &copy, "--quiet"]] {
                let output = waxseal(arguments).output()?;
                ensure!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
            }
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

/// Takes the licence from one of some people in each list of a world; from whom.
fn take_licences(world: &Path, licensed: &BTreeMap<(String, String), String>) -> Result<BTreeSet<String>> {
    let is_whole =
        |name: &str| licensed.iter().any(|((_, mailbox), word)| *mailbox == name.to_lowercase() && word.starts_with("no recorded"));
    let mut taken = BTreeSet::new();
    for tenant in fs::read_dir(world.join("settings"))? {
        let folder = tenant?.path();
        let (table, users) = (folder.join("licences.csv"), folder.join("users.json"));
        if let Ok(text) = fs::read_to_string(&table) {
            let row = text.lines().find(|row| row.split('"').nth(1).is_some_and(is_whole)).context("somebody has a licence")?;
            let (name, plan) = row.split_once(',').context("two columns")?;
            taken.insert(name.trim_matches('"').to_lowercase());
            fs::write(&table, text.replace(row, &row.replace(plan, "\"O365_BUSINESS_ESSENTIALS\"")))?;
        } else if let Ok(text) = fs::read_to_string(&users) {
            let mut page: Value = serde_json::from_str(&text)?;
            let Some(people) = page.get_mut("value").and_then(Value::as_array_mut) else { continue };
            let name = |person: &Value| person["userPrincipalName"].as_str().unwrap_or_default().to_owned();
            let person = people.iter_mut().find(|person| is_whole(&name(person))).context("somebody has a licence")?;
            taken.insert(name(person).to_lowercase());
            person["assignedLicenses"] = serde_json::json!([]);
            fs::write(&users, page.to_string())?;
        }
    }
    Ok(taken)
}

fn only_who_lost_the_licence_is_not_assessable() -> Result<()> {
    let (whole, lacking) = (Scratch::new()?, Scratch::new()?);
    let flags = ["--tenants", "3", "--mailboxes", "14", "--days", "24", "--seed", "32", "--kind", "forwarding_only"];
    let (_, case) = made_and_hunted(&whole, &flags, &|_| Ok(()))?;
    let before = words(&case)?;
    let taken = std::cell::RefCell::default();
    let (_, case) = made_and_hunted(&lacking, &flags, &|world| take_licences(world, &before).map(|names| *taken.borrow_mut() = names))?;
    let (after, taken) = (words(&case)?, taken.into_inner());
    ensure!(taken.len() == 2 && after.len() == before.len(), "{taken:?}");
    for (at, word) in &after {
        let expected = if taken.contains(&at.1) { "not assessable" } else { before.get(at).context("a new mailbox")? };
        ensure!(word == expected, "{at:?}: {word}, not {expected}");
    }
    Ok(())
}

/// Six days of logs do not show what is new in them.
fn bounds_hold_in_short_logs() -> Result<()> {
    let scratch = Scratch::new()?;
    // Not so crowded that intruders meet: of one incident two of them make, the records may be told of both.
    let flags = ["--seed", "31", "--tenants", "4", "--mailboxes", "10", "--days", "6", "--each", "1"];
    let (world, case) = made_and_hunted(&scratch, &flags, &|_| Ok(()))?;
    let output = run(&["score", &world, "--case", &case, "-t", "json"], 0)?;
    let score: Value = serde_json::from_slice(&output.stdout)?;
    for bound in ["lower_holds", "upper_holds"] {
        let (held, all) = (score["mailboxes"][bound]["n"].as_u64(), score["mailboxes"][bound]["of"].as_u64());
        ensure!(held == all && all > Some(20), "{bound} {held:?} of {all:?}");
    }
    Ok(())
}

/// Something that is done to a record of the unified audit log; whether it was.
type Change = fn(&mut Value) -> bool;

/// Changes records in the exports of a world's unified audit log.
fn change_records(world: &Path, change: Change) -> Result<()> {
    let mut changed = 0;
    for tenant in fs::read_dir(world.join("logs"))? {
        let Ok(files) = fs::read_dir(tenant?.path().join("unified-audit")) else { continue };
        for file in files {
            let path = file?.path();
            let mut export: Value = serde_json::from_slice(&fs::read(&path)?)?;
            let records = export["value"].as_array_mut().context("an export holds records")?;
            changed += records.iter_mut().filter_map(|record| Some(change(record.get_mut("auditData")?))).filter(|done| *done).count();
            fs::write(&path, serde_json::to_vec(&export)?)?;
        }
    }
    ensure!(changed > 0, "nothing was changed");
    Ok(())
}

/// Changes the settings of every tenant that has a file.
fn change_settings(world: &Path, file: &str, change: impl Fn(&str) -> String) -> Result<()> {
    for tenant in fs::read_dir(world.join("settings"))? {
        let path = tenant?.path().join(file);
        if let Ok(text) = fs::read_to_string(&path) {
            fs::write(&path, change(&text))?;
        }
    }
    Ok(())
}

fn parameter<'v>(record: &'v mut Value, name: &str) -> Option<&'v mut Value> {
    record["Parameters"].as_array_mut()?.iter_mut().find(|parameter| parameter["Name"] == name)
}

fn is(record: &Value, operation: &str) -> bool {
    record["Operation"] == operation
}

/// A table without some columns; no cell of these tables holds a comma.
fn without_columns(text: &str, columns: &[&str]) -> String {
    let names: Vec<String> = text.lines().next().unwrap_or_default().split(',').map(|name| name.replace('"', "")).collect();
    let kept = |line: &str| {
        let cells = line.split(',').zip(&names).filter(|(_, name)| !columns.contains(&name.as_str())).map(|(cell, _)| cell);
        cells.collect::<Vec<_>>().join(",")
    };
    text.lines().map(|line| kept(line) + "\n").collect()
}

/// A mailbox that an intrusion reached: its bounds, and how many messages were accessed.
struct Held {
    mailbox: String,
    lower: u64,
    upper: Option<u64>,
    truth: u64,
}

/// What is said of each mailbox that an intrusion reached.
fn held(world: &str, case: &str) -> Result<Vec<Held>> {
    let read = |path: &Path| -> Result<Value> { Ok(serde_json::from_slice(&fs::read(path)?)?) };
    let (truth, incidents) = (read(&Path::new(world).join("truth/truth.json"))?, read(&Path::new(case).join("incidents.json"))?);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let said: Vec<Value> = list(&incidents["incidents"]).iter().flat_map(|incident| list(&incident["mailboxes"])).collect();
    let mut all = Vec::new();
    for mailbox in list(&truth["intrusions"]).iter().flat_map(|intrusion| list(&intrusion["mailboxes"])) {
        let name = mailbox["mailbox"].as_str().unwrap_or_default().to_lowercase();
        let own: Vec<&Value> = said.iter().filter(|said| said["mailbox"].as_str() == Some(&name)).collect();
        ensure!(!own.is_empty(), "no incident names {name}");
        let lower = own.iter().filter_map(|said| said["messages"]["lower"].as_u64()).max().unwrap_or(0);
        let uppers: Option<Vec<u64>> = own.iter().map(|said| said["messages"]["upper"].as_u64()).collect();
        let (upper, truth) = (uppers.and_then(|uppers| uppers.into_iter().max()), mailbox["accessed"].as_u64().unwrap_or(0));
        all.push(Held { mailbox: name, lower, upper, truth });
    }
    ensure!(!all.is_empty(), "the world has no intrusion");
    Ok(all)
}

/// One intrusion, in logs or settings that tell less than they could: no bound is wrong, whatever they lack.
fn bounds_hold_in_doctored_worlds() -> Result<()> {
    let records: &[(&str, &str, Change)] = &[
        ("a mailbox by a name that nothing explains", "forwarding_only", |record| {
            let forwards = is(record, "Set-Mailbox") && parameter(record, "ForwardingSmtpAddress").is_some();
            let Some(identity) = parameter(record, "Identity").filter(|_| forwards) else { return false };
            identity["Value"] = "Zahra the First".into();
            true
        }),
        ("a search of everything", "content_search", |record| {
            let told = record.get("ExchangeLocations").is_some();
            if told {
                record["ExchangeLocations"] = "All".into();
            }
            told
        }),
        ("a rule for all mail", "transport_rule", |record| {
            let rule = is(record, "New-TransportRule");
            if let Some(parameters) = record["Parameters"].as_array_mut().filter(|_| rule) {
                parameters.retain(|parameter| parameter["Name"] != "SentTo");
            }
            rule
        }),
        ("access that names no message", "forged_absent", |record| {
            let access = is(record, "MailItemsAccessed") && record.get("Folders").is_some();
            if access {
                record["Folders"] = Value::Array(Vec::new());
            }
            access
        }),
        ("access that tells nothing but that it was", "forged_absent", |record| {
            let access = is(record, "MailItemsAccessed") && record.get("Folders").is_some();
            if access {
                record["Folders"] = "System.Object".into();
                record["OperationCount"] = Value::Null;
            }
            access
        }),
    ];
    for (what, kind, change) in records {
        check_doctored(what, kind, &|world| change_records(world, *change), &|_, upper, truth| upper.is_none_or(|upper| upper >= truth))?;
    }
    let failed: Change = |record| {
        let access = is(record, "MailItemsAccessed");
        if access {
            record["ResultStatus"] = "Failed".into();
        }
        access
    };
    check_doctored("access that failed", "forged_absent", &|world| change_records(world, failed), &|lower, _, _| lower == 0)?;
    let one_row =
        |world: &Path| change_settings(world, "message_trace.csv", |text| text.lines().take(2).map(|line| format!("{line}\n")).collect());
    let open = |_: u64, upper: Option<u64>, truth: u64| upper.is_none_or(|upper| upper >= truth);
    check_doctored("a message trace of one row", "forwarding_only", &one_row, &open)?;
    let nameless = |world: &Path| {
        change_settings(world, "folders.csv", |text| without_columns(text, &["FolderId"]))?;
        change_settings(world, "mailboxes.csv", |text| without_columns(text, &["ItemCount"]))
    };
    check_doctored("folders without ids", "forwarding_only", &nameless, &|_, upper, _| upper.is_none())
}

fn check_doctored(
    what: &str,
    kind: &str,
    doctor: &dyn Fn(&Path) -> Result<()>,
    holds: &dyn Fn(u64, Option<u64>, u64) -> bool,
) -> Result<()> {
    let scratch = Scratch::new()?;
    let flags = ["--seed", "31", "--tenants", "2", "--mailboxes", "10", "--days", "20", "--kind", kind];
    let (world, case) = made_and_hunted(&scratch, &flags, doctor)?;
    for Held { mailbox, lower, upper, truth } in held(&world, &case)? {
        ensure!(
            holds(lower, upper, truth) && lower <= truth,
            "{what}: of {mailbox} it says {lower} to {upper:?}, and {truth} were accessed"
        );
    }
    Ok(())
}

/// To say that a mailbox has no messages would be to say that nothing was accessed in it.
fn unknown_mailbox_is_told() -> Result<()> {
    let scratch = Scratch::new()?;
    let (_, case) = world_and_case(&scratch, &["--seed", "32", "--kind", "forwarding_only"])?;
    for list in [&["--messages"][..], &[]] {
        let output = run(&[&["scope", "--mailbox", "nobody@typo.example", "--case", &case, "--quiet"], list].concat(), 2)?;
        ensure!(String::from_utf8_lossy(&output.stderr).contains("nobody@typo.example"));
    }
    let ((_, mailbox), word) = words(&case)?.into_iter().next().context("a mailbox that no incident reaches")?;
    let output = run(&["scope", "--mailbox", &mailbox, "-t", "json", "--case", &case, "--quiet"], 0)?;
    let said: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(
        said[0]["verdict"].as_str().is_some_and(|verdict| verdict.starts_with(&word)) && said[0]["messages"]["lower"].is_null(),
        "{said}"
    );
    let output = run(&["scope", "--mailbox", &mailbox, "--messages", "--case", &case], 0)?;
    ensure!(String::from_utf8_lossy(&output.stderr).contains(&word), "{}", String::from_utf8_lossy(&output.stderr));
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
