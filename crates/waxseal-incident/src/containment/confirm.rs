//! Which steps later records show as done.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use waxseal_model::{Confirmation, Finding, Incidents, Nanos};

use crate::act::{Act, bare, key, own_of_path};
use crate::containment::action::Action;
use crate::containment::{google, microsoft};
use crate::known::Known;
use crate::role::Role;

/// Every action.
pub(crate) fn actions() -> impl Iterator<Item = &'static Action> {
    microsoft::ACTIONS.iter().chain(google::ACTIONS)
}

/// Compares records with the steps of incidents, one record after the other, in any order.
#[derive(Debug)]
pub struct Confirming {
    incidents: Incidents,
    intruders: Vec<Intruder>,
    watched: Vec<Watched>,
    /// Places in `watched`: by operation, and by tenant and anything the record must name.
    waiting: BTreeMap<&'static str, BTreeMap<(String, String), Vec<usize>>>,
    perhaps: BTreeMap<String, Nanos>,
}

/// A target that waits for its record.
#[derive(Debug, Clone, Copy)]
struct Watched {
    incident: usize,
    step: usize,
    target: usize,
    action: &'static Action,
}

/// What an intruder does himself confirms nothing.
#[derive(Debug, Default)]
struct Intruder {
    events: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
}

impl Confirming {
    /// Waits for the records that show the steps of these incidents.
    #[must_use]
    pub fn new(incidents: Incidents, findings: &[Finding], known: &Known) -> Self {
        let by_id: BTreeMap<(&str, &str), &Finding> = findings.iter().map(|f| ((f.tenant.as_str(), f.id.as_str()), f)).collect();
        let intruder = |tenants: &[String], ids: &[String]| {
            let pairs = tenants.iter().flat_map(|tenant| ids.iter().map(move |id| (tenant.as_str(), id.as_str())));
            Intruder::of(pairs.filter_map(|pair| by_id.get(&pair).copied()), known)
        };
        let intruders = incidents.incidents.iter().map(|incident| intruder(&incident.tenants, &incident.finding_ids)).collect();
        let perhaps = known.perhaps.clone();
        let mut made = Self { intruders, watched: Vec::new(), waiting: BTreeMap::new(), perhaps, incidents };
        made.watch();
        made
    }

    fn watch(&mut self) {
        for (i, incident) in self.incidents.incidents.iter().enumerate() {
            for (s, step) in incident.containment.iter().enumerate() {
                // The two providers have actions of one name; what confirms them differs.
                let found = actions().find(|action| action.id == step.action && action.confirmed_by == step.confirmed_by);
                let Some(action) = found else { continue };
                for (t, target) in step.confirmations.iter().enumerate() {
                    let place = self.watched.len();
                    self.watched.push(Watched { incident: i, step: s, target: t, action });
                    for operation in action.operations {
                        let waiting = self.waiting.entry(operation).or_default();
                        for (tenant, handle) in
                            incident.tenants.iter().flat_map(|tenant| handles(target).map(move |handle| (tenant, handle)))
                        {
                            waiting.entry((tenant.clone(), handle)).or_default().push(place);
                        }
                    }
                }
            }
        }
    }

