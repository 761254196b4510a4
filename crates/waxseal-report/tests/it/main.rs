//! Every report over made-up facts: the same bytes each time, and none that does anything but be read.

#![expect(clippy::expect_used, reason = "what is asked for here was made here")]

#[cfg(test)]
mod catalogues;
mod sample;
#[cfg(test)]
mod wording;

use std::path::Path;

use sample::{HOSTILE, Sample};
use waxseal_model::{Compared, FailedInput, Finding, Nanos, Severity};
use waxseal_report::{Page, REPORTS, Report, Text};

fn rendered(report: &dyn Report, sample: &Sample) -> String {
    let mut out = Vec::new();
    report.render(&sample.facts(), &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("UTF-8")
}

fn by_id(id: &str, sample: &Sample) -> String {
    rendered(waxseal_report::report(id).expect("a known report"), sample)
}

#[expect(clippy::disallowed_methods, reason = "accepting is asked for by whoever runs the tests")]
fn is_accepting() -> bool {
    std::env::var_os("WAXSEAL_ACCEPT").is_some()
}

/// Writes a page where `WAXSEAL_PAGES` says, so that a browser can look at it.
#[expect(clippy::disallowed_methods, reason = "keeping pages is asked for by whoever runs the tests")]
fn keep_page(name: &str, page: &str) {
    if let Some(folder) = std::env::var_os("WAXSEAL_PAGES") {
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        std::fs::write(Path::new(&folder).join(format!("{name}.html")), page).expect("the page can be written");
    }
}

/// Compares with the accepted file; `WAXSEAL_ACCEPT=1 cargo test` accepts what is rendered now.
fn assert_golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(name);
    if is_accepting() {
        std::fs::write(&path, actual).expect("the golden folder can be written");
    }
    let accepted = std::fs::read_to_string(&path).expect("accepted before: WAXSEAL_ACCEPT=1");
    assert_eq!(actual, accepted, "{name} differs; look at it, then accept it with WAXSEAL_ACCEPT=1");
}

#[test]
fn every_report_of_an_intrusion_is_as_accepted() {
    let sample = Sample::intrusion();
    for report in REPORTS {
        let text = rendered(*report, &sample);
        if report.id() == "html" {
            keep_page("intrusion", &text);
        }
        assert_golden(report.file_name(), &text);
    }
}

#[test]
fn what_was_not_worked_out_is_said_and_never_called_none() {
    let html = by_id("html", &Sample::not_worked_out());
    keep_page("not_worked_out", &html);
    assert_golden("not_worked_out.html", &html);
    for said in ["not counted", "No containment plan was worked out.", "Not worked out.", "that no incident reaches was not worked out"] {
        assert!(html.contains(said), "{said}");
    }
    assert!(!html.contains("at least 0") && !html.contains("between 0"), "{html}");
}

#[test]
fn an_incident_that_is_recorded_after_its_last_step_is_not_called_contained() {
    let mut sample = Sample::intrusion();
    let mut page = |hours: i64| {
        let dwell = &mut sample.incidents.as_mut().expect("it has incidents").incidents[0].dwell;
        dwell.contained = dwell.last_recorded.map(|last| Nanos(last.0 + hours * 3_600_000_000_000));
        by_id("html", &sample)
    };
    assert!(page(1).contains("the last step that cuts off"));
    assert!(!page(-1).contains("the last step that cuts off"));
}

#[test]
fn a_page_stays_small_and_says_what_it_leaves_out() {
    let html = by_id("html", &Sample::huge());
    keep_page("huge", &html);
    assert!(html.len() < 5_000_000, "{}", html.len());
    for said in
        ["10 more incidents", "488 more mailboxes", "70 later steps", "more findings of this kind", "2,900 more files", "800 more tenants"]
    {
        assert!(html.contains(said), "{said}");
    }
    assert!(by_id("text", &Sample::huge()).len() < 2_000_000);
}

