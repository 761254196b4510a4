//! Consent that was talked out of somebody: an application of the intruder's reads with the victim's own rights.

use crate::clock::{DAY_SECS, HOUR_SECS, plus};
use crate::guid::Guid;
use crate::intrusion::account::{Account, Lured};
use crate::intrusion::change::{Hand, application, directory};
use crate::intrusion::stage::Entry;
use crate::intrusion::visit::{Opened, Visit, visit};
use crate::intrusion::{Deeds, Kind, Stage};
use crate::presence::Device;
use crate::random::Random;
use crate::record::{APPLICATIONS, Named, Rights, consented, granted, introduced};
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
    let app = lure(stage);
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

/// The intruder's application.
fn lure(stage: &Stage<'_>) -> App {
    let first = &["Secure", "Smart", "Team", "Quick", "My", "Office"];
    application(stage, AppKind::Delegated, (first, &["Viewer", "Mail Assistant", "Scheduler", "Signature", "Documents", "Reminder"]))
}

/// The victim consents, from where they are.
fn consents(stage: &Stage<'_>, victim: &Lured<'_>, (app, scope, is_new): (&App, &str, bool), random: &mut Random, deeds: &mut Deeds) {
    let user_agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
    let mut hand = Hand { person: victim.person, at: victim.at, address: &victim.place.address, user_agent };
    if is_new {
        directory(stage, hand, ("Add service principal.", APPLICATIONS), introduced(app), random, deeds);
        hand.at = plus(hand.at, random.between(0, 2));
    }
    let (tenant, rights) = (stage.scene.tenant, Rights::Delegated { scope, person: Some(victim.person) });
    directory(stage, hand, (rights.granted_by(), APPLICATIONS), granted(tenant, app, rights), random, deeds);
    hand.at = plus(hand.at, random.between(0, 2));
    let consent = consented(tenant, app, rights, random);
    directory(stage, hand, ("Consent to application.", APPLICATIONS), consent, random, deeds);
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
