//! An inventory for reading: what was read, the files, then what each cluster's log holds and lacks.

use super::{Checked, InventoryPen, policy};
use crate::inventory::{AuditLevel, Clock, ClusterFacts, FileFacts, Gap, Share, Stage};
use crate::output::grid::{Cell, Column, Side};
use crate::output::{cells, escape, figure, overview};
use crate::tally::Reason;
use crate::time::{DAY, HOUR, MINUTE};
use anstyle::Style;
use std::borrow::Cow;
use std::io::{self, Write};

/// Gaps that are listed; all are in the JSON.
const GAPS: usize = 20;

#[derive(Debug)]
pub struct Table;

impl InventoryPen for Table {
    fn write(&self, checked: &Checked<'_>, out: &mut dyn Write) -> io::Result<()> {
        overview::read(out, &checked.read, checked.look)?;
        writeln!(out)?;
        let files = &checked.inventory.files;
        let longest = files.iter().map(|file| file.name.len()).max().unwrap_or_default();
        let shared = if longest > checked.look.columns() / 2 { shared(files) } else { 0 };
        let rows: Vec<Vec<Cell<'_>>> = files.iter().map(|file| row(file, shared, checked)).collect();
        overview::table(out, checked.look, &COLUMNS, &rows)?;
        for cluster in &checked.inventory.clusters {
            writeln!(out)?;
            Section { checked, cluster }.write(out)?;
        }
        Ok(())
    }
}

const fn column(title: &'static str, min: usize, max: usize, side: Side, rank: u8, turn: u8) -> Column {
    Column { title, min, max, side, rank, turn }
}

const COLUMNS: [Column; 10] = [
    column("FILE", 42, 100, Side::Left, 0, 0),
    column("FORMAT", 23, 23, Side::Left, 8, 2),
    column("PACKED", 6, 12, Side::Left, 5, 1),
    column("ON DISK", 7, 7, Side::Right, 3, 0),
    column("CONTENT", 7, 7, Side::Right, 4, 0),
    column("EVENTS", 6, 13, Side::Right, 0, 0),
    column("FIRST", 11, 16, Side::Left, 2, 3),
    column("LAST", 11, 16, Side::Left, 2, 3),
    column("REMARKS", 8, 40, Side::Left, 1, 2),
    column("SHA256", 12, 64, Side::Left, 6, 4),
];

/// Bytes of the directory that all files lie below.
fn shared(files: &[FileFacts]) -> usize {
    let Some(first) = files.first() else { return 0 };
    let same =
        |file: &FileFacts| first.name.bytes().zip(file.name.bytes()).take_while(|(a, b)| a == b).count();
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
    let bad = file.tally.bad.iter().map(|reason| reason.count).sum();
    let some = [
        (bad, "", " bad"),
        (file.kinds.twice, about(share), " twice"),
        (file.clock.jumps.count, "", " jumps back"),
        (file.clock.ahead.count, "", " far ahead"),
    ];
    let mut parts: Vec<String> = file.trouble.iter().map(|_| "trouble".to_owned()).collect();
    let some = some.into_iter().filter(|(count, ..)| *count > 0);
    parts.extend(some.map(|(count, about, what)| format!("{about}{}{what}", figure::thousands(count))));
    parts.join(", ")
}

fn about(share: Share) -> &'static str {
    if share.is_all() { "" } else { "about " }
}

/// What is said of one cluster.
struct Section<'a> {
    checked: &'a Checked<'a>,
    cluster: &'a ClusterFacts,
}

