//! The observations of one group, cut into frames of time, bounded in each.

use super::sorted::Sorted;
use super::{Deed, Observation};
use crate::rule::{Correlation, Kind};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is kept of a frame of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Length of a frame, in microseconds.
    frame: i64,
    kind: Kind,
    /// Only the ends count, so that nothing is lost between them.
    only_ends: bool,
    /// Observations of a lane.
    each: usize,
    /// Lanes of a frame.
    lanes: usize,
}

/// More than this is kept of no frame.
const MOST: usize = 10_000;
/// Sums and percentiles look at every value.
const NUMBERS: usize = 1_000;
/// Of each rule of a sequence of more than two.
const STEPS: usize = 64;

impl Keep {
    /// Twice what the condition asks for settles it within any window.
    pub fn of(correlation: &Correlation) -> Keep {
        let asked = correlation.condition.largest().clamp(0.0, MOST as f64) as usize;
        let twice = (2 * asked).clamp(64, MOST);
        let (each, lanes) = match correlation.kind {
            Kind::EventCount => (twice, 1),
            Kind::ValueCount => (2, twice),
            Kind::Temporal => (2, usize::MAX),
            // The first of one rule and the last of the other settle whether one came before the other.
            Kind::TemporalOrdered if correlation.rules.len() == 2 => (2, usize::MAX),
            Kind::TemporalOrdered => (STEPS, usize::MAX),
            Kind::ValueSum | Kind::ValueAvg | Kind::ValuePercentile => (NUMBERS, 1),
            Kind::Ratio | Kind::MoreThanUsual => (MOST, usize::MAX),
        };
        let only_ends = each == 2;
        Keep { frame: correlation.timespan.max(1), kind: correlation.kind, only_ends, each, lanes }
    }

    /// Whether only the first and the last of a frame count.
    pub fn only_ends(&self) -> bool {
        self.only_ends
    }

    /// Whether how much there is in a group tells that its condition cannot be met.
    pub fn is_outlined(&self) -> bool {
        self.only_ends || matches!(self.kind, Kind::EventCount | Kind::Ratio)
    }

    /// More observations of a group than this may be more than are kept of a frame.
    pub fn each(&self) -> usize {
        self.each
    }

    /// Which frame a time lies in.
    pub fn frame(&self, time: i64) -> i64 {
        time.div_euclid(self.frame)
    }

    /// When that frame begins. Before all time it wraps around, which [`Keep::is_in`] undoes.
    pub fn begin(&self, time: i64) -> i64 {
        self.frame(time).wrapping_mul(self.frame)
    }

    /// Whether a time lies in the frame that begins then. Saves a division.
    #[inline]
    pub fn is_in(&self, begin: i64, time: i64) -> bool {
        (time.wrapping_sub(begin) as u64) < self.frame as u64
    }

    /// Bounds a lane; true when something had to go.
    fn bound(&self, lane: &mut Lane) -> bool {
        if self.only_ends { lane.keep_ends() } else { lane.keep_first(self.each) }
    }

    fn lane(&self, seen: &Observation) -> LaneKey {
        match self.kind {
            Kind::ValueCount => (0, seen.value.clone()),
            Kind::Temporal | Kind::TemporalOrdered | Kind::Ratio => (seen.slot, None),
            _ => (0, None),
        }
    }
}

type LaneKey = (u32, Option<Arc<str>>);
/// Time, id, rule and value: what makes two observations one.
type Key = (i64, Arc<str>, u32, Option<Arc<str>>);
type Lane = Sorted<Key, Arc<Deed>>;

#[derive(Clone, Debug, Default)]
struct Frame {
    lanes: Sorted<LaneKey, Lane>,
    more: bool,
}

/// The observations of one group.
#[derive(Clone, Debug, Default)]
pub struct Observations {
    frames: BTreeMap<i64, Frame>,
}

impl Observations {
    /// Adds one. Answers by how much the weight grew; it never shrinks.
    pub fn add(&mut self, keep: &Keep, seen: Observation) -> usize {
        let frame = self.frames.entry(keep.frame(seen.time)).or_default();
        frame.add(keep, seen)
    }

    /// Takes in what was observed of the same group elsewhere. Answers by how much the weight grew.
    pub fn absorb(&mut self, keep: &Keep, other: Observations) -> usize {
        let into = |(at, frame): (i64, Frame)| match self.frames.entry(at) {
            Entry::Occupied(mut own) => own.get_mut().absorb(keep, frame),
            Entry::Vacant(free) => free.insert(frame).weight(keep),
        };
        other.frames.into_iter().map(into).sum()
    }

    /// Observations that are kept, or may be.
    pub fn weight(&self, keep: &Keep) -> usize {
        self.frames.values().map(|frame| frame.weight(keep)).sum()
    }

    /// Something was dropped from the frame that this time lies in.
    pub fn mark(&mut self, keep: &Keep, time: i64) {
        self.frames.entry(keep.frame(time)).or_default().more = true;
    }

