//! Zstandard, with any number of frames, as a stream.
//!
//! The decoder is given just the bytes that it asks for, one block at a time: in the call that meets an error it
//! withholds what it had decoded, and this way that is nothing.

use super::feed::{Feed, Layer};
use std::io::{self, Read};
use zstd::stream::raw::{DParameter, Decoder, Operation};

pub(super) struct Zstd {
    feed: Feed,
    decoder: Decoder<'static>,
    /// Bytes that the decoder asks for; `None` between frames.
    wants: Option<usize>,
    /// Frames that were begun.
    frames: u64,
    note: Option<String>,
}

/// Whether a stream of frames begins here. Tools that work in parallel put a skippable frame first.
pub(super) fn begins(head: &[u8]) -> bool {
    match head {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => true,
        [kind, 0x2a, 0x4d, 0x18, ..] => kind >> 4 == 5,
        _ => false,
    }
}

impl Zstd {
    /// Refuses windows of more than `2^window_log` bytes, which is memory that a file could otherwise demand.
    pub fn new(feed: Feed, window_log: u32) -> io::Result<Zstd> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(window_log))?;
        Ok(Zstd { feed, decoder, wants: None, frames: 0, note: None })
    }

    /// Goes to the next frame. False when there is none.
    fn next(&mut self) -> io::Result<bool> {
        if self.note.is_some() || self.feed.some()?.is_empty() {
            return Ok(false);
        }
        if !begins(self.feed.at_least(4)) {
            self.note = Some(format!("data that is not zstd after frame {} was not read", self.frames));
            return Ok(false);
        }
        self.frames += 1;
        // The shortest header of a frame; the decoder then says how much it wants.
        self.wants = Some(5);
        Ok(true)
    }

    /// Decodes some of the current frame. 0 where that ends.
    fn decode(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(wants) = self.wants {
            let input = self.feed.some()?;
            let input = &input[..wants.min(input.len())];
            let ended = input.is_empty();
            let status = self.decoder.run_on_buffers(input, out).map_err(explain)?;
            self.feed.consume(status.bytes_read);
            self.wants = (status.remaining > 0).then_some(status.remaining);
            if status.bytes_written > 0 {
                return Ok(status.bytes_written);
            }
            if ended && self.wants.is_some() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the zstd data is cut off"));
            }
        }
        Ok(0)
    }
}

fn explain(error: io::Error) -> io::Error {
    let text = error.to_string();
    let text = match text.contains("too much memory") {
        true => "needs a larger window than is allowed; unpack it first with zstd -d --long=31".to_owned(),
        false => format!("the zstd data is corrupt: {text}"),
    };
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl Read for Zstd {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if out.is_empty() || (self.wants.is_none() && !self.next()?) {
                return Ok(0);
            }
            match self.decode(out) {
                Ok(0) => {}
                Ok(written) => return Ok(written),
                Err(error) => {
                    self.wants = None;
                    self.note = Some("what follows the damage was not read".to_owned());
                    return Err(error);
                }
            }
        }
    }
}

impl Layer for Zstd {
    fn note(&self) -> Option<String> {
        self.note.clone().or_else(|| self.feed.note())
    }
}
