//! Incidents against the truth: whose they are, what they cover, and what they tear apart or mix.

use std::collections::{BTreeMap, BTreeSet};

use super::case_files::{CampaignEntry, IncidentEntry, IncidentsFile};
use super::findings::{ACTED_ON, Judged};
use super::outcome::{IncidentsV1, MergedV1, RateV1, ShareV1, SplitV1, count};
use super::world::{Intruder, World};

/// An incident of medium or above and whose it is.
#[derive(Debug)]
pub(super) struct Matched<'a> {
    pub(super) entry: &'a IncidentEntry,
    /// Whose records make up at least half of what its findings cite.
    pub(super) intruder: Option<Intruder>,
    /// The intrusions of that intruder that it covers.
    pub(super) covers: BTreeSet<usize>,
    /// Every intrusion that one of its findings counts for.
    holds: BTreeSet<usize>,
}

/// Intruders whom incidents mix, directly or by others; mostly a single one.
#[derive(Debug)]
pub(super) struct Party<'m, 'a> {
    intruders: BTreeSet<Intruder>,
    pub(super) intrusions: BTreeSet<usize>,
    pub(super) incidents: Vec<&'m Matched<'a>>,
}

/// Incidents compared with the truth.
#[derive(Debug)]
pub(super) struct Matching<'a> {
    pub(super) incidents: Vec<Matched<'a>>,
    campaigns: &'a [CampaignEntry],
    below_medium: u64,
    /// What is odd about the incidents.
    pub(super) notes: Vec<String>,
}

impl<'a> Matching<'a> {
    pub(super) fn of(file: &'a IncidentsFile, findings: &[Judged], world: &World) -> Self {
        let by_id: BTreeMap<&str, &Judged> = findings.iter().map(|finding| (finding.line.id.as_str(), finding)).collect();
        let (acted_on, below): (Vec<_>, Vec<_>) = file.incidents.iter().partition(|entry| entry.severity >= ACTED_ON);
        let mut notes = Vec::new();
        for entry in &file.incidents {
            let unknown = count(entry.finding_ids.iter().filter(|id| !by_id.contains_key(id.as_str())));
            if unknown > 0 {
                let all = entry.finding_ids.len();
                notes.push(format!("incident {} names {all} findings, {unknown} of which are not in findings.jsonl", entry.id));
            }
        }
        let incidents = acted_on.into_iter().map(|entry| matched(entry, &by_id, world)).collect();
        Self { incidents, campaigns: &file.campaigns, below_medium: below.len() as u64, notes }
    }

