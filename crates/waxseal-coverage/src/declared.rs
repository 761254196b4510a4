//! What somebody declares to have exported, or to lack.

use serde::{Deserialize, Serialize};
use waxseal_model::{LogClass, Nanos};

/// The declarations of a case: `coverage.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declarations {
    /// Ranges that exports were asked for and gave without an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<Declaration>,
    /// Ranges in which a log is known to be absent or switched off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<Declaration>,
}

/// One range of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The tenant; every tenant where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// A log class, or the beginning of several: `ual`, `signin`.
    pub class: String,
    /// First instant.
    #[serde(with = "instant")]
    pub from: Nanos,
    /// First instant after it.
    #[serde(with = "instant")]
    pub to: Nanos,
}

/// Why a declaration cannot be used. Always the fault of whoever wrote it.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// Not TOML of the right shape.
    #[error("failed to understand the declared coverage: {0}")]
    Malformed(String),
    /// The class is none, and no class begins with it.
    #[error("{0:?} is no log class and no class begins with it; the classes are listed in GLOSSARY.md and by `waxseal coverage --classes`")]
    Class(String),
    /// A range that ends before it begins.
    #[error("the declared range of {class} ends at {to}, which is not after its beginning at {from}")]
    Range {
        /// The class.
        class: String,
        /// Its beginning.
        from: Nanos,
        /// Its end.
        to: Nanos,
    },
    /// Not `CLASS=FROM..TO`.
    #[error("{0:?} is not of the form CLASS=FROM..TO, such as signin=2026-03-01..2026-04-01")]
    Form(String),
}

impl Declaration {
    /// Reads `CLASS=FROM..TO` with dates or instants.
    ///
    /// # Errors
    /// It is of another form, names no class, or ends before it begins.
    pub fn parse(text: &str) -> Result<Self, DeclareError> {
        let form = || DeclareError::Form(text.to_owned());
        let (class, range) = text.split_once('=').ok_or_else(form)?;
        let (from, to) = range.split_once("..").ok_or_else(form)?;
        let from = parse_instant(from.trim()).ok_or_else(form)?;
        let to = parse_instant(to.trim()).ok_or_else(form)?;
        Self { tenant: None, class: class.trim().to_owned(), from, to }.checked()
    }

    fn checked(self) -> Result<Self, DeclareError> {
        if LogClass::ALL.iter().filter(|class| class.is_log()).all(|class| !begins(class.as_str(), &self.class)) {
            return Err(DeclareError::Class(self.class));
        }
        if self.to <= self.from {
            return Err(DeclareError::Range { class: self.class, from: self.from, to: self.to });
        }
        Ok(self)
    }

    /// Whether it speaks of a class of a tenant.
    #[must_use]
    pub fn concerns(&self, tenant: &str, class: &str) -> bool {
        self.tenant.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(tenant)) && begins(class, &self.class)
    }
}

/// `signin.interactive` begins with `signin` and with itself, not with `sign`.
fn begins(class: &str, with: &str) -> bool {
    class.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A date is its midnight.
fn parse_instant(text: &str) -> Option<Nanos> {
    Nanos::parse(text).or_else(|| Nanos::parse(&format!("{text}T00:00:00")))
}

impl Declarations {
    /// Reads `coverage.toml`.
    ///
    /// # Errors
    /// The text has another shape, or a declaration makes no sense.
    pub fn from_toml(text: &str) -> Result<Self, DeclareError> {
        let read: Self = toml::from_str(text).map_err(|error| DeclareError::Malformed(error.to_string()))?;
        let checked = |all: Vec<Declaration>| all.into_iter().map(Declaration::checked).collect::<Result<Vec<_>, _>>();
        Ok(Self { covers: checked(read.covers)?, lacks: checked(read.lacks)? })
    }

    /// Adds others to these; what is there already is not added twice.
    pub fn extend(&mut self, others: Self) {
        for (into, from) in [(&mut self.covers, others.covers), (&mut self.lacks, others.lacks)] {
            for declaration in from {
                if !into.contains(&declaration) {
                    into.push(declaration);
                }
            }
        }
    }

    /// Whether nothing is declared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.covers.is_empty() && self.lacks.is_empty()
    }
}

/// Instants as people write them in a file: a date, or RFC 3339.
mod instant {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use waxseal_model::Nanos;

    pub(super) fn serialize<S: Serializer>(time: &Nanos, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Nanos, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_instant(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a date or an RFC 3339 time")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_may_stand_for_all_that_begin_with_it() {
        let signin = Declaration::parse("signin=2026-03-01..2026-04-01").unwrap();
        assert!(signin.concerns("t", "signin.interactive") && !signin.concerns("t", "ual.sts"));
        assert!(matches!(Declaration::parse("sign=2026-03-01..2026-04-01"), Err(DeclareError::Class(_))));
        assert!(matches!(Declaration::parse("signin=2026-04-01..2026-03-01"), Err(DeclareError::Range { .. })));
        assert!(matches!(Declaration::parse("signin"), Err(DeclareError::Form(_))));
        // Settings are no log that could be complete.
        assert!(matches!(Declaration::parse("config=2026-03-01..2026-04-01"), Err(DeclareError::Class(_))));
    }

    #[test]
    fn a_file_names_tenants_and_ranges_and_nothing_else() {
        let text = "[[covers]]\ntenant = \"A\"\nclass = \"ual\"\nfrom = \"2026-03-01\"\nto = \"2026-03-02T12:00:00Z\"\n";
        let read = Declarations::from_toml(text).unwrap();
        assert!(read.covers[0].concerns("a", "ual.mia.bind") && !read.covers[0].concerns("b", "ual.mia.bind"));
        assert!(Declarations::from_toml(&text.replace("class", "klass")).is_err());
    }
}
