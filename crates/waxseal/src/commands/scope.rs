//! `scope`: which mailboxes and messages incidents reach.

use clap::ValueEnum;
use serde::Serialize;
use waxseal_case::report_formats::{Align, counted, grouped};
use waxseal_case::{Case, MessageFilter, MessageFormat};
use waxseal_model::{AccessClasses, Incident, IncidentMailbox, Incidents, MessageBounds, Statement};

use crate::args::{CaseArgs, Format, ResourceArgs};
use crate::commands::detect::say_unsearched;
use crate::config::Config;
use crate::exit::Exit;
use crate::listing::{self, Listed};
use crate::out::Out;

/// Show which mailboxes and messages each incident reaches
///
/// Of every mailbox it says at least and at most how many messages were accessed, and of what kind the records are. A message that
/// a record of the intruder names counts in the lower bound; what could be had without such a record counts in the upper one, which is
/// left out where nothing says how much that is. What the classes mean: docs/scope.md.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only this incident: its id or the beginning of it [default: all]
    incident: Option<String>,
    /// Only this mailbox
    #[arg(long, value_name = "ADDRESS")]
    mailbox: Option<String>,
    /// List the messages instead of the mailboxes
    #[arg(long)]
    messages: bool,
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    /// The form of the result; parquet is for --messages and needs --output
    #[arg(short = 't', long = "format", value_name = "FORM", value_enum, default_value_t = Form::Text, help_heading = "Output")]
    format: Form,
}

const EXAMPLES: &str = "\
Examples:
  waxseal scope                                      every mailbox, with bounds
  waxseal scope 3f2a --messages -t csv -o list.csv   the messages of one incident, for a spreadsheet
  waxseal scope --messages -t parquet -o all.parquet every message, for other programs";

/// The forms of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For reading: tables that line up
    Text,
    /// For a spreadsheet; no cell can run as a formula
    Csv,
    /// One JSON value
    Json,
    /// One JSON object a line
    Jsonl,
    /// A Parquet file
    Parquet,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let case = Case::open_to_read(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let Some(incidents) = case.incidents()? else {
        anyhow::bail!("the case has no incidents yet: run `waxseal detect` or `waxseal hunt` first");
    };
    let asked = |incident: &&Incident| args.incident.as_ref().is_none_or(|id| incident.id.starts_with(id.as_str()));
    let chosen: Vec<&Incident> = incidents.incidents.iter().filter(asked).collect();
    if let (Some(id), []) = (&args.incident, chosen.as_slice()) {
        anyhow::bail!("no incident of the case has an id that begins with {id}; `waxseal scope` names them all");
    }
    say_unsearched(&case, out);
    let lacking = not_worked_out(&case, &incidents);
    let stated = args.mailbox.as_deref().map(|mailbox| stated(&case, &incidents, mailbox)).transpose()?.unwrap_or_default();
    if args.messages {
        if let Some(reason) = lacking {
            anyhow::bail!("the messages of the incidents were not counted: {reason}");
        }
        let incidents = args.incident.is_some().then(|| chosen.iter().map(|incident| incident.id.clone()).collect());
        return messages(&case, MessageFilter { incidents, mailbox: args.mailbox.clone() }, &stated, args.format, out);
    }
    let of_mailbox = |mailbox: &&IncidentMailbox| args.mailbox.as_ref().is_none_or(|one| mailbox.mailbox.eq_ignore_ascii_case(one));
    let rows = |incident: &&Incident| {
        incident.mailboxes.iter().filter(of_mailbox).map(|mailbox| Reached::of(incident, mailbox)).collect::<Vec<_>>()
    };
    let mut reached: Vec<Reached> = chosen.iter().flat_map(rows).collect();
    if reached.is_empty() {
        reached.extend(stated.iter().map(Reached::stated));
    }
    let format = match args.format {
        Form::Text => Format::Text,
        Form::Csv => Format::Csv,
        Form::Json => Format::Json,
        Form::Jsonl => Format::Jsonl,
        Form::Parquet => anyhow::bail!("mailboxes are not written as Parquet; with --messages the messages are"),
    };
    listing::write(&reached, format, out)?;
    out.say(&counted(reached.len() as u64, "mailbox", "mailboxes"));
    if let Some(reason) = lacking {
        out.say(&format!("The messages were not counted: {reason}"));
    }
    Ok(Exit::Done)
}

/// Why nothing was counted, where it was not: then no incident says what else it did.
fn not_worked_out(case: &Case, incidents: &Incidents) -> Option<String> {
    let nothing = !incidents.incidents.is_empty() && incidents.incidents.iter().all(|incident| incident.other_acts.is_none());
    let lacks = case.account().not_run.into_iter().filter(|lack| lack.detection == "incidents").map(|lack| lack.reason).collect::<Vec<_>>();
    nothing.then(|| lacks.join("; "))
}

/// What the case says of a mailbox, whether or not an incident reaches it.
fn stated(case: &Case, incidents: &Incidents, mailbox: &str) -> anyhow::Result<Vec<Statement>> {
    let stated: Vec<Statement> = case.statements()?.into_iter().filter(|said| said.mailbox.eq_ignore_ascii_case(mailbox)).collect();
    let reached = || incidents.incidents.iter().flat_map(|incident| &incident.mailboxes).any(|at| at.mailbox.eq_ignore_ascii_case(mailbox));
    anyhow::ensure!(
        !stated.is_empty() || reached(),
        "no log and no inventory of the case names the mailbox {mailbox}: nothing can be said of it"
    );
    Ok(stated)
}

