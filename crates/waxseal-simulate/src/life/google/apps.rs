//! What connected applications do on a day.

use super::Today;
use crate::clock::{Day, HOUR_SECS, plus};
use crate::mail::Message;
use crate::presence::{Place, presence};
use crate::random::Random;
use crate::record::{ApiVisit, GoogleAct, GoogleApp, Record, api_visit, client_access, other_call, token};
use crate::tenant::{App, AppKind, Person};
use crate::world::Scene;

/// A day of all applications of a tenant.
pub(super) fn day(scene: Scene<'_>, day: Day, mail: &[Today<'_>], out: &mut Vec<Record>) {
    let rates = &scene.parameters().google;
    for app in scene.tenant.apps.iter().filter(|app| app.is_used(day)) {
        let mut random = app.seed.of("day", day.0).random();
        let used = Used { scene, app, shown: GoogleApp::of(app, rates.mail_apps), day };
        match app.kind {
            AppKind::Delegated => {
                app.members.iter().for_each(|member| used.for_a_person(&scene.tenant.people[*member], mail, &mut random, out))
            }
            AppKind::Backup => used.every_mailbox(rates.backup_reads, mail, &mut random, out),
            AppKind::Migration => {
                used.is_let_in(&mut random, out);
                used.every_mailbox(rates.migration_reads, mail, &mut random, out);
            }
            AppKind::Service => app.members.iter().for_each(|mailbox| used.serves(&mail[*mailbox], &mut random, out)),
            // The first is a product of another provider.
            AppKind::Rollout | AppKind::Dormant => {}
        }
    }
}

/// An application on a day of its use.
struct Used<'a> {
    scene: Scene<'a>,
    app: &'a App,
    shown: GoogleApp,
    day: Day,
}

/// What an application may do for a person on a day.
enum Grant {
    /// Granted on this day.
    New,
    Held,
    /// Taken away on this day.
    Withdrawn,
    None,
}

impl Used<'_> {
    fn place(&self) -> Place {
        Place { address: self.app.address.0.clone(), network: self.app.address.1 }
    }

    /// People come to a new product one by one, and now and then leave one.
    fn grant(&self, person: &Person) -> Grant {
        let number = i64::try_from(person.number).unwrap_or(0);
        let (first, rate) = (self.scene.world.first, self.scene.parameters().google.revokes);
        let given = match self.app.consented {
            Some(from) => from.plus(self.app.seed.of("adopts", number).random().between(0, 6)),
            None => first.plus(-100),
        };
        let left = |day: &Day| self.app.seed.of("leaves", number).of("on", day.0).share() < rate;
        let gone = (first.0.max(given.0 + 1)..=self.day.0).map(Day).find(left);
        match gone {
            Some(on) if on == self.day => Grant::Withdrawn,
            Some(_) => Grant::None,
            None if given == self.day => Grant::New,
            None if given < self.day => Grant::Held,
            None => Grant::None,
        }
    }

    fn for_a_person(&self, person: &Person, mail: &[Today<'_>], random: &mut Random, out: &mut Vec<Record>) {
        let grant = self.grant(person);
        let present = presence(self.scene, person, self.day);
        let mailbox = self.scene.tenant.mailbox_of(person);
        let begins = plus(present.start, random.between(0, 2 * HOUR_SECS));
        let by_hand = GoogleAct { time: begins, by: Some(mailbox), place: Some(&present.place) };
        match grant {
            Grant::None => return,
            Grant::Withdrawn => return out.push(token(self.scene.tenant, by_hand, "revoke", &self.shown, random)),
            Grant::New => out.push(token(self.scene.tenant, by_hand, "authorize", &self.shown, random)),
            Grant::Held => {}
        }
        if !present.works && !matches!(grant, Grant::New) {
            return;
        }
        for _ in 0..random.count(self.scene.parameters().google.app_visits) {
            let at = plus(begins, random.between(5, 5 * HOUR_SECS));
            self.calls(&mail[person.number], at, random, out);
        }
    }

    fn calls(&self, of: &Today<'_>, at: waxseal_model::Nanos, random: &mut Random, out: &mut Vec<Record>) {
        let (tenant, place) = (self.scene.tenant, self.place());
        if !self.shown.reads_mail() {
            let act = GoogleAct { time: at, by: Some(of.mailbox()), place: Some(&place) };
            return out.push(other_call(tenant, act, &self.shown, random));
        }
        let count = usize::try_from(random.count(self.scene.parameters().google.app_reads)).unwrap_or(0);
        let messages: Vec<Message> = of.recent.some(at, count, random).into_iter().map(|(_, message)| message).collect();
        out.extend(api_visit(tenant, &self.visit(of, (at, 5), &place), &messages, random));
    }

    fn visit<'v>(&'v self, of: &Today<'v>, (at, pause_secs): (waxseal_model::Nanos, i64), place: &'v Place) -> ApiVisit<'v> {
        ApiVisit { app: &self.shown, mailbox: of.mailbox(), place, at, pause_secs }
    }

    /// At night, one mailbox after the other, with the rights over all of them.
    fn every_mailbox(&self, reads: f64, mail: &[Today<'_>], random: &mut Random, out: &mut Vec<Record>) {
        let place = self.place();
        // After midnight in UTC the nights of all zones are nearer than the days.
        let mut at = self.day.at_secs(HOUR_SECS);
        for today in mail {
            let most = usize::try_from(random.count(reads)).unwrap_or(0);
            let messages = today.mailbox().newest(at, most);
            at = plus(at, random.between(5, 60));
            out.extend(api_visit(self.scene.tenant, &self.visit(today, (at, 3), &place), &messages, random));
        }
    }

    /// An administrator lets a migration tool act for every account, and no longer when it is done.
    fn is_let_in(&self, random: &mut Random, out: &mut Vec<Record>) {
        let name = match self.day {
            day if self.app.consented == Some(day) => "AUTHORIZE_API_CLIENT_ACCESS",
            day if day == self.app.days.1 => "REMOVE_API_CLIENT_ACCESS",
            _ => return,
        };
        let Some(admin) = random.pick(&self.scene.tenant.admins).map(|number| &self.scene.tenant.people[*number]) else { return };
        let place = presence(self.scene, admin, self.day).place;
        let act = GoogleAct {
            time: self.day.at_secs(random.between(600, 3_000)),
            by: Some(self.scene.tenant.mailbox_of(admin)),
            place: Some(&place),
        };
        out.push(client_access(self.scene.tenant, act, name, &self.shown, random));
    }

    /// Takes every message of a shared mailbox as it arrives.
    fn serves(&self, of: &Today<'_>, random: &mut Random, out: &mut Vec<Record>) {
        let place = self.place();
        for message in &of.arrived {
            let at = plus(message.received, random.between(10, 300));
            out.extend(api_visit(self.scene.tenant, &self.visit(of, (at, 2), &place), std::slice::from_ref(message), random));
        }
    }
}
