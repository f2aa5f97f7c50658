//! Findings as CSV with a head line, one finding a line.

use crate::output::csv::{EPISODE, Row, SIGHTING};
use crate::output::{FindingPen, Report};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Csv;

impl FindingPen for Csv {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "id,level,rule,title,{SIGHTING},category,etype,confidence,score,until,doc,{EPISODE},message,partOf,fields"
        )?;
        for finding in report.findings {
            let rule = &report.rules[finding.rule as usize];
            let file = report.read.file(&finding.seen.evidence);
            let mut row = Row::new(out);
            for text in [&*finding.id(rule, file), rule.level.name(), &rule.id, &rule.title] {
                row.text(text)?;
            }
            row.sighting(&finding.seen, file)?;
            row.deviation(finding)?;
            row.episode(finding.episode.as_deref())?;
            row.text(finding.seen.message.as_deref().unwrap_or_default())?;
            row.text(finding.part_of.as_deref().unwrap_or_default())?;
            let fields: Vec<String> = finding.seen.fields.iter().map(ToString::to_string).collect();
            row.text(&fields.join("; "))?;
            row.end()?;
        }
        Ok(())
    }
}
