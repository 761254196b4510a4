use super::*;

fn exposure(class: AccessClass, messages: Option<u64>) -> Exposure {
    Exposure { class, from: Nanos(0), to: None, reason: class.as_str().to_owned(), event_ids: Vec::new(), messages }
}

fn reach(least: u64, most: u64, unattributed: u64) -> Reach {
    Reach { counted: Counted { least, most, unattributed, arrived: [0; 3] }, accesses: 1, ..Reach::default() }
}

#[test]
fn with_complete_logs_both_bounds_are_the_same() {
    let (bounds, classes) = bounds(&reach(7, 7, 0), &[], 0);
    assert_eq!((bounds.lower, bounds.upper, bounds.upper_reason), (Some(7), Some(7), None));
    assert_eq!((classes.accessed, classes.exposed_sync, classes.unknown_days), (7, Some(0), 0));
}

#[test]
fn what_nobody_can_be_given_is_in_the_upper_bound_only() {
    let (bounds, _) = bounds(&reach(7, 8, 3), &[], 0);
    assert_eq!((bounds.lower, bounds.upper), (Some(7), Some(11)));
}

#[test]
fn a_synchronised_folder_has_a_number_only_with_an_inventory() {
    let folder = |folder: &str| Synced { folder: Some(folder.to_owned()), first: Nanos(1), last: Nanos(2), event: "e".to_owned() };
    let mut of = Reach { synced: vec![folder("F1"), folder("F2")], removed: 5, ..reach(0, 0, 0) };
    let (open, classes) = bounds(&of, &synced(&of), 0);
    assert_eq!((open.lower, open.upper, classes.exposed_sync), (Some(0), None, None));
    assert!(open.upper_reason.is_some_and(|reason| reason.contains("2 folders were synchronised")));
    of.stock.folders = [("F1".to_owned(), 100), ("F2".to_owned(), 20), ("F3".to_owned(), 7)].into();
    assert_eq!(bounds(&of, &synced(&of), 0).0.upper, Some(125));
    of.synced.push(Synced { folder: None, ..folder("") });
    assert_eq!(bounds(&of, &synced(&of), 0).0.upper, Some(132), "a folder that is not listed may be any");
}

#[test]
fn one_open_span_leaves_the_bound_open_and_numbers_are_not_added_up() {
    let spans = [exposure(AccessClass::ExposedSync, Some(50)), exposure(AccessClass::Unknown, Some(80))];
    assert_eq!(bounds(&reach(7, 7, 0), &spans, 2).0.upper, Some(87));
    let spans = [exposure(AccessClass::ExposedSync, Some(50)), exposure(AccessClass::Unknown, None)];
    let (open, classes) = bounds(&reach(7, 7, 0), &spans, 2);
    assert_eq!((open.upper, classes.exposed_sync, classes.unknown_days), (None, Some(50), 2));
}

#[test]
fn every_word_that_applies_is_said_strongest_first() {
    let mut words = Words::new();
    say(&mut words, &reach(1, 1, 1), &[exposure(AccessClass::ExposedOther, None)], 1);
    let line = in_line(&words);
    assert_eq!(
        line,
        "recorded access; possible access (exposed_other); possible access (records that nobody can be given name messages); \
         not assessable (1 day without complete records of access)"
    );
    let mut nothing = Words::new();
    say(&mut nothing, &Reach::default(), &[], 0);
    assert_eq!(in_line(&nothing), "no recorded access within coverage");
}

#[test]
fn totals_have_no_end_where_one_mailbox_has_none() {
    let mut incidents = Incidents { schema: String::new(), totals: Totals::default(), incidents: Vec::new(), campaigns: Vec::new() };
    total(&mut incidents);
    assert_eq!((incidents.totals.messages.lower, incidents.totals.messages.upper), (Some(0), Some(0)));
}
