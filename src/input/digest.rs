//! Fingerprints of files as they stand on disk, by which evidence can be recognised later.

use super::{Place, Source};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read};
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

/// Fingerprints of all sources, each read once from end to end; `None` for pipes, which can be read only once.
/// An error tells why a file could not be read, or that `stop` became true.
pub fn digests(sources: &[Source], threads: usize, stop: &AtomicBool) -> Vec<io::Result<Option<Digest>>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, sources.len().max(1)) {
            scope.spawn(|| {
                while let Some((at, source)) = take(sources, &next) {
                    let digest = digest(source, stop);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, digest));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, digest)| digest).collect()
}

fn take<'s>(sources: &'s [Source], next: &AtomicUsize) -> Option<(usize, &'s Source)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    Some((at, sources.get(at)?))
}

fn digest(source: &Source, stop: &AtomicBool) -> io::Result<Option<Digest>> {
    let Place::File(path) = &source.place else { return Ok(None) };
    // To open a pipe would take what the run itself is to read.
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    if let Some(identity) = &source.identity
        && !identity.is(&file)?
    {
        return Err(io::Error::other("it was replaced (rotated?) after the run began; run again"));
    }
    let (mut hash, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
    while !stop.load(Ordering::Relaxed) {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(Some(Digest { sha256: hex(&hash.finalize()), bytes })),
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
