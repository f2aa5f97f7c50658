//! Lines with something in front of the event: a time, a node, a stream, labels. What follows is a part of the
//! line as it stands, so nothing is copied.
//!
//! All of them are told apart in one place, [`kind`], because they differ only in what the prefix looks like.

use super::peel::{Look, Peel, Text};
use crate::metal;
use crate::time;
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cri,
    Syslog,
    CloudWatch,
    AwsTail,
    Fluentd,
    Loki,
    Talos,
    Node,
    Other,
}

/// What stands before the record.
#[derive(Clone, Copy, Debug)]
struct Prefix<'a> {
    kind: Kind,
    /// Where the record begins.
    len: usize,
    node: Option<&'a str>,
    /// `{cluster="prod", job="audit"}` of Loki.
    labels: Option<&'a str>,
}

macro_rules! formats {
    ($($recognise:ident $kind:ident;)*) => {$(
        pub fn $recognise(look: Look<'_>) -> bool {
            look.text().and_then(prefix).is_some_and(|prefix| prefix.kind == Kind::$kind)
        }
    )*};
}

formats! {
    is_cri Cri;
    is_syslog Syslog;
    is_export CloudWatch;
    is_tail AwsTail;
    is_fluentd Fluentd;
    is_loki Loki;
    is_talos Talos;
    is_node Node;
    is_other Other;
}

/// Takes the prefix off, whichever it is.
pub fn take_off(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let Some(text) = look.text() else { return peel.unknown(look) };
    let Some(prefix) = prefix(text) else { return peel.unknown(look) };
    let cluster = prefix.labels.and_then(|labels| label(labels, "cluster"));
    let mut peel = peel.about(cluster, prefix.node);
    match text.bytes.get(prefix.len..) {
        Some(rest) => peel.rest(rest, prefix.len),
        None => peel.unknown(look),
    }
}

fn prefix(text: Text<'_>) -> Option<Prefix<'_>> {
    let line = text.bytes;
    let made = |kind, len, node| Prefix { kind, len, node, labels: None };
    if let Some(len) = cri(line) {
        return Some(made(Kind::Cri, len, None));
    }
    let brace = memchr::memchr(b'{', line)?;
    if line.starts_with(b"<") {
        return syslog(line).map(|node| made(Kind::Syslog, brace, node));
    }
    let head = std::str::from_utf8(line.get(..brace)?).ok()?;
    if let Some((labels, len)) = labels(line, brace) {
        return Some(Prefix { kind: Kind::Loki, len, node: label(labels, "node"), labels: Some(labels) });
    }
    let (kind, node) = kind(head, line.get(brace..)?)?;
    Some(made(kind, brace, node))
}

/// What the text before the brace is.
fn kind<'a>(head: &'a str, rest: &[u8]) -> Option<(Kind, Option<&'a str>)> {
    let tabs: Vec<&str> = head.split('\t').collect();
    if let [time, _, ""] = tabs[..]
        && is_time(time)
    {
        return Some((Kind::Fluentd, None));
    }
    let words: Vec<&str> = head.split(' ').take(5).collect();
    match words[..] {
        [time, ""] if is_time(time) => Some((Kind::CloudWatch, None)),
        [time, _, ""] if is_time(time) => Some((Kind::AwsTail, None)),
        [address, ""] if is_address(address) && begins_json(rest) => {
            Some((Kind::Talos, Some(address.trim_end_matches(':'))))
        }
        [node, ""] if is_name(node) && begins_json(rest) => Some((Kind::Node, Some(node))),
        // Anything may stand before an event that shows itself as one.
        _ if looks_like_event(rest) && !rest.starts_with(b"{\"\"") => Some((Kind::Other, None)),
        _ => None,
    }
}

/// Whether a first key follows the brace; in YAML and in prose it has no quotes.
fn begins_json(rest: &[u8]) -> bool {
    let inside = rest.get(1..).unwrap_or_default().trim_ascii_start();
    matches!(inside.first(), Some(b'"' | b'\\'))
}

fn looks_like_event(rest: &[u8]) -> bool {
    let head = &rest[..rest.len().min(400)];
    ["\"audit.k8s.io/", "\"auditID\"", "\\\"audit.k8s.io/"]
        .iter()
        .any(|mark| memchr::memmem::find(head, mark.as_bytes()).is_some())
}

