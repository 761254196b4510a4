use proptest::prelude::*;

use super::*;

fn row(message: &str, immutable: &str, folder: &str, rank: u8, time: i64) -> MessageRow {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    MessageRow {
        message_id: some(message),
        immutable_id: some(immutable),
        folder: some(folder),
        rank,
        time,
        id: format!("e{time}"),
        ..MessageRow::default()
    }
}

/// Rows in the order of the query: what is missing comes last.
fn folded(mut rows: Vec<MessageRow>) -> (Vec<Message>, Counted) {
    let last = |text: &Option<String>| (text.is_none(), text.clone());
    rows.sort_by_key(|row| (row.place, last(&row.message_id), last(&row.immutable_id), last(&row.folder), row.rank, row.time));
    let (mut fold, mut messages, mut sum) = (Fold::default(), Vec::new(), Counted::default());
    let mut each = |message: Message, counted: Counted| {
        messages.push(message);
        sum.add(counted);
    };
    rows.into_iter().for_each(|row| fold.push(row, &mut each));
    fold.finish(&mut each);
    (messages, sum)
}

#[test]
fn a_message_counts_once_however_often_it_is_named() {
    let (messages, counted) =
        folded(vec![row("<a>", "I1", "\\Inbox", 0, 5), row("<a>", "I1", "\\Deleted", 0, 9), row("<a>", "I1", "\\Inbox", 0, 2)]);
    assert_eq!((counted.least, counted.most), (1, 1));
    assert_eq!((messages[0].times, messages[0].first, messages[0].last, messages[0].event_id.as_str()), (3, Nanos(2), Nanos(9), "e2"));
}

#[test]
fn with_and_without_an_immutable_id_it_is_the_same_message() {
    let (messages, counted) = folded(vec![row("<a>", "I1", "\\Inbox", 0, 1), row("<a>", "", "\\Inbox", 0, 2)]);
    assert_eq!((messages.len(), counted.least, counted.most), (1, 1, 1));
}

#[test]
fn two_immutable_ids_are_two_messages_with_one_message_id() {
    let (messages, counted) =
        folded(vec![row("<a>", "I1", "\\Inbox", 0, 1), row("<a>", "I2", "\\Sent", 0, 2), row("<a>", "", "\\Sent", 0, 3)]);
    assert_eq!((messages.len(), counted.least, counted.most), (2, 2, 3), "the third may be another copy");
}

#[test]
fn two_folders_without_an_immutable_id_may_be_one_message_or_two() {
    let (messages, counted) = folded(vec![row("<a>", "", "\\Inbox", 0, 1), row("<a>", "", "\\Sent", 0, 2), row("<a>", "", "\\X", 0, 2)]);
    assert_eq!((messages.len(), counted.least, counted.most), (3, 1, 3));
    let (_, counted) = folded(vec![row("<a>", "I1", "\\Inbox", 0, 1), row("<a>", "", "\\Sent", 0, 2), row("<a>", "", "\\X", 0, 2)]);
    assert_eq!((counted.least, counted.most), (1, 3));
}

#[test]
fn the_strongest_class_counts_and_a_trace_only_tells_what_it_is() {
    let mut told = row("<a>", "", "", 9, 0);
    (told.subject, told.sender) = (Some("Hello".to_owned()), Some("b@y.example".to_owned()));
    let (messages, counted) =
        folded(vec![row("<a>", "", "\\Inbox", 1, 1), row("<a>", "", "\\Inbox", 0, 2), told.clone(), row("<b>", "", "", 4, 3)]);
    assert_eq!(counted, Counted { least: 1, most: 1, unattributed: 0, arrived: [0, 0, 1] });
    assert_eq!(
        (messages[0].class, messages[0].subject.as_deref(), messages[0].sender.as_deref()),
        (AccessClass::Accessed, Some("Hello"), Some("b@y.example"))
    );
    assert_eq!(messages[1].class, AccessClass::ExposedOther);
    assert_eq!(folded(vec![told]).0, []);
}

