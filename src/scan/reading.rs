//! From records to events, counting what is read and what is not: the part that all runs share.

use super::Job;
use super::once::{Copies, Met, Once};
use crate::envelope::{self, Format, Inner, Lacks, Layers, Unwrapper, What, of_path};
use crate::event::{Alike, Bad, ByHalf, Decoder, Event, Like, Oddities, Oddity};
use crate::finding::{Evidence, Origin, Sighting};
use crate::input::Source;
use crate::lines::{Piece, Record, Records};
use crate::redact::Redactor;
use crate::tally::{Counter, Tally, TimeSpan};
use std::borrow::Cow;
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

    /// The part of a span of time that lies in it.
    pub fn part(self, (first, last): (i64, i64)) -> Option<(i64, i64)> {
        let first = self.since.map_or(first, |since| first.max(since));
        let last = self.until.map_or(last, |until| last.min(until.saturating_sub(1)));
        (first <= last).then_some((first, last))
    }
}

/// What a worker has counted, whatever the order.
#[derive(Debug, Default)]
pub struct Sums {
    pub span: TimeSpan,
    /// How often each principal was met.
    pub principals: Counter,
}

/// What a worker counts, and what it needs for that.
#[derive(Default)]
struct Counts<'o> {
    copies: Option<Copies<'o>>,
    alike: Alike,
    sums: Sums,
    callers: Callers,
}

/// The principals of events that are alike, counted by number and told by name now and then.
#[derive(Default)]
struct Callers {
    places: ByHalf<u32>,
    counts: Vec<(Box<[u8]>, u64)>,
}

/// So many of them are told at the latest.
const UNTOLD: usize = 1 << 12;

impl Callers {
    #[inline]
    fn add(&mut self, like: Like, name: impl FnOnce() -> Box<[u8]>) {
        let Callers { places, counts } = self;
        let place = places.get_or_make(like, like.caller, || {
            counts.push((name(), 0));
            counts.len() as u32 - 1
        });
        counts[place as usize].1 += 1;
    }

    fn tell(&self, principals: &mut Counter) {
        self.counts.iter().for_each(|(name, count)| principals.add(name, *count));
    }
}

impl Counts<'_> {
    #[inline]
    fn add_event(
        &mut self,
        mut seen: Seen<'_>,
        odd: Oddities,
        tally: &mut Tally,
        see: &mut (impl FnMut(Seen<'_>) + ?Sized),
    ) {
        tally.events += 1;
        note_odd(odd, &seen, tally);
        if let Some(time) = seen.time {
            self.sums.span.add(time);
        }
        if let Some(copies) = &mut self.copies {
            seen.like = self.alike.of(seen.event);
            seen.met = copies.met(seen.event, seen.like, seen.lacks, seen.time);
        }
        if let Some(twice) = seen.met.twice {
            tally.twice += twice;
        } else {
            self.add_principal(&seen);
        }
        see(seen);
    }

    #[inline]
    fn add_principal(&mut self, seen: &Seen<'_>) {
        let Counts { sums: Sums { principals, .. }, callers, .. } = self;
        let Some(principal) = seen.event.principal() else { return };
        let name = || match principal.is_escaped() {
            true => Cow::Owned(principal.decode().into_owned().into_bytes()),
            false => Cow::Borrowed(principal.raw()),
        };
        let Some(like) = seen.like else { return principals.add(&name(), 1) };
        if callers.counts.len() >= UNTOLD {
            std::mem::take(callers).tell(principals);
        }
        callers.add(like, || name().into());
    }
}

/// What the records of a file are taken for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expect {
    /// What the user says they are.
    pub forced: Option<&'static Format>,
    /// What the first of them were. That only makes the others faster to read.
    layers: Layers,
    wrapped: bool,
}

/// So many records of a file are looked at to see what it is.
const AHEAD: usize = 16;

impl Expect {
    /// What the first piece of a file lets expect of all others.
    pub fn of(piece: &Piece, source: &Source, forced: Option<&'static Format>) -> Expect {
        let (mut decoder, mut unwrapper) = (Decoder::default(), Unwrapper::default());
        for record in piece.records().take(AHEAD) {
            if forced.is_none() && decoder.decode(record.bytes, None).is_ok() {
                break;
            }
            let mut known = false;
            unwrapper.unwrap(record.bytes, of_path(&source.name), forced, &mut |found| {
                known |= !matches!(found.what, What::Foreign | What::Bad(_));
            });
            if known {
                return Expect { forced, layers: unwrapper.layers(), wrapped: true };
            }
        }
        Expect { forced, layers: Layers::default(), wrapped: forced.is_some() }
    }

