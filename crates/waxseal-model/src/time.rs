//! Instants as nanoseconds since 1970 in UTC, and the ways providers write them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An instant: nanoseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC.
///
/// The range is that of Arrow's nanosecond timestamps, 1677 to 2262; what lies outside it is not a time of an audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub i64);

/// Which of the first two numbers of a `1/2/2024` date is the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    /// `4/16/2021` is the sixteenth of April.
    MonthFirst,
    /// `16/4/2021` is the sixteenth of April.
    DayFirst,
}

const SECOND: i64 = 1_000_000_000;

impl Nanos {
    /// The instant of a count of whole seconds since 1970, if it is in range.
    #[must_use]
    pub fn from_secs(secs: i64) -> Option<Self> {
        secs.checked_mul(SECOND).map(Self)
    }

    /// The instant of a count of milliseconds since 1970, if it is in range.
    #[must_use]
    pub fn from_millis(millis: i64) -> Option<Self> {
        millis.checked_mul(1_000_000).map(Self)
    }

    /// The calendar day in UTC, as days since 1970.
    #[must_use]
    pub fn day(self) -> i64 {
        self.0.div_euclid(86_400 * SECOND)
    }

    /// Reads a time as audit logs write it: ISO 8601 with or without zone (none means UTC), with up to nine digits of
    /// fraction, with a space for the `T`, surrounded by blanks; or the `/Date(1616672202000)/` of older PowerShell.
    ///
    /// Dates whose order of day and month depends on the writer's country need [`Nanos::parse_local`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        parse_iso(text.as_bytes()).or_else(|| parse_json_date(text)).or_else(|| parse_short_hour(text)).or_else(|| parse_year_first(text))
    }

    /// Reads `4/16/2021 12:11:35 PM`, with the order of day and month given. The time is taken as UTC.
    #[must_use]
    pub fn parse_local(text: &str, order: DateOrder) -> Option<Self> {
        let (first, second, year, secs) = split_local(text)?;
        let (month, day) = match order {
            DateOrder::MonthFirst => (first, second),
            DateOrder::DayFirst => (second, first),
        };
        instant(Date { year, month, day }, secs, 0)
    }
}

/// The first two numbers of a `1/2/2024 …` date, or `None` when the text is not such a date.
#[must_use]
pub fn local_date_numbers(text: &str) -> Option<(u32, u32)> {
    split_local(text).map(|(first, second, _, _)| (first, second))
}

struct Date {
    year: i64,
    month: u32,
    day: u32,
}

fn instant(date: Date, secs_of_day: i64, nanos: i64) -> Option<Nanos> {
    if !(1..=12).contains(&date.month) || date.day < 1 || date.day > days_in_month(date.year, date.month) {
        return None;
    }
    let secs = days_from_civil(&date).checked_mul(86_400)?.checked_add(secs_of_day)?;
    secs.checked_mul(SECOND)?.checked_add(nanos).map(Nanos)
}

fn parse_iso(b: &[u8]) -> Option<Nanos> {
    if b.len() < 19 || b[4] != b'-' || b[7] != b'-' || !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let date = Date { year: i64::from(digits(&b[0..4])?), month: digits(&b[5..7])?, day: digits(&b[8..10])? };
    let secs = clock(digits(&b[11..13])?, digits(&b[14..16])?, digits(&b[17..19])?)?;
    let (nanos, rest) = fraction(&b[19..])?;
    instant(date, secs - zone_offset_secs(rest)?, nanos)
}

/// Seconds of the day; a leap second counts as the last second of its minute.
fn clock(hour: u32, minute: u32, second: u32) -> Option<i64> {
    (hour < 24 && minute < 60 && second <= 60).then(|| i64::from(hour * 3600 + minute * 60 + second.min(59)))
}

/// Nanoseconds of a `.1234567` and what follows it. More than nine digits are cut, not rounded.
fn fraction(b: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', after)) = b.split_first() else { return Some((0, b)) };
    let len = after.iter().take_while(|c| c.is_ascii_digit()).count();
    if len == 0 {
        return None;
    }
    let kept = len.min(9);
    let value = i64::from(digits(&after[..kept])?);
    let scale = 10_i64.pow(u32::try_from(9 - kept).ok()?);
    Some((value * scale, &after[len..]))
}

fn zone_offset_secs(b: &[u8]) -> Option<i64> {
    match b {
        b"" | b"Z" | b"z" | b" Z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, rest @ ..] => {
            let minutes = match rest {
                [] => 0,
                [b':', m @ ..] | m if m.len() == 2 => digits(m)?,
                _ => return None,
            };
            let secs = clock(digits(&[*h1, *h2])?, minutes, 0)?;
            Some(if *sign == b'-' { -secs } else { secs })
        }
        _ => None,
    }
}

