//! Lists of published indicators: kept in the case as they came, and the table that detections compare records with.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampNanosecondArray};
use parquet::arrow::ArrowWriter;
use waxseal_evidence::Digest;
use waxseal_model::{Indicator, Nanos, indicator_schema};
use waxseal_read::indicators::{IndicatorError, IndicatorsRead, read};

use crate::case::Case;
use crate::layout;
use crate::store::{Store, StoreError};

/// Name of the table in a detect run.
pub(crate) const INDICATORS_TABLE: &str = "indicators.parquet";

/// Why lists of indicators cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndicatorsError {
    /// A file that was given cannot be read. Whose fault: the user's or the environment's.
    #[error("failed to read {}: {cause}", path.display())]
    File {
        /// The path as given.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// Two of the files that were given would have one name in the case. Whose fault: the user's.
    #[error("two of the lists given are called {0} in the case; rename one of them")]
    Twice(String),
    /// Nothing in a list can be compared with. Whose fault: the input's or the user's.
    #[error(
        "there is no indicator in {}; give a STIX 2 bundle, a MISP event or list of attributes, or a CSV with a header that names at least \
         `value`", .0.display()
    )]
    Useless(PathBuf),
    /// A list makes no sense. Whose fault: the input's.
    #[error(transparent)]
    List(#[from] IndicatorError),
    /// Whose fault: the environment's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whose fault: ours.
    #[error("failed to build the table of indicators: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// Whose fault: ours.
    #[error("failed to write the table of indicators: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// A list of the case.
#[derive(Debug, Clone)]
pub struct IndicatorList {
    /// Its name: that of the file it came from.
    pub name: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// What it holds.
    pub read: IndicatorsRead,
}

impl Case {
    /// The lists in the case, by name.
    ///
    /// # Errors
    /// A list cannot be read.
    pub fn indicator_lists(&self) -> Result<Vec<IndicatorList>, IndicatorsError> {
        let list = |path: &String| {
            let name = path.strip_prefix(layout::INDICATORS).unwrap_or(path).trim_start_matches('/').to_owned();
            let bytes = bounded(&self.store.root().join(path)).map_err(|cause| IndicatorsError::File { path: path.into(), cause })?;
            let read = read(&name, bytes.as_slice())?;
            Ok(IndicatorList { digest: Digest::of(&bytes), name, read })
        };
        // What file managers and editors leave behind is no list.
        let is_left_behind = |path: &str| path.ends_with('~') || path.split('/').any(|part| part.starts_with('.'));
        self.store.list(layout::INDICATORS)?.iter().filter(|path| !is_left_behind(path)).map(list).collect()
    }

    /// Takes lists into the case. One with the name of an earlier one takes its place.
    pub(crate) fn take_indicators(&self, paths: &[PathBuf]) -> Result<(), IndicatorsError> {
        let mut names = BTreeSet::new();
        for path in paths {
            let bytes = bounded(path).map_err(|cause| IndicatorsError::File { path: path.clone(), cause })?;
            let name = name_of(path);
            if !names.insert(name.clone()) {
                return Err(IndicatorsError::Twice(name));
            }
            // Looked through first: a list that makes no sense does not get into the case.
            if read(&name, bytes.as_slice())?.indicators.is_empty() {
                return Err(IndicatorsError::Useless(path.clone()));
            }
            self.store.replace(&format!("{}/{name}", layout::INDICATORS), bytes)?;
        }
        Ok(())
    }
}

/// The most bytes a list may have: far more than its entries can need.
const MAX_LIST: u64 = 64 << 20;

/// The bytes of a file, if they are not too many.
fn bounded(path: &Path) -> Result<Vec<u8>, String> {
    if path.is_dir() {
        return Err("it is a folder; give the file of the list".to_owned());
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_LIST + 1).read_to_end(&mut bytes));
    read.map_err(|e| e.to_string())?;
    if bytes.len() as u64 > MAX_LIST {
        return Err(format!("it is larger than {} MiB; split the list", MAX_LIST >> 20));
    }
    Ok(bytes)
}

/// The file's name, of harmless characters only.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let harmless = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.trim_matches(['.', '~']).chars().map(harmless).take(100).collect();
    if name.is_empty() { "list".to_owned() } else { name }
}

/// Puts the table of all indicators of the lists into a run; none where there are no lists.
pub(crate) fn put_table(store: &Store, folder: &str, lists: &[IndicatorList]) -> Result<Option<crate::store::Object>, IndicatorsError> {
    let rows: Vec<&Indicator> = lists.iter().flat_map(|list| &list.read.indicators).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, indicator_schema(), None)?;
    writer.write(&batch(&rows)?)?;
    writer.close()?;
    Ok(Some(store.put_new(&format!("{folder}/{INDICATORS_TABLE}"), bytes)?))
}

/// The columns of [`indicator_schema`].
fn batch(rows: &[&Indicator]) -> Result<RecordBatch, arrow_schema::ArrowError> {
    fn texts<'r>(rows: &[&'r Indicator], of: impl Fn(&'r Indicator) -> Option<&'r str>) -> ArrayRef {
        Arc::new(rows.iter().map(|row| of(row)).collect::<StringArray>())
    }
    let times = |of: fn(&Indicator) -> Option<Nanos>| -> ArrayRef {
        let array: TimestampNanosecondArray = rows.iter().map(|row| of(row).map(|time| time.0)).collect();
        Arc::new(array.with_timezone("UTC"))
    };
    let columns = vec![
        texts(rows, |row| Some(row.kind.as_str())),
        texts(rows, |row| Some(&row.value)),
        texts(rows, |row| row.bounds.as_ref().map(|bounds| bounds.bucket.as_str())),
        texts(rows, |row| row.bounds.as_ref().map(|bounds| bounds.low.as_str())),
        texts(rows, |row| row.bounds.as_ref().map(|bounds| bounds.high.as_str())),
        times(|row| row.from),
        times(|row| row.to),
        Arc::new(rows.iter().map(|row| Some(row.context_only)).collect::<BooleanArray>()) as ArrayRef,
        texts(rows, |row| Some(&row.list)),
        texts(rows, |row| Some(&row.place)),
        texts(rows, |row| row.source.as_deref()),
        texts(rows, |row| row.name.as_deref()),
        texts(rows, |row| row.note.as_deref()),
    ];
    RecordBatch::try_new(indicator_schema(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_cannot_leave_its_folder() {
        assert_eq!(name_of(Path::new("/x/../a b.csv")), "a_b.csv");
        assert_eq!(name_of(Path::new("/x/..hidden")), "hidden");
        assert_eq!(name_of(Path::new("/x/...")), "list");
    }
}
