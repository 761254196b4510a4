//! The mailboxes of an incident: the word for each, and how many of its messages, as numbers and as a bar.

use std::collections::BTreeMap;

use waxseal_model::{AccessClass, AccessClasses, IncidentMailbox};

use crate::shown::Shown;
use crate::words::Words;

/// So many mailboxes of all incidents have a row.
const ROWS: usize = 600;

/// So many of one incident at most.
const MOST: usize = 60;

/// So many at least.
const LEAST: usize = 8;

/// How many mailboxes of one incident have a row, where there are so many incidents.
pub(crate) fn room(incidents: usize) -> usize {
    (ROWS / incidents.max(1)).clamp(LEAST, MOST)
}

/// How wide the widest closed bar is. What is open reaches beyond, to [`OPEN`].
const WIDEST: u64 = 900;

/// How far a bar without an upper number reaches.
const OPEN: u64 = 1_000;

/// The narrowest that a bar gets which stands for anything.
const NARROWEST: u64 = 8;

/// One mailbox.
#[derive(Debug)]
pub(crate) struct MailboxRow {
    /// Its address.
    pub(crate) mailbox: Shown,
    /// Whether it is one of high value.
    pub(crate) high_value: bool,
    /// Every word that applies.
    pub(crate) verdict: String,
    /// How many messages.
    pub(crate) messages: String,
    /// The same with its noun.
    pub(crate) told: String,
    /// Why there is no upper number, where that is so of no other mailbox: else see [`no_upper`].
    pub(crate) note: Option<String>,
    /// What the messages fall into.
    pub(crate) classes: Option<String>,
    /// The first and last record that is the intruder's.
    pub(crate) when: Option<String>,
    /// The numbers, drawn.
    pub(crate) bar: Option<Bar>,
}

/// A lower and an upper number as lengths.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    /// How long the lower number is.
    pub(crate) lower: u64,
    /// Where the upper number ends.
    pub(crate) upper: u64,
    /// Whether there is no upper number: the bar has no end then.
    pub(crate) open: bool,
    /// The same in words.
    pub(crate) said: String,
}

/// The mailboxes, those of high value first, then those with the strongest words; else in their order.
pub(crate) fn mailboxes(all: &[IncidentMailbox], room: usize, words: &Words) -> Vec<MailboxRow> {
    let mut sorted: Vec<&IncidentMailbox> = all.iter().collect();
    sorted.sort_by_key(|mailbox| (!mailbox.high_value, strength(&mailbox.verdict)));
    let most = all.iter().filter_map(|mailbox| mailbox.messages.upper.max(mailbox.messages.lower)).max().unwrap_or(0);
    let shared = by_reason(all);
    let is_shared = |mailbox: &IncidentMailbox| shared.get(&mailbox.messages.upper_reason.as_deref()).is_some_and(|of| of.len() > 1);
    let told = |mailbox: &IncidentMailbox| {
        let row = row(mailbox, most, words);
        MailboxRow { note: row.note.filter(|_| !is_shared(mailbox)), ..row }
    };
    sorted.into_iter().take(room).map(told).collect()
}

/// So many mailboxes are named that have no upper number for one reason.
const NAMED: usize = 3;

/// Why several mailboxes have no upper number: each reason once, with how many it holds of and, where they are few, which; that
/// of the most first.
pub(crate) fn no_upper(all: &[IncidentMailbox], words: &Words) -> Vec<String> {
    let mut shared: Vec<(Option<&str>, Vec<&IncidentMailbox>)> = by_reason(all).into_iter().filter(|(_, of)| of.len() > 1).collect();
    shared.sort_by_key(|(_, of)| std::cmp::Reverse(of.len()));
    shared.into_iter().map(|(reason, of)| no_upper_of(reason, &of, all.len(), words)).collect()
}

fn no_upper_of(reason: Option<&str>, of: &[&IncidentMailbox], all: usize, words: &Words) -> String {
    let n = ("n", of.len().into());
    let mut mailboxes =
        if of.len() == all { words.tell("no-upper-all", [n]) } else { words.tell("no-upper-some", [n, ("all", all.into())]) };
    if of.len() <= NAMED {
        let names = words.first_few(of.iter().map(|mailbox| mailbox.mailbox.as_str()), NAMED);
        mailboxes = words.tell("no-upper-named", [("mailboxes", mailboxes.into()), ("names", names.into())]);
    }
    let mailboxes = ("mailboxes", mailboxes.into());
    match reason {
        Some(reason) => words.tell("no-upper", [mailboxes, ("reason", (&Shown::passage(reason)).into())]),
        None => words.tell("no-upper-unsaid", [mailboxes]),
    }
}

