//! Where an intrusion plays: the tenant, the intruder's machines, and the moves that many kinds share.

use waxseal_model::Nanos;

use crate::clock::{Day, plus};
use crate::guid::Guid;
use crate::intrusion::{Accessed, Deeds, Intrusion};
use crate::mail::{DELETED, Mailbox, Message};
use crate::network::{NetworkKind, networks};
use crate::presence::{Device, Place};
use crate::random::Random;
use crate::record::{Access, AccessKind, Caller, Failure, Link, Named, Record, SignIn, mail_access, sign_in, sts_logon};
use crate::tenant::Person;
use crate::token::uti_form;
use crate::world::Scene;

/// One intrusion in its tenant.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) scene: Scene<'a>,
    pub(crate) intrusion: &'a Intrusion,
}

/// How an intruder reads a mailbox.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) mailbox: &'a Mailbox,
    pub(crate) by: Named,
    /// When it begins, and the shortest and longest pause from one record to the next.
    pub(crate) from: Nanos,
    pub(crate) pause_secs: (i64, i64),
    /// Records, and messages in each.
    pub(crate) records: usize,
    pub(crate) items: usize,
}

/// A sign-in by an intruder as somebody.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) person: &'a Person,
    pub(crate) at: Nanos,
    pub(crate) app: (Guid, &'a str),
    pub(crate) resource: (Guid, &'a str),
    /// `clientAppUsed`.
    pub(crate) used: &'a str,
    pub(crate) place: Place,
    pub(crate) device: Device,
    pub(crate) interactive: bool,
    /// The session it belongs to: a new one, or one that was stolen.
    pub(crate) session: Guid,
    pub(crate) failure: Option<Failure>,
    pub(crate) protocol: Option<(&'a str, &'a str)>,
    pub(crate) second_factor: bool,
}

impl<'a> Stage<'a> {
    /// When it begins.
    pub(crate) fn start(&self) -> Nanos {
        self.intrusion.start
    }

    /// The end of the world: nothing is recorded after it.
    pub(crate) fn end(&self) -> Nanos {
        self.scene.world.end()
    }

    /// Choices that are the intruder's own in all tenants.
    pub(crate) fn intruders_choice(&self, what: &str) -> Random {
        self.intrusion.intruder.of(what, 0).random()
    }

    /// Choices of this intrusion.
    pub(crate) fn choice(&self, what: &str) -> Random {
        self.intrusion.seed.of(what, 0).random()
    }

    /// So many different people of the tenant.
    pub(crate) fn victims(&self, count: usize) -> Vec<&'a Person> {
        let mut random = self.choice("victims");
        let people = &self.scene.tenant.people;
        let mut order: Vec<usize> = (0..people.len()).collect();
        for i in 0..count.min(people.len()) {
            let other = i + random.index(people.len() - i);
            order.swap(i, other);
        }
        order.into_iter().take(count).map(|i| &people[i]).collect()
    }

    /// The rented machine that the intruder works from: the same in all tenants.
    pub(crate) fn rented(&self) -> Place {
        self.place_of(NetworkKind::Hosting, None)
    }

    /// A line at somebody's home, in the victims' country or not, that the intruder works through.
    pub(crate) fn residential(&self, country: Option<&str>) -> Place {
        self.place_of(NetworkKind::Fixed, country)
    }

    fn place_of(&self, kind: NetworkKind, country: Option<&str>) -> Place {
        let mut random = self.intruders_choice("place");
        let of_kind = networks(kind, country);
        let network = random.pick(&of_kind).copied().unwrap_or(&crate::network::NETWORKS[0]);
        Place { address: network.address(&mut random), network }
    }

    /// The intruder's machine and browser.
    pub(crate) fn machine(&self) -> Device {
        let mut random = self.intruders_choice("machine");
        let version = random.between(100, 132);
        let user_agent = match random.below(3) {
            0 => format!("python-requests/2.{}.0", random.between(25, 32)),
            1 => format!("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"),
            _ => format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"),
        };
        let (system, browser) = if user_agent.contains("Windows") { ("Windows10", "Firefox") } else { ("Linux", "Chrome") };
        Device {
            id: Guid::default(),
            name: String::new(),
            system,
            browser: format!("{browser} {version}.0"),
            user_agent,
            outlook: String::new(),
            since: Day::of(self.start()),
        }
    }

    /// Signs in; leaves both records and returns what access with the token shows of it.
    pub(crate) fn signs_in(&self, entry: &Entry<'_>, random: &mut Random, deeds: &mut Deeds) -> Link {
        let id = random.guid().as_sign_in();
        let of = SignIn {
            time: entry.at,
            id,
            session: entry.session,
            person: entry.person,
            app: entry.app,
            resource: entry.resource,
            used: entry.used,
            place: &entry.place,
            device: &entry.device,
            registered: entry.device.id != Guid::default(),
            interactive: entry.interactive,
            uti: id.uti(uti_form(self.scene)),
            failure: entry.failure,
            protocol: entry.protocol,
            second_factor: entry.second_factor,
        };
        deeds.records.push(sign_in(self.scene.tenant, &of));
        if entry.interactive {
            deeds.records.push(sts_logon(self.scene.tenant, &of));
        }
        Link {
            uti: of.uti,
            issued: entry.at,
            session: Some(entry.session),
            app: entry.app.0,
            object: entry.person.oid,
            tenant: self.scene.tenant.id,
        }
    }

    /// Opens messages one by one, newest first; returns when it was done. `caller` tells how each record looks.
    pub(crate) fn reads(&self, reading: &Reading<'_>, mut caller: impl FnMut(Nanos, &mut Random) -> Caller, deeds: &mut Deeds) -> Nanos {
        let mut random = self.choice("reads").below(u64::MAX);
        random ^= self.intrusion.seed.of("mailbox", i64::try_from(reading.mailbox.number).unwrap_or(0)).0;
        let mut random = crate::random::Seed(random).of("from", reading.from.0).random();
        let messages = reading.mailbox.newest(reading.from, reading.records * reading.items.max(1));
        let mut at = reading.from;
        for chunk in messages.chunks(reading.items.max(1)) {
            at = plus(at, random.between(reading.pause_secs.0, reading.pause_secs.1));
            if at >= self.end() {
                break;
            }
            let caller = caller(at, &mut random);
            self.opens(reading.mailbox, &reading.by, chunk, (at, &caller), &mut random, deeds);
        }
        at
    }

    /// Opens these messages at once: one record.
    pub(crate) fn opens(
        &self,
        mailbox: &Mailbox,
        by: &Named,
        messages: &[Message],
        (at, caller): (Nanos, &Caller),
        random: &mut Random,
        deeds: &mut Deeds,
    ) {
        let found = messages.iter().map(|message| (mailbox.folder_at(message, at).unwrap_or(DELETED), *message)).collect();
        let record = self.access(mailbox, by, (at, caller), AccessKind::Bind(found), random);
        let id = Some(record.id.clone());
        deeds.accessed.extend(messages.iter().map(|message| Accessed {
            mailbox: mailbox.number,
            message: *message,
            time: at,
            how: "bind",
            record: id.clone(),
        }));
        deeds.records.push(record);
    }

    /// Brings a folder to the intruder's machine: one record that names no message.
    pub(crate) fn syncs(
        &self,
        mailbox: &Mailbox,
        by: &Named,
        folder: u32,
        (at, caller): (Nanos, &Caller),
        random: &mut Random,
        deeds: &mut Deeds,
    ) {
        let record = self.access(mailbox, by, (at, caller), AccessKind::Sync(folder), random);
        deeds.accessed.extend(mailbox.in_folder(folder, at).into_iter().map(|message| Accessed {
            mailbox: mailbox.number,
            message,
            time: at,
            how: "sync",
            record: None,
        }));
        deeds.records.push(record);
    }

    /// The record of an access.
    pub(crate) fn access(
        &self,
        mailbox: &Mailbox,
        by: &Named,
        (at, caller): (Nanos, &Caller),
        kind: AccessKind,
        random: &mut Random,
    ) -> Record {
        let tenant = self.scene.tenant;
        let server = tenant.server(random);
        let throttled = tenant.throttle_flag.then_some(false);
        mail_access(tenant, &Access { time: at, id: random.guid(), mailbox, by, caller, kind, throttled, server: &server })
    }
}
