//! What the text and the HTML report say, in words and in order, before either sets it.

mod answer;
mod containment;
mod coverage;
mod executive;
mod files;
mod gaps;
mod groups;
mod hand_over;
mod incidents;
mod mailboxes;
mod method;
mod statements;
mod tenants;
mod timeline;

pub(crate) use containment::Plan;
pub(crate) use coverage::TenantCoverage;
pub(crate) use executive::Executive;
pub(crate) use files::FileRow;
pub(crate) use gaps::Gap;
pub(crate) use groups::{Detail, Level, Names, NamesOf, Told};
pub(crate) use hand_over::Packet;
pub(crate) use incidents::{CampaignView, ToldIncident};
pub(crate) use mailboxes::MailboxRow;
pub(crate) use statements::TenantStatements;
pub(crate) use tenants::TenantRow;

use waxseal_model::Severity;

use crate::facts::Facts;
use crate::shown::Shown;
use crate::words::Words;

/// One report's content.
#[derive(Debug)]
pub(crate) struct View {
    /// The case's name.
    pub(crate) case_name: Shown,
    /// What a reader has to know who reads no further.
    pub(crate) executive: Executive,
    /// The findings and what is incomplete, in one sentence.
    pub(crate) answer: String,
    /// What follows from the answer.
    pub(crate) verdicts: Option<String>,
    /// What was read.
    pub(crate) read: String,
    /// The instant the results hold for.
    pub(crate) as_of: Option<String>,
    /// How many findings there are of each severity, the gravest first.
    pub(crate) counts: Vec<(Severity, u64)>,
    /// What could not be assessed.
    pub(crate) gaps: Vec<Gap>,
    /// Whether findings were joined to incidents at all.
    pub(crate) is_joined: bool,
    /// What the findings make together.
    pub(crate) incidents: Vec<ToldIncident>,
    /// That there are more of them, and where.
    pub(crate) incidents_more: Option<String>,
    /// What incidents of several tenants share.
    pub(crate) campaigns: Vec<CampaignView>,
    /// That there are more of them, and where.
    pub(crate) campaigns_more: Option<String>,
    /// Why there may be campaigns that are not told, where a setting is the reason.
    pub(crate) campaigns_note: Option<String>,
    /// What can be done, by incident.
    pub(crate) plans: Vec<Plan>,
    /// That there are more of them, and where.
    pub(crate) plans_more: Option<String>,
    /// What to hand to the provider, by incident.
    pub(crate) packets: Vec<Packet>,
    /// That there are more of them, and where.
    pub(crate) packets_more: Option<String>,
    /// The mailboxes that no incident reaches; nothing where that was not worked out.
    pub(crate) statements: Vec<TenantStatements>,
    /// That there are more tenants, and where.
    pub(crate) statements_more: Option<String>,
    /// The findings.
    pub(crate) levels: Vec<Level>,
    /// The files.
    pub(crate) files: Vec<FileRow>,
    /// Their sums.
    pub(crate) total: FileRow,
    /// The tenants.
    pub(crate) tenants: Vec<TenantRow>,
    /// How complete their logs are.
    pub(crate) coverage: Vec<TenantCoverage>,
    /// That there are more of them, and where.
    pub(crate) coverage_more: Option<String>,
    /// How it was worked out, and where that ends: a lead and a passage each.
    pub(crate) method: Vec<(String, String)>,
    /// The version of the program.
    pub(crate) version: Shown,
}

impl View {
    /// Words the facts.
    pub(crate) fn of(facts: &Facts<'_>, words: &Words) -> Self {
        Self {
            case_name: Shown::name(facts.case_name),
            executive: Executive::of(facts, words),
            answer: answer::answer(facts, words),
            verdicts: answer::verdicts(facts.findings, words),
            read: answer::read(facts.account, words),
            as_of: facts.as_of.map(|time| words.moment(time)),
            counts: answer::severities(facts.findings),
            gaps: gaps::gaps(facts.account, words),
            is_joined: facts.incidents.is_some(),
            incidents: incidents::incidents(facts, words),
            incidents_more: incidents::incidents_more(facts, words),
            campaigns: incidents::campaigns(facts, words),
            campaigns_more: incidents::campaigns_more(facts, words),
            campaigns_note: incidents::campaigns_note(facts, words),
            plans: containment::plans(facts, words),
            plans_more: containment::plans_more(facts, words),
            packets: hand_over::packets(facts, words),
            packets_more: hand_over::packets_more(facts, words),
            statements: statements::statements(facts, words),
            statements_more: statements::statements_more(facts, words),
            levels: groups::levels(facts, words),
            files: facts.account.files.iter().map(|file| FileRow::of(file, words)).collect(),
            total: FileRow::total(facts.account, words),
            tenants: facts.account.tenants.iter().map(|tenant| TenantRow::of(tenant, words)).collect(),
            coverage: coverage::coverage(facts, words),
            coverage_more: coverage::coverage_more(facts, words),
            method: method::method(facts, words),
            version: Shown::name(facts.version),
        }
    }

    /// Whether anything is said of campaigns.
    pub(crate) fn has_campaigns(&self) -> bool {
        !self.campaigns.is_empty() || self.campaigns_note.is_some()
    }
}

/// The first of a list, and how many are left out.
pub(crate) fn first_of<T>(all: &[T], most: usize) -> (&[T], u64) {
    let told = all.get(..most).unwrap_or(all);
    (told, all.len().saturating_sub(told.len()) as u64)
}
