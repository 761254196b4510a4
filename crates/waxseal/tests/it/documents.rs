//! Whether a record says here what it says in the documents that Elastic's agents make of it. Records and documents stand among the
//! captures.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;

use anyhow::{Context as _, Result, bail, ensure};
use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::captures::path;
use crate::program::{Scratch, hunt, number, run, run_json};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[("captures::records_say_what_elastics_agents_make_of_them", agrees_with_documents)];

const SOURCES: [&str; 2] = ["elastic_beats_o365", "elastic_integrations"];

/// Records of other logs, by what the captures call their shape: none of them is read as a record of an audit log here.
const LEFT_OUT: [(&str, &str); 5] = [
    ("m365d", "tables of Defender"),
    ("entra.entity", "lists of accounts and devices"),
    ("entra.diag.provisioning", "what was provisioned to other services"),
    ("exo.messagetrace", "the flow of mail, where nobody acts"),
    ("gws.reports_activity(events=object) alert", "Google's alert center"),
];

/// Texts that are not JSON, because quotes in them are not escaped; their documents were made from a copy beside them.
const NOT_JSON: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Time,
    /// As the provider wrote it.
    Operation,
    /// The agents' own word, which is mostly the provider's.
    Action,
    Actor,
    Address,
    Outcome,
}

const FIELDS: [Field; 6] = [Field::Time, Field::Operation, Field::Action, Field::Actor, Field::Address, Field::Outcome];

/// Fields of which nothing has to be explained for 98 of 100 to agree.
const AGREE_AS_THEY_ARE: [Field; 4] = [Field::Time, Field::Operation, Field::Actor, Field::Address];

/// What a document says of a field and an event does not.
struct Difference<'a> {
    theirs: String,
    ours: Option<&'a str>,
    record: &'a Value,
}

impl Difference<'_> {
    fn text(&self, member: &str) -> Option<&str> {
        self.record[member].as_str()
    }

    /// Nothing is said here, and a member that would say it is not in the record.
    fn is_not_told(&self, member: &str) -> bool {
        self.ours.is_none() && self.record.get(member).is_none()
    }
}

