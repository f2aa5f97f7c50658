//! Secrets in running text: messages, user agents, arguments of programs, configuration held in strings.
//!
//! One search for all the words that betray a secret comes first, as nearly no text holds one. Each word has
//! a rule that tells where the secret behind it begins and ends, if there is one.

use super::key;
use crate::base64;
use aho_corasick::{AhoCorasick, MatchKind};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What is taken out of a text, and what is put in its place.
struct Secret {
    start: usize,
    end: usize,
    instead: &'static str,
}

/// Looks for a secret at a word that stands at `start..end` of the text.
type Rule = fn(hunt: &mut Hunt<'_>, start: usize, end: usize) -> Option<Secret>;

/// A text, and what was learned of it: without that, a text made of nothing but beginnings of tokens would
/// be read again to its end for each of them.
struct Hunt<'t> {
    text: &'t str,
    /// No header of a web token that begins before this is followed by a dot.
    no_web_token: usize,
    /// No private key in base64 begins before this.
    no_encoded_key: usize,
}

const REDACTED: &str = "[redacted]";

/// The words, in lower case, and their rules.
const WORDS: &[(&str, Rule)] = &[
    ("eyj", web_token),
    ("-----begin", private_key),
    ("ls0tls1crudjti", encoded_private_key),
    ("bearer", credentials),
    ("basic", credentials),
    ("akia", aws_key),
    ("asia", aws_key),
    ("ghp_", prefixed),
    ("gho_", prefixed),
    ("ghs_", prefixed),
    ("github_pat_", prefixed),
    ("glpat-", prefixed),
    ("://", password_in_url),
    ("authorization", header),
    ("cookie", header),
    ("password", assignment),
    ("passwd", assignment),
    ("passphrase", assignment),
    ("token", assignment),
    ("secret", assignment),
    ("credential", assignment),
    ("credentials", assignment),
    ("api_key", assignment),
    ("api-key", assignment),
    ("apikey", assignment),
    ("access_key", assignment),
    ("access-key", assignment),
    ("accesskey", assignment),
    ("private_key", assignment),
    ("private-key", assignment),
    ("privatekey", assignment),
    ("client-key-data", assignment),
];

#[allow(clippy::expect_used, reason = "the words are constant, and every test builds them")]
static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(aho_corasick::AhoCorasickKind::DFA))
        .build(WORDS.iter().map(|(word, _)| word))
        .expect("constant words")
});