impl Section<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.head(out)?;
        let kinds = &self.cluster.kinds;
        self.line(out, "Stages", &counts(&Stage::ALL.map(Stage::name), &kinds.stages))?;
        self.line(out, "Levels", &counts(&AuditLevel::ALL.map(AuditLevel::name), &kinds.levels))?;
        if self.cluster.tally.events > 0 {
            self.gaps(out)?;
        }
        for text in self.clock(&self.cluster.clock) {
            self.line(out, "Clock", &text)?;
        }
        for (label, text) in self.requests() {
            self.line(out, label, &text)?;
        }
        policy::write(&self.cluster.policy, self.checked.look, out)
    }

    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let ClusterFacts { name, files, disk, tally, kinds, .. } = self.cluster;
        let parts = [
            figure::count(*files as u64, "file"),
            format!("{} on disk", figure::bytes(*disk)),
            figure::count(tally.events, "event"),
        ];
        let name = escape::terminal(name.as_deref().unwrap_or("(no name)")).into_owned();
        let text =
            format!("{name}: {}{}", parts.join(", "), figure::when(kinds.span, self.checked.look.zone));
        let style = if self.checked.look.color { Style::new().bold() } else { Style::new() };
        for (at, text) in
            figure::wrap(&text, self.checked.look.columns().saturating_sub(10)).iter().enumerate()
        {
            let label = if at == 0 { "Cluster" } else { "" };
            writeln!(out, "{style}{label:10}{text}{style:#}")?;
        }
        Ok(())
    }

    fn line(&self, out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
        if text.is_empty() { Ok(()) } else { overview::line(out, self.checked.look, label, text) }
    }

    fn gaps(&self, out: &mut dyn Write) -> io::Result<()> {
        let gaps = match self.cluster.gaps.as_deref() {
            None => return self.line(out, "Gaps", "too few events to know a rhythm"),
            Some([]) => return self.line(out, "Gaps", "none"),
            Some(gaps) => gaps,
        };
        for gap in gaps.iter().take(GAPS) {
            self.line(out, "Gap", &self.gap(gap))?;
        }
        match gaps.len().saturating_sub(GAPS) {
            0 => Ok(()),
            more => self.line(
                out,
                "",
                &format!("and {} (all in -o json)", figure::count(more as u64, "more gap")),
            ),
        }
    }

    /// `no events 2026-09-08 02:10 - 03:40 (1 h 30 min); about 1,200 were to be expected`.
    fn gap(&self, gap: &Gap) -> String {
        let zone = self.checked.look.zone;
        let day = |time| zone.show(time, "%Y-%m-%d");
        let form = if gap.to - gap.from < 10 * MINUTE { "%H:%M:%S" } else { "%H:%M" };
        let end = if day(gap.from) == day(gap.to) { form.to_owned() } else { format!("%Y-%m-%d {form}") };
        let from = zone.show(gap.from, &format!("%Y-%m-%d {form}"));
        let to = zone.show(gap.to, &end);
        let expected = figure::thousands(rounded(gap.expected));
        let length = length(gap.to - gap.from);
        let text = format!("no events {from} - {to} ({length}); about {expected} were to be expected");
        let (before, after) = (self.base(gap.files.0), self.base(gap.files.1));
        match (gap.rotated, gap.files.0 != gap.files.1) {
            (true, _) => format!("{text}: is a file missing between {before} and {after}?"),
            (false, true) => format!("{text} (between {before} and {after})"),
            _ => text,
        }
    }

    /// The name of a file without its directories.
    fn base(&self, file: u32) -> Cow<'_, str> {
        let name = self.checked.read.files.get(file as usize).map_or("?", |file| &file.name);
        escape::terminal(name.rsplit(['/', '\\']).next().unwrap_or(name))
    }

    fn clock(&self, clock: &Clock) -> Vec<String> {
        let mut lines = Vec::new();
        let share = clock.late as f64 * 100.0 / self.cluster.tally.events.max(1) as f64;
        if clock.late > 0 {
            let late = figure::count(clock.late, "record");
            let longest = clock.latest as f64 / 1e6;
            lines.push(format!("{late} ({share:.1}%) later than the next one, by at most {longest:.3} s"));
        }
        let faults = [
            (&clock.jumps, "more than a minute before the record above: unsorted, or a clock set back"),
            (&clock.ahead, "more than an hour ahead of its neighbours"),
            (&clock.before_received, "written before its request was received"),
        ];
        let some = faults.into_iter().filter(|(reason, _)| !reason.is_empty());
        lines.extend(some.map(|(reason, what)| self.reason(reason, what)));
        lines
    }

    /// `3 records: what is said of them (audit.log:7, ...)`.
    fn reason(&self, reason: &Reason, what: &str) -> String {
        let place = |at| cells::place(at, self.checked.read.file(at));
        let places: Vec<String> = reason.samples().iter().map(place).collect();
        let more = if reason.count > places.len() as u64 { ", ..." } else { "" };
        format!("{}: {what} ({}{more})", figure::count(reason.count, "record"), places.join(", "))
    }

    fn requests(&self) -> Vec<(&'static str, String)> {
        let kinds = &self.cluster.kinds;
        let about = about(self.checked.inventory.share);
        let records = |count| format!("{about}{}", figure::count(count, "record"));
        let mut lines = Vec::new();
        if kinds.twice > 0 {
            lines.push(("Twice", format!("{} that the log holds already", records(kinds.twice))));
        }
        if kinds.reused > 0 {
            let text = "of another request under an auditID that was used before";
            lines.push(("Reused", format!("{} {text}", records(kinds.reused))));
        }
        if !kinds.truncated.is_empty() {
            let what = "bodies left out by the API server as too large";
            lines.push(("Truncated", self.reason(&kinds.truncated, what)));
        }
        lines.extend(self.unfinished().map(|text| ("Open", text)));
        if !self.checked.inventory.share.is_all() {
            let text = format!(
                "one in {} requests was followed, as there are many: the numbers above are estimates",
                figure::thousands(self.checked.inventory.share.one_in())
            );
            lines.push(("", text));
        }
        lines
    }

    fn unfinished(&self) -> Option<String> {
        let open = &self.cluster.unfinished;
        if open.count == 0 {
            return None;
        }
        let about = about(self.checked.inventory.share);
        let name = |(id, place): &(Option<String>, _)| {
            id.clone().unwrap_or_else(|| cells::place(place, self.checked.read.file(place)))
        };
        let names: Vec<String> = open.samples.iter().map(name).collect();
        let more = if open.count > names.len() as u64 { ", ..." } else { "" };
        let begun = match open.begun {
            0 => String::new(),
            begun => format!(" ({} had begun to be answered)", figure::thousands(begun)),
        };
        let requests = figure::count(open.count, "request");
        Some(format!(
            "{about}{requests} received, of which no end is logged{begun}: {}{more}",
            names.join(", ")
        ))
    }
}

