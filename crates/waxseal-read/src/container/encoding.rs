//! Text that is not in UTF-8, where its first bytes tell.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult};

/// How a stream of text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, or nothing that the first bytes tell.
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// By its mark; without one, by where the noughts of the first letters stand.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0xff, 0xfe, 0, 0, ..] => Self::Utf8,
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            [a, 0, b, 0, c, 0, ..] if [a, b, c].iter().all(|byte| is_text(**byte)) => Self::Utf16Le,
            [0, a, 0, b, 0, c, ..] if [a, b, c].iter().all(|byte| is_text(**byte)) => Self::Utf16Be,
            _ => Self::Utf8,
        }
    }

    /// The word for the account.
    pub(super) fn layer(self) -> Option<&'static str> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le | Self::Utf16Be => Some("utf-16"),
        }
    }

    /// The text in UTF-8.
    pub(super) fn reader<R: BufRead>(self, input: R) -> Utf8<R> {
        let encoding = match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
        };
        Utf8 { input, decoder: encoding.new_decoder_with_bom_removal(), made: Vec::new(), taken: 0, ended: false }
    }
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}

/// Text brought to UTF-8 block by block. What is no text becomes [`NO_TEXT`], which is none in UTF-8 either: damage is damage in
/// every encoding.
pub(super) struct Utf8<R> {
    input: R,
    decoder: Decoder,
    made: Vec<u8>,
    taken: usize,
    ended: bool,
}

/// Bytes made at a time.
const BLOCK: usize = 64 << 10;

/// Stands where something was that cannot be decoded.
const NO_TEXT: u8 = 0xff;

impl<R: BufRead> Read for Utf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.made.len() && !self.ended {
            self.make()?;
        }
        let ready = self.made.get(self.taken..).unwrap_or_default();
        let read = ready.len().min(buffer.len());
        buffer[..read].copy_from_slice(&ready[..read]);
        self.taken += read;
        Ok(read)
    }
}

impl<R: BufRead> Utf8<R> {
    fn make(&mut self) -> io::Result<()> {
        self.made.resize(BLOCK, 0);
        self.taken = 0;
        let source = self.input.fill_buf()?;
        let last = source.is_empty();
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(source, &mut self.made, last);
        self.input.consume(read);
        self.made.truncate(written);
        if let DecoderResult::Malformed(..) = result {
            self.made.push(NO_TEXT);
        }
        self.ended = last && result == DecoderResult::InputEmpty;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn decoded(bytes: &[u8], block: usize) -> String {
        let mut text = Vec::new();
        Encoding::of(bytes).reader(BufReader::with_capacity(block, bytes)).read_to_end(&mut text).expect("memory");
        assert!(!text.windows(3).any(|three| three == "\u{fffd}".as_bytes()), "damage stays damage");
        String::from_utf8_lossy(&text).into_owned()
    }

    #[test]
    fn text_in_utf_16_is_read_with_and_without_a_mark_whatever_the_blocks() {
        let text = "{\"a\":\"é😀\"}\n".repeat(3);
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [&[b"\xff\xfe", little.as_slice()].concat(), &[b"\xfe\xff", big.as_slice()].concat(), &little, &big] {
            for block in [1, 2, 3, 7, 4096] {
                assert_eq!(decoded(bytes, block), text);
            }
        }
        assert_eq!(decoded(&little[..little.len() - 1], 5), format!("{}\u{fffd}", text.trim_end_matches('\n')));
    }

    #[test]
    fn other_text_is_left_as_it_is() {
        for bytes in [b"{\"a\":1}".as_slice(), b"\xef\xbb\xbfa,b", b"", b"\0\0\0\0\0\0", b"\xff\xfe\0\0"] {
            assert_eq!(Encoding::of(bytes), Encoding::Utf8);
        }
    }
}
