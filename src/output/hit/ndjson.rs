//! Hits as their events, one JSON object a line, as `jq` reads them. The key `kaudit`, of the shape of
//! [`WireOrigin`](crate::output::wire::WireOrigin), stands last in each.

use crate::finding::Hit;
use crate::output::{Ending, HitPen};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Ndjson;

impl HitPen for Ndjson {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn hit(&mut self, hit: &Hit, file: &str, out: &mut dyn Write) -> io::Result<()> {
        super::event(hit, file, out)?;
        out.write_all(b"\n")
    }

    fn end(&mut self, _: &Ending<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
