//! What was observed so far.

use super::group::{Keep, Observations};
use super::history::Counts;
use super::outline::{Met, Outline};
use super::{Deed, Group, History, Observation, Observed};
use crate::rule::RuleSet;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::BuildHasher;

/// Observations that are kept of all correlations together; for a while, twice as many.
pub const LIMIT: usize = 1 << 19;
/// Each correlation may keep so many, however many there are.
const LEAST: usize = 1 << 12;
/// Version of the written form.
const VERSION: u32 = 2;

/// Everything observed, for all correlations of a rule set.
#[derive(Clone, Debug, Default)]
pub struct State {
    watches: Vec<Kept>,
    /// The first and the last event, whether or not any correlation looks at them.
    pub span: Option<(i64, i64)>,
    /// What was counted in earlier logs. It is no part of what was observed.
    pub before: History,
    /// Observations that may be kept of all together, and that each may keep however many there are.
    bounds: (usize, usize),
    /// What is kept of all together.
    count: usize,
}

/// What a correlation could not keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Frames of time, each of one group, in which there was more than is kept.
    pub frames: u64,
    /// Whether whole groups had to go.
    pub groups: bool,
}

impl Dropped {
    pub fn any(self) -> bool {
        self.frames > 0 || self.groups
    }
}

/// What is kept for one correlation.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    id: String,
    pub(super) keep: Keep,
    pub(super) groups: BTreeMap<Group, Observations>,
    count: usize,
    /// Groups with a hash above this were dropped.
    ceiling: Option<u64>,
}

impl State {
    pub fn new(rules: &RuleSet) -> State {
        State::bounded(rules, LIMIT, LEAST)
    }

    pub(super) fn bounded(rules: &RuleSet, limit: usize, least: usize) -> State {
        let kept = |watch: &crate::rule::Watch| Kept {
            id: rules.meta(watch.rule).id.clone(),
            keep: Keep::of(&watch.is),
            groups: BTreeMap::new(),
            count: 0,
            ceiling: None,
        };
        let watches = rules.watches().iter().map(kept).collect();
        State { watches, bounds: (limit, least), ..State::default() }
    }

    pub fn add(&mut self, noted: Observed) {
        if let Some(kept) = self.watches.get_mut(noted.watch as usize) {
            self.count += kept.add(noted.group, noted.seen);
            self.settle_if_much();
        }
    }

    /// How many observations each correlation may keep: as many as there are, unless all together are too many. Then
    /// those that have most get equal shares of what the others leave. Never grows while observations are added.
    pub(super) fn share(&self) -> usize {
        let (mut left, least) = self.bounds;
        // Of one that had to drop something it is only known that it has more than its share.
        let wanted = |kept: &Kept| if kept.ceiling.is_some() { usize::MAX } else { kept.count };
        let mut all: Vec<usize> = self.watches.iter().map(wanted).collect();
        all.sort_unstable();
        for (at, wanted) in all.iter().enumerate() {
            let share = left / (all.len() - at);
            if *wanted > share {
                return share.max(least);
            }
            left -= wanted;
        }
        self.bounds.0.max(least)
    }

    fn settle_if_much(&mut self) {
        if self.count <= 2 * self.bounds.0.max(self.watches.len() * self.bounds.1) {
            return;
        }
        let share = self.share();
        self.watches.iter_mut().for_each(|kept| kept.settle(share));
        self.count_again();
    }

    fn count_again(&mut self) {
        self.count = self.watches.iter().map(|kept| kept.count).sum();
    }

    /// Observations that are kept, or may be.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether nothing went yet, and nothing has to while there are no more than so many.
    pub(super) fn has_room(&self, count: usize) -> bool {
        count <= self.bounds.0 && self.watches.iter().all(|kept| kept.ceiling.is_none())
    }

    /// Tells what is in each group.
    pub(super) fn outline(&self, into: &mut Outline<'_>) {
        for (watch, kept) in (0..).zip(&self.watches) {
            if !into.tells(watch) {
                continue;
            }
            for (group, observations) in &kept.groups {
                for (frame, slot, value, count) in observations.lanes() {
                    let (group, value) = (group.iter().map(Option::as_ref), value.into_iter().map(Some));
                    into.add(Met { watch, slot, frame, group, value, count });
                }
            }
        }
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        self.count * (2 * size_of::<Observation>() + size_of::<Deed>())
    }

    pub fn add_span(&mut self, span: Option<(i64, i64)>) {
        self.span = match (self.span, span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (own, other) => own.or(other),
        };
    }

    /// Adds what another part of the same input gave, for the same rules.
    pub fn merge(&mut self, other: State) {
        self.add_span(other.span);
        self.watches.par_iter_mut().zip(other.watches).for_each(|(own, other)| own.merge(other));
        self.count_again();
        self.settle_if_much();
    }

    pub(super) fn observe(&mut self, watch: usize, group: &Group, seen: Observation) {
        if let Some(kept) = self.watches.get_mut(watch) {
            self.count += kept.add(group.clone(), seen);
        }
    }

    /// Brings a correlation down to its [`share`](State::share).
    pub(super) fn settle_one(&mut self, watch: usize, share: usize) {
        self.watches.get_mut(watch).into_iter().for_each(|kept| kept.settle(share));
    }

