//! Which intrusions were found, in all and in groups.

use std::collections::BTreeSet;

use waxseal_model::Severity;

use super::findings::{FoundBy, Judged, found_by};
use super::outcome::{FloorRecallV1, GroupRecallV1, RecallV1, ShareV1, SpreadV1};
use super::timing::Moments;
use super::world::World;

const FLOORS: [Severity; 3] = [Severity::Low, Severity::Medium, Severity::High];

/// The most complete first.
const COVERAGES: [&str; 3] = ["full", "partial", "none"];

/// What came of each intrusion.
#[derive(Debug)]
pub(super) struct Fates<'a> {
    pub(super) found: &'a [FoundBy],
    pub(super) moments: &'a [Moments],
    /// Those that incidents cover, where there are incidents to read.
    pub(super) covered: Option<BTreeSet<usize>>,
}

/// Which intrusions were found.
pub(super) fn recall(findings: &[Judged], fates: &Fates<'_>, world: &World) -> RecallV1 {
    let findable = world.all_findable();
    let intrusions = &world.truth.intrusions;
    let at = |floor| {
        let found = found_by(findings, world, floor);
        FloorRecallV1 { floor, found: ShareV1::among(&findable, |i| found[*i].severity.is_some()) }
    };
    let kinds: BTreeSet<&str> = intrusions.iter().map(|intrusion| intrusion.kind.as_str()).collect();
    let coverages: BTreeSet<&str> = intrusions.iter().map(|intrusion| intrusion.coverage.as_str()).collect();
    let known = COVERAGES.into_iter().filter(|word| coverages.contains(word));
    let others = coverages.iter().copied().filter(|word| !COVERAGES.contains(word));
    RecallV1 {
        by_floor: FLOORS.map(at).to_vec(),
        by_kind: kinds.iter().map(|kind| group(kind, fates, world, |i| intrusions[i].kind == *kind)).collect(),
        by_coverage: known.chain(others).map(|word| group(word, fates, world, |i| intrusions[i].coverage == word)).collect(),
        not_findable: (intrusions.len() - findable.len()) as u64,
    }
}

fn group(name: &str, fates: &Fates<'_>, world: &World, belongs: impl Fn(usize) -> bool) -> GroupRecallV1 {
    let members = (0..fates.found.len()).filter(|i| belongs(*i));
    let (findable, others): (Vec<usize>, Vec<usize>) = members.partition(|i| world.findable(*i));
    let seconds = findable.iter().filter_map(|i| fates.moments[*i].seconds_to(fates.moments[*i].detected)).collect();
    GroupRecallV1 {
        name: name.to_owned(),
        found: ShareV1::among(&findable, |i| fates.found[*i].severity.is_some()),
        covered: fates.covered.as_ref().map(|covered| ShareV1::among(&findable, |i| covered.contains(i))),
        seconds_to_detect: SpreadV1::new(seconds, findable.len() as u64),
        not_findable: others.len() as u64,
    }
}
