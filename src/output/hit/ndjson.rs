//! Being built.

use crate::finding::Hit;
use crate::output::{Ending, HitPen};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Ndjson;

impl HitPen for Ndjson {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn hit(&mut self, _: &Hit, _: &str, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, _: &Ending<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
