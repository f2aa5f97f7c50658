//! Being built.

use crate::output::{FindingPen, Report};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Summary;

impl FindingPen for Summary {
    fn write(&self, _: &Report<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
