//! The detect step: run the detections over the events and keep what they found.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use datafusion::arrow::array::AsArray as _;
use datafusion::arrow::datatypes::TimestampNanosecondType;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use serde::Serialize;
use waxseal_coverage::{Declarations, Observed, assess, observe};
use waxseal_detect::{DetectionFile, DetectionSet, SetError, Watch, bundled_detections};
use waxseal_evidence::{Digest, Digesting};
use waxseal_incident::Known;
use waxseal_model::{CoverageMap, DetectionMeta, Finding, Incidents, Nanos, NotRun, Statement, TOOL_VERSION};

use crate::assemble::{INCIDENTS, known};
use crate::case::{Case, CaseError, DETECTIONS, FINDINGS, MAILBOXES};
use crate::coverage::{COVERAGE, CoverageError, CoverageJson, doubt, not_fetched};
use crate::derive::{DeriveError, derive};
use crate::export::ExportError;
use crate::indicators::{IndicatorList, IndicatorsError, put_table};
use crate::layout;
use crate::operator::Progress;
use crate::respond::{RespondError, respond};
use crate::runs::{self, Commit, Cost, DetectRun, Step};
use crate::scope::{self, Scoped, scope};
use crate::session;
use crate::store::Object;
use crate::tables::TableError;
use crate::unmatched::{Seen, unmatched};

/// Which detections to run, and as of when.
#[derive(Debug, Clone, Default)]
pub struct DetectRequest {
    /// What is taken for the present; the time of the newest record where none is given.
    pub now: Option<Nanos>,
    /// Files and folders with detections of one's own, beside the bundled ones.
    pub detections: Vec<PathBuf>,
    /// Run only these; all where it is empty.
    pub only: Vec<String>,
    /// Lists of published indicators; they stay with the case.
    pub indicators: Vec<PathBuf>,
    /// Ranges that somebody declares to have exported or to lack; they stay with the case.
    pub declared: Declarations,
}

