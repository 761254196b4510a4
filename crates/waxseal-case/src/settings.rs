//! `case.toml`: what people may set for a case.

use serde::{Deserialize, Serialize};
use waxseal_model::CASE_LAYOUT;

/// The settings of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Version of the layout of the case folder.
    pub(crate) layout: u32,
    /// What reports call the case.
    pub(crate) name: String,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Whose fault: the user's.
    #[error("case.toml cannot be read: {0}")]
    Unreadable(String),
    /// Whose fault: nobody's.
    #[error("the case has layout {0}, this program knows layouts up to {CASE_LAYOUT}; use a newer waxseal")]
    Newer(u32),
}

impl Settings {
    pub(crate) fn new(name: &str) -> Self {
        Self { layout: CASE_LAYOUT, name: name.to_owned() }
    }

    pub(crate) fn parse(text: &[u8]) -> Result<Self, SettingsError> {
        let unreadable = |e: &dyn std::fmt::Display| SettingsError::Unreadable(e.to_string());
        let text = std::str::from_utf8(text).map_err(|e| unreadable(&e))?;
        let settings: Self = toml::from_str(text).map_err(|e| unreadable(&e))?;
        if settings.layout > CASE_LAYOUT { Err(SettingsError::Newer(settings.layout)) } else { Ok(settings) }
    }

    /// The text of a new case's file.
    pub(crate) fn to_text(&self) -> Result<String, SettingsError> {
        let values = toml::to_string(self).map_err(|e| SettingsError::Unreadable(e.to_string()))?;
        Ok(format!("# Settings of this case. What they mean: docs/case.md.\n{values}"))
    }
}
