//! GUIDs and the token ids made from them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::{Serialize, Serializer};

/// Sixteen bytes, in the order in which they are written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Guid([u8; 16]);

/// How a unique token identifier is written. Source of both: measured on public sign-in records, where every one of them
/// decodes to the record's own id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UtiForm {
    /// 48 characters: base64 of the GUID's text, until 2022.
    OfText,
    /// 22 characters: base64url of its bytes in .NET's order, since 2023.
    OfBytes,
}

impl Guid {
    /// Sets the bits that say version 4.
    pub(crate) fn version_4(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// The GUID of its text; for constants of the providers.
    pub(crate) const fn from_text(text: &str) -> Self {
        let text = text.as_bytes();
        let mut bytes = [0; 16];
        let (mut from, mut to) = (0, 0);
        while to < 16 && from + 1 < text.len() {
            if text[from] == b'-' {
                from += 1;
            }
            bytes[to] = hex_value(text[from]) << 4 | hex_value(text[from + 1]);
            from += 2;
            to += 1;
        }
        Self(bytes)
    }

    /// The id of a sign-in: the last byte counts the data centre's rings, nearly always 0.
    pub(crate) fn as_sign_in(mut self) -> Self {
        self.0[15] = match self.0[15] {
            0..208 => 0,
            208..252 => 1,
            _ => 2,
        };
        self
    }

    /// The unique token identifier of a token issued by the sign-in with this id.
    pub(crate) fn uti(self, form: UtiForm) -> String {
        match form {
            UtiForm::OfText => STANDARD_NO_PAD.encode(self.to_string()),
            UtiForm::OfBytes => {
                let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
                URL_SAFE_NO_PAD.encode(order.map(|i: usize| self.0[i]))
            }
        }
    }

    /// The bytes, for what is derived from the GUID.
    pub(crate) fn bytes(self) -> [u8; 16] {
        self.0
    }
}

const fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = DIGITS[usize::from(byte >> 4)];
            text[at + 1] = DIGITS[usize::from(byte & 15)];
            at += 2;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_not_ascii| fmt::Error)?)
    }
}

impl Serialize for Guid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_ids_are_written_in_both_forms() {
        let id = Guid::from_text("8f4b1d2e-6c1a-4f0b-9a77-2d5e3c4b1a00");
        assert_eq!(id.to_string(), "8f4b1d2e-6c1a-4f0b-9a77-2d5e3c4b1a00");
        assert_eq!(id.uti(UtiForm::OfBytes), "Lh1LjxpsC0-ady1ePEsaAA");
        assert_eq!(id.uti(UtiForm::OfText), "OGY0YjFkMmUtNmMxYS00ZjBiLTlhNzctMmQ1ZTNjNGIxYTAw");
    }
}
