//! A tenant under attack, compared with what was expected of it before anything was hunted: incidents, steps, mailboxes, messages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::captures::path;
use crate::program::{Scratch, hunt, run};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[("invictus::a_tenant_under_attack_is_told_as_expected", told_as_expected)];

/// Where the program differs from what is expected, and why. A difference that is not listed fails the test, and so does a listed one that
/// is no more.
const KNOWN: &[(&str, &str)] = &[
    (
        "first_recorded: time",
        "three attempts to register an application that failed, 39 seconds before the one that did not, are cited by no finding",
    ),
    (
        "mail accessed in the odd session: cites less",
        "the finding cites the browser's records; those of the service between are the intruder's in the scope, and no message is missing",
    ),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    incidents: Incidents,
    findings: Findings,
    incident: Vec<Thread>,
    step: Vec<Step>,
    never: Vec<Never>,
    mailbox: Vec<Mailbox>,
    messages: Vec<Messages>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Incidents {
    least: usize,
    most: usize,
    first_recorded: [String; 2],
    last_recorded: [String; 2],
    least_severity: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Findings {
    most: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thread {
    name: String,
    joins: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: String,
    incident: String,
    weight: String,
    from: String,
    to: String,
    phases: Vec<String>,
    categories: Vec<String>,
    cited: usize,
    #[serde(default)]
    finding_only: bool,
    least_severity: Option<String>,
    most_severity: Option<String>,
    records: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Never {
    categories: Vec<String>,
    records: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mailbox {
    mailbox: String,
    names: Vec<String>,
    verdicts: Vec<String>,
    lower: [u64; 2],
    upper: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Messages {
    mailbox: String,
    required: BTreeSet<String>,
    allowed: BTreeSet<String>,
}

/// How the expectation names things.
fn digest(text: &str) -> String {
    Sha256::digest(text.to_lowercase()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// A finding, with its records by digest and the incident it is in.
struct Found {
    id: String,
    category: String,
    severity: usize,
    ids: BTreeSet<String>,
    records: BTreeSet<String>,
    incident: Option<usize>,
}

/// What the program says.
struct Told {
    findings: Vec<Found>,
    incidents: Vec<Value>,
}

fn rank(severity: &str) -> usize {
    ["info", "low", "medium", "high", "critical"].iter().position(|word| *word == severity).unwrap_or(0)
}

const MEDIUM: usize = 2;

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

impl Told {
    fn of(case: &str, findings: &[Value]) -> Result<Self> {
        let all: Value = serde_json::from_slice(&fs::read(Path::new(case).join("incidents.json"))?)?;
        let incidents = all["incidents"].as_array().context("incidents")?.clone();
        let findings = findings.iter().map(|finding| {
            let ids: BTreeSet<String> = texts(&finding["event_ids"]).map(str::to_owned).collect();
            Found {
                id: text(&finding["id"]).to_owned(),
                category: text(&finding["category"]).to_owned(),
                severity: rank(text(&finding["severity"])),
                records: ids.iter().map(|id| digest(id)).collect(),
                ids,
                incident: incidents.iter().position(|incident| texts(&incident["finding_ids"]).any(|id| id == text(&finding["id"]))),
            }
        });
        Ok(Self { findings: findings.collect(), incidents })
    }

    /// The findings about a step.
    fn about<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = &'a Found> {
        self.findings.iter().filter(|found| step.categories.contains(&found.category) && !found.records.is_disjoint(&step.records))
    }

    /// Lines of stories about a step: time and phase, earliest first.
    fn lines(&self, step: &Step) -> Vec<(String, String)> {
        let about: BTreeSet<&str> = self.about(step).map(|found| found.id.as_str()).collect();
        let stories = self.incidents.iter().flat_map(|incident| incident["story"].as_array().into_iter().flatten());
        let lines = stories.filter(|line| texts(&line["finding_ids"]).any(|id| about.contains(id)));
        let mut lines: Vec<(String, String)> = lines.map(|line| (text(&line["time"]).to_owned(), text(&line["step"]).to_owned())).collect();
        lines.sort();
        lines
    }

    fn severity(&self, incident: usize) -> usize {
        rank(text(&self.incidents[incident]["severity"]))
    }

    /// The incident that holds most of what is about a thread.
    fn incident_of(&self, thread: &str, expected: &Expected) -> Option<usize> {
        let mut held: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for step in expected.step.iter().filter(|step| step.incident == thread) {
            for incident in self.about(step).filter_map(|found| found.incident) {
                held.entry(incident).or_default().insert(&step.name);
            }
        }
        held.into_iter().max_by_key(|(incident, steps)| (steps.len(), std::cmp::Reverse(*incident))).map(|(incident, _)| incident)
    }
}

/// Differences by name, and the table of what was compared.
#[derive(Default)]
struct Comparison {
    differences: BTreeSet<String>,
    rows: Vec<[String; 3]>,
}

impl Comparison {
    fn row(&mut self, what: &str, expected: impl ToString, found: impl ToString, differences: &[(&str, bool)]) {
        let wrong: Vec<&str> = differences.iter().filter(|(_, holds)| !holds).map(|(name, _)| *name).collect();
        let mark = if wrong.is_empty() { String::new() } else { format!("   << {}", wrong.join(", ")) };
        self.rows.push([what.to_owned(), expected.to_string(), format!("{}{mark}", found.to_string())]);
        self.differences.extend(wrong.into_iter().map(|name| format!("{what}: {name}")));
    }
}

fn told_as_expected() -> Result<()> {
    let expected: Expected = toml::from_str(include_str!("invictus_expected.toml"))?;
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let findings = hunt(&[&path("invictus_o365/original/split")], &case)?;
    let told = Told::of(&case, &findings)?;
    let mut compared = Comparison::default();
    compare_totals(&expected, &told, &mut compared);
    compare_steps(&expected, &told, &mut compared);
    compare_quiet(&expected, &told, &mut compared)?;
    compare_mailboxes(&expected, &told, &mut compared);
    compare_messages(&expected, &case, &mut compared)?;
    print(&compared);
    let known: BTreeSet<String> = KNOWN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let new: Vec<&String> = compared.differences.difference(&known).collect();
    let gone: Vec<&String> = known.difference(&compared.differences).collect();
    ensure!(new.is_empty() && gone.is_empty(), "differences that are not known: {new:?}; known ones that are no more: {gone:?}");
    Ok(())
}

fn compare_totals(expected: &Expected, told: &Told, compared: &mut Comparison) {
    let grave = (0..told.incidents.len()).filter(|incident| told.severity(*incident) >= MEDIUM).count();
    let Incidents { least, most, first_recorded, last_recorded, least_severity } = &expected.incidents;
    compared.row("incidents", format!("{least} to {most}"), grave, &[("number", (*least..=*most).contains(&grave))]);
    let loud = told.findings.iter().filter(|found| found.severity >= MEDIUM).count();
    compared.row("findings", format!("at most {}", expected.findings.most), loud, &[("number", loud <= expected.findings.most)]);
    let main = expected.incident.iter().find(|thread| thread.joins.is_none()).and_then(|thread| told.incident_of(&thread.name, expected));
    let Some(main) = main.map(|main| &told.incidents[main]) else {
        compared.row("main incident", "one", "none", &[("missing", false)]);
        return;
    };
    let dwell = &main["dwell"];
    let within = |[from, to]: &[String; 2], time: &str| from.as_str() <= time && time <= to.as_str();
    for (what, span) in [("first_recorded", first_recorded), ("last_recorded", last_recorded)] {
        let time = text(&dwell[what]);
        compared.row(what, span.join(" to "), time, &[("time", within(span, time))]);
    }
    let severity = text(&main["severity"]);
    compared.row("severity", least_severity, severity, &[("severity", rank(severity) >= rank(least_severity))]);
}

fn compare_steps(expected: &Expected, told: &Told, compared: &mut Comparison) {
    let main = expected.incident.first().and_then(|thread| told.incident_of(&thread.name, expected));
    let mut so_far = String::new();
    for step in &expected.step {
        let thread = expected.incident.iter().find(|thread| thread.name == step.incident);
        let may_join = thread.is_some_and(|thread| thread.joins.is_some());
        let own = told.incident_of(&step.incident, expected);
        let cited = |held: bool| -> usize {
            let found = told.about(step).filter(|found| !held || (found.incident.is_some() && found.incident == own));
            found.flat_map(|found| found.records.intersection(&step.records)).collect::<BTreeSet<_>>().len()
        };
        let lines = told.lines(step);
        let first = lines.first().map_or("", |(time, _)| time.as_str());
        let missing = cited(false) == 0;
        let optional = missing && step.weight == "could";
        let worst = told.about(step).map(|found| found.severity).max().unwrap_or(0);
        let elsewhere = told.about(step).any(|found| found.severity >= MEDIUM && found.incident.is_some() && found.incident != own);
        // A line that begins before what should lie before it, or after the step is over, is not in order.
        let in_order = first.is_empty() || (first >= so_far.as_str() && first <= step.to.as_str());
        if in_order && !first.is_empty() {
            first.clone_into(&mut so_far);
        }
        let holds = [
            ("not found", !missing || optional),
            ("cites less", missing || cited(false) >= step.cited),
            ("not in the incident", missing || step.finding_only || cited(true) >= step.cited.min(cited(false))),
            ("in another incident", !elsewhere),
            ("apart", may_join || own == main),
            ("phase", missing || step.phases.is_empty() || lines.iter().any(|(_, phase)| step.phases.contains(phase))),
            ("order", in_order),
            ("too mild", missing || step.least_severity.as_deref().is_none_or(|least| worst >= rank(least))),
            ("too grave", step.most_severity.as_deref().is_none_or(|most| worst <= rank(most))),
        ];
        let wanted = format!(
            "{} {}, {} of {} records, {}, {}",
            step.weight,
            step.incident,
            step.cited,
            step.records.len(),
            step.phases.join("|"),
            step.from
        );
        let said = format!("{} findings, {} records, {}", told.about(step).count(), cited(false), phases(&lines));
        compared.row(&step.name, wanted, said, &holds);
    }
}

fn phases(lines: &[(String, String)]) -> String {
    lines.iter().map(|(time, phase)| format!("{phase} {time}")).collect::<Vec<_>>().join(", ")
}

/// What the truth says must not alert, is neither an incident nor the ground of a finding; and nothing else is one that was not expected.
fn compare_quiet(expected: &Expected, told: &Told, compared: &mut Comparison) -> Result<()> {
    let truth: Value = serde_json::from_slice(&fs::read(path("invictus_o365/truth.json"))?)?;
    let cases = truth["cases"].as_array().context("cases")?;
    let quiet: BTreeSet<&str> =
        cases.iter().filter(|case| case["scoring"] == "must_not_alert").flat_map(|case| texts(&case["ids"])).collect();
    ensure!(quiet.len() > 800, "only {} records that must not alert", quiet.len());
    let on_quiet =
        |found: &&Found| found.severity >= MEDIUM && !found.ids.is_empty() && found.ids.iter().all(|id| quiet.contains(id.as_str()));
    let false_alarms = told.findings.iter().filter(on_quiet).count();
    compared.row("ordinary records", "no findings on them alone", false_alarms, &[("findings", false_alarms == 0)]);
    let labelled: BTreeSet<&String> = expected.step.iter().flat_map(|step| &step.records).collect();
    let holds_some = |incident: usize| {
        let own = told.findings.iter().filter(|found| found.incident == Some(incident));
        own.flat_map(|found| &found.records).any(|record| labelled.contains(record))
    };
    let stray = (0..told.incidents.len()).filter(|incident| told.severity(*incident) >= MEDIUM && !holds_some(*incident)).count();
    compared.row("incidents of nothing expected", 0, stray, &[("number", stray == 0)]);
    let counts = |never: &Never, found: &Found| never.categories.contains(&found.category) && !found.records.is_disjoint(&never.records);
    let misread = told.findings.iter().filter(|found| expected.never.iter().any(|never| counts(never, found))).count();
    compared.row("failures that are no guesses", "in no finding of guessing", misread, &[("counted", misread == 0)]);
    Ok(())
}

/// The word and the bounds that the incidents say of a mailbox: the strongest word, the highest lower end, and an upper end if all have one.
fn said_of<'a>(told: &'a Told, is_it: impl Fn(&str) -> bool + 'a) -> Option<(&'a str, u64, Option<u64>)> {
    let mailboxes = told.incidents.iter().flat_map(|incident| incident["mailboxes"].as_array().into_iter().flatten());
    let said: Vec<&Value> = mailboxes.filter(|mailbox| is_it(text(&mailbox["mailbox"]))).collect();
    let words = ["recorded access", "possible access", "no recorded access within coverage", "not assessable"];
    let word = words.into_iter().find(|word| said.iter().any(|mailbox| text(&mailbox["verdict"]).starts_with(word)))?;
    let lower = said.iter().filter_map(|mailbox| mailbox["messages"]["lower"].as_u64()).max().unwrap_or(0);
    let upper = said.iter().map(|mailbox| mailbox["messages"]["upper"].as_u64()).collect::<Option<Vec<u64>>>();
    Some((word, lower, upper.and_then(|upper| upper.into_iter().max())))
}

fn compare_mailboxes(expected: &Expected, told: &Told, compared: &mut Comparison) {
    let names = |mailbox: &Mailbox, name: &str| {
        let last = name.rsplit('/').next().unwrap_or(name);
        mailbox.mailbox == digest(name) || mailbox.mailbox == digest(last) || mailbox.names.contains(&digest(last))
    };
    for mailbox in &expected.mailbox {
        let what = format!("mailbox {}", mailbox.mailbox);
        let wanted =
            format!("{}, {} to {} at least, {} at most", mailbox.verdicts.join(" or "), mailbox.lower[0], mailbox.lower[1], mailbox.upper);
        let Some((word, lower, upper)) = said_of(told, |name| names(mailbox, name)) else {
            compared.row(&what, wanted, "in no incident", &[("missing", false)]);
            continue;
        };
        let holds = [
            ("verdict", mailbox.verdicts.iter().any(|verdict| verdict == word)),
            ("lower", (mailbox.lower[0]..=mailbox.lower[1]).contains(&lower)),
            ("upper", mailbox.upper != "none" || upper.is_none()),
        ];
        compared.row(&what, wanted, format!("{word}, {lower} at least, {upper:?} at most"), &holds);
    }
    let is_other = |name: &str| !expected.mailbox.iter().any(|mailbox| names(mailbox, name));
    let others = said_of(told, is_other).map_or("", |(word, _, _)| word);
    compared.row("other mailboxes", "no recorded access", others, &[("verdict", others != "recorded access")]);
}

fn compare_messages(expected: &Expected, case: &str, compared: &mut Comparison) -> Result<()> {
    let listed = run(&["scope", "--messages", "-t", "jsonl", "--case", case, "--quiet"], 0)?;
    let rows: Vec<Value> = String::from_utf8(listed.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut accessed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["class"] == "accessed") {
        accessed.entry(digest(text(&row["mailbox"]))).or_default().insert(digest(text(&row["message_id"])));
    }
    for messages in &expected.messages {
        let found = accessed.remove(&messages.mailbox).unwrap_or_default();
        let missing = messages.required.difference(&found).count();
        let other = found.iter().filter(|id| !messages.required.contains(*id) && !messages.allowed.contains(*id)).count();
        let wanted = format!("{} messages, perhaps {} more", messages.required.len(), messages.allowed.len());
        let holds = [("missing", missing == 0), ("others", other == 0)];
        compared.row(
            &format!("messages of {}", messages.mailbox),
            wanted,
            format!("{}, {missing} missing, {other} others", found.len()),
            &holds,
        );
    }
    compared.row("messages of other mailboxes", "none accessed", accessed.len(), &[("accessed", accessed.is_empty())]);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the table is what one runs this test for")]
fn print(compared: &Comparison) {
    println!("{:<34} {:<92} found", "what", "expected");
    for [what, expected, found] in &compared.rows {
        println!("{what:<34} {expected:<92} {found}");
    }
    for (name, reason) in KNOWN {
        println!("known: {name}: {reason}");
    }
}
