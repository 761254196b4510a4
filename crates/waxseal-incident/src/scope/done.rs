//! What incidents did, as the records say that are theirs.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Nanos, OtherActs};

use super::Reach;

/// What was counted of every mailbox, by incident, tenant and mailbox.
pub type Reaches = BTreeMap<(u32, String, String), Reach>;

/// A row of [`crate::DONE`]: records of one class, operation and mailbox.
#[derive(Debug, Clone)]
pub struct DoneRow {
    /// The incident, by the place it had when records were attributed.
    pub incident: u32,
    /// The tenant.
    pub tenant: String,
    /// The log class.
    pub class: String,
    /// The operation, as logged.
    pub operation: String,
    /// The address of the mailbox.
    pub mailbox: Option<String>,
    /// Its id.
    pub mailbox_id: Option<String>,
    /// Bind or sync, for access to messages.
    pub access_kind: Option<String>,
    /// Whether they are the intruder's alone.
    pub sure: bool,
    /// Whether they tell of what failed.
    pub failed: bool,
    /// How many records.
    pub records: u64,
    /// Time of the first.
    pub first: Nanos,
    /// Time of the last.
    pub last: Nanos,
}

/// What the incidents did.
#[derive(Debug, Default)]
pub struct Done {
    /// First and last record of each incident. What failed is none.
    pub recorded: BTreeMap<String, (Nanos, Nanos)>,
    /// The last record of each incident that may be the intruder's, or anybody's.
    pub perhaps: BTreeMap<String, Nanos>,
    /// What each incident did beside looking at messages.
    pub other_acts: BTreeMap<String, OtherActs>,
    /// Acts in a mailbox: the mailbox as the records name it, by incident and tenant.
    acts: Vec<Act>,
    /// The address of each mailbox id, by tenant: the one seen last.
    addresses: BTreeMap<(String, String), (Nanos, String)>,
}

/// Acts of one kind in a mailbox.
#[derive(Debug)]
struct Act {
    incident: u32,
    tenant: String,
    mailbox: Option<String>,
    mailbox_id: Option<String>,
    is_access: bool,
    sure: bool,
    records: u64,
    first: Nanos,
    last: Nanos,
}

impl Done {
    /// Adds a row of [`crate::DONE`]; `id` is the incident's.
    pub fn add(&mut self, id: &str, row: DoneRow) {
        let DoneRow { incident, tenant, class, operation, mailbox, mailbox_id, access_kind, sure, failed, records, first, last } = row;
        let operation = operation.to_lowercase();
        if sure && !failed {
            self.record(id, first, last);
            self.other_acts.entry(id.to_owned()).or_default().count(&class, &operation, records);
        } else if !failed {
            let perhaps = self.perhaps.entry(id.to_owned()).or_insert(last);
            *perhaps = last.max(*perhaps);
        }
        if mailbox.is_none() && mailbox_id.is_none() {
            return;
        }
        if let Some((id, address)) = mailbox_id.clone().zip(mailbox.clone()) {
            let known = self.addresses.entry((tenant.clone(), id)).or_insert((last, address.clone()));
            *known = known.clone().max((last, address));
        }
        let is_access = !failed && (access_kind.is_some() || matches!(operation.as_str(), "attachmentaccess" | "messagebind"));
        self.acts.push(Act { incident, tenant, mailbox, mailbox_id, is_access, sure, records, first, last });
    }

    /// Notes that an incident has records from a time to another.
    pub fn record(&mut self, id: &str, first: Nanos, last: Nanos) {
        let recorded = self.recorded.entry(id.to_owned()).or_insert((first, last));
        *recorded = (recorded.0.min(first), recorded.1.max(last));
    }

    /// The mailboxes that were reached, or may have been, at the places that the incidents have by now, and `others` that incidents
    /// concern.
    #[must_use]
    pub fn reaches(&self, place_of: &dyn Fn(u32) -> Option<u32>, others: impl Iterator<Item = (u32, String, String)>) -> Reaches {
        let mut reaches: Reaches = others.map(|key| (key.clone(), Reach::of(key))).collect();
        for act in self.acts.iter().filter(|act| act.sure || act.is_access) {
            let Some((place, mailbox)) = place_of(act.incident).zip(self.mailbox(act)) else { continue };
            let key = (place, act.tenant.clone(), mailbox);
            let reach = reaches.entry(key.clone()).or_insert_with(|| Reach::of(key));
            if !act.sure {
                reach.doubtful = reach.doubtful.saturating_add(act.records);
            } else if act.is_access {
                reach.accesses = reach.accesses.saturating_add(act.records);
                reach.first = Some(reach.first.map_or(act.first, |first| first.min(act.first)));
                reach.last = Some(reach.last.map_or(act.last, |last| last.max(act.last)));
            } else {
                reach.acts = reach.acts.saturating_add(act.records);
            }
        }
        reaches
    }

    fn mailbox(&self, act: &Act) -> Option<String> {
        let by_id = act.mailbox_id.as_ref().and_then(|id| self.addresses.get(&(act.tenant.clone(), id.clone())));
        by_id.map(|(_, address)| address.clone()).or_else(|| act.mailbox.clone()).or_else(|| act.mailbox_id.clone())
    }

    /// Under which names records call each mailbox, by tenant and mailbox: its id and its address, with `|` between them, and each alone.
    #[must_use]
    pub fn names(&self) -> BTreeMap<(String, String), BTreeSet<String>> {
        let mut names: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for act in &self.acts {
            if let Some(mailbox) = self.mailbox(act) {
                let (id, address) = (act.mailbox_id.as_deref().unwrap_or_default(), act.mailbox.as_deref().unwrap_or_default());
                let own = names.entry((act.tenant.clone(), mailbox)).or_default();
                own.extend(
                    [(id, address), (id, ""), ("", address)]
                        .map(|(id, address)| format!("{id}|{address}"))
                        .into_iter()
                        .filter(|name| name != "|"),
                );
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(mailbox: &str, sure: bool, failed: bool, last: i64) -> DoneRow {
        DoneRow {
            incident: 0,
            tenant: "t".to_owned(),
            class: "ual.mia.bind".to_owned(),
            operation: "MailItemsAccessed".to_owned(),
            mailbox: Some(mailbox.to_owned()),
            mailbox_id: None,
            access_kind: Some("bind".to_owned()),
            sure,
            failed,
            records: 4,
            first: Nanos(last - 1),
            last: Nanos(last),
        }
    }

    #[test]
    fn a_mailbox_that_only_doubtful_records_name_is_reached_in_doubt() {
        let mut done = Done::default();
        for (mailbox, sure, failed, last) in [("a@x", true, false, 10), ("b@x", false, false, 20), ("c@x", false, true, 30)] {
            done.add("one", row(mailbox, sure, failed, last));
        }
        let reaches = done.reaches(&Some, std::iter::empty());
        let told: Vec<(&str, u64, u64)> = reaches.iter().map(|(key, reach)| (key.2.as_str(), reach.accesses, reach.doubtful)).collect();
        assert_eq!(told, [("a@x", 4, 0), ("b@x", 0, 4)]);
    }

    #[test]
    fn what_failed_is_no_record_of_the_intruder_and_what_is_doubtful_stands_apart() {
        let mut done = Done::default();
        for (sure, failed, last) in [(true, false, 10), (true, true, 40), (false, false, 20), (false, true, 30)] {
            done.add("one", row("a@x", sure, failed, last));
        }
        assert_eq!(done.recorded["one"], (Nanos(9), Nanos(10)));
        assert_eq!(done.perhaps["one"], Nanos(20));
    }
}
