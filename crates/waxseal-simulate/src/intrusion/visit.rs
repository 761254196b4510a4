//! How an intruder reads: a visit to a mailbox, and then another that goes on where the first ended.

use std::collections::BTreeSet;

use waxseal_model::Nanos;

use crate::clock::plus;
use crate::intrusion::{Deeds, Stage};
use crate::mail::{Mailbox, Message};
use crate::random::Random;
use crate::record::{Caller, Named};

/// A visit to a mailbox.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) mailbox: &'a Mailbox,
    pub(super) by: Named,
    pub(super) from: Nanos,
    /// Records it leaves, where the mailbox has enough.
    pub(super) records: i64,
    /// The shortest and longest pause from one record to the next. Exchange makes one record of what the same client opens
    /// in the same folder within two minutes.
    pub(super) pause_secs: (i64, i64),
}

/// Messages that were opened before: by mailbox and number.
#[derive(Debug, Default)]
pub(super) struct Opened(BTreeSet<(usize, u64)>);

/// The most messages that records of the same moment were seen to name.
const MOST_ITEMS: usize = 11;

/// Opens what is new, and what is older the longer it goes on; `caller` tells how each record looks and leaves what its
/// token leaves.
pub(super) fn visit(
    stage: &Stage<'_>,
    visit: &Visit<'_>,
    caller: &mut dyn FnMut(Nanos, &mut Random, &mut Deeds) -> Caller,
    opened: &mut Opened,
    random: &mut Random,
    deeds: &mut Deeds,
) -> Nanos {
    let mut at = visit.from;
    let mut left = unopened(visit, opened, random);
    for _ in 0..visit.records {
        at = plus(at, random.between(visit.pause_secs.0, visit.pause_secs.1));
        let items = usize::try_from(random.between(1, 4) * random.between(1, 4)).unwrap_or(1);
        let mut some: Vec<Message> = left.split_off(left.len().saturating_sub(items.min(MOST_ITEMS)));
        some.retain(|message| visit.mailbox.folder_at(message, at).is_some());
        if at >= stage.end() || some.is_empty() {
            break;
        }
        let caller = caller(at, random, deeds);
        stage.opens(visit.mailbox, &visit.by, &some, (at, &caller), random, deeds);
        opened.0.extend(some.iter().map(|message| (visit.mailbox.number, message.number)));
    }
    at
}

/// The messages that are there and were not opened yet, newest last; a few do not interest.
fn unopened(visit: &Visit<'_>, opened: &Opened, random: &mut Random) -> Vec<Message> {
    let wanted = 2 * MOST_ITEMS * usize::try_from(visit.records).unwrap_or(0) + opened.0.len();
    let mut found = visit.mailbox.newest(visit.from, wanted);
    found.retain(|message| {
        visit.mailbox.folder_at(message, visit.from).is_some() && !opened.0.contains(&(visit.mailbox.number, message.number))
    });
    found.retain(|_| random.chance(0.85));
    found.reverse();
    found
}
