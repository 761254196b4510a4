//! Files that hold no events but say something of those that do: what collectors and people put beside exports.

use std::io::{Read, Seek};

use waxseal_coverage::{Declarations, collector_gaps};
use waxseal_model::Nanos;
use waxseal_read::{Container, Member, NotedDigest, noted_digests};

/// Such files are small; a larger one that nothing recognises is something else.
pub(crate) const MAX_COLLECTED: u64 = 16 << 20;

/// What a file says of others.
#[derive(Debug)]
pub(crate) enum Collected {
    /// The log of a collector, with the windows that it could not fetch whole.
    Log(Vec<(Nanos, Nanos)>),
    /// A list of digests.
    Digests(Vec<NotedDigest>),
    /// What `--coverage` takes.
    Declaration,
}

impl Collected {
    /// What a member is that holds no event, if it is one of these. Of one that cannot be read to its end nothing is believed.
    pub(crate) fn read<S: Read + Seek>(container: &mut Container<S>, member: &Member) -> Option<Self> {
        let mut bytes = Vec::new();
        container.read(member).ok()?.input.take(MAX_COLLECTED + 1).read_to_end(&mut bytes).ok()?;
        if bytes.len() as u64 > MAX_COLLECTED { None } else { Self::of(&bytes) }
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let log = collector_gaps(bytes).map(Self::Log);
        let known = log.or_else(|| noted_digests(bytes).map(Self::Digests));
        known.or_else(|| is_declaration(bytes).then_some(Self::Declaration))
    }

    /// The digests, where it is a list of them.
    pub(crate) fn digests(&self) -> &[NotedDigest] {
        if let Self::Digests(noted) = self { noted } else { &[] }
    }

    /// The same in words.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Log(gaps) if gaps.is_empty() => "the log of a collector, which tells of nothing that it could not fetch".to_owned(),
            Self::Log(gaps) => {
                format!("the log of a collector, which tells of {} windows of time that it could not fetch whole", gaps.len())
            }
            Self::Digests(noted) => format!("a list of the SHA-256 of {} files", noted.len()),
            Self::Declaration => "it declares which spans were exported; it counts where it is given with --coverage FILE".to_owned(),
        }
    }
}

/// Whether a file is what `--coverage` takes.
fn is_declaration(bytes: &[u8]) -> bool {
    let declared = std::str::from_utf8(bytes).ok().and_then(|text| Declarations::from_toml(text).ok());
    declared.is_some_and(|declared| !declared.covers.is_empty() || !declared.lacks.is_empty())
}
