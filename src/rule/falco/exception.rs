//! The exceptions of a rule: tuples of values for which it does not report.
//!
//! ```yaml
//! exceptions:
//!   - {name: known, fields: [ka.user.name, ka.target.namespace], comps: [=, in], values: [[jane, [dev, test]]]}
//!   - {name: users, fields: ka.user.name, values: [jane, joe]}
//! ```

use super::build::Builder;
use super::grammar::{Check, Left, Right};
use super::lexer::{Lexer, Word};
use super::operator::Operator;
use super::passage::{Passage, Place};
use crate::rule::Expr;
use crate::rule::map::Map;
use crate::rule::report::Report;
use crate::rule::yaml::{Content, Node};

/// An exception as it is written, with the values of all places that add to it.
#[derive(Clone, Debug)]
pub struct Exception<'t> {
    pub name: String,
    /// `None` where values are added to an exception of that name.
    pub shape: Option<Shape<'t>>,
    pub tuples: Vec<Tuple<'t>>,
}

/// The fields, and how each is compared.
#[derive(Clone, Debug)]
pub struct Shape<'t> {
    columns: Vec<(String, Operator)>,
    /// Written as one field, and not as a list.
    single: bool,
    place: Place<'t>,
}

/// One value for each field; each is one text, or several.
#[derive(Clone, Debug)]
pub struct Tuple<'t> {
    cells: Vec<Vec<Word>>,
    place: Place<'t>,
}

const KEYS: &[&str] = &["name", "fields", "comps", "values"];

pub fn read<'t>(node: &Node, report: &mut Report<'t>) -> Option<Exception<'t>> {
    let Some(map) = Map::of(node) else {
        let text = format!("an exception is to be a map, and this is {}", node.kind());
        report.error(node.spot, text, "write `name:`, `fields:` and `values:`");
        return None;
    };
    map.warn_of_others(KEYS, report);
    let Some((_, name)) = map.text("name", report) else {
        report.error(map.spot, "the exception has no name", "add `name:`, by which others can add to it");
        return None;
    };
    let shape = shape(&map, report)?;
    let tuples = match map.get("values").filter(|(_, node)| !node.is_null()) {
        Some((key, node)) => {
            let Content::List(nodes) = &node.content else {
                let text = format!("`values` is to be a list, and this is {}", node.kind());
                report.error(key.spot, text, "write `values: [[a, b], [c, d]]`");
                return None;
            };
            nodes.iter().map(|node| tuple(node, report)).collect()
        }
        None => Vec::new(),
    };
    Some(Exception { name: name.to_owned(), shape, tuples })
}

/// `None` for a mistake, `Some(None)` where no fields are named.
fn shape<'t>(map: &Map, report: &mut Report<'t>) -> Option<Option<Shape<'t>>> {
    let Some((key, node)) = map.get("fields").filter(|(_, node)| !node.is_null()) else { return Some(None) };
    let place = Place { source: report.source, spot: key.spot };
    let (fields, single) = texts(node)?;
    let comps = match map.get("comps").filter(|(_, node)| !node.is_null()) {
        Some((key, node)) => operators(texts(node)?.0, key.spot, report)?,
        // What Falco takes when nothing is said.
        None => vec![if single { Operator::In } else { Operator::Equals }; fields.len()],
    };
    if comps.len() != fields.len() {
        let text = format!("{} fields and {} comparisons", fields.len(), comps.len());
        report.error(key.spot, text, "give one comparison for each field, in `comps`");
        return None;
    }
    Some(Some(Shape { columns: fields.into_iter().zip(comps).collect(), single, place }))
}

fn operators(
    names: Vec<String>,
    spot: crate::rule::diagnostic::Spot,
    report: &mut Report,
) -> Option<Vec<Operator>> {
    let mut operators = Vec::new();
    for name in names {
        match Operator::named(&name) {
            Some(operator) => operators.push(operator),
            None => {
                report.error(spot, format!("there is no operator `{name}`"), "write =, in, startswith ...");
                return None;
            }
        }
    }
    Some(operators)
}

