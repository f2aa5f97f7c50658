//! From conditions as they are written to conditions over events: lists and macros are put in, fields found.

use super::field::{self, Operand};
use super::grammar::{self, Ast, Check, Fold, Left, Right};
use super::lexer::{Word, Wrong};
use super::operator::{self, Operator};
use super::passage::Passage;
use crate::event::Field;
use crate::rule::check::{self, Complaint};
use crate::rule::diagnostic::{Diagnostic, Severity};
use crate::rule::{Case, Compare, Expr, Test};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Checks of one rule, those of its macros included.
const MAX_SIZE: usize = 5_000;
/// Checks and values of all rules together, so that a small file does not become a large one.
const MAX_BUILT: usize = 2_000_000;
/// Macros within macros.
const MAX_DEPTH: usize = 64;

/// The lists and macros that conditions may name.
#[derive(Default)]
pub struct Names<'t> {
    pub lists: BTreeMap<String, Vec<String>>,
    pub macros: BTreeMap<String, Passage<'t>>,
}

/// What a macro has become.
#[derive(Clone)]
enum State {
    /// It is being built, so that naming it again is a circle.
    Open,
    Done(Expr, usize),
    /// Its mistakes are told already.
    Broken,
}

/// Builds conditions. What is found wrong is collected.
pub struct Builder<'n, 't> {
    names: &'n Names<'t>,
    states: BTreeMap<String, State>,
    pub found: Vec<Diagnostic>,
    /// Some field is unknown to k8s_audit events.
    pub unknown_field: bool,
    depth: usize,
    built: usize,
}

/// A mistake that is told already.
pub struct Told;

impl<'n, 't> Builder<'n, 't> {
    pub fn new(names: &'n Names<'t>) -> Builder<'n, 't> {
        Builder {
            names,
            states: BTreeMap::new(),
            found: Vec::new(),
            unknown_field: false,
            depth: 0,
            built: 0,
        }
    }

    /// The condition that a passage says, and how many checks it holds.
    pub fn passage(&mut self, passage: &Passage<'t>) -> Result<(Expr, usize), Told> {
        let ast = grammar::parse(&passage.text()).map_err(|wrong| self.tell(passage, wrong))?;
        let before = self.found.len();
        let (expr, size) = self.ast(&ast, passage);
        self.built += size;
        let errors = self.found[before..].iter().any(|found| found.severity == Severity::Error);
        if size > MAX_SIZE || self.built > MAX_BUILT {
            let wrong =
                Wrong::new(0..1, "this is too large, with all its macros and lists", "split the file");
            return Err(self.tell(passage, wrong));
        }
        if errors { Err(Told) } else { Ok((expr, size)) }
    }

    /// Whether some rule that was built names the macro.
    pub fn uses(&self, name: &str) -> bool {
        self.states.contains_key(name)
    }

    fn tell(&mut self, passage: &Passage<'t>, Wrong { at, text, mend }: Wrong) -> Told {
        self.found.extend(passage.diagnose(Severity::Error, &at, text, mend));
        Told
    }

    fn ast(&mut self, ast: &Ast, passage: &Passage<'t>) -> (Expr, usize) {
        match ast {
            Ast::All(parts) => self.group(parts, passage, Expr::all),
            Ast::Any(parts) => self.group(parts, passage, Expr::any),
            Ast::Not(part) => {
                let (expr, size) = self.ast(part, passage);
                (expr.negate(), size)
            }
            Ast::Macro(name, at) => self.named(name, at, passage).unwrap_or((Expr::FALSE, 1)),
            Ast::Check(check) => (self.check(check, passage), 1),
        }
    }

    fn group(&mut self, parts: &[Ast], passage: &Passage<'t>, join: fn(Vec<Expr>) -> Expr) -> (Expr, usize) {
        let (mut exprs, mut total) = (Vec::new(), 0);
        for part in parts {
            let (expr, size) = self.ast(part, passage);
            total += size;
            // What is too large is told, and not built.
            if total <= MAX_SIZE {
                exprs.push(expr);
            }
        }
        (join(exprs), total)
    }