#[test]
fn narrow_pages_are_as_accepted_and_never_overrun() {
    use unicode_width::UnicodeWidthStr as _;
    for width in [60, 100, 160] {
        let text = rendered(&Text::on(Page { width, colour: false }), &Sample::intrusion());
        assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
        assert_golden(&format!("summary.{width}.txt"), &text);
    }
    for sample in [Sample::hostile(), Sample::not_worked_out(), Sample::nothing_found(), Sample::huge()] {
        let text = rendered(&Text::PLAIN, &sample);
        let overrun: Vec<_> = text.lines().filter(|line| line.width() > 100).take(3).collect();
        assert!(overrun.is_empty(), "{overrun:#?}");
    }
}

#[test]
fn the_short_summary_is_as_long_whatever_was_found_and_counts_what_it_leaves_out() {
    let short = |sample: &Sample| rendered(&Text::PLAIN.shortened(), sample);
    let quiet = Sample::nothing_found();
    assert_eq!(short(&quiet), rendered(&Text::PLAIN, &quiet), "what is short already is told whole");
    let mut huge = Sample::huge();
    let lines = |text: &str| text.lines().count();
    let text = short(&huge);
    assert!(lines(&text) < 200, "{}: {text}", lines(&text));
    let in_one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "52 more incidents of medium severity or above",
        "498 more: see",
        "197 more campaigns",
        "60 incidents have a containment plan each",
        "high An inbox rule hides or forwards mail (500)",
        "14,000 more findings of other kinds",
        "5,000 mailboxes that no incident reaches",
        "summary.txt",
        "waxseal show",
    ] {
        assert!(in_one_line.contains(said), "{said} is missing in:\n{text}");
    }
    if let Some(all) = &mut huge.incidents {
        all.incidents.extend(all.incidents.clone());
        all.incidents.iter_mut().skip(4).for_each(|incident| incident.severity = Severity::Low);
    }
    huge.account.failed =
        (0..500).map(|i| FailedInput { path: format!("exports/{i}.zip"), reason: "it is encrypted".to_owned() }).collect();
    let more = short(&huge);
    assert!(lines(&more) < 200, "{}: {more}", lines(&more));
    let more = more.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(more.contains("116 incidents below medium severity") && more.contains("500 inputs could not be read"), "{more}");
    assert!(rendered(&Text::PLAIN, &huge).lines().count() > 1_000, "the whole one stays whole");
    let hostile = Sample { findings: huge.findings, ..Sample::hostile() };
    assert_inert(&short(&hostile));
}

#[test]
fn a_reason_that_many_mailboxes_share_is_said_once() {
    let mut sample = Sample::intrusion();
    let incident = &mut sample.incidents.as_mut().expect("it has incidents").incidents[0];
    let open = incident.mailboxes[0].clone();
    let of = |i: usize, reason: &str| {
        let mut mailbox = open.clone();
        mailbox.mailbox = format!("m{i}@contoso.example");
        mailbox.messages.upper_reason = Some(reason.to_owned());
        mailbox
    };
    let (many, few, one) = ("no inventory of this kind was read", "a throttle of 24 hours", "a hole in March");
    incident.mailboxes = (0..30).map(|i| of(i, many)).chain([of(30, few), of(31, few), of(32, one)]).collect();
    for id in ["html", "text"] {
        let report = by_id(id, &sample).split_whitespace().collect::<Vec<_>>().join(" ");
        let page = report.split("CONTAINMENT").next().unwrap_or_default();
        for reason in [many, few] {
            assert_eq!(page.matches(reason).count(), 1, "{id}: {reason}");
        }
        let named = "No upper number exists for 2 of 33 mailboxes (m30@contoso.example and m31@contoso.example): a throttle of 24 hours.";
        for said in ["No upper number exists for 30 of 33 mailboxes: no inventory of this kind was read.", named] {
            assert!(page.contains(said), "{id}: {said}");
        }
    }
    assert!(by_id("html", &sample).contains("no upper number: a hole in March"), "what holds of one stands with it");
}