    /// Whether records are most likely audit events as they stand.
    pub fn is_native(self) -> bool {
        !self.wrapped
    }
}

/// A record and where it stands.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    pub source: &'p Source,
    pub file: u32,
    pub expect: Expect,
    /// What the path of the file tells.
    pub told: envelope::Place<'p>,
    pub record: Record<'p>,
}

/// An event, and what is known about it besides.
#[derive(Clone, Copy)]
pub struct Seen<'s> {
    pub event: &'s Event<'s>,
    pub time: Option<i64>,
    pub place: Place<'s>,
    /// Where the event begins in the record, in bytes and lines.
    pub at: (usize, u32),
    /// The outermost format; `None` for an event that nobody wrapped.
    pub format: Option<&'static Format>,
    /// The API server's machine, where the wrapper names it.
    pub node: Option<&'s str>,
    /// What nobody knows about it.
    pub lacks: Lacks,
    /// The record broke off; this is what stood before the cut.
    pub cut: bool,
    /// What it is like, and whether the same was met before: where [copies](Reading::once) are told apart.
    pub like: Option<Like>,
    pub met: Met,
}

impl<'s> Seen<'s> {
    /// An event that is a record as it stands.
    #[inline]
    fn of(event: &'s Event<'s>, place: Place<'s>) -> Seen<'s> {
        Seen {
            event,
            time: event.time(),
            place,
            at: (0, 0),
            format: None,
            node: place.told.node,
            lacks: Lacks::of_truncated(event),
            cut: false,
            like: None,
            met: Met::ALONE,
        }
    }
}

impl Seen<'_> {
    /// The label of the event's cluster: that of the file, unless a wrapper knew better.
    pub fn cluster(&self) -> Option<Arc<str>> {
        match (self.event.cluster(), &self.place.source.cluster) {
            (Some(name), Some(own)) if name == &**own => Some(Arc::clone(own)),
            (name, _) => name.map(Arc::from),
        }
    }

    /// With the line as counted within the piece; [`Tally::shift`] and its like make it one of the file.
    pub fn evidence(&self) -> Evidence {
        self.place.evidence(self.at)
    }

    /// What a report says of it.
    #[inline(never)]
    pub fn sighting(&self, redactor: Redactor) -> Sighting {
        let origin = Origin { cluster: self.cluster(), node: self.node, cut: self.cut };
        Sighting::of(self.event, origin, self.evidence(), redactor)
    }
}

/// The cluster that the events of a file are of, unless their wrappers know better.
fn cluster<'p>(source: &'p Source, told: envelope::Place<'p>) -> Option<&'p str> {
    told.cluster.or(source.cluster.as_deref())
}

impl<'p> Place<'p> {
    fn cluster(&self) -> Option<&'p str> {
        cluster(self.source, self.told)
    }

    fn evidence(&self, (bytes, lines): (usize, u32)) -> Evidence {
        let Record { offset, line, .. } = self.record;
        Evidence { file: self.file, offset: offset + bytes as u64, line: u64::from(line + lines) }
    }
}

/// Reads records, one after the other.
#[derive(Default)]
pub struct Reading<'o> {
    decoder: Decoder,
    unwrapping: Unwrapping,
    counts: Counts<'o>,
}

#[derive(Default)]
struct Unwrapping {
    unwrapper: Unwrapper,
    /// Says what is wrong with records that nobody knows.
    decoder: Decoder,
}

impl<'o> Reading<'o> {
    /// Tells events that were met before from others.
    pub fn once(once: &'o Once) -> Reading<'o> {
        Reading {
            decoder: Decoder::numbering(),
            unwrapping: Unwrapping::default(),
            counts: Counts { copies: Some(Copies::new(once)), ..Counts::default() },
        }
    }

    /// What was counted.
    pub fn finish(self) -> Sums {
        let Counts { mut sums, callers, .. } = self.counts;
        callers.tell(&mut sums.principals);
        sums
    }

    /// Reads all records of a piece; how many lines these are.
    #[inline]
    pub fn piece(&mut self, job: Job<'_>, tally: &mut Tally, mut see: impl FnMut(Seen<'_>)) -> u32 {
        if let Some(copies) = &mut self.counts.copies {
            copies.begin(job.file, job.piece.offset);
        }
        let mut records = job.piece.records();
        while self.line(job, &mut records, tally, &mut see)
            || records.next().map(|record| self.read(job.place(record), tally, &mut see)).is_some()
        {}
        let lines = records.lines().max(u32::from(job.piece.too_long.is_some()));
        tally.lines = u64::from(lines);
        lines
    }

