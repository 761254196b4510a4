//! The summary in short: what somebody can read aloud, of the same size however much was found. Whatever is left out is counted.

use std::collections::BTreeMap;
use std::io;

use waxseal_model::{Finding, Incident, Severity};

use crate::facts::Facts;
use crate::reports::text::Sheet;
use crate::view::{Gap, ToldIncident, View, first_of};

/// A whole summary of so many lines needs no short one.
pub(super) const SHORT_ENOUGH: usize = 200;

/// How many incidents are told.
const INCIDENTS: usize = 8;

/// How many mailboxes of one.
const MAILBOXES: usize = 2;

/// How many campaigns.
const CAMPAIGNS: usize = 3;

/// How many things that could not be assessed.
const GAPS: usize = 8;

/// How many files or detections one of them names.
const CONCERNS: usize = 3;

/// How many kinds of findings.
const KINDS: usize = 12;

/// What is below it is counted.
const URGENT: Severity = Severity::Medium;

impl Sheet<'_> {
    /// The short summary, in place of a whole one of so many lines.
    pub(super) fn short(&mut self, facts: &Facts<'_>, view: &View, whole_lines: usize) -> io::Result<()> {
        if !facts.findings.is_empty() {
            self.executive(&view.executive)?;
        }
        self.answer(view)?;
        self.short_incidents(facts, view)?;
        self.short_gaps(&view.gaps)?;
        self.short_findings(facts.findings)?;
        writeln!(self.out)?;
        self.passage(0, &self.words.tell("short-whole", [("lines", whole_lines.into())]))
    }

    fn short_incidents(&mut self, facts: &Facts<'_>, view: &View) -> io::Result<()> {
        let all = facts.incidents.map(|all| all.incidents.as_slice()).unwrap_or_default();
        if all.is_empty() {
            return Ok(());
        }
        let urgent = all.iter().filter(|incident| incident.severity >= URGENT).count();
        self.heading("summary-incidents", Some("short-incidents-beside"))?;
        for campaign in view.campaigns.iter().take(CAMPAIGNS) {
            self.passage(2, &campaign.sentence)?;
        }
        let campaigns = facts.incidents.map_or(0, |all| all.campaigns.len()).saturating_sub(CAMPAIGNS);
        self.counted(2, "short-campaigns-more", campaigns)?;
        view.campaigns_note.iter().try_for_each(|note| self.passage(2, note))?;
        // They stand in one order in both.
        let told = all.iter().zip(&view.incidents).filter(|(incident, _)| incident.severity >= URGENT).take(INCIDENTS);
        for (incident, told) in told {
            self.short_incident(incident, told)?;
        }
        writeln!(self.out)?;
        self.counted(2, "short-incidents-more", urgent.saturating_sub(INCIDENTS))?;
        self.counted(2, "short-incidents-below", all.len() - urgent)?;
        self.counted(2, "short-plans", all.iter().filter(|incident| !incident.containment.is_empty()).count())
    }

    fn short_incident(&mut self, incident: &Incident, told: &ToldIncident) -> io::Result<()> {
        writeln!(self.out)?;
        for line in crate::wrap::wrapped(told.title.as_str(), self.page.measure() - 2) {
            writeln!(self.out, "  {}", self.page.severity(told.severity, &line))?;
        }
        self.passage(4, &self.words.tell("sentence", [("text", (&told.kind).into())]))?;
        self.labelled("label-when", &self.words.span(incident.dwell.first_recorded, incident.dwell.last_recorded))?;
        for mailbox in told.mailboxes.iter().take(MAILBOXES) {
            let name = self.words.apart(mailbox.mailbox.to_string());
            let high_value = if mailbox.high_value { format!(" ({})", self.words.say("label-high-value")) } else { String::new() };
            self.labelled("record-mailbox", &format!("{name}{high_value}: {}; {}", mailbox.verdict, mailbox.told))?;
        }
        let more = incident.mailboxes.len().saturating_sub(MAILBOXES);
        if more > 0 {
            self.under(4, "", &self.words.tell("short-mailboxes-more", [("n", more.into())]))?;
        }
        if self.several_tenants {
            self.labelled("label-tenant", &told.tenant)?;
        }
        self.labelled("label-incident", told.id.as_str())
    }

    fn short_gaps(&mut self, gaps: &[Gap]) -> io::Result<()> {
        let (told, more) = first_of(gaps, GAPS);
        self.gaps_with(told, CONCERNS)?;
        self.more_on_page(2, more)
    }

    /// The kinds of findings, the gravest first, each with how many there are.
    fn short_findings(&mut self, findings: &[Finding]) -> io::Result<()> {
        if findings.is_empty() {
            return Ok(());
        }
        let mut kinds: Vec<(Severity, &Finding, usize)> = Vec::new();
        let mut places: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.severity >= URGENT) {
            let place = *places.entry((finding.severity, &finding.detection)).or_insert_with(|| {
                kinds.push((finding.severity, finding, 0));
                kinds.len() - 1
            });
            if let Some((_, _, n)) = kinds.get_mut(place) {
                *n += 1;
            }
        }
        self.heading("short-findings", Some("short-findings-beside"))?;
        for (severity, first, n) in kinds.iter().take(KINDS) {
            let title = crate::shown::Shown::passage(&first.title);
            let text = self.words.tell("short-findings-kind", [("title", (&title).into()), ("n", (*n).into())]);
            let word = self.words.severity(*severity);
            self.under(2, &word, &text)?;
        }
        let more = kinds.iter().skip(KINDS).map(|(_, _, n)| n).sum();
        let below = findings.iter().filter(|finding| finding.severity < URGENT).count();
        self.counted(2, "short-findings-more", more)?;
        self.counted(2, "short-findings-below", below)
    }

    /// A sentence about how many there are, where there are any.
    fn counted(&mut self, indent: usize, id: &str, n: usize) -> io::Result<()> {
        if n == 0 {
            return Ok(());
        }
        self.passage(indent, &self.words.tell(id, [("n", n.into())]))
    }
}
