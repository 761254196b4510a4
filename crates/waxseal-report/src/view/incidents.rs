//! What findings make together.

use waxseal_model::{Campaign, Incident, Severity, Step};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::wording::{counted, moment};

/// An incident, told.
#[derive(Debug)]
pub(crate) struct ToldIncident {
    /// How bad.
    pub(crate) severity: Severity,
    /// What it is.
    pub(crate) title: Shown,
    /// Severity, confidence, findings and times.
    pub(crate) kind: String,
    /// Why this severity.
    pub(crate) why: Shown,
    /// How the intruder got in, as far as the findings tell.
    pub(crate) entry: Shown,
    /// What happened, in order: when, which kind of step, what.
    pub(crate) story: Vec<(String, &'static str, Shown)>,
    /// Mailboxes and the words for them.
    pub(crate) mailboxes: Vec<Shown>,
    /// Whether it goes on.
    pub(crate) state: Shown,
    /// The tenant.
    pub(crate) tenant: Shown,
    /// Its id.
    pub(crate) id: Shown,
}

/// Every incident, the gravest first.
pub(crate) fn incidents(facts: &Facts<'_>) -> Vec<ToldIncident> {
    facts.incidents.map(|all| all.incidents.iter().map(told).collect()).unwrap_or_default()
}

/// What incidents of several tenants share.
pub(crate) fn campaigns(facts: &Facts<'_>) -> Vec<Shown> {
    facts.incidents.map(|all| all.campaigns.iter().map(campaign).collect()).unwrap_or_default()
}

fn told(incident: &Incident) -> ToldIncident {
    let findings = counted(incident.finding_ids.len() as u64, "finding", "findings");
    let times = match (incident.dwell.first_recorded, incident.dwell.last_recorded) {
        (Some(first), Some(last)) => format!(", recorded from {} to {}", moment(first), moment(last)),
        _ => String::new(),
    };
    let begun = if incident.dwell.left_censored { "; it may have begun before the logs do" } else { "" };
    let step = |step: &waxseal_model::StoryStep| {
        (step.time.map_or_else(|| "undated".to_owned(), moment), name_of(step.step), Shown::passage(&step.text))
    };
    ToldIncident {
        severity: incident.severity,
        title: Shown::passage(&incident.title),
        kind: format!("{} severity, {} confidence, {findings}{times}{begun}", incident.severity, incident.confidence),
        why: Shown::passage(&incident.why),
        entry: Shown::passage(&incident.entry.text),
        story: incident.story.iter().map(step).collect(),
        mailboxes: incident.mailboxes.iter().map(|m| Shown::passage(&format!("{}: {}", m.mailbox, m.verdict))).collect(),
        state: Shown::passage(&incident.still_active.state),
        tenant: Shown::name(&incident.tenants.join(", ")),
        id: Shown::name(&incident.id),
    }
}

fn name_of(step: Step) -> &'static str {
    match step {
        Step::Entry => "Entry",
        Step::Persistence => "Persistence",
        Step::Access => "Access",
        Step::Exfiltration => "Exfiltration",
        Step::CoverUp => "Cover-up",
        Step::Context => "Beside it",
    }
}

/// How many things that a campaign shares are named.
const SHARED: usize = 4;

fn campaign(campaign: &Campaign) -> Shown {
    let mut shared: Vec<String> =
        campaign.shared.iter().take(SHARED).map(|shared| format!("{} {}", shared.kind.as_str(), shared.value)).collect();
    if campaign.shared.len() > SHARED {
        shared.push(format!("and {} more", campaign.shared.len() - SHARED));
    }
    Shown::passage(&format!(
        "{} in {} share {}: perhaps one intruder",
        counted(campaign.incident_ids.len() as u64, "incident", "incidents"),
        counted(campaign.tenants.len() as u64, "tenant", "tenants"),
        shared.join(", ")
    ))
}
