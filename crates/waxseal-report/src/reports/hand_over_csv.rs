//! `hand-over.csv`: the records that only the provider can look up, of all incidents. Every cell passes through [`csv_cell`].

use std::io::Write;

use waxseal_model::{HandOverRecord, Nanos, csv_cell};

use crate::facts::Facts;
use crate::report::{Report, ReportError};

/// The records for the provider, one a row.
#[derive(Debug)]
pub(crate) struct HandOverCsv;

const HEADINGS: [&str; 15] = [
    "incident",
    "tenant",
    "time",
    "event_id",
    "operation",
    "actor",
    "mailbox",
    "mailbox_id",
    "token_id",
    "token_issued",
    "session_id",
    "app_id",
    "client_ip",
    "request_ids",
    "server",
];

impl Report for HandOverCsv {
    fn id(&self) -> &'static str {
        "hand-over"
    }

    fn file_name(&self) -> &'static str {
        "hand-over.csv"
    }

    fn render(&self, facts: &Facts<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(HEADINGS)?;
        for incident in facts.incidents.into_iter().flat_map(|incidents| &incidents.incidents) {
            let tenants = incident.tenants.join(" ");
            for record in incident.hand_over.iter().flat_map(|hand_over| &hand_over.records) {
                csv.write_record(row(&incident.id, &tenants, record).iter().map(|cell| csv_cell(cell).into_owned()))?;
            }
        }
        csv.flush()?;
        Ok(())
    }
}

fn row(incident: &str, tenant: &str, record: &HandOverRecord) -> [String; 15] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |time: Option<Nanos>| time.map(|time| time.to_string()).unwrap_or_default();
    [
        incident.to_owned(),
        tenant.to_owned(),
        time(record.time),
        record.event_id.clone(),
        record.operation.clone(),
        text(&record.actor),
        text(&record.mailbox),
        text(&record.mailbox_id),
        text(&record.token_id),
        time(record.issued),
        text(&record.session_id),
        text(&record.app_id),
        text(&record.client_ip),
        record.request_ids.join(" "),
        text(&record.server),
    ]
}
