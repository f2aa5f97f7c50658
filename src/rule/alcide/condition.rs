//! One condition of a rule: `{field: verb, match-op: =, match-value: create}` or `{ref-id: 2}`.

use super::field::{self, Means};
use super::java;
use crate::event::Field;
use crate::rule::check;
use crate::rule::diagnostic::Spot;
use crate::rule::map::Map;
use crate::rule::naming;
use crate::rule::report::Report;
use crate::rule::yaml::Node;
use crate::rule::{Case, Expr, Pattern, RegexTest, Test};

/// What a condition asks for.
#[derive(Clone, Debug)]
pub enum Condition {
    Is(Expr),
    /// What the rule of this id asks for.
    Ref {
        id: String,
        spot: Spot,
    },
}

const KEYS: &[&str] = &["field", "match-op", "match-value", "ref-id"];

/// Reads a condition. Mistakes go to the report, and give `None`.
pub fn read(node: &Node, report: &mut Report) -> Option<Condition> {
    let Some(map) = Map::of(node) else {
        let text = format!("a condition is to be a map, and this is {}", node.kind());
        report.error(node.spot, text, "write `{field: verb, match-op: =, match-value: create}`");
        return None;
    };
    map.warn_of_others(KEYS, report);
    if map.get("ref-id").is_none() {
        return compare(&map, report).map(Condition::Is);
    }
    if let Some((key, _)) = map.get("field") {
        report.error(key.spot, "a condition refers or compares, not both", "make two conditions of it");
        return None;
    }
    let (spot, id) = map.text("ref-id", report)?;
    Some(Condition::Ref { id: id.to_owned(), spot })
}

/// An operator of a policy.
#[derive(Clone, Copy, PartialEq)]
enum Operator {
    Equals,
    Matches,
}

fn operator(text: &str) -> Option<(Operator, bool)> {
    match text {
        "=" => Some((Operator::Equals, false)),
        "!=" => Some((Operator::Equals, true)),
        "~" => Some((Operator::Matches, false)),
        "!~" => Some((Operator::Matches, true)),
        _ => None,
    }
}

fn compare(map: &Map, report: &mut Report) -> Option<Expr> {
    let name = map.text("field", report);
    if name.is_none() && !report.has_errors() {
        let mend = "write `field: verb`, or `ref-id:` and the id of another rule";
        report.error(map.spot, "the condition names no field", mend);
    }
    let operator = signs(map, report);
    let value = value(map, report);
    let (spot, name) = name?;
    let field = field(name, spot, report)?;
    let ((operator, negated), (at, value)) = (operator?, value?);
    let Some(field) = field else { return Some(Expr::FALSE) };
    let met = match operator {
        Operator::Equals => equals(&field, &value, at, report),
        Operator::Matches => matches(&field, &value, at, report)?,
    };
    Some(if negated { met.negate() } else { met })
}

/// The operator. `~` without quotes is the null of YAML, and stands here all the same.
fn signs(map: &Map, report: &mut Report) -> Option<(Operator, bool)> {
    const MEND: &str = "there are `=`, `!=`, `~` (a regular expression is found) and `!~`";
    let Some((key, node)) = map.get("match-op") else {
        report.error(map.spot, "the condition has no `match-op`", MEND);
        return None;
    };
    let text = node.scalar().map_or("", |scalar| scalar.text.trim());
    let found = operator(text);
    if found.is_none() {
        let spot = if node.scalar().is_some() { node.spot } else { key.spot };
        report.error(spot, format!("there is no operator `{text}`"), MEND);
    }
    found
}

/// The value; none is the empty one.
fn value(map: &Map, report: &mut Report) -> Option<(Spot, String)> {
    let Some((_, node)) = map.get("match-value") else {
        let mend = "add `match-value:`; the empty one is met by a field that is missing";
        report.error(map.spot, "the condition has no `match-value`", mend);
        return None;
    };
    match node.scalar() {
        Some(scalar) if scalar.is_null() => Some((node.spot, String::new())),
        Some(scalar) => Some((node.spot, scalar.text.clone())),
        None => {
            let text = format!("a value is to be single, and this is {}", node.kind());
            report.error(node.spot, text, "write one condition for each value, under `combine-op: or`");
            None
        }
    }
}

/// The field of a policy's name; `Some(None)` when no event tells it.
fn field(name: &str, spot: Spot, report: &mut Report) -> Option<Option<Field>> {
    let Some(means) = field::meaning(name) else {
        let mend = match field::nearest(name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names()),
        };
        report.error(spot, format!("policies have no field `{name}`"), mend);
        return None;
    };
    match means {
        Means::Nothing(why) => {
            let text = format!("`{name}` cannot be known: {why}");
            let mend = "this condition is never met: compare `caller-ip`, or look the addresses up elsewhere";
            report.warning(spot, text, mend);
            Some(None)
        }
        Means::Field(field) => match naming::field(field) {
            Ok(field) => Some(Some(field)),
            Err(complaint) => {
                report.error(spot, complaint.text, complaint.mend);
                None
            }
        },
    }
}

fn equals(field: &Field, value: &str, spot: Spot, report: &mut Report) -> Expr {
    let pattern = Pattern::literal(value);
    if let Some(complaint) = check::pattern_complaint(field, &pattern, Case::Exact) {
        report.complain(spot, complaint);
    }
    Expr::like(field, Case::Exact, vec![pattern])
}

fn matches(field: &Field, pattern: &str, spot: Spot, report: &mut Report) -> Option<Expr> {
    if let Some(java::Foreign { range, text, mend }) = java::foreign(pattern) {
        let spot = report.within(spot, pattern, range);
        report.error(spot, text, mend);
        return None;
    }
    let test =
        RegexTest { pattern: pattern.to_owned(), ignore_case: false, multi_line: false, dot_all: false };
    if let Err(error) = report.check(&test) {
        let text = format!("not a regular expression: {error}");
        report.error(spot, text, "a literal `(`, `[` or `{` needs a backslash");
        return None;
    }
    let expr = Expr::is(field, Test::Regex(test));
    if let Expr::Is(predicate) = &expr
        && let Some(complaint) = check::impossible(predicate)
    {
        report.complain(spot, complaint);
    }
    Some(expr)
}

fn names() -> String {
    super::FIELDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}