    fn named(&mut self, name: &str, at: &Range<usize>, from: &Passage<'t>) -> Option<(Expr, usize)> {
        let names = self.names;
        let Some(passage) = names.macros.get(name) else {
            let mend = match names.lists.contains_key(name) {
                true => format!("`{name}` is a list: write `field in ({name})`"),
                false => "define it, or load the file that does before this one".to_owned(),
            };
            self.tell(from, Wrong::new(at.clone(), format!("there is no macro `{name}`"), mend));
            return None;
        };
        if self.depth >= MAX_DEPTH || matches!(self.states.get(name), Some(State::Open)) {
            let text = format!("the macro `{name}` leads back to itself, or too deep");
            self.tell(from, Wrong::new(at.clone(), text, "break the circle"));
            return None;
        }
        if !self.states.contains_key(name) {
            self.states.insert(name.to_owned(), State::Open);
            self.depth += 1;
            let state = match self.passage(passage) {
                Ok((expr, size)) => State::Done(expr, size),
                Err(Told) => State::Broken,
            };
            self.depth -= 1;
            self.states.insert(name.to_owned(), state);
        }
        match self.states.get(name)? {
            State::Done(expr, size) => Some((expr.clone(), *size)),
            State::Broken => {
                // Told once at the macro; the rules that name it must fail too.
                let text = format!("the macro `{name}` is wrong");
                self.tell(from, Wrong::new(at.clone(), text, "see the error in it"));
                None
            }
            State::Open => None,
        }
    }

    /// The condition of one check. Mistakes are told; what stands for them is false.
    pub fn check(&mut self, check: &Check, passage: &Passage<'t>) -> Expr {
        let operand = match field::resolve(&check.left.name, check.left.argument.as_deref()) {
            Ok(operand) => operand,
            Err(Complaint { text, mend }) => {
                self.unknown_field = true;
                self.tell(passage, Wrong::new(check.left.at.clone(), text, mend));
                return Expr::FALSE;
            }
        };
        let built = match &check.right {
            Right::Field(other) => self.against_field(check, &operand, other),
            Right::Nothing => compare(check, &operand, &[]),
            Right::Values(words) => {
                let values = self.values(words);
                self.doubt_list(check, &operand, passage);
                compare(check, &operand, &values)
            }
        };
        match built {
            Ok(expr) => {
                self.doubt(&expr, check, passage);
                expr
            }
            Err(Complaint { text, mend }) => {
                self.tell(passage, Wrong::new(check.at.clone(), text, mend));
                Expr::FALSE
            }
        }
    }

    /// A check that no event can pass.
    fn doubt(&mut self, expr: &Expr, check: &Check, passage: &Passage<'t>) {
        let Expr::Is(predicate) = expr else { return };
        let Some(Complaint { text, mend }) = check::impossible(predicate) else { return };
        self.found.extend(passage.diagnose(Severity::Warning, &check.at, text, mend));
    }

    fn doubt_list(&mut self, check: &Check, operand: &Operand, passage: &Passage<'t>) {
        if matches!(operand, Operand::Field { list: true, .. }) && !check.operator.minds_no_list() {
            let text =
                format!("`{}` has several values, for which Falco refuses this operator", check.left.name);
            let mend = "here it is enough that one of them is met; Falco knows `in` and `intersects`";
            self.found.extend(passage.diagnose(Severity::Warning, &check.left.at, text, mend));
        }
    }

