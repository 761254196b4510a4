//! Things as text. Everything that may be log text passes through `printable`.

use std::io::Write;

use serde_json::Value;
use waxseal_case::report_formats::{Page, wrapped};
use waxseal_case::{Case, EventShown, Place, Records};
use waxseal_model::{COLUMNS, Campaign, Confirmation, ContainmentStep, Finding, Incident, Nanos, printable};

use crate::commands::timeline;

type Written = anyhow::Result<()>;

/// Records of one id.
pub(crate) fn events(records: &[EventShown], page: Page, w: &mut dyn Write) -> Written {
    for (i, shown) in records.iter().enumerate() {
        if i > 0 {
            writeln!(w)?;
        }
        let text = |name: &str| shown.event.get(name).and_then(Value::as_str).unwrap_or_default();
        heading(w, page, &format!("Event {}", text("id")))?;
        for column in COLUMNS.iter().filter(|column| !matches!(column.name, "raw" | "id" | "evidence_id" | "offset")) {
            match shown.event.get(column.name) {
                Some(Value::Array(entries)) => entries.iter().try_for_each(|entry| fact(w, page, column.name, &entry_text(entry)))?,
                Some(value) => fact(w, page, column.name, &plain(value))?,
                None => {}
            }
        }
        section(w, page, "Where it stands")?;
        place(w, page, &shown.stands_in)?;
        for copy in &shown.sightings {
            section(w, page, if copy.conflict { "A copy that says something else" } else { "A further copy" })?;
            place(w, page, copy)?;
        }
        section(w, page, "Findings that cite it")?;
        for citing in &shown.findings {
            let incident = citing.incident.as_ref().map(|id| format!(", in incident {id}")).unwrap_or_default();
            passage(w, page, &format!("{} ({}): {}{incident}", citing.id, citing.severity, citing.title))?;
        }
        if shown.findings.is_empty() {
            passage(w, page, "none")?;
        }
        section(w, page, "The record as it stood in the input")?;
        raw(w, &shown.raw)?;
    }
    Ok(())
}

/// A finding with its first records.
pub(crate) fn finding(case: &Case, finding: &Finding, page: Page, w: &mut dyn Write) -> Written {
    heading(w, page, &finding.title)?;
    passage(w, page, &finding.explanation)?;
    writeln!(w)?;
    let span = format!("{} to {}", moment(finding.first_time), moment(finding.last_time));
    let facts = [
        ("finding", finding.id.clone()),
        ("detection", format!("{} v{}", finding.detection, finding.version)),
        ("category", finding.category.clone()),
        ("attack", finding.attack.join(", ")),
        ("severity", finding.severity.to_string()),
        ("confidence", finding.confidence.to_string()),
        ("verdict", finding.verdict.clone()),
        ("tenant", finding.tenant.clone()),
        ("time", span),
        ("accounts", finding.accounts.join(", ")),
        ("mailboxes", finding.mailboxes.join(", ")),
        ("applications", finding.apps.join(", ")),
        ("addresses", finding.ips.join(", ")),
        ("sessions", finding.sessions.join(", ")),
    ];
    facts.iter().filter(|(_, text)| !text.is_empty()).try_for_each(|(name, text)| fact(w, page, name, text))?;
    list(w, page, "Looked for", &finding.looked_for)?;
    list(w, page, "Cannot be excluded", &finding.cannot_exclude)?;
    section(w, page, &format!("Records ({})", finding.event_count))?;
    let records = Records { finding: Some(finding.id.clone()), ..Records::default() };
    timeline::write_text(case, &records, page, w)?;
    Ok(())
}

