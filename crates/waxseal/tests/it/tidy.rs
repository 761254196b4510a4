//! The shape of the repository, checked: what depends on what, and whether lists that must agree do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use waxseal_model::{CATEGORIES, COVERAGE_REASONS, LogClass, Verdict};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Every check of this file.
pub(crate) const TESTS: &[(&str, crate::Check)] = &[
    ("tidy::crates_depend_on_lower_floors_only", crates_depend_on_lower_floors_only),
    ("tidy::modules_do_not_depend_on_each_other_in_circles", modules_do_not_depend_on_each_other_in_circles),
    ("tidy::nothing_is_offered_by_glob", nothing_is_offered_by_glob),
    ("tidy::paths_named_in_documents_exist", paths_named_in_documents_exist),
    ("tidy::every_format_has_its_page_and_sample_and_the_other_way_round", every_format_has_its_page_and_sample_and_the_other_way_round),
    ("tidy::every_detection_has_its_samples_and_the_other_way_round", every_detection_has_its_samples_and_the_other_way_round),
    ("tidy::the_glossary_lists_every_word_that_programs_match_on", the_glossary_lists_every_word_that_programs_match_on),
    ("tidy::names_after_crate_are_found_in_groups_too", names_after_crate_are_found_in_groups_too),
    ("tidy::a_circle_of_three_is_found_and_a_tree_is_none", a_circle_of_three_is_found_and_a_tree_is_none),
    ("tidy::glob_offers_are_told_from_other_uses", glob_offers_are_told_from_other_uses),
];

/// Which of our crates each of them may depend on: only lower floors, and the steps never each other.
const FLOORS: &[(&str, &[&str])] = &[
    ("waxseal-model", &[]),
    ("waxseal-evidence", &["waxseal-model"]),
    ("waxseal-read", &["waxseal-model"]),
    ("waxseal-coverage", &["waxseal-model"]),
    ("waxseal-detect", &["waxseal-model"]),
    ("waxseal-incident", &["waxseal-model"]),
    ("waxseal-report", &["waxseal-model"]),
    ("waxseal-simulate", &["waxseal-model"]),
    ("waxseal-collect", &["waxseal-model"]),
    ("waxseal-contain", &["waxseal-model"]),
    (
        "waxseal-case",
        &["waxseal-model", "waxseal-read", "waxseal-evidence", "waxseal-coverage", "waxseal-detect", "waxseal-incident", "waxseal-report"],
    ),
    ("waxseal-web", &["waxseal-model", "waxseal-case"]),
    ("waxseal-cluster", &["waxseal-case", "waxseal-detect"]),
    ("waxseal", &["waxseal-model", "waxseal-case", "waxseal-simulate", "waxseal-web", "waxseal-contain", "waxseal-cluster"]),
];

fn crates_depend_on_lower_floors_only() -> Result<()> {
    let mut wrong = Vec::new();
    for (name, dependencies) in workspace_edges()? {
        let allowed = FLOORS.iter().find(|(floor, _)| *floor == name).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            wrong.push(format!("{name} is on no floor: add it to the table"));
            continue;
        };
        wrong.extend(dependencies.iter().filter(|it| !allowed.contains(&it.as_str())).map(|it| format!("{name} must not depend on {it}")));
    }
    none(&wrong)
}

fn modules_do_not_depend_on_each_other_in_circles() -> Result<()> {
    let mut circles = Vec::new();
    for folder in crate_folders()? {
        if let Some(circle) = circle(&module_edges(&folder.join("src"))?) {
            circles.push(format!("{}: {}", shown(&folder), circle.join(" -> ")));
        }
    }
    none(&circles)
}

fn nothing_is_offered_by_glob() -> Result<()> {
    let mut globs = Vec::new();
    for folder in crate_folders()? {
        for file in files_below(&folder.join("src"), "rs")? {
            let text = code(&file)?;
            globs.extend(text.split(';').filter(|statement| is_glob_offer(statement.trim())).map(|_| shown(&file)));
        }
    }
    none(&globs)
}

/// Whether a statement ends in `pub use …::*`.
fn is_glob_offer(statement: &str) -> bool {
    let Some(at) = statement.rfind("use ") else { return false };
    let offered = statement[..at].trim_end();
    let public = offered.ends_with("pub")
        || (offered.ends_with(')') && offered.rfind("pub(").is_some_and(|open| !offered[open..].contains([';', '{'])));
    public && (statement.ends_with("::*") || statement[at..].contains("::*,") || statement[at..].contains("::*}"))
}

fn paths_named_in_documents_exist() -> Result<()> {
    let mut missing = Vec::new();
    for document in files_below(Path::new(ROOT), "md")? {
        let text = fs::read_to_string(&document)?;
        let bases = bases(&document)?;
        for path in paths_named(&text) {
            if !bases.iter().any(|base| base.join(&path).try_exists().unwrap_or(false)) {
                missing.push(format!("{} names {path}", shown(&document)));
            }
        }
    }
    none(&missing)
}

