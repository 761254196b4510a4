//! What an intruder changes in a tenant: the directory and the settings of Exchange.

use waxseal_model::Nanos;

use crate::client::EXCHANGE;
use crate::clock::whole_second;
use crate::intrusion::account::Account;
use crate::intrusion::{Deeds, Stage};
use crate::random::{Random, Seed};
use crate::record::{AdminAct, Changed, Cmdlet, DirectoryAct, cmdlet, directory_act};
use crate::tenant::{App, AppKind, Person};

/// Whose account changes something, when and from where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand<'a> {
    pub(super) person: &'a Person,
    pub(super) at: Nanos,
    pub(super) address: &'a str,
    pub(super) user_agent: &'a str,
}

impl<'a> Hand<'a> {
    /// An account in the intruder's hands.
    pub(super) fn of(account: &'a Account<'_>, at: Nanos) -> Self {
        let entry = &account.entry;
        Self { person: entry.person, at, address: &entry.place.address, user_agent: &entry.device.user_agent }
    }
}

/// Changes the directory: both logs have it.
pub(super) fn directory(
    stage: &Stage<'_>,
    hand: Hand<'_>,
    (operation, category): (&'static str, &'static str),
    (target, changes): Changed,
    random: &mut Random,
    deeds: &mut Deeds,
) {
    if hand.at >= stage.end() {
        return;
    }
    let act = DirectoryAct {
        time: Nanos(whole_second(hand.at).0 + random.between(0, 999) * 1_000_000),
        seed: Seed(random.below(u64::MAX)),
        operation,
        category,
        by: hand.person,
        address: hand.address,
        user_agent: hand.user_agent,
        target,
        changes,
    };
    let twin = directory_act(stage.scene.tenant, &act);
    deeds.records.extend([twin.audit, twin.entra]);
}

/// Runs a cmdlet of Exchange in the session of an account.
pub(super) fn exchange<'a>(
    stage: &Stage<'a>,
    account: &mut Account<'a>,
    at: Nanos,
    (operation, object, parameters): (&'static str, &str, &[(&str, &str)]),
    random: &mut Random,
    deeds: &mut Deeds,
) {
    if at >= stage.end() {
        return;
    }
    // The settings want a token that has not run out.
    account.link(stage, at, random, deeds);
    let entry = &account.entry;
    let by = AdminAct::Person { person: entry.person, address: &entry.place.address, session: Some(entry.session), app: EXCHANGE };
    deeds.records.push(cmdlet(stage.scene.tenant, &Cmdlet { time: at, id: random.guid(), operation, by, object, parameters }));
}

/// An application that the intruder made in a tenant of his own: the same in all tenants, except for its place in each.
pub(super) fn application(stage: &Stage<'_>, kind: AppKind, (first, second): (&[&'static str], &[&'static str])) -> App {
    let mut random = stage.intruders_choice("application");
    let name = format!("{} {}", random.word(first), random.word(second));
    let seed = stage.intrusion.intruder.of("application", 0);
    let place = stage.rented();
    App {
        kind,
        seed,
        app_id: seed.of("app id", 0).guid(),
        service_principal: stage.intrusion.seed.of("service principal", 0).guid(),
        name,
        key_id: seed.of("key", 0).guid(),
        members: Vec::new(),
        days: (stage.scene.world.first, stage.scene.world.first),
        consented: None,
        address: (place.address, place.network),
    }
}