    /// The incidents that cover an intrusion.
    pub(super) fn covering(&self, intrusion: usize) -> impl Iterator<Item = &Matched<'a>> {
        self.incidents.iter().filter(move |incident| incident.covers.contains(&intrusion))
    }

    /// The intrusions that an incident covers.
    pub(super) fn covered(&self) -> BTreeSet<usize> {
        self.incidents.iter().flat_map(|incident| incident.covers.iter().copied()).collect()
    }

    /// Every incident that is somebody's, with all whose findings it holds: what an incident says, it says of all of them.
    pub(super) fn parties(&self, world: &World) -> Vec<Party<'_, 'a>> {
        let mut parties: Vec<Party<'_, 'a>> = Vec::new();
        for incident in self.incidents.iter().filter(|incident| incident.intruder.is_some()) {
            let mut party = Party::of(incident, world);
            // Of a party so far nobody is in two: to join those of the incident's own intruders is enough.
            let (known, apart): (Vec<_>, Vec<_>) = parties.into_iter().partition(|other| !other.intruders.is_disjoint(&party.intruders));
            known.into_iter().for_each(|other| party.join(other));
            parties = apart;
            parties.push(party);
        }
        parties
    }

    /// What is said about the incidents.
    pub(super) fn outcome(&self, world: &World) -> IncidentsV1 {
        let wrong: Vec<&Matched<'_>> = self.incidents.iter().filter(|incident| incident.intruder.is_none()).collect();
        let covered: Vec<usize> = self.covered().into_iter().collect();
        let split: Vec<SplitV1> = covered.iter().filter_map(|i| self.split(*i, world)).collect();
        IncidentsV1 {
            precision: ShareV1::among(&self.incidents, |incident| incident.intruder.is_some()),
            false_incidents: RateV1::new(wrong.len() as u64, world.mailbox_months),
            below_medium: self.below_medium,
            covered: ShareV1::among(&world.all_findable(), |i| covered.contains(i)),
            whole: ShareV1::new((covered.len() - split.len()) as u64, covered.len() as u64),
            split,
            merged: self.incidents.iter().filter_map(|incident| merged(incident, world)).collect(),
            campaigns: self.campaigns_recognised(world),
            campaign_entries: ShareV1::among(self.campaigns, |entry| self.campaign_of(entry).is_some()),
            false_ids: wrong.iter().map(|incident| incident.entry.id.clone()).collect(),
        }
    }

    fn split(&self, intrusion: usize, world: &World) -> Option<SplitV1> {
        let incidents: Vec<String> = self.covering(intrusion).map(|incident| incident.entry.id.clone()).collect();
        (incidents.len() > 1).then(|| SplitV1 { intrusion: world.id(intrusion).to_owned(), incidents })
    }

    /// Campaigns in two tenants or more, and those of which one entry reaches every tenant.
    fn campaigns_recognised(&self, world: &World) -> ShareV1 {
        let mut campaigns: BTreeMap<&Intruder, BTreeSet<usize>> = BTreeMap::new();
        for intrusion in world.all_findable() {
            if let campaign @ Intruder::Campaign(_) = &world.intruders[intrusion] {
                campaigns.entry(campaign).or_default().insert(intrusion);
            }
        }
        let wide: Vec<_> = campaigns.into_iter().filter(|(_, intrusions)| tenants(intrusions, world).len() > 1).collect();
        ShareV1::among(&wide, |(campaign, intrusions)| {
            let all = tenants(intrusions, world);
            self.campaigns
                .iter()
                .any(|entry| self.campaign_of(entry) == Some(campaign) && self.reached(entry, campaign, world).is_superset(&all))
        })
    }

    /// The campaign that at least half of an entry's incidents belong to.
    fn campaign_of(&self, entry: &CampaignEntry) -> Option<&Intruder> {
        let named: BTreeSet<&str> = entry.incident_ids.iter().map(String::as_str).collect();
        let mut counts: BTreeMap<&Intruder, usize> = BTreeMap::new();
        for incident in self.incidents.iter().filter(|incident| named.contains(incident.entry.id.as_str())) {
            if let Some(campaign @ Intruder::Campaign(_)) = &incident.intruder {
                *counts.entry(campaign).or_default() += 1;
            }
        }
        let most = counts.into_iter().reduce(|most, next| if next.1 > most.1 { next } else { most });
        most.filter(|(_, count)| count * 2 >= named.len()).map(|(campaign, _)| campaign)
    }

    /// The tenants that an entry's incidents of a campaign reach.
    fn reached<'w>(&self, entry: &CampaignEntry, campaign: &Intruder, world: &'w World) -> BTreeSet<&'w str> {
        let named = self.incidents.iter().filter(|incident| entry.incident_ids.contains(&incident.entry.id));
        let own = named.filter(|incident| incident.intruder.as_ref() == Some(campaign));
        own.flat_map(|incident| tenants(&incident.covers, world)).collect()
    }
}

impl<'m, 'a> Party<'m, 'a> {
    fn of(incident: &'m Matched<'a>, world: &World) -> Self {
        let intrusions: BTreeSet<usize> = incident.covers.union(&incident.holds).copied().collect();
        let intruders = intrusions.iter().map(|i| world.intruders[*i].clone()).chain(incident.intruder.clone()).collect();
        Self { intruders, intrusions, incidents: vec![incident] }
    }

    fn join(&mut self, other: Self) {
        self.intruders.extend(other.intruders);
        self.intrusions.extend(other.intrusions);
        self.incidents.extend(other.incidents);
    }
}

fn matched<'a>(entry: &'a IncidentEntry, findings: &BTreeMap<&str, &Judged>, world: &World) -> Matched<'a> {
    let findings: Vec<&&Judged> = entry.finding_ids.iter().filter_map(|id| findings.get(id.as_str())).collect();
    let cited = world.cited(findings.iter().flat_map(|finding| finding.line.event_ids.iter().map(String::as_str)));
    let holds: BTreeSet<usize> = findings.iter().flat_map(|finding| finding.cited.counting().map(|(i, _)| i)).collect();
    let intruder = cited.intruder().cloned();
    let own = |i: &usize| Some(&world.intruders[*i]) == intruder.as_ref();
    let by_half = cited.of_intrusion.keys().copied().filter(|i| cited.counts_for(*i));
    let covers = holds.iter().copied().chain(by_half).filter(own).collect();
    Matched { entry, covers, holds, intruder }
}

fn merged(incident: &Matched<'_>, world: &World) -> Option<MergedV1> {
    let intruders: BTreeSet<&Intruder> = incident.holds.iter().map(|i| &world.intruders[*i]).collect();
    let intrusions = || incident.holds.iter().map(|i| world.id(*i).to_owned()).collect();
    (intruders.len() > 1).then(|| MergedV1 { incident: incident.entry.id.clone(), intrusions: intrusions() })
}

fn tenants<'w>(intrusions: &BTreeSet<usize>, world: &'w World) -> BTreeSet<&'w str> {
    intrusions.iter().flat_map(|i| world.truth.intrusions[*i].tenants.iter().map(String::as_str)).collect()
}
