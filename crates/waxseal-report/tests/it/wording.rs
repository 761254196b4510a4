//! No sentence says more than the four verdict words allow.

use waxseal_report::REPORTS;

use crate::catalogues::{code, files_below, literals};
use crate::rendered;
use crate::sample::Sample;

/// What no document may say of mail, accounts or mailboxes.
const FORBIDDEN: &[&str] = &[
    // That somebody read: an audit record shows access.
    "read mail",
    "read the mail",
    "read your mail",
    "read their mail",
    "read his mail",
    "read her mail",
    "mail was read",
    "mail were read",
    "messages were read",
    "messages was read",
    "message was read",
    "read messages",
    "read the message",
    "emails were read",
    "was reading",
    "were reading",
    "been reading",
    "read by the intruder",
    "read by an intruder",
    "read by the attacker",
    "intruder read",
    "attacker read",
    "reads mail",
    "reads the mail",
    "reading mail",
    "reading the mail",
    // That something did not happen.
    "not accessed",
    "never accessed",
    "no mail was accessed",
    "nothing was accessed",
    "nobody accessed",
    "no one accessed",
    "was not affected",
    "were not affected",
    "not affected",
    "unaffected",
    "not compromised",
    "uncompromised",
    "not breached",
    "no intrusion",
    "no breach",
    "no compromise",
    "no unauthorised",
    "no unauthorized",
    "did not happen",
    "no evidence of",
    "no sign of",
    "no signs of",
    "no trace of",
    "no access to",
    // That all is well.
    "is safe",
    "are safe",
    "was safe",
    " safe ",
    "is secure",
    "are secure",
    "is clean",
    "are clean",
    "all clear",
    "harmless",
    "benign",
    "innocent",
    "nothing to worry",
    "no risk",
    "no danger",
    "ruled out",
    "rules out",
    // That something is certain.
    "proves that",
    "is proof that",
    "proven",
    "certainly",
    "undoubtedly",
    "without doubt",
    "beyond doubt",
    "guaranteed",
    "definitely",
    "must have been",
    "attacker accessed",
    "hacked",
    "hacker",
    "stole ",
    "exfiltrated",
];

/// What may be said all the same, and why.
const ALLOWED: &[(&str, &str)] = &[
    ("this is not a statement that no mail was accessed", "says that the absence of findings is no statement"),
    ("an audit record shows that an item was accessed, never that somebody read it", "says what no report says"),
    ("no access to mail is recorded among these", "says what the records cited are, not what happened"),
    ("no access to a message is recorded", "says what the records hold"),
    ("no access to single messages is recorded", "says what the provider does not write down"),
    ("it is not proof of an intrusion", "takes back, does not add"),
    ("whoever holds the signing key can read any mailbox", "says what a key makes possible, of no mailbox in particular"),
];

fn wrong(text: &str) -> Vec<String> {
    let mut text = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    for (sentence, _) in ALLOWED {
        text = text.replace(sentence, "");
    }
    let around = |phrase: &&&str| {
        let at = text.find(**phrase)?;
        let from = text[..at].char_indices().rev().nth(40).map_or(0, |(i, _)| i);
        Some(format!("{phrase:?} in …{}…", text[from..].chars().take(100).collect::<String>()))
    };
    FORBIDDEN.iter().filter_map(|phrase| around(&phrase)).collect()
}

#[test]
fn no_report_says_more_than_the_verdict_words_allow() {
    for sample in [Sample::intrusion(), Sample::not_worked_out(), Sample::nothing_found(), Sample::nothing_read(), Sample::hostile()] {
        for report in REPORTS {
            let found = wrong(&rendered(*report, &sample));
            assert!(found.is_empty(), "{}: {found:#?}", report.id());
        }
    }
}

#[test]
fn no_detection_says_more_than_the_verdict_words_allow() {
    let mut all = files_below("../../detections", ".sql");
    all.sort();
    assert!(all.len() > 40, "only {} detections were found", all.len());
    let mut found = Vec::new();
    for path in all {
        let text = std::fs::read_to_string(&path).expect("a detection");
        let front = text.split("---*/").next().unwrap_or_default();
        found.extend(wrong(&without_links(front)).into_iter().map(|it| format!("{}: {it}", path.display())));
        // What the query itself words: `'…' AS judgement`.
        let query = text.split("---*/").nth(1).unwrap_or_default();
        let sentences = query.split('\'').skip(1).step_by(2).filter(|literal| literal.contains(' ')).collect::<Vec<_>>().join(". ");
        found.extend(wrong(&sentences).into_iter().map(|it| format!("{}: {it}", path.display())));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_other_step_says_more_than_the_verdict_words_allow() {
    let mut found = Vec::new();
    for step in ["incident", "detect", "coverage", "case", "model"] {
        for path in files_below(&format!("../waxseal-{step}/src"), ".rs") {
            let sentences: Vec<String> = literals(&code(&path)).into_iter().filter(|literal| literal.contains(' ')).collect();
            found.extend(wrong(&sentences.join(". ")).into_iter().map(|it| format!("{}: {it}", path.display())));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Links spell the titles of other people's pages.
fn without_links(front: &str) -> String {
    front.lines().filter(|line| !line.starts_with("references")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_sentence_that_says_too_much_is_found() {
    for text in ["The mailbox was NOT\naccessed.", "Your mail is safe.", "889 messages were read by the intruder"] {
        assert!(!wrong(text).is_empty(), "{text}");
    }
    for text in ["This is not a statement that no mail was accessed.", "records were read into the case"] {
        assert!(wrong(text).is_empty(), "{text}: {:?}", wrong(text));
    }
}
