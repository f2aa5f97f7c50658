//! Hits as one JSON array of their events, of the same shape as in NDJSON.

use crate::finding::Hit;
use crate::output::{Ending, HitPen};
use std::io::{self, Write};

#[derive(Debug, Default)]
pub struct Json {
    any: bool,
}

impl HitPen for Json {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"[")
    }

    fn hit(&mut self, hit: &Hit, file: &str, out: &mut dyn Write) -> io::Result<()> {
        let first = !std::mem::replace(&mut self.any, true);
        out.write_all(if first { b"\n" } else { b",\n" })?;
        super::event(hit, file, out)
    }

    fn end(&mut self, _: &Ending<'_>, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.any { b"\n]\n" } else { b"]\n" })
    }
}
