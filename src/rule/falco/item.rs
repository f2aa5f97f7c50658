//! The items of a rules file as they are written.

use super::exception::{self, Exception};
use super::passage::{Passage, Place};
use crate::rule::Level;
use crate::rule::diagnostic::Spot;
use crate::rule::map::Map;
use crate::rule::report::Report;
use crate::rule::yaml::{Content, Node};
use std::collections::BTreeMap;

/// What is done with a key of an item that stands already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Append,
    Replace,
}

/// How an item stands to one of the same name before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It takes the place of the other, if there is one.
    Define,
    /// `append: true`.
    Append,
    /// `override:`, key by key.
    Override(BTreeMap<String, Change>),
}

pub struct List<'t> {
    pub name: String,
    pub items: Vec<String>,
    pub mode: Mode,
    pub place: Place<'t>,
}

pub struct Macro<'t> {
    pub name: String,
    pub condition: Passage<'t>,
    pub mode: Mode,
    pub place: Place<'t>,
}

/// A rule; what it does not say is `None` or empty.
pub struct RuleItem<'t> {
    pub name: String,
    pub place: Place<'t>,
    pub mode: Mode,
    pub condition: Option<Passage<'t>>,
    pub output: Option<Passage<'t>>,
    pub desc: Option<String>,
    pub level: Option<Level>,
    pub tags: Option<Vec<String>>,
    pub source: Option<String>,
    pub enabled: Option<bool>,
    pub exceptions: Option<Vec<Exception<'t>>>,
    pub skip_unknown: Option<bool>,
}

pub enum Item<'t> {
    List(List<'t>),
    Macro(Macro<'t>),
    Rule(Box<RuleItem<'t>>),
    /// It says nothing here: versions that Falco and its plugins must have.
    Nothing,
}

const RULE_KEYS: &[&str] = &[
    "rule",
    "desc",
    "condition",
    "output",
    "priority",
    "tags",
    "source",
    "enabled",
    "exceptions",
    "append",
    "override",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
];

/// Reads an item. Mistakes go to the report; with any, there is none.
pub fn read<'t>(node: &Node, report: &mut Report<'t>) -> Option<Item<'t>> {
    let Some(map) = Map::of(node) else {
        let text = format!("an item is to be a map, and this is {}", node.kind());
        report.error(node.spot, text, "write `- rule:`, `- macro:` or `- list:`");
        return None;
    };
    let item = if map.get("list").is_some() {
        list(&map, report).map(Item::List)
    } else if map.get("macro").is_some() {
        condition_of(&map, report).map(Item::Macro)
    } else if map.get("rule").is_some() {
        rule(&map, report).map(|rule| Item::Rule(Box::new(rule)))
    } else if map.get("required_engine_version").is_some() || map.get("required_plugin_versions").is_some() {
        Some(Item::Nothing)
    } else {
        let text = "this item is neither a rule nor a macro nor a list";
        report.error(map.spot, text, "write `- rule:`, `- macro:` or `- list:`");
        None
    };
    item.filter(|_| !report.has_errors())
}

/// The name of an item, and where it stands.
fn name<'t>(map: &Map, key: &str, report: &mut Report<'t>) -> Option<(String, Place<'t>)> {
    let found = map.text(key, report).filter(|(_, name)| !name.is_empty());
    match found {
        Some((spot, name)) => Some((name.to_owned(), Place { source: report.source, spot })),
        None => {
            report.error(map.spot, format!("the {key} has no name"), format!("write `- {key}: name`"));
            None
        }
    }
}

fn list<'t>(map: &Map, report: &mut Report<'t>) -> Option<List<'t>> {
    map.warn_of_others(&["list", "items", "append", "override"], report);
    let (name, place) = name(map, "list", report)?;
    let mode = mode(map, &[("items", true)], report);
    let node = match map.get("items") {
        Some((_, node)) => node,
        None => {
            report.error(place.spot, "the list has no items", "add `items: [a, b]`; `[]` for none");
            return None;
        }
    };
    let Content::List(nodes) = &node.content else {
        if !node.is_null() {
            let text = format!("`items` is to be a list, and this is {}", node.kind());
            report.error(node.spot, text, "write `items: [a, b]`");
        }
        return Some(List { name, items: Vec::new(), mode, place });
    };
    let mut items = Vec::new();
    for node in nodes {
        match node.scalar() {
            Some(scalar) => items.push(unquoted(&scalar.text)),
            None => report.error(node.spot, "an item is to be text", "name lists instead of nesting them"),
        }
    }
    Some(List { name, items, mode, place })
}

/// Items may carry quotes of their own, as Falco puts lists into the text of conditions.
fn unquoted(text: &str) -> String {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text).to_owned()
}

