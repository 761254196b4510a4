//! The mailboxes that incidents name, and their bounds of messages, against the truth.

use std::collections::BTreeMap;

use waxseal_model::Verdict;

use super::case_files::MailboxEntry;
use super::incidents::{Matching, Party};
use super::outcome::{MailboxesV1, MessagesV1, SaidV1, ShareV1, SpreadV1, count};
use super::statistics::real;
use super::world::World;
use crate::truth::TruthMailbox;

/// How long before their end logs are still filling: as long as `waxseal` itself says that records may take.
const LATE: i64 = 4 * 86_400 * 1_000_000_000;

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

/// A mailbox as the incidents of a party and the truth have it.
#[derive(Debug, Default)]
struct Compared<'a> {
    /// With the number of the intrusion.
    truths: Vec<(usize, &'a TruthMailbox)>,
    entries: Vec<&'a MailboxEntry>,
}

/// A mailbox that is named and was reached.
struct Bounds {
    accessed: u64,
    recorded: u64,
    lower: u64,
    upper: Option<u64>,
    /// The logs are complete, and the mailbox was left before their last days.
    complete: bool,
}

impl Bounds {
    fn exact(&self) -> bool {
        self.lower == self.accessed && self.upper == Some(self.accessed)
    }

    /// Whether the logs could tell the truth: records name every message, too.
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

    /// The bounds, where it is named and was reached. Of several entries the highest ends are taken: each speaks of what it knows.
    fn bounds(&self, world: &World) -> Option<Bounds> {
        let ([(_, first), ..], [_, ..]) = (self.truths.as_slice(), self.entries.as_slice()) else { return None };
        let intrusions: Vec<usize> = self.truths.iter().map(|(intrusion, _)| *intrusion).collect();
        let (accessed, recorded) = match intrusions.as_slice() {
            [_] => (first.accessed, first.recorded),
            _ => world.accessed_by_any(&intrusions, &first.mailbox_id),
        };
        let lower = self.entries.iter().filter_map(|entry| entry.messages.lower).max().unwrap_or(0);
        let uppers: Option<Vec<u64>> = self.entries.iter().map(|entry| entry.messages.upper).collect();
        let upper = uppers.and_then(|uppers| uppers.into_iter().max());
        let complete = self.truths.iter().all(|(i, mailbox)| world.is_complete(*i, mailbox) && is_over(mailbox, world));
        Some(Bounds { accessed, recorded, lower, upper, complete })
    }
}

/// Whether a mailbox was left before the days whose records may still be on their way.
fn is_over(mailbox: &TruthMailbox, world: &World) -> bool {
    mailbox.last.is_none_or(|last| last.0 < world.truth.to.0.saturating_sub(LATE))
}

/// What is said about mailboxes, for the intrusions that incidents cover.
pub(super) fn mailboxes(matching: &Matching<'_>, world: &World) -> MailboxesV1 {
    let compared = compared(matching, world);
    let bounds: Vec<Bounds> = compared.iter().filter_map(|mailbox| mailbox.bounds(world)).collect();
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

/// Every mailbox that is named or was reached, once for each party.
fn compared<'a>(matching: &Matching<'a>, world: &'a World) -> Vec<Compared<'a>> {
    matching.parties(world).iter().flat_map(|party| of_party(party, world).into_values()).collect()
}

/// The mailboxes of a party by address. An address is of one tenant, so that it tells mailboxes apart by itself.
fn of_party<'a>(party: &Party<'_, 'a>, world: &'a World) -> BTreeMap<String, Compared<'a>> {
    let mut mailboxes: BTreeMap<String, Compared<'a>> = BTreeMap::new();
    let mut addresses: BTreeMap<String, String> = BTreeMap::new();
    let truths = |i: usize| world.truth.intrusions[i].mailboxes.iter().map(move |truth| (i, truth));
    for (intrusion, truth) in party.intrusions.iter().copied().flat_map(truths) {
        let address = truth.mailbox.to_lowercase();
        addresses.insert(truth.mailbox_id.to_lowercase(), address.clone());
        mailboxes.entry(address).or_default().truths.push((intrusion, truth));
    }
    for entry in party.incidents.iter().flat_map(|incident| &incident.entry.mailboxes) {
        let named = entry.mailbox.to_lowercase();
        let address = addresses.get(&named).unwrap_or(&named).clone();
        mailboxes.entry(address).or_default().entries.push(entry);
    }
    mailboxes
}
