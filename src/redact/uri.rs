//! Secrets in request URIs, above all in the commands that `kubectl exec` runs.

use super::{key, text};
use std::borrow::Cow;
use std::fmt::Write;

const REDACTED: &str = "[redacted]";

pub fn redact(uri: &str) -> Cow<'_, str> {
    let (path, query) = uri.split_once('?').map_or((uri, None), |(path, query)| (path, Some(query)));
    let mut out = piece(path).into_owned();
    let mut commands = 0;
    for (at, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
        out.push_str(&piece(name));
        if let Some(value) = value {
            out.push('=');
            out.push_str(&argument(&decode(name), value, &mut commands));
        }
    }
    if out == uri { Cow::Borrowed(uri) } else { Cow::Owned(out) }
}

/// The value of one argument of the query, in percent codes as it came. `commands` counts the words of a
/// command so far.
fn argument<'v>(name: &str, value: &'v str, commands: &mut usize) -> Cow<'v, str> {
    if value.is_empty() {
        return Cow::Borrowed(value);
    }
    if name == "command" {
        *commands += 1;
        let shown = *commands == 1 && is_program(&decode(value));
        return Cow::Borrowed(if shown { value } else { REDACTED });
    }
    match key::secret_kind(name.as_bytes()) {
        Some(_) => Cow::Borrowed(REDACTED),
        None => piece(value),
    }
}

/// Whether the first word of a command is but the name of a program.
fn is_program(word: &str) -> bool {
    let plain = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '/' | '.' | '_' | '-' | '+');
    word.len() <= 128
        && !word.starts_with('-')
        && word.chars().all(plain)
        && matches!(text::redact(word), Cow::Borrowed(_))
}

/// A piece of a URI in percent codes, left as it came where it holds no secret.
fn piece(raw: &str) -> Cow<'_, str> {
    let decoded = decode(raw);
    match text::redact(&decoded) {
        Cow::Owned(clean) if clean != decoded => Cow::Owned(encode(&clean)),
        _ => Cow::Borrowed(raw),
    }
}

fn decode(raw: &str) -> Cow<'_, str> {
    if !raw.bytes().any(|byte| byte == b'%' || byte == b'+') {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = if byte == b'%' { code(after) } else { None };
        out.push(code.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

fn code(after: &[u8]) -> Option<u8> {
    let digit = |at: usize| (*after.get(at)? as char).to_digit(16);
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

/// Puts into percent codes what would end the piece or be read as a code.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            ' ' => out.push('+'),
            '%' | '+' | '&' | '?' | '#' | '\0'..='\u{1f}' => {
                let _ = write!(out, "%{:02X}", u32::from(ch));
            }
            _ => out.push(ch),
        }
    }
    out
}
