//! What became of every malicious record, and the truth that is written from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use waxseal_model::Nanos;

use super::{Play, SimulateError, write_file};
use crate::clock::{DAY_SECS, HOUR_SECS, plus};
use crate::delivery::Delivered;
use crate::intrusion::{Accessed, Deeds, Intrusion};
use crate::record::Record;
use crate::truth::{CoverageSpan, TRUTH_SCHEMA, Truth, TruthIntrusion, TruthMailbox, TruthMessage, TruthRecord, TruthTenant};
use crate::world::World;

/// What became of the malicious records of a tenant: counted while the files are written.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// By intrusion and record id.
    of: BTreeMap<(usize, String), Fate>,
}

#[derive(Debug)]
struct Fate {
    class: &'static str,
    time: Nanos,
    available: Option<Nanos>,
    lost: Option<&'static str>,
}

impl Fates {
    /// A record was made; it may be lost already.
    pub(super) fn made(&mut self, intrusion: usize, record: &Record, lost: Option<&'static str>) {
        let fate = Fate { class: record.class, time: record.time, available: None, lost };
        self.of.insert((intrusion, record.id.clone()), fate);
    }

    /// A record, or a copy of one, became available and was exported or not.
    pub(super) fn arrived(&mut self, delivered: &Delivered, exported: bool, otherwise: &'static str) {
        let Some(intrusion) = delivered.intrusion else { return };
        let Some(fate) = self.of.get_mut(&(intrusion, delivered.record.id.clone())) else { return };
        if exported {
            fate.available = Some(fate.available.map_or(delivered.available, |first| first.min(delivered.available)));
            fate.lost = None;
        } else if fate.available.is_none() {
            fate.lost = fate.lost.or(Some(otherwise));
        }
    }

    fn of(&self, intrusion: usize) -> impl Iterator<Item = (&str, &Fate)> {
        let range = (intrusion, String::new())..(intrusion + 1, String::new());
        self.of.range(range).map(|((_, id), fate)| (id.as_str(), fate))
    }
}

