//! What one worker notes of the events it looks at, until somebody collects it.

use super::lanes::{Copied, Fate, Lanes};
use super::observe::{Noticed, Observed, id};
use super::outline::{Chosen, Met, Outline};
use super::plan::{Plan, Plans, Values};
use super::scribe::{Own, Scribe};
use super::spots::{Spot, Spots};
use super::words::Word;
use super::{Deed, Group, Observation};
use crate::redact::Redactor;
use crate::rule::{Listener, RuleSet};
use std::sync::Arc;

/// Notes are to be handed over when they take so much memory, in bytes: of all workers together, and of each at
/// least.
const MAX_WEIGHT: usize = 32 << 20;
const LEAST_WEIGHT: usize = 2 << 20;

/// The notes of one worker. What is noted hangs on the set of events alone, and never on their order or on how
/// they are shared out among workers.
#[derive(Debug)]
pub struct Notes {
    plans: Plans,
    scribe: Scribe,
    values: Values,
    lanes: Lanes,
    spots: Spots,
    /// A lane, or so much of it as is known.
    key: Vec<Word>,
    /// What is written down already.
    written: Vec<Observed>,
    max_weight: usize,
}

impl Notes {
    /// Those of one of so many workers.
    pub fn new(rules: &RuleSet, redactor: Redactor, workers: usize) -> Notes {
        let plans = Plans::new(rules);
        Notes {
            spots: Spots::new(plans.of_caller),
            plans,
            scribe: Scribe::new(redactor),
            values: Values::default(),
            lanes: Lanes::default(),
            key: Vec::new(),
            written: Vec::new(),
            max_weight: (MAX_WEIGHT / workers.max(1)).max(LEAST_WEIGHT),
        }
    }

    /// Begins with an event.
    #[inline]
    pub fn of<'n>(&'n mut self, seen: Noticed<'n>) -> Noting<'n> {
        self.values.next(self.plans.fields.len());
        Noting { notes: self, seen, copy: None, deed: None }
    }

    /// Gives away what must be: what is written down and, when they have grown large, all else.
    pub fn hand_over(&mut self) -> Vec<Observed> {
        if self.lanes.weight() + self.scribe.weight() > self.max_weight {
            return self.all();
        }
        self.written()
    }

    /// Gives away what is written down.
    pub fn written(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.written)
    }

    /// What is noted in lanes becomes so many observations at most, as a state counts them.
    pub fn most(&self) -> usize {
        self.lanes.most()
    }

    /// Tells what is in each group.
    pub fn outline(&self, into: &mut Outline<'_>) {
        for (lane, count) in self.lanes.all() {
            let Some(Listed { listener: Listener { watch, slot }, frame, group, value }) =
                self.plans.listed(lane)
            else {
                continue;
            };
            if into.tells(watch) {
                let [group, value] = [group, value].map(|words| self.scribe.texts(words));
                into.add(Met { watch, slot, frame, group, value, count });
            }
        }
    }

    /// Leaves out what is in no group that may count.
    pub fn leave_out(&mut self, chosen: &Chosen<'_>) {
        let Notes { plans, scribe, lanes, .. } = self;
        let may = |lane: &[Word]| {
            let listed = plans.listed(lane);
            listed.is_none_or(|own| chosen.holds(own.listener.watch, scribe.texts(own.group)))
        };
        lanes.retain(may);
    }

    /// Gives away everything.
    pub fn all(&mut self) -> Vec<Observed> {
        let Notes { plans, scribe, values, lanes, spots, written, .. } = self;
        lanes.drain(|lane, time, copied| written.extend(observed(lane, time, copied, plans, scribe)));
        scribe.clear();
        values.clear();
        spots.clear();
        std::mem::take(written)
    }
}

/// Words that a lane begins with: its plan, and its frame of time in two.
const HEAD: usize = 3;

/// Writes a lane's event down.
fn observed(
    lane: &[Word],
    time: i64,
    copied: &mut Copied,
    plans: &Plans,
    scribe: &mut Scribe,
) -> Option<Observed> {
    let plan = plans.all.get(*lane.first()? as usize)?;
    let deed = copied.deed(scribe)?;
    Some(plan.observed(lane.get(HEAD..)?, scribe, time, deed))
}

/// What stands in a lane.
struct Listed<'l> {
    listener: Listener,
    frame: i64,
    group: &'l [Word],
    value: &'l [Word],
}

impl Plans {
    fn listed<'l>(&self, lane: &'l [Word]) -> Option<Listed<'l>> {
        let (&[number, low, high], rest) = lane.split_first_chunk::<HEAD>()?;
        let plan = self.all.get(number as usize)?;
        let frame = (u64::from(high) << 32 | u64::from(low)) as i64;
        let (group, value) = plan.split(rest);
        Some(Listed { listener: plan.listener, frame, group, value })
    }
}

