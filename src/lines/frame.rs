//! Are the records of a file its lines? Its first bytes tell, and it is decided once.

use super::piece::blank;
use crate::metal;
use memchr::{memchr, memmem};

/// So many bytes are looked at.
pub(super) const HEAD: usize = 64 << 10;

/// What the records of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Lines.
    Lines,
    /// JSON values, whatever stands between them: pretty-printed, in one array, glued together.
    Documents,
    /// Lines, some of which hold only a part of a record.
    Parts(Parts),
}

/// How a container runtime splits what its container writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// `<time> stdout P ...`, the last one with `F`.
    Cri,
    /// `{"log":"...","stream":"stdout",...}`, the last one ending in a line end.
    Docker,
}

/// Decides by the beginning of a file, of which there may be more.
pub fn decide(head: &[u8]) -> Framing {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let Some(start) = head.iter().position(|byte| !byte.is_ascii_whitespace()) else { return Framing::Lines };
    let head = &head[start..];
    let end = memchr(b'\n', head);
    let line = &head[..end.unwrap_or(head.len())];
    if super::parts::cri(line).is_some() {
        return Framing::Parts(Parts::Cri);
    }
    if super::parts::docker(line).is_some() {
        return Framing::Parts(Parts::Docker);
    }
    if !matches!(head[0], b'{' | b'[') {
        return Framing::Lines;
    }
    match end {
        None => single(head),
        Some(end) => several(line, &head[end + 1..]),
    }
}

/// A file that is one line so far. Cut lines are lines.
fn single(head: &[u8]) -> Framing {
    match metal::container_end(head, 0) {
        Some(end) if blank(&head[end..]) && head[0] == b'{' => Framing::Lines,
        None if head.len() < HEAD / 2 && head[0] == b'{' => Framing::Lines,
        _ => Framing::Documents,
    }
}

/// A first line and what follows it.
fn several(line: &[u8], rest: &[u8]) -> Framing {
    match metal::container_end(line, 0) {
        Some(end) => {
            let behind = line[end..].trim_ascii_start();
            if matches!(behind.first(), Some(b'{')) { Framing::Documents } else { Framing::Lines }
        }
        None if goes_on(line.trim_ascii_end(), rest) => Framing::Documents,
        None => Framing::Lines,
    }
}

/// Whether JSON may go on behind the end of this line as it does.
fn goes_on(line: &[u8], rest: &[u8]) -> bool {
    let next = rest.trim_ascii_start().first();
    match (line.last(), next) {
        (_, None) => true,
        (Some(b'{'), next) => matches!(next, Some(b'"' | b'}')),
        (Some(b'[' | b','), _) => memmem::find(line, b"\"auditID\"").is_none(),
        (_, Some(b',' | b']' | b'}')) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide() {
        let long = format!("{{\"events\":[{}", "1,".repeat(HEAD / 2));
        for (head, framing) in [
            ("", Framing::Lines),
            ("text\n{\n", Framing::Lines),
            ("{\"a\":1}\n{\"a\":2}\n", Framing::Lines),
            ("{\"a\":1}", Framing::Lines),
            ("{\"a\":1}\r\n", Framing::Lines),
            ("{\"a\":\"cut\n{\"a\":2}\n", Framing::Lines),
            ("{\"a\":{\n{\"a\":2}\n", Framing::Lines),
            ("{\"a\":1}{\"a\":2}\n", Framing::Documents),
            ("{\"a\":1}{\"a\":2}", Framing::Documents),
            ("\u{feff}{\n  \"a\": 1\n}\n", Framing::Documents),
            ("[\n{\"a\":1},\n{\"a\":2}]", Framing::Documents),
            ("[{\"a\":1},\n{\"a\":2}]", Framing::Documents),
            ("[{\"a\":1},{\"a\":2}]", Framing::Documents),
            (&long, Framing::Documents),
            ("2026-05-05T14:16:10Z stdout F {}\n", Framing::Parts(Parts::Cri)),
            ("{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"\"}\n", Framing::Parts(Parts::Docker)),
        ] {
            assert_eq!(decide(head.as_bytes()), framing, "{head:.40}");
        }
    }
}
