//! Things of a case by their ids: events, findings, incidents, campaigns, and messages by the records that name them.

use serde::Serialize;
use serde_json::{Map, Value};
use waxseal_model::{Campaign, Finding, Incident};

use crate::case::{Case, CaseError};
use crate::export::{ExportError, TableFormat, write_rows};
use crate::ingest::ingested;
use crate::session;
use crate::tables::literal;
use crate::timeline::items_of;

/// The fewest characters of an id that may stand for it.
pub const SHORTEST_PREFIX: usize = 6;

/// So many things with one beginning are listed.
const MOST_NAMED: usize = 20;

/// Why a thing could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// See [`CaseError`].
    #[error(transparent)]
    Case(#[from] CaseError),
    /// See [`ExportError`].
    #[error(transparent)]
    Query(#[from] ExportError),
    /// Whose fault: ours.
    #[error("failed to read the rows of a query: {0}")]
    Json(#[from] serde_json::Error),
}

/// Something of a case that has an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Named {
    /// A record: its tenant and id. Several logs may have one of that id.
    Event {
        /// The tenant.
        tenant: String,
        /// The id.
        id: String,
    },
    /// A finding.
    Finding(Box<Finding>),
    /// An incident.
    Incident(Box<Incident>),
    /// A campaign.
    Campaign(Campaign),
    /// A message: its id, as records name it.
    Message(String),
}

impl Named {
    /// What it is and its id.
    #[must_use]
    pub fn label(&self) -> (&'static str, &str) {
        match self {
            Self::Event { id, .. } => ("event", id),
            Self::Finding(finding) => ("finding", &finding.id),
            Self::Incident(incident) => ("incident", &incident.id),
            Self::Campaign(campaign) => ("campaign", &campaign.id),
            Self::Message(id) => ("message", id),
        }
    }
}

/// A record with everything that is known of it.
#[derive(Debug, Clone, Serialize)]
pub struct EventShown {
    /// The columns that are set, but for `raw`.
    pub event: Map<String, Value>,
    /// Where it stands.
    pub stands_in: Place,
    /// Further copies.
    pub sightings: Vec<Place>,
    /// The findings that cite it.
    pub findings: Vec<Citing>,
    /// The record as it stood in the input.
    pub raw: String,
}

/// A place in the evidence.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The digest of the input, and behind it the member of an archive.
    pub evidence_id: String,
    /// The input's path, as it was given.
    pub path: Option<String>,
    /// Where the record starts: a byte of the input after decompression.
    pub offset: i64,
    /// Whether the copy says something else.
    pub conflict: bool,
}

/// A finding that cites a record.
#[derive(Debug, Clone, Serialize)]
pub struct Citing {
    /// The finding.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its severity.
    pub severity: String,
    /// The incident it is in.
    pub incident: Option<String>,
}

impl Case {
    /// What has this id, or where nothing has, what has an id that begins with it.
    ///
    /// # Errors
    /// The findings cannot be read, or the events cannot be queried.
    pub fn find(&self, id: &str) -> Result<Vec<Named>, ShowError> {
        let exact = self.named(&|known| known == id, &format!("id = {}", literal(id)))?;
        if !exact.is_empty() {
            return Ok(exact);
        }
        if may_be_a_message(id) && self.names_message(id)? {
            return Ok(vec![Named::Message(id.to_owned())]);
        }
        if id.chars().count() < SHORTEST_PREFIX {
            return Ok(Vec::new());
        }
        self.named(&|known| known.starts_with(id), &format!("starts_with(id, {})", literal(id)))
    }

    fn named(&self, fits: &dyn Fn(&str) -> bool, events: &str) -> Result<Vec<Named>, ShowError> {
        let mut named: Vec<Named> = Vec::new();
        if let Some(incidents) = self.incidents()? {
            named.extend(incidents.campaigns.into_iter().filter(|campaign| fits(&campaign.id)).map(Named::Campaign));
            let fitting = incidents.incidents.into_iter().filter(|incident| fits(&incident.id));
            named.extend(fitting.map(|incident| Named::Incident(Box::new(incident))));
        }
        named.extend(self.findings()?.into_iter().filter(|finding| fits(&finding.id)).map(|finding| Named::Finding(Box::new(finding))));
        let query = format!("SELECT DISTINCT tenant, id FROM events WHERE {events} ORDER BY tenant, id LIMIT {}", MOST_NAMED + 1);
        for row in self.rows(&query)? {
            named.push(Named::Event { tenant: text(&row, "tenant"), id: text(&row, "id") });
        }
        Ok(named)
    }

