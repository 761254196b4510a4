//! How long intruders were said to have been there, against the truth.

use waxseal_model::Nanos;

use super::case_files::DwellEntry;
use super::incidents::Matching;
use super::outcome::{DwellV1, ShareV1, SpreadV1};
use super::world::{World, seconds_between};

const SECOND: i64 = 1_000_000_000;

/// What the incidents that cover an intrusion say of its dwell time, and the truth.
struct Compared {
    /// The earliest possible time of all incidents.
    start: Option<Nanos>,
    /// Whether the start is open and an incident says so.
    open: bool,
    first_recorded: Option<Nanos>,
    last_recorded: Option<Nanos>,
    /// Whether the logs of the intrusion are complete.
    complete: bool,
    /// First and last act.
    truth: (Nanos, Nanos),
    /// First and last record in the written files.
    records: (Nanos, Nanos),
}

impl Compared {
    fn start_holds(&self) -> bool {
        self.start.map_or(self.open, |start| start <= self.truth.0)
    }

    /// No log can show what left no record, so that the end is held against the last record, not the last act.
    fn end_holds(&self) -> bool {
        self.last_recorded.is_some_and(|last| last >= in_seconds(self.records.1))
    }

    fn first_exact(&self) -> bool {
        self.first_recorded.is_some_and(|first| in_seconds(first) == in_seconds(self.records.0))
    }

    fn uncertain_hours(&self) -> Option<f64> {
        Some(hours(self.start?, self.first_recorded?))
    }

    fn said_hours(&self) -> Option<f64> {
        Some(hours(self.start?, self.last_recorded?))
    }
}

/// What is said about dwell times.
pub(super) fn dwell(matching: &Matching<'_>, world: &World) -> DwellV1 {
    let compared: Vec<Compared> = matching.covered().into_iter().filter_map(|i| compare(i, matching, world)).collect();
    let all = compared.len() as u64;
    let complete: Vec<&Compared> = compared.iter().filter(|one| one.complete).collect();
    let uncertain = complete.iter().filter_map(|one| one.uncertain_hours()).collect();
    DwellV1 {
        start_holds: ShareV1::among(&compared, Compared::start_holds),
        end_holds: ShareV1::among(&compared, Compared::end_holds),
        contains: ShareV1::among(&compared, |one| one.start_holds() && one.end_holds()),
        first_exact: ShareV1::among(&compared, Compared::first_exact),
        uncertain_hours: SpreadV1::new(uncertain, complete.len() as u64),
        said_hours: SpreadV1::new(compared.iter().filter_map(Compared::said_hours).collect(), all),
        true_hours: SpreadV1::new(compared.iter().map(|one| hours(one.truth.0, one.truth.1)).collect(), all),
    }
}

fn compare(intrusion: usize, matching: &Matching<'_>, world: &World) -> Option<Compared> {
    let said: Vec<&DwellEntry> = matching.covering(intrusion).map(|incident| &incident.entry.dwell).collect();
    let truth = &world.truth.intrusions[intrusion];
    Some(Compared {
        start: said.iter().filter_map(|dwell| dwell.earliest_possible).min(),
        open: said.iter().any(|dwell| dwell.left_censored == Some(true)),
        first_recorded: said.iter().filter_map(|dwell| dwell.first_recorded).min(),
        last_recorded: said.iter().filter_map(|dwell| dwell.last_recorded).max(),
        complete: truth.coverage == "full",
        truth: (truth.first, truth.last),
        records: world.recorded[intrusion]?,
    })
}

fn hours(from: Nanos, to: Nanos) -> f64 {
    seconds_between(from, to) / 3_600.0
}

/// Some formats carry whole seconds only.
fn in_seconds(time: Nanos) -> Nanos {
    Nanos(time.0.div_euclid(SECOND) * SECOND)
}
