//! Intrusions into Google Workspace.
//!
//! What the records are called: the lists of events below <https://developers.google.com/workspace/admin/reports/v1/appendix/activity>.

use waxseal_model::Nanos;

use crate::clock::{DAY_SECS, Day, HOUR_SECS, plus};
use crate::intrusion::{Accessed, Deeds, Kind, Stage};
use crate::mail::{INBOX, Mailbox, Message};
use crate::names;
use crate::presence::Place;
use crate::random::{Random, Seed};
use crate::record::{
    ApiVisit, GmailHand, GoogleAct, GoogleApp, Letter, MailDeed, Proof, Record, api_visit, client_access, forwarding_set, gmail, login,
    login_asked, token,
};

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "google_consent_forwarding",
        story: "A caught password and second factor let an unknown application into a Gmail mailbox; it reads for days, and new mail is forwarded outside.",
        decided_by: &["gws.login", "gws.token", "gws.gmail"],
        across_tenants: false,
        play: consent_and_forwarding,
    },
    Kind {
        name: "google_domain_wide",
        story: "The account of an administrator gives a service account rights over all accounts, with which it reads several Gmail mailboxes.",
        decided_by: &["gws.admin", "gws.gmail"],
        across_tenants: false,
        play: domain_wide,
    },
    Kind {
        name: "google_imap_bulk",
        story: "A mail program that the owner never had fetches a whole Gmail inbox by IMAP.",
        decided_by: &["gws.gmail"],
        across_tenants: false,
        play: imap_bulk,
    },
];

/// An account in the intruder's hands.
struct Taken<'a> {
    stage: &'a Stage<'a>,
    mailbox: &'a Mailbox,
    place: Place,
}

impl<'a> Taken<'a> {
    fn act<'t>(&'t self, time: Nanos) -> GoogleAct<'t> {
        GoogleAct { time, by: Some(self.mailbox), place: Some(&self.place) }
    }

    /// Signs in with a password and a second factor that its owner typed into the intruder's page.
    fn signs_in(&self, at: Nanos, random: &mut Random, deeds: &mut Deeds) {
        let tenant = self.stage.scene.tenant;
        let proof = Proof { session: random.guid(), again: false, second: Some("google_prompt") };
        deeds.records.push(login_asked(tenant, self.act(plus(at, -4)), ("login_verification", "google_prompt"), random));
        deeds.records.push(login(tenant, self.act(at), proof, random));
    }

    /// Lets an application in.
    fn lets_in(&self, app: &GoogleApp, at: Nanos, random: &mut Random, deeds: &mut Deeds) {
        deeds.records.push(token(self.stage.scene.tenant, self.act(at), "authorize", app, random));
    }

    /// Has all mail sent on, which goes on until somebody notices; nothing of it passes through the intruder's machine.
    fn forwards(&self, from: Nanos, random: &mut Random, deeds: &mut Deeds) {
        let tenant = self.stage.scene.tenant;
        let to = names::outside_sender(&mut self.stage.intruders_choice("forwarding"));
        deeds.records.push(forwarding_set(tenant, self.act(from), &to, random));
        for message in self.arrivals(from, self.stage.end()) {
            let letter = Letter::received(self.mailbox, &message).onward(&to);
            let at = (plus(message.received, random.between(1, 4)), MailDeed::AutoForward);
            let record = gmail(tenant, self.mailbox, at, None, &letter, random);
            reached(self.mailbox, "forwarded", [(record, Some(message))], self.stage.end(), deeds);
        }
    }

    fn arrivals(&self, from: Nanos, until: Nanos) -> Vec<Message> {
        let days = (Day::of(from).0 - 1..=Day::of(until).0 + 1).map(Day);
        days.flat_map(|day| self.mailbox.arrivals(day)).filter(|message| from < message.received && message.received < until).collect()
    }
}

