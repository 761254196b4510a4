//! The steps of an incident, the way in, and how grave and sure it is.

use std::collections::BTreeSet;

use waxseal_model::{Confidence, Entry, EntryClass, Finding, IncidentMailbox, Nanos, Severity, Step, StoryStep};

use crate::facts::Facts;
use crate::graph::{DAY, Group};
use crate::{mailbox, wording};

/// So many mailboxes with recorded access are the mail of an organisation rather than that of some people.
const MANY_MAILBOXES: usize = 10;

/// How grave and how sure an incident is.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) why: String,
}

/// The way in, from what the findings show: a token without an issue; a session in two places, unless something grave came more
/// than a day before it; else whichever of a sign-in, a consent, a credential or a delegation came first.
pub(crate) fn entry(group: &Group, facts: &Facts<'_>) -> Entry {
    let of = |categories: &[&str]| -> Vec<usize> {
        let mut found: Vec<usize> = group.firm(facts).filter(|i| categories.contains(&facts.findings[*i].category.as_str())).collect();
        found.sort_unstable();
        found
    };
    let graves = |found: &[usize]| found.iter().copied().filter(|i| facts.is_grave(*i)).collect::<Vec<usize>>();
    let forged = of(&["token_never_issued", "token_inconsistent", "foreign_token"]);
    if !graves(&forged).is_empty() {
        return told(EntryClass::ForgedOrUnloggedToken, forged, (group, facts));
    }
    let session = of(&["session_split", "device_code"]);
    let ways = [
        (EntryClass::Password, of(&["takeover_signin", "password_spray", "brute_force"])),
        (EntryClass::Consent, of(&["oauth_consent", "consent_then_read"])),
        (EntryClass::AppCredential, of(&["oauth_secret_added", "credential_then_read", "app_permission", "app_mail_access"])),
        (EntryClass::Delegate, of(&["mailbox_delegation", "impersonation"])),
        (EntryClass::ForgedOrUnloggedToken, of(&["access_without_signin"])),
    ];
    let grave_session = graves(&session);
    let is_later = ways.iter().any(|(_, found)| starts(&graves(found), facts) < starts(&grave_session, facts).saturating_sub(DAY));
    if !grave_session.is_empty() && !is_later {
        return told(EntryClass::StolenSession, session, (group, facts));
    }
    // Findings are in the order of time, and of equal ways the first named stays.
    let found = ways.into_iter().chain([(EntryClass::StolenSession, session)]).filter(|(_, evidence)| !evidence.is_empty());
    let (class, evidence) = found.min_by_key(|(_, evidence)| starts(evidence, facts)).unwrap_or((EntryClass::NotRecoverable, Vec::new()));
    told(class, evidence, (group, facts))
}

/// The time of the first of some findings, which are in the order of time; the end of time where there is none.
fn starts(evidence: &[usize], facts: &Facts<'_>) -> i64 {
    evidence.first().and_then(|i| facts.findings[*i].first_time).map_or(i64::MAX, |time| time.0)
}

fn told(class: EntryClass, evidence: Vec<usize>, (group, facts): (&Group, &Facts<'_>)) -> Entry {
    let tries = |found: &mut dyn Iterator<Item = usize>| found.filter(|i| facts.findings[*i].is_of_tries()).count();
    let (of_evidence, of_all) = (tries(&mut evidence.iter().copied()), tries(&mut group.firm(facts)));
    let text = match class {
        EntryClass::Password if of_all > 0 && of_all == group.firm(facts).count() => wording::ONLY_TRIED,
        EntryClass::Password if of_evidence > 0 => wording::TRIED,
        _ => wording::entry(class),
    };
    let evidence = evidence.into_iter().map(|i| facts.findings[i].id.clone()).collect();
    Entry { class, evidence, text: text.to_owned() }
}

/// The steps, earliest first. What one detection says twice in a row is one step.
pub(crate) fn steps(group: &Group, facts: &Facts<'_>, entry: &Entry) -> Vec<StoryStep> {
    let evidence = first_evidence(group, facts, entry);
    let mut told: Vec<(Step, usize)> = group
        .all
        .iter()
        .map(|member| {
            let loose = member.is_loose() && !facts.is_grave(member.finding);
            (if loose { Step::Context } else { step(member.finding, facts, &evidence) }, member.finding)
        })
        .collect();
    // Among equal times, getting in comes before what follows from it.
    told.sort_by_key(|(step, i)| (told_at(facts.findings[*i]).is_none(), told_at(facts.findings[*i]), *step, *i));
    let same = |a: &(Step, usize), b: &(Step, usize)| a.0 == b.0 && facts.findings[a.1].detection == facts.findings[b.1].detection;
    told.chunk_by(same).map(|run| story_step(run, facts)).collect()
}

/// When a finding's line stands: at the first record of what it is about. What led to it has lines of its own.
fn told_at(finding: &Finding) -> Option<Nanos> {
    finding.primary_time.or(finding.first_time)
}

/// What of the evidence of a way in lies within a day of the first: later on somebody was in already.
fn first_evidence<'a>(group: &Group, facts: &Facts<'a>, entry: &Entry) -> BTreeSet<&'a str> {
    let findings = || group.members().map(|i| facts.findings[i]).filter(|finding| entry.evidence.contains(&finding.id));
    let first = findings().filter_map(|finding| finding.first_time).min();
    let is_early = |finding: &&Finding| match (first, finding.first_time) {
        (Some(first), Some(time)) => time.0.saturating_sub(first.0) <= DAY,
        _ => true,
    };
    findings().filter(is_early).map(|finding| finding.id.as_str()).collect()
}

