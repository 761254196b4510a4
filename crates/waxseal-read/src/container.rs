//! Archives, compression, tables in columns and encodings around a file, one inside the other to a small depth.
//!
//! What can be read from where it lies is: members of zip and tar. What can only be unpacked from its beginning, such as a 7z
//! archive or a compressed tar, is unpacked once into a place that the caller gives. A Parquet file is copied there, and its rows
//! come out as lines of JSON.

mod archive;
mod encoding;
mod gzip;
mod parquet;
mod seven_zip;
mod spool;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use sha2::{Digest as _, Sha256};

use archive::{Archive, Faults, Kind};
use encoding::Encoding;
use gzip::Gzip;
use spool::{Unpacker, Window};

/// More than this many times its compressed size, a stream is taken for an attack on the reader and given up.
pub const MAX_EXPANSION: u64 = 1_000;

/// Below this size a stream may expand as it likes.
const ALWAYS_ALLOWED: u64 = 1 << 30;

/// What is unpacked to be read may be so many times as large as the file, or [`ALWAYS_ALLOWED`].
const MAX_UNPACKED: u64 = 100;

/// The most members of an archive that are looked at.
const MAX_MEMBERS: usize = 100_000;

/// Archives inside archives are opened this deep, compression inside compression likewise.
const MAX_DEPTH: usize = 3;

/// Memory for decoding one stream: what the strongest settings of common tools ask for.
const DECODER_KIB: u32 = 256 << 10;

/// So much of a stream is looked at to tell what it is.
const HEAD: usize = 4 << 10;

/// Why an archive could not be opened. Whose fault: the input's.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The archive is damaged or encrypted.
    #[error("{}", zip_fault(.0))]
    Zip(#[from] zip::result::ZipError),
    /// The archive is damaged, encrypted or asks for too much memory.
    #[error("the 7z archive cannot be unpacked ({0}); unpack it and give the folder")]
    SevenZip(String),
    /// The archive has too many members.
    #[error("the archive has {0} members, more than {MAX_MEMBERS}; unpack it and give the folder")]
    Members(usize),
    /// An archive inside the archive could not be opened.
    #[error("{0}")]
    Inner(String),
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn zip_fault(error: &zip::result::ZipError) -> String {
    match error {
        zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => {
            "the zip archive is protected by a password; unpack it and give the files".to_owned()
        }
        _ => format!("the zip archive is damaged or incomplete ({error}); export or copy it again"),
    }
}

/// A place to unpack into.
pub trait Scratch: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> Scratch for T {}

/// Gives a new, empty place to unpack into, which goes away with what it returns.
pub type NewScratch<'a> = &'a dyn Fn() -> io::Result<Box<dyn Scratch>>;

/// A file with its outer layers known.
pub struct Container<S> {
    outer: Archive<S>,
    /// What was unpacked.
    unpacked: Vec<Archive<Window>>,
    members: Vec<Member>,
}

impl<S> std::fmt::Debug for Container<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Container").field("members", &self.members).finish_non_exhaustive()
    }
}

/// One stream inside a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name inside an archive, `inner.zip!name` in one inside that; none for a plain file.
    pub name: Option<String>,
    /// What is peeled off, outermost first.
    pub layers: Vec<&'static str>,
    /// Compressed size in bytes.
    pub size: u64,
    place: Place,
    encoding: Encoding,
    /// Why it cannot be read, where that is known already.
    broken: Option<String>,
}

/// Which archive, 0 for the file itself, and which of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    archive: usize,
    entry: usize,
}

