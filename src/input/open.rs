//! The bytes of one source: mapped, or streamed through whatever its first bytes call for.

use super::feed::{Feed, Layer};
use super::others::{self, Other};
use super::{Place, Source, archive, gzip, zstd};
use crate::metal::Map;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Windows of zstd up to this size (as a power of two) are decoded unless more is asked for: 128 MB.
pub const WINDOW_LOG: u32 = 27;

/// Compression within compression, as CloudWatch sends it through Firehose.
const LAYERS: usize = 2;

/// What [`Stream::compression`] says of bytes that stand as they are.
pub const NO_COMPRESSION: &str = "none";

/// The bytes of a source.
pub enum Content {
    /// All of them, as they are. The file is kept to ask for its size.
    Mapped { map: Map, file: File },
    /// One after the other, decompressed.
    Stream(Stream),
}

impl Content {
    /// The same bytes one after the other, from the beginning of a mapped file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn into_stream(self, window_log: u32) -> io::Result<Stream> {
        match self {
            Content::Stream(stream) => Ok(stream),
            Content::Mapped { file, .. } => stream(file, window_log),
        }
    }
}

/// Opens a source. `window_log` bounds the memory that zstd may take, as a power of two.
///
/// # Errors
/// When it cannot be opened, or is another file than the one that was found under this name.
pub fn open(source: &Source, window_log: u32) -> io::Result<Content> {
    let path = match &source.place {
        Place::File(path) => path,
        Place::Member { archive, span } => {
            return archive::open(archive, *span, source.passage.as_ref(), window_log).map(Content::Stream);
        }
        Place::Stdin => return Stream::new(Box::new(io::stdin()), None, window_log).map(Content::Stream),
    };
    let file = File::open(path)?;
    if let Some(identity) = &source.identity
        && !identity.is(&file)?
    {
        return Err(io::Error::other("it was replaced (rotated?) after the run began; run again"));
    }
    match map(&file)? {
        Some(map) => Ok(Content::Mapped { map, file }),
        None => stream(file, window_log).map(Content::Stream),
    }
}

pub(super) fn stream(file: File, window_log: u32) -> io::Result<Stream> {
    let meta = file.metadata()?;
    let size = meta.is_file().then_some(meta.len());
    Stream::new(Box::new(file), size, window_log)
}

/// Maps a plain file. `None` for what is compressed, empty, no file at all, or cannot be mapped.
fn map(file: &File) -> io::Result<Option<Map>> {
    let meta = file.metadata()?;
    let len = usize::try_from(meta.len()).unwrap_or(0);
    if !meta.is_file() || len == 0 {
        return Ok(None);
    }
    let map = Map::of(file, len);
    Ok(map.filter(|map| !is_compressed(map.bytes())))
}

/// So many bytes show how something is compressed.
pub(super) const MAGIC: usize = others::MAGIC;

pub(super) fn is_compressed(head: &[u8]) -> bool {
    gzip::begins(head) || zstd::begins(head) || others::Kind::of(head).is_some()
}

/// Bytes one after the other.
pub struct Stream {
    top: Box<dyn Layer>,
    consumed: Arc<AtomicU64>,
    compression: String,
}

impl Stream {
    /// Reads from anywhere. `size` says how many bytes there should be, so that it can be noticed when some are
    /// missing; `window_log` is that of [`open`].
    pub fn new(raw: Box<dyn Read + Send>, size: Option<u64>, window_log: u32) -> io::Result<Stream> {
        let consumed = Arc::new(AtomicU64::new(0));
        let counted = Counted { raw, consumed: consumed.clone(), size, told: false };
        let (top, compression) = decoded(Box::new(counted), window_log)?;
        Ok(Stream { top, consumed, compression })
    }

    /// What its bytes are wrapped in: `none`, `gzip`, `zstd`, `gzip in gzip` ...
    pub fn compression(&self) -> &str {
        &self.compression
    }

    /// Bytes taken from the file so far, before decompression.
    pub fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    /// Something that was no error but should be said, such as padding behind compressed data.
    pub fn note(&self) -> Option<String> {
        self.top.note()
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.top.read(out)
    }
}

/// The bytes as they were before they were compressed, and how they were.
fn decoded(bottom: Box<dyn Layer>, window_log: u32) -> io::Result<(Box<dyn Layer>, String)> {
    let mut feed = Feed::new(bottom);
    let mut compression = NO_COMPRESSION.to_owned();
    for _ in 0..LAYERS {
        let head = feed.at_least(MAGIC);
        let kind = others::Kind::of(head);
        let (layer, name): (Box<dyn Layer>, _) = match (gzip::begins(head), zstd::begins(head), kind) {
            (true, ..) => (Box::new(gzip::Gzip::new(feed)), "gzip"),
            (_, true, _) => (Box::new(zstd::Zstd::new(feed, window_log)?), "zstd"),
            (.., Some(kind)) => (Box::new(Other::new(kind, feed)?), kind.name()),
            _ => return Ok((Box::new(feed), compression)),
        };
        compression = match &*compression {
            NO_COMPRESSION => name.to_owned(),
            outer => format!("{name} in {outer}"),
        };
        feed = Feed::new(layer);
    }
    Ok((Box::new(feed), compression))
}

/// Counts what is read, and notices a file that ends before the size it had.
struct Counted {
    raw: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
    size: Option<u64>,
    told: bool,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.raw.read(out)?;
        let before = self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        if count == 0 && !out.is_empty() && self.size.is_some_and(|size| before < size) && !self.told {
            self.told = true;
            return Err(shrank());
        }
        Ok(count)
    }
}

impl Layer for Counted {}

/// What is said of a file that lost bytes while it was read.
pub fn shrank() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the file shrank while it was read; copy it first, then run again",
    )
}
