//! How numbers, times and lists are said.

use waxseal_model::{Coverage, Nanos};

/// A number with its digits in groups of three: `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// A number with the right form of its noun: `1 file`, `1,200 files`.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A size in bytes, in the largest unit that leaves a whole part: `1.2 GiB`.
#[must_use]
pub fn byte_size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, size)| bytes >= *size) {
        None => counted(bytes, "byte", "bytes"),
        Some((unit, size)) => format!("{}.{} {unit}", bytes / size, bytes % size * 10 / size),
    }
}

/// An instant to the second, with its zone: `2023-06-15 10:12:33 UTC`.
#[must_use]
pub fn moment(time: Nanos) -> String {
    format!("{} UTC", bare_moment(time))
}

/// An instant without its zone, for a column whose heading names it.
pub(crate) fn bare_moment(time: Nanos) -> String {
    let text = time.to_string();
    let to_the_second = text.get(..19).unwrap_or(&text);
    to_the_second.replacen('T', " ", 1)
}

/// From the first to the last of some instants.
pub(crate) fn span(first: Option<Nanos>, last: Option<Nanos>) -> String {
    let Some(first) = first.or(last) else { return "no time recorded".to_owned() };
    let from = bare_moment(first);
    let to = bare_moment(last.unwrap_or(first));
    let same_day = from.get(..10) == to.get(..10);
    match to.get(11..) {
        _ if from == to => format!("{from} UTC"),
        Some(clock) if same_day => format!("{from} to {clock} UTC"),
        _ => format!("{from} to {to} UTC"),
    }
}

/// The word for a coverage, as in `findings.jsonl`.
pub(crate) fn coverage_word(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Full => "full",
        Coverage::Partial => "partial",
        Coverage::None => "none",
        Coverage::Unknown => "unknown",
    }
}

/// Things in a row: `a, b and c`.
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Nanos> {
        Nanos::parse(text)
    }

    #[test]
    fn numbers_are_grouped_and_nouns_agree() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(123), "123");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(counted(1_000, "file", "files"), "1,000 files");
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(byte_size(1), "1 byte");
        assert_eq!(byte_size(1_536), "1.5 KiB");
        assert_eq!(byte_size(3 << 30), "3.0 GiB");
    }

    #[test]
    fn spans_name_their_zone_and_repeat_no_date() {
        assert_eq!(span(at("2023-06-15T10:12:33.123Z"), at("2023-06-15T10:14:00Z")), "2023-06-15 10:12:33 to 10:14:00 UTC");
        assert_eq!(span(at("2023-06-15T10:12:33Z"), at("2023-06-16T00:00:00Z")), "2023-06-15 10:12:33 to 2023-06-16 00:00:00 UTC");
        assert_eq!(span(at("2023-06-15T10:12:33Z"), None), "2023-06-15 10:12:33 UTC");
        assert_eq!(span(None, None), "no time recorded");
    }

    #[test]
    fn lists_end_in_and() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(listed(&words("a")), "a");
        assert_eq!(listed(&words("a b c")), "a, b and c");
    }
}
