//! One export in the shapes in which others hand it over, made here from its records: whatever stands around them, the findings are
//! the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use chrono::NaiveDateTime;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

use crate::captures::path;
use crate::program::{Scratch, comparable, hunt, number, run_json};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[("captures::one_export_gives_the_same_findings_in_every_shape", same_in_every_shape)];

/// One record of the unified audit log: its text as it was exported, and the same parsed.
struct Audited {
    text: String,
    data: Value,
}

impl Audited {
    fn of(line: &str) -> Result<Self> {
        Ok(Self { text: line.to_owned(), data: serde_json::from_str(line)? })
    }

    /// A member as text.
    fn get(&self, name: &str) -> String {
        match &self.data[name] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }

    fn time(&self, form: &str) -> Result<String> {
        Ok(NaiveDateTime::parse_from_str(&self.get("CreationTime"), "%Y-%m-%dT%H:%M:%S")?.format(form).to_string())
    }
}

/// How records are handed over.
struct Shape {
    /// What the file is called.
    file: &'static str,
    /// What the account of the file has to say that it took off, so that a shape cannot pass for another.
    layers: &'static [&'static str],
    made: fn(&[Audited]) -> Result<Vec<u8>>,
}

const SHAPES: &[Shape] = &[
    Shape { file: "auditdata.jsonl", layers: &["json lines"], made: lines },
    Shape { file: "pretty.json", layers: &["json"], made: pretty },
    Shape { file: "array.json", layers: &["json"], made: array },
    Shape { file: "pages.json", layers: &["json"], made: pages },
    Shape { file: "exported.jsonl", layers: &["json lines"], made: exported },
    Shape { file: "purview.csv", layers: &["csv"], made: purview },
    Shape { file: "semicolons.csv", layers: &["csv"], made: semicolons },
    Shape { file: "utf16.csv", layers: &["utf-16", "csv"], made: utf16 },
    Shape { file: "graph.json", layers: &["value"], made: graph },
    Shape { file: "elastic.jsonl", layers: &["json lines", "event.original"], made: elastic },
    Shape { file: "splunk.json", layers: &["json lines", "result", "_raw"], made: splunk },
    Shape { file: "raw.csv", layers: &["csv", "_raw"], made: splunk_table },
    Shape { file: "syslog.log", layers: &["syslog"], made: syslog },
    Shape { file: "PT1H.json", layers: &["records", "RawEventData"], made: azure },
    Shape { file: "export.zip", layers: &["zip", "csv", "json lines"], made: zipped },
    Shape { file: "export.tar.gz", layers: &["gzip", "tar", "json", "value"], made: tarred },
    Shape { file: "syslog.log.zst", layers: &["zstd", "syslog"], made: |records| Ok(zstd::encode_all(syslog(records)?.as_slice(), 3)?) },
    Shape { file: "pages.json.bz2", layers: &["bzip2", "json"], made: bzipped },
    Shape { file: "lake.parquet", layers: &["parquet", "json lines"], made: lake },
];

fn same_in_every_shape() -> Result<()> {
    let text = fs::read_to_string(path("invictus_o365/original/derived/auditdata_unique_sans.jsonl"))?;
    let records: Vec<Audited> = text.lines().map(Audited::of).collect::<Result<_>>()?;
    ensure!(records.len() == 1_475, "{} records", records.len());
    let mut first: Option<Vec<String>> = None;
    for shape in SHAPES {
        let found = findings_in(shape, &records).with_context(|| format!("in the shape of {}", shape.file))?;
        // Only the way in differs: ids, texts, levels, who and where, all of it is compared, and nothing is taken out.
        let Some(first) = &first else {
            ensure!(found.len() > 20, "only {} findings", found.len());
            first = Some(found);
            continue;
        };
        let only = |here: &[String], there: &[String]| here.iter().filter(|it| !there.contains(it)).cloned().collect::<Vec<_>>();
        ensure!(
            *first == found,
            "{} differs; only in lines: {:#?}; only here: {:#?}",
            shape.file,
            only(first, &found),
            only(&found, first)
        );
    }
    Ok(())
}

