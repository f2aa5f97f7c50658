//! Pieces of a stream, in memory of the pieces' own.

use super::buffer::Buffer;
use super::{Limits, Piece};
use crate::input::Stream;
use memchr::{memchr, memrchr};
use std::io;

pub(super) struct Streamed {
    stream: Stream,
    /// The beginning of the next piece, of which the last one was cut off.
    carry: Buffer,
    /// Offset of the carry.
    at: u64,
    fate: Fate,
}

enum Fate {
    Open,
    /// The error waits until everything that came before it is handed out.
    Failed(io::Error),
    Over,
}

impl Streamed {
    pub fn new(stream: Stream) -> Streamed {
        Streamed { stream, carry: Buffer::default(), at: 0, fate: Fate::Open }
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

    /// The first bytes, which stay to be read.
    pub fn head(&mut self, size: usize) -> &[u8] {
        let mut carry = std::mem::take(&mut self.carry);
        self.fill(&mut carry, size);
        self.carry = carry;
        self.carry.filled()
    }

    /// Appends what comes next, about as much again as there is.
    pub fn more(&mut self, text: &mut Vec<u8>, block: usize) {
        let mut next = std::mem::take(&mut self.carry);
        if next.filled().is_empty() {
            self.fill(&mut next, block.max(text.len()));
        }
        text.extend_from_slice(next.filled());
        next.truncate(0);
        self.carry = next;
    }

    /// Whether nothing more comes.
    pub fn is_over(&self) -> bool {
        !matches!(self.fate, Fate::Open) && self.carry.filled().is_empty()
    }

    /// The error if there was one, then the end.
    pub fn end(&mut self) -> io::Result<bool> {
        match std::mem::replace(&mut self.fate, Fate::Over) {
            Fate::Failed(error) => Err(error),
            _ => Ok(false),
        }
    }

    pub fn read(&mut self, piece: &mut Piece, limits: Limits) -> io::Result<bool> {
        std::mem::swap(&mut piece.own, &mut self.carry);
        piece.offset = self.at;
        let mut size = limits.block;
        loop {
            self.fill(&mut piece.own, size);
            let filled = piece.own.filled();
            if let Some(end) = memrchr(b'\n', filled) {
                return Ok(self.give(piece, end + 1, limits));
            }
            if filled.len() > limits.longest {
                return Ok(self.pass_over(piece, limits));
            }
            if !matches!(self.fate, Fate::Open) {
                return self.last(piece, limits);
            }
            size = size.max(filled.len()).saturating_mul(2).min(limits.longest.saturating_add(1));
        }
    }

    /// Reads until the buffer holds so many bytes, or no more come.
    fn fill(&mut self, buffer: &mut Buffer, size: usize) {
        if matches!(self.fate, Fate::Open) {
            match buffer.fill(size, &mut self.stream) {
                Ok(true) => {}
                Ok(false) => self.fate = Fate::Over,
                Err(error) => self.fate = Fate::Failed(error),
            }
        }
    }

    /// Hands out the first so many bytes and keeps the others.
    fn give(&mut self, piece: &mut Piece, length: usize, limits: Limits) -> bool {
        self.carry.set(&piece.own.filled()[length..], limits.block);
        piece.own.truncate(length);
        self.at += length as u64;
        true
    }

    /// The unfinished last line, then the error if there was one, then the end.
    fn last(&mut self, piece: &mut Piece, limits: Limits) -> io::Result<bool> {
        let length = piece.own.filled().len();
        if length > 0 {
            return Ok(self.give(piece, length, limits));
        }
        self.end()
    }

    /// Reads to the end of a line that is too long and forgets it.
    fn pass_over(&mut self, piece: &mut Piece, limits: Limits) -> bool {
        let mut length = piece.own.filled().len();
        self.carry.set(&[], limits.block);
        loop {
            piece.own.set(&[], limits.block);
            self.fill(&mut piece.own, limits.block);
            let filled = piece.own.filled();
            if let Some(end) = memchr(b'\n', filled) {
                self.carry.set(&filled[end + 1..], limits.block);
                return self.refuse(piece, length + end, 1);
            }
            length += filled.len();
            if !matches!(self.fate, Fate::Open) {
                return self.refuse(piece, length, 0);
            }
        }
    }

    fn refuse(&mut self, piece: &mut Piece, length: usize, line_end: usize) -> bool {
        piece.own.truncate(0);
        piece.too_long = Some(length as u64);
        self.at += (length + line_end) as u64;
        true
    }
}
