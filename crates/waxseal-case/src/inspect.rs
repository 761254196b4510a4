//! Saying what inputs are, without a case.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use waxseal_model::{FailedInput, FileSummary, FormatCount, UnknownShape, printable};
use waxseal_read::{Addresses, Container, FORMATS, Framing, Member, Survey};

use crate::ingest::collected::{Collected, MAX_COLLECTED};
use crate::ingest::{Found, IngestError, Input, find, not_opened, survey_file, unknown, unpack_into};
use crate::operator::Progress;

/// What one stream seems to be, by its head.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// Path, layers, formats with the records seen in the head, date rule, and what it seems to be where nothing is known.
    pub file: FileSummary,
    /// Names of the members or columns of the first record.
    pub fields: Vec<String>,
}

/// Looks at the head of every file and member.
///
/// # Errors
/// A path that was given does not exist.
pub fn inspect(inputs: &[Input], progress: &dyn Progress) -> Result<(Vec<Inspected>, Vec<FailedInput>), IngestError> {
    let spool = std::env::temp_dir();
    let addresses = Arc::new(Addresses::bundled()?);
    let mut failed = Vec::new();
    let mut all = Vec::new();
    for found in find(inputs, &spool, &mut failed)? {
        progress.at(&found.name);
        match look(&found, &addresses) {
            Ok(streams) => {
                for (member, survey, collected) in streams {
                    match survey {
                        Ok(survey) => all.push(inspected(&found, &member, survey, collected)),
                        Err(error) => failed.push(not_opened(&name_of(&found, &member), &error)),
                    }
                }
            }
            Err(error) => failed.push(not_opened(&found.name, &error)),
        }
    }
    Ok((all, failed))
}

/// A format that is read, with its page.
#[derive(Debug, Clone, Copy)]
pub struct FormatInfo {
    /// Its id.
    pub id: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How to export it, what becomes of its members, what is missing: text in Markdown.
    pub page: &'static str,
}

/// Every format that is read, by id.
#[must_use]
pub fn formats() -> Vec<FormatInfo> {
    let info = |page: &'static str| page.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
    let mut all: Vec<FormatInfo> =
        FORMATS.iter().map(|format| FormatInfo { id: format.id(), title: info(format.page()), page: format.page() }).collect();
    all.sort_unstable_by_key(|format| format.id);
    all
}

/// Every stream with its head, and what it says of others where it holds no event.
type Streams = Vec<(Member, Result<Survey, waxseal_read::ContainerError>, Option<Collected>)>;

fn look(found: &Found, addresses: &Arc<Addresses>) -> Result<Streams, waxseal_read::ContainerError> {
    let mut container = Container::open(std::fs::File::open(&found.path)?, &|| unpack_into(&std::env::temp_dir()))?;
    let surveyed = survey_file(&mut container, None, addresses);
    let mut hear = |(member, survey): (Member, Result<Survey, _>)| {
        let is_without_events = survey.as_ref().is_ok_and(|survey| survey.formats.is_empty());
        let may_tell = is_without_events && member.size <= MAX_COLLECTED;
        let collected = if may_tell { Collected::read(&mut container, &member) } else { None };
        (member, survey, collected)
    };
    Ok(surveyed.into_iter().map(&mut hear).collect())
}

fn name_of(found: &Found, member: &Member) -> String {
    member.name.as_ref().map_or_else(|| found.name.clone(), |inner| format!("{}!{inner}", found.name))
}

fn inspected(found: &Found, member: &Member, survey: Survey, collected: Option<Collected>) -> Inspected {
    let mut layers: Vec<String> = member.layers.iter().map(|layer| (*layer).to_owned()).collect();
    layers.push(survey.framing.name().to_owned());
    layers.extend(survey.layers.iter().map(|layer| (*layer).to_owned()));
    let formats: Vec<FormatCount> =
        survey.formats.iter().map(|(i, records)| FormatCount { format: FORMATS[*i].id().to_owned(), records: *records }).collect();
    let seems = match (&survey.framing, &survey.first_reject) {
        (Framing::Unknown(seems), _) => seems.clone(),
        (Framing::Empty, _) => "nothing: the file is empty".to_owned(),
        (framing, Some(reason)) => format!("{}, {reason}", framing.name()),
        (framing, None) => format!("{} without records", framing.name()),
    };
    let is_unknown = formats.is_empty() && collected.is_none();
    let unknown = is_unknown.then(|| UnknownShape { seems, head: head_of(&found.path) });
    let read = formats.iter().map(|f| f.records).sum();
    let mut file = FileSummary {
        path: name_of(found, member),
        layers,
        formats,
        read,
        rows: read + survey.rejected,
        truncated: survey.truncated,
        rejected: survey.rejected,
        undated: survey.undated,
        bytes: member.size,
        date_rule: survey.date_rule.to_owned(),
        unknown,
        notes: collected.iter().map(Collected::in_words).collect(),
        ..FileSummary::default()
    };
    if let Some(Collected::Log(gaps)) = collected {
        file.not_fetched = Some(gaps);
    }
    unknown::tell(&mut file, &survey.unknown_operations, &survey.unknown_members);
    Inspected { file, fields: survey.fields }
}

fn head_of(path: &Path) -> String {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(320).read_to_end(&mut head));
    if read.is_err() {
        return String::new();
    }
    printable(&String::from_utf8_lossy(&head)).chars().take(80).collect()
}
