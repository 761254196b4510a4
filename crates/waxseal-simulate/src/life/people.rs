//! What people do on a day: sign in, read, write, tidy up, share files, mistype.

use waxseal_model::Nanos;

use crate::caller::{background, caller, is_registered, web_background};
use crate::client::Client;
use crate::clock::{Day, HOUR_SECS, plus};
use crate::life::{Reader, Recent};
use crate::mail::{INBOX, Mailbox, Message};
use crate::names;
use crate::presence::presence;
use crate::random::Random;
use crate::record::{
    Access, AccessKind, AdminAct, Cmdlet, Failure, ItemAct, Named, Record, SignIn, chat_act, cmdlet, file_act, item_act, sign_in, sts_logon,
};
use crate::tenant::Person;
use crate::token::{Token, Wallet, uti_form};
use crate::world::Scene;

/// A day of one person.
pub(super) fn day(scene: Scene<'_>, person: &Person, day: Day, recent: &[Recent<'_>], out: &mut Vec<Record>) {
    let mut random = person.seed.of("deeds", day.0).random();
    let works = presence(scene, person, day).works;
    let own = &recent[person.number];
    for client in person.clients.iter().copied() {
        let wallet = Wallet::of(scene, person, client, day);
        sign_ins(scene, person, &wallet, &mut random, out);
        if !wallet.today.is_empty() {
            let life = Life { scene, person, day, wallet: &wallet, reader: Reader { scene, by: Named::person(person) } };
            life.mail(client, works, own, &mut random, out);
            life.mail_of_others(client, works, recent, &mut random, out);
        }
    }
    background_reads(scene, person, day, own, &mut random, out);
    if works {
        mistakes(scene, person, day, &mut random, out);
        rules(scene, person, day, &mut random, out);
    }
    housekeeping(scene, person, day, &mut random, out);
}

/// A client of a person on a day.
struct Life<'a> {
    scene: Scene<'a>,
    person: &'a Person,
    day: Day,
    wallet: &'a Wallet,
    reader: Reader<'a>,
}

