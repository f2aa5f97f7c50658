//! A JSON string as it stands in the record.

use std::borrow::Cow;

/// The bytes between the quotes of a JSON string, not yet unescaped.
///
/// The parser has checked the escapes. The bytes may be no UTF-8 (such records are counted); decoding then
/// puts U+FFFD in their place.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    raw: &'a [u8],
    escaped: bool,
}

impl<'a> Text<'a> {
    /// `escaped` tells whether `raw` holds a backslash.
    pub fn new(raw: &'a [u8], escaped: bool) -> Text<'a> {
        Text { raw, escaped }
    }

    /// A string of our own that holds no escapes.
    pub fn plain(raw: &'a str) -> Text<'a> {
        Text { raw: raw.as_bytes(), escaped: false }
    }

    /// The bytes as they stand in the record: a key for look-ups that must not decode.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    pub fn is_escaped(&self) -> bool {
        self.escaped
    }

    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// What the string says. Borrowed unless an escape had to be undone.
    pub fn decode(&self) -> Cow<'a, str> {
        let text =
            std::str::from_utf8(self.raw).map_or_else(|_| String::from_utf8_lossy(self.raw), Cow::Borrowed);
        if self.escaped { Cow::Owned(unescape(&text)) } else { text }
    }
}

/// Undoes JSON escapes. A lone surrogate, which no text can hold, becomes U+FFFD.
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (ch, used) = escape(rest.get(at + 1..).unwrap_or_default());
        text.push(ch);
        rest = rest.get(at + 1 + used..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

/// The character that stands after a backslash, and how many bytes it took.
fn escape(after: &str) -> (char, usize) {
    match after.as_bytes().first() {
        Some(b'n') => ('\n', 1),
        Some(b't') => ('\t', 1),
        Some(b'r') => ('\r', 1),
        Some(b'b') => ('\u{8}', 1),
        Some(b'f') => ('\u{c}', 1),
        Some(b'u') => unicode_escape(after),
        Some(&byte @ (b'"' | b'\\' | b'/')) => (byte as char, 1),
        _ => (char::REPLACEMENT_CHARACTER, 0),
    }
}

/// `uXXXX`, or a surrogate pair `uXXXX\uXXXX`.
fn unicode_escape(after: &str) -> (char, usize) {
    let Some(high) = hex4(after, 1) else { return (char::REPLACEMENT_CHARACTER, 1) };
    if let Some(ch) = char::from_u32(high) {
        return (ch, 5);
    }
    let low = if after.get(5..7) == Some("\\u") { hex4(after, 7) } else { None };
    match low {
        Some(low @ 0xDC00..=0xDFFF) if high < 0xDC00 => {
            let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 11)
        }
        _ => (char::REPLACEMENT_CHARACTER, 5),
    }
}

fn hex4(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_decode_as_serde_json_decodes_them() {
        for raw in [r"a\u0026b", r#"\n\t\r\b\f\/\\\""#, r"\ud83d\ude00", "plain", "ü\\u00fc", r"\u0000"] {
            let ours = Text::new(raw.as_bytes(), true).decode().into_owned();
            let theirs: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
            assert_eq!(ours, theirs, "{raw}");
        }
    }

    #[test]
    fn lone_surrogates_become_the_replacement_character() {
        for raw in [r"\ud83d", r"\ude00", r"\ud83dx", r"\ud83d\n", r"\ud83d\u0041"] {
            assert!(Text::new(raw.as_bytes(), true).decode().contains('\u{fffd}'), "{raw}");
        }
    }
}
