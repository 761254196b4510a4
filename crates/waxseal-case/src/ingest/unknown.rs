//! Names that nobody knew, for the account.

use waxseal_model::{FileSummary, NameCount, UnknownNames, printable};
use waxseal_read::Unknown;

/// So many names are told of.
const MOST: usize = 20;

/// Puts what no list knows into the account of a file, and a sentence about it.
pub(crate) fn tell(summary: &mut FileSummary, operations: &Unknown, members: &Unknown) {
    summary.unknown_operations = names_of(operations);
    summary.unknown_members = names_of(members);
    if let Some(names) = &summary.unknown_operations {
        summary.notes.push(format!("operations that are in no list here, so that perhaps no detection looks for them: {}", listed(names)));
    }
    if let Some(names) = &summary.unknown_members {
        summary.notes.push(format!(
            "members or columns that are in no list here, and perhaps kept in the text of the record only: {}",
            listed(names)
        ));
    }
}

fn names_of(unknown: &Unknown) -> Option<UnknownNames> {
    let mut most: Vec<NameCount> =
        unknown.names.iter().map(|(name, records)| NameCount { name: printable(name).into_owned(), records: *records }).collect();
    // Names of one count stay in their order.
    most.sort_by_key(|name| std::cmp::Reverse(name.records));
    let different = most.len() as u64;
    let occurrences = most.iter().map(|name| name.records).sum::<u64>() + unknown.others;
    most.truncate(MOST);
    (different > 0).then_some(UnknownNames { different, occurrences, most })
}

fn listed(names: &UnknownNames) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.most.iter().take(SHOWN).map(|name| format!("{} ({})", name.name, name.records)).collect();
    let more = names.different.saturating_sub(shown.len() as u64);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