impl Life<'_> {
    /// Until when the client may be used.
    fn until(&self) -> Nanos {
        self.day.plus(1).at_secs(2 * HOUR_SECS - self.scene.tenant.zone_secs)
    }

    fn mail(&self, client: Client, works: bool, own: &Recent<'_>, random: &mut Random, out: &mut Vec<Record>) {
        let rates = &self.scene.parameters().access;
        let calm = if works { 1.0 } else { 0.25 };
        let mean = |rate: f64| rate * calm * self.person.zeal;
        match client {
            Client::Web => {
                self.binds(mean(rates.web_binds), own, random, out);
                self.behind_the_web(mean(rates.web_background), own, random, out);
                self.changes(own, random, out);
            }
            Client::Desktop => {
                self.syncs(mean(rates.desktop_syncs), own, random, out);
                self.binds(mean(rates.desktop_binds), own, random, out);
                self.changes(own, random, out);
            }
            Client::Mobile => self.binds(mean(rates.mobile_binds), own, random, out),
            Client::Phone => self.binds(mean(rates.phone_syncs), own, random, out),
            Client::Imap => self.binds(mean(rates.imap_binds), own, random, out),
            Client::Teams => {
                self.binds(mean(rates.teams_binds), own, random, out);
                self.chats(mean(rates.chats), random, out);
            }
            Client::Files => self.files(mean(rates.files), random, out),
        }
    }

    fn binds(&self, mean: f64, recent: &Recent<'_>, random: &mut Random, out: &mut Vec<Record>) {
        for _ in 0..random.count(mean) {
            let Some((at, token)) = self.wallet.moment(random, self.until()) else { continue };
            let caller = caller(self.scene, self.person, token, random);
            out.extend(self.reader.bind(recent, at, &caller, random));
        }
    }

    fn behind_the_web(&self, mean: f64, recent: &Recent<'_>, random: &mut Random, out: &mut Vec<Record>) {
        for _ in 0..random.count(mean) {
            let Some((at, token)) = self.wallet.moment(random, self.until()) else { continue };
            out.extend(self.reader.bind(recent, at, &web_background(&token.place.address), random));
        }
    }

    /// A folder at most once an hour; on a new machine every folder within minutes.
    fn syncs(&self, mean: f64, recent: &Recent<'_>, random: &mut Random, out: &mut Vec<Record>) {
        let mailbox = recent.mailbox;
        if let Some(token) = self.wallet.today.first().filter(|token| token.device.since == self.day) {
            for folder in mailbox.folders() {
                let at = plus(token.issued, random.between(20, 1_500));
                let caller = caller(self.scene, self.person, token, random);
                out.push(self.reader.access(mailbox, at, &caller, AccessKind::Sync(folder), random));
            }
        }
        let mut hours: Vec<i64> = Vec::new();
        for _ in 0..random.count(mean) {
            let Some((at, token)) = self.wallet.moment(random, self.until()) else { continue };
            let hour = at.0 / 1_000_000_000 / HOUR_SECS;
            if hours.contains(&hour) {
                continue;
            }
            hours.push(hour);
            let caller = caller(self.scene, self.person, token, random);
            let folder = if random.chance(0.8) { INBOX } else { mailbox.folders().last().unwrap_or(INBOX) };
            out.push(self.reader.access(mailbox, at, &caller, AccessKind::Sync(folder), random));
        }
    }

    fn mail_of_others(&self, client: Client, works: bool, recent: &[Recent<'_>], random: &mut Random, out: &mut Vec<Record>) {
        // Whoever has both opens them in one of the two.
        let opens = match client {
            Client::Desktop => true,
            Client::Web => !self.person.uses(Client::Desktop),
            _ => false,
        };
        if !works || !opens {
            return;
        }
        for mailbox in &self.person.opens {
            self.binds(2.0, &recent[*mailbox], random, out);
        }
    }

    /// Messages sent and deleted, entries made: in the client that is used most.
    fn changes(&self, own: &Recent<'_>, random: &mut Random, out: &mut Vec<Record>) {
        let main = if self.person.uses(Client::Web) { Client::Web } else { Client::Desktop };
        if self.wallet.today.first().is_none_or(|token| token.client != main) {
            return;
        }
        let rates = self.scene.parameters();
        for _ in 0..random.count(rates.mail.sent * self.person.zeal) {
            let subject = names::subject(random);
            let message_id = format!("<{}@mail.{}>", random.hex(24), self.scene.tenant.domain);
            self.act(own, &ItemAct::Send { message_id, subject }, random, out);
        }
        for _ in 0..random.count(rates.access.item_changes * self.person.zeal) {
            let Some((at, token)) = self.wallet.moment(random, self.until()) else { continue };
            let operation = random.word(&["Update", "Create", "Update", "SoftDelete"]);
            let act = if operation == "SoftDelete" {
                let messages: Vec<Message> = own.some(at, 1, random).into_iter().map(|(_, message)| message).collect();
                if messages.is_empty() {
                    continue;
                }
                ItemAct::Delete { operation, messages }
            } else {
                ItemAct::Edit { operation, subject: names::subject(random) }
            };
            self.act_at(own.mailbox, (at, token), &act, random, out);
        }
        self.deletions(own, random, out);
    }

    /// Messages go to the deleted items when their mailbox says so; with no token at hand it happens elsewhere.
    fn deletions(&self, own: &Recent<'_>, random: &mut Random, out: &mut Vec<Record>) {
        let mailbox = own.mailbox;
        for message in (-2..=0).flat_map(|i| mailbox.arrivals(self.day.plus(i))) {
            let Some(at) = mailbox.deleted_at(&message).filter(|at| Day::of(*at) == self.day) else { continue };
            let Some(token) = self.wallet.today.iter().find(|token| token.issued <= at && at < token.expires) else { continue };
            let act = ItemAct::Delete { operation: "MoveToDeletedItems", messages: vec![message] };
            self.act_at(mailbox, (at, token), &act, random, out);
        }
    }

    fn act(&self, own: &Recent<'_>, act: &ItemAct, random: &mut Random, out: &mut Vec<Record>) {
        let Some((at, token)) = self.wallet.moment(random, self.until()) else { return };
        self.act_at(own.mailbox, (at, token), act, random, out);
    }

    fn act_at(&self, mailbox: &Mailbox, (at, token): (Nanos, &Token), act: &ItemAct, random: &mut Random, out: &mut Vec<Record>) {
        out.push(item_record(self.scene, self.person, (mailbox, at, token), act, random));
    }

    fn files(&self, mean: f64, random: &mut Random, out: &mut Vec<Record>) {
        for _ in 0..random.count(mean) {
            let Some((at, token)) = self.wallet.moment(random, self.until()) else { continue };
            let operation =
                random.word(&["FileAccessed", "FileAccessed", "FileModified", "FilePreviewed", "FileDownloaded", "FileUploaded"]);
            let link = random.chance(0.9).then(|| (token.session, token.client.facts().app.0, token.id.uti(uti_form(self.scene))));
            out.push(file_act(self.scene.tenant, self.person, (at, random.guid(), operation), (&token.place, &token.device, link)));
        }
    }

    fn chats(&self, mean: f64, random: &mut Random, out: &mut Vec<Record>) {
        for _ in 0..random.count(mean) {
            let Some((at, token)) = self.wallet.moment(random, self.until()) else { continue };
            out.push(chat_act(self.scene.tenant, self.person, at, random.guid(), &token.place));
        }
    }
}

