//! How numbers, times, lists and levels are said in a language.

use waxseal_model::{Confidence, Coverage, MessageBounds, Nanos, Severity, Verdict};

use crate::shown::Shown;
use crate::words::Words;

/// The end of time stands in records whose writer wanted it so; nothing is shown as later.
const CLOCK: std::ops::Range<usize> = 11..16;

impl Words {
    /// `1,234`
    pub(crate) fn count(&self, n: u64) -> String {
        self.tell("count", [("n", n.into())])
    }

    /// An instant to the second, with its zone: `2023-06-15 10:12:33 UTC`.
    pub(crate) fn moment(&self, time: Nanos) -> String {
        self.tell("moment", [("time", bare_moment(time).into())])
    }

    /// An instant to the minute, for a reader who is not used to logs: `15 June 2023, 10:12 UTC`.
    pub(crate) fn date_long(&self, time: Nanos) -> String {
        let text = time.to_string();
        let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits: &str| digits.parse::<u64>().ok());
        let (Some(month), Some(day)) = (number(5..7), number(8..10)) else { return self.moment(time) };
        let piece = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
        self.tell(
            "date-long",
            [("day", day.to_string().into()), ("month", month.into()), ("year", piece(0..4).into()), ("clock", piece(CLOCK).into())],
        )
    }

    /// From the first to the last of some instants.
    pub(crate) fn span(&self, first: Option<Nanos>, last: Option<Nanos>) -> String {
        let Some(first) = first.or(last) else { return self.say("no-time") };
        let (from, to) = (bare_moment(first), bare_moment(last.unwrap_or(first)));
        let same_day = from.get(..10) == to.get(..10);
        match to.get(11..) {
            _ if from == to => self.tell("moment", [("time", from.into())]),
            Some(clock) if same_day => self.tell("span-same-day", [("from", from.into()), ("clock", clock.into())]),
            _ => self.tell("span-days", [("from", from.into()), ("to", to.into())]),
        }
    }

    /// Things in a row: `a, b and c`.
    pub(crate) fn listed<S: AsRef<str>>(&self, items: &[S]) -> String {
        let Some((last, head)) = items.split_last() else { return String::new() };
        let Some((first, middle)) = head.split_first() else { return last.as_ref().to_owned() };
        let join = |id: &str, head: String, item: &S| self.tell(id, [("head", head.into()), ("item", item.as_ref().into())]);
        let head = middle.iter().fold(first.as_ref().to_owned(), |head, item| join("list-separator", head, item));
        join("list-last", head, last)
    }

    /// Things in a row without a last one: `a, b, c`.
    pub(crate) fn in_a_row<S: AsRef<str>>(&self, items: &[S]) -> String {
        let Some((first, rest)) = items.split_first() else { return String::new() };
        rest.iter().fold(first.as_ref().to_owned(), |head, item| {
            self.tell("list-separator", [("head", head.into()), ("item", item.as_ref().into())])
        })
    }

    /// The first few of some names, and how many more there are.
    pub(crate) fn first_few<'a>(&self, names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
        let more = names.len().saturating_sub(most);
        let mut told: Vec<String> = names.take(most).map(|name| Shown::name(name).as_str().to_owned()).collect();
        if more == 0 {
            return self.listed(&told);
        }
        let last = told.pop().unwrap_or_default();
        let last = format!("{last} {}", self.tell("and-more", [("n", more.into())]));
        told.push(last);
        self.in_a_row(&told)
    }

    /// A size in bytes, in the largest unit that leaves a whole part: `1.2 GiB`.
    pub(crate) fn byte_size(&self, bytes: u64) -> String {
        const UNITS: [(&str, u64); 4] = [("size-tib", 1 << 40), ("size-gib", 1 << 30), ("size-mib", 1 << 20), ("size-kib", 1 << 10)];
        match UNITS.iter().find(|(_, size)| bytes >= *size) {
            None => self.tell("size-bytes", [("n", bytes.into())]),
            Some((unit, size)) => self.tell(unit, [("size", format!("{}.{}", bytes / size, bytes % size * 10 / size).into())]),
        }
    }

    /// The word of a severity.
    pub(crate) fn severity(&self, severity: Severity) -> String {
        self.known("severity", severity.as_str())
    }

    /// The word of a confidence.
    pub(crate) fn confidence(&self, confidence: Confidence) -> String {
        self.known("confidence", confidence.as_str())
    }

    /// The word of a coverage.
    pub(crate) fn coverage(&self, coverage: Coverage) -> String {
        self.known("coverage", coverage_word(coverage))
    }

    /// The word of a verdict.
    pub(crate) fn verdict_word(&self, verdict: Verdict) -> String {
        self.known("verdict", verdict_key(verdict))
    }

    /// Verdicts as they stand in findings, one or several: each word once, in this language, with its reasons as they are.
    /// What does not begin with one of the words is shown as it is.
    pub(crate) fn verdict(&self, text: &str) -> String {
        let Some(verdicts) = verdicts(text) else { return self.apart(Shown::passage(text).to_string()) };
        let one = |(verdict, reasons): &(Verdict, Vec<&str>)| {
            let word = self.verdict_word(*verdict);
            if reasons.is_empty() {
                return word;
            }
            let reasons = Shown::passage(&reasons.join("; "));
            self.tell("verdict-with-reason", [("word", word.into()), ("reason", (&reasons).into())])
        };
        verdicts.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    /// Messages between two bounds, in numbers; and why there is no upper one.
    pub(crate) fn bounds(&self, bounds: &MessageBounds) -> (String, Option<String>) {
        let number = |n: u64| crate::words::Gap::from(n);
        let told = match (bounds.lower, bounds.upper) {
            (None, None) => return (self.say("bounds-not-counted"), None),
            (None, Some(upper)) => self.tell("bounds-at-most", [("upper", number(upper))]),
            (Some(lower), None) => self.tell("bounds-at-least", [("lower", number(lower))]),
            (Some(lower), Some(upper)) if lower == upper => self.tell("bounds-exactly", [("lower", number(lower))]),
            (Some(lower), Some(upper)) => self.tell("bounds-between", [("lower", number(lower)), ("upper", number(upper))]),
        };
        let why = match (&bounds.upper, &bounds.upper_reason) {
            (Some(_), _) => None,
            (None, Some(reason)) => Some(self.tell("bounds-no-upper", [("reason", (&Shown::passage(reason)).into())])),
            (None, None) => Some(self.say("bounds-no-upper-unsaid")),
        };
        (told, why)
    }

    /// The same with its noun: `at least 889 messages`.
    pub(crate) fn bounds_told(&self, bounds: &MessageBounds) -> String {
        let Some(n) = bounds.upper.or(bounds.lower) else { return self.say("bounds-told-not-counted") };
        self.tell("bounds-told", [("bounds", self.bounds(bounds).0.into()), ("n", n.into())])
    }

    /// A word that is known to every catalogue, or the word itself.
    pub(crate) fn known(&self, kind: &str, word: &str) -> String {
        self.word(kind, word).unwrap_or_else(|| Shown::name(word).as_str().to_owned())
    }
}

