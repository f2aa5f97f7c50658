//! Bytes that are written once as zeros and then used again and again.

use std::io::{self, Read};

/// The first `len` bytes are filled; those behind are there to be overwritten.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    len: usize,
}

impl Buffer {
    pub fn filled(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Replaces the content. Room left by a much larger one is given back.
    pub fn set(&mut self, content: &[u8], usual: usize) {
        if self.bytes.len() > 4 * usual.max(content.len()) {
            self.bytes = Vec::new();
        }
        self.make_room(content.len());
        self.bytes[..content.len()].copy_from_slice(content);
        self.len = content.len();
    }

    /// Takes over what is filled already.
    pub fn put(&mut self, content: Vec<u8>) {
        self.len = content.len();
        self.bytes = content;
    }

    /// Reads until `size` bytes are filled. False when the reader ended before.
    pub fn fill(&mut self, size: usize, from: &mut impl Read) -> io::Result<bool> {
        self.make_room(size);
        while self.len < size {
            match from.read(&mut self.bytes[self.len..size]) {
                Ok(0) => return Ok(false),
                Ok(count) => self.len += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    #[cfg(test)]
    pub fn room(&self) -> usize {
        self.bytes.capacity()
    }

    fn make_room(&mut self, size: usize) {
        if self.bytes.len() < size {
            self.bytes.resize(size, 0);
        }
    }
}
