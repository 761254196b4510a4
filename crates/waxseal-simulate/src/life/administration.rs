//! What administrators do on a working day.

use waxseal_model::Nanos;

use crate::client::{Client, EXCHANGE};
use crate::clock::{Day, plus};
use crate::guid::Guid;
use crate::presence::presence;
use crate::random::Random;
use crate::record::{
    APPLICATIONS, AdminAct, CREDENTIAL_CHANGED, Change, Changed, Cmdlet, DirectoryAct, Record, Rights, Target, cmdlet, consented,
    content_search, credential_changed, described_key, directory_act, granted, introduced,
};
use crate::tenant::{App, AppKind, Person};
use crate::token::Wallet;
use crate::world::Scene;

/// A day of the administrators of a tenant.
pub(super) fn day(scene: Scene<'_>, day: Day, out: &mut Vec<Record>) {
    let mut random = scene.tenant.seed.of("administration", day.0).random();
    for app in scene.tenant.apps.iter().filter(|app| app.consented == Some(day)) {
        consent(scene, app, day, &mut random, out);
    }
    if !scene.tenant.works_on(day) {
        return;
    }
    let rates = &scene.parameters().administration;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand mailboxes")]
    let hundreds = scene.tenant.mailboxes.len() as f64 / 100.0;
    for _ in 0..random.count(rates.account_changes * hundreds) {
        account_change(scene, day, &mut random, out);
    }
    for _ in 0..random.count(rates.mailbox_changes * hundreds) {
        mailbox_change(scene, day, &mut random, out);
    }
    for _ in 0..random.count(rates.role_changes * hundreds) {
        role_change(scene, day, &mut random, out);
    }
    for _ in 0..random.count(rates.credential_rotations * hundreds) {
        rotation(scene, day, &mut random, out);
    }
    for _ in 0..random.count(rates.content_searches * hundreds) {
        search(scene, day, &mut random, out);
    }
}

/// An administrator at work: who, when, from where.
struct AtWork<'a> {
    person: &'a Person,
    at: Nanos,
    address: String,
    /// The session of the day, of those who work in a browser.
    session: Option<Guid>,
}

fn at_work<'a>(scene: Scene<'a>, day: Day, random: &mut Random) -> AtWork<'a> {
    let person = &scene.tenant.people[*random.pick(&scene.tenant.admins).unwrap_or(&0)];
    let present = presence(scene, person, day);
    let session = Wallet::of(scene, person, Client::Web, day).today.first().map(|token| token.session).filter(|_| person.uses(Client::Web));
    AtWork { person, at: plus(present.start, random.between(3_600, 6 * 3_600)), address: present.place.address, session }
}

fn somebody<'a>(scene: Scene<'a>, random: &mut Random) -> &'a Person {
    &scene.tenant.people[random.index(scene.tenant.people.len())]
}

/// Writes both records of a change to the directory.
fn change(
    scene: Scene<'_>,
    work: &AtWork<'_>,
    (operation, category): (&'static str, &'static str),
    (target, changes): Changed,
    random: &mut Random,
    out: &mut Vec<Record>,
) {
    let act = DirectoryAct {
        time: Nanos(work.at.0 + random.between(0, 999) * 1_000_000),
        seed: crate::random::Seed(random.below(u64::MAX)),
        operation,
        category,
        by: work.person,
        address: &work.address,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        target,
        changes,
    };
    let twin = directory_act(scene.tenant, &act);
    out.extend([twin.audit, twin.entra]);
}

fn account_change(scene: Scene<'_>, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    let work = at_work(scene, day, random);
    let of = somebody(scene, random);
    let (operation, changes) = match random.below(5) {
        0 => ("Change user license.", vec![Change::list("AssignedLicense", "ENTERPRISEPACK", "ENTERPRISEPREMIUM")]),
        1 => ("Add member to group.", vec![Change::list("Group.DisplayName", "", "Project team")]),
        2 => ("Reset user password.", vec![Change::plain("Included Updated Properties", "")]),
        _ => (
            "Update user.",
            vec![Change::list("Department", "Sales", "Operations"), Change::plain("Included Updated Properties", "Department")],
        ),
    };
    change(scene, &work, (operation, "UserManagement"), (Target::user(of), changes), random, out);
}

