//! Base64 as it is found in logs: either alphabet, with or without padding, broken into lines or off.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// What is encoded; `None` when it is no base64. JSON may have escaped the slashes, and a text that breaks off
/// counts as far as it goes.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut digits: Vec<u8> =
        text.iter().filter(|byte| !matches!(byte, b'=' | b'\\' | b'\n' | b'\r')).map(standard).collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    LENIENT.decode(&digits).ok()
}

/// The digit that the other alphabet writes otherwise.
fn standard(digit: &u8) -> u8 {
    match digit {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_are_read_however_they_are_broken() {
        let encoded: [&[u8]; 5] =
            [b"aGVsbG8/+/8=", b"aGVsbG8_-_8", b"aGVs\nbG8/\r\n+/8=", b"aGVsbG8\\/+\\/8=", b"aGVsbG8/+/8B"];
        for text in &encoded[..4] {
            assert_eq!(decode(text).unwrap(), b"hello?\xfb\xff");
        }
        assert_eq!(decode(&encoded[4][..9]).unwrap(), b"hello?");
        assert_eq!(decode(b"a b"), None);
    }
}
