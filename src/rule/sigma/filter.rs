//! Filter documents: the section `filter`, which adds a condition to other rules.

use super::correlation::references;
use super::detection;
use crate::rule::Expr;
use crate::rule::loaded::Targets;
use crate::rule::map::Map;
use crate::rule::report::Report;
use crate::rule::yaml::{Content, Key, Node};

/// The condition that is added, and to which rules. Mistakes go to the report; what stands for them is false.
pub fn read(key: &Key, node: &Node, report: &mut Report) -> (Expr, Targets) {
    let Content::Map(pairs) = &node.content else {
        let text = format!("`filter` is to be a map, and this is {}", node.kind());
        report.error(key.spot, text, "write `rules`, a selection and `condition: not selection` below it");
        return (Expr::FALSE, Targets::Any);
    };
    let map = Map { spot: key.spot, pairs };
    let any = match map.get("rules") {
        Some((_, node)) => node.scalar().is_some_and(|scalar| scalar.text == "any"),
        None => false,
    };
    let targets = if any { Targets::Any } else { Targets::Named(references(&map, "rules", report)) };
    let rest: Vec<(Key, Node)> = pairs.iter().filter(|(key, _)| key.text != "rules").cloned().collect();
    let detection = Node { spot: node.spot, content: Content::Map(rest) };
    (detection::read(key, &detection, report), targets)
}
