//! Container logs of containerd and CRI-O: `2026-05-05T14:16:10.002100345Z stdout F ...`

use super::prefix::{is_time, take_off};
use crate::envelope::peel::{Look, Peel};

pub fn recognise(look: Look<'_>) -> bool {
    look.text().and_then(|text| prefix(text.bytes)).is_some()
}

pub fn unwrap(peel: &mut Peel<'_, '_>, look: Look<'_>) {
    take_off(peel, look, look.text().and_then(|text| prefix(text.bytes)));
}

/// The length of the prefix.
fn prefix(line: &[u8]) -> Option<usize> {
    let space = line.get(..40.min(line.len()))?.iter().position(|byte| *byte == b' ')?;
    let rest = line.get(space + 1..)?;
    let after = rest.strip_prefix(b"stdout ").or_else(|| rest.strip_prefix(b"stderr "))?;
    let tags = after.iter().position(|byte| *byte == b' ')?;
    let sound =
        matches!(after.first(), Some(b'F' | b'P')) && is_time(std::str::from_utf8(&line[..space]).ok()?);
    sound.then_some(space + 1 + 7 + tags + 1)
}
