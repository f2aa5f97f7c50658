//! The one evaluator: which rules hold for an event.

use super::compile::{Node, NodeId, Ready, RuleSet};
use super::look::{Look, Verdict, settle};
use super::memo::{Classes, Hashing, Memo};
use super::paths::Places;
use crate::envelope::Lacks;
use crate::event::{ByHalf, Dim, Event, Field, Like};
use hashbrown::HashMap;
use std::sync::Arc;

/// Classes of one dimension, and combinations of classes, remembered.
const MAX_CLASSES: usize = 1 << 14;

/// Evaluates a rule set, one event after the other. Each worker has one of its own.
#[derive(Debug)]
pub struct Matcher<'r> {
    rules: &'r RuleSet,
    dims: Vec<Memo>,
    /// The list of events that are alike, as an index into `lists`.
    kinds: ByHalf<u32>,
    /// That of a combination of classes.
    candidates: HashMap<Classes, u32, Hashing>,
    /// The same for events of which not all is known.
    uncertain: HashMap<(Classes, Lacks), u32, Hashing>,
    lists: Vec<List>,
    /// The rules that can hold for a class of the dimension that most predicates hang on, in a large set the
    /// resource: the other rules need not be looked at for each combination.
    by_pivot: HashMap<u16, Arc<[u32]>, Hashing>,
    pivot: usize,
    /// Verdicts of the other predicates for the present event.
    verdicts: Vec<Verdict>,
    places: Places,
    event_number: u32,
}

/// A combination of classes, and the rules that can hold for it.
#[derive(Debug)]
struct List {
    classes: Classes,
    rules: Box<[Candidate]>,
}

/// A rule that can hold for a combination of classes.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    rule: u32,
    /// The classes alone say that it holds.
    is_sure: bool,
}

/// What a rule says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Holds,
    /// It hangs on something that this event, as it came to us, does not carry.
    CannotTell,
}

/// The classes of an event, or of them only that of one dimension.
#[derive(Clone, Copy)]
struct Known<'c> {
    classes: &'c Classes,
    only: Option<u32>,
    lacks: Lacks,
}

