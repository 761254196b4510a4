//! A few common passwords for many accounts, until one is right.

use waxseal_model::Nanos;

use crate::client::Client;
use crate::clock::{HOUR_SECS, plus, whole_second};
use crate::intrusion::account::{Account, with_fraction};
use crate::intrusion::stage::Entry;
use crate::intrusion::visit::{Opened, Visit, visit};
use crate::intrusion::{Deeds, Kind, Stage};
use crate::presence::Place;
use crate::random::Random;
use crate::record::{Failure, Named};
use crate::tenant::Person;

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[Kind {
    name: "spray",
    story: "A few passwords are tried on many accounts within an hour; one is right, and its mailbox is read.",
    decided_by: &["ual.sts"],
    across_tenants: false,
    play: spray,
}];

fn spray(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("spray");
    let count = usize::try_from(random.between(9, 20)).unwrap_or(9);
    let people = stage.victims(count);
    let client = if random.chance(0.3) { Client::Imap } else { Client::Web };
    let places = places(stage, &mut random);
    let times = times(stage, people.len(), &mut random);
    // Somewhere in the second half of the list the password is right.
    let lucky = people.len() - 1 - random.index(people.len() / 3);
    let mut taken = None;
    for (i, (person, at)) in people.iter().zip(&times).enumerate() {
        let place = random.pick(&places).cloned().unwrap_or_else(|| stage.rented());
        let entry = Entry { place, second_factor: false, ..stage.entry(person, *at, client, &mut random) };
        if i == lucky {
            taken = Account::take(stage, entry, &mut random, deeds);
        } else {
            fails(stage, &entry, &mut random, deeds);
        }
    }
    if let Some(account) = taken {
        reads(stage, (account, client), &mut random, deeds);
    }
}

/// One address, or several of one network.
fn places(stage: &Stage<'_>, random: &mut Random) -> Vec<Place> {
    let first = stage.rented();
    let network = first.network;
    let mut all = vec![first];
    if random.chance(0.5) {
        all.extend((0..random.between(1, 4)).map(|_| Place { address: network.address(random), network }));
    }
    all
}

/// When each account has its turn: all within the hour.
fn times(stage: &Stage<'_>, count: usize, random: &mut Random) -> Vec<Nanos> {
    let most = (50 * 60) / i64::try_from(count).unwrap_or(20).max(1);
    let mut at = plus(stage.start(), 1);
    (0..count)
        .map(|_| {
            at = plus(at, random.between(most / 3, most));
            at
        })
        .collect()
}

/// One or two wrong passwords; now and then the account is found locked.
fn fails(stage: &Stage<'_>, entry: &Entry<'_>, random: &mut Random, deeds: &mut Deeds) {
    for try_number in 0..random.between(1, 2) {
        let at = with_fraction(plus(entry.at, try_number * random.between(5, 30)), random);
        if at >= stage.end() {
            return;
        }
        let failure = if random.chance(0.05) { Failure::LOCKED } else { Failure::PASSWORD };
        let failed = Entry { at, session: random.guid(), failure: Some(failure), ..entry.clone() };
        stage.signs_in(&failed, random, deeds);
    }
}

fn reads<'a>(stage: &Stage<'a>, (mut account, client): (Account<'a>, Client), random: &mut Random, deeds: &mut Deeds) {
    let person: &Person = account.entry.person;
    let mailbox = stage.scene.tenant.mailbox_of(person);
    let mut opened = Opened::default();
    let first = plus(account.entry.at, random.between(60, 2 * HOUR_SECS));
    let first = whole_second(first);
    let days = random.between(1, 3);
    for from in stage.returns(first, days, random) {
        let of = Visit { mailbox, by: Named::person(person), from, records: random.between(3, 9), pause_secs: (125, 400) };
        let mut caller = |at, random: &mut Random, deeds: &mut Deeds| {
            if client == Client::Imap { account.imap(stage, at, random, deeds) } else { account.web(stage, at, random, deeds) }
        };
        visit(stage, &of, &mut caller, &mut opened, random, deeds);
    }
}