/// An instant without its zone, for a column whose heading names it.
pub(crate) fn bare_moment(time: Nanos) -> String {
    let text = time.to_string();
    let to_the_second = text.get(..19).unwrap_or(&text);
    to_the_second.replacen('T', " ", 1)
}

/// The day of an instant.
pub(crate) fn date(time: Nanos) -> String {
    time.to_string().get(..10).unwrap_or_default().to_owned()
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

/// The four words, strongest first.
pub(crate) const VERDICTS: [Verdict; 4] =
    [Verdict::RecordedAccess, Verdict::PossibleAccess, Verdict::NotAssessable, Verdict::NoRecordedAccess];

fn verdict_key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::RecordedAccess => "recorded_access",
        Verdict::PossibleAccess => "possible_access",
        Verdict::NoRecordedAccess => "no_recorded_access",
        Verdict::NotAssessable => "not_assessable",
    }
}

/// Each word of a text with all its reasons, in the order of the text; nothing where it is not made of the words.
fn verdicts(text: &str) -> Option<Vec<(Verdict, Vec<&str>)>> {
    let mut verdicts: Vec<(Verdict, Vec<&str>)> = Vec::new();
    let mut rest = text;
    loop {
        let (verdict, reason, after) = next_verdict(rest)?;
        match verdicts.last_mut() {
            Some((last, reasons)) if *last == verdict => reasons.extend(reason),
            _ => verdicts.push((verdict, reason.into_iter().collect())),
        }
        if after.is_empty() {
            return Some(verdicts);
        }
        rest = after;
    }
}

