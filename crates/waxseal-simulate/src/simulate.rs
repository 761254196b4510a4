//! Plays a world and writes what is left of it.

mod outcome;
mod settings;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use self::outcome::{Fates, write_truth};
use self::settings::write_settings;
use crate::clock::Day;
use crate::delivery::{Delivered, Handover, OnTheWay, handovers, swallowed};
use crate::export::{file_name, write_line};
use crate::intrusion::{Deeds, Hole, Intrusion, Stage, UnknownKind, plan};
use crate::life;
use crate::parameters::{Parameters, ParametersError};
use crate::record::Record;
use crate::world::{Scene, World};

/// What to simulate.
#[derive(Debug, Clone)]
pub struct SimulateRequest {
    /// What the world is like.
    pub parameters: Parameters,
    /// Which of all such worlds.
    pub seed: u64,
    /// Threads to work with; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

/// Where the logs of a world go.
pub enum LogTarget<'a> {
    /// To `logs/` below the world's folder: each tenant its streams, each stream a file a day, in the shapes that tenants
    /// hand in.
    Files,
    /// To one stream of lines, as they become available.
    Lines(&'a mut dyn Write),
}

impl std::fmt::Debug for LogTarget<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Files => "Files",
            Self::Lines(_) => "Lines",
        })
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Simulated {
    /// Records in the logs, copies included.
    pub records: u64,
    /// Bytes of logs.
    pub bytes: u64,
    /// Days done.
    pub days: u32,
    /// Days there are.
    pub days_total: u32,
}

/// Why a world could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// The user's fault: parameters.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// The user's fault: a kind of intrusion.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// The user's fault: something is there already.
    #[error("failed to write a world to {}: it is not empty; give a folder that is, or one that is not there yet", .0.display())]
    NotEmpty(PathBuf),
    /// The environment's fault.
    #[error("failed to write {}: {error}; what was written so far has no truth/truth.json and is not a world", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The environment's fault: whoever reads the lines.
    #[error("failed to write the logs: {0}")]
    Lines(io::Error),
}

/// Writes a world: logs, settings and truth below `folder`; `progress` hears of every day that is done.
///
/// # Errors
/// The parameters make no sense, or something cannot be written.
pub fn simulate(
    request: &SimulateRequest,
    folder: &Path,
    mut target: LogTarget<'_>,
    progress: &mut dyn FnMut(Simulated),
) -> Result<Simulated, SimulateError> {
    refuse_what_is_there(folder)?;
    let world = World::new(request.parameters.clone(), request.seed)?;
    let intrusions = plan(&world)?;
    let mut plays: Vec<Play<'_>> = (0..world.tenants.len()).map(|tenant| Play::new(world.scene(tenant), tenant, &intrusions)).collect();
    let mut done = Simulated { days_total: request.parameters.size.days, ..Simulated::default() };
    let files = matches!(target, LogTarget::Files).then_some(folder);
    for day in world.days() {
        for some in plays.chunks_mut(request.threads.get()) {
            for written in play_at_once(some, day, files) {
                let written = written?;
                done.records += written.records;
                done.bytes += written.bytes;
                if let LogTarget::Lines(out) = &mut target {
                    out.write_all(&written.lines).map_err(SimulateError::Lines)?;
                }
            }
        }
        done.days += 1;
        progress(done);
    }
    if let LogTarget::Lines(out) = &mut target {
        out.flush().map_err(SimulateError::Lines)?;
    }
    finish(&world, &intrusions, plays, folder)?;
    Ok(done)
}

