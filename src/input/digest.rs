//! Fingerprints of files as they stand on disk, by which evidence can be recognised later. A file in an archive
//! has that which it would have on disk if it were unpacked.

use super::{Identity, Place, Source, Span, archive};
use crate::hex::hex;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The fingerprint of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// In hex.
    pub sha256: String,
    /// Bytes that it was made of.
    pub bytes: u64,
}

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// What becomes of the fingerprint of one source.
type Printed = io::Result<Option<Digest>>;

/// Fingerprints of all sources, each read once from end to end; `None` for pipes, which can be read only once.
/// An error tells why a file could not be read, or that `stop` became true.
pub fn digests(sources: &[Source], threads: usize, stop: &AtomicBool) -> Vec<Printed> {
    let groups = groups(sources);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, groups.len().max(1)) {
            scope.spawn(|| {
                while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let prints = digest_all(group, sources, stop);
                    done.lock().unwrap_or_else(PoisonError::into_inner).extend(prints);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, digest)| digest).collect()
}

/// What one thread reads in one go: a file, or members of one archive in their order.
enum Group<'s> {
    File(usize, &'s Path),
    Members(&'s Path, Vec<(usize, Span)>),
    Pipe(usize),
}

fn groups(sources: &[Source]) -> Vec<Group<'_>> {
    let (mut groups, mut archives) = (Vec::new(), BTreeMap::<&Path, Vec<_>>::new());
    for (at, source) in sources.iter().enumerate() {
        match &source.place {
            Place::File(path) => groups.push(Group::File(at, path)),
            Place::Member { archive, span } => archives.entry(archive).or_default().push((at, *span)),
            Place::Stdin => groups.push(Group::Pipe(at)),
        }
    }
    groups.extend(archives.into_iter().map(|(path, mut members)| {
        members.sort_by_key(|(_, span)| span.at);
        Group::Members(path, members)
    }));
    groups
}

fn digest_all(group: &Group<'_>, sources: &[Source], stop: &AtomicBool) -> Vec<(usize, Printed)> {
    match group {
        Group::Pipe(at) => vec![(*at, Ok(None))],
        Group::File(at, path) => vec![(*at, file(path, sources[*at].identity.as_ref(), stop))],
        Group::Members(path, members) => self::members(path, members, stop),
    }
}

fn members(archive: &Path, members: &[(usize, Span)], stop: &AtomicBool) -> Vec<(usize, Printed)> {
    let (numbers, spans): (Vec<usize>, Vec<Span>) = members.iter().copied().unzip();
    let mut prints = Vec::new();
    archive::each(archive, &spans, |member| {
        prints.push(member.and_then(|member| digest(member, stop)).map(Some));
    });
    numbers.into_iter().zip(prints).collect()
}

fn file(path: &Path, identity: Option<&Identity>, stop: &AtomicBool) -> Printed {
    // To open a pipe would take what the run itself is to read.
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    if let Some(identity) = identity
        && !identity.is(&file)?
    {
        return Err(io::Error::other("it was replaced (rotated?) after the run began; run again"));
    }
    digest(&mut file, stop).map(Some)
}

fn digest(content: &mut dyn Read, stop: &AtomicBool) -> io::Result<Digest> {
    let (mut hash, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
    while !stop.load(Ordering::Relaxed) {
        match content.read(&mut chunk) {
            Ok(0) => return Ok(Digest { sha256: hex(&hash.finalize()), bytes }),
            Ok(count) => {
                hash.update(&chunk[..count]);
                bytes += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::Interrupted.into())
}
