//! The one evaluator: which rules hold for an event.

use super::compile::{DimUse, Node, NodeId, Ready, RuleSet};
use crate::event::{Dim, Event};
use hashbrown::HashMap;
use std::sync::Arc;

type Hashing = foldhash::fast::RandomState;

/// Distinct values remembered for one dimension. Beyond that the memory starts anew.
const MAX_VALUES: usize = 1 << 13;
/// Values longer than this (user agents may be) are looked at each time.
const MAX_VALUE_LEN: usize = 256;
/// Classes of one dimension, and combinations of classes, remembered.
const MAX_CLASSES: usize = 1 << 14;

/// Evaluates a rule set, one event after the other. Each worker has one of its own.
#[derive(Debug)]
pub struct Matcher<'r> {
    rules: &'r RuleSet,
    dims: Vec<Memo>,
    /// The rules that can hold for a combination of classes, as an index into `lists`.
    candidates: HashMap<Classes, u32, Hashing>,
    lists: Vec<Box<[u32]>>,
    /// The rules that can hold for a class of the dimension that most predicates hang on, in a large set the
    /// resource: the other rules need not be looked at for each combination.
    by_pivot: HashMap<u16, Arc<[u32]>, Hashing>,
    pivot: usize,
    /// Verdicts of the other predicates for the present event.
    verdicts: Vec<Verdict>,
    event_number: u32,
}

/// The class of each dimension that is in use.
type Classes = [u16; Dim::ALL.len()];

/// The classes of an event, or of them only that of one dimension.
#[derive(Clone, Copy)]
struct Known<'c> {
    classes: &'c Classes,
    only: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    event_number: u32,
    holds: bool,
}

/// Values of one dimension for which the same predicates hold are one class.
#[derive(Debug, Default)]
struct Memo {
    by_value: HashMap<Box<[u8]>, u16, Hashing>,
    missing: Option<u16>,
    by_verdicts: HashMap<Box<[u64]>, u16, Hashing>,
    /// The predicates that hold for a class, as bits.
    classes: Vec<Box<[u64]>>,
}

impl<'r> Matcher<'r> {
    pub fn new(rules: &'r RuleSet) -> Matcher<'r> {
        Matcher {
            rules,
            dims: rules.dims.iter().map(|_| Memo::default()).collect(),
            candidates: HashMap::default(),
            lists: Vec::new(),
            by_pivot: HashMap::default(),
            pivot: pivot(rules),
            verdicts: vec![Verdict::default(); rules.predicates.len()],
            event_number: 0,
        }
    }

    /// Calls `hit` with each rule that holds for the event, in the order of the rule set.
    #[inline]
    pub fn matches(&mut self, event: &Event<'_>, mut hit: impl FnMut(u32)) {
        let classes = self.classify(event);
        let list = match self.candidates.get(&classes) {
            Some(list) => *list,
            None => self.add_candidates(classes),
        };
        let Some(candidates) = self.lists.get(list as usize) else { return };
        if candidates.is_empty() {
            return;
        }
        self.event_number = self.event_number.wrapping_add(1);
        let mut look = Look {
            event,
            rules: self.rules,
            dims: &self.dims,
            classes: &classes,
            verdicts: &mut self.verdicts,
            event_number: self.event_number,
        };
        for &rule in candidates {
            if look.holds(self.rules.roots[rule as usize]) {
                hit(rule);
            }
        }
    }

    #[inline]
    fn classify(&mut self, event: &Event<'_>) -> Classes {
        let mut classes = [0; Dim::ALL.len()];
        if self.dims.iter().any(|memo| memo.classes.len() >= MAX_CLASSES) {
            self.forget();
        }
        for ((class, memo), used) in classes.iter_mut().zip(&mut self.dims).zip(&self.rules.dims) {
            *class = memo.class(event, used, &self.rules.predicates);
        }
        classes
    }

    fn forget(&mut self) {
        self.candidates.clear();
        self.lists.clear();
        self.by_pivot.clear();
        self.dims.iter_mut().for_each(|memo| *memo = Memo::default());
    }

    #[cold]
    fn add_candidates(&mut self, classes: Classes) -> u32 {
        if self.candidates.len() >= MAX_CLASSES {
            self.candidates.clear();
            self.lists.clear();
        }
        let some = self.possible_by_pivot(&classes);
        let all = Known { classes: &classes, only: None };
        let rules = some.iter().copied().filter(|rule| self.can_hold(*rule, all)).collect();
        let list = self.lists.len() as u32;
        self.lists.push(rules);
        self.candidates.insert(classes, list);
        list
    }

    fn possible_by_pivot(&mut self, classes: &Classes) -> Arc<[u32]> {
        let class = classes[self.pivot];
        if let Some(rules) = self.by_pivot.get(&class) {
            return Arc::clone(rules);
        }
        let known = Known { classes, only: Some(self.pivot as u32) };
        let all = 0..self.rules.roots.len() as u32;
        let rules: Arc<[u32]> = all.filter(|rule| self.can_hold(*rule, known)).collect();
        self.by_pivot.insert(class, Arc::clone(&rules));
        rules
    }

    fn can_hold(&self, rule: u32, known: Known<'_>) -> bool {
        self.possible(self.rules.roots[rule as usize], known) != Some(false)
    }

    /// What can be said of a condition when only classes are known.
    fn possible(&self, node: NodeId, known: Known<'_>) -> Option<bool> {
        match &self.rules.nodes[node as usize] {
            Node::All(parts) => self.possible_group(parts, known, false),
            Node::Any(parts) => self.possible_group(parts, known, true),
            Node::Not(part) => self.possible(*part, known).map(|holds| !holds),
            Node::Is(predicate) => {
                let (dim, bit) = self.rules.predicates[*predicate as usize].dim?;
                let is_known = known.only.is_none_or(|only| only == dim);
                is_known.then(|| self.dims[dim as usize].holds(known.classes[dim as usize], bit))
            }
        }
    }

    /// `decides` is the verdict of one part that settles the whole.
    fn possible_group(&self, parts: &[NodeId], known: Known<'_>, decides: bool) -> Option<bool> {
        let mut open = false;
        for part in parts {
            match self.possible(*part, known) {
                Some(holds) if holds == decides => return Some(decides),
                Some(_) => {}
                None => open = true,
            }
        }
        if open { None } else { Some(!decides) }
    }
}

/// The dimension that most predicates hang on.
fn pivot(rules: &RuleSet) -> usize {
    let sizes = rules.dims.iter().map(|used| used.predicates.len()).enumerate();
    sizes.max_by_key(|(_, size)| *size).map_or(0, |(at, _)| at)
}

impl Memo {
    #[inline]
    fn class(&mut self, event: &Event<'_>, used: &DimUse, predicates: &[Ready]) -> u16 {
        let key = used.dim.key(event);
        let known = match key {
            Some(value) => self.by_value.get(value).copied(),
            None => self.missing,
        };
        known.unwrap_or_else(|| self.learn(key, event, used, predicates))
    }

