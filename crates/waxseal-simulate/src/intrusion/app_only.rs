//! Applications with rights of their own: one that was forgotten and gets a new credential, and one that is new.

use waxseal_model::Nanos;

use crate::caller::{through_graph, through_web_services};
use crate::client::{Client, EXCHANGE, GRAPH};
use crate::clock::{HOUR_SECS, plus, whole_second};
use crate::guid::Guid;
use crate::intrusion::account::{Account, GRAPH_USERS, LISTINGS, lifetime_secs, linked};
use crate::intrusion::change::{Hand, application, directory};
use crate::intrusion::visit::{Opened, Visit, visit};
use crate::intrusion::{Deeds, Kind, Stage};
use crate::mail::Mailbox;
use crate::presence::{Device, Place};
use crate::random::Random;
use crate::record::{
    APPLICATIONS, AppSignIn, CREDENTIAL_CHANGED, Caller, Change, GraphCall, Link, Named, Rights, app_sign_in, consented,
    credential_changed, described_key, granted, graph_call, introduced,
};
use crate::tenant::{App, AppKind};
use crate::token::uti_form;

/// What decides: what is changed, and what is read after it.
const DECIDED_BY: &[&str] = &["ual.mia.bind", "ual.directory"];

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "dormant_app_credential",
        story: "A forgotten application with access to all mail gets a new credential from an administrator's account and reads many mailboxes.",
        decided_by: DECIDED_BY,
        across_tenants: false,
        play: dormant_app_credential,
    },
    Kind {
        name: "full_access_as_app",
        story: "A new application is granted every mailbox by an administrator's account and reads ten mailboxes or more by EWS.",
        decided_by: DECIDED_BY,
        across_tenants: false,
        play: full_access_as_app,
    },
];

/// An application with its credential and the token it has.
#[derive(Debug)]
struct Credential<'a> {
    app: &'a App,
    key: Guid,
    /// Whether mail is read through Graph or by EWS.
    by_graph: bool,
    place: Place,
    device: Device,
    token: Option<(Link, Nanos)>,
}

impl Credential<'_> {
    /// The token at an instant; where there is none any more, the application signs in just before.
    fn link(&mut self, stage: &Stage<'_>, at: Nanos, random: &mut Random, deeds: &mut Deeds) -> Link {
        if let Some((link, _)) = self.token.as_ref().filter(|(_, expires)| at < *expires) {
            return link.clone();
        }
        let issued = whole_second(plus(at, -random.between(1, 9)));
        let id = random.guid().as_sign_in();
        let uti = id.uti(uti_form(stage.scene));
        let resource = if self.by_graph { (GRAPH, "Microsoft Graph") } else { (EXCHANGE, "Office 365 Exchange Online") };
        let of = AppSignIn { time: issued, id, app: self.app, resource, place: &self.place, key_id: self.key, uti: uti.clone() };
        deeds.records.push(app_sign_in(stage.scene.tenant, &of));
        let link =
            Link { uti, issued, session: None, app: self.app.app_id, object: self.app.service_principal, tenant: stage.scene.tenant.id };
        self.token = Some((link.clone(), plus(issued, lifetime_secs(stage, random))));
        link
    }

    /// How access with it looks; a call of Graph comes with it where it goes that way.
    fn caller(&mut self, stage: &Stage<'_>, mailbox: &Mailbox, at: Nanos, random: &mut Random, deeds: &mut Deeds) -> Caller {
        let link = self.link(stage, at, random, deeds);
        let rate = stage.scene.parameters().tokens.linked_app;
        if !self.by_graph {
            return linked(stage, through_web_services(self.app.app_id, &self.place.address), link, rate, random);
        }
        let uri = format!("{GRAPH_USERS}/{}/messages{}", mailbox.upn.to_lowercase(), random.word(LISTINGS));
        let call = GraphCall {
            time: at,
            id: random.guid(),
            app: self.app.app_id,
            object: Err(self.app.service_principal),
            uti: &link.uti,
            session: None,
            issued: link.issued,
            address: &self.place.address,
            user_agent: &self.device.user_agent,
            scopes: "Mail.Read",
            uri: &uri,
            response_bytes: 2_000 + random.below(400_000),
        };
        deeds.records.push(graph_call(stage.scene.tenant, &call));
        let caller = through_graph(self.app.app_id, random);
        linked(stage, caller, link, rate, random)
    }
}

