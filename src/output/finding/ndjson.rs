//! Findings as one JSON object a line, each of the shape of [`WireFinding`]; behind them, what correlations do not
//! know ([`WireIncomplete`](crate::output::wire::WireIncomplete)) and what profiles left out
//! ([`WireCut`](crate::output::wire::WireCut)).

use super::suppressed;
use crate::finding::Finding;
use crate::output::wire::{WireFinding, cuts, incomplete};
use crate::output::{FindingPen, Report, escape};
use rayon::prelude::*;
use std::io::{self, Write};

/// Findings that are put into words before any of them is written.
const AT_ONCE: usize = 1024;

fn line(finding: &Finding, report: &Report<'_>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    escape::json(&mut line, &WireFinding::of(finding, report))?;
    line.push(b'\n');
    Ok(line)
}

#[derive(Debug)]
pub struct Ndjson;

impl FindingPen for Ndjson {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        for some in report.findings.chunks(AT_ONCE) {
            let lines: io::Result<Vec<Vec<u8>>> =
                some.par_iter().map(|finding| line(finding, report)).collect();
            lines?.iter().try_for_each(|line| out.write_all(line))?;
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
