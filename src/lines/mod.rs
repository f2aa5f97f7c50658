//! From bytes to lines: runs of whole lines, small enough to hold in a cache and large enough to share out.
//!
//! A [`Reader`] cuts; that is cheap, so workers take turns at it under a lock. Everything that touches each byte
//! is done by the worker on its own [`Piece`]: finding the [`Record`]s in it, decoding, matching. Memory is
//! bounded by the size of a piece, whatever an input holds: a line longer than [`Limits::longest`] is refused
//! without ever being held.

mod buffer;
mod mapped;
mod piece;
mod streamed;

#[cfg(test)]
mod tests;

pub use piece::{Line, Piece, Record, Records};

use crate::error::{Error, Result};
use crate::input::{self, Content, Source};
use mapped::Mapped;
use std::io;
use streamed::Streamed;

/// About so many bytes make a piece.
pub const BLOCK: usize = 1 << 20;

/// The longest line that is taken for a record, in bytes. The apiserver writes none near it; a file without
/// line ends would need memory without bounds.
pub const MAX_RECORD: usize = 64 << 20;

/// What a reader may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in a piece, about; a longer line makes a longer piece. At least 1, at most `longest`.
    pub block: usize,
    /// Bytes in a line, at most.
    pub longest: usize,
    /// The largest window of zstd, as a power of two.
    pub window_log: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { block: BLOCK, longest: MAX_RECORD, window_log: input::WINDOW_LOG }
    }
}

/// Cuts one source into pieces.
pub struct Reader {
    way: Way,
    limits: Limits,
}

enum Way {
    Mapped(Mapped),
    Streamed(Streamed),
}

impl Reader {
    /// # Errors
    /// [`Error::Input`] when the source cannot be opened.
    pub fn open(source: &Source, limits: Limits) -> Result<Reader> {
        let content =
            input::open(source, limits.window_log).map_err(|error| Error::input(source.path(), error))?;
        Ok(Reader::of(content, limits))
    }

    /// Reads what is open already.
    pub fn of(content: Content, limits: Limits) -> Reader {
        let way = match content {
            Content::Mapped { map, file } => Way::Mapped(Mapped::new(map, file)),
            Content::Stream(stream) => Way::Streamed(Streamed::new(stream)),
        };
        // A piece of several lines then cannot hold one that is too long.
        let block = limits.block.min(limits.longest).max(1);
        Reader { way, limits: Limits { block, ..limits } }
    }

    /// Fills the piece with the next run of whole lines. False at the end.
    ///
    /// # Errors
    /// When bytes were lost: a read failed, compressed data is cut off or corrupt, the file shrank. All that
    /// could be read has come out before (its last line perhaps cut), and after the error comes the end.
    pub fn read(&mut self, piece: &mut Piece) -> io::Result<bool> {
        piece.clear();
        match &mut self.way {
            Way::Mapped(mapped) => mapped.read(piece, self.limits),
            Way::Streamed(streamed) => streamed.read(piece, self.limits),
        }
    }

    /// Bytes of the file on disk (so, compressed) that were taken so far.
    pub fn consumed(&self) -> u64 {
        match &self.way {
            Way::Mapped(mapped) => mapped.consumed(),
            Way::Streamed(streamed) => streamed.consumed(),
        }
    }

    /// Whether the file is shorter now than when it was opened. A piece that is still being worked on may turn
    /// into zeros after `read` reported the end, so ask again when all pieces are done.
    pub fn torn(&self) -> bool {
        match &self.way {
            Way::Mapped(mapped) => mapped.torn(),
            Way::Streamed(_) => false,
        }
    }

    /// How the file is compressed, by its content: `none`, `gzip`, `zstd`, `gzip in gzip` ...
    pub fn compression(&self) -> &'static str {
        match &self.way {
            Way::Mapped(_) => input::NO_COMPRESSION,
            Way::Streamed(streamed) => streamed.compression(),
        }
    }

    /// Something that was no loss but should be said, such as padding behind compressed data. Ask at the end.
    pub fn note(&self) -> Option<String> {
        match &self.way {
            Way::Mapped(_) => None,
            Way::Streamed(streamed) => streamed.note(),
        }
    }
}