/// The word at the beginning of a text, its reason in brackets, and what follows behind `; `.
fn next_verdict(text: &str) -> Option<(Verdict, Option<&str>, &str)> {
    let verdict = VERDICTS.into_iter().find(|verdict| text.starts_with(verdict.as_str()))?;
    let after = text.get(verdict.as_str().len()..)?;
    let (reason, after) = match after.strip_prefix(" (") {
        None => (None, after),
        Some(inside) => {
            let end = closing(inside)?;
            (Some(inside.get(..end)?), inside.get(end + 1..)?)
        }
    };
    match after.strip_prefix("; ") {
        Some(more) => Some((verdict, reason, more)),
        None if after.is_empty() => Some((verdict, reason, "")),
        None => None,
    }
}

/// Where the bracket that is open at the start is closed.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1_usize;
    for (i, c) in text.char_indices() {
        match c {
            '(' => open = open.saturating_add(1),
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return Some(i);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ENGLISH;

    fn at(text: &str) -> Option<Nanos> {
        Nanos::parse(text)
    }

    fn words() -> Words {
        Words::of(&ENGLISH)
    }

    #[test]
    fn spans_name_their_zone_and_repeat_no_date() {
        let span = |first, last| words().span(first, last);
        assert_eq!(span(at("2023-06-15T10:12:33.123Z"), at("2023-06-15T10:14:00Z")), "2023-06-15 10:12:33 to 10:14:00 UTC");
        assert_eq!(span(at("2023-06-15T10:12:33Z"), at("2023-06-16T00:00:00Z")), "2023-06-15 10:12:33 to 2023-06-16 00:00:00 UTC");
        assert_eq!(span(at("2023-06-15T10:12:33Z"), None), "2023-06-15 10:12:33 UTC");
        assert_eq!(span(None, None), "no time recorded");
    }

    #[test]
    fn a_date_in_words_has_no_group_marks() {
        assert_eq!(words().date_long(Nanos::parse("2023-06-05T10:12:33Z").expect("a time")), "5 June 2023, 10:12 UTC");
        assert_eq!(words().date_long(Nanos(i64::MIN)), "21 September 1677, 00:12 UTC");
    }

    #[test]
    fn lists_end_in_and_and_count_what_they_leave_out() {
        let names = ["a", "b", "c"];
        assert_eq!(words().listed(&names[..1]), "a");
        assert_eq!(words().listed(&names), "a, b and c");
        assert_eq!(words().first_few(names.into_iter(), 2), "a, b and 1 more");
        assert_eq!(words().first_few(names.into_iter(), 3), "a, b and c");
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(words().byte_size(1), "1 byte");
        assert_eq!(words().byte_size(1_536), "1.5 KiB");
        assert_eq!(words().byte_size(3 << 30), "3.0 GiB");
    }

    #[test]
    fn verdicts_are_told_word_by_word_and_what_is_none_is_shown_as_it_is() {
        let verdict = |text: &str| words().verdict(text);
        for text in ["recorded access", "possible access (a (b); c); not assessable", "no recorded access within coverage", "x"] {
            assert_eq!(verdict(text), text);
        }
        assert_eq!(verdict("possible access (a); possible access (b; c)"), "possible access (a; b; c)");
        assert_eq!(verdict("recorded access (\u{1b}"), "recorded access (\\u{1b}");
        assert_eq!(next_verdict("recorded accessories"), None);
    }

    #[test]
    fn bounds_never_invent_a_number() {
        let bounds =
            |lower, upper, reason: Option<&str>| words().bounds(&MessageBounds { lower, upper, upper_reason: reason.map(str::to_owned) });
        assert_eq!(bounds(None, None, Some("not counted yet")), ("not counted".to_owned(), None));
        assert_eq!(bounds(Some(1_200), None, Some("a sync")), ("at least 1,200".to_owned(), Some("no upper number: a sync".to_owned())));
        assert_eq!(bounds(Some(3), Some(9), None), ("between 3 and 9".to_owned(), None));
        assert_eq!(bounds(Some(3), Some(3), None).0, "3");
        assert_eq!(bounds(None, Some(3), None).0, "at most 3");
        assert_eq!(words().bounds_told(&MessageBounds { lower: Some(1), upper: Some(1), upper_reason: None }), "1 message");
    }
}
