//! What people do on a day: sign in, read, write, tidy up, open files, mistype.

use waxseal_model::Nanos;

use super::Today;
use crate::client::Client;
use crate::clock::{DAY_SECS, Day, HOUR_SECS, plus};
use crate::mail::{Mailbox, Message};
use crate::names;
use crate::presence::presence;
use crate::random::Random;
use crate::record::{
    GmailHand, GoogleAct, GoogleApp, Letter, MailDeed, Proof, Record, drive, forwarding_set, gmail, login, login_asked, login_failure,
    logout, token,
};
use crate::tenant::Person;
use crate::token::{Token, Wallet};
use crate::world::Scene;

/// A day of one person.
pub(super) fn day(scene: Scene<'_>, person: &Person, day: Day, mail: &[Today<'_>], out: &mut Vec<Record>) {
    let mut random = person.seed.of("deeds", day.0).random();
    let calm = if presence(scene, person, day).works { 1.0 } else { 0.25 };
    let life = Life { scene, person, day, mailbox: scene.tenant.mailbox_of(person), calm };
    let browser = if person.uses(Client::Web) { Client::Web } else { Client::Desktop };
    let phone = person.clients.iter().copied().find(|client| client.on_phone());
    for client in [browser].into_iter().chain(phone) {
        let wallet = Wallet::of(scene, person, client, day);
        if let Some(first) = wallet.today.first() {
            life.sign_ins(&wallet, &mut random, out);
            life.views(&wallet, first, &mail[person.number], &mut random, out);
            life.writes(&wallet, client == browser, &mut random, out);
        }
        if client == browser && !wallet.today.is_empty() {
            life.at_the_computer(&wallet, mail, &mut random, out);
        }
    }
    life.imap(&mail[person.number], &mut random, out);
    life.tidies_up(browser, phone, &mut random, out);
}

/// A day of somebody.
struct Life<'a> {
    scene: Scene<'a>,
    person: &'a Person,
    day: Day,
    mailbox: &'a Mailbox,
    /// How much is done: 1 on a working day.
    calm: f64,
}

/// With what a token is used, as Gmail names it.
fn client_type(token: &Token) -> &'static str {
    match token.client {
        Client::Imap => "IMAP",
        _ if !token.client.on_phone() => "WEB",
        _ if token.device.system.starts_with("Ios") => "IOS",
        _ => "ANDROID",
    }
}

fn hand(token: &Token) -> GmailHand<'_> {
    let session = (token.client != Client::Imap).then_some(token.session);
    GmailHand { client: client_type(token), place: &token.place, session, delegate: None, app: None }
}

