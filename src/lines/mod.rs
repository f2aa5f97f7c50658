//! From bytes to lines: runs of whole lines, small enough to hold in a cache and large enough to share out.
//! Where the records of a file are not its lines, its first bytes tell ([`Framing`]), and the runs are of those.
//!
//! A [`Reader`] cuts; that is cheap, so workers take turns at it under a lock. Everything that touches each byte
//! is done by the worker on its own [`Piece`]: finding the [`Record`]s in it, decoding, matching. Memory is
//! bounded by the size of a piece, whatever an input holds: a line longer than [`Limits::longest`] is refused
//! without ever being held.

mod buffer;
mod documents;
mod frame;
mod mapped;
mod parts;
mod piece;
mod split;
mod streamed;

#[cfg(test)]
mod tests;

pub use frame::{Framing, Parts, decide};
pub use piece::{Line, Piece, Record, Records};

use crate::error::{Error, Result};
use crate::input::{self, Content, Source};
use documents::Documents;
use mapped::Mapped;
use parts::Joiner;
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
    /// So many blocks make a piece of a large file that is mapped: workers then go through places that lie further apart.
    /// Whoever goes through a piece twice wants it small, as it is to be near the CPU the second time.
    pub wide: usize,
    /// Bytes in a line, at most.
    pub longest: usize,
    /// The largest window of zstd, as a power of two.
    pub window_log: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { block: BLOCK, wide: 1, longest: MAX_RECORD, window_log: input::WINDOW_LOG }
    }
}

/// Cuts one source into pieces.
pub struct Reader {
    way: Way,
    joiner: Option<Joiner>,
    /// An error that waits until the parts that came before it are handed out.
    failed: Option<io::Error>,
    framing: Framing,
    limits: Limits,
}

enum Way {
    Mapped(Mapped),
    Streamed(Streamed),
    Documents(Documents),
}

impl Reader {
    /// # Errors
    /// [`Error::Input`] when the source cannot be opened.
    pub fn open(source: &Source, limits: Limits) -> Result<Reader> {
        let content = input::open(source, limits.window_log);
        content
            .and_then(|content| Reader::framed(content, limits))
            .map_err(|error| Error::input(source.path(), error))
    }

    /// Reads what is open already, line by line.
    pub fn of(content: Content, limits: Limits) -> Reader {
        let way = match content {
            Content::Mapped { map, file } => Way::Mapped(Mapped::new(map, file)),
            Content::Stream(stream) => Way::Streamed(Streamed::new(stream)),
        };
        // A piece of several lines then cannot hold one that is too long.
        let block = limits.block.min(limits.longest).max(1);
        Reader {
            way,
            joiner: None,
            failed: None,
            framing: Framing::Lines,
            limits: Limits { block, ..limits },
        }
    }

    /// Reads what is open already, record by record as its first bytes say.
    ///
    /// # Errors
    /// When a file cannot be read again from its beginning.
    pub fn framed(content: Content, limits: Limits) -> io::Result<Reader> {
        let mut streamed;
        let (framing, content) = match content {
            Content::Mapped { map, file } => {
                let bytes = map.bytes();
                (decide(&bytes[..bytes.len().min(frame::HEAD)]), Content::Mapped { map, file })
            }
            Content::Stream(stream) => {
                streamed = Streamed::new(stream);
                let framing = decide(streamed.head(frame::HEAD));
                return Ok(Reader::of_streamed(streamed, framing, limits));
            }
        };
        if framing == Framing::Documents {
            let stream = content.into_stream(limits.window_log)?;
            return Ok(Reader::of_streamed(Streamed::new(stream), framing, limits));
        }
        Ok(Reader { framing, joiner: joiner(framing), ..Reader::of(content, limits) })
    }

    fn of_streamed(streamed: Streamed, framing: Framing, limits: Limits) -> Reader {
        let block = limits.block.min(limits.longest).max(1);
        let way = match framing {
            Framing::Documents => Way::Documents(Documents::new(streamed)),
            _ => Way::Streamed(streamed),
        };
        Reader { way, joiner: joiner(framing), failed: None, framing, limits: Limits { block, ..limits } }
    }

    /// What the records of this file are.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Fills the piece with the next run of whole records. False at the end.
    ///
    /// # Errors
    /// When bytes were lost: a read failed, compressed data is cut off or corrupt, the file shrank. All that
    /// could be read has come out before (its last line perhaps cut), and after the error comes the end.
    pub fn read(&mut self, piece: &mut Piece) -> io::Result<bool> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        loop {
            let more = self.cut(piece);
            let Some(joiner) = &mut self.joiner else { return more };
            match more {
                Ok(true) => {
                    if joiner.join(piece, self.limits.longest) {
                        return Ok(true);
                    }
                }
                end if joiner.finish(piece) => {
                    self.failed = end.err();
                    return Ok(true);
                }
                end => return end,
            }
        }
    }

    fn cut(&mut self, piece: &mut Piece) -> io::Result<bool> {
        piece.clear();
        match &mut self.way {
            Way::Mapped(mapped) => mapped.read(piece, self.limits),
            Way::Streamed(streamed) => streamed.read(piece, self.limits),
            Way::Documents(documents) => documents.read(piece, self.limits),
        }
    }

    /// Bytes of the file on disk (so, compressed) that were taken so far.
    pub fn consumed(&self) -> u64 {
        match &self.way {
            Way::Mapped(mapped) => mapped.consumed(),
            Way::Streamed(streamed) => streamed.consumed(),
            Way::Documents(documents) => documents.consumed(),
        }
    }

    /// Whether the file is shorter now than when it was opened. A piece that is still being worked on may turn
    /// into zeros after `read` reported the end, so ask again when all pieces are done.
    pub fn torn(&self) -> bool {
        match &self.way {
            Way::Mapped(mapped) => mapped.torn(),
            Way::Streamed(_) | Way::Documents(_) => false,
        }
    }

    /// How the file is compressed, by its content: `none`, `gzip`, `zstd`, `gzip in gzip` ...
    pub fn compression(&self) -> &str {
        match &self.way {
            Way::Mapped(_) => input::NO_COMPRESSION,
            Way::Streamed(streamed) => streamed.compression(),
            Way::Documents(documents) => documents.compression(),
        }
    }

    /// Something that was no loss but should be said, such as padding behind compressed data. Ask at the end.
    pub fn note(&self) -> Option<String> {
        match &self.way {
            Way::Mapped(_) => None,
            Way::Streamed(streamed) => streamed.note(),
            Way::Documents(documents) => documents.note(),
        }
    }
}

fn joiner(framing: Framing) -> Option<Joiner> {
    match framing {
        Framing::Parts(form) => Some(Joiner::new(form)),
        _ => None,
    }
}
