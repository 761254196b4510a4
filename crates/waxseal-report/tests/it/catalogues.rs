//! The catalogues hold every message that is used, no other, and all the words of the reports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Resource};
use fluent_syntax::parser::parse;
use fluent_syntax::serializer::serialize;
use serde_json::Value;
use waxseal_model::{COVERAGE_REASONS, Confidence, EntryClass, Finding, JoinKind, Severity, Statement, Step};
use waxseal_report::{CATALOGUES, Catalogue, Direction, ENGLISH, GroupMark, Html, REPORTS};

use crate::sample::Sample;
use crate::{keep_page, rendered};

/// Messages that are named by a word of another list: the beginning, and the words.
fn named_by_words() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("verdict", vec!["recorded_access", "possible_access", "no_recorded_access", "not_assessable"]),
        ("severity", Severity::ALL.iter().map(|it| it.as_str()).collect()),
        ("confidence", Confidence::ALL.iter().map(|it| it.as_str()).collect()),
        ("coverage", vec!["full", "partial", "none", "unknown"]),
        ("coverage-reason", COVERAGE_REASONS.iter().map(|(word, _)| *word).collect()),
        ("step", Step::ALL.iter().map(|it| it.as_str()).collect()),
        ("entry", EntryClass::ALL.iter().map(|it| it.as_str()).collect()),
        ("shared", JoinKind::ALL.iter().map(|it| it.as_str()).collect()),
        ("class", vec!["accessed", "accessed_unattributed", "exposed_sync", "exposed_throttle", "exposed_other", "unknown"]),
    ]
}

fn parsed(catalogue: &Catalogue) -> Vec<Resource<&'static str>> {
    catalogue.texts.iter().map(|text| parse(*text).expect("the catalogue can be read")).collect()
}

/// Every message with the gaps it has.
fn messages(catalogue: &Catalogue) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    for entry in parsed(catalogue).iter().flat_map(|resource| &resource.body) {
        let Entry::Message(message) = entry else { continue };
        let mut gaps = BTreeSet::new();
        gaps_of(message.value.as_ref().expect("a message says something"), &mut gaps);
        let twice = messages.insert(message.id.name.to_owned(), gaps);
        assert!(twice.is_none(), "{} stands in {} twice", message.id.name, catalogue.language);
    }
    messages
}

fn gaps_of(pattern: &Pattern<&str>, gaps: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                variants.iter().for_each(|variant| gaps_of(&variant.value, gaps));
                selector
            }
        };
        if let InlineExpression::VariableReference { id } = inline {
            gaps.insert(id.name.to_owned());
        }
    }
}

pub(crate) fn files_below(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                files.push(path);
            }
        }
    }
    files
}

/// The code of a file without its tests and comments.
pub(crate) fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source file");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What stands between quotes.
pub(crate) fn literals(code: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        // `'"'` is one sign, not the beginning of a text.
        if c == '\'' && chars.peek() == Some(&'"') {
            chars.next();
        } else if c == '"' {
            let mut literal = String::new();
            while let Some(c) = chars.next().filter(|c| *c != '"') {
                literal.push(if c == '\\' { chars.next().unwrap_or_default() } else { c });
            }
            literals.push(literal);
        }
    }
    literals
}

fn sources() -> Vec<PathBuf> {
    [files_below("src", ".rs"), files_below("templates", ".html")].concat()
}

#[test]
fn every_message_is_used_and_every_message_used_exists() {
    let messages = messages(&ENGLISH);
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (kind, words) in named_by_words() {
        used.extend(words.iter().map(|word| format!("{kind}-{word}")));
    }
    let missing: Vec<_> = used.iter().filter(|id| !messages.contains_key(*id)).collect();
    assert!(missing.is_empty(), "no message for {missing:?}");
    for path in sources() {
        let code = code(&path);
        used.extend(literals(&code));
        for call in ["say(\"", "tell(\"", "labelled(\"", "heading(\"", "left_out(\""] {
            for id in code.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(messages.contains_key(id), "{} uses {id}, which is no message", path.display());
                used.insert(id.to_owned());
            }
        }
    }
    // What is proposed against an intrusion has words of its own where a language wants them.
    let unused: Vec<_> = messages.keys().filter(|id| !used.contains(*id) && !id.starts_with("action-")).collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");
}

