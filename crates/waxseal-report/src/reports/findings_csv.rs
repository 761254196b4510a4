//! `findings.csv`: the findings for a spreadsheet. Every cell passes through [`csv_cell`].

use std::io::Write;

use waxseal_model::{Finding, Nanos, csv_cell};

use crate::facts::Facts;
use crate::report::{Report, ReportError};
use crate::said::coverage_word;

/// How many record ids go into a cell: a spreadsheet cuts a cell after 32,767 characters.
const IDS: usize = 100;

/// The findings, one a row.
#[derive(Debug)]
pub(crate) struct FindingsCsv;

const HEADINGS: [&str; 21] = [
    "id",
    "severity",
    "confidence",
    "title",
    "tenant",
    "first_time",
    "last_time",
    "accounts",
    "mailboxes",
    "apps",
    "ips",
    "sessions",
    "verdict",
    "coverage",
    "explanation",
    "event_count",
    "first_event_ids",
    "category",
    "attack",
    "detection",
    "version",
];

impl Report for FindingsCsv {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn file_name(&self) -> &'static str {
        "findings.csv"
    }

    fn render(&self, facts: &Facts<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(HEADINGS)?;
        for finding in facts.findings {
            csv.write_record(row(finding).iter().map(|cell| csv_cell(cell).into_owned()))?;
        }
        csv.flush()?;
        Ok(())
    }
}

fn row(finding: &Finding) -> [String; 21] {
    let ids = &finding.event_ids[..finding.event_ids.len().min(IDS)];
    [
        finding.id.clone(),
        finding.severity.to_string(),
        finding.confidence.to_string(),
        finding.title.clone(),
        finding.tenant.clone(),
        time(finding.first_time),
        time(finding.last_time),
        finding.accounts.join("; "),
        finding.mailboxes.join("; "),
        finding.apps.join("; "),
        finding.ips.join("; "),
        finding.sessions.join("; "),
        finding.verdict.clone(),
        coverage_word(finding.coverage).to_owned(),
        finding.explanation.clone(),
        finding.event_count.to_string(),
        ids.join("; "),
        finding.category.clone(),
        finding.attack.join("; "),
        finding.detection.clone(),
        finding.version.to_string(),
    ]
}

fn time(time: Option<Nanos>) -> String {
    time.map_or_else(String::new, |time| time.to_string())
}
