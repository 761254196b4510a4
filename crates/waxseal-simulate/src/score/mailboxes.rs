//! The mailboxes that incidents name, and their bounds of messages, against the truth.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::Verdict;

use super::case_files::MailboxEntry;
use super::incidents::{Matched, Matching};
use super::outcome::{MailboxesV1, MessagesV1, SaidV1, ShareV1, SpreadV1, count};
use super::statistics::real;
use super::world::{Intruder, World};
use crate::truth::TruthMailbox;

/// What an incident says of a mailbox, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Recorded,
    Possible,
    /// It is named, but with no word that we know.
    Otherwise,
    NotAssessable,
    NoRecorded,
    NotNamed,
}

impl Said {
    const ALL: [Self; 6] = [Self::Recorded, Self::Possible, Self::Otherwise, Self::NotAssessable, Self::NoRecorded, Self::NotNamed];

    /// The first word of a verdict decides: it is the strongest.
    fn of(verdict: &str) -> Self {
        let words = [Self::Recorded, Self::Possible, Self::NotAssessable, Self::NoRecorded];
        words.into_iter().find(|said| verdict.starts_with(said.as_str())).unwrap_or(Self::Otherwise)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => Verdict::RecordedAccess.as_str(),
            Self::Possible => Verdict::PossibleAccess.as_str(),
            Self::Otherwise => "named without a verdict",
            Self::NotAssessable => Verdict::NotAssessable.as_str(),
            Self::NoRecorded => Verdict::NoRecordedAccess.as_str(),
            Self::NotNamed => "not named",
        }
    }

    /// Whether it claims that the mailbox was reached. To name it without a verdict is to claim it.
    fn claims(self) -> bool {
        matches!(self, Self::Recorded | Self::Otherwise)
    }

    /// Whether somebody who reads it would look at the mailbox.
    fn points_at(self) -> bool {
        self.claims() || self == Self::Possible
    }
}

/// A mailbox as one intruder's incidents and the truth have it.
#[derive(Debug, Default)]
struct Compared<'a> {
    /// With whether the logs of the intrusion are complete.
    truths: Vec<(&'a TruthMailbox, bool)>,
    entries: Vec<&'a MailboxEntry>,
}

/// A mailbox that is named and that one intrusion reached.
struct Bounds {
    accessed: u64,
    recorded: u64,
    lower: u64,
    upper: Option<u64>,
    /// The logs of the intrusion are complete.
    complete: bool,
}

impl Bounds {
    fn exact(&self) -> bool {
        self.lower == self.accessed && self.upper == Some(self.accessed)
    }

    /// Whether the logs could tell the truth: they are complete, and records name every message.
    fn tellable(&self) -> bool {
        self.complete && self.accessed > 0 && self.recorded == self.accessed
    }
}

impl Compared<'_> {
    fn said(&self) -> Said {
        self.entries.iter().map(|entry| Said::of(&entry.verdict)).min().unwrap_or(Said::NotNamed)
    }

    fn reached(&self) -> bool {
        !self.truths.is_empty()
    }

    /// The bounds, where there is one truth to hold them against. Of several entries the highest ends are taken: each
    /// speaks of what it knows.
    fn bounds(&self) -> Option<Bounds> {
        let ([(truth, complete)], [_, ..]) = (self.truths.as_slice(), self.entries.as_slice()) else { return None };
        let lower = self.entries.iter().filter_map(|entry| entry.messages.lower).max().unwrap_or(0);
        let uppers: Option<Vec<u64>> = self.entries.iter().map(|entry| entry.messages.upper).collect();
        let upper = uppers.and_then(|uppers| uppers.into_iter().max());
        Some(Bounds { accessed: truth.accessed, recorded: truth.recorded, lower, upper, complete: *complete })
    }
}