/// Why a group of documents says something else, and how many they are.
struct Explanation {
    field: Field,
    why: &'static str,
    documents: usize,
    covers: fn(&Difference<'_>) -> bool,
}

const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        field: Field::Time,
        why: "a risk's own time, where theirs is when it was passed on",
        documents: 4,
        covers: |it| matches!(it.text("category"), Some("RiskyUsers" | "UserRiskEvents")) && it.ours.is_some(),
    },
    Explanation {
        field: Field::Time,
        why: "no record: it has neither time nor operation and is rejected; theirs is when the document was made",
        documents: 2,
        covers: |it| it.is_not_told("CreationTime") && it.record.get("Operation").is_none(),
    },
    Explanation { field: Field::Operation, why: "a blank at the end", documents: 4, covers: |it| it.ours == Some(it.theirs.trim()) },
    Explanation { field: Field::Action, why: "a blank at the end", documents: 4, covers: |it| it.ours == Some(it.theirs.trim()) },
    Explanation {
        field: Field::Action,
        why: "the agents' own word for what is done to accounts and groups; ours is the provider's",
        documents: 17,
        covers: |it| it.theirs.contains('-') && it.ours.is_some() && it.ours == it.text("Operation"),
    },
    Explanation {
        field: Field::Operation,
        why: "the agents' own word, where the document does not keep the provider's",
        documents: 4,
        covers: |it| it.theirs.contains('-') && it.ours.is_some() && it.ours == it.text("Operation"),
    },
    Explanation {
        field: Field::Action,
        why: "the same word for every request to Graph; ours is its method",
        documents: 5,
        covers: |it| it.ours.is_some() && it.ours == it.record["properties"]["requestMethod"].as_str(),
    },
    Explanation {
        field: Field::Operation,
        why: "the same word for every request to Graph; ours is its method",
        documents: 5,
        covers: |it| it.ours.is_some() && it.ours == it.record["properties"]["requestMethod"].as_str(),
    },
    Explanation {
        field: Field::Actor,
        why: "whose file, mail or alert it is; ours is the service that the record says has acted",
        documents: 9,
        covers: |it| {
            let held = [("SharePointMetaData", "From"), ("ExchangeMetaData", "From")].map(|(part, name)| it.record[part][name].as_str());
            let whose = [held[0], held[1], it.text("AlertEntityId")];
            it.ours.is_some()
                && it.ours == it.text("UserId")
                && whose.into_iter().flatten().any(|whose| it.theirs.split(' ').any(|name| name.eq_ignore_ascii_case(whose)))
        },
    },
    Explanation {
        field: Field::Actor,
        why: "a word for somebody who is not known; ours is nobody",
        documents: 10,
        covers: |it| it.ours.is_none() && it.theirs == "Unknown",
    },
    Explanation {
        field: Field::Outcome,
        why: "the record tells no result; theirs takes what is not told for success",
        documents: 168,
        covers: |it| it.theirs == "success" && it.is_not_told("ResultStatus"),
    },
    Explanation {
        field: Field::Outcome,
        why: "the record tells no result; theirs calls it a failure that a rule has stopped something",
        documents: 8,
        covers: |it| it.theirs == "failure" && it.is_not_told("ResultStatus") && it.record["PolicyDetails"].is_array(),
    },
    Explanation {
        field: Field::Outcome,
        why: "a sign-in with an error: its result says only that the request was served",
        documents: 4,
        covers: |it| it.ours == Some("failure") && it.text("LogonError").is_some_and(|error| !error.is_empty()),
    },
    Explanation {
        field: Field::Outcome,
        why: "neither success nor failure: it was in progress",
        documents: 2,
        covers: |it| it.ours == Some("InProgress") && it.ours == it.text("ResultStatus"),
    },
    Explanation {
        field: Field::Outcome,
        why: "theirs calls a failure what the record says was passed; here it is told as that and not as a result",
        documents: 2,
        covers: |it| {
            let parameters = it.record["events"]["parameters"].as_array();
            let passed = |it: &Value| it["name"] == "login_challenge_status" && it["value"] == "Challenge Passed.";
            it.ours.is_none() && parameters.is_some_and(|all| all.iter().any(passed))
        },
    },
];

/// Explanations that begin so are of documents that say what their record does not.
const UNTOLD: &str = "the record tells no ";

/// A record and what the agents made of it.
struct Document {
    id: String,
    /// The record, in a tenant of its own, so that none is a copy of another.
    record: Value,
    fields: Map<String, Value>,
}

#[derive(Default)]
struct Tally {
    with: usize,
    agree: usize,
    explained: usize,
    /// Of these, documents that say what their record does not tell.
    untold: usize,
}

impl Tally {
    /// Documents whose record tells what the field is about.
    fn told(&self) -> usize {
        self.with - self.untold
    }
}

