//! `hunt.json`: the whole answer as one object.

use std::io::Write;

use serde::Serialize;
use waxseal_model::{Account, Finding, Nanos};

use crate::facts::Facts;
use crate::json::write_json;
use crate::report::{Report, ReportError};
use crate::view::View;
use crate::words::{ENGLISH, Words};

/// The word that names the shape of the object; a breaking change makes `v2`.
const SCHEMA: &str = "waxseal.hunt/v1";

/// The answer, the account and the findings.
#[derive(Debug)]
pub(crate) struct FindingsJson;

/// Field order is part of the format.
#[derive(Serialize)]
struct HuntV1<'a> {
    schema: &'static str,
    version: &'a str,
    case: &'a str,
    as_of: Option<Nanos>,
    answer: &'a str,
    complete: bool,
    totals: TotalsV1,
    account: &'a Account,
    findings: &'a [Finding],
}

#[derive(Serialize)]
struct TotalsV1 {
    files: u64,
    bytes: u64,
    records: u64,
    read: u64,
    duplicates: u64,
    truncated: u64,
    rejected: u64,
    undated: u64,
    findings: u64,
}

impl Report for FindingsJson {
    fn id(&self) -> &'static str {
        "json"
    }

    fn file_name(&self) -> &'static str {
        "hunt.json"
    }

    fn render(&self, facts: &Facts<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let view = View::of(facts, &Words::of(&ENGLISH));
        let hunt = HuntV1 {
            schema: SCHEMA,
            version: facts.version,
            case: facts.case_name,
            as_of: facts.as_of,
            answer: &view.answer,
            complete: facts.account.complete(),
            totals: TotalsV1::of(facts),
            account: facts.account,
            findings: facts.findings,
        };
        write_json(&hunt, true, out)?;
        out.write_all(b"\n")?;
        Ok(())
    }
}

impl TotalsV1 {
    fn of(facts: &Facts<'_>) -> Self {
        let account = facts.account;
        Self {
            files: account.files.len() as u64,
            bytes: account.total(|file| file.bytes),
            records: account.total(|file| file.rows),
            read: account.total(|file| file.read),
            duplicates: account.total(|file| file.duplicates),
            truncated: account.total(|file| file.truncated),
            rejected: account.total(|file| file.rejected),
            undated: account.total(|file| file.undated),
            findings: facts.findings.len() as u64,
        }
    }
}
