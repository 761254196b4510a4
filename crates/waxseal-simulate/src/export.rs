//! The shapes in which exports come.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::json;

use crate::clock::{American, Day, Ticks};
use crate::record::Record;
use crate::stream::Stream;
use crate::tenant::Tenant;

/// A shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Purview since 2024: eight columns, times with seven digits and a blank at the end.
    PurviewCsv,
    /// The compliance portal until 2023: four columns.
    ClassicCsv,
    /// `Search-UnifiedAuditLog | Export-Csv`.
    PowershellCsv,
    /// `Search-UnifiedAuditLog | ConvertTo-Json`.
    PowershellJson,
    /// Content of the Office 365 Management Activity API: arrays of bare records.
    ManagementApi,
    /// A bare record a line.
    Lines,
    /// Records of Microsoft Graph's audit log query.
    GraphQuery,
    /// Pages of Microsoft Graph: `{"value": […]}`.
    GraphPages,
    /// Azure Monitor to a storage account: a record a line, lines ending as on Windows.
    MonitorLines,
    /// Azure Monitor to an event hub: `{"records": […]}`.
    MonitorBatches,
    /// Pages of the Google Workspace Reports API.
    WorkspacePages,
}

impl Shape {
    /// The shapes a stream can come in.
    pub(crate) fn of(stream: Stream) -> &'static [Self] {
        match stream {
            Stream::UnifiedAudit => &[
                Self::PurviewCsv,
                Self::ManagementApi,
                Self::PowershellCsv,
                Self::Lines,
                Self::PowershellJson,
                Self::GraphQuery,
                Self::ClassicCsv,
            ],
            Stream::GraphCalls => &[Self::MonitorLines, Self::MonitorBatches],
            Stream::Workspace => &[Self::WorkspacePages],
            _ => &[Self::MonitorLines, Self::GraphPages, Self::MonitorBatches],
        }
    }

    /// How its files' names end.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::PurviewCsv | Self::ClassicCsv | Self::PowershellCsv => "csv",
            Self::Lines | Self::MonitorLines => "jsonl",
            _ => "json",
        }
    }

    /// Writes what became available on a day as one file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(self, tenant: &Tenant, records: &[&Record], out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::PurviewCsv => rows(records, out, PURVIEW, purview_row),
            Self::ClassicCsv => rows(records, out, CLASSIC, classic_row),
            Self::PowershellCsv => rows(records, out, POWERSHELL, powershell_row),
            Self::PowershellJson => array(records, out, ("[", "]"), powershell_object),
            Self::ManagementApi => array(records, out, ("[", "]"), |record| record.body.clone()),
            Self::GraphQuery => array(records, out, ("{\"value\":[", "]}"), |record| query_record(tenant, record)),
            Self::GraphPages => array(records, out, ("{\"value\":[", "]}"), |record| record.body.clone()),
            Self::MonitorBatches => array(records, out, ("{\"records\":[", "]}"), |record| enveloped(tenant, record)),
            Self::WorkspacePages => {
                array(records, out, ("{\"kind\":\"admin#reports#activities\",\"items\":[", "]}"), |record| record.body.clone())
            }
            Self::Lines => lines(records, out, "\n", |record| record.body.clone()),
            Self::MonitorLines => lines(records, out, "\r\n", |record| enveloped(tenant, record)),
        }
    }
}

/// A record in the one form that can stand beside all others in a stream of lines.
pub(crate) fn write_line(tenant: &Tenant, record: &Record, out: &mut Vec<u8>) {
    let text = if record.stream.category().is_some() { enveloped(tenant, record) } else { record.body.clone() };
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}

fn lines(records: &[&Record], out: &mut dyn Write, end: &str, text: impl Fn(&Record) -> String) -> io::Result<()> {
    for record in records {
        out.write_all(text(record).as_bytes())?;
        out.write_all(end.as_bytes())?;
    }
    Ok(())
}

fn array(records: &[&Record], out: &mut dyn Write, (open, close): (&str, &str), text: impl Fn(&Record) -> String) -> io::Result<()> {
    out.write_all(open.as_bytes())?;
    for (i, record) in records.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        out.write_all(text(record).as_bytes())?;
    }
    writeln!(out, "\n{close}")
}

const PURVIEW: &str = "RecordId,CreationDate,RecordType,Operation,UserId,AuditData,AssociatedAdminUnits,AssociatedAdminUnitsNames";
const CLASSIC: &str = "CreationDate,UserIds,Operations,AuditData";
const POWERSHELL: &str = "\"RunspaceId\",\"RecordType\",\"CreationDate\",\"UserIds\",\"Operations\",\"AuditData\",\"ResultIndex\",\"ResultCount\",\"Identity\",\"IsValid\",\"ObjectState\"";

