//! Reading one file, or one member of an archive, on all threads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::Sender;
use waxseal_model::{FailedInput, FileSummary, TenantSeen, UnknownShape, printable};
use waxseal_read::{
    Addresses, Chunk, Container, ContainerError, Context, FileContext, Framer, Framing, Member, Scratch, Survey, TenantRule, read_chunk,
    survey,
};

use crate::ingest::IngestError;
use crate::ingest::Work;
use crate::ingest::collected::{Collected, MAX_COLLECTED};
use crate::ingest::inputs::{Acquired, Evidence, Watched, not_opened};
use crate::ingest::merge::Merger;

/// A stream to be read: a member of a file, with what its head tells.
struct Planned {
    input: usize,
    member: Member,
    survey: Survey,
}

/// What the streams of a file are, by their heads.
pub(crate) fn survey_file<S: Read + Seek>(
    container: &mut Container<S>,
    order: Option<waxseal_model::DateOrder>,
    addresses: &Arc<Addresses>,
) -> Vec<(Member, Result<Survey, ContainerError>)> {
    let members = container.members().to_vec();
    let look = |container: &mut Container<S>, member: &Member| Ok(survey(container.read(member)?.input, order, addresses)?);
    members.into_iter().map(|member| (member.clone(), look(container, &member))).collect()
}

