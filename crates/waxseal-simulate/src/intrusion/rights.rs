//! Rights that an administrator has over other people's mail: to let somebody in, to stop the log, to search and export.

use waxseal_model::Nanos;

use crate::client::Client;
use crate::clock::{Day, HOUR_SECS, plus, whole_second};
use crate::intrusion::account::Account;
use crate::intrusion::change::exchange;
use crate::intrusion::visit::{Opened, Visit, visit};
use crate::intrusion::{Accessed, Deeds, Hole, Kind, Stage};
use crate::mail::Mailbox;
use crate::random::Random;
use crate::record::{Named, content_search};
use crate::tenant::Person;

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "delegate_read",
        story: "An administrator's account lets another account into somebody's mailbox, and that account reads it.",
        decided_by: &["ual.exchange_admin"],
        across_tenants: false,
        play: delegate_read,
    },
    Kind {
        name: "audit_bypass",
        story: "An administrator's account switches the log off for an account, and its mailbox is read without a record.",
        decided_by: &["ual.exchange_admin"],
        across_tenants: false,
        play: audit_bypass,
    },
    Kind {
        name: "content_search",
        story: "Somebody who may search all mail but never did has the last weeks of a few mailboxes searched out and exported.",
        decided_by: &["ual.compliance"],
        across_tenants: false,
        play: content_search_and_export,
    },
];

/// Two people whose accounts are not the administrator's.
fn two_others<'a>(stage: &Stage<'a>, admin: &Person) -> Option<(&'a Person, &'a Person)> {
    let mut others = stage.victims(3).into_iter().filter(|person| person.number != admin.number);
    Some((others.next()?, others.next()?))
}

fn delegate_read(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("permission");
    let Some(admin) = stage.admin() else { return };
    let Some((executive, reader)) = two_others(stage, admin) else { return };
    let entry = stage.entry(admin, plus(stage.start(), 1), Client::Web, &mut random);
    let Some(mut account) = Account::take(stage, entry, &mut random, deeds) else { return };
    let at = plus(account.entry.at, random.between(120, 1_800));
    let parameters =
        [("Identity", executive.upn.as_str()), ("User", reader.upn.as_str()), ("AccessRights", "FullAccess"), ("InheritanceType", "All")];
    exchange(stage, &mut account, at, ("Add-MailboxPermission", &executive.upn, &parameters), &mut random, deeds);
    let at = plus(at, random.between(600, 8 * HOUR_SECS));
    let mailbox = stage.scene.tenant.mailbox_of(executive);
    if random.chance(0.3) {
        takes_all(stage, reader, mailbox, at, &mut random, deeds);
    } else {
        reads_as(stage, reader, mailbox, at, &mut random, deeds);
    }
}

/// Reads a mailbox with an account, with Outlook on the web, on some days.
fn reads_as<'a>(stage: &Stage<'a>, reader: &'a Person, mailbox: &Mailbox, at: Nanos, random: &mut Random, deeds: &mut Deeds) {
    let entry = stage.entry(reader, at, Client::Web, random);
    let Some(mut account) = Account::take(stage, entry, random, deeds) else { return };
    let (mut opened, days) = (Opened::default(), random.between(1, 5));
    for from in stage.returns(plus(at, random.between(20, 300)), days, random) {
        let of = Visit { mailbox, by: Named::person(reader), from, records: random.between(3, 9), pause_secs: (125, 400) };
        visit(stage, &of, &mut |at, random, deeds| account.web(stage, at, random, deeds), &mut opened, random, deeds);
    }
}

