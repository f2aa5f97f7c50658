//! A look at the beginning of a file: when was its first event?
//!
//! Rotated logs carry names in many schemes, and the time of rotation is not that of the events, so the order of
//! files is taken from what is in them.

use super::open;
use crate::time;
use memchr::memmem;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Most first events lie in the first step; one with a large body may need more of them.
const STEP: usize = 64 << 10;
pub(super) const MOST: usize = 1 << 20;

/// The time of the first event in the file, if one can be seen near its beginning.
///
/// # Errors
/// When the file cannot be opened. One that cannot be decoded has no time.
pub(super) fn first_event(path: &Path) -> io::Result<Option<i64>> {
    Ok(first_event_in(open::stream(File::open(path)?, open::WINDOW_LOG)?))
}

/// The same in what is open already.
pub(super) fn first_event_in(mut stream: open::Stream) -> Option<i64> {
    let mut head = Vec::new();
    loop {
        let before = head.len();
        // What was decoded before an error is as good as any.
        let _ = stream.by_ref().take(STEP as u64).read_to_end(&mut head);
        if let Some(time) = first_of(&head, &["requestReceivedTimestamp", "stageTimestamp"]) {
            return Some(time);
        }
        if head.len() - before < STEP || head.len() >= MOST {
            // The time of audit.k8s.io/v1alpha1 and of most cloud envelopes; too common a word to look for first.
            return first_of(&head, &["timestamp"]);
        }
    }
}

/// The first time that stands as the value of one of the keys, tried in turn.
fn first_of(head: &[u8], keys: &[&str]) -> Option<i64> {
    keys.iter().find_map(|key| {
        memmem::find_iter(head, key.as_bytes()).find_map(|at| value(head.get(at + key.len()..)?))
    })
}

/// Reads `":"2026-09-08T03:35:13.064064Z"`, also with blanks and with the backslashes of JSON within a string.
fn value(rest: &[u8]) -> Option<i64> {
    let is_filler = |byte: &u8| matches!(byte, b'"' | b':' | b'\\' | b' ');
    let start = rest.iter().take(16).position(|byte| !is_filler(byte))?;
    let rest = &rest[start..];
    let end = rest.iter().take(64).position(|byte| matches!(byte, b'"' | b'\\'))?;
    time::parse(&rest[..end])
}
