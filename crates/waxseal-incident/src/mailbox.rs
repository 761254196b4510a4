//! What the findings of an incident say of mailboxes.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Finding, IncidentMailbox, MessageBounds, Verdict};

use crate::facts::Facts;
use crate::graph::Group;
use crate::role::Role;

const STRONGEST_FIRST: [Verdict; 4] = [Verdict::RecordedAccess, Verdict::PossibleAccess, Verdict::NotAssessable, Verdict::NoRecordedAccess];

/// The mailboxes that findings of an incident name, by address, with every word that applies. What only stands beside the
/// incident says nothing of them.
pub(crate) fn mailboxes(group: &Group, facts: &Facts<'_>) -> Vec<IncidentMailbox> {
    let mut words: BTreeMap<(&str, String), BTreeSet<(usize, &str)>> = BTreeMap::new();
    for finding in group.firm(facts) {
        let (finding, role) = (facts.findings[finding], facts.roles[finding]);
        let Some(word) = word(&finding.verdict) else { continue };
        for mailbox in named(finding, role) {
            words.entry((&finding.tenant, mailbox)).or_default().insert((word, finding.verdict.as_str()));
        }
    }
    let mailbox = |((tenant, mailbox), words): ((&str, String), BTreeSet<(usize, &str)>)| IncidentMailbox {
        mailbox,
        tenant: tenant.to_owned(),
        verdict: words.into_iter().map(|(_, verdict)| verdict).collect::<Vec<_>>().join("; "),
        messages: MessageBounds::not_counted(),
        classes: None,
        high_value: false,
        first_recorded: None,
        last_recorded: None,
        exposed: Vec::new(),
    };
    words.into_iter().map(mailbox).collect()
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