fn findings_in(shape: &Shape, records: &[Audited]) -> Result<Vec<String>> {
    let scratch = Scratch::new()?;
    let input = scratch.write(shape.file, (shape.made)(records)?)?;
    let case = scratch.path("case");
    let findings = hunt(&[&input], &case)?;
    let account = run_json(&case)?;
    let counts = ["records", "read", "duplicates", "rejected", "truncated"].map(|count| number(&account, count));
    let all = records.len() as u64;
    ensure!(counts == [all, all, 0, 0, 0], "records, read, duplicates, rejected, truncated: {counts:?}");
    let files = account["per_file"].as_array().context("files")?;
    let taken_off: BTreeSet<&str> = files.iter().filter_map(|file| file["layers"].as_array()).flatten().filter_map(Value::as_str).collect();
    let expected: BTreeSet<&str> = shape.layers.iter().copied().collect();
    ensure!(taken_off == expected, "taken off were {taken_off:?}");
    Ok(comparable(&findings))
}

/// The records of the Management API as collectors write them, one a line.
fn lines(records: &[Audited]) -> Result<Vec<u8>> {
    Ok(joined(records.iter().map(|record| record.text.clone()), "\n"))
}

/// Objects on many lines, one after the other, as PowerShell appends them.
fn pretty(records: &[Audited]) -> Result<Vec<u8>> {
    let texts: Vec<String> = records.iter().map(|record| serde_json::to_string_pretty(&record.data)).collect::<Result<_, _>>()?;
    Ok(joined(texts.into_iter(), "\r\n\r\n"))
}

fn array(records: &[Audited]) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&records.iter().map(|record| &record.data).collect::<Vec<_>>())?)
}

/// Arrays one after the other: the blobs of the Management API in one file.
fn pages(records: &[Audited]) -> Result<Vec<u8>> {
    let texts: Vec<String> = records
        .chunks(100)
        .map(|page| serde_json::to_string_pretty(&page.iter().map(|r| &r.data).collect::<Vec<_>>()))
        .collect::<Result<_, _>>()?;
    Ok(joined(texts.into_iter(), "\n"))
}

/// Objects of PowerShell, AuditData as text in them.
fn exported(records: &[Audited]) -> Result<Vec<u8>> {
    let texts: Vec<String> = records.iter().enumerate().map(|(n, record)| {
        let object = json!({
            "RecordType": record.get("RecordType"), "CreationDate": record.time("%-m/%-d/%Y %-I:%M:%S %p")?, "UserIds": record.get("UserId"),
            "Operations": record.get("Operation"), "AuditData": record.text, "ResultIndex": n + 1, "ResultCount": records.len(),
            "Identity": record.get("Id"), "IsValid": true, "ObjectState": "Unchanged",
        });
        Ok(object.to_string())
    }).collect::<Result<_>>()?;
    Ok(joined(texts.into_iter(), "\n"))
}

/// A table, every cell quoted.
fn table(header: &[&str], rows: impl Iterator<Item = Result<Vec<String>>>, between: &str) -> Result<String> {
    let quoted =
        |cells: Vec<String>| cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(between);
    let mut text = header.join(between);
    for row in rows {
        write!(text, "\r\n{}", quoted(row?))?;
    }
    Ok(text + "\r\n")
}

/// What Purview's portal gives, with its mark, its seven digits and its blank.
fn purview(records: &[Audited]) -> Result<Vec<u8>> {
    let header =
        ["RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData", "AssociatedAdminUnits", "AssociatedAdminUnitsNames"];
    let rows = records.iter().map(|record| {
        let time = record.time("%Y-%m-%dT%H:%M:%S.0000000Z ")?;
        let [id, kind, operation, user] = ["Id", "RecordType", "Operation", "UserId"].map(|name| record.get(name));
        Ok(vec![id, time, kind, operation, user, record.text.clone(), String::new(), String::new()])
    });
    Ok([b"\xef\xbb\xbf", table(&header, rows, ",")?.as_bytes()].concat())
}

