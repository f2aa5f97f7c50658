//! Pens: they turn what was found into a report, one file for each format.
//!
//! There are two kinds of reports. A scan hands over all its findings at once, as they are sorted and folded
//! ([`FindingPen`]). A hunt may select millions of events, so its hits are written one by one as they come
//! ([`HitPen`]), in bounded memory.
//!
//! Whatever a log says was written by somebody else, perhaps an attacker: each pen escapes it for the place
//! where it will be read (see [`escape`]). A report holds nothing of the moment or the machine it was made
//! on: the same input gives the same bytes.

pub mod escape;
pub mod explain;
pub mod list;
pub mod target;
pub mod token;

mod advice;
mod cells;
pub mod coverage;
mod csv;
mod deviation;
pub mod figure;
mod finding;
mod grid;
mod hit;
mod incident;
pub mod inventory;
mod overview;
pub mod pack;
pub mod page;
pub mod wire;

pub use finding::suppressed_words;
pub use target::Target;

use crate::anomaly::Cut;
use crate::correlation::Dropped;
use crate::finding::{Evidence, Finding, Hit};
use crate::rule::{Level, Meta};
use crate::suppress::Suppressed;
use crate::tally::{FileReport, Ranking, Reason, Tally, TimeSpan};
use crate::time::Zone;
use std::cmp::Reverse;
use std::io::{self, Write};

/// How a report is to look where people read it. Machine formats heed none of it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of the terminal; `None` where there is none, which gives [`Look::WIDE`].
    pub width: Option<usize>,
    pub color: bool,
    pub zone: Zone,
}

impl Look {
    /// Columns of a table that no terminal bounds.
    pub const WIDE: usize = 200;

    pub fn columns(&self) -> usize {
        self.width.unwrap_or(Look::WIDE)
    }
}

/// What was read, whatever was asked of it.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    /// In the order of reading: [`Evidence::file`](crate::finding::Evidence::file) is an index into it.
    pub files: &'a [FileReport],
    pub tally: &'a Tally,
    /// Of all events read; of the hits of a hunt.
    pub span: TimeSpan,
    /// Whether every record was parsed. A hunt parses only what holds the text it searches for.
    pub all_parsed: bool,
}

impl<'a> Read<'a> {
    /// The name of the file that a record stands in.
    pub fn file(&self, evidence: &Evidence) -> &'a str {
        self.files.get(evidence.file as usize).map_or("?", |file| &file.name)
    }
}

/// Everything that a scan has to report.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// In the order in which they are to be listed.
    pub findings: &'a [Finding],
    /// [`Finding::rule`] is an index into it.
    pub rules: &'a [Meta],
    /// For each rule, the events of which it cannot tell whether it holds.
    pub unsure: &'a [Reason],
    pub read: Read<'a>,
    /// Principals by number of events.
    pub principals: &'a Ranking,
    /// What the settings took out of the findings, and whether to list it.
    pub suppressed: &'a Suppressed,
    pub explain: bool,
    /// Correlations that could not keep all that they saw, by rule.
    pub dropped: &'a [(u32, Dropped)],
    /// Correlations for which the input is too short, by rule.
    pub too_short: &'a [u32],
    /// What profiles left out for want of room.
    pub cuts: &'a [Cut],
    /// Whether tables list what incidents join, too.
    pub expand: bool,
    pub look: Look,
}

impl<'a> Report<'a> {
    /// The rules that could not tell, and how often.
    fn unsure(&self) -> impl Iterator<Item = (&'a str, &'a Reason)> {
        let all = self.rules.iter().zip(self.unsure);
        all.filter(|(_, reason)| !reason.is_empty()).map(|(rule, reason)| (&*rule.id, reason))
    }
}

/// How often a rule found something.
struct RuleCount<'a> {
    rule: &'a Meta,
    index: u32,
    findings: u64,
    span: TimeSpan,
}

/// The rules that found something, the worst first, then the most frequent.
fn by_rule<'a>(report: &Report<'a>) -> Vec<RuleCount<'a>> {
    let new = |(index, rule)| RuleCount { rule, index, findings: 0, span: TimeSpan::default() };
    let mut counts: Vec<RuleCount<'a>> = (0..).zip(report.rules).map(new).collect();
    for finding in report.findings {
        let count = &mut counts[finding.rule as usize];
        count.findings += 1;
        finding.seen.time.into_iter().for_each(|time| count.span.add(time));
    }
    counts.retain(|count| count.findings > 0);
    counts.sort_by_key(|count| (Reverse(count.rule.level), Reverse(count.findings), count.index));
    counts
}

/// Findings of each level, in the order of [`Level::ALL`].
fn by_level(report: &Report<'_>) -> [u64; Level::ALL.len()] {
    let mut counts = [0; Level::ALL.len()];
    for finding in report.findings {
        counts[report.rules[finding.rule as usize].level as usize] += 1;
    }
    counts
}

/// What is known when a hunt is over.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    pub read: Read<'a>,
}

/// Writes the findings of a scan.
pub trait FindingPen {
    fn write(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes the hits of a hunt as they come. `begin` and `end` are called once each, also when there is no hit.
pub trait HitPen: Send {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// `file` is the name of the file that `hit.seen.evidence` points into.
    fn hit(&mut self, hit: &Hit, file: &str, out: &mut dyn Write) -> io::Result<()>;

    fn end(&mut self, ending: &Ending<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// The formats in which both kinds of reports can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For reading.
    Table,
    /// One JSON object a line.
    Ndjson,
    /// One JSON document.
    Json,
    Csv,
    /// Figures only, for reading.
    Summary,
}

impl Format {
    pub const ALL: [Format; 5] = [Format::Table, Format::Ndjson, Format::Json, Format::Csv, Format::Summary];

    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Ndjson => "ndjson",
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Summary => "summary",
        }
    }

    /// Whether a hunt must fill [`Hit::record`].
    pub fn needs_record(self) -> bool {
        matches!(self, Format::Ndjson | Format::Json)
    }

    /// The pen of Alcide's keys; `None` where the format has no keys.
    pub fn alcide_pen(self) -> Option<Box<dyn FindingPen>> {
        match self {
            Format::Ndjson => Some(Box::new(finding::Alcide { is_array: false })),
            Format::Json => Some(Box::new(finding::Alcide { is_array: true })),
            _ => None,
        }
    }

    pub fn finding_pen(self) -> Box<dyn FindingPen> {
        match self {
            Format::Table => Box::new(finding::Table),
            Format::Ndjson => Box::new(finding::Ndjson),
            Format::Json => Box::new(finding::Json),
            Format::Csv => Box::new(finding::Csv),
            Format::Summary => Box::new(finding::Summary),
        }
    }

    pub fn hit_pen(self, look: Look) -> Box<dyn HitPen> {
        match self {
            Format::Table => Box::new(hit::Table::new(look)),
            Format::Ndjson => Box::new(hit::Ndjson),
            Format::Json => Box::new(hit::Json::default()),
            Format::Csv => Box::new(hit::Csv),
            Format::Summary => Box::new(hit::Summary::new(look)),
        }
    }
}

#[cfg(test)]
mod tests;
