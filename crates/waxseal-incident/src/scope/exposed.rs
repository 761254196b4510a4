//! Mail that could be had without a record of the message: forwarded, copied by a rule, searched out, handed over.

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
    /// The operation, in lower case.
    pub operation: String,
    /// The text in which it says whose mail; empty where it does not.
    pub whose: String,
    /// The text in which it says where mail is sent, or what kind of rule it is.
    pub sent_to: String,
    /// The search it belongs to, by name: one record of it may say whose mail for all.
    pub search: Option<String>,
}

/// The mailboxes that there are, by tenant, and what else they are called.
#[derive(Debug, Clone, Default)]
pub struct Mailboxes {
    all: BTreeMap<String, BTreeSet<String>>,
    names: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Mailboxes {
    /// Mailboxes by tenant and address.
    #[must_use]
    pub fn of(mailboxes: &BTreeSet<(String, String)>) -> Self {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (tenant, mailbox) in mailboxes {
            all.entry(tenant.clone()).or_default().insert(mailbox.clone());
        }
        Self { all, names: BTreeMap::new() }
    }

    /// Notes that a mailbox is called by a name too. Several may be.
    pub fn call(&mut self, tenant: &str, mailbox: &str, name: &str) {
        if self.all.get(tenant).is_some_and(|all| all.contains(mailbox)) {
            self.names.entry((tenant.to_owned(), name.trim().to_lowercase())).or_default().insert(mailbox.to_owned());
        }
    }

    /// The mailboxes that a text lists. `None` where it lists none, or anything that is not known to be one: a group, or everybody.
    fn listed(&self, tenant: &str, text: &str) -> Option<BTreeSet<String>> {
        let mut listed = BTreeSet::new();
        for element in text.split(|c: char| ";,[]<>\"\n".contains(c)).map(|element| trimmed(element).to_lowercase()) {
            if element.is_empty() {
                continue;
            }
            match self.called(tenant, &element) {
                Some(mailboxes) => listed.extend(mailboxes),
                None => listed.extend(
                    element.split_whitespace().map(|word| self.called(tenant, trimmed(word))).collect::<Option<Vec<_>>>()?.concat(),
                ),
            }
        }
        (!listed.is_empty()).then_some(listed)
    }

    /// The mailboxes of a name in lower case, which may be the end of a path in the directory.
    fn called(&self, tenant: &str, name: &str) -> Option<Vec<String>> {
        let name = name.strip_prefix("smtp:").unwrap_or(name);
        let end = name.rsplit('/').next().unwrap_or(name);
        [name, end].into_iter().find_map(|name| {
            let own = self.all.get(tenant)?.get(name).map(|mailbox| vec![mailbox.clone()]);
            own.or_else(|| Some(self.names.get(&(tenant.to_owned(), name.to_owned()))?.iter().cloned().collect()))
        })
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "'.".contains(c))
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
    pub reason: String,
    /// The records, at most ten.
    pub events: Vec<String>,
}

impl Exposed {
    /// All of them have the same class.
    pub(super) const CLASS: AccessClass = AccessClass::ExposedOther;
}

/// The most records that are named.
pub(super) const MOST_EVENTS: usize = 10;

/// The ways to mail that acts opened. Where a record does not say whose mail, or names what is not known, any mailbox may be meant.
#[must_use]
pub fn exposed(acts: &[Placed], mailboxes: &Mailboxes) -> Vec<Exposed> {
    let mut all: BTreeMap<(u32, String, String, String), Exposed> = BTreeMap::new();
    let sorted: BTreeSet<&Placed> = acts.iter().collect();
    let searches = searches(acts);
    for act in sorted {
        let Some((standing, what)) = way(act) else { continue };
        let of_search = act.search.as_deref().and_then(|search| searches.get(&(act.incident, &act.tenant, search)));
        let whose = of_search.filter(|_| act.whose.is_empty()).unwrap_or(&act.whose);
        let listed = mailboxes.listed(&act.tenant, whose);
        let reason = if listed.is_some() { what.to_owned() } else { format!("{what}, of any mailbox: no single one is known to be meant") };
        let named = listed.or_else(|| mailboxes.all.get(&act.tenant).cloned()).unwrap_or_default();
        for mailbox in named {
            let key = (act.incident, act.tenant.clone(), mailbox.clone(), reason.clone());
            let way = all.entry(key).or_insert_with(|| Exposed {
                incident: act.incident,
                tenant: act.tenant.clone(),
                mailbox,
                standing,
                from: act.time,
                last: act.time,
                reason: reason.clone(),
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

/// What the records of each search say of whose mail, all together.
fn searches(acts: &[Placed]) -> BTreeMap<(u32, &str, &str), String> {
    let mut searches: BTreeMap<(u32, &str, &str), String> = BTreeMap::new();
    for act in acts.iter().filter(|act| !act.whose.is_empty()) {
        if let Some(search) = &act.search {
            let whose = searches.entry((act.incident, &act.tenant, search)).or_default();
            *whose = [whose.as_str(), &act.whose].join("\n");
        }
    }
    searches
}

/// Whether findings of a category tell of such acts.
pub(super) fn opens_way(category: &str) -> bool {
    matches!(category, "mailbox_forwarding" | "transport_rule" | "inbox_rule" | "content_search" | "google_takeover")
}

const FORWARDED: &str = "mail that arrives is forwarded";

/// Whether what is there can be had or what arrives, and what it is.
fn way(act: &Placed) -> Option<(bool, &'static str)> {
    let (operation, sent_to) = (act.operation.as_str(), act.sent_to.to_lowercase());
    let speaks_of = |words: &[&str]| words.iter().any(|word| sent_to.contains(word));
    match act.category.as_str() {
        // What an organisation allows to be forwarded forwards nothing yet.
        "mailbox_forwarding" if !operation.contains("remotedomain") && !operation.contains("policy") => Some((false, FORWARDED)),
        "transport_rule" if !sent_to.is_empty() && operation != "release_from_quarantine" && !operation.starts_with("delete") => {
            Some((false, "a rule of the organisation sends mail that arrives on"))
        }
        "inbox_rule" if speaks_of(&["@", "forward", "redirect"]) => Some((false, "an inbox rule sends mail that arrives on")),
        // The log of mail, and the investigation tool until it shows a message, tell of mail without showing it.
        "content_search" if operation == "email_log_search" => None,
        "content_search" if operation.starts_with("security_investigation") && !operation.contains("content_access") => None,
        "content_search" => Some((true, "messages that matched a search could be taken out")),
        "google_takeover" => handed_over(operation),
        _ => None,
    }
}

/// The category tells of several things: of a right to all mailboxes too, the use of which leaves records.
fn handed_over(operation: &str) -> Option<(bool, &'static str)> {
    let is = |words: &[&str]| words.iter().any(|word| operation.contains(word));
    if is(&["email_monitor"]) {
        Some((false, "a copy of mail that arrives is sent on"))
    } else if is(&["forwarding"]) {
        Some((false, FORWARDED))
    } else if is(&["authorize", "2sv", "titanium", "recovery"]) {
        None
    } else {
        Some((true, "the mailbox was handed over as a whole"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(category: &str, operation: &str, whose: &str, sent_to: &str) -> Placed {
        Placed {
            incident: 0,
            tenant: "t".to_owned(),
            category: category.to_owned(),
            time: Nanos(5),
            event: "e".to_owned(),
            operation: operation.to_owned(),
            whose: whose.to_owned(),
            sent_to: sent_to.to_owned(),
            search: None,
        }
    }

    fn of(acts: &[Placed]) -> Vec<(String, bool)> {
        let there = ["a@x.example", "b@x.example", "c@x.example"].map(|mailbox| ("t".to_owned(), mailbox.to_owned())).into();
        let mut there = Mailboxes::of(&there);
        there.call("t", "a@x.example", "Zahra.Lindqvist");
        there.call("t", "b@x.example", "Bo Ek");
        exposed(acts, &there).into_iter().map(|way| (way.mailbox, way.standing)).collect()
    }

    fn all(standing: bool) -> Vec<(String, bool)> {
        ["a", "b", "c"].map(|name| (format!("{name}@x.example"), standing)).into()
    }

    #[test]
    fn mailboxes_are_found_in_whatever_form_they_are_listed() {
        let both = [("a@x.example".to_owned(), true), ("b@x.example".to_owned(), true)];
        for whose in [
            "A@x.example;b@X.example",
            r#"["a@x.example","b@x.example"]"#,
            "'a@x.example', <b@x.example>.",
            "a@x.example b@x.example",
            "zahra.lindqvist;EUR.PROD.OUTLOOK.COM/Hosted/x.example/Bo Ek",
        ] {
            assert_eq!(of(&[act("content_search", "searchexported", whose, "")]), both, "{whose}");
        }
    }

    #[test]
    fn whatever_is_not_known_may_be_any_mailbox() {
        for whose in ["", "All", "Somebody", "a@x.example;finance@x.example", "a@x.example; Finance Team"] {
            assert_eq!(of(&[act("mailbox_forwarding", "set-mailbox", whose, "")]), all(false), "{whose}");
        }
        assert_eq!(of(&[act("mailbox_forwarding", "set-mailbox", "Zahra.Lindqvist", "")]), [("a@x.example".to_owned(), false)]);
        assert_eq!(of(&[act("transport_rule", "new-transportrule", "", "z@out.example")]), all(false));
        let ways = exposed(
            &[act("content_search", "searchexported", "All", "")],
            &Mailboxes::of(&[("t".to_owned(), "a@x.example".to_owned())].into()),
        );
        assert_eq!(ways[0].reason, "messages that matched a search could be taken out, of any mailbox: no single one is known to be meant");
    }

    #[test]
    fn one_record_of_a_search_says_whose_mail_for_all() {
        let named = |operation: &str, whose: &str| Placed { search: Some("s".to_owned()), ..act("content_search", operation, whose, "") };
        assert_eq!(of(&[named("searchstarted", ""), named("searchcreated", "a@x.example")]), [("a@x.example".to_owned(), true)]);
        let widened = of(&[named("searchstarted", ""), named("searchcreated", "a@x.example"), named("searchupdated", "All")]);
        assert_eq!(widened.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(), all(true));
    }

    #[test]
    fn what_sends_nothing_on_exposes_nothing() {
        let a = "a@x.example";
        assert_eq!(of(&[act("inbox_rule", "new-inboxrule", a, "Move to folder Archive")]), []);
        assert_eq!(of(&[act("inbox_rule", "new-inboxrule", a, "smtp:z@out.example")]), [(a.to_owned(), false)]);
        assert_eq!(of(&[act("inbox_rule", "updateinboxrules", a, r#"[{"ActionType":"Forward"}]"#)]), [(a.to_owned(), false)]);
        assert_eq!(of(&[act("transport_rule", "new-transportrule", "", "")]), []);
        assert_eq!(of(&[act("mailbox_forwarding", "set-remotedomain", "", "")]), []);
        assert_eq!(of(&[act("content_search", "email_log_search", "", "")]), []);
        assert_eq!(of(&[act("mailbox_delegation", "add-mailboxpermission", a, "")]), []);
    }

    #[test]
    fn what_is_handed_over_as_a_whole_is_told_from_what_leaves_records() {
        let a = "a@x.example";
        assert_eq!(of(&[act("google_takeover", "request_mailbox_dump", a, "")]), [(a.to_owned(), true)]);
        assert_eq!(of(&[act("google_takeover", "customer_takeout_created", "", "")]), all(true));
        assert_eq!(of(&[act("google_takeover", "create_email_monitor", a, "")]), [(a.to_owned(), false)]);
        assert_eq!(of(&[act("google_takeover", "authorize_api_client_access", "", "")]), []);
    }
}
