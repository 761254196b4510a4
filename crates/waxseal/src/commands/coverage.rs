//! `coverage`: how complete the logs of a case are.

use std::collections::BTreeMap;

use serde::Serialize;
use waxseal_case::report_formats::{Align, Page, Table, grouped};
use waxseal_case::{Case, CoverageJson};
use waxseal_model::{COVERAGE_REASONS, Coverage, CoverageSpan, LogClass, Nanos, coverage_reason};

use crate::args::{CaseArgs, Format, FormatArgs, ResourceArgs};
use crate::config::Config;
use crate::exit::Exit;
use crate::listing;
use crate::out::Out;

/// Show how complete the logs are, by tenant, log class and day
///
/// As the newest detect run judged it, from what was read and from what is declared in coverage.toml of the case, with
/// --covers or with --coverage. What a log does not show counts only where the log is complete.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    format: FormatArgs,
    /// List the log classes instead
    #[arg(long)]
    classes: bool,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    if args.classes {
        out.data(|w| LogClass::ALL.iter().try_for_each(|class| Ok(writeln!(w, "{}", class.as_str())?)))?;
        return Ok(Exit::Done);
    }
    let case = Case::open(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let Some(coverage) = case.coverage()? else {
        anyhow::bail!("the case has no coverage yet: run `waxseal detect` or `waxseal hunt` first");
    };
    let page = out.page();
    out.data(|w| match args.format.format {
        Format::Text => Ok(w.write_all(text(&coverage, page).as_bytes())?),
        Format::Csv => Ok(sheet(&coverage.spans).write_csv(w)?),
        Format::Json => listing::json(&coverage, w),
        Format::Jsonl => coverage.spans.iter().try_for_each(|span| listing::line(&Line::of(span), w)),
    })?;
    Ok(Exit::Done)
}

/// A span as a line of its own.
#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    #[serde(flatten)]
    span: &'a CoverageSpan,
}

impl<'a> Line<'a> {
    fn of(span: &'a CoverageSpan) -> Self {
        Self { schema: "waxseal.coverage_span/v1", span }
    }
}

/// A sign for a day.
fn sign(state: Coverage) -> char {
    match state {
        Coverage::Full => '#',
        Coverage::Partial => '+',
        Coverage::Unknown => '.',
        Coverage::None => '-',
    }
}

const DAY_NANOS: i64 = 86_400 * 1_000_000_000;

/// So many columns of days at most; longer spans put several days into one, and show the worst of them.
const STRIP: i64 = 62;

fn text(coverage: &CoverageJson, page: Page) -> String {
    let mut text = String::new();
    let mut by_tenant: BTreeMap<&str, Vec<&CoverageSpan>> = BTreeMap::new();
    for span in &coverage.spans {
        by_tenant.entry(&span.tenant).or_default().push(span);
    }
    for (tenant, spans) in by_tenant {
        text += &of_tenant(tenant, &spans, page);
        text.push('\n');
    }
    text += "# full   + partial   . unknown   - none\n";
    let used = |word: &str| coverage.spans.iter().any(|span| span.reason == word);
    for (word, sentence) in COVERAGE_REASONS.iter().filter(|(word, _)| used(word)) {
        text += &format!("{word}: {sentence}\n");
    }
    text += "To declare what was exported, edit coverage.toml in the case, or give --covers CLASS=FROM..TO or --coverage FILE to detect.\n";
    text
}

fn of_tenant(tenant: &str, spans: &[&CoverageSpan], page: Page) -> String {
    let whole: Vec<_> = spans.iter().filter(|span| span.mailbox.is_none()).collect();
    let (Some(from), Some(to)) = (whole.iter().map(|span| span.from).min(), whole.iter().map(|span| span.to).max()) else {
        return String::new();
    };
    let per_sign = ((to.0 - from.0) / DAY_NANOS).div_euclid(STRIP) + 1;
    let days = if per_sign == 1 { "one sign a day".to_owned() } else { format!("one sign for {per_sign} days, the worst of them") };
    let heading = format!("Tenant {tenant}, {} to {} UTC, {days}", date(from), date(Nanos(to.0 - 1)));
    let mut table =
        Table::new(&[("Log class", Align::Text), ("Days", Align::Word), ("Records", Align::Number), ("Not full because", Align::Text)]);
    for class in LogClass::ALL.iter().map(|class| class.as_str()) {
        let of_class: Vec<_> = whole.iter().filter(|span| span.class == class).collect();
        if of_class.is_empty() {
            continue;
        }
        let strip = strip(&of_class, (from, to), per_sign);
        let mut reasons: Vec<&str> = of_class.iter().filter(|span| span.state != Coverage::Full).map(|span| span.reason.as_str()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        table.row([class.to_owned(), strip, grouped(of_class.iter().map(|span| span.records).sum()), reasons.join(", ")]);
    }
    let mut text = format!("{}\n{}", page.strong(&heading), table.set(page));
    for span in spans.iter().filter(|span| span.mailbox.is_some()) {
        let mailbox = span.mailbox.as_deref().unwrap_or_default();
        text += &format!("{mailbox}: no {} from {} to {}: {}\n", span.class, span.from, span.to, coverage_reason(&span.reason));
    }
    text
}

fn strip(spans: &[&&&CoverageSpan], (from, to): (Nanos, Nanos), per_sign: i64) -> String {
    let step = per_sign * DAY_NANOS;
    let mut strip = String::new();
    let mut start = from.0;
    while start < to.0 {
        let there = spans.iter().filter(|span| span.from.0 < start + step && span.to.0 > start);
        strip.push(there.map(|span| span.state).reduce(Coverage::worse).map_or(' ', sign));
        start += step;
    }
    strip
}

fn date(time: Nanos) -> String {
    time.to_string().get(..10).unwrap_or_default().to_owned()
}

fn sheet(spans: &[CoverageSpan]) -> Table {
    let columns = ["tenant", "class", "mailbox", "from", "to", "state", "reason", "records"].map(|name| (name, Align::Text));
    let mut table = Table::new(&columns);
    for span in spans {
        let state = format!("{:?}", span.state).to_lowercase();
        let mailbox = span.mailbox.clone().unwrap_or_default();
        let (from, to) = (span.from.to_string(), span.to.to_string());
        table.row([span.tenant.clone(), span.class.clone(), mailbox, from, to, state, span.reason.clone(), span.records.to_string()]);
    }
    table
}
