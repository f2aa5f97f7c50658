//! The figures of a scan, for reading: what was read, which rules found how much and when, who was busy.

use super::{suppressed, table};
use crate::output::figure::{self, Timeline};
use crate::output::grid::{Cell, Column, Side};
use crate::output::{FindingPen, Report, RuleCount, by_rule, cells, escape, overview};
use std::io::{self, Write};

#[derive(Debug)]
pub struct Summary;

const COLUMNS: &[Column] = &[
    Column { title: "LEVEL", min: 5, max: 8, side: Side::Left, rank: 0, turn: 2 },
    Column { title: "RULE", min: 14, max: 50, side: Side::Left, rank: 1, turn: 0 },
    Column { title: "COUNT", min: 5, max: 12, side: Side::Right, rank: 2, turn: 0 },
    Column { title: "FIRST", min: 11, max: 16, side: Side::Left, rank: 4, turn: 3 },
    Column { title: "LAST", min: 11, max: 16, side: Side::Left, rank: 5, turn: 3 },
    Column {
        title: "OVER TIME",
        min: overview::BARS,
        max: overview::BARS,
        side: Side::Left,
        rank: 3,
        turn: 0,
    },
    Column { title: "TITLE", min: 12, max: 80, side: Side::Left, rank: 6, turn: 4 },
];

impl FindingPen for Summary {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        let look = report.look;
        overview::read(out, &report.read, look)?;
        overview::unsure(out, report)?;
        for cut in report.cuts {
            overview::line(out, look, "Left out", &format!("of profiles: {}", cut.said()))?;
        }
        overview::line(out, look, "Findings", &findings(report))?;
        if let Some(words) = suppressed::words(report.suppressed) {
            overview::line(out, look, "Accepted", &escape::terminal(&words))?;
        }
        let counts = by_rule(report);
        if !counts.is_empty() {
            let lines: Vec<Vec<Cell<'_>>> = counts.iter().map(|count| line(count, report)).collect();
            writeln!(out)?;
            overview::table(out, look, COLUMNS, &lines)?;
        }
        let titles = ("PRINCIPAL", "EVENTS");
        let counted = report.read.tally.events.saturating_sub(report.read.tally.twice.count);
        overview::ranking(out, look, titles, report.principals, counted)?;
        suppressed::table(report, out)
    }
}

/// `1,234: 2 critical, 1,232 low; each bar spans 7.7 h`.
fn findings(report: &Report<'_>) -> String {
    if report.findings.is_empty() {
        return "none".to_owned();
    }
    let bar = report.read.span.range.map_or(String::new(), |(first, last)| {
        let micros = last.saturating_sub(first) / overview::BARS as i64;
        format!("; each bar spans {}", figure::duration(micros))
    });
    format!("{}: {}{bar}", figure::thousands(report.findings.len() as u64), cells::levels(report))
}

fn line<'a>(count: &RuleCount<'a>, report: &Report<'a>) -> Vec<Cell<'a>> {
    let zone = report.look.zone;
    vec![
        table::level(count.rule.level),
        Cell::new(&*count.rule.id),
        Cell::new(figure::thousands(count.findings)),
        cells::minute(count.span.range.map(|(first, _)| first), zone),
        cells::minute(count.span.range.map(|(_, last)| last), zone),
        Cell::new(over_time(count, report)),
        Cell::new(&*count.rule.title),
    ]
}

fn over_time(count: &RuleCount<'_>, report: &Report<'_>) -> String {
    let Some(range) = report.read.span.range else { return String::new() };
    let own = report.findings.iter().filter(|finding| finding.rule == count.index);
    let mut timeline = Timeline::default();
    timeline.extend(own.filter_map(|finding| finding.seen.time));
    figure::sparkline(&timeline.parts(range, overview::BARS))
}
