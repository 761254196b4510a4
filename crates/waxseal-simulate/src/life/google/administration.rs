//! What administrators do on a working day.

use serde_json::Value;

use crate::clock::{Day, plus};
use crate::names;
use crate::presence::{Place, presence};
use crate::random::Random;
use crate::record::{GoogleAct, GoogleEvent, GoogleLog, Record, activity, text};
use crate::tenant::Person;
use crate::world::Scene;

/// A day of the administrators of a tenant.
pub(super) fn day(scene: Scene<'_>, day: Day, out: &mut Vec<Record>) {
    if !scene.tenant.works_on(day) {
        return;
    }
    let mut random = scene.tenant.seed.of("administration", day.0).random();
    let rates = &scene.parameters().administration;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand mailboxes")]
    let hundreds = scene.tenant.mailboxes.len() as f64 / 100.0;
    let kinds: [(f64, Deed); 4] = [
        (rates.account_changes, account_change),
        (rates.mailbox_changes, mail_setting),
        (rates.role_changes, role_change),
        (rates.content_searches, log_search),
    ];
    for (rate, kind) in kinds {
        for _ in 0..random.count(rate * hundreds) {
            let work = Work::of(scene, day, &mut random);
            kind(&work, &mut random, out);
        }
    }
}

/// Something that administrators do.
type Deed = fn(&Work<'_>, &mut Random, &mut Vec<Record>);

/// An administrator at work: who, when, from where.
struct Work<'a> {
    scene: Scene<'a>,
    person: &'a Person,
    at: waxseal_model::Nanos,
    place: Place,
}

impl<'a> Work<'a> {
    fn of(scene: Scene<'a>, day: Day, random: &mut Random) -> Self {
        let person = &scene.tenant.people[*random.pick(&scene.tenant.admins).unwrap_or(&0)];
        let present = presence(scene, person, day);
        Self { scene, person, at: plus(present.start, random.between(600, 6 * 3_600)), place: present.place }
    }

    fn somebody(&self, random: &mut Random) -> &'a Person {
        &self.scene.tenant.people[random.index(self.scene.tenant.people.len())]
    }

    fn record(&self, kind: &'static str, name: &'static str, parameters: Vec<Value>, random: &mut Random) -> Record {
        let act = GoogleAct { time: self.at, by: Some(self.scene.tenant.mailbox_of(self.person)), place: Some(&self.place) };
        activity(self.scene.tenant, GoogleLog::Admin, act, GoogleEvent { kind, name, parameters }, random)
    }
}

fn account_change(work: &Work<'_>, random: &mut Random, out: &mut Vec<Record>) {
    let of = text("USER_EMAIL", work.somebody(random).upn.as_str());
    let group = text("GROUP_EMAIL", format!("project.{}@{}", random.between(1, 9), work.scene.tenant.domain));
    match random.below(5) {
        0 => new_account(work, random, out),
        1 => out.push(work.record("USER_SETTINGS", "CHANGE_PASSWORD", vec![of], random)),
        2 => out.push(work.record("GROUP_SETTINGS", "REMOVE_GROUP_MEMBER", vec![of, group], random)),
        _ => out.push(work.record("GROUP_SETTINGS", "ADD_GROUP_MEMBER", vec![of, group], random)),
    }
}

/// A joiner: the account, then the licence, which the provider assigns by itself.
fn new_account(work: &Work<'_>, random: &mut Random, out: &mut Vec<Record>) {
    let (given, family) = names::person(random);
    let address = format!("{given}.{family}{}@{}", random.between(1_000, 9_999), work.scene.tenant.domain).to_lowercase();
    out.push(work.record("USER_SETTINGS", "CREATE_USER", vec![text("USER_EMAIL", address.as_str())], random));
    let act = GoogleAct { time: plus(work.at, random.between(2, 30)), by: None, place: None };
    let parameters = vec![text("USER_EMAIL", address), text("PRODUCT_NAME", "Google Workspace"), text("NEW_VALUE", "Business Plus")];
    let event = GoogleEvent { kind: "LICENSES_SETTINGS", name: "USER_LICENSE_ASSIGNMENT", parameters };
    out.push(activity(work.scene.tenant, GoogleLog::Admin, act, event, random));
}

fn mail_setting(work: &Work<'_>, random: &mut Random, out: &mut Vec<Record>) {
    let setting = random.word(&["EMAIL_DISCLAIMER", "BLOCKED_SENDERS", "ATTACHMENT_SAFETY", "CONTENT_COMPLIANCE"]);
    let parameters = vec![
        text("SETTING_NAME", setting),
        text("USER_DEFINED_SETTING_NAME", names::subject(random)),
        text("ORG_UNIT_NAME", work.scene.tenant.domain.as_str()),
    ];
    let name = if random.chance(0.3) { "CREATE_GMAIL_SETTING" } else { "CHANGE_GMAIL_SETTING" };
    out.push(work.record("EMAIL_SETTINGS", name, parameters, random));
}

fn role_change(work: &Work<'_>, random: &mut Random, out: &mut Vec<Record>) {
    let roles = ["_GROUPS_ADMIN_ROLE", "_USER_MANAGEMENT_ADMIN_ROLE", "_HELP_DESK_ADMIN_ROLE", "_MOBILE_ADMIN_ROLE"];
    let (role, of) = (random.word(&roles), work.somebody(random));
    let id = work.scene.tenant.seed.of(role, 0).0.to_string();
    let parameters = vec![text("ROLE_NAME", role), text("ROLE_ID", id), text("USER_EMAIL", of.upn.as_str())];
    out.push(work.record("DELEGATED_ADMIN_SETTINGS", "ASSIGN_ROLE", parameters, random));
}

/// Somebody asks where a message went.
fn log_search(work: &Work<'_>, random: &mut Random, out: &mut Vec<Record>) {
    let parameters = vec![text("EMAIL_LOG_SEARCH_RECIPIENT", work.somebody(random).upn.as_str())];
    out.push(work.record("EMAIL_SETTINGS", "EMAIL_LOG_SEARCH", parameters, random));
}
