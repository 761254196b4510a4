//! Which sessions, tokens, addresses and applications are the intruder's.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use waxseal_model::{Finding, Incident, Incidents, Nanos};

use super::clue::{Clue, firm};
use crate::facts::is_id;
use crate::graph::DAY;
use crate::known::Known;
use crate::role::{AccountRole, AppRole, Role};

/// What identifies whoever made a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextKind {
    /// A session, of the service or of the directory.
    Session,
    /// A token.
    Token,
    /// An address.
    Address,
    /// An application.
    App,
}

impl ContextKind {
    /// The word in the tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Address => "address",
            Self::App => "app",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Session, Self::Token, Self::Address, Self::App].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A value that may be the intruder's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The tenant.
    pub tenant: String,
    /// What it is.
    pub kind: ContextKind,
    /// The value, as the records have it.
    pub value: String,
}

/// Where and by whom a candidate was used with success.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// From when on.
    pub first: Nanos,
    /// Until when.
    pub last: Nanos,
    /// From which public address that is not the provider's.
    pub address: Option<String>,
    /// By whom.
    pub actor: Option<String>,
    /// Whether somebody confirmed a device code by it.
    pub by_code: bool,
}

/// What was used together with a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The incident, by its place.
    pub incident: u32,
    /// The tenant.
    pub tenant: String,
    /// The address.
    pub address: Option<String>,
    /// The sessions.
    pub sessions: Vec<String>,
    /// The token.
    pub token: Option<String>,
}

/// In what records are the intruder's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Context {
    /// The incident, by its place.
    pub incident: u32,
    /// The tenant.
    pub tenant: String,
    /// What tells.
    pub kind: ContextKind,
    /// Its value.
    pub value: String,
    /// From when on it is the intruder's.
    pub from: Nanos,
    /// Whether it is the intruder's alone. What is not sure counts in upper bounds only.
    pub sure: bool,
}

/// Why a value may be the intruder's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ground {
    /// The value itself is what is odd, wherever it was used.
    evident: bool,
    /// It was opened by a device code: the first use is the victim's.
    code: bool,
    /// A finding says that whoever made the record was not where the owner is.
    foreign: bool,
}

/// From when on a value is the intruder's, and whether it is his alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Own {
    from: Nanos,
    sure: bool,
}

/// An address that somebody used this long before the incident is not the intruder's.
const BEFORE: i64 = 7 * DAY;

/// Who works somewhere does so for longer than this.
const RESIDENT: i64 = 5 * DAY;

/// So many others who work at an address make it everybody's; so many who were there at all make it doubtful.
const MANY: usize = 5;

/// The trails of all incidents.
#[derive(Debug)]
pub struct Trails<'k> {
    known: &'k Known,
    incidents: Vec<Trail>,
    uses: BTreeMap<Candidate, BTreeSet<Use>>,
    asked: BTreeSet<Candidate>,
}

/// What is known of one incident.
#[derive(Debug, Default)]
struct Trail {
    start: Option<Nanos>,
    /// Accounts and mailboxes that its findings name.
    named: BTreeSet<String>,
    grounds: BTreeMap<Candidate, Ground>,
}

impl<'k> Trails<'k> {
    /// The trails that cited records and findings show.
    #[must_use]
    pub fn of(incidents: &Incidents, findings: &[Finding], clues: &[Clue], known: &'k Known) -> Self {
        let by_id: BTreeMap<(&str, &str), &Finding> = findings.iter().map(|f| ((f.tenant.as_str(), f.id.as_str()), f)).collect();
        let mut trails: Vec<Trail> = incidents.incidents.iter().map(|incident| Trail::of(incident, &by_id, known)).collect();
        for clue in clues {
            if let Some(trail) = usize::try_from(clue.incident).ok().and_then(|place| trails.get_mut(place)) {
                trail.add(clue);
            }
        }
        Self { known, incidents: trails, uses: BTreeMap::new(), asked: BTreeSet::new() }
    }

    /// Values whose uses are not known yet. Each is given once.
    pub fn ask(&mut self) -> Vec<Candidate> {
        let all: BTreeSet<&Candidate> = self.incidents.iter().flat_map(|trail| trail.grounds.keys()).collect();
        let new: Vec<Candidate> = all.into_iter().filter(|candidate| !self.asked.contains(*candidate)).cloned().collect();
        self.asked.extend(new.iter().cloned());
        new
    }

    /// Where a candidate was used.
    pub fn learn(&mut self, candidate: Candidate, of: Use) {
        self.uses.entry(candidate).or_default().insert(of);
    }