impl<S: Read + Seek> Container<S> {
    /// Tells archives and compression by their first bytes.
    ///
    /// # Errors
    /// The archive is damaged, or the file cannot be read.
    pub fn open(mut source: S, scratch: NewScratch<'_>) -> Result<Self, ContainerError> {
        let size = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        let unpacker = Unpacker::new(scratch, ALWAYS_ALLOWED.max(size.saturating_mul(MAX_UNPACKED)));
        let mut opening = Opening { unpacker, unpacked: Vec::new(), members: Vec::new() };
        let (mut outer, faults) = Archive::open(source, &opening.unpacker)?;
        let around = Around { name: None, layers: Vec::new(), depth: 0, archive: 0 };
        opening.add(&mut outer, faults, &around)?;
        let mut members = opening.members;
        tell_apart(&mut members);
        members.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { outer, unpacked: opening.unpacked, members })
    }

    /// The streams inside, sorted by name.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Opens one stream, from its beginning.
    ///
    /// # Errors
    /// The member is encrypted or damaged, or the file cannot be read.
    pub fn read(&mut self, member: &Member) -> Result<Opened<'_>, ContainerError> {
        if let Some(why) = &member.broken {
            return Err(ContainerError::Inner(why.clone()));
        }
        let raw = match member.place.archive.checked_sub(1) {
            None => self.outer.stream(member.place.entry)?,
            Some(index) => match self.unpacked.get_mut(index) {
                Some(archive) => archive.stream(member.place.entry)?,
                None => return Err(ContainerError::Inner("the archive inside was not unpacked".to_owned())),
            },
        };
        let (_, input) = peeled(raw, member.size)?;
        let input: Box<dyn Read + '_> = match member.encoding {
            Encoding::Utf8 => Box::new(input),
            other => Box::new(other.reader(input)),
        };
        Ok(Opened { layers: member.layers.clone(), input })
    }
}

/// What is around the entries of an archive.
struct Around {
    name: Option<String>,
    layers: Vec<&'static str>,
    depth: usize,
    /// Its number among the archives.
    archive: usize,
}

impl Around {
    /// The name of a member, or of the archive itself.
    fn name_of(&self, own: Option<String>) -> Option<String> {
        let Some(own) = own else { return self.name.clone() };
        Some(shortened(self.name.as_ref().map_or_else(|| own.clone(), |outer| format!("{outer}!{own}"))))
    }
}

/// Members of the same name get a number, in the order in which they lie in the archive, so that each can be told of.
fn tell_apart(members: &mut [Member]) {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for member in members.iter_mut().filter(|member| member.broken.is_none()) {
        let Some(name) = &member.name else { continue };
        let mut own = name.clone();
        while !known.insert(own.clone()) {
            let number = numbers.entry(name.clone()).or_insert(1);
            *number += 1;
            own = format!("{name}~{number}");
        }
        member.name = Some(own);
    }
}

/// A container on its way.
struct Opening<'s> {
    unpacker: Unpacker<'s>,
    unpacked: Vec<Archive<Window>>,
    members: Vec<Member>,
}

impl Opening<'_> {
    /// Adds the members of an archive, and those of the archives inside it.
    fn add<T: Read + Seek>(&mut self, archive: &mut Archive<T>, faults: Faults, around: &Around) -> Result<(), ContainerError> {
        let layer = archive.layer();
        for (own, why) in faults {
            let mut layers = around.layers.clone();
            layers.extend(layer);
            let place = Place { archive: around.archive, entry: usize::MAX };
            self.members.push(Member { name: around.name_of(own), layers, size: 0, place, encoding: Encoding::Utf8, broken: Some(why) });
        }
        for entry in 0..archive.len() {
            if self.members.len() >= MAX_MEMBERS {
                return Err(ContainerError::Members(archive.len().max(MAX_MEMBERS + 1)));
            }
            let (own, size) = archive.entry(entry)?;
            let name = around.name_of(own);
            let mut layers = around.layers.clone();
            layers.extend(layer);
            let place = Place { archive: around.archive, entry };
            let mut member = Member { name, layers, size, place, encoding: Encoding::Utf8, broken: None };
            match self.look_into(archive, &mut member, around.depth) {
                Ok(true) => {}
                Ok(false) => self.members.push(member),
                Err(error) => {
                    // Of a plain file there is nothing else that could be read.
                    if member.name.is_none() {
                        return Err(error);
                    }
                    member.broken = Some(error.to_string());
                    self.members.push(member);
                }
            }
        }
        Ok(())
    }

    /// Completes a member by its first bytes. Whether it is an archive, whose members were added in its place.
    fn look_into<T: Read + Seek>(&mut self, archive: &mut Archive<T>, member: &mut Member, depth: usize) -> Result<bool, ContainerError> {
        let (layers, mut input) = peeled(archive.stream(member.place.entry)?, member.size)?;
        let is_first = depth == 0 && layers.is_empty() && member.name.is_none();
        member.layers.extend(layers);
        let mut head = Vec::new();
        // Where it breaks off so early, what came before is read all the same, and the break is met again then.
        input.by_ref().take(HEAD as u64).read_to_end(&mut head).ok();
        member.encoding = Encoding::of(&head);
        member.layers.extend(member.encoding.layer());
        if is_first || Kind::of(&head) == Kind::Plain {
            return Ok(false);
        }
        if depth >= MAX_DEPTH {
            return Err(ContainerError::Inner(format!(
                "archives inside archives, more than {MAX_DEPTH} deep; unpack it and give the folder"
            )));
        }
        let unpacked = self.unpacker.append(&mut head.as_slice().chain(input))?;
        let (mut inner, mut faults) = match (Archive::open(unpacked.window, &self.unpacker), &unpacked.cut) {
            (Err(_), Some(cut)) => return Err(ContainerError::Inner(cut.to_string())),
            (opened, _) => opened?,
        };
        if let Some(cut) = unpacked.cut {
            // What is missing from the archive itself has the same cause.
            faults.retain(|(name, _)| name.is_some());
            faults.push((None, format!("it breaks off ({cut}); the members before that are read; get a complete copy")));
        }
        let layers = member.layers.clone();
        let around = Around { name: member.name.clone(), layers, depth: depth + 1, archive: self.unpacked.len() + 1 };
        let at = self.unpacked.len();
        // Its number is taken before those of the archives inside it.
        self.unpacked.push(Archive::nothing());
        self.add(&mut inner, faults, &around)?;
        self.unpacked[at] = inner;
        Ok(true)
    }
}

