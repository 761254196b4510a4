//! `timeline`: records in the order of time.

use std::io::{self, Write};
use std::net::IpAddr;

use clap::ValueEnum;
use waxseal_case::report_formats::{Align, Page, Table, counted};
use waxseal_case::{Case, Named, Records, TIMELINE_COLUMNS, TableFormat};
use waxseal_model::{Nanos, printable};

use crate::args::{CaseArgs, ResourceArgs};
use crate::commands::detect::say_unsearched;
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;

/// List records in the order of time: of incidents, an account, a mailbox, a message or an address
///
/// Without an incident and without a flag, every record that the findings of incidents cite. With an account, mailbox, message or
/// address, every record of it, whether a finding cites it or not. Undated records come last.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// An incident's id, or its beginning: the records that its findings cite
    incident: Option<String>,
    /// Records by or about this account: its address or its id
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Records about this mailbox: its address or its id
    #[arg(long, value_name = "MAILBOX")]
    mailbox: Option<String>,
    /// Records that name this message, by any of its ids
    #[arg(long, value_name = "ID")]
    message: Option<String>,
    /// Records from this address
    #[arg(long, value_name = "IP", value_parser = address)]
    address: Option<String>,
    /// Records from this time on, such as 2026-01-05 or 2026-01-05T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = day_or_instant)]
    from: Option<Nanos>,
    /// Records before this time
    #[arg(long, value_name = "TIME", value_parser = day_or_instant)]
    to: Option<Nanos>,
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    /// The form of the result
    #[arg(short = 't', long = "format", value_name = "FORM", value_enum, default_value_t = Form::Text, help_heading = "Output")]
    format: Form,
}

const EXAMPLES: &str = "\
Examples:
  waxseal timeline 3f9a1c                                    what the findings of an incident rest on
  waxseal timeline --account ada@contoso.example --from 2026-01-05 --to 2026-01-07
  waxseal timeline -t csv -o timeline.csv                    of all incidents, for a spreadsheet";

/// The forms a timeline can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One line a record, cut to the width of the page
    Text,
    /// For a spreadsheet; no cell can run as a formula
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// So many records are shown for reading; all of them go into a file.
const SHOWN: usize = 1_000;

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    if let (Some(from), Some(to)) = (args.from, args.to) {
        anyhow::ensure!(from < to, "--from {from} is not before --to {to}");
    }
    let case = Case::open_to_read(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let records = records(args, &case)?;
    say_unsearched(&case, out);
    let mut count = 0;
    let page = out.page();
    let taken = out.data(|w| {
        count = match args.format {
            Form::Text => write_text(&case, &records, page, w)?,
            Form::Csv => case.timeline(&records, TableFormat::Csv, w)?,
            Form::Jsonl => case.timeline(&records, TableFormat::JsonLines, w)?,
        };
        Ok(())
    })?;
    if taken {
        out.say(&counted(count, "record", "records"));
        if count == 0 {
            say_unnamed(&records, &case, out)?;
        }
        if args.format == Form::Text && count > SHOWN as u64 {
            out.say(&format!("only the first {SHOWN} are shown; -t csv or -t jsonl gives them all"));
        }
    }
    Ok(Exit::Done)
}

fn records(args: &Args, case: &Case) -> anyhow::Result<Records> {
    let incident = match &args.incident {
        Some(id) => Some(incident_of(case, id)?),
        None => None,
    };
    let asked = [&args.account, &args.mailbox, &args.message, &args.address].into_iter().any(Option::is_some);
    if !asked && case.incidents()?.is_none() {
        anyhow::bail!(
            "the case has no incidents yet: run `waxseal detect` or `waxseal hunt` first, or name an account, mailbox or address"
        );
    }
    Ok(Records {
        incident,
        finding: None,
        account: args.account.clone(),
        mailbox: args.mailbox.clone(),
        message: args.message.clone(),
        address: args.address.clone(),
        from: args.from,
        to: args.to,
    })
}

/// Which of the things that are asked for no record of the case names at any time.
fn say_unnamed(records: &Records, case: &Case, out: &Out) -> anyhow::Result<()> {
    let none = Records::default;
    let asked = [
        ("the account", &records.account, Records { account: records.account.clone(), ..none() }),
        ("the mailbox", &records.mailbox, Records { mailbox: records.mailbox.clone(), ..none() }),
        ("the message", &records.message, Records { message: records.message.clone(), ..none() }),
        ("the address", &records.address, Records { address: records.address.clone(), ..none() }),
    ];
    for (what, name, of_it) in asked {
        let Some(name) = name else { continue };
        if case.timeline_cells(&of_it, 0, |_| io::Result::Ok(()))? == 0 {
            out.say(&format!("no record of the case names {what} {name}"));
        }
    }
    Ok(())
}

