//! Where somebody is on a day, and with which machines.

use waxseal_model::Nanos;

use crate::clock::{Day, HOUR_SECS};
use crate::guid::Guid;
use crate::network::{Network, NetworkKind, networks};
use crate::tenant::Person;
use crate::world::Scene;

/// A day of a person.
#[derive(Debug, Clone)]
pub(crate) struct Presence {
    /// Whether they work.
    pub(crate) works: bool,
    /// The working day.
    pub(crate) start: Nanos,
    pub(crate) end: Nanos,
    /// Where they connect from.
    pub(crate) place: Place,
}

/// An address and its network.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) address: String,
    pub(crate) network: &'static Network,
}

/// A computer or a phone.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub(crate) id: Guid,
    pub(crate) name: String,
    /// As sign-ins name it: `Windows10`.
    pub(crate) system: &'static str,
    pub(crate) browser: String,
    pub(crate) user_agent: String,
    /// Version of Outlook.
    pub(crate) outlook: String,
    /// The day it was first used.
    pub(crate) since: Day,
}

/// The day of a person.
pub(crate) fn presence(scene: Scene<'_>, person: &Person, day: Day) -> Presence {
    let rates = &scene.parameters().people;
    let mut random = person.seed.of("day", day.0).random();
    let works = if scene.tenant.works_on(day) { !random.chance(rates.leave) } else { random.chance(rates.weekend) };
    let begin = person.seed.of("habit", 0).random().between(7 * HOUR_SECS, 9 * HOUR_SECS) + random.between(-1_200, 1_200);
    let length = random.between(7 * HOUR_SECS, 10 * HOUR_SECS);
    let place = place(scene, person, day, &mut random);
    let start = day.at_secs(begin - scene.tenant.zone_secs);
    Presence { works, start, end: day.at_secs(begin + length - scene.tenant.zone_secs), place }
}

fn place(scene: Scene<'_>, person: &Person, day: Day, random: &mut crate::random::Random) -> Place {
    let rates = &scene.parameters().people;
    if let Some(abroad) = journey(scene, person, day) {
        return abroad;
    }
    let of = |(address, network): &(String, &'static Network)| Place { address: address.clone(), network };
    if random.chance(rates.vpn) {
        return random.pick(&scene.tenant.vpn).map(of).unwrap_or_else(|| of(&person.home));
    }
    if random.chance(rates.remote) {
        return of(&person.home);
    }
    scene.tenant.office.get(person.number % scene.tenant.office.len().max(1)).map_or_else(|| of(&person.home), of)
}

/// A journey abroad that covers the day.
fn journey(scene: Scene<'_>, person: &Person, day: Day) -> Option<Place> {
    let began = (0..5).map(|ago| day.plus(-ago)).find(|from| {
        let seed = person.seed.of("journey", from.0);
        seed.share() < scene.parameters().people.travel && day.0 - from.0 < seed.random().between(2, 5)
    })?;
    let mut random = person.seed.of("abroad", began.0).random();
    let elsewhere: Vec<_> =
        networks(NetworkKind::Fixed, None).into_iter().filter(|network| network.country != scene.tenant.country).collect();
    let network = *random.pick(&elsewhere)?;
    Some(Place { address: network.address(&mut random), network })
}

/// The address of a person's phone on a day: at home, or from the operator's ever changing pool.
pub(crate) fn phone_place(person: &Person, day: Day) -> Place {
    let mut random = person.seed.of("phone place", day.0).random();
    if random.chance(0.4) {
        return Place { address: person.home.0.clone(), network: person.home.1 };
    }
    Place { address: person.mobile.address(&mut random), network: person.mobile }
}

/// The computer somebody uses on a day.
pub(crate) fn laptop(scene: Scene<'_>, person: &Person, day: Day) -> Device {
    let (number, since) = generation(scene, person, day, "laptop", scene.parameters().people.new_laptop);
    let seed = person.seed.of("laptop", number);
    let mut random = seed.random();
    let version = 140 + (day.0 - 20_400).clamp(0, 4_000) / 28;
    let edge = random.chance(0.6);
    let agent =
        format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36");
    let browser = if edge { format!("Edge {version}.0.0") } else { format!("Chrome {version}.0.0") };
    Device {
        id: seed.of("id", 0).guid(),
        name: format!("PC-{}", random.hex(7)),
        system: "Windows10",
        user_agent: if edge { format!("{agent} Edg/{version}.0.0.0") } else { agent },
        browser,
        outlook: format!("16.0.{}.{}", 18_000 + (day.0 - 20_400).clamp(0, 4_000) / 30 * 12, 20_100 + random.between(0, 200)),
        since,
    }
}

/// The phone somebody uses on a day.
pub(crate) fn phone(scene: Scene<'_>, person: &Person, day: Day) -> Device {
    let (number, since) = generation(scene, person, day, "phone", scene.parameters().people.new_phone);
    let seed = person.seed.of("phone", number);
    let mut random = seed.random();
    let apple = random.chance(0.55);
    let user_agent = if apple { "Outlook-iOS/2.0" } else { "Outlook-Android/2.0" };
    Device {
        id: seed.of("id", 0).guid(),
        name: String::new(),
        system: if apple { "Ios 18.5" } else { "Android 15" },
        browser: "Mobile Safari".to_owned(),
        user_agent: user_agent.to_owned(),
        outlook: String::new(),
        since,
    }
}

/// How often a machine was replaced up to a day, and when last.
fn generation(scene: Scene<'_>, person: &Person, day: Day, what: &str, rate: f64) -> (i64, Day) {
    let first = scene.world.first;
    let mut found = (0, first.plus(-500));
    for i in 0..=(day.0 - first.0).max(0) {
        if person.seed.of(what, 1_000_000 + i).share() < rate {
            found = (found.0 + 1, first.plus(i));
        }
    }
    found
}
