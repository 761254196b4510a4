//! Whatever is done to the files of a ledger is found, and the file is named.

use proptest::prelude::*;
use proptest::sample::Index;
use waxseal_evidence::{Chain, ChainProblem, Digest, What, Who, entry_name, open, seal, verify_chain};
use waxseal_model::Nanos;

type Files = Vec<(String, Vec<u8>)>;

fn what() -> impl Strategy<Value = What> {
    let digest = any::<[u8; 32]>().prop_map(Digest::from_bytes);
    prop_oneof![
        any::<String>().prop_map(|name| What::CaseCreated { name }),
        (any::<String>(), digest.clone(), any::<u64>(), any::<bool>(), any::<bool>())
            .prop_map(|(path, evidence_id, bytes, kept, again)| What::Acquired { path, evidence_id, bytes, kept, again }),
        ("[0-9]{4}-[a-z]{6}", "[a-z]{6}", digest.clone()).prop_map(|(run, kind, commit)| What::RunCommitted { run, kind, commit }),
        digest.prop_map(|digest| What::CaseSettings { digest }),
        any::<String>().prop_map(|what| What::Recovered { what }),
        any::<String>().prop_map(|text| What::Note { text }),
    ]
}

fn written(entries: Vec<(i64, String, What)>) -> (Chain, Files) {
    let mut chain = Chain::new();
    let mut files = Files::new();
    for (time, operator, what) in entries {
        let who = Who { operator, host: "lab-1".to_owned(), tool: "0.0.0".to_owned() };
        let entry = chain.next(Nanos(time), &who, what);
        files.push((entry_name(entry.seq), chain.append(entry).unwrap()));
    }
    (chain, files)
}

fn ledger(least: usize) -> impl Strategy<Value = (Chain, Files)> {
    prop::collection::vec((any::<i64>(), any::<String>(), what()), least..6).prop_map(written)
}

fn problems(files: &Files) -> Vec<ChainProblem> {
    verify_chain(files.clone()).err().unwrap_or_default()
}

fn names(problems: &[ChainProblem]) -> Vec<String> {
    problems.iter().map(|problem| problem.file.clone()).collect()
}

fn note(chain: &Chain, text: &str) -> Vec<u8> {
    let who = Who { operator: "mallory".to_owned(), host: "lab-2".to_owned(), tool: "0.0.0".to_owned() };
    seal(&chain.next(Nanos(0), &who, What::Note { text: text.to_owned() })).unwrap()
}

proptest! {
    #[test]
    fn an_untouched_ledger_verifies_in_any_order((chain, files) in ledger(0).prop_flat_map(|(chain, files)| (Just(chain), Just(files).prop_shuffle()))) {
        prop_assert_eq!(verify_chain(files), Ok(chain));
    }

    #[test]
    fn a_flipped_byte_names_its_file((_, files) in ledger(1), file in any::<Index>(), at in any::<Index>(), mask in 1_u8..) {
        let mut files = files;
        let file = file.index(files.len());
        let at = at.index(files[file].1.len());
        files[file].1[at] ^= mask;
        let problems = problems(&files);
        prop_assert_eq!(names(&problems), vec![files[file].0.clone()]);
    }

    #[test]
    fn a_shortened_or_lengthened_file_is_named((_, files) in ledger(1), file in any::<Index>(), at in any::<Index>(), extra in any::<Vec<u8>>()) {
        let file = file.index(files.len());
        let mut changed = files[file].1.clone();
        changed.truncate(at.index(changed.len()));
        changed.extend(extra);
        prop_assume!(changed != files[file].1);
        let mut files = files;
        files[file].1 = changed;
        prop_assert_eq!(names(&problems(&files)), vec![files[file].0.clone()]);
    }

    #[test]
    fn swapped_entries_are_found((_, files) in ledger(2), a in any::<Index>(), b in any::<Index>()) {
        let (a, b) = (a.index(files.len()), b.index(files.len()));
        prop_assume!(a != b);
        let mut files = files;
        let held = files[a].1.clone();
        files[a].1 = std::mem::replace(&mut files[b].1, held);
        let problems = problems(&files);
        prop_assert!(names(&problems).contains(&files[a].0));
        prop_assert!(names(&problems).contains(&files[b].0));
    }

    #[test]
    fn a_dropped_entry_is_found_at_the_next((_, files) in ledger(2), at in any::<Index>()) {
        let mut files = files;
        let at = at.index(files.len() - 1);
        files.remove(at);
        prop_assert_eq!(names(&problems(&files)), vec![files[at].0.clone()]);
    }

    #[test]
    fn a_dropped_end_is_found_by_a_noted_head((chain, files) in ledger(2), keep in any::<Index>()) {
        let keep = keep.index(files.len());
        let shorter = verify_chain(files[..keep].to_vec());
        prop_assert!(shorter.is_ok_and(|shorter| !shorter.holds(chain.head())));
    }

    #[test]
    fn an_entry_put_in_with_later_ones_renumbered_is_found((chain, files) in ledger(2), at in any::<Index>()) {
        let at = at.index(files.len());
        let before = verify_chain(files[..at].to_vec()).unwrap();
        let mut contents: Vec<Vec<u8>> = files.iter().map(|(_, bytes)| bytes.clone()).collect();
        contents.insert(at, note(&before, "slipped in"));
        let files: Files = (1..).map(entry_name).zip(contents).collect();
        let found = problems(&files);
        prop_assert_eq!(found.len(), chain.entries().len() - at);
    }

    #[test]
    fn a_replaced_and_freshly_sealed_entry_is_found_at_the_next((_, files) in ledger(2), at in any::<Index>()) {
        let at = at.index(files.len() - 1);
        let before = verify_chain(files[..at].to_vec()).unwrap();
        let mut files = files;
        files[at].1 = note(&before, "rewritten");
        prop_assert_eq!(names(&problems(&files)), vec![files[at + 1].0.clone()]);
    }

    #[test]
    fn an_export_is_the_files_one_a_line((chain, files) in ledger(1)) {
        let export = chain.export().unwrap();
        prop_assert_eq!(&export, &files.iter().flat_map(|(_, bytes)| bytes.clone()).collect::<Vec<u8>>());
        let lines: Vec<_> = export.split_inclusive(|byte| *byte == b'\n').map(|line| open(line).unwrap().0).collect();
        prop_assert_eq!(lines.as_slice(), chain.entries());
    }
}

#[test]
fn foreign_files_and_doubled_numbers_are_named() {
    let (_, mut files) = written(vec![(0, String::new(), What::CaseCreated { name: "c".to_owned() })]);
    files.push(("README.txt".to_owned(), Vec::new()));
    files.push(files[0].clone());
    assert_eq!(names(&problems(&files)), ["00000001.json", "README.txt"]);
}

#[test]
fn an_entry_of_another_chain_is_not_appended() {
    let (mut chain, _) = written(vec![(0, String::new(), What::CaseCreated { name: "ours".to_owned() })]);
    let (other, _) = written(vec![(0, String::new(), What::CaseCreated { name: "theirs".to_owned() })]);
    let who = Who { operator: String::new(), host: String::new(), tool: String::new() };
    let foreign = other.next(Nanos(0), &who, What::Note { text: String::new() });
    assert!(chain.append(foreign).is_err());
    assert_eq!(chain.last_seq(), 1);
}
