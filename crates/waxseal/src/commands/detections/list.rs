//! `detections list`.

use serde::Serialize;
use waxseal_case::report_formats::Align;
use waxseal_case::{DetectionInfo, detections};

use crate::args::{DetectionsArgs, FormatArgs};
use crate::exit::Exit;
use crate::listing::{self, Listed};
use crate::out::Out;

/// List the detections, the gravest first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    own: DetectionsArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> anyhow::Result<Exit> {
    let mut all = detections(&args.own.detections)?;
    all.sort_by(|a, b| b.meta.severity.cmp(&a.meta.severity).then_with(|| a.meta.id.cmp(&b.meta.id)));
    let all: Vec<_> = all.iter().map(DetectionV1::of).collect();
    listing::write(&all, args.format.format, out)?;
    Ok(Exit::Done)
}

/// One detection, as JSON.
#[derive(Debug, Serialize)]
pub(super) struct DetectionV1<'a> {
    schema: &'static str,
    id: &'a str,
    version: u32,
    title: &'a str,
    why: &'a str,
    category: &'a str,
    attack: &'a [String],
    severity: &'static str,
    confidence: &'static str,
    needs: &'a [String],
    group_by: &'a [String],
    window: &'a str,
    verdict: String,
    explanation: &'a str,
    looked_for: &'a [String],
    cannot_exclude: &'a [String],
    false_positives: &'a [String],
    references: &'a [String],
    origin: &'a str,
    sql: &'a str,
}

impl<'a> DetectionV1<'a> {
    /// What a detection says of itself.
    pub(super) fn of(info: &'a DetectionInfo) -> Self {
        let meta = &info.meta;
        Self {
            schema: "waxseal.detection/v1",
            id: &meta.id,
            version: meta.version,
            title: &meta.title,
            why: &meta.why,
            category: &meta.category,
            attack: &meta.attack,
            severity: meta.severity.as_str(),
            confidence: meta.confidence.as_str(),
            needs: &meta.needs,
            group_by: &meta.group_by,
            window: &meta.window,
            verdict: meta.verdict.with_reason(&meta.verdict_reason),
            explanation: &meta.explanation,
            looked_for: &meta.looked_for,
            cannot_exclude: &meta.cannot_exclude,
            false_positives: &meta.false_positives,
            references: &meta.references,
            origin: &info.origin,
            sql: &info.sql,
        }
    }
}

impl Listed for DetectionV1<'_> {
    const COLUMNS: &'static [(&'static str, Align)] =
        &[("Severity", Align::Word), ("Id", Align::Text), ("Category", Align::Text), ("Title", Align::Text)];

    const SHEET: &'static [&'static str] = &["id", "version", "severity", "confidence", "category", "attack", "needs", "title", "origin"];

    fn cells(&self) -> Vec<String> {
        vec![self.severity.to_owned(), self.id.to_owned(), self.category.to_owned(), self.title.to_owned()]
    }

    fn sheet(&self) -> Vec<String> {
        vec![
            self.id.to_owned(),
            self.version.to_string(),
            self.severity.to_owned(),
            self.confidence.to_owned(),
            self.category.to_owned(),
            self.attack.join("; "),
            self.needs.join("; "),
            self.title.to_owned(),
            self.origin.to_owned(),
        ]
    }
}