    fn names_message(&self, id: &str) -> Result<bool, ShowError> {
        Ok(!self.rows(&format!("SELECT tenant, id FROM {} LIMIT 1", items_of(id)))?.is_empty())
    }

    /// The records that name a message, in the order of time: time, tenant, operation, actor, mailbox, address, id.
    ///
    /// # Errors
    /// The events cannot be queried.
    pub fn records_of_message(&self, id: &str) -> Result<Vec<Map<String, Value>>, ShowError> {
        self.rows(&format!(
            "SELECT e.time, e.tenant, e.operation, e.actor, e.mailbox, e.client_ip, e.id AS event \
             FROM (SELECT DISTINCT tenant, id FROM {}) AS named JOIN events AS e ON e.tenant = named.tenant AND e.id = named.id \
             ORDER BY e.time NULLS LAST, e.tenant, e.id LIMIT 1000",
            items_of(id)
        ))
    }

    /// The records of an id, with where they stand and which findings cite them.
    ///
    /// # Errors
    /// As for [`Case::find`].
    pub fn event(&self, tenant: &str, id: &str) -> Result<Vec<EventShown>, ShowError> {
        let is = format!("tenant = {} AND id = {}", literal(tenant), literal(id));
        let copies =
            self.rows(&format!("SELECT evidence_id, \"offset\", conflict FROM sightings WHERE {is} ORDER BY evidence_id, \"offset\""))?;
        let sightings: Vec<Place> = copies.iter().map(|row| self.place(row)).collect();
        let findings = self.citing(tenant, id)?;
        let shown = |mut event: Map<String, Value>| {
            let raw = event.remove("raw").and_then(|raw| raw.as_str().map(str::to_owned)).unwrap_or_default();
            event.retain(|_, value| !value.is_null());
            // Copies are listed instead of counted.
            event.remove("sightings");
            EventShown { stands_in: self.place(&event), event, sightings: sightings.clone(), findings: findings.clone(), raw }
        };
        Ok(self.rows(&format!("SELECT * FROM events WHERE {is} ORDER BY log_class, operation"))?.into_iter().map(shown).collect())
    }

    fn citing(&self, tenant: &str, id: &str) -> Result<Vec<Citing>, ShowError> {
        let incidents = self.incidents()?;
        let incident_of = |finding: &str| {
            let all = incidents.iter().flat_map(|incidents| &incidents.incidents);
            all.into_iter().find(|incident| incident.finding_ids.iter().any(|id| id == finding)).map(|incident| incident.id.clone())
        };
        let cites = |finding: &Finding| finding.tenant == tenant && finding.event_ids.iter().any(|cited| cited == id);
        let citing = |finding: Finding| Citing {
            incident: incident_of(&finding.id),
            severity: finding.severity.to_string(),
            title: finding.title,
            id: finding.id,
        };
        Ok(self.findings()?.into_iter().filter(cites).map(citing).collect())
    }

    fn place(&self, row: &Map<String, Value>) -> Place {
        let evidence_id = text(row, "evidence_id");
        let (digest, member) = evidence_id.split_once('!').map_or((evidence_id.as_str(), None), |(digest, member)| (digest, Some(member)));
        let input = ingested(&self.runs).flat_map(|ingested| &ingested.inputs).find(|input| input.sha256 == digest);
        let path = input.map(|input| member.map_or_else(|| input.path.clone(), |member| format!("{}!{member}", input.path)));
        let offset = row.get("offset").and_then(Value::as_i64).unwrap_or(0);
        Place { path, offset, conflict: row.get("conflict").and_then(Value::as_bool).unwrap_or(false), evidence_id }
    }

    /// The rows of a query of our own.
    fn rows(&self, query: &str) -> Result<Vec<Map<String, Value>>, ShowError> {
        let mut lines = Vec::new();
        self.store.runtime().block_on(async {
            let ctx = session::open(&self.store, &self.runs, self.resources, session::Purpose::Detections, None).await?;
            write_rows(ctx.sql(query).await?, TableFormat::JsonLines, &mut lines).await
        })?;
        let rows = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Ok(rows.map(serde_json::from_slice).collect::<Result<_, _>>()?)
    }
}

/// Whether an id has the form of a message's: an address in brackets, or longer than a GUID. Looking for one takes a while.
fn may_be_a_message(id: &str) -> bool {
    id.contains(['@', '<', '>']) || id.len() > 36
}

fn text(row: &Map<String, Value>, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