    /// By time.
    pub fn sorted(&self) -> Vec<Observation> {
        let lanes = self.frames.values().flat_map(|frame| frame.lanes.values());
        let mut all: Vec<Observation> =
            lanes.flat_map(Lane::iter).map(|(key, deed)| observation(key, deed)).collect();
        all.sort_unstable();
        all
    }

    /// The frame of each lane, its rule, its value, and how many observations it holds.
    pub fn lanes(&self) -> impl Iterator<Item = (i64, u32, Option<&Arc<str>>, usize)> {
        let lanes =
            self.frames.iter().flat_map(|(at, frame)| frame.lanes.iter().map(move |lane| (*at, lane)));
        lanes.map(|(at, ((slot, value), lane))| (at, *slot, value.as_ref(), lane.len()))
    }

    /// What the measure of no window exceeds, where that is easily told.
    pub fn at_most(&self, keep: &Keep) -> Option<f64> {
        if self.frames.values().any(|frame| frame.more) {
            return None;
        }
        let lanes = || self.frames.values().flat_map(|frame| frame.lanes.iter());
        match keep.kind {
            Kind::EventCount => Some(lanes().map(|(_, lane)| lane.len()).sum::<usize>() as f64),
            Kind::ValueCount | Kind::Temporal | Kind::TemporalOrdered => {
                let met =
                    self.frames.iter().flat_map(|(at, frame)| frame.lanes.keys().map(move |key| (*at, key)));
                Some(most_met(met.collect()) as f64)
            }
            _ => None,
        }
    }

    /// The beginnings of frames from which something was dropped.
    pub fn full(&self, keep: &Keep) -> impl Iterator<Item = i64> {
        let frame = keep.frame;
        self.frames.iter().filter(|(_, kept)| kept.more).map(move |(at, _)| at.saturating_mul(frame))
    }

    /// Whether something was dropped between these times.
    pub fn has_more(&self, keep: &Keep, first: i64, last: i64) -> bool {
        let frames = keep.frame(first)..=keep.frame(last);
        self.frames.range(frames).any(|(_, frame)| frame.more)
    }
}

fn observation((time, id, slot, value): &Key, deed: &Arc<Deed>) -> Observation {
    Observation { time: *time, id: id.clone(), slot: *slot, value: value.clone(), deed: Arc::clone(deed) }
}

impl Frame {
    fn add(&mut self, keep: &Keep, seen: Observation) -> usize {
        let before = self.weight(keep);
        let (kept, _) = self.lanes.entry(keep.lane(&seen), Lane::default);
        let more = add(kept, keep, seen);
        self.bound(keep, more);
        self.weight(keep).saturating_sub(before)
    }

    fn absorb(&mut self, keep: &Keep, other: Frame) -> usize {
        let (before, mut more) = (self.weight(keep), false);
        self.lanes.absorb(other.lanes, |own, lane| {
            own.absorb(lane, raise);
            more |= keep.bound(own);
        });
        self.more |= other.more;
        self.bound(keep, more);
        self.weight(keep).saturating_sub(before)
    }

    /// `more` if something had to go from one of its lanes.
    fn bound(&mut self, keep: &Keep, more: bool) {
        self.more |= more && !keep.only_ends;
        self.more |= self.lanes.keep_first(keep.lanes);
    }

    /// Observations, or where a lane has only ends as many as it may have: it never becomes less.
    fn weight(&self, keep: &Keep) -> usize {
        match keep.only_ends {
            true => self.lanes.len() * keep.each,
            false => self.lanes.values().map(Lane::len).sum(),
        }
    }
}

/// Given what was met in each frame, how much different was met in any two that follow each other: no window reaches
/// into a third.
pub fn most_met<T: Ord>(mut met: Vec<(i64, T)>) -> usize {
    met.sort_unstable();
    met.dedup();
    let frames: Vec<&[(i64, T)]> = met.chunk_by(|a, b| a.0 == b.0).collect();
    let next = |at: usize| {
        let follows = |next: &&&[(i64, T)]| frames[at][0].0.checked_add(1) == Some(next[0].0);
        frames.get(at + 1).filter(follows).copied().unwrap_or_default()
    };
    let both = |at: usize| match next(at) {
        [] => frames[at].len(),
        next => frames[at].iter().chain(next).map(|(_, met)| met).collect::<BTreeSet<_>>().len(),
    };
    (0..frames.len()).map(both).max().unwrap_or(0)
}

/// Adds to a lane; true when something had to go.
fn add(kept: &mut Lane, keep: &Keep, seen: Observation) -> bool {
    // One event may hold for several rules, and counts once where it does not matter which.
    let slot = if matches!(keep.kind, Kind::EventCount | Kind::ValueCount) { 0 } else { seen.slot };
    let Observation { time, id, value, deed, .. } = seen;
    let (known, is_known) = kept.entry((time, id, slot, value), || Arc::clone(&deed));
    if is_known {
        raise(known, deed);
        return false;
    }
    keep.bound(kept)
}

/// Of two records of one observation the one that tells more stays.
fn raise(known: &mut Arc<Deed>, other: Arc<Deed>) {
    if other > *known {
        *known = other;
    }
}
