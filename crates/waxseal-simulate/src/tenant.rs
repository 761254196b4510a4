//! The organisations of a world: who works there, which mailboxes there are, which applications are connected.

use crate::client::Client;
use crate::clock::Day;
use crate::guid::Guid;
use crate::mail::{Mailbox, Making};
use crate::names;
use crate::network::{Network, NetworkKind, networks};
use crate::parameters::Parameters;
use crate::random::{Random, Seed};

/// One organisation.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) seed: Seed,
    pub(crate) id: Guid,
    /// `cedar-health.example`.
    pub(crate) domain: String,
    /// Whether it uses Google Workspace instead of Microsoft 365.
    pub(crate) google: bool,
    pub(crate) country: &'static str,
    /// Seconds that local time is ahead of UTC.
    pub(crate) zone_secs: i64,
    /// Weekdays on which nobody works; 0 is Monday.
    free_days: [usize; 2],
    /// Addresses of the office, and of the shared egress.
    pub(crate) office: Vec<(String, &'static Network)>,
    pub(crate) vpn: Vec<(String, &'static Network)>,
    pub(crate) people: Vec<Person>,
    /// First those of the people, in their order, then the shared ones.
    pub(crate) mailboxes: Vec<Mailbox>,
    pub(crate) apps: Vec<App>,
    /// People who administer it.
    pub(crate) admins: Vec<usize>,
    /// `IsThrottled` is still written.
    pub(crate) throttle_flag: bool,
    /// `DB8PR04MB` and the like: the cluster that its servers are named after.
    pub(crate) cluster: String,
}

/// Somebody who works in a tenant.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) number: usize,
    pub(crate) seed: Seed,
    /// In the spelling of the directory, which is not always lower case.
    pub(crate) upn: String,
    pub(crate) name: String,
    pub(crate) oid: Guid,
    /// `100320012…`, the directory's key of a user.
    pub(crate) puid: String,
    pub(crate) sid: String,
    pub(crate) clients: Vec<Client>,
    pub(crate) home: (String, &'static Network),
    pub(crate) mobile: &'static Network,
    /// Mailboxes of others that this person opens.
    pub(crate) opens: Vec<usize>,
    /// How busy: 1 is average.
    pub(crate) zeal: f64,
}

/// What an application is for; this decides what it reads and with which rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppKind {
    /// A product that people have allowed to read their own mail, through Graph.
    Delegated,
    /// A backup product that reads every mailbox at night, by EWS with its own credential.
    Backup,
    /// A migration tool, for some days, by EWS.
    Migration,
    /// A service that reads one shared mailbox by EWS.
    Service,
    /// A new application of the provider's own that reaches more mailboxes day by day.
    Rollout,
    /// Was granted all mail long ago and is no longer used.
    Dormant,
}

/// An application connected to a tenant.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) kind: AppKind,
    pub(crate) seed: Seed,
    pub(crate) app_id: Guid,
    pub(crate) service_principal: Guid,
    pub(crate) name: String,
    /// Its credential, where it has one of its own.
    pub(crate) key_id: Guid,
    /// Who uses it, or whose mailboxes it reads; all where empty.
    pub(crate) members: Vec<usize>,
    /// First and last day of use.
    pub(crate) days: (Day, Day),
    /// The day it was consented to, where that is in the window.
    pub(crate) consented: Option<Day>,
    /// Where it runs.
    pub(crate) address: (String, &'static Network),
}

impl App {
    /// Whether it is used on a day.
    pub(crate) fn is_used(&self, day: Day) -> bool {
        self.days.0 <= day && day <= self.days.1
    }
}

const COUNTRIES: &[(&str, i64, [usize; 2])] = &[
    ("FR", 3_600, [5, 6]),
    ("GB", 0, [5, 6]),
    ("MA", 3_600, [5, 6]),
    ("DE", 3_600, [5, 6]),
    ("US", -18_000, [5, 6]),
    ("SA", 10_800, [4, 5]),
    ("NL", 3_600, [5, 6]),
];

impl Tenant {
    /// The tenant of a number.
    pub(crate) fn new(world: Seed, number: usize, parameters: &Parameters, first: Day) -> Self {
        let seed = world.of("tenant", i64::try_from(number).unwrap_or(0));
        let mut random = seed.of("makeup", 0).random();
        let (country, zone_secs, free_days) = COUNTRIES[(number + random.index(2)) % COUNTRIES.len()];
        let shift = usize::try_from(world.of("names", 0).random().below(100)).unwrap_or(0);
        let domain = format!("{}.example", names::organisation(number, shift));
        let total = usize::try_from(parameters.size.mailboxes).unwrap_or(10);
        let shared = (total / 10).max(1);
        let mut tenant = Self {
            seed,
            id: seed.guid(),
            domain,
            google: number + usize::try_from(parameters.size.google).unwrap_or(0) >= usize::try_from(parameters.size.tenants).unwrap_or(0),
            country,
            zone_secs,
            free_days,
            office: addresses(&mut random, NetworkKind::Fixed, Some(country), 2),
            vpn: addresses(&mut random, NetworkKind::SharedEgress, None, 2),
            people: Vec::new(),
            mailboxes: Vec::new(),
            apps: Vec::new(),
            admins: Vec::new(),
            throttle_flag: random.chance(parameters.tokens.throttle_flag),
            cluster: format!("{}PR{:02}MB", random.word(&["DB8", "AM6", "VI1", "PAX", "LO0"]), random.between(1, 19)),
        };
        tenant.people = (0..total - shared).map(|i| Person::new(&tenant, i, parameters)).collect();
        tenant.admins = (0..(tenant.people.len() / 40).max(2)).collect();
        tenant.mailboxes = mailboxes(&tenant, shared, parameters, first);
        tenant.open_mailboxes_of_others(&mut random, parameters);
        tenant.apps = apps(&tenant, &mut random, parameters, first);
        tenant
    }

