//! Device codes: the victim confirms a code on a page of the provider, and the tokens go to whoever made the code.

use waxseal_model::Nanos;

use crate::client::{BROKER, GRAPH};
use crate::clock::{Day, HOUR_SECS, plus};
use crate::intrusion::account::{Account, Lured};
use crate::intrusion::stage::Entry;
use crate::intrusion::visit::{Opened, Visit, visit};
use crate::intrusion::{Deeds, Kind, Stage};
use crate::presence::laptop;
use crate::random::Random;
use crate::record::{Failure, Named};

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[Kind {
    name: "device_code",
    story: "Somebody enters a device code that an intruder sent; his tokens search and read the mailbox through Graph.",
    decided_by: &["ual.mia.bind", "signin.interactive"],
    across_tenants: false,
    play: device_code,
}];

const SCOPES: &str = "Mail.ReadWrite User.Read email openid profile";

fn device_code(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("code");
    let Some(person) = stage.victims(1).first().copied() else { return };
    let lured = stage.lured(person, &mut random);
    let Some(mut account) = confirms(stage, &lured, &mut random, deeds) else { return };
    // From here on it is the intruder who asks for tokens, and they still say how the session was opened.
    account.entry.device = stage.machine();
    account.entry.protocol = Some(("none", "deviceCodeFlow"));
    account.moves(stage.elsewhere());
    let first = plus(account.entry.at, random.between(5, 60));
    let days = random.between(1, 4);
    let mut opened = Opened::default();
    for from in stage.returns(first, days, &mut random) {
        let from = searches(stage, &mut account, from, &mut random, deeds);
        let mailbox = stage.scene.tenant.mailbox_of(person);
        let of = Visit { mailbox, by: Named::person(person), from, records: random.between(3, 9), pause_secs: (121, 300) };
        let mut caller = |at, random: &mut Random, deeds: &mut Deeds| account.graph(stage, (at, SCOPES), random, deeds);
        visit(stage, &of, &mut caller, &mut opened, &mut random, deeds);
    }
}

/// The victim signs in where and with what they always do: asked to confirm, then let in.
fn confirms<'a>(stage: &Stage<'a>, lured: &Lured<'a>, random: &mut Random, deeds: &mut Deeds) -> Option<Account<'a>> {
    let pending = Entry {
        person: lured.person,
        at: lured.at,
        app: (BROKER, "Microsoft Authentication Broker"),
        resource: (GRAPH, "Microsoft Graph"),
        used: "Mobile Apps and Desktop clients",
        place: lured.place.clone(),
        device: laptop(stage.scene, lured.person, Day::of(lured.at)),
        interactive: true,
        session: random.guid(),
        failure: Some(Failure::PENDING),
        protocol: Some(("deviceCode", "deviceCodeFlow")),
        second_factor: true,
    };
    Account::take(stage, pending.clone(), random, deeds)?;
    let confirmed = Entry { at: plus(lured.at, random.between(4, 40)), failure: None, ..pending };
    Account::take(stage, confirmed, random, deeds)
}

/// Looks for what is worth reading; the hits are listed, not opened. Returns when it was done.
fn searches<'a>(stage: &Stage<'a>, account: &mut Account<'a>, from: Nanos, random: &mut Random, deeds: &mut Deeds) -> Nanos {
    let mut at = from;
    for _ in 0..random.between(2, 6) {
        at = plus(at, random.between(3, HOUR_SECS / 20));
        if at >= stage.end() {
            break;
        }
        let word = random.word(&["password", "vpn", "username", "credentials", "admin", "contract", "secret", "anydesk"]);
        let uri = format!("https://graph.microsoft.com/v1.0/me/messages?$search=\"{word}\"&$top={}", random.between(1, 4) * 25);
        account.calls(stage, (at, SCOPES), &uri, random, deeds);
    }
    at
}
