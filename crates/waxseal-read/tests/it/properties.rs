//! What holds for all bytes.

use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::sample::Index;
use proptest::{prop_assert, prop_assert_eq, proptest};
use waxseal_read::Framing;

use crate::generated::{lines, record, table};
use crate::reading::{Account, read, read_with};

/// Gives a few bytes at a time.
struct Trickle<R> {
    input: R,
    sizes: Vec<usize>,
    turn: usize,
}

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn += 1;
        let size = self.sizes[self.turn % self.sizes.len()].clamp(1, buffer.len().max(1));
        let few = buffer.len().min(size);
        self.input.read(&mut buffer[..few])
    }
}

/// Pieces of which exports are made, and of which damaged ones are.
fn pieces() -> impl Strategy<Value = String> {
    let whole = (0_usize..9).prop_map(|number| record(number, 2).to_string());
    let marks = prop_oneof![
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(","),
        Just(":"),
        Just("\""),
        Just("\"\""),
        Just("\\"),
        Just("\n"),
        Just("\r\n"),
        Just(" "),
        Just("\t"),
        Just(";"),
        Just("null"),
        Just("1"),
        Just("\u{feff}"),
        Just("é"),
        Just("\u{0}"),
        Just("{\"value\":["),
        Just("{\"records\":["),
        Just("],\"@odata.nextLink\":\"x\"}"),
        Just("\"a\":\"b\""),
        Just("{\"AuditData\":"),
        Just("CreationDate,UserIds,Operations,AuditData\n"),
        Just("#TYPE x\n"),
    ];
    prop_oneof![2 => whole, 5 => marks.prop_map(str::to_owned)]
}

fn texts() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(pieces(), 0..24).prop_map(|pieces| pieces.concat().into_bytes()),
        vec(any::<u8>(), 0..300),
        (vec(pieces(), 0..12), vec(any::<u8>(), 0..20)).prop_map(|(pieces, bytes)| [pieces.concat().as_bytes(), &bytes].concat()),
    ]
}

/// A whole export with a few bytes taken out, put in or exchanged.
fn damaged_exports() -> impl Strategy<Value = Vec<u8>> {
    let records: Vec<_> = (0..5).map(|number| record(number, 2)).collect();
    let all = records.iter().map(ToString::to_string).collect::<Vec<_>>().join(",\n");
    let shapes = vec![
        lines(&records),
        format!("[{all}]"),
        format!("{{\"@odata.context\":\"x\",\"value\":[{all}],\"@odata.nextLink\":\"y\"}}"),
        table(&records),
        records.iter().map(|record| format!("{{\"records\":[{record}]}}\n")).collect(),
        serde_json::to_string_pretty(&records).expect("JSON"),
    ];
    let edits = vec((any::<Index>(), 0_usize..40, pieces().prop_map(|piece| piece.chars().take(12).collect::<String>())), 1..4);
    (proptest::sample::select(shapes), edits).prop_map(|(shape, edits)| {
        let mut bytes = shape.into_bytes();
        for (place, gone, put) in edits {
            let at = place.index(bytes.len() + 1);
            let end = (at + gone).min(bytes.len());
            bytes.splice(at..end, put.into_bytes());
        }
        bytes
    })
}

/// Where records stand whole.
fn whole_records(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    for number in 0..9 {
        let whole = record(number, 2).to_string();
        found.extend(memchr::memmem::find_iter(text, whole.as_bytes()).map(|at| at..at + whole.len()));
    }
    found
}

/// Nothing is outside of the records that could be one, and no record stands whole there.
fn nothing_is_lost(account: &Account) -> Result<(), proptest::test_runner::TestCaseError> {
    account.check_gaps();
    if matches!(account.survey.framing, Framing::Values(Some(_))) {
        for gap in account.gaps() {
            for whole in whole_records(&account.text) {
                prop_assert!(whole.start < gap.start || whole.end > gap.end, "a record lies outside of all");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_accounted_for(bytes in texts()) {
        // What looks like an archive is another matter.
        if !bytes.starts_with(b"PK") && !bytes.starts_with(&[0x1f, 0x8b]) {
            let account = read(&bytes);
            account.check();
            nothing_is_lost(&account)?;
        }
    }

    #[test]
    fn damage_loses_nothing_out_of_sight(bytes in damaged_exports()) {
        let account = read(&bytes);
        account.check();
        nothing_is_lost(&account)?;
    }

    #[test]
    fn the_sizes_of_the_pieces_a_stream_comes_in_do_not_matter(bytes in damaged_exports(), sizes in vec(1_usize..200, 1..8)) {
        let whole = read(&bytes);
        let trickled = read_with(&bytes, |input| Trickle { input, sizes: sizes.clone(), turn: 0 });
        prop_assert_eq!(trickled.outcome(), whole.outcome());
    }

    #[test]
    fn a_cut_costs_the_last_record_and_shows(count in 1_usize..5, cut in any::<Index>()) {
        let records: Vec<_> = (0..count).map(|number| record(number, 2)).collect();
        let text = lines(&records);
        let end = cut.index(text.len());
        let kept = &text[..end];
        let account = read(kept.as_bytes());
        account.check();
        let complete = kept.lines().filter(|line| text.lines().any(|whole| whole == *line)).count();
        let events = account.events();
        let whole = events.iter().filter(|event| event["truncated"] == false).count();
        prop_assert_eq!(whole, complete);
        let rest = kept.lines().count() - complete;
        prop_assert_eq!(events.len() - whole + account.rejected().len(), rest);
    }

    #[test]
    fn a_cut_table_costs_the_last_row_and_shows(count in 1_usize..5, cut in any::<Index>()) {
        let records: Vec<_> = (0..count).map(|number| record(number, 2)).collect();
        let text = table(&records);
        let header = text.find('\n').expect("a header") + 1;
        let end = header + cut.index(text.len() - header);
        let account = read(&text.as_bytes()[..end]);
        account.check();
        let whole = account.events().iter().filter(|event| event["truncated"] == false).count();
        let breaks = text[header..end].matches("\r\n").count();
        prop_assert!(whole == breaks || whole == breaks + 1, "{} of {}", whole, breaks);
        let shown = account.events().len() + account.rejected().len();
        prop_assert!(shown >= breaks && shown <= breaks + 1);
    }
}
