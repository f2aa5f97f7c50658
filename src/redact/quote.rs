//! Characters that must not reach a terminal as they are, and JSON strings without them.

/// Whether a terminal would obey this character or hide it: controls (C0, DEL, C1), marks that turn the
/// direction of writing, characters of no width, tags, variation selectors.
///
/// Source: the `Cc`, `Cf`, `Zl` and `Zp` categories and the `Default_Ignorable_Code_Point` property of Unicode.
#[inline]
pub fn is_hidden(ch: char) -> bool {
    !matches!(ch, ' '..='~') && is_hidden_beside_ascii(ch)
}

fn is_hidden_beside_ascii(ch: char) -> bool {
    matches!(ch,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Appends a text as a JSON string, quotes included. Hidden characters stand as `\uXXXX`.
pub fn push(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut plain = 0;
    for (at, ch) in text.char_indices() {
        if ch == '"' || ch == '\\' || is_hidden(ch) {
            out.extend_from_slice(&text.as_bytes()[plain..at]);
            push_escape(out, ch);
            plain = at + ch.len_utf8();
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
}

/// Appends the JSON escape of one character.
pub fn push_escape(out: &mut Vec<u8>, ch: char) {
    let short = match ch {
        '"' => b'"',
        '\\' => b'\\',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        _ => return ch.encode_utf16(&mut [0; 2]).iter().for_each(|unit| push_unit(out, *unit)),
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn push_unit(out: &mut Vec<u8>, unit: u16) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        out.push(b"0123456789abcdef"[usize::from(unit >> shift & 0xf)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_reads_back_as_it_was_and_hides_nothing() {
        for code in 0..=char::MAX as u32 {
            let Some(ch) = char::from_u32(code) else { continue };
            let text = format!("a{ch}z");
            let mut out = Vec::new();
            push(&mut out, &text);
            let quoted = std::str::from_utf8(&out).unwrap();
            assert!(!quoted.contains(is_hidden), "U+{code:04x}");
            assert_eq!(serde_json::from_str::<String>(quoted).unwrap(), text);
        }
    }
}
