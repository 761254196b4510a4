//! The dates of an indicator.

use waxseal_model::Nanos;

const DAY: i64 = 86_400_000_000_000;
const SECOND: i64 = 1_000_000_000;

/// The first instant that counts: a date means its first.
pub(super) fn from(text: &str) -> Result<Option<Nanos>, String> {
    Ok(parse(text)?.map(|(instant, _)| instant))
}

/// The first instant that no longer counts, for a time that was still seen: a date means the whole day, and logs seldom tell
/// more than the second.
pub(super) fn last_seen(text: &str) -> Result<Option<Nanos>, String> {
    let Some((instant, length)) = parse(text)? else { return Ok(None) };
    Ok(instant.0.checked_add(length).map(Nanos))
}

/// The first instant that no longer counts, where it is given as such.
pub(super) fn until(text: &str) -> Result<Option<Nanos>, String> {
    from(text)
}

/// An instant and how long what was written lasts: a day or a second.
fn parse(text: &str) -> Result<Option<(Nanos, i64)>, String> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("null") || text == "-" {
        return Ok(None);
    }
    if let Some(instant) = Nanos::parse(text) {
        return Ok(Some((instant, SECOND)));
    }
    // `2023-05-15`, and `2023-05-15T09:30` without seconds.
    let (completed, length) = if text.len() == 10 { (format!("{text}T00:00:00Z"), DAY) } else { (format!("{text}:00Z"), 60 * SECOND) };
    match Nanos::parse(&completed) {
        Some(instant) if text.len() == 10 || text.len() == 16 => Ok(Some((instant, length))),
        _ => Err(format!("{:?} is not a date that reads one way only: write 2023-05-15 or 2023-05-15T09:30:00Z", super::cut(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(time: Result<Option<Nanos>, String>) -> String {
        time.map_or_else(|_| "error".to_owned(), |time| time.map_or_else(|| "open".to_owned(), |time| time.to_string()))
    }

    #[test]
    fn a_date_is_a_whole_day() {
        assert_eq!(shown(from("2023-05-15")), "2023-05-15T00:00:00Z");
        assert_eq!(shown(last_seen("2023-07-04")), "2023-07-05T00:00:00Z");
        assert_eq!(shown(last_seen("2023-07-04T12:00:00Z")), "2023-07-04T12:00:01Z");
        assert_eq!(shown(last_seen("2023-07-04T12:00:00.000000+02:00")), "2023-07-04T10:00:01Z");
        assert_eq!(shown(until("2023-07-04T12:00:00.000Z")), "2023-07-04T12:00:00Z");
        assert_eq!(shown(from("2023-07-04 12:30")), "2023-07-04T12:30:00Z");
        assert_eq!(shown(from(" ")), "open");
    }

    #[test]
    fn what_reads_two_ways_is_refused() {
        for text in ["5/4/2023", "yesterday", "2023-13-01", "2023-05-15T", "1684108800", "ééééé"] {
            assert_eq!(shown(from(text)), "error", "{text}");
        }
    }
}