/// The sign-in behind every token; the unified audit log has those at a prompt and a part of the others.
fn sign_ins(scene: Scene<'_>, person: &Person, wallet: &Wallet, random: &mut Random, out: &mut Vec<Record>) {
    for token in &wallet.today {
        let signed = signed(scene, person, token);
        out.push(sign_in(scene.tenant, &signed));
        if token.interactive || random.chance(0.2) {
            out.push(sts_logon(scene.tenant, &signed));
        }
    }
}

/// The sign-in that issued a token.
fn signed<'a>(scene: Scene<'_>, person: &'a Person, token: &'a Token) -> SignIn<'a> {
    let facts = token.client.facts();
    SignIn {
        time: token.issued,
        id: token.id,
        session: token.session,
        person,
        app: facts.app,
        resource: facts.resource,
        used: facts.used,
        place: &token.place,
        device: &token.device,
        registered: is_registered(person, token),
        interactive: token.interactive,
        uti: token.id.uti(uti_form(scene)),
        failure: None,
        protocol: None,
        second_factor: token.interactive && token.id.bytes()[3] < 180,
    }
}

/// The provider's own reads: with working hours and without.
fn background_reads(scene: Scene<'_>, person: &Person, day: Day, own: &Recent<'_>, random: &mut Random, out: &mut Vec<Record>) {
    let reader = Reader { scene, by: Named::person(person) };
    let calm = if scene.tenant.works_on(day) { 1.0 } else { 0.3 };
    for _ in 0..random.count(scene.parameters().access.background_binds * person.zeal * calm) {
        let at = day.at_secs(random.between(0, 86_399));
        let caller = background(random);
        out.extend(reader.bind(own, at, &caller, random));
    }
}

/// A password mistyped once or a few times before it is right.
fn mistakes(scene: Scene<'_>, person: &Person, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    if !random.chance(scene.parameters().people.password_mistakes) {
        return;
    }
    let wallet = Wallet::of(scene, person, person.clients[0], day);
    let Some(token) = wallet.today.first() else { return };
    for i in 0..=random.count(0.6) {
        let mut failed = signed(scene, person, token);
        failed.time = plus(token.issued, -60 * (i64::try_from(i).unwrap_or(0) + 1));
        failed.id = random.guid().as_sign_in();
        failed.uti = failed.id.uti(uti_form(scene));
        failed.interactive = true;
        failed.failure = Some(if random.chance(0.85) { Failure::PASSWORD } else { Failure::SECOND_FACTOR });
        out.push(sign_in(scene.tenant, &failed));
        out.push(sts_logon(scene.tenant, &failed));
    }
}

/// Somebody sets up an inbox rule to file newsletters away: in the browser by a cmdlet, in Outlook as a change to the mailbox.
fn rules(scene: Scene<'_>, person: &Person, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    if !random.chance(scene.parameters().people.rules) {
        return;
    }
    let client = if person.uses(Client::Web) { Client::Web } else { Client::Desktop };
    let wallet = Wallet::of(scene, person, client, day);
    let Some((at, token)) = wallet.moment(random, day.plus(1).start()) else { return };
    let sender = names::outside_sender(random);
    let name = format!("From {}", sender.split('@').next().unwrap_or("outside"));
    if client == Client::Desktop {
        let act = ItemAct::Rule { name, condition: format!("(Sender contains {sender})"), actions: "Move to folder Projects 1".to_owned() };
        out.push(item_record(scene, person, (scene.tenant.mailbox_of(person), at, token), &act, random));
        return;
    }
    let object = format!("{}\\{name}", person.upn);
    let act = AdminAct::Person { person, address: &token.place.address, session: Some(token.session), app: crate::client::EXCHANGE };
    let parameters = [("Name", name.as_str()), ("From", sender.as_str()), ("MoveToFolder", "Projects 1"), ("StopProcessingRules", "False")];
    let of = Cmdlet { time: at, id: random.guid(), operation: "New-InboxRule", by: act, object: &object, parameters: &parameters };
    out.push(cmdlet(scene.tenant, &of));
}

/// Something a person does in their mailbox with one of their tokens.
fn item_record(
    scene: Scene<'_>,
    person: &Person,
    (mailbox, at, token): (&Mailbox, Nanos, &Token),
    act: &ItemAct,
    random: &mut Random,
) -> Record {
    let caller = caller(scene, person, token, random);
    let (by, server) = (Named::person(person), scene.tenant.server(random));
    let kind = AccessKind::Bind(Vec::new());
    let access = Access { time: at, id: random.guid(), mailbox, by: &by, caller: &caller, kind, throttled: None, server: &server };
    item_act(scene.tenant, &access, act)
}

fn housekeeping(scene: Scene<'_>, person: &Person, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    for _ in 0..random.count(scene.parameters().access.service_changes) {
        let at = day.at_secs(random.between(0, 86_399));
        out.push(crate::record::service_noise(scene.tenant, random, at, &person.upn));
    }
}
