//! Findings and figures as one JSON document:
//! `{"schema":"kaudit.report.v1","findings":[...],"summary":{...}}`, one finding a line, each of the shape of
//! [`WireFinding`]; the figures are of the shape of [`WireSummary`].

use super::suppressed;
use crate::output::wire::{self, WireFinding, WireSummary};
use crate::output::{FindingPen, Report, escape};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Json;

impl FindingPen for Json {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"schema\":\"{}\",\n\"findings\":[", wire::REPORT)?;
        for (at, finding) in report.findings.iter().enumerate() {
            out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
            escape::json(out, &WireFinding::of(finding, report))?;
        }
        out.write_all(b"]")?;
        if report.explain {
            out.write_all(b",\n\"suppressed\":")?;
            escape::json(out, &suppressed::wire(report))?;
        }
        out.write_all(b",\n\"summary\":")?;
        escape::json(out, &WireSummary::of(report))?;
        out.write_all(b"}\n")
    }
}
