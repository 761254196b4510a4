use super::*;

fn exposure(class: AccessClass, messages: Option<u64>) -> Exposure {
    Exposure { class, from: Nanos(0), to: None, reason: class.as_str().to_owned(), event_ids: Vec::new(), messages }
}

fn of_nothing() -> Reach {
    Reach::of((0, "t".to_owned(), "a@x".to_owned()))
}

fn reach(least: u64, most: u64, unattributed: u64) -> Reach {
    Reach { counted: Counted { least, most, unattributed, arrived: [0; 3] }, accesses: 1, ..of_nothing() }
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
    let mut of = Reach { synced: vec![folder("F1"), folder("F2")], removed: Some(5), ..reach(0, 0, 0) };
    let (open, classes) = bounds(&of, &synced(&of), 0);
    assert_eq!((open.lower, open.upper, classes.exposed_sync), (Some(0), None, None));
    assert!(open.upper_reason.is_some_and(|reason| reason.contains("2 folders were synchronised")));
    of.stock.folders = [("F1".to_owned(), 100), ("F2".to_owned(), 20), ("F3".to_owned(), 7)].into();
    assert_eq!(bounds(&of, &synced(&of), 0).0.upper, Some(125));
    of.synced.push(Synced { folder: None, ..folder("") });
    assert_eq!(bounds(&of, &synced(&of), 0).0.upper, None, "a folder that is not listed may be any, and nothing says that all are listed");
    of.stock.has_root = true;
    assert_eq!(bounds(&of, &synced(&of), 0).0.upper, Some(132));
    of.removed = None;
    assert_eq!(bounds(&of, &synced(&of), 0).0.upper, None, "a record of a removal is damaged");
}

#[test]
fn a_folder_without_its_id_is_not_the_mailbox() {
    let mut stock = Stock::default();
    stock.note(true, None, 3_370, false);
    assert_eq!(stock.all(), None);
    stock.note(true, Some("F1".to_owned()), 10, true);
    assert_eq!(stock.all(), None, "one is missing in the sum");
    stock.note(false, None, 4_180, false);
    assert_eq!(stock.all(), Some(4_180));
    let mut listed = Stock::default();
    listed.note(true, Some("F1".to_owned()), 10, false);
    assert_eq!(listed.all(), None, "an export of one folder says nothing of the others");
    listed.note(true, Some("F0".to_owned()), 0, true);
    assert_eq!(listed.all(), Some(10));
}

#[test]
fn what_records_count_without_naming_it_is_in_the_upper_bound() {
    let of = Reach { unnamed: 63, ..reach(10, 10, 0) };
    let (counted, classes) = bounds(&of, &[], 0);
    assert_eq!((counted.lower, counted.upper, classes.accessed_unattributed), (Some(10), Some(73), 63));
}

#[test]
fn what_was_not_counted_leaves_the_bound_open_without_an_inventory() {
    let untold = Some(Untold { records: 2, first: Nanos(3), last: Nanos(9), event: "e".to_owned() });
    let mut of = Reach { untold, ..reach(10, 10, 0) };
    let incident = crate::scope::trail::tests::incidents().incidents.remove(0);
    let spans = unattributed(&incident, &of, None);
    assert_eq!((spans[0].from, spans[0].to, spans[0].event_ids.len()), (Nanos(3), Some(Nanos(10)), 1));
    let (open, _) = bounds(&of, &spans, 0);
    assert!(open.upper.is_none() && open.upper_reason.is_some_and(|reason| reason.starts_with("2 records of access without messages")));
    of.stock.whole = Some(500);
    assert_eq!(bounds(&of, &unattributed(&incident, &of, None), 0).0.upper, Some(510));
    of.untold = None;
    assert_eq!(unattributed(&incident, &of, None).len(), 0);
    assert_eq!(unattributed(&incident, &of, Some(4_000)).len(), 1);
    assert_eq!(unattributed(&incident, &Reach { cut: true, ..of }, None).len(), 1);
}

#[test]
fn a_finding_that_cites_some_of_its_records_is_whole_where_as_many_were_found() {
    let mut finding = crate::scope::trail::tests::finding("many_mailboxes", &[]);
    finding.mailboxes = vec!["a@x.example".to_owned(), "B@x.example".to_owned()];
    finding.event_count = 4_000;
    let in_part = |found: u64| cited_in_part([&finding].into_iter(), &|_, _| found);
    assert_eq!(in_part(2_000).len(), 0);
    assert_eq!(in_part(1_999).get(&("t".to_owned(), "b@x.example".to_owned())), Some(&4_000));
}

#[test]
fn a_message_trace_bounds_only_what_it_covers() {
    let span = |from, to| waxseal_model::CoverageSpan {
        tenant: "t".to_owned(),
        class: "trace".to_owned(),
        mailbox: None,
        from: Nanos(from),
        to: Nanos(to),
        state: Coverage::Full,
        reason: "declared".to_owned(),
        records: 1,
    };
    let mut known = Known::default();
    known.logs.insert("t".to_owned(), crate::known::Logs { first: Nanos(0), last: Nanos(99) });
    let way = Exposed {
        incident: 0,
        tenant: "t".to_owned(),
        mailbox: "a@x".to_owned(),
        standing: false,
        from: Nanos(50),
        last: Nanos(50),
        reason: "forwarded".to_owned(),
        events: Vec::new(),
    };
    let mut reach = reach(0, 0, 0);
    reach.counted.arrived[2] = 1;
    for (spans, expected) in [(vec![], None), (vec![span(90, 100)], None), (vec![span(40, 100)], Some(1))] {
        known.coverage.spans = spans;
        let facts = Facts { reaches: BTreeMap::new(), exposed: BTreeMap::new(), days: Days::of(&known.coverage), known: &known };
        assert_eq!(other(&way, &reach, &facts).messages, expected);
    }
}