    /// Reads the next line if it is an event as the API server writes it: that tells where it ends, too.
    #[inline]
    fn line(
        &mut self,
        job: Job<'_>,
        records: &mut Records<'_>,
        tally: &mut Tally,
        see: &mut impl FnMut(Seen<'_>),
    ) -> bool {
        let Some(ahead) = records.ahead().filter(|_| job.expect.is_native()) else { return false };
        let cluster = cluster(job.source, job.told);
        let Some((event, odd, length)) = self.decoder.decode_first(ahead, cluster) else { return false };
        let Some(record) = records.take_line(length) else { return false };
        tally.records += 1;
        self.counts.add_event(Seen::of(&event, job.place(record)), odd, tally, see);
        true
    }

    /// Decodes a record and gives each event in it to `see`; anything else is counted.
    #[inline]
    pub fn read(&mut self, place: Place<'_>, tally: &mut Tally, mut see: impl FnMut(Seen<'_>)) {
        let Reading { decoder, unwrapping, counts } = self;
        if !place.expect.is_native() {
            return unwrapping.read(place, counts, tally, &mut see);
        }
        match decoder.decode(place.record.bytes, place.cluster()) {
            Ok((event, odd)) => {
                tally.records += 1;
                counts.add_event(Seen::of(&event, place), odd, tally, &mut see);
            }
            Err(_) => unwrapping.read(place, counts, tally, &mut see),
        }
    }
}

impl Unwrapping {
    /// Gives each event within a record to `see`.
    fn read(
        &mut self,
        place: Place<'_>,
        counts: &mut Counts<'_>,
        tally: &mut Tally,
        see: &mut dyn FnMut(Seen<'_>),
    ) {
        let Unwrapping { unwrapper, decoder } = self;
        let mut lines = Lines { bytes: place.record.bytes, at: 0, count: 0 };
        let before = tally.records;
        unwrapper.expect(place.expect.layers);
        let told = envelope::Place { cluster: place.cluster(), ..place.told };
        unwrapper.unwrap(place.record.bytes, told, place.expect.forced, &mut |found| {
            tally.records += 1;
            let at = (found.offset, lines.until(found.offset));
            let bad = match found.what {
                What::Event { event, odd, lacks, cut } => {
                    let (Inner { format, node, .. }, own) = (found, Seen::of(event, place));
                    let (lacks, is_cut) = (lacks.and(own.lacks), cut.is_some());
                    let seen = Seen { at, format, node, lacks, cut: is_cut, ..own };
                    counts.add_event(seen, odd, tally, see);
                    cut
                }
                What::Bad(bad) => Some(bad),
                What::Foreign if found.format.is_none() => decoder.decode(place.record.bytes, None).err(),
                What::Foreign => Some(Bad::Foreign),
                What::FalcoAlert(_) => Some(Bad::FalcoAlert),
                What::AlcideDetection(_) => Some(Bad::AlcideDetection),
            };
            bad.into_iter().for_each(|bad| tally.bad[bad as usize].add(place.evidence(at)));
        });
        if tally.records == before {
            // A wrapper with nothing in it, or nothing at all.
            tally.records += 1;
            let known = unwrapper.layers().outermost().is_some();
            let broken = if known { None } else { decoder.decode(place.record.bytes, None).err() };
            let bad = broken.unwrap_or(Bad::Foreign);
            tally.bad[bad as usize].add(place.evidence((0, 0)));
        }
    }
}

/// Counts the lines before places in a record that come in ascending order.
struct Lines<'r> {
    bytes: &'r [u8],
    at: usize,
    count: u32,
}

impl Lines<'_> {
    fn until(&mut self, at: usize) -> u32 {
        if let Some(passed) = self.bytes.get(self.at..at) {
            self.count += memchr::memchr_iter(b'\n', passed).count() as u32;
            self.at = at;
        }
        self.count
    }
}

#[inline]
fn note_odd(odd: Oddities, seen: &Seen<'_>, tally: &mut Tally) {
    let mut odd = odd;
    if seen.time.is_none() {
        odd.add(Oddity::NoTime);
    }
    if !odd.is_empty() {
        tell_odd(odd, seen, tally);
    }
}

#[cold]
fn tell_odd(odd: Oddities, seen: &Seen<'_>, tally: &mut Tally) {
    odd.iter().for_each(|oddity| tally.odd[oddity as usize].add(seen.evidence()));
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