/// Why the detections could not be run.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// See [`CaseError`].
    #[error(transparent)]
    Case(#[from] CaseError),
    /// See [`DetectionsError`].
    #[error(transparent)]
    Detections(#[from] DetectionsError),
    /// See [`DeriveError`].
    #[error(transparent)]
    Derive(#[from] DeriveError),
    /// See [`IndicatorsError`].
    #[error(transparent)]
    Indicators(#[from] IndicatorsError),
    /// See [`TableError`].
    #[error("failed to work out the scope of incidents: {0}")]
    Scope(#[from] TableError),
    /// Whose fault: the environment's or ours.
    #[error("failed to query the events: {0}")]
    Engine(#[from] DataFusionError),
    /// Whose fault: the environment's or ours.
    #[error("{0}")]
    Run(#[from] waxseal_detect::RunError),
    /// See [`RespondError`].
    #[error(transparent)]
    Respond(#[from] RespondError),
    /// Whose fault: ours.
    #[error("failed to write findings: {0}")]
    Json(#[from] serde_json::Error),
}

/// Why a set of detections could not be put together. Whose fault: the detections' author or the user.
#[derive(Debug, thiserror::Error)]
pub enum DetectionsError {
    /// A file or folder could not be read.
    #[error("failed to read detections from {}: {cause}", path.display())]
    Read {
        /// The path as given.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// A detection is not valid.
    #[error(transparent)]
    Set(#[from] SetError),
    /// An id was asked for that no detection has.
    #[error("there is no detection {0}; `waxseal detections list` shows them all")]
    Unknown(String),
}

/// A detection, for lists and explanations.
#[derive(Debug, Clone)]
pub struct DetectionInfo {
    /// What it says of itself.
    pub meta: DetectionMeta,
    /// Its query, as its author laid it out.
    pub sql: String,
    /// Where it comes from.
    pub origin: String,
}

/// The bundled detections and those in the given files and folders.
///
/// # Errors
/// A file cannot be read or is not a valid detection.
pub fn detections(extra: &[PathBuf]) -> Result<Vec<DetectionInfo>, DetectionsError> {
    let info = |d: &waxseal_detect::Detection| DetectionInfo { meta: d.meta.clone(), sql: d.written.clone(), origin: d.origin.clone() };
    Ok(detection_set(extra, &[])?.iter().map(info).collect())
}

/// The set to run. A detection of one's own with the id of a bundled one takes its place; the run notes its digest.
pub(crate) fn detection_set(extra: &[PathBuf], only: &[String]) -> Result<DetectionSet, DetectionsError> {
    let own = DetectionSet::load(own_files(extra)?)?;
    let mut set = DetectionSet::bundled()?;
    set.retain(|bundled| own.get(&bundled.meta.id).is_none());
    set.extend(own)?;
    if let Some(unknown) = only.iter().find(|id| set.get(id).is_none()) {
        return Err(DetectionsError::Unknown(unknown.clone()));
    }
    if !only.is_empty() {
        set.retain(|detection| only.contains(&detection.meta.id));
    }
    Ok(set)
}

/// The detections in the given files and folders. One that is bundled word for word is not counted twice.
pub(crate) fn own_files(extra: &[PathBuf]) -> Result<Vec<DetectionFile>, DetectionsError> {
    let bundled = bundled_detections();
    let mut files = Vec::new();
    for path in extra {
        files.extend(read_files(path, "sql")?.into_iter().filter(|file| !bundled.iter().any(|known| known.text == file.text)));
    }
    Ok(files)
}

/// What a detection's id is told from: the whole path where a folder `detections` is in it, else the part below the folder
/// that was given; of a single file its name and the folder around it.
fn origin_of(given: &Path, file: &Path) -> String {
    let whole = file.to_string_lossy().replace('\\', "/");
    if whole.contains("/detections/") || whole.starts_with("detections/") {
        return whole;
    }
    let parts: Vec<&str> = whole.split('/').collect();
    match file.strip_prefix(given) {
        Ok(below) if !below.as_os_str().is_empty() => below.to_string_lossy().replace('\\', "/"),
        _ => parts[parts.len().saturating_sub(2)..].join("/"),
    }
}

/// Every file with the ending below a path.
pub(crate) fn read_files(path: &Path, ending: &str) -> Result<Vec<DetectionFile>, DetectionsError> {
    let mut files = Vec::new();
    let told = |path: &Path, e: std::io::Error| DetectionsError::Read { path: path.to_owned(), cause: e.to_string() };
    let meta = fs::metadata(path).map_err(|e| told(path, e))?;
    if meta.is_file() {
        files.push(DetectionFile { origin: origin_of(path, path), text: fs::read_to_string(path).map_err(|e| told(path, e))? });
        return Ok(files);
    }
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| told(&folder, e))? {
            let at = entry.map_err(|e| told(&folder, e))?.path();
            if at.is_dir() {
                folders.push(at);
            } else if at.to_string_lossy().ends_with(&format!(".{ending}")) {
                files.push(DetectionFile { origin: origin_of(path, &at), text: fs::read_to_string(&at).map_err(|e| told(&at, e))? });
            }
        }
    }
    files.sort_by(|a, b| a.origin.cmp(&b.origin));
    Ok(files)
}

/// What a detect run leaves beside its account.
struct Kept<'k> {
    findings: &'k [Finding],
    metas: &'k [&'k DetectionMeta],
    coverage: &'k CoverageJson,
    incidents: &'k Incidents,
    statements: &'k [Statement],
    /// Tables that the detections looked at beside the events.
    tables: Vec<Object>,
}

/// What is told of the steps after the detections.
const SCOPE: &str = "scope of incidents";
const PLANS: &str = "plans and hand-over";

/// Notes what each detection and each table it looks at costs, and tells which one is running.
struct Costs<'p> {
    progress: &'p dyn Progress,
    begun: Cell<Instant>,
    took: RefCell<Vec<(String, u64)>>,
}

impl Watch for Costs<'_> {
    fn begun(&self, detection: &str) {
        self.progress.at(detection);
        self.begun.set(Instant::now());
    }

    fn ended(&self, detection: &str) {
        let took = u64::try_from(self.begun.get().elapsed().as_millis()).unwrap_or(u64::MAX);
        self.took.borrow_mut().push((detection.to_owned(), took));
    }
}

impl Case {
    /// Runs the detections over everything the case holds. True where that gave a new run: not so where the same events,
    /// detections, version and present have been run before.
    ///
    /// # Errors
    /// The events cannot be queried, a detection is not valid, or the findings cannot be kept.
    pub fn detect(&mut self, request: &DetectRequest, progress: &dyn Progress) -> Result<bool, DetectError> {
        let set = detection_set(&request.detections, &request.only)?;
        let declared = self.declare(&request.declared).map_err(CaseError::from)?;
        self.take_indicators(&request.indicators)?;
        let lists = self.indicator_lists()?;
        let inputs = self.inputs_of(&set, request, &declared, &lists);
        if self.newest_detect().is_some_and(|(_, detect)| detect.inputs == inputs) {
            return Ok(false);
        }
        progress.step("detecting", 0);
        let started = Instant::now();
        let costs = Costs { progress, begun: Cell::new(started), took: RefCell::default() };
        let folder = layout::run(self.next_run(), "detect");
        let indicators = put_table(&self.store, &folder, &lists)?;
        let runtime = self.store.clone();
        let (ctx, now) = runtime.runtime().block_on(async {
            let ctx = self.session(indicators.as_ref()).await?;
            let now = request.now.or(newest(&ctx).await?);
            Ok::<_, DetectError>((ctx, now))
        })?;
        let present = now.unwrap_or(Nanos(0));
        let mut tables: Vec<Object> = derive(&ctx, &self.store, &folder, present, &costs)?.into_iter().chain(indicators).collect();
        let (coverage, detected, known) = runtime.runtime().block_on(async {
            let coverage = self.judge_coverage(observe(&ctx, present).await?, &declared);
            let detected = waxseal_detect::run(&ctx, &set, &coverage, present, &costs).await?;
            let known = known(&ctx, &self.runs, &coverage, present).await?;
            Ok::<_, DetectError>((coverage, detected, known))
        })?;
        progress.step("scoping", 0);
        costs.begun(SCOPE);
        let step = scope::Step { ctx: &ctx, store: &self.store, folder: &folder, now: present, resources: self.resources };
        let mut known = self.with_settings(known);
        let mut not_run = detected.not_run;
        if lists.iter().any(|list| !list.read.unusable.is_empty()) && lists.iter().all(|list| list.read.indicators.is_empty()) {
            not_run.iter_mut().filter(|lack| compares_indicators(&set, &lack.detection)).for_each(|lack| {
                lack.reason = "not assessable: no indicator of the lists in the case can be compared with; give another with --indicators to change this".to_owned();
            });
        }
        let Scoped { incidents, statements, objects, perhaps } = match scope(&step, &detected.findings, known.clone()) {
            Ok(scoped) => scoped,
            // What was found is worth keeping where the engine had too little for this.
            Err(TableError::Engine(error)) => {
                self.clear(&folder, &tables)?;
                not_run.push(not_worked_out("Which messages incidents reach, and what can be said of every mailbox", &error));
                scope::without(&step, &detected.findings, &known)?
            }
            Err(error) => return Err(error.into()),
        };
        costs.ended(SCOPE);
        costs.begun(PLANS);
        tables.extend(objects);
        known.perhaps = perhaps;
        let (incidents, made) = match respond(&ctx, &self.store, &folder, incidents.clone(), &detected.findings, &known, present) {
            Ok(responded) => responded,
            Err(RespondError::Engine(error) | RespondError::Timeline(ExportError::Query(error))) => {
                self.clear(&folder, &tables)?;
                not_run.push(not_worked_out("What can be done about incidents, and what the provider is asked", &error));
                (incidents, Vec::new())
            }
            Err(error) => return Err(error.into()),
        };
        costs.ended(PLANS);
        tables.extend(made);
        let (appeared, withdrawn) = self.changes(&detected.findings)?;
        let tenants = self.account().tenants.into_iter().map(|seen| seen.tenant).collect();
        let unmatched = unmatched(&self.settings, &declared, &Seen { tenants, statements: &statements, incidents: &incidents });
        let detect = DetectRun {
            inputs,
            now,
            detections: set.iter().map(|d| (d.meta.id.clone(), d.meta.version, Digest::of(d.sql.as_bytes()).to_string())).collect(),
            not_run,
            ran: detected.ran,
            took_ms: costs.took.into_inner(),
            appeared,
            withdrawn,
            unmatched,
            compared: self.settings.share_between_tenants.compared(),
        };
        let metas: Vec<&DetectionMeta> = set.iter().map(|d| &d.meta).collect();
        let kept = Kept {
            findings: &detected.findings,
            metas: &metas,
            coverage: &CoverageJson::of(coverage, declared, now),
            incidents: &incidents,
            statements: &statements,
            tables,
        };
        self.keep(kept, detect, started)?;
        Ok(true)
    }

    async fn session(&self, indicators: Option<&Object>) -> Result<SessionContext, DataFusionError> {
        let indicators = indicators.map(|object| object.path.as_str());
        session::open(&self.store, &self.runs, self.resources, session::Purpose::Detections, indicators).await
    }

    /// Removes what a step left in the folder of a run in the making, but for the objects that are to stay.
    fn clear(&self, folder: &str, stay: &[Object]) -> Result<(), CaseError> {
        for path in self.store.list(folder)? {
            if !stay.iter().any(|object| object.path == path) {
                self.store.delete(&path)?;
            }
        }
        Ok(())
    }

    fn next_run(&self) -> u32 {
        self.runs.last().map_or(1, |run| run.commit.run + 1)
    }

    fn keep(&mut self, kept: Kept<'_>, detect: DetectRun, started: Instant) -> Result<(), DetectError> {
        let lines = json_lines(kept.findings)?;
        let (run, cost) = (self.next_run(), Cost::since(started));
        let mut commit = Commit { run, tool: TOOL_VERSION.to_owned(), cost, objects: kept.tables, step: Step::Detect(detect) };
        let path = format!("{}/{FINDINGS}", commit.folder());
        commit.objects.push(self.store.put_new(&path, lines).map_err(CaseError::from)?);
        let path = format!("{}/{DETECTIONS}", commit.folder());
        commit.objects.push(self.store.put_new(&path, serde_json::to_vec_pretty(kept.metas)?).map_err(CaseError::from)?);
        let path = format!("{}/{COVERAGE}", commit.folder());
        commit.objects.push(self.store.put_new(&path, serde_json::to_vec_pretty(kept.coverage)?).map_err(CaseError::from)?);
        let path = format!("{}/{INCIDENTS}", commit.folder());
        commit.objects.push(self.store.put_new(&path, serde_json::to_vec_pretty(kept.incidents)?).map_err(CaseError::from)?);
        let path = format!("{}/{MAILBOXES}", commit.folder());
        commit.objects.push(self.store.put_new(&path, json_lines(kept.statements)?).map_err(CaseError::from)?);
        let run = runs::commit(&self.store, commit).map_err(CaseError::from)?;
        Ok(self.note_run(run)?)
    }

    /// What `case.toml` says of mailboxes and tenants.
    fn with_settings(&self, known: Known) -> Known {
        let high_value = self.settings.high_value.iter().map(|mailbox| mailbox.trim().to_lowercase()).collect();
        Known { high_value, sharing: self.settings.share_between_tenants.circles(), ..known }
    }

    /// Ids of findings that are new, and of those that are gone, against the newest detect run.
    fn changes(&self, findings: &[Finding]) -> Result<(Vec<String>, Vec<String>), CaseError> {
        let before: BTreeSet<String> = self.findings()?.into_iter().map(|finding| finding.id).collect();
        let after: BTreeSet<String> = findings.iter().map(|finding| finding.id.clone()).collect();
        Ok((after.difference(&before).cloned().collect(), before.difference(&after).cloned().collect()))
    }

    /// Digest over everything that decides what the detections find.
    fn inputs_of(&self, set: &DetectionSet, request: &DetectRequest, declared: &Declarations, lists: &[IndicatorList]) -> String {
        let mut digesting = Digesting::new();
        let mut add = |text: &str| {
            digesting.update(&(text.len() as u64).to_le_bytes());
            digesting.update(text.as_bytes());
        };
        add(TOOL_VERSION);
        add(&request.now.map(|now| now.to_string()).unwrap_or_default());
        for run in self.runs.iter().filter(|run| matches!(run.commit.step, Step::Ingest(_))) {
            add(&run.digest.to_string());
        }
        add(&format!("{declared:?}"));
        add(&format!("{:?} {:?}", self.settings.high_value, self.settings.share_between_tenants));
        for list in lists {
            add(&list.name);
            add(&list.digest.to_string());
        }
        for detection in set.iter() {
            add(&format!("{:?}", detection.meta));
            add(&detection.sql);
        }
        digesting.finish().to_string()
    }
}

impl Case {
    /// What is declared in the case, with further declarations added to it and kept.
    pub(crate) fn declare(&self, further: &Declarations) -> Result<Declarations, CoverageError> {
        let text = self.store.find(layout::DECLARED)?;
        let mut declared = match &text {
            Some(bytes) => Declarations::from_toml(&String::from_utf8_lossy(bytes))?,
            None => Declarations::default(),
        };
        let before = declared.clone();
        declared.extend(further.clone());
        if declared != before {
            self.store.replace(layout::DECLARED, toml::to_string(&declared)?.into_bytes())?;
        }
        Ok(declared)
    }

    /// The judgement over what was observed, what is declared, and what the account of reading makes doubtful.
    pub(crate) fn judge_coverage(&self, mut observed: Observed, declared: &Declarations) -> CoverageMap {
        let files = self.account().files;
        observed.doubts.extend(files.iter().filter_map(doubt).chain(files.iter().flat_map(not_fetched)));
        assess(&observed, declared)
    }

    /// The coverage that the newest detect run kept; nothing before the first.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn coverage(&self) -> Result<Option<CoverageJson>, CaseError> {
        let Some((run, _)) = self.newest_detect() else { return Ok(None) };
        let Some(object) = run.commit.object(COVERAGE) else { return Ok(None) };
        let bytes = self.store.get(&object.path)?;
        Ok(Some(serde_json::from_slice(&bytes).map_err(CoverageError::from)?))
    }
}

/// Whether a detection compares records with the lists of indicators.
fn compares_indicators(set: &DetectionSet, id: &str) -> bool {
    set.get(id).is_some_and(|detection| detection.meta.needs_table.as_deref() == Some("indicators"))
}

/// One JSON object a line.
fn json_lines<T: Serialize>(things: &[T]) -> Result<Vec<u8>, serde_json::Error> {
    let mut lines = Vec::new();
    for thing in things {
        serde_json::to_writer(&mut lines, thing)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// That something beside the findings could not be worked out, as it is told.
fn not_worked_out(title: &str, error: &DataFusionError) -> NotRun {
    let text = error.to_string();
    let first_line = text.lines().next().unwrap_or_default();
    let remedy = match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => "detect again with more --memory",
        _ => "report this mistake of the program",
    };
    NotRun {
        detection: "incidents".to_owned(),
        title: title.to_owned(),
        tenant: None,
        reason: format!("not assessable: {first_line}; {remedy} to change this"),
        not_asked: false,
    }
}

/// The time of the newest record. Bodies that were replaced have the times of those that replaced them, and what the ends of the
/// files say is enough.
async fn newest(ctx: &SessionContext) -> Result<Option<Nanos>, DataFusionError> {
    let batches = ctx.sql("select max(\"time\") from event_rows").await?.collect().await?;
    let value = batches.first().and_then(|batch| {
        let times = batch.column(0).as_primitive_opt::<TimestampNanosecondType>()?;
        times.iter().next().flatten()
    });
    Ok(value.map(Nanos))
}