    /// What could not be kept, for each watch.
    pub fn dropped(&self, rules: &RuleSet) -> impl Iterator<Item = Dropped> {
        self.watches.iter().zip(rules.watches()).map(|(kept, watch)| Dropped {
            frames: kept.groups.values().map(|group| group.full(&kept.keep).count() as u64).sum(),
            groups: kept.ceiling.is_some()
                || self.before.of(&kept.id, &watch.shape).is_some_and(Counts::has_dropped),
        })
    }

    pub(super) fn kept(&self, watch: usize) -> Option<&Kept> {
        self.watches.get(watch)
    }

    /// The state as one line of JSON.
    ///
    /// # Errors
    /// None that its values can cause.
    pub fn write(&self) -> serde_json::Result<String> {
        let watches = self.watches.iter().map(Kept::written).collect();
        serde_json::to_string(&Written { version: VERSION, span: self.span, watches })
    }

    /// Reads what [`write`](State::write) gave for the same rules.
    ///
    /// # Errors
    /// What is wrong with the text, or that it was written for other rules.
    pub fn read(text: &str, rules: &RuleSet) -> Result<State, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if written.version != VERSION {
            return Err(format!("it has version {}, and this kaudit reads {VERSION}", written.version));
        }
        let mut state = State::new(rules);
        let own = state.watches.iter().map(|kept| kept.id.as_str());
        if !own.eq(written.watches.iter().map(|watch| watch.id.as_str())) {
            return Err("it was written for other rules".to_owned());
        }
        state.span = written.span;
        for (kept, watch) in state.watches.iter_mut().zip(written.watches) {
            kept.read(watch);
        }
        state.count_again();
        Ok(state)
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    span: Option<(i64, i64)>,
    watches: Vec<WrittenWatch>,
}

#[derive(Serialize, Deserialize)]
struct WrittenWatch {
    id: String,
    ceiling: Option<u64>,
    groups: Vec<WrittenGroup>,
}

#[derive(Serialize, Deserialize)]
struct WrittenGroup {
    group: Group,
    /// Beginnings of frames from which something was dropped.
    full: Vec<i64>,
    seen: Vec<Observation>,
}

impl Kept {
    pub(super) fn ceiling(&self) -> Option<u64> {
        self.ceiling
    }

    /// Adds one. Answers by how much the count grew.
    fn add(&mut self, group: Group, seen: Observation) -> usize {
        if self.ceiling.is_some_and(|ceiling| hash(&group) > ceiling) {
            return 0;
        }
        let more = self.groups.entry(group).or_default().add(&self.keep, seen);
        self.count += more;
        more
    }

    fn merge(&mut self, mut other: Kept) {
        self.lower(other.ceiling);
        if self.groups.len() < other.groups.len() {
            // Fewer groups move.
            other.lower(self.ceiling);
            std::mem::swap(self, &mut other);
        }
        for (group, observations) in other.groups {
            if self.ceiling.is_some_and(|ceiling| hash(&group) > ceiling) {
                continue;
            }
            self.count += match self.groups.entry(group) {
                Entry::Occupied(mut own) => own.get_mut().absorb(&self.keep, observations),
                Entry::Vacant(free) => free.insert(observations).weight(&self.keep),
            };
        }
    }

    fn lower(&mut self, ceiling: Option<u64>) {
        let Some(ceiling) = ceiling else { return };
        self.ceiling = Some(self.ceiling.map_or(ceiling, |own| own.min(ceiling)));
        self.groups.retain(|group, _| hash(group) <= ceiling);
        self.count = self.groups.values().map(|group| group.weight(&self.keep)).sum();
    }

    /// Groups go, those with the greatest hashes first, until the rest is not too much. What stays was never
    /// dropped on the way: what comes before it only grows.
    fn settle(&mut self, share: usize) {
        if self.count <= share {
            return;
        }
        let sizes = self.groups.iter().map(|(group, kept)| (hash(group), kept.weight(&self.keep)));
        self.lower(ceiling(sizes, share));
    }

    fn written(&self) -> WrittenWatch {
        let group = |(group, kept): (&Group, &Observations)| WrittenGroup {
            group: group.clone(),
            full: kept.full(&self.keep).collect(),
            seen: kept.sorted(),
        };
        WrittenWatch {
            id: self.id.clone(),
            ceiling: self.ceiling,
            groups: self.groups.iter().map(group).collect(),
        }
    }

    fn read(&mut self, watch: WrittenWatch) {
        self.ceiling = watch.ceiling;
        for WrittenGroup { group, full, seen } in watch.groups {
            seen.into_iter().for_each(|seen| _ = self.add(group.clone(), seen));
            if let Some(own) = self.groups.get_mut(&group) {
                full.into_iter().for_each(|at| own.mark(&self.keep, at));
            }
        }
    }
}

/// The hash above which groups must go, given the hash and the size of each, so that the rest is no more than this.
/// `None` where all may stay.
pub(super) fn ceiling(sizes: impl Iterator<Item = (u64, usize)>, most: usize) -> Option<u64> {
    let mut sizes: Vec<(u64, usize)> = sizes.collect();
    sizes.sort_unstable();
    let mut sum = 0;
    let first_too_many = sizes.into_iter().find(|(_, size)| {
        sum += size;
        sum > most
    });
    // Groups that are yet to come may still find room below it.
    first_too_many.map(|(hash, _)| hash.saturating_sub(1))
}

/// The same in every run: it decides which groups are kept, never which are equal.
pub(super) fn hash(group: &Group) -> u64 {
    foldhash::quality::FixedState::default().hash_one(group)
}
