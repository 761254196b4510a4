//! The findings: the gravest first, those of one detection together, so that what they share is said once.

use waxseal_model::{Finding, Severity};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::words::Words;

/// How many findings of one detection and severity are told in full.
const TOLD: usize = 100;

/// How many findings are told in full in all, the gravest first. Of what comes after them each detection has a few.
const ROOM: usize = 400;

/// How many of one detection and severity are told where there is no more room.
const AT_LEAST: usize = 3;

/// How many sentences of each kind of limit.
const LIMITS: usize = 20;

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
    pub(crate) limits: Vec<(String, Vec<Shown>)>,
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
    pub(crate) verdict: String,
    /// Confidence and coverage.
    pub(crate) weight: String,
    /// Who, where, with what, and which records.
    pub(crate) names: Vec<Names>,
}

/// What names are names of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamesOf {
    /// Accounts.
    Accounts,
    /// Mailboxes.
    Mailboxes,
    /// Applications.
    Applications,
    /// Addresses of clients.
    Addresses,
    /// Sessions.
    Sessions,
    /// The tenant, which goes without saying where there is but one.
    Tenant,
    /// The records that a finding rests on, of which a summary names fewer.
    Records,
}

impl NamesOf {
    /// Its message.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Accounts => "names-accounts",
            Self::Mailboxes => "names-mailboxes",
            Self::Applications => "names-applications",
            Self::Addresses => "names-addresses",
            Self::Sessions => "names-sessions",
            Self::Tenant => "names-tenant",
            Self::Records => "names-records",
        }
    }

    /// Whether they are ids, which are set in a fixed width.
    pub(crate) fn are_ids(self) -> bool {
        matches!(self, Self::Sessions | Self::Tenant | Self::Records)
    }
}

/// Some names of one kind.
#[derive(Debug)]
pub(crate) struct Names {
    /// The kind.
    pub(crate) of: NamesOf,
    /// The first of them.
    pub(crate) shown: Vec<Shown>,
    /// How many there are.
    pub(crate) total: u64,
}

impl Names {
    /// What is said after the first few.
    pub(crate) fn more_than(&self, told: usize, words: &Words) -> Option<String> {
        let more = self.total.saturating_sub(told as u64);
        (more > 0).then(|| words.tell("and-more", [("n", more.into())]))
    }
}

/// The levels that have findings.
pub(crate) fn levels(facts: &Facts<'_>, words: &Words) -> Vec<Level> {
    let mut room = ROOM;
    Severity::ALL.iter().rev().filter_map(|severity| level(facts, *severity, &mut room, words)).collect()
}

fn level(facts: &Facts<'_>, severity: Severity, room: &mut usize, words: &Words) -> Option<Level> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut count = 0_u64;
    for finding in facts.findings.iter().filter(|finding| finding.severity == severity) {
        count += 1;
        match groups.iter_mut().find(|group| alike(group, finding)) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    let groups: Vec<_> = groups.iter().filter_map(|group| told(facts, group, room, words)).collect();
    (count > 0).then(|| Level { severity, count: words.tell("count-findings", [("n", count.into())]), groups })
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

fn told(facts: &Facts<'_>, group: &[&Finding], room: &mut usize, words: &Words) -> Option<Told> {
    let first = group.first()?;
    let meta = facts.detection(&first.detection);
    let most = TOLD.min((*room).max(AT_LEAST));
    *room = room.saturating_sub(group.len().min(most));
    let untold = group.len().saturating_sub(most);
    Some(Told {
        title: Shown::name(&first.title),
        detection: Shown::name(&format!("{} v{}", first.detection, first.version)),
        kind: Shown::name(&format!("{} · ATT&CK {}", first.category, first.attack.join(", "))),
        why: meta.map(|meta| Shown::passage(&one_line(&meta.why))),
        details: group.iter().take(most).map(|finding| Detail::of(finding, words)).collect(),
        more: (untold > 0).then(|| words.tell("findings-more", [("n", untold.into())])),
        limits: limits(first, meta.map_or(&[], |meta| meta.false_positives.as_slice()), words),
    })
}

fn limits(finding: &Finding, ordinary: &[String], words: &Words) -> Vec<(String, Vec<Shown>)> {
    let passages = |texts: &[String]| texts.iter().take(LIMITS).map(|text| Shown::passage(&one_line(text))).collect::<Vec<_>>();
    let all = [
        ("finding-looked-for", passages(&finding.looked_for)),
        ("finding-cannot-exclude", passages(&finding.cannot_exclude)),
        ("finding-ordinary-causes", passages(ordinary)),
    ];
    all.into_iter().filter(|(_, texts)| !texts.is_empty()).map(|(id, texts)| (words.say(id), texts)).collect()
}

impl Detail {
    fn of(finding: &Finding, words: &Words) -> Self {
        let (confidence, coverage) = (words.confidence(finding.confidence), words.coverage(finding.coverage));
        Self {
            id: Shown::name(&finding.id),
            explanation: Shown::passage(&finding.explanation),
            when: words.span(finding.first_time, finding.last_time),
            verdict: words.verdict(&finding.verdict),
            weight: words.tell("finding-weight", [("confidence", confidence.into()), ("coverage", coverage.into())]),
            names: names(finding),
        }
    }
}

fn names(finding: &Finding) -> Vec<Names> {
    let tenant = [finding.tenant.clone()];
    let some = |of, values: &[String], most, total: u64| Names {
        of,
        shown: values.iter().take(most).map(|value| Shown::name(value)).collect(),
        total,
    };
    let plain = |of, values: &[String]| some(of, values, NAMES, values.len() as u64);
    let all = [
        plain(NamesOf::Accounts, &finding.accounts),
        plain(NamesOf::Mailboxes, &finding.mailboxes),
        plain(NamesOf::Applications, &finding.apps),
        plain(NamesOf::Addresses, &finding.ips),
        plain(NamesOf::Sessions, &finding.sessions),
        plain(NamesOf::Tenant, &tenant),
        some(NamesOf::Records, &finding.event_ids, IDS, finding.event_count.max(finding.event_ids.len() as u64)),
    ];
    all.into_iter().filter(|names| !names.shown.is_empty()).collect()
}

/// Front matter is wrapped where its author liked; a report wraps it anew.
fn one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}
