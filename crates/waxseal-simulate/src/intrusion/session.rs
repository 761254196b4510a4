//! Sessions in the wrong hands: a cookie that was stolen, and a page that passed everything on.

use waxseal_model::Nanos;

use crate::client::Client;
use crate::clock::{Day, HOUR_SECS, plus};
use crate::intrusion::account::{Account, Lured, posing_as};
use crate::intrusion::change::{Hand, directory, exchange};
use crate::intrusion::stage::Entry;
use crate::intrusion::visit::{Opened, Visit, visit};
use crate::intrusion::{Deeds, Kind, Stage};
use crate::names;
use crate::random::Random;
use crate::record::{Change, ItemAct, Named, Target};
use crate::tenant::Person;
use crate::token::{Token, Wallet};

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "stolen_session",
        story: "A stolen session cookie is used from another network: its tokens read the mailbox and fetch files for one to three days.",
        decided_by: &["ual.mia.bind", "signin.noninteractive"],
        across_tenants: false,
        play: stolen_session,
    },
    Kind {
        name: "aitm_rule",
        story: "A page in between passes a sign-in on and keeps the session; a second factor and a rule are added, mail is read and sent.",
        decided_by: &["ual.exchange_admin", "signin.interactive"],
        across_tenants: false,
        play: aitm_rule,
    },
];

/// A session of somebody's Outlook on the web: of the day itself where there is one, else one that began shortly before.
fn session_of_somebody<'a>(stage: &Stage<'a>) -> Option<(&'a Person, Token)> {
    let people = stage.victims(stage.scene.tenant.people.len());
    let today = Day::of(stage.start());
    let days = (0..14).map(|ago| today.plus(-ago)).filter(|day| *day >= stage.scene.world.first);
    for day in days {
        for person in people.iter().filter(|person| person.uses(Client::Web)) {
            let token = Wallet::of(stage.scene, person, Client::Web, day).today.into_iter().next();
            if let Some(token) = token {
                return Some((person, token));
            }
        }
    }
    None
}

fn stolen_session(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("theft");
    let Some((person, token)) = session_of_somebody(stage) else { return };
    let at = plus(stage.start().max(token.issued), random.between(60, 3 * HOUR_SECS));
    let facts = Client::Web.facts();
    let entry = Entry {
        person,
        at,
        app: facts.app,
        resource: facts.resource,
        used: facts.used,
        place: stage.elsewhere(),
        // Whoever takes a cookie out of a browser often takes the browser's name along.
        device: if random.chance(0.4) { posing_as(&token.device) } else { stage.browser() },
        interactive: false,
        session: token.session,
        failure: None,
        protocol: None,
        second_factor: false,
    };
    let Some(mut account) = Account::take(stage, entry, &mut random, deeds) else { return };
    let days = random.between(1, 3);
    let returns = stage.returns(at, days, &mut random);
    reads_own(stage, &mut account, &returns, &mut random, deeds);
    fetches_files(stage, &account, &returns, &mut random, deeds);
}

/// Reads the mailbox of the account with Outlook on the web, at some moments.
fn reads_own<'a>(stage: &Stage<'a>, account: &mut Account<'a>, moments: &[Nanos], random: &mut Random, deeds: &mut Deeds) {
    let person = account.entry.person;
    let mut opened = Opened::default();
    for from in moments {
        let mailbox = stage.scene.tenant.mailbox_of(person);
        let of = Visit { mailbox, by: Named::person(person), from: *from, records: random.between(3, 10), pause_secs: (125, 500) };
        visit(stage, &of, &mut |at, random, deeds| account.web(stage, at, random, deeds), &mut opened, random, deeds);
    }
}

/// Fetches files with a token for them in the same session.
fn fetches_files<'a>(stage: &Stage<'a>, account: &Account<'a>, moments: &[Nanos], random: &mut Random, deeds: &mut Deeds) {
    let Some(mut at) = random.pick(moments).map(|moment| plus(*moment, random.between(300, HOUR_SECS))) else { return };
    let facts = Client::Files.facts();
    let entry = Entry { at, app: facts.app, resource: facts.resource, used: facts.used, interactive: false, ..account.entry.clone() };
    let Some(mut files) = Account::take(stage, entry, random, deeds) else { return };
    for _ in 0..random.between(3, 14) {
        at = plus(at, random.between(4, 90));
        files.downloads(stage, at, random, deeds);
    }
}

