//! Archives, compression, tables in columns and encodings around a file, one inside the other to a small depth.
//!
//! What can be read from where it lies is: members of zip and tar. What can only be unpacked from its beginning, such as a 7z
//! archive or a compressed tar, is unpacked once into a place that the caller gives. A Parquet file is copied there, and its rows
//! come out as lines of JSON.

mod archive;
mod encoding;
mod parquet;

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use archive::{Archive, Kind};
use encoding::Encoding;

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
    /// The archive is damaged.
    #[error("the zip archive is damaged or incomplete ({0}); export or copy it again")]
    Zip(#[from] zip::result::ZipError),
    /// The archive is damaged, encrypted or asks for too much memory.
    #[error("the 7z archive cannot be unpacked ({0}); unpack it and give the folder")]
    SevenZip(String),
    /// The archive has too many members.
    #[error("the archive has {0} members, more than {MAX_MEMBERS}; unpack it and give the folder")]
    Members(usize),
    /// Two members have the same name, so that only one of them could be told of.
    #[error("the archive has several members of the same name; unpack it and give the folder")]
    SameName,
    /// An archive inside the archive could not be opened.
    #[error("{0}")]
    Inner(String),
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
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
    unpacked: Vec<Archive<Box<dyn Scratch>>>,
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
        let mut opening =
            Opening { scratch, left: ALWAYS_ALLOWED.max(size.saturating_mul(MAX_UNPACKED)), unpacked: Vec::new(), members: Vec::new() };
        let mut outer = Archive::open(source, &mut opening.unpacker())?;
        let around = Around { name: None, layers: Vec::new(), depth: 0, archive: 0 };
        opening.add(&mut outer, &around)?;
        let mut members = opening.members;
        members.sort_by(|a, b| a.name.cmp(&b.name));
        let names: BTreeSet<&Option<String>> = members.iter().map(|member| &member.name).collect();
        if names.len() < members.len() {
            return Err(ContainerError::SameName);
        }
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

/// A container on its way.
struct Opening<'s> {
    scratch: NewScratch<'s>,
    /// Bytes that may still be unpacked.
    left: u64,
    unpacked: Vec<Archive<Box<dyn Scratch>>>,
    members: Vec<Member>,
}

impl Opening<'_> {
    /// Adds the members of an archive, and those of the archives inside it.
    fn add<T: Read + Seek>(&mut self, archive: &mut Archive<T>, around: &Around) -> Result<(), ContainerError> {
        let layer = archive.layer();
        for entry in 0..archive.len() {
            if self.members.len() >= MAX_MEMBERS {
                return Err(ContainerError::Members(archive.len().max(MAX_MEMBERS + 1)));
            }
            let (own, size) = archive.entry(entry)?;
            let name = own.map(|own| shortened(around.name.as_ref().map_or_else(|| own.clone(), |outer| format!("{outer}!{own}"))));
            let name = name.or_else(|| around.name.clone());
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
        let scratch = self.unpacker().unpack(&mut head.as_slice().chain(input))?;
        let mut inner = Archive::open(scratch, &mut self.unpacker())?;
        let layers = member.layers.clone();
        let around = Around { name: member.name.clone(), layers, depth: depth + 1, archive: self.unpacked.len() + 1 };
        let at = self.unpacked.len();
        // Its number is taken before those of the archives inside it.
        self.unpacked.push(Archive::nothing());
        self.add(&mut inner, &around)?;
        self.unpacked[at] = inner;
        Ok(true)
    }

    fn unpacker(&mut self) -> Unpacker<'_> {
        Unpacker { scratch: self.scratch, left: &mut self.left }
    }
}

/// Unpacks streams into places for them, up to a bound.
struct Unpacker<'u> {
    scratch: NewScratch<'u>,
    left: &'u mut u64,
}

