//! `completions`: for shells.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::commands::Cli;
use crate::exit::Exit;
use crate::out::Out;

/// Write completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  waxseal completions bash > ~/.local/share/bash-completion/completions/waxseal")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "waxseal", &mut script);
    out.data(|w| Ok(w.write_all(&script)?))?;
    Ok(Exit::Done)
}
