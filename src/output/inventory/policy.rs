//! The audit policy as it seems to have been, folded to be read.

use crate::inventory::policy::{kinds_name, levels};
use crate::inventory::{AuditLevel, Folded, Policy};
use crate::output::{Look, escape, figure};
use anstyle::Style;
use std::io::{self, Write};

/// Lines of resources in one row; all are in the JSON.
const LINES: usize = 4;
/// Columns that the resources take at least.
const WHAT: usize = 24;
const GAP: usize = 2;
const HEADS: [&str; 3] = ["LEVEL", "OF", "EVENTS"];

/// Writes which levels were seen for which resources; nothing where there are none.
pub fn write(policy: &Policy, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let rows = policy.fold();
    if rows.is_empty() {
        return Ok(());
    }
    let cells: Vec<[String; 3]> = rows.iter().map(cells).collect();
    let widths = widths(&cells);
    let room = look.columns().saturating_sub(widths.iter().sum::<usize>() + 3 * GAP).max(WHAT);
    let bold = if look.color { Style::new().bold() } else { Style::new() };
    let heads = HEADS.map(str::to_owned);
    writeln!(out, "{bold}{}RESOURCES, AS LOGGED{bold:#}", lead(&heads, widths))?;
    for (row, cells) in rows.iter().zip(&cells) {
        let blank = [String::new(), String::new(), String::new()];
        for (at, text) in resources(row, room).iter().enumerate() {
            writeln!(out, "{}{text}", lead(if at == 0 { cells } else { &blank }, widths))?;
        }
    }
    if policy.more {
        writeln!(out, "There were more resources than are counted.")?;
    }
    Ok(())
}

fn cells(row: &Folded<'_>) -> [String; 3] {
    let levels: Vec<&str> = levels(row.levels).map(AuditLevel::name).collect();
    [levels.join(", "), kinds_name(row.kinds), figure::thousands(row.events)]
}

fn widths(cells: &[[String; 3]]) -> [usize; 3] {
    [0, 1, 2]
        .map(|at| cells.iter().map(|cells| cells[at].len()).max().unwrap_or_default().max(HEADS[at].len()))
}

fn lead(cells: &[String; 3], widths: [usize; 3]) -> String {
    let [level, of, events] = cells;
    let [first, second, third] = widths;
    format!("{level:first$}  {of:second$}  {events:>third$}  ")
}

/// The most frequent resources that fit into a few lines.
fn resources(row: &Folded<'_>, room: usize) -> Vec<String> {
    let name = |name: &&str| match *name {
        "" => "(paths that are no resources)".to_owned(),
        name => escape::terminal(name).into_owned(),
    };
    let names: Vec<String> = row.resources.iter().map(name).collect();
    // No name is shorter than one column and its comma.
    for shown in (1..=names.len().min(room * LINES / 2)).rev() {
        let mut text = names[..shown].join(", ");
        if shown < names.len() {
            text.push_str(&format!(" and {} more", names.len() - shown));
        }
        let lines = figure::wrap(&text, room);
        if lines.len() <= LINES {
            return lines;
        }
    }
    figure::wrap(&names.concat(), room).into_iter().take(LINES).collect()
}
