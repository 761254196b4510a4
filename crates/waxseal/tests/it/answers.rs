//! What a case is asked about its incidents: plans and what confirms them, the hand-over, the timeline, and single things.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::program::{Scratch, findings, hunt, run, waxseal};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[
    ("answers::later_records_confirm_the_plan_and_end_the_incident", later_records_confirm_the_plan),
    ("answers::what_the_intruder_undoes_himself_confirms_nothing", the_intruder_confirms_nothing),
    ("answers::a_timeline_tells_in_the_order_of_time_and_fits_its_page", a_timeline_fits_its_page),
    ("answers::anything_with_an_id_is_shown_and_nothing_takes_effect", anything_is_shown),
    ("answers::a_forged_token_is_handed_to_the_provider_as_it_is_spelled", a_token_is_handed_over),
];

const TENANT: &str = "5c2f1e9a-7d34-4b61-8f0e-2a9b6d4c1e70";
const ADA: &str = "ada@contoso.example";
const ADMIN: &str = "admin@contoso.example";

/// A hostile name of a rule: an escape, a turn of the writing, quotes.
const RULE: &str = ".'; Remove-Mailbox \u{2019}x\u{1b}[31m\u{202e}";

fn record(id: u32, time: &str, operation: &str, kind: u32, by: &str, more: Value) -> Value {
    let mut record = json!({
        "CreationTime": time, "Id": format!("{id:08x}-1111-4222-8333-444455556666"), "Operation": operation, "OrganizationId": TENANT,
        "RecordType": kind, "ResultStatus": "Success", "UserType": 0, "UserKey": by, "UserId": by, "Version": 1,
        "Workload": if kind == 8 { "AzureActiveDirectory" } else { "Exchange" }, "ClientIP": "198.51.100.7",
    });
    if let (Some(record), Some(more)) = (record.as_object_mut(), more.as_object()) {
        record.extend(more.clone());
    }
    record
}

fn parameters(pairs: &[(&str, &str)]) -> Value {
    let pairs: Vec<Value> = pairs.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    json!({"Parameters": pairs})
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// Ada's mailbox sends its mail outside, by a rule.
fn rule_made(name: &str) -> Value {
    let made = parameters(&[("Name", name), ("ForwardTo", "out@attacker.example"), ("DeleteMessage", "True")]);
    record(1, "2026-01-05T08:00:00", "New-InboxRule", 1, ADA, made)
}

/// What the administrator does about it.
fn done_by(who: &str, name: &str) -> Vec<Value> {
    let target = json!({"ObjectId": ADA, "Target": [{"ID": "User_1", "Type": 2}, {"ID": ADA, "Type": 5}]});
    vec![
        record(2, "2026-01-06T08:00:00", "Update StsRefreshTokenValidFrom Timestamp.", 8, who, target.clone()),
        record(3, "2026-01-06T08:05:00", "Reset user password.", 8, who, target),
        record(4, "2026-01-06T08:10:00", "Remove-InboxRule", 1, who, parameters(&[("Identity", &format!("{ADA}\\{name}"))])),
    ]
}

fn incidents(case: &str) -> Result<Vec<Value>> {
    let whole: Value = serde_json::from_slice(&fs::read(Path::new(case).join("incidents.json"))?)?;
    Ok(whole["incidents"].as_array().cloned().unwrap_or_default())
}

fn confirmed(incident: &Value) -> Vec<(String, bool)> {
    let steps = incident["containment"].as_array().into_iter().flatten().filter(|step| step["cuts_off"] == true);
    steps.map(|step| (step["action"].as_str().unwrap_or_default().to_owned(), step["confirmed"].is_string())).collect()
}

fn later_records_confirm_the_plan() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let before = scratch.write("before.jsonl", lines(&[rule_made("Archive")]))?;
    hunt(&[&before], &case)?;
    let first = incidents(&case)?;
    let steps = confirmed(first.first().context("an incident was expected")?);
    let wanted = ["reset_password", "revoke_sessions", "remove_inbox_rule"];
    ensure!(steps.iter().map(|(action, _)| action.as_str()).eq(wanted), "{steps:?}");
    ensure!(steps.iter().all(|(_, confirmed)| !confirmed) && first[0]["dwell"]["contained"].is_null(), "{steps:?}");
    let after = scratch.write("after.jsonl", lines(&done_by(ADMIN, "Archive")))?;
    hunt(&[&after], &case)?;
    let second = incidents(&case)?;
    ensure!(second[0]["id"] == first[0]["id"], "it is another incident");
    ensure!(confirmed(&second[0]).iter().all(|(_, confirmed)| *confirmed), "{}", second[0]["containment"]);
    ensure!(second[0]["dwell"]["contained"] == "2026-01-06T08:10:00Z", "{}", second[0]["dwell"]);
    let shown = run(&["show", second[0]["id"].as_str().unwrap_or_default(), "--case", &case], 0)?;
    ensure!(String::from_utf8(shown.stdout)?.contains("as the log shows"));
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

fn the_intruder_confirms_nothing() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let mut records = vec![rule_made("Archive")];
    let mut done = done_by(ADMIN, "Archive");
    // One failed, one is of another account, one of another rule.
    done[0]["ResultStatus"] = json!("Failure");
    done[1]["ObjectId"] = json!("bert@contoso.example");
    done[1]["Target"] = json!([]);
    done[2]["Parameters"] = json!([{"Name": "Identity", "Value": format!("{ADA}\\Newsletters")}]);
    records.extend(done);
    hunt(&[&scratch.write("all.jsonl", lines(&records))?], &case)?;
    let incidents = incidents(&case)?;
    let steps = confirmed(incidents.first().context("an incident was expected")?);
    ensure!(steps.iter().all(|(_, confirmed)| !confirmed) && incidents[0]["dwell"]["contained"].is_null(), "{steps:?}");
    Ok(())
}