fn condition_of<'t>(map: &Map, report: &mut Report<'t>) -> Option<Macro<'t>> {
    map.warn_of_others(&["macro", "condition", "append", "override"], report);
    let (name, place) = name(map, "macro", report)?;
    let mode = mode(map, &[("condition", true)], report);
    match passage(map, "condition", report) {
        Some(condition) => Some(Macro { name, condition, mode, place }),
        None => {
            report.error(place.spot, "the macro has no condition", "add `condition:`");
            None
        }
    }
}

fn passage<'t>(map: &Map, key: &str, report: &mut Report<'t>) -> Option<Passage<'t>> {
    let (spot, text) = map.text(key, report)?;
    Some(Passage::new(Place { source: report.source, spot }, text))
}

fn rule<'t>(map: &Map, report: &mut Report<'t>) -> Option<RuleItem<'t>> {
    map.warn_of_others(RULE_KEYS, report);
    let (name, place) = name(map, "rule", report)?;
    let keys = [
        ("condition", true),
        ("output", true),
        ("desc", true),
        ("tags", true),
        ("exceptions", true),
        ("priority", false),
        ("enabled", false),
        ("warn_evttypes", false),
        ("skip-if-unknown-filter", false),
        ("capture", false),
        ("capture_duration", false),
    ];
    let level = map.text("priority", report).and_then(|(spot, text)| priority(text, spot, report));
    Some(RuleItem {
        name,
        place,
        mode: mode(map, &keys, report),
        condition: passage(map, "condition", report),
        output: passage(map, "output", report),
        desc: map.text("desc", report).map(|(_, text)| text.to_owned()),
        level,
        tags: map.get("tags").map(|_| map.list("tags", report)),
        source: map.text("source", report).map(|(_, text)| text.to_owned()),
        enabled: map.flag("enabled", report),
        exceptions: exceptions(map, report),
        skip_unknown: map.flag("skip-if-unknown-filter", report),
    })
}

fn exceptions<'t>(map: &Map, report: &mut Report<'t>) -> Option<Vec<Exception<'t>>> {
    let (key, node) = map.get("exceptions").filter(|(_, node)| !node.is_null())?;
    let Content::List(nodes) = &node.content else {
        let text = format!("`exceptions` is to be a list, and this is {}", node.kind());
        report.error(key.spot, text, "write each behind `- name:`");
        return None;
    };
    Some(nodes.iter().filter_map(|node| exception::read(node, report)).collect())
}

/// Falco's priorities, those of syslog, as levels.
fn priority(text: &str, spot: Spot, report: &mut Report) -> Option<Level> {
    let level = match text.to_ascii_lowercase().as_str() {
        "emergency" | "alert" | "critical" => Level::Critical,
        "error" => Level::High,
        "warning" => Level::Medium,
        "notice" => Level::Low,
        "informational" | "info" | "debug" => Level::Informational,
        _ => {
            let mend = "there are emergency, alert, critical, error, warning, notice, informational, debug";
            report.error(spot, format!("there is no priority `{text}`"), mend);
            return None;
        }
    };
    Some(level)
}

/// `keys`: what can be overridden, and whether it can be appended to.
fn mode(map: &Map, keys: &[(&str, bool)], report: &mut Report) -> Mode {
    let append = map.flag("append", report).unwrap_or(false);
    let Some((key, node)) = map.get("override").filter(|(_, node)| !node.is_null()) else {
        return if append { Mode::Append } else { Mode::Define };
    };
    if append {
        report.error(key.spot, "`append` and `override` do not go together", "drop `append: true`");
    }
    let Content::Map(pairs) = &node.content else {
        let text = format!("`override` is to be a map, and this is {}", node.kind());
        report.error(key.spot, text, "write `override: {condition: append}`");
        return Mode::Define;
    };
    let mut changes = BTreeMap::new();
    for (key, node) in pairs {
        let word = node.scalar().map_or("", |scalar| scalar.text.as_str());
        match (word, keys.iter().find(|(name, _)| *name == key.text)) {
            ("append", Some((_, true))) => _ = changes.insert(key.text.clone(), Change::Append),
            ("replace", Some(_)) => _ = changes.insert(key.text.clone(), Change::Replace),
            ("append", Some((_, false))) => {
                let text = format!("nothing can be appended to `{}`", key.text);
                report.error(key.spot, text, format!("write `{}: replace`", key.text));
            }
            (_, None) => {
                let names: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
                let text = format!("`{}` cannot be overridden here", key.text);
                report.error(key.spot, text, format!("there are {}", names.join(", ")));
            }
            _ => report.error(
                node.spot,
                format!("there is no override `{word}`"),
                "write `append` or `replace`",
            ),
        }
        if map.get(&key.text).is_none() {
            let text = format!("`{}` is overridden, and not given", key.text);
            report.error(key.spot, text, format!("add `{}:`, or drop the override", key.text));
        }
    }
    Mode::Override(changes)
}
