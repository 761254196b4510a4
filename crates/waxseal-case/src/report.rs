//! The report step: render the newest findings and the account, and put copies at the top of the case.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;
use waxseal_evidence::Digesting;
use waxseal_model::{Compared, DetectionMeta, FileSummary, Nanos, Statement, TOOL_VERSION};
use waxseal_report::{Facts, REPORTS, ReportError};

use crate::assemble::INCIDENTS;
use crate::case::{Case, CaseError, MAILBOXES, MAILBOXES_CSV, REJECTED, RUN_JSON};
use crate::coverage::{COVERAGE, CoverageJson};
use crate::export::write_csv;
use crate::ingest::ingested;
use crate::layout;
use crate::ledger::LedgerError;
use crate::operator::Progress;
use crate::runs::{self, Commit, Cost, Run, Step};
use crate::store::StoreError;

/// Why the reports could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportStepError {
    /// See [`CaseError`].
    #[error(transparent)]
    Case(#[from] CaseError),
    /// See [`ReportError`].
    #[error(transparent)]
    Render(#[from] ReportError),
    /// Whose fault: ours.
    #[error("failed to write run.json: {0}")]
    Json(#[from] serde_json::Error),
}

impl From<StoreError> for ReportStepError {
    fn from(error: StoreError) -> Self {
        Self::Case(error.into())
    }
}

/// Everything a report says, owned.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The case's name.
    pub case_name: String,
    /// What was read.
    pub account: waxseal_model::Account,
    /// What was found.
    pub findings: Vec<waxseal_model::Finding>,
    /// What the detections say of themselves.
    pub detections: Vec<DetectionMeta>,
    /// What the findings make together; nothing before the first detect run.
    pub incidents: Option<waxseal_model::Incidents>,
    /// What can be said of every mailbox; nothing before the first detect run.
    pub statements: Vec<waxseal_model::Statement>,
    /// How complete the logs are; nothing before the first detect run.
    pub coverage: Option<CoverageJson>,
    /// What the detections took for the present.
    pub as_of: Option<Nanos>,
    /// Whose incidents were compared with whose.
    pub compared: Compared,
}

impl Answer {
    /// As the reports take it.
    #[must_use]
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            case_name: &self.case_name,
            account: &self.account,
            findings: &self.findings,
            detections: &self.detections,
            incidents: self.incidents.as_ref(),
            statements: &self.statements,
            coverage: self.coverage.as_ref().map_or(&[], |coverage| &coverage.spans),
            mailboxes: self.coverage.as_ref().map_or(&[], |coverage| &coverage.mailboxes),
            as_of: self.as_of,
            compared: self.compared,
            version: TOOL_VERSION,
        }
    }
}

impl Case {
    /// What the newest complete runs say.
    ///
    /// # Errors
    /// The findings cannot be read.
    pub fn answer(&self) -> Result<Answer, CaseError> {
        Ok(Answer {
            case_name: self.settings.name.clone(),
            account: self.account(),
            findings: self.findings()?,
            detections: self.detections()?,
            incidents: self.incidents()?,
            statements: self.statements()?,
            coverage: self.coverage()?,
            as_of: self.newest_detect().and_then(|(_, detect)| detect.now),
            compared: self.newest_detect().map(|(_, detect)| detect.compared).unwrap_or_default(),
        })
    }

    /// Renders every report and copies it, with the findings, the rejects and the ledger, to the top of the case. True where
    /// that gave a new run.
    ///
    /// # Errors
    /// A report cannot be rendered or kept.
    pub fn report(&mut self, progress: &dyn Progress) -> Result<bool, ReportStepError> {
        let inputs = self.report_inputs();
        let newest = self.runs.iter().rev().find(|run| matches!(run.commit.step, Step::Report { .. }));
        let is_current = newest.is_some_and(|run| matches!(&run.commit.step, Step::Report { inputs: before } if *before == inputs));
        if !is_current {
            progress.step("reporting", 0);
            let run = self.render(inputs)?;
            self.note_run(run)?;
        }
        self.copy_to_top()?;
        Ok(!is_current)
    }

