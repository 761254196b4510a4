//! Incidents of several tenants that share something rare.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use waxseal_model::{Campaign, EntryClass, Incident, JoinKind, Nanos, SeenIn, Shared};

use crate::facts::{Facts, is_id};
use crate::graph::{DAY, Group};
use crate::known::Known;
use crate::role::AppRole;
use crate::{hash, story};

/// What is shared ties incidents that follow each other within this time.
const WINDOW: i64 = 30 * DAY;

/// An incident that has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Having<'a> {
    first: Nanos,
    last: Nanos,
    incident: usize,
    tenant: &'a str,
}

/// What an incident can share: of a neighbourhood, only with incidents of the same way in.
type Trait<'a> = (JoinKind, String, Option<EntryClass>);

/// Joins incidents of two tenants or more. `told` stands in the order of `groups`. Only tenants that share with each other
/// are compared.
pub(crate) fn campaigns(facts: &Facts<'_>, groups: &[Group], told: &[&Incident], known: &Known) -> Vec<Campaign> {
    let mut parent: Vec<usize> = (0..groups.len()).collect();
    let mut shared: Vec<(usize, (JoinKind, String))> = Vec::new();
    let traits = traits(facts, groups, told);
    let circles = |((kind, value, _), having)| {
        known.circles(having, |one: &Having<'_>| one.tenant).into_iter().map(move |having| (kind, String::clone(&value), having))
    };
    for (kind, value, having) in traits.by_kind.into_iter().flat_map(circles) {
        for run in having.chunk_by(|a, b| b.first.0.saturating_sub(a.last.0) <= WINDOW) {
            let tenants: BTreeSet<&str> = run.iter().map(|one| one.tenant).collect();
            let [first, others @ ..] = run else { continue };
            if tenants.len() < 2 {
                continue;
            }
            for other in others {
                let (a, b) = (root(&mut parent, first.incident), root(&mut parent, other.incident));
                parent[a.max(b)] = a.min(b);
            }
            shared.push((first.incident, (kind, value.clone())));
        }
    }
    let mut found: BTreeMap<usize, BTreeSet<(JoinKind, String)>> = BTreeMap::new();
    for (incident, what) in shared {
        found.entry(root(&mut parent, incident)).or_default().insert(what);
    }
    let mut members: BTreeMap<usize, Vec<&Incident>> = BTreeMap::new();
    for (number, incident) in told.iter().enumerate() {
        members.entry(root(&mut parent, number)).or_default().push(incident);
    }
    let mut campaigns: Vec<Campaign> =
        found.into_iter().map(|(root, shared)| campaign(members.remove(&root).unwrap_or_default(), shared, &traits.shown)).collect();
    campaigns.sort_by(|a, b| a.id.cmp(&b.id));
    campaigns
}

fn campaign(incidents: Vec<&Incident>, shared: BTreeSet<(JoinKind, String)>, shown: &Shows) -> Campaign {
    let ids: BTreeSet<&str> = incidents.iter().map(|incident| incident.id.as_str()).collect();
    let tenants: BTreeSet<&String> = incidents.iter().flat_map(|incident| &incident.tenants).collect();
    Campaign {
        id: hash::id(std::iter::once("campaign").chain(ids.iter().copied())),
        shared: shared.into_iter().map(|what| seen(what, &ids, shown)).collect(),
        incident_ids: ids.into_iter().map(str::to_owned).collect(),
        tenants: tenants.into_iter().cloned().collect(),
    }
}

/// Something shared, with when it was first and last shown in each tenant of a campaign.
fn seen(what: (JoinKind, String), ids: &BTreeSet<&str>, shown: &Shows) -> Shared {
    let mut tenants: BTreeMap<&str, (Nanos, Nanos, BTreeSet<&str>)> = BTreeMap::new();
    for (tenant, incident, first, last) in
        shown.get(&what).into_iter().flatten().filter(|(_, incident, ..)| ids.contains(incident.as_str()))
    {
        let seen = tenants.entry(tenant).or_insert((*first, *last, BTreeSet::new()));
        (seen.0, seen.1) = (seen.0.min(*first), seen.1.max(*last));
        seen.2.insert(incident);
    }
    let in_tenant = |(tenant, (first, last, incidents)): (&str, (Nanos, Nanos, BTreeSet<&str>))| SeenIn {
        first,
        last,
        tenant: tenant.to_owned(),
        incident_ids: incidents.into_iter().map(str::to_owned).collect(),
    };
    let mut seen: Vec<SeenIn> = tenants.into_iter().map(in_tenant).collect();
    seen.sort();
    Shared { kind: what.0, value: what.1, seen }
}

fn root(parent: &mut [usize], mut incident: usize) -> usize {
    while parent[incident] != incident {
        parent[incident] = parent[parent[incident]];
        incident = parent[incident];
    }
    incident
}

/// What findings show, each time with tenant, incident, and the first and last record.
type Shows = BTreeMap<(JoinKind, String), Vec<(String, String, Nanos, Nanos)>>;

/// What incidents have.
struct Traits<'a> {
    /// Which incidents have it, earliest first.
    by_kind: BTreeMap<Trait<'a>, Vec<Having<'a>>>,
    shown: Shows,
}

