//! From records to events, counting what is read and what is not: the part that all runs share.

use super::End;
use crate::envelope::{Unwrapper, What};
use crate::event::{Bad, Decoder, Event, Oddities, Oddity, Text};
use crate::finding::Evidence;
use crate::input::Source;
use crate::lines::{Piece, Record};
use crate::tally::{Counter, FileReport, Tally, TimeSpan};
use std::ops::AddAssign;
use std::sync::Arc;

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
    fn add_event(
        &mut self,
        event: &Event<'_>,
        odd: Oddities,
        place: Place<'_>,
        tally: &mut Tally,
        see: &mut (impl FnMut(&Event<'_>, Option<i64>) + ?Sized),
    ) {
        tally.events += 1;
        let time = event.time();
        note_odd(odd, time, place, tally);
        if let Some(time) = time {
            self.span.add(time);
        }
        if let Some(principal) = event.principal() {
            self.add_principal(principal);
        }
        see(event, time);
    }

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
#[derive(Default)]
pub struct Reading {
    decoder: Decoder,
    unwrapper: Unwrapper,
    /// Decodes what was unwrapped.
    inner: Decoder,
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
    /// The label of the event's cluster: that of the file, unless a wrapper knew better.
    pub fn cluster(&self, event: &Event<'_>) -> Option<Arc<str>> {
        match (event.cluster(), &self.source.cluster) {
            (Some(name), Some(own)) if name == &**own => Some(Arc::clone(own)),
            (name, _) => name.map(Arc::from),
        }
    }

    /// With the line as counted within the piece; [`Tally::shift`] and its like make it one of the file.
    pub fn evidence(&self) -> Evidence {
        Evidence { file: self.file, offset: self.record.offset, line: u64::from(self.record.line) }
    }
}

impl Reading {
    /// Decodes a record and gives each event in it, with its time, to `see`; anything else is counted.
    ///
    /// A record is mostly an event; what is none may be one that somebody wrapped.
    #[inline]
    pub fn read(
        &mut self,
        place: Place<'_>,
        tally: &mut Tally,
        mut see: impl FnMut(&Event<'_>, Option<i64>),
    ) {
        match self.decoder.decode(place.record.bytes, place.source.cluster.as_deref()) {
            Ok((event, odd)) => {
                tally.records += 1;
                self.counts.add_event(&event, odd, place, tally, &mut see);
            }
            Err(bad) => self.unwrap(bad, place, tally, &mut see),
        }
    }

    /// `bad` is what the record is when nobody is known to have wrapped it.
    fn unwrap(
        &mut self,
        bad: Bad,
        place: Place<'_>,
        tally: &mut Tally,
        see: &mut dyn FnMut(&Event<'_>, Option<i64>),
    ) {
        let Reading { inner, unwrapper, counts, .. } = self;
        let before = tally.records;
        // What the last record of this worker was must not matter: another number of workers, another last record.
        unwrapper.forget();
        unwrapper.unwrap(place.record.bytes, &place.source.name, None, &mut |found| {
            tally.records += 1;
            let cluster = found.cluster.or(place.source.cluster.as_deref());
            let bad = match found.what {
                What::Event { json, cut, .. } => match inner.decode(json, cluster) {
                    Ok((event, odd)) => {
                        counts.add_event(&event, odd, place, tally, see);
                        cut.then_some(Bad::Cut)
                    }
                    Err(bad) => Some(bad),
                },
                What::Bad(bad) => Some(bad),
                What::Foreign if found.format.is_none() => Some(bad),
                What::Foreign | What::FalcoAlert(_) | What::AlcideDetection(_) => Some(Bad::Foreign),
            };
            bad.into_iter().for_each(|bad| tally.bad[bad as usize].add(place.evidence()));
        });
        if tally.records == before {
            tally.records += 1;
            tally.bad[bad as usize].add(place.evidence());
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
