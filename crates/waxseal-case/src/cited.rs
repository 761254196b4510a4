//! The table of the records that findings cite.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use waxseal_model::{Finding, Incidents};

use crate::tables::{TableError, properties};

/// Its name in queries, and that of its file in a detect run.
pub(crate) const CITED: &str = "cited";
pub(crate) const CITED_FILE: &str = "cited.parquet";

/// `tenant, id, finding, incident`: a row for every record a finding cites; `incident` is null where the finding is in none.
pub(crate) fn cited_schema() -> SchemaRef {
    let text = |name, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![text("tenant", false), text("id", false), text("finding", false), text("incident", true)]))
}

/// Its rows as Parquet, which is what plans can travel with.
pub(crate) fn cited_table(findings: &[Finding], incidents: &Incidents) -> Result<Vec<u8>, TableError> {
    let mut incident_of: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for incident in &incidents.incidents {
        for (tenant, finding) in incident.tenants.iter().flat_map(|tenant| incident.finding_ids.iter().map(move |id| (tenant, id))) {
            incident_of.insert((tenant, finding), &incident.id);
        }
    }
    let mut writer = ArrowWriter::try_new(Vec::new(), cited_schema(), Some(properties()?))?;
    for finding in findings {
        let count = finding.event_ids.len();
        let all = |text: Option<&str>| Arc::new(std::iter::repeat_n(text, count).collect::<StringArray>()) as ArrayRef;
        let columns = vec![
            all(Some(&finding.tenant)),
            Arc::new(finding.event_ids.iter().map(Some).collect::<StringArray>()) as ArrayRef,
            all(Some(&finding.id)),
            all(incident_of.get(&(finding.tenant.as_str(), finding.id.as_str())).copied()),
        ];
        writer.write(&RecordBatch::try_new(cited_schema(), columns)?)?;
    }
    Ok(writer.into_inner()?)
}