fn every_format_has_its_page_and_sample_and_the_other_way_round() -> Result<()> {
    let read = Path::new(ROOT).join("crates/waxseal-read");
    let formats = names_in(&read.join("src/formats"), ".rs")?;
    let pages = names_in(&Path::new(ROOT).join("docs/formats"), ".md")?;
    let samples = names_in(&read.join("tests/it/formats"), "/")?;
    let mut wrong = differences("format", &formats, "page in docs/formats", &pages);
    wrong.extend(differences("format", &formats, "folder in tests/it/formats", &samples));
    none(&wrong)
}

fn every_detection_has_its_samples_and_the_other_way_round() -> Result<()> {
    let mut wrong = Vec::new();
    for folder in folders_in(&Path::new(ROOT).join("detections"))? {
        let queries = names_in(&folder, ".sql")?;
        let samples = names_in(&folder, ".events.jsonl")?;
        wrong.extend(differences("detection", &queries, "sample (.events.jsonl)", &samples));
    }
    none(&wrong)
}

fn the_glossary_lists_every_word_that_programs_match_on() -> Result<()> {
    let glossary = fs::read_to_string(Path::new(ROOT).join("GLOSSARY.md"))?;
    let verdicts = [Verdict::RecordedAccess, Verdict::PossibleAccess, Verdict::NoRecordedAccess, Verdict::NotAssessable];
    let rows = CATEGORIES.iter().map(|word| format!("| `{word}` |"));
    let rows = rows.chain(LogClass::ALL.iter().map(|class| format!("| `{}` |", class.as_str())));
    let rows = rows.chain(COVERAGE_REASONS.iter().map(|(reason, meaning)| format!("| `{reason}` | {meaning} |")));
    let rows = rows.chain(verdicts.iter().map(|verdict| format!("| **{}** |", verdict.as_str())));
    let missing: Vec<String> = rows.filter(|row| !glossary.lines().any(|line| line.starts_with(row))).collect();
    none(&missing)
}

fn none(wrong: &[String]) -> Result<()> {
    ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    Ok(())
}

// ---- crates ----

/// Every crate of the workspace with those of our crates it depends on, for building or for testing.
fn workspace_edges() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo).args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).current_dir(ROOT).output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages")?;
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let edges = packages.iter().map(|package| {
        let dependencies = package["dependencies"].as_array().into_iter().flatten().map(name);
        (name(package), dependencies.filter(|it| ours.contains(it)).collect())
    });
    Ok(edges.collect())
}

fn crate_folders() -> Result<Vec<PathBuf>> {
    folders_in(&Path::new(ROOT).join("crates"))
}

// ---- modules ----

/// Which top-level modules each top-level module names, by `crate::module` or by a name that the root offers from there.
fn module_edges(source: &Path) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let files = files_below(source, "rs")?;
    let modules: BTreeSet<String> = files.iter().filter_map(|file| top_level_module(source, file)).collect();
    let offered = names_offered(source, &modules)?;
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in &files {
        let Some(module) = top_level_module(source, file) else { continue };
        let named = names_after_crate(&code(file)?);
        let reached = named.iter().filter_map(|name| modules.get(name).or_else(|| offered.get(name)));
        edges.entry(module.clone()).or_default().extend(reached.filter(|it| **it != module).cloned());
    }
    Ok(edges)
}

/// `a` for `src/a.rs` and everything in `src/a/`; nothing for the root itself and for tests.
fn top_level_module(source: &Path, file: &Path) -> Option<String> {
    let inside = file.strip_prefix(source).ok()?;
    if inside.file_name().is_some_and(|name| name == "tests.rs") {
        return None;
    }
    let first = inside.components().next()?.as_os_str().to_str()?;
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(module, "lib" | "main" | "bin")).then(|| module.to_owned())
}

/// Names that the root takes from a module, with the module: from `pub use digest::{Digest, Digesting};`.
fn names_offered(source: &Path, modules: &BTreeSet<String>) -> Result<BTreeMap<String, String>> {
    let mut offered = BTreeMap::new();
    for root in ["lib.rs", "main.rs"] {
        let root = source.join(root);
        let text = if root.try_exists()? { code(&root)? } else { String::new() };
        for statement in text.split(';') {
            let Some((_, path)) = statement.rsplit_once("use ") else { continue };
            let path = path.trim().trim_start_matches("crate::").trim_start_matches("self::");
            let Some((module, names)) = path.split_once("::") else { continue };
            if modules.contains(module) {
                let names = names.split(|c: char| !is_name(c)).filter(|name| !name.is_empty());
                offered.extend(names.map(|name| (name.to_owned(), module.to_owned())));
            }
        }
    }
    Ok(offered)
}

/// Every name that directly follows `crate::`, also inside `crate::{a, b::{c, d}}`.
fn names_after_crate(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let after = &text[at + "crate::".len()..];
        match after.strip_prefix('{') {
            Some(group) => names.extend(first_names(group)),
            None => names.extend(leading_name(after)),
        }
    }
    names
}