/// `2022-09-09T9:59:27.958Z`: some records of risk leave the nought before the hour out.
fn parse_short_hour(text: &str) -> Option<Nanos> {
    let (date, rest) = text.split_at_checked(11)?;
    (rest.as_bytes().get(1) == Some(&b':')).then(|| parse_iso(format!("{date}0{rest}").as_bytes())).flatten()
}

fn parse_json_date(text: &str) -> Option<Nanos> {
    let inner = text.trim_start_matches('\\').strip_prefix("/Date(")?;
    let end = inner.find([')', '+']).or_else(|| inner.get(1..)?.find('-').map(|i| i + 1))?;
    Nanos::from_millis(inner.get(..end)?.parse().ok()?)
}

/// `4/16/2021 12:11:35 PM`, `16/04/2021 12:11:35`, `1/24/2022, 5:10:14.187 AM` → first, second, year, seconds of the day.
fn split_local(text: &str) -> Option<(u32, u32, i64, i64)> {
    // Newer .NET writes a narrow no-break space before AM and PM.
    let mut words = text.split([' ', ',', '\u{202f}', '\u{a0}']).filter(|word| !word.is_empty());
    let date = words.next()?;
    let mut numbers = date.split(['/', '.', '-']);
    let (first, second, year) = (numbers.next()?, numbers.next()?, numbers.next()?);
    if numbers.next().is_some() || year.len() != 4 {
        return None;
    }
    let secs = clock_of(words)?;
    Some((number(first)?, number(second)?, i64::from(number(year)?), secs))
}

/// Seconds of the day from the words behind a date: a clock, and before or behind it the half of the day in the writer's language.
fn clock_of<'a>(words: impl Iterator<Item = &'a str>) -> Option<i64> {
    let (mut time, mut half) = ("00:00:00", String::new());
    for word in words {
        if word.contains(':') {
            time = word;
        } else {
            half.extend(word.chars().filter(|c| *c != '.'));
        }
    }
    local_clock(time, (!half.is_empty()).then_some(half.as_str()))
}

/// `2025/10/26 18:10:13` and `2025. 10. 26. 18:10:13`: with the year in front, the month follows in every country.
fn parse_year_first(text: &str) -> Option<Nanos> {
    // A day alone is no instant.
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).filter(|at| *at == 4 && text.contains(':'))?;
    let (year, mut rest) = text.split_at_checked(digits_end)?;
    let mut parts = [0; 2];
    for part in &mut parts {
        rest = rest.trim_start_matches(['/', '.', '-', ' ']);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        *part = number(rest.get(..end)?)?;
        rest = rest.get(end..)?;
    }
    let words = rest.trim_start_matches('.').split([' ', ',', '\u{202f}', '\u{a0}']).filter(|word| !word.is_empty());
    instant(Date { year: i64::from(number(year)?), month: parts[0], day: parts[1] }, clock_of(words)?, 0)
}

fn local_clock(time: &str, half: Option<&str>) -> Option<i64> {
    let mut parts = time.split(':');
    let hour = number(parts.next()?)?;
    let minute = number(parts.next()?)?;
    let second = match parts.next() {
        Some(second) => number(second.split('.').next()?)?,
        None => 0,
    };
    let hour = match half.map(str::to_ascii_uppercase).as_deref() {
        None => hour,
        Some("AM" | "上午" | "午前" | "오전") if (1..=12).contains(&hour) => hour % 12,
        Some("PM" | "下午" | "午後" | "오후") if (1..=12).contains(&hour) => hour % 12 + 12,
        Some(_) => return None,
    };
    clock(hour, minute, second)
}

fn number(text: &str) -> Option<u32> {
    (text.len() <= 4).then(|| digits(text.as_bytes())).flatten()
}

