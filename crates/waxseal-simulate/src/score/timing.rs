//! How long it took to find intrusions.

use waxseal_model::{Nanos, Severity};

use super::case_files::DetectRun;
use super::findings::{Judged, judge};
use super::outcome::{PartV1, SpreadV1, TimeV1, ToDetectV1};
use super::world::{World, seconds_between};

/// When each intrusion could be and was found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    /// When the first record of it became available.
    pub(super) first_available: Option<Nanos>,
    /// When the first record of it that a counting finding cites did.
    pub(super) first_cited: Option<Nanos>,
    /// When it was detected.
    pub(super) detected: Option<Nanos>,
}

impl Moments {
    /// Seconds from the first available record to another moment.
    pub(super) fn seconds_to(self, moment: Option<Nanos>) -> Option<f64> {
        Some(seconds_between(self.first_available?, moment?))
    }
}

/// The detect runs of a case, summed up.
#[derive(Debug)]
pub(super) struct Runs {
    count: u64,
    span: Option<(Nanos, Nanos)>,
}

/// The moments of each intrusion.
pub(super) fn moments(findings: &[Judged], runs: Vec<DetectRun>, world: &World, floor: Severity) -> (Vec<Moments>, Runs) {
    let available = |intrusion: &crate::truth::TruthIntrusion| Moments { first_available: intrusion.first_available, ..Moments::default() };
    let mut moments: Vec<Moments> = world.truth.intrusions.iter().map(available).collect();
    for finding in findings.iter().filter(|finding| finding.line.severity >= floor) {
        for (intrusion, records) in finding.cited.counting() {
            keep_earliest(&mut moments[intrusion].first_cited, records.first_available);
        }
    }
    let span = runs.first().zip(runs.last()).map(|(first, last)| (first.as_of, last.as_of));
    let summed = Runs { count: runs.len() as u64, span };
    for run in runs {
        add_run(&mut moments, run, world, floor);
    }
    (moments, summed)
}

fn add_run(moments: &mut [Moments], run: DetectRun, world: &World, floor: Severity) {
    for finding in judge(run.findings, world).iter().filter(|finding| finding.line.severity >= floor) {
        for (intrusion, records) in finding.cited.counting() {
            // A run is as of its newest record, which is exported later than it is made; and any present can be given to it.
            // What a finding cites must have been there either way.
            keep_earliest(&mut moments[intrusion].detected, run.as_of.max(records.last_available));
        }
    }
}

fn keep_earliest(kept: &mut Option<Nanos>, moment: Nanos) {
    *kept = Some(kept.map_or(moment, |earlier| earlier.min(moment)));
}

/// The times over all intrusions.
pub(super) fn times(moments: &[Moments], runs: &Runs, world: &World) -> TimeV1 {
    let findable = world.all_findable().len() as u64;
    let to_detect = runs.span.map_or_else(
        || PartV1::not("no committed detect run in the case: not scored"),
        |(from, to)| {
            let seconds = moments.iter().filter_map(|moment| moment.seconds_to(moment.detected)).collect();
            let (runs, upper_bound) = (runs.count, runs.count == 1);
            PartV1::Scored(ToDetectV1 { runs, from, to, upper_bound, seconds: SpreadV1::new(seconds, findable) })
        },
    );
    let delays = moments.iter().filter_map(|moment| moment.seconds_to(moment.first_cited)).collect();
    TimeV1 { to_detect, evidence_delay: SpreadV1::new(delays, findable) }
}