fn role_change(scene: Scene<'_>, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    let work = at_work(scene, day, random);
    let of = somebody(scene, random);
    let role =
        random.word(&["Helpdesk Administrator", "Reports Reader", "Message Center Reader", "User Administrator", "Teams Administrator"]);
    let changes = vec![Change::list("Role.DisplayName", "", role), Change::list("Role.WellKnownObjectName", "", role.replace(' ', ""))];
    change(scene, &work, ("Add member to role.", "RoleManagement"), (Target::user(of), changes), random, out);
}

/// A credential is replaced before it runs out, by the administrator who always does it.
fn rotation(scene: Scene<'_>, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    let work = at_work(scene, day, random);
    let apps: Vec<&App> = scene.tenant.apps.iter().filter(|app| matches!(app.kind, AppKind::Backup | AppKind::Service)).collect();
    let Some(app) = random.pick(&apps).copied() else { return };
    let key = |id: Guid| described_key(id, "rotation");
    let keys = Change::list("KeyDescription", key(app.key_id), key(random.guid()));
    change(scene, &work, (CREDENTIAL_CHANGED, APPLICATIONS), credential_changed(app, keys), random, out);
}

/// A product is introduced: its service principal, the grant and the consent.
fn consent(scene: Scene<'_>, app: &App, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    let mut work = at_work(scene, day, random);
    let everybody = Rights::Delegated { scope: "Mail.Read User.Read offline_access", person: None };
    let rights = if app.kind == AppKind::Migration { Rights::EveryMailbox } else { everybody };
    change(scene, &work, ("Add service principal.", APPLICATIONS), introduced(app), random, out);
    work.at = plus(work.at, 2);
    change(scene, &work, (rights.granted_by(), APPLICATIONS), granted(scene.tenant, app, rights), random, out);
    work.at = plus(work.at, 1);
    let consent = consented(scene.tenant, app, rights, random);
    change(scene, &work, ("Consent to application.", APPLICATIONS), consent, random, out);
}

/// Permissions on a shared mailbox, an automatic reply, a quota.
fn mailbox_change(scene: Scene<'_>, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    let work = at_work(scene, day, random);
    let people = scene.tenant.people.len();
    let shared = &scene.tenant.mailboxes[people + random.index(scene.tenant.mailboxes.len() - people)];
    let of = somebody(scene, random);
    let act = AdminAct::Person { person: work.person, address: &work.address, session: work.session, app: EXCHANGE };
    let (operation, object, parameters): (_, _, Vec<(&str, &str)>) = match random.below(3) {
        0 => {
            let parameters = vec![
                ("Identity", shared.upn.as_str()),
                ("User", of.upn.as_str()),
                ("AccessRights", "FullAccess"),
                ("InheritanceType", "All"),
            ];
            ("Add-MailboxPermission", &shared.upn, parameters)
        }
        1 => ("Set-MailboxAutoReplyConfiguration", &of.upn, vec![("Identity", of.upn.as_str()), ("AutoReplyState", "Scheduled")]),
        _ => ("Set-Mailbox", &of.upn, vec![("Identity", of.upn.as_str()), ("HiddenFromAddressListsEnabled", "True")]),
    };
    out.push(cmdlet(scene.tenant, &Cmdlet { time: work.at, id: random.guid(), operation, by: act, object, parameters: &parameters }));
}

/// The legal team looks for something in two mailboxes.
fn search(scene: Scene<'_>, day: Day, random: &mut Random, out: &mut Vec<Record>) {
    let work = at_work(scene, day, random);
    let mailboxes = [somebody(scene, random).upn.clone(), somebody(scene, random).upn.clone()];
    for (i, operation) in ["SearchCreated", "SearchStarted"].into_iter().enumerate() {
        let at = plus(work.at, 40 * i64::try_from(i).unwrap_or(0));
        let what = ("Request 2026", "subject:\"tender\"", mailboxes.as_slice(), work.address.as_str());
        out.push(content_search(scene.tenant, work.person, (at, random.guid(), operation), what));
    }
}