#[test]
fn without_a_log_of_the_tenant_nothing_is_within_coverage() {
    let known = Known::default();
    let facts = Facts { reaches: BTreeMap::new(), exposed: BTreeMap::new(), days: Days::of(&known.coverage), known: &known };
    let incident = crate::scope::trail::tests::incidents().incidents.remove(0);
    let (spans, days) = holes("t", "a@x", &incident, &of_nothing(), &facts);
    assert_eq!((spans.len(), days), (1, 1));
    let mut words = Words::new();
    say(&mut words, &of_nothing(), &spans, days);
    assert_eq!(in_line(&words), "not assessable (1 day without complete records of access)");
    assert_eq!(bounds(&of_nothing(), &spans, days).0.upper, None);
}

#[test]
fn one_open_span_leaves_the_bound_open_and_the_mailbox_holds_all_of_them() {
    let stock = Stock { whole: Some(80), ..Stock::default() };
    let spans = [exposure(AccessClass::ExposedSync, Some(50)), exposure(AccessClass::Unknown, Some(80))];
    assert_eq!(bounds(&Reach { stock, ..reach(7, 7, 0) }, &spans, 2).0.upper, Some(87));
    let parts = [
        exposure(AccessClass::ExposedSync, Some(50)),
        exposure(AccessClass::ExposedOther, Some(30)),
        exposure(AccessClass::ExposedOther, Some(20)),
    ];
    assert_eq!(bounds(&reach(7, 7, 0), &parts, 0).0.upper, Some(87), "what arrives need not be in a folder that was synchronised");
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
        "recorded access; possible access (exposed_other); possible access (records of access that may be the intruder’s, or anybody’s); \
         not assessable (1 day without complete records of access)"
    );
    for doubtful in [Reach { doubtful: 3, ..of_nothing() }, Reach { unnamed: 5, ..of_nothing() }] {
        let mut words = Words::new();
        say(&mut words, &doubtful, &[], 0);
        assert_eq!(in_line(&words), "possible access (records of access that may be the intruder’s, or anybody’s)");
    }
    let mut nothing = Words::new();
    say(&mut nothing, &of_nothing(), &[], 0);
    assert_eq!(in_line(&nothing), "no recorded access within coverage");
}

/// The totals of incidents of tenant `t`, each with the bounds of its mailboxes; `held` is what mailbox `a@x` holds.
fn totals(incidents: &[&[(&str, u64, Option<u64>)]], held: Option<u64>, known: &Known) -> (Option<u64>, Option<u64>, Option<String>) {
    let mut all = crate::scope::trail::tests::incidents();
    let like = all.incidents.remove(0);
    let mailbox = |(mailbox, lower, upper): &(&str, u64, Option<u64>)| IncidentMailbox {
        messages: MessageBounds { lower: Some(*lower), upper: *upper, upper_reason: None },
        ..crate::mailbox::uncounted(("t".to_owned(), (*mailbox).to_owned()), &Words::new())
    };
    let of = |mailboxes: &&[(&str, u64, Option<u64>)]| Incident { mailboxes: mailboxes.iter().map(mailbox).collect(), ..like.clone() };
    all.incidents = incidents.iter().map(of).collect();
    let mut reach = of_nothing();
    reach.stock.whole = held;
    let key = (0, "t".to_owned(), "a@x".to_owned());
    let facts = Facts { reaches: BTreeMap::from([(key, &reach)]), exposed: BTreeMap::new(), days: Days::of(&known.coverage), known };
    total(&mut all, &facts);
    let messages = all.totals.messages;
    (messages.lower, messages.upper, messages.upper_reason)
}

#[test]
fn what_several_incidents_reach_of_a_mailbox_is_at_least_the_largest_and_at_most_all_and_what_it_holds() {
    let known = Known::default();
    let two: [&[_]; 2] = [&[("a@x", 3, Some(7))], &[("a@x", 5, Some(8)), ("b@x", 1, Some(2))]];
    assert_eq!(totals(&two, None, &known), (Some(6), Some(17), None));
    assert_eq!(totals(&two, Some(10), &known), (Some(6), Some(12), None));
    let open: [&[_]; 2] = [&[("a@x", 3, None)], &[("b@x", 1, Some(2))]];
    assert_eq!(totals(&open, Some(10), &known), (Some(4), None, Some("1 mailbox has no upper bound".to_owned())));
}

#[test]
fn an_incident_without_a_mailbox_has_an_end_only_where_all_records_of_access_are_there() {
    let mut known = Known::default();
    let nowhere: [&[_]; 2] = [&[("a@x", 3, Some(7))], &[]];
    let reason = "for 1 incident no mailbox can be named, and the logs of access are not complete";
    assert_eq!(totals(&nowhere, None, &known), (Some(3), None, Some(reason.to_owned())));
    let span = |class: &str| waxseal_model::CoverageSpan {
        tenant: "t".to_owned(),
        class: class.to_owned(),
        mailbox: None,
        from: Nanos(0),
        to: Nanos(10 * DAY),
        state: Coverage::Full,
        reason: "declared".to_owned(),
        records: 1,
    };
    known.coverage.spans = vec![span("ual.mia.bind"), span("ual.mia.sync")];
    assert_eq!(totals(&nowhere, None, &known), (Some(3), Some(7), None));
}
