//! The summary for a terminal: plain text whose tables line up.

use std::io::{self, Write};

use waxseal_model::Severity;

use crate::facts::Facts;
use crate::page::Page;
use crate::report::{Report, ReportError};
use crate::table::{Align, Table};
use crate::view::{Detail, FileRow, Gap, Level, Names, Told, ToldIncident, View};
use crate::wording::{counted, grouped};
use crate::wrap::wrapped;

/// How many findings of one detection the summary tells in full.
const TOLD: usize = 20;

/// How many incidents the summary tells.
const INCIDENTS: usize = 20;

/// How many records a finding names.
const RECORDS: usize = 2;

/// How many things a gap names.
const CONCERNS: usize = 8;

/// How many files the table has rows for, beside those that were not read whole.
const FILES: usize = 40;

/// The summary, set for one page.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    page: Page,
}

impl Text {
    /// For a file: no colour, the same width everywhere.
    pub const PLAIN: Self = Self { page: Page::PLAIN };

    /// For one page.
    #[must_use]
    pub fn on(page: Page) -> Self {
        Self { page }
    }
}

impl Report for Text {
    fn id(&self) -> &'static str {
        "text"
    }

    fn file_name(&self) -> &'static str {
        "summary.txt"
    }

    fn render(&self, facts: &Facts<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
        let view = View::of(facts);
        let mut sheet = Sheet { page: self.page, several_tenants: view.tenants.len() > 1, out };
        sheet.answer(&view)?;
        sheet.incidents(&view)?;
        sheet.gaps(&view.gaps)?;
        for level in &view.levels {
            sheet.level(level)?;
        }
        sheet.files(&view)?;
        sheet.tenants(&view)?;
        sheet.method(&view)?;
        Ok(())
    }
}

/// What is written on, and how wide it is.
struct Sheet<'a> {
    page: Page,
    several_tenants: bool,
    out: &'a mut dyn Write,
}

