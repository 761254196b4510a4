//! Hashes what came in and keeps the ledger of everything that was done to it, so that a third party can check both.
//!
//! The ledger ("custody") is a chain of small JSON files. Each one carries the digest of its own text and, inside that text,
//! the digest of the file before it: whoever changes, removes or inserts one leaves a link that does not fit.
//! [`verify_chain`] says which. Cutting off the *end* of a chain leaves no such trace in what remains; for that a reader
//! compares [`Chain::head`] with one noted elsewhere, or finds a committed run that the ledger does not know.
//!
//! Nothing here opens a path, looks at a clock or knows a log format: it can be built and read alone.

mod custody;
mod digest;

pub use custody::{Chain, ChainProblem, CustodyError, Entry, What, Who, entry_name, open, seal, verify_chain};
pub use digest::{Digest, DigestError, Digesting, digest_reader};
