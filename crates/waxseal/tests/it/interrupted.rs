//! What a kill or a full disk leaves behind, and what can be done on a disk that nothing can be written to.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::cli::generated;
use crate::program::{Scratch, comparable, findings, hunt, number, run, run_json, scenario, waxseal};

pub(crate) const TESTS: &[(&str, crate::Check)] = &[("interrupted::killed_at_any_moment_nothing_is_lost_or_doubled", killed_at_any_moment)];

pub(crate) const ON_A_DISK_OF_ITS_OWN: &[(&str, crate::Check)] = &[
    ("interrupted::a_full_disk_is_named_and_leaves_the_case_intact", a_full_disk),
    ("interrupted::a_case_on_a_read_only_disk_is_verified_and_asked", a_read_only_disk),
    ("interrupted::a_full_disk_keeps_no_half_a_result", no_half_a_result),
];

/// Why a disk for a test cannot be made here.
pub(crate) fn needs_namespaces() -> Option<String> {
    let made = Command::new("unshare").args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).stderr(Stdio::null()).status();
    let possible = made.is_ok_and(|status| status.success());
    (!possible).then(|| "needs `unshare -rm` and mount".to_owned())
}

/// Twenty kills, each a little later, into the same case; then it is left to finish.
fn killed_at_any_moment() -> Result<()> {
    let scratch = Scratch::new()?;
    let many = scratch.write("many.jsonl", generated(60_000)?)?;
    let scenario = scenario().to_string_lossy().into_owned();
    let inputs = [many.as_str(), &scenario];
    let expected = comparable(&hunt(&inputs, &scratch.path("undisturbed"))?);
    let case = scratch.path("killed");
    let mut kills = 0;
    for round in 0..20_u64 {
        let arguments = [&["hunt"], &inputs[..], &["--case", &case, "--quiet"]].concat();
        let mut child = waxseal(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        std::thread::sleep(Duration::from_millis(3 + round * round * 4));
        child.kill()?;
        kills += u32::from(child.wait()?.code().is_none());
    }
    ensure!(kills >= 5, "only {kills} of 20 runs were still going when they were killed");
    ensure!(comparable(&hunt(&inputs, &case)?) == expected, "after the kills other findings came out");
    let (undisturbed, killed) = (run_json(&scratch.path("undisturbed"))?, run_json(&case)?);
    for count in ["records", "read", "duplicates", "rejected", "truncated"] {
        ensure!(number(&undisturbed, count) == number(&killed, count), "{count} differs");
    }
    let output = run(&["sql", "select count(*), count(distinct id) from events", "-t", "csv", "--case", &case], 0)?;
    let read = number(&killed, "read");
    ensure!(String::from_utf8(output.stdout)?.lines().nth(1) == Some(&format!("\"{read}\",\"{read}\"")), "events were lost or doubled");
    run(&["verify", "--case", &case], 0)?;
    Ok(())
}

/// A hunt that fits, then one that does not, on a disk of a few megabytes.
fn a_full_disk() -> Result<()> {
    let scratch = Scratch::new()?;
    let many = scratch.write("many.jsonl", generated(150_000)?)?;
    let (disk, copy) = (scratch.path("disk"), scratch.path("copy"));
    fs::create_dir(&disk)?;
    let script = format!(
        "mount -t tmpfs -o size=3M tmpfs {disk} && \
         {{ {program} hunt {scenario} --case {disk}/case --quiet >/dev/null; \
            {program} hunt {many} --case {disk}/case --quiet; echo ended with $?; \
            {program} verify --case {disk}/case; echo verified with $?; cp -r {disk}/case {copy}; }}",
        program = env!("CARGO_BIN_EXE_waxseal"),
        scenario = scenario().display(),
    );
    let output = Command::new("unshare").args(["-rm", "sh", "-c", &script]).output()?;
    let told = String::from_utf8([output.stdout, output.stderr].concat())?;
    ensure!(told.contains("disk is full") && told.contains("ended with 2"), "{told}");
    ensure!(told.contains("verified with 0"), "{told}");
    ensure!(!findings(&copy)?.is_empty(), "the findings of the first hunt are gone");
    ensure!(!Path::new(&copy).join("runs/0004-ingest/COMMIT").is_file(), "a run that did not fit counts");
    // With space again, the same command ends as if nothing had happened.
    hunt(&[&many], &copy)?;
    run(&["verify", "--case", &copy], 0)?;
    Ok(())
}

/// What only reads works on a read-only disk and says the same as elsewhere; what adds to a case says why it cannot.
fn a_read_only_disk() -> Result<()> {
    let scratch = Scratch::new()?;
    let case = scratch.path("case");
    let found = hunt(&[&scenario().to_string_lossy()], &case)?;
    let finding = found.first().and_then(|finding| finding["id"].as_str()).context("a finding has an id")?;
    let count = "select count(*) from events";
    let reading = [
        vec!["verify"],
        vec!["sql", count],
        vec!["show", finding],
        vec!["coverage"],
        vec!["scope"],
        vec!["timeline"],
        vec!["export", "events"],
    ];
    for lock in ["there", "gone"] {
        if lock == "gone" {
            fs::remove_file(Path::new(&case).join("lock"))?;
        }
        for verb in &reading {
            let arguments = [verb.as_slice(), &["--case", &case]].concat();
            let (code, told, error) = on_a_read_only_disk(&case, &arguments)?;
            ensure!(code == Some(0), "{verb:?}, lock {lock}, ended with {code:?}: {error}");
            if lock == "there" {
                ensure!(told == run(&arguments, 0)?.stdout, "{verb:?} says something else on a read-only disk");
            }
        }
    }
    let (code, _, error) = on_a_read_only_disk(&case, &["detect", "--case", &case, "--quiet"])?;
    ensure!(code == Some(2) && error.contains("commands that add to a case need to write there"), "{code:?}: {error}");
    Ok(())
}

fn on_a_read_only_disk(folder: &str, arguments: &[&str]) -> Result<(Option<i32>, Vec<u8>, String)> {
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$0\" \"$@\"";
    let program = env!("CARGO_BIN_EXE_waxseal");
    let output = Command::new("unshare").args(["-rm", "sh", "-c", script, program, folder]).args(arguments).output()?;
    Ok((output.status.code(), output.stdout, String::from_utf8(output.stderr)?))
}

/// A result that does not fit is not left in part, and what it was to replace stays.
fn no_half_a_result() -> Result<()> {
    let scratch = Scratch::new()?;
    let (case, disk) = (scratch.path("case"), scratch.path("disk"));
    hunt(&[&scratch.write("many.jsonl", generated(2_000)?)?], &case)?;
    fs::create_dir(&disk)?;
    let export = format!("{} export events -t jsonl --case {case} --quiet", env!("CARGO_BIN_EXE_waxseal"));
    let script = format!(
        "mount -t tmpfs -o size=64K tmpfs {disk} && \
         {{ {export} -o {disk}/new.jsonl; echo ended with $?; \
            echo before > {disk}/old.jsonl; {export} -o {disk}/old.jsonl --clobber; echo ended with $?; \
            cat {disk}/old.jsonl; ls {disk}; }}"
    );
    let output = Command::new("unshare").args(["-rm", "sh", "-c", &script]).output()?;
    let (told, said) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    ensure!(told == "ended with 2\nended with 2\nbefore\nold.jsonl\n", "{told}\n{said}");
    let errors: Vec<&str> = said.lines().filter(|line| line.contains("error: failed to write ")).collect();
    ensure!(errors.len() == 2 && errors.iter().all(|line| line.contains("make room") && line.contains(".jsonl")), "{said}");
    ensure!(!said.contains("panicked"), "{said}");
    Ok(())
}