fn aitm_rule(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("page in between");
    let Some(person) = stage.victims(1).first().copied() else { return };
    let Lured { at, .. } = stage.lured(person, &mut random);
    // The page in between signs in from a rented machine, and the victim answers the second factor.
    let entry = Entry { place: stage.rented(), second_factor: true, ..stage.entry(person, at, Client::Web, &mut random) };
    let second = stage.second_place(&entry.place);
    let Some(mut account) = Account::take(stage, entry, &mut random, deeds) else { return };
    account.moves(second);
    let came_back = plus(at, random.between(180, 3_000));
    let added = plus(came_back, random.between(60, 400));
    if came_back >= stage.end() {
        return;
    }
    account.link(stage, came_back, &mut random, deeds);
    adds_second_factor(stage, &account, added, &mut random, deeds);
    let notice = purge(stage, &mut random);
    account.acts(stage, (plus(added, random.between(60, 600)), &notice), &mut random, deeds);
    adds_rule(stage, &mut account, plus(added, random.between(700, 3_600)), &mut random, deeds);
    let days = random.between(1, 4);
    let returns = stage.returns(plus(added, random.between(700, 2 * HOUR_SECS)), days, &mut random);
    reads_own(stage, &mut account, &returns, &mut random, deeds);
    sends(stage, &mut account, &returns, &mut random, deeds);
}

/// Registers a second factor of the intruder's own, so that he can come back.
fn adds_second_factor(stage: &Stage<'_>, account: &Account<'_>, at: Nanos, random: &mut Random, deeds: &mut Deeds) {
    let person = account.entry.person;
    let method = random.word(&["Authenticator app", "Mobile phone", "Software OATH token"]);
    let changes = vec![
        Change::list("StrongAuthenticationMethod", "", method),
        Change::plain("Included Updated Properties", "StrongAuthenticationMethod"),
    ];
    let operation = ("User registered security info.", "UserManagement");
    directory(stage, Hand::of(account, at), operation, (Target::user(person), changes), random, deeds);
}

/// Deletes the message that tells the victim of it.
fn purge(stage: &Stage<'_>, random: &mut Random) -> ItemAct {
    let subject = random.word(&[
        "Your security info was changed",
        "A sign-in method was added to your account",
        "New sign-in method for your account",
    ]);
    ItemAct::Purge { message_id: format!("<{}@mail.{}>", random.hex(24), stage.scene.tenant.domain), subject: subject.to_owned() }
}

/// A rule with hardly a name that keeps answers and warnings out of sight.
fn adds_rule<'a>(stage: &Stage<'a>, account: &mut Account<'a>, at: Nanos, random: &mut Random, deeds: &mut Deeds) {
    let name = random.word(&[".", ",", "-", "_", ";", "x", "1"]);
    let words =
        random.word(&["invoice;payment;bank", "phish;hacked;password;suspicious", "fraud;transfer;account", "security;helpdesk;virus"]);
    let condition = if random.chance(0.5) { ("SubjectOrBodyContainsWords", words) } else { ("SubjectContainsWords", words) };
    let folder = random.word(&["RSS Feeds", "Conversation History", "Archive"]);
    let action = if random.chance(0.5) { ("MoveToFolder", folder) } else { ("DeleteMessage", "True") };
    let parameters = [("Name", name), condition, action, ("MarkAsRead", "True"), ("StopProcessingRules", "True")];
    let object = format!("{}\\{name}", account.entry.person.upn);
    exchange(stage, account, at, ("New-InboxRule", &object, &parameters), random, deeds);
}

/// Writes to some people in the victim's name.
fn sends<'a>(stage: &Stage<'a>, account: &mut Account<'a>, moments: &[Nanos], random: &mut Random, deeds: &mut Deeds) {
    let Some(mut at) = moments.last().map(|moment| plus(*moment, random.between(HOUR_SECS, 2 * HOUR_SECS))) else { return };
    for _ in 0..random.between(2, 6) {
        at = plus(at, random.between(60, 900));
        let message_id = format!("<{}@mail.{}>", random.hex(24), stage.scene.tenant.domain);
        let act = ItemAct::Send { message_id, subject: names::subject(random) };
        account.acts(stage, (at, &act), random, deeds);
    }
}
