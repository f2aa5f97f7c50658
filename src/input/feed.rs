//! A buffer between two layers of decoding.

use std::io::{self, Read};

/// Bytes that come out of a file or of a decoder.
///
/// A reader hands out all that it has before it fails, and fails once.
pub trait Layer: Read + Send {
    /// Something that was no error but should be said.
    fn note(&self) -> Option<String> {
        None
    }
}

/// Looks ahead into a layer. An error behind the bytes that are looked at waits until these are used up.
pub(super) struct Feed {
    from: Box<dyn Layer>,
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
    fate: Fate,
}

enum Fate {
    Open,
    Failed(io::Error),
    Over,
}

const SIZE: usize = 128 << 10;

impl Feed {
    pub fn new(from: Box<dyn Layer>) -> Feed {
        Feed { from, bytes: vec![0; SIZE].into(), start: 0, end: 0, fate: Fate::Open }
    }

    /// At least so many bytes (a few), or all that there are.
    pub fn at_least(&mut self, count: usize) -> &[u8] {
        while self.end - self.start < count && matches!(self.fate, Fate::Open) {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            self.pull();
        }
        &self.bytes[self.start..self.end]
    }

    /// Some bytes; none at the end.
    pub fn some(&mut self) -> io::Result<&[u8]> {
        self.at_least(1);
        if self.start == self.end
            && let Fate::Failed(error) = std::mem::replace(&mut self.fate, Fate::Over)
        {
            return Err(error);
        }
        Ok(&self.bytes[self.start..self.end])
    }

    pub fn consume(&mut self, count: usize) {
        self.start = self.end.min(self.start + count);
    }

    pub fn note(&self) -> Option<String> {
        self.from.note()
    }

    fn pull(&mut self) {
        match self.from.read(&mut self.bytes[self.end..]) {
            Ok(0) => self.fate = Fate::Over,
            Ok(count) => self.end += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => self.fate = Fate::Failed(error),
        }
    }
}

/// The bytes as they are.
impl Read for Feed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && matches!(self.fate, Fate::Open) {
            return self.from.read(out);
        }
        let bytes = self.some()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl Layer for Feed {
    fn note(&self) -> Option<String> {
        Feed::note(self)
    }
}
