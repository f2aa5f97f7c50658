//! Many rules become one form: shared predicates, a flat arena of conditions, and for each low-cardinality
//! input ("dimension") the predicates that hang on nothing else.
//!
//! The matcher asks those once for each distinct value, not once for each event, and the rules that can still
//! hold once for each distinct combination. A rule about other resources thus costs an event nothing.

use super::link::{Linked, Listener, Watch};
use super::literal::Prefilter;
use super::paths::{Paths, StepId};
use super::ready::{Check, Lazy};
use super::{Case, Expr, Meta, Part, Pattern, Predicate, RegexTest, Rule, Test, TextTest, joined};
use crate::event::{Dim, Field};
use hashbrown::HashMap;
use std::sync::Arc;

pub type NodeId = u32;
pub type PredicateId = u32;

#[derive(Debug)]
pub enum Node {
    /// Children in the order of their cost.
    All(Box<[NodeId]>),
    Any(Box<[NodeId]>),
    Not(NodeId),
    Is(PredicateId),
}

/// A predicate made ready to run.
#[derive(Debug)]
pub struct Ready {
    pub field: Field,
    pub check: Check,
    /// Where its verdict stands when it hangs on a dimension only: which of [`RuleSet::dims`], and which bit.
    pub dim: Option<(u32, u32)>,
    /// The way to all but the last key of a path into a body.
    pub way: Option<StepId>,
    /// Tells most records that cannot pass a test of all their texts.
    pub prefilter: Option<Prefilter>,
}

/// A dimension that some predicate hangs on.
#[derive(Debug)]
pub struct DimUse {
    pub dim: Dim,
    pub predicates: Vec<PredicateId>,
}

/// All rules in one form.
#[derive(Debug)]
pub struct RuleSet {
    metas: Vec<Meta>,
    pub(super) roots: Vec<NodeId>,
    pub(super) nodes: Vec<Node>,
    pub(super) predicates: Vec<Ready>,
    pub(super) dims: Vec<DimUse>,
    pub(super) paths: Paths,
    asks_stage: Vec<bool>,
    silent: Vec<bool>,
    watches: Vec<Watch>,
    /// For each rule.
    listeners: Vec<Vec<Listener>>,
}

/// Whether the records of a request count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stages {
    /// A record without the answer is not shown to rules that look at the answer, unless they ask for a stage.
    OnceARequest,
    /// Every record counts for itself.
    EveryRecord,
}

impl RuleSet {
    pub fn compile(rules: Vec<Rule>, stages: Stages) -> RuleSet {
        let mut compiler = Compiler::default();
        let mut set = RuleSet {
            metas: Vec::with_capacity(rules.len()),
            roots: Vec::with_capacity(rules.len()),
            nodes: Vec::new(),
            predicates: Vec::new(),
            dims: Vec::new(),
            paths: Paths::default(),
            asks_stage: Vec::with_capacity(rules.len()),
            silent: vec![false; rules.len()],
            watches: Vec::new(),
            listeners: vec![Vec::new(); rules.len()],
        };
        for Rule { meta, when } in rules {
            let asks_stage = mentions(&when, &|field| field.spec().dim == Some(Dim::Stage));
            let waits = stages == Stages::OnceARequest && !asks_stage && mentions(&when, &Field::is_answer);
            let when = if waits { Expr::All(vec![answered(), when]) } else { when };
            set.roots.push(compiler.add(&when));
            set.asks_stage.push(asks_stage || stages == Stages::EveryRecord);
            set.metas.push(meta);
        }
        set.nodes = compiler.nodes;
        set.predicates = compiler.predicates;
        set.dims = compiler.dims;
        set.paths = compiler.paths;
        set
    }

    /// All rules of a scan, with those that look at the events of others.
    pub fn of(linked: Linked, stages: Stages) -> RuleSet {
        let Linked { rules, silent, watches, .. } = linked;
        let mut set = RuleSet::compile(rules.into_iter().map(|loaded| loaded.rule).collect(), stages);
        for (watch, number) in watches.iter().zip(0..) {
            for (slot, at) in watch.slots.iter().zip(0..) {
                set.listeners[slot.rule as usize].push(Listener { watch: number, slot: at });
            }
        }
        (set.silent, set.watches) = (silent, watches);
        set
    }

    /// Whether the rule only serves a correlation.
    pub fn is_silent(&self, rule: u32) -> bool {
        self.silent[rule as usize]
    }

    /// The correlations, each behind those that it looks at.
    pub fn watches(&self) -> &[Watch] {
        &self.watches
    }

    /// The correlations that look at what the rule finds.
    pub fn listeners(&self, rule: u32) -> &[Listener] {
        &self.listeners[rule as usize]
    }

    pub fn metas(&self) -> &[Meta] {
        &self.metas
    }

