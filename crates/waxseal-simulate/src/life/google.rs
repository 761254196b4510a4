//! A day of a tenant that uses Google Workspace.

mod administration;
mod apps;
mod people;

use crate::clock::{Day, plus};
use crate::life::Recent;
use crate::mail::{Mailbox, Message};
use crate::record::{GmailHand, Letter, MailDeed, Record, gmail};
use crate::world::Scene;

/// Everything that the logs record of an ordinary day of a Google Workspace tenant.
pub(super) fn day(scene: Scene<'_>, day: Day, out: &mut Vec<Record>) {
    let mail: Vec<Today<'_>> = scene.tenant.mailboxes.iter().map(|mailbox| Today::of(mailbox, day)).collect();
    for today in &mail {
        arrivals(scene, today, day, out);
    }
    for person in &scene.tenant.people {
        people::day(scene, person, day, &mail, out);
    }
    apps::day(scene, day, &mail, out);
    administration::day(scene, day, out);
}

/// A mailbox on a day.
struct Today<'a> {
    recent: Recent<'a>,
    /// What arrives between the midnights of UTC, by time.
    arrived: Vec<Message>,
}

impl<'a> Today<'a> {
    fn of(mailbox: &'a Mailbox, day: Day) -> Self {
        // Days of a mailbox are local ones.
        let around = (-1..=1).flat_map(|i| mailbox.arrivals(day.plus(i)));
        Self { recent: Recent::of(mailbox, day), arrived: around.filter(|message| Day::of(message.received) == day).collect() }
    }

    fn mailbox(&self) -> &'a Mailbox {
        self.recent.mailbox
    }
}

/// What arrives, and what the owner has the provider send on.
fn arrivals(scene: Scene<'_>, today: &Today<'_>, day: Day, out: &mut Vec<Record>) {
    let mailbox = today.mailbox();
    let mut random = mailbox.seed.of("arrivals", day.0).random();
    let owner = mailbox.owner.and_then(|number| scene.tenant.people.get(number));
    let forwarding = owner.and_then(|person| people::forwarding(scene, person, day));
    let none: Option<&GmailHand<'_>> = None;
    for message in &today.arrived {
        let letter = Letter::received(mailbox, message);
        out.push(gmail(scene.tenant, mailbox, (message.received, MailDeed::Received), none, &letter, &mut random));
        if let Some((_, to)) = forwarding.as_ref().filter(|(since, _)| *since <= message.received) {
            let at = plus(message.received, random.between(1, 4));
            out.push(gmail(scene.tenant, mailbox, (at, MailDeed::AutoForward), none, &letter.onward(to), &mut random));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::parameters::Parameters;
    use crate::world::World;

    fn records(days: i64) -> (usize, Vec<Record>) {
        let mut parameters = Parameters::default();
        (parameters.size.tenants, parameters.size.google) = (1, 1);
        let world = World::new(parameters, 5).unwrap();
        let scene = world.scene(0);
        let mut out = Vec::new();
        for i in 0..days {
            let before = out.len();
            super::day(scene, world.first.plus(i), &mut out);
            // Nothing is handed over for a day that is over already.
            assert!(out[before..].iter().all(|record| Day::of(record.time) >= world.first.plus(i)));
        }
        (scene.tenant.mailboxes.len(), out)
    }

    #[test]
    fn a_week_has_records_of_each_class_and_every_id_once() {
        let (mailboxes, records) = records(7);
        let ids: BTreeSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
        assert_eq!(ids.len(), records.len());
        let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
        for record in &records {
            assert!(record.body.contains("\"kind\":\"admin#reports#activity\""), "{}", record.body);
            *classes.entry(record.class).or_default() += 1;
        }
        for class in ["gws.login", "gws.token", "gws.admin", "gws.gmail", "gws.drive"] {
            assert!(classes.contains_key(class), "{class} in {classes:?}");
        }
        let per_mailbox_and_day = records.len() / mailboxes / 7;
        assert!((35..75).contains(&per_mailbox_and_day), "{per_mailbox_and_day} {classes:?}");
    }

    #[test]
    fn every_message_that_arrives_is_recorded_once_and_in_its_mailbox() {
        let mut parameters = Parameters::default();
        (parameters.size.tenants, parameters.size.google, parameters.size.days) = (1, 1, 4);
        let world = World::new(parameters, 6).unwrap();
        let scene = world.scene(0);
        let mut out = Vec::new();
        world.days().for_each(|day| super::day(scene, day, &mut out));
        let received = out.iter().filter(|record| record.body.contains("{\"intValue\":\"2\",\"name\":\"mail_event_type\"}"));
        let mut seen = BTreeSet::new();
        for record in received {
            assert!(seen.insert((record.mailbox, record.names.clone())), "{}", record.body);
        }
        let arrived: usize = scene
            .tenant
            .mailboxes
            .iter()
            .map(|mailbox| mailbox.all(world.end()).filter(|message| message.received >= world.first.start()).count())
            .sum();
        // Those from before the first day have no record although some of them lie just after its midnight.
        assert!(seen.len() <= arrived && seen.len() * 100 >= arrived * 95, "{} of {arrived}", seen.len());
    }
}
