//! The first page: what a person has to know who has never seen a log, on one screen.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{ContainmentStep, Dwell, Incident, Incidents, Nanos, Severity, Totals, Verdict};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::view::answer::lacking;
use crate::view::containment::title;
use crate::view::gaps::problems;
use crate::words::Words;

/// So many steps are named as the first ones.
const FIRST_STEPS: usize = 3;

/// A day, in nanoseconds.
const DAY: i64 = 86_400 * 1_000_000_000;

/// The first page.
#[derive(Debug)]
pub(crate) struct Executive {
    /// The verdict, in one sentence.
    pub(crate) verdict: String,
    /// How far it reaches; empty where nothing was joined to incidents.
    pub(crate) numbers: Vec<Number>,
    /// A label and a sentence each.
    pub(crate) lines: Vec<(String, String)>,
    /// What to do first, in order.
    pub(crate) first_steps: Vec<String>,
    /// What is said where there are no steps, or after them.
    pub(crate) steps_note: Option<String>,
}

/// One number of the first page.
#[derive(Debug)]
pub(crate) struct Number {
    /// What is counted.
    pub(crate) label: String,
    /// How many, in numbers or in words.
    pub(crate) value: String,
    /// What the number leaves open.
    pub(crate) note: Option<String>,
}

impl Executive {
    /// Words the first page.
    pub(crate) fn of(facts: &Facts<'_>, words: &Words) -> Self {
        let some = facts.incidents.filter(|all| !all.incidents.is_empty());
        Self {
            verdict: verdict(facts, words),
            numbers: some.map(|all| numbers(facts, all, words)).unwrap_or_default(),
            lines: lines(facts, some, words),
            first_steps: some.map(|all| first_steps(all, words)).unwrap_or_default(),
            steps_note: some.map(|all| steps_note(facts, all, words)),
        }
    }
}

fn verdict(facts: &Facts<'_>, words: &Words) -> String {
    let sentence = |id: &str| words.tell("sentence", [("text", words.say(id).into())]);
    let findings = facts.findings.len();
    match facts.incidents {
        _ if findings == 0 => sentence(lacking(facts.account).unwrap_or("answer-nothing-found")),
        None => words.tell("executive-not-joined", [("n", findings.into())]),
        Some(all) if all.incidents.is_empty() => words.tell("executive-no-incident", [("n", findings.into())]),
        Some(all) => of_incidents(all, words),
    }
}

fn of_incidents(all: &Incidents, words: &Words) -> String {
    let gravest = all.incidents.iter().map(|incident| incident.severity).max().unwrap_or(Severity::Info);
    let reached = strongest(all);
    let place_of = |verdict: Verdict| crate::said::VERDICTS.iter().position(|word| *word == verdict).unwrap_or(usize::MAX);
    let tenants_of =
        |place: usize| -> Vec<&str> { reached.iter().filter(|(_, at)| **at == place).map(|((tenant, _), _)| *tenant).collect() };
    let (recorded, possible) = (tenants_of(place_of(Verdict::RecordedAccess)), tenants_of(place_of(Verdict::PossibleAccess)));
    let (id, told) = match (recorded.is_empty(), possible.is_empty()) {
        (false, _) if gravest >= Severity::High => ("executive-recorded", recorded),
        (false, _) => ("executive-recorded-unsure", recorded),
        (true, false) => ("executive-possible", possible),
        (true, true) => ("executive-signs", Vec::new()),
    };
    let tenants = if told.is_empty() { all.totals.tenants } else { told.iter().collect::<BTreeSet<_>>().len() as u64 };
    let tenants = words.tell("count-organisations", [("n", tenants.into())]);
    words.tell(id, [("n", told.len().into()), ("tenants", tenants.into())])
}

/// The place of the strongest word of every mailbox, over all incidents, by tenant and address.
fn strongest(all: &Incidents) -> BTreeMap<(&str, &str), usize> {
    let mut strongest: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for mailbox in all.incidents.iter().flat_map(|incident| &incident.mailboxes) {
        let Some(place) = crate::said::VERDICTS.iter().position(|word| mailbox.verdict.starts_with(word.as_str())) else { continue };
        let known = strongest.entry((&mailbox.tenant, &mailbox.mailbox)).or_insert(place);
        *known = place.min(*known);
    }
    strongest
}

/// How many mailboxes have which word, strongest first.
fn reached(all: &Incidents) -> BTreeMap<usize, u64> {
    let mut counts = BTreeMap::new();
    for place in strongest(all).into_values() {
        *counts.entry(place).or_default() += 1;
    }
    counts
}

