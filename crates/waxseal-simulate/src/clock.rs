//! Times of a world and the ways its providers write them.

use std::fmt;

use serde::{Serialize, Serializer};
use waxseal_model::Nanos;

/// Seconds of a day.
pub(crate) const DAY_SECS: i64 = 86_400;
/// Seconds of an hour.
pub(crate) const HOUR_SECS: i64 = 3_600;
const SECOND: i64 = 1_000_000_000;

/// A calendar day in UTC, as days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Day(pub(crate) i64);

impl Day {
    /// The day of an instant.
    pub(crate) fn of(time: Nanos) -> Self {
        Self(time.day())
    }

    /// So many seconds after midnight; more than a day or less than none leads into other days.
    pub(crate) fn at_secs(self, secs: i64) -> Nanos {
        Nanos((self.0 * DAY_SECS + secs) * SECOND)
    }

    /// Midnight.
    pub(crate) fn start(self) -> Nanos {
        self.at_secs(0)
    }

    /// The day so many days later.
    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// 0 is Monday. The first of January 1970 was a Thursday.
    pub(crate) fn weekday(self) -> usize {
        usize::try_from((self.0 + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// `2026-03-02`.
    pub(crate) fn date(self) -> String {
        let mut text = self.start().to_string();
        text.truncate(10);
        text
    }
}

/// The instant so many seconds later.
pub(crate) fn plus(time: Nanos, secs: i64) -> Nanos {
    Nanos(time.0 + secs * SECOND)
}

/// Whole seconds from one instant to another.
pub(crate) fn secs_between(from: Nanos, to: Nanos) -> i64 {
    (to.0 - from.0) / SECOND
}

/// The instant without its fraction of a second: the unified audit log has none.
pub(crate) fn whole_second(time: Nanos) -> Nanos {
    Nanos(time.0.div_euclid(SECOND) * SECOND)
}

/// `2021-05-18T21:13:33`: the unified audit log's times have no zone and mean UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoZone(pub(crate) Nanos);

impl fmt::Display for NoZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = whole_second(self.0).to_string();
        f.write_str(text.get(..19).unwrap_or(&text))
    }
}

impl Serialize for NoZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `2022-01-24T05:10:14.1875602` and a zone: ticks of a hundred nanoseconds, as .NET counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticks(pub(crate) Nanos, pub(crate) &'static str);

impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:07}{}", NoZone(self.0), self.0.0.rem_euclid(SECOND) / 100, self.1)
    }
}

impl Serialize for Ticks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `5/18/2021 9:13:33 PM`: PowerShell and the older portal, on a machine set to American English.
#[derive(Debug, Clone, Copy)]
pub(crate) struct American(pub(crate) Nanos);

impl fmt::Display for American {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = NoZone(self.0).to_string();
        let number = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<u32>().ok()).unwrap_or(0);
        let hour = number(11, 13);
        let (twelve, half) = (if hour % 12 == 0 { 12 } else { hour % 12 }, if hour < 12 { "AM" } else { "PM" });
        let clock = text.get(13..19).unwrap_or_default();
        write!(f, "{}/{}/{} {twelve}{clock} {half}", number(5, 7), number(8, 10), number(0, 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_providers_write_them() {
        let time = Nanos::parse("2022-01-04T21:10:04.1875602Z").unwrap();
        assert_eq!(NoZone(time).to_string(), "2022-01-04T21:10:04");
        assert_eq!(Ticks(time, "+00:00").to_string(), "2022-01-04T21:10:04.1875602+00:00");
        assert_eq!(American(time).to_string(), "1/4/2022 9:10:04 PM");
        assert_eq!(American(Day::of(time).start()).to_string(), "1/4/2022 12:00:00 AM");
        assert_eq!(Day::of(time).weekday(), 1, "a Tuesday");
    }
}
