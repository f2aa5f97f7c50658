//! Hits as CSV with a head line.

use crate::finding::Hit;
use crate::output::csv::{Row, SIGHTING};
use crate::output::{Ending, HitPen};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Csv;

impl HitPen for Csv {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{SIGHTING}")
    }

    fn hit(&mut self, hit: &Hit, file: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut row = Row::new(out);
        row.sighting(&hit.seen, file)?;
        row.end()
    }

    fn end(&mut self, _: &Ending<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
