//! Every layout that was ever released still opens. The cases in `tests/cases` are kept as they were written.

use std::fs;
use std::path::Path;

use waxseal_case::{Case, TableFormat, verify};

use crate::steps::operator;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() { copy(&entry.path(), &target) } else { fs::copy(entry.path(), target).map(drop).unwrap() }
    }
}

#[test]
fn cases_of_every_layout_open_verify_and_answer() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut tried = 0;
    for entry in fs::read_dir(&cases).unwrap() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("case");
        copy(&entry.unwrap().path(), &dir);
        let verified = verify(&dir, 2, 256 << 20).unwrap();
        assert_eq!(verified.problems, [], "{}", dir.display());
        let case = Case::open(&dir, &operator(), 2, 256 << 20).unwrap();
        assert!(!case.findings().unwrap().is_empty());
        let mut rows = Vec::new();
        assert_eq!(case.export_events(TableFormat::JsonLines, &mut rows).unwrap(), verified.events);
        assert!(verified.events > 0);
        tried += 1;
    }
    assert!(tried > 0, "no case in {}", cases.display());
}
