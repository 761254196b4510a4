//! What the findings of an incident say of mailboxes.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Finding, IncidentMailbox, MessageBounds, Verdict};

use crate::facts::Facts;
use crate::graph::Group;
use crate::role::Role;

const STRONGEST_FIRST: [Verdict; 4] = [Verdict::RecordedAccess, Verdict::PossibleAccess, Verdict::NotAssessable, Verdict::NoRecordedAccess];

/// The place of the weakest word that says access.
const POSSIBLE: usize = 1;

/// Every word that applies to a mailbox, strongest first, with its reasons.
pub(crate) type Words = BTreeSet<(usize, String)>;

/// The mailboxes that findings name, by tenant and address, with every word that applies.
pub(crate) fn words<'f>(findings: impl Iterator<Item = &'f Finding>) -> BTreeMap<(String, String), Words> {
    let mut words: BTreeMap<(String, String), Words> = BTreeMap::new();
    for finding in findings {
        let Some(word) = word(&finding.verdict) else { continue };
        for mailbox in named(finding, Role::of(&finding.category)) {
            words.entry((finding.tenant.clone(), mailbox)).or_default().insert((word, finding.verdict.clone()));
        }
    }
    words
}

/// The mailboxes that findings say recorded or possible access of, by tenant and address, with the findings' ids.
pub(crate) fn say_access<'f>(findings: impl Iterator<Item = &'f Finding>) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut told: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let access = |finding: &&Finding| word(&finding.verdict).is_some_and(|place| place <= POSSIBLE);
    for finding in findings.filter(access) {
        for mailbox in named(finding, Role::of(&finding.category)) {
            told.entry((finding.tenant.clone(), mailbox)).or_default().insert(finding.id.clone());
        }
    }
    told
}

/// A word with its reason, and its place among the words.
pub(crate) fn said(verdict: Verdict, reason: &str) -> (usize, String) {
    let place = STRONGEST_FIRST.iter().position(|word| *word == verdict).unwrap_or(STRONGEST_FIRST.len());
    (place, verdict.with_reason(reason))
}

/// All words in one line.
pub(crate) fn in_line(words: &Words) -> String {
    words.iter().map(|(_, word)| word.as_str()).collect::<Vec<_>>().join("; ")
}

/// A mailbox of which nothing was counted.
pub(crate) fn uncounted((tenant, mailbox): (String, String), words: &Words) -> IncidentMailbox {
    IncidentMailbox {
        mailbox,
        tenant,
        verdict: in_line(words),
        messages: MessageBounds::not_counted(),
        classes: None,
        high_value: false,
        first_recorded: None,
        last_recorded: None,
        exposed: Vec::new(),
    }
}

/// The mailboxes that findings of an incident name, by address. What only stands beside the incident says nothing of them.
pub(crate) fn mailboxes(group: &Group, facts: &Facts<'_>) -> Vec<IncidentMailbox> {
    let words = words(group.firm(facts).map(|finding| facts.findings[finding]));
    words.into_iter().map(|(mailbox, words)| uncounted(mailbox, &words)).collect()
}

/// Whether access to a mailbox is recorded.
pub(crate) fn is_recorded(mailbox: &IncidentMailbox) -> bool {
    mailbox.verdict.starts_with(Verdict::RecordedAccess.as_str())
}

/// The place of a verdict's word, strongest first. Whatever is not one of the words is not passed on.
fn word(verdict: &str) -> Option<usize> {
    STRONGEST_FIRST.iter().position(|word| {
        let reason = verdict.strip_prefix(word.as_str());
        reason.is_some_and(|reason| reason.is_empty() || (reason.starts_with(" (") && reason.ends_with(')')))
    })
}

/// The mailboxes a finding speaks of: where it names none and is about one account, that account's.
fn named(finding: &Finding, role: Role) -> Vec<String> {
    match (finding.mailboxes.as_slice(), finding.accounts.as_slice()) {
        ([], [account]) if role.own_mailbox && account.contains('@') => vec![account.to_lowercase()],
        (mailboxes, _) => mailboxes.iter().filter(|mailbox| !mailbox.is_empty()).map(|mailbox| mailbox.to_lowercase()).collect(),
    }
}
