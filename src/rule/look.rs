//! One event and the conditions that are evaluated for it.

use super::compile::{Node, NodeId, RuleSet};
use super::memo::{Classes, Memo};
use super::paths::Places;
use crate::envelope::Lacks;
use crate::event::Event;

/// Whether a predicate holds for the event of that number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verdict {
    event_number: u32,
    holds: bool,
}

/// One event under evaluation.
pub struct Look<'l, 'e> {
    pub event: &'l Event<'e>,
    pub rules: &'l RuleSet,
    pub dims: &'l [Memo],
    pub classes: &'l Classes,
    pub verdicts: &'l mut [Verdict],
    pub places: &'l mut Places,
    pub event_number: u32,
}

impl Look<'_, '_> {
    pub fn holds(&mut self, node: NodeId) -> bool {
        let rules = self.rules;
        match &rules.nodes[node as usize] {
            Node::All(parts) => parts.iter().all(|part| self.holds(*part)),
            Node::Any(parts) => parts.iter().any(|part| self.holds(*part)),
            Node::Not(part) => !self.holds(*part),
            Node::Is(predicate) => self.predicate(*predicate as usize),
        }
    }

    /// What can be said of a condition when not all is known of the event.
    pub fn judge(&mut self, node: NodeId, lacks: Lacks) -> Option<bool> {
        let rules = self.rules;
        match &rules.nodes[node as usize] {
            Node::All(parts) => self.judge_group(parts, lacks, false),
            Node::Any(parts) => self.judge_group(parts, lacks, true),
            Node::Not(part) => self.judge(*part, lacks).map(|holds| !holds),
            Node::Is(predicate) => {
                let needs = rules.predicates[*predicate as usize].field.needs();
                let is_known = !needs.iter().any(|slot| lacks.lacks(*slot, self.event));
                is_known.then(|| self.predicate(*predicate as usize))
            }
        }
    }

    fn judge_group(&mut self, parts: &[NodeId], lacks: Lacks, decides: bool) -> Option<bool> {
        let verdicts = parts.iter().map(|part| self.judge(*part, lacks));
        settle(verdicts, decides)
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
        let (event, path) = (self.event, ready.field.path());
        let may = ready.prefilter.as_ref().is_none_or(|prefilter| prefilter.lets_pass(event.record()));
        let holds = match (ready.way, path.split_last()) {
            _ if !may => false,
            (Some(way), Some((last, _))) => {
                let (way, event, last) =
                    ((&self.rules.paths, way), (event, self.event_number), std::slice::from_ref(last));
                ready.check.holds_in(self.event, &mut |see| self.places.any(way, last, event, see))
            }
            _ => ready.check.holds(event, &ready.field),
        };
        self.verdicts[id] = Verdict { event_number: self.event_number, holds };
        holds
    }
}

/// The verdict on a group of conditions, of which one that `decides` settles the whole.
pub fn settle(verdicts: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut open = false;
    for verdict in verdicts {
        match verdict {
            Some(holds) if holds == decides => return Some(decides),
            Some(_) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(!decides) }
}
