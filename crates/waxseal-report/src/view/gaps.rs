//! What could not be assessed, and what would change that.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Account, FileSummary, NotRun, UnknownShape};

use crate::shown::Shown;
use crate::words::Words;

/// Something that could not be read or run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// What it is, in a few words.
    pub(crate) what: String,
    /// Why, and what would change it.
    pub(crate) why: String,
    /// What it concerns: files, or titles of detections.
    pub(crate) concerns: Vec<String>,
}

/// So many things that a gap concerns are named.
const CONCERNS: usize = 50;

impl Gap {
    /// The first things it concerns, and how many are left out.
    pub(crate) fn first_concerns(&self) -> (&[String], u64) {
        crate::view::first_of(&self.concerns, CONCERNS)
    }
}

/// What is incomplete, each in a few words, for the answer.
pub(crate) fn problems(account: &Account, words: &Words) -> Vec<String> {
    let unknown = account.files.iter().filter(|file| file.unknown.is_some()).count() as u64;
    // What compares with something that nobody gave is told below, and lacks nothing.
    let asked = || account.not_run.iter().filter(|lack| !lack.not_asked);
    let nowhere: BTreeSet<_> = asked().filter(|lack| lack.tenant.is_none()).map(|lack| &lack.detection).collect();
    let somewhere: BTreeSet<_> = asked().map(|lack| &lack.detection).filter(|id| !nowhere.contains(id)).collect();
    let counts = [
        (account.failed.len() as u64, "problem-failed"),
        (unknown, "problem-unknown"),
        (account.total(|file| file.rejected), "problem-rejected"),
        (account.total(|file| file.truncated), "problem-truncated"),
        (nowhere.len() as u64, "problem-nowhere"),
        (somewhere.len() as u64, "problem-somewhere"),
    ];
    let mut problems: Vec<String> = counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, id)| words.tell(id, [("n", n.into())])).collect();
    // That none has run at all is said before this.
    if account.unsearched_files > 0 && account.detections_run > 0 {
        problems.push(unsearched("problem-unsearched", account, words));
    }
    if !account.stray_settings.is_empty() {
        problems.push(words.tell("problem-stray-settings", [("n", account.stray_settings.len().into())]));
    }
    if !account.unmatched.is_empty() {
        problems.push(words.tell("problem-unmatched", [("n", account.unmatched.len().into())]));
    }
    problems
}

fn unsearched(id: &str, account: &Account, words: &Words) -> String {
    let files = words.tell("count-files", [("n", account.unsearched_files.into())]);
    let records = words.tell("count-records", [("n", account.unsearched_records.into())]);
    words.tell(id, [("files", files.into()), ("records", records.into())])
}

/// Every gap, what was not read first.
pub(crate) fn gaps(account: &Account, words: &Words) -> Vec<Gap> {
    let failed = account.failed.iter().map(|input| Gap {
        what: words.say("gap-failed"),
        why: Shown::passage(&input.reason).to_string(),
        concerns: vec![Shown::name(&input.path).to_string()],
    });
    let mut gaps: Vec<_> = not_looked_at(account, words).into_iter().chain(failed).chain(unrecognised(&account.files, words)).collect();
    gaps.extend(partly_read(account, |file| if file.unknown.is_none() { file.rejected } else { 0 }, &REJECTED, words));
    gaps.extend(partly_read(account, |file| file.truncated, &TRUNCATED, words));
    gaps.extend(partly_read(account, |file| file.undated, &UNDATED, words));
    gaps.extend(named(&account.stray_settings, "problem-stray-settings", "gap-stray-settings-why", words));
    gaps.extend(named(&account.unmatched, "problem-unmatched", "gap-unmatched-why", words));
    gaps.extend(not_run(&account.not_run, words));
    gaps
}

/// Files that were read after the detections last ran are the last ones of the account.
fn not_looked_at(account: &Account, words: &Words) -> Option<Gap> {
    let many = usize::try_from(account.unsearched_files).unwrap_or(usize::MAX);
    let newest = &account.files[account.files.len().saturating_sub(many)..];
    (many > 0).then(|| Gap {
        what: unsearched("gap-unsearched", account, words),
        why: words.say("gap-unsearched-why"),
        concerns: newest.iter().map(|file| Shown::name(&file.path).to_string()).collect(),
    })
}

/// What is counted in the answer, with the names.
fn named(names: &[String], what: &str, why: &str, words: &Words) -> Option<Gap> {
    (!names.is_empty()).then(|| Gap {
        what: words.tell(what, [("n", names.len().into())]),
        why: words.say(why),
        concerns: names.iter().map(|name| Shown::name(name).to_string()).collect(),
    })
}

/// Files that are not recognised for the same reason are one gap.
fn unrecognised(files: &[FileSummary], words: &Words) -> Vec<Gap> {
    let mut by_reason: BTreeMap<String, Vec<&FileSummary>> = BTreeMap::new();
    for (file, unknown) in files.iter().filter_map(|file| Some((file, file.unknown.as_ref()?))) {
        by_reason.entry(seeming(unknown, words)).or_default().push(file);
    }
    let gap = |(why, files): (String, Vec<&FileSummary>)| {
        let rejected: u64 = files.iter().map(|file| file.rejected).sum();
        let mut what = words.tell("gap-unknown", [("n", files.len().into())]);
        if rejected > 0 {
            let records = words.tell("count-records", [("n", rejected.into())]);
            what = words.tell("gap-unknown-records", [("gap", what.into()), ("records", records.into())]);
        }
        Gap { what, why, concerns: files.iter().map(|file| Shown::name(&file.path).to_string()).collect() }
    };
    by_reason.into_iter().map(gap).collect()
}

