//! Findings as one JSON object a line, each of the shape of [`WireFinding`].

use super::suppressed;
use crate::output::wire::WireFinding;
use crate::output::{FindingPen, Report, escape};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Ndjson;

impl FindingPen for Ndjson {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        for finding in report.findings {
            escape::json(out, &WireFinding::of(finding, report))?;
            writeln!(out)?;
        }
        suppressed::ndjson(report, out)
    }
}
