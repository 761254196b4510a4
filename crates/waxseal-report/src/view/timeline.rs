//! An incident on a line of time: a lane for each kind of step, and one for how long it lasted.

use waxseal_model::{Incident, Nanos, Step};

use crate::said::date;
use crate::words::Words;

/// How long the line is.
const LENGTH: i128 = 1_000;

/// How wide a mark is.
const MARK: i128 = 8;

/// So many times of a lane are told in words.
const TOLD: usize = 6;

/// An incident, drawn.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// The first day.
    pub(crate) from: String,
    /// The last day.
    pub(crate) to: String,
    /// The lanes that there is anything in.
    pub(crate) lanes: Vec<Lane>,
}

/// One lane.
#[derive(Debug)]
pub(crate) struct Lane {
    /// What it shows.
    pub(crate) label: String,
    /// What is drawn.
    pub(crate) marks: Vec<Mark>,
    /// The same in words.
    pub(crate) said: String,
}

/// A span of a lane.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Where it begins.
    pub(crate) at: i128,
    /// How wide it is.
    pub(crate) width: i128,
    /// How sure: `mark` for what is recorded, `perhaps` for what is possible.
    pub(crate) class: &'static str,
}

/// A span of time that is drawn.
#[derive(Debug, Clone, Copy)]
struct Line {
    from: Nanos,
    to: Nanos,
}

impl Timeline {
    /// The timeline of an incident; nothing where no step has a time.
    pub(crate) fn of(incident: &Incident, words: &Words) -> Option<Self> {
        let dwell = &incident.dwell;
        let ends = [dwell.earliest_possible, dwell.first_recorded, dwell.last_recorded, dwell.contained];
        let times = || incident.story.iter().filter_map(|step| step.time).chain(ends.into_iter().flatten());
        let line = Line { from: times().min()?, to: times().max()? };
        let mut lanes = vec![dwell_lane(incident, line, words)];
        lanes.extend(Step::ALL.iter().filter_map(|step| lane(incident, *step, line, words)));
        Some(Self { from: date(line.from), to: date(line.to), lanes })
    }
}

fn lane(incident: &Incident, step: Step, line: Line, words: &Words) -> Option<Lane> {
    let times: Vec<Nanos> = incident.story.iter().filter(|it| it.step == step).filter_map(|it| it.time).collect();
    if times.is_empty() {
        return None;
    }
    let label = words.known("step", step.as_str());
    let mut told: Vec<String> = times.iter().take(TOLD).map(|time| words.moment(*time)).collect();
    if let Some(more) = times.len().checked_sub(TOLD).filter(|more| *more > 0) {
        told.push(words.tell("and-more", [("n", more.into())]));
    }
    let said = words.tell("lane-said", [("lane", (&label).into()), ("times", words.in_a_row(&told).into())]);
    Some(Lane { label, marks: times.into_iter().map(|time| line.mark(time)).collect(), said })
}

fn dwell_lane(incident: &Incident, line: Line, words: &Words) -> Lane {
    let dwell = &incident.dwell;
    let mut marks = Vec::new();
    if let (Some(earliest), Some(first)) = (dwell.earliest_possible, dwell.first_recorded) {
        marks.extend(line.span(earliest, first, "perhaps"));
    }
    if let (Some(first), Some(last)) = (dwell.first_recorded, dwell.last_recorded) {
        marks.push(line.span(first, last, "mark").unwrap_or_else(|| line.mark(first)));
    }
    let said = words.tell("lane-dwell-said", [("span", words.span(dwell.first_recorded, dwell.last_recorded).into())]);
    Lane { label: words.say("lane-dwell"), marks, said }
}

impl Line {
    fn at(self, time: Nanos) -> i128 {
        let whole = (i128::from(self.to.0) - i128::from(self.from.0)).max(1);
        (i128::from(time.0) - i128::from(self.from.0)) * (LENGTH - MARK) / whole
    }

    fn mark(self, time: Nanos) -> Mark {
        Mark { at: self.at(time), width: MARK, class: "mark" }
    }

    fn span(self, from: Nanos, to: Nanos, class: &'static str) -> Option<Mark> {
        let (from, to) = (self.at(from), self.at(to));
        (to > from).then(|| Mark { at: from, width: (to - from).max(MARK), class })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stay_on_the_line_whatever_the_times() {
        let line = Line { from: Nanos(i64::MIN), to: Nanos(i64::MAX) };
        assert_eq!(line.mark(Nanos(i64::MAX)), Mark { at: LENGTH - MARK, width: MARK, class: "mark" });
        assert_eq!(line.mark(Nanos(i64::MIN)).at, 0);
        let point = Line { from: Nanos(5), to: Nanos(5) };
        assert_eq!((point.mark(Nanos(5)).at, point.span(Nanos(5), Nanos(5), "mark")), (0, None));
    }
}
