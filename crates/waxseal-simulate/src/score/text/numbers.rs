//! How numbers and times are said.

use waxseal_model::Nanos;

use super::super::outcome::{RateV1, ShareV1};

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// A number with its digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// A number with the right form of its noun.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A number with one digit after the point, the digits before it in groups.
pub(super) fn decimal(number: f64) -> String {
    let digits = format!("{number:.1}");
    match digits.split_once('.') {
        Some((whole, part)) => whole.parse().map_or_else(|_| digits.clone(), |whole| format!("{}.{part}", grouped(whole))),
        None => digits,
    }
}

/// A share in per cent.
pub(super) fn share(share: ShareV1) -> String {
    share.share.map_or_else(|| "no share".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// The ends of a share's interval, in per cent.
pub(super) fn share_interval(share: ShareV1) -> String {
    let ends = share.low.zip(share.high);
    ends.map_or_else(String::new, |(low, high)| format!("{:.1} to {:.1}", low * 100.0, high * 100.0))
}

/// A rate per thousand.
pub(super) fn rate(rate: RateV1) -> String {
    rate.per_thousand.map_or_else(|| "no rate".to_owned(), decimal)
}

/// The ends of a rate's interval.
pub(super) fn rate_interval(rate: RateV1) -> String {
    let ends = rate.low.zip(rate.high);
    ends.map_or_else(String::new, |(low, high)| format!("{} to {}", decimal(low), decimal(high)))
}

/// Seconds in the unit a reader thinks in.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        _ if seconds < 2.0 * MINUTE => format!("{seconds:.0} s"),
        _ if seconds < 2.0 * HOUR => format!("{:.0} min", seconds / MINUTE),
        _ if seconds < 2.0 * DAY => format!("{:.1} h", seconds / HOUR),
        _ => format!("{:.1} d", seconds / DAY),
    }
}

/// An instant to the second.
pub(super) fn moment(time: Nanos) -> String {
    let text = time.to_string();
    format!("{} UTC", text.get(..19).unwrap_or(&text).replacen('T', " ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(decimal(1_234.56), "1,234.6");
        assert_eq!(decimal(-0.5), "-0.5");
        assert_eq!(counted(1, "record", "records"), "1 record");
    }

    #[test]
    fn durations_have_the_unit_that_suits_them() {
        let said: Vec<String> = [0.0, 119.0, 1_800.0, 90_000.0, 864_000.0].into_iter().map(duration).collect();
        assert_eq!(said, ["0 s", "119 s", "30 min", "25.0 h", "10.0 d"]);
    }

    #[test]
    fn what_cannot_be_computed_is_said() {
        assert_eq!(share(ShareV1::new(0, 0)), "no share");
        assert_eq!(rate(RateV1::new(3, 0.0)), "no rate");
        assert_eq!(share(ShareV1::new(8, 10)), "80.0 %");
        assert_eq!(share_interval(ShareV1::new(8, 10)), "49.0 to 94.3");
    }
}
