//! Base64, in which some queues hand records on, and gzip within it.

use crate::lines::MAX_RECORD;
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// Either alphabet, with or without padding; JSON may have escaped the slashes. `None` when it is none.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.iter().filter(|byte| !matches!(byte, b'=' | b'\\')) {
        bits = bits << 6 | u32::from(digit(*byte)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// What is within, inflated if it is compressed; not more than a record may have.
pub fn decode_and_inflate(text: &[u8]) -> Option<Vec<u8>> {
    let packed = decode(text)?;
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return Some(packed);
    }
    let mut record = Vec::new();
    // Of damaged data, what came before the damage counts.
    let _ = MultiGzDecoder::new(&packed[..]).take(MAX_RECORD as u64).read_to_end(&mut record);
    (!record.is_empty()).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_both_alphabets() {
        assert_eq!(decode(b"aGVsbG8/+/8=").unwrap(), b"hello?\xfb\xff");
        assert_eq!(decode(b"aGVsbG8_-_8").unwrap(), b"hello?\xfb\xff");
        assert_eq!(decode(b"a b"), None);
    }
}
