//! Being built.

use crate::output::{FindingPen, Report};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Table;

impl FindingPen for Table {
    fn write(&self, _: &Report<'_>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