    #[cold]
    fn learn(&mut self, key: Option<&[u8]>, event: &Event<'_>, used: &DimUse, predicates: &[Ready]) -> u16 {
        let class = self.class_of(&verdicts(event, used, predicates));
        match key {
            None => self.missing = Some(class),
            Some(value) if value.len() <= MAX_VALUE_LEN => {
                if self.by_value.len() >= MAX_VALUES {
                    self.by_value.clear();
                }
                self.by_value.insert(value.into(), class);
            }
            Some(_) => {}
        }
        class
    }

    fn class_of(&mut self, verdicts: &[u64]) -> u16 {
        if let Some(&class) = self.by_verdicts.get(verdicts) {
            return class;
        }
        let class = self.classes.len() as u16;
        self.classes.push(verdicts.into());
        self.by_verdicts.insert(verdicts.into(), class);
        class
    }

    fn holds(&self, class: u16, bit: u32) -> bool {
        self.classes[class as usize][bit as usize / 64] >> (bit % 64) & 1 == 1
    }
}

fn verdicts(event: &Event<'_>, used: &DimUse, predicates: &[Ready]) -> Vec<u64> {
    let mut bits = vec![0; used.predicates.len().div_ceil(64)];
    for (bit, predicate) in used.predicates.iter().enumerate() {
        let Ready { field, check, .. } = &predicates[*predicate as usize];
        bits[bit / 64] |= u64::from(check.holds(event, field)) << (bit % 64);
    }
    bits
}

/// One event under evaluation.
struct Look<'l, 'e> {
    event: &'l Event<'e>,
    rules: &'l RuleSet,
    dims: &'l [Memo],
    classes: &'l Classes,
    verdicts: &'l mut [Verdict],
    event_number: u32,
}

impl Look<'_, '_> {
    fn holds(&mut self, node: NodeId) -> bool {
        let rules = self.rules;
        match &rules.nodes[node as usize] {
            Node::All(parts) => parts.iter().all(|part| self.holds(*part)),
            Node::Any(parts) => parts.iter().any(|part| self.holds(*part)),
            Node::Not(part) => !self.holds(*part),
            Node::Is(predicate) => self.predicate(*predicate as usize),
        }
    }

    fn predicate(&mut self, id: usize) -> bool {
        let ready = &self.rules.predicates[id];
        if let Some((dim, bit)) = ready.dim {
            return self.dims[dim as usize].holds(self.classes[dim as usize], bit);
        }
        let known = self.verdicts[id];
        if known.event_number == self.event_number {
            return known.holds;
        }
        let holds = ready.check.holds(self.event, &ready.field);
        self.verdicts[id] = Verdict { event_number: self.event_number, holds };
        holds
    }
}
