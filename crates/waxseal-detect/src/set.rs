//! Loading detections from their files, and checking what can be checked without a table.

use std::collections::BTreeMap;

use waxseal_model::{DetectionMeta, MetaError};

use crate::bundled::{DetectionFile, bundled_detections};
use crate::explain::{Template, TemplateError};
use crate::sql::{QueryError, checked_condition, checked_query};

const FRONT_MATTER_OPENS: &str = "/*---";
const FRONT_MATTER_CLOSES: &str = "---*/";

/// One detection, checked.
#[derive(Debug, Clone)]
pub struct Detection {
    /// What it says of itself.
    pub meta: DetectionMeta,
    /// Its query, without comments.
    pub sql: String,
    /// The same as its author laid it out, with comments.
    pub written: String,
    /// The file it came from.
    pub origin: String,
    pub(crate) primary: Option<String>,
    pub(crate) template: Template,
    pub(crate) window_secs: i64,
}

/// A set of detections, by id.
#[derive(Debug, Clone, Default)]
pub struct DetectionSet {
    detections: BTreeMap<String, Detection>,
}

/// A file that is not a detection. Whose fault: its author's.
#[derive(Debug, thiserror::Error)]
#[error("failed to load detection {origin}, line {line}: {problem}")]
pub struct SetError {
    /// The file.
    pub origin: String,
    /// The line the problem is on, or the first where it is on none.
    pub line: usize,
    /// What is wrong.
    #[source]
    pub problem: SetProblem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum SetProblem {
    /// It does not begin with front matter.
    #[error("the file must begin with its front matter between {FRONT_MATTER_OPENS} and {FRONT_MATTER_CLOSES}")]
    NoFrontMatter,
    /// The front matter is not valid TOML or has wrong keys.
    #[error("{0}")]
    FrontMatter(String),
    /// A value of the front matter is not allowed.
    #[error(transparent)]
    Meta(#[from] MetaError),
    /// The id is not that of the path.
    #[error("the id is {found:?}, but the path makes it {expected:?}")]
    Id {
        /// As written.
        found: String,
        /// As the path says.
        expected: String,
    },
    /// The query may not be run.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The explanation cannot be filled.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A `group_by` or `shows` entry is not a column name.
    #[error("{0:?} is not a column name")]
    Column(String),
    /// Two files have one id.
    #[error("the id {0:?} is taken by another file of the set")]
    Twice(String),
}

impl DetectionSet {
    /// The detections that are compiled in.
    ///
    /// # Errors
    /// Ours: a bundled file is not valid. A test loads them all.
    pub fn bundled() -> Result<Self, SetError> {
        Self::load(bundled_detections())
    }

    /// Reads and checks detections.
    ///
    /// # Errors
    /// The first file that is not a detection, with its line.
    pub fn load(files: impl IntoIterator<Item = DetectionFile>) -> Result<Self, SetError> {
        let mut set = Self::default();
        for file in files {
            set.add(Detection::load(&file)?)?;
        }
        Ok(set)
    }

    /// Adds another set. A detection that is there already is an error, never replaced.
    ///
    /// # Errors
    /// An id that both sets have.
    pub fn extend(&mut self, other: Self) -> Result<(), SetError> {
        other.detections.into_values().try_for_each(|detection| self.add(detection))
    }

    /// Keeps only the detections for which the question is answered with yes.
    pub fn retain(&mut self, keep: impl Fn(&Detection) -> bool) {
        self.detections.retain(|_, detection| keep(detection));
    }

    /// Every detection, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Detection> {
        self.detections.values()
    }

    /// The detection of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Detection> {
        self.detections.get(id)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.detections.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.detections.is_empty()
    }

    fn add(&mut self, detection: Detection) -> Result<(), SetError> {
        let id = detection.meta.id.clone();
        if self.detections.contains_key(&id) {
            return Err(SetError { origin: detection.origin, line: 1, problem: SetProblem::Twice(id) });
        }
        self.detections.insert(id, detection);
        Ok(())
    }
}

impl Detection {
    /// The columns whose values make a key: the tenant first, then `group_by`.
    pub(crate) fn keys(&self) -> Vec<String> {
        let others = self.meta.group_by.iter().filter(|column| *column != "tenant");
        std::iter::once("tenant".to_owned()).chain(others.cloned()).collect()
    }