/// `ResponseComplete 193,199, ResponseStarted 6,804`: what there is, the most frequent first.
fn counts(names: &[&str], counts: &[u64]) -> String {
    let mut some: Vec<(&&str, &u64)> = names.iter().zip(counts).filter(|(_, count)| **count > 0).collect();
    some.sort_by_key(|(_, count)| u64::MAX - **count);
    let parts: Vec<String> =
        some.iter().map(|(name, count)| format!("{name} {}", figure::thousands(**count))).collect();
    parts.join(", ")
}

/// Two figures of a number that is no better known.
fn rounded(number: u64) -> u64 {
    let unit = 10u64.pow(number.checked_ilog10().unwrap_or_default().saturating_sub(1));
    number.saturating_add(unit / 2) / unit * unit
}

/// `1 h 30 min`: a length of time in its two largest units.
fn length(micros: i64) -> String {
    const SECOND: i64 = crate::time::SECOND;
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")];
    let at = units.iter().position(|(unit, _)| micros >= *unit).unwrap_or(units.len() - 1);
    let part = |(unit, name): &(i64, &str), within: i64| format!("{} {name}", within / unit);
    let whole = part(&units[at], micros);
    match units.get(at + 1).map(|unit| (unit, micros % units[at].0)) {
        Some((unit, rest)) if rest >= unit.0 => format!("{whole} {}", part(unit, rest)),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_guessed_are_rounded() {
        assert_eq!([0, 7, 99, 1234, 1250, u64::MAX / 2].map(rounded)[..5], [0, 7, 99, 1200, 1300]);
    }

    #[test]
    fn lengths_read_in_two_units() {
        assert_eq!(
            [30 * MINUTE, 90 * MINUTE, 7 * DAY + 2 * HOUR, DAY, 12_500_000].map(length),
            ["30 min", "1 h 30 min", "7 d 2 h", "1 d", "12 s"]
        );
    }
}