    /// Its id as its logs write it: the GUID, or the customer id of Google Workspace.
    pub(crate) fn log_id(&self) -> String {
        if self.google { format!("C0{}", self.seed.of("customer", 0).random().hex(7).to_lowercase()) } else { self.id.to_string() }
    }

    /// The domain that the provider gave it first, and calls it by.
    pub(crate) fn first_domain(&self) -> String {
        format!("{}.onmicrosoft.example", self.domain.split('.').next().unwrap_or_default())
    }

    /// Whether the organisation works on a day.
    pub(crate) fn works_on(&self, day: Day) -> bool {
        !self.free_days.contains(&day.weekday())
    }

    /// The mailbox of a person.
    pub(crate) fn mailbox_of(&self, person: &Person) -> &Mailbox {
        &self.mailboxes[person.number]
    }

    /// The name of one of its mail servers.
    pub(crate) fn server(&self, random: &mut Random) -> String {
        format!(
            "{}{:04} (15.20.{}.{:03})",
            self.cluster,
            random.between(1_000, 1_400),
            9_200 + random.between(0, 80),
            random.between(1, 40)
        )
    }

    fn open_mailboxes_of_others(&mut self, random: &mut Random, parameters: &Parameters) {
        let people = self.people.len();
        for mailbox in people..self.mailboxes.len() {
            for _ in 0..parameters.apps.shared_readers {
                let reader = random.index(people);
                self.people[reader].opens.push(mailbox);
            }
        }
        for reader in 0..people {
            if random.chance(parameters.apps.delegates) {
                let mailbox = random.index(people);
                self.people[reader].opens.push(mailbox);
            }
            let own = self.people[reader].number;
            self.people[reader].opens.retain(|mailbox| *mailbox != own);
            self.people[reader].opens.sort_unstable();
            self.people[reader].opens.dedup();
        }
    }
}

impl Person {
    fn new(tenant: &Tenant, number: usize, parameters: &Parameters) -> Self {
        let seed = tenant.seed.of("person", i64::try_from(number).unwrap_or(0));
        let mut random = seed.of("makeup", 0).random();
        let (given, family) = names::person(&mut random);
        // The number keeps namesakes apart.
        let local = if number < 30 { format!("{given}.{family}") } else { format!("{given}.{family}{number}") };
        let local = if random.chance(0.8) { local.to_lowercase() } else { local };
        let mut clients: Vec<_> = Client::ALL.into_iter().filter(|client| random.chance(client.share(&parameters.clients))).collect();
        if !clients.iter().any(|client| matches!(client, Client::Web | Client::Desktop)) {
            clients.insert(0, Client::Web);
        }
        Self {
            number,
            seed,
            upn: format!("{local}@{}", tenant.domain),
            name: format!("{given} {family}"),
            oid: seed.of("oid", 0).guid(),
            puid: format!("10032001{}", random.hex(8)),
            sid: sid(&mut random, tenant),
            clients,
            home: addresses(&mut random, NetworkKind::Fixed, Some(tenant.country), 1).remove(0),
            mobile: random.pick(&networks(NetworkKind::Mobile, Some(tenant.country))).copied().unwrap_or(&crate::network::NETWORKS[0]),
            opens: Vec::new(),
            zeal: 0.4 + 1.2 * random.share(),
        }
    }

    /// Whether this person uses a client.
    pub(crate) fn uses(&self, client: Client) -> bool {
        self.clients.contains(&client)
    }
}

/// The security identifier of an account of a tenant.
pub(crate) fn sid(random: &mut Random, tenant: &Tenant) -> String {
    let domain = tenant.seed.of("sid", 0).random().between(100_000_000, 4_000_000_000);
    format!("S-1-5-21-{domain}-{}-{}-{}", domain / 3, domain / 7, random.between(1_000_000, 60_000_000))
}

/// Addresses of networks of one kind.
pub(crate) fn addresses(random: &mut Random, kind: NetworkKind, country: Option<&str>, count: usize) -> Vec<(String, &'static Network)> {
    let of_kind = networks(kind, country);
    let mut found = Vec::new();
    for _ in 0..count.max(1) {
        let network = random.pick(&of_kind).copied().unwrap_or(&crate::network::NETWORKS[0]);
        found.push((network.address(random), network));
    }
    found
}

