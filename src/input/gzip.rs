//! Gzip, with any number of members, as a stream.
//!
//! Written over the bare decoder because the ready-made reader drops what it had decoded in the call that meets
//! an error, and of a damaged log every line counts.

use super::feed::{Feed, Layer};
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, Read};

pub(super) struct Gzip {
    feed: Feed,
    /// The member that is being decoded.
    member: Option<Decompress>,
    /// Members that were begun.
    members: u64,
    failed: Option<io::Error>,
    note: Option<String>,
}

/// Whether a stream of gzip begins here; 8 is deflate, the only method there is.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b, 8])
}

impl Gzip {
    pub fn new(feed: Feed) -> Gzip {
        Gzip { feed, member: None, members: 0, failed: None, note: None }
    }

    /// Goes to the next member. False when there is none.
    fn next(&mut self) -> io::Result<bool> {
        if self.note.is_some() {
            return Ok(false);
        }
        let padding = self.skip_zeros()?;
        let head = self.feed.at_least(3);
        if begins(head) {
            self.member = Some(Decompress::new_gzip(15));
            self.members += 1;
            return Ok(true);
        }
        self.note = match (head.is_empty(), padding) {
            (false, _) => Some(format!("data that is not gzip after member {} was not read", self.members)),
            (true, true) => Some("padded with zeros at the end".to_owned()),
            (true, false) => None,
        };
        Ok(false)
    }

    /// Skips the zeros that tapes and block devices leave behind. True if there were any.
    fn skip_zeros(&mut self) -> io::Result<bool> {
        let mut any = false;
        loop {
            let bytes = self.feed.some()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            let all = zeros == bytes.len();
            any |= zeros > 0;
            self.feed.consume(zeros);
            if zeros == 0 || !all {
                return Ok(any);
            }
        }
    }

    /// Decodes some of the current member. 0 where that ends.
    fn decode(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(inflate) = &mut self.member {
            let input = self.feed.some()?;
            let ended = input.is_empty();
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let status = inflate.decompress(input, out, FlushDecompress::None);
            let (read, written) = (inflate.total_in() - read, (inflate.total_out() - written) as usize);
            self.feed.consume(read as usize);
            match status {
                Ok(Status::StreamEnd) => self.member = None,
                Ok(_) if read == 0 && written == 0 => self.failed = Some(stuck(ended)),
                Ok(_) => {}
                Err(error) => self.failed = Some(corrupt(&error)),
            }
            if written > 0 || self.failed.is_some() {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

fn stuck(ended: bool) -> io::Error {
    match ended {
        true => io::Error::new(io::ErrorKind::UnexpectedEof, "the gzip data is cut off"),
        false => io::Error::new(io::ErrorKind::InvalidData, "the gzip data is corrupt"),
    }
}

fn corrupt(error: &flate2::DecompressError) -> io::Error {
    let text = format!("the gzip data is corrupt: {}", error.message().unwrap_or("not deflate"));
    io::Error::new(io::ErrorKind::InvalidData, text)
}

impl Read for Gzip {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(error) = self.failed.take() {
                self.member = None;
                self.note = Some("what follows the damage was not read".to_owned());
                return Err(error);
            }
            if self.member.is_none() && !self.next()? {
                return Ok(0);
            }
            let written = self.decode(out)?;
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

impl Layer for Gzip {
    fn note(&self) -> Option<String> {
        self.note.clone().or_else(|| self.feed.note())
    }
}
