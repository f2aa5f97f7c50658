//! From records to events, counting what is read and what is not: the part that all runs share.

use super::End;
use crate::event::{Bad, Decoder, Event, Oddities, Oddity, Text};
use crate::finding::Evidence;
use crate::input::Source;
use crate::lines::{Piece, Record};
use crate::tally::{Counter, FileReport, Tally, TimeSpan};
use std::ops::AddAssign;

/// The events to look at, by time in microseconds; `until` itself does not belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub since: Option<i64>,
    pub until: Option<i64>,
}

impl Window {
    /// An event without a time lies in no window but the one without ends.
    pub fn holds(self, time: Option<i64>) -> bool {
        match time {
            _ if self == Window::default() => true,
            None => false,
            Some(time) => {
                self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
            }
        }
    }
}

/// What a worker counts, whatever the order.
#[derive(Debug, Default)]
pub struct Counts {
    pub span: TimeSpan,
    pub principals: Counter,
}

impl Counts {
    #[inline]
    fn add_principal(&mut self, name: Text<'_>) {
        if name.is_escaped() {
            self.principals.add(name.decode().as_bytes(), 1);
        } else {
            self.principals.add(name.raw(), 1);
        }
    }
}

impl AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        self.span += other.span;
        self.principals += &other.principals;
    }
}

/// Reads records, one after the other.
#[derive(Debug, Default)]
pub struct Reading {
    decoder: Decoder,
    pub counts: Counts,
}

/// A record and where it stands.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    pub source: &'p Source,
    pub file: u32,
    pub record: Record<'p>,
}

impl Place<'_> {
    /// With the line as counted within the piece; [`Tally::shift`] and its like make it one of the file.
    pub fn evidence(&self) -> Evidence {
        Evidence { file: self.file, offset: self.record.offset, line: u64::from(self.record.line) }
    }
}

impl Reading {
    /// Decodes a record and gives the event with its time to `see`; anything else is counted.
    #[inline]
    pub fn read(&mut self, place: Place<'_>, tally: &mut Tally, see: impl FnOnce(&Event<'_>, Option<i64>)) {
        tally.records += 1;
        match self.decoder.decode(place.record.bytes, place.source.cluster.as_deref()) {
            Ok((event, odd)) => {
                tally.events += 1;
                let time = event.time();
                note_odd(odd, time, place, tally);
                if let Some(time) = time {
                    self.counts.span.add(time);
                }
                if let Some(principal) = event.principal() {
                    self.counts.add_principal(principal);
                }
                see(&event, time);
            }
            Err(bad) => tally.bad[bad as usize].add(place.evidence()),
        }
    }
}

#[inline]
fn note_odd(odd: Oddities, time: Option<i64>, place: Place<'_>, tally: &mut Tally) {
    let mut odd = odd;
    if time.is_none() {
        odd.add(Oddity::NoTime);
    }
    if !odd.is_empty() {
        odd.iter().for_each(|oddity| tally.odd[oddity as usize].add(place.evidence()));
    }
}

/// The tally of a piece before its records are read.
pub fn begin(file: u32, piece: &Piece) -> Tally {
    let mut tally = Tally { bytes: piece.bytes().len() as u64, ..Tally::default() };
    if let Some(length) = piece.too_long {
        tally.bytes += length;
        tally.records += 1;
        tally.bad[Bad::TooLong as usize].add(Evidence { file, offset: piece.offset, line: 0 });
    }
    tally
}

/// What was read in all.
#[derive(Debug, Default)]
pub struct ReadAll {
    pub files: Vec<FileReport>,
    pub tally: Tally,
    pub span: TimeSpan,
    pub principals: Counter,
    /// Things to say about files that are no loss.
    pub notes: Vec<String>,
}

impl ReadAll {
    pub fn new(sources: &[Source]) -> ReadAll {
        let report = |source: &Source| FileReport {
            name: source.name.clone(),
            cluster: source.cluster.as_deref().map(str::to_owned),
            ..FileReport::default()
        };
        ReadAll { files: sources.iter().map(report).collect(), ..ReadAll::default() }
    }

    /// Adds the tally of the next piece of a file.
    pub fn add(&mut self, file: u32, tally: Tally, first_line: u64) {
        let report = &mut self.files[file as usize];
        report.bytes += tally.bytes;
        report.records += tally.records;
        report.events += tally.events;
        self.tally += tally.shift(first_line);
    }

    pub(super) fn end_of_file(&mut self, file: u32, end: End) {
        let report = &mut self.files[file as usize];
        self.notes.extend(end.note.map(|note| format!("{}: {note}", report.name)));
        report.trouble = end.trouble;
        report.compression = end.compression;
    }

    pub fn add_counts(&mut self, counts: &Counts) {
        self.span += counts.span;
        self.principals += &counts.principals;
    }

    /// Whether anything that may have held evidence could not be read.
    pub fn is_partial(&self) -> bool {
        self.tally.lost() > 0 || self.files.iter().any(|file| file.trouble.is_some())
    }
}