fn step(finding: usize, facts: &Facts<'_>, evidence: &BTreeSet<&str>) -> Step {
    let step = facts.step(finding);
    // A consent or a delegation is how to stay, but where it is the way in.
    if step == Step::Persistence && evidence.contains(facts.findings[finding].id.as_str()) { Step::Entry } else { step }
}

fn story_step(run: &[(Step, usize)], facts: &Facts<'_>) -> StoryStep {
    let findings: Vec<&Finding> = run.iter().map(|(_, i)| facts.findings[*i]).collect();
    StoryStep {
        time: findings.iter().filter_map(|finding| told_at(finding)).min(),
        step: run.first().map_or(Step::Context, |(step, _)| *step),
        text: wording::step(&findings),
        finding_ids: findings.iter().map(|finding| finding.id.clone()).collect(),
    }
}

/// Severity follows the gravest finding, and one step above it what was reached and how sure that is. It falls below a medium
/// one in two cases: a consent and nothing else grave, where the finding of what was done with it, which knows more, is a low
/// one; and what a single detection says with low confidence.
pub(crate) fn judge(group: &Group, facts: &Facts<'_>, mailboxes: &[IncidentMailbox]) -> Judged {
    let grave: Vec<&Finding> = group.grave(facts).map(|i| facts.findings[i]).collect();
    let recorded = mailboxes.iter().filter(|mailbox| mailbox::is_recorded(mailbox)).count();
    let agreeing = group.corroborating(facts);
    let surest = grave.iter().map(|finding| finding.confidence).max().unwrap_or(Confidence::Low);
    let confidence = match surest {
        Confidence::Low if agreeing > 0 => Confidence::Medium,
        Confidence::Medium if agreeing > 0 => Confidence::High,
        surest => surest,
    };
    let gravest = grave.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Medium);
    let weak = || confidence == Confidence::Low && grave.iter().all(|finding| finding.detection == grave[0].detection);
    let low = |why: &str| Judged { severity: Severity::Low, confidence, why: wording::low(why, confidence) };
    if gravest == Severity::Medium && use_is_ordinary(group, facts) {
        return low(wording::ORDINARY_USE);
    }
    if gravest == Severity::Medium && weak() {
        return low(wording::WEAK);
    }
    let severity = match gravest {
        Severity::Medium if recorded > 0 && agreeing > 0 => Severity::High,
        Severity::High if (recorded > 1 && confidence == Confidence::High) || recorded >= MANY_MAILBOXES => Severity::Critical,
        gravest => gravest,
    };
    let why = format!("{} {}", wording::severity(severity, gravest, recorded), wording::confidence(confidence, surest, agreeing));
    Judged { severity, confidence, why }
}

fn use_is_ordinary(group: &Group, facts: &Facts<'_>) -> bool {
    let category = |i: usize| facts.findings[i].category.as_str();
    let used = |i: usize| !facts.is_grave(i) && category(i) == "consent_then_read";
    group.grave(facts).all(|i| category(i) == "oauth_consent") && group.firm(facts).any(used)
}

/// When an incident began and ended.
pub(crate) fn span(group: &Group, facts: &Facts<'_>) -> Option<(Nanos, Nanos)> {
    let firm = || group.firm(facts).map(|i| facts.findings[i]);
    let first = firm().filter_map(|finding| finding.first_time.or(finding.last_time)).min()?;
    let last = firm().filter_map(|finding| finding.last_time.or(finding.first_time)).max()?;
    Some((first, last))
}
