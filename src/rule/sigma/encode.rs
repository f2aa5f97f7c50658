//! Changes to the text of a value before it is searched for: dashes, Base64, UTF-16.

use super::modifier::Step;
use crate::rule::{Part, Pattern};

/// The characters that programs take for the dash before an option.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];
/// Each dash of a value makes five of it.
const MAX_VARIANTS: usize = 625;

/// What is wrong with a value: text and mend.
pub type Wrong = (String, String);

/// All texts that a value becomes by these steps.
///
/// # Errors
/// The value holds wildcards or bytes that a step cannot take, or too many dashes.
pub fn apply(pattern: Pattern, steps: &[Step]) -> Result<Vec<Pattern>, Wrong> {
    let mut patterns = vec![pattern];
    let (dashes, encodings): (Vec<Step>, Vec<Step>) = steps.iter().partition(|step| **step == Step::Windash);
    if !dashes.is_empty() {
        patterns = windash(&patterns)?;
    }
    if encodings.is_empty() {
        return Ok(patterns);
    }
    let encoded = patterns.iter().map(|pattern| encode(pattern, &encodings));
    Ok(encoded.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn windash(patterns: &[Pattern]) -> Result<Vec<Pattern>, Wrong> {
    let mut variants = vec![Pattern(Vec::new())];
    for part in patterns.iter().flat_map(|pattern| &pattern.0) {
        let parts: Vec<Part> = match part {
            Part::Literal(text) => dashed(text)?.into_iter().map(Part::Literal).collect(),
            wildcard => vec![wildcard.clone()],
        };
        if variants.len() * parts.len() > MAX_VARIANTS {
            return Err(too_many_dashes());
        }
        variants = variants.iter().flat_map(|head| parts.iter().map(|part| joined(head, part))).collect();
    }
    Ok(variants)
}

fn joined(head: &Pattern, part: &Part) -> Pattern {
    Pattern(head.0.iter().chain([part]).cloned().collect())
}

/// The text with each dash that begins an option written in all five ways.
fn dashed(text: &str) -> Result<Vec<String>, Wrong> {
    let mut variants = vec![String::new()];
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        let begins = !is_word(before) && chars.peek().is_some_and(|next| is_word(*next));
        if DASHES.contains(&ch) && begins {
            if variants.len() * DASHES.len() > MAX_VARIANTS {
                return Err(too_many_dashes());
            }
            variants = variants.iter().flat_map(|head| DASHES.map(|dash| format!("{head}{dash}"))).collect();
        } else {
            variants.iter_mut().for_each(|variant| variant.push(ch));
        }
        before = ch;
    }
    Ok(variants)
}

fn is_word(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '_'
}

fn too_many_dashes() -> Wrong {
    ("`windash` makes too many variants of this value".into(), "split the value into several".into())
}

fn encode(pattern: &Pattern, steps: &[Step]) -> Result<Vec<Pattern>, Wrong> {
    let text = pattern.plain().ok_or_else(|| {
        let mend = "drop the wildcard, or write it as `\\*` if the character itself is meant";
        ("a value with wildcards cannot be encoded".to_owned(), mend.to_owned())
    })?;
    let mut values = vec![text.as_bytes().to_vec()];
    for step in steps {
        let next: Result<Vec<Vec<Vec<u8>>>, Wrong> =
            values.iter().map(|value| one_step(value, *step)).collect();
        values = next?.into_iter().flatten().collect();
    }
    values.into_iter().map(|value| Ok(Pattern::literal(&text_of(value)?))).collect()
}

fn one_step(value: &[u8], step: Step) -> Result<Vec<Vec<u8>>, Wrong> {
    Ok(match step {
        Step::Windash => vec![value.to_vec()],
        Step::Base64 => vec![base64(value).into_bytes()],
        Step::Base64Offset => (0..3).map(|shift| base64_shifted(value, shift).into_bytes()).collect(),
        Step::Utf16Le => vec![utf16(value, u16::to_le_bytes)?],
        Step::Utf16Be => vec![utf16(value, u16::to_be_bytes)?],
        Step::Utf16 => vec![[vec![0xff, 0xfe], utf16(value, u16::to_le_bytes)?].concat()],
    })
}

fn utf16(value: &[u8], bytes: fn(u16) -> [u8; 2]) -> Result<Vec<u8>, Wrong> {
    Ok(text_of(value.to_vec())?.encode_utf16().flat_map(bytes).collect())
}

fn text_of(value: Vec<u8>) -> Result<String, Wrong> {
    String::from_utf8(value).map_err(|_| {
        let mend = "put `base64` or `base64offset` behind the UTF-16 modifier";
        ("audit events hold text, in which these bytes cannot stand".to_owned(), mend.to_owned())
    })
}

/// Base64 with padding (RFC 4648).
fn base64(value: &[u8]) -> String {
    let mut text: String = digits(value).collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// The part of the Base64 text that depends on nothing but `value` when `shift` bytes stand before it.
fn base64_shifted(value: &[u8], shift: usize) -> String {
    let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(value.iter().copied()).collect();
    let first = (shift * 8).div_ceil(6);
    let end = padded.len() * 8 / 6;
    digits(&padded).take(end).skip(first).collect()
}

fn digits(value: &[u8]) -> impl Iterator<Item = char> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    value.chunks(3).flat_map(|chunk| {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        [18, 12, 6, 0]
            .into_iter()
            .take(chunk.len() + 1)
            .map(move |shift| char::from(ALPHABET[(bits >> shift & 63) as usize]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(value: &str, steps: &[Step]) -> Vec<String> {
        let patterns = apply(Pattern::literal(value), steps).unwrap();
        patterns.iter().map(|pattern| pattern.plain().unwrap().to_owned()).collect()
    }

    #[test]
    fn base64_of_the_rfc() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (value, encoded) in pairs {
            assert_eq!(base64(value.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_shifted_value_is_found_in_any_base64_text_that_holds_it() {
        for value in ["http://", "a", "ab", "Invoke-WebRequest", "/bin/bash"] {
            let variants = texts(value, &[Step::Base64Offset]);
            for (shift, variant) in variants.iter().enumerate() {
                for tail in ["", "x", "xy", "xyz"] {
                    let whole = base64(format!("{}{value}{tail}", "#".repeat(shift)).as_bytes());
                    assert!(whole.contains(variant.as_str()), "{variant} in {whole}");
                }
            }
        }
    }

    #[test]
    fn utf16_in_its_three_forms() {
        assert_eq!(texts("cmd", &[Step::Utf16Le]), ["c\0m\0d\0"]);
        assert_eq!(texts("cmd", &[Step::Utf16Be]), ["\0c\0m\0d"]);
        assert_eq!(texts("cmd", &[Step::Utf16Le, Step::Base64]), ["YwBtAGQA"]);
        assert_eq!(texts("cmd", &[Step::Utf16, Step::Base64]), ["//5jAG0AZAA="]);
        assert!(apply(Pattern::literal("cmd"), &[Step::Utf16]).is_err());
    }

    #[test]
    fn a_dash_before_a_word_is_written_in_five_ways() {
        let variants = texts("tar -x a-b - /c", &[Step::Windash]);
        assert_eq!(variants.len(), 25);
        assert!(variants.contains(&"tar \u{2014}x a-b - -c".to_owned()));
        assert!(apply(Pattern::parse("-a -b -c -d -e"), &[Step::Windash]).is_err());
    }

    #[test]
    fn wildcards_cannot_be_encoded() {
        assert!(apply(Pattern::parse("a*"), &[Step::Base64]).is_err());
        assert_eq!(apply(Pattern::parse(r"a\*"), &[Step::Base64]).unwrap(), [Pattern::literal("YSo=")]);
    }
}
