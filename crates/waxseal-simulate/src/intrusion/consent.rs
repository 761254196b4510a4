//! Consent that was talked out of somebody: an application of the intruder's reads with the victim's own rights.

use crate::clock::{DAY_SECS, HOUR_SECS, plus};
use crate::guid::Guid;
use crate::intrusion::account::{Account, Lured};
use crate::intrusion::change::{APPLICATIONS, Hand, directory, graph, new_service_principal, service_principal};
use crate::intrusion::stage::Entry;
use crate::intrusion::visit::{Opened, Visit, visit};
use crate::intrusion::{Deeds, Kind, Stage};
use crate::presence::Device;
use crate::random::Random;
use crate::record::{Change, Named, Target};
use crate::tenant::{App, AppKind, Person};

/// What decides: the grant, and what is read with it.
const DECIDED_BY: &[&str] = &["ual.mia.bind", "ual.directory"];

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "consent_phishing",
        story: "Somebody consents to an application that looks useful; it reads their mailbox through Graph for days.",
        decided_by: DECIDED_BY,
        across_tenants: false,
        play: consent_phishing,
    },
    Kind {
        name: "consent_campaign",
        story: "People in several tenants consent to the same application; it reads their mailboxes through Graph from the same machine.",
        decided_by: DECIDED_BY,
        across_tenants: true,
        play: consent_campaign,
    },
];

fn consent_phishing(stage: &Stage<'_>, deeds: &mut Deeds) {
    one_after_the_other(stage, 1, deeds);
}

fn consent_campaign(stage: &Stage<'_>, deeds: &mut Deeds) {
    let count = usize::try_from(stage.choice("victims fooled").between(1, 3)).unwrap_or(1);
    one_after_the_other(stage, count, deeds);
}

/// Lures so many people; the first consent brings the application into the tenant.
fn one_after_the_other(stage: &Stage<'_>, count: usize, deeds: &mut Deeds) {
    let mut random = stage.choice("consent");
    let app = application(stage);
    let scope = stage.intruders_choice("scope").word(SCOPES);
    let mut lured: Vec<Lured<'_>> = stage.victims(count).into_iter().map(|person| stage.lured(person, &mut random)).collect();
    lured.sort_by_key(|lured| lured.at);
    for (i, victim) in lured.iter().enumerate() {
        consents(stage, victim, (&app, scope, i == 0), &mut random, deeds);
        reads(stage, victim, (&app, scope), &mut random, deeds);
    }
}

const SCOPES: &[&str] =
    &["Mail.Read User.Read offline_access", "Mail.ReadWrite User.Read offline_access", "Mail.Read Mail.Send Contacts.Read offline_access"];

/// The intruder's application: the same in all tenants, except for its place in each.
fn application(stage: &Stage<'_>) -> App {
    let mut random = stage.intruders_choice("application");
    let first = random.word(&["Secure", "Smart", "Team", "Quick", "My", "Office"]);
    let second = random.word(&["Viewer", "Mail Assistant", "Scheduler", "Signature", "Documents", "Reminder"]);
    let seed = stage.intrusion.intruder.of("application", 0);
    let place = stage.rented();
    App {
        kind: AppKind::Delegated,
        seed,
        app_id: seed.of("app id", 0).guid(),
        service_principal: stage.intrusion.seed.of("service principal", 0).guid(),
        name: format!("{first} {second}"),
        key_id: seed.of("key", 0).guid(),
        members: Vec::new(),
        days: (stage.scene.world.first, stage.scene.world.first),
        consented: None,
        address: (place.address, place.network),
    }
}

