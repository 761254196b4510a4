//! Access by tokens that no sign-in issued.
//!
//! The forger sets the claims, and what Exchange writes of a token are its claims. Mail is read through Outlook on the web,
//! as in the summer of 2023; no sign-in, no rule, no trace in the directory.

use waxseal_model::Nanos;

use crate::caller::web;
use crate::client::OUTLOOK_WEB;
use crate::clock::{DAY_SECS, HOUR_SECS, plus, whole_second};
use crate::guid::Guid;
use crate::intrusion::stage::Reading;
use crate::intrusion::{Deeds, Hole, Kind, Stage};
use crate::mail::Mailbox;
use crate::random::Random;
use crate::record::{AccessKind, Caller, Link, Named};
use crate::tenant::Person;
use crate::token::{Wallet, uti_form};

/// What decides: access itself, and every log that could have issued the token.
const DECIDED_BY: &[&str] = &["ual.mia.bind", "signin.interactive", "signin.noninteractive"];

const fn kind(name: &'static str, story: &'static str, play: fn(&Stage<'_>, &mut Deeds)) -> Kind {
    Kind { name, story, decided_by: DECIDED_BY, across_tenants: false, play }
}

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[
    kind("forged_random", "Forged tokens with random ids read three mailboxes in bursts on several days.", random_ids),
    kind("forged_slow", "A forged token with a random id opens one message every third day.", slow),
    kind("forged_absent", "Forged tokens without an id read two mailboxes.", absent),
    kind("forged_copied_same", "Forged tokens carry the id of a real token of the same person, long after it ran out.", copied_same),
    kind("forged_copied_other", "Forged tokens carry the id of a real token of somebody else.", copied_other),
    kind("forged_foreign", "Forged tokens name a tenant they were never issued in: the one of private accounts.", foreign),
    kind("forged_future", "Forged tokens claim to be issued hours after they are used.", future),
    kind(
        "forged_throttled",
        "A forged token makes so many accesses that the mailbox's log falls silent for a day, and reads on in the silence.",
        throttled,
    ),
    Kind {
        across_tenants: true,
        ..kind("forged_campaign", "One intruder with forged tokens is in mailboxes of several tenants in the same office hours.", campaign)
    },
];

/// What a forger writes into a token.
struct Claims {
    uti: String,
    issued: Nanos,
    session: Option<Guid>,
    object: Guid,
    tenant: Guid,
}

impl Claims {
    /// Claims that look right, with an id that no sign-in has.
    fn likely(stage: &Stage<'_>, person: &Person, at: Nanos, random: &mut Random) -> Self {
        let issued = whole_second(plus(at, -random.between(60, 3 * HOUR_SECS)));
        let uti = random.guid().as_sign_in().uti(uti_form(stage.scene));
        Self { uti, issued, session: Some(random.guid()), object: person.oid, tenant: stage.scene.tenant.id }
    }

    /// How access with the token looks.
    fn caller(self, stage: &Stage<'_>) -> Caller {
        let mut caller = web(&stage.machine().user_agent, &stage.rented().address);
        caller.session = self.session;
        caller.link = Some(Link {
            uti: self.uti,
            issued: self.issued,
            session: self.session,
            app: OUTLOOK_WEB,
            object: self.object,
            tenant: self.tenant,
        });
        caller
    }
}

/// A visit: some minutes in a mailbox with one token.
fn visit(stage: &Stage<'_>, person: &Person, at: Nanos, records: usize, claims: Claims, deeds: &mut Deeds) {
    let caller = claims.caller(stage);
    let reading = Reading {
        mailbox: stage.scene.tenant.mailbox_of(person),
        by: Named::person(person),
        from: at,
        pause_secs: (125, 400),
        records,
        items: 5,
    };
    stage.reads(&reading, |_, _| caller.clone(), deeds);
}

/// Visits to some people on some days; `claims` forges the token of each.
fn visits(
    stage: &Stage<'_>,
    (people, days, every_days): (usize, i64, i64),
    mut claims: impl FnMut(&Person, Nanos, &mut Random) -> Claims,
    deeds: &mut Deeds,
) {
    let mut random = stage.choice("visits");
    for person in stage.victims(people) {
        for i in 0..days {
            let at = plus(stage.start(), i * every_days * DAY_SECS + random.between(0, 6 * HOUR_SECS));
            let records = usize::try_from(random.between(3, 8)).unwrap_or(3);
            let forged = claims(person, at, &mut random);
            if at < stage.end() {
                visit(stage, person, at, records, forged, deeds);
            }
        }
    }
}

fn random_ids(stage: &Stage<'_>, deeds: &mut Deeds) {
    visits(stage, (3, 4, 1), |person, at, random| Claims::likely(stage, person, at, random), deeds);
}

fn slow(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("visits");
    let Some(person) = stage.victims(1).first().copied() else { return };
    let mailbox = stage.scene.tenant.mailbox_of(person);
    for i in 0..5 {
        let at = plus(stage.start(), i * 3 * DAY_SECS + random.between(0, 6 * HOUR_SECS));
        if at >= stage.end() {
            break;
        }
        let caller = Claims::likely(stage, person, at, &mut random).caller(stage);
        let newest = mailbox.newest(at, 1);
        stage.opens(mailbox, &Named::person(person), &newest, (at, &caller), &mut random, deeds);
    }
}

fn absent(stage: &Stage<'_>, deeds: &mut Deeds) {
    let without = |person: &Person, at: Nanos, random: &mut Random| Claims {
        uti: String::new(),
        session: None,
        ..Claims::likely(stage, person, at, random)
    };
    visits(stage, (2, 3, 1), without, deeds);
}

/// The id of a token that was issued to a person some days before an instant.
fn id_of_a_real_token(stage: &Stage<'_>, person: &Person, before: Nanos) -> Option<String> {
    let day = crate::clock::Day::of(before);
    let earlier = (2..9).map(|ago| day.plus(-ago)).filter(|day| *day >= stage.scene.world.first);
    let mut tokens = earlier.flat_map(|day| Wallet::of(stage.scene, person, person.clients[0], day).today);
    tokens.next().map(|token| token.id.uti(uti_form(stage.scene)))
}

fn copied_same(stage: &Stage<'_>, deeds: &mut Deeds) {
    let copied = |person: &Person, at: Nanos, random: &mut Random| {
        let likely = Claims::likely(stage, person, at, random);
        Claims { uti: id_of_a_real_token(stage, person, at).unwrap_or_else(|| likely.uti.clone()), ..likely }
    };
    visits(stage, (2, 3, 1), copied, deeds);
}

fn copied_other(stage: &Stage<'_>, deeds: &mut Deeds) {
    let people = &stage.scene.tenant.people;
    let copied = |person: &Person, at: Nanos, random: &mut Random| {
        let likely = Claims::likely(stage, person, at, random);
        let others = people.iter().cycle().skip(person.number + 1).take(people.len() - 1);
        let uti = others.map(|other| id_of_a_real_token(stage, other, at)).find_map(|id| id);
        Claims { uti: uti.unwrap_or_else(|| likely.uti.clone()), ..likely }
    };
    visits(stage, (2, 3, 1), copied, deeds);
}

/// The tenant of private accounts.
const CONSUMERS: Guid = Guid::from_text("9188040d-6c67-4c5b-b112-36a304b66dad");

fn foreign(stage: &Stage<'_>, deeds: &mut Deeds) {
    let foreign =
        |person: &Person, at: Nanos, random: &mut Random| Claims { tenant: CONSUMERS, ..Claims::likely(stage, person, at, random) };
    visits(stage, (2, 3, 1), foreign, deeds);
}

fn future(stage: &Stage<'_>, deeds: &mut Deeds) {
    let future = |person: &Person, at: Nanos, random: &mut Random| {
        let likely = Claims::likely(stage, person, at, random);
        Claims { issued: plus(at, random.between(2 * HOUR_SECS, 20 * HOUR_SECS)), ..likely }
    };
    visits(stage, (2, 3, 1), future, deeds);
}

/// More than a thousand records of access to a mailbox within a day end its records for a day.
const THROTTLE_RECORDS: usize = 1_000;

fn throttled(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("noise");
    let Some(person) = stage.victims(1).first().copied() else { return };
    let mailbox: &Mailbox = stage.scene.tenant.mailbox_of(person);
    let by = Named::person(person);
    let caller = Claims::likely(stage, person, stage.start(), &mut random).caller(stage);
    // The noise: the same few messages again and again, in changing contexts, so that nothing is dropped as a repetition.
    let few = mailbox.newest(stage.start(), 12);
    let mut at = stage.start();
    for i in 0..THROTTLE_RECORDS {
        at = plus(at, random.between(8, 20));
        let message = few.get(i % few.len().max(1)).copied();
        stage.opens(mailbox, &by, message.as_slice(), (at, &caller), &mut random, deeds);
    }
    announce(stage, mailbox, &by, (at, &caller), &mut random, deeds);
    let silence = Hole { mailbox: mailbox.number, from: plus(at, 1), to: plus(at, DAY_SECS), reason: "throttled" };
    let reading = Reading { mailbox, by, from: plus(at, 600), pause_secs: (30, 90), records: 40, items: 10 };
    deeds.holes.push(silence);
    stage.reads(&reading, |_, _| caller.clone(), deeds);
}

/// The last record before the silence says that it begins.
fn announce(stage: &Stage<'_>, mailbox: &Mailbox, by: &Named, (at, caller): (Nanos, &Caller), random: &mut Random, deeds: &mut Deeds) {
    let tenant = stage.scene.tenant;
    let server = tenant.server(random);
    let messages = mailbox.newest(at, 1).into_iter().map(|message| (mailbox.filed_in(&message), message)).collect();
    let kind = AccessKind::Bind(messages);
    let access = crate::record::Access { time: at, id: random.guid(), mailbox, by, caller, kind, throttled: Some(true), server: &server };
    deeds.records.push(crate::record::mail_access(tenant, &access));
}

fn campaign(stage: &Stage<'_>, deeds: &mut Deeds) {
    // Office hours of the intruder, whatever the tenant's own are.
    let midnight = crate::clock::Day::of(stage.start()).start();
    let mut random = stage.choice("visits");
    for person in stage.victims(3) {
        for day in 0..5 {
            let at = plus(midnight, day * DAY_SECS + random.between(HOUR_SECS, 8 * HOUR_SECS));
            let forged = Claims::likely(stage, person, at, &mut random);
            if at >= stage.start() && at < stage.end() {
                visit(stage, person, at, 5, forged, deeds);
            }
        }
    }
}
