//! Mail that could be had without a record of the message: forwarded, copied by a rule, searched out.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{AccessClass, Nanos};

/// An act by which mail can be had, as a cited record tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// The incident, by its place.
    pub incident: u32,
    /// The tenant.
    pub tenant: String,
    /// The category of the finding.
    pub category: String,
    /// When.
    pub time: Nanos,
    /// The record.
    pub event: String,
    /// The mailbox that the record names.
    pub mailbox: Option<String>,
    /// The text in which it says whose mail.
    pub places: String,
    /// The text in which it says where a rule sends mail.
    pub sent_to: String,
}

/// A way to mail of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposed {
    /// The incident, by its place.
    pub incident: u32,
    /// The tenant.
    pub tenant: String,
    /// The mailbox.
    pub mailbox: String,
    /// Whether it gives what is there at a moment, and not what arrives from then on.
    pub standing: bool,
    /// From when on.
    pub from: Nanos,
    /// The last of its records.
    pub last: Nanos,
    /// What it is.
    pub reason: &'static str,
    /// The records, at most ten.
    pub events: Vec<String>,
}

impl Exposed {
    /// All of them have the same class.
    pub(super) const CLASS: AccessClass = AccessClass::ExposedOther;
}

/// The most records that are named.
pub(super) const MOST_EVENTS: usize = 10;

/// The ways to mail that acts opened. `mailboxes` are those that there are, by tenant and address: a text may name others.
#[must_use]
pub fn exposed(acts: &[Placed], mailboxes: &BTreeSet<(String, String)>) -> Vec<Exposed> {
    let mut all: BTreeMap<(u32, String, String, &'static str), Exposed> = BTreeMap::new();
    let sorted: BTreeSet<&Placed> = acts.iter().collect();
    for act in sorted {
        let Some((standing, reason)) = way(act) else { continue };
        let own = |text: &String| mailboxes.contains(&(act.tenant.clone(), text.clone()));
        let named: BTreeSet<String> = act.mailbox.iter().cloned().chain(addresses(&act.places)).filter(own).collect();
        for mailbox in named {
            let way = all.entry((act.incident, act.tenant.clone(), mailbox.clone(), reason)).or_insert_with(|| Exposed {
                incident: act.incident,
                tenant: act.tenant.clone(),
                mailbox,
                standing,
                from: act.time,
                last: act.time,
                reason,
                events: Vec::new(),
            });
            (way.from, way.last) = (way.from.min(act.time), way.last.max(act.time));
            if way.events.len() < MOST_EVENTS && !way.events.contains(&act.event) {
                way.events.push(act.event.clone());
            }
        }
    }
    all.into_values().collect()
}

/// Whether findings of a category tell of such acts.
pub(super) fn opens_way(category: &str) -> bool {
    matches!(category, "mailbox_forwarding" | "transport_rule" | "inbox_rule" | "content_search")
}

/// Whether what is there can be had or what arrives, and what it is.
fn way(act: &Placed) -> Option<(bool, &'static str)> {
    let rule_sends =
        act.sent_to.contains('@') || act.sent_to.to_lowercase().contains("forward") || act.sent_to.to_lowercase().contains("redirect");
    Some(match act.category.as_str() {
        "mailbox_forwarding" => (false, "mail that arrives is forwarded"),
        "transport_rule" => (false, "a rule of the organisation sends mail that arrives on"),
        "inbox_rule" if rule_sends => (false, "an inbox rule sends mail that arrives on"),
        "content_search" => (true, "messages that matched a search could be taken out"),
        _ => return None,
    })
}

/// Everything in a text that looks like an address, in lower case.
fn addresses(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_part = |c: char| c.is_alphanumeric() || "@._-+'".contains(c);
    let words = text.split(move |c: char| !is_part(c));
    words.filter(|word| word.contains('@')).map(|word| word.trim_matches(['.', '\'', '-']).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(category: &str, places: &str, sent_to: &str) -> Placed {
        Placed {
            incident: 0,
            tenant: "t".to_owned(),
            category: category.to_owned(),
            time: Nanos(5),
            event: "e".to_owned(),
            mailbox: None,
            places: places.to_owned(),
            sent_to: sent_to.to_owned(),
        }
    }

    fn of(acts: &[Placed]) -> Vec<(String, bool)> {
        let there = ["a@x.example", "b@x.example"].map(|mailbox| ("t".to_owned(), mailbox.to_owned())).into();
        exposed(acts, &there).into_iter().map(|way| (way.mailbox, way.standing)).collect()
    }

    #[test]
    fn mailboxes_are_found_in_whatever_form_they_are_listed() {
        let both = [("a@x.example".to_owned(), true), ("b@x.example".to_owned(), true)];
        for places in
            ["A@x.example;b@X.example", r#"["a@x.example","b@x.example","c@y.example"]"#, "Mailboxes: 'a@x.example', <b@x.example>."]
        {
            assert_eq!(of(&[act("content_search", places, "")]), both, "{places}");
        }
    }

    #[test]
    fn a_rule_that_sends_nothing_on_exposes_nothing() {
        assert_eq!(of(&[act("inbox_rule", "a@x.example", "Move to folder Archive")]), []);
        assert_eq!(of(&[act("inbox_rule", "a@x.example", "smtp:z@out.example")]), [("a@x.example".to_owned(), false)]);
    }
}
