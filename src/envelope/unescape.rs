//! Undoing the escapes of JSON strings in bulk: an event that a shipper put into a string has one every ten
//! bytes, so they are found 64 bytes at a time and what stands between is copied without asking for its length.

use crate::metal::{self, Scanner, Task};

/// Copies go over the end of what is copied by at most so much.
const PAD: usize = 64;

/// Writes what stands between the quotes of a string to the beginning of `out`, which only grows; answers how
/// many bytes that are. Escapes that are none stay as they are.
pub fn unescape_into(raw: &[u8], out: &mut Vec<u8>) -> usize {
    if out.len() < raw.len() + 2 * PAD {
        out.resize(raw.len() + 2 * PAD, 0);
    }
    metal::best(Unescape { raw, out })
}

struct Unescape<'a> {
    raw: &'a [u8],
    out: &'a mut [u8],
}

impl Task for Unescape<'_> {
    type Out = usize;

    #[inline(always)]
    fn run<S: Scanner>(self, scanner: S) -> usize {
        let Unescape { raw, out } = self;
        let (mut at, mut to) = (0, 0);
        while let Some(block) = raw.get(at..).and_then(|rest| rest.first_chunk::<64>())
            && at + 64 + 16 <= raw.len()
        {
            let mut escapes = scanner.masks(block).backslashes;
            let mut from = at;
            while escapes != 0 {
                let place = at + escapes.trailing_zeros() as usize;
                copy_short(raw, from, out, to, place - from);
                to += place - from;
                let (used, written) = one(&raw[place..], &mut out[to..]);
                to += written;
                from = place + used;
                escapes &= u64::MAX.checked_shl((from - at) as u32).unwrap_or(0);
            }
            let end = at + 64;
            if from < end {
                copy_short(raw, from, out, to, end - from);
                to += end - from;
            }
            at = from.max(end);
        }
        rest(raw.get(at..).unwrap_or_default(), out, to)
    }
}

/// Copies at most 64 bytes, in steps of 16; the last step may copy more than asked for.
#[inline(always)]
fn copy_short(raw: &[u8], from: usize, out: &mut [u8], to: usize, len: usize) {
    let mut done = 0;
    while done < len {
        let step: &[u8; 16] = match raw[from + done..].first_chunk() {
            Some(step) => step,
            None => return,
        };
        out[to + done..to + done + 16].copy_from_slice(step);
        done += 16;
    }
}

/// The last bytes, one by one.
fn rest(raw: &[u8], out: &mut [u8], mut to: usize) -> usize {
    let mut at = 0;
    while let Some(&byte) = raw.get(at) {
        let (used, written) = match byte {
            b'\\' => one(&raw[at..], &mut out[to..]),
            _ => {
                out[to] = byte;
                (1, 1)
            }
        };
        at += used;
        to += written;
    }
    to
}

/// Undoes the escape at the beginning of `raw`: bytes read and written. Never writes more than it reads.
#[inline(always)]
fn one(raw: &[u8], out: &mut [u8]) -> (usize, usize) {
    let byte = match raw.get(1) {
        Some(&byte @ (b'"' | b'\\' | b'/')) => byte,
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(b'u') => return unicode(raw, out),
        _ => {
            out[0] = b'\\';
            return (1, 1);
        }
    };
    out[0] = byte;
    (2, 1)
}

/// `\uXXXX`, or a surrogate pair of them. Half a pair becomes U+FFFD.
#[inline(never)]
fn unicode(raw: &[u8], out: &mut [u8]) -> (usize, usize) {
    let Some(high) = hex(raw) else {
        out[0] = b'\\';
        return (1, 1);
    };
    let low = raw.get(6..).and_then(hex).filter(|low| (0xDC00..0xE000).contains(low));
    let (code, used) = match low {
        Some(low) if (0xD800..0xDC00).contains(&high) => {
            (0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12)
        }
        _ => (high, 6),
    };
    let ch = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    (used, ch.encode_utf8(out).len())
}

/// The number in `\uXXXX`.
fn hex(raw: &[u8]) -> Option<u32> {
    let digits = raw.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |sum, digit| Some(sum << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unescaped(raw: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let len = unescape_into(raw, &mut out);
        out.truncate(len);
        out
    }

    proptest! {
        #[test]
        fn says_what_serde_json_says(text in "[a\"\\\\\n\t\u{7}é😀b-z]{0,300}") {
            let raw = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescaped(&raw.as_bytes()[1..raw.len() - 1]), text.as_bytes());
        }

        #[test]
        fn survives_anything(raw in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\\'), Just(b'u'), Just(b'd')], 0..300)) {
            prop_assert!(unescaped(&raw).len() <= raw.len());
        }
    }

    #[test]
    fn escapes_that_are_none_stay() {
        assert_eq!(unescaped(br"\x\"), br"\x\");
        assert_eq!(unescaped(br"\ud83d\ude00\ud83dx\u00e"), "😀\u{fffd}x\\u00e".as_bytes());
    }
}
