//! The case folder as an object store: whole objects are put, read and listed, nothing is appended to or renamed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use waxseal_evidence::{Digest, Digesting};

/// Why the case folder could not be read or written. Whose fault: the environment's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("{0} is missing from the case")]
    Missing(String),
    /// The object exists although it should be new.
    #[error("{0} is already there")]
    Exists(String),
    /// The disk is full.
    #[error("failed to write {0}: the disk is full; free some space and run the same command again, nothing that was finished is lost")]
    Full(String),
    /// Anything else.
    #[error("failed to {doing} {path}: {cause}")]
    Other {
        /// What was tried.
        doing: &'static str,
        /// The object.
        path: String,
        /// What the system says.
        cause: String,
    },
}

/// One object of a case and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Object {
    /// Path below the case folder.
    pub(crate) path: String,
    /// sha256 of its bytes.
    pub(crate) sha256: String,
    /// Its size.
    pub(crate) bytes: u64,
}

/// The objects of one case.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    root: PathBuf,
    objects: Arc<dyn ObjectStore>,
    runtime: Arc<Runtime>,
}

impl Store {
    /// A store in a folder that exists.
    pub(crate) fn open(root: &Path, threads: usize) -> Result<Self, StoreError> {
        let other = |doing, cause: String| StoreError::Other { doing, path: root.display().to_string(), cause };
        let root = root.canonicalize().map_err(|e| other("open", e.to_string()))?;
        let objects = LocalFileSystem::new_with_prefix(&root).map_err(|e| other("open", e.to_string()))?.with_automatic_cleanup(true);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            // Reading from disk is done by threads of their own, up to hundreds of them for many small files, and each keeps
            // memory of its own. A few keep a disk busy.
            .max_blocking_threads(threads.max(1) * 4)
            .enable_all()
            .build()
            .map_err(|e| other("start threads for", e.to_string()))?;
        Ok(Self { root, objects: Arc::new(objects), runtime: Arc::new(runtime) })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Puts an object that must not exist yet.
    pub(crate) fn put_new(&self, path: &str, bytes: Vec<u8>) -> Result<Object, StoreError> {
        self.put(path, bytes, PutMode::Create)
    }

    /// Puts an object, whether or not it exists: for copies only.
    pub(crate) fn replace(&self, path: &str, bytes: Vec<u8>) -> Result<Object, StoreError> {
        self.put(path, bytes, PutMode::Overwrite)
    }

    fn put(&self, path: &str, bytes: Vec<u8>, mode: PutMode) -> Result<Object, StoreError> {
        let object = Object { path: path.to_owned(), sha256: Digest::of(&bytes).to_string(), bytes: bytes.len() as u64 };
        let options = PutOptions { mode, ..PutOptions::default() };
        let to = ObjectPath::from(path);
        let put = self.objects.put_opts(&to, Bytes::from(bytes).into(), options);
        self.runtime.block_on(put).map_err(|e| told("write", path, &e))?;
        Ok(object)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Bytes, StoreError> {
        let get = async { self.objects.get(&ObjectPath::from(path)).await?.bytes().await };
        self.runtime.block_on(get).map_err(|e| told("read", path, &e))
    }

    /// Like [`Store::get`], `None` where there is no such object.
    pub(crate) fn find(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        match self.get(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Hands an object on, read in pieces.
    pub(crate) fn read_to(&self, path: &str, out: &mut dyn Write) -> Result<(), StoreError> {
        let read = |e: object_store::Error| told("read", path, &e);
        let mut pieces = self.runtime.block_on(self.objects.get(&ObjectPath::from(path))).map_err(read)?.into_stream();
        while let Some(piece) = self.runtime.block_on(pieces.try_next()).map_err(read)? {
            out.write_all(&piece).map_err(|e| StoreError::Other { doing: "hand on", path: path.to_owned(), cause: e.to_string() })?;
        }
        Ok(())
    }

    /// Puts a copy of an object in the place of whatever is there, without holding it in memory.
    pub(crate) fn copy(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let mut upload = self.upload(to)?;
        self.read_to(from, &mut upload)?;
        upload.finish().map(drop)
    }

    /// Digest and size of an object, read in pieces.
    pub(crate) fn digest(&self, path: &str) -> Result<(Digest, u64), StoreError> {
        let read = async {
            let mut pieces = self.objects.get(&ObjectPath::from(path)).await?.into_stream();
            let (mut digesting, mut size) = (Digesting::new(), 0);
            while let Some(piece) = pieces.try_next().await? {
                digesting.update(&piece);
                size += piece.len() as u64;
            }
            Ok((digesting.finish(), size))
        };
        self.runtime.block_on(read).map_err(|e| told("read", path, &e))
    }

    /// Paths below a prefix, sorted.
    pub(crate) fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let from = (!prefix.is_empty()).then(|| ObjectPath::from(prefix));
        let list = self.objects.list(from.as_ref()).map_ok(|meta| meta.location.to_string()).try_collect::<Vec<_>>();
        let mut paths = self.runtime.block_on(list).map_err(|e| told("list", prefix, &e))?;
        paths.sort_unstable();
        Ok(paths)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<(), StoreError> {
        self.runtime.block_on(self.objects.delete(&ObjectPath::from(path))).map_err(|e| told("remove", path, &e))
    }

    /// Starts an object whose size is not known yet. It exists only once [`Upload::finish`] has been called.
    pub(crate) fn upload(&self, path: &str) -> Result<Upload, StoreError> {
        let upload = self.runtime.block_on(self.objects.put_multipart(&ObjectPath::from(path))).map_err(|e| told("write", path, &e))?;
        Ok(Upload { store: self.clone(), path: path.to_owned(), upload, part: Vec::new(), digesting: Digesting::new(), bytes: 0 })
    }
}

/// The operating system's "no space left" and "quota exceeded".
fn told(doing: &'static str, path: &str, error: &object_store::Error) -> StoreError {
    let full = causes(error).any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|e| matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    });
    match error {
        _ if full => StoreError::Full(path.to_owned()),
        object_store::Error::NotFound { .. } => StoreError::Missing(path.to_owned()),
        object_store::Error::AlreadyExists { .. } => StoreError::Exists(path.to_owned()),
        other => StoreError::Other { doing, path: path.to_owned(), cause: other.to_string() },
    }
}

fn causes<'a>(error: &'a (dyn std::error::Error + 'static)) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |e| e.source())
}

const PART: usize = 8 << 20;

/// An object that is being written.
pub(crate) struct Upload {
    store: Store,
    path: String,
    upload: Box<dyn MultipartUpload>,
    part: Vec<u8>,
    digesting: Digesting,
    bytes: u64,
}

impl Upload {
    /// Makes the object exist.
    pub(crate) fn finish(mut self) -> Result<Object, StoreError> {
        self.send().map_err(|e| told("write", &self.path, &e))?;
        self.store.runtime.block_on(self.upload.complete()).map_err(|e| told("write", &self.path, &e))?;
        Ok(Object { path: self.path, sha256: self.digesting.finish().to_string(), bytes: self.bytes })
    }

    /// Gives the object up; nothing of it remains.
    pub(crate) fn abandon(mut self) -> Result<(), StoreError> {
        self.store.runtime.block_on(self.upload.abort()).map_err(|e| told("give up", &self.path, &e))
    }

    fn send(&mut self) -> Result<(), object_store::Error> {
        if self.part.is_empty() {
            return Ok(());
        }
        let part = std::mem::take(&mut self.part);
        self.digesting.update(&part);
        self.bytes += part.len() as u64;
        self.store.runtime.block_on(self.upload.put_part(Bytes::from(part).into()))
    }
}

impl Write for Upload {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.part.capacity() == 0 && self.bytes > 0 {
            // What has filled one part will probably fill another.
            self.part.reserve_exact(PART + buffer.len());
        }
        self.part.extend_from_slice(buffer);
        if self.part.len() >= PART {
            self.send().map_err(|e| io::Error::other(told("write", &self.path, &e)))?;
        }
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