fn refuse_what_is_there(folder: &Path) -> Result<(), SimulateError> {
    let failed = |error| SimulateError::Write { path: folder.to_owned(), error };
    match std::fs::read_dir(folder) {
        Ok(mut inside) => match inside.next() {
            None => Ok(()),
            Some(_) => Err(SimulateError::NotEmpty(folder.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::fs::create_dir_all(folder).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

/// A tenant while its days are played.
struct Play<'a> {
    scene: Scene<'a>,
    /// Intrusions into it with what they did; their records have moved into the days.
    intrusions: Vec<(&'a Intrusion, Deeds)>,
    holes: Vec<Hole>,
    handovers: Vec<Handover>,
    fates: Fates,
    /// Records of intrusions, by time.
    malicious: Vec<(usize, Record)>,
    on_the_way: OnTheWay,
}

/// A day of a tenant, written.
#[derive(Debug, Default)]
struct Written {
    records: u64,
    bytes: u64,
    /// Filled where there are no files.
    lines: Vec<u8>,
}

fn play_at_once(plays: &mut [Play<'_>], day: Day, files: Option<&Path>) -> Vec<Result<Written, SimulateError>> {
    if let [only] = plays {
        return vec![only.day(day, files)];
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = plays.iter_mut().map(|play| scope.spawn(move || play.day(day, files))).collect();
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

impl<'a> Play<'a> {
    fn new(scene: Scene<'a>, tenant: usize, intrusions: &'a [Intrusion]) -> Self {
        let mut play = Self {
            scene,
            intrusions: Vec::new(),
            holes: Vec::new(),
            handovers: handovers(scene, tenant),
            fates: Fates::default(),
            malicious: Vec::new(),
            on_the_way: OnTheWay::default(),
        };
        for intrusion in intrusions.iter().filter(|intrusion| intrusion.tenant == tenant) {
            let mut deeds = Deeds::default();
            (intrusion.kind.play)(&Stage { scene, intrusion }, &mut deeds);
            deeds.accessed.sort_by_key(|accessed| (accessed.time, accessed.mailbox, accessed.message.number));
            let number = play.intrusions.len();
            play.malicious.extend(std::mem::take(&mut deeds.records).into_iter().map(|record| (number, record)));
            play.holes.append(&mut deeds.holes.clone());
            play.intrusions.push((intrusion, deeds));
        }
        play.malicious.sort_by(|(_, a), (_, b)| (b.time, &b.id).cmp(&(a.time, &a.id)));
        play
    }

    /// Plays a day and writes what became available on it.
    fn day(&mut self, day: Day, files: Option<&Path>) -> Result<Written, SimulateError> {
        let mut random = self.scene.tenant.seed.of("delivery", day.0).random();
        let mut ordinary = Vec::new();
        life::day(self.scene, day, &mut ordinary);
        for record in ordinary {
            if swallowed(self.scene, &self.holes, &record).is_none() {
                self.on_the_way.send(self.scene, record, None, &mut random);
            }
        }
        while self.malicious.last().is_some_and(|(_, record)| Day::of(record.time) <= day) {
            let Some((intrusion, record)) = self.malicious.pop() else { break };
            let lost = swallowed(self.scene, &self.holes, &record);
            self.fates.made(intrusion, &record, lost);
            if lost.is_none() {
                self.on_the_way.send(self.scene, record, Some(intrusion), &mut random);
            }
        }
        self.hand_over(day, files)
    }

    fn hand_over(&mut self, day: Day, files: Option<&Path>) -> Result<Written, SimulateError> {
        let mut arrived = self.on_the_way.arrive(day);
        let mut written = Written::default();
        for handover in &self.handovers {
            // What a stream does not take stays for the others; what it took is let go of when it is written.
            let (of_stream, rest) = arrived.into_iter().partition(|delivered| delivered.record.stream == handover.stream);
            arrived = rest;
            let exported = write_stream(self.scene, handover, day, &of_stream, files, &mut written)?;
            for delivered in &of_stream {
                self.fates.arrived(delivered, exported, if handover.shape.is_none() { "not_exported" } else { "day_lost" });
            }
        }
        written.bytes += written.lines.len() as u64;
        Ok(written)
    }
}

/// Writes what a stream has of a day, in every export that has it; true where any has.
fn write_stream(
    scene: Scene<'_>,
    handover: &Handover,
    day: Day,
    delivered: &[Delivered],
    files: Option<&Path>,
    written: &mut Written,
) -> Result<bool, SimulateError> {
    let records: Vec<&Record> = delivered.iter().map(|delivered| &delivered.record).collect();
    let main = handover.shape.filter(|_| handover.has(day));
    // A stream of lines has one shape for all; a further export would only repeat it.
    let second = handover.second.filter(|(_, from)| files.is_some() && day >= *from).map(|(shape, _)| shape);
    if records.is_empty() {
        return Ok(true);
    }
    for (shape, folder) in main.map(|shape| (shape, "")).into_iter().chain(second.map(|shape| (shape, "second-export/"))) {
        written.records += records.len() as u64;
        match files {
            Some(root) => {
                let name = format!("logs/{}/{folder}{}", scene.tenant.domain, file_name(handover.stream, day, shape));
                written.bytes += stream_file(&root.join(name), |out| shape.write(scene.tenant, &records, out))?;
            }
            None => records.iter().for_each(|record| write_line(scene.tenant, record, &mut written.lines)),
        }
    }
    Ok(main.is_some() || second.is_some())
}

/// Writes a file piece by piece, making its folders; returns its size in bytes.
fn stream_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<u64, SimulateError> {
    let failed = |error| SimulateError::Write { path: path.to_owned(), error };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path).map_err(failed)?);
    write(&mut out).map_err(failed)?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(file.metadata().map_err(failed)?.len())
}

/// Writes a file, making its folders.
fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SimulateError> {
    let failed = |error| SimulateError::Write { path: path.to_owned(), error };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}

fn finish(world: &World, intrusions: &[Intrusion], mut plays: Vec<Play<'_>>, folder: &Path) -> Result<(), SimulateError> {
    for play in &mut plays {
        for delivered in std::mem::take(&mut play.on_the_way).left() {
            play.fates.arrived(&delivered, false, "late");
        }
        // What an intruder did after the last day is nobody's to see.
        for (intrusion, record) in std::mem::take(&mut play.malicious) {
            play.fates.made(intrusion, &record, Some("late"));
        }
    }
    write_settings(world, &plays, folder)?;
    write_truth(world, intrusions, &plays, folder)
}