    pub fn meta(&self, rule: u32) -> &Meta {
        &self.metas[rule as usize]
    }

    /// Whether each stage of a request counts for itself, because the rule asks for a stage.
    pub fn asks_stage(&self, rule: u32) -> bool {
        self.asks_stage[rule as usize]
    }
}

/// The record is not one that was written before the answer was known.
fn answered() -> Expr {
    let received = Pattern(vec![Part::Literal("RequestReceived".to_owned())]);
    let test = Test::Text(TextTest { case: Case::Exact, patterns: vec![received] });
    match Field::parse("stage") {
        Ok(field) => Expr::Not(Box::new(Expr::Is(Predicate { field, test }))),
        Err(_) => Expr::All(Vec::new()),
    }
}

fn mentions(expr: &Expr, is: &dyn Fn(&Field) -> bool) -> bool {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(|part| mentions(part, is)),
        Expr::Not(part) => mentions(part, is),
        Expr::Is(Predicate { field, test }) => {
            is(field) || matches!(test, Test::SameAs(_, other, _) if is(other))
        }
    }
}

#[derive(Default)]
struct Compiler {
    nodes: Vec<Node>,
    costs: Vec<u32>,
    predicates: Vec<Ready>,
    known: HashMap<Predicate, NodeId, foldhash::fast::RandomState>,
    regexes: HashMap<RegexTest, Arc<Lazy>, foldhash::fast::RandomState>,
    dims: Vec<DimUse>,
    paths: Paths,
}

impl Compiler {
    fn add(&mut self, expr: &Expr) -> NodeId {
        match expr {
            Expr::All(parts) => self.group(parts, Node::All),
            Expr::Any(parts) => self.group(&joined::costly(parts), Node::Any),
            Expr::Not(part) => {
                let part = self.add(part);
                self.node(Node::Not(part), self.costs[part as usize])
            }
            Expr::Is(predicate) => self.predicate(predicate),
        }
    }

    fn group(&mut self, parts: &[Expr], node: fn(Box<[NodeId]>) -> Node) -> NodeId {
        let mut parts: Vec<NodeId> = parts.iter().map(|part| self.add(part)).collect();
        parts.sort_by_key(|part| self.costs[*part as usize]);
        let cost = parts.iter().map(|part| self.costs[*part as usize]).max().unwrap_or(0);
        self.node(node(parts.into()), cost)
    }

    fn node(&mut self, node: Node, cost: u32) -> NodeId {
        self.nodes.push(node);
        self.costs.push(cost);
        (self.nodes.len() - 1) as NodeId
    }

    fn predicate(&mut self, predicate: &Predicate) -> NodeId {
        if let Some(&node) = self.known.get(predicate) {
            return node;
        }
        let check = self.check(&predicate.test);
        let id = self.predicates.len() as PredicateId;
        let dim = own_dim(predicate).map(|dim| self.note_dim(dim, id));
        let cost = cost(&predicate.field, &check, dim.is_some());
        let way = self.paths.add(&predicate.field);
        let prefilter = Prefilter::of_whole(predicate);
        self.predicates.push(Ready { field: predicate.field.clone(), check, dim, way, prefilter });
        let node = self.node(Node::Is(id), cost);
        self.known.insert(predicate.clone(), node);
        node
    }

    /// Many rules try one regex on the images of pods, of templates, of jobs: it is built once.
    fn check(&mut self, test: &Test) -> Check {
        match (test, Check::new(test)) {
            (Test::Regex(regex), Check::Regex(own)) => {
                Check::Regex(Arc::clone(self.regexes.entry(regex.clone()).or_insert(own)))
            }
            (_, check) => check,
        }
    }

    fn note_dim(&mut self, dim: Dim, id: PredicateId) -> (u32, u32) {
        let at = self.dims.iter().position(|used| used.dim == dim).unwrap_or_else(|| {
            self.dims.push(DimUse { dim, predicates: Vec::new() });
            self.dims.len() - 1
        });
        let bits = &mut self.dims[at].predicates;
        bits.push(id);
        (at as u32, (bits.len() - 1) as u32)
    }
}

/// The dimension that the whole predicate hangs on.
fn own_dim(predicate: &Predicate) -> Option<Dim> {
    let dim = predicate.field.spec().dim?;
    match &predicate.test {
        Test::SameAs(_, other, _) if other.spec().dim != Some(dim) => None,
        _ => Some(dim),
    }
}

/// Verdicts at hand first, then fields, then what must be put together, bodies last.
fn cost(field: &Field, check: &Check, at_hand: bool) -> u32 {
    if at_hand {
        return 0;
    }
    let walk = if field.spec().costly { 1000 } else { 10 + 10 * field.path().len() as u32 };
    walk + check.cost()
}
