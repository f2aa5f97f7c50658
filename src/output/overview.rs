//! The parts that the summaries of scans and hunts share: what was read, what could not be, who was busy.

use super::escape;
use super::grid::{Cell, Column, Grid, Side};
use super::{Look, Read, Report, figure};
use crate::tally::{Bad, Oddity, Ranking, Reason};
use rayon::prelude::*;
use std::io::{self, Write};

/// Columns of a sparkline.
pub const BARS: usize = 32;

/// Writes `label   text`, wrapped within the terminal.
pub fn line(out: &mut dyn Write, look: Look, label: &str, text: &str) -> io::Result<()> {
    const LABEL: usize = 10;
    let lines = figure::wrap(text, look.columns().saturating_sub(LABEL).max(10));
    for (at, text) in lines.iter().enumerate() {
        let label = if at == 0 { label } else { "" };
        writeln!(out, "{label:LABEL$}{text}")?;
    }
    Ok(())
}

/// What was read, and everything that went wrong with it.
pub fn read(out: &mut dyn Write, read: &Read<'_>, look: Look) -> io::Result<()> {
    let tally = read.tally;
    let mut parts = vec![
        figure::count(read.files.len() as u64, "file"),
        figure::bytes(tally.bytes),
        figure::count(tally.lines, "line"),
    ];
    if read.all_parsed {
        parts.push(figure::count(tally.events, "event"));
    }
    line(out, look, "Read", &parts.join(", "))?;
    if let Some(text) = figure::twice(tally.twice) {
        line(out, look, "Twice", &text)?;
    }
    if let Some(range) = read.span.range {
        line(out, look, "Time", &figure::period(range, look.zone))?;
    }
    let bad = |loss: bool| {
        let kind = Bad::ALL.iter().filter(move |bad| bad.is_loss() == loss);
        reasons(read, kind.map(|bad| (bad.name(), &tally.bad[*bad as usize])))
    };
    let odd = reasons(read, Oddity::ALL.iter().map(|odd| (odd.name(), &tally.odd[*odd as usize])));
    for (label, reasons) in [("Lost", bad(true)), ("Foreign", bad(false)), ("Odd", odd)] {
        reasons.iter().try_for_each(|text| line(out, look, label, text))?;
    }
    for file in read.files {
        if let Some(trouble) = &file.trouble {
            let text = format!("{}: {}", escape::terminal(&file.name), escape::terminal(trouble));
            line(out, look, "Trouble", &text)?;
        }
    }
    Ok(())
}

/// Rules that could not tell whether they hold, for what the input does not carry.
pub fn unsure(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let texts = reasons(&report.read, report.unsure());
    texts.iter().try_for_each(|text| line(out, report.look, "Unsure", text))
}

/// `2 records: cut off (audit.log:7, audit.log:9)`.
fn reasons<'r>(read: &Read<'_>, all: impl Iterator<Item = (&'r str, &'r Reason)>) -> Vec<String> {
    let some = all.filter(|(_, reason)| !reason.is_empty());
    some.map(|(name, reason)| {
        let place = |at| super::cells::place(at, read.file(at));
        let places: Vec<String> = reason.samples().iter().map(place).collect();
        let more = if reason.count > places.len() as u64 { ", ..." } else { "" };
        format!("{}: {name} ({}{more})", figure::count(reason.count, "record"), places.join(", "))
    })
    .collect()
}

const fn column(title: &'static str, min: usize, max: usize, side: Side) -> Column {
    Column { title, min, max, side, rank: 0, turn: 0 }
}

/// The most frequent names with their counts and shares of `total`.
pub fn ranking(
    out: &mut dyn Write,
    look: Look,
    titles: (&'static str, &'static str),
    ranking: &Ranking,
    total: u64,
) -> io::Result<()> {
    if ranking.top.is_empty() {
        return Ok(());
    }
    let row = |(name, count): &(String, u64)| {
        let share = format!("{:.1}%", *count as f64 * 100.0 / total.max(1) as f64);
        let name = if name.is_empty() { "(none)".to_owned() } else { name.clone() };
        vec![Cell::new(name), Cell::new(figure::thousands(*count)), Cell::new(share)]
    };
    let mut rows: Vec<Vec<Cell<'_>>> = ranking.top.iter().map(row).collect();
    let others = ranking.names - ranking.top.len().min(ranking.names);
    if others > 0 {
        let least = if ranking.more { "at least " } else { "" };
        let text = format!("({least}{} more)", figure::thousands(others as u64));
        rows.push(vec![Cell::new(text), Cell::new(""), Cell::new("")]);
    }
    let columns = [
        column(titles.0, 20, 100, Side::Left),
        column(titles.1, 9, 15, Side::Right),
        column("SHARE", 6, 6, Side::Right),
    ];
    writeln!(out)?;
    table(out, look, &columns, &rows)
}

/// Rows of a table that one thread writes at a time.
const ROWS: usize = 32;

/// A table of all these rows, as wide as they need and as the terminal allows.
pub fn table(out: &mut dyn Write, look: Look, columns: &[Column], rows: &[Vec<Cell<'_>>]) -> io::Result<()> {
    let widest = |at: usize| rows.iter().map(|row| row[at].width()).max().unwrap_or_default();
    let wanted: Vec<usize> = (0..columns.len()).map(widest).collect();
    let grid = Grid::new(columns, &wanted, look.columns());
    grid.head(out, look.color)?;
    let texts = rows.par_chunks(ROWS).map(|rows| {
        let mut text = Vec::new();
        rows.iter().try_for_each(|row| grid.row(&mut text, row, look.color)).map(|()| text)
    });
    let texts: Vec<io::Result<Vec<u8>>> = texts.collect();
    texts.into_iter().try_for_each(|text| out.write_all(&text?))
}