    fn load(file: &DetectionFile) -> Result<Self, SetError> {
        let at = |line, problem| SetError { origin: file.origin.clone(), line, problem };
        let parts = Parts::of(&file.text).ok_or_else(|| at(1, SetProblem::NoFrontMatter))?;
        let meta: DetectionMeta = toml::from_str(parts.front_matter).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(parts.front_matter, span.start) + parts.front_matter_line - 1);
            at(line, SetProblem::FrontMatter(with_nearest_key(error.message())))
        })?;
        let key = |name: &str| key_line(parts.front_matter, name) + parts.front_matter_line - 1;
        check_id(&meta.id, &file.origin).map_err(|problem| at(key("id"), problem))?;
        meta.check().map_err(|error| at(key(key_of(&error)), error.into()))?;
        check_columns(&meta).map_err(|(name, problem)| at(key(name), problem))?;
        let template = Template::parse(&meta.explanation).map_err(|error| at(key("explanation"), error.into()))?;
        let primary = meta.primary.as_deref().map(checked_condition).transpose().map_err(|error| at(key("primary"), error.into()))?;
        let sql = checked_query(parts.query).map_err(|error| at(parts.query_line, error.into()))?;
        let window_secs = meta.window_secs().unwrap_or(0);
        let written = parts.query.trim().to_owned();
        Ok(Self { meta, sql, written, origin: file.origin.clone(), primary, template, window_secs })
    }
}

/// The two halves of a file.
struct Parts<'a> {
    front_matter: &'a str,
    front_matter_line: usize,
    query: &'a str,
    query_line: usize,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let trimmed = text.trim_start_matches('\u{feff}').trim_start();
        let skipped = text.len() - trimmed.len();
        let inner = trimmed.strip_prefix(FRONT_MATTER_OPENS)?;
        let close = inner.find(FRONT_MATTER_CLOSES)?;
        let start = skipped + FRONT_MATTER_OPENS.len();
        let query_start = start + close + FRONT_MATTER_CLOSES.len();
        Some(Self {
            front_matter: &inner[..close],
            front_matter_line: line_of(text, start),
            query: &text[query_start..],
            query_line: line_of(text, query_start),
        })
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

/// The line on which a key is set, or the first.
fn key_line(front_matter: &str, key: &str) -> usize {
    let sets = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    front_matter.lines().position(sets).map_or(1, |index| index + 1)
}

fn key_of(error: &MetaError) -> &'static str {
    match error {
        MetaError::Category(_) => "category",
        MetaError::Needs(_) | MetaError::NeedsNothing => "needs",
        MetaError::NeedsTable(_) => "needs_table",
        MetaError::Attack(_) => "attack",
        MetaError::Window(_) => "window",
    }
}

/// The id that a path gives: `…/detections/m365/inbox_rule.sql` is `m365.inbox_rule`.
fn id_of(origin: &str) -> String {
    let path = origin.replace('\\', "/");
    let below = path.rsplit_once("/detections/").map(|(_, below)| below).or_else(|| path.strip_prefix("detections/")).unwrap_or(&path);
    below.trim_start_matches("./").trim_end_matches(".sql").replace('/', ".")
}

fn check_id(id: &str, origin: &str) -> Result<(), SetProblem> {
    let expected = id_of(origin);
    if id == expected { Ok(()) } else { Err(SetProblem::Id { found: id.to_owned(), expected }) }
}

fn check_columns(meta: &DetectionMeta) -> Result<(), (&'static str, SetProblem)> {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    for (key, columns) in [("group_by", &meta.group_by), ("shows", &meta.shows)] {
        if let Some(bad) = columns.iter().find(|column| !is_name(column)) {
            return Err((key, SetProblem::Column(bad.clone())));
        }
    }
    Ok(())
}

/// Adds the nearest known key to a message of the form ``unknown field `a`, expected one of `b`, `c` ``.
fn with_nearest_key(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let nearest = match (message.starts_with("unknown field"), names.next()) {
        (true, Some(unknown)) => names.max_by(|a, b| strsim::jaro_winkler(unknown, a).total_cmp(&strsim::jaro_winkler(unknown, b))),
        _ => None,
    };
    match nearest {
        Some(known) => {
            let unknown = message.split(',').next().unwrap_or(message);
            format!("{unknown}; did you mean `{known}`?")
        }
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_paths_of_bundled_and_of_own_folders() {
        for origin in ["detections/m365/x.sql", "/home/a/detections/m365/x.sql", "m365/x.sql", "m365\\x.sql", "./m365/x.sql"] {
            assert_eq!(id_of(origin), "m365.x", "{origin}");
        }
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest_one() {
        let message = "unknown field `titel`, expected one of `id`, `title`, `why`";
        assert_eq!(with_nearest_key(message), "unknown field `titel`; did you mean `title`?");
        assert_eq!(with_nearest_key("missing field `id`"), "missing field `id`");
    }
}
