//! Unique token identifiers, brought to one form.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
const URL: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);

/// The GUID that a unique token identifier stands for, in lower case.
///
/// Since 2023 an identifier is 22 characters: base64url of the sixteen bytes in .NET order. Before, it was 48 characters:
/// base64 of the GUID's text. It equals the `id` of the sign-in that issued the token. Empty and all-zero identifiers are
/// none; what does not decode is kept as written, because that is itself worth knowing.
#[must_use]
pub fn token_guid(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let guid = decode(text).unwrap_or_else(|| text.to_owned());
    (!guid.bytes().all(|b| matches!(b, b'0' | b'-'))).then_some(guid)
}

fn decode(text: &str) -> Option<String> {
    if is_guid(text) {
        return Some(text.to_ascii_lowercase());
    }
    let bytes = URL.decode(text).or_else(|_| STANDARD.decode(text)).ok()?;
    if let Ok(raw) = <[u8; 16]>::try_from(bytes.as_slice()) {
        return Some(from_dotnet_bytes(raw));
    }
    let inner = String::from_utf8(bytes).ok()?;
    is_guid(&inner).then(|| inner.to_ascii_lowercase())
}

/// Whether the text has the form `8-4-4-4-12` in hexadecimal digits.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    text.len() == 36 && text.bytes().enumerate().all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

fn from_dotnet_bytes(b: [u8; 16]) -> String {
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let hex = hex::encode(order.map(|i: usize| b[i]));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_of_an_identifier_give_its_guid() {
        let guid = "8f4b1d2e-6c1a-4f0b-9a77-2d5e3c4b1a00";
        assert_eq!(token_guid("Lh1LjxpsC0-ady1ePEsaAA").as_deref(), Some(guid));
        assert_eq!(token_guid("OGY0YjFkMmUtNmMxYS00ZjBiLTlhNzctMmQ1ZTNjNGIxYTAw").as_deref(), Some(guid));
        assert_eq!(token_guid("8F4B1D2E-6c1a-4f0b-9a77-2d5e3c4b1a00").as_deref(), Some(guid));
    }

    #[test]
    fn sentinels_are_no_identifier_and_oddities_are_kept() {
        assert_eq!(token_guid("AAAAAAAAAAAAAAAAAAAAAA"), None);
        assert_eq!(token_guid(" "), None);
        assert_eq!(token_guid("not an id").as_deref(), Some("not an id"));
    }
}
