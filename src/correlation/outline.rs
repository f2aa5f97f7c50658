//! Which groups can meet their condition at all, told before anything of them is written down: events fall into
//! thousands of groups, of which hardly any ever does.
//!
//! Groups are told by hashes here. Two that share one are both kept where either may count, and nothing else hangs
//! on it.

use super::notes::Notes;
use super::state::State;
use crate::rule::{Correlation, Kind, Listener, RuleSet};
use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

/// A correlation and a group, as one number.
pub type GroupHash = u64;

/// What is in each group, in outline, over all workers.
#[derive(Debug)]
pub struct Outline<'r> {
    /// For each watch, the correlation if an outline tells anything about it.
    told: Vec<Option<&'r Correlation>>,
    groups: HashMap<GroupHash, Group, RandomState>,
}

#[derive(Debug, Default)]
struct Group {
    watch: u32,
    /// One bit for each rule that was seen.
    slots: u64,
    /// Values of each frame, some of them more than once.
    values: BTreeMap<i64, usize>,
}

/// Groups that may count.
#[derive(Debug)]
pub struct Chosen {
    told: Vec<bool>,
    groups: HashSet<GroupHash, RandomState>,
}

impl Chosen {
    pub fn holds(&self, watch: u32, group: impl FnOnce() -> GroupHash) -> bool {
        !self.told.get(watch as usize).is_some_and(|told| *told) || self.groups.contains(&group())
    }
}

/// The same for all workers.
pub fn hash<'t>(watch: u32, group: impl Iterator<Item = Option<&'t Arc<str>>>) -> GroupHash {
    let mut hasher = foldhash::quality::FixedState::default().build_hasher();
    hasher.write_u32(watch);
    group.for_each(|text| text.map(|text| &**text).hash(&mut hasher));
    hasher.finish()
}

impl<'r> Outline<'r> {
    /// What other correlations tell is not known before all is written down.
    fn new(rules: &'r RuleSet) -> Outline<'r> {
        let watches = rules.watches();
        let is_told = |is: &Correlation| match is.kind {
            Kind::ValueCount => true,
            Kind::Temporal | Kind::TemporalOrdered => is.rules.len() <= u64::BITS as usize,
            _ => false,
        };
        let own = watches.iter().map(|watch| Some(&watch.is).filter(|is| is_told(is)));
        let mut told: Vec<Option<&Correlation>> = own.collect();
        for listener in watches.iter().flat_map(|watch| rules.listeners(watch.rule)) {
            told[listener.watch as usize] = None;
        }
        Outline { told, groups: HashMap::default() }
    }

    fn of(rules: &'r RuleSet, state: &State, workers: &[(Notes, State)]) -> Outline<'r> {
        let of_worker = |(notes, own): &(Notes, State)| {
            let mut outline = Outline::new(rules);
            own.outline(&mut outline);
            notes.outline(&mut outline);
            outline
        };
        let all: Vec<Outline<'r>> = workers.par_iter().map(of_worker).collect();
        let mut whole = Outline::new(rules);
        state.outline(&mut whole);
        all.into_iter().for_each(|one| whole.absorb(one));
        whole
    }

    pub fn tells(&self, watch: u32) -> bool {
        self.told.get(watch as usize).is_some_and(Option::is_some)
    }

    /// A rule held in a frame of time, or a value was seen.
    pub fn add(&mut self, Listener { watch, slot }: Listener, hash: GroupHash, frame: i64) {
        let Some(is) = self.told.get(watch as usize).copied().flatten() else { return };
        let group = self.groups.entry(hash).or_default();
        group.watch = watch;
        match is.kind {
            Kind::ValueCount => *group.values.entry(frame).or_default() += 1,
            _ => group.slots |= 1 << slot.min(u64::BITS - 1),
        }
    }

    fn absorb(&mut self, other: Outline<'_>) {
        for (hash, other) in other.groups {
            let own = self.groups.entry(hash).or_default();
            own.watch = other.watch;
            own.slots |= other.slots;
            other.values.into_iter().for_each(|(frame, more)| *own.values.entry(frame).or_default() += more);
        }
    }

    fn chosen(self) -> Chosen {
        let told: Vec<bool> = self.told.iter().map(Option::is_some).collect();
        let may = |group: &Group| {
            let is = self.told.get(group.watch as usize).copied().flatten();
            is.is_none_or(|is| is.condition.may_hold(group.most(is.kind)))
        };
        let groups = self.groups.iter().filter(|(_, group)| may(group)).map(|(hash, _)| *hash).collect();
        Chosen { told, groups }
    }
}

impl Group {
    /// What the measure of no window exceeds: no window reaches into a third frame.
    fn most(&self, kind: Kind) -> f64 {
        if kind != Kind::ValueCount {
            return f64::from(self.slots.count_ones());
        }
        let next = |frame: i64| frame.checked_add(1).and_then(|next| self.values.get(&next));
        let both = |(frame, count): (&i64, &usize)| count + next(*frame).unwrap_or(&0);
        self.values.iter().map(both).max().unwrap_or(0) as f64
    }
}

impl State {
    /// Takes in what workers noted, and what each of them kept already.
    pub fn gather(&mut self, mut workers: Vec<(Notes, State)>, rules: &RuleSet) {
        for (notes, own) in &mut workers {
            notes.written().into_iter().for_each(|noted| own.add(noted));
        }
        let most =
            workers.iter().map(|(notes, own)| notes.most() + own.count()).sum::<usize>() + self.count();
        // What goes for want of room must not hang on how workers shared the events: then all is written down.
        let chosen = self.has_room(most).then(|| Outline::of(rules, self, &workers).chosen());
        let write = |(mut notes, mut own): (Notes, State)| {
            chosen.iter().for_each(|chosen| notes.leave_out(chosen));
            notes.all().into_iter().for_each(|noted| own.add(noted));
            own
        };
        let states: Vec<State> = workers.into_par_iter().map(write).collect();
        states.into_iter().for_each(|own| self.merge(own));
    }
}
