//! The rules of a policy: what each says of itself, and its conditions.

use super::condition::{self, Condition};
use super::refer;
use crate::rule::diagnostic::{Diagnostic, Source, Spot};
use crate::rule::loaded::{Loaded, Role};
use crate::rule::map::Map;
use crate::rule::report::{Report, Trust};
use crate::rule::yaml::{Content, Node};
use crate::rule::{Dialect, Expr, Level, Meta, Rule, Status};
use std::collections::BTreeSet;

/// A rule before its references are resolved.
pub struct Draft<'t> {
    pub id: String,
    /// Where the id stands.
    pub spot: Spot,
    pub meta: Meta,
    names: Vec<String>,
    title: Spot,
    /// The rule reports; otherwise it is a building block.
    pub reports: bool,
    pub all: bool,
    pub conditions: Vec<Condition>,
    pub report: Report<'t>,
}

const KEYS: &[&str] = &[
    "id",
    "name",
    "documentation",
    "description",
    "namespace",
    "status",
    "combine-op",
    "conditions",
    "enforcement",
];

pub fn read(source: Source<'_>, items: &[Node]) -> (Vec<Loaded>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut drafts: Vec<Draft> = Vec::new();
    for item in items {
        let mut report = Report::new(source, Trust::None);
        let draft = draft(item, &mut report);
        match draft {
            Some(mut draft) => {
                draft.report = report;
                same_id(&mut draft, &drafts);
                drafts.push(draft);
            }
            None => found.append(&mut report.found),
        }
    }
    tell_apart(&mut drafts);
    useless(&mut drafts);
    let exprs = refer::resolve(&mut drafts, !found.is_empty());
    let mut rules = Vec::new();
    for (draft, expr) in drafts.into_iter().zip(exprs) {
        finish(draft, expr, &mut rules, &mut found);
    }
    (rules, found)
}

/// Reads what a rule says. Mistakes go to the report; with any, there is no rule.
fn draft<'t>(item: &Node, report: &mut Report<'t>) -> Option<Draft<'t>> {
    let Some(map) = Map::of(item) else {
        let text = format!("a rule is to be a map, and this is {}", item.kind());
        report.error(item.spot, text, "write `- id: 1`, and `name:` and `conditions:` below it");
        return None;
    };
    map.warn_of_others(KEYS, report);
    let (spot, id) = id(&map, report)?;
    let name = name(&map, report);
    let group = map.string("namespace", report);
    let names = [name.clone(), format!("{group}/{name}")];
    let names = names.into_iter().take(if group.is_empty() { 1 } else { 2 }).collect();
    let meta = meta(&map, name, report);
    let all = combines_all(&map, report);
    let reports = map.flag("status", report).unwrap_or(true);
    let conditions = conditions(&map, report);
    enforcement(&map, report);
    if report.has_errors() {
        return None;
    }
    let title = map.get("name").map_or(map.spot, |(key, _)| key.spot);
    let report = Report::new(report.source, Trust::None);
    Some(Draft { id, spot, meta, names, title, reports, all, conditions, report })
}

fn id(map: &Map, report: &mut Report) -> Option<(Spot, String)> {
    const MEND: &str = "number the rules: `id: 1`, `id: 2`";
    let Some((spot, text)) = map.text("id", report) else {
        report.error(map.spot, "the rule has no id", MEND);
        return None;
    };
    // Early policies have names such as `user/pod-execution`.
    if text.parse::<i64>().is_ok_and(|number| number <= 0) || text.is_empty() {
        report.error(spot, "an id is a positive number", MEND);
        return None;
    }
    Some((spot, text.to_owned()))
}

fn name(map: &Map, report: &mut Report) -> String {
    let name = map.string("name", report);
    if name.is_empty() {
        report.error(map.spot, "the rule has no name", "add `name:`, by which findings call it");
    }
    name
}

fn meta(map: &Map, name: String, report: &mut Report) -> Meta {
    let documentation = map.string("documentation", report);
    let description = map.string("description", report);
    Meta {
        id: name.clone(),
        title: name,
        // A policy does not say how grave a match is.
        level: Level::Medium,
        status: Status::Stable,
        description: if documentation.is_empty() { description } else { documentation },
        next: Vec::new(),
        false_positives: Vec::new(),
        references: Vec::new(),
        author: String::new(),
        tags: Vec::new(),
        source: report.source.file.to_owned(),
        line: report.source.excerpt(map.spot).line,
        dialect: Dialect::Alcide,
        output: None,
        fields: Vec::new(),
    }
}

