//! What could not be assessed, and what would change that.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Account, FileSummary, NotRun, UnknownShape};

use crate::shown::Shown;
use crate::wording::{counted, grouped};

/// Something that could not be read or run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// What it is, in a few words.
    pub(crate) what: String,
    /// Why, and what would change it.
    pub(crate) why: Shown,
    /// What it concerns: files, or titles of detections.
    pub(crate) concerns: Vec<Shown>,
}

/// What is incomplete, each in a few words, for the answer.
pub(crate) fn problems(account: &Account) -> Vec<String> {
    let unknown = account.files.iter().filter(|file| file.unknown.is_some()).count() as u64;
    // What compares with something that nobody gave is told below, and lacks nothing.
    let asked = || account.not_run.iter().filter(|lack| !lack.not_asked);
    let nowhere: BTreeSet<_> = asked().filter(|lack| lack.tenant.is_none()).map(|lack| &lack.detection).collect();
    let somewhere: BTreeSet<_> = asked().map(|lack| &lack.detection).filter(|id| !nowhere.contains(id)).collect();
    let counts = [
        (account.failed.len() as u64, "input could not be read to its end", "inputs could not be read to their end"),
        (unknown, "file could not be recognised", "files could not be recognised"),
        (account.total(|file| file.rejected), "record was rejected", "records were rejected"),
        (account.total(|file| file.truncated), "record is truncated", "records are truncated"),
        (nowhere.len() as u64, "detection could not run", "detections could not run"),
        (somewhere.len() as u64, "detection could run for some tenants only", "detections could run for some tenants only"),
    ];
    counts.into_iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(n, one, many)).collect()
}

/// Every gap, what was not read first.
pub(crate) fn gaps(account: &Account) -> Vec<Gap> {
    let failed = account.failed.iter().map(|input| Gap {
        what: "An input could not be read to its end".to_owned(),
        why: Shown::passage(&input.reason),
        concerns: vec![Shown::name(&input.path)],
    });
    let mut gaps: Vec<_> = failed.chain(unrecognised(&account.files)).collect();
    gaps.extend(partly_read(account, |file| if file.unknown.is_none() { file.rejected } else { 0 }, &REJECTED));
    gaps.extend(partly_read(account, |file| file.truncated, &TRUNCATED));
    gaps.extend(partly_read(account, |file| file.undated, &UNDATED));
    gaps.extend(not_run(&account.not_run));
    gaps
}

/// Files that are not recognised for the same reason are one gap.
fn unrecognised(files: &[FileSummary]) -> Vec<Gap> {
    let mut by_reason: BTreeMap<String, Vec<&FileSummary>> = BTreeMap::new();
    for (file, unknown) in files.iter().filter_map(|file| Some((file, file.unknown.as_ref()?))) {
        by_reason.entry(seeming(unknown)).or_default().push(file);
    }
    let gap = |(why, files): (String, Vec<&FileSummary>)| {
        let rejected: u64 = files.iter().map(|file| file.rejected).sum();
        let records = if rejected > 0 { format!(" ({})", counted(rejected, "record", "records")) } else { String::new() };
        Gap {
            what: format!("{} could not be recognised{records}", counted(files.len() as u64, "file", "files")),
            why: Shown::passage(&why),
            concerns: files.iter().map(|file| Shown::name(&file.path)).collect(),
        }
    };
    by_reason.into_iter().map(gap).collect()
}

/// What a file seems to be, and how it begins where that says anything to a reader.
fn seeming(unknown: &UnknownShape) -> String {
    let many = unknown.head.chars().count();
    let odd = unknown.head.matches("\\u{").count() + unknown.head.matches('\u{fffd}').count();
    // A few odd signs are a byte order mark or a stray byte; more of them are no text.
    if many == 0 || odd * 8 > many {
        return format!("it seems to be {}", unknown.seems);
    }
    format!("it seems to be {}; it begins with: {}", unknown.seems, unknown.head)
}