#[test]
fn campaigns_that_a_setting_hides_are_not_hidden_in_silence() {
    let mut sample = Sample { compared: Compared::None, ..Sample::intrusion() };
    if let Some(all) = &mut sample.incidents {
        all.campaigns.clear();
    }
    let told = |sample: &Sample, id: &str| by_id(id, sample).split_whitespace().collect::<Vec<_>>().join(" ");
    for id in ["html", "text"] {
        assert!(told(&sample, id).contains("share_between_tenants = false in case.toml"), "{id}");
    }
    sample.compared = Compared::Lists;
    assert!(told(&sample, "text").contains("share_between_tenants in case.toml lists together"));
    sample.compared = Compared::All;
    assert!(!told(&sample, "text").contains("share_between_tenants"));
    sample.compared = Compared::None;
    if let Some(all) = &mut sample.incidents {
        all.incidents.truncate(1);
    }
    assert!(!told(&sample, "text").contains("share_between_tenants"), "one tenant has no campaigns");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let sample = Sample::intrusion();
    let plain = rendered(&Text::on(Page { width: 90, colour: false }), &sample);
    let coloured = rendered(&Text::on(Page { width: 90, colour: true }), &sample);
    let mut stripped = String::new();
    for (i, piece) in coloured.split("\u{1b}[").enumerate() {
        stripped.push_str(if i == 0 { piece } else { piece.split_once('m').expect("a colour").1 });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn nothing_found_is_not_called_safe() {
    for id in ["text", "html"] {
        let report = by_id(id, &Sample::nothing_found());
        if id == "html" {
            keep_page("nothing_found", &report);
        }
        assert!(report.contains("No finding within what was read; this is not a statement that no mail was accessed"), "{report}");
        for word in ["not accessed", " safe", "no intrusion", "clean"] {
            assert!(!report.to_lowercase().contains(word), "{id} says {word:?}");
        }
    }
}

#[test]
fn nothing_read_is_not_assessable() {
    let text = by_id("text", &Sample::nothing_read());
    assert!(text.starts_with("Not assessable: no record was read; 1 file could not be recognised.\n"), "{text}");
}

#[test]
fn hostile_text_has_no_effect_in_html() {
    let html = by_id("html", &Sample::hostile());
    keep_page("hostile", &html);
    assert!(!html.contains("<script") && html.contains("&#60;script&#62;alert(&#34;1&#34;)"), "{html}");
    assert_inert(&html);
    assert_golden("hostile.html", &html);
    // In what drawings say in words, in tables and in commands too.
    assert!(!html.contains("<img") && !html.contains('\u{2066}') && html.contains("aria-label=\"&#60;/title&#62;&#60;/svg&#62;"), "{html}");
    assert!(html.contains("Revoke-It &#39;&#60;/code&#62;&#60;/pre&#62;&#60;script&#62;alert(3)"));
    assert!(html.contains("\\u{202e}txt.exe\\u{1b}[2J\\u{9b}31m"));
    for loading in ["src=", "href=\"http", "url(", "@import", "<link", "<iframe", "style=\""] {
        assert!(!html.contains(loading), "{loading}");
    }
}

#[test]
fn hostile_text_has_no_effect_on_a_terminal() {
    for id in ["text", "json", "jsonl"] {
        assert_inert(&by_id(id, &Sample::hostile()));
    }
}

fn assert_inert(report: &str) {
    let effect = report.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(effect, None);
}

#[test]
fn hostile_text_is_no_formula() {
    let table = by_id("csv", &Sample::hostile());
    assert_inert(&table);
    let mut csv = csv::Reader::from_reader(table.as_bytes());
    for row in csv.records() {
        let row = row.expect("valid CSV");
        // Where the comma stands in numbers, a spreadsheet takes `;` for the end of a cell.
        let cells = row.iter().flat_map(|cell| cell.split(';'));
        assert!(cells.map(str::trim_start).all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{row:?}");
    }
}

#[test]
fn json_lines_read_back_as_the_findings_they_were() {
    let sample = Sample::hostile();
    let lines = by_id("jsonl", &sample);
    let read: Vec<Finding> = lines.lines().map(|line| serde_json::from_str(line).expect("a finding")).collect();
    assert_eq!(read, sample.findings);
    assert_eq!(read[0].title, HOSTILE);
}