fn combines_all(map: &Map, report: &mut Report) -> bool {
    match map.text("combine-op", report) {
        None => true,
        Some((_, text)) if text.eq_ignore_ascii_case("and") => true,
        Some((_, text)) if text.eq_ignore_ascii_case("or") => false,
        Some((spot, text)) => {
            report.error(spot, format!("there is no way `{text}` to combine"), "write `and` or `or`");
            true
        }
    }
}

fn conditions(map: &Map, report: &mut Report) -> Vec<Condition> {
    let Some((key, node)) = map.get("conditions") else {
        report.error(map.spot, "the rule has no conditions", "add `conditions:` and what is to be met");
        return Vec::new();
    };
    match &node.content {
        Content::List(nodes) if !nodes.is_empty() => {
            nodes.iter().filter_map(|node| condition::read(node, report)).collect()
        }
        _ => {
            let text = format!("`conditions` is to be a list, and this is {}", node.kind());
            report.error(key.spot, text, "write each condition on a line of its own, behind `- `");
            Vec::new()
        }
    }
}

fn enforcement(map: &Map, report: &mut Report) {
    let Some((key, node)) = map.get("enforcement").filter(|(_, node)| !node.is_null()) else { return };
    let Content::Map(pairs) = &node.content else {
        let text = format!("`enforcement` is to be a map, and this is {}", node.kind());
        return report.error(key.spot, text, "write `enforcement: {}`");
    };
    for (limit, value) in pairs {
        let known = ["time-limit", "count-limit"].contains(&limit.text.as_str());
        let number = value.scalar().and_then(|scalar| scalar.text.parse::<u64>().ok());
        if !known || number.is_none_or(|number| number == 0) {
            let text = format!("`{}` is no limit", limit.text);
            report.error(
                limit.spot,
                text,
                "write `time-limit:` in milliseconds, or `count-limit:`, and a positive number",
            );
        }
    }
    let text = "requests cannot be denied from a log, so that this rule only reports them";
    report.note(key.spot, text, "to deny them, write a ValidatingAdmissionPolicy");
}

fn same_id(draft: &mut Draft, earlier: &[Draft]) {
    if let Some(other) = earlier.iter().find(|other| other.id == draft.id) {
        let line = other.meta.line;
        let text = format!("two rules have the id {}", draft.id);
        draft.report.error(draft.spot, text, format!("the other stands on line {line}: renumber one"));
    }
}

/// A building block that is built into nothing.
fn useless(drafts: &mut [Draft]) {
    let ids = drafts.iter().flat_map(|draft| &draft.conditions).filter_map(|condition| match condition {
        Condition::Ref { id, .. } => Some(id.clone()),
        Condition::Is(_) => None,
    });
    let used: BTreeSet<String> = ids.collect();
    for draft in drafts.iter_mut().filter(|draft| !draft.reports && !used.contains(&draft.id)) {
        let text = "this rule reports nothing (`status: false`), and no other refers to it";
        draft.report.note(draft.title, text, "write `status: true`, or drop the rule");
    }
}

/// Findings name a rule, so that rules of one name need more than that.
fn tell_apart(drafts: &mut [Draft]) {
    let mut taken = BTreeSet::new();
    for draft in drafts.iter_mut().filter(|draft| draft.reports) {
        if taken.insert(draft.meta.id.clone()) {
            continue;
        }
        let unique = format!("{} (id {})", draft.meta.id, draft.id);
        let text = format!("two rules are called `{}`", draft.meta.id);
        draft.report.warning(draft.title, text, format!("give each its name; here it is called `{unique}`"));
        draft.names = vec![unique.clone()];
        draft.meta.id = unique;
    }
}

/// A rule that can be used goes to the rules; what is wrong with any other to what was found.
fn finish(draft: Draft, expr: Option<Expr>, rules: &mut Vec<Loaded>, found: &mut Vec<Diagnostic>) {
    let Draft { meta, names, title, reports, mut report, .. } = draft;
    let Some(when) = expr.filter(|_| reports && !report.has_errors()) else {
        return found.append(&mut report.found);
    };
    if when.constant() == Some(false) {
        report.warning(title, "this rule can never match", "see the other warnings about it");
    }
    let at = report.source.excerpt(title);
    rules.push(Loaded {
        lists: Vec::new(),
        rule: Rule { meta, when },
        names,
        at,
        warnings: report.found,
        role: Role::Detection,
    });
}
