//! Archives whose members can be read each from its beginning.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use sevenz_rust2::{ArchiveReader, Password};
use zip::ZipArchive;

use super::parquet::Parquet;
use super::seven_zip::{MAX_LIST, size_of_list};
use super::spool::{Unpacker, Window};
use super::{Capped, ContainerError, DECODER_KIB, MAX_MEMBERS, most_of};

/// What a stream is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Zip,
    Tar,
    SevenZip,
    Parquet,
}

impl Kind {
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Self::SevenZip,
            [b'P', b'A', b'R', b'1' | b'E', ..] => Self::Parquet,
            _ if head.get(257..262) == Some(b"ustar") => Self::Tar,
            _ => Self::Plain,
        }
    }
}

/// An archive, or a plain file as one of a single member without a name.
pub(super) enum Archive<S> {
    Plain(S, u64),
    Zip(Box<ZipArchive<S>>, Vec<usize>),
    /// Members that lie one behind the other.
    Tar(S, Vec<Part>),
    /// Unpacked members, one behind the other.
    Unpacked(Window, Vec<Part>),
    /// Rows, as one stream.
    Parquet(Parquet),
    Nothing,
}

/// What of an archive cannot be read, while the rest can: the member's name, where it is one, and why.
pub(super) type Faults = Vec<(Option<String>, String)>;

/// The library shows its own errors as they stand in memory.
fn reason_of(error: &sevenz_rust2::Error) -> String {
    match error {
        sevenz_rust2::Error::Io(error, _) => error.to_string(),
        sevenz_rust2::Error::Other(text) => text.to_string(),
        sevenz_rust2::Error::UnsupportedCompressionMethod(name) => format!("it needs {name}, which cannot be undone here"),
        other => other.to_string(),
    }
}

/// Where a member lies.
#[derive(Debug)]
pub(super) struct Part {
    name: String,
    start: u64,
    size: u64,
}

/// Names and extensions of tar longer than this are made to exhaust their reader.
const MAX_EXTENSION: u64 = 1 << 20;

impl<S: Read + Seek> Archive<S> {
    /// An archive, and what is known already to be missing from it.
    pub(super) fn open(mut source: S, unpacker: &Unpacker<'_>) -> Result<(Self, Faults), ContainerError> {
        let mut head = Vec::new();
        source.by_ref().take(512).read_to_end(&mut head)?;
        let size = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        let mut faults = Faults::new();
        let archive = match Kind::of(&head) {
            Kind::Plain => Self::Plain(source, size),
            Kind::Zip => Self::zip(source, size, &mut faults)?,
            Kind::Tar => Self::tar(source, size, &mut faults)?,
            Kind::SevenZip => Self::seven_zip(source, unpacker, &mut faults)?,
            Kind::Parquet => Self::Parquet(Parquet::new(unpacker.append(&mut source)?.whole()?)?),
        };
        if archive.len() == 0 && faults.is_empty() {
            faults.push((None, "an archive without members".to_owned()));
        }
        Ok((archive, faults))
    }

    /// One without members, which holds the place of another.
    pub(super) fn nothing() -> Self {
        Self::Nothing
    }

