//! Files compared with a manifest.

use super::wire::VERIFY;
use crate::inventory::{Difference, Status};
use crate::output::grid::{Cell, Column, Side};
use crate::output::{Look, escape, figure, overview};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::io::{self, Write};

/// The outcome of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    pub differences: &'a [Difference<'a>],
    pub look: Look,
}

pub type VerifyPen = fn(&Verified<'_>, &mut dyn Write) -> io::Result<()>;

/// One file:
///
/// ```json
/// {"schema":"kaudit.verify.v1","path":"logs/audit.log","at":"copy/audit.log","status":"same"}
/// ```
///
/// `status` is `same`, `changed`, `missing`, `new` (not in the manifest) or `unknown` (no fingerprint to compare).
/// `at` stands where the file was found under another path.
#[derive(Debug, Serialize)]
struct WireDifference<'a> {
    schema: &'static str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
    status: &'static str,
}

impl<'a> WireDifference<'a> {
    fn of(difference: &Difference<'a>) -> WireDifference<'a> {
        let Difference { path, at, status } = *difference;
        WireDifference { schema: VERIFY, path, at, status: status.name() }
    }
}

pub fn ndjson(verified: &Verified<'_>, out: &mut dyn Write) -> io::Result<()> {
    for difference in verified.differences {
        escape::json(out, &WireDifference::of(difference))?;
        writeln!(out)?;
    }
    Ok(())
}

/// `{"schema":"kaudit.verify.v1","files":[...]}`, one file a line.
pub fn json(verified: &Verified<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"schema\":\"{VERIFY}\",\n\"files\":[")?;
    for (at, difference) in verified.differences.iter().enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        escape::json(out, &WireDifference::of(difference))?;
    }
    out.write_all(b"]}\n")
}

const COLUMNS: [Column; 3] = [
    Column { title: "STATUS", min: 7, max: 7, side: Side::Left, rank: 0, turn: 0 },
    Column { title: "FILE", min: 20, max: 200, side: Side::Left, rank: 0, turn: 1 },
    Column { title: "FOUND AT", min: 20, max: 200, side: Side::Left, rank: 1, turn: 2 },
];

pub fn table(verified: &Verified<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<Cell<'_>>> = verified.differences.iter().map(row).collect();
    overview::table(out, verified.look, &COLUMNS, &rows)?;
    let same = verified.differences.iter().filter(|difference| difference.status == Status::Same).count();
    writeln!(out, "\n{} of {} as the manifest says", same, figure::count(rows.len() as u64, "file"))
}

fn row<'a>(difference: &Difference<'a>) -> Vec<Cell<'a>> {
    let style = match difference.status {
        Status::Same => Style::new(),
        _ => AnsiColor::Red.on_default(),
    };
    vec![
        Cell::new(difference.status.name()).style(style),
        Cell::new(difference.path).keep_end(),
        Cell::new(difference.at.unwrap_or_default()).keep_end(),
    ]
}