fn incident_of(case: &Case, id: &str) -> anyhow::Result<String> {
    let found = case.find(id)?;
    let incidents: Vec<&str> = found.iter().filter(|named| matches!(named, Named::Incident(_))).map(|named| named.label().1).collect();
    match incidents.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => anyhow::bail!("there is no incident {id:?}; `waxseal report` names them"),
        several => anyhow::bail!("{id:?} is the beginning of several incidents: {}", several.join(", ")),
    }
}

/// An address as records have it: in its shortest form.
fn address(text: &str) -> Result<String, String> {
    let address = text.trim().parse::<IpAddr>().map_err(|_no_address| "not an address such as 203.0.113.7 or 2001:db8::7".to_owned())?;
    Ok(address.to_canonical().to_string())
}

fn day_or_instant(text: &str) -> Result<Nanos, String> {
    let found = Nanos::parse(text).or_else(|| Nanos::parse(&format!("{text}T00:00:00Z")));
    found.ok_or_else(|| "not a day such as 2026-01-05 or a time such as 2026-01-05T08:00:00Z".to_owned())
}

/// Writes the first records as a table.
pub(crate) fn write_text(case: &Case, records: &Records, page: Page, w: &mut dyn Write) -> anyhow::Result<u64> {
    let lines = Lines::on(page);
    let mut table = Table::new(&lines.headings());
    let count = case.timeline_cells(records, SHOWN, |cells| {
        table.row(lines.cells(cells));
        io::Result::Ok(())
    })?;
    if count > 0 {
        w.write_all(table.set(Page { width: usize::MAX, ..page }).as_bytes())?;
    }
    Ok(count)
}

/// How wide the cells are of which something may be cut off. Ids are cut to what `show` takes.
struct Lines {
    who: usize,
    what: usize,
    place: usize,
    from: usize,
    /// How many of session and finding there is room for.
    ids: usize,
}

const ID: usize = 8;
const TIME: usize = 19;

/// As wide as the longest address of the older kind.
const ADDRESS: usize = 15;

impl Lines {
    fn on(page: Page) -> Self {
        let ids = if page.width >= 130 { 2 } else { usize::from(page.width >= 92) };
        // Two blanks stand between columns.
        let fixed = TIME + (1 + ids) * ID + (5 + ids) * 2;
        let room = page.width.saturating_sub(fixed).max(36);
        let from = ADDRESS.min(room / 3);
        let rest = room - from;
        Self { who: rest * 35 / 100, what: rest * 30 / 100, place: rest * 35 / 100, from, ids }
    }

    fn headings(&self) -> Vec<(&'static str, Align)> {
        let ids = ["Finding", "Session"].into_iter().take(self.ids);
        let headings = ["Time (UTC)", "Who", "What", "On", "From"].into_iter().chain(ids).chain(["Event"]);
        headings.map(|heading| (heading, Align::Word)).collect()
    }

    fn cells(&self, cells: &[String]) -> Vec<String> {
        let cell = |name: &str| {
            let place = TIMELINE_COLUMNS.iter().position(|column| *column == name);
            place.and_then(|place| cells.get(place)).map_or("", String::as_str)
        };
        let either = |a: &str, b: &str| if cell(a).is_empty() { cell(b).to_owned() } else { cell(a).to_owned() };
        let time = cell("time").get(..TIME).map_or_else(|| "undated".to_owned(), |time| time.replace('T', " "));
        let mut line = vec![
            time,
            cut(cell("actor"), self.who),
            cut(cell("operation"), self.what),
            cut(&either("mailbox", "target"), self.place),
            cut(cell("client_ip"), self.from),
        ];
        let ids = [cell("findings").to_owned(), either("session", "token")];
        line.extend(ids.iter().take(self.ids).map(|id| start(id)));
        line.push(start(cell("event")));
        line
    }
}

/// A text that is made printable before it is cut: what is shown of it is as wide as it says.
fn cut(text: &str, width: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= width { text.into_owned() } else { text.chars().take(width.saturating_sub(1)).chain(['…']).collect() }
}

/// The beginning of an id.
fn start(id: &str) -> String {
    printable(id).chars().take(ID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_first_moment() {
        assert_eq!(day_or_instant("2026-01-05"), day_or_instant("2026-01-05T00:00:00Z"));
        assert!(day_or_instant("yesterday").is_err());
    }

    #[test]
    fn an_address_is_one_in_its_shortest_form() {
        assert_eq!(address("2001:DB8:0:0::7").as_deref(), Ok("2001:db8::7"));
        assert_eq!(address(" ::ffff:203.0.113.7").as_deref(), Ok("203.0.113.7"));
        assert!(address("999.1.1.1").is_err());
    }

    #[test]
    fn a_line_keeps_to_its_page() {
        for width in [80, 100, 160] {
            let lines = Lines::on(Page { width, colour: false });
            let mut table = Table::new(&lines.headings());
            let long = TIMELINE_COLUMNS.map(|_| "w".repeat(200));
            table.row(lines.cells(&long));
            let set = table.set(Page { width: usize::MAX, colour: false });
            assert!(set.lines().all(|line| line.chars().count() <= width), "{width}:\n{set}");
        }
    }
}