#[test]
fn every_catalogue_has_the_same_messages_with_the_same_gaps() {
    let english = messages(&ENGLISH);
    for catalogue in CATALOGUES {
        assert_eq!(messages(catalogue), english, "{}", catalogue.language);
    }
}

/// The headings of the page on containment are the words of actions.
#[test]
fn every_action_of_a_plan_has_words() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/containment.md");
    let text = std::fs::read_to_string(page).unwrap_or_default();
    let is_word = |heading: &&str| heading.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let actions: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).filter(is_word).collect();
    let messages = messages(&ENGLISH);
    let told: BTreeSet<&str> = messages.keys().filter_map(|id| id.strip_prefix("action-")).collect();
    let silent: Vec<_> = actions.difference(&told).collect();
    assert!(silent.is_empty(), "no message action-… for {silent:?}");
    assert!(!told.is_empty());
}

#[test]
fn no_message_is_missed_while_rendering() {
    for sample in [Sample::intrusion(), Sample::not_worked_out(), Sample::nothing_found(), Sample::nothing_read(), Sample::hostile()] {
        for report in REPORTS {
            let text = rendered(*report, &sample);
            assert!(!text.contains('⟦') && !text.contains("{$"), "{}: {text}", report.id());
        }
    }
}

/// Letters of another script for those of English: whatever is still in the old ones did not come from the catalogue.
fn other_letter(c: char) -> char {
    match c {
        'a'..='z' => char::from_u32('\u{10d0}' as u32 + (c as u32 - 'a' as u32)).unwrap_or(c),
        'A'..='Z' => other_letter(c.to_ascii_lowercase()),
        c => c,
    }
}

/// English in other letters and running from right to left.
fn other_catalogue() -> &'static Catalogue {
    fn change(pattern: &mut Pattern<String>) {
        for element in &mut pattern.elements {
            match element {
                PatternElement::TextElement { value } => *value = value.chars().map(other_letter).collect(),
                PatternElement::Placeable { expression: Expression::Select { variants, .. } } => {
                    variants.iter_mut().for_each(|variant| change(&mut variant.value));
                }
                PatternElement::Placeable { .. } => {}
            }
        }
    }
    let text = |text: &&str| {
        let mut resource: Resource<String> = parse((*text).to_owned()).expect("the catalogue can be read");
        for entry in &mut resource.body {
            if let Entry::Message(message) = entry {
                change(message.value.as_mut().expect("a message says something"));
            }
        }
        &*String::leak(serialize(&resource))
    };
    let texts: Vec<&'static str> = ENGLISH.texts.iter().map(text).collect();
    Box::leak(Box::new(Catalogue {
        language: "ar",
        direction: Direction::RightToLeft,
        group_mark: GroupMark::NarrowBlank,
        texts: Vec::leak(texts),
    }))
}

/// Words that programs match on, ids and times stay; every other text of the facts becomes a number.
fn without_words(value: &mut Value) {
    const KEPT: [&str; 10] = ["schema", "severity", "confidence", "step", "class", "state", "kind", "coverage", "reason", "time"];
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_words),
        Value::Object(members) => {
            for (key, value) in members {
                let kept = KEPT.contains(&key.as_str()) || value.as_str().is_some_and(|text| text.ends_with('Z'));
                match value {
                    Value::String(text) if key == "verdict" => *text = "recorded access (7)".to_owned(),
                    _ if kept && value.is_string() => {}
                    _ => without_words(value),
                }
            }
        }
        Value::String(text) => "7".clone_into(text),
        _ => {}
    }
}

fn changed<T: serde::Serialize + serde::de::DeserializeOwned>(it: &T) -> T {
    let mut value = serde_json::to_value(it).expect("it can be written");
    without_words(&mut value);
    serde_json::from_value(value).expect("it can be read")
}

