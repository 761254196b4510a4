//! What connected applications do on a day.

use waxseal_model::Nanos;

use crate::caller::{through_graph, through_web_services};
use crate::client::{EXCHANGE, GRAPH};
use crate::clock::{Day, HOUR_SECS, plus};
use crate::guid::Guid;
use crate::life::{Reader, Recent};
use crate::presence::{Device, Place, presence};
use crate::random::Random;
use crate::record::{AppSignIn, GraphCall, Link, Named, Record, SignIn, app_sign_in, graph_call, sign_in};
use crate::tenant::{App, AppKind, Person};
use crate::token::uti_form;
use crate::world::Scene;

/// A day of all applications of a tenant.
pub(super) fn day(scene: Scene<'_>, day: Day, recent: &[Recent<'_>], out: &mut Vec<Record>) {
    for app in scene.tenant.apps.iter().filter(|app| app.is_used(day)) {
        let mut random = app.seed.of("day", day.0).random();
        match app.kind {
            AppKind::Delegated => delegated(scene, app, day, recent, &mut random, out),
            AppKind::Backup => reads_everything(scene, app, day, recent, (scene.parameters().apps.backup_binds, 1), &mut random, out),
            AppKind::Migration => reads_everything(scene, app, day, recent, (25.0, 8), &mut random, out),
            AppKind::Service => serves_one(scene, app, day, recent, &mut random, out),
            AppKind::Rollout => rolls_out(scene, app, day, recent, &mut random, out),
            AppKind::Dormant => {}
        }
    }
}

/// A product that reads for people who allowed it: a token of each, from the product's own servers.
fn delegated(scene: Scene<'_>, app: &App, day: Day, recent: &[Recent<'_>], random: &mut Random, out: &mut Vec<Record>) {
    let place = Place { address: app.address.0.clone(), network: app.address.1 };
    for member in &app.members {
        let person = &scene.tenant.people[*member];
        let present = presence(scene, person, day);
        if !present.works {
            continue;
        }
        let issued = plus(present.start, random.between(0, 2 * HOUR_SECS));
        let token = delegated_token(scene, app, person, issued, &place, random, out);
        let reader = Reader { scene, by: Named::person(person) };
        for _ in 0..random.count(scene.parameters().apps.saas_binds) {
            let at = plus(issued, random.between(5, HOUR_SECS - 60));
            let mut caller = through_graph(app.app_id, random);
            caller.link = random.chance(scene.parameters().tokens.linked_app).then(|| token.clone());
            caller.session = caller.link.as_ref().and_then(|link| link.session);
            out.extend(reader.bind(&recent[*member], at, &caller, random));
            out.push(call(scene, app, person, &token, at, &place, random));
        }
    }
}

fn delegated_token(
    scene: Scene<'_>,
    app: &App,
    person: &Person,
    issued: Nanos,
    place: &Place,
    random: &mut Random,
    out: &mut Vec<Record>,
) -> Link {
    let id = random.guid().as_sign_in();
    let session = app.seed.of("session", i64::try_from(person.number).unwrap_or(0)).guid();
    let uti = id.uti(uti_form(scene));
    let device = server_device(app);
    out.push(sign_in(
        scene.tenant,
        &SignIn {
            time: issued,
            id,
            session,
            person,
            app: (app.app_id, &app.name),
            resource: (GRAPH, "Microsoft Graph"),
            used: "Mobile Apps and Desktop clients",
            place,
            device: &device,
            registered: false,
            interactive: false,
            uti: uti.clone(),
            failure: None,
            protocol: None,
            second_factor: false,
        },
    ));
    Link { uti, issued, session: Some(session), app: app.app_id, object: person.oid, tenant: scene.tenant.id }
}

fn server_device(app: &App) -> Device {
    Device {
        id: Guid::default(),
        name: String::new(),
        system: "",
        browser: String::new(),
        user_agent: format!("{}/3.{}", app.name.replace(' ', ""), app.app_id.bytes()[0] % 9),
        outlook: String::new(),
        since: Day(0),
    }
}

