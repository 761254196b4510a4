//! Gzip: members one behind the other, with noughts behind the last one where a tape or a block device was in between.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// The members of a stream as one.
pub(super) struct Gzip<R> {
    /// None at the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    pub(super) fn new(input: R) -> Self {
        Self { member: Some(GzDecoder::new(input)) }
    }
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            if let Some(mut rest) = self.member.take().map(GzDecoder::into_inner)
                && !is_at_end(&mut rest)?
            {
                self.member = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Whether nothing follows but noughts, which are passed over.
fn is_at_end(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = input.fill_buf()?;
        let noughts = bytes.iter().take_while(|byte| **byte == 0).count();
        if bytes.is_empty() || noughts < bytes.len() {
            let ended = bytes.is_empty();
            input.consume(noughts);
            return Ok(ended);
        }
        input.consume(noughts);
    }
}
