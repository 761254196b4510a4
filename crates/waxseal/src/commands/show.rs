//! `show`: one thing in full.

mod page;

use clap::ValueEnum;
use serde::Serialize;
use waxseal_case::{Case, EventShown, Named, SHORTEST_PREFIX};
use waxseal_model::{Campaign, Finding, Incident};

use crate::args::{CaseArgs, ResourceArgs};
use crate::config::Config;
use crate::exit::Exit;
use crate::listing;
use crate::out::Out;

/// Show a record, finding, incident, campaign or message in full
///
/// The beginning of an id does where it is the beginning of one only, from six characters on. Of a message, every record is shown that
/// names it.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Examples:\n  waxseal show 3f9a1c\n  waxseal show '<5c1f@contoso.example>'\n  waxseal show 8f4b1d2e-6c1a-4f0b-9a77-2d5e3c4b1a00 -t json"
)]
pub(crate) struct Args {
    /// The id of an event, finding, incident, campaign or message, or its beginning
    id: String,
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    /// The form of the result
    #[arg(short = 't', long = "format", value_name = "FORM", value_enum, default_value_t = Form::Text, help_heading = "Output")]
    format: Form,
}

/// The forms a thing can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For reading
    Text,
    /// One JSON value with a versioned schema
    Json,
}

/// A thing as JSON.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ThingV1<'t> {
    Event { records: &'t [EventShown] },
    Finding { finding: &'t Finding },
    Incident { incident: &'t Incident },
    Campaign { campaign: &'t Campaign },
    Message { id: &'t str, records: &'t [serde_json::Map<String, serde_json::Value>] },
}

#[derive(Debug, Serialize)]
struct ShownV1<'t> {
    schema: &'static str,
    #[serde(flatten)]
    thing: ThingV1<'t>,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let case = Case::open_to_read(args.case.dir(config), &config.operator, args.resources.threads(), args.resources.memory)?;
    let found = case.find(args.id.trim())?;
    let thing = match found.as_slice() {
        [only] => only,
        [] => return Err(nothing(&args.id)),
        several => return Err(which(&args.id, several)),
    };
    match thing {
        Named::Event { tenant, id } => {
            let records = case.event(tenant, id)?;
            write(out, args.format, ThingV1::Event { records: &records }, |page, w| page::events(&records, page, w))
        }
        Named::Finding(finding) => write(out, args.format, ThingV1::Finding { finding }, |page, w| page::finding(&case, finding, page, w)),
        Named::Incident(incident) => write(out, args.format, ThingV1::Incident { incident }, |page, w| page::incident(incident, page, w)),
        Named::Campaign(campaign) => write(out, args.format, ThingV1::Campaign { campaign }, |page, w| page::campaign(campaign, page, w)),
        Named::Message(id) => {
            let records = case.records_of_message(id)?;
            write(out, args.format, ThingV1::Message { id, records: &records }, |page, w| page::message(&case, id, page, w))
        }
    }
}

fn write(
    out: &mut Out,
    form: Form,
    thing: ThingV1<'_>,
    text: impl FnOnce(waxseal_case::report_formats::Page, &mut dyn std::io::Write) -> anyhow::Result<()>,
) -> anyhow::Result<Exit> {
    let page = out.page();
    out.data(|w| match form {
        Form::Text => text(page, w),
        Form::Json => listing::json(&ShownV1 { schema: "waxseal.shown/v1", thing }, w),
    })?;
    Ok(Exit::Done)
}

fn nothing(id: &str) -> anyhow::Error {
    let short = if id.trim().chars().count() < SHORTEST_PREFIX {
        format!("; the beginning of an id needs {SHORTEST_PREFIX} characters")
    } else {
        String::new()
    };
    anyhow::anyhow!("nothing in the case has the id {id:?}{short}; `waxseal timeline` and `waxseal report` give ids")
}

/// So many things are listed.
const MOST_LISTED: usize = 20;

fn which(id: &str, several: &[Named]) -> anyhow::Error {
    let mut listed: Vec<String> = several
        .iter()
        .take(MOST_LISTED)
        .map(|named| {
            let (kind, id) = named.label();
            match named {
                Named::Event { tenant, .. } => format!("  {kind} {id} of {tenant}"),
                _ => format!("  {kind} {id}"),
            }
        })
        .collect();
    if several.len() > MOST_LISTED {
        listed.push("  and more".to_owned());
    }
    anyhow::anyhow!("{id:?} is more than one thing; give more of the id:\n{}", listed.join("\n"))
}