fn traits<'a>(facts: &Facts<'a>, groups: &[Group], told: &[&Incident]) -> Traits<'a> {
    let usual = usual_apps(facts, groups);
    let mut traits: BTreeMap<Trait<'_>, BTreeSet<Having<'_>>> = BTreeMap::new();
    let mut shown = Shows::new();
    for (incident, (group, told)) in groups.iter().zip(told).enumerate() {
        let Some((first, last)) = story::span(group, facts) else { continue };
        for finding in group.firm(facts) {
            let tenant = facts.tenant(finding);
            let having = Having { first, last, incident, tenant };
            let own = facts.findings[finding];
            let mut add = |kind, value: String, class| {
                if let (Some(first), Some(last)) = (own.first_time.or(own.last_time), own.last_time.or(own.first_time)) {
                    shown.entry((kind, value.clone())).or_default().push((tenant.to_owned(), told.id.clone(), first, last));
                }
                traits.entry((kind, value, class)).or_default().insert(having);
            };
            if facts.roles[finding].foreign_address {
                for address in &facts.ties[finding].addresses {
                    add(JoinKind::Address, address.to_string(), None);
                    add(JoinKind::Neighbourhood, neighbourhood(*address), Some(told.entry.class));
                }
            }
            // Programs that many people use are named by low findings of a new client.
            let role = facts.roles[finding].app;
            if role == AppRole::Given || (role == AppRole::Reaches && facts.is_grave(finding)) {
                for app in facts.ties[finding].apps.iter().filter(|app| is_id(app) && !usual.contains(&(tenant, app.as_str()))) {
                    add(JoinKind::Application, app.clone(), None);
                }
            }
        }
    }
    Traits { by_kind: traits.into_iter().map(|(key, having)| (key, having.into_iter().collect())).collect(), shown }
}

/// Applications of a tenant that findings name which are in no incident: they are not rare there.
fn usual_apps<'f>(facts: &'f Facts<'_>, groups: &[Group]) -> BTreeSet<(&'f str, &'f str)> {
    let placed: BTreeSet<usize> = groups.iter().flat_map(Group::members).collect();
    let apart = (0..facts.findings.len()).filter(|finding| !placed.contains(finding));
    apart.flat_map(|finding| facts.ties[finding].apps.iter().map(move |app| (facts.tenant(finding), app.as_str()))).collect()
}

/// The addresses around one that are rented together: wider ones hold customers who know nothing of each other.
fn neighbourhood(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let network = std::net::Ipv4Addr::from(u32::from(v4) & !0xf);
            format!("{network}/28")
        }
        IpAddr::V6(v6) => {
            let network = std::net::Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX));
            format!("{network}/64")
        }
    }
}
