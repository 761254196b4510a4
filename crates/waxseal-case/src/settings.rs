//! `case.toml`: what people may set for a case.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use waxseal_model::{CASE_LAYOUT, Compared};

/// The settings of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Version of the layout of the case folder.
    pub(crate) layout: u32,
    /// What reports call the case.
    pub(crate) name: String,
    /// Addresses of mailboxes that are told of first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) high_value: Vec<String>,
    /// Whose incidents are compared with whose.
    #[serde(default, skip_serializing_if = "Sharing::is_all")]
    pub(crate) share_between_tenants: Sharing,
}

/// Which tenants learn from each other's logs: all, none, or those of one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "neither true nor false nor lists of tenants")]
pub(crate) enum Sharing {
    /// `true` or `false`.
    AllOrNone(bool),
    /// Lists of tenants; one that is in none is alone.
    Circles(Vec<Vec<String>>),
}

impl Default for Sharing {
    fn default() -> Self {
        Self::AllOrNone(true)
    }
}

impl Sharing {
    fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// The same in a word.
    pub(crate) fn compared(&self) -> Compared {
        match self {
            Self::AllOrNone(true) => Compared::All,
            Self::AllOrNone(false) => Compared::None,
            Self::Circles(_) => Compared::Lists,
        }
    }

    /// The circles of tenants; nothing where all are one.
    pub(crate) fn circles(&self) -> Option<Vec<BTreeSet<String>>> {
        match self {
            Self::AllOrNone(true) => None,
            Self::AllOrNone(false) => Some(Vec::new()),
            Self::Circles(circles) => Some(circles.iter().map(|circle| circle.iter().cloned().collect()).collect()),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Whose fault: the user's.
    #[error(
        "failed to read {}: {}; high_value takes a list such as [\"minister@contoso.example\"], share_between_tenants takes true, false or \
         lists of tenants such as [[\"TENANT\", \"TENANT\"]]", path.display(), cause.trim_end()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        cause: String,
    },
    /// Whose fault: ours.
    #[error("failed to write case.toml: {0}")]
    Unwritable(#[from] toml::ser::Error),
    /// Whose fault: nobody's.
    #[error("the case has layout {0}, this program knows layouts up to {CASE_LAYOUT}; use a newer waxseal")]
    Newer(u32),
}

impl Settings {
    pub(crate) fn new(name: &str) -> Self {
        Self { layout: CASE_LAYOUT, name: name.to_owned(), high_value: Vec::new(), share_between_tenants: Sharing::default() }
    }

    /// Reads what stands in the file of this path.
    pub(crate) fn parse(text: &[u8], path: &Path) -> Result<Self, SettingsError> {
        let unreadable = |e: &dyn std::fmt::Display| SettingsError::Unreadable { path: path.to_owned(), cause: e.to_string() };
        let text = std::str::from_utf8(text).map_err(|e| unreadable(&e))?;
        let settings: Self = toml::from_str(text).map_err(|e| unreadable(&e))?;
        if settings.layout > CASE_LAYOUT { Err(SettingsError::Newer(settings.layout)) } else { Ok(settings) }
    }

    /// The text of a new case's file.
    pub(crate) fn to_text(&self) -> Result<String, SettingsError> {
        Ok(format!("# Settings of this case. What they mean: docs/case.md.\n{}", toml::to_string(self)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharing_is_all_none_or_lists() {
        let parse = |line: &str| Settings::parse(format!("layout = 1\nname = \"c\"\n{line}").as_bytes(), Path::new("c1/case.toml"));
        let circles = |line: &str| parse(line).unwrap().share_between_tenants.circles();
        assert_eq!(circles(""), None);
        assert_eq!(circles("share_between_tenants = false"), Some(Vec::new()));
        let two = Some(vec![BTreeSet::from(["a".to_owned(), "b".to_owned()])]);
        assert_eq!(circles("share_between_tenants = [[\"a\", \"b\"]]"), two);
        let error = parse("share_between_tenants = 3").unwrap_err().to_string();
        assert!(error.contains("c1/case.toml") && error.contains("neither true nor false nor lists of tenants"), "{error}");
    }
}