/// Adds a mailbox to Outlook for Windows, which brings its folders along.
fn takes_all<'a>(stage: &Stage<'a>, reader: &'a Person, mailbox: &Mailbox, at: Nanos, random: &mut Random, deeds: &mut Deeds) {
    let entry = stage.entry(reader, at, Client::Desktop, random);
    let Some(mut account) = Account::take(stage, entry, random, deeds) else { return };
    let mut at = plus(at, random.between(20, 120));
    for folder in mailbox.folders() {
        at = plus(at, random.between(2, 240));
        if at >= stage.end() {
            return;
        }
        let caller = account.desktop(stage, at, random, deeds);
        stage.syncs(mailbox, &Named::person(reader), folder, (at, &caller), random, deeds);
    }
}

fn audit_bypass(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("bypass");
    let Some(admin) = stage.admin() else { return };
    let Some((person, _)) = two_others(stage, admin) else { return };
    let entry = stage.entry(admin, plus(stage.start(), 1), Client::Web, &mut random);
    let Some(mut account) = Account::take(stage, entry, &mut random, deeds) else { return };
    let at = whole_second(plus(account.entry.at, random.between(120, 1_800)));
    if at >= stage.end() {
        return;
    }
    let parameters = [("AuditBypassEnabled", "True"), ("Identity", person.upn.as_str())];
    exchange(stage, &mut account, at, ("Set-MailboxAuditBypassAssociation", &person.upn, &parameters), &mut random, deeds);
    let mailbox = stage.scene.tenant.mailbox_of(person);
    deeds.holes.push(Hole { mailbox: mailbox.number, from: plus(at, 1), to: stage.end(), reason: "bypass" });
    reads_as(stage, person, mailbox, plus(at, random.between(600, 6 * HOUR_SECS)), &mut random, deeds);
}

fn content_search_and_export(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("search");
    let Some(operator) = operator(stage) else { return };
    let entry = stage.entry(operator, plus(stage.start(), 1), Client::Web, &mut random);
    let Some(account) = Account::take(stage, entry, &mut random, deeds) else { return };
    let count = usize::try_from(random.between(2, 4)).unwrap_or(2);
    let searched: Vec<&Person> =
        stage.victims(count + 1).into_iter().filter(|person| person.number != operator.number).take(count).collect();
    let mut at = plus(account.entry.at, random.between(120, 1_800));
    let since = Day::of(at).plus(-random.between(20, 90));
    let query = format!("received>={}", since.date());
    let name = random.word(&["Export", "HR request", "Archive check", "Mail review", "Test search", "Request 2026"]);
    let upns: Vec<String> = searched.iter().map(|person| person.upn.clone()).collect();
    for (operation, pause_secs) in [("SearchCreated", (5, 60)), ("SearchStarted", (600, 2 * HOUR_SECS)), ("SearchExported", (60, 600))] {
        if at >= stage.end() {
            return;
        }
        let what = (name, query.as_str(), upns.as_slice(), account.entry.place.address.as_str());
        deeds.records.push(content_search(stage.scene.tenant, operator, (at, random.guid(), operation), what));
        if operation == "SearchExported" {
            exported(stage, &searched, (since, at), deeds);
        }
        at = plus(at, random.between(pause_secs.0, pause_secs.1));
    }
}

/// Somebody outside the group of administrators whom the right to search was given to long ago; searches are ordinarily theirs.
fn operator<'a>(stage: &Stage<'a>) -> Option<&'a Person> {
    let tenant = stage.scene.tenant;
    let others: Vec<&Person> = tenant.people.iter().filter(|person| !tenant.admins.contains(&person.number)).collect();
    stage.choice("operator").pick(&others).copied()
}

/// Everything that matched and is still there goes out at once.
fn exported(stage: &Stage<'_>, searched: &[&Person], (since, at): (Day, Nanos), deeds: &mut Deeds) {
    for person in searched {
        let mailbox = stage.scene.tenant.mailbox_of(person);
        let matching = mailbox.all(at).filter(|message| message.received >= since.start() && mailbox.folder_at(message, at).is_some());
        deeds.accessed.extend(matching.map(|message| Accessed {
            mailbox: mailbox.number,
            message,
            time: at,
            how: "exported",
            record: None,
        }));
    }
}
