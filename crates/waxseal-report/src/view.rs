//! What the text and the HTML report say, in words and in order, before either sets it.

mod answer;
mod coverage;
mod files;
mod gaps;
mod groups;
mod incidents;
mod method;
mod tenants;

pub(crate) use coverage::TenantCoverage;
pub(crate) use files::FileRow;
pub(crate) use gaps::Gap;
pub(crate) use groups::{Detail, Level, Names, Told};
pub(crate) use incidents::ToldIncident;
pub(crate) use tenants::TenantRow;

use waxseal_model::Severity;

use crate::facts::Facts;
use crate::shown::Shown;
use crate::wording::moment;

/// One report's content.
#[derive(Debug)]
pub(crate) struct View {
    /// The case's name.
    pub(crate) case_name: Shown,
    /// The answer: its first sentence alone, then the rest.
    pub(crate) answer: String,
    /// What follows from the answer.
    pub(crate) verdicts: Option<String>,
    /// What was read.
    pub(crate) read: String,
    /// The instant the results hold for.
    pub(crate) as_of: Option<String>,
    /// How many findings there are of each severity, the gravest first.
    pub(crate) counts: Vec<(Severity, String)>,
    /// What could not be assessed.
    pub(crate) gaps: Vec<Gap>,
    /// What the findings make together.
    pub(crate) incidents: Vec<ToldIncident>,
    /// What incidents of several tenants share.
    pub(crate) campaigns: Vec<Shown>,
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
    /// Tenants whose strips are left out.
    pub(crate) tenants_left_out: usize,
    /// How it was worked out, and where that ends: a lead and a passage each.
    pub(crate) method: Vec<(&'static str, String)>,
    /// The version of the program.
    pub(crate) version: Shown,
}

impl View {
    /// Words the facts.
    pub(crate) fn of(facts: &Facts<'_>) -> Self {
        Self {
            case_name: Shown::name(facts.case_name),
            answer: answer::answer(facts),
            verdicts: answer::verdicts(facts.findings),
            read: answer::read(facts.account),
            as_of: facts.as_of.map(moment),
            counts: answer::severities(facts.findings).into_iter().map(|(severity, n)| (severity, crate::wording::grouped(n))).collect(),
            gaps: gaps::gaps(facts.account),
            incidents: incidents::incidents(facts),
            campaigns: incidents::campaigns(facts),
            levels: groups::levels(facts),
            files: facts.account.files.iter().map(FileRow::of).collect(),
            total: FileRow::total(facts.account),
            tenants: facts.account.tenants.iter().map(TenantRow::of).collect(),
            coverage: coverage::coverage(facts),
            tenants_left_out: coverage::tenants_left_out(facts),
            method: method::method(facts),
            version: Shown::name(facts.version),
        }
    }
}
