//! Archives read in place: each member of a tar (also compressed as a whole) or a zip is a source of its own.
//!
//! A member of a compressed tar can only be reached through all that stands before it, so such archives are
//! decompressed once to be listed and once more to be read: who opens the next member goes on where the last one
//! was left ([`Passage`]).

use super::open::{self, Stream};
use super::peek;
use flate2::read::DeflateDecoder;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use zip::{CompressionMethod, ZipArchive};

/// Where a member stands in its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// In the file, or in what a compressed tar decompresses to.
    pub at: u64,
    /// Bytes there.
    pub size: u64,
    pub form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Tar,
    ZipStored,
    ZipDeflated,
}

/// A file in an archive.
pub(super) struct Member {
    pub name: String,
    pub span: Span,
    pub first: Option<i64>,
}

/// What is in an archive.
#[derive(Default)]
pub(super) struct Listed {
    pub members: Vec<Member>,
    /// Members that cannot be read, and why the list may not be all.
    pub skipped: Vec<String>,
    /// The way through a compressed tar.
    pub passage: Option<Arc<Passage>>,
}

/// How far a compressed tar was read, so that the next member need not be looked for from the beginning.
#[derive(Default)]
pub struct Passage(Mutex<Option<(Stream, u64)>>);

impl Passage {
    /// What was left, and where that stands in the tar, if `at` still lies before it.
    fn take_up(&self, at: u64) -> Option<(Stream, u64)> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        left.take().filter(|(_, reached)| *reached <= at)
    }

    fn leave(&self, content: Stream, at: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((content, at));
    }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passage")
    }
}

/// Lists what is in an archive. `None` for a file that is none.
pub(super) fn list(path: &Path) -> io::Result<Option<Listed>> {
    let mut head = Vec::new();
    let mut file = File::open(path)?;
    file.by_ref().take(4).read_to_end(&mut head)?;
    if head.starts_with(b"PK\x03\x04") {
        return Ok(Some(zipped(file)));
    }
    file.seek(SeekFrom::Start(0))?;
    let mut stream = open::stream(file, open::WINDOW_LOG)?;
    head.clear();
    // Damage shows when the file itself is read.
    let _ = stream.by_ref().take(TAR_BLOCK).read_to_end(&mut head);
    let is_tar = head.get(TAR_MAGIC..).is_some_and(|rest| rest.starts_with(b"ustar"));
    let passage = (stream.compression() != open::NO_COMPRESSION).then(Arc::default);
    Ok(is_tar.then(|| Listed { passage, ..tarred(Cursor::new(head).chain(stream)) }))
}

const TAR_BLOCK: u64 = 512;
const TAR_MAGIC: usize = 257;

fn tarred(content: impl Read) -> Listed {
    let mut listed = Listed::default();
    let mut archive = tar::Archive::new(content);
    let Ok(entries) = archive.entries() else { return listed };
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                listed.skipped.push(format!("the rest of the archive ({error})"));
                return listed;
            }
        };
        let kind = entry.header().entry_type();
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if kind.is_file() || kind.is_contiguous() {
            let span = Span { at: entry.raw_file_position(), size: entry.size(), form: Form::Tar };
            let first = first_event(&mut entry);
            listed.members.push(Member { name, span, first });
        } else if kind.is_gnu_sparse() {
            listed.skipped.push(name);
        }
    }
    listed
}

fn zipped(file: File) -> Listed {
    let mut listed = Listed::default();
    let mut archive = match ZipArchive::new(BufReader::new(file)) {
        Ok(archive) => archive,
        Err(error) => {
            listed.skipped.push(format!("the archive ({error})"));
            return listed;
        }
    };
    for at in 0..archive.len() {
        let Ok(member) = archive.by_index_raw(at) else {
            listed.skipped.push(format!("member {}", at + 1));
            continue;
        };
        let form = match member.compression() {
            _ if member.encrypted() => None,
            CompressionMethod::Stored => Some(Form::ZipStored),
            CompressionMethod::Deflated => Some(Form::ZipDeflated),
            _ => None,
        };
        let Ok(name) = member.name().map(|name| name.into_owned()) else {
            listed.skipped.push(format!("member {}", at + 1));
            continue;
        };
        if !member.is_file() {
            continue;
        }
        match (form, member.data_start()) {
            (Some(form), Some(at)) => {
                let span = Span { at, size: member.compressed_size(), form };
                let first = match form {
                    Form::ZipDeflated => first_event(&mut DeflateDecoder::new(member)),
                    _ => first_event(&mut { member }),
                };
                listed.members.push(Member { name, span, first });
            }
            _ => listed.skipped.push(name),
        }
    }
    listed
}