pub fn redact(text: &str) -> Cow<'_, str> {
    // Each word has other letters: the ids of requests and of objects go no further.
    if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')) {
        return Cow::Borrowed(text);
    }
    let mut hunt = Hunt { text, no_web_token: 0, no_encoded_key: 0 };
    let mut out = String::new();
    let mut done = 0;
    for found in SEARCH.find_iter(text) {
        let rule = WORDS[found.pattern()].1;
        if found.start() < done {
            continue;
        }
        if let Some(secret) = rule(&mut hunt, found.start(), found.end()) {
            out.push_str(&text[done..secret.start]);
            out.push_str(secret.instead);
            done = secret.end;
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// `eyJ<header>.<payload>.<signature>`; also a docker configuration in base64, which begins alike.
fn web_token(hunt: &mut Hunt<'_>, start: usize, _: usize) -> Option<Secret> {
    let text = hunt.text;
    const DOCKER_AUTHS: &str = "eyJhdXRocyI6";
    let rest = &text[start..];
    if !rest.starts_with("eyJ") || start < hunt.no_web_token {
        return None;
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'=');
    let header = run(text, start, is_part);
    let end = run(text, start, |byte| is_part(byte) || byte == b'.');
    if header - start >= 8 && end > header + 2 {
        return Some(Secret { start, end, instead: "[redacted jwt]" });
    }
    hunt.no_web_token = header;
    let end = run(text, start, |byte| is_base64(byte) || byte == b'=');
    rest.starts_with(DOCKER_AUTHS).then_some(Secret { start, end, instead: "[redacted docker config]" })
}

/// A PEM block; one that does not end reaches to the end of the text.
fn private_key(hunt: &mut Hunt<'_>, start: usize, end: usize) -> Option<Secret> {
    let text = hunt.text;
    let label = &text[end..];
    let label = &label[..label.find("-----")?];
    let is_key = label.len() < 64 && label.to_ascii_uppercase().contains("PRIVATE KEY");
    if !is_key {
        return None;
    }
    let body = end + label.len() + 5;
    let after = memchr::memmem::find(&text.as_bytes()[body..], b"-----END").map(|at| body + at + 8);
    let end = after.and_then(|at| Some(at + text[at..].find("-----")? + 5)).unwrap_or(text.len());
    Some(Secret { start, end, instead: "[redacted private key]" })
}

/// PEM in base64: told from a certificate by what it says.
fn encoded_private_key(hunt: &mut Hunt<'_>, start: usize, _: usize) -> Option<Secret> {
    let text = hunt.text;
    if start < hunt.no_encoded_key {
        return None;
    }
    let end = run(text, start, |byte| is_base64(byte) || matches!(byte, b'=' | b'\n' | b'\r'));
    let mut parts = text[start..end].split('=');
    let is_key = parts.any(holds_key);
    hunt.no_encoded_key = end;
    is_key.then_some(Secret { start, end, instead: "[redacted private key]" })
}

fn holds_key(encoded: &str) -> bool {
    let text = base64::decode(encoded.as_bytes()).unwrap_or_default();
    memchr::memmem::find(&text, b"PRIVATE KEY").is_some()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-/_".contains(&byte)
}

/// `Bearer <token>` and `Basic <user:password in base64>`, told from the words in a sentence by their looks.
fn credentials(hunt: &mut Hunt<'_>, _: usize, end: usize) -> Option<Secret> {
    let text = hunt.text;
    let start = run(text, end, |byte| byte == b' ' || byte == b'\t');
    let end = run(text, start, |byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
    let word = &text.as_bytes()[start..end];
    let strange = word.iter().any(|byte| byte.is_ascii_digit() || b"=_~+/".contains(byte))
        || word.iter().skip(1).any(u8::is_ascii_uppercase) && word.iter().any(u8::is_ascii_lowercase)
        || word.len() >= 24;
    let follows = text.as_bytes().get(start.wrapping_sub(1)).is_some_and(u8::is_ascii_whitespace);
    (follows && word.len() >= 6 && strange).then_some(Secret { start, end, instead: REDACTED })
}

/// An access key id of AWS: four letters and sixteen more, all upper case.
fn aws_key(hunt: &mut Hunt<'_>, start: usize, _: usize) -> Option<Secret> {
    let text = hunt.text;
    let end = run(text, start, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (end - start >= 20).then_some(Secret { start, end, instead: "[redacted aws key]" })
}

/// A token that begins with the mark of its issuer.
fn prefixed(hunt: &mut Hunt<'_>, start: usize, _: usize) -> Option<Secret> {
    let text = hunt.text;
    let end = run(text, start, |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    (end - start >= 20).then_some(Secret { start, end, instead: "[redacted token]" })
}

/// `https://user:password@host`.
fn password_in_url(hunt: &mut Hunt<'_>, _: usize, end: usize) -> Option<Secret> {
    let text = hunt.text;
    let authority = run(text, end, |byte| !byte.is_ascii_whitespace() && !b"/?#\"'<>\\".contains(&byte));
    let host = end + text[end..authority].rfind('@')?;
    let password = end + text[end..host].find(':')? + 1;
    (password < host).then_some(Secret { start: password, end: host, instead: REDACTED })
}

/// `Authorization: Basic ...`, whose value is the rest of the line; else as any other assignment.
fn header(hunt: &mut Hunt<'_>, start: usize, end: usize) -> Option<Secret> {
    let text = hunt.text;
    let colon = run(text, end, |byte| byte == b' ');
    if text.as_bytes().get(colon) != Some(&b':') {
        return assignment(hunt, start, end);
    }
    let start = run(text, colon + 1, |byte| byte == b' ' || byte == b'\t');
    let end = run(text, start, |byte| !matches!(byte, b'\n' | b'\r' | b'"' | b'\''));
    (start < end).then_some(Secret { start, end, instead: REDACTED })
}

/// `password=...`, `"token": "..."`, `password: ...`, `--token ...`, `password%3D...`.
fn assignment(hunt: &mut Hunt<'_>, start: usize, end: usize) -> Option<Secret> {
    let text = hunt.text;
    let after = &text.as_bytes()[end..];
    let quotes = after.iter().take_while(|byte| is_quote(**byte)).count();
    let sign = run(text, end + quotes, |byte| byte == b' ');
    let rest = &text[sign..];
    if rest.starts_with("%3D") || rest.starts_with("%3d") {
        return value(text, sign + 3);
    }
    match rest.as_bytes().first() {
        Some(b'=') => value(text, sign + 1),
        Some(b':') if quotes > 0 || is_plain_speech(text, start, end, sign) => value(text, sign + 1),
        _ if quotes == 0 && sign > end => flag_value(text, start, end, sign),
        _ => None,
    }
}

/// Whether a colon after this word gives a value. After `token` and `secret` it does so only in a line of its
/// own, as in YAML: elsewhere it is a sentence, such as `secret: not found`.
fn is_plain_speech(text: &str, start: usize, end: usize, colon: usize) -> bool {
    if !matches!(&*text[start..end].to_ascii_lowercase(), "token" | "secret" | "credential" | "credentials") {
        return true;
    }
    let back = |from: usize, test: fn(&u8) -> bool| {
        from - text.as_bytes()[..from].iter().rev().take_while(|byte| test(byte)).count()
    };
    let name = back(start, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let line = back(name, |byte| matches!(byte, b' ' | b'\t' | b'-'));
    let alone = line == 0 || text.as_bytes()[line - 1] == b'\n';
    let value = || text[colon + 1..].lines().next().unwrap_or_default().trim();
    alone && !value().is_empty() && !value().contains(' ')
}

/// The value after an option: `--token abc`.
fn flag_value(text: &str, start: usize, end: usize, value: usize) -> Option<Secret> {
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let from = start - text.as_bytes()[..start].iter().rev().take_while(|byte| name(byte)).count();
    let is_flag = key::is_secret_flag(&text[from..end]) && !text[value..].starts_with('-');
    is_flag.then(|| self::value(text, value)).flatten()
}

/// The value that begins at `at`, perhaps in quotes.
fn value(text: &str, at: usize) -> Option<Secret> {
    let at = run(text, at, |byte| byte == b' ' || byte == b'\t');
    let start = run(text, at, is_quote);
    let ends = |byte: u8| byte.is_ascii_whitespace() || byte == b'&';
    let mut end = match start > at {
        true => run(text, start, |byte| !is_quote(byte)),
        false => run(text, start, |byte| !ends(byte) && !is_quote(byte)),
    };
    if matches!(&*text[start..end].to_ascii_lowercase(), "bearer" | "basic") {
        end = run(text, run(text, end, |byte| byte == b' '), |byte| !ends(byte) && !is_quote(byte));
    }
    (start < end).then_some(Secret { start, end, instead: REDACTED })
}

/// A quote, or the backslash before one in JSON within a string.
fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'\\' | b'`')
}

/// The end of the run of such bytes that begins at `at`. The test must hold for all bytes of a character
/// beyond ASCII or for none.
fn run(text: &str, at: usize, test: impl Fn(u8) -> bool) -> usize {
    at + text.as_bytes()[at..].iter().take_while(|byte| test(**byte)).count()
}