/// What is said about mailboxes, for the intrusions that incidents cover.
pub(super) fn mailboxes(matching: &Matching<'_>, world: &World) -> MailboxesV1 {
    let compared = compared(matching, world);
    let bounds: Vec<Bounds> = compared.iter().filter_map(Compared::bounds).collect();
    let reached: Vec<&Compared<'_>> = compared.iter().filter(|mailbox| mailbox.reached()).collect();
    let claimed: Vec<&Compared<'_>> = compared.iter().filter(|mailbox| mailbox.said().claims()).collect();
    let covered = matching.covered();
    let without = world.all_findable().into_iter().filter(|i| !covered.contains(i));
    let tellable: Vec<&Bounds> = bounds.iter().filter(|b| b.tellable()).collect();
    let widths: Vec<f64> = bounds.iter().filter_map(width).collect();
    MailboxesV1 {
        said: said(&compared),
        named: ShareV1::among(&reached, |mailbox| mailbox.said().points_at()),
        wrong: ShareV1::among(&claimed, |mailbox| !mailbox.reached()),
        without_incident: without.map(|i| world.truth.intrusions[i].mailboxes.len() as u64).sum(),
        shared: count(reached.iter().filter(|mailbox| mailbox.truths.len() > 1)),
        lower_holds: ShareV1::among(&bounds, |b| b.lower <= b.accessed),
        upper_holds: ShareV1::among(&bounds, |b| b.upper.is_none_or(|upper| upper >= b.accessed)),
        upper_given: ShareV1::among(&bounds, |b| b.upper.is_some()),
        exact: ShareV1::among(&bounds, Bounds::exact),
        exact_of_tellable: ShareV1::among(&tellable, |b| b.exact()),
        width: SpreadV1::new(widths, bounds.len() as u64),
        messages: MessagesV1 {
            accessed: bounds.iter().map(|b| b.accessed).sum(),
            recorded: bounds.iter().map(|b| b.recorded).sum(),
            lower: bounds.iter().map(|b| b.lower).sum(),
        },
    }
}

fn width(bounds: &Bounds) -> Option<f64> {
    let upper = bounds.upper.filter(|_| bounds.accessed > 0)?;
    Some((real(upper) - real(bounds.lower)) / real(bounds.accessed))
}

fn said(compared: &[Compared<'_>]) -> Vec<SaidV1> {
    let row = |said: Said| {
        let alike: Vec<&Compared<'_>> = compared.iter().filter(|mailbox| mailbox.said() == said).collect();
        let reached = count(alike.iter().filter(|mailbox| mailbox.reached()));
        SaidV1 { said: said.as_str(), reached, others: alike.len() as u64 - reached }
    };
    Said::ALL.map(row).into_iter().filter(|row| row.said != Said::Otherwise.as_str() || row.reached + row.others > 0).collect()
}

/// Every mailbox that is named or was reached, once for each intruder.
fn compared<'a>(matching: &Matching<'a>, world: &'a World) -> Vec<Compared<'a>> {
    let covered = matching.covered();
    let intruders: BTreeSet<&Intruder> = covered.iter().map(|i| &world.intruders[*i]).collect();
    let mut all = Vec::new();
    for intruder in intruders {
        let own: Vec<usize> = covered.iter().copied().filter(|i| &world.intruders[*i] == intruder).collect();
        let incidents = matching.incidents.iter().filter(|incident| incident.intruder.as_ref() == Some(intruder));
        all.extend(of_intruder(&own, incidents, world).into_values());
    }
    all
}

/// The mailboxes of one intruder by address. An address is of one tenant, so that it tells mailboxes apart by itself.
fn of_intruder<'a, 'b>(
    intrusions: &[usize],
    incidents: impl Iterator<Item = &'b Matched<'a>>,
    world: &'a World,
) -> BTreeMap<String, Compared<'a>>
where
    'a: 'b,
{
    let mut mailboxes: BTreeMap<String, Compared<'a>> = BTreeMap::new();
    let mut addresses: BTreeMap<String, String> = BTreeMap::new();
    let truths = |i: &usize| {
        let intrusion = &world.truth.intrusions[*i];
        intrusion.mailboxes.iter().map(|truth| (truth, intrusion.coverage == "full"))
    };
    for (truth, complete) in intrusions.iter().flat_map(truths) {
        let address = truth.mailbox.to_lowercase();
        addresses.insert(truth.mailbox_id.to_lowercase(), address.clone());
        mailboxes.entry(address).or_default().truths.push((truth, complete));
    }
    for entry in incidents.flat_map(|incident| &incident.entry.mailboxes) {
        let named = entry.mailbox.to_lowercase();
        let address = addresses.get(&named).unwrap_or(&named).clone();
        mailboxes.entry(address).or_default().entries.push(entry);
    }
    mailboxes
}
