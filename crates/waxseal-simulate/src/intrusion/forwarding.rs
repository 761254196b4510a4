//! Mail that goes outside by itself. Nobody opens it, and no record names it.

use waxseal_model::Nanos;

use crate::client::Client;
use crate::clock::{Day, plus};
use crate::intrusion::account::Account;
use crate::intrusion::change::exchange;
use crate::intrusion::{Accessed, Deeds, Kind, Stage};
use crate::mail::Mailbox;
use crate::names;
use crate::random::Random;

/// What decides: the setting itself.
const DECIDED_BY: &[&str] = &["ual.exchange_admin"];

/// The kinds of this file.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "forwarding_only",
        story: "An account in an intruder's hands sends a copy of everything that arrives to an address outside; nothing is opened.",
        decided_by: DECIDED_BY,
        across_tenants: false,
        play: forwarding_only,
    },
    Kind {
        name: "transport_rule",
        story: "An administrator's account sets a rule for the whole organisation that copies the mail of one or two people outside.",
        decided_by: DECIDED_BY,
        across_tenants: false,
        play: transport_rule,
    },
];

fn forwarding_only(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("forwarding");
    let Some(person) = stage.victims(1).first().copied() else { return };
    let entry = stage.entry(person, plus(stage.start(), 1), Client::Web, &mut random);
    let Some(mut account) = Account::take(stage, entry, &mut random, deeds) else { return };
    let at = plus(account.entry.at, random.between(60, 1_800));
    let outside = format!("smtp:{}", outside(stage));
    let parameters =
        [("Identity", person.upn.as_str()), ("ForwardingSmtpAddress", outside.as_str()), ("DeliverToMailboxAndForward", "True")];
    exchange(stage, &mut account, at, ("Set-Mailbox", &person.upn, &parameters), &mut random, deeds);
    forwarded(stage, stage.scene.tenant.mailbox_of(person), at, deeds);
}

fn transport_rule(stage: &Stage<'_>, deeds: &mut Deeds) {
    let mut random = stage.choice("transport rule");
    let Some(admin) = stage.admin() else { return };
    let entry = stage.entry(admin, plus(stage.start(), 1), Client::Web, &mut random);
    let Some(mut account) = Account::take(stage, entry, &mut random, deeds) else { return };
    let at = plus(account.entry.at, random.between(120, 1_800));
    let people = stage.victims(if random.chance(0.5) { 1 } else { 2 });
    let sent_to = people.iter().map(|person| person.upn.as_str()).collect::<Vec<_>>().join(";");
    let outside = outside(stage);
    let name = rule_name(&mut random);
    let parameters = [
        ("Name", name),
        ("SetAuditSeverity", "DoNotAudit"),
        ("Mode", "Enforce"),
        ("StopRuleProcessing", "False"),
        ("SentTo", sent_to.as_str()),
        ("BlindCopyTo", outside.as_str()),
    ];
    exchange(stage, &mut account, at, ("New-TransportRule", "", &parameters), &mut random, deeds);
    for person in people {
        forwarded(stage, stage.scene.tenant.mailbox_of(person), at, deeds);
    }
}

fn rule_name(random: &mut Random) -> &'static str {
    random.word(&[".", "Disclaimer", "Journal copy", "External tag", "Default policy", "Spam filter 2", "-", "Archive"])
}

/// Where the intruder collects it: a mailbox of a provider that anybody can have one at.
fn outside(stage: &Stage<'_>) -> String {
    let mut random = stage.intruders_choice("outside");
    let (given, family) = names::person(&mut random);
    let provider =
        random.word(&["quickpost.example", "freeinbox.example", "mailnook.example", "letterbox-one.example", "postfach.example"]);
    format!("{}.{}{}@{provider}", given.to_lowercase(), family.to_lowercase(), random.between(1, 99))
}

/// Everything that arrives from an instant on is sent outside when it arrives.
fn forwarded(stage: &Stage<'_>, mailbox: &Mailbox, from: Nanos, deeds: &mut Deeds) {
    let last = Day::of(stage.end());
    let days = (0..).map(|ahead| Day::of(from).plus(-1 + ahead)).take_while(|day| *day <= last);
    let messages = days.flat_map(|day| mailbox.arrivals(day)).filter(|message| message.received > from && message.received < stage.end());
    deeds.accessed.extend(messages.map(|message| Accessed {
        mailbox: mailbox.number,
        message,
        time: message.received,
        how: "forwarded",
        record: None,
    }));
}
