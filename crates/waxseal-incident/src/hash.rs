//! Ids of what was put together from other ids.

use sha2::{Digest as _, Sha256};

/// The hash of some texts, which no other texts have.
pub(crate) fn id<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    hex::encode(&digest.finalize()[..16])
}
