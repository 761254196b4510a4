//! How records reach the exports: late, twice, with changed fields, or never.

use std::collections::BTreeMap;

use waxseal_model::Nanos;

use crate::clock::{Day, HOUR_SECS, plus};
use crate::export::Shape;
use crate::intrusion::Hole;
use crate::parameters::Missing;
use crate::random::{Random, Seed};
use crate::record::Record;
use crate::stream::Stream;
use crate::world::Scene;

/// A record on its way.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    pub(crate) record: Record,
    /// When it could first be exported.
    pub(crate) available: Nanos,
    /// Which intrusion made it, by its place in the tenant's list.
    pub(crate) intrusion: Option<usize>,
}

/// What a tenant hands in of a stream.
#[derive(Debug)]
pub(crate) struct Handover {
    pub(crate) stream: Stream,
    /// How it is exported; a stream that is not exported has no shape.
    pub(crate) shape: Option<Shape>,
    /// Days that are missing.
    pub(crate) lost: Vec<Day>,
    /// A further export of the last days, in another shape.
    pub(crate) second: Option<(Shape, Day)>,
}

impl Handover {
    /// Whether the main export has what became available on a day.
    pub(crate) fn has(&self, day: Day) -> bool {
        self.shape.is_some() && !self.lost.contains(&day)
    }
}

/// What a tenant hands in.
pub(crate) fn handovers(scene: Scene<'_>, tenant: usize) -> Vec<Handover> {
    let seed = scene.tenant.seed.of("handover", 0);
    let losses = &scene.parameters().losses;
    let mut random = seed.random();
    // Somebody who forgets a sign-in category forgets one of them.
    let forgotten = random
        .chance(losses.stream)
        .then(|| random.pick(&[Stream::NonInteractive, Stream::ServicePrincipals, Stream::SignIns]).copied())
        .flatten();
    let fitting = |stream: &Stream| (*stream == Stream::Workspace) == scene.tenant.google;
    Stream::ALL.into_iter().filter(fitting).map(|stream| without(scene, tenant, handover(scene, stream, forgotten, seed))).collect()
}

fn handover(scene: Scene<'_>, stream: Stream, forgotten: Option<Stream>, seed: Seed) -> Handover {
    let mut random = seed.of("stream", stream as i64).random();
    // All Entra exports of a tenant are made with the same tool.
    let mut tool = seed.of("tool", i64::from(stream == Stream::UnifiedAudit)).random();
    let shapes = Shape::of(stream);
    let shape = tool.pick(shapes).copied().filter(|_| Some(stream) != forgotten);
    let losses = &scene.parameters().losses;
    let lost = scene.world.days().filter(|_| random.chance(losses.day)).collect();
    let again = stream == Stream::UnifiedAudit && random.chance(scene.parameters().delivery.second_export);
    let others: Vec<Shape> = shapes.iter().copied().filter(|other| Some(*other) != shape).collect();
    let last_week = Day::of(scene.world.end()).plus(-7).max(scene.world.first);
    let second = if again { random.pick(&others).map(|shape| (*shape, last_week)) } else { None };
    Handover { stream, shape, lost, second }
}

/// Takes away what the parameters take away for certain.
fn without(scene: Scene<'_>, tenant: usize, mut handover: Handover) -> Handover {
    let of_tenant = |missing: &&Missing| usize::try_from(missing.tenant) == Ok(tenant) && missing.stream == handover.stream.word();
    for missing in scene.parameters().losses.missing.iter().filter(of_tenant).cloned().collect::<Vec<_>>() {
        handover.second = None;
        match missing.from_day {
            None => handover.shape = None,
            Some(from) => {
                let from = i64::from(from);
                handover.lost.extend((from..from + i64::from(missing.days.unwrap_or(1))).map(|i| scene.world.first.plus(i)));
            }
        }
    }
    handover.lost.sort_unstable();
    handover.lost.dedup();
    handover
}

/// Why a record is in no export, when that is known as soon as it is made.
pub(crate) fn swallowed(scene: Scene<'_>, holes: &[Hole], record: &Record) -> Option<&'static str> {
    if let Some(hole) = holes.iter().find(|hole| hole.swallows(record)) {
        return Some(hole.reason);
    }
    let licensed = record.mailbox.and_then(|number| scene.tenant.mailboxes.get(number)).is_none_or(|mailbox| mailbox.licensed);
    (!licensed && is_licensed_apart(record.class)).then_some("not_licensed")
}

/// Whether records of a class are only made for some licences or editions.
fn is_licensed_apart(class: &str) -> bool {
    class.starts_with("ual.mia") || class == "gws.gmail"
}

/// Records that wait for the day on which they become available.
#[derive(Debug, Default)]
pub(crate) struct OnTheWay {
    waiting: BTreeMap<Day, Vec<Delivered>>,
}

impl OnTheWay {
    /// Sends a record off, and its further copies.
    pub(crate) fn send(&mut self, scene: Scene<'_>, record: Record, intrusion: Option<usize>, random: &mut Random) {
        let rates = &scene.parameters().delivery;
        let audit = record.stream == Stream::UnifiedAudit;
        let mut available = plus(
            record.time,
            if audit { 60 * random.between(rates.late_minutes[0], rates.late_minutes[1]) } else { random.between(30, 1_080) },
        );
        if random.chance(rates.very_late) {
            available = plus(available, random.between(rates.very_late_hours[0] * HOUR_SECS, rates.very_late_hours[1] * HOUR_SECS));
        }
        if random.chance(rates.duplicates) {
            self.put(Delivered { record: record.clone(), available: plus(available, random.wait_secs(3_600.0)), intrusion });
        }
        let signs_in = matches!(record.stream, Stream::SignIns | Stream::NonInteractive);
        if signs_in && random.chance(rates.redelivered) {
            let again = Record { body: with_risk(&record.body), ..record.clone() };
            self.put(Delivered { record: again, available: plus(available, random.wait_secs(4.0 * 3_600.0)), intrusion });
        }
        self.put(Delivered { record, available, intrusion });
    }

    fn put(&mut self, delivered: Delivered) {
        self.waiting.entry(Day::of(delivered.available)).or_default().push(delivered);
    }

    /// What became available on a day, in that order.
    pub(crate) fn arrive(&mut self, day: Day) -> Vec<Delivered> {
        let mut arrived = self.waiting.remove(&day).unwrap_or_default();
        arrived.sort_by(|a, b| (a.available, &a.record.id).cmp(&(b.available, &b.record.id)));
        arrived
    }

    /// What was still on the way when the last export was made.
    pub(crate) fn left(self) -> impl Iterator<Item = Delivered> {
        self.waiting.into_values().flatten()
    }
}

/// A sign-in comes again when its risk has been worked out.
fn with_risk(body: &str) -> String {
    body.replacen("\"riskLevelAggregated\":\"none\"", "\"riskLevelAggregated\":\"low\"", 1).replacen(
        "\"riskState\":\"none\"",
        "\"riskState\":\"atRisk\"",
        1,
    )
}