/// The texts of a list, or a single one.
fn texts(node: &Node) -> Option<(Vec<String>, bool)> {
    match &node.content {
        Content::List(nodes) => {
            let texts = nodes.iter().map(|node| Some(node.scalar()?.text.clone()));
            Some((texts.collect::<Option<_>>()?, false))
        }
        Content::Scalar(scalar) => Some((vec![scalar.text.clone()], true)),
        Content::Map(_) => None,
    }
}

fn tuple<'t>(node: &Node, report: &mut Report<'t>) -> Tuple<'t> {
    let place = Place { source: report.source, spot: node.spot };
    let cells = match &node.content {
        Content::List(nodes) => nodes.iter().map(|node| cell(node, report)).collect(),
        _ => vec![cell(node, report)],
    };
    Tuple { cells, place }
}

/// A value, a list of values, or `(a, b)` as in a condition.
fn cell(node: &Node, report: &mut Report) -> Vec<Word> {
    match &node.content {
        Content::List(nodes) => nodes.iter().flat_map(|node| cell(node, report)).collect(),
        Content::Scalar(scalar) => words(&scalar.text),
        Content::Map(_) => {
            report.error(node.spot, "a value is to be text or a list of texts", "write it without a colon");
            Vec::new()
        }
    }
}

fn words(text: &str) -> Vec<Word> {
    if text.starts_with('(')
        && let Ok(words) = Lexer::new(text).list()
    {
        return words;
    }
    let quoted = ['"', '\''].into_iter().find(|quote| text.starts_with(*quote) && text.ends_with(*quote));
    match quoted.filter(|_| text.len() > 1) {
        Some(_) => vec![Word { text: text[1..text.len() - 1].to_owned(), quoted: true, at: 0..text.len() }],
        None => vec![Word { text: text.to_owned(), quoted: false, at: 0..text.len() }],
    }
}

impl<'t> Exception<'t> {
    /// The condition under which the rule does not report. Mistakes go to the builder.
    pub fn expr(&self, builder: &mut Builder<'_, 't>) -> Expr {
        let Some(shape) = &self.shape else { return Expr::FALSE };
        if shape.single {
            let words = self.tuples.iter().flat_map(|tuple| tuple.cells.iter().flatten().cloned()).collect();
            return self.column(&shape.columns[0], words, shape.place, builder);
        }
        let mut met = Vec::new();
        for Tuple { cells, place } in &self.tuples {
            if cells.len() != shape.columns.len() {
                let text = format!("{} fields and {} values", shape.columns.len(), cells.len());
                let mend = "give one value for each field; several values of one field are a list";
                builder.found.push(place.diagnose(crate::rule::Severity::Error, text, mend));
                continue;
            }
            let columns = shape.columns.iter().zip(cells);
            let parts = columns.map(|(column, words)| self.column(column, words.clone(), *place, builder));
            met.push(Expr::all(parts.collect()));
        }
        Expr::any(met)
    }

    fn column(
        &self,
        (field, operator): &(String, Operator),
        words: Vec<Word>,
        place: Place<'t>,
        builder: &mut Builder<'_, 't>,
    ) -> Expr {
        if words.is_empty() {
            return Expr::FALSE;
        }
        let (name, argument) = match field.split_once('[') {
            Some((name, rest)) => {
                (name, Some(rest.trim_end_matches(']').trim_matches(['"', '\'']).to_owned()))
            }
            None => (field.as_str(), None),
        };
        let left = Left { name: name.to_owned(), argument, fold: None, at: 0..0 };
        let right = if *operator == Operator::Exists { Right::Nothing } else { Right::Values(words) };
        let check = Check { left, operator: *operator, right, at: 0..0 };
        builder.check(&check, &Passage::new(place, ""))
    }
}