fn numbers(facts: &Facts<'_>, all: &Incidents, words: &Words) -> Vec<Number> {
    let Totals { tenants, accounts, mailboxes, messages } = &all.totals;
    let number = |label: &str, n: u64, note| Number { label: words.say(label), value: words.count(n), note };
    let (value, note) = words.bounds(messages);
    vec![
        number("executive-organisations", *tenants, None),
        number("executive-accounts", *accounts, accounts_note(facts, all, words)),
        number("executive-mailboxes", *mailboxes, mailboxes_note(all, words)),
        Number { label: words.say("executive-messages"), value, note },
    ]
}

/// How many accounts nothing but tried passwords concerns.
fn accounts_note(facts: &Facts<'_>, all: &Incidents, words: &Words) -> Option<String> {
    let ids: BTreeSet<&str> = all.incidents.iter().flat_map(|incident| &incident.finding_ids).map(String::as_str).collect();
    let accounts = |tried: bool| -> BTreeSet<(&str, String)> {
        let members = facts.findings.iter().filter(|finding| ids.contains(finding.id.as_str()) && finding.is_of_tries() == tried);
        members.flat_map(|finding| finding.accounts.iter().map(|account| (finding.tenant.as_str(), account.to_lowercase()))).collect()
    };
    let tried = accounts(true).difference(&accounts(false)).count();
    (tried > 0).then(|| words.tell("executive-accounts-tried", [("n", tried.into())]))
}

