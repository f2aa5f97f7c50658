//! Findings as a table for reading: repeats folded, the worst first, no wider than the terminal.

use super::fold::{self, Row};
use super::suppressed;
use crate::output::grid::{Cell, Column};
use crate::output::{FindingPen, Look, Report, cells, escape, figure, overview};
use crate::rule::Level;
use anstyle::{AnsiColor, Style};
use rayon::prelude::*;
use std::io::{self, Write};

#[derive(Debug)]
pub struct Table;

const COLUMNS: [Column; 15] = [
    Column::text("ID", 8, 8, 5, 0),
    Column::text("LEVEL", 5, 5, 0, 0),
    Column::text("RULE", 16, 40, 1, 1),
    Column::text("CLUSTER", 10, 16, 9, 4),
    Column::text("PRINCIPAL", 16, 60, 2, 2),
    Column::text("WHAT", 16, 44, 3, 2),
    Column::text("NAMESPACE", 11, 30, 8, 3),
    Column::text("NAME", 14, 44, 10, 3),
    Column::number("COUNT", 5, 9, 4, 0),
    Column::text("FIRST", 11, 16, 6, 4),
    Column::text("SOURCE IP", 15, 39, 11, 3),
    Column::number("CODE", 4, 7, 7, 0),
    Column::text("DETAIL", 24, 60, 13, 5),
    Column::text("TITLE", 20, 60, 14, 7),
    Column::text("EVIDENCE", 22, 60, 12, 6),
];

/// The place of a column that says nothing where all is of one cluster.
const CLUSTER: usize = 3;

/// Digits of an id that are shown: enough to tell findings apart, and `kaudit explain` takes them.
const ID: usize = 8;

/// From this width on, a column less is better than columns cut short.
const ROOMY: usize = 160;

fn columns(width: usize) -> [Column; COLUMNS.len()] {
    let min = |title| match title {
        "RULE" | "PRINCIPAL" => 24,
        "WHAT" => 22,
        _ => 0,
    };
    let roomy = |column: Column| Column { min: column.min.max(min(column.title)), ..column };
    if width < ROOMY { COLUMNS } else { COLUMNS.map(roomy) }
}

impl FindingPen for Table {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        let look = report.look;
        let (rows, joined) = fold::rows(report);
        let mut lines: Vec<Vec<Cell<'_>>> = rows.par_iter().map(|row| line(row, report)).collect();
        let cluster = |row: &Row<'_>| row.finding.seen.cluster.clone();
        if rows.windows(2).all(|pair| cluster(&pair[0]) == cluster(&pair[1])) {
            lines.iter_mut().for_each(|line| line[CLUSTER] = Cell::default());
        }
        if !lines.is_empty() {
            overview::table(out, look, &columns(look.columns()), &lines)?;
            writeln!(out)?;
        }
        figure::wrap(&closing(report, rows.len(), joined), look.columns())
            .iter()
            .try_for_each(|line| writeln!(out, "{line}"))?;
        suppressed::table(report, out)
    }
}

fn line<'a>(row: &'a Row<'a>, report: &Report<'a>) -> Vec<Cell<'a>> {
    let Look { zone, .. } = report.look;
    let seen = &row.finding.seen;
    let file = report.read.file(&seen.evidence);
    vec![
        id_cell(row.finding.id(row.rule, file)),
        level(row.rule.level),
        Cell::new(&*row.rule.id),
        Cell::new(seen.cluster.as_deref().unwrap_or_default()).keep_end(),
        cells::who(row.finding),
        what(row),
        Cell::new(seen.namespace.as_deref().unwrap_or_default()),
        few(row.names.iter().copied(), row.names.len(), "name"),
        Cell::new(figure::thousands(row.count)),
        cells::minute(row.first, zone),
        few(row.addresses.iter().copied(), row.addresses.len(), "address"),
        few(row.codes.iter().map(u16::to_string), row.codes.len(), "code"),
        few(row.details.iter().map(String::as_str), row.details.len(), "detail"),
        Cell::new(&*row.rule.title),
        cells::evidence(&seen.evidence, file),
    ]
}

/// What was done; of an anomaly, what was most unusual of it; of an incident, what it was for.
fn what<'a>(row: &Row<'a>) -> Cell<'a> {
    match (&row.finding.deviation, &row.finding.incident) {
        (Some(deviation), _) => Cell::new(&*deviation.brief),
        (_, Some(incident)) => cells::tactics(incident),
        _ => cells::deed(row.finding),
    }
}

/// The only one, or how many there are.
fn few<'a, T: Into<std::borrow::Cow<'a, str>>>(
    mut texts: impl Iterator<Item = T>,
    count: usize,
    noun: &str,
) -> Cell<'a> {
    match (texts.next(), count) {
        (Some(only), 1) => Cell::new(only),
        (None, _) => Cell::new(""),
        _ => Cell::new(figure::count(count as u64, noun)).or(figure::thousands(count as u64)),
    }
}

/// The first digits of an id.
pub fn id_cell(mut id: String) -> Cell<'static> {
    id.truncate(ID);
    Cell::new(id)
}

pub fn level(level: Level) -> Cell<'static> {
    let (name, short, color) = match level {
        Level::Critical => ("critical", "crit", AnsiColor::BrightRed),
        Level::High => ("high", "high", AnsiColor::Red),
        Level::Medium => ("medium", "med", AnsiColor::Yellow),
        Level::Low => ("low", "low", AnsiColor::Cyan),
        Level::Informational => ("info", "info", AnsiColor::BrightBlack),
    };
    let style = Style::new().fg_color(Some(color.into()));
    let style = if level == Level::Critical { style.bold() } else { style };
    Cell::new(name).or(short).style(style)
}

/// `1,234 findings (2 critical, 1,232 low) in 87 rows; 197,674 events from 12 files, ...`.
fn closing(report: &Report<'_>, rows: usize, joined: u64) -> String {
    let read = &report.read;
    let (files, lost) = (figure::files(read), figure::lost(read));
    let when = figure::when(read.span, report.look.zone);
    let scope = format!("{} from {files}{when}{lost}", figure::count(read.tally.events, "event"));
    let taken = suppressed::words(report.suppressed)
        .map_or(String::new(), |words| format!("; {}", escape::terminal(&words)));
    let scope = format!("{scope}{taken}");
    if report.findings.is_empty() {
        return format!("no findings; {scope}");
    }
    let findings = figure::count(report.findings.len() as u64, "finding");
    let rows = figure::count(rows as u64, "row");
    let told = match joined {
        0 => String::new(),
        _ if report.expand => format!(", {} of them part of incidents", figure::thousands(joined)),
        _ => format!(", {} of them told in incidents (--expand lists them)", figure::thousands(joined)),
    };
    format!("{findings} ({}) in {rows}{told}; {scope}", cells::levels(report))
}
