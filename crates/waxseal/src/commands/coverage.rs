//! `coverage`: how complete the logs of a case are.

use std::collections::BTreeMap;

use serde::Serialize;
use waxseal_case::report_formats::{Align, Page, Table, grouped};
use waxseal_case::{Case, CoverageJson};
use waxseal_model::{COVERAGE_REASONS, Coverage, CoverageSpan, LogClass, MailboxCount, Nanos, Strip, coverage_reason};

use crate::args::{CaseArgs, Format, FormatArgs, ResourceArgs};
use crate::commands::detect::say_unsearched;
use crate::config::Config;
use crate::exit::Exit;
use crate::listing;
use crate::out::Out;

/// Show how complete the logs are, by tenant, log class and day
///
/// As the newest detect run judged it, from what was read (exported settings too: licences, audit sets, mailboxes) and from what
/// is declared in coverage.toml of the case, with --covers or with --coverage. What a log does not show counts only where the
/// log is complete.
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
        let logs = LogClass::ALL.iter().filter(|class| class.is_log());
        out.data(|w| logs.clone().try_for_each(|class| Ok(writeln!(w, "{}", class.as_str())?)))?;
        return Ok(Exit::Done);
    }
    let case = Case::open_to_read(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let Some(coverage) = case.coverage()? else {
        anyhow::bail!("the case has no coverage yet: run `waxseal detect` or `waxseal hunt` first");
    };
    say_unsearched(&case, out);
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

/// Columns of the page that the strip does not get.
const BESIDE: usize = 44;

/// So many lines at most tell of single mailboxes.
const MAILBOXES: usize = 20;

fn text(coverage: &CoverageJson, page: Page) -> String {
    let mut text = String::new();
    let mut by_tenant: BTreeMap<&str, Vec<&CoverageSpan>> = BTreeMap::new();
    for span in &coverage.spans {
        by_tenant.entry(&span.tenant).or_default().push(span);
    }
    for (tenant, spans) in by_tenant {
        text += &of_tenant(tenant, &spans, page);
        if let Some(count) = coverage.mailboxes.iter().find(|count| count.tenant == tenant) {
            text += &mailboxes(count);
        }
        text += &of_mailboxes(&spans);
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
    let whole = || spans.iter().copied().filter(|span| span.mailbox.is_none());
    let most = i64::try_from(page.width.saturating_sub(BESIDE).clamp(20, 100)).unwrap_or(62);
    let Some(strip) = Strip::over(whole(), most) else { return String::new() };
    let heading = format!("Tenant {tenant}, {} to {} UTC, {}", date(strip.from), date(Nanos(strip.to.0 - 1)), strip.scale());
    let mut table =
        Table::new(&[("Log class", Align::Text), ("Days", Align::Word), ("Records", Align::Number), ("Not full because", Align::Text)]);
    for class in LogClass::ALL.iter().map(|class| class.as_str()) {
        let of_class = || whole().filter(|span| span.class == class);
        if of_class().next().is_none() {
            continue;
        }
        let marks: String = strip.marks(of_class()).into_iter().map(|mark| mark.map_or(' ', sign)).collect();
        let mut reasons: Vec<&str> = of_class().filter(|span| span.state != Coverage::Full).map(|span| span.reason.as_str()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        table.row([class.to_owned(), marks, grouped(of_class().map(|span| span.records).sum()), reasons.join(", ")]);
    }
    format!("{}\n{}", page.strong(&heading), table.set(page))
}

fn mailboxes(count: &MailboxCount) -> String {
    let seen = grouped(count.seen);
    if count.inventory {
        format!("Mailboxes: {}, by an inventory; records name {seen} of them.\n", count.said())
    } else {
        format!("Mailboxes: {}. Records name {seen}; no inventory was read that names all of those.\n", count.said())
    }
}

/// What differs for single mailboxes: a line for each mailbox, span and reason, however many classes it concerns.
fn of_mailboxes(spans: &[&CoverageSpan]) -> String {
    type Key<'a> = (&'a str, Nanos, Nanos, &'a str);
    let mut found: BTreeMap<Key<'_>, (Coverage, Vec<&str>)> = BTreeMap::new();
    for span in spans {
        let Some(mailbox) = span.mailbox.as_deref() else { continue };
        let (state, classes) = found.entry((mailbox, span.from, span.to, &span.reason)).or_insert((span.state, Vec::new()));
        *state = state.worse(span.state);
        classes.push(&span.class);
    }
    let mut text = String::new();
    for ((mailbox, from, to, reason), (state, classes)) in found.iter().take(MAILBOXES) {
        let state = format!("{state:?}").to_lowercase();
        // A name that a log gave may hold anything.
        let mailbox = waxseal_model::printable(mailbox);
        text += &format!("{mailbox}: {} {state} from {from} to {to}: {}\n", classes.join(", "), coverage_reason(reason));
    }
    if let Some(more) = found.len().checked_sub(MAILBOXES).filter(|more| *more > 0) {
        text += &format!("{} more spans of single mailboxes: --format csv lists them all\n", grouped(more as u64));
    }
    text
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
