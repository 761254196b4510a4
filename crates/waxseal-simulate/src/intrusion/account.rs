//! Accounts in an intruder's hands: where he works from, how he got in, the tokens he is issued after that.

use waxseal_model::Nanos;

use crate::caller::{desktop, imap, through_graph, web};
use crate::client::Client;
use crate::clock::{Day, HOUR_SECS, plus, secs_between, whole_second};
use crate::guid::Guid;
use crate::intrusion::stage::Entry;
use crate::intrusion::{Deeds, Stage};
use crate::network::{NETWORKS, Network, NetworkKind, networks};
use crate::presence::{Device, Place, presence};
use crate::random::Random;
use crate::record::{Access, AccessKind, Caller, GraphCall, ItemAct, Link, Named, file_act, graph_call, item_act};
use crate::tenant::Person;

/// An account that an intruder is signed in to.
#[derive(Debug)]
pub(super) struct Account<'a> {
    /// As what, from where and in which session he was let in; later tokens differ in little.
    pub(super) entry: Entry<'a>,
    link: Link,
    expires: Nanos,
}

/// Somebody who does what the intruder wants: when, and where they are then.
#[derive(Debug)]
pub(super) struct Lured<'a> {
    pub(super) person: &'a Person,
    pub(super) at: Nanos,
    pub(super) place: Place,
}

impl<'a> Stage<'a> {
    /// Where the intruder works from: a rented machine, or somebody's line in another country.
    pub(super) fn elsewhere(&self) -> Place {
        let mut random = self.intruders_choice("elsewhere");
        if random.chance(0.6) { self.rented() } else { self.residential(Some(self.foreign_country(&mut random))) }
    }

    /// A second place of the intruder's, in another network than the first.
    pub(super) fn second_place(&self, first: &Place) -> Place {
        let mut random = self.intruders_choice("second place");
        let kinds = [NetworkKind::Hosting, NetworkKind::Fixed];
        let here = self.scene.tenant.country;
        let candidates = kinds.into_iter().flat_map(|kind| networks(kind, None));
        let others: Vec<&'static Network> =
            candidates.filter(|network| network.asn != first.network.asn && network.country != here).collect();
        let network = random.pick(&others).copied().unwrap_or(&NETWORKS[0]);
        Place { address: network.address(&mut random), network }
    }

