//! The summary: plain text whose tables line up, whole or, where that is long, in short for a terminal.

mod short;

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;
use waxseal_model::Severity;

use crate::facts::Facts;
use crate::page::Page;
use crate::report::{Report, ReportError};
use crate::table::{Align, Table};
use crate::view::{
    Detail, Executive, FileRow, Gap, Level, MailboxRow, Names, NamesOf, Plan, TenantStatements, Told, ToldIncident, View, first_of,
};
use crate::words::{ENGLISH, Words};
use crate::wrap::wrapped;

/// How many findings of one detection the summary tells in full.
const TOLD: usize = 20;

/// How many incidents the summary tells.
const INCIDENTS: usize = 20;

/// How many steps of a story or a plan.
const STEPS: usize = 12;

/// How many records a finding names.
const RECORDS: usize = 2;

/// How many things a gap names.
const CONCERNS: usize = 8;

/// How many files the table has rows for, beside those that were not read whole.
const FILES: usize = 40;

/// How many tenants the tables have rows for.
const TENANTS: usize = 40;

/// How wide labels are, with the blank behind them.
const LABEL: usize = 18;

/// The summary, set for one page.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    page: Page,
    shortened: bool,
}

impl Text {
    /// For a file: no colour, the same width everywhere.
    pub const PLAIN: Self = Self { page: Page::PLAIN, shortened: false };

    /// For one page.
    #[must_use]
    pub fn on(page: Page) -> Self {
        Self { page, shortened: false }
    }

    /// In short where the whole is long: the gravest of everything, and how much else there is.
    #[must_use]
    pub fn shortened(self) -> Self {
        Self { shortened: true, ..self }
    }

    fn whole(self, facts: &Facts<'_>, view: &View, words: &Words, out: &mut dyn Write) -> io::Result<()> {
        let mut sheet = self.sheet(view, words, out);
        if !facts.findings.is_empty() {
            sheet.executive(&view.executive)?;
        }
        sheet.answer(view)?;
        sheet.incidents(view)?;
        sheet.plans(&view.plans)?;
        sheet.gaps(&view.gaps)?;
        sheet.statements(&view.statements)?;
        for level in &view.levels {
            sheet.level(level)?;
        }
        sheet.files(view)?;
        sheet.tenants(view)?;
        sheet.method(view)
    }

    fn sheet<'a>(self, view: &View, words: &'a Words, out: &'a mut dyn Write) -> Sheet<'a> {
        Sheet { page: self.page, several_tenants: view.tenants.len() > 1, words, out }
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
        let words = Words::of(&ENGLISH);
        let view = View::of(facts, &words);
        if !self.shortened {
            return Ok(self.whole(facts, &view, &words, out)?);
        }
        let mut whole = Vec::new();
        self.whole(facts, &view, &words, &mut whole)?;
        let lines = whole.iter().filter(|byte| **byte == b'\n').count();
        if lines <= short::SHORT_ENOUGH {
            return Ok(out.write_all(&whole)?);
        }
        Ok(self.sheet(&view, &words, out).short(facts, &view, lines)?)
    }
}

/// What is written on, how wide it is, and in which words.
struct Sheet<'a> {
    page: Page,
    several_tenants: bool,
    words: &'a Words,
    out: &'a mut dyn Write,
}

