//! Gaps: silences that a cluster's own rhythm says should not be.
//!
//! What counts as long differs: a busy cluster writes records every millisecond, a policy that logs people only
//! is silent for nights, and both change from hour to hour. So a silence is measured against the others around
//! it and never against a fixed time. It is a gap when all of this holds:
//!
//! 1. It lasts [`LEAST`] or more, and stands between [`SIDE`] or more events on either side.
//! 2. Within [`AROUND`] times its own length, before and after, no other silence is longer than a
//!    [`TIMES`]th of it. Were silences as random as they can be (exponential), that would happen by chance less
//!    than once in a million logs; real ones are bursty, which is why the longest other silence is asked
//!    and not the average rate. Up to [`ALIKE`] others of at least half its length do not count, so that two
//!    gaps do not hide each other.
//! 3. By the number of events around it, [`EXPECTED`] or more were to be expected in it.
//! 4. The same hours of the day before or after, or of the week before or after, were not silent too: that would
//!    be a rhythm.
//!
//! Time is weighed with the usual number of events at that hour of the day (the median over the days, in a log of
//! [`DAYS`] days or more), so that nights and busy hours compare.
//!
//! A silence between two files of a rotated set is measured against silences within files, as what is missing
//! there may be a file: any number of them may be as long as each other, and no hour excuses it.

use super::Rhythm;
use super::rhythm::Beat;
use crate::time::{DAY, HOUR, SECOND};

/// A gap lasts this long at least.
pub const LEAST: i64 = 10 * SECOND;
/// A gap is so many times as long as the silences around it.
pub const TIMES: i64 = 5;
/// How far around a gap is looked, in its own lengths.
pub const AROUND: i64 = 10;
/// So many other silences may be about as long.
pub const ALIKE: usize = 2;
/// Events on either side of a gap: a few with wrong times make none.
pub const SIDE: u64 = 20;
/// Events that a gap lacks, at least.
pub const EXPECTED: u64 = 20;
/// Days from which on the hours of the day are told apart.
pub const DAYS: usize = 3;
/// The same hours of another day were silent too when they hold less than one in so many of the events expected.
const SILENT: u64 = 20;
/// Weight of an average hour, and of an hour in which nothing happens.
const WEIGHT: i64 = 1000;
const LEAST_WEIGHT: i64 = 10;
/// Hours looked at to learn the hours of the day: 20 years.
const MOST_HOURS: i64 = 20 * 366 * 24;

/// Nothing was written from here to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last record before and the first one after, in microseconds since 1970 (UTC).
    pub from: i64,
    pub to: i64,
    /// The files that these stand in.
    pub files: (u32, u32),
    /// How many records were to be expected, about.
    pub expected: u64,
    /// Whether the files are members of one rotated set, of which another may be missing.
    pub rotated: bool,
}

impl Rhythm {
    /// The gaps, in the order of time; `None` when there are too few records to know a rhythm.
    /// `rotated` tells whether two files are members of one rotated set.
    pub fn gaps(&self, rotated: impl Fn(u32, u32) -> bool) -> Option<Vec<Gap>> {
        let beats = self.beats();
        let events: u64 = beats.iter().map(|beat| beat.count).sum();
        if events < 2 * SIDE {
            return None;
        }
        let least = LEAST.max(TIMES * self.step());
        let log = Log::new(beats, rotated);
        let gaps = (0..log.silences.len()).filter(|at| log.silences[*at].length() >= least);
        Some(gaps.filter_map(|at| log.judge(at)).collect())
    }
}

/// The time between two beats.
#[derive(Clone, Copy, Debug)]
struct Silence {
    from: i64,
    to: i64,
    files: (u32, u32),
    rotated: bool,
}