/// Portals and PowerShell write a byte order mark.
fn rows(records: &[&Record], out: &mut dyn Write, header: &str, row: impl Fn(&Record, (usize, usize), &mut String)) -> io::Result<()> {
    write!(out, "\u{feff}{header}\r\n")?;
    let mut line = String::new();
    for (i, record) in records.iter().enumerate() {
        line.clear();
        row(record, (i + 1, records.len()), &mut line);
        line.push_str("\r\n");
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

fn purview_row(record: &Record, _place: (usize, usize), line: &mut String) {
    write_all(line, format_args!("{},\"{}.0000000Z \",{},", record.id, crate::clock::NoZone(record.time), record.record_type));
    cells(line, &[record.operation, &record.user, &record.body]);
    line.push_str(",,");
}

fn classic_row(record: &Record, _place: (usize, usize), line: &mut String) {
    write_all(line, format_args!("{},", Ticks(record.time, "Z")));
    cells(line, &[&record.user, record.operation, &record.body]);
}

fn powershell_row(record: &Record, (index, count): (usize, usize), line: &mut String) {
    write_all(
        line,
        format_args!("\"3f1d6c52-0a77-4c58-9b43-5a0c1f3f6e21\",\"{}\",\"{}\",", type_name(record.record_type), American(record.time)),
    );
    cells(line, &[&record.user, record.operation, &record.body]);
    write_all(line, format_args!(",\"{index}\",\"{count}\",\"{}\",\"True\",\"Unchanged\"", record.id));
}

/// Writing to a text cannot fail.
fn write_all(line: &mut String, arguments: std::fmt::Arguments<'_>) {
    if line.write_fmt(arguments).is_err() {
        line.push('?');
    }
}

/// Quoted cells, as all these writers quote them.
fn cells(line: &mut String, cells: &[&str]) {
    for (i, cell) in cells.iter().enumerate() {
        if i > 0 {
            line.push(',');
        }
        line.push('"');
        let mut rest = *cell;
        while let Some(at) = rest.find('"') {
            line.push_str(&rest[..=at]);
            line.push('"');
            rest = &rest[at + 1..];
        }
        line.push_str(rest);
        line.push('"');
    }
}

fn powershell_object(record: &Record) -> String {
    json!({
        "RecordType": type_name(record.record_type),
        "CreationDate": Ticks(record.time, "Z"),
        "UserIds": record.user,
        "Operations": record.operation,
        "AuditData": record.body,
        "ResultIndex": 1,
        "ResultCount": 1,
        "Identity": record.id,
        "IsValid": true,
        "ObjectState": "Unchanged",
    })
    .to_string()
}

/// Graph's record around AuditData: its `userId` holds the address, and its `auditData` an object.
fn query_record(tenant: &Tenant, record: &Record) -> String {
    let around = json!({
        "id": record.id,
        "createdDateTime": Ticks(record.time, "Z"),
        "auditLogRecordType": type_name(record.record_type),
        "operation": record.operation,
        "organizationId": tenant.id,
        "userPrincipalName": record.user,
        "administrativeUnits": [""],
    })
    .to_string();
    format!("{},\"auditData\":{}}}", around.trim_end_matches('}'), record.body)
}

/// Azure Monitor's envelope. Its time is when a sign-in came in, and when anything else happened.
fn enveloped(tenant: &Tenant, record: &Record) -> String {
    let Some(category) = record.stream.category() else { return record.body.clone() };
    let signs_in = category.contains("SignIn");
    let time =
        if signs_in { crate::clock::plus(record.time, 120 + i64::from(record.envelope.correlation.bytes()[0]) * 3) } else { record.time };
    let operation = if signs_in || category.starts_with("Microsoft") { record.operation } else { record.operation.trim_end_matches('.') };
    let around = json!({
        "time": Ticks(time, "Z"),
        "resourceId": format!("/tenants/{}/providers/Microsoft.aadiam", tenant.id),
        "operationName": operation,
        "operationVersion": "1.0",
        "category": category,
        "tenantId": tenant.id,
        "resultType": record.envelope.result.to_string(),
        "resultSignature": "None",
        "durationMs": "0",
        "callerIpAddress": record.envelope.address,
        "correlationId": record.envelope.correlation,
        "identity": record.envelope.identity,
        "Level": 4,
    })
    .to_string();
    format!("{},\"properties\":{}}}", around.trim_end_matches('}'), record.body)
}

/// The name that PowerShell and Graph have for a record type.
fn type_name(number: u32) -> &'static str {
    match number {
        1 => "ExchangeAdmin",
        2 => "ExchangeItem",
        3 => "ExchangeItemGroup",
        6 => "SharePointFileOperation",
        8 => "AzureActiveDirectory",
        15 => "AzureActiveDirectoryStsLogon",
        24 => "Discovery",
        25 => "MicrosoftTeams",
        50 => "ExchangeItemAggregated",
        _ => "Unknown",
    }
}

/// The folder of a stream, and the file of a day in it.
pub(crate) fn file_name(stream: Stream, day: Day, shape: Shape) -> String {
    format!("{}/{}.{}", stream.word(), day.date(), shape.extension())
}
