//! Pieces of a file whose records are JSON values and not lines.
//!
//! Between values anything may stand: nothing, blanks, commas, line ends. What is no value is taken line by line.
//! A value that does not end within some megabytes is split (see [`super::split`]) or, if it is damaged, left at
//! the next line that begins like a record.

use super::piece::{Doc, Piece};
use super::split::{self, Split};
use super::streamed::Streamed;
use super::{Limits, frame};
use crate::metal;
use memchr::{memchr, memchr_iter, memmem};
use std::io;

/// A document of more blocks than this is split.
const SPLIT: usize = 4;

pub(super) struct Documents {
    stream: Streamed,
    /// What was read; `start` of it was handed out. Before the rest stands the head of the document that is being
    /// split.
    buffer: Vec<u8>,
    start: usize,
    /// Where the rest begins in the file; with a head, where that would begin if it stood just before the rest.
    at: u64,
    head: usize,
    /// The piece in the making.
    out: Out,
}

#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
    docs: Vec<Doc>,
    lines: u32,
    offset: u64,
}

/// What comes next.
enum Next {
    /// A record of so many bytes.
    Record(usize),
    Split(Split),
    /// More must be read.
    More,
    /// So many bytes cannot be held.
    TooLong(usize),
    Nothing,
}

impl Documents {
    pub fn new(stream: Streamed) -> Documents {
        Documents { stream, buffer: Vec::new(), start: 0, at: 0, head: 0, out: Out::default() }
    }

    pub fn consumed(&self) -> u64 {
        self.stream.consumed()
    }

    pub fn compression(&self) -> &str {
        self.stream.compression()
    }

    pub fn note(&self) -> Option<String> {
        self.stream.note()
    }

    pub fn read(&mut self, piece: &mut Piece, limits: Limits) -> io::Result<bool> {
        self.out = Out { offset: self.at, ..Out::default() };
        while self.out.bytes.len() < limits.block {
            self.skip_between();
            match self.next(limits) {
                Next::Record(length) => self.record(length),
                Next::Split(split) => self.split(split),
                Next::TooLong(length) if self.out.docs.is_empty() => {
                    self.refuse(piece, length);
                    return Ok(true);
                }
                Next::TooLong(_) => break,
                Next::More => self.more(limits.block),
                Next::Nothing => break,
            }
        }
        let Out { bytes, docs, mut lines, offset } = std::mem::take(&mut self.out);
        if docs.is_empty() && lines == 0 {
            return self.stream.end();
        }
        lines += u32::from(self.text().is_empty() && self.stream.is_over());
        piece.set_docs(bytes, docs, offset, lines);
        Ok(true)
    }

    /// What was read and not handed out.
    fn text(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn more(&mut self, block: usize) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.stream.more(&mut self.buffer, block);
    }

    /// Passes over what stands between two documents.
    fn skip_between(&mut self) {
        if self.head > 0 {
            return;
        }
        let text = self.text();
        let bom = if self.at == 0 && text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let between = |byte: &&u8| byte.is_ascii_whitespace() || matches!(byte, b',' | 0 | 0x1e);
        let length = bom + text[bom..].iter().take_while(between).count();
        self.pass(length);
    }

    /// Forgets so many bytes, of which the lines are counted.
    fn pass(&mut self, length: usize) {
        self.out.lines += count(&self.text()[self.head.min(length)..length]);
        self.start += length;
        self.at += length as u64;
        self.head = 0;
    }

    fn next(&self, limits: Limits) -> Next {
        let over = self.stream.is_over();
        let text = self.text();
        let Some(first) = text.first() else { return if over { Next::Nothing } else { Next::More } };
        if self.head > 0 {
            return self.rest_of_large(limits);
        }
        let end = match first {
            b'{' | b'[' => metal::container_end(text, 0),
            _ => memchr(b'\n', text),
        };
        match end {
            Some(end) => Next::Record(end),
            None if over => Next::Record(self.unfinished()),
            None if text.len() < limits.block.saturating_mul(SPLIT) => Next::More,
            None => self.large(limits),
        }
    }

    /// What follows in a document that was split before. Its end is only looked for where it may be.
    fn rest_of_large(&self, limits: Limits) -> Next {
        let (over, text) = (self.stream.is_over(), self.text());
        if !over && text.len() < limits.block {
            return Next::More;
        }
        let split = split::split(text);
        match split {
            Some(split) if !split.closed => Next::Split(split),
            split => match (metal::container_end(text, 0), split) {
                (Some(end), _) => Next::Record(end),
                (None, Some(split)) => Next::Split(split),
                (None, None) if over => Next::Record(self.unfinished()),
                (None, None) => self.large(limits),
            },
        }
    }

    /// How much belongs to the last record, which does not end: what looks like a wrapper keeps its records.
    fn unfinished(&self) -> usize {
        let text = self.text();
        let next =
            memmem::find(text, b"\n{").filter(|next| *next >= self.head && split::split(text).is_none());
        next.unwrap_or(text.len())
    }

    /// A record of which the end has not been seen.
    fn large(&self, limits: Limits) -> Next {
        if let Some(split) = split::split(self.text()) {
            return Next::Split(split);
        }
        match memmem::find(self.text(), b"\n{") {
            Some(end) if end >= self.head => Next::Record(end),
            _ if self.text().len() > limits.longest => Next::TooLong(self.text().len()),
            _ => Next::More,
        }
    }

    fn record(&mut self, length: usize) {
        let text = self.buffer.get(self.start..self.start + length).unwrap_or_default();
        self.out.add(text, &[], self.at);
        self.pass(length);
    }

    fn split(&mut self, split: Split) {
        let end = self.start + split.end;
        let text = self.buffer.get(self.start..end).unwrap_or_default();
        self.out.add(text, &split.closers, self.at);
        self.out.lines += count(&text[self.head.min(split.end)..]);
        self.at = self.at + split.end as u64 - split.head.len() as u64;
        self.head = split.head.len();
        self.buffer.splice(self.start..end, split.head);
    }

    /// Passes over a record that cannot be held, up to the next line that begins like one.
    fn refuse(&mut self, piece: &mut Piece, length: usize) {
        let offset = self.at;
        self.pass(length);
        let mut passed = length as u64;
        while !self.stream.is_over() && memmem::find(self.text(), b"\n{").is_none() {
            // The line end may stand just before what is read next.
            let length = self.text().len().saturating_sub(1);
            self.pass(length);
            passed += length as u64;
            self.more(frame::HEAD);
        }
        let length = memmem::find(self.text(), b"\n{").unwrap_or(self.text().len());
        self.pass(length);
        piece.refuse_docs(offset, passed + length as u64, self.out.lines);
    }
}

impl Out {
    fn add(&mut self, record: &[u8], closers: &[u8], offset: u64) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(record);
        self.bytes.extend_from_slice(closers);
        self.docs.push(Doc { start, end: self.bytes.len(), offset, line: self.lines });
        self.bytes.push(b'\n');
    }
}

fn count(bytes: &[u8]) -> u32 {
    memchr_iter(b'\n', bytes).count() as u32
}
