//! Pieces of a mapped file: no byte is copied, and few are touched.

use super::{Limits, Piece};
use crate::input::shrank;
use crate::metal::Map;
use memchr::{memchr, memrchr};
use std::fs::File;
use std::io;
use std::sync::Arc;

/// A file of so many bytes is large.
const LARGE: usize = 64 << 20;

pub(super) struct Mapped {
    map: Arc<Map>,
    file: File,
    at: usize,
    /// The length of the file, or what is left of it.
    end: usize,
    told: bool,
}

/// What comes next.
enum Cut {
    /// So many bytes of whole lines.
    Lines(usize),
    /// A line of so many bytes, to be passed over with its line end.
    TooLong(usize),
}

impl Mapped {
    pub fn new(map: Map, file: File) -> Mapped {
        let end = map.bytes().len();
        Mapped { map: Arc::new(map), file, at: 0, end, told: false }
    }

    pub fn read(&mut self, piece: &mut Piece, limits: Limits) -> io::Result<bool> {
        self.end = self.end.min(self.size());
        if self.at >= self.end {
            return self.finish();
        }
        piece.offset = self.at as u64;
        let limits = Limits { block: stretch(self.map.bytes().len(), self.at, limits), ..limits };
        match cut(&self.map.bytes()[self.at..self.end], limits) {
            Cut::Lines(length) => {
                piece.shared = Some((self.map.clone(), self.at..self.at + length));
                self.at += length;
            }
            Cut::TooLong(length) => {
                piece.too_long = Some(length as u64);
                self.at += length + 1;
            }
        }
        Ok(true)
    }

    /// The end, once what was lost is told.
    fn finish(&mut self) -> io::Result<bool> {
        if !self.torn() || std::mem::replace(&mut self.told, true) {
            return Ok(false);
        }
        let shorter = self.size() < self.map.bytes().len();
        Err(if shorter {
            shrank()
        } else {
            io::Error::other("parts of the file could not be read from its disk")
        })
    }

    pub fn consumed(&self) -> u64 {
        self.at.min(self.end) as u64
    }

    /// The end of a file that shrank within a page reads as zeros and no signal tells, so its size is asked for.
    pub fn torn(&self) -> bool {
        self.map.torn() || self.size() < self.map.bytes().len()
    }

    fn size(&self) -> usize {
        self.file.metadata().map_or(usize::MAX, |meta| usize::try_from(meta.len()).unwrap_or(usize::MAX))
    }
}

/// How long the next piece is, about. That of a large file goes to the end of a wide stretch of it: what workers read at
/// one time lies apart then, in pages of the system, in its tables of pages, and in time.
fn stretch(length: usize, at: usize, Limits { block, wide, longest, .. }: Limits) -> usize {
    if length < LARGE || wide <= 1 {
        return block;
    }
    let whole = wide * block;
    let rest = whole - at % whole;
    (if rest < block { rest + whole } else { rest }).min(longest)
}

/// Cuts behind the last line end within a block, or else behind the first one after it.
fn cut(bytes: &[u8], limits: Limits) -> Cut {
    if bytes.len() <= limits.block {
        return Cut::Lines(bytes.len());
    }
    if let Some(end) = memrchr(b'\n', &bytes[..limits.block]) {
        return Cut::Lines(end + 1);
    }
    let end = memchr(b'\n', &bytes[limits.block..]).map(|length| limits.block + length);
    match end {
        _ if end.unwrap_or(bytes.len()) > limits.longest => Cut::TooLong(end.unwrap_or(bytes.len())),
        Some(end) => Cut::Lines(end + 1),
        None => Cut::Lines(bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_large_file_end_where_wide_stretches_do() {
        let (block, whole) = (1 << 20, 4 << 20);
        let limits = Limits { block, wide: 4, ..Limits::default() };
        let next = |length: usize, at: usize| stretch(length, at, limits);
        assert_eq!([LARGE - 1, 10].map(|length| next(length, 3)), [block; 2]);
        assert_eq!(stretch(LARGE, 3, Limits { wide: 1, ..limits }), block);
        // Each ends with a line, somewhat before the end of its stretch.
        let mut at = 0;
        for number in 1..40 {
            at += next(LARGE, at);
            assert_eq!(at, number * whole);
            at -= 1000;
        }
        assert_eq!(next(LARGE, whole - block), block);
    }
}