fn call(scene: Scene<'_>, app: &App, person: &Person, token: &Link, at: Nanos, place: &Place, random: &mut Random) -> Record {
    let uri = format!("https://graph.microsoft.com/v1.0/users/{}/messages?$top=10&$select=subject,from", person.oid);
    let agent = server_device(app).user_agent;
    graph_call(
        scene.tenant,
        &GraphCall {
            time: at,
            id: random.guid(),
            app: app.app_id,
            object: Ok(person.oid),
            uti: &token.uti,
            session: token.session,
            issued: token.issued,
            address: &place.address,
            user_agent: &agent,
            scopes: "Mail.Read User.Read",
            uri: &uri,
            response_bytes: 2_000 + random.below(40_000),
        },
    )
}

/// Signs in with its own credential and returns what records tell of the token.
fn own_token(scene: Scene<'_>, app: &App, issued: Nanos, random: &mut Random, out: &mut Vec<Record>) -> Link {
    let id = random.guid().as_sign_in();
    let uti = id.uti(uti_form(scene));
    let place = Place { address: app.address.0.clone(), network: app.address.1 };
    let resource = (EXCHANGE, "Office 365 Exchange Online");
    out.push(app_sign_in(
        scene.tenant,
        &AppSignIn { time: issued, id, app, resource, place: &place, key_id: app.key_id, uti: uti.clone() },
    ));
    Link { uti, issued, session: None, app: app.app_id, object: app.service_principal, tenant: scene.tenant.id }
}

/// Every mailbox, at night, a token an hour.
fn reads_everything(
    scene: Scene<'_>,
    app: &App,
    day: Day,
    recent: &[Recent<'_>],
    (binds, items): (f64, usize),
    random: &mut Random,
    out: &mut Vec<Record>,
) {
    let night = day.at_secs(HOUR_SECS - scene.tenant.zone_secs);
    let tokens: Vec<Link> = (0..4).map(|hour| own_token(scene, app, plus(night, hour * HOUR_SECS), random, out)).collect();
    for mailbox in recent {
        let reader = Reader { scene, by: Named::application(mailbox.mailbox, app.app_id) };
        for _ in 0..random.count(binds) {
            let Some(token) = random.pick(&tokens) else { return };
            let at = plus(token.issued, random.between(10, HOUR_SECS - 10));
            let mut caller = through_web_services(app.app_id, &app.address.0);
            caller.link = random.chance(scene.parameters().tokens.linked_app).then(|| token.clone());
            let messages = mailbox.some(at, items, random);
            if !messages.is_empty() {
                out.push(reader.access(mailbox.mailbox, at, &caller, crate::record::AccessKind::Bind(messages), random));
            }
        }
    }
}

/// One shared mailbox, all day.
fn serves_one(scene: Scene<'_>, app: &App, day: Day, recent: &[Recent<'_>], random: &mut Random, out: &mut Vec<Record>) {
    let Some(mailbox) = app.members.first().and_then(|i| recent.get(*i)) else { return };
    let reader = Reader { scene, by: Named::application(mailbox.mailbox, app.app_id) };
    for hour in 6..18 {
        let token = own_token(scene, app, day.at_secs(hour * HOUR_SECS - scene.tenant.zone_secs), random, out);
        for _ in 0..random.count(1.0) {
            let mut caller = through_web_services(app.app_id, &app.address.0);
            caller.link = random.chance(scene.parameters().tokens.linked_app).then(|| token.clone());
            out.extend(reader.bind(mailbox, plus(token.issued, random.between(5, HOUR_SECS - 5)), &caller, random));
        }
    }
}

/// A new application of the provider's own: a seventh more of the mailboxes every day, then all.
fn rolls_out(scene: Scene<'_>, app: &App, day: Day, recent: &[Recent<'_>], random: &mut Random, out: &mut Vec<Record>) {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred days")]
    let reached = ((day.0 - app.days.0.0 + 1) as f64 / 7.0).min(1.0);
    for mailbox in recent {
        let number = i64::try_from(mailbox.mailbox.number).unwrap_or(0);
        if app.seed.of("reached", number).share() >= reached {
            continue;
        }
        let by = mailbox
            .mailbox
            .owner
            .map_or_else(|| Named::application(mailbox.mailbox, app.app_id), |owner| Named::person(&scene.tenant.people[owner]));
        let reader = Reader { scene, by };
        for _ in 0..random.count(0.8) {
            let mut caller = crate::caller::background(random);
            caller.app_id = Some(app.app_id);
            caller.client_app_id = Some(app.app_id);
            out.extend(reader.bind(mailbox, day.at_secs(random.between(0, 86_399)), &caller, random));
        }
    }
}
