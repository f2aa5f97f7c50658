//! Bzip2, xz and lz4, for which ready-made readers serve: rarer than gzip and zstd, and read as fast as those
//! readers can. What one had decoded in the call that meets an error is lost, which is a buffer at most.

use super::feed::{Feed, Layer};
use bzip2::read::MultiBzDecoder;
use liblzma::read::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use lz4_flex::frame::FrameDecoder;
use std::io::{self, Read};

/// What xz may take, in bytes; its strongest preset takes 65 MiB.
const XZ_MEMORY: u64 = 512 << 20;

/// How many empty frames of lz4 may follow each other.
const EMPTY_FRAMES: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bzip2,
    Xz,
    Lz4,
}

impl Kind {
    /// What begins here, by its first bytes.
    pub fn of(head: &[u8]) -> Option<Kind> {
        match head {
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Some(Kind::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Kind::Xz),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Kind::Lz4),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Bzip2 => "bzip2",
            Kind::Xz => "xz",
            Kind::Lz4 => "lz4",
        }
    }
}

/// So many bytes show what begins.
pub(super) const MAGIC: usize = 6;

pub(super) struct Other {
    kind: Kind,
    decoder: Decoder,
    over: bool,
}

enum Decoder {
    Bzip2(Box<MultiBzDecoder<Feed>>),
    Xz(Box<XzDecoder<Feed>>),
    Lz4(Box<FrameDecoder<Feed>>),
}

impl Other {
    pub fn new(kind: Kind, feed: Feed) -> io::Result<Other> {
        let decoder = match kind {
            Kind::Bzip2 => Decoder::Bzip2(Box::new(MultiBzDecoder::new(feed))),
            Kind::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED).map_err(io::Error::other)?;
                Decoder::Xz(Box::new(XzDecoder::new_stream(feed, stream)))
            }
            Kind::Lz4 => Decoder::Lz4(Box::new(FrameDecoder::new(feed))),
        };
        Ok(Other { kind, decoder, over: false })
    }

    fn explain(&self, error: &io::Error) -> io::Error {
        let name = self.kind.name();
        let text = match error.kind() {
            io::ErrorKind::UnexpectedEof => format!("the {name} data is cut off"),
            _ => format!("the {name} data is corrupt: {error}"),
        };
        io::Error::new(error.kind(), text)
    }
}

impl Decoder {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Decoder::Bzip2(decoder) => decoder.read(out),
            Decoder::Xz(decoder) => decoder.read(out),
            Decoder::Lz4(decoder) => frames(decoder, out),
        }
    }
}

/// The reader of lz4 stops after each frame.
fn frames(decoder: &mut FrameDecoder<Feed>, out: &mut [u8]) -> io::Result<usize> {
    for _ in 0..EMPTY_FRAMES {
        let count = decoder.read(out)?;
        if count > 0 || Kind::of(decoder.get_mut().at_least(MAGIC)) != Some(Kind::Lz4) {
            return Ok(count);
        }
    }
    Ok(0)
}

impl Read for Other {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.over || out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.decoder.read(out) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.over = true;
                    return Err(self.explain(&error));
                }
                Ok(count) => return Ok(count),
            }
        }
    }
}

impl Layer for Other {}