/// So much may come out of so many bytes.
fn most_of(size: u64) -> u64 {
    ALWAYS_ALLOWED.max(size.saturating_mul(MAX_EXPANSION))
}

/// What was peeled off, and the stream below it.
type Peeled<'a> = (Vec<&'static str>, Box<dyn BufRead + 'a>);

/// Takes compression off, told by its first bytes.
fn peeled<'a>(raw: Box<dyn Read + 'a>, size: u64) -> io::Result<Peeled<'a>> {
    let mut input: Box<dyn BufRead + 'a> = Box::new(BufReader::with_capacity(128 << 10, raw));
    let mut layers = Vec::new();
    let mut left = most_of(size);
    loop {
        let head = input.fill_buf()?;
        let (layer, inner): (&'static str, Box<dyn Read + 'a>) = match head {
            [0x1f, 0x8b, ..] => ("gzip", Box::new(Gzip::new(input))),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => ("zstd", Box::new(zstd::Decoder::with_buffer(input)?)),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => ("bzip2", Box::new(bzip2::bufread::MultiBzDecoder::new(input))),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => ("xz", Box::new(lzma_rust2::XzReader::new_mem_limit(input, true, DECODER_KIB))),
            _ => break,
        };
        if layers.len() == MAX_DEPTH {
            return Err(io::Error::other(format!("it is compressed more than {MAX_DEPTH} times; unpack it and give the file")));
        }
        layers.push(layer);
        input = Box::new(BufReader::with_capacity(128 << 10, Capped { inner, left }));
        // What is inside may expand no further than the whole.
        left = left.max(ALWAYS_ALLOWED);
    }
    Ok((layers, input))
}

/// A stream with its layers peeled off.
pub struct Opened<'a> {
    /// What was peeled off, outermost first.
    pub layers: Vec<&'static str>,
    /// The stream, in UTF-8 where its encoding could be told.
    pub input: Box<dyn Read + 'a>,
}

impl std::fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("layers", &self.layers).finish_non_exhaustive()
    }
}

/// A member's name goes into every row read from it: one that is longer than any path is cut, and told apart by its digest.
fn shortened(name: String) -> String {
    const LONGEST: usize = 512;
    if name.len() <= LONGEST {
        return name;
    }
    let cut = (0..=LONGEST).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    format!("{}~{}", &name[..cut], &hex::encode(Sha256::digest(&name))[..16])
}

/// Ends with an error where a stream expands beyond all measure.
struct Capped<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other(format!(
                "it expands to more than {MAX_EXPANSION} times its size and was given up: it may have been made to exhaust its reader"
            ))
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
