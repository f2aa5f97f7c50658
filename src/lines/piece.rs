//! A run of whole lines, and the records in it.

use super::buffer::Buffer;
use crate::metal::Map;
use memchr::{memchr, memchr_iter, memrchr};
use std::ops::Range;
use std::sync::Arc;

/// Whole lines, one after the other. Made once for each worker and filled again and again.
#[derive(Default)]
pub struct Piece {
    pub(super) own: Buffer,
    pub(super) shared: Option<(Arc<Map>, Range<usize>)>,
    /// Where `bytes()[0]` stands in the file or, if that is compressed, in its content.
    pub offset: u64,
    /// Set when this piece stands for one line that is too long to be held: its length in bytes without the
    /// line end. `bytes()` is empty then.
    pub too_long: Option<u64>,
    /// The records, where they are not the lines.
    docs: Option<Docs>,
}

#[derive(Default)]
struct Docs {
    docs: Vec<Doc>,
    /// Lines of the file that these are.
    lines: u32,
}

/// A record that is not a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doc {
    /// Where it stands in `bytes()`.
    pub start: usize,
    pub end: usize,
    /// Where it stands in the file.
    pub offset: u64,
    /// Line within the piece, from 0.
    pub line: u32,
}

/// A line that is not blank, or a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Without line end, and without the byte order mark of the file.
    pub bytes: &'a [u8],
    /// Where `bytes[0]` stands in the file or its decompressed content.
    pub offset: u64,
    /// Line within the piece, from 0.
    pub line: u32,
}

/// A line around some position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// As in [`Record`].
    pub bytes: &'a [u8],
    /// As in [`Record`].
    pub offset: u64,
    /// Position within the piece at which the next line begins.
    pub next: usize,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

impl Piece {
    /// The lines, with their line ends. Only the last line of a file may be without one.
    pub fn bytes(&self) -> &[u8] {
        match &self.shared {
            Some((map, range)) => &map.bytes()[range.clone()],
            None => self.own.filled(),
        }
    }

    /// Whether zeros stand in place of bytes of the file because it shrank. Ask when the piece is done.
    pub fn torn(&self) -> bool {
        self.shared.as_ref().is_some_and(|(map, _)| map.torn())
    }

    /// Fills the piece with records that are not lines, each followed by a line end of our own.
    pub(super) fn set_docs(&mut self, bytes: Vec<u8>, docs: Vec<Doc>, offset: u64, lines: u32) {
        self.clear();
        self.own.put(bytes);
        self.offset = offset;
        self.docs = Some(Docs { docs, lines });
    }

    /// Makes the piece stand for something of so many bytes and lines that is too long to be held.
    pub(super) fn refuse_docs(&mut self, offset: u64, length: u64, lines: u32) {
        self.set_docs(Vec::new(), Vec::new(), offset, lines);
        self.too_long = Some(length);
    }

