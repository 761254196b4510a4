//! Every sentence about an incident. An audit record shows access, never reading; what is not recorded is not called absent.

use std::collections::BTreeSet;

use waxseal_model::{Confidence, Entry, EntryClass, Finding, IncidentMailbox, Related, Severity, Step};

use crate::facts::Facts;
use crate::graph::Group;
use crate::mailbox;

/// So many names are written out, the others counted.
const NAMED: usize = 3;

pub(crate) fn related(incident: &str, account: &str) -> Related {
    Related { incident: incident.to_owned(), account: account.to_owned() }
}

/// What an incident is, and how far it reaches.
pub(crate) fn title(entry: &Entry, group: &Group, facts: &Facts<'_>, mailboxes: &[IncidentMailbox]) -> String {
    let what = match entry.class {
        _ if entry.text == ONLY_TRIED => "Passwords tried on accounts",
        EntryClass::ForgedOrUnloggedToken => "Access to mail with tokens that no recorded sign-in explains",
        EntryClass::StolenSession => "A session that seems to be used by somebody else",
        EntryClass::Password => "An account that seems to be entered by somebody else",
        EntryClass::Consent => "An application let in by consent",
        EntryClass::AppCredential => "An application used with a new credential or right",
        EntryClass::Delegate => "A mailbox opened to another account",
        EntryClass::ProviderSide => "Access to mail from the provider's side",
        EntryClass::NotRecoverable => "Signs of an intrusion whose way in is not recorded",
    };
    let recorded = mailboxes.iter().filter(|mailbox| mailbox::is_recorded(mailbox)).count();
    let sent = group.grave(facts).any(|i| facts.step(i) == Step::Exfiltration);
    let mut reach = Vec::new();
    match recorded {
        0 if mailboxes.is_empty() => {}
        0 => reach.push(format!("possible access to {}", count(mailboxes.len(), "mailbox", "mailboxes"))),
        recorded => reach.push(format!("recorded access to {}", count(recorded, "mailbox", "mailboxes"))),
    }
    if sent {
        reach.push("mail or files may be sent outside".to_owned());
    }
    if reach.is_empty() { what.to_owned() } else { format!("{what}: {}", reach.join(", ")) }
}

/// What is said where nothing but tries is shown.
pub(crate) const ONLY_TRIED: &str =
    "Passwords were tried. Whether one of them opened an account is in the finding; no other finding shows a sign-in of the intruder.";

/// What is said where more than tries is shown.
pub(crate) const TRIED: &str = "Passwords were tried, and accounts were used in ways that do not look like their owners'. Whether a try opened them is in the findings.";

/// What the way in rests on, and what not.
pub(crate) fn entry(class: EntryClass) -> &'static str {
    match class {
        EntryClass::ForgedOrUnloggedToken => {
            "Mail was accessed with tokens that no recorded sign-in issued. They were forged, or issued where nothing is logged; only the provider can tell which."
        }
        EntryClass::StolenSession => "A session or its tokens were used in two places. How they were taken is not recorded.",
        EntryClass::Password => {
            "Sign-ins that do not look like the owner's. Whether a password, a page in between or a code opened them is not told by the findings."
        }
        EntryClass::Consent => "An application was granted rights by somebody who may have been misled.",
        EntryClass::AppCredential => {
            "An application was given a credential or a right. How the account that gave it was entered is not recorded."
        }
        EntryClass::Delegate => {
            "An account was given rights in somebody else's mailbox. How the account that gave them was entered is not recorded."
        }
        EntryClass::ProviderSide => "The access came from the provider's own side.",
        EntryClass::NotRecoverable => "The findings do not show how the intruder got in.",
    }
}

/// What some findings of one detection say.
pub(crate) fn step(findings: &[&Finding]) -> String {
    let Some(first) = findings.first() else { return String::new() };
    let mut text = first.title.clone();
    let all = |of: fn(&Finding) -> &[String]| findings.iter().flat_map(|finding| of(finding)).map(String::as_str).collect::<BTreeSet<_>>();
    let accounts = all(|finding| &finding.accounts);
    let mailboxes = all(|finding| &finding.mailboxes);
    if !accounts.is_empty() {
        text.push_str(&format!("; {} {}", plural(accounts.len(), "account", "accounts"), names(&accounts)));
    }
    if !mailboxes.is_empty() && mailboxes != accounts {
        text.push_str(&format!("; {} {}", plural(mailboxes.len(), "mailbox", "mailboxes"), names(&mailboxes)));
    }
    let addresses = all(|finding| &finding.ips);
    if !addresses.is_empty() {
        text.push_str(&format!("; from {}", names(&addresses)));
    }
    if findings.len() > 1 {
        text.push_str(&format!("; {} findings", findings.len()));
    }
    text
}

fn names(names: &BTreeSet<&str>) -> String {
    let written: Vec<&str> = names.iter().take(NAMED).copied().collect();
    match (names.len().saturating_sub(NAMED), written.split_last()) {
        (0, Some((last, others @ [_, ..]))) => format!("{} and {last}", others.join(", ")),
        (0, _) => written.join(", "),
        (more, _) => format!("{} and {more} more", written.join(", ")),
    }
}

/// Why a severity.
pub(crate) fn severity(severity: Severity, gravest: Severity, recorded: usize) -> String {
    let reach = match recorded {
        0 => "no finding in it records access to a mailbox".to_owned(),
        n => format!("access to {} is recorded", count(n, "mailbox", "mailboxes")),
    };
    if severity == gravest {
        format!("Severity is {severity}, as that of the gravest finding; {reach}.")
    } else {
        let and = if gravest == Severity::Medium { ", and another grave finding agrees" } else { "" };
        format!("Severity is {severity}, one step above the gravest finding, because {reach}{and}.")
    }
}

/// A consent weighs less than its finding.
pub(crate) const ORDINARY_USE: &str =
    "nothing but a consent is grave, and what the application did then is rated low by the finding that looked at it";

/// A single detection weighs less than it says.
pub(crate) const WEAK: &str = "a single detection speaks, with low confidence, and no other agrees";

/// Why a severity below that of the gravest finding.
pub(crate) fn low(why: &str, confidence: Confidence) -> String {
    format!(
        "Severity is low, one step below the gravest finding, because {why}. Confidence is {confidence}, as that of the surest finding."
    )
}

/// Why a confidence.
pub(crate) fn confidence(confidence: Confidence, surest: Confidence, agreeing: usize) -> String {
    if confidence == surest {
        format!("Confidence is {confidence}, as that of the surest finding.")
    } else {
        let others = count(agreeing, "other grave finding names", "other grave findings name");
        format!("Confidence is {confidence}, one step above the surest finding, because {others} the same session, application or address.")
    }
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", plural(n, one, many))
}

fn plural<'a>(n: usize, one: &'a str, many: &'a str) -> &'a str {
    if n == 1 { one } else { many }
}