/// What a file seems to be, and how it begins where that says anything to a reader.
fn seeming(unknown: &UnknownShape, words: &Words) -> String {
    let many = unknown.head.chars().count();
    let odd = unknown.head.matches("\\u{").count() + unknown.head.matches('\u{fffd}').count();
    let seems = ("seems", (&Shown::passage(&unknown.seems)).into());
    // A few odd signs are a byte order mark or a stray byte; more of them are no text.
    if many == 0 || odd * 8 > many {
        return words.tell("gap-seems", [seems]);
    }
    words.tell("gap-seems-head", [seems, ("head", (&Shown::passage(&unknown.head)).into())])
}

/// A kind of record that says less than it should: the messages for how many there are, and for why.
struct Kind {
    what: &'static str,
    why: &'static str,
}

const REJECTED: Kind = Kind { what: "gap-rejected", why: "gap-rejected-why" };

const TRUNCATED: Kind = Kind { what: "gap-truncated", why: "gap-truncated-why" };

const UNDATED: Kind = Kind { what: "gap-undated", why: "gap-undated-why" };

fn partly_read(account: &Account, count: impl Fn(&FileSummary) -> u64, kind: &Kind, words: &Words) -> Option<Gap> {
    let total = account.total(&count);
    let files = account.files.iter().filter(|file| count(file) > 0);
    let concern = |file: &FileSummary| words.tell("gap-file", [("path", (&Shown::name(&file.path)).into()), ("n", count(file).into())]);
    let concerns = files.map(concern).collect();
    (total > 0).then(|| Gap { what: words.tell(kind.what, [("n", total.into())]), why: words.say(kind.why), concerns })
}

/// Detections that lack the same thing for the same tenants are one gap.
fn not_run(lacks: &[NotRun], words: &Words) -> Vec<Gap> {
    let mut by_tenant: BTreeMap<(&str, Option<&str>), BTreeSet<&str>> = BTreeMap::new();
    for lack in lacks {
        by_tenant.entry((&lack.reason, lack.tenant.as_deref())).or_default().insert(&lack.title);
    }
    let mut by_titles: BTreeMap<(&str, BTreeSet<&str>), Vec<&str>> = BTreeMap::new();
    for ((reason, tenant), titles) in by_tenant {
        by_titles.entry((reason, titles)).or_default().extend(tenant);
    }
    by_titles.into_iter().map(|((reason, titles), tenants)| lacking(reason, &titles, &tenants, words)).collect()
}

/// So many tenants are named in one gap.
const TENANTS: usize = 3;

fn lacking(reason: &str, titles: &BTreeSet<&str>, tenants: &[&str], words: &Words) -> Gap {
    let gap = words.tell("gap-not-run", [("n", titles.len().into())]);
    let what = match tenants {
        [] => gap,
        [tenant] => words.tell("gap-not-run-tenant", [("gap", gap.into()), ("tenant", (&Shown::name(tenant)).into())]),
        several => {
            let tenants = words.first_few(several.iter().copied(), TENANTS);
            words.tell("gap-not-run-tenants", [("gap", gap.into()), ("tenants", tenants.into())])
        }
    };
    // The reason begins with one of the verdict words, which is the heading here.
    let why = reason.strip_prefix("not assessable: ").unwrap_or(reason);
    Gap { what, why: Shown::passage(why).to_string(), concerns: titles.iter().map(|title| Shown::name(title).to_string()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ENGLISH;

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
        let lacks = [lack("a", Some("t1")), lack("b", Some("t1")), lack("a", Some("t2")), lack("b", Some("t2"))];
        let gaps = not_run(&lacks, &Words::of(&ENGLISH));
        assert_eq!(gaps.len(), 1);
        assert_eq!(gaps[0].what, "2 detections could not run for tenants t1 and t2");
        assert_eq!(gaps[0].why, "no sign-ins");
    }

    #[test]
    fn what_no_detection_has_looked_at_is_told_with_its_newest_files() {
        let file = |path: &str| FileSummary { path: path.to_owned(), ..FileSummary::default() };
        let files = vec![file("a"), file("b")];
        let account = Account { files, unsearched_files: 1, unsearched_records: 3, detections_run: 2, ..Account::default() };
        let words = Words::of(&ENGLISH);
        assert_eq!(problems(&account, &words), ["no detection has run over 1 file with 3 records: run `waxseal detect`"]);
        assert_eq!(gaps(&account, &words)[0].concerns, ["b"]);
    }

    #[test]
    fn settings_of_nobody_are_told_with_their_files() {
        let account = Account { stray_settings: vec!["organization.json".to_owned()], ..Account::default() };
        let words = Words::of(&ENGLISH);
        assert_eq!(problems(&account, &words), ["the settings of 1 file belong to no known organisation"]);
        assert_eq!(gaps(&account, &words)[0].concerns, ["organization.json"]);
    }

    #[test]
    fn the_answer_counts_a_detection_once_and_apart_where_it_ran_for_some() {
        let account = Account { not_run: vec![lack("a", None), lack("b", Some("t1")), lack("b", Some("t2"))], ..Account::default() };
        assert_eq!(problems(&account, &Words::of(&ENGLISH)), ["1 detection could not run", "1 detection could run for some tenants only"]);
    }
}
