//! Being built.

use crate::finding::Hit;
use crate::output::{Ending, HitPen};
use std::io::{self, Write};

#[derive(Debug, Default)]
pub struct Json {
    any: bool,
}

impl HitPen for Json {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        self.any = true;
        Ok(())
    }

    fn hit(&mut self, _: &Hit, _: &str, _: &mut dyn Write) -> io::Result<()> {
        self.any = true;
        Ok(())
    }

    fn end(&mut self, _: &Ending<'_>, _: &mut dyn Write) -> io::Result<()> {
        self.any = true;
        Ok(())
    }
}
