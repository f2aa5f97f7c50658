//! Putting rules in place of the ids that refer to them, in whatever order they stand.

use super::condition::Condition;
use super::policy::Draft;
use crate::rule::Expr;
use crate::rule::diagnostic::Spot;
use std::collections::BTreeMap;

/// References within each other.
const MAX_DEPTH: usize = 64;
/// Comparisons of one rule, those of the rules that it refers to included.
const MAX_SIZE: usize = 10_000;

/// What a rule has become.
#[derive(Clone)]
enum State {
    Waiting,
    /// Its references are being followed.
    Open,
    Done(Expr, usize),
    /// A mistake in it, or in what it refers to, is reported already.
    Broken,
}

/// The condition of each rule; `None` where it has a mistake. `others_broken`: a rule that gave no draft may be
/// what a reference means.
pub fn resolve(drafts: &mut [Draft], others_broken: bool) -> Vec<Option<Expr>> {
    let by_id: BTreeMap<String, usize> =
        drafts.iter().enumerate().rev().map(|(at, draft)| (draft.id.clone(), at)).collect();
    let states = vec![State::Waiting; drafts.len()];
    let mut resolver = Resolver { drafts, by_id, states, others_broken };
    for at in 0..resolver.drafts.len() {
        resolver.rule(at, 0);
    }
    let done = |state| match state {
        State::Done(expr, _) => Some(expr),
        _ => None,
    };
    resolver.states.into_iter().map(done).collect()
}

struct Resolver<'d, 't> {
    drafts: &'d mut [Draft<'t>],
    by_id: BTreeMap<String, usize>,
    states: Vec<State>,
    others_broken: bool,
}

impl Resolver<'_, '_> {
    fn rule(&mut self, at: usize, depth: usize) -> State {
        if !matches!(self.states[at], State::Waiting) {
            return self.states[at].clone();
        }
        self.states[at] = State::Open;
        let state = self.combine(at, depth);
        self.states[at] = state.clone();
        state
    }

    fn combine(&mut self, at: usize, depth: usize) -> State {
        let mut parts = Vec::new();
        let mut size = 0;
        for index in 0..self.drafts[at].conditions.len() {
            match self.drafts[at].conditions[index].clone() {
                Condition::Is(expr) => {
                    parts.push(expr);
                    size += 1;
                }
                Condition::Ref { id, spot } => match self.follow(at, &id, spot, depth) {
                    Some((expr, more)) => {
                        parts.push(expr);
                        size += more;
                    }
                    None => return State::Broken,
                },
            }
        }
        if size > MAX_SIZE {
            let spot = self.drafts[at].spot;
            return self.wrong(at, spot, "this rule is too large, with all that it refers to", "split it");
        }
        State::Done(if self.drafts[at].all { Expr::all(parts) } else { Expr::any(parts) }, size)
    }

    fn follow(&mut self, from: usize, id: &str, spot: Spot, depth: usize) -> Option<(Expr, usize)> {
        let Some(&to) = self.by_id.get(id) else {
            if !self.others_broken {
                self.wrong(from, spot, &format!("no rule has the id `{id}`"), &self.ids());
            }
            return None;
        };
        if depth >= MAX_DEPTH {
            self.wrong(from, spot, "references within references go too deep", "refer to fewer");
            return None;
        }
        match self.rule(to, depth + 1) {
            State::Done(expr, size) => Some((expr, size)),
            State::Open => {
                let line = self.drafts[to].meta.line;
                let text = "this reference leads back to where it came from";
                self.wrong(
                    from,
                    spot,
                    text,
                    &format!("rule {id} on line {line} needs an end: break the circle"),
                );
                None
            }
            State::Waiting | State::Broken => None,
        }
    }

    fn ids(&self) -> String {
        let ids: Vec<&str> = self.drafts.iter().take(10).map(|draft| draft.id.as_str()).collect();
        format!("the ids here are {}", ids.join(", "))
    }

    fn wrong(&mut self, at: usize, spot: Spot, text: &str, mend: &str) -> State {
        self.drafts[at].report.error(spot, text, mend);
        State::Broken
    }
}
