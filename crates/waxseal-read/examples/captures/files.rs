//! Finds the streams in a folder of files.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use waxseal_read::Container;

use crate::reading;

/// Every file below a folder, in one order.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// The streams in a file, each no further than so many bytes. What cannot be read is left out.
pub(crate) fn texts_of(path: &Path, most: u64) -> Vec<Vec<u8>> {
    let container = std::fs::File::open(path).ok().and_then(|file| Container::open(file, &reading::memory).ok());
    let Some(mut container) = container else { return Vec::new() };
    let mut texts = Vec::new();
    for member in container.members().to_vec() {
        let mut text = Vec::new();
        if container.read(&member).is_ok_and(|opened| opened.input.take(most).read_to_end(&mut text).is_ok()) {
            texts.push(text);
        }
    }
    texts
}