/// Keeps records, and of each the message that it names as accessed; what would come after the end does not happen.
fn reached(
    mailbox: &Mailbox,
    how: &'static str,
    records: impl IntoIterator<Item = (Record, Option<Message>)>,
    end: Nanos,
    deeds: &mut Deeds,
) {
    for (record, message) in records {
        if record.time >= end {
            continue;
        }
        let named =
            message.map(|message| Accessed { mailbox: mailbox.number, message, time: record.time, how, record: Some(record.id.clone()) });
        deeds.accessed.extend(named);
        deeds.records.push(record);
    }
}

/// A program reads messages of a mailbox.
fn visit(stage: &Stage<'_>, visit: &ApiVisit<'_>, of: &[Message], random: &mut Random, deeds: &mut Deeds) {
    // The messages' records come first, in their order.
    let messages = of.iter().copied().map(Some).chain(std::iter::repeat(None));
    let records = api_visit(stage.scene.tenant, visit, of, random);
    reached(visit.mailbox, "bind", records.into_iter().zip(messages), stage.end(), deeds);
}

/// What the application is called: something that people expect to be asked by.
fn unknown_app(stage: &Stage<'_>) -> GoogleApp {
    let name = stage.intruders_choice("app name").word(&["Mail Security Check", "Document Viewer", "Inbox Organizer", "Meeting Recap"]);
    let scopes = if stage.intruders_choice("scopes").chance(0.5) { GoogleApp::ALL_MAIL } else { GoogleApp::READS_MAIL };
    GoogleApp::product(stage.intrusion.intruder.of("app", 0), name, scopes)
}

/// From a rented machine, or through somebody's line at home in the victims' country.
fn way_in(stage: &Stage<'_>) -> Place {
    if stage.choice("way in").chance(0.5) { stage.rented() } else { stage.residential(Some(stage.scene.tenant.country)) }
}

fn consent_and_forwarding(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("consent");
    let Some(person) = stage.victims(1).first().copied() else { return };
    let taken = Taken { stage, mailbox: stage.scene.tenant.mailbox_of(person), place: way_in(stage) };
    let app = unknown_app(stage);
    taken.signs_in(stage.start(), &mut random, deeds);
    let granted = plus(stage.start(), random.between(60, 240));
    taken.lets_in(&app, granted, &mut random, deeds);
    taken.forwards(plus(granted, random.between(200, 900)), &mut random, deeds);
    let (server, mut since) = (stage.rented(), None);
    for day in 0..4 {
        let at = plus(granted, 300 + day * DAY_SECS + random.between(0, 3 * HOUR_SECS));
        let newest = taken.mailbox.newest(at, 40).into_iter().filter(|message| since.is_none_or(|since| message.received > since));
        let messages: Vec<Message> = newest.collect();
        since = Some(at);
        visit(stage, &ApiVisit { app: &app, mailbox: taken.mailbox, place: &server, at, pause_secs: 9 }, &messages, &mut random, deeds);
    }
}

fn domain_wide(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("delegation");
    let tenant = stage.scene.tenant;
    let Some(admin) = random.pick(&tenant.admins).and_then(|number| tenant.people.get(*number)) else { return };
    let taken = Taken { stage, mailbox: tenant.mailbox_of(admin), place: way_in(stage) };
    taken.signs_in(stage.start(), &mut random, deeds);
    let name = stage.intruders_choice("app name").word(&["workspace-sync", "mail-archiver", "directory-connector"]);
    let app = GoogleApp::service_account(stage.intrusion.seed.of("app", 0), name);
    let granted = plus(stage.start(), random.between(300, 1_800));
    deeds.records.push(client_access(tenant, taken.act(granted), "AUTHORIZE_API_CLIENT_ACCESS", &app, &mut random));
    let (server, begins) = (stage.rented(), plus(granted, random.between(HOUR_SECS, 8 * HOUR_SECS)));
    for day in 0..3 {
        let mut at = plus(begins, day * DAY_SECS);
        for person in stage.victims(6) {
            let mailbox = tenant.mailbox_of(person);
            let messages = mailbox.newest(at, usize::try_from(random.between(15, 40)).unwrap_or(15));
            visit(stage, &ApiVisit { app: &app, mailbox, place: &server, at, pause_secs: 6 }, &messages, &mut random, deeds);
            at = plus(at, random.between(300, 1_200));
        }
    }
    let done = plus(begins, 3 * DAY_SECS);
    if random.chance(0.5) && done < stage.end() {
        deeds.records.push(client_access(tenant, taken.act(done), "REMOVE_API_CLIENT_ACCESS", &app, &mut random));
    }
}

