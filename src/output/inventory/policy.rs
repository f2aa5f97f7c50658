//! The audit policy as it seems to have been, folded to be read.

use crate::inventory::policy::{kinds_name, levels};
use crate::inventory::{AuditLevel, Folded, Policy};
use crate::output::{Look, escape, figure, overview};
use std::io::{self, Write};

/// Lines of resources in one row; all are in the JSON.
const LINES: usize = 3;
/// Where a row begins, and where its further lines do.
const INDENT: usize = 12;
const HANG: usize = INDENT + 2;

/// Writes which levels were seen for which resources; nothing where there are none.
pub fn write(policy: &Policy, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let rows = policy.fold();
    let mut before = None;
    for row in &rows {
        if before.replace(row.levels) != Some(row.levels) {
            let names: Vec<&str> = levels(row.levels).map(AuditLevel::name).collect();
            let label = if std::ptr::eq(row, &rows[0]) { "Policy" } else { "" };
            overview::line(out, look, label, &names.join(" or "))?;
        }
        let room = look.columns().saturating_sub(HANG).max(20);
        for (at, text) in text(row, room).iter().enumerate() {
            writeln!(out, "{:1$}{text}", "", if at == 0 { INDENT } else { HANG })?;
        }
    }
    if policy.more {
        overview::line(out, look, "", "There were more resources than are counted.")?;
    }
    Ok(())
}

/// `all: secrets, configmaps and 3 more`: as many resources as fit into a few lines.
fn text(row: &Folded<'_>, room: usize) -> Vec<String> {
    let name = |name: &&str| match *name {
        "" => "(paths that are no resources)".to_owned(),
        name => escape::terminal(name).into_owned(),
    };
    // No name is shorter than one column and its comma.
    let most = row.resources.len().min(room * LINES / 2);
    let names: Vec<String> = row.resources.iter().take(most).map(name).collect();
    let mut lines = Vec::new();
    for shown in (1..=names.len()).rev() {
        let mut text = format!("{}: {}", kinds_name(row.kinds), names[..shown].join(", "));
        if shown < row.resources.len() {
            text.push_str(&format!(" and {} more", figure::thousands((row.resources.len() - shown) as u64)));
        }
        lines = figure::wrap(&text, room);
        if lines.len() <= LINES {
            break;
        }
    }
    lines
}