    /// What was used together with the contexts of an incident may be the intruder's too.
    pub fn follow(&mut self, followed: Followed) {
        let Some(trail) = usize::try_from(followed.incident).ok().and_then(|place| self.incidents.get_mut(place)) else { return };
        let tenant = followed.tenant;
        for session in followed.sessions {
            trail.suspect(&tenant, ContextKind::Session, session, Ground::default());
        }
        if let Some(token) = followed.token {
            trail.suspect(&tenant, ContextKind::Token, token, Ground::default());
        }
        if let Some(address) = followed.address {
            trail.suspect(&tenant, ContextKind::Address, address, Ground::default());
        }
    }

    /// The places of the incidents from one on.
    #[must_use]
    pub fn incidents_from(&self, incident: u32) -> std::ops::Range<u32> {
        incident..u32::try_from(self.incidents.len()).unwrap_or(u32::MAX)
    }

    /// What is the intruder's, as far as uses are known, sorted.
    #[must_use]
    pub fn contexts(&self) -> Vec<Context> {
        let mut contexts = Vec::new();
        for (place, trail) in (0..).zip(&self.incidents) {
            let addresses = self.addresses(trail);
            let others = self.others(trail, &addresses);
            contexts.extend(addresses.into_iter().chain(others).map(|(candidate, own)| Context {
                incident: place,
                tenant: candidate.tenant.clone(),
                kind: candidate.kind,
                value: candidate.value.clone(),
                from: own.from,
                sure: own.sure,
            }));
        }
        contexts.sort();
        contexts
    }

    fn used(&self, candidate: &Candidate) -> impl Iterator<Item = &Use> {
        self.uses.get(candidate).into_iter().flatten()
    }

    /// The value from its first use on.
    fn own(&self, trail: &Trail, candidate: &Candidate, sure: bool) -> Own {
        let first = self.used(candidate).map(|of| of.first).min();
        Own { from: first.or(trail.start).unwrap_or(Nanos(i64::MIN)), sure }
    }

    /// Whether the logs of a tenant had begun by then: of what was before them they say nothing.
    fn logs_hold(&self, tenant: &str, then: i64) -> bool {
        self.known.logs.get(tenant).is_some_and(|logs| logs.first.0 <= then)
    }

    /// Whether the logs show that there was no use before the first one.
    fn is_seen_to_begin(&self, candidate: &Candidate, first: Nanos) -> bool {
        self.logs_hold(&candidate.tenant, first.0.saturating_sub(DAY))
    }

    /// The addresses that are an intruder's.
    fn addresses<'t>(&self, trail: &'t Trail) -> BTreeMap<&'t Candidate, Own> {
        let of_kind = trail.grounds.iter().filter(|(candidate, _)| candidate.kind == ContextKind::Address);
        of_kind
            .filter_map(|(candidate, ground)| Some((candidate, self.own(trail, candidate, self.is_foreign(trail, candidate, *ground)?))))
            .collect()
    }

    /// Whether an address is nobody's in the organisation: not the provider's, not where people work, not used before. `None` where it
    /// is somebody's; `false` where the logs do not show it for sure.
    fn is_foreign(&self, trail: &Trail, candidate: &Candidate, ground: Ground) -> Option<bool> {
        let address: IpAddr = candidate.value.parse().ok()?;
        let shared = self.known.shared_addresses.contains(&(candidate.tenant.clone(), candidate.value.clone()));
        if shared || self.known.is_nobodys(address.to_canonical()) {
            return None;
        }
        let before = trail.start.map_or(i64::MAX, |start| start.0.saturating_sub(BEFORE));
        let mut spans: BTreeMap<&str, (Nanos, Nanos)> = BTreeMap::new();
        for of in self.used(candidate) {
            // A device code is confirmed by the victim, from where the victim is.
            if of.first.0 < before || of.by_code {
                return None;
            }
            let Some(actor) = of.actor.as_deref().filter(|actor| !trail.named.contains(*actor)) else { continue };
            let span = spans.entry(actor).or_insert((of.first, of.last));
            *span = (span.0.min(of.first), span.1.max(of.last));
        }
        let residents = spans.values().filter(|(first, last)| last.0.saturating_sub(first.0) > RESIDENT).count();
        let is_new = ground.foreign || self.logs_hold(&candidate.tenant, before);
        (residents < MANY).then_some(is_new && spans.len() < MANY)
    }

    /// The sessions, tokens and applications that are an intruder's alone.
    fn others<'t>(&self, trail: &'t Trail, addresses: &BTreeMap<&Candidate, Own>) -> Vec<(&'t Candidate, Own)> {
        let at: BTreeMap<(&str, &str), bool> =
            addresses.iter().map(|(candidate, own)| ((candidate.tenant.as_str(), candidate.value.as_str()), own.sure)).collect();
        let alone = |(candidate, ground): (&'t Candidate, &Ground)| {
            let sure = match candidate.kind {
                ContextKind::Address => None,
                ContextKind::Session => self.begins_here(candidate, *ground, &at),
                ContextKind::Token => self.only_here(candidate, *ground, &at),
                ContextKind::App => self.begins_with(candidate, trail.start),
            };
            Some((candidate, self.own(trail, candidate, sure?)))
        };
        trail.grounds.iter().filter_map(alone).collect()
    }

    /// Whether a session began at an address of the intruder's; the confirmation of a device code does not count. Where no use
    /// of it names an address, it is the intruder's if the session itself is what is odd.
    fn begins_here(&self, candidate: &Candidate, ground: Ground, at: &BTreeMap<(&str, &str), bool>) -> Option<bool> {
        let placed = self.used(candidate).filter(|of| !of.by_code);
        let first = placed.filter_map(|of| Some((of.first, of.address.as_deref()?))).min_by_key(|(first, _)| *first);
        let Some((first, address)) = first else { return (ground.evident || ground.code).then_some(true) };
        let sure = *at.get(&(candidate.tenant.as_str(), address))?;
        // A stolen session is as old as its owner's use of it.
        Some(sure && (ground.evident || ground.code || self.is_seen_to_begin(candidate, first)))
    }

    /// Whether a token was used at addresses of the intruder's and nowhere else.
    fn only_here(&self, candidate: &Candidate, ground: Ground, at: &BTreeMap<(&str, &str), bool>) -> Option<bool> {
        let placed = || self.used(candidate).filter_map(|of| Some((of.first, of.address.as_deref()?)));
        let Some(first) = placed().map(|(first, _)| first).min() else { return ground.evident.then_some(true) };
        let own: Option<Vec<bool>> = placed().map(|(_, address)| at.get(&(candidate.tenant.as_str(), address)).copied()).collect();
        Some(own?.into_iter().all(|sure| sure) && (ground.evident || self.is_seen_to_begin(candidate, first)))
    }

    /// Whether an application was not used before the incident.
    fn begins_with(&self, candidate: &Candidate, start: Option<Nanos>) -> Option<bool> {
        let start = start.map_or(i64::MIN, |start| start.0.saturating_sub(DAY));
        let Some(first) = self.used(candidate).map(|of| of.first).min() else { return Some(true) };
        (first.0 >= start).then(|| self.is_seen_to_begin(candidate, first))
    }
}