/// The victim consents, from where they are.
fn consents(stage: &Stage<'_>, victim: &Lured<'_>, (app, scope, is_new): (&App, &str, bool), random: &mut Random, deeds: &mut Deeds) {
    let user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
    let mut hand = Hand { person: victim.person, at: victim.at, address: &victim.place.address, user_agent };
    if is_new {
        directory(stage, hand, ("Add service principal.", APPLICATIONS), new_service_principal(app), random, deeds);
        hand.at = plus(hand.at, random.between(0, 2));
    }
    directory(stage, hand, ("Add delegated permission grant.", APPLICATIONS), granted(app, scope), random, deeds);
    hand.at = plus(hand.at, random.between(0, 2));
    directory(stage, hand, ("Consent to application.", APPLICATIONS), consented(stage, victim.person, (app, scope), random), random, deeds);
}

fn granted(app: &App, scope: &str) -> (Target, Vec<Change>) {
    let changes = vec![
        Change::list("DelegatedPermissionGrant.Scope", "", scope),
        Change::list("DelegatedPermissionGrant.ConsentType", "", "Principal"),
        Change::list("ServicePrincipal.AppId", "", app.app_id.to_string()),
        Change::list("ServicePrincipal.DisplayName", "", app.name.clone()),
    ];
    (graph(), changes)
}

fn consented(stage: &Stage<'_>, person: &Person, (app, scope): (&App, &str), random: &mut Random) -> (Target, Vec<Change>) {
    let resource = stage.scene.tenant.seed.of("graph principal", 0).guid();
    let (grant, client, principal) = (random.text(43), app.service_principal, person.oid);
    let permissions = format!(
        "[] => [[Id: {grant}, ClientId: {client}, PrincipalId: {principal}, ResourceId: {resource}, ConsentType: Principal, Scope: {scope}]]; "
    );
    let changes = vec![
        Change::plain("ConsentContext.IsAdminConsent", "False"),
        Change::plain("ConsentContext.IsAppOnly", "False"),
        Change::plain("ConsentContext.OnBehalfOfAll", "False"),
        Change::plain("ConsentAction.Permissions", permissions),
        Change::plain("TargetId.ServicePrincipalNames", app.app_id.to_string()),
    ];
    (service_principal(app), changes)
}

/// The application asks for tokens by itself and reads.
fn reads(stage: &Stage<'_>, victim: &Lured<'_>, (app, scope): (&App, &str), random: &mut Random, deeds: &mut Deeds) {
    let at = plus(victim.at, random.between(20, 2 * HOUR_SECS));
    let granted = scope.replace(" offline_access", "");
    let entry = tokens(stage, victim.person, app, random);
    let Some(mut account) = Account::take(stage, Entry { at, ..entry }, random, deeds) else { return };
    let (mut opened, days) = (Opened::default(), random.between(2, 7));
    let mailbox = stage.scene.tenant.mailbox_of(victim.person);
    for day in 0..days {
        let from = plus(at, day * DAY_SECS + random.between(20, 2 * HOUR_SECS));
        if from >= stage.end() {
            break;
        }
        let of = Visit { mailbox, by: Named::person(victim.person), from, records: random.between(2, 7), pause_secs: (121, 240) };
        let mut caller = |at, random: &mut Random, deeds: &mut Deeds| account.graph(stage, (at, &granted), random, deeds);
        visit(stage, &of, &mut caller, &mut opened, random, deeds);
    }
}

/// How the application is issued a token for somebody.
fn tokens<'a>(stage: &Stage<'a>, person: &'a Person, app: &'a App, random: &mut Random) -> Entry<'a> {
    let (own, machine) = (format!("{}/1.{}", app.name.replace(' ', ""), app.app_id.bytes()[0] % 9), stage.machine());
    let user_agent = if stage.intruders_choice("agent").chance(0.5) { own } else { machine.user_agent.clone() };
    Entry {
        person,
        at: stage.start(),
        app: (app.app_id, &app.name),
        resource: (crate::client::GRAPH, "Microsoft Graph"),
        used: "Mobile Apps and Desktop clients",
        place: stage.rented(),
        device: Device { id: Guid::default(), system: "", browser: String::new(), user_agent, ..machine },
        interactive: false,
        session: random.guid(),
        failure: None,
        protocol: None,
        second_factor: false,
    }
}