impl Unpacker<'_> {
    fn unpack(&mut self, input: &mut dyn Read) -> io::Result<Box<dyn Scratch>> {
        let mut place = (self.scratch)()?;
        self.unpack_into(input, &mut place)?;
        place.rewind()?;
        Ok(place)
    }

    /// Appends a stream; its size.
    fn unpack_into(&mut self, input: &mut dyn Read, place: &mut dyn Write) -> io::Result<u64> {
        let size = io::copy(&mut input.take(self.left.saturating_add(1)), place)?;
        *self.left = self.left.checked_sub(size).ok_or_else(|| {
            io::Error::other("unpacked it is far larger than the file and was given up: it may have been made to exhaust its reader")
        })?;
        Ok(size)
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
    for _ in 0..MAX_DEPTH {
        let head = input.fill_buf()?;
        let (layer, inner): (&'static str, Box<dyn Read + 'a>) = match head {
            [0x1f, 0x8b, ..] => ("gzip", Box::new(MultiGzDecoder::new(input))),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => ("zstd", Box::new(zstd::Decoder::with_buffer(input)?)),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => ("bzip2", Box::new(bzip2::bufread::MultiBzDecoder::new(input))),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => ("xz", Box::new(lzma_rust2::XzReader::new_mem_limit(input, true, DECODER_KIB))),
            _ => break,
        };
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
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;

    fn memory() -> io::Result<Box<dyn Scratch>> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }

    fn read_all(bytes: Vec<u8>) -> Vec<(Option<String>, Vec<&'static str>, String)> {
        let mut container = Container::open(Cursor::new(bytes), &memory).expect("made here");
        let members = container.members().to_vec();
        members
            .iter()
            .map(|member| {
                let mut opened = container.read(member).expect("made here");
                let mut text = String::new();
                opened.input.read_to_string(&mut text).expect("text");
                (member.name.clone(), opened.layers, text)
            })
            .collect()
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn plain_gzip_and_zip_are_peeled() {
        assert_eq!(read_all(b"x".to_vec()), [(None, vec![], "x".to_owned())]);
        let twice = [gzip("a"), gzip("b")].concat();
        assert_eq!(read_all(twice), [(None, vec!["gzip"], "ab".to_owned())]);
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("b.json.gz", zip::write::SimpleFileOptions::default()).expect("memory");
        zip.write_all(&gzip("inner")).expect("memory");
        zip.start_file("a.json", zip::write::SimpleFileOptions::default()).expect("memory");
        zip.write_all(b"outer").expect("memory");
        let bytes = zip.finish().expect("memory").into_inner();
        let names = [
            (Some("a.json".to_owned()), vec!["zip"], "outer".to_owned()),
            (Some("b.json.gz".to_owned()), vec!["zip", "gzip"], "inner".to_owned()),
        ];
        assert_eq!(read_all(bytes.clone()), names);
        assert!(Container::open(Cursor::new(bytes[..bytes.len() - 30].to_vec()), &memory).is_err());
    }

    #[test]
    fn a_stream_that_expands_without_end_is_given_up() {
        let mut capped = Capped { inner: io::repeat(0), left: 1_000 };
        let error = io::copy(&mut capped, &mut io::sink()).expect_err("the limit");
        assert!(error.to_string().contains("expands"), "{error}");
    }

    /// Two members, packed with LZMA2.
    const SEVEN_ZIP: &str = "377abcaf271c0004b1b7e3b87e0000000000000014000000000000008ec84ecc01000f7b2261223a317d0a7b2262223a327d0a00e0007400625d0000\
        813307ae0fcf39b00c07c8437f41889a9b670f83d2a8a716390967f399448cc7a9c18d6da192544f6226bcd633138bbf5f3a71fb3dc0f32a856964bb7bc84d6a518a4\
        21ae556898088ecfa7398d8c8fc162b3992b66acdafbe512e9a55600000000017061401096a00070b010001212101180c750000";

    /// `{"a":1}` and a line break.
    const XZ: &str = "fd377a585a000004e6d6b4460200210110000000a8708e860100077b2261223a317d0a00be4991435504ef8500012008bb19d9bb1fb6f37d01000000\
        0004595a";

    fn bytes(digits: &str) -> Vec<u8> {
        hex::decode(digits).expect("hexadecimal digits")
    }

    fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
            zip.write_all(bytes).expect("memory");
        }
        zip.finish().expect("memory").into_inner()
    }

    fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, *bytes).expect("memory");
        }
        tar.into_inner().expect("memory")
    }

    fn bzip2(text: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn every_compression_is_peeled() {
        let text = "{\"a\":1}\n";
        let packed = [
            (zstd::encode_all(text.as_bytes(), 1).expect("memory"), "zstd"),
            (bzip2(text.as_bytes()), "bzip2"),
            (bytes(XZ), "xz"),
            (gzip(text), "gzip"),
        ];
        for (bytes, layer) in packed {
            assert_eq!(read_all(bytes.clone()), [(None, vec![layer], text.to_owned())]);
            assert_eq!(read_all(bzip2(&bytes)), [(None, vec!["bzip2", layer], text.to_owned())]);
        }
    }

    #[test]
    fn archives_inside_archives_are_opened_to_a_small_depth() {
        let seven = bytes(SEVEN_ZIP);
        let one = |name: &str, layers: Vec<&'static str>| (Some(name.to_owned()), layers, "{\"a\":1}\n".to_owned());
        let two = |name: &str, layers: Vec<&'static str>| (Some(name.to_owned()), layers, "{\"b\":2}\n".to_owned());
        assert_eq!(read_all(seven.clone()), [one("one.json", vec!["7z"]), two("two.json", vec!["7z"])]);
        let tar = tar_of(&[("x.7z", &seven), ("y/plain.json.xz", &bytes(XZ))]);
        let of_tar = |outer: &[&'static str]| {
            let layers = |more: &[&'static str]| [outer, more].concat();
            [
                one("x.7z!one.json", layers(&["tar", "7z"])),
                two("x.7z!two.json", layers(&["tar", "7z"])),
                one("y/plain.json.xz", layers(&["tar", "xz"])),
            ]
        };
        assert_eq!(read_all(tar.clone()), of_tar(&[]));
        assert_eq!(read_all(bzip2(&tar)), of_tar(&["bzip2"]));
        let deep = zip_of(&[("a.zip", &zip_of(&[("b.zip", &zip_of(&[("c.zip", &zip_of(&[("d.zip", &zip_of(&[("e", b"x")]))]))]))]))]);
        let mut container = Container::open(Cursor::new(deep), &memory).expect("the outer ones are whole");
        let members = container.members().to_vec();
        assert_eq!(members.len(), 1);
        assert!(container.read(&members[0]).expect_err("too deep").to_string().contains("archives inside archives"));
    }

    #[test]
    fn a_damaged_member_costs_no_other() {
        let seven = bytes(SEVEN_ZIP);
        let tar = tar_of(&[("cut.7z", &seven[..100]), ("good.json", b"{}")]);
        let mut container = Container::open(Cursor::new(tar.clone()), &memory).expect("the tar is whole");
        let members = container.members().to_vec();
        assert!(container.read(&members[0]).is_err());
        assert!(container.read(&members[1]).is_ok());
        // A tar that ends inside a member says so where it is read.
        let mut cut =
            Container::open(Cursor::new(tar_of(&[("a", &[b'x'; 5_000])])[..3_000].to_vec()), &memory).expect("the header is whole");
        let member = cut.members()[0].clone();
        let mut read = Vec::new();
        assert!(cut.read(&member).expect("the header is whole").input.read_to_end(&mut read).is_err());
        assert_eq!(read.len(), 3_000 - 512);
    }

    #[test]
    fn bytes_that_only_look_like_archives_make_nobody_panic() {
        let samples = [bytes(SEVEN_ZIP), bytes(XZ), tar_of(&[("a", b"x"), ("b", b"y")]), zip_of(&[("a", b"x")]), bzip2(b"abc")];
        for sample in samples {
            for end in 0..sample.len().min(1_200) {
                let mut cut = sample.clone();
                cut.truncate(end);
                let mut flipped = sample.clone();
                flipped[end] ^= 0x55;
                for bytes in [cut, flipped] {
                    let Ok(mut container) = Container::open(Cursor::new(bytes), &memory) else { continue };
                    for member in container.members().to_vec() {
                        let Ok(mut opened) = container.read(&member) else { continue };
                        let _either_way = io::copy(&mut opened.input, &mut io::sink()).is_ok();
                    }
                }
            }
        }
    }
}
