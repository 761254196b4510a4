//! The command line of Waxseal: parses verbs, hands them to `waxseal-case`, prints, and chooses the exit code.

mod args;
mod commands;
mod config;
mod exit;
mod listing;
mod out;
mod progress;

use std::process::ExitCode;

use clap::Parser as _;

use crate::commands::Cli;
use crate::config::Config;
use crate::exit::Exit;
use crate::out::Out;

/// Planning a query makes millions of small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => return out::usage(&usage),
    };
    let config = Config::read();
    let mut out = Out::new(&cli.output, &config);
    let ended = out.check_target().and_then(|()| commands::run(&cli.verb, &config, &mut out));
    let exit = ended.unwrap_or_else(|error| {
        out::error(&error);
        Exit::CannotRun
    });
    exit.into()
}