    fn zip(source: S, size: u64, faults: &mut Faults) -> Result<Self, ContainerError> {
        let mut archive = Box::new(ZipArchive::new(source)?);
        if archive.len() > MAX_MEMBERS {
            return Err(ContainerError::Members(archive.len()));
        }
        if archive.has_duplicate_names() {
            let reason = "the archive has several members of the same name, of which only the last is read; unpack it and give the folder";
            faults.push((None, reason.to_owned()));
        }
        if archive.offset() > 0 {
            faults.push((None, "bytes in front of the archive, perhaps another one: cut them apart".to_owned()));
        }
        let mut files = Vec::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_data(index)?;
            if !entry.is_dir() || entry.size() > 0 {
                files.push(index);
            }
        }
        let covered = lying_on_another(&mut archive, &files, size);
        for index in &covered {
            faults.push((name_in(&archive, *index).ok(), "it lies on top of another member of the archive".to_owned()));
        }
        files.retain(|index| !covered.contains(index));
        Ok(Self::Zip(archive, files))
    }

    fn tar(mut source: S, size: u64, faults: &mut Faults) -> Result<Self, ContainerError> {
        let (end, error) = end_of_tar(&mut source)?;
        source.seek(SeekFrom::Start(end.min(size)))?;
        let tail = size.saturating_sub(end);
        if !is_blank(&mut source)? {
            let why = error.map_or_else(String::new, |error| format!(" ({error})"));
            faults.push((None, format!("what stands in the archive behind byte {end} cannot be read{why}")));
        } else if end <= size && tail < END_OF_TAR {
            faults.push((None, "the archive ends without its end mark: members may be missing; get a complete copy".to_owned()));
        }
        source.rewind()?;
        let mut archive = tar::Archive::new(Front { source: &mut source, end, at: 0 });
        archive.set_ignore_zeros(true);
        let mut parts = Vec::new();
        for entry in archive.entries_with_seek()? {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    faults.push((None, format!("what stands in the archive behind its member {} cannot be read ({error})", parts.len())));
                    break;
                }
            };
            let kind = entry.header().entry_type();
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if kind.is_file() || kind.is_contiguous() {
                parts.push(Part { name, start: entry.raw_file_position(), size: entry.size() });
            } else if kind.is_gnu_sparse() {
                faults.push((Some(name), "a file with holes, which is not read; unpack the archive and give the folder".to_owned()));
            }
            if parts.len() + faults.len() > MAX_MEMBERS {
                return Err(ContainerError::Members(parts.len() + faults.len()));
            }
        }
        Ok(Self::Tar(source, parts))
    }

    fn seven_zip(mut source: S, unpacker: &Unpacker<'_>, faults: &mut Faults) -> Result<Self, ContainerError> {
        let failed = |error: sevenz_rust2::Error| ContainerError::SevenZip(reason_of(&error));
        match size_of_list(&mut source).map_err(|error| ContainerError::SevenZip(error.to_string()))? {
            Some(size) if size <= MAX_LIST => {}
            Some(size) => return Err(ContainerError::SevenZip(format!("its list of members is {size} bytes large, more than {MAX_LIST}"))),
            None => return Err(ContainerError::SevenZip("where its members are is not told; perhaps it was not finished".to_owned())),
        }
        let mut archive = ArchiveReader::new_with_memory_limit(source, Password::empty(), DECODER_KIB as usize).map_err(failed)?;
        if archive.archive().files.len() > MAX_MEMBERS {
            return Err(ContainerError::Members(archive.archive().files.len()));
        }
        archive.set_thread_count(1);
        let mut parts = Vec::new();
        let unpacked = archive.for_each_entries(|entry, input| {
            if !entry.is_directory {
                let window = unpacker.append(input)?.whole()?;
                parts.push(Part { name: entry.name.clone(), start: window.start(), size: window.size() });
            }
            Ok(true)
        });
        match unpacked {
            Err(error) if parts.is_empty() => return Err(failed(error)),
            Err(error) => faults.push((None, format!("what follows its member {} ({})", parts.len(), failed(error)))),
            Ok(()) => {}
        }
        Ok(Self::Unpacked(unpacker.everything()?, parts))
    }

    /// What the members stand in.
    pub(super) fn layer(&self) -> Option<&'static str> {
        match self {
            Self::Zip(..) => Some("zip"),
            Self::Tar(..) => Some("tar"),
            Self::Unpacked(..) => Some("7z"),
            Self::Parquet(..) => Some("parquet"),
            Self::Plain(..) | Self::Nothing => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Plain(..) | Self::Parquet(..) => 1,
            Self::Zip(_, files) => files.len(),
            Self::Tar(_, parts) | Self::Unpacked(_, parts) => parts.len(),
            Self::Nothing => 0,
        }
    }

    /// Name and size of a member as it lies there.
    pub(super) fn entry(&mut self, entry: usize) -> Result<(Option<String>, u64), ContainerError> {
        match self {
            Self::Plain(_, size) => Ok((None, *size)),
            Self::Parquet(file) => Ok((None, file.size())),
            Self::Zip(archive, files) => {
                let index = files.get(entry).copied().unwrap_or(usize::MAX);
                // What the directory says: the header of the member itself may be damaged.
                Ok((Some(name_in(archive, index)?), archive.by_index_data(index)?.compressed_size()))
            }
            Self::Tar(_, parts) | Self::Unpacked(_, parts) => {
                let part = parts.get(entry).ok_or_else(no_such_member)?;
                Ok((Some(part.name.clone()), part.size))
            }
            Self::Nothing => Err(no_such_member().into()),
        }
    }

    /// A member from its beginning.
    pub(super) fn stream(&mut self, entry: usize) -> Result<Box<dyn Read + '_>, ContainerError> {
        match self {
            Self::Plain(source, _) => {
                source.rewind()?;
                Ok(Box::new(source))
            }
            Self::Zip(archive, files) => Ok(Box::new(archive.by_index(files.get(entry).copied().unwrap_or(usize::MAX))?)),
            Self::Tar(source, parts) => Ok(Box::new(part_of(source, parts, entry)?)),
            Self::Unpacked(source, parts) => Ok(Box::new(part_of(source, parts, entry)?)),
            Self::Parquet(file) => Ok(Box::new(Capped { inner: file.rows()?, left: most_of(file.size()) })),
            Self::Nothing => Err(no_such_member().into()),
        }
    }
}