fn imap_bulk(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("mail program");
    let Some(person) = stage.victims(1).first().copied() else { return };
    let taken = Taken { stage, mailbox: stage.scene.tenant.mailbox_of(person), place: way_in(stage) };
    taken.signs_in(stage.start(), &mut random, deeds);
    let granted = plus(stage.start(), random.between(60, 600));
    // A program that many people have, so that its id says nothing.
    let program = GoogleApp::mail_program(Seed(0x5eed).of("mail program", 0), "Postbird");
    taken.lets_in(&program, granted, &mut random, deeds);
    let mut at = plus(granted, random.between(20, 120));
    let hand = GmailHand { client: "IMAP", place: &taken.place, session: None, delegate: None, app: None };
    for message in taken.mailbox.in_folder(INBOX, at).into_iter().rev() {
        // A message a second or two: as fast as a program fetches bodies one by one.
        at = plus(at, random.between(0, 3));
        let letter = Letter::received(taken.mailbox, &message);
        let record = gmail(stage.scene.tenant, taken.mailbox, (at, MailDeed::View), Some(&hand), &letter, &mut random);
        reached(taken.mailbox, "bind", [(record, Some(message))], stage.end(), deeds);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::intrusion::plan;
    use crate::parameters::Parameters;
    use crate::world::World;

    fn played(kind: &str, seed: u64) -> Deeds {
        let mut parameters = Parameters::default();
        (parameters.size.tenants, parameters.size.google, parameters.size.mailboxes) = (1, 1, 12);
        parameters.intrusions.kinds = vec![kind.to_owned()];
        let world = World::new(parameters, seed).unwrap();
        let intrusions = plan(&world).unwrap();
        let mut deeds = Deeds::default();
        (intrusions[0].kind.play)(&Stage { scene: world.scene(0), intrusion: &intrusions[0] }, &mut deeds);
        deeds
    }

    #[test]
    fn every_kind_plays_on_google_and_names_what_it_accesses() {
        for kind in KINDS {
            assert!(kind.decided_by.iter().all(|class| class.starts_with("gws.")));
            for seed in 0..4 {
                let deeds = played(kind.name, seed);
                let ids: BTreeSet<&str> = deeds.records.iter().map(|record| record.id.as_str()).collect();
                assert_eq!(ids.len(), deeds.records.len(), "{}", kind.name);
                assert!(deeds.accessed.len() > 20, "{}", kind.name);
                for accessed in &deeds.accessed {
                    let id = accessed.record.as_deref().unwrap();
                    let record = deeds.records.iter().find(|record| record.id == id).unwrap();
                    assert_eq!((record.mailbox, record.names.as_slice()), (Some(accessed.mailbox), [accessed.message.number].as_slice()));
                }
                for class in kind.decided_by {
                    assert!(deeds.records.iter().any(|record| record.class == *class), "{} {class}", kind.name);
                }
            }
        }
    }

    #[test]
    fn forwarding_reaches_only_what_arrives_afterwards() {
        let deeds = played("google_consent_forwarding", 1);
        let set = deeds.records.iter().find(|record| record.operation == "email_forwarding_out_of_domain").unwrap().time;
        let forwarded: Vec<_> = deeds.accessed.iter().filter(|accessed| accessed.how == "forwarded").collect();
        assert!(!forwarded.is_empty() && forwarded.iter().all(|accessed| accessed.message.received > set));
    }

    #[test]
    fn an_inbox_is_fetched_once_and_newest_first() {
        let deeds = played("google_imap_bulk", 2);
        let numbers: BTreeSet<u64> = deeds.accessed.iter().map(|accessed| accessed.message.number).collect();
        assert_eq!(numbers.len(), deeds.accessed.len());
        assert!(
            deeds.accessed.windows(2).all(|pair| pair[0].message.number > pair[1].message.number && pair[0].time <= plus(pair[1].time, 1))
        );
    }
}
