//! Findings against the truth: which count, what finds each intrusion, and what each detection did.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::Severity;

use super::case_files::FindingLine;
use super::outcome::{DetectionV1, DilutedV1, FindingsV1, RateV1, ShareV1, count};
use super::world::{Cited, World};

/// Findings from here on are for somebody to act on, so that a false one is a cost.
pub(super) const ACTED_ON: Severity = Severity::Medium;

/// A finding and whose records it cites.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) line: FindingLine,
    pub(super) cited: Cited,
}

impl Judged {
    fn acted_on(&self) -> bool {
        self.line.severity >= ACTED_ON
    }

    fn listed_in_part(&self) -> bool {
        self.line.event_count > self.line.event_ids.len() as u64
    }
}

/// Looks up what findings cite.
pub(super) fn judge(findings: Vec<FindingLine>, world: &World) -> Vec<Judged> {
    let judged = |line: FindingLine| Judged { cited: world.cited(line.event_ids.iter().map(String::as_str)), line };
    findings.into_iter().map(judged).collect()
}

/// What found each intrusion, at a floor.
#[derive(Debug, Clone, Default)]
pub(super) struct FoundBy {
    pub(super) severity: Option<Severity>,
    pub(super) detections: BTreeSet<String>,
}

/// For each intrusion, what found it.
pub(super) fn found_by(findings: &[Judged], world: &World, floor: Severity) -> Vec<FoundBy> {
    let mut found = vec![FoundBy::default(); world.truth.intrusions.len()];
    for finding in findings.iter().filter(|finding| finding.line.severity >= floor) {
        for (intrusion, _) in finding.cited.counting() {
            found[intrusion].severity = found[intrusion].severity.max(Some(finding.line.severity));
            found[intrusion].detections.insert(finding.line.detection.clone());
        }
    }
    found
}

/// How many findings are true.
pub(super) fn precision(findings: &[Judged], world: &World) -> FindingsV1 {
    let (acted_on, below): (Vec<&Judged>, Vec<&Judged>) = findings.iter().partition(|finding| finding.acted_on());
    let wrong: Vec<&&Judged> = acted_on.iter().filter(|finding| !finding.cited.is_true()).collect();
    FindingsV1 {
        precision: ShareV1::among(&acted_on, |finding| finding.cited.is_true()),
        false_findings: RateV1::new(wrong.len() as u64, world.mailbox_months),
        below_medium: ShareV1::among(&below, |finding| finding.cited.is_true()),
        diluted: wrong.iter().filter_map(|finding| diluted(finding, world)).collect(),
        citing_nothing: count(wrong.iter().filter(|finding| finding.cited.ids == 0)),
        listed_in_part: count(acted_on.iter().filter(|finding| finding.listed_in_part())),
    }
}

fn diluted(finding: &Judged, world: &World) -> Option<DilutedV1> {
    let most = finding.cited.of_intrusion.iter().reduce(|most, next| if next.1.count > most.1.count { next } else { most })?;
    Some(DilutedV1 {
        finding: finding.line.id.clone(),
        detection: finding.line.detection.clone(),
        intrusion: world.id(*most.0).to_owned(),
        malicious: most.1.count,
        cited: finding.cited.ids,
    })
}

/// What each detection did, by id.
pub(super) fn detections(findings: &[Judged], found: &[FoundBy], world: &World) -> Vec<DetectionV1> {
    let mut by_id: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
    for finding in findings {
        by_id.entry(&finding.line.detection).or_default().push(finding);
    }
    let row = |(id, findings): (&&str, &Vec<&Judged>)| {
        let acted_on: Vec<&&Judged> = findings.iter().filter(|finding| finding.acted_on()).collect();
        let precision = ShareV1::among(&acted_on, |finding| finding.cited.is_true());
        let finds: Vec<&FoundBy> = found.iter().filter(|found| found.detections.contains(*id)).collect();
        DetectionV1 {
            detection: (*id).to_owned(),
            findings: findings.len() as u64,
            precision,
            false_findings: RateV1::new(precision.of - precision.n, world.mailbox_months),
            intrusions: finds.len() as u64,
            alone: count(finds.iter().filter(|found| found.detections.len() == 1)),
        }
    };
    by_id.iter().map(row).collect()
}
