//! The one place into which everything is unpacked that can only be read from its beginning.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{NewScratch, Scratch};

/// Unpacks streams one behind the other into a single place, up to a bound: an archive of many archives needs no more of them.
pub(super) struct Unpacker<'s> {
    scratch: NewScratch<'s>,
    spool: Arc<Mutex<Spool>>,
}

#[derive(Default)]
struct Spool {
    place: Option<Box<dyn Scratch>>,
    end: u64,
    /// Bytes that may still be added.
    left: u64,
}

/// What was unpacked of a stream, and why not more.
pub(super) struct Unpacked {
    pub(super) window: Window,
    pub(super) cut: Option<io::Error>,
}

impl Unpacked {
    /// The stream, where all of it could be unpacked.
    pub(super) fn whole(self) -> io::Result<Window> {
        self.cut.map_or(Ok(self.window), Err)
    }
}

impl<'s> Unpacker<'s> {
    pub(super) fn new(scratch: NewScratch<'s>, left: u64) -> Self {
        Self { scratch, spool: Arc::new(Mutex::new(Spool { left, ..Spool::default() })) }
    }

    /// Adds a stream. Where it breaks off, what came before is kept.
    ///
    /// # Errors
    /// The place cannot be made or written, or what comes out is beyond all measure.
    pub(super) fn append(&self, input: &mut dyn Read) -> io::Result<Unpacked> {
        let start = self.everything()?.size;
        let mut block = vec![0; 64 << 10];
        let mut size = 0_u64;
        // What is read may stand in the same place, which is therefore not held while reading.
        let cut = loop {
            match input.read(&mut block) {
                Ok(0) => break None,
                Ok(read) => {
                    locked(&self.spool).write(&block[..read])?;
                    size = size.saturating_add(read as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Some(error),
            }
        };
        Ok(Unpacked { window: Window { spool: Arc::clone(&self.spool), start, size, at: 0 }, cut })
    }

    /// Everything that was unpacked so far.
    pub(super) fn everything(&self) -> io::Result<Window> {
        let mut spool = locked(&self.spool);
        if spool.place.is_none() {
            spool.place = Some((self.scratch)()?);
        }
        Ok(Window { spool: Arc::clone(&self.spool), start: 0, size: spool.end, at: 0 })
    }
}

fn locked(spool: &Mutex<Spool>) -> MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Spool {
    fn at(&mut self, place: u64) -> io::Result<&mut Box<dyn Scratch>> {
        let scratch = self.place.as_mut().ok_or_else(|| io::Error::other("nothing was unpacked"))?;
        scratch.seek(SeekFrom::Start(place))?;
        Ok(scratch)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let size = bytes.len() as u64;
        let Some(left) = self.left.checked_sub(size) else {
            // Nothing more of this file is unpacked.
            self.left = 0;
            return Err(io::Error::other(
                "unpacked it is far larger than the file and was given up: it may have been made to exhaust its reader",
            ));
        };
        self.left = left;
        self.at(self.end)?.write_all(bytes)?;
        self.end = self.end.saturating_add(size);
        Ok(())
    }
}

/// One stream of those that were unpacked.
pub(super) struct Window {
    spool: Arc<Mutex<Spool>>,
    start: u64,
    size: u64,
    at: u64,
}

impl Window {
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size.saturating_sub(self.at);
        if left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let read = locked(&self.spool).at(self.start.saturating_add(self.at))?.take(left).read(buffer)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
            SeekFrom::End(step) => self.size.checked_add_signed(step),
        };
        self.at = place.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the beginning"))?;
        Ok(self.at)
    }
}