/// The four classic columns, put together from several exports and saved where a comma is the decimal mark.
fn semicolons(records: &[Audited]) -> Result<Vec<u8>> {
    let rows = records
        .iter()
        .rev()
        .map(|record| Ok(vec![record.time("%d.%m.%Y %H:%M:%S")?, record.get("UserId"), record.get("Operation"), record.text.clone()]));
    Ok(table(&["CreationDate", "UserIds", "Operations", "AuditData"], rows, ";")?.into_bytes())
}

/// `Export-Csv -Encoding Unicode` of what `Search-UnifiedAuditLog` gives.
fn utf16(records: &[Audited]) -> Result<Vec<u8>> {
    let header = [
        "RunspaceId",
        "RecordType",
        "CreationDate",
        "UserIds",
        "Operations",
        "AuditData",
        "ResultIndex",
        "ResultCount",
        "Identity",
        "IsValid",
        "ObjectState",
    ];
    let rows = records.iter().enumerate().map(|(n, record)| {
        let time = record.time("%-m/%-d/%Y %-I:%M:%S %p")?;
        let [kind, user, operation, id] = ["RecordType", "UserId", "Operation", "Id"].map(|name| record.get(name));
        let (index, count) = ((n + 1).to_string(), records.len().to_string());
        Ok(vec![
            String::new(),
            kind,
            time,
            user,
            operation,
            record.text.clone(),
            index,
            count,
            id,
            "True".to_owned(),
            "Unchanged".to_owned(),
        ])
    });
    Ok(format!("\u{feff}{}", table(&header, rows, ",")?).encode_utf16().flat_map(u16::to_le_bytes).collect())
}

/// A page of Microsoft Graph's audit log query. It crosses the two names of an account: the address is in `userId`.
fn graph(records: &[Audited]) -> Result<Vec<u8>> {
    let of = |record: &Audited| -> Result<Value> {
        let mut data = record.data.clone();
        data["@odata.type"] = json!("#microsoft.graph.security.defaultAuditData");
        let kind = match record.data["RecordType"].as_u64() {
            Some(1) => "exchangeAdmin",
            Some(2) => "exchangeItem",
            Some(8) => "azureActiveDirectory",
            Some(15) => "azureActiveDirectoryStsLogon",
            _ => "unknownFutureValue",
        };
        Ok(json!({
            "id": record.get("Id"), "createdDateTime": record.time("%Y-%m-%dT%H:%M:%SZ")?, "auditLogRecordType": kind,
            "operation": record.get("Operation"), "organizationId": record.get("OrganizationId"), "userType": "Regular",
            "userId": record.get("UserId"), "userPrincipalName": record.get("UserKey"), "service": record.get("Workload"),
            "objectId": record.get("ObjectId"), "clientIp": record.get("ClientIP"), "administrativeUnits": [""], "auditData": data,
        }))
    };
    let value: Vec<Value> = records.iter().map(of).collect::<Result<_>>()?;
    let page = json!({ "@odata.context": "https://graph.microsoft.com/beta/$metadata#security/auditLog/queries", "value": value });
    Ok(page.to_string().into_bytes())
}

/// What Elastic's agents keep of the original beside what they made of it.
fn elastic(records: &[Audited]) -> Result<Vec<u8>> {
    wrapped(records, |record| {
        Ok(json!({
            "@timestamp": record.time("%Y-%m-%dT%H:%M:%S.000Z")?, "ecs": { "version": "8.11.0" },
            "event": { "action": record.get("Operation"), "dataset": "o365.audit", "original": record.text },
            "user": { "id": record.get("UserId") },
        }))
    })
}

/// What Splunk exports as JSON.
fn splunk(records: &[Audited]) -> Result<Vec<u8>> {
    wrapped(records, |record| {
        Ok(json!({
            "preview": false,
            "result": { "_raw": record.text, "_time": record.time("%Y-%m-%d %H:%M:%S.000 UTC")?, "host": "forwarder", "sourcetype": "o365:management:activity" },
        }))
    })
}

