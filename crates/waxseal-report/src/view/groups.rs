//! The findings: the gravest first, those of one detection together, so that what they share is said once.

use waxseal_model::{Finding, Severity};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::wording::{counted, coverage_word, grouped, span};

/// How many findings of one detection and severity are told in full.
const TOLD: usize = 200;

/// How many names a finding spells out of each kind.
const NAMES: usize = 6;

/// How many record ids a finding spells out.
const IDS: usize = 5;

/// The findings of one severity.
#[derive(Debug)]
pub(crate) struct Level {
    /// The severity.
    pub(crate) severity: Severity,
    /// `2 findings`.
    pub(crate) count: String,
    /// Its detections, in the order of their first findings.
    pub(crate) groups: Vec<Told>,
}

/// The findings of one severity and one detection.
#[derive(Debug)]
pub(crate) struct Told {
    /// The detection's title.
    pub(crate) title: Shown,
    /// Id and version.
    pub(crate) detection: Shown,
    /// Category and techniques.
    pub(crate) kind: Shown,
    /// Why an intruder does it.
    pub(crate) why: Option<Shown>,
    /// The findings.
    pub(crate) details: Vec<Detail>,
    /// That there are more of them, and where.
    pub(crate) more: Option<String>,
    /// What was looked for, what cannot be excluded, what looks the same.
    pub(crate) limits: Vec<(&'static str, Vec<Shown>)>,
}

/// One finding.
#[derive(Debug)]
pub(crate) struct Detail {
    /// The finding's id.
    pub(crate) id: Shown,
    /// What was seen.
    pub(crate) explanation: Shown,
    /// When.
    pub(crate) when: String,
    /// The verdict.
    pub(crate) verdict: Shown,
    /// Confidence and coverage.
    pub(crate) weight: String,
    /// Who, where, with what, and which records.
    pub(crate) names: Vec<Names>,
}

/// Some names of one kind.
#[derive(Debug)]
pub(crate) struct Names {
    /// The kind.
    pub(crate) label: &'static str,
    /// The first of them.
    pub(crate) shown: Vec<Shown>,
    /// How many there are.
    pub(crate) total: u64,
    /// Whether they are ids, which are set in a fixed width.
    pub(crate) ids: bool,
}

impl Names {
    /// What is said after the first few.
    pub(crate) fn more_than(&self, told: usize) -> Option<String> {
        let more = self.total.saturating_sub(told as u64);
        (more > 0).then(|| format!("and {} more", grouped(more)))
    }
}

/// The levels that have findings.
pub(crate) fn levels(facts: &Facts<'_>) -> Vec<Level> {
    Severity::ALL.iter().rev().filter_map(|severity| level(facts, *severity)).collect()
}

fn level(facts: &Facts<'_>, severity: Severity) -> Option<Level> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut count = 0;
    for finding in facts.findings.iter().filter(|finding| finding.severity == severity) {
        count += 1;
        match groups.iter_mut().find(|group| alike(group, finding)) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    let groups: Vec<_> = groups.iter().filter_map(|group| told(facts, group)).collect();
    (count > 0).then(|| Level { severity, count: counted(count, "finding", "findings"), groups })
}

/// Whether a finding says the same as those of a group of what it rests on.
fn alike(group: &[&Finding], finding: &Finding) -> bool {
    group.first().is_some_and(|first| {
        first.detection == finding.detection
            && first.version == finding.version
            && first.looked_for == finding.looked_for
            && first.cannot_exclude == finding.cannot_exclude
    })
}

fn told(facts: &Facts<'_>, group: &[&Finding]) -> Option<Told> {
    let first = group.first()?;
    let meta = facts.detection(&first.detection);
    let untold = group.len().saturating_sub(TOLD) as u64;
    Some(Told {
        title: Shown::name(&first.title),
        detection: Shown::name(&format!("{} v{}", first.detection, first.version)),
        kind: Shown::name(&format!("{} · ATT&CK {}", first.category, first.attack.join(", "))),
        why: meta.map(|meta| Shown::passage(&one_line(&meta.why))),
        details: group.iter().take(TOLD).map(|finding| Detail::of(finding)).collect(),
        more: (untold > 0).then(|| format!("{} of this kind in findings.jsonl.", counted(untold, "more finding", "more findings"))),
        limits: limits(first, meta.map_or(&[], |meta| meta.false_positives.as_slice())),
    })
}

fn limits(finding: &Finding, ordinary: &[String]) -> Vec<(&'static str, Vec<Shown>)> {
    let passages = |texts: &[String]| texts.iter().map(|text| Shown::passage(&one_line(text))).collect::<Vec<_>>();
    let all = [
        ("Also looked for", passages(&finding.looked_for)),
        ("Cannot be excluded", passages(&finding.cannot_exclude)),
        ("Ordinary causes", passages(ordinary)),
    ];
    all.into_iter().filter(|(_, texts)| !texts.is_empty()).collect()
}

impl Detail {
    fn of(finding: &Finding) -> Self {
        let coverage = coverage_word(finding.coverage);
        Self {
            id: Shown::name(&finding.id),
            explanation: Shown::passage(&finding.explanation),
            when: span(finding.first_time, finding.last_time),
            verdict: Shown::passage(&finding.verdict),
            weight: format!("confidence {}, log coverage {coverage}", finding.confidence),
            names: names(finding),
        }
    }
}

fn names(finding: &Finding) -> Vec<Names> {
    let tenant = [finding.tenant.clone()];
    let some = |label, values: &[String], most, total: u64, ids| {
        let shown = values.iter().take(most).map(|value| Shown::name(value)).collect();
        Names { label, shown, total, ids }
    };
    let plain = |label, values: &[String]| some(label, values, NAMES, values.len() as u64, false);
    let all = [
        plain("Accounts", &finding.accounts),
        plain("Mailboxes", &finding.mailboxes),
        plain("Applications", &finding.apps),
        plain("Addresses", &finding.ips),
        some("Sessions", &finding.sessions, NAMES, finding.sessions.len() as u64, true),
        some("Tenant", &tenant, 1, 1, true),
        some("Records", &finding.event_ids, IDS, finding.event_count.max(finding.event_ids.len() as u64), true),
    ];
    all.into_iter().filter(|names| !names.shown.is_empty()).collect()
}

/// Front matter is wrapped where its author liked; a report wraps it anew.
fn one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}
