//! What one worker notes of the events it looks at, until somebody collects it.

use super::lanes::{Copied, Fate, Lanes};
use super::observe::{Observed, id};
use super::plan::{Plan, Plans, Values};
use super::words::{Word, Words};
use super::{Deed, Group, Observation};
use crate::event::{Event, Slot};
use crate::redact::Redactor;
use crate::rule::RuleSet;
use std::sync::Arc;

/// Notes are to be handed over when they take so much memory, in bytes.
const MAX_WEIGHT: usize = 32 << 20;

/// An event, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Noticed<'e> {
    pub event: &'e Event<'e>,
    /// Microseconds since 1970 (UTC). An event without a time stands in no window.
    pub time: Option<i64>,
    /// Name of the file.
    pub file: &'e Arc<str>,
    pub offset: u64,
    pub line: u64,
}

/// The notes of one worker. What is noted hangs on the set of events alone, and never on their order or on how
/// they are shared out among workers.
#[derive(Debug)]
pub struct Notes {
    plans: Plans,
    redactor: Redactor,
    words: Words,
    values: Values,
    lanes: Lanes,
    /// A lane, or so much of it as is known.
    key: Vec<Word>,
    /// What is written down already.
    written: Vec<Observed>,
}

impl Notes {
    pub fn new(rules: &RuleSet, redactor: Redactor) -> Notes {
        Notes {
            plans: Plans::new(rules),
            redactor,
            words: Words::default(),
            values: Values::default(),
            lanes: Lanes::default(),
            key: Vec::new(),
            written: Vec::new(),
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
        if self.lanes.weight() + self.words.weight() > MAX_WEIGHT {
            return self.all();
        }
        std::mem::take(&mut self.written)
    }

    /// Gives away everything.
    pub fn all(&mut self) -> Vec<Observed> {
        let Notes { plans, redactor, words, lanes, written, .. } = self;
        lanes.drain(|lane, time, copied| {
            written.extend(observed(lane, time, copied, plans, words, *redactor))
        });
        words.clear();
        std::mem::take(written)
    }
}

/// Words that a lane begins with: its plan, and its frame of time in two.
const HEAD: usize = 3;

/// Writes a lane's event down.
fn observed(
    lane: &[Word],
    time: i64,
    copied: &Copied,
    plans: &Plans,
    words: &Words,
    redactor: Redactor,
) -> Option<Observed> {
    let plan = plans.all.get(*lane.first()? as usize)?;
    let deed = Arc::new(copied.deed(redactor)?);
    Some(plan.observed(lane.get(HEAD..)?, words, time, deed))
}

impl Plan {
    /// `lane` holds the words of the group, and behind them those of the value.
    fn observed(&self, lane: &[Word], words: &Words, time: i64, deed: Arc<Deed>) -> Observed {
        let text = |word: &Word| words.text(*word);
        let (group, value) = lane.split_at(self.group.len().min(lane.len()));
        let group: Group = group.iter().map(|word| text(word).map(Box::from)).collect();
        let values: Vec<&str> = value.iter().map(|word| text(word).unwrap_or_default()).collect();
        let seen = Observation {
            time,
            id: id(&deed, self.each_stage),
            slot: self.listener.slot,
            value: (!values.is_empty()).then(|| values.join("\0").into()),
            deed,
        };
        Observed { watch: self.listener.watch, group, seen }
    }
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
            self.plan(self.notes.plans.by_rule[rule as usize][at], time);
        }
    }

    fn plan(&mut self, number: u32, time: i64) {
        let Notes { plans: Plans { all, fields, .. }, redactor, words, values, key, .. } = &mut *self.notes;
        let Plan { keep, group, value, .. } = &all[number as usize];
        values.look_up(group, fields, self.seen.event, words, *redactor);
        values.look_up(value, fields, self.seen.event, words, *redactor);
        let frame = keep.frame(time);
        key.clear();
        key.extend([number, frame as u32, (frame >> 32) as u32]);
        let (groups, several) = (values.count(group), values.count(value));
        for pair in 0..groups * several {
            let Notes { plans, values, key, .. } = &mut *self.notes;
            let Plan { group, value, .. } = &plans.all[number as usize];
            key.truncate(HEAD);
            values.append(group, pair / several, key);
            values.append(value, pair % several, key);
            self.note(number, time);
        }
    }

    /// Notes the event for the lane that `key` names.
    fn note(&mut self, number: u32, time: i64) {
        let Noting { notes: Notes { plans, redactor, words, lanes, key, written, .. }, seen, copy, deed } =
            self;
        let plan = &plans.all[number as usize];
        // Without an id, or where each stage counts, records are told apart by more than their time.
        let is_plain = !plan.each_stage && seen.event.raw(Slot::AuditId).is_some_and(|id| !id.is_empty());
        if plan.keep.only_ends() && is_plain && lanes.add(key, seen, time, copy) == Fate::Settled {
            return;
        }
        let deed = deed.get_or_insert_with(|| Arc::new(Deed::of(seen, *redactor)));
        written.push(plan.observed(&key[HEAD..], words, time, Arc::clone(deed)));
    }
}
