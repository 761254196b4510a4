//! `detections`: what is looked for, why, and whether it works.

mod explain;
mod list;
mod test;

use clap::Subcommand;

use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;

/// List, explain and try the detections
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

/// What to do with them.
#[derive(Debug, Subcommand)]
enum What {
    List(list::Args),
    Explain(explain::Args),
    Test(test::Args),
}

pub(crate) fn run(args: &Args, config: &Config, out: &mut Out) -> anyhow::Result<Exit> {
    match &args.what {
        What::List(args) => list::run(args, out),
        What::Explain(args) => explain::run(args, out),
        What::Test(args) => test::run(args, config, out),
    }
}