    fn against_field(&mut self, check: &Check, operand: &Operand, other: &Left) -> Result<Expr, Complaint> {
        let right = field::resolve(&other.name, other.argument.as_deref())?;
        let (Operand::Field { field, .. }, Operand::Field { field: other_field, .. }) = (operand, &right)
        else {
            return Err(Complaint::new(
                "only fields with text can be compared with each other",
                "write a value",
            ));
        };
        let case = match (check.left.fold, other.fold) {
            (None, None) => Case::Exact,
            (Some(left), Some(right)) if left == right => Case::Ignore,
            _ => {
                let mend = "write `tolower()` around both";
                return Err(Complaint::new("of two fields, one is folded and the other is not", mend));
            }
        };
        operator::same(check.operator, field, other_field, case)
    }

    /// The values, each once, with lists put in place of their names.
    pub fn values(&mut self, words: &[Word]) -> Vec<String> {
        let (mut lists, mut values) = (BTreeSet::new(), Vec::new());
        for word in words {
            match word.quoted {
                true => values.push(word.text.clone()),
                false => self.expand(&word.text, &mut lists, &mut values, 0),
            }
        }
        let mut seen = BTreeSet::new();
        values.retain(|value| seen.insert(value.clone()));
        self.built += values.len();
        values
    }

    /// Each list is put in once, so that lists of lists of lists cost no more than they hold.
    fn expand(&self, name: &str, lists: &mut BTreeSet<String>, values: &mut Vec<String>, depth: usize) {
        let Some(items) = self.names.lists.get(name).filter(|_| depth < MAX_DEPTH) else {
            return values.push(name.to_owned());
        };
        if lists.insert(name.to_owned()) {
            items.iter().for_each(|item| self.expand(item, lists, values, depth + 1));
        }
    }
}

fn compare(check: &Check, operand: &Operand, values: &[String]) -> Result<Expr, Complaint> {
    let fold = check.left.fold;
    match operand {
        Operand::Field { field, list } => operator::compare(check.operator, field, *list, values, fold),
        Operand::Cases(cases) => {
            let mut met = Vec::new();
            for (text, expr) in cases {
                if operator::holds_for(check.operator, &folded(text, fold), values)? {
                    met.push(expr.clone());
                }
            }
            Ok(Expr::any(met))
        }
        Operand::Moment | Operand::Count => moment(check.operator, operand, values),
    }
}

fn folded(text: &str, fold: Option<Fold>) -> String {
    match fold {
        Some(Fold::Upper) => text.to_uppercase(),
        Some(Fold::Lower) => text.to_lowercase(),
        None => text.to_owned(),
    }
}

/// Times and counts are there for every event and never below 1, which rules use to say always and never:
/// `jevt.rawtime exists`, `evt.num=0`.
fn moment(operator: Operator, operand: &Operand, values: &[String]) -> Result<Expr, Complaint> {
    let compare = match operator {
        Operator::Exists => return Ok(Expr::TRUE),
        Operator::Equals | Operator::In => Compare::Equal,
        Operator::Number(compare) => compare,
        Operator::Differs => return Ok(moment(Operator::Equals, operand, values)?.negate()),
        _ => return Err(Complaint::new("this operator says nothing about a time", "compare it as a number")),
    };
    let mut met = Vec::new();
    for value in values {
        let number = operator::number(value).ok_or_else(|| {
            Complaint::new(format!("`{value}` is no number"), "write nanoseconds since 1970")
        })?;
        met.push(against(compare, number, operand)?);
    }
    Ok(Expr::any(met))
}

fn against(compare: Compare, number: f64, operand: &Operand) -> Result<Expr, Complaint> {
    if number <= 0.0 {
        let above = matches!(compare, Compare::Greater | Compare::GreaterOrEqual);
        return Ok(if above { Expr::TRUE } else { Expr::FALSE });
    }
    if *operand == Operand::Count {
        let text = "which number an event has hangs on who reads it";
        return Err(Complaint::new(text, "compare it with 0, or drop the check"));
    }
    let field = Field::parse("time").map_err(|error| Complaint::new(error.name, ""))?;
    // Microseconds of some century; beyond that a float is cut to the last instant.
    Ok(Expr::is(&field, Test::Time(compare, (number / 1000.0) as i64)))
}