/// One for each person, then the shared ones.
fn mailboxes(tenant: &Tenant, shared: usize, parameters: &Parameters, first: Day) -> Vec<Mailbox> {
    const NAMES: [&str; 6] = ["info", "registry", "procurement", "press", "helpdesk", "reception"];
    let days: Vec<_> = (0..i64::from(parameters.size.days)).map(|i| first.plus(i)).map(|day| (day, tenant.works_on(day))).collect();
    let new = |making: Making<'_>| Mailbox::new(making, &parameters.mail);
    let of_people = tenant.people.iter().map(|person| {
        let seed = person.seed.of("mailbox", 0);
        new(Making {
            number: person.number,
            seed,
            upn: person.upn.clone(),
            sid: person.sid.clone(),
            owner: Some(person.number),
            licensed: seed.of("licence", 0).share() >= parameters.delivery.unlicensed,
            zeal: person.zeal,
            zone_secs: tenant.zone_secs,
            days: &days,
        })
    });
    let of_nobody = (0..shared).map(|i| {
        let seed = tenant.seed.of("shared mailbox", i64::try_from(i).unwrap_or(0));
        let local = if i < NAMES.len() { NAMES[i].to_owned() } else { format!("{}{i}", NAMES[i % NAMES.len()]) };
        new(Making {
            number: tenant.people.len() + i,
            seed,
            upn: format!("{local}@{}", tenant.domain),
            sid: sid(&mut seed.random(), tenant),
            owner: None,
            licensed: true,
            zeal: 1.3,
            zone_secs: tenant.zone_secs,
            days: &days,
        })
    });
    of_people.chain(of_nobody).collect()
}

fn apps(tenant: &Tenant, random: &mut Random, parameters: &Parameters, first: Day) -> Vec<App> {
    let rates = &parameters.apps;
    let days = i64::from(parameters.size.days);
    let (before, after) = (first.plus(-400), first.plus(days + 400));
    let mut kinds: Vec<(AppKind, (Day, Day), Option<Day>)> = Vec::new();
    kinds.extend((0..rates.saas).map(|_| (AppKind::Delegated, (before, after), None)));
    #[expect(clippy::cast_precision_loss, reason = "a few hundred days")]
    let new = random.count(rates.new_saas * days as f64 / 30.0);
    for _ in 0..new {
        let from = first.plus(random.between(0, days - 1));
        kinds.push((AppKind::Delegated, (from, after), Some(from)));
    }
    if random.chance(rates.backup) {
        kinds.push((AppKind::Backup, (before, after), None));
    }
    if random.chance(rates.migration) {
        let from = first.plus(random.between(0, days - 1));
        kinds.push((AppKind::Migration, (from, from.plus(random.between(2, 6))), Some(from)));
    }
    if random.chance(rates.service_account) {
        kinds.push((AppKind::Service, (before, after), None));
    }
    if random.chance(rates.rollout) {
        let from = first.plus(random.between(0, days - 1));
        kinds.push((AppKind::Rollout, (from, after), None));
    }
    kinds.push((AppKind::Dormant, (before, first.plus(-90)), None));
    kinds.into_iter().enumerate().map(|(i, kind)| app(tenant, random, parameters, i, kind)).collect()
}

fn app(
    tenant: &Tenant,
    random: &mut Random,
    parameters: &Parameters,
    number: usize,
    (kind, days, consented): (AppKind, (Day, Day), Option<Day>),
) -> App {
    let seed = tenant.seed.of("app", i64::try_from(number).unwrap_or(0));
    let people = tenant.people.len();
    let members = match kind {
        AppKind::Delegated => {
            let mut users: Vec<_> = (0..people).filter(|_| random.chance(parameters.apps.saas_users)).collect();
            if users.is_empty() {
                users.push(random.index(people));
            }
            users
        }
        AppKind::Service => vec![people],
        AppKind::Backup | AppKind::Migration | AppKind::Rollout | AppKind::Dormant => Vec::new(),
    };
    let name = match kind {
        AppKind::Delegated => names::product(number + random.index(4)).to_owned(),
        AppKind::Backup => "MailVault Backup".to_owned(),
        AppKind::Migration => "MoveMail Migration".to_owned(),
        AppKind::Service => "Service desk connector".to_owned(),
        AppKind::Rollout => "Office 365 Content Insights".to_owned(),
        AppKind::Dormant => "Archive pilot".to_owned(),
    };
    App {
        kind,
        seed,
        // A product has one application id in all tenants; what an organisation builds has its own.
        app_id: if kind == AppKind::Rollout { Seed(0x5eed).of("rollout", 0).guid() } else { app_id(seed, &name, kind) },
        service_principal: seed.of("service principal", 0).guid(),
        name,
        key_id: seed.of("key", 0).guid(),
        members,
        days,
        consented,
        address: addresses(random, NetworkKind::Hosting, None, 1).remove(0),
    }
}

fn app_id(seed: Seed, name: &str, kind: AppKind) -> Guid {
    match kind {
        AppKind::Delegated | AppKind::Backup | AppKind::Migration => Seed(0x5eed).of(name, 0).guid(),
        _ => seed.of("app id", 0).guid(),
    }
}