impl Sheet<'_> {
    /// What a reader has to know who reads no further.
    fn executive(&mut self, executive: &Executive) -> io::Result<()> {
        for line in wrapped(&executive.verdict, self.page.measure()) {
            writeln!(self.out, "{}", self.page.strong(&line))?;
        }
        for number in &executive.numbers {
            let note = number.note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
            self.under(0, &number.label, &format!("{}{note}", number.value))?;
        }
        for (label, text) in &executive.lines {
            self.under(0, label, text)?;
        }
        let first = self.words.say("executive-first-steps");
        for (i, step) in executive.first_steps.iter().enumerate() {
            self.under(0, if i == 0 { &first } else { "" }, &format!("{}. {step}", i + 1))?;
        }
        if let Some(note) = &executive.steps_note {
            self.under(0, if executive.first_steps.is_empty() { &first } else { "" }, note)?;
        }
        writeln!(self.out)
    }

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
        self.heading("summary-incidents", Some("summary-incidents-beside"))?;
        for campaign in &view.campaigns {
            self.passage(2, &campaign.sentence)?;
        }
        view.campaigns_note.iter().try_for_each(|note| self.passage(2, note))?;
        let (told, more) = first_of(&view.incidents, INCIDENTS);
        for incident in told {
            self.incident(incident)?;
        }
        self.more_on_page(2, more)?;
        view.incidents_more.iter().try_for_each(|more| self.passage(2, more))
    }

    fn incident(&mut self, incident: &ToldIncident) -> io::Result<()> {
        writeln!(self.out)?;
        for line in wrapped(incident.title.as_str(), self.page.measure() - 2) {
            writeln!(self.out, "  {}", self.page.severity(incident.severity, &line))?;
        }
        self.passage(4, &self.words.tell("sentence", [("text", (&incident.kind).into())]))?;
        self.labelled("label-why", incident.why.as_str())?;
        self.labelled("label-entry", incident.entry.as_deref().unwrap_or(incident.entry_text.as_str()))?;
        let (told, more) = first_of(&incident.story, STEPS);
        for step in told {
            let text = self.words.tell("labelled", [("label", (&step.time).into()), ("text", (&step.text).into())]);
            self.under(4, &step.step, &text)?;
        }
        self.more_on_page(4 + LABEL, more)?;
        let (told, more) = first_of(&incident.mailboxes, CONCERNS);
        for mailbox in told {
            self.mailbox(mailbox)?;
        }
        self.more_on_page(4 + LABEL, more)?;
        let (told, more) = first_of(&incident.no_upper, CONCERNS);
        told.iter().try_for_each(|shared| self.labelled("column-messages", shared))?;
        self.more_on_page(4 + LABEL, more)?;
        for (label, text) in &incident.dwell {
            self.under(4, label, text)?;
        }
        self.labelled("label-going-on", &incident.state)?;
        self.labelled("label-other-acts", &incident.other_acts)?;
        if self.several_tenants {
            self.labelled("label-tenant", &incident.tenant)?;
        }
        self.labelled("label-incident", incident.id.as_str())
    }

    fn mailbox(&mut self, mailbox: &MailboxRow) -> io::Result<()> {
        let high_value = if mailbox.high_value { format!(" ({})", self.words.say("label-high-value")) } else { String::new() };
        let parts = [Some(&mailbox.verdict), Some(&mailbox.told), mailbox.when.as_ref(), mailbox.note.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        self.labelled("record-mailbox", &format!("{}{high_value}: {}", self.words.apart(mailbox.mailbox.to_string()), parts.join("; ")))
    }

    /// The plans, each step in a line; the page has the commands.
    fn plans(&mut self, plans: &[Plan]) -> io::Result<()> {
        if plans.iter().all(|plan| plan.steps.is_empty()) {
            return Ok(());
        }
        self.heading("summary-containment", Some("summary-containment-beside"))?;
        let (plans, more) = first_of(plans, INCIDENTS);
        for plan in plans.iter().filter(|plan| !plan.steps.is_empty()) {
            writeln!(self.out)?;
            self.passage(2, &format!("{} ({})", plan.title, plan.id))?;
            let (steps, more) = first_of(&plan.steps, STEPS);
            for step in steps {
                let confirmed = if step.is_confirmed { format!(" ({})", self.words.say("label-confirmed")) } else { String::new() };
                self.hanging(4, &format!("{:>2}. ", step.order), &format!("{}{confirmed}", step.about))?;
            }
            self.more_on_page(8, more)?;
        }
        self.more_on_page(2, more)
    }

    fn gaps(&mut self, gaps: &[Gap]) -> io::Result<()> {
        self.gaps_with(gaps, CONCERNS)
    }

    fn gaps_with(&mut self, gaps: &[Gap], concerns: usize) -> io::Result<()> {
        if gaps.is_empty() {
            return Ok(());
        }
        self.heading("summary-gaps", Some("summary-gaps-beside"))?;
        for gap in gaps {
            self.passage(2, &self.words.tell("labelled-sentence", [("label", (&gap.what).into()), ("text", (&gap.why).into())]))?;
            let (told, more) = first_of(&gap.concerns, concerns);
            for concern in told {
                self.hanging(4, "- ", concern)?;
            }
            if more > 0 {
                self.passage(6, &self.words.tell("and-more", [("n", more.into())]))?;
            }
        }
        Ok(())
    }

    fn statements(&mut self, statements: &[TenantStatements]) -> io::Result<()> {
        if statements.is_empty() {
            return Ok(());
        }
        self.heading("summary-mailboxes", None)?;
        let (told, more) = first_of(statements, TENANTS);
        for of in told {
            let gaps = [("label", (&of.tenant).into()), ("text", (&of.summary).into())];
            let text = if self.several_tenants { self.words.tell("labelled", gaps) } else { of.summary.clone() };
            self.passage(2, &text)?;
        }
        self.more_on_page(2, more)
    }

    fn level(&mut self, level: &Level) -> io::Result<()> {
        let word = self.words.tell("summary-severity", [("severity", level.severity.as_str().into())]);
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
        let (details, more) = first_of(&told.details, TOLD);
        for detail in details {
            writeln!(self.out)?;
            self.detail(detail)?;
        }
        self.more_on_page(4, more)?;
        told.more.iter().try_for_each(|more| self.passage(4, more))?;
        self.reasons(told)
    }

    fn detail(&mut self, detail: &Detail) -> io::Result<()> {
        self.passage(4, detail.explanation.as_str())?;
        self.labelled("label-when", &detail.when)?;
        self.labelled("label-access", &format!("{}; {}", detail.verdict, detail.weight))?;
        let several_tenants = self.several_tenants;
        for names in detail.names.iter().filter(|names| several_tenants || names.of != NamesOf::Tenant) {
            self.labelled(names.of.label(), &row_of(names, self.words))?;
        }
        self.labelled("label-finding", detail.id.as_str())
    }

    /// What all findings of a detection share.
    fn reasons(&mut self, told: &Told) -> io::Result<()> {
        let why = told.why.iter().map(|why| (self.words.say("label-why-it-matters"), why.to_string()));
        let limits =
            told.limits.iter().map(|(label, texts)| (label.clone(), texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("; ")));
        let all: Vec<_> = why.chain(limits).collect();
        writeln!(self.out)?;
        for (label, text) in all {
            let text = text.trim_end_matches('.');
            self.passage(4, &self.words.tell("labelled-sentence", [("label", label.into()), ("text", text.into())]))?;
        }
        Ok(())
    }

    fn files(&mut self, view: &View) -> io::Result<()> {
        if view.files.is_empty() {
            return Ok(());
        }
        self.heading("summary-files", Some("summary-files-beside"))?;
        let mut table = self.table(&[
            ("column-format", Align::Text),
            ("column-records", Align::Number),
            ("column-duplicates", Align::Number),
            ("column-truncated", Align::Number),
            ("column-rejected", Align::Number),
            ("column-from", Align::Text),
            ("column-to", Align::Text),
        ]);
        let (mut whole, mut broken) = (0, 0);
        let mut left_out = 0_u64;
        for file in &view.files {
            let seen = if file.incomplete { &mut broken } else { &mut whole };
            *seen += 1;
            if *seen <= FILES { push_file(&mut table, file) } else { left_out += 1 }
        }
        if left_out > 0 {
            let id = if broken > FILES { "files-more-any" } else { "files-more" };
            table.note(&self.words.tell(id, [("n", left_out.into())]));
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
        self.heading("summary-tenants", None)?;
        let mut table = self.table(&[
            ("column-tenant", Align::Word),
            ("column-events", Align::Number),
            ("column-told-by", Align::Text),
            ("column-domains", Align::Text),
        ]);
        let (told, more) = first_of(&view.tenants, TENANTS);
        for tenant in told {
            table.row_as_said([tenant.tenant.as_str(), &tenant.events, &tenant.told, &tenant.domains]);
        }
        self.out.write_all(table.set(self.page).as_bytes())?;
        self.more_on_page(0, more)
    }

    fn method(&mut self, view: &View) -> io::Result<()> {
        self.heading("summary-method", None)?;
        for (lead, text) in &view.method {
            self.passage(2, &self.words.tell("lead-sentence", [("lead", lead.into()), ("text", text.into())]))?;
        }
        Ok(())
    }

    fn table(&self, columns: &[(&str, Align)]) -> Table {
        let columns: Vec<(String, Align)> = columns.iter().map(|(id, align)| (self.words.say(id), *align)).collect();
        Table::new(&columns.iter().map(|(heading, align)| (heading.as_str(), *align)).collect::<Vec<_>>())
    }

    fn heading(&mut self, id: &str, beside: Option<&str>) -> io::Result<()> {
        let text = self.words.say(id);
        let beside = beside.map(|id| self.words.say(id)).filter(|beside| text.width() + 2 + beside.width() <= self.page.width);
        let beside = beside.map_or_else(String::new, |beside| format!("  {}", self.page.faint(&beside)));
        writeln!(self.out, "\n{}{beside}", self.page.strong(&text))
    }

    /// That the page goes on where the summary does not.
    fn more_on_page(&mut self, indent: usize, more: u64) -> io::Result<()> {
        if more == 0 {
            return Ok(());
        }
        self.passage(indent, &self.words.tell("see-page", [("n", more.into())]))
    }

    fn passage(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hanging(indent, "", text)
    }

    fn labelled(&mut self, id: &str, text: &str) -> io::Result<()> {
        self.under(4, &self.words.say(id), text)
    }

    /// A label, padded, and the text beside it.
    fn under(&mut self, indent: usize, label: &str, text: &str) -> io::Result<()> {
        let blanks = LABEL.saturating_sub(label.width()).max(1);
        self.hanging(indent, &format!("{label}{}", " ".repeat(blanks)), text)
    }

    /// A lead, then text whose further lines begin where its first one does.
    fn hanging(&mut self, indent: usize, lead: &str, text: &str) -> io::Result<()> {
        let margin = indent + lead.width();
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

fn row_of(names: &Names, words: &Words) -> String {
    let most = if names.of == NamesOf::Records { RECORDS } else { names.shown.len() };
    let told: Vec<_> = names.shown.iter().take(most).map(|name| words.apart(name.to_string())).collect();
    let more = names.more_than(told.len(), words).map_or_else(String::new, |more| format!(" {more}"));
    format!("{}{more}", words.in_a_row(&told))
}

fn push_file(table: &mut Table, file: &FileRow) {
    let to_the_minute = |time: &str| time.get(..16).unwrap_or(time).to_owned();
    let (first, last) = (to_the_minute(&file.first), to_the_minute(&file.last));
    table.row_as_said([&file.formats, &file.records, &file.duplicates, &file.truncated, &file.rejected, &first, &last]);
    table.lead(&file.path);
    for note in file.date_rule.iter().chain(&file.notes) {
        table.note_as_said(note);
    }
}