impl Trail {
    fn of(incident: &Incident, by_id: &BTreeMap<(&str, &str), &Finding>, known: &Known) -> Self {
        let mut trail = Self::default();
        for finding in firm(incident, by_id) {
            let role = Role::of(&finding.category);
            trail.named.extend(finding.accounts.iter().chain(&finding.mailboxes).map(|name| name.to_lowercase()));
            trail.start = [trail.start, finding.first_time].into_iter().flatten().min();
            if role.app == AppRole::Program {
                continue;
            }
            let apps = finding.apps.iter().map(|app| app.trim().to_lowercase());
            for app in apps.filter(|app| is_id(app) && !known.is_provider_app(app)) {
                trail.suspect(&finding.tenant, ContextKind::App, app, Ground::default());
            }
        }
        trail
    }

    fn suspect(&mut self, tenant: &str, kind: ContextKind, value: String, ground: Ground) {
        let known = self.grounds.entry(Candidate { tenant: tenant.to_owned(), kind, value }).or_default();
        known.evident |= ground.evident;
        known.code |= ground.code;
        known.foreign |= ground.foreign;
    }

    /// What of a clue may be the intruder's: nothing of what somebody did who was cheated.
    fn add(&mut self, clue: &Clue) {
        let role = Role::of(&clue.category);
        self.named.extend(clue.actor.clone());
        let cheated = role.account == AccountRole::Cheated || (clue.category == "consent_then_read" && !clue.is_access);
        if cheated || clue.category == "throttled" {
            return;
        }
        let code = clue.category == "device_code";
        let ground = Ground { evident: is_evident(&clue.category), code, foreign: role.foreign_address };
        for session in &clue.sessions {
            self.suspect(&clue.tenant, ContextKind::Session, session.clone(), ground);
        }
        if let Some(token) = &clue.token {
            self.suspect(&clue.tenant, ContextKind::Token, token.clone(), ground);
        }
        if let Some(address) = clue.address.as_ref().filter(|_| !clue.by_code) {
            self.suspect(&clue.tenant, ContextKind::Address, address.clone(), ground);
        }
    }
}

/// Findings for which the token or session itself is what is odd.
fn is_evident(category: &str) -> bool {
    matches!(category, "token_never_issued" | "foreign_token" | "token_inconsistent" | "access_without_signin")
}

#[cfg(test)]
pub(super) mod tests;