fn agrees_with_documents() -> Result<()> {
    let documents = documents()?;
    let events = events_of(&documents)?;
    let mut tallies: BTreeMap<Field, Tally> = BTreeMap::new();
    let mut explained = vec![0; EXPLANATIONS.len()];
    let mut unexplained = Vec::new();
    for (at, document) in documents.iter().enumerate() {
        let none = Value::Null;
        let event = events.get(&tenant(at)).unwrap_or(&none);
        for field in FIELDS {
            let theirs = said(field, &document.fields);
            if theirs.is_empty() {
                continue;
            }
            let tally = tallies.entry(field).or_default();
            tally.with += 1;
            if agree(field, &theirs, event) {
                tally.agree += 1;
                continue;
            }
            let difference = Difference { theirs: theirs.join(" "), ours: ours(field, event), record: &document.record };
            match EXPLANATIONS.iter().position(|it| it.field == field && (it.covers)(&difference)) {
                Some(at) => {
                    explained[at] += 1;
                    tally.explained += 1;
                    tally.untold += usize::from(EXPLANATIONS[at].why.starts_with(UNTOLD));
                }
                None => unexplained.push(format!("{}: {field:?} {:?} is not {:?}", document.id, difference.ours, difference.theirs)),
            }
        }
    }
    show(documents.len(), &tallies, &explained);
    ensure!(unexplained.is_empty(), "{} differences are not explained:\n{}", unexplained.len(), unexplained.join("\n"));
    for (explanation, documents) in EXPLANATIONS.iter().zip(&explained) {
        ensure!(explanation.documents == *documents, "{documents} documents, not {}: {}", explanation.documents, explanation.why);
    }
    for field in FIELDS {
        let tally = tallies.get(&field).with_context(|| format!("no document has {field:?}"))?;
        ensure!(tally.agree * 100 >= (tally.with - tally.explained) * 98, "{field:?}: less than 98 of 100 agree");
        ensure!(field == Field::Action || tally.agree * 100 >= tally.told() * 98, "{field:?}: less than 98 of 100 of those told agree");
        let as_it_is = tally.agree * 100 >= tally.with * 98;
        ensure!(as_it_is == AGREE_AS_THEY_ARE.contains(&field), "{field:?}: {} of {} agree as they are", tally.agree, tally.with);
    }
    Ok(())
}

fn documents() -> Result<Vec<Document>> {
    let mut documents = Vec::new();
    let mut not_json = 0;
    for source in SOURCES {
        let text = fs::read_to_string(path(&format!("{source}/expectations.jsonl")))?;
        ensure!(text.lines().count() as u64 == documents_of_manifest(source)?, "{source}: not every expected document is there");
        for line in text.lines() {
            let mut entry: Value = serde_json::from_str(line)?;
            if LEFT_OUT.iter().any(|(shape, _)| entry["format"] == *shape) {
                continue;
            }
            let Value::Object(fields) = entry["expect"]["fields"].take() else { bail!("no fields: {line}") };
            let Ok(record) = serde_json::from_str(entry["event"].as_str().context("a record")?) else {
                not_json += 1;
                continue;
            };
            let id = entry["case_id"].to_string();
            documents.push(Document { id, record: in_tenant(record, &tenant(documents.len())), fields });
        }
    }
    ensure!(not_json == NOT_JSON, "{not_json} records are not JSON");
    Ok(documents)
}

fn documents_of_manifest(source: &str) -> Result<u64> {
    let manifest: Value = serde_json::from_slice(&fs::read(path(&format!("{source}/manifest.json")))?)?;
    let files = manifest["files"].as_array().context("files")?;
    Ok(files.iter().filter(|file| file["role"] == "expected").filter_map(|file| file["events"].as_u64()).sum())
}

fn tenant(at: usize) -> String {
    format!("tenant-{at}")
}

fn in_tenant(mut record: Value, tenant: &str) -> Value {
    if record["id"].is_object() {
        record["id"]["customerId"] = json!(tenant);
    } else if record["properties"].is_object() {
        record["tenantId"] = json!(tenant);
        for member in ["tenantId", "resourceTenantId", "homeTenantId"] {
            if record["properties"].get(member).is_some() {
                record["properties"][member] = json!(tenant);
            }
        }
    } else {
        record["OrganizationId"] = json!(tenant);
    }
    record
}

/// The events of the records, by their tenants.
fn events_of(documents: &[Document]) -> Result<BTreeMap<String, Value>> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let records: Vec<String> = documents.iter().map(|document| document.record.to_string()).collect();
    hunt(&[&scratch.write("records.jsonl", records.join("\n"))?], &case)?;
    let account = run_json(&case)?;
    let all = number(&account, "read") + number(&account, "rejected");
    ensure!(all == documents.len() as u64 && number(&account, "duplicates") == 0, "{all} of {} records", documents.len());
    let query = "select tenant, time, operation, actor, actor_id, client_ip, result from events";
    let rows = String::from_utf8(run(&["sql", query, "-t", "jsonl", "--case", &case], 0)?.stdout)?;
    let mut events = BTreeMap::new();
    for row in rows.lines() {
        let event: Value = serde_json::from_str(row)?;
        let tenant = event["tenant"].as_str().context("a tenant")?.to_owned();
        ensure!(events.insert(tenant, event).is_none(), "two events of one record: {row}");
    }
    ensure!(events.len() as u64 == number(&account, "read"), "some events are in no tenant of theirs");
    Ok(events)
}