impl Life<'_> {
    /// Until when a client may be used.
    fn until(&self) -> Nanos {
        self.day.plus(1).at_secs(2 * HOUR_SECS - self.scene.tenant.zone_secs)
    }

    fn mean(&self, rate: f64) -> f64 {
        rate * self.calm * self.person.zeal
    }

    fn act<'a>(&'a self, time: Nanos, token: &'a Token) -> GoogleAct<'a> {
        GoogleAct { time, by: Some(self.mailbox), place: Some(&token.place) }
    }

    /// Sessions last for days: only their beginnings and what is asked in between are sign-ins.
    fn sign_ins(&self, wallet: &Wallet, random: &mut Random, out: &mut Vec<Record>) {
        let rates = self.scene.parameters();
        let tenant = self.scene.tenant;
        let Some(first) = wallet.today.first() else { return };
        let mistaken = !first.client.on_phone() && random.chance(rates.people.password_mistakes * self.calm);
        if mistaken {
            for i in 0..=random.count(0.6) {
                let at = plus(first.issued, -40 * (i64::try_from(i).unwrap_or(0) + 1));
                out.push(login_failure(tenant, self.act(at, first), random));
            }
        }
        if first.interactive || mistaken {
            let abroad = first.place.network.country != tenant.country;
            let method = if abroad { "idv_preregistered_phone" } else { "google_prompt" };
            let second = (first.interactive && (abroad || first.id.bytes()[3] < 150)).then_some(method);
            if let Some(method) = second {
                let name = if abroad { "login_challenge" } else { "login_verification" };
                out.push(login_asked(tenant, self.act(plus(first.issued, -3), first), (name, method), random));
            }
            let proof = Proof { session: first.session, again: !first.interactive, second };
            out.push(login(tenant, self.act(first.issued, first), proof, random));
        }
        if !first.client.on_phone() && random.chance(rates.google.logouts) {
            let at = wallet.today.last().map_or(first.issued, |last| plus(last.issued, 3_000));
            out.push(logout(tenant, self.act(at, first), random));
        }
    }

    fn views(&self, wallet: &Wallet, first: &Token, own: &Today<'_>, random: &mut Random, out: &mut Vec<Record>) {
        let rates = &self.scene.parameters().google;
        let mean = if first.client.on_phone() { rates.phone_views } else { rates.web_views };
        self.looks_at(own, self.mean(mean), (wallet, None), random, out);
    }

    /// Views of recent messages, and what is done with their attachments.
    fn looks_at(&self, of: &Today<'_>, mean: f64, (wallet, delegate): (&Wallet, Option<&str>), random: &mut Random, out: &mut Vec<Record>) {
        let (tenant, rates) = (self.scene.tenant, &self.scene.parameters().google);
        for _ in 0..random.count(mean) {
            let Some((at, token)) = wallet.moment(random, self.until()) else { continue };
            let Some((_, message)) = of.recent.some(at, 1, random).pop() else { continue };
            let hand = GmailHand { delegate, ..hand(token) };
            let letter = Letter::received(of.mailbox(), &message);
            let mut deeds = vec![MailDeed::View];
            deeds.extend(random.chance(rates.previews).then_some(MailDeed::AttachmentPreview));
            deeds.extend(random.chance(rates.attachments).then_some(MailDeed::AttachmentDownload));
            let mut at = at;
            for deed in deeds {
                out.push(gmail(tenant, of.mailbox(), (at, deed), Some(&hand), &letter, random));
                at = plus(at, random.between(3, 40));
            }
        }
    }

    /// Messages sent: most of them at the computer.
    fn writes(&self, wallet: &Wallet, at_the_computer: bool, random: &mut Random, out: &mut Vec<Record>) {
        let sent = self.scene.parameters().mail.sent;
        let share = if at_the_computer { 0.85 } else { 0.15 };
        for _ in 0..random.count(self.mean(sent * share)) {
            let Some((at, token)) = wallet.moment(random, self.until()) else { continue };
            let letter = Letter::sent(self.mailbox, random);
            out.push(gmail(self.scene.tenant, self.mailbox, (at, MailDeed::Sent), Some(&hand(token)), &letter, random));
        }
    }

    /// Mail of others, files, new products and new settings.
    fn at_the_computer(&self, wallet: &Wallet, mail: &[Today<'_>], random: &mut Random, out: &mut Vec<Record>) {
        let rates = &self.scene.parameters().google;
        for other in &self.person.opens {
            self.looks_at(&mail[*other], self.mean(rates.delegated_views), (wallet, Some(&self.person.upn)), random, out);
        }
        if self.person.uses(Client::Files) {
            self.files(wallet, random, out);
        }
        if random.chance(rates.sign_in_with * self.calm) {
            self.signs_in_with_the_account(wallet, random, out);
        }
        if let Some((since, to)) = forwarding(self.scene, self.person, self.day).filter(|(since, _)| Day::of(*since) == self.day) {
            let Some(first) = wallet.today.first() else { return };
            out.push(forwarding_set(self.scene.tenant, self.act(since, first), &to, random));
        }
    }

    fn files(&self, wallet: &Wallet, random: &mut Random, out: &mut Vec<Record>) {
        let people = &self.scene.tenant.people;
        for _ in 0..random.count(self.mean(self.scene.parameters().google.files)) {
            let Some((at, token)) = wallet.moment(random, self.until()) else { continue };
            let owner = if random.chance(0.6) { self.person } else { &people[random.index(people.len())] };
            let name = random.word(&["view", "view", "view", "edit", "edit", "download"]);
            out.push(drive(self.scene.tenant, self.act(at, token), name, &owner.upn, random));
        }
    }

    /// A product that only asks who somebody is.
    fn signs_in_with_the_account(&self, wallet: &Wallet, random: &mut Random, out: &mut Vec<Record>) {
        let Some((at, used)) = wallet.moment(random, self.until()) else { return };
        let name = names::product(random.index(100));
        // A product has one id everywhere, and another one for each of its uses.
        let app = GoogleApp::product(crate::random::Seed(0x5eed).of(name, 1), name, GoogleApp::IDENTITY);
        out.push(token(self.scene.tenant, self.act(at, used), "authorize", &app, random));
    }

    /// A mail program fetches what arrives; on the day it is set up it fetches the last weeks, too.
    fn imap(&self, own: &Today<'_>, random: &mut Random, out: &mut Vec<Record>) {
        let Some(since) = self.imap_since() else { return };
        let wallet = Wallet::of(self.scene, self.person, Client::Imap, self.day);
        let (Some(first), Some(last)) = (wallet.today.first(), wallet.today.last()) else { return };
        let hand = hand(first);
        let mut fetched = Vec::new();
        if since == self.day {
            let app = GoogleApp::mail_program(crate::random::Seed(0x5eed).of("mail program", 0), "Postbird");
            out.push(token(self.scene.tenant, self.act(first.issued, first), "authorize", &app, random));
            let most = usize::try_from(self.scene.parameters().google.imap_first).unwrap_or(0);
            let mut at = plus(first.issued, 20);
            for message in own.mailbox().newest(first.issued, most) {
                fetched.push((at, message));
                at = plus(at, random.between(0, 3));
            }
        }
        let later = own.arrived.iter().filter(|message| message.received > first.issued && message.received < last.expires);
        fetched.extend(later.map(|message| (plus(message.received, random.between(5, 600)), *message)));
        for (at, message) in fetched {
            let letter = Letter::received(own.mailbox(), &message);
            out.push(gmail(self.scene.tenant, own.mailbox(), (at, MailDeed::View), Some(&hand), &letter, random));
        }
    }

    /// Since when this person has a mail program, where there is one.
    fn imap_since(&self) -> Option<Day> {
        let (first, rate) = (self.scene.world.first, self.scene.parameters().google.imap_new);
        if self.person.uses(Client::Imap) {
            return Some(first.plus(-500));
        }
        let works = |day: &Day| presence(self.scene, self.person, *day).works;
        let begins = |day: &Day| self.person.seed.of("mail program", day.0).share() < rate && works(day);
        (0..=self.day.0 - first.0).map(|i| first.plus(i)).find(begins)
    }

    /// Messages go to the trash when their mailbox says so, and some are deleted there by hand a week later. The others
    /// disappear by themselves, which is not recorded.
    fn tidies_up(&self, browser: Client, phone: Option<Client>, random: &mut Random, out: &mut Vec<Record>) {
        let wallets = [Some(browser), phone].into_iter().flatten().map(|client| Wallet::of(self.scene, self.person, client, self.day));
        let wallets: Vec<_> = wallets.collect();
        let Some(token) = wallets.iter().find_map(|wallet| wallet.today.first()) else { return };
        let purged = self.scene.parameters().google.purged;
        let trashed = deleted_on(self.mailbox, self.day).into_iter().map(|(at, message)| (at, message, MailDeed::Trash));
        let emptied =
            deleted_on(self.mailbox, self.day.plus(-7)).into_iter().map(|(at, message)| (plus(at, 7 * DAY_SECS), message, MailDeed::Purge));
        let emptied: Vec<_> = emptied.filter(|_| random.chance(purged)).collect();
        for (at, message, deed) in trashed.chain(emptied) {
            let letter = Letter::received(self.mailbox, &message);
            out.push(gmail(self.scene.tenant, self.mailbox, (at, deed), Some(&hand(token)), &letter, random));
        }
    }
}

