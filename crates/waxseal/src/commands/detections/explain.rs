//! `detections explain`.

use std::io::{self, Write};

use waxseal_case::report_formats::{Page, wrapped};
use waxseal_case::{DetectionInfo, detections};
use waxseal_model::printable;

use super::list::DetectionV1;
use crate::args::{DetectionsArgs, Format, FormatArgs};
use crate::exit::Exit;
use crate::listing;
use crate::out::Out;

/// Explain one detection: what it finds, why it matters, what looks the same, and its query
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The detection's id, as in `waxseal detections list`
    id: String,
    #[command(flatten)]
    own: DetectionsArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> anyhow::Result<Exit> {
    let all = detections(&args.own.detections)?;
    let Some(info) = all.iter().find(|info| info.meta.id == args.id) else { return Err(unknown(&args.id, &all)) };
    let page = out.page();
    match args.format.format {
        Format::Text => out.data(|w| Ok(explain(info, page, w)?))?,
        Format::Json => out.data(|w| listing::json(&DetectionV1::of(info), w))?,
        Format::Jsonl => out.data(|w| listing::line(&DetectionV1::of(info), w))?,
        Format::Csv => anyhow::bail!("an explanation is no table; use -t text or -t json"),
    };
    Ok(Exit::Done)
}

fn unknown(id: &str, all: &[DetectionInfo]) -> anyhow::Error {
    let like: Vec<_> = all.iter().map(|info| info.meta.id.as_str()).filter(|known| known.contains(id)).take(5).collect();
    let cure = if like.is_empty() { "see `waxseal detections list`".to_owned() } else { format!("did you mean {}?", like.join(" or ")) };
    anyhow::anyhow!("there is no detection {id:?}; {cure}")
}

fn explain(info: &DetectionInfo, page: Page, w: &mut dyn Write) -> io::Result<()> {
    let meta = &info.meta;
    writeln!(w, "{}", page.severity(meta.severity, &printable(&meta.title)))?;
    writeln!(w, "{}\n", page.faint(&printable(&format!("{} v{}, from {}", meta.id, meta.version, info.origin))))?;
    passage(w, page, "Why it matters", std::slice::from_ref(&meta.why))?;
    passage(w, page, "What a finding says", std::slice::from_ref(&meta.explanation))?;
    let facts = [
        ("Severity", meta.severity.to_string()),
        ("Confidence", meta.confidence.to_string()),
        ("Access to mail", meta.verdict.with_reason(&meta.verdict_reason)),
        ("Category", meta.category.clone()),
        ("ATT&CK", meta.attack.join(", ")),
        ("Needs", meta.needs.join(" or ")),
        ("One finding for", format!("{}, and no pause above {}", by(&meta.group_by), meta.window)),
    ];
    for (label, fact) in facts {
        writeln!(w, "{}{}", page.faint(&format!("{label:<17}")), printable(&fact))?;
    }
    writeln!(w)?;
    passage(w, page, "Also looked for", &meta.looked_for)?;
    passage(w, page, "Cannot be excluded", &meta.cannot_exclude)?;
    passage(w, page, "Ordinary causes", &meta.false_positives)?;
    passage(w, page, "Sources", &meta.references)?;
    writeln!(w, "{}", page.faint("Query"))?;
    for line in info.sql.trim().lines() {
        writeln!(w, "  {}", printable(line))?;
    }
    Ok(())
}

/// `each tenant, mailbox and client_ip`.
fn by(columns: &[String]) -> String {
    let mut names: Vec<_> = ["tenant"].into_iter().chain(columns.iter().map(String::as_str).filter(|name| *name != "tenant")).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("each {} and {last}", names.join(", ")),
        only => format!("each {}", only.unwrap_or_default()),
    }
}

fn passage(w: &mut dyn Write, page: Page, label: &str, texts: &[String]) -> io::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    writeln!(w, "{}", page.faint(label))?;
    for text in texts {
        let one_line = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        for (i, line) in wrapped(&printable(&one_line), page.width.clamp(24, 100) - 4).iter().enumerate() {
            let lead = match (texts.len(), i) {
                (1, _) => "  ",
                (_, 0) => "  - ",
                _ => "    ",
            };
            writeln!(w, "{lead}{line}")?;
        }
    }
    writeln!(w)
}
