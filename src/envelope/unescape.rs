//! Undoing the escapes of JSON strings in bulk: an event that a shipper put into a string has one every ten
//! bytes, so they are found 64 bytes at a time, and what they leave is moved together by a shuffle.

use crate::metal::{self, Escape, Scanner, Task};

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
        while let (Some(block), Some(room)) =
            (chunk(raw, at), out.get_mut(to..).and_then(<[u8]>::first_chunk_mut))
        {
            let masks = scanner.masks(block);
            if masks.backslashes == 0 {
                *room = *block;
                (at, to) = (at + 64, to + 64);
                continue;
            }
            let escaped = Escape::default().escaped(masks.backslashes);
            // Escapes of anything but a quote or a backslash are undone one by one, as is one that the block cuts.
            let odd = escaped & !(masks.quotes | masks.backslashes);
            let begins = masks.backslashes & !escaped;
            let end = (odd >> 1 | begins & 1 << 63).trailing_zeros();
            let before = u64::MAX.checked_shl(end).map_or(u64::MAX, |behind| !behind);
            to += scanner.compact(block, !begins & before, room);
            at += end as usize;
            if end < 64 {
                let (used, written) = one(&raw[at..], &mut out[to..]);
                (at, to) = (at + used, to + written);
            }
        }
        rest(raw.get(at..).unwrap_or_default(), out, to)
    }
}

#[inline(always)]
fn chunk(raw: &[u8], at: usize) -> Option<&[u8; 64]> {
    raw.get(at..)?.first_chunk()
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
