//! The table of the records that findings cite.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use waxseal_model::{Finding, Incidents};

/// Its name in queries, and that of its file in a detect run.
pub(crate) const CITED: &str = "cited";
pub(crate) const CITED_FILE: &str = "cited.parquet";

/// Why the table could not be made. Whose fault: ours.
#[derive(Debug, thiserror::Error)]
pub enum CitedError {
    /// Its columns do not fit.
    #[error("failed to build the table of cited records: {0}")]
    Arrow(#[from] ArrowError),
    /// It cannot be written.
    #[error("failed to write the table of cited records: {0}")]
    Parquet(#[from] ParquetError),
}

/// `tenant, id, finding, incident`: a row for every record a finding cites; `incident` is null where the finding is in none.
pub(crate) fn cited_schema() -> SchemaRef {
    let text = |name, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![text("tenant", false), text("id", false), text("finding", false), text("incident", true)]))
}

/// Its rows as Parquet, which is what plans can travel with.
pub(crate) fn cited_table(findings: &[Finding], incidents: &Incidents) -> Result<Vec<u8>, CitedError> {
    let mut incident_of: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for incident in &incidents.incidents {
        for (tenant, finding) in incident.tenants.iter().flat_map(|tenant| incident.finding_ids.iter().map(move |id| (tenant, id))) {
            incident_of.insert((tenant, finding), &incident.id);
        }
    }
    let mut writer = ArrowWriter::try_new(Vec::new(), cited_schema(), None)?;
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

/// A text in a query.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
