//! What intruders do, kind by kind, and the records it leaves.

mod account;
mod app_only;
mod change;
mod consent;
mod device_code;
mod forged;
mod forwarding;
mod google;
mod rights;
mod session;
mod spray;
mod stage;
#[cfg(test)]
mod tests;
mod visit;

use waxseal_model::Nanos;

use crate::clock::{DAY_SECS, HOUR_SECS, plus};
use crate::mail::Message;
use crate::random::Seed;
use crate::record::Record;
use crate::world::World;

pub(crate) use stage::Stage;

/// A kind of intrusion.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its word in the truth.
    pub(crate) name: &'static str,
    /// What happens, for a reader.
    pub(crate) story: &'static str,
    /// The log classes without which nobody could tell.
    pub(crate) decided_by: &'static [&'static str],
    /// Whether the same intruder works in several tenants.
    pub(crate) across_tenants: bool,
    /// Plays it.
    pub(crate) play: fn(&Stage<'_>, &mut Deeds),
}

/// Every kind.
pub(crate) const KINDS: &[&[Kind]] = &[
    forged::KINDS,
    session::KINDS,
    device_code::KINDS,
    consent::KINDS,
    app_only::KINDS,
    spray::KINDS,
    rights::KINDS,
    forwarding::KINDS,
    google::KINDS,
];

impl Kind {
    /// Whether it happens in Google Workspace.
    fn is_on_google(&self) -> bool {
        self.decided_by.iter().all(|class| class.starts_with("gws."))
    }
}

/// An intrusion into one tenant.
#[derive(Debug)]
pub(crate) struct Intrusion {
    /// `i-0007`.
    pub(crate) id: String,
    pub(crate) kind: &'static Kind,
    /// The intruder, where several intrusions have the same.
    pub(crate) campaign: Option<String>,
    pub(crate) tenant: usize,
    /// What the intruder's own choices hang on: the same in all tenants of a campaign.
    pub(crate) intruder: Seed,
    /// What this intrusion's choices hang on.
    pub(crate) seed: Seed,
    pub(crate) start: Nanos,
}

/// What an intrusion did.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    /// Every record it would leave if nothing were lost.
    pub(crate) records: Vec<Record>,
    /// Every message it accessed.
    pub(crate) accessed: Vec<Accessed>,
    /// What it did to the logs.
    pub(crate) holes: Vec<Hole>,
    /// What no record shows but counts for when it was there.
    pub(crate) unseen: Vec<Nanos>,
}

/// A message that an intruder accessed.
#[derive(Debug, Clone)]
pub(crate) struct Accessed {
    /// The mailbox, by number.
    pub(crate) mailbox: usize,
    pub(crate) message: Message,
    pub(crate) time: Nanos,
    /// `bind`, `sync`, `forwarded`, `exported`, `sent`.
    pub(crate) how: &'static str,
    /// The record that names it; none names what was brought along with a folder or sent away by a rule.
    pub(crate) record: Option<String>,
}

/// A span in which a mailbox's access is not recorded.
#[derive(Debug, Clone)]
pub(crate) struct Hole {
    /// The mailbox, by number.
    pub(crate) mailbox: usize,
    pub(crate) from: Nanos,
    pub(crate) to: Nanos,
    /// `throttled`: binds only. `bypass`: everything the owner's account does to mail.
    pub(crate) reason: &'static str,
}

impl Hole {
    /// Whether a record of a class about a mailbox falls into it.
    pub(crate) fn swallows(&self, record: &Record) -> bool {
        let of_class = match self.reason {
            "throttled" => record.class == "ual.mia.bind",
            _ => matches!(record.class, "ual.mia.bind" | "ual.mia.sync" | "ual.item"),
        };
        of_class && record.mailbox == Some(self.mailbox) && self.from <= record.time && record.time < self.to
    }
}

/// Why the intrusions of a world cannot be planned: always the parameters' fault.
#[derive(Debug, thiserror::Error)]
#[error("no kind of intrusion is called {word:?}; there are {known}")]
pub struct UnknownKind {
    /// What was asked for.
    word: String,
    /// What there is.
    known: String,
}

/// Every kind, in the order of the documentation.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().flatten()
}

/// The words and stories of all kinds.
pub fn kinds_with_stories() -> impl Iterator<Item = (&'static str, &'static str)> {
    kinds().map(|kind| (kind.name, kind.story))
}

/// The intrusions of a world: of every kind as many as asked for, spread over tenants and over the middle of the time.
///
/// # Errors
/// A kind is asked for that there is not.
pub(crate) fn plan(world: &World) -> Result<Vec<Intrusion>, UnknownKind> {
    let asked = &world.parameters.intrusions;
    let mut words = asked.kinds.iter().chain(asked.cast.iter().map(|cast| &cast.kind));
    if let Some(word) = words.find(|word| kinds().all(|kind| kind.name != **word)) {
        let known: Vec<_> = kinds().map(|kind| kind.name).collect();
        return Err(UnknownKind { word: word.clone(), known: known.join(", ") });
    }
    let wanted: Vec<_> = kinds().filter(|kind| asked.kinds.is_empty() || asked.kinds.iter().any(|word| word == kind.name)).collect();
    let mut all = Vec::new();
    for round in 0..asked.each {
        for kind in &wanted {
            let seed = world.seed.of("intrusion", i64::from(round)).of(kind.name, 0);
            plan_one(world, kind, seed, &mut all);
        }
    }
    for (i, cast) in (0..).zip(&asked.cast) {
        if let Some(kind) = kinds().find(|kind| kind.name == cast.kind) {
            let tenants = cast.tenants.iter().filter_map(|tenant| usize::try_from(*tenant).ok()).collect();
            place(world, kind, world.seed.of("cast", i), tenants, &mut all);
        }
    }
    Ok(all)
}

fn plan_one(world: &World, kind: &'static Kind, seed: Seed, all: &mut Vec<Intrusion>) {
    let mut random = seed.random();
    let fitting: Vec<usize> = (0..world.tenants.len()).filter(|tenant| world.tenants[*tenant].google == kind.is_on_google()).collect();
    if fitting.is_empty() {
        return;
    }
    let start = random.index(fitting.len());
    let several = usize::try_from(world.parameters.intrusions.campaign_tenants).unwrap_or(1).clamp(1, fitting.len());
    let count = if kind.across_tenants { several } else { 1 };
    place(world, kind, seed, (0..count).map(|i| fitting[(start + i) % fitting.len()]).collect(), all);
}

/// Intrusions by one intruder into some tenants.
fn place(world: &World, kind: &'static Kind, seed: Seed, tenants: Vec<usize>, all: &mut Vec<Intrusion>) {
    let campaign = (tenants.len() > 1).then(|| format!("c-{:04}", all.len() + 1));
    for (i, tenant) in (0..).zip(tenants) {
        all.push(Intrusion {
            id: format!("i-{:04}", all.len() + 1),
            kind,
            campaign: campaign.clone(),
            tenant,
            intruder: seed.of("intruder", 0),
            seed: seed.of("in tenant", i),
            start: moment(world, seed.of("start", i)),
        });
    }
}

/// When an intrusion begins: after enough ordinary life to compare it with, where there is any, and early enough to end.
fn moment(world: &World, seed: Seed) -> Nanos {
    let days = i64::from(world.parameters.size.days);
    let mut random = seed.random();
    let day = random.between(days * 2 / 5, (days * 3 / 4).max(days * 2 / 5));
    plus(world.first.start(), day * DAY_SECS + random.between(HOUR_SECS, 20 * HOUR_SECS))
}
