//! Base64, in which some queues hand records on, often with gzip within it.

use crate::base64;
use crate::lines::MAX_RECORD;
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// What is within, inflated if it is compressed; not more than a record may have.
pub fn decode_and_inflate(text: &[u8]) -> Option<Vec<u8>> {
    let packed = base64::decode(text)?;
    if !packed.starts_with(&[0x1f, 0x8b]) {
        return Some(packed);
    }
    let mut record = Vec::new();
    // Of damaged data, what came before the damage counts.
    let _ = MultiGzDecoder::new(&packed[..]).take(MAX_RECORD as u64).read_to_end(&mut record);
    (!record.is_empty()).then_some(record)
}