impl Work<'_> {
    /// Reads every input: first those whose records name their tenant, so that its domains are known for the others.
    pub(super) fn read_all(&mut self, inputs: &[Acquired]) -> Result<(), IngestError> {
        let mut planned = self.plan(inputs)?;
        planned.sort_by_key(|p| !p.survey.names_tenant);
        let mut open: Option<(usize, Container<Watched<'_>>)> = None;
        for plan in planned {
            if open.as_ref().map(|(input, _)| *input) != Some(plan.input) {
                let file = Watched { file: inputs[plan.input].open()?, progress: self.progress };
                open = match Container::open(file, &|| unpack_into(self.rejects.store.root())) {
                    Ok(container) => Some((plan.input, container)),
                    Err(error) => {
                        self.failed.push(not_opened(&name_of(&inputs[plan.input], &plan.member), &error));
                        None
                    }
                };
            }
            if let Some((_, container)) = &mut open {
                self.read_member(&inputs[plan.input], &plan, container)?;
            }
        }
        self.check_noted(inputs)?;
        inputs.iter().try_for_each(Acquired::check_unchanged)
    }

    fn plan(&mut self, inputs: &[Acquired]) -> Result<Vec<Planned>, IngestError> {
        let mut planned = Vec::new();
        for (input, acquired) in inputs.iter().enumerate() {
            let mut container = match Container::open(acquired.open()?, &|| unpack_into(self.rejects.store.root())) {
                Ok(container) => container,
                Err(error) => {
                    self.failed.push(not_opened(&acquired.found.name, &error));
                    continue;
                }
            };
            for (member, surveyed) in survey_file::<File>(&mut container, self.request.date_order, &self.addresses) {
                match surveyed {
                    Ok(survey) => planned.push(Planned { input, member, survey: survey.without_names() }),
                    Err(error) => self.failed.push(not_opened(&name_of(acquired, &member), &error)),
                }
            }
        }
        Ok(planned)
    }

    fn read_member<S: Read + Seek>(&mut self, input: &Acquired, plan: &Planned, container: &mut Container<S>) -> Result<(), IngestError> {
        let name = name_of(input, &plan.member);
        self.progress.at(&name);
        let (layers, framer) = match opened(container, &plan.member) {
            Ok(opened) => opened,
            Err(error) => {
                self.failed.push(not_opened(&name, &error));
                return Ok(());
            }
        };
        let mut layers: Vec<String> = layers.into_iter().map(str::to_owned).collect();
        layers.push(framer.framing().name().to_owned());
        let head = head_of(framer.head());
        let file = self.context(input, plan, framer.framing().clone());
        let evidence = Evidence { input: input.clone(), member: plan.member.name.as_deref().map(Arc::from) };
        let summary = FileSummary { path: name, layers, date_rule: plan.survey.date_rule.to_owned(), ..FileSummary::default() };
        let (mut summary, ended) = self.read_stream(framer, &file, summary, &evidence)?;
        match ended {
            Ok(true) => {
                summary.notes.push("the list of records is not closed at the end of the file: the export may be incomplete".to_owned())
            }
            Ok(false) => {}
            Err(error) => self.give_up(&mut summary, &error),
        }
        summary.evidence_id = evidence.id()?;
        name_unknown_shape(&mut summary, plan, head);
        if summary.unknown.is_some() && summary.bytes <= MAX_COLLECTED {
            self.hear_collector(&mut summary, container, &plan.member);
        }
        self.files.push(summary);
        Ok(())
    }

    /// The stream broke off: what was read stays, and the account says so.
    fn give_up(&mut self, summary: &mut FileSummary, error: &std::io::Error) {
        let reason = format!(
            "it was given up after {} bytes ({error}); the {} records before that are kept; get a complete copy and read it too",
            summary.bytes, summary.read
        );
        summary.notes.push(reason.clone());
        self.failed.push(FailedInput { path: summary.path.clone(), reason });
    }

    fn context(&self, input: &Acquired, plan: &Planned, framing: Framing) -> FileContext {
        let input = input.clone();
        FileContext {
            framing,
            context: Context { date_order: plan.survey.date_order, class: Context::class_of_name(&name_of(&input, &plan.member)) },
            tenants: TenantRule {
                domains: Arc::new(self.domains.clone()),
                // A record that was cut lacks its tenant: it is that of the records around it.
                given: self.request.tenant.clone().or_else(|| plan.survey.only_tenant.clone()),
                unknown: Arc::new(move || unknown_tenant(&input)),
            },
            addresses: Arc::clone(&self.addresses),
        }
    }

    /// Cuts on this thread, reads on several, merges on one. Whether the stream was left open, or the error it ended with.
    fn read_stream<R: Read>(
        &mut self,
        mut framer: Framer<R>,
        file: &FileContext,
        summary: FileSummary,
        evidence: &Evidence,
    ) -> Result<(FileSummary, std::io::Result<bool>), IngestError> {
        let (chunks, to_read) = crossbeam_channel::bounded::<Chunk>(1);
        let (reads, to_merge) = crossbeam_channel::bounded(1);
        // One permit for each chunk that is cut and not merged yet: while one is slow to read, the others wait for it.
        let (permits, taken) = crossbeam_channel::bounded::<()>(self.request.threads.max(1) + 3);
        let progress = self.progress;
        let mut merger = Merger {
            index: &mut self.index,
            occurrences: &mut self.occurrences,
            table: &mut self.table,
            copies: &mut self.copies,
            rejects: &mut self.rejects,
            domains: &mut self.domains,
            summary,
            evidence,
            formats: Default::default(),
            inferred: 0,
            windows_1252: 0,
            cut_cells: 0,
            found: 0,
            unknown_operations: Default::default(),
            unknown_members: Default::default(),
            layers: Default::default(),
            early: Default::default(),
            next_seq: 0,
        };
        std::thread::scope(|threads| {
            for _ in 0..self.request.threads.max(1) {
                let (to_read, reads) = (to_read.clone(), reads.clone());
                threads.spawn(move || to_read.iter().map(|chunk| read_chunk(&chunk, file)).try_for_each(|read| reads.send(read).ok()));
            }
            drop((to_read, reads));
            let merging = threads.spawn(move || {
                for read in to_merge {
                    let read = read?;
                    progress.advanced(0, read.keys.len() as u64);
                    for _ in 0..merger.offer(read)? {
                        taken.recv().map_err(|_cut_ended| IngestError::Stopped)?;
                    }
                }
                Ok(merger.finish())
            });
            let ended = cut(&mut framer, &chunks, &permits);
            drop(chunks);
            let summary: Result<FileSummary, IngestError> = merging.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok((summary?, ended))
        })
    }
}

/// A file without a name in a folder, for what has to be unpacked before it can be read.
pub(crate) fn unpack_into(folder: &Path) -> std::io::Result<Box<dyn Scratch>> {
    Ok(Box::new(tempfile::tempfile_in(folder)?))
}

/// What was peeled off a member, and its stream.
type Peeled<'c> = (Vec<&'static str>, Framer<Box<dyn Read + 'c>>);

fn opened<'c, S: Read + Seek>(container: &'c mut Container<S>, member: &Member) -> Result<Peeled<'c>, ContainerError> {
    let opened = container.read(member)?;
    Ok((opened.layers, Framer::open(opened.input)?))
}

