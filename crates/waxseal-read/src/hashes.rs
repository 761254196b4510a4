//! Lists of digests that extraction tools and people put beside the files they collect.
//!
//! Read: what `Get-FileHash | Export-Csv` writes (columns Algorithm, Hash and Path, in any order), and the lines of `sha256sum` and of
//! BSD's `sha256`. Only SHA-256 counts: older digests can be forged.

use crate::frame::{DIGESTS, Header, split_row};

/// A file and its SHA-256, as somebody noted them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedDigest {
    /// The file's name, without folders: those are of the machine it was collected on.
    pub name: String,
    /// In lower-case hexadecimal digits.
    pub sha256: String,
}

/// The digests that a list notes, nothing where the bytes are no list of digests. One of another kind of digest is a list without any.
#[must_use]
pub fn noted_digests(bytes: &[u8]) -> Option<Vec<NotedDigest>> {
    // Its mark tells UTF-16, in which Windows PowerShell writes.
    let text = encoding_rs::UTF_8.decode(bytes).0;
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.clone().next()?;
    if let Some(delimiter) = [b',', b';', b'\t'].into_iter().find(|delimiter| header(first, *delimiter).lists_digests()) {
        let header = header(first, delimiter);
        return Some(lines.skip(1).filter_map(|line| of_row(&split_row(line, delimiter), &header)).collect());
    }
    lines.all(|line| of_line(line).is_some()).then(|| text.lines().filter_map(|line| of_line(line.trim())).collect())
}

fn header(line: &str, delimiter: u8) -> Header {
    Header::new(delimiter, split_row(line, delimiter).iter().map(|name| name.trim().to_owned()).collect())
}

fn of_row(cells: &[String], header: &Header) -> Option<NotedDigest> {
    let [algorithm, hash, path] = DIGESTS.map(|name| header.position(name).and_then(|column| cells.get(column)));
    algorithm.filter(|algorithm| algorithm.trim().eq_ignore_ascii_case("SHA256"))?;
    noted(path?, hash?)
}

fn of_line(line: &str) -> Option<NotedDigest> {
    if let Some(rest) = line.strip_prefix("SHA256 (") {
        let (path, hash) = rest.rsplit_once(") = ")?;
        return noted(path, hash);
    }
    let (hash, path) = line.split_once(' ')?;
    noted(path.trim_start_matches([' ', '*']), hash)
}

fn noted(path: &str, hash: &str) -> Option<NotedDigest> {
    let (path, hash) = (path.trim(), hash.trim());
    let name = path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty())?;
    let is_digest = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| NotedDigest { name: name.to_owned(), sha256: hash.to_ascii_lowercase() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Option<Vec<String>> {
        noted_digests(text.as_bytes()).map(|noted| noted.into_iter().map(|one| format!("{} {}", one.name, &one.sha256[..2])).collect())
    }

    #[test]
    fn lists_of_common_tools_are_read() {
        let hash = "AB".repeat(32);
        let expected = Some(vec!["UAL-1.csv ab".to_owned()]);
        for text in [
            format!("\"Algorithm\",\"Hash\",\"Path\"\r\n\"SHA256\",\"{hash}\",\"C:\\Output\\UAL-1.csv\"\r\n"),
            format!("\u{feff}Path;Hash;Algorithm\nOutput/UAL-1.csv;{hash};sha256\n"),
            format!("{hash}  ./Output/UAL-1.csv\n"),
            format!("# made by hand\n{hash} *UAL-1.csv\n\n"),
            format!("SHA256 (Output/UAL-1.csv) = {hash}\n"),
        ] {
            assert_eq!(names(&text), expected, "{text}");
        }
        assert_eq!(names("Algorithm,Hash,Path\nMD5,0123,a\n"), Some(Vec::new()));
    }

    #[test]
    fn other_texts_are_no_lists() {
        for text in ["", "\n", "a b\n", "Hash,Path\n1,2\n", "{\"a\":1}\n"] {
            assert_eq!(names(text), None, "{text}");
        }
    }
}
