//! What may stand in a detection's file.

use waxseal_detect::{DetectionFile, DetectionSet, SetError, SetProblem, lint};

pub(crate) const QUERY: &str = "SELECT id, time, tenant, actor, operation, client_ip FROM events WHERE operation = 'Act'";

/// A detection file with lines of front matter replaced: `("window", "\"1h\"")`.
pub(crate) fn file(changes: &[(&str, &str)], query: &str) -> DetectionFile {
    let mut lines = vec![
        ("id", "\"x.test\""),
        ("version", "1"),
        ("title", "\"Test\""),
        ("why", "\"Because.\""),
        ("category", "\"inbox_rule\""),
        ("attack", "[\"T1564.008\"]"),
        ("severity", "\"medium\""),
        ("confidence", "\"low\""),
        ("needs", "[\"ual.exchange_admin\"]"),
        ("group_by", "[\"actor\"]"),
        ("window", "\"1h\""),
        ("verdict", "\"possible access\""),
        ("explanation", "\"{actor} did {operation*}.\""),
        ("shows", "[\"operation\"]"),
        ("false_positives", "[]"),
    ];
    for (key, value) in changes {
        match lines.iter_mut().find(|(known, _)| known == key) {
            Some(line) => line.1 = value,
            None => lines.push((key, value)),
        }
    }
    let front: Vec<_> = lines.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    DetectionFile { origin: "detections/x/test.sql".to_owned(), text: format!("/*---\n{}\n---*/\n{query}\n", front.join("\n")) }
}

fn refused(changes: &[(&str, &str)], query: &str) -> SetError {
    DetectionSet::load([file(changes, query)]).err().unwrap()
}

#[test]
fn a_complete_file_loads_and_is_found_by_its_id() {
    let set = DetectionSet::load([file(&[], QUERY)]).unwrap();
    assert_eq!(set.get("x.test").unwrap().meta.window, "1h");
    assert_eq!(set.iter().count(), 1);
}

#[test]
fn errors_name_file_line_key_and_the_nearest_known_key() {
    let error = refused(&[("titel", "\"x\"")], QUERY);
    assert_eq!(error.to_string(), "failed to load detection detections/x/test.sql, line 17: unknown field `titel`; did you mean `title`?");
    let error = refused(&[("category", "\"nonsense\"")], QUERY);
    assert_eq!((error.line, matches!(error.problem, SetProblem::Meta(_))), (6, true));
    assert_eq!(refused(&[("window", "\"soon\"")], QUERY).line, 12);
    assert_eq!(refused(&[("explanation", "\"{actor\"")], QUERY).line, 14);
}

#[test]
fn the_id_must_be_that_of_the_path() {
    let error = refused(&[("id", "\"x.other\"")], QUERY);
    assert!(matches!(error.problem, SetProblem::Id { .. }) && error.line == 2, "{error}");
}

#[test]
fn a_query_that_is_not_one_select_over_columns_is_refused_with_its_line() {
    for query in ["DROP TABLE events", "SELECT 1; SELECT 2", "SELECT raw FROM events", "SELECT now()", ""] {
        let error = refused(&[], query);
        assert!(matches!(error.problem, SetProblem::Query(_)) && error.line == 17, "{query}: {error}");
    }
}

#[test]
fn a_file_without_front_matter_is_refused() {
    let file = DetectionFile { origin: "detections/x/test.sql".to_owned(), text: QUERY.to_owned() };
    assert!(matches!(DetectionSet::load([file]).err().unwrap().problem, SetProblem::NoFrontMatter));
}

#[test]
fn two_detections_may_not_have_one_id() {
    let mut set = DetectionSet::load([file(&[], QUERY)]).unwrap();
    assert!(matches!(set.extend(DetectionSet::load([file(&[], QUERY)]).unwrap()).err().unwrap().problem, SetProblem::Twice(_)));
}

#[tokio::test]
async fn lint_names_every_column_that_the_query_does_not_give() {
    let changes = [("shows", "[\"mailbox\"]"), ("explanation", "\"{target} {actor}\""), ("group_by", "[\"actor\"]")];
    let set = DetectionSet::load([file(&changes, QUERY)]).unwrap();
    let problems: Vec<_> = lint(&set).await.into_iter().map(|problem| problem.problem).collect();
    let expected = [
        "shows needs the column mailbox, which the query does not give",
        "the explanation needs the column target, which the query does not give",
    ];
    assert_eq!(problems, expected);
}

#[tokio::test]
async fn lint_reports_a_query_that_does_not_plan() {
    for (changes, query) in
        [(vec![], "SELECT id, time, tenant, nothing AS actor, operation FROM events"), (vec![("primary", "\"nothing = 1\"")], QUERY)]
    {
        let set = DetectionSet::load([file(&changes, query)]).unwrap();
        let problems = lint(&set).await;
        assert!(problems.len() == 1 && problems[0].problem.starts_with("the query does not plan"), "{problems:?}");
    }
}
