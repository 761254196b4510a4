//! Archives and compression around a file.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

/// More than this many times its compressed size, a stream is taken for an attack on the reader and given up.
pub const MAX_EXPANSION: u64 = 1_000;

/// Below this size a stream may expand as it likes.
const ALWAYS_ALLOWED: u64 = 1 << 30;

/// The most members of an archive that are looked at.
const MAX_MEMBERS: usize = 100_000;

/// Why an archive could not be opened. Whose fault: the input's.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// The archive is damaged.
    #[error("the zip archive is damaged or incomplete ({0}); export or copy it again")]
    Zip(#[from] zip::result::ZipError),
    /// The archive has too many members.
    #[error("the zip archive has {0} members, more than {MAX_MEMBERS}; unpack it and give the folder")]
    Members(usize),
    /// Two members have the same name, so that only one of them could be told of.
    #[error("the zip archive has several members of the same name; unpack it and give the folder")]
    SameName,
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A file with its outer layers known.
#[derive(Debug)]
pub struct Container<S> {
    outer: Outer<S>,
    members: Vec<Member>,
}

#[derive(Debug)]
enum Outer<S> {
    Plain(S),
    Zip(Box<ZipArchive<S>>),
}

/// One stream inside a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name inside an archive; none for a plain file.
    pub name: Option<String>,
    /// What was peeled off, outermost first.
    pub layers: Vec<&'static str>,
    /// Compressed size in bytes.
    pub size: u64,
    index: usize,
}

impl<S: Read + Seek> Container<S> {
    /// Tells archives and compression by their first bytes.
    ///
    /// # Errors
    /// The archive is damaged, or the file cannot be read.
    pub fn open(mut source: S) -> Result<Self, ContainerError> {
        let mut magic = [0; 4];
        let read = read_up_to(&mut source, &mut magic)?;
        let size = source.seek(SeekFrom::End(0))?;
        source.rewind()?;
        if read == 4 && (magic == *b"PK\x03\x04" || magic == *b"PK\x05\x06") {
            return Self::zip(source);
        }
        let layers = if is_gzip(&magic[..read]) { vec!["gzip"] } else { Vec::new() };
        Ok(Self { outer: Outer::Plain(source), members: vec![Member { name: None, layers, size, index: 0 }] })
    }

    fn zip(source: S) -> Result<Self, ContainerError> {
        let mut archive = Box::new(ZipArchive::new(source)?);
        if archive.len() > MAX_MEMBERS {
            return Err(ContainerError::Members(archive.len()));
        }
        if archive.has_duplicate_names() {
            return Err(ContainerError::SameName);
        }
        let mut members = Vec::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index)?;
            if !entry.is_dir() || entry.size() > 0 {
                let name = shortened(entry.name()?.into_owned());
                members.push(Member { name: Some(name), layers: vec!["zip"], size: entry.compressed_size(), index });
            }
        }
        members.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { outer: Outer::Zip(archive), members })
    }

    /// The streams inside, sorted by name.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Opens one stream, from its beginning. What had to be peeled off inside an archive is added to the layers.
    ///
    /// # Errors
    /// The member is encrypted or damaged, or the file cannot be read.
    pub fn read(&mut self, member: &Member) -> Result<Opened<'_>, ContainerError> {
        let (raw, mut layers): (Box<dyn Read + '_>, Vec<&'static str>) = match &mut self.outer {
            Outer::Plain(source) => {
                source.rewind()?;
                (Box::new(source), Vec::new())
            }
            Outer::Zip(archive) => (Box::new(archive.by_index(member.index)?), vec!["zip"]),
        };
        let mut buffered = BufReader::with_capacity(128 << 10, raw);
        let compressed = is_gzip(io::BufRead::fill_buf(&mut buffered)?);
        let limit = ALWAYS_ALLOWED.max(member.size.saturating_mul(MAX_EXPANSION));
        if compressed {
            layers.push("gzip");
        }
        let inner: Box<dyn Read + '_> = if compressed { Box::new(MultiGzDecoder::new(buffered)) } else { Box::new(buffered) };
        Ok(Opened { layers, input: Box::new(Capped { inner, left: limit }) })
    }
}

/// A stream with its layers peeled off.
pub struct Opened<'a> {
    /// What was peeled off, outermost first.
    pub layers: Vec<&'static str>,
    /// The stream.
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

fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
}

fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
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

    fn read_all(bytes: Vec<u8>) -> Vec<(Option<String>, Vec<&'static str>, String)> {
        let mut container = Container::open(Cursor::new(bytes)).expect("made here");
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
        assert!(Container::open(Cursor::new(bytes[..bytes.len() - 30].to_vec())).is_err());
    }

    #[test]
    fn a_stream_that_expands_without_end_is_given_up() {
        let mut capped = Capped { inner: io::repeat(0), left: 1_000 };
        let error = io::copy(&mut capped, &mut io::sink()).expect_err("the limit");
        assert!(error.to_string().contains("expands"), "{error}");
    }
}
