//! Names that providers give operations and members, so that the account can count what is new.
//!
//! A name that is not in the lists is read like any other. It is counted because
//! perhaps no detection looks for what nobody knew: only those that match a part of a name can find it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hashbrown::HashSet;
use waxseal_model::LogClass;

use crate::value::short;

static OPERATIONS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| lines(include_str!("../data/known_operations.txt")));
static MEMBERS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| lines(include_str!("../data/known_members.txt")));

fn lines(list: &'static str) -> HashSet<&'static str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// So many different names are told of; an attacker could write more than fit in memory.
const MOST: usize = 1_000;

/// Names that are in no list, each with how many records have it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    /// The names.
    pub names: BTreeMap<String, u64>,
    /// Records with further names, where there are more names than are told of.
    pub others: u64,
}

impl Unknown {
    /// Counts a name so many times more.
    fn add(&mut self, name: &str, records: u64) {
        if let Some(counted) = self.names.get_mut(name) {
            *counted += records;
        } else if self.names.len() < MOST {
            self.names.insert(name.to_owned(), records);
        } else {
            self.others += records;
        }
    }

    /// Adds what another chunk has counted.
    pub fn merge(&mut self, other: &Self) {
        other.names.iter().for_each(|(name, records)| self.add(name, *records));
        self.others += other.others;
    }

    /// Counts the operation of an event, unless it is known or a cmdlet of Exchange: of these there are always new ones, and
    /// detections look at their names.
    pub(crate) fn operation(&mut self, operation: &str, class: LogClass) {
        let word = class.as_str();
        let is_named = word.starts_with("ual.") || word.starts_with("gws.") || class == LogClass::AuditDirectory;
        let is_cmdlet = || class == LogClass::UalExchangeAdmin && operation.contains('-');
        if is_named && !OPERATIONS.contains(operation) && !is_cmdlet() {
            self.add(short(operation), 1);
        }
    }

    /// Counts a member of a record or column of a table, unless it is known.
    pub(crate) fn member(&mut self, name: &str) {
        if !is_known_member(name) {
            self.add(short(name), 1);
        }
    }
}

/// Whether a provider, or a tool around its records, has a member or column of that name. Notes about other members are known by
/// their form, and so are the numbered parts that GAM takes parameters apart into.
pub(crate) fn is_known_member(name: &str) -> bool {
    MEMBERS.contains(name) || name.contains("@odata.") || name.starts_with("parameters.") || name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_up_to_a_bound_and_none_is_lost_in_the_sum() {
        let mut unknown = Unknown::default();
        for number in 0..MOST + 500 {
            unknown.member(&format!("made up {number}"));
        }
        unknown.member("made up 0");
        unknown.member("CreationTime");
        assert_eq!((unknown.names.len(), unknown.names["made up 0"], unknown.others), (MOST, 2, 500));
        let mut sum = unknown.clone();
        sum.merge(&unknown);
        assert_eq!((sum.names["made up 0"], sum.others), (4, 1_000));
    }

    #[test]
    fn operations_are_known_by_name_and_cmdlets_by_form() {
        let mut unknown = Unknown::default();
        unknown.operation("MailItemsAccessed", LogClass::UalMiaBind);
        unknown.operation("Set-Whatever", LogClass::UalExchangeAdmin);
        unknown.operation("GET", LogClass::GraphCalls);
        assert_eq!(unknown, Unknown::default());
        unknown.operation("MailItemsTeleported", LogClass::UalItem);
        assert_eq!(unknown.names["MailItemsTeleported"], 1);
    }

    #[test]
    fn the_lists_are_sorted_and_hold_no_name_twice() {
        for list in [include_str!("../data/known_operations.txt"), include_str!("../data/known_members.txt")] {
            let names: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
            assert!(names.windows(2).all(|two| two[0] < two[1]), "sort -u with LC_ALL=C");
        }
    }
}
