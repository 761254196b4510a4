//! What a collector's own log says it could not fetch.
//!
//! Read: the log of the Microsoft-Extractor-Suite (`Output/LogFile.txt`), in the wording of its `Get-UAL` scripts of 2023 to 2025
//! (<https://github.com/invictus-ir/Microsoft-Extractor-Suite>, `Scripts/Get-UAL.ps1`). Only gaps are taken from it: that a window was
//! fetched whole makes no declared range, since the log does not say whether the search was for some users only.

use waxseal_model::Nanos;

/// The windows that a collector says, or lets see, it did not fetch whole; nothing where the bytes are no log of a known collector.
///
/// Windows `PowerShell` writes such a file in UTF-16.
#[must_use]
pub fn collector_gaps(bytes: &[u8]) -> Option<Vec<(Nanos, Nanos)>> {
    let text = text_of(bytes);
    text.lines().any(is_its_own).then(|| gaps(&text))
}

/// A line that no other program writes.
fn is_its_own(line: &str) -> bool {
    let says = |what: &str| line.contains(what);
    says(": [INFO] Running Get-UAL") || (says(" audit logs between ") && (says("[INFO] ") || says("[WARNING] ")))
}

fn gaps(text: &str) -> Vec<(Nanos, Nanos)> {
    let mut gaps = Vec::new();
    // The window that is being fetched, and how many records it has.
    let mut open: Option<(Nanos, Nanos, u64)> = None;
    for line in text.lines() {
        if let Some((_, said)) = line.split_once("[INFO] Found ") {
            gaps.extend(open.take().map(|(from, to, _)| (from, to)));
            let count = first_number(said);
            open = window(said).zip(count).map(|((from, to), count)| (from, to, count));
        } else if let Some((_, said)) = line.split_once("Successfully retrieved ") {
            // What was found is the measure; where the line names a total of its own, that too.
            let got = first_number(said);
            let is_whole = |total: u64| {
                let named = said.split_once("out of total ").and_then(|(_, rest)| first_number(rest));
                got == Some(total) && named.is_none_or(|named| named == total)
            };
            gaps.extend(open.take().filter(|(.., total)| !is_whole(*total)).map(|(from, to, _)| (from, to)));
        } else if line.contains("[WARNING] Empty data set returned between ") {
            gaps.extend(window(line));
        }
    }
    gaps.extend(open.map(|(from, to, _)| (from, to)));
    gaps.retain(|(from, to)| from < to);
    gaps.sort_unstable();
    gaps.dedup();
    gaps
}

/// `between 2026-03-01T00:00:00Z and 2026-03-01T12:00:00Z`. Times without a zone are the clock of whoever collected, and are not used.
fn window(text: &str) -> Option<(Nanos, Nanos)> {
    let (_, rest) = text.split_once("between ")?;
    let (from, rest) = rest.split_once(" and ")?;
    let to = rest.split_whitespace().next()?.trim_end_matches('.');
    let instant = |text: &str| Nanos::parse(text).filter(|_| text.ends_with('Z'));
    Some((instant(from)?, instant(to)?))
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

fn text_of(bytes: &[u8]) -> String {
    let wide = |rest: &[u8], from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|two| from([two[0], two[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "3/1/2026 9:00:01 AM: [INFO] Running Get-UALAll\n";

    fn found(log: &str) -> Option<Vec<String>> {
        let spans = collector_gaps(format!("{HEAD}{log}").as_bytes())?;
        Some(spans.into_iter().map(|(from, to)| format!("{from} {to}")).collect())
    }

    fn lines(count: u64, retrieved: &str) -> String {
        format!(
            "3/1/2026 9:00:02 AM: [INFO] Found {count} audit logs between 2026-02-01T00:00:00Z and 2026-02-01T12:00:00Z\n\
             3/1/2026 9:00:03 AM: [INFO] {retrieved} Moving on!\n"
        )
    }

    #[test]
    fn a_window_that_was_fetched_whole_is_no_gap_and_a_short_one_is() {
        let gap = || Some(vec!["2026-02-01T00:00:00Z 2026-02-01T12:00:00Z".to_owned()]);
        let of = |count, text: &str| found(&lines(count, text));
        assert_eq!(of(120, "Successfully retrieved 120 records out of total 120 for the current time range."), Some(Vec::new()));
        assert_eq!(of(120, "Successfully retrieved 120 records for the current time range."), Some(Vec::new()));
        assert_eq!(of(120, "Successfully retrieved 100 records out of total 120 for the current time range."), gap());
        assert_eq!(of(120, "Successfully retrieved 100 records for the current time range."), gap());
        // Nothing says that it was fetched at all.
        assert_eq!(of(120, "Something else."), gap());
    }

    #[test]
    fn an_empty_answer_after_all_tries_is_a_gap_and_an_empty_window_is_none() {
        let empty = "x: [WARNING] Empty data set returned between 2026-02-02T00:00:00Z and 2026-02-02T12:00:00Z. Retry count reached. Moving forward!\n";
        assert_eq!(found(empty), Some(vec!["2026-02-02T00:00:00Z 2026-02-02T12:00:00Z".to_owned()]));
        let none = "x: [INFO] No audit logs between 2026-02-02T00:00:00Z and 2026-02-02T12:00:00Z. Moving on!\n";
        assert_eq!(found(none), Some(Vec::new()));
        // Of a time without a zone nobody knows when it was.
        assert_eq!(found(&empty.replace('Z', "")), Some(Vec::new()));
    }

    #[test]
    fn another_text_is_no_collectors_log_and_utf_16_is_read() {
        assert_eq!(collector_gaps(b"[INFO] Found 3 mistakes between you and me"), None);
        let text = format!("{HEAD}{}", lines(5, "Successfully retrieved 4 records out of total 5."));
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(collector_gaps(&wide).map(|gaps| gaps.len()), Some(1));
    }
}