/// The time of the first event in the beginning of a member.
fn first_event(member: &mut impl Read) -> Option<i64> {
    let mut head = Vec::new();
    // What was read before an error is as good as any.
    let _ = member.take(peek::MOST as u64).read_to_end(&mut head);
    let stream = Stream::new(Box::new(Cursor::new(head)), None, open::WINDOW_LOG).ok()?;
    peek::first_event_in(stream)
}

/// Opens a member.
pub(super) fn open(
    archive: &Path,
    span: Span,
    passage: Option<&Arc<Passage>>,
    window_log: u32,
) -> io::Result<Stream> {
    let raw: Box<dyn Read + Send> = match passage {
        Some(passage) => Box::new(Visit::of(archive, span, passage, window_log)?),
        None => stored(archive, span)?,
    };
    Stream::new(raw, None, window_log)
}

/// A member of a compressed tar, which leaves the passage behind itself to the next one.
struct Visit {
    content: Option<Exactly<Stream>>,
    end: u64,
    passage: Arc<Passage>,
}

impl Visit {
    fn of(archive: &Path, span: Span, passage: &Arc<Passage>, window_log: u32) -> io::Result<Visit> {
        let (mut content, reached) = match passage.take_up(span.at) {
            Some(left) => left,
            None => (open::stream(File::open(archive)?, window_log)?, 0),
        };
        skip(&mut content, span.at - reached)?;
        let content = Some(Exactly { from: content, left: span.size });
        Ok(Visit { content, end: span.at.saturating_add(span.size), passage: Arc::clone(passage) })
    }
}

impl Read for Visit {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.content.as_mut().map_or(Ok(0), |content| content.read(out))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if let Some(Exactly { from, left }) = self.content.take() {
            self.passage.leave(from, self.end - left);
        }
    }
}

/// Hands members of one archive over as they would be on disk, in the order of `spans`, which is that of the
/// archive; a compressed tar is decompressed once for all of them.
pub(super) fn each(archive: &Path, spans: &[Span], mut see: impl FnMut(io::Result<&mut dyn Read>)) {
    let first = spans.first().map(|span| decompressed(archive, span.form, open::WINDOW_LOG));
    let mut content = first.unwrap_or(Ok(None));
    let mut at = 0;
    for span in spans {
        match &mut content {
            Err(error) => see(Err(io::Error::new(error.kind(), error.to_string()))),
            Ok(None) => match stored(archive, *span) {
                Ok(mut member) => see(Ok(&mut member)),
                Err(error) => see(Err(error)),
            },
            Ok(Some(content)) => match skip(content, span.at.saturating_sub(at)) {
                Ok(()) => see(Ok(&mut Exactly { from: content, left: span.size })),
                Err(error) => see(Err(error)),
            },
        }
        at = span.at.saturating_add(span.size);
    }
}

/// What a tar was before it was compressed as a whole; `None` where members can be reached directly.
fn decompressed(archive: &Path, form: Form, window_log: u32) -> io::Result<Option<Stream>> {
    let mut file = File::open(archive)?;
    let mut head = Vec::new();
    file.by_ref().take(open::MAGIC as u64).read_to_end(&mut head)?;
    file.seek(SeekFrom::Start(0))?;
    let compressed = form == Form::Tar && open::is_compressed(&head);
    compressed.then(|| open::stream(file, window_log)).transpose()
}

fn skip(content: &mut Stream, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut content.take(bytes), &mut io::sink())?;
    if skipped < bytes { Err(cut_off()) } else { Ok(()) }
}

/// A member that can be reached directly.
fn stored(archive: &Path, span: Span) -> io::Result<Box<dyn Read + Send>> {
    let mut file = File::open(archive)?;
    file.seek(SeekFrom::Start(span.at))?;
    let raw = Exactly { from: BufReader::new(file), left: span.size };
    Ok(match span.form {
        Form::ZipDeflated => Box::new(DeflateDecoder::new(raw)),
        Form::Tar | Form::ZipStored => Box::new(raw),
    })
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut off")
}

/// So many bytes, or an error.
struct Exactly<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let count = self.from.read(&mut out[..most])?;
        if count == 0 && most > 0 {
            self.left = 0;
            return Err(cut_off());
        }
        self.left -= count as u64;
        Ok(count)
    }
}