/// The intrusion, with nothing in it that reads as English.
fn sample_without_words() -> Sample {
    let mut sample = Sample::intrusion();
    sample.case_name = "7".to_owned();
    sample.detections.clear();
    sample.account = changed(&sample.account);
    sample.account.not_run.iter_mut().for_each(|lack| lack.reason = "7".to_owned());
    sample.findings = sample.findings.iter().map(changed::<Finding>).collect();
    sample.statements = sample.statements.iter().map(changed::<Statement>).collect();
    sample.statements.iter_mut().for_each(|it| it.verdict = "not assessable".to_owned());
    for span in &mut sample.coverage {
        span.tenant = "7".to_owned();
        span.mailbox = span.mailbox.take().map(|_| "7".to_owned());
    }
    if let Some(all) = &mut sample.incidents {
        *all = changed(all);
        for exposure in all.incidents.iter_mut().flat_map(|it| &mut it.mailboxes).flat_map(|it| &mut it.exposed) {
            exposure.reason = "7".to_owned();
        }
    }
    sample
}

/// The text of a page, and of those attributes that are read out.
fn text_of(html: &str) -> String {
    let body = html.split("</style>").nth(1).expect("a page");
    let mut text = String::new();
    for piece in body.split('<') {
        let (tag, after) = piece.split_once('>').unwrap_or(("", piece));
        for attribute in ["aria-label=\"", "data-label=\"", "title=\""] {
            text.extend(tag.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()));
            text.push(' ');
        }
        text.push_str(after);
        text.push(' ');
    }
    text
}

#[test]
fn nothing_on_the_page_is_english_but_what_the_facts_say() {
    let page = rendered(&Html::in_language(other_catalogue(), "report.ar.html"), &sample_without_words());
    assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"));
    keep_page("other_language", &page);
    // Names of things: log classes, reasons of coverage, the framework of techniques, fields of hashing.
    const NAMES: [&str; 4] = ["ATT", "waxseal.events/v1", "ual.owaauth", "7"];
    let text = text_of(&page);
    let is_name = |word: &str| NAMES.iter().any(|name| word.contains(name)) || word.contains(['.', '_']);
    let english: BTreeSet<&str> = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || "._/".contains(c)))
        .filter(|word| word.chars().filter(char::is_ascii_alphabetic).count() > 2 && !is_name(word))
        .collect();
    let reasons: BTreeSet<&str> = COVERAGE_REASONS.iter().map(|(word, _)| *word).collect();
    let left: Vec<_> = english.difference(&reasons).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn no_sentence_stands_in_the_code_or_in_a_template() {
    for path in files_below("src/view", ".rs").into_iter().chain(files_below("src/reports", ".rs")).chain(files_below("src", "said.rs")) {
        for literal in literals(&code(&path)) {
            let words = literal.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1).count();
            let spaced = literal.contains(' ') && words > 1;
            // The framework of techniques is called so in every language; the reason of a detection that did not run begins so.
            let known = ["{} · ATT&CK {}", "not assessable: "].contains(&literal.as_str());
            assert!(!spaced || known, "{} says {literal:?}: put it into a catalogue", path.display());
        }
    }
    for path in files_below("templates", ".html") {
        let text = std::fs::read_to_string(&path).expect("a template");
        let words = outside_tags(&text);
        assert!(words.chars().all(|c| !c.is_alphabetic()), "{} says {words:?}: put it into a catalogue", path.display());
    }
}

/// What a template says by itself.
fn outside_tags(template: &str) -> String {
    let mut text = template.to_owned();
    for (open, close) in [("{%", "%}"), ("{{", "}}"), ("<", ">")] {
        let mut rest = String::new();
        for (i, piece) in text.split(open).enumerate() {
            rest.push_str(if i == 0 { piece } else { piece.split_once(close).map_or("", |(_, after)| after) });
        }
        text = rest;
    }
    text
}
