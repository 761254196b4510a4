//! One program at a time.

use std::fs::{File, OpenOptions, TryLockError};
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
    #[error("failed to lock the case with {}: {cause}; every command needs to write there", path.display())]
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
    _file: File,
}

impl Lock {
    pub(crate) fn take(root: &Path) -> Result<Self, LockError> {
        let path = root.join(layout::LOCK);
        let failed = |cause| LockError::Io { path: path.clone(), cause };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        // A program that was just killed may hold it for a moment longer.
        for _ in 0..10 {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Err(LockError::Held)
    }
}