/// Reads some mailboxes one after the other, on one day or several.
fn reads(stage: &Stage<'_>, mut credential: Credential<'_>, (from, count): (Nanos, usize), random: &mut Random, deeds: &mut Deeds) {
    let mailboxes = some_mailboxes(stage, count, random);
    let days = random.between(1, 4);
    let mut opened = Opened::default();
    for mut at in stage.returns(from, days, random) {
        for mailbox in &mailboxes {
            let by = Named::application(mailbox, credential.app.app_id);
            let of = Visit { mailbox, by, from: at, records: random.between(1, 3), pause_secs: (121, 240) };
            let mut caller = |at, random: &mut Random, deeds: &mut Deeds| credential.caller(stage, mailbox, at, random, deeds);
            at = visit(stage, &of, &mut caller, &mut opened, random, deeds);
        }
    }
}

fn some_mailboxes<'a>(stage: &Stage<'a>, count: usize, random: &mut Random) -> Vec<&'a Mailbox> {
    let mut left: Vec<&Mailbox> = stage.scene.tenant.mailboxes.iter().collect();
    let mut taken = Vec::new();
    while taken.len() < count && !left.is_empty() {
        taken.push(left.swap_remove(random.index(left.len())));
    }
    taken
}

/// An administrator's account, from which applications are changed.
fn administrator<'a>(stage: &Stage<'a>, random: &mut Random, deeds: &mut Deeds) -> Option<Account<'a>> {
    let entry = stage.entry(stage.admin()?, plus(stage.start(), 1), Client::Web, random);
    Account::take(stage, entry, random, deeds)
}

fn dormant_app_credential(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("credential");
    let Some(app) = stage.scene.tenant.apps.iter().find(|app| app.kind == AppKind::Dormant) else { return };
    let Some(account) = administrator(stage, &mut random, deeds) else { return };
    let at = plus(account.entry.at, random.between(120, 1_800));
    let key = random.guid();
    // The application keeps the credential it had and gets one more.
    let name = random.word(&["rotation", "backup", "new", "secret", "temp"]);
    let keys = Change::grown("KeyDescription", described_key(app.key_id, "rotation"), described_key(key, name));
    directory(stage, Hand::of(&account, at), (CREDENTIAL_CHANGED, APPLICATIONS), credential_changed(app, keys), &mut random, deeds);
    let by_graph = random.chance(0.5);
    let credential = Credential { app, key, by_graph, place: stage.rented(), device: stage.machine(), token: None };
    let from = plus(at, random.between(300, 20 * HOUR_SECS));
    let count = usize::try_from(random.between(6, 25)).unwrap_or(6);
    reads(stage, credential, (from, count), &mut random, deeds);
}

fn full_access_as_app(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("new application");
    let Some(account) = administrator(stage, &mut random, deeds) else { return };
    let names: (&[_], &[_]) =
        (&["Mail", "Exchange", "Cloud", "Compliance", "Office"], &["Sync", "Connector", "Archive", "Monitor", "Journal"]);
    let app = application(stage, AppKind::Migration, names);
    let at = introduces(stage, (&account, &app), plus(account.entry.at, random.between(120, 1_800)), &mut random, deeds);
    let credential =
        Credential { app: &app, key: app.key_id, by_graph: false, place: stage.rented(), device: stage.machine(), token: None };
    let from = plus(at, random.between(120, 5 * HOUR_SECS));
    let count = usize::try_from(random.between(10, 30)).unwrap_or(10);
    reads(stage, credential, (from, count), &mut random, deeds);
}

/// Its service principal, the role and the consent; returns when it was done.
fn introduces(stage: &Stage<'_>, (account, app): (&Account<'_>, &App), at: Nanos, random: &mut Random, deeds: &mut Deeds) -> Nanos {
    let (tenant, rights) = (stage.scene.tenant, Rights::EveryMailbox);
    directory(stage, Hand::of(account, at), ("Add service principal.", APPLICATIONS), introduced(app), random, deeds);
    let at = plus(at, random.between(1, 600));
    directory(stage, Hand::of(account, at), (rights.granted_by(), APPLICATIONS), granted(tenant, app, rights), random, deeds);
    let at = plus(at, random.between(0, 2));
    let consent = consented(tenant, app, rights, random);
    directory(stage, Hand::of(account, at), ("Consent to application.", APPLICATIONS), consent, random, deeds);
    at
}