    fn render(&self, inputs: String) -> Result<Run, ReportStepError> {
        let started = Instant::now();
        let answer = self.answer()?;
        let run = self.runs.last().map_or(1, |run| run.commit.run + 1);
        let mut commit =
            Commit { run, tool: TOOL_VERSION.to_owned(), cost: Cost::default(), objects: Vec::new(), step: Step::Report { inputs } };
        let folder = commit.folder();
        let mut files: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for report in REPORTS {
            let mut bytes = Vec::new();
            report.render(&answer.facts(), &mut bytes)?;
            files.insert(report.file_name(), bytes);
        }
        if let Some(coverage) = &answer.coverage {
            files.insert(COVERAGE, serde_json::to_vec_pretty(coverage)?);
        }
        if let Some(incidents) = &answer.incidents {
            files.insert(INCIDENTS, serde_json::to_vec_pretty(incidents)?);
        }
        if let Some(timeline) = self.newest_detect().and_then(|(run, _)| run.commit.object(layout::TIMELINE)) {
            files.insert(layout::TIMELINE, self.store.get(&timeline.path)?.to_vec());
        }
        files.insert(MAILBOXES, self.newest_object(MAILBOXES)?);
        files.insert(MAILBOXES_CSV, mailboxes_csv(&answer.statements)?);
        files.insert(REJECTED, self.rejected()?);
        files.insert(RUN_JSON, self.run_json(&answer)?);
        for (name, bytes) in files {
            commit.objects.push(self.store.put_new(&format!("{folder}/{name}"), bytes)?);
        }
        commit.cost = Cost::since(started);
        Ok(runs::commit(&self.store, commit)?)
    }

    /// An object of the newest detect run; nothing before the first.
    fn newest_object(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let object = self.newest_detect().and_then(|(run, _)| run.commit.object(name));
        object.map_or(Ok(Vec::new()), |object| Ok(self.store.get(&object.path)?.to_vec()))
    }

    /// The rejects of all ingest runs, one after the other.
    fn rejected(&self) -> Result<Vec<u8>, StoreError> {
        let mut all = Vec::new();
        for object in self.runs.iter().filter_map(|run| run.commit.object(REJECTED)).filter(|o| o.path.contains("-ingest/")) {
            all.extend_from_slice(&self.store.get(&object.path)?);
        }
        Ok(all)
    }