impl Sheet<'_> {
    fn answer(&mut self, view: &View) -> io::Result<()> {
        for line in wrapped(&view.answer, self.page.measure()) {
            writeln!(self.out, "{}", self.page.strong(&line))?;
        }
        for sentence in view.verdicts.iter().chain([&view.read]) {
            self.passage(0, sentence)?;
        }
        Ok(())
    }

    fn incidents(&mut self, view: &View) -> io::Result<()> {
        if view.incidents.is_empty() {
            return Ok(());
        }
        self.heading("INCIDENTS", "findings that seem to be one intrusion each")?;
        for campaign in &view.campaigns {
            self.passage(2, &format!("{campaign}."))?;
        }
        for incident in view.incidents.iter().take(INCIDENTS) {
            self.incident(incident)?;
        }
        match view.incidents.len().saturating_sub(INCIDENTS) {
            0 => Ok(()),
            more => self.passage(
                2,
                &format!("and {}: see report.html and incidents.json.", counted(more as u64, "more incident", "more incidents")),
            ),
        }
    }

    fn incident(&mut self, incident: &ToldIncident) -> io::Result<()> {
        writeln!(self.out)?;
        for line in wrapped(incident.title.as_str(), self.page.measure() - 2) {
            writeln!(self.out, "  {}", self.page.severity(incident.severity, &line))?;
        }
        self.passage(4, &format!("{}.", incident.kind))?;
        self.labelled("Why", incident.why.as_str())?;
        self.labelled("Way in", incident.entry.as_str())?;
        for (time, step, text) in &incident.story {
            self.labelled(step, &format!("{time}: {text}"))?;
        }
        for mailbox in incident.mailboxes.iter().take(CONCERNS) {
            self.labelled("Mailbox", mailbox.as_str())?;
        }
        if let Some(more) = incident.mailboxes.len().checked_sub(CONCERNS).filter(|more| *more > 0) {
            self.labelled("", &counted(more as u64, "more mailbox", "more mailboxes"))?;
        }
        self.labelled("Going on", incident.state.as_str())?;
        if self.several_tenants {
            self.labelled("Tenant", incident.tenant.as_str())?;
        }
        self.labelled("Incident", incident.id.as_str())
    }

    fn gaps(&mut self, gaps: &[Gap]) -> io::Result<()> {
        if gaps.is_empty() {
            return Ok(());
        }
        self.heading("NOT ASSESSABLE", "what could not be read or run, and what would change that")?;
        for gap in gaps {
            self.passage(2, &format!("{}: {}.", gap.what, gap.why))?;
            for concern in gap.concerns.iter().take(CONCERNS) {
                self.item(4, concern.as_str())?;
            }
            if let Some(more) = gap.concerns.len().checked_sub(CONCERNS).filter(|more| *more > 0) {
                self.passage(6, &format!("and {} more", grouped(more as u64)))?;
            }
        }
        Ok(())
    }

    fn level(&mut self, level: &Level) -> io::Result<()> {
        let word = level.severity.as_str().to_uppercase();
        writeln!(self.out, "\n{}  {}", self.page.severity(level.severity, &word), level.count)?;
        for told in &level.groups {
            self.told(level.severity, told)?;
        }
        Ok(())
    }

    fn told(&mut self, severity: Severity, told: &Told) -> io::Result<()> {
        writeln!(self.out)?;
        for line in wrapped(told.title.as_str(), self.page.measure() - 2) {
            writeln!(self.out, "  {}", self.page.severity(severity, &line))?;
        }
        for line in wrapped(&format!("{} · {}", told.detection, told.kind), self.page.measure() - 2) {
            writeln!(self.out, "  {}", self.page.faint(&line))?;
        }
        for detail in told.details.iter().take(TOLD) {
            writeln!(self.out)?;
            self.detail(detail)?;
        }
        let untold = told.details.len().saturating_sub(TOLD) as u64;
        match &told.more {
            _ if untold == 0 => {}
            Some(_) => self.passage(4, "There are more of this kind: see report.html and findings.jsonl.")?,
            None => self.passage(4, &format!("{} of this kind: see report.html.", counted(untold, "more finding", "more findings")))?,
        }
        self.reasons(told)
    }

    fn detail(&mut self, detail: &Detail) -> io::Result<()> {
        self.passage(4, detail.explanation.as_str())?;
        self.labelled("When", &detail.when)?;
        self.labelled("Access to mail", &format!("{}; {}", detail.verdict, detail.weight))?;
        let several_tenants = self.several_tenants;
        for names in detail.names.iter().filter(|names| several_tenants || names.label != "Tenant") {
            self.labelled(names.label, &row_of(names))?;
        }
        self.labelled("Finding", detail.id.as_str())
    }

    /// What all findings of a detection share.
    fn reasons(&mut self, told: &Told) -> io::Result<()> {
        let why = told.why.iter().map(|why| ("Why it matters", why.to_string()));
        let limits =
            told.limits.iter().map(|(label, texts)| (*label, texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("; ")));
        writeln!(self.out)?;
        for (label, text) in why.chain(limits) {
            self.passage(4, &format!("{label}: {}.", text.trim_end_matches('.')))?;
        }
        Ok(())
    }

    fn files(&mut self, view: &View) -> io::Result<()> {
        if view.files.is_empty() {
            return Ok(());
        }
        self.heading("FILES", "times in UTC")?;
        let mut table = Table::new(&[
            ("Format", Align::Text),
            ("Records", Align::Number),
            ("Duplicates", Align::Number),
            ("Truncated", Align::Number),
            ("Rejected", Align::Number),
            ("From", Align::Text),
            ("To", Align::Text),
        ]);
        let mut left_out = 0;
        for (i, file) in view.files.iter().enumerate() {
            if i < FILES || file.incomplete {
                push_file(&mut table, file);
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            table.note(&format!("{}, read whole: see report.html", counted(left_out, "more file", "more files")));
        }
        if view.files.len() > 1 {
            push_file(&mut table, &view.total);
        }
        self.out.write_all(table.set(self.page).as_bytes())
    }

    fn tenants(&mut self, view: &View) -> io::Result<()> {
        if view.tenants.is_empty() {
            return Ok(());
        }
        self.heading("TENANTS", "")?;
        let mut table =
            Table::new(&[("Tenant", Align::Word), ("Events", Align::Number), ("Told by", Align::Text), ("Domains", Align::Text)]);
        for tenant in &view.tenants {
            table.row([tenant.tenant.as_str(), &tenant.events, tenant.told, tenant.domains.as_str()]);
        }
        self.out.write_all(table.set(self.page).as_bytes())
    }

    fn method(&mut self, view: &View) -> io::Result<()> {
        self.heading("METHOD AND LIMITS", "")?;
        for (lead, text) in &view.method {
            self.passage(2, &format!("{lead}. {text}"))?;
        }
        Ok(())
    }

    fn heading(&mut self, text: &str, beside: &str) -> io::Result<()> {
        if beside.is_empty() || text.len() + 2 + beside.len() > self.page.width {
            return writeln!(self.out, "\n{}", self.page.strong(text));
        }
        writeln!(self.out, "\n{}  {}", self.page.strong(text), self.page.faint(beside))
    }

    fn passage(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hanging(indent, "", text)
    }

    fn item(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hanging(indent, "- ", text)
    }

    fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.hanging(4, &format!("{label:<16}"), text)
    }

    /// A lead, then text whose further lines begin where its first one does.
    fn hanging(&mut self, indent: usize, lead: &str, text: &str) -> io::Result<()> {
        let margin = indent + lead.chars().count();
        for (i, line) in wrapped(text, self.page.measure().saturating_sub(margin)).iter().enumerate() {
            if i == 0 {
                writeln!(self.out, "{}{lead}{line}", " ".repeat(indent))?;
            } else {
                writeln!(self.out, "{}{line}", " ".repeat(margin))?;
            }
        }
        Ok(())
    }
}

fn row_of(names: &Names) -> String {
    let most = if names.label == "Records" { RECORDS } else { names.shown.len() };
    let told: Vec<_> = names.shown.iter().take(most).map(|name| name.as_str()).collect();
    let more = names.more_than(told.len()).map_or_else(String::new, |more| format!(" {more}"));
    format!("{}{more}", told.join(", "))
}

fn push_file(table: &mut Table, file: &FileRow) {
    let to_the_minute = |time: &str| time.get(..16).unwrap_or(time).to_owned();
    let (first, last) = (to_the_minute(&file.first), to_the_minute(&file.last));
    table.row([file.formats.as_str(), &file.records, &file.duplicates, &file.truncated, &file.rejected, &first, &last]);
    table.lead(file.path.as_str());
    if !file.date_rule.as_str().is_empty() {
        table.note(&format!("dates: {}", file.date_rule));
    }
    for note in &file.notes {
        table.note(note.as_str());
    }
}
