//! What can be done about incidents, as proposals: nothing is carried out.

use waxseal_model::{ContainmentStep, Incident, printable};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::view::incidents::left_out;
use crate::words::Words;

/// So many incidents have their plan on the page.
const PLANS: usize = 15;

/// So many steps of one plan.
const STEPS: usize = 30;

/// So many targets of one step are named.
const TARGETS: usize = 8;

/// So many lines of commands of one step.
const LINES: usize = 24;

/// The longest command that is shown. One that is cut would be another command.
const LONGEST: usize = 4_000;

/// The plan of one incident.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The place of the incident among those told, from 1.
    pub(crate) number: usize,
    /// The incident's title.
    pub(crate) title: Shown,
    /// Its id.
    pub(crate) id: Shown,
    /// The steps, in order.
    pub(crate) steps: Vec<StepRow>,
    /// That there are more of them, and where.
    pub(crate) more: Option<String>,
}

/// One step.
#[derive(Debug)]
pub(crate) struct StepRow {
    /// Its place in the plan.
    pub(crate) order: u32,
    /// What to do.
    pub(crate) title: String,
    /// The same, with what it is about.
    pub(crate) about: String,
    /// A label and a text each.
    pub(crate) details: Vec<(String, String)>,
    /// The commands: how they are meant, and their lines.
    pub(crate) commands: Vec<(String, Vec<String>)>,
    /// That commands are left out, and where they are.
    pub(crate) left_out: Option<String>,
    /// Whether the logs confirm it.
    pub(crate) is_confirmed: bool,
}

/// The plans of the incidents, as far as there is room for them.
pub(crate) fn plans(facts: &Facts<'_>, words: &Words) -> Vec<Plan> {
    let all = facts.incidents.map(|all| all.incidents.as_slice()).unwrap_or_default();
    all.iter().take(PLANS).enumerate().map(|(i, incident)| plan(i + 1, incident, words)).collect()
}

/// How many plans are left out, and where they are.
pub(crate) fn plans_more(facts: &Facts<'_>, words: &Words) -> Option<String> {
    left_out(facts.incidents?.incidents.len(), PLANS, "plans-more", words)
}

fn plan(number: usize, incident: &Incident, words: &Words) -> Plan {
    let mut steps: Vec<&ContainmentStep> = incident.containment.iter().collect();
    steps.sort_by_key(|step| step.order);
    Plan {
        number,
        title: Shown::passage(&incident.title),
        id: Shown::name(&incident.id),
        steps: steps.into_iter().take(STEPS).map(|step| step_row(step, words)).collect(),
        more: left_out(incident.containment.len(), STEPS, "plan-more", words),
    }
}

/// What a step is, in a few words: its action where the language has words for it, else its own title.
fn name(step: &ContainmentStep, words: &Words) -> String {
    words.word("action", &step.action).unwrap_or_else(|| words.apart(Shown::passage(&step.title).to_string()))
}

/// What a step is, and what it is about, in one line.
pub(crate) fn title(step: &ContainmentStep, words: &Words) -> String {
    let name = name(step, words);
    if step.targets.is_empty() {
        return name;
    }
    let targets = words.first_few(step.targets.iter().map(String::as_str), 2);
    words.tell("step-title", [("action", name.into()), ("targets", targets.into())])
}

fn step_row(step: &ContainmentStep, words: &Words) -> StepRow {
    let mut left_out = 0;
    let mut commands = Vec::new();
    for (label, lines) in [("step-powershell", &step.powershell), ("step-api", &step.api)] {
        let shown = command_lines(lines, &mut left_out);
        if !shown.is_empty() {
            commands.push((words.say(label), shown));
        }
    }
    StepRow {
        order: step.order,
        title: name(step, words),
        about: title(step, words),
        details: details(step, words),
        commands,
        left_out: (left_out > 0).then(|| words.tell("step-commands-left-out", [("n", left_out.into())])),
        is_confirmed: step.confirmed.is_some(),
    }
}

fn details(step: &ContainmentStep, words: &Words) -> Vec<(String, String)> {
    let passage = |text: &str| Shown::passage(text).to_string();
    let all = [
        // Where the language has no words of its own for the action, this is what stands above.
        ("step-what", if step.title == name(step, words) { String::new() } else { passage(&step.title) }),
        ("step-targets", words.first_few(step.targets.iter().map(String::as_str), TARGETS)),
        ("step-effect", passage(&step.effect)),
        ("step-undo", passage(&step.undo)),
        ("step-permission", passage(&step.permission)),
        ("step-confirmed-by", confirmation(step, words)),
        ("step-findings", words.first_few(step.finding_ids.iter().map(String::as_str), TARGETS)),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).map(|(id, text)| (words.say(id), text)).collect()
}

fn confirmation(step: &ContainmentStep, words: &Words) -> String {
    let operation = Shown::name(&step.confirmed_by);
    match step.confirmed {
        Some(time) if step.confirmed_by.is_empty() => words.tell("step-confirmed", [("time", words.moment(time).into())]),
        Some(time) => words.tell("step-confirmed-with", [("time", words.moment(time).into()), ("operation", (&operation).into())]),
        None if step.confirmed_by.is_empty() => words.say("step-not-confirmable"),
        None => words.tell("step-not-confirmed", [("operation", (&operation).into())]),
    }
}

/// The lines of commands that can be shown as they are; the others are counted. A command with a sign in it that has to be
/// shown otherwise would not do what it says.
fn command_lines(commands: &[String], left_out: &mut u64) -> Vec<String> {
    let mut lines = Vec::new();
    for command in commands {
        let fits = lines.len() < LINES && command.len() <= LONGEST;
        if fits && command.lines().all(|line| printable(line) == line) {
            lines.extend(command.lines().map(str::to_owned));
        } else {
            *left_out += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_is_or_not_at_all() {
        let commands = ["Revoke-It 'a'", "POST /x\n{\"a\": 1}", "Revoke-It 'a\u{202e}b'", &"x".repeat(LONGEST + 1)].map(str::to_owned);
        let mut left_out = 0;
        assert_eq!(command_lines(&commands, &mut left_out), ["Revoke-It 'a'", "POST /x", "{\"a\": 1}"]);
        assert_eq!(left_out, 2);
    }
}
