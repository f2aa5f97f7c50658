//! An inventory for reading: what was read, the files, then what each cluster's log holds and lacks.

use super::section::{Section, about};
use super::{Checked, InventoryPen};
use crate::inventory::{FileFacts, Share};
use crate::output::grid::{Cell, Column, Side};
use crate::output::{Read, cells, escape, figure, overview};
use crate::tally::{Bad, Reason};
use std::io::{self, Write};

/// Names of files without an audit log that are listed; all are in the JSON.
const OTHERS: usize = 5;

#[derive(Debug)]
pub struct Table;

impl InventoryPen for Table {
    fn write(&self, checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
        let look = checked.look;
        let (logs, others): (Vec<&FileFacts>, Vec<_>) =
            checked.inventory.files.iter().partition(|file| file.is_log());
        overview(checked, out)?;
        for (format, what) in OTHER_FORMATS {
            let of_format: Vec<_> = others.iter().filter(|file| file.format() == format).collect();
            let names: Vec<&str> = of_format.iter().take(OTHERS).map(|file| base(&file.name)).collect();
            if !names.is_empty() {
                overview::line(out, look, "No log", &no_log(of_format.len(), what, &names))?;
            }
        }
        let longest = logs.iter().map(|file| file.name.len()).max().unwrap_or_default();
        let shared = if longest > look.columns() / 3 { shared(&logs) } else { 0 };
        let rows: Vec<Vec<Cell<'_>>> = logs.iter().map(|file| row(file, shared, checked)).collect();
        if !rows.is_empty() {
            writeln!(out)?;
            overview::table(out, look, &COLUMNS, &rows)?;
        }
        for cluster in &checked.inventory.clusters {
            writeln!(out)?;
            Section { checked, cluster }.write(out)?;
        }
        match checked.inventory.more_clusters {
            true => writeln!(out, "\nThere were more clusters; their events count as those of their file's."),
            false => Ok(()),
        }
    }
}

/// What was read. Texts that lie beside the logs are told by file and not by line.
fn overview(checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut tally = checked.read.tally.clone();
    tally.bad[Bad::Text as usize] = Reason::default();
    overview::read(out, &Read { tally: &tally, ..checked.read }, checked.look)
}

/// What files without an audit log hold, by [`FileFacts::format`].
const OTHER_FORMATS: [(&str, &str); 4] = [
    ("text", "of text"),
    ("falco", "of Falco alerts"),
    ("alcide", "of Alcide detections"),
    ("other", "of something else"),
];

fn no_log(files: usize, what: &str, names: &[&str]) -> String {
    let list: Vec<_> = names.iter().map(|name| escape::terminal(name)).collect();
    let more = match files - names.len() {
        0 => String::new(),
        more => format!(" and {} more", figure::thousands(more as u64)),
    };
    format!("{} {what}: {}{more}", figure::count(files as u64, "file"), list.join(", "))
}

fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

const fn column(title: &'static str, min: usize, max: usize, side: Side, rank: u8, turn: u8) -> Column {
    Column { title, min, max, side, rank, turn }
}

const COLUMNS: [Column; 10] = [
    column("FILE", 36, 100, Side::Left, 0, 2),
    column("FORMAT", 23, 32, Side::Left, 1, 0),
    column("PACKED", 6, 12, Side::Left, 6, 1),
    column("ON DISK", 7, 7, Side::Right, 5, 0),
    column("CONTENT", 7, 7, Side::Right, 7, 0),
    column("EVENTS", 6, 13, Side::Right, 0, 0),
    column("FIRST", 11, 16, Side::Left, 3, 3),
    column("LAST", 11, 16, Side::Left, 4, 3),
    column("REMARKS", 16, 60, Side::Left, 2, 1),
    column("SHA256", 12, 64, Side::Left, 8, 4),
];

/// Bytes of the directory that all files lie below.
fn shared(files: &[&FileFacts]) -> usize {
    let Some(first) = files.first() else { return 0 };
    let same =
        |file: &&FileFacts| first.name.bytes().zip(file.name.bytes()).take_while(|(a, b)| a == b).count();
    let same = files.iter().map(same).min().unwrap_or_default();
    first.name.get(..same).and_then(|same| same.rfind(['/', '\\'])).map_or(0, |at| at + 1)
}

fn row<'a>(file: &'a FileFacts, shared: usize, checked: &Checked<'a>) -> Vec<Cell<'a>> {
    let zone = checked.look.zone;
    let (first, last) = file.kinds.span.range.unzip();
    let name = Cell::new(file.name.get(shared..).unwrap_or_default());
    let sha256 = file.sha256.as_deref().unwrap_or_default();
    vec![
        name.keep_end(),
        Cell::new(file.format()),
        Cell::new(file.compression.as_str()),
        Cell::new(figure::bytes(file.disk)),
        Cell::new(figure::bytes(file.tally.bytes)),
        Cell::new(figure::thousands(file.tally.events)),
        cells::minute(first, zone),
        cells::minute(last, zone),
        Cell::new(remarks(file, checked.inventory.share)),
        Cell::new(sha256).or(sha256.get(..12).unwrap_or_default()),
    ]
}

/// What is wrong with a file, in short.
fn remarks(file: &FileFacts, share: Share) -> String {
    let bad = |bad: Bad| file.tally.bad[bad as usize].count;
    let some = [
        (bad(Bad::NotJson) + bad(Bad::TooLong), "", " lost"),
        (bad(Bad::Cut) + bad(Bad::Limited), "", " cut off"),
        (bad(Bad::Damaged), "", " damaged"),
        (bad(Bad::Foreign), "", " foreign"),
        (bad(Bad::FalcoAlert), "", " of Falco"),
        (bad(Bad::AlcideDetection), "", " of Alcide"),
        (file.kinds.truncated.count, "", " truncated"),
        (file.kinds.twice, about(share), " twice"),
        (file.clock.jumps.count, "", if file.clock.jumps.count == 1 { " jump back" } else { " jumps back" }),
        (file.clock.ahead.count, "", " far ahead"),
    ];
    let mut parts: Vec<String> = file.trouble.iter().map(|_| "trouble".to_owned()).collect();
    let some = some.into_iter().filter(|(count, ..)| *count > 0);
    parts.extend(some.map(|(count, about, what)| format!("{about}{}{what}", figure::thousands(count))));
    parts.join(", ")
}
