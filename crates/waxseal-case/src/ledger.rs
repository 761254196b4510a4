//! The custody ledger of a case, on disk.

use waxseal_evidence::{Chain, What, entry_name, verify_chain};

use crate::layout;
use crate::operator::Operator;
use crate::store::{Store, StoreError};

/// Why the ledger could not be read or continued.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Whose fault: the environment's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whose fault: whoever changed the case.
    #[error("the ledger is not what it was ({0}); nothing is added to it: `waxseal verify` says which files were changed")]
    Broken(String),
    /// Whose fault: ours.
    #[error("failed to write a ledger entry: {0}")]
    Entry(#[from] waxseal_evidence::CustodyError),
}

/// The ledger, open for further entries.
#[derive(Debug)]
pub(crate) struct Ledger {
    chain: Chain,
}

/// Names (without folder) and bytes of every entry.
pub(crate) fn files(store: &Store) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    // What else lies in the folder, such as a file manager's notes, is no entry.
    let paths = store.list(layout::CUSTODY)?;
    paths
        .into_iter()
        .filter(|path| is_entry(path))
        .map(|path| store.get(&path).map(|bytes| (path.rsplit('/').next().unwrap_or(&path).to_owned(), bytes.to_vec())))
        .collect()
}

fn is_entry(path: &str) -> bool {
    let name = path.strip_prefix(layout::CUSTODY).and_then(|rest| rest.strip_prefix('/')?.strip_suffix(".json"));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()))
}

impl Ledger {
    /// Reads and checks what is there.
    pub(crate) fn read(store: &Store) -> Result<Self, LedgerError> {
        let chain = verify_chain(files(store)?).map_err(|problems| {
            let first = problems.first().map(|p| format!("{}: {}", p.file, p.what));
            LedgerError::Broken(first.unwrap_or_default())
        })?;
        Ok(Self { chain })
    }

    pub(crate) fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Adds an entry: the one put-if-absent of its file.
    pub(crate) fn add(&mut self, store: &Store, operator: &Operator, what: What) -> Result<(), LedgerError> {
        let entry = self.chain.next(operator.now(), &operator.who(), what);
        let name = entry_name(entry.seq);
        let bytes = self.chain.append(entry)?;
        store.put_new(&format!("{}/{name}", layout::CUSTODY), bytes)?;
        Ok(())
    }
}
