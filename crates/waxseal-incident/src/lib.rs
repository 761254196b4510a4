//! One intrusion, one story: findings joined into incidents, and incidents of several tenants into campaigns.
//!
//! The rule, for the findings of one tenant. A finding is *grave* from medium on. Grave findings are one incident
//!
//! 1. when they rest on a common record or name the same session; or two sprays within an hour;
//! 2. when they name the same application within 30 days, which one of them says was given a right or a credential. The
//!    provider's own applications join nothing, nor does the program of a sign-in;
//! 3. when they name the same address within 30 days, which one of them shows not to be the owner's: access without a
//!    sign-in, a takeover, a spray do, the act of an administrator or of somebody who was cheated does not. Addresses of the
//!    provider, and those where people act who have nothing in common, join nothing;
//! 4. when they name the same account or mailbox within three days, unless their addresses contradict each other; in spite of
//!    that when within half a day the account itself acts in both, or its owner was cheated in the same way. A finding that
//!    names more than five accounts joins by none.
//!
//! A low finding joins one incident by the same means, as its context, where at least half of what it names is tied. It never
//! ties two incidents together, and without a grave one it is in none.
//!
//! Stronger ties are drawn first, of equal ones those closer in time. What names the same account and was kept apart by 4 is
//! noted in `related`. Messages are not counted by [`assemble`]: that needs the events, and
//! happens in the steps of `scope.rs`.

mod act;
mod campaign;
mod containment;
mod days;
mod dwell;
mod facts;
mod graph;
mod hand_over;
mod hash;
mod known;
mod mailbox;
mod role;
mod scope;
mod statement;
mod story;
mod wording;

use std::collections::BTreeSet;

use waxseal_model::{Finding, INCIDENTS_SCHEMA, Incident, Incidents, MessageBounds, Nanos, Totals};

pub use act::{Act, Change};
pub use containment::{CHANGE_LOGS, CHANGES, Confirming, contain};
pub use hand_over::{MOST_HAND_OVER, hand_over, is_for_the_provider, with_raw};
pub use known::{AddressRange, Known, Logs};
pub use scope::{
    ATTRIBUTED, CITED_RECORDS, CLUES, Candidate, Cited, Clue, Context, ContextKind, Counted, DONE, Done, DoneRow, Exposed, FOLLOWED,
    FORWARDED, Fold, Followed, MESSAGES, MOST_FOLLOWED, Mailboxes, Message, MessageRow, NAMES, NOBODYS, OPENED, PLACES, Placed, REMOVED,
    Reach, Reaches, STOCK, SYNCED, Stock, Synced, TRAIL, Trails, UNCITED, UNNAMED, USES, Untold, Use, cited, exposed, fill, removed_since,
    stock_since,
};
pub use statement::statements;

use facts::Facts;
use graph::Group;

/// Joins findings into incidents. `now` is the moment they are looked at from.
///
/// The same findings in any order give the same incidents. A finding that is given twice counts once.
#[must_use]
pub fn assemble(findings: &[Finding], known: &Known, now: Nanos) -> Incidents {
    let facts = Facts::of(findings, known);
    let groups = graph::groups(&facts);
    let related = graph::related(&facts, &groups);
    let mut told: Vec<(usize, Incident)> = groups.iter().map(|group| tell(group, &facts, known, now)).enumerate().collect();
    let ids: Vec<String> = told.iter().map(|(_, incident)| incident.id.clone()).collect();
    for (group, incident) in &mut told {
        incident.related = related[*group].iter().map(|(other, account)| wording::related(&ids[*other], account)).collect();
    }
    let campaigns = campaign::campaigns(&facts, &groups, &told.iter().map(|(_, incident)| incident).collect::<Vec<_>>(), known);
    let mut incidents: Vec<Incident> = told.into_iter().map(|(_, incident)| incident).collect();
    incidents.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.confidence.cmp(&a.confidence)).then_with(|| order(a).cmp(&order(b))));
    Incidents { schema: INCIDENTS_SCHEMA.to_owned(), totals: totals(&facts, &groups, &incidents), incidents, campaigns }
}

fn order(incident: &Incident) -> (Option<Nanos>, &str) {
    (incident.dwell.first_recorded, &incident.id)
}

fn tell(group: &Group, facts: &Facts<'_>, known: &Known, now: Nanos) -> Incident {
    let members: Vec<&Finding> = group.members().map(|i| facts.findings[i]).collect();
    let tenant = members.first().map_or("", |finding| finding.tenant.as_str());
    let entry = story::entry(group, facts);
    let mailboxes = mailbox::mailboxes(group, facts);
    let judged = story::judge(group, facts, &mailboxes);
    let mut finding_ids: Vec<String> = members.iter().map(|finding| finding.id.clone()).collect();
    finding_ids.sort();
    let id = hash::id(std::iter::once(tenant).chain(finding_ids.iter().map(String::as_str)));
    let (dwell, still_active) = dwell::dwell(group, facts, &entry, known, (known.recorded.get(&id).copied(), now));
    Incident {
        id,
        title: wording::title(&entry, group, facts, &mailboxes),
        severity: judged.severity,
        confidence: judged.confidence,
        why: judged.why,
        tenants: vec![tenant.to_owned()],
        story: story::steps(group, facts, &entry),
        mailboxes,
        dwell,
        entry,
        still_active,
        other_acts: None,
        containment: Vec::new(),
        hand_over: None,
        joined: group.joined(facts),
        related: Vec::new(),
        finding_ids,
    }
}

fn totals(facts: &Facts<'_>, groups: &[Group], incidents: &[Incident]) -> Totals {
    let members = || groups.iter().flat_map(Group::members).map(|i| facts.findings[i]);
    let accounts: BTreeSet<(&str, String)> =
        members().flat_map(|f| f.accounts.iter().map(|account| (f.tenant.as_str(), account.to_lowercase()))).collect();
    let tenants: BTreeSet<&str> = members().map(|f| f.tenant.as_str()).collect();
    let mailboxes: BTreeSet<(&str, &str)> =
        incidents.iter().flat_map(|i| &i.mailboxes).map(|m| (m.tenant.as_str(), m.mailbox.as_str())).collect();
    Totals {
        tenants: tenants.len() as u64,
        accounts: accounts.len() as u64,
        mailboxes: mailboxes.len() as u64,
        messages: MessageBounds::not_counted(),
    }
}