    /// The lines that are not blank, in order; the documents, where the file holds such.
    pub fn records(&self) -> Records<'_> {
        Records { piece: self, bytes: self.bytes(), at: 0, line: 0 }
    }

    /// How many lines these are, blank ones and an unfinished last one included.
    pub fn lines(&self) -> u32 {
        if let Some(docs) = &self.docs {
            return docs.lines;
        }
        if self.too_long.is_some() {
            return 1;
        }
        let bytes = self.bytes();
        count(bytes) + u32::from(bytes.last().is_some_and(|last| *last != b'\n'))
    }

    /// The line that holds the byte at this position of `bytes()`. `None` behind the end and for a blank line.
    pub fn line_at(&self, position: usize) -> Option<Line<'_>> {
        if let Some(docs) = &self.docs {
            return self.doc_at(docs, position);
        }
        let bytes = self.bytes();
        let rest = bytes.get(position..)?;
        let start = memrchr(b'\n', &bytes[..position]).map_or(0, |end| end + 1);
        let end = memchr(b'\n', rest).map_or(bytes.len(), |length| position + length);
        let (bytes, offset) = self.content(&bytes[start..end], start)?;
        Some(Line { bytes, offset, next: end + 1 })
    }

    fn doc_at(&self, docs: &Docs, position: usize) -> Option<Line<'_>> {
        let doc = docs.docs.get(docs.docs.partition_point(|doc| doc.end <= position))?;
        let bytes = self.bytes().get(doc.start..doc.end).filter(|_| doc.start <= position)?;
        Some(Line { bytes, offset: doc.offset, next: doc.end + 1 })
    }

    /// How many lines end within this range of `bytes()`. Of documents: how many lie between the beginnings of
    /// those that hold its two ends.
    pub fn line_ends(&self, range: Range<usize>) -> u32 {
        if let Some(docs) = &self.docs {
            return docs.line_of(range.end).saturating_sub(docs.line_of(range.start));
        }
        self.bytes().get(range).map_or(0, count)
    }

    /// Gives back the memory of a mapped file; what stays in memory then is what is being worked on, however
    /// large the file. [`Reader::read`] does this too, but takes its lock meanwhile if the workers share one.
    ///
    /// [`Reader::read`]: super::Reader::read
    pub fn clear(&mut self) {
        self.own.truncate(0);
        if let Some((map, range)) = self.shared.take() {
            map.release(range);
        }
        self.offset = 0;
        self.too_long = None;
        self.docs = None;
    }

    /// What is in a line, and where. `None` for a blank one.
    fn content<'a>(&self, line: &'a [u8], start: usize) -> Option<(&'a [u8], u64)> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let offset = self.offset + start as u64;
        let (line, offset) = match line.strip_prefix(BOM) {
            Some(line) if offset == 0 => (line, BOM.len() as u64),
            _ => (line, offset),
        };
        (!blank(line)).then_some((line, offset))
    }
}

impl Docs {
    fn line_of(&self, position: usize) -> u32 {
        let after = self.docs.partition_point(|doc| doc.end <= position);
        match self.docs.get(after) {
            _ if position == 0 => 0,
            Some(doc) => doc.line,
            None => self.lines,
        }
    }
}

pub(super) fn blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// Line ends in some bytes. A piece is far shorter than 4 GiB.
fn count(bytes: &[u8]) -> u32 {
    memchr_iter(b'\n', bytes).count() as u32
}

/// The records of a piece.
#[derive(Clone)]
pub struct Records<'a> {
    piece: &'a Piece,
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl Records<'_> {
    /// Lines passed so far; at the end, all of them. Saves counting them again.
    pub fn lines(&self) -> u32 {
        self.line
    }
}

impl<'a> Records<'a> {
    /// All that is left, from the beginning of a line on; `None` where records are not lines.
    #[inline]
    pub fn ahead(&self) -> Option<&'a [u8]> {
        if self.piece.docs.is_some() { None } else { self.bytes.get(self.at..) }
    }

    /// Takes the first so many bytes of what is [ahead](Records::ahead), which hold no line end, if they are a line.
    #[inline]
    pub fn take_line(&mut self, length: usize) -> Option<Record<'a>> {
        let (bytes, behind) = self.bytes.get(self.at..)?.split_at_checked(length)?;
        let line_end = match behind {
            [] => 0,
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            _ => return None,
        };
        let record = Record { bytes, offset: self.piece.offset + self.at as u64, line: self.line };
        self.at += length + line_end;
        self.line += 1;
        Some(record)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if let Some(docs) = &self.piece.docs {
            let doc = docs.docs.get(self.at);
            self.at += 1;
            self.line = doc.map_or(docs.lines, |doc| doc.line);
            let Doc { start, end, offset, line } = *doc?;
            return Some(Record { bytes: self.bytes.get(start..end)?, offset, line });
        }
        loop {
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
            let (start, line) = (self.at, self.line);
            let length = memchr(b'\n', rest).unwrap_or(rest.len());
            self.at += length + 1;
            self.line += 1;
            if let Some((bytes, offset)) = self.piece.content(&rest[..length], start) {
                return Some(Record { bytes, offset, line });
            }
        }
    }
}