/// What Splunk exports as a table.
fn splunk_table(records: &[Audited]) -> Result<Vec<u8>> {
    let rows = records.iter().map(|record| {
        Ok(vec![record.text.clone(), record.time("%Y-%m-%dT%H:%M:%S.000+0000")?, "forwarder".to_owned(), "audit".to_owned()])
    });
    Ok(table(&["_raw", "_time", "host", "index"], rows, ",")?.into_bytes())
}

fn syslog(records: &[Audited]) -> Result<Vec<u8>> {
    let texts: Vec<String> = records
        .iter()
        .map(|record| Ok(format!("<134>1 {} relay o365 - - - {}", record.time("%Y-%m-%dT%H:%M:%SZ")?, record.text)))
        .collect::<Result<_>>()?;
    Ok(joined(texts.into_iter(), "\n"))
}

/// A blob that Defender streams to Azure's storage.
fn azure(records: &[Audited]) -> Result<Vec<u8>> {
    let of = |record: &Audited| -> Result<Value> {
        let time = record.time("%Y-%m-%dT%H:%M:%SZ")?;
        Ok(json!({
            "time": time, "tenantId": record.get("OrganizationId"), "operationName": "Publish", "category": "AdvancedHunting-CloudAppEvents",
            "properties": { "Timestamp": time, "ActionType": record.get("Operation"), "AccountType": "Regular", "RawEventData": record.data },
        }))
    };
    let records: Vec<Value> = records.iter().map(of).collect::<Result<_>>()?;
    Ok(json!({ "records": records }).to_string().into_bytes())
}

/// Half as a table, half as lines.
fn zipped(records: &[Audited]) -> Result<Vec<u8>> {
    let (table, rest) = records.split_at(records.len() / 2);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("2021/table.csv", purview(table)?), ("2021/rest.jsonl", lines(rest)?)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())?;
        zip.write_all(&bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

/// Half as an array, half as a page of Graph.
fn tarred(records: &[Audited]) -> Result<Vec<u8>> {
    let (first, rest) = records.split_at(records.len() / 2);
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, bytes) in [("export/array.json", array(first)?), ("export/graph.json", graph(rest)?)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, name, bytes.as_slice())?;
    }
    Ok(tar.into_inner()?.finish()?)
}

fn bzipped(records: &[Audited]) -> Result<Vec<u8>> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(&pages(records)?)?;
    Ok(encoder.finish()?)
}

/// A table of a data lake, in several groups of rows.
fn lake(records: &[Audited]) -> Result<Vec<u8>> {
    let column = |name: &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(records.iter().map(|record| record.get(name)))) };
    let times: Vec<String> = records.iter().map(|record| record.time("%Y-%m-%dT%H:%M:%SZ")).collect::<Result<_>>()?;
    let batch = RecordBatch::try_from_iter([
        ("RecordId", column("Id")),
        ("CreationDate", Arc::new(StringArray::from(times)) as ArrayRef),
        ("Operation", column("Operation")),
        ("UserId", column("UserId")),
        ("AuditData", Arc::new(StringArray::from_iter_values(records.iter().map(|record| &record.text))) as ArrayRef),
    ])?;
    let groups = WriterProperties::builder().set_max_row_group_row_count(Some(500)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(groups))?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

fn wrapped(records: &[Audited], wrap: impl Fn(&Audited) -> Result<Value>) -> Result<Vec<u8>> {
    let texts: Vec<String> = records.iter().map(|record| Ok(wrap(record)?.to_string())).collect::<Result<_>>()?;
    Ok(joined(texts.into_iter(), "\n"))
}

fn joined(texts: impl Iterator<Item = String>, between: &str) -> Vec<u8> {
    let mut all = texts.collect::<Vec<_>>().join(between).into_bytes();
    all.push(b'\n');
    all
}