fn digits(b: &[u8]) -> Option<u32> {
    if b.is_empty() {
        return None;
    }
    b.iter().try_fold(0_u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970 of a date of the Gregorian calendar. Source: Howard Hinnant, "chrono-compatible low-level date algorithms".
fn days_from_civil(date: &Date) -> i64 {
    let year = if date.month <= 2 { date.year - 1 } else { date.year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from(date.month);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(date.day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> Date {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    // Both are small by construction.
    Date { year, month: u32::try_from(month).unwrap_or(1), day: u32::try_from(day).unwrap_or(1) }
}

impl fmt::Display for Nanos {
    /// RFC 3339 in UTC, with as many digits of fraction as carry information (none, three, six or nine).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = civil_from_days(self.day());
        let secs = self.0.div_euclid(SECOND).rem_euclid(86_400);
        let nanos = self.0.rem_euclid(SECOND);
        write!(f, "{:04}-{:02}-{:02}T", date.year, date.month, date.day)?;
        write!(f, "{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)?;
        match nanos {
            0 => f.write_str("Z"),
            n if n % 1_000_000 == 0 => write!(f, ".{:03}Z", n / 1_000_000),
            n if n % 1_000 == 0 => write!(f, ".{:06}Z", n / 1_000),
            n => write!(f, ".{n:09}Z"),
        }
    }
}

impl Serialize for Nanos {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Nanos {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Nanos::parse(text).map_or_else(|| "none".to_owned(), |t| t.to_string())
    }

    #[test]
    fn dates_of_other_countries_are_read_where_they_leave_nothing_open() {
        let afternoon = Nanos::parse("2025-10-26T18:10:13Z");
        for text in ["2025/10/26 18:10:13", "2025. 10. 26. 18:10:13", "2025/10/26 下午 06:10:13", "2025-10-26 오후 6:10:13"] {
            assert_eq!(Nanos::parse(text), afternoon, "{text}");
        }
        for text in
            ["26/10/2025 18:10:13", "26.10.2025 18:10:13", "26-10-2025 18:10:13", "26/10/2025 6:10:13 p. m.", "26/10/2025 6:10:13 p.m."]
        {
            assert_eq!(Nanos::parse_local(text, DateOrder::DayFirst), afternoon, "{text}");
            assert_eq!(Nanos::parse(text), None, "{text}");
        }
        for text in
            ["2025", "2025/", "2025-10-26", "2025/10/26", "2025/13/01 1:00:00", "2025/10/26 25:00:00", "20251026", "2025/10/26 noon"]
        {
            assert_eq!(Nanos::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_hour_may_lack_its_nought() {
        assert_eq!(Nanos::parse("2022-09-09T9:59:27.958Z"), Nanos::parse("2022-09-09T09:59:27.958Z"));
        assert_eq!(Nanos::parse("2022-09-09T:59:27.958Z"), None);
    }

    #[test]
    fn reads_every_iso_form_of_the_providers() {
        assert_eq!(shown("2021-05-18T21:13:33"), "2021-05-18T21:13:33Z");
        assert_eq!(shown("2026-01-24T06:54:24.0000000Z "), "2026-01-24T06:54:24Z");
        assert_eq!(shown("2022-01-24T05:10:14.1875602+00:00"), "2022-01-24T05:10:14.187560200Z");
        assert_eq!(shown("2022-01-24T05:10:14.5+05:30"), "2022-01-23T23:40:14.500Z");
        assert_eq!(shown("2022-01-24 05:10:14-0100"), "2022-01-24T06:10:14Z");
        assert_eq!(shown("\\/Date(1616672202000)\\/"), "2021-03-25T11:36:42Z");
    }

    #[test]
    fn refuses_what_is_not_a_time() {
        for text in [
            "",
            "2021-02-30T00:00:00Z",
            "2021-13-01T00:00:00",
            "2021-01-01T25:00:00",
            "9999-01-01T00:00:00Z",
            "2021-01-01T00:00:00.Z",
            "soon",
        ] {
            assert_eq!(Nanos::parse(text), None, "{text}");
        }
    }

    #[test]
    fn local_dates_follow_the_order_they_are_given() {
        let month_first = Nanos::parse_local("4/5/2021 12:11:35 AM", DateOrder::MonthFirst).map(|t| t.to_string());
        assert_eq!(month_first.as_deref(), Some("2021-04-05T00:11:35Z"));
        let day_first = Nanos::parse_local("04/05/2021 12:11:35", DateOrder::DayFirst).map(|t| t.to_string());
        assert_eq!(day_first.as_deref(), Some("2021-05-04T12:11:35Z"));
        assert_eq!(Nanos::parse_local("16/4/2021 1:00:00 PM", DateOrder::MonthFirst), None);
        assert_eq!(local_date_numbers("1/24/2022, 5:10:14.187\u{202f}AM"), Some((1, 24)));
    }

    #[test]
    fn every_day_of_the_range_reads_back() {
        for day in (-100_000..100_000).step_by(97) {
            let t = Nanos(day * 86_400 * SECOND + 3_661 * SECOND + 42);
            assert_eq!(Nanos::parse(&t.to_string()), Some(t));
        }
    }
}
