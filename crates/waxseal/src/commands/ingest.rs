//! `ingest`: the first step of a hunt alone.

use waxseal_case::{Case, IngestRequest};

use crate::args::{CaseArgs, FormatArgs, PathArgs, ReadArgs, ResourceArgs};
use crate::commands::detect::{say_failed, say_unsearched};
use crate::commands::inspect::FileV1;
use crate::config::Config;
use crate::exit::Exit;
use crate::listing;
use crate::out::Out;
use crate::progress::Meter;

/// Take logs into the case, without looking for anything
///
/// Prints a row for every file the case holds. Files that are in the case already are not read again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    paths: PathArgs,
    #[command(flatten)]
    case: CaseArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    resources: ResourceArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    let inputs = args.paths.inputs()?;
    let (threads, memory_bytes) = (args.resources.threads(), args.resources.memory);
    let meter = Meter::start(out);
    let mut case = Case::open_or_create(args.case.dir(config), &config.operator, threads, memory_bytes)?;
    let request = IngestRequest {
        inputs,
        tenant: args.read.tenant.clone(),
        date_order: args.read.date_order(),
        keep_originals: !args.read.no_originals,
        threads,
        memory_bytes,
    };
    let added = case.ingest(&request, &meter)?;
    let account = case.account();
    let work = meter.finish();
    let read = account.files.iter().map(|file| FileV1::read(file, &[]));
    let files: Vec<_> = read.chain(account.failed.iter().map(FileV1::failed)).collect();
    listing::write(&files, args.format.format, out)?;
    say_failed(&account, out);
    say_unsearched(&case, out);
    out.say(&if added { work } else { "nothing new: the case holds these files already".to_owned() });
    Ok(Exit::of_reading(&account))
}
