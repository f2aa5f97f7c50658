//! Being built.

use crate::output::{FindingPen, Report};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Json;

impl FindingPen for Json {
    fn write(&self, _: &Report<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
