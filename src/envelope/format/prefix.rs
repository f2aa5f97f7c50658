//! Any text in front of an event that shows itself as one.
//!
//! What all formats with something in front of the event have in common: a time, a node, a stream, labels. What
//! follows is a part of the line as it stands, so nothing is copied.

use super::{aws_tail, cloudwatch_export, cri, fluentd, loki_text, node_logs, syslog, talos};
use crate::envelope::peel::{Look, Peel};
use crate::time;

/// A line with a brace in it.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// What stands before the brace.
    pub head: &'a str,
    /// The brace and what follows.
    pub rest: &'a [u8],
}

/// The line, unless something else than a word or two stands before its brace.
pub fn line(look: Look<'_>) -> Option<Line<'_>> {
    let bytes = look.text()?.bytes;
    let brace = memchr::memchr(b'{', bytes)?;
    let head = std::str::from_utf8(bytes.get(..brace)?).ok()?;
    let rest = bytes.get(brace..)?;
    (!head.starts_with('<') && loki_text::labels(bytes, brace).is_none()).then_some(Line { head, rest })
}

impl<'a> Line<'a> {
    /// The words of the head, which ends in a blank.
    pub fn words<const N: usize>(self) -> Option<[&'a str; N]> {
        let mut words = self.head.strip_suffix(' ')?.split(' ');
        let mut found = [""; N];
        for word in &mut found {
            *word = words.next()?;
        }
        words.next().is_none().then_some(found)
    }

    /// Whether a first key follows the brace; in YAML and in prose it has no quotes.
    pub fn begins_json(self) -> bool {
        let inside = self.rest.get(1..).unwrap_or_default().trim_ascii_start();
        matches!(inside.first(), Some(b'"' | b'\\'))
    }
}

/// Gives what stands behind a prefix of this length to the next layer.
pub fn take_off(peel: &mut Peel<'_, '_>, look: Look<'_>, length: Option<usize>) {
    match look.text().and_then(|text| Some((text.bytes.get(length?..)?, length?))) {
        Some((rest, length)) => peel.rest(rest, length),
        None => peel.unknown(look),
    }
}

/// As [`take_off`], up to the brace.
pub fn take_off_head(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    let brace = look.text().and_then(|text| memchr::memchr(b'{', text.bytes));
    take_off(peel, look, brace);
}

pub fn is_time(word: &str) -> bool {
    word.len() >= 19 && time::parse(word.as_bytes()).is_some()
}

/// A host name, as nodes have them.
pub fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// No format of its own.
pub fn recognise(look: Look<'_>) -> bool {
    let known = [
        aws_tail::recognise,
        cloudwatch_export::recognise,
        cri::recognise,
        fluentd::recognise,
        node_logs::recognise,
        syslog::recognise,
        talos::recognise,
    ];
    line(look).is_some_and(|line| looks_like_event(line.rest)) && !known.iter().any(|known| known(look))
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    take_off_head(peel, look);
}

/// Not so the cell of a table, in which quotes are doubled.
fn looks_like_event(rest: &[u8]) -> bool {
    let head = &rest[..rest.len().min(400)];
    let marks = ["\"audit.k8s.io/", "\"auditID\"", "\\\"audit.k8s.io/"];
    !rest.starts_with(b"{\"\"")
        && marks.iter().any(|mark| memchr::memmem::find(head, mark.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::FORMATS;
    use super::*;
    use crate::envelope::peel::Text;

    #[test]
    fn prefixes_are_told_apart() {
        let event = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1"}"#;
        for (head, expected) in [
            ("2026-05-05T14:16:10.002100345Z stdout F ", "cri"),
            ("2026-05-05T14:16:10Z stderr P:x ", "cri"),
            ("<134>May  5 14:16:10 cp1 kube-apiserver[1234]: ", "syslog"),
            ("<134>1 2026-05-05T14:17:05.980469Z cp1 kube-audit - - - ", "syslog"),
            ("2026-05-05T14:16:10.001Z ", "cloudwatch-export"),
            ("2026-05-05T14:16:10.001987+00:00 kube-apiserver-audit-3f ", "aws-tail"),
            ("2026-05-05T14:16:10+00:00\tkube.audit\t", "fluentd"),
            ("2026-05-05T14:16:10Z {cluster=\"prod\", node=\"n\"} ", "loki-text"),
            ("172.20.0.2: ", "talos"),
            ("master-0.example ", "node-logs"),
            ("I0505 14:16:10.0       1 audit.go:1] ", "prefix"),
            ("kube_audit: event=", "prefix"),
        ] {
            let line = format!("{head}{event}");
            let look = Look::Text(Text { bytes: line.as_bytes(), path: "", outermost: true });
            let found: Vec<_> =
                FORMATS.iter().filter(|format| (format.recognise)(look)).map(|format| format.name).collect();
            assert_eq!(found, [expected], "{head}");
        }
        let prose = Look::Text(Text { bytes: b"starting up {\"a\":1} now", path: "", outermost: true });
        assert!(!FORMATS.iter().any(|format| (format.recognise)(prose)));
    }
}
