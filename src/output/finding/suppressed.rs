//! Findings that `kaudit.toml` takes out of a report: how many, and when asked for, which and by what entry.

use super::table::level;
use crate::finding::Finding;
use crate::output::grid::{Cell, Column, Side};
use crate::output::wire::WireFinding;
use crate::output::{Report, cells, escape, figure, overview};
use crate::suppress::{Entry, Suppressed};
use serde::Serialize;
use std::io::{self, Write};

pub const SUPPRESSED: &str = "kaudit.suppressed.v1";

/// `12 findings suppressed by 2 entries of kaudit.toml`, and what ended; nothing without entries that did anything.
pub fn words(suppressed: &Suppressed) -> Option<String> {
    let taken = suppressed.findings.len() as u64;
    let counts = suppressed.counts();
    let entries = counts.iter().filter(|count| **count > 0).count();
    let file = suppressed.entries.first().map_or("", |entry| &entry.file);
    let mut parts = Vec::new();
    if taken > 0 {
        let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
        parts.push(format!("{} suppressed by {entries} of {file}", figure::count(taken, "finding")));
    }
    if suppressed.ended() > 0 {
        let lines = suppressed.entries.iter().zip(&suppressed.expired).filter(|(_, count)| **count > 0);
        let lines: Vec<String> = lines.map(|(entry, _)| format!("line {}", entry.line)).collect();
        let was = if suppressed.ended() == 1 { "is" } else { "are" };
        let findings = figure::count(suppressed.ended(), "finding");
        parts.push(format!(
            "{findings} {was} no longer suppressed, as entries of {file} ended: {}",
            lines.join(", ")
        ));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

const COLUMNS: &[Column] = &[
    Column { title: "LEVEL", min: 5, max: 5, side: Side::Left, rank: 0, turn: 0 },
    Column { title: "RULE", min: 16, max: 40, side: Side::Left, rank: 1, turn: 1 },
    Column { title: "TIME", min: 11, max: 19, side: Side::Left, rank: 5, turn: 3 },
    Column { title: "PRINCIPAL", min: 16, max: 60, side: Side::Left, rank: 2, turn: 2 },
    Column { title: "WHAT", min: 16, max: 44, side: Side::Left, rank: 4, turn: 2 },
    Column { title: "BY", min: 14, max: 40, side: Side::Left, rank: 3, turn: 1 },
    Column { title: "REASON", min: 16, max: 80, side: Side::Left, rank: 6, turn: 4 },
];

/// Lists them below a table.
pub fn table(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let suppressed = report.suppressed;
    if !report.explain || suppressed.findings.is_empty() {
        return Ok(());
    }
    let rows = suppressed
        .findings
        .iter()
        .filter_map(|(at, finding)| row(suppressed.entries.get(*at)?, finding, report));
    let rows: Vec<Vec<Cell<'_>>> = rows.collect();
    writeln!(out, "\nSuppressed:")?;
    overview::table(out, report.look, COLUMNS, &rows)
}

fn row<'a>(entry: &'a Entry, finding: &'a Finding, report: &Report<'a>) -> Option<Vec<Cell<'a>>> {
    let rule = report.rules.get(finding.rule as usize)?;
    let seen = &finding.seen;
    Some(vec![
        level(rule.level),
        Cell::new(&*rule.id),
        cells::second(seen.time, report.look.zone),
        cells::principal(seen),
        cells::what(seen),
        Cell::new(format!("{}:{}", entry.file, entry.line)).keep_end(),
        Cell::new(&*entry.reason),
    ])
}

/// A finding, and the entry that took it:
///
/// ```json
/// {"schema":"kaudit.suppressed.v1","by":{"file":"kaudit.toml","line":3,"reason":"nightly backup (SEC-123)",
///  "expires":"2026-12-31"},"finding":{"schema":"kaudit.finding.v1"}}
/// ```
#[derive(Debug, Serialize)]
pub struct WireSuppressed<'a> {
    schema: &'static str,
    by: WireEntry<'a>,
    finding: WireFinding<'a>,
}

#[derive(Debug, Serialize)]
struct WireEntry<'a> {
    file: &'a str,
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<&'a str>,
}

impl<'a> WireEntry<'a> {
    fn of(entry: &'a Entry) -> WireEntry<'a> {
        let expires = entry.expires.as_ref().map(|(written, _)| written.as_str());
        let Entry { file, line, rule, reason, .. } = entry;
        WireEntry { file, line: *line, rule: rule.as_deref(), reason, expires }
    }
}

/// Those that were asked for.
pub fn wire<'a>(report: &Report<'a>) -> Vec<WireSuppressed<'a>> {
    let suppressed = report.suppressed;
    let some = suppressed.findings.iter().filter(|_| report.explain);
    some.filter_map(|(at, finding)| {
        let by = WireEntry::of(suppressed.entries.get(*at)?);
        Some(WireSuppressed { schema: SUPPRESSED, by, finding: WireFinding::of(finding, report) })
    })
    .collect()
}

/// An entry in the figures of a report.
#[derive(Debug, Serialize)]
pub struct WireCount<'a> {
    #[serde(flatten)]
    entry: WireEntry<'a>,
    findings: u64,
    /// Findings that it would have taken before it ended.
    expired: u64,
}

pub fn counts<'a>(suppressed: &'a Suppressed) -> Vec<WireCount<'a>> {
    let counts = suppressed.counts().into_iter().zip(&suppressed.expired);
    let all = suppressed.entries.iter().zip(counts);
    all.map(|(entry, (findings, expired))| WireCount {
        entry: WireEntry::of(entry),
        findings,
        expired: *expired,
    })
    .collect()
}

pub fn ndjson(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    wire(report).iter().try_for_each(|one| {
        escape::json(out, one)?;
        writeln!(out)
    })
}