impl<'r> Matcher<'r> {
    pub fn new(rules: &'r RuleSet) -> Matcher<'r> {
        Matcher {
            rules,
            dims: rules.dims.iter().map(|_| Memo::default()).collect(),
            kinds: ByHalf::default(),
            candidates: HashMap::default(),
            uncertain: HashMap::default(),
            lists: Vec::new(),
            by_pivot: HashMap::default(),
            pivot: pivot(rules),
            verdicts: vec![Verdict::default(); rules.predicates.len()],
            places: Places::new(&rules.paths),
            event_number: 0,
        }
    }

    /// Calls `hit` with each rule that holds for the event, or may hold, in the order of the rule set.
    #[inline]
    pub fn matches(&mut self, event: &Event<'_>, lacks: Lacks, hit: impl FnMut(u32, Answer)) {
        self.matches_like(event, None, lacks, hit);
    }

    /// The same for an event of which it is known what others it is like.
    #[inline]
    pub fn matches_like(
        &mut self,
        event: &Event<'_>,
        like: Option<Like>,
        lacks: Lacks,
        mut hit: impl FnMut(u32, Answer),
    ) {
        if !lacks.is_empty() {
            return self.matches_partly(event, lacks, &mut hit);
        }
        let known = like.and_then(|like| self.kinds.get(like, like.both));
        let list = known.unwrap_or_else(|| self.learn(event, like));
        let Some((candidates, mut look)) = self.look(event, list) else { return };
        for &Candidate { rule, is_sure } in candidates {
            if is_sure || look.holds(look.rules.roots[rule as usize]) {
                hit(rule, Answer::Holds);
            }
        }
    }

    /// The same for an event of which not all is known.
    #[inline(never)]
    fn matches_partly(&mut self, event: &Event<'_>, lacks: Lacks, hit: &mut dyn FnMut(u32, Answer)) {
        let classes = self.classify(event);
        let list = match self.uncertain.get(&(classes, lacks)) {
            Some(list) => *list,
            None => self.add_uncertain(classes, lacks),
        };
        let Some((candidates, mut look)) = self.look(event, list) else { return };
        for &Candidate { rule, .. } in candidates {
            match look.judge(look.rules.roots[rule as usize], lacks) {
                Some(true) => hit(rule, Answer::Holds),
                Some(false) => {}
                None => hit(rule, Answer::CannotTell),
            }
        }
    }

    #[inline]
    fn look<'l, 'e>(
        &'l mut self,
        event: &'l Event<'e>,
        list: u32,
    ) -> Option<(&'l [Candidate], Look<'l, 'e>)> {
        let List { classes, rules } = self.lists.get(list as usize).filter(|list| !list.rules.is_empty())?;
        self.event_number = self.event_number.wrapping_add(1);
        let look = Look {
            event,
            rules: self.rules,
            dims: &self.dims,
            classes,
            verdicts: &mut self.verdicts,
            places: &mut self.places,
            event_number: self.event_number,
        };
        Some((rules, look))
    }

    #[inline]
    fn classify(&mut self, event: &Event<'_>) -> Classes {
        if self.dims.iter().any(|memo| memo.classes.len() >= MAX_CLASSES) {
            self.forget();
        }
        let mut classes = [0; Dim::ALL.len()];
        for ((class, memo), used) in classes.iter_mut().zip(&mut self.dims).zip(&self.rules.dims) {
            *class = memo.class(event, used, &self.rules.predicates);
        }
        classes
    }

    /// The list of an event, and of all that are like it.
    #[inline(never)]
    fn learn(&mut self, event: &Event<'_>, like: Option<Like>) -> u32 {
        let classes = self.classify(event);
        let list = match self.candidates.get(&classes) {
            Some(list) => *list,
            None => self.add_candidates(classes),
        };
        like.into_iter().for_each(|like| self.kinds.set(like, like.both, list));
        list
    }

    fn forget(&mut self) {
        self.forget_lists();
        self.by_pivot.clear();
        self.dims.iter_mut().for_each(|memo| *memo = Memo::default());
    }

    fn forget_lists(&mut self) {
        self.candidates.clear();
        self.uncertain.clear();
        self.kinds.clear();
        self.lists.clear();
    }

    #[cold]
    fn add_candidates(&mut self, classes: Classes) -> u32 {
        if self.candidates.len() >= MAX_CLASSES {
            self.forget_lists();
        }
        let some = self.possible_by_pivot(&classes);
        let all = Known { classes: &classes, only: None, lacks: Lacks::NOTHING };
        let rules = some.iter().filter_map(|rule| self.candidate(*rule, all)).collect();
        let list = self.add_list(classes, rules);
        self.candidates.insert(classes, list);
        list
    }

    #[cold]
    fn add_uncertain(&mut self, classes: Classes, lacks: Lacks) -> u32 {
        if self.uncertain.len() >= MAX_CLASSES {
            self.forget_lists();
        }
        let known = Known { classes: &classes, only: None, lacks };
        let all = 0..self.rules.roots.len() as u32;
        let rules = all.filter_map(|rule| self.candidate(rule, known)).collect();
        let list = self.add_list(classes, rules);
        self.uncertain.insert((classes, lacks), list);
        list
    }

    fn add_list(&mut self, classes: Classes, rules: Box<[Candidate]>) -> u32 {
        self.lists.push(List { classes, rules });
        (self.lists.len() - 1) as u32
    }

    fn possible_by_pivot(&mut self, classes: &Classes) -> Arc<[u32]> {
        let class = classes[self.pivot];
        if let Some(rules) = self.by_pivot.get(&class) {
            return Arc::clone(rules);
        }
        let known = Known { classes, only: Some(self.pivot as u32), lacks: Lacks::NOTHING };
        let all = 0..self.rules.roots.len() as u32;
        let rules: Arc<[u32]> = all.filter(|rule| self.candidate(*rule, known).is_some()).collect();
        self.by_pivot.insert(class, Arc::clone(&rules));
        rules
    }

    fn candidate(&self, rule: u32, known: Known<'_>) -> Option<Candidate> {
        match self.possible(self.rules.roots[rule as usize], known) {
            Some(false) => None,
            verdict => Some(Candidate { rule, is_sure: verdict == Some(true) }),
        }
    }

    /// What can be said of a condition when only classes are known.
    fn possible(&self, node: NodeId, known: Known<'_>) -> Option<bool> {
        match &self.rules.nodes[node as usize] {
            Node::All(parts) => self.possible_group(parts, known, false),
            Node::Any(parts) => self.possible_group(parts, known, true),
            Node::Not(part) => self.possible(*part, known).map(|holds| !holds),
            Node::Is(predicate) => {
                let Ready { field, dim, .. } = &self.rules.predicates[*predicate as usize];
                let (dim, bit) = (*dim)?;
                let is_known = known.only.is_none_or(|only| only == dim) && !may_lack(field, known.lacks);
                is_known.then(|| self.dims[dim as usize].holds(known.classes[dim as usize], bit))
            }
        }
    }

    fn possible_group(&self, parts: &[NodeId], known: Known<'_>, decides: bool) -> Option<bool> {
        settle(parts.iter().map(|part| self.possible(*part, known)), decides)
    }
}

fn may_lack(field: &Field, lacks: Lacks) -> bool {
    !lacks.is_empty() && field.needs().iter().any(|slot| lacks.may_lack(*slot))
}

/// The dimension that most predicates hang on.
fn pivot(rules: &RuleSet) -> usize {
    let sizes = rules.dims.iter().map(|used| used.predicates.len()).enumerate();
    sizes.max_by_key(|(_, size)| *size).map_or(0, |(at, _)| at)
}