/// An incident: its story, its plan, and why its findings are in it.
pub(crate) fn incident(incident: &Incident, page: Page, w: &mut dyn Write) -> Written {
    heading(w, page, &incident.title)?;
    passage(w, page, &incident.why)?;
    writeln!(w)?;
    let dwell = &incident.dwell;
    let facts = [
        ("incident", incident.id.clone()),
        ("severity", incident.severity.to_string()),
        ("confidence", incident.confidence.to_string()),
        ("tenant", incident.tenants.join(", ")),
        ("entry", format!("{}: {}", incident.entry.class.as_str(), incident.entry.text)),
        ("earliest", moment(dwell.earliest_possible)),
        ("first record", moment(dwell.first_recorded)),
        ("last record", moment(dwell.last_recorded)),
        ("reported", moment(dwell.detected)),
        ("contained", dwell.contained.map_or_else(|| "not shown by the logs".to_owned(), |time| moment(Some(time)))),
        ("basis", dwell.basis.clone()),
        ("state", format!("{}, as of {}", incident.still_active.state, incident.still_active.as_of)),
    ];
    facts.iter().filter(|(_, text)| !text.is_empty()).try_for_each(|(name, text)| fact(w, page, name, text))?;
    section(w, page, "What happened")?;
    for step in &incident.story {
        passage(w, page, &format!("{} [{}] {}", moment(step.time), step.step.as_str(), step.text))?;
    }
    section(w, page, "Mailboxes")?;
    for mailbox in &incident.mailboxes {
        passage(w, page, &format!("{}: {}", mailbox.mailbox, mailbox.verdict))?;
    }
    section(w, page, "What can be done")?;
    incident.containment.iter().try_for_each(|step| plan_step(w, page, step))?;
    if let Some(hand_over) = &incident.hand_over {
        section(w, page, &format!("For the provider: {} records, in hand-over.csv", hand_over.count))?;
        hand_over.questions.iter().try_for_each(|question| passage(w, page, question))?;
    }
    section(w, page, "Why each finding is in it")?;
    for joined in &incident.joined {
        let why = joined
            .joined_by
            .as_ref()
            .map_or_else(|| "the gravest".to_owned(), |by| format!("the same {} as {}: {}", by.kind.as_str(), by.finding, by.value));
        passage(w, page, &format!("{}: {why}", joined.finding))?;
    }
    if !incident.related.is_empty() {
        section(w, page, "Kept apart, but about the same accounts")?;
        incident.related.iter().try_for_each(|related| passage(w, page, &format!("{}: {}", related.incident, related.account)))?;
    }
    Ok(())
}

fn plan_step(w: &mut dyn Write, page: Page, step: &ContainmentStep) -> Written {
    let done = step.confirmed.map(|time| format!(" – done by {time}, as the log shows")).unwrap_or_default();
    writeln!(w, "  {}", page.strong(&printable(&format!("{}. {}{done}", step.order, step.title))))?;
    for (target, name) in step.confirmations.iter().zip(&step.targets) {
        indented(w, page, &format!("for {name}{}", shown_by(target)))?;
    }
    for (label, text) in [("Effect", &step.effect), ("Undo", &step.undo), ("Takes", &step.permission), ("Shown by", &step.confirmed_by)] {
        indented(w, page, &format!("{label}: {text}"))?;
    }
    // Commands are not broken: they are to be copied.
    for line in step.powershell.iter().chain(&step.api) {
        writeln!(w, "      {}", printable(line))?;
    }
    Ok(())
}

fn shown_by(target: &Confirmation) -> String {
    let Some(time) = target.time else { return String::new() };
    let by = target.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    format!(": done at {time}{by}, event {}", target.event_id.as_deref().unwrap_or_default())
}

/// A campaign.
pub(crate) fn campaign(campaign: &Campaign, page: Page, w: &mut dyn Write) -> Written {
    heading(w, page, &format!("Campaign {}", campaign.id))?;
    campaign.tenants.iter().try_for_each(|tenant| fact(w, page, "tenant", tenant))?;
    campaign.incident_ids.iter().try_for_each(|incident| fact(w, page, "incident", incident))?;
    campaign.shared.iter().try_for_each(|shared| fact(w, page, "shared", &format!("{}: {}", shared.kind.as_str(), shared.value)))
}

