//! Telling in one look over a JSON string whether it can be copied as it stands.

/// A string of the record: where its content stands between the quotes, and what kinds of bytes it holds.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub start: usize,
    pub end: usize,
    pub marks: u8,
}

/// A control character, which no JSON string may hold as it is.
pub const CONTROL: u8 = 1;
/// A byte of a character beyond ASCII.
pub const HIGH: u8 = 1 << 1;
pub const BACKSLASH: u8 = 1 << 2;
/// Bytes without which there is no secret in a text: `=` and `%` of `token=`, the blank after `Bearer`, the
/// `J` of a JSON web token, the `I` of `BEGIN` and `AKIA`, `@` and `_` of passwords in URLs and of `ghp_`.
pub const EQUAL: u8 = 1 << 3;
pub const BLANK: u8 = 1 << 4;
pub const TOKEN: u8 = 1 << 5;
pub const RARE: u8 = 1 << 6;
const QUOTE: u8 = 1 << 7;

/// Marks of strings that need care although nothing is redacted.
pub const UNTIDY: u8 = CONTROL | HIGH | BACKSLASH;
/// Marks of strings that may hold a secret. A backslash may hide any other byte.
pub const SUSPECT: u8 = EQUAL | BLANK | TOKEN | RARE | BACKSLASH;

const MARKS: [u8; 256] = {
    let mut marks = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        marks[byte] = match byte as u8 {
            0..0x20 | 0x7f => CONTROL,
            0x80.. => HIGH,
            b'\\' => BACKSLASH,
            b'"' => QUOTE,
            b'=' | b'%' => EQUAL,
            b' ' => BLANK,
            b'J' | b'I' => TOKEN,
            b'@' | b'_' => RARE,
            _ => 0,
        };
        byte += 1;
    }
    marks
};

/// The string whose opening quote stands at `at`; `None` where there is none or it does not end.
pub fn string(raw: &[u8], at: usize) -> Option<Piece> {
    if raw.get(at) != Some(&b'"') {
        return None;
    }
    let start = at + 1;
    let (mut marks, mut end) = (0, start);
    loop {
        for byte in raw.get(end..)? {
            let mark = MARKS[usize::from(*byte)];
            marks |= mark;
            if mark & (QUOTE | BACKSLASH) != 0 {
                break;
            }
            end += 1;
        }
        if *raw.get(end)? == b'"' {
            return Some(Piece { start, end, marks: marks & !QUOTE });
        }
        end += 2;
    }
}

/// Where the number, `true`, `false` or `null` that begins at `at` ends; `None` where there is none.
pub fn scalar_end(raw: &[u8], at: usize) -> Option<usize> {
    let rest = &raw[at..];
    for word in [&b"true"[..], b"false", b"null"] {
        if rest.starts_with(word) {
            return Some(at + word.len());
        }
    }
    number_len(rest).map(|len| at + len)
}

/// The length of the JSON number at the start of `text`.
fn number_len(text: &[u8]) -> Option<usize> {
    let sign = usize::from(text.first() == Some(&b'-'));
    let whole = digits(text, sign)?;
    if text[sign] == b'0' && whole > sign + 1 {
        return None;
    }
    let fraction = if text.get(whole) == Some(&b'.') { digits(text, whole + 1)? } else { whole };
    match text.get(fraction) {
        Some(b'e' | b'E') => {
            let sign = usize::from(matches!(text.get(fraction + 1), Some(b'+' | b'-')));
            digits(text, fraction + 1 + sign)
        }
        _ => Some(fraction),
    }
}

/// The end of the digits at `at`, of which there must be one.
fn digits(text: &[u8], at: usize) -> Option<usize> {
    let count = text.get(at..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}

/// Whether every escape in the content of a string is one that JSON knows, and no surrogate stands alone.
pub fn escapes_are_sound(content: &[u8]) -> bool {
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &content[at..]) {
        let escape = &content[at + next + 1..];
        let Some(len) = escape_len(escape) else { return false };
        at += next + 1 + len;
    }
    true
}

fn escape_len(escape: &[u8]) -> Option<usize> {
    match escape.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(1),
        b'u' => match unit(escape.get(1..5)?)? {
            0xD800..=0xDBFF => {
                let low = unit(escape.get(5..11)?.strip_prefix(b"\\u")?)?;
                (0xDC00..=0xDFFF).contains(&low).then_some(11)
            }
            0xDC00..=0xDFFF => None,
            _ => Some(5),
        },
        _ => None,
    }
}

fn unit(hex: &[u8]) -> Option<u32> {
    hex.iter().try_fold(0, |unit, digit| Some(unit << 4 | (*digit as char).to_digit(16)?))
}