fn is_time(word: &str) -> bool {
    word.len() >= 19 && time::parse(word.as_bytes()).is_some()
}

/// `172.20.0.2:`
fn is_address(word: &str) -> bool {
    word.strip_suffix(':').is_some_and(|word| word.parse::<IpAddr>().is_ok() || is_name(word))
}

/// A host name, as nodes have them.
fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// `2026-05-05T14:16:10.002100345Z stdout F ...`: the length of the prefix.
fn cri(line: &[u8]) -> Option<usize> {
    let space = line.get(..40.min(line.len()))?.iter().position(|byte| *byte == b' ')?;
    let rest = line.get(space + 1..)?;
    let after = rest.strip_prefix(b"stdout ").or_else(|| rest.strip_prefix(b"stderr "))?;
    let tags = after.iter().position(|byte| *byte == b' ')?;
    let sound =
        matches!(after.first(), Some(b'F' | b'P')) && is_time(std::str::from_utf8(&line[..space]).ok()?);
    sound.then_some(space + 1 + 7 + tags + 1)
}

/// `<134>May  5 14:16:10 cp1 kube-apiserver[1]: ` and `<134>1 2026-05-05T14:17:05Z cp1 app - - - `: the host.
fn syslog(line: &[u8]) -> Option<Option<&str>> {
    let head = std::str::from_utf8(line.get(1..line.len().min(200))?);
    let head = head.or_else(|error| std::str::from_utf8(&line[1..=error.valid_up_to()])).ok()?;
    let (priority, rest) = head.split_once('>')?;
    if priority.is_empty() || priority.len() > 3 || !priority.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).take(4).collect();
    Some(match words[..] {
        ["1", _, host, ..] => Some(host),
        [time, host, ..] if is_time(time) => Some(host),
        [_, _, _, host] => Some(host),
        _ => None,
    })
}

/// Labels in braces and where the record behind them begins, if these are labels and no record.
fn labels(line: &[u8], brace: usize) -> Option<(&str, usize)> {
    let first = line.get(brace + 1)?;
    if !(first.is_ascii_alphabetic() || *first == b'_' || *first == b'}') {
        return None;
    }
    let end = metal::container_end(line, brace)?;
    let record = end + line.get(end..)?.iter().position(|byte| *byte == b'{')?;
    Some((std::str::from_utf8(&line[brace..end]).ok()?, record))
}

/// The value of one label.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let pairs = labels.trim_matches(['{', '}']).split(',');
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_told_apart() {
        let event = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1"}"#;
        for (head, expected) in [
            ("2026-05-05T14:16:10.002100345Z stdout F ", Some((Kind::Cri, None))),
            ("2026-05-05T14:16:10Z stderr P:x ", Some((Kind::Cri, None))),
            ("<134>May  5 14:16:10 cp1 kube-apiserver[1234]: ", Some((Kind::Syslog, Some("cp1")))),
            ("<134>1 2026-05-05T14:17:05.980469Z cp1 kube-audit - - - ", Some((Kind::Syslog, Some("cp1")))),
            ("2026-05-05T14:16:10.001Z ", Some((Kind::CloudWatch, None))),
            ("2026-05-05T14:16:10.001987+00:00 kube-apiserver-audit-3f ", Some((Kind::AwsTail, None))),
            ("2026-05-05T14:16:10+00:00\tkube.audit\t", Some((Kind::Fluentd, None))),
            ("2026-05-05T14:16:10Z {cluster=\"prod\", node=\"n\"} ", Some((Kind::Loki, Some("n")))),
            ("172.20.0.2: ", Some((Kind::Talos, Some("172.20.0.2")))),
            ("master-0.example ", Some((Kind::Node, Some("master-0.example")))),
            ("I0505 14:16:10.0       1 audit.go:1] ", Some((Kind::Other, None))),
            ("kube_audit: event=", Some((Kind::Other, None))),
        ] {
            let line = format!("{head}{event}");
            let found = prefix(Text { bytes: line.as_bytes(), path: "", outermost: true });
            assert_eq!(found.map(|prefix| (prefix.kind, prefix.node)), expected, "{head}");
            assert_eq!(found.map(|prefix| prefix.len), Some(head.len()), "{head}");
        }
        assert!(prefix(Text { bytes: b"starting up {\"a\":1} now", path: "", outermost: true }).is_none());
    }
}