fn mailboxes_note(all: &Incidents, words: &Words) -> Option<String> {
    let mut notes: Vec<String> = reached(all)
        .into_iter()
        .filter_map(|(place, n)| {
            let word = words.verdict_word(*crate::said::VERDICTS.get(place)?);
            Some(words.tell("executive-mailboxes-of-word", [("n", n.into()), ("word", word.into())]))
        })
        .collect();
    let mailboxes = all.incidents.iter().flat_map(|incident| &incident.mailboxes);
    let high: BTreeSet<_> = mailboxes.filter(|mailbox| mailbox.high_value).map(|mailbox| (&mailbox.tenant, &mailbox.mailbox)).collect();
    if !high.is_empty() {
        notes.push(words.tell("executive-high-value", [("n", high.len().into())]));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn lines(facts: &Facts<'_>, some: Option<&Incidents>, words: &Words) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut line = |label: &str, text: String| lines.push((words.say(label), text));
    if let Some(all) = some {
        line("executive-since", since(&all.incidents, words));
        line("executive-until", until(&all.incidents, words));
        line("executive-going-on", going_on(&all.incidents, words));
    }
    if let Some(others) = other_mailboxes(facts, words) {
        line("executive-other-mailboxes", others);
    }
    line("executive-not-assessable", not_assessable(facts, words));
    lines
}

/// When it began, as an interval, with what the interval rests on.
fn since(incidents: &[Incident], words: &Words) -> String {
    let first = incidents.iter().filter_map(|incident| incident.dwell.first_recorded).min();
    let is_open = |dwell: &&Dwell| dwell.left_censored || dwell.earliest_possible.is_none();
    let dwells = || incidents.iter().map(|incident| &incident.dwell);
    let open = dwells().filter(is_open).min_by_key(|dwell| dwell.first_recorded.unwrap_or(Nanos(i64::MAX)));
    let earliest = dwells().filter_map(|dwell| Some((dwell.earliest_possible?, dwell))).min_by_key(|(time, _)| *time);
    let date = |time| words.date_long(time).into();
    let basis = |dwell: &Dwell| (&Shown::passage(&dwell.basis)).into();
    match (first, open, earliest) {
        (None, _, _) => words.say("executive-since-undated"),
        (Some(first), Some(open), _) => words.tell("executive-since-open", [("first", date(first)), ("basis", basis(open))]),
        (Some(first), None, Some((earliest, dwell))) if earliest < first => {
            words.tell("executive-since-between", [("earliest", date(earliest)), ("first", date(first)), ("basis", basis(dwell))])
        }
        (Some(first), None, Some((_, dwell))) => words.tell("executive-since-at", [("first", date(first)), ("basis", basis(dwell))]),
        (Some(first), None, None) => words.tell("executive-since-first", [("first", date(first))]),
    }
}

fn until(incidents: &[Incident], words: &Words) -> String {
    let last = incidents.iter().filter_map(|incident| incident.dwell.last_recorded).max();
    let Some(last) = last else { return words.say("executive-until-undated") };
    words.tell("executive-until-at", [("last", words.date_long(last).into())])
}

fn going_on(incidents: &[Incident], words: &Words) -> String {
    // The logs of every organisation end on a day of their own.
    let ends: BTreeSet<Nanos> = incidents.iter().map(|incident| incident.still_active.as_of).collect();
    let (Some(first), Some(last)) = (ends.first(), ends.last()) else { return words.say("not-worked-out") };
    let date = |time: &Nanos| words.date_long(*time);
    let ends = if first.day() == last.day() {
        words.tell("logs-end-on", [("day", date(last).into())])
    } else {
        words.tell("logs-end-between", [("first", date(first).into()), ("last", date(last).into())])
    };
    let ends = ("ends", ends.into());
    let states: Vec<Going> = incidents.iter().map(going).collect();
    let of = |state| states.iter().filter(|it| **it == state).count();
    let on = of(Going::On);
    if on > 0 {
        return words.tell("executive-going-on-yes", [("n", on.into()), ("all", incidents.len().into()), ends]);
    }
    if of(Going::Contained) == incidents.len() {
        return words.tell("executive-going-on-contained", [ends]);
    }
    if of(Going::Undated) == incidents.len() {
        return words.say("executive-until-undated");
    }
    words.tell("executive-going-on-quiet", [ends])
}

/// Whether an incident goes on, as far as its records tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Going {
    /// Records of it stand in the last day of the logs.
    On,
    /// They do not; what that means is open.
    Quiet,
    /// The logs confirm that it was cut off.
    Contained,
    /// No record of it has a time.
    Undated,
}

/// What the records of an incident say of its end.
pub(crate) fn going(incident: &Incident) -> Going {
    match incident.dwell.last_recorded {
        None => Going::Undated,
        Some(last) if incident.dwell.contained.is_some_and(|done| last < done) => Going::Contained,
        Some(last) if last.0 >= incident.still_active.as_of.0.saturating_sub(DAY) => Going::On,
        Some(_) => Going::Quiet,
    }
}

/// What can be said of the mailboxes that no incident reaches.
fn other_mailboxes(facts: &Facts<'_>, words: &Words) -> Option<String> {
    let others = || facts.statements.iter().filter(|statement| statement.incident_ids.is_empty());
    let known = others().count();
    let of = |word: Verdict| others().filter(|statement| statement.verdict.starts_with(word.as_str())).count();
    (known > 0).then(|| {
        words.tell(
            "executive-others",
            [
                ("n", known.into()),
                ("covered", of(Verdict::NoRecordedAccess).into()),
                ("possible", (of(Verdict::PossibleAccess) + of(Verdict::RecordedAccess)).into()),
                ("open", of(Verdict::NotAssessable).into()),
            ],
        )
    })
}

fn not_assessable(facts: &Facts<'_>, words: &Words) -> String {
    let problems = problems(facts.account, words);
    let mut told = if problems.is_empty() { Vec::new() } else { vec![words.listed(&problems)] };
    if facts.statements.is_empty() {
        told.push(words.say("executive-statements-missing"));
    }
    if told.is_empty() { words.say("executive-nothing-lacking") } else { words.tell("sentence", [("text", told.join("; ").into())]) }
}

/// The gravest incident that has a plan.
fn planned(all: &Incidents) -> Option<&Incident> {
    all.incidents.iter().find(|incident| !incident.containment.is_empty())
}

fn first_steps(all: &Incidents, words: &Words) -> Vec<String> {
    let steps = planned(all).map(|incident| incident.containment.as_slice()).unwrap_or_default();
    let mut steps: Vec<&ContainmentStep> = steps.iter().filter(|step| step.confirmed.is_none()).collect();
    steps.sort_by_key(|step| step.order);
    steps.into_iter().take(FIRST_STEPS).map(|step| title(step, words)).collect()
}

fn steps_note(facts: &Facts<'_>, all: &Incidents, words: &Words) -> String {
    let Some(planned) = planned(all) else { return words.say("executive-no-plan") };
    if planned.containment.iter().all(|step| step.confirmed.is_some()) {
        return words.say("executive-plan-confirmed");
    }
    let organisation = planned.tenants.first().map_or("", |tenant| {
        let seen = facts.account.tenants.iter().find(|seen| seen.tenant == *tenant);
        seen.and_then(|seen| seen.domains.first()).map_or(tenant.as_str(), String::as_str)
    });
    let organisation = ("organisation", (&Shown::name(organisation)).into());
    words.tell("executive-plan-follows", [("n", all.incidents.len().into()), organisation])
}