impl Plan {
    /// The words of the group, and behind them those of the value.
    fn split<'l>(&self, lane: &'l [Word]) -> (&'l [Word], &'l [Word]) {
        lane.split_at(self.group.len().min(lane.len()))
    }

    /// `lane` holds the words of the group, and behind them those of the value.
    fn observed(&self, lane: &[Word], scribe: &Scribe, time: i64, deed: Arc<Deed>) -> Observed {
        let text = |word: &Word| scribe.text(*word).cloned();
        let (group, value) = self.split(lane);
        let group: Group = scribe.texts(group).map(Option::<&Arc<str>>::cloned).collect();
        let value = match value {
            [] => None,
            [only] => text(only).or_else(|| Some(Arc::default())),
            several => Some(joined(several.iter().map(text))),
        };
        let seen =
            Observation { time, id: id(&deed, self.each_stage), slot: self.listener.slot, value, deed };
        Observed { watch: self.listener.watch, group, seen }
    }
}

/// Several values as one.
pub fn joined(values: impl Iterator<Item = Option<Arc<str>>>) -> Arc<str> {
    let values: Vec<Arc<str>> = values.map(Option::unwrap_or_default).collect();
    values.join("\0").into()
}

/// The notes on one event.
#[derive(Debug)]
pub struct Noting<'n> {
    notes: &'n mut Notes,
    seen: Noticed<'n>,
    /// Its copy, once there is one.
    copy: Option<u32>,
    /// Likewise.
    deed: Option<Arc<Deed>>,
}

impl Noting<'_> {
    /// The rule holds for the event.
    #[inline]
    pub fn add(&mut self, rule: u32) {
        let Some(time) = self.seen.time else { return };
        for at in 0..self.notes.plans.by_rule[rule as usize].len() {
            let number = self.notes.plans.by_rule[rule as usize][at];
            if !self.is_at_spot(number, time) {
                self.plan(number, time);
            }
        }
    }

    /// Whether the event went into the lane that earlier ones like it went into.
    #[inline]
    fn is_at_spot(&mut self, number: u32, time: i64) -> bool {
        let Noting { notes: Notes { plans, scribe, lanes, spots, .. }, seen, copy, .. } = self;
        let Plan { keep, of_caller, .. } = &plans.all[number as usize];
        let (Some(like), Some(own)) = (seen.like, *of_caller) else { return false };
        match spots.get(like, own) {
            Some(Spot::Nowhere) => true,
            Some(Spot::Lane(place)) if keep.is_in(lanes.begin(place), time) && seen.is_plain() => {
                lanes.add_at(place, seen, (time, copy), scribe) == Fate::Settled
            }
            _ => false,
        }
    }

    /// Finds the lanes that an event goes into.
    #[inline(never)]
    fn plan(&mut self, number: u32, time: i64) {
        let Notes { plans: Plans { all, fields, .. }, scribe, values, key, .. } = &mut *self.notes;
        let Plan { keep, group, value, .. } = &all[number as usize];
        values.look_up(group, fields, &self.seen, scribe);
        values.look_up(value, fields, &self.seen, scribe);
        let frame = keep.frame(time);
        key.clear();
        key.extend([number, frame as u32, (frame >> 32) as u32]);
        let (groups, several) = (values.count(group), values.count(value));
        if groups * several == 0 {
            self.remember(number, Spot::Nowhere);
        }
        let is_only = groups * several == 1;
        for pair in 0..groups * several {
            let Notes { plans, values, key, .. } = &mut *self.notes;
            let Plan { group, value, .. } = &plans.all[number as usize];
            key.truncate(HEAD);
            values.append(group, pair / several, key);
            values.append(value, pair % several, key);
            if let Some(place) = self.note(number, time).filter(|_| is_only) {
                self.remember(number, Spot::Lane(place));
            }
        }
    }

    /// Where events like this one go.
    fn remember(&mut self, number: u32, spot: Spot) {
        let Notes { plans, spots, .. } = &mut *self.notes;
        if let (Some(like), Some(own)) = (self.seen.like, plans.all[number as usize].of_caller) {
            spots.set(like, own, spot);
        }
    }

    /// Notes the event for the lane that `key` names; answers its place if it is one.
    fn note(&mut self, number: u32, time: i64) -> Option<u32> {
        let Noting { notes: Notes { plans, scribe, lanes, key, written, .. }, seen, copy, deed } = self;
        let plan = &plans.all[number as usize];
        let mut at = None;
        if plan.keep.is_outlined() && !plan.each_stage && seen.is_plain() {
            let frame = (plan.keep.begin(time), plan.keep.only_ends());
            let (fate, place) = lanes.add(key, frame, seen, (time, copy), scribe);
            at = Some(place);
            if fate == Fate::Settled {
                return at;
            }
        }
        let deed = deed.get_or_insert_with(|| {
            let halves = scribe.halves(seen);
            Arc::new(scribe.deed(halves, Own::of(seen)))
        });
        written.push(plan.observed(&key[HEAD..], scribe, time, Arc::clone(deed)));
        at
    }
}
