//! Archives whose members can be read each from its beginning.

use std::io::{self, Read, Seek, SeekFrom, Write as _};

use sevenz_rust2::{ArchiveReader, Password};
use zip::ZipArchive;

use super::parquet::Parquet;
use super::{Capped, ContainerError, DECODER_KIB, MAX_MEMBERS, Scratch, Unpacker, most_of};

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
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
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
    Unpacked(Box<dyn Scratch>, Vec<Part>),
    /// Rows, as one stream.
    Parquet(Parquet),
    Nothing,
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
    pub(super) fn open(mut source: S, unpacker: &mut Unpacker<'_>) -> Result<Self, ContainerError> {
        let mut head = Vec::new();
        source.by_ref().take(512).read_to_end(&mut head)?;
        let size = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        match Kind::of(&head) {
            Kind::Plain => Ok(Self::Plain(source, size)),
            Kind::Zip => Self::zip(source),
            Kind::Tar => Self::tar(source),
            Kind::SevenZip => Self::seven_zip(source, unpacker),
            Kind::Parquet => Ok(Self::Parquet(Parquet::new(unpacker.unpack(&mut source)?)?)),
        }
    }

    /// One without members, which holds the place of another.
    pub(super) fn nothing() -> Self {
        Self::Nothing
    }

    fn zip(source: S) -> Result<Self, ContainerError> {
        let mut archive = Box::new(ZipArchive::new(source)?);
        if archive.len() > MAX_MEMBERS {
            return Err(ContainerError::Members(archive.len()));
        }
        if archive.has_duplicate_names() {
            return Err(ContainerError::SameName);
        }
        let mut files = Vec::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index)?;
            if !entry.is_dir() || entry.size() > 0 {
                files.push(index);
            }
        }
        Ok(Self::Zip(archive, files))
    }

    fn tar(mut source: S) -> Result<Self, ContainerError> {
        let mut archive = tar::Archive::new(&mut source);
        for entry in archive.entries_with_seek()?.raw(true) {
            let entry = entry?;
            let kind = entry.header().entry_type();
            let is_extension =
                kind.is_gnu_longname() || kind.is_gnu_longlink() || kind.is_pax_local_extensions() || kind.is_pax_global_extensions();
            if is_extension && entry.size() > MAX_EXTENSION {
                return Err(io::Error::other("the tar archive has a name of more than a MiB").into());
            }
        }
        source.rewind()?;
        let mut archive = tar::Archive::new(&mut source);
        let mut parts = Vec::new();
        for entry in archive.entries_with_seek()? {
            let entry = entry?;
            let kind = entry.header().entry_type();
            if kind.is_file() || kind.is_contiguous() {
                let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                parts.push(Part { name, start: entry.raw_file_position(), size: entry.size() });
            }
            if parts.len() > MAX_MEMBERS {
                return Err(ContainerError::Members(parts.len()));
            }
        }
        Ok(Self::Tar(source, parts))
    }

    fn seven_zip(source: S, unpacker: &mut Unpacker<'_>) -> Result<Self, ContainerError> {
        let failed = |error: sevenz_rust2::Error| ContainerError::SevenZip(error.to_string());
        let mut archive = ArchiveReader::new_with_memory_limit(source, Password::empty(), DECODER_KIB as usize).map_err(failed)?;
        if archive.archive().files.len() > MAX_MEMBERS {
            return Err(ContainerError::Members(archive.archive().files.len()));
        }
        archive.set_thread_count(1);
        let mut place = (unpacker.scratch)()?;
        let (mut parts, mut start) = (Vec::new(), 0_u64);
        archive
            .for_each_entries(|entry, input| {
                if !entry.is_directory {
                    let size = unpacker.unpack_into(input, &mut place)?;
                    parts.push(Part { name: entry.name.clone(), start, size });
                    start = start.saturating_add(size);
                }
                Ok(true)
            })
            .map_err(failed)?;
        place.flush()?;
        Ok(Self::Unpacked(place, parts))
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
                let entry = archive.by_index_raw(files.get(entry).copied().unwrap_or(usize::MAX))?;
                Ok((Some(entry.name()?.into_owned()), entry.compressed_size()))
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