/// What a document says of a field: any of these is right.
fn said(field: Field, fields: &Map<String, Value>) -> Vec<String> {
    let first = |names: &[&str]| names.iter().map(|name| texts(fields.get(*name))).find(|said| !said.is_empty()).unwrap_or_default();
    match field {
        Field::Time => first(&["@timestamp"]),
        Field::Operation => first(&["o365.audit.Operation", "event.action"]),
        Field::Action => first(&["event.action"]),
        Field::Address => first(&["source.ip", "client.ip"]),
        Field::Outcome => first(&["event.outcome"]),
        Field::Actor => {
            let named = [texts(fields.get("user.id")), texts(fields.get("user.email"))].concat();
            if named.is_empty() {
                fields.iter().filter(|(name, _)| names_who_acted(name)).flat_map(|(_, it)| texts(Some(it))).collect()
            } else {
                named
            }
        }
    }
}

/// Members of Azure's documents that say who acted, where there is no user in the agents' own words.
fn names_who_acted(name: &str) -> bool {
    let who =
        ["initiated_by.user.id", "initiated_by.app.servicePrincipalId", "service_principal_id", "user_principal_object_id", "user_id"];
    name.starts_with("azure.") && who.iter().any(|who| name.ends_with(who))
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => vec![text.clone()],
        Some(Value::Array(all)) => all.iter().flat_map(|it| texts(Some(it))).collect(),
        _ => Vec::new(),
    }
}

fn ours(field: Field, event: &Value) -> Option<&str> {
    let column = match field {
        Field::Time => "time",
        Field::Operation | Field::Action => "operation",
        Field::Actor => "actor",
        Field::Address => "client_ip",
        Field::Outcome => "result",
    };
    event[column].as_str()
}

fn agree(field: Field, theirs: &[String], event: &Value) -> bool {
    let Some(own) = ours(field, event) else {
        return field == Field::Actor && is_one_of(theirs, event["actor_id"].as_str());
    };
    match field {
        // Theirs are cut to thousandths of a second.
        Field::Time => millis(own).is_some() && theirs.iter().any(|it| millis(it) == millis(own)),
        Field::Operation | Field::Action | Field::Outcome => theirs.iter().any(|it| it == own),
        Field::Actor => is_one_of(theirs, Some(own)) || is_one_of(theirs, event["actor_id"].as_str()),
        Field::Address => address(own).is_some() && theirs.iter().any(|it| address(it) == address(own)),
    }
}

fn is_one_of(theirs: &[String], own: Option<&str>) -> bool {
    own.is_some_and(|own| theirs.iter().any(|it| it.eq_ignore_ascii_case(own)))
}

fn millis(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

/// An IPv4 address is the same inside an IPv6 one.
fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[expect(clippy::print_stdout, reason = "the table is what one runs this test for")]
fn show(documents: usize, tallies: &BTreeMap<Field, Tally>, explained: &[usize]) {
    println!("{documents} documents; left out are {}", LEFT_OUT.map(|(_, what)| what).join(", "));
    println!("{:<10} documents  agree  as they are  told by the record  of these agree  explained", "field");
    for (field, tally) in tallies {
        let percent = |of: usize| tally.agree as f64 * 100.0 / of as f64;
        println!(
            "{:<10} {:>9} {:>6} {:>11.2}% {:>19} {:>14.2}% {:>10}",
            format!("{field:?}"),
            tally.with,
            tally.agree,
            percent(tally.with),
            tally.told(),
            percent(tally.told()),
            tally.explained
        );
    }
    for (explanation, documents) in EXPLANATIONS.iter().zip(explained) {
        println!("{documents:>6} × {:<10} {}", format!("{:?}", explanation.field), explanation.why);
    }
}
