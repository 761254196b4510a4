//! Keeping inputs as they came.

use std::io::{self, Read as _};

use crate::ingest::IngestError;
use crate::ingest::inputs::Acquired;
use crate::layout;
use crate::store::{Object, Store, StoreError};

/// Compression level of originals. Logs shrink to a fifth even at this one; level 1 would take twice as long for a quarter less.
const LEVEL: i32 = -3;

/// Puts a compressed copy of the file into the case. `None` where one is there already, left by an interrupted run.
pub(crate) fn keep(store: &Store, input: &Acquired) -> Result<Option<Object>, IngestError> {
    let path = layout::original(input.sha256()?);
    match store.digest(&path) {
        Ok((sha256, bytes)) => return Ok(Some(Object { path, sha256: sha256.to_string(), bytes })),
        Err(StoreError::Missing(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let mut file = input.open()?;
    let upload = store.upload(&path)?;
    let mut encoder = zstd::Encoder::new(upload, LEVEL).map_err(|e| written(&path, &e))?;
    encoder.include_checksum(true).map_err(|e| written(&path, &e))?;
    let mut block = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut block).map_err(|e| IngestError::Input { path: input.found.path.clone(), cause: e.to_string() })?;
        if read == 0 {
            break;
        }
        io::Write::write_all(&mut encoder, &block[..read]).map_err(|e| written(&path, &e))?;
    }
    let upload = encoder.finish().map_err(|e| written(&path, &e))?;
    if let Err(changed) = input.check_unchanged() {
        upload.abandon()?;
        return Err(changed);
    }
    Ok(Some(upload.finish()?))
}

/// The store's own error, where writing failed because of it.
fn written(path: &str, error: &io::Error) -> IngestError {
    let cause = error.get_ref().map_or_else(|| error.to_string(), ToString::to_string);
    if matches!(error.kind(), io::ErrorKind::StorageFull) || cause.contains("disk is full") {
        return StoreError::Full(path.to_owned()).into();
    }
    StoreError::Other { doing: "write", path: path.to_owned(), cause }.into()
}