    fn run_json(&self, answer: &Answer) -> Result<Vec<u8>, serde_json::Error> {
        let account = &answer.account;
        let ingests = self.runs.iter().filter(|run| matches!(run.commit.step, Step::Ingest(_)));
        let (appeared, withdrawn) = self.newest_detect().map(|(_, d)| (d.appeared.clone(), d.withdrawn.clone())).unwrap_or_default();
        let newest = self.newest_detect().map(|(_, d)| d);
        let is_detection = |id: &String| newest.is_some_and(|d| d.detections.iter().any(|(detection, ..)| detection == id));
        let took = newest.into_iter().flat_map(|d| &d.took_ms).filter(|(id, _)| is_detection(id));
        let json = RunJson {
            schema: "waxseal.run/v1",
            version: TOOL_VERSION,
            bytes: account.total(|f| f.bytes),
            files: account.files.len() as u64,
            records: account.total(|f| f.rows),
            read: account.total(|f| f.read),
            duplicates: account.total(|f| f.duplicates),
            truncated: account.total(|f| f.truncated),
            rejected: account.total(|f| f.rejected),
            inputs: ingested(&self.runs).map(|i| i.inputs.len() as u64).sum(),
            findings: answer.findings.len() as u64,
            elapsed_ms: ingests.map(|run| run.commit.cost.elapsed_ms).sum::<u64>()
                + self.newest_detect().map_or(0, |(run, _)| run.commit.cost.elapsed_ms),
            peak_memory_bytes: self.runs.iter().map(|run| run.commit.cost.peak_memory_bytes).max().unwrap_or(0),
            detections: took.map(|(id, elapsed_ms)| DetectionCost { id, elapsed_ms: *elapsed_ms }).collect(),
            appeared,
            withdrawn,
            per_file: &account.files,
        };
        let mut bytes = serde_json::to_vec_pretty(&json)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Digest over everything that decides what the reports say.
    fn report_inputs(&self) -> String {
        let mut digesting = Digesting::new();
        digesting.update(TOOL_VERSION.as_bytes());
        digesting.update(self.settings.name.as_bytes());
        for run in self.runs.iter().filter(|run| matches!(run.commit.step, Step::Ingest(_))) {
            digesting.update(run.digest.to_string().as_bytes());
        }
        if let Some((run, _)) = self.newest_detect() {
            digesting.update(run.digest.to_string().as_bytes());
        }
        digesting.finish().to_string()
    }

    /// Copies for people and scripts; the truth stays in the runs.
    fn copy_to_top(&self) -> Result<(), ReportStepError> {
        let Some(run) = self.newest_report() else { return Ok(()) };
        for object in &run.commit.objects {
            let name = object.path.rsplit('/').next().unwrap_or(&object.path);
            let bytes = self.store.get(&object.path)?;
            if self.store.find(name)?.as_ref() != Some(&bytes) {
                self.store.replace(name, bytes.to_vec())?;
            }
        }
        self.copy_messages()?;
        let ledger = self.ledger.chain().export().map_err(|e| CaseError::from(LedgerError::from(e)))?;
        self.store.replace(layout::CUSTODY_EXPORT, ledger)?;
        Ok(())
    }

    /// They may be too many to be held in memory.
    fn copy_messages(&self) -> Result<(), StoreError> {
        let Some(object) = self.newest_detect().and_then(|(run, _)| run.commit.object(layout::MESSAGES_CSV)) else { return Ok(()) };
        let is_there = match self.store.digest(layout::MESSAGES_CSV) {
            Ok((digest, _)) => digest.to_string() == object.sha256,
            Err(StoreError::Missing(_)) => false,
            Err(error) => return Err(error),
        };
        if is_there { Ok(()) } else { self.store.copy(&object.path, layout::MESSAGES_CSV) }
    }

    pub(crate) fn newest_report(&self) -> Option<&Run> {
        self.runs.iter().rev().find(|run| matches!(run.commit.step, Step::Report { .. }))
    }
}

/// One row a mailbox.
fn mailboxes_csv(statements: &[Statement]) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let failed = |e: std::io::Error| StoreError::Other { doing: "write", path: MAILBOXES_CSV.to_owned(), cause: e.to_string() };
    let columns = "tenant,mailbox,high_value,verdict,incidents,findings,from,to,full_days,partial_days,unknown_days,none_days,reasons";
    write_csv(&mut bytes, columns.split(',')).map_err(failed)?;
    for statement in statements {
        let time = |time: Option<Nanos>| time.map(|time| time.to_string()).unwrap_or_default();
        let days = &statement.days;
        let numbers = [days.full, days.partial, days.unknown, days.none].map(|days| days.to_string());
        let (incidents, findings) = (statement.incident_ids.join(" "), statement.finding_ids.join(" "));
        let reasons = statement.reasons.join(" ");
        let (from, to, high) = (time(statement.from), time(statement.to), statement.high_value.to_string());
        let texts = [&statement.tenant, &statement.mailbox, &high, &statement.verdict, &incidents, &findings, &from, &to];
        let cells = texts.into_iter().chain(&numbers).chain([&reasons]).map(String::as_str);
        write_csv(&mut bytes, cells).map_err(failed)?;
    }
    Ok(bytes)
}

/// `run.json`: the account in numbers.
#[derive(Serialize)]
struct RunJson<'a> {
    schema: &'static str,
    version: &'static str,
    inputs: u64,
    files: u64,
    bytes: u64,
    records: u64,
    read: u64,
    duplicates: u64,
    truncated: u64,
    rejected: u64,
    findings: u64,
    elapsed_ms: u64,
    peak_memory_bytes: u64,
    detections: Vec<DetectionCost<'a>>,
    appeared: Vec<String>,
    withdrawn: Vec<String>,
    per_file: &'a [FileSummary],
}

/// What the newest run of a detection took.
#[derive(Serialize)]
struct DetectionCost<'a> {
    id: &'a str,
    elapsed_ms: u64,
}
