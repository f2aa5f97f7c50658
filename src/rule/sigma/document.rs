//! One document of a rule file: what the rule says of itself, and its detection.

use super::{correlation, detection, filter};
use crate::event::Field;
use crate::rule::loaded::{Loaded, Role};
use crate::rule::map::Map;
use crate::rule::naming;
use crate::rule::report::Report;
use crate::rule::yaml::{Content, Node};
use crate::rule::{Expr, Level, Meta, Rule, Status};
use std::str::FromStr;

/// Reads the rule. Mistakes go to the report; with any, there is no rule.
pub fn read(root: &Node, report: &mut Report) -> Option<Loaded> {
    let Some(map) = Map::of(root) else {
        let text = format!("a rule is to be a map, and this is {}", root.kind());
        let mend = "write `title: ...`, `detection: ...` and so on; the lists of Alcide have `conditions`, those of \
                    Falco `rule`, `macro` or `list`";
        report.error(root.spot, text, mend);
        return None;
    };
    if is_foreign(&map, report) {
        return None;
    }
    let names = names(&map, report);
    let meta = meta(&map, names.first().cloned().unwrap_or_default(), report);
    unread(&map, report);
    let (when, role) = body(&map, report);
    if report.has_errors() {
        return None;
    }
    let at = report.source.excerpt(map.get("title").map_or(map.spot, |(key, _)| key.spot));
    let warnings = std::mem::take(&mut report.found);
    let lists = std::mem::take(&mut report.referred).into_iter().collect();
    Some(Loaded { rule: Rule { meta, when: when? }, names, at, warnings, role: role?, lists })
}

/// What the document does: it detects, correlates or filters.
fn body(map: &Map, report: &mut Report) -> (Option<Expr>, Option<Role>) {
    if let Some((key, node)) = map.get("correlation") {
        let generate = map.flag("generate", report);
        let correlation = correlation::read(key, node, generate, report);
        return (Some(Expr::FALSE), correlation.map(|found| Role::Correlation(Box::new(found))));
    }
    logsource(map, report);
    if let Some((key, node)) = map.get("filter") {
        let (when, targets) = filter::read(key, node, report);
        return (Some(when), Some(Role::Filter(targets)));
    }
    match map.get("detection") {
        Some((key, node)) => (Some(detection::read(key, node, report)), Some(Role::Detection)),
        None => {
            report.error(map.spot, "the rule has no detection", "add `detection:` with a `condition`");
            (None, None)
        }
    }
}

/// Documents that are no rules of a kind we know. They must be refused: to leave them out silently would
/// change what the file finds.
fn is_foreign(map: &Map, report: &mut Report) -> bool {
    let section = ["detection", "correlation", "filter"];
    let mut sections = map.pairs.iter().filter(|(key, _)| section.contains(&key.text.as_str()));
    if let Some((key, _)) = map.get("action") {
        let text = "`action` documents (collections) are not supported";
        report.error(key.spot, text, "write each rule out in full");
    } else if let (Some(_), Some((key, _))) = (sections.next(), sections.next()) {
        let text = "a document is a detection, a correlation or a filter, and this is two of them";
        report.error(key.spot, text, "part the two with a line `---`");
    }
    report.has_errors()
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Status, String> {
        let found = Status::ALL.into_iter().find(|status| status.name() == text);
        found.ok_or_else(|| {
            format!("unknown status `{text}`: use stable, test, experimental, deprecated or unsupported")
        })
    }
}

/// Every name by which the rule is known: `name`, then `id`.
fn names(map: &Map, report: &mut Report) -> Vec<String> {
    let texts = ["name", "id"].map(|key| map.text(key, report));
    let names: Vec<String> = texts
        .into_iter()
        .flatten()
        .map(|(_, text)| text.to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    if names.is_empty() && !report.has_errors() {
        let mend = "add `name: some-words-in-lower-case`, or an `id` (a UUID)";
        report.error(map.spot, "the rule has neither a name nor an id", mend);
    }
    names
}

fn meta(map: &Map, id: String, report: &mut Report) -> Meta {
    if map.get("title").is_none_or(|(_, node)| node.is_null()) {
        report.error(map.spot, "the rule has no title", "add `title: ...`, what the rule detects");
    }
    let is_filter = map.get("filter").is_some();
    if !is_filter && map.get("level").is_none_or(|(_, node)| node.is_null()) {
        report.warning(map.spot, "the rule has no level, so that it counts as medium", "add `level: ...`");
    }
    Meta {
        id,
        title: map.string("title", report),
        level: map.word("level", report).unwrap_or(Level::Medium),
        status: map.word("status", report).unwrap_or_default(),
        description: map.string("description", report),
        next: map.list("next", report),
        false_positives: map.list("falsepositives", report),
        references: map.list("references", report),
        author: map.string("author", report),
        tags: map.list("tags", report),
        source: report.source.file.to_owned(),
        line: report.source.excerpt(map.spot).line,
        dialect: crate::rule::Dialect::Sigma,
        output: None,
        fields: fields(map, report),
    }
}

/// What the author wants to be shown of each event. A name that events do not have keeps no rule from working.
fn fields(map: &Map, report: &mut Report) -> Vec<Field> {
    let names = map.list("fields", report);
    let Some((key, _)) = map.get("fields") else { return Vec::new() };
    let known = |name: &String| match naming::field(name) {
        Ok(field) => Some(field),
        Err(complaint) => {
            report.warning(key.spot, complaint.text, complaint.mend);
            None
        }
    };
    names.iter().filter_map(known).collect()
}

/// Keys of the specification that say nothing to kaudit, but are to be what it wants them to be.
fn unread(map: &Map, report: &mut Report) {
    for name in ["date", "modified", "license"] {
        map.text(name, report);
    }
    map.list("scope", report);
    let taxonomy = map.text("taxonomy", report).filter(|(_, taxonomy)| *taxonomy != "sigma");
    if let Some((spot, _)) = taxonomy {
        let text = "this rule is written in the names of another taxonomy";
        report.warning(spot, text, "kaudit reads the names of audit events, as `kaudit fields` lists them");
    }
}

/// A rule for other logs may be loaded, but hardly finds anything here.
fn logsource(map: &Map, report: &mut Report) {
    let Some((key, node)) = map.get("logsource") else {
        let text = "the rule does not say for which logs it is made";
        return report.warning(
            map.spot,
            text,
            "add `logsource:` with `product: kubernetes`, `service: audit`",
        );
    };
    let Content::Map(pairs) = &node.content else {
        let text = format!("`logsource` is to be a map, and this is {}", node.kind());
        return report.error(key.spot, text, "write `product: kubernetes` below it");
    };
    let inner = Map { spot: key.spot, pairs };
    let (product, service) = (inner.text("product", report), inner.text("service", report));
    let text = "this rule is made for other logs";
    if product.is_none_or(|(_, product)| product != "kubernetes") {
        let spot = product.map_or(key.spot, |(spot, _)| spot);
        report.warning(spot, text, "`product: kubernetes` is what kaudit reads");
    } else if let Some((spot, _)) = service.filter(|(_, service)| *service != "audit") {
        report.warning(spot, text, "`service: audit` is what kaudit reads");
    }
}