fn a_timeline_fits_its_page() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let mut records = done_by(ADMIN, "Archive");
    records.insert(0, rule_made(RULE));
    records.push(record(5, "2026-01-04T00:00:00", "Send", 2, ADA, json!({"MailboxOwnerUPN": ADA})));
    hunt(&[&scratch.write("all.jsonl", lines(&records))?], &case)?;
    let text = |arguments: &[&str]| -> Result<String> {
        Ok(String::from_utf8(run(&[&["timeline", "--case", &case], arguments].concat(), 0)?.stdout)?)
    };
    let of_incidents = text(&[])?;
    ensure!(of_incidents.lines().count() == 2 && of_incidents.contains("New-Inbox"), "{of_incidents}");
    let all = text(&["--account", "ADA@contoso.example"])?;
    ensure!(all.lines().count() == 5, "the account acts twice and is acted on twice:\n{all}");
    let times: Vec<&str> = all.lines().skip(1).filter_map(|line| line.get(..19)).collect();
    ensure!(times.is_sorted(), "{times:?}");
    ensure!(all.lines().all(|line| line.chars().count() <= 100), "{all}");
    ensure!(!all.contains(['\u{1b}', '\u{202e}']), "hostile text takes effect");
    let some = text(&["--account", ADA, "--from", "2026-01-05", "--to", "2026-01-06T08:05:00Z", "-t", "jsonl"])?;
    let operations: Vec<Value> = some.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(operations.iter().map(|row| &row["operation"]).eq(["New-InboxRule", "Update StsRefreshTokenValidFrom Timestamp."]), "{some}");
    ensure!(operations[0]["findings"].as_str().is_some_and(|id| !id.is_empty()) && operations[1]["findings"].is_null(), "{some}");
    let table = fs::read_to_string(Path::new(&case).join("timeline.csv"))?;
    ensure!(table.lines().count() == 2 && table == text(&["-t", "csv"])?, "{table}");
    run(&["timeline", "nothing", "--case", &case], 2)?;
    run(&["timeline", "--from", "yesterday", "--case", &case], 2)?;
    Ok(())
}

