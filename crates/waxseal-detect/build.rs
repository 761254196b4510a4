//! Embeds `detections/**` so that a new detection needs a file and no Rust.

use std::path::{Path, PathBuf};
use std::{fs, io};

#[expect(clippy::disallowed_methods, reason = "cargo hands the output folder to a build script in the environment")]
fn main() -> io::Result<()> {
    // Cargo runs a build script in the folder of its crate, wherever the script was compiled.
    let root = Path::new("../../detections").canonicalize()?;
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut table = String::new();
    write_table(&mut table, "DETECTIONS", &root, files.iter().filter(|path| ends_with(path, ".sql")));
    write_table(&mut table, "SAMPLES", &root, files.iter().filter(|path| ends_with(path, ".events.jsonl")));
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo did not set OUT_DIR"))?;
    fs::write(Path::new(&out).join("bundled.rs"), table)
}

/// Every file below a folder; cargo looks at the folders again when one of them changes.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn ends_with(path: &Path, ending: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ending))
}

fn write_table<'a>(table: &mut String, name: &str, root: &Path, files: impl Iterator<Item = &'a PathBuf>) {
    table.push_str(&format!("const {name}: &[(&str, &str)] = &[\n"));
    for path in files {
        let below = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        table.push_str(&format!("    ({:?}, include_str!({:?})),\n", format!("detections/{below}"), path.to_string_lossy()));
    }
    table.push_str("];\n");
}