/// The first name of each path of a group, up to the brace that closes it.
fn first_names(group: &str) -> Vec<String> {
    let mut names: Vec<String> = leading_name(group.trim_start()).into_iter().collect();
    let mut depth = 0_usize;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(leading_name(group[at + 1..].trim_start())),
            _ => {}
        }
    }
    names
}

fn leading_name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| is_name(*c)).collect();
    (!name.is_empty()).then_some(name)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A way from a module back to itself, if there is one.
fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    edges.keys().find_map(|start| way(edges, start, start, &mut BTreeSet::new()))
}

fn way(edges: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str, seen: &mut BTreeSet<String>) -> Option<Vec<String>> {
    for next in edges.get(from)? {
        if next == to {
            return Some(vec![from.to_owned(), to.to_owned()]);
        }
        if seen.insert(next.clone())
            && let Some(mut rest) = way(edges, next, to, seen)
        {
            rest.insert(0, from.to_owned());
            return Some(rest);
        }
    }
    None
}

/// A source file without comments and without the tests at its end.
fn code(file: &Path) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| shown(file))?;
    let without_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    Ok(without_tests.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n"))
}

// ---- documents ----

/// Targets of links, and whatever stands in backquotes and looks like a path of this repository. Not what stands in a fenced
/// block, and nothing with a placeholder in it.
fn paths_named(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            paths.extend(links(line));
            paths.extend(line.split('`').skip(1).step_by(2).filter(|span| is_path(span)).map(str::to_owned));
        }
    }
    paths
}

fn links(line: &str) -> impl Iterator<Item = String> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets = targets.filter_map(|target| target.split('#').next());
    targets.filter(|target| !target.is_empty() && !target.contains(':')).map(str::to_owned)
}

/// A document of ours, or a path that begins with something at the top of the repository or of a crate.
fn is_path(span: &str) -> bool {
    if !span.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c)) {
        return false;
    }
    match span.split_once('/') {
        None => span.strip_suffix(".md").is_some_and(|stem| stem.chars().all(|c| c.is_ascii_uppercase() || c == '-')),
        Some((first, rest)) => {
            !rest.is_empty() && ["crates", "docs", "detections", "scenarios", "fuzz", "src", "tests", "data", "examples"].contains(&first)
        }
    }
}

/// Where a path in a document may start: at the top, beside the document, or in a crate.
fn bases(document: &Path) -> Result<Vec<PathBuf>> {
    let mut bases = crate_folders()?;
    bases.push(PathBuf::from(ROOT));
    bases.extend(document.parent().map(Path::to_path_buf));
    Ok(bases)
}

// ---- folders ----

fn differences(left: &str, lefts: &BTreeSet<String>, right: &str, rights: &BTreeSet<String>) -> Vec<String> {
    let without = lefts.difference(rights).map(|name| format!("{left} {name} has no {right}"));
    let orphaned = rights.difference(lefts).map(|name| format!("{right} {name} has no {left}"));
    without.chain(orphaned).collect()
}

/// The names in a folder that end as given, without that ending; with `/`, the folders in it.
fn names_in(folder: &Path, ending: &str) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| shown(folder))? {
        let entry = entry?;
        let mut name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            name.push('/');
        }
        names.extend(name.strip_suffix(ending).map(str::to_owned));
    }
    Ok(names)
}

fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(names_in(folder, "/")?.into_iter().map(|name| folder.join(name)).collect())
}

/// Every file of a kind, in order; not below hidden folders and build output.
fn files_below(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| shown(&folder))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(entry.path());
                }
            } else if entry.path().extension().is_some_and(|it| it == extension) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A path as seen from the top of the repository.
fn shown(path: &Path) -> String {
    path.strip_prefix(ROOT).unwrap_or(path).display().to_string()
}

fn names_after_crate_are_found_in_groups_too() -> Result<()> {
    let text = "use crate::{a, b::{c, d}, e::f}; let x = crate::g::h();";
    let names: Vec<String> = names_after_crate(text).into_iter().collect();
    assert_eq!(names, ["a", "b", "e", "g"]);
    Ok(())
}

fn a_circle_of_three_is_found_and_a_tree_is_none() -> Result<()> {
    let edge = |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>());
    let tree = BTreeMap::from([edge("a", &["b", "c"]), edge("b", &["c"]), edge("c", &[])]);
    assert_eq!(circle(&tree), None);
    let round = BTreeMap::from([edge("a", &["b"]), edge("b", &["c"]), edge("c", &["a"])]);
    assert_eq!(circle(&round), Some(["a", "b", "c", "a"].map(str::to_owned).to_vec()));
    Ok(())
}

fn glob_offers_are_told_from_other_uses() -> Result<()> {
    for glob in ["pub use api::*", "pub(crate) use a::b::*", "mod x { pub use y::*", "pub use a::{b::*, c}"] {
        assert!(is_glob_offer(glob), "{glob}");
    }
    for other in ["use super::*", "pub use api::{A, B}", "pub fn f(a: u8) { use x::*"] {
        assert!(!is_glob_offer(other), "{other}");
    }
    Ok(())
}