#[test]
fn what_has_no_id_at_all_is_never_counted_for_sure() {
    let (_, counted) = folded(vec![row("", "", "\\Inbox", 0, 1), row("", "", "\\Inbox", 0, 2), row("", "I1", "", 0, 3)]);
    assert_eq!((counted.least, counted.most), (0, 3));
}

#[test]
fn an_immutable_id_without_a_message_id_may_be_a_message_that_is_counted() {
    let (_, counted) = folded(vec![row("<a>", "", "\\Inbox", 0, 1), row("", "I1", "\\Inbox", 0, 2), row("<a>", "I1", "\\Inbox", 0, 3)]);
    assert_eq!((counted.least, counted.most), (1, 2));
    let (_, doubtful) = folded(vec![row("<a>", "I1", "\\Inbox", 1, 1), row("<a>", "", "\\Sent", 1, 2)]);
    assert_eq!((doubtful.least, doubtful.unattributed), (0, 2));
}

proptest! {
    #[test]
    fn the_bounds_hold_the_number_of_messages(
        named in prop::collection::vec((0_u8..4, 0_u8..4, 0_u8..3, 0_u8..2, 0_i64..9), 0..40)
    ) {
        use std::collections::BTreeSet;
        let name = |kind: &str, number: u8| if number == 0 { String::new() } else { format!("{kind}{number}") };
        // An immutable id is of one message, which has one message id, whether or not a record names both.
        let message = |m: u8, i: u8| if m == 0 || i == 0 { m } else { 1 + i % 2 };
        let named: Vec<(u8, u8, u8, u8, i64)> = named.into_iter().map(|(m, i, f, rank, time)| (message(m, i), i, f, rank, time)).collect();
        let rows = named.iter().map(|(m, i, f, rank, time)| row(&name("m", *m), &name("i", *i), &name("f", *f), *rank, *time)).collect();
        let (messages, counted) = folded(rows);
        let accessed: Vec<(u8, u8, u8)> = named.iter().filter(|(_, _, _, rank, _)| *rank == 0).map(|(m, i, f, ..)| (*m, *i, *f)).collect();
        let with_both: BTreeSet<u8> = accessed.iter().filter(|(m, i, _)| *m != 0 && *i != 0).map(|(_, i, _)| *i).collect();
        let immutable: BTreeSet<u8> = accessed.iter().map(|(_, i, _)| *i).filter(|i| *i != 0).collect();
        let known: BTreeSet<u8> = with_both.iter().map(|i| 1 + i % 2).collect();
        let alone: BTreeSet<u8> = accessed.iter().filter(|(m, i, _)| *i == 0 && *m != 0 && !known.contains(m)).map(|(m, ..)| *m).collect();
        // As few as there can be: what has one id only may be what has the other only.
        let fewest = with_both.len() + alone.len().max(immutable.len() - with_both.len());
        // As many as there can be, but for copies with one message id in one folder.
        let at: BTreeSet<(u8, u8)> = named.iter().filter(|(_, i, ..)| *i != 0).map(|(m, _, f, ..)| (*m, *f)).collect();
        let copies: BTreeSet<(u8, u8)> =
            accessed.iter().filter(|(m, i, f)| *m != 0 && *i == 0 && *f != 0 && !at.contains(&(*m, *f))).map(|(m, _, f)| (*m, *f)).collect();
        prop_assert!(counted.least <= counted.most);
        prop_assert!(counted.least <= fewest as u64, "{} of {fewest}", counted.least);
        prop_assert!(counted.most >= (immutable.len() + copies.len()) as u64, "{} of {}", counted.most, immutable.len() + copies.len());
        prop_assert!(messages.iter().filter(|message| message.class == AccessClass::Accessed).count() as u64 <= counted.most);
    }
}
