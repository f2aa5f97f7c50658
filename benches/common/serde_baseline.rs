//! What `kaudit scan` is measured against: serde_json decodes every record of a mapped file into borrowed
//! structs, and nothing is done with them. `benches/compare` runs it; it is no example of how to use anything.
#![allow(missing_docs)]

mod baseline;

use std::io::{self, Write};

fn main() -> io::Result<()> {
    let path = std::env::args_os().nth(1).ok_or(io::ErrorKind::InvalidInput)?;
    let file = std::fs::File::open(path)?;
    let len = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let map = kaudit::metal::Map::of(&file, len).ok_or(io::ErrorKind::Unsupported)?;
    let (mut rest, mut events) = (map.bytes(), 0);
    while let Some(end) = memchr::memchr(b'\n', rest) {
        events += u64::from(baseline::has_verb(&rest[..end]));
        rest = &rest[end + 1..];
    }
    writeln!(io::stdout(), "{events}")
}
