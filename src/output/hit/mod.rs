//! Pens for the hits of a hunt.

mod csv;
mod json;
mod ndjson;
mod summary;
mod table;

pub use csv::Csv;
pub use json::Json;
pub use ndjson::Ndjson;
pub use summary::Summary;
pub use table::Table;

use super::{Ending, Look, escape, figure};
use crate::finding::Hit;
use crate::output::wire::WireOrigin;
use std::io::{self, Write};

/// Writes the event of a hit with one more key at its end, which tells where it came from.
fn event(hit: &Hit, file: &str, out: &mut dyn Write) -> io::Result<()> {
    let members = hit.record.strip_suffix(b"}").unwrap_or(b"{");
    out.write_all(members)?;
    out.write_all(if members.len() > 1 { b",\"kaudit\":" } else { b"\"kaudit\":" })?;
    let seen = &hit.seen;
    let (cluster, node, at) = (seen.cluster.as_deref(), seen.node.as_deref(), &seen.evidence);
    escape::json(out, &WireOrigin { cluster, node, cut: seen.cut, file, offset: at.offset, line: at.line })?;
    out.write_all(b"}")
}

/// `1,234 hits, 2026-09-01 17:56 - ...; 197,674 lines from 12 files`.
fn closing(hits: u64, ending: &Ending<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let hits = if hits == 0 { "no hits".to_owned() } else { figure::count(hits, "hit") };
    let when = figure::when(ending.read.span, look.zone);
    let lines = figure::count(ending.read.tally.lines, "line");
    let (files, lost) = (figure::files(&ending.read), figure::lost(&ending.read));
    let text = format!("{hits}{when}; {lines} from {files}{lost}");
    figure::wrap(&text, look.columns()).iter().try_for_each(|line| writeln!(out, "{line}"))
}