/// Sends every chunk of the stream on. Whether the stream was left open, or the error it ended with.
fn cut<R: Read>(framer: &mut Framer<R>, chunks: &Sender<Chunk>, permits: &Sender<()>) -> std::io::Result<bool> {
    while let Some(chunk) = framer.next_chunk()? {
        if permits.send(()).is_err() || chunks.send(chunk).is_err() {
            // Nobody reads any more: the merger has failed, and its error is the one to show.
            break;
        }
    }
    Ok(framer.unterminated())
}

/// A name for the tenant of a file that nothing tells the tenant of. A file that cannot be hashed ends the run elsewhere.
fn unknown_tenant(input: &Acquired) -> String {
    TenantSeen::made_up(input.sha256().unwrap_or_default())
}

fn name_of(input: &Acquired, member: &Member) -> String {
    match &member.name {
        Some(inner) => format!("{}!{inner}", input.found.name),
        None => input.found.name.clone(),
    }
}

fn head_of(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(&head[..head.len().min(320)]);
    printable(&text).chars().take(80).collect()
}

impl Work<'_> {
    /// A file that is no log of events may say something of the others.
    fn hear_collector<S: Read + Seek>(&mut self, summary: &mut FileSummary, container: &mut Container<S>, member: &Member) {
        let Some(collected) = Collected::read(container, member) else { return };
        summary.unknown = None;
        let told = collected.in_words();
        match collected {
            Collected::Log(gaps) => summary.not_fetched = Some(gaps),
            // What is told of a list waits for the comparison.
            Collected::Digests(_) => return self.noted.push((self.files.len(), collected)),
            Collected::Declaration => {}
        }
        summary.notes.push(told);
    }

    /// Compares the lists of digests with the files that were given.
    fn check_noted(&mut self, inputs: &[Acquired]) -> Result<(), IngestError> {
        let lists = std::mem::take(&mut self.noted);
        let mut noted_as: BTreeMap<&str, BTreeSet<(&str, usize)>> = BTreeMap::new();
        for (list, (_, collected)) in lists.iter().enumerate() {
            collected.digests().iter().for_each(|one| {
                noted_as.entry(&one.name).or_default().insert((&one.sha256, list));
            });
        }
        let mut counts = vec![(0, 0); lists.len()];
        for input in inputs {
            let name = input.found.name.rsplit(['/', '\\']).next().unwrap_or_default();
            let Some(noted) = noted_as.get(name) else { continue };
            let sha256 = input.sha256()?;
            // Of several files of one name in different folders any may be meant, in any of the lists.
            let same: BTreeSet<usize> = noted.iter().filter(|(digest, _)| *digest == sha256).map(|(_, list)| *list).collect();
            same.iter().for_each(|list| counts[*list].0 += 1);
            if same.is_empty() {
                let lists_with_name: BTreeSet<usize> = noted.iter().map(|(_, list)| *list).collect();
                lists_with_name.iter().for_each(|list| counts[*list].1 += 1);
                let path = lists_with_name.first().and_then(|list| self.files.get(lists[*list].0)).map_or("", |list| &list.path);
                self.failed.push(FailedInput { path: input.found.name.clone(), reason: not_as_noted(path, lists_with_name.len()) });
            }
        }
        for ((list, collected), (same, other)) in lists.iter().zip(counts) {
            let Some(list) = self.files.get_mut(*list) else { continue };
            let compared = format!("{same} of those given are as it notes, {other} are not, and of the others nothing is known");
            list.notes.push(format!("{}: {compared}", collected.in_words()));
        }
        Ok(())
    }
}

fn not_as_noted(list: &str, lists: usize) -> String {
    let others = if lists > 1 { format!(" and {} other lists note", lists - 1) } else { " notes".to_owned() };
    format!(
        "it was read, but its SHA-256 is none of those that {list}{others} for a file of this name: it was changed, or is another file; \
         compare it with the original"
    )
}

/// A file of which nothing was recognised says what it seems to be.
fn name_unknown_shape(summary: &mut FileSummary, plan: &Planned, head: String) {
    let seems = match &plan.survey.framing {
        Framing::Unknown(seems) => seems.clone(),
        Framing::Empty => "nothing: the file is empty".to_owned(),
        _ if summary.read + summary.duplicates > 0 => return,
        framing => match &plan.survey.first_reject {
            Some(reason) => format!("{}, {reason}", framing.name()),
            None => format!("{} without records", framing.name()),
        },
    };
    summary.unknown = Some(UnknownShape { seems, head });
}