/// A kind of record that says less than it should.
struct Kind {
    one: &'static str,
    many: &'static str,
    why: &'static str,
}

const REJECTED: Kind = Kind {
    one: "record could not be read",
    many: "records could not be read",
    why: "what they record is not part of the findings; rejected.jsonl gives the place of each and why it was rejected",
};

const TRUNCATED: Kind = Kind {
    one: "record is truncated",
    many: "records are truncated",
    why: "cut before they came here, and counted as far as they go; to see the rest, export again in a way that does not cut",
};

const UNDATED: Kind = Kind {
    one: "record carries no readable time",
    many: "records carry no readable time",
    why: "they are kept, but cannot be placed before or after another record",
};

fn partly_read(account: &Account, count: impl Fn(&FileSummary) -> u64, kind: &Kind) -> Option<Gap> {
    let total = account.total(&count);
    let files = account.files.iter().filter(|file| count(file) > 0);
    let concerns = files.map(|file| Shown::name(&format!("{} ({})", file.path, grouped(count(file))))).collect();
    (total > 0).then(|| Gap { what: capital(&counted(total, kind.one, kind.many)), why: Shown::passage(kind.why), concerns })
}

/// Detections that lack the same thing for the same tenants are one gap.
fn not_run(lacks: &[NotRun]) -> Vec<Gap> {
    let mut by_tenant: BTreeMap<(&str, Option<&str>), BTreeSet<&str>> = BTreeMap::new();
    for lack in lacks {
        by_tenant.entry((&lack.reason, lack.tenant.as_deref())).or_default().insert(&lack.title);
    }
    let mut by_titles: BTreeMap<(&str, BTreeSet<&str>), Vec<&str>> = BTreeMap::new();
    for ((reason, tenant), titles) in by_tenant {
        by_titles.entry((reason, titles)).or_default().extend(tenant);
    }
    by_titles.into_iter().map(|((reason, titles), tenants)| lacking(reason, &titles, &tenants)).collect()
}

fn lacking(reason: &str, titles: &BTreeSet<&str>, tenants: &[&str]) -> Gap {
    let detections = counted(titles.len() as u64, "detection", "detections");
    let of_whom = match tenants {
        [] => String::new(),
        [tenant] => format!(" for tenant {}", Shown::name(tenant)),
        [first, second] => format!(" for tenants {} and {}", Shown::name(first), Shown::name(second)),
        [first, second, more @ ..] => {
            format!(" for tenants {}, {} and {} more", Shown::name(first), Shown::name(second), grouped(more.len() as u64))
        }
    };
    let why = reason.strip_prefix("not assessable: ").unwrap_or(reason);
    Gap {
        what: format!("{detections} could not run{of_whom}"),
        why: Shown::passage(why),
        concerns: titles.iter().map(|title| Shown::name(title)).collect(),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lack(title: &str, tenant: Option<&str>) -> NotRun {
        NotRun {
            detection: title.to_owned(),
            title: title.to_owned(),
            tenant: tenant.map(str::to_owned),
            reason: "not assessable: no sign-ins".to_owned(),
            not_asked: false,
        }
    }

    #[test]
    fn detections_and_tenants_that_lack_the_same_are_told_once() {
        let gaps = not_run(&[lack("a", Some("t1")), lack("b", Some("t1")), lack("a", Some("t2")), lack("b", Some("t2"))]);
        assert_eq!(gaps.len(), 1);
        assert_eq!(gaps[0].what, "2 detections could not run for tenants t1 and t2");
        assert_eq!(gaps[0].why.as_str(), "no sign-ins");
    }

    #[test]
    fn the_answer_counts_a_detection_once_and_apart_where_it_ran_for_some() {
        let account = Account { not_run: vec![lack("a", None), lack("b", Some("t1")), lack("b", Some("t2"))], ..Account::default() };
        assert_eq!(problems(&account), ["1 detection could not run", "1 detection could run for some tenants only"]);
    }
}
