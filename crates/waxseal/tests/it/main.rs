//! The program as a person or a script uses it, the shape of the repository, and real captures where they are at hand.
//!
//! A test that needs something this machine lacks is reported as ignored, with the reason in its name.

mod account;
mod agreement;
mod answers;
mod captures;
mod cli;
mod counted;
mod documents;
mod interrupted;
mod invictus;
mod program;
mod scope;
mod shapes;
mod tidy;
mod worlds;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A test.
pub(crate) type Check = fn() -> anyhow::Result<()>;

fn main() -> ExitCode {
    let always =
        [tidy::TESTS, account::TESTS, cli::TESTS, answers::TESTS, interrupted::TESTS, worlds::TESTS, scope::TESTS, counted::ALWAYS]
            .concat();
    let mut trials: Vec<Trial> = always.into_iter().map(|(name, check)| trial(name.to_owned(), check)).collect();
    trials.extend(sometimes(cli::needs_a_full_device(), cli::ON_A_FULL_DEVICE));
    trials.extend(sometimes(interrupted::needs_namespaces(), interrupted::ON_A_DISK_OF_ITS_OWN));
    for tests in [captures::TESTS, agreement::TESTS, shapes::TESTS, counted::TESTS, documents::TESTS, invictus::TESTS] {
        trials.extend(sometimes(captures::missing(), tests));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Tests that can only run where nothing is missing.
fn sometimes(missing: Option<String>, checks: &'static [(&str, Check)]) -> impl Iterator<Item = Trial> {
    checks.iter().map(move |(name, check)| match &missing {
        None => trial((*name).to_owned(), *check),
        Some(reason) => trial(format!("{name} ({reason})"), *check).with_ignored_flag(true),
    })
}

fn trial(name: String, check: Check) -> Trial {
    Trial::test(name, move || check().map_err(|error| format!("{error:?}").into()))
}