fn anything_is_shown() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let access = |n: u32| {
        let items = json!([{"InternetMessageId": "<m1@contoso.example>"}]);
        let more = json!({"MailboxOwnerUPN": ADA, "MailboxGuid": TENANT, "OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}],
            "Folders": [{"Path": "\\Inbox", "FolderItems": items}], "ClientInfoString": "Client=OWA;x"});
        record(n, &format!("2026-01-04T0{}:00:00", n % 10), "MailItemsAccessed", 50, ADA, more)
    };
    let all = lines(&[rule_made(RULE), access(6), access(7)]);
    hunt(&[&scratch.write("all.jsonl", &all)?, &scratch.write("again.json", rule_made(RULE).to_string())?], &case)?;
    let show = |id: &str, code: i32| -> Result<String> {
        let output = run(&["show", id, "--case", &case], code)?;
        Ok(String::from_utf8([output.stdout, output.stderr].concat())?)
    };
    let event = show("00000001-1111", 0)?;
    for told in ["New-InboxRule", "all.jsonl", "A further copy", "again.json", "out@attacker.example", "\\u{202e}"] {
        ensure!(event.contains(told), "{told} is missing in:\n{event}");
    }
    let finding = findings(&case)?.remove(0);
    let finding = finding["id"].as_str().context("a finding has an id")?;
    ensure!(show(&finding[..8], 0)?.contains("Records (1)"));
    let incident = incidents(&case)?[0]["id"].as_str().context("an incident has an id")?.to_owned();
    let told = show(&incident, 0)?;
    ensure!(told.contains("What can be done") && told.contains("# no command for"), "{told}");
    ensure!(show("<m1@contoso.example>", 0)?.lines().count() == 4, "a heading, the head of a table and two records");
    ensure!(show("000000", 2)?.contains("more than one thing"));
    ensure!(show("00000", 2)?.contains("6 characters"));
    ensure!(show("' OR 1=1 --", 2)?.contains("nothing in the case"));
    for shown in [event, told] {
        ensure!(!shown.contains(['\u{1b}', '\u{202e}']), "hostile text takes effect:\n{shown}");
    }
    let json = run(&["show", "00000001-1111", "-t", "json", "--case", &case], 0)?;
    let json: Value = serde_json::from_slice(&json.stdout)?;
    ensure!(json["schema"] == "waxseal.shown/v1" && json["records"][0]["sightings"].as_array().is_some_and(|all| all.len() == 1), "{json}");
    Ok(())
}

fn a_token_is_handed_over() -> Result<()> {
    let scratch = Scratch::new()?;
    let (world, case) = (scratch.path("world"), scratch.path("case"));
    let parameters = scratch.write("microsoft.toml", "[size]\ngoogle = 0\n")?;
    let size = ["--tenants", "1", "--mailboxes", "14", "--days", "16", "--seed", "8205", "--each", "1", "--kind", "forged_random"];
    run(&[&["simulate", &world, "--quiet", "--no-losses", "--parameters", &parameters], &size[..]].concat(), 0)?;
    let output = waxseal(&["hunt", &format!("{world}/logs"), "--case", &case, "--quiet", "--fail-level", "critical"]).output()?;
    ensure!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    let incidents = incidents(&case)?;
    let forged = incidents.iter().find(|incident| incident["entry"]["class"] == "forged_or_unlogged_token").context("no forged token")?;
    let handed = &forged["hand_over"];
    ensure!(handed["questions"].as_array().is_some_and(|all| all.len() >= 5), "{handed}");
    let records = handed["records"].as_array().context("records")?;
    ensure!(!records.is_empty() && handed["count"].as_u64() >= Some(records.len() as u64));
    let spelled = records.iter().filter_map(|record| record["token_id"].as_str());
    ensure!(spelled.clone().all(|token| !token.contains('-') || token.len() < 36), "a token is spelled as in its record");
    let table = fs::read_to_string(Path::new(&case).join("hand-over.csv"))?;
    ensure!(table.lines().count() > records.len() && table.starts_with("incident,tenant,time,"), "{}", &table[..80]);
    Ok(())
}