/// The records that name a message.
pub(crate) fn message(case: &Case, id: &str, page: Page, w: &mut dyn Write) -> Written {
    heading(w, page, &format!("Message {id}"))?;
    timeline::write_text(case, &Records { message: Some(id.to_owned()), ..Records::default() }, page, w)?;
    Ok(())
}

fn heading(w: &mut dyn Write, page: Page, text: &str) -> Written {
    Ok(writeln!(w, "{}", page.strong(&printable(text)))?)
}

fn section(w: &mut dyn Write, page: Page, text: &str) -> Written {
    Ok(writeln!(w, "\n{}", page.faint(&printable(text)))?)
}

/// As wide as the longest name of a column, and a blank.
const LABEL: usize = 18;

fn fact(w: &mut dyn Write, page: Page, name: &str, text: &str) -> Written {
    let label = format!("{name:<LABEL$}");
    for (i, line) in wrapped(&printable(text), page.width.clamp(40, 100) - LABEL).iter().enumerate() {
        let lead = if i == 0 { page.faint(&label) } else { " ".repeat(LABEL) };
        writeln!(w, "{lead}{line}")?;
    }
    Ok(())
}

fn passage(w: &mut dyn Write, page: Page, text: &str) -> Written {
    lines(w, page, text, "  ", "  ")
}

fn indented(w: &mut dyn Write, page: Page, text: &str) -> Written {
    lines(w, page, text, "     ", "       ")
}

fn lines(w: &mut dyn Write, page: Page, text: &str, first: &str, further: &str) -> Written {
    for (i, line) in wrapped(&printable(text), page.width.clamp(40, 100) - further.len()).iter().enumerate() {
        writeln!(w, "{}{line}", if i == 0 { first } else { further })?;
    }
    Ok(())
}

fn list(w: &mut dyn Write, page: Page, label: &str, texts: &[String]) -> Written {
    if texts.is_empty() {
        return Ok(());
    }
    section(w, page, label)?;
    texts.iter().try_for_each(|text| lines(w, page, text, "  - ", "    "))
}

fn place(w: &mut dyn Write, page: Page, place: &Place) -> Written {
    fact(w, page, "file", place.path.as_deref().unwrap_or("(its path is not known)"))?;
    fact(w, page, "evidence", &place.evidence_id)?;
    fact(w, page, "byte", &place.offset.to_string())
}

/// The record: JSON a member a line, otherwise as it stands; anything else as it is.
fn raw(w: &mut dyn Write, raw: &str) -> Written {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(raw).is_ok();
    let spread = if is_json { spread(raw) } else { raw.to_owned() };
    for line in spread.lines() {
        writeln!(w, "  {}", printable(line))?;
    }
    Ok(())
}

/// Deeper members are set in no further.
const DEEPEST: usize = 12;

/// JSON with a line for every member. Nothing is changed but the blanks between them.
fn spread(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped): (usize, bool, bool) = (0, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth.min(DEEPEST)));
    };
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            out.push(c);
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            c if c.is_whitespace() => {}
            c => {
                in_text = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn moment(time: Option<Nanos>) -> String {
    time.map_or_else(|| "not recorded".to_owned(), |time| time.to_string())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `Name: old → new`, or the members of a message one after the other.
fn entry_text(entry: &Value) -> String {
    let Some(members) = entry.as_object() else { return plain(entry) };
    let text = |name: &str| members.get(name).filter(|value| !value.is_null()).map(plain);
    match (text("name"), text("old"), text("new")) {
        (Some(name), Some(old), new) => format!("{name}: {old} → {}", new.unwrap_or_default()),
        (Some(name), None, new) => format!("{name}: {}", new.unwrap_or_default()),
        (None, ..) => {
            let set = members.iter().filter(|(_, value)| !value.is_null());
            set.map(|(name, value)| format!("{name} {}", plain(value))).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_spread_and_nothing_in_it_changed() {
        let record = r#"{"b":"x, {\\\"y\\\\","a":[1.0, 2],"b":1e2}"#;
        let spread = spread(record);
        assert!(spread.lines().count() > 5, "{spread}");
        let blank = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(blank(&spread), blank(record));
    }
}
