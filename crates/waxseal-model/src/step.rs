//! The steps of an intrusion.

use serde::{Deserialize, Serialize};

/// What a step of a story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Getting in.
    Entry,
    /// Making sure to stay, or to get further.
    Persistence,
    /// Access to mail and files.
    Access,
    /// Sending them out.
    Exfiltration,
    /// Hiding it.
    CoverUp,
    /// What stands beside it: not known to be the intruder's.
    Context,
}

impl Step {
    /// Every step, in the order of its definition.
    pub const ALL: &'static [Self] = &[Self::Entry, Self::Persistence, Self::Access, Self::Exfiltration, Self::CoverUp, Self::Context];

    /// The word used in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Persistence => "persistence",
            Self::Access => "access",
            Self::Exfiltration => "exfiltration",
            Self::CoverUp => "cover_up",
            Self::Context => "context",
        }
    }

    /// The step of a word, or `None` when it is that of none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|step| step.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_json() {
        for step in Step::ALL {
            assert_eq!(serde_json::to_value(step).unwrap(), step.as_str());
            assert_eq!(Step::from_word(step.as_str()), Some(*step));
        }
        assert_eq!(Step::from_word("leaving"), None);
    }
}
