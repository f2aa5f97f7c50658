//! The detection of a rule: selections, and the condition that joins them.

use super::condition::{self, Selection};
use super::item;
use crate::rule::Expr;
use crate::rule::report::Report;
use crate::rule::yaml::{Content, Key, Node};

/// Keys of a detection that are no selections.
const CONDITION: &str = "condition";
const TIMEFRAME: &str = "timeframe";

/// The condition of a rule. Mistakes go to the report; what stands for them is false.
pub fn read(key: &Key, node: &Node, report: &mut Report) -> Expr {
    let Content::Map(pairs) = &node.content else {
        let text = format!("the detection is to be a map, and this is {}", node.kind());
        report.error(node.spot, text, "write selections and a `condition` below it");
        return Expr::FALSE;
    };
    let mut selections = Vec::new();
    for (key, node) in pairs {
        match key.text.as_str() {
            CONDITION => {}
            TIMEFRAME => {
                let text = "a time frame belongs to aggregations, which are not supported";
                report.error(
                    key.spot,
                    text,
                    "drop it, and write a correlation (`type: event_count`) that names this rule",
                );
            }
            name => {
                let expr = selection(key, node, report);
                selections.push(Selection { name: name.to_owned(), spot: key.spot, expr, used: false });
            }
        }
    }
    let when = conditions(key, pairs, &mut selections, report);
    for unused in selections.iter().filter(|selection| !selection.used) {
        let text = format!("no condition names the selection `{}`", unused.name);
        report.warning(unused.spot, text, "name it in the condition, or drop it");
    }
    when
}

fn conditions(
    detection: &Key,
    pairs: &[(Key, Node)],
    selections: &mut [Selection],
    report: &mut Report,
) -> Expr {
    let Some((key, node)) = pairs.iter().find(|(key, _)| key.text == CONDITION) else {
        selections.iter_mut().for_each(|selection| selection.used = true);
        report.error(detection.spot, "the detection has no condition", "add `condition: selection`");
        return Expr::FALSE;
    };
    let before = report.found.len();
    let when = match &node.content {
        Content::List(nodes) if !nodes.is_empty() => {
            Expr::any(nodes.iter().map(|node| condition::read(node, selections, report)).collect())
        }
        _ => condition::read(node, selections, report),
    };
    if report.found.len() > before {
        // What a broken condition meant to name cannot be known.
        selections.iter_mut().for_each(|selection| selection.used = true);
    } else if !report.has_errors() && when.constant() == Some(false) && report.referred.is_empty() {
        // A list may be empty, and the rule waits for one that is not.
        report.warning(key.spot, "this rule can never match", "see the other warnings about it");
    }
    when
}

fn selection(key: &Key, node: &Node, report: &mut Report) -> Expr {
    match &node.content {
        Content::Map(pairs) if !pairs.is_empty() => map(pairs, report),
        Content::List(nodes) if !nodes.is_empty() && nodes.iter().all(|node| node.scalar().is_some()) => {
            item::keyword(node, report)
        }
        Content::List(nodes) if !nodes.is_empty() => {
            Expr::any(nodes.iter().map(|node| alternative(node, report)).collect())
        }
        Content::Scalar(scalar) if !scalar.is_null() => item::keyword(node, report),
        _ => {
            let text = format!("the selection `{}` is empty", key.text);
            report.error(key.spot, text, "write `field: value` below it");
            Expr::FALSE
        }
    }
}

/// One element of a list: a map, or a keyword.
fn alternative(node: &Node, report: &mut Report) -> Expr {
    match &node.content {
        Content::Map(pairs) if !pairs.is_empty() => map(pairs, report),
        Content::Scalar(scalar) if !scalar.is_null() => item::keyword(node, report),
        _ => {
            let text = format!("an alternative is to be a map or a keyword, and this is {}", node.kind());
            report.error(node.spot, text, "write `- field: value`");
            Expr::FALSE
        }
    }
}

fn map(pairs: &[(Key, Node)], report: &mut Report) -> Expr {
    Expr::all(pairs.iter().map(|(key, values)| item::read(key, values, report)).collect())
}
