//! Running the program and reading what it leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The root of the repository.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The bundled scenario.
pub(crate) fn scenario() -> PathBuf {
    Path::new(ROOT).join("samples/first-hunt")
}

/// The program, with nothing of the caller's environment that it looks at.
pub(crate) fn waxseal(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waxseal"));
    command.args(arguments).env_remove("WAXSEAL_CASE").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs it and checks how it ended.
pub(crate) fn run(arguments: &[&str], expected: i32) -> Result<Output> {
    let output = waxseal(arguments).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(expected), "{arguments:?} ended with {:?} instead of {expected}: {told}", output.status.code());
    ensure!(!told.contains("panicked"), "{arguments:?} panicked: {told}");
    Ok(output)
}

/// A folder that goes away, and paths in it.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<String> {
        let path = self.path(name);
        if let Some(folder) = Path::new(&path).parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, bytes)?;
        Ok(path)
    }
}

/// Hunts and gives the findings.
pub(crate) fn hunt(inputs: &[&str], case: &str) -> Result<Vec<Value>> {
    let arguments = [&["hunt"], inputs, &["--case", case, "--quiet", "--fail-level", "critical"]].concat();
    let output = waxseal(&arguments).output()?;
    let code = output.status.code();
    ensure!(matches!(code, Some(0 | 1 | 3)), "hunt of {inputs:?} ended with {code:?}: {}", String::from_utf8_lossy(&output.stderr));
    findings(case)
}

/// The findings at the top of a case.
pub(crate) fn findings(case: &str) -> Result<Vec<Value>> {
    let text = fs::read_to_string(Path::new(case).join("findings.jsonl"))?;
    text.lines().map(|line| serde_json::from_str(line).context("a finding is JSON")).collect()
}

/// `run.json` of a case.
pub(crate) fn run_json(case: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(Path::new(case).join("run.json"))?)?)
}

/// A number in a JSON object.
pub(crate) fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or(u64::MAX)
}

/// Every file below a folder, sorted.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Findings without what may differ between exports of the same records: ids stay, places do not occur.
pub(crate) fn comparable(findings: &[Value]) -> Vec<String> {
    let mut all: Vec<String> = findings.iter().map(Value::to_string).collect();
    all.sort();
    all
}