/// The mailboxes without an upper number of which something was counted, by the reason for it.
fn by_reason(all: &[IncidentMailbox]) -> BTreeMap<Option<&str>, Vec<&IncidentMailbox>> {
    let mut by_reason: BTreeMap<Option<&str>, Vec<&IncidentMailbox>> = BTreeMap::new();
    for mailbox in all.iter().filter(|mailbox| mailbox.messages.lower.is_some() && mailbox.messages.upper.is_none()) {
        by_reason.entry(mailbox.messages.upper_reason.as_deref()).or_default().push(mailbox);
    }
    by_reason
}

fn strength(verdict: &str) -> usize {
    crate::said::VERDICTS.iter().position(|word| verdict.starts_with(word.as_str())).unwrap_or(usize::MAX)
}

fn row(mailbox: &IncidentMailbox, most: u64, words: &Words) -> MailboxRow {
    let (messages, note) = words.bounds(&mailbox.messages);
    let name = Shown::name(&mailbox.mailbox);
    let told = words.bounds_told(&mailbox.messages);
    let said = words.tell("bar-said", [("mailbox", (&name).into()), ("messages", (&told).into())]);
    let seen = mailbox.first_recorded.is_some() || mailbox.last_recorded.is_some();
    MailboxRow {
        mailbox: name,
        high_value: mailbox.high_value,
        verdict: words.verdict(&mailbox.verdict),
        bar: bar(mailbox.messages.lower, mailbox.messages.upper, most, said),
        messages,
        told,
        note,
        classes: mailbox.classes.as_ref().and_then(|classes| classes_told(classes, words)),
        when: seen.then(|| words.span(mailbox.first_recorded, mailbox.last_recorded)),
    }
}

/// Nothing was counted: there is nothing to draw.
fn bar(lower: Option<u64>, upper: Option<u64>, most: u64, said: String) -> Option<Bar> {
    let length = |n: u64| match n {
        0 => 0,
        // The product of two counts need not fit into 64 bits.
        n => u64::try_from(u128::from(n) * u128::from(WIDEST) / u128::from(most.max(1))).unwrap_or(WIDEST).clamp(NARROWEST, WIDEST),
    };
    match (lower, upper) {
        (None, None) => None,
        (lower, None) => Some(Bar { lower: length(lower.unwrap_or(0)), upper: OPEN, open: true, said }),
        (lower, Some(upper)) => Some(Bar { lower: length(lower.unwrap_or(0)), upper: length(upper), open: false, said }),
    }
}

/// What was counted and is not nothing.
fn classes_told(classes: &AccessClasses, words: &Words) -> Option<String> {
    let counts = [
        ("classes-accessed", Some(classes.accessed)),
        ("classes-accessed_unattributed", Some(classes.accessed_unattributed)),
        ("classes-exposed_sync", classes.exposed_sync),
        ("classes-exposed_throttle", classes.exposed_throttle),
        ("classes-exposed_other", classes.exposed_other),
        ("classes-unknown_days", Some(classes.unknown_days)),
    ];
    let told: Vec<String> = counts.into_iter().filter_map(|(id, n)| Some(words.tell(id, [("n", n.filter(|n| *n > 0)?.into())]))).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// The word of a class, as in `incidents.json`.
pub(crate) fn class_word(class: AccessClass) -> &'static str {
    match class {
        AccessClass::Accessed => "accessed",
        AccessClass::AccessedUnattributed => "accessed_unattributed",
        AccessClass::ExposedSync => "exposed_sync",
        AccessClass::ExposedThrottle => "exposed_throttle",
        AccessClass::ExposedOther => "exposed_other",
        AccessClass::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_no_end_where_there_is_no_upper_number() {
        let bar = |lower, upper, most| bar(lower, upper, most, String::new()).map(|bar| (bar.lower, bar.upper, bar.open));
        assert_eq!(bar(None, None, 10), None);
        assert_eq!(bar(Some(5), None, 10), Some((450, 1_000, true)));
        assert_eq!(bar(Some(5), Some(10), 10), Some((450, 900, false)));
        assert_eq!(bar(Some(0), Some(0), 0), Some((0, 0, false)));
        assert_eq!(bar(Some(1), Some(u64::MAX), u64::MAX), Some((8, 900, false)));
    }
}