    fn foreign_country(&self, random: &mut Random) -> &'static str {
        let fixed = networks(NetworkKind::Fixed, None).into_iter().map(|network| network.country);
        let foreign: Vec<&'static str> = fixed.filter(|country| *country != self.scene.tenant.country).collect();
        random.word(&foreign)
    }

    /// The intruder's browser; what is no browser cannot show a page to sign in on.
    pub(super) fn browser(&self) -> Device {
        let machine = self.machine();
        if machine.user_agent.starts_with("Mozilla") {
            return machine;
        }
        let version = self.intruders_choice("browser").between(100, 132);
        Device {
            user_agent: format!(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
            ),
            browser: format!("Chrome {version}.0"),
            ..machine
        }
    }

    /// One of the administrators.
    pub(super) fn admin(&self) -> Option<&'a Person> {
        let number = *self.choice("admin").pick(&self.scene.tenant.admins)?;
        self.scene.tenant.people.get(number)
    }

    /// A sign-in with a password at a page of the provider, with a second factor that was talked out of somebody or without.
    pub(super) fn entry(&self, person: &'a Person, at: Nanos, client: Client, random: &mut Random) -> Entry<'a> {
        let facts = client.facts();
        Entry {
            person,
            at,
            app: facts.app,
            resource: facts.resource,
            used: facts.used,
            place: self.elsewhere(),
            device: self.browser(),
            interactive: true,
            session: random.guid(),
            failure: None,
            protocol: None,
            second_factor: random.chance(0.5),
        }
    }

    /// When and where somebody is at work after the beginning; at home where the world has no working day left.
    pub(super) fn lured(&self, person: &'a Person, random: &mut Random) -> Lured<'a> {
        let first = Day::of(self.start());
        for day in (0..14).map(|ahead| first.plus(ahead)).take_while(|day| day.start() < self.end()) {
            let present = presence(self.scene, person, day);
            let from = present.start.max(plus(self.start(), 60));
            let to = plus(present.end, -HOUR_SECS).min(plus(self.end(), -HOUR_SECS));
            let window_secs = secs_between(from, to);
            if present.works && window_secs > 600 {
                return Lured { person, at: plus(from, random.between(60, window_secs)), place: present.place };
            }
        }
        let home = Place { address: person.home.0.clone(), network: person.home.1 };
        Lured { person, at: plus(self.start(), random.between(60, 600)), place: home }
    }

    /// When an intruder comes back: now, and once or not at all on each of the following days.
    pub(super) fn returns(&self, first: Nanos, days: i64, random: &mut Random) -> Vec<Nanos> {
        let mut moments = vec![first];
        for day in 1..days {
            let moment = plus(first, day * 24 * HOUR_SECS + random.between(-3 * HOUR_SECS, 6 * HOUR_SECS));
            if moment < self.end() && random.chance(0.8) {
                moments.push(moment);
            }
        }
        moments
    }
}

/// Sign-ins are recorded to a ten-millionth of a second.
pub(super) fn with_fraction(at: Nanos, random: &mut Random) -> Nanos {
    Nanos(whole_second(at).0 + random.between(0, 9_999_999) * 100)
}

impl<'a> Account<'a> {
    /// Signs in; nothing where the world has ended by then.
    pub(super) fn take(stage: &Stage<'a>, entry: Entry<'a>, random: &mut Random, deeds: &mut Deeds) -> Option<Self> {
        if entry.at >= stage.end() {
            return None;
        }
        let entry = Entry { at: with_fraction(entry.at, random), ..entry };
        let link = stage.signs_in(&entry, random, deeds);
        let expires = plus(entry.at, lifetime_secs(stage, random));
        Some(Self { entry, link, expires })
    }

    /// Goes on from another place: the next token is issued there.
    pub(super) fn moves(&mut self, place: Place) {
        self.entry.place = place;
        self.expires = self.entry.at;
    }

    /// What records tell of the token at an instant: where it has run out, the next one is issued just before.
    pub(super) fn link(&mut self, stage: &Stage<'a>, at: Nanos, random: &mut Random, deeds: &mut Deeds) -> Link {
        if at >= self.expires {
            let before = plus(at, -random.between(2, 20)).max(plus(self.entry.at, 1));
            self.entry.at = with_fraction(before, random);
            self.entry.interactive = false;
            self.entry.second_factor = false;
            self.link = stage.signs_in(&self.entry, random, deeds);
            self.expires = plus(self.entry.at, lifetime_secs(stage, random));
        }
        self.link.clone()
    }

    /// How access with Outlook on the web looks.
    pub(super) fn web(&mut self, stage: &Stage<'a>, at: Nanos, random: &mut Random, deeds: &mut Deeds) -> Caller {
        let link = self.link(stage, at, random, deeds);
        let caller = web(&self.entry.device.user_agent, &self.entry.place.address);
        linked(stage, caller, link, stage.scene.parameters().tokens.linked_web, random)
    }

    /// How access over IMAP looks.
    pub(super) fn imap(&mut self, stage: &Stage<'a>, at: Nanos, random: &mut Random, deeds: &mut Deeds) -> Caller {
        let link = self.link(stage, at, random, deeds);
        let caller = imap(self.entry.app.0, &self.entry.place.address);
        linked(stage, caller, link, stage.scene.parameters().tokens.linked_imap, random)
    }

    /// How access with Outlook for Windows looks.
    pub(super) fn desktop(&mut self, stage: &Stage<'a>, at: Nanos, random: &mut Random, deeds: &mut Deeds) -> Caller {
        let link = self.link(stage, at, random, deeds);
        let mut version = stage.intruders_choice("outlook");
        let version = format!("16.0.{}.{}", 18_000 + 12 * version.between(0, 20), 20_100 + version.between(0, 200));
        let caller = desktop(version, &self.entry.place.address);
        linked(stage, caller, link, stage.scene.parameters().tokens.linked_desktop, random)
    }

    /// How access through Graph looks, and the call of Graph that it was made with.
    pub(super) fn graph(&mut self, stage: &Stage<'a>, (at, scopes): (Nanos, &str), random: &mut Random, deeds: &mut Deeds) -> Caller {
        let uri = format!("{GRAPH_USERS}/{}/messages{}", self.entry.person.oid, random.word(LISTINGS));
        self.calls(stage, (at, scopes), &uri, random, deeds);
        let link = self.link.clone();
        let caller = through_graph(self.entry.app.0, random);
        linked(stage, caller, link, stage.scene.parameters().tokens.linked_app, random)
    }

    /// Calls Graph.
    pub(super) fn calls(&mut self, stage: &Stage<'a>, (at, scopes): (Nanos, &str), uri: &str, random: &mut Random, deeds: &mut Deeds) {
        let link = self.link(stage, at, random, deeds);
        let call = GraphCall {
            time: at,
            id: random.guid(),
            app: self.entry.app.0,
            object: Ok(self.entry.person.oid),
            uti: &link.uti,
            session: link.session,
            issued: link.issued,
            address: &self.entry.place.address,
            user_agent: &self.entry.device.user_agent,
            scopes,
            uri,
            response_bytes: 2_000 + random.below(400_000),
        };
        deeds.records.push(graph_call(stage.scene.tenant, &call));
    }

    /// Does something in the account's own mailbox with Outlook on the web.
    pub(super) fn acts(&mut self, stage: &Stage<'a>, (at, act): (Nanos, &ItemAct), random: &mut Random, deeds: &mut Deeds) {
        if at >= stage.end() {
            return;
        }
        let caller = self.web(stage, at, random, deeds);
        let tenant = stage.scene.tenant;
        let server = tenant.server(random);
        let access = Access {
            time: at,
            id: random.guid(),
            mailbox: tenant.mailbox_of(self.entry.person),
            by: &Named::person(self.entry.person),
            caller: &caller,
            kind: AccessKind::Bind(Vec::new()),
            throttled: None,
            server: &server,
        };
        deeds.records.push(item_act(tenant, &access, act));
    }

    /// Downloads a file.
    pub(super) fn downloads(&mut self, stage: &Stage<'a>, at: Nanos, random: &mut Random, deeds: &mut Deeds) {
        if at >= stage.end() {
            return;
        }
        let link = self.link(stage, at, random, deeds);
        let file_link = random.chance(0.9).then_some((self.entry.session, self.entry.app.0, link.uti));
        let what = (at, random.guid(), "FileDownloaded");
        deeds.records.push(file_act(stage.scene.tenant, self.entry.person, what, (&self.entry.place, &self.entry.device, file_link)));
    }
}

/// Where Graph keeps mail.
pub(super) const GRAPH_USERS: &str = "https://graph.microsoft.com/v1.0/users";
/// How messages are asked for.
pub(super) const LISTINGS: &[&str] =
    &["?$top=10&$select=subject,from", "?$top=50", "?$top=25&$orderby=receivedDateTime desc", "?$top=10&$select=subject,from,body"];

/// The token in what records show of the program; some records carry none although there is one.
pub(super) fn linked(stage: &Stage<'_>, mut caller: Caller, link: Link, rate: f64, random: &mut Random) -> Caller {
    let has_link = random.chance(rate);
    caller.session = link.session.filter(|_| has_link && random.chance(stage.scene.parameters().tokens.session));
    caller.link = has_link.then_some(link);
    caller
}

/// How long a token lives.
pub(super) fn lifetime_secs(stage: &Stage<'_>, random: &mut Random) -> i64 {
    let [shortest, longest] = stage.scene.parameters().tokens.lifetime_min;
    random.between(shortest * 60, longest * 60)
}

/// A machine that shows the same as somebody else's, which it is not.
pub(super) fn posing_as(device: &Device) -> Device {
    Device { id: Guid::default(), name: String::new(), ..device.clone() }
}