impl Silence {
    fn length(&self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

struct Log {
    beats: Vec<Beat>,
    /// Events up to and with each beat.
    events: Vec<u64>,
    /// Each stands after the beat of its index.
    silences: Vec<Silence>,
    hours: Hours,
}

impl Log {
    fn new(beats: Vec<Beat>, rotated: impl Fn(u32, u32) -> bool) -> Log {
        let silence = |pair: &[Beat]| {
            let ((from, before), (to, after)) = (pair[0].last, pair[1].first);
            Silence { from, to, files: (before, after), rotated: before != after && rotated(before, after) }
        };
        let silences = beats.windows(2).map(silence).collect();
        let sum = |sum: &mut u64, beat: &Beat| {
            *sum += beat.count;
            Some(*sum)
        };
        let events = beats.iter().scan(0, sum).collect();
        Log { hours: Hours::learn(&beats), beats, events, silences }
    }

    /// Whether a silence is a gap, and what is missing in it.
    fn judge(&self, at: usize) -> Option<Gap> {
        let silence = &self.silences[at];
        let flat = Hours::flat();
        let hours = if silence.rotated { &flat } else { &self.hours };
        let scale = Scale { hours, length: hours.between(silence.from, silence.to).max(1) };
        let back = self.side(scale, silence, (0..=at).rev().map(|beat| (beat, beat.checked_sub(1))))?;
        let last = self.silences.len();
        let on = self.side(
            scale,
            silence,
            (at + 1..=last).map(|beat| (beat, Some(beat).filter(|at| *at < last))),
        )?;
        if back.alike + on.alike > ALIKE || back.events < SIDE || on.events < SIDE {
            return None;
        }
        let expected = (i128::from(back.events + on.events) * i128::from(scale.length))
            / i128::from((back.lively + on.lively).max(1));
        let expected = u64::try_from(expected).unwrap_or(u64::MAX);
        if expected < EXPECTED || !silence.rotated && self.is_usual(silence, expected) {
            return None;
        }
        let Silence { from, to, files, rotated } = *silence;
        Some(Gap { from, to, files, expected, rotated })
    }

    /// Looks from a silence to one side: beats, and the silence behind each. `None` when another silence there is
    /// too long.
    fn side(
        &self,
        scale: Scale<'_>,
        silence: &Silence,
        way: impl Iterator<Item = (usize, Option<usize>)>,
    ) -> Option<Side> {
        let mut side = Side::default();
        for (beat, behind) in way {
            let beat = &self.beats[beat];
            let before = scale.hours.between(beat.first.0, silence.from);
            let reach = before.max(scale.hours.between(silence.to, beat.last.0));
            side.events += beat.count;
            side.lively = reach - side.silent;
            let Some(behind) = behind.filter(|_| reach <= AROUND.saturating_mul(scale.length)) else { break };
            side.compare(&self.silences[behind], silence.rotated, scale)?;
        }
        Some(side)
    }

    /// Whether the same hours of the day before or after, or the week before or after, were silent too.
    fn is_usual(&self, silence: &Silence, expected: u64) -> bool {
        let edge = silence.length() / 10;
        let (from, to) = (silence.from + edge, silence.to - edge);
        [DAY, -DAY, 7 * DAY, -7 * DAY].into_iter().any(|shift| {
            let (from, to) = (from.saturating_add(shift), to.saturating_add(shift));
            silence.length() <= shift.abs()
                && self.covers(from, to)
                && self.events_between(from, to) <= expected / SILENT
        })
    }

    fn covers(&self, from: i64, to: i64) -> bool {
        let first = self.beats.first().is_some_and(|beat| beat.first.0 <= from);
        first && self.beats.last().is_some_and(|beat| to <= beat.last.0)
    }

    /// Events of the beats that lie wholly within.
    fn events_between(&self, from: i64, to: i64) -> u64 {
        let start = self.beats.partition_point(|beat| beat.first.0 < from);
        let end = self.beats.partition_point(|beat| beat.last.0 <= to);
        let before = |at: usize| at.checked_sub(1).map_or(0, |at| self.events[at]);
        before(end).saturating_sub(before(start))
    }
}

#[derive(Clone, Copy)]
struct Scale<'h> {
    hours: &'h Hours,
    /// Of the silence that is judged, weighed.
    length: i64,
}

/// What lies on one side of a silence.
#[derive(Clone, Copy, Debug, Default)]
struct Side {
    events: u64,
    /// Other silences of about the same length.
    alike: usize,
    /// Their lengths, weighed.
    silent: i64,
    /// The time without them, weighed.
    lively: i64,
}

impl Side {
    /// Takes another silence; `None` when no silence of this scale can be a gap beside it.
    fn compare(&mut self, other: &Silence, rotated: bool, scale: Scale<'_>) -> Option<()> {
        let length = scale.hours.between(other.from, other.to);
        if length >= scale.length / 2 {
            self.silent += length;
            self.alike += usize::from(!(rotated && other.rotated));
        } else if length > scale.length / TIMES {
            return None;
        }
        (self.alike <= ALIKE).then_some(())
    }
}

/// How busy the hours of the day (UTC) usually are, in parts of [`WEIGHT`].
#[derive(Clone, Debug)]
struct Hours {
    weights: [i64; 24],
}

impl Hours {
    fn flat() -> Hours {
        Hours { weights: [WEIGHT; 24] }
    }

    fn learn(beats: &[Beat]) -> Hours {
        let (Some(first), Some(last)) = (beats.first(), beats.last()) else { return Hours::flat() };
        // Hours that the log covers only in part say nothing.
        let whole = first.first.0.div_euclid(HOUR) + 1..last.last.0.div_euclid(HOUR);
        if whole.end - whole.start > MOST_HOURS || whole.end - whole.start < DAYS as i64 * 24 {
            return Hours::flat();
        }
        let mut counts: [Vec<u64>; 24] = Default::default();
        let mut beats = beats.iter().peekable();
        for hour in whole {
            let mut count = 0;
            while let Some(beat) = beats.next_if(|beat| beat.first.0.div_euclid(HOUR) <= hour) {
                count += if beat.first.0.div_euclid(HOUR) == hour { beat.count } else { 0 };
            }
            counts[hour.rem_euclid(24) as usize].push(count);
        }
        Hours::of(counts.map(|mut counts| median(&mut counts)))
    }

    fn of(usual: [u64; 24]) -> Hours {
        let total: u64 = usual.iter().sum();
        if total == 0 {
            return Hours::flat();
        }
        let weight = |usual: u64| (usual as i64).saturating_mul(24 * WEIGHT) / (total as i64).max(1);
        Hours { weights: usual.map(|usual| weight(usual).max(LEAST_WEIGHT)) }
    }

    /// The time between two instants, weighed, in milliseconds.
    fn between(&self, from: i64, to: i64) -> i64 {
        (self.since_1970(to) - self.since_1970(from)).max(0)
    }

    fn since_1970(&self, time: i64) -> i64 {
        let day: i64 = self.weights.iter().sum();
        let hour = time.rem_euclid(DAY) / HOUR;
        let hours: i64 = self.weights.iter().take(hour as usize).sum();
        // A micro and the parts of the weight make milliseconds times a million, so an hour is taken in ms first.
        let part = time.rem_euclid(HOUR) / 1000 * self.weights[hour as usize];
        ((time.div_euclid(DAY) * day + hours) * (HOUR / 1000) + part) / WEIGHT
    }
}

/// The middle of the counts, the lower one of two.
fn median(counts: &mut [u64]) -> u64 {
    counts.sort_unstable();
    counts.len().checked_sub(1).and_then(|last| counts.get(last / 2)).copied().unwrap_or_default()
}
