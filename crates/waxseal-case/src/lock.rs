//! One program at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::layout;

/// Why the case could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Whose fault: nobody's; somebody else is at work.
    #[error("another waxseal is working on this case; wait until it has ended")]
    Held,
    /// Whose fault: the environment's.
    #[error("failed to lock the case with {}: {cause}; commands that add to a case need to write there", path.display())]
    Io {
        /// The file of the lock.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
}

/// The lock on a case. The operating system releases it when the program ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    /// None where nobody can write to the case, and no lock was left in it.
    _file: Option<File>,
    /// Whether the case can be written to.
    pub(crate) writable: bool,
}

impl Lock {
    /// Takes the lock, for one who writes.
    pub(crate) fn take(root: &Path) -> Result<Self, LockError> {
        let path = root.join(layout::LOCK);
        let failed = |cause| LockError::Io { path: path.clone(), cause };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        wait(|| file.try_lock(), &path)?;
        Ok(Self { _file: Some(file), writable: true })
    }

    /// Takes the lock, for one who only reads: where the case cannot be written to, it is shared with others who read, and keeps
    /// those out who may write.
    pub(crate) fn take_to_read(root: &Path) -> Result<Self, LockError> {
        match Self::take(root) {
            Err(LockError::Io { path, cause }) if matches!(cause.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) => {
                let file = match File::open(&path) {
                    Ok(file) => Some(file),
                    Err(error) if error.kind() == ErrorKind::NotFound => None,
                    Err(cause) => return Err(LockError::Io { path, cause }),
                };
                file.iter().try_for_each(|file| wait(|| file.try_lock_shared(), &path))?;
                Ok(Self { _file: file, writable: false })
            }
            taken => taken,
        }
    }
}

/// Tries a few times: a program that was just killed may hold the lock for a moment longer.
fn wait(lock: impl Fn() -> Result<(), TryLockError>, path: &Path) -> Result<(), LockError> {
    for _ in 0..10 {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
            Err(TryLockError::Error(cause)) => return Err(LockError::Io { path: path.to_owned(), cause }),
        }
    }
    Err(LockError::Held)
}
