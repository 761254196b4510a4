//! What an intruder changes in a tenant: the directory and the settings of Exchange.

use waxseal_model::Nanos;

use crate::client::{EXCHANGE, GRAPH};
use crate::clock::whole_second;
use crate::intrusion::account::Account;
use crate::intrusion::{Deeds, Stage};
use crate::random::{Random, Seed};
use crate::record::{AdminAct, Change, Cmdlet, DirectoryAct, Target, cmdlet, directory_act};
use crate::tenant::{App, Person};

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
    (target, changes): (Target, Vec<Change>),
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

/// A person, as the directory names the object of a change.
pub(super) fn user(person: &Person) -> Target {
    Target { kind: "User", id: person.oid, name: person.upn.clone(), also: person.upn.clone() }
}

/// An application's place in the tenant.
pub(super) fn service_principal(app: &App) -> Target {
    Target { kind: "ServicePrincipal", id: app.service_principal, name: app.name.clone(), also: app.app_id.to_string() }
}

/// Microsoft Graph, which permissions are granted on.
pub(super) fn graph() -> Target {
    Target { kind: "ServicePrincipal", id: GRAPH, name: "Microsoft Graph".to_owned(), also: GRAPH.to_string() }
}

/// Exchange, which permissions are granted on.
pub(super) fn exchange_itself(stage: &Stage<'_>) -> Target {
    let id = stage.scene.tenant.seed.of("exchange principal", 0).guid();
    Target { kind: "ServicePrincipal", id, name: "Office 365 Exchange Online".to_owned(), also: EXCHANGE.to_string() }
}

/// The first trace of an application in a tenant.
pub(super) fn new_service_principal(app: &App) -> (Target, Vec<Change>) {
    let changes = vec![Change::list("AppPrincipalId", "", app.app_id.to_string()), Change::list("DisplayName", "", app.name.clone())];
    (service_principal(app), changes)
}

/// The category of changes to applications.
pub(super) const APPLICATIONS: &str = "ApplicationManagement";
