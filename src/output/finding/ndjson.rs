//! Findings as one JSON object a line, each of the shape of [`WireFinding`]; behind them, what correlations do not
//! know ([`WireIncomplete`](crate::output::wire::WireIncomplete)) and what profiles left out
//! ([`WireCut`](crate::output::wire::WireCut)).

use super::suppressed;
use crate::output::wire::{WireFinding, cuts, incomplete};
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
        suppressed::ndjson(report, out)?;
        for one in incomplete(report) {
            escape::json(out, &one.alone())?;
            writeln!(out)?;
        }
        for one in cuts(report) {
            escape::json(out, &one.alone())?;
            writeln!(out)?;
        }
        Ok(())
    }
}