    /// The operations that can show a step, as [`Act::operation_key`] has them, each once. None where nothing is waited for.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.waiting.keys().copied()
    }

    /// The time before which no record can show a step.
    #[must_use]
    pub fn since(&self) -> Option<Nanos> {
        let targets = self.incidents.incidents.iter().flat_map(|i| &i.containment).flat_map(|step| &step.confirmations);
        targets.filter_map(|target| target.since).min()
    }

    /// Looks at a record. Of several that show a step, the first counts.
    pub fn see(&mut self, act: &Act) {
        let Some(time) = act.time.filter(|_| !act.failed()) else { return };
        let operation = act.operation_key();
        let Some(waiting) = self.waiting.get(operation.as_str()) else { return };
        let places: BTreeSet<usize> =
            mentioned(act).into_iter().filter_map(|name| waiting.get(&(act.tenant.clone(), name))).flatten().copied().collect();
        for Watched { incident, step, target, action } in places.iter().filter_map(|place| self.watched.get(*place).copied()) {
            let intruders = self.intruders.get(incident).is_some_and(|intruder| intruder.did(act));
            let steps = self.incidents.incidents.get_mut(incident).map(|incident| &mut incident.containment);
            let Some(target) = steps.and_then(|steps| steps.get_mut(step)).and_then(|step| step.confirmations.get_mut(target)) else {
                continue;
            };
            // Where a record has no time it is not known what came after it.
            let later = target.since.is_some_and(|since| time > since);
            let first = target.time.is_none_or(|known| (time, act.id.as_str()) < (known, target.event_id.as_deref().unwrap_or_default()));
            if !intruders && later && first && (action.shown_by)(act, target) {
                target.time = Some(time);
                target.event_id = Some(act.id.clone());
                target.actor.clone_from(&act.actor);
            }
        }
    }

    /// The incidents, with what was shown. One is contained when every step is that cuts the intruder off, and no record that is or may
    /// be the intruder's lies after the last of them.
    #[must_use]
    pub fn finish(mut self) -> Incidents {
        for incident in &mut self.incidents.incidents {
            for step in &mut incident.containment {
                step.confirmed = last_of_all(step.confirmations.iter().map(|target| target.time));
            }
            let done = last_of_all(incident.containment.iter().filter(|step| step.cuts_off).map(|step| step.confirmed));
            let perhaps = self.perhaps.get(&incident.id).copied();
            incident.dwell.contained = done.filter(|done| incident.dwell.last_recorded.max(perhaps).is_some_and(|last| last < *done));
        }
        self.incidents
    }
}

impl Intruder {
    fn of<'f>(findings: impl Iterator<Item = &'f Finding>, known: &Known) -> Self {
        let mut intruder = Self::default();
        for finding in findings {
            intruder.events.extend(finding.event_ids.iter().cloned());
            if Role::of(&finding.category).foreign_address {
                let addresses = finding.ips.iter().filter_map(|text| address(text));
                intruder.addresses.extend(addresses.filter(|address| !known.is_nobodys(*address)));
            }
        }
        intruder
    }

    fn did(&self, act: &Act) -> bool {
        let from_there = act.client_ip.as_deref().and_then(address).is_some_and(|address| self.addresses.contains(&address));
        from_there || self.events.contains(&act.id)
    }
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// What a record must name, one of these, to be looked at for a target. The last is named by every record.
fn handles(target: &Confirmation) -> impl Iterator<Item = String> + '_ {
    let names = [Some(target.name.as_str()), target.id.as_deref(), target.of.as_deref()];
    let named = names.into_iter().flatten().filter(|name| !name.is_empty()).map(key);
    let anything = is_of_the_tenant(target).then(String::new);
    named.chain(anything)
}

/// Settings of the whole tenant, whose records name nothing.
fn is_of_the_tenant(target: &Confirmation) -> bool {
    matches!(target.kind.as_deref(), Some("ingestion" | "organisation")) || target.name == "device code"
}

/// Everything a record names: targets, the actor, values of properties, the mailbox and the name of a rule.
fn mentioned(act: &Act) -> BTreeSet<String> {
    let columns = [&act.target, &act.target_id, &act.mailbox, &act.app_id, &act.actor].into_iter().flatten();
    let values = act.properties.iter().flat_map(|change| [&change.old, &change.new]).flatten();
    let mut named: BTreeSet<String> = BTreeSet::from([String::new()]);
    for text in columns.chain(values) {
        named.insert(key(bare(text)));
        named.insert(key(text));
        named.insert(key(&own_of_path(text)));
    }
    let (owner, rule) = act.inbox_rule();
    named.extend([owner, rule].into_iter().flatten().map(key));
    named
}

/// The last of several times, where there is one and none is missing.
fn last_of_all(times: impl Iterator<Item = Option<Nanos>>) -> Option<Nanos> {
    let times: Option<Vec<Nanos>> = times.collect();
    times.and_then(|times| times.into_iter().max())
}
