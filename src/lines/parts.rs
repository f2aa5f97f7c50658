//! Container runtimes split what is longer than their buffer (16 KiB) over several lines. Here the parts of a
//! record are put together again, so that nobody after this has to know.
//!
//! Nearly all lines are whole, and pieces of whole lines pass untouched. Where a record is in parts, the piece
//! is written anew, and what is still open at its end waits for the next one.

use super::Piece;
use super::frame::Parts;
use super::piece::Doc;
use crate::time;
use memchr::{memchr, memmem};

/// One line as its runtime wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// 0 for standard output, 1 for standard error.
    stream: usize,
    /// Whether the record ends with this part.
    last: bool,
    /// Where its share of the record begins and ends in the line.
    from: usize,
    to: usize,
}

/// `<time> stdout P <share>`
pub(super) fn cri(line: &[u8]) -> Option<Part> {
    let space = memchr(b' ', &line[..line.len().min(40)])?;
    let rest = line.get(space + 1..)?;
    let stream = usize::from(rest.starts_with(b"stderr "));
    if stream == 0 && !rest.starts_with(b"stdout ") {
        return None;
    }
    let after = rest.get(7..)?;
    let tags = memchr(b' ', &after[..after.len().min(40)])?;
    let last = match after[..tags].split(|byte| *byte == b':').next()? {
        b"F" => true,
        b"P" => false,
        _ => return None,
    };
    time::parse(&line[..space])?;
    Some(Part { stream, last, from: space + 8 + tags + 1, to: line.len() })
}

/// `{"log":"<share>","stream":"stdout",...}`
pub(super) fn docker(line: &[u8]) -> Option<Part> {
    const LOG: &[u8] = b"{\"log\":\"";
    const STREAM: &[u8] = b"\",\"stream\":\"";
    if !line.starts_with(LOG) {
        return None;
    }
    let to = memmem::rfind(line, STREAM)?;
    let stream = usize::from(line[to + STREAM.len()..].starts_with(b"stderr"));
    Some(Part { stream, last: line[..to].ends_with(b"\\n"), from: LOG.len(), to })
}

/// Puts the parts of one file together.
pub(super) struct Joiner {
    form: Parts,
    /// Lines that wait for what follows, and where they begin.
    waiting: Vec<u8>,
    at: u64,
}

/// A record of which some parts have come.
#[derive(Default)]
struct Open {
    text: Vec<u8>,
    offset: u64,
    line: u32,
}

impl Joiner {
    pub fn new(form: Parts) -> Joiner {
        Joiner { form, waiting: Vec::new(), at: 0 }
    }

    /// Puts together what is in the piece. False when all of it has to wait for more, of which at most `most`
    /// bytes are held.
    pub fn join(&mut self, piece: &mut Piece, most: usize) -> bool {
        if piece.too_long.is_some() || (self.waiting.is_empty() && !self.splits(piece.bytes())) {
            return true;
        }
        if self.waiting.is_empty() {
            self.at = piece.offset;
        }
        self.waiting.extend_from_slice(piece.bytes());
        self.give(piece, self.waiting.len() > most)
    }

    /// What still waits at the end of the file. False when nothing does.
    pub fn finish(&mut self, piece: &mut Piece) -> bool {
        !self.waiting.is_empty() && self.give(piece, true)
    }

    /// Whether some line may be a part.
    fn splits(&self, bytes: &[u8]) -> bool {
        match self.form {
            Parts::Cri => {
                [&b" stdout P"[..], b" stderr P"].iter().any(|mark| memmem::find(bytes, mark).is_some())
            }
            Parts::Docker => {
                memmem::find_iter(bytes, b"\",\"stream\":\"").any(|at| !bytes[..at].ends_with(b"\\n"))
            }
        }
    }

    fn part(&self, line: &[u8]) -> Option<Part> {
        match self.form {
            Parts::Cri => cri(line),
            Parts::Docker => docker(line),
        }
    }

    /// Hands out the lines up to where no record is open; all of them at the end.
    fn give(&mut self, piece: &mut Piece, all: bool) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        let mut written = Written::default();
        let mut open: [Option<Open>; 2] = [None, None];
        let (mut at, mut line, mut closed) = (0, 0, Closed::default());
        while at < waiting.len() {
            let end = memchr(b'\n', &waiting[at..]).map_or(waiting.len(), |end| at + end);
            let text = waiting[at..end].strip_suffix(b"\r").unwrap_or(&waiting[at..end]);
            self.line(text, self.at + at as u64, line, &mut open, &mut written);
            at = (end + 1).min(waiting.len());
            line += 1;
            if open.iter().all(Option::is_none) {
                closed = Closed { at, line, docs: written.docs.len(), bytes: written.bytes.len() };
            }
        }
        if all {
            open.iter_mut()
                .filter_map(Option::take)
                .for_each(|open| written.add(&open.text, open.offset, open.line));
            closed = Closed { at, line, docs: written.docs.len(), bytes: written.bytes.len() };
        }
        self.waiting = waiting;
        let offset = self.at;
        self.waiting.drain(..closed.at);
        self.at += closed.at as u64;
        written.docs.truncate(closed.docs);
        written.bytes.truncate(closed.bytes);
        piece.set_docs(written.bytes, written.docs, offset, closed.line);
        closed.at > 0
    }

    fn line(
        &self,
        line: &[u8],
        offset: u64,
        number: u32,
        open: &mut [Option<Open>; 2],
        written: &mut Written,
    ) {
        let Some(part) = self.part(line) else {
            return written.add(line, offset, number);
        };
        let slot = &mut open[part.stream];
        match (slot.take(), part.last) {
            (None, true) => written.add(line, offset, number),
            (None, false) => {
                *slot = Some(Open { text: line[..part.to].to_vec(), offset, line: number });
            }
            (Some(mut begun), last) => {
                begun.text.extend_from_slice(&line[part.from..part.to]);
                if last {
                    begun.text.extend_from_slice(&line[part.to..]);
                    written.add(&begun.text, begun.offset, begun.line);
                } else {
                    *slot = Some(begun);
                }
            }
        }
    }
}

/// How far everything is closed.
#[derive(Clone, Copy, Default)]
struct Closed {
    at: usize,
    line: u32,
    docs: usize,
    bytes: usize,
}

#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    docs: Vec<Doc>,
}

impl Written {
    fn add(&mut self, record: &[u8], offset: u64, line: u32) {
        if record.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.docs.push(Doc { start, end: self.bytes.len(), offset, line });
        self.bytes.push(b'\n');
    }
}