fn messages(case: &Case, filter: MessageFilter, stated: &[Statement], format: Form, out: &mut Out) -> anyhow::Result<Exit> {
    let format = match format {
        Form::Text => MessageFormat::Table(Format::Text.table()),
        Form::Csv => MessageFormat::Table(Format::Csv.table()),
        Form::Json => MessageFormat::Table(Format::Json.table()),
        Form::Jsonl => MessageFormat::Table(Format::Jsonl.table()),
        Form::Parquet => MessageFormat::Parquet,
    };
    let mut rows = 0;
    let taken = out.data(|w| {
        rows = case.messages(&filter, format, w)?;
        Ok(())
    })?;
    if taken {
        out.say(&counted(rows, "message", "messages"));
        // That no message is listed is no word on the mailbox.
        stated.iter().for_each(|said| out.say(&format!("{}: {}", said.mailbox, said.verdict)));
    }
    Ok(Exit::Done)
}

/// A mailbox of an incident, as it is listed.
#[derive(Debug, Serialize)]
struct Reached {
    schema: &'static str,
    /// `null` where none reaches it.
    incident: Option<String>,
    tenant: String,
    mailbox: String,
    high_value: bool,
    verdict: String,
    messages: MessageBounds,
    classes: Option<AccessClasses>,
    first_recorded: Option<String>,
    last_recorded: Option<String>,
}

impl Reached {
    fn of(incident: &Incident, mailbox: &IncidentMailbox) -> Self {
        Self {
            schema: "waxseal.scope/v1",
            incident: Some(incident.id.clone()),
            tenant: mailbox.tenant.clone(),
            mailbox: mailbox.mailbox.clone(),
            high_value: mailbox.high_value,
            verdict: mailbox.verdict.clone(),
            messages: mailbox.messages.clone(),
            classes: mailbox.classes.clone(),
            first_recorded: mailbox.first_recorded.map(|time| time.to_string()),
            last_recorded: mailbox.last_recorded.map(|time| time.to_string()),
        }
    }
}

impl Reached {
    fn stated(said: &Statement) -> Self {
        Self {
            schema: "waxseal.scope/v1",
            incident: None,
            tenant: said.tenant.clone(),
            mailbox: said.mailbox.clone(),
            high_value: said.high_value,
            verdict: said.verdict.clone(),
            messages: MessageBounds {
                upper_reason: Some("no incident that is asked for reaches it".to_owned()),
                ..MessageBounds::not_counted()
            },
            classes: None,
            first_recorded: None,
            last_recorded: None,
        }
    }
}

impl Listed for Reached {
    const COLUMNS: &'static [(&'static str, Align)] = &[
        ("Incident", Align::Word),
        ("Mailbox", Align::Text),
        ("At least", Align::Number),
        ("At most", Align::Number),
        ("Unattributed", Align::Number),
        ("First record", Align::Word),
        ("Verdict", Align::Text),
    ];
    const SHEET: &'static [&'static str] = &[
        "incident",
        "tenant",
        "mailbox",
        "high_value",
        "lower",
        "upper",
        "upper_reason",
        "accessed",
        "accessed_unattributed",
        "exposed_sync",
        "exposed_throttle",
        "exposed_other",
        "unknown_days",
        "first_recorded",
        "last_recorded",
        "verdict",
    ];

    fn cells(&self) -> Vec<String> {
        let number = |number: Option<u64>| number.map_or_else(|| "not known".to_owned(), grouped);
        vec![
            self.incident.as_deref().unwrap_or_default().chars().take(8).collect(),
            if self.high_value { format!("{} (high value)", self.mailbox) } else { self.mailbox.clone() },
            number(self.messages.lower),
            number(self.messages.upper),
            self.classes.as_ref().map_or_else(String::new, |classes| grouped(classes.accessed_unattributed)),
            self.first_recorded.clone().unwrap_or_default().chars().take(16).collect::<String>().replace('T', " "),
            self.verdict.clone(),
        ]
    }

    fn sheet(&self) -> Vec<String> {
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let class = |of: fn(&AccessClasses) -> Option<u64>| number(self.classes.as_ref().and_then(of));
        vec![
            self.incident.clone().unwrap_or_default(),
            self.tenant.clone(),
            self.mailbox.clone(),
            self.high_value.to_string(),
            number(self.messages.lower),
            number(self.messages.upper),
            self.messages.upper_reason.clone().unwrap_or_default(),
            class(|classes| Some(classes.accessed)),
            class(|classes| Some(classes.accessed_unattributed)),
            class(|classes| classes.exposed_sync),
            class(|classes| classes.exposed_throttle),
            class(|classes| classes.exposed_other),
            class(|classes| Some(classes.unknown_days)),
            self.first_recorded.clone().unwrap_or_default(),
            self.last_recorded.clone().unwrap_or_default(),
            self.verdict.clone(),
        ]
    }
}
