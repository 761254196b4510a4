//! Sessions and the tokens issued in them. Every token comes from a sign-in, whose id it carries.

use waxseal_model::Nanos;

use crate::client::Client;
use crate::clock::{Day, HOUR_SECS, plus};
use crate::guid::{Guid, UtiForm};
use crate::presence::{Device, Place, Presence, laptop, phone, phone_place, presence};
use crate::tenant::Person;
use crate::world::Scene;

/// A token and the sign-in that issued it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// The id of the sign-in; the token's unique identifier decodes to it.
    pub(crate) id: Guid,
    /// The session it belongs to.
    pub(crate) session: Guid,
    pub(crate) issued: Nanos,
    pub(crate) expires: Nanos,
    /// Whether somebody was at a prompt.
    pub(crate) interactive: bool,
    pub(crate) client: Client,
    pub(crate) place: Place,
    pub(crate) device: Device,
}

/// How token ids are written in the time of the world.
pub(crate) fn uti_form(scene: Scene<'_>) -> UtiForm {
    if scene.parameters().tokens.form_of_text { UtiForm::OfText } else { UtiForm::OfBytes }
}

/// The tokens that a client of a person is issued on a day, by time.
pub(crate) fn tokens(scene: Scene<'_>, person: &Person, client: Client, day: Day) -> Vec<Token> {
    let present = presence(scene, person, day);
    if !client.on_phone() && !present.works {
        return Vec::new();
    }
    let seed = person.seed.of("tokens", day.0).of("client", client as i64);
    let mut random = seed.random();
    let (from, to, place, device) = span(scene, person, client, day, &present);
    let (session, opens) = session(scene, person, client, day, &device);
    let long_lived =
        client.may_be_long_lived() && person.seed.of("long lived", client as i64).share() < scene.parameters().tokens.long_lived;
    let [shortest, longest] = scene.parameters().tokens.lifetime_min;
    let mut issued = plus(from, random.between(0, HOUR_SECS));
    let mut found = Vec::new();
    while issued < to {
        let life = if long_lived { random.between(20 * HOUR_SECS, 28 * HOUR_SECS) } else { random.between(shortest * 60, longest * 60) };
        let number = i64::try_from(found.len()).unwrap_or(0);
        let fraction = random.between(0, 9_999_999) * 100;
        found.push(Token {
            id: seed.of("token", number).guid().as_sign_in(),
            session,
            issued: Nanos(issued.0 + fraction),
            expires: plus(issued, life),
            interactive: found.is_empty() && (opens || random.chance(scene.parameters().tokens.again)),
            client,
            place: place.clone(),
            device: device.clone(),
        });
        // A client asks for the next one when it next has something to do.
        issued = plus(issued, life + random.wait_secs(240.0));
    }
    found
}

fn span(scene: Scene<'_>, person: &Person, client: Client, day: Day, present: &Presence) -> (Nanos, Nanos, Place, Device) {
    if client.on_phone() {
        let morning = day.at_secs(6 * HOUR_SECS + 1_800 - scene.tenant.zone_secs);
        return (morning, plus(morning, 16 * HOUR_SECS), phone_place(person, day), phone(scene, person, day));
    }
    (present.start, present.end, present.place.clone(), laptop(scene, person, day))
}

/// The session of a day, and whether it begins on that day: with the first day of use after it ran out, or a new machine.
fn session(scene: Scene<'_>, person: &Person, client: Client, day: Day, device: &Device) -> (Guid, bool) {
    let seed = person.seed.of("sessions", client as i64);
    let mut random = seed.random();
    let [shortest, longest] = scene.parameters().tokens.session_days;
    let length = random.between(shortest, longest).max(1);
    let shift = random.between(0, length - 1);
    let number = (day.0 + shift).div_euclid(length);
    let begins = Day((number * length - shift).max(device.since.0));
    let used_before = (begins.0..day.0).any(|earlier| client.on_phone() || presence(scene, person, Day(earlier)).works);
    let session = seed.of("session", number).of("device", i64::from(device.id.bytes()[0])).guid();
    (session, !used_before)
}

/// The tokens a client is issued on a day.
#[derive(Debug)]
pub(crate) struct Wallet {
    /// By time.
    pub(crate) today: Vec<Token>,
}

impl Wallet {
    /// The tokens of a client of a person.
    pub(crate) fn of(scene: Scene<'_>, person: &Person, client: Client, day: Day) -> Self {
        Self { today: tokens(scene, person, client, day) }
    }

    /// An instant at which a token is valid, drawn evenly over those issued on the day, and the token.
    pub(crate) fn moment(&self, random: &mut crate::random::Random, until: Nanos) -> Option<(Nanos, &Token)> {
        let token = self.today.get(random.index(self.today.len()))?;
        let last = token.expires.0.min(until.0);
        let secs = (last - token.issued.0) / 1_000_000_000;
        (secs > 2).then(|| (plus(token.issued, random.between(2, secs - 1)), token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Parameters;
    use crate::world::World;

    #[test]
    fn tokens_follow_each_other_and_sessions_begin_at_a_prompt() {
        let world = World::new(Parameters::default(), 5).unwrap();
        let scene = world.scene(0);
        let mut sessions = std::collections::BTreeMap::new();
        for person in &scene.tenant.people {
            for client in person.clients.iter().copied() {
                for day in world.days() {
                    let tokens = tokens(scene, person, client, day);
                    assert!(tokens.windows(2).all(|pair| pair[0].expires <= pair[1].issued));
                    for token in tokens {
                        let opened = sessions.entry(token.session).or_insert(token.interactive);
                        assert!(*opened || token.issued < world.first.plus(21).start(), "a session goes on that nobody opened");
                    }
                }
            }
        }
        assert!(sessions.len() > 100);
    }
}