fn name_in<S: Read + Seek>(archive: &ZipArchive<S>, index: usize) -> Result<String, ContainerError> {
    let entry = archive.by_index_data(index)?;
    Ok(entry.name().map_or_else(|_| format!("member {}", index.saturating_add(1)), |name| name.into_owned()))
}

/// The bytes of an archive are read so many times over at most. A damaged size makes a member lie on others, and costs none of them.
const MOST_READ: u64 = 4;

/// Members that begin where another does, and where there is much of it those whose bytes are in part those of a member before them: with
/// such a small archive has no end.
fn lying_on_another<S: Read + Seek>(archive: &mut ZipArchive<S>, files: &[usize], size: u64) -> BTreeSet<usize> {
    let mut places = Vec::new();
    for index in files {
        // Where the member's own header is damaged, it is not read at all.
        let Ok(entry) = archive.by_index_raw(*index) else { continue };
        let Some(start) = entry.data_start() else { continue };
        places.push((start, start.saturating_add(entry.compressed_size()).min(size), *index));
    }
    let to_read = places.iter().map(|(start, end, _)| end.saturating_sub(*start)).fold(0, u64::saturating_add);
    let is_bomb = to_read > size.saturating_mul(MOST_READ);
    places.sort_unstable_by_key(|(start, _, index)| (*start, *index));
    let (mut taken, mut last) = (0, None);
    let mut covered = BTreeSet::new();
    for (start, end, index) in places {
        let again = last.replace(start) == Some(start) || (is_bomb && start < taken);
        if again && start < end {
            covered.insert(index);
        } else {
            taken = end.max(taken);
        }
    }
    covered
}

/// A tar ends with so many noughts.
const END_OF_TAR: u64 = 1024;

/// Where the last member ends that can be told by the headers, and why no further one can. Several archives may follow each other.
fn end_of_tar<S: Read + Seek>(source: &mut S) -> io::Result<(u64, Option<io::Error>)> {
    let mut archive = tar::Archive::new(source);
    archive.set_ignore_zeros(true);
    let mut end = 0;
    for entry in archive.entries_with_seek()?.raw(true) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return Ok((end, Some(error))),
        };
        let kind = entry.header().entry_type();
        let is_extension =
            kind.is_gnu_longname() || kind.is_gnu_longlink() || kind.is_pax_local_extensions() || kind.is_pax_global_extensions();
        if is_extension && entry.size() > MAX_EXTENSION {
            return Ok((end, Some(io::Error::other("a name of more than a MiB"))));
        }
        end = entry.raw_file_position().saturating_add(entry.size().div_ceil(512).saturating_mul(512));
    }
    Ok((end, None))
}

/// Whether nothing but noughts is left of a stream.
fn is_blank(source: &mut impl Read) -> io::Result<bool> {
    let mut block = vec![0; 64 << 10];
    loop {
        match source.read(&mut block)? {
            0 => return Ok(true),
            read if block[..read].iter().any(|byte| *byte != 0) => return Ok(false),
            _ => {}
        }
    }
}

/// A stream up to a place, as if it ended there.
struct Front<'s, S> {
    source: &'s mut S,
    end: u64,
    at: u64,
}

impl<S: Read> Read for Front<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.by_ref().take(self.end.saturating_sub(self.at)).read(buffer)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

impl<S: Seek> Seek for Front<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.source.seek(to)?;
        Ok(self.at)
    }
}

fn no_such_member() -> io::Error {
    io::Error::other("the archive has no such member")
}

fn part_of<'s, S: Read + Seek>(source: &'s mut S, parts: &[Part], entry: usize) -> io::Result<Whole<'s, S>> {
    let part = parts.get(entry).ok_or_else(no_such_member)?;
    source.seek(SeekFrom::Start(part.start))?;
    Ok(Whole { source, left: part.size })
}

/// A member of known size. Where the archive ends inside it, that is an error and no end.
struct Whole<'s, S> {
    source: &'s mut S,
    left: u64,
}

impl<S: Read> Read for Whole<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.by_ref().take(self.left).read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends inside this member"));
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}
