//! What the log of one cluster holds and lacks, for reading.

use super::{Checked, policy};
use crate::finding::Evidence;
use crate::inventory::{AuditLevel, Clock, ClusterFacts, Gap, Nodes, Share, Stage};
use crate::output::{cells, escape, figure, overview};
use crate::tally::Reason;
use crate::time::{DAY, HOUR, MINUTE};
use anstyle::Style;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::io::{self, Write};

/// Gaps that are listed; all are in the JSON.
const GAPS: usize = 20;

/// Paths of more bytes are shortened.
const LONG: usize = 48;

/// Nodes that are listed; all are in the JSON.
const NODES: usize = 12;

pub fn about(share: Share) -> &'static str {
    if share.is_all() { "" } else { "about " }
}

/// What is said of one cluster.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    pub checked: &'a Checked<'a>,
    pub cluster: &'a ClusterFacts,
}

impl Section<'_> {
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.head(out)?;
        let kinds = &self.cluster.kinds;
        let formats = &self.cluster.formats;
        if formats.len() > 1 {
            let each = formats.iter().map(|(name, events)| (*name, *events));
            self.line(out, "Formats", &counts(each))?;
        }
        self.line(out, "Nodes", &self.nodes())?;
        self.line(out, "Stages", &counts(Stage::ALL.map(Stage::name).into_iter().zip(kinds.stages)))?;
        self.line(
            out,
            "Levels",
            &counts(AuditLevel::ALL.map(AuditLevel::name).into_iter().zip(kinds.levels)),
        )?;
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

    /// The busiest nodes.
    fn nodes(&self) -> String {
        let Nodes { known, more } = &self.cluster.nodes;
        let mut nodes: Vec<_> =
            known.iter().map(|(name, amount)| (escape::terminal(name), amount.events)).collect();
        nodes.sort_by_key(|(_, events)| Reverse(*events));
        let others = nodes.len().saturating_sub(NODES);
        let text = counts(nodes.into_iter().take(NODES));
        match (others, more) {
            (0, _) => text,
            (_, false) => format!("{text} and {} more", figure::thousands(others as u64)),
            (_, true) => format!("{text} and at least {} more", figure::thousands(others as u64)),
        }
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

    /// Where a record stands. Long paths are in the table of files, and whole in the JSON.
    fn place(&self, at: &Evidence) -> String {
        let name = self.checked.read.file(at);
        match name.rsplit_once(['/', '\\']) {
            Some((_, base)) if name.len() > LONG => cells::place(at, &format!("…/{base}")),
            _ => cells::place(at, name),
        }
    }

    /// `3 records: what is said of them (audit.log:7, ...)`.
    fn reason(&self, reason: &Reason, what: &str) -> String {
        let places: Vec<String> = reason.samples().iter().map(|at| self.place(at)).collect();
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
        if !kinds.cut.is_empty() {
            let what = "cut off, and read as far as they go";
            lines.push(("Salvaged", self.reason(&kinds.cut, what)));
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
        let name = |(id, place): &(Option<String>, Evidence)| id.clone().unwrap_or_else(|| self.place(place));
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
fn counts<N: AsRef<str>>(named: impl Iterator<Item = (N, u64)>) -> String {
    let mut some: Vec<(N, u64)> = named.filter(|(_, count)| *count > 0).collect();
    some.sort_by_key(|(_, count)| Reverse(*count));
    let parts = some.iter().map(|(name, count)| format!("{} {}", name.as_ref(), figure::thousands(*count)));
    parts.collect::<Vec<_>>().join(", ")
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