/// What is deleted on a day, and when. A message that is deleted at all is so within two days.
fn deleted_on(mailbox: &Mailbox, day: Day) -> Vec<(Nanos, Message)> {
    let candidates = (-3..=1).flat_map(|i| mailbox.arrivals(day.plus(i)));
    candidates.filter_map(|message| Some((mailbox.deleted_at(&message)?, message))).filter(|(at, _)| Day::of(*at) == day).collect()
}

/// Since when a person has all mail sent on to an address outside, and which: since long ago, or since a day of the world.
pub(super) fn forwarding(scene: Scene<'_>, person: &Person, day: Day) -> Option<(Nanos, String)> {
    let (first, rates) = (scene.world.first, &scene.parameters().google);
    let to = || {
        let local = person.upn.split('@').next().unwrap_or("private").to_lowercase();
        format!("{local}@webmail.example")
    };
    if person.seed.of("forwarding", 0).share() < rates.forwarding {
        return Some((first.plus(-200).start(), to()));
    }
    let sets = |day: &Day| person.seed.of("sets forwarding", day.0).share() < rates.new_forwarding;
    let on =
        (0..=day.0 - first.0).map(|i| first.plus(i)).filter(sets).map(|day| presence(scene, person, day)).find(|present| present.works)?;
    Some((plus(on.start, 2 * HOUR_SECS), to()))
}
