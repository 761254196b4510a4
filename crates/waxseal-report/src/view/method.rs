//! How the answer was worked out, and where its reach ends. The words are part of correctness: see the glossary.

use waxseal_model::{CASE_LAYOUT, EVENT_SCHEMA, MAX_CITED_EVENTS};

use crate::facts::Facts;
use crate::shown::Shown;
use crate::words::Words;

/// A lead and a passage each.
pub(crate) fn method(facts: &Facts<'_>, words: &Words) -> Vec<(String, String)> {
    let said = |lead: &str, text: &str| (words.say(lead), words.say(text));
    vec![
        said("method-access", "method-access-text"),
        said("method-words", "method-words-text"),
        said("method-scales", "method-scales-text"),
        said("method-bounds", "method-bounds-text"),
        (words.say("method-records"), words.tell("method-records-text", [("n", MAX_CITED_EVENTS.into())])),
        said("method-counts", "method-counts-text"),
        (words.say("method-times"), times(facts, words)),
        said("method-limits", "method-limits-text"),
        said("method-cut", "method-cut-text"),
        said("method-originals", if facts.account.originals_kept { "method-originals-kept" } else { "method-originals-not-kept" }),
        (words.say("method-made-by"), made_by(facts, words)),
    ]
}

fn times(facts: &Facts<'_>, words: &Words) -> String {
    match facts.as_of {
        None => words.say("method-times-text"),
        Some(time) => words.tell("method-times-as-of", [("as_of", words.moment(time).into())]),
    }
}

fn made_by(facts: &Facts<'_>, words: &Words) -> String {
    words.tell(
        "method-made-by-text",
        [
            ("version", (&Shown::name(facts.version)).into()),
            ("layout", CASE_LAYOUT.to_string().into()),
            ("schema", EVENT_SCHEMA.into()),
            ("detections", words.tell("count-detections", [("n", facts.account.detections_run.into())]).into()),
        ],
    )
}