/// Writes `truth/`.
pub(super) fn write_truth(world: &World, intrusions: &[Intrusion], plays: &[Play<'_>], folder: &Path) -> Result<(), SimulateError> {
    let coverage: Vec<CoverageSpan> = plays.iter().flat_map(|play| coverage_of(world, play)).collect();
    let (mut records, mut messages, mut told) = (Vec::new(), Vec::new(), Vec::new());
    for intrusion in intrusions {
        let play = &plays[intrusion.tenant];
        let Some((number, (_, deeds))) = play.intrusions.iter().enumerate().find(|(_, (other, _))| other.id == intrusion.id) else {
            continue;
        };
        let of_records = records_of(play, intrusion, number);
        let of_messages = messages_of(play, intrusion, deeds, &of_records);
        told.extend(tell(play, intrusion, deeds, (&of_records, &of_messages), &coverage));
        lines(&mut records, &of_records);
        lines(&mut messages, &of_messages);
    }
    let tenants = world.tenants.iter().map(|tenant| TruthTenant {
        id: tenant.log_id(),
        domain: tenant.domain.clone(),
        mailboxes: tenant.mailboxes.len() as u64,
    });
    let truth = Truth {
        schema: TRUTH_SCHEMA.to_owned(),
        seed: world.number,
        from: world.first.start(),
        to: world.end(),
        tenants: tenants.collect(),
        intrusions: told,
        coverage,
    };
    let parameters = toml::to_string(&world.parameters).unwrap_or_default();
    write_file(&folder.join("truth/parameters.toml"), parameters.as_bytes())?;
    write_file(&folder.join("truth/records.jsonl"), &records)?;
    write_file(&folder.join("truth/messages.jsonl"), &messages)?;
    // Last: a folder with it is whole.
    write_file(&folder.join("truth/truth.json"), &serde_json::to_vec_pretty(&truth).unwrap_or_default())
}

fn lines<T: Serialize>(out: &mut Vec<u8>, of: &[T]) {
    for one in of {
        out.extend(serde_json::to_vec(one).unwrap_or_default());
        out.push(b'\n');
    }
}

fn records_of(play: &Play<'_>, intrusion: &Intrusion, number: usize) -> Vec<TruthRecord> {
    let mut all: Vec<_> = play
        .fates
        .of(number)
        .map(|(id, fate)| TruthRecord {
            intrusion: intrusion.id.clone(),
            id: id.to_owned(),
            tenant: play.scene.tenant.log_id(),
            class: fate.class.to_owned(),
            time: fate.time,
            available: fate.available,
            lost: if fate.available.is_some() { None } else { Some(fate.lost.unwrap_or("late").to_owned()) },
        })
        .collect();
    all.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    all
}

/// Every accessed message once, with its first access; it is recorded where any surviving record names it.
fn messages_of(play: &Play<'_>, intrusion: &Intrusion, deeds: &Deeds, records: &[TruthRecord]) -> Vec<TruthMessage> {
    let surviving: BTreeSet<&str> = records.iter().filter(|record| record.available.is_some()).map(|record| record.id.as_str()).collect();
    let mut first: BTreeMap<(usize, u64), (&Accessed, bool)> = BTreeMap::new();
    let end = play.scene.world.end();
    for accessed in deeds.accessed.iter().filter(|accessed| accessed.time < end) {
        let recorded = accessed.record.as_deref().is_some_and(|id| surviving.contains(id));
        let entry = first.entry((accessed.mailbox, accessed.message.number)).or_insert((accessed, false));
        entry.1 |= recorded;
    }
    let tenant = play.scene.tenant;
    let mut all: Vec<_> = first
        .into_values()
        .map(|(accessed, recorded)| {
            let mailbox = &tenant.mailboxes[accessed.mailbox];
            TruthMessage {
                intrusion: intrusion.id.clone(),
                tenant: tenant.log_id(),
                mailbox_id: mailbox.guid.to_string(),
                mailbox: mailbox.upn.to_lowercase(),
                message_id: mailbox.message_id(&accessed.message),
                time: accessed.time,
                how: accessed.how.to_owned(),
                recorded,
            }
        })
        .collect();
    all.sort_by(|a, b| (a.time, &a.message_id).cmp(&(b.time, &b.message_id)));
    all
}

/// The entry of `truth.json`; none for an intrusion that would have begun after the world ended.
fn tell(
    play: &Play<'_>,
    intrusion: &Intrusion,
    deeds: &Deeds,
    (records, messages): (&[TruthRecord], &[TruthMessage]),
    coverage: &[CoverageSpan],
) -> Option<TruthIntrusion> {
    let end = play.scene.world.end();
    let moments = records
        .iter()
        .map(|record| record.time)
        .chain(deeds.accessed.iter().map(|accessed| accessed.time))
        .chain(deeds.unseen.iter().copied());
    let moments: Vec<Nanos> = moments.filter(|time| *time < end).collect();
    let (first, last) = (moments.iter().min().copied()?, moments.iter().max().copied()?);
    let mailboxes = mailboxes_of(play, messages);
    let (state, lacking) = completeness(play, intrusion, (first, last), &mailboxes, coverage);
    Some(TruthIntrusion {
        id: intrusion.id.clone(),
        kind: intrusion.kind.name.to_owned(),
        campaign: intrusion.campaign.clone(),
        tenants: vec![play.scene.tenant.log_id()],
        mailboxes,
        first,
        last,
        records: records.len() as u64,
        surviving: records.iter().filter(|record| record.available.is_some()).count() as u64,
        first_available: records.iter().filter_map(|record| record.available).min(),
        coverage: state.to_owned(),
        lacking,
    })
}

fn mailboxes_of(play: &Play<'_>, messages: &[TruthMessage]) -> Vec<TruthMailbox> {
    let mut of: BTreeMap<&str, TruthMailbox> = BTreeMap::new();
    for message in messages {
        let mailbox = of.entry(message.mailbox_id.as_str()).or_insert_with(|| TruthMailbox {
            tenant: play.scene.tenant.log_id(),
            mailbox: message.mailbox.clone(),
            mailbox_id: message.mailbox_id.clone(),
            accessed: 0,
            recorded: 0,
            first: None,
            last: None,
        });
        mailbox.accessed += 1;
        mailbox.recorded += u64::from(message.recorded);
        mailbox.first = mailbox.first.into_iter().chain([message.time]).min();
        mailbox.last = mailbox.last.into_iter().chain([message.time]).max();
    }
    of.into_values().collect()
}

/// How complete the deciding logs are while an intrusion lasts, and since tokens that it could use were issued.
fn completeness(
    play: &Play<'_>,
    intrusion: &Intrusion,
    (first, last): (Nanos, Nanos),
    mailboxes: &[TruthMailbox],
    coverage: &[CoverageSpan],
) -> (&'static str, Vec<String>) {
    let tenant = play.scene.tenant.log_id();
    let from = plus(first, -28 * HOUR_SECS).max(play.scene.world.first.start());
    let reached: BTreeSet<&str> = mailboxes.iter().map(|mailbox| mailbox.mailbox.as_str()).collect();
    let (mut worst, mut lacking) = ("full", BTreeSet::new());
    for class in intrusion.kind.decided_by {
        let spans = coverage.iter().filter(|span| span.tenant == tenant && span.class == *class && span.from < last && span.to > from);
        let (mut whole, mut blind) = (false, BTreeSet::new());
        for span in spans.filter(|span| span.state == "none") {
            match &span.mailbox {
                None => {
                    lacking.insert((*class).to_owned());
                    whole |= span.from <= from && span.to >= last;
                    worst = if worst == "full" { "partial" } else { worst };
                }
                Some(mailbox) if reached.contains(mailbox.as_str()) => {
                    lacking.insert((*class).to_owned());
                    worst = if worst == "full" { "partial" } else { worst };
                    if span.from <= first && span.to >= last {
                        blind.insert(mailbox.as_str());
                    }
                }
                Some(_) => {}
            }
        }
        if whole || (!reached.is_empty() && blind.len() == reached.len()) {
            worst = "none";
        }
    }
    (worst, lacking.into_iter().collect())
}

/// Every span of a tenant that its exports do not cover completely.
fn coverage_of(world: &World, play: &Play<'_>) -> Vec<CoverageSpan> {
    let tenant = play.scene.tenant;
    let span = |class: &str, mailbox: Option<String>, (from, to): (Nanos, Nanos), (state, reason): (&str, &str)| CoverageSpan {
        tenant: tenant.log_id(),
        class: class.to_owned(),
        mailbox,
        from,
        to,
        state: state.to_owned(),
        reason: reason.to_owned(),
    };
    let (start, end) = (world.first.start(), world.end());
    let mut all = Vec::new();
    for handover in &play.handovers {
        for class in handover.stream.classes() {
            if handover.shape.is_none() {
                all.push(span(class, None, (start, end), ("none", "not_exported")));
                continue;
            }
            let second = handover.second.map(|(_, from)| from);
            for day in handover.lost.iter().filter(|day| second.is_none_or(|from| **day < from)) {
                all.push(span(class, None, (day.start(), day.plus(1).start()), ("none", "day_lost")));
            }
            all.push(span(class, None, (plus(end, -DAY_SECS), end), ("partial", "late")));
        }
    }
    for mailbox in tenant.mailboxes.iter().filter(|mailbox| !mailbox.licensed) {
        let classes: &[&str] = if tenant.google { &["gws.gmail"] } else { &["ual.mia.bind", "ual.mia.sync"] };
        for class in classes {
            all.push(span(class, Some(mailbox.upn.to_lowercase()), (start, end), ("none", "not_licensed")));
        }
    }
    for hole in &play.holes {
        let classes: &[&str] = if hole.reason == "throttled" { &["ual.mia.bind"] } else { &["ual.mia.bind", "ual.mia.sync", "ual.item"] };
        for class in classes {
            let mailbox = tenant.mailboxes[hole.mailbox].upn.to_lowercase();
            all.push(span(class, Some(mailbox), (hole.from, hole.to.min(end)), ("none", hole.reason)));
        }
    }
    all.retain(|span| span.from < span.to);
    all
}
