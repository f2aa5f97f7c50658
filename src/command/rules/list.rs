//! `kaudit rules list` and `kaudit rules lists`: what kaudit looks for, and with which values.

use super::print;
use crate::cli::RuleArgs;
use crate::config::Config;
use crate::error::{Error, Exit, Result};
use crate::output::Format;
use crate::output::list::{Cell, List, columns};
use crate::plan;
use crate::rule::{Behaviour, Linked, Loaded, behaviours};
use crate::scan;
use std::fmt::Write as _;

pub fn rules(args: &RuleArgs, config: &Config, format: Format) -> Result<Exit> {
    let linked = plan::rules(args, config)?;
    let mut rules: Vec<&Loaded> = linked.speaking().collect();
    rules.sort_by(|a, b| (b.rule.meta.level, &a.rule.meta.id).cmp(&(a.rule.meta.level, &b.rule.meta.id)));
    let row = |Loaded { rule, .. }: &&Loaded| {
        let techniques: Vec<String> = rule.meta.techniques().collect();
        vec![rule.meta.level.to_string(), rule.meta.id.clone(), techniques.join(" "), rule.meta.title.clone()]
    };
    let list = List {
        name: ("rule", "rules"),
        keys: &["level", "rule", "kind", "attack", "title", "lists", "source"],
        rows: rules.iter().map(|loaded| cells(loaded)).collect(),
    };
    if written(&list, format)? {
        return Ok(Exit::Clean);
    }
    let mut text =
        columns(&["LEVEL", "RULE", "ATT&CK", "TITLE"], rules.iter().map(row), plan::terminal_width());
    let correlations = rules.iter().filter(|loaded| loaded.correlation().is_some()).count();
    let _ = writeln!(text, "\n{} rules, {correlations} of them correlations", rules.len());
    print(&text)?;
    Ok(Exit::Clean)
}

fn cells(loaded: &Loaded) -> Vec<Cell> {
    let meta = &loaded.rule.meta;
    let kind = if loaded.correlation().is_some() { "correlation" } else { "rule" };
    vec![
        Cell::Text(meta.level.to_string()),
        Cell::Text(meta.id.clone()),
        Cell::Text(kind.to_owned()),
        Cell::Several(meta.techniques().collect()),
        Cell::Text(meta.title.clone()),
        Cell::Several(loaded.lists.clone()),
        Cell::Text(meta.source.clone()),
    ]
}

fn written(list: &List, format: Format) -> Result<bool> {
    let mut out = Vec::new();
    let done = list.write(format, &mut out).map_err(|error| Error::output("standard output", error))?;
    if done {
        print(&String::from_utf8_lossy(&out))?;
    }
    Ok(done)
}

/// A behaviour, and what finds it.
struct Covered {
    behaviour: Behaviour,
    rules: Vec<String>,
    correlations: Vec<String>,
    anomalies: Vec<String>,
}

impl Covered {
    fn of(behaviour: Behaviour, linked: &Linked) -> Covered {
        let detectors = scan::detectors();
        let (mut rules, mut correlations, mut anomalies) = (Vec::new(), Vec::new(), Vec::new());
        for id in &behaviour.by {
            match linked.called(id) {
                Some(loaded) if loaded.correlation().is_some() => correlations.push(id.clone()),
                Some(_) => rules.push(id.clone()),
                None if detectors.iter().any(|detector| detector.id == *id) => anomalies.push(id.clone()),
                // Without the built-in rules.
                None => {}
            }
        }
        Covered { behaviour, rules, correlations, anomalies }
    }

    fn is_found(&self) -> bool {
        !(self.rules.is_empty() && self.correlations.is_empty() && self.anomalies.is_empty())
    }

    /// `a, b; correlations c; anomalies d. What is left: ...`.
    fn told(&self) -> String {
        let part =
            |name: &str, ids: &[String]| (!ids.is_empty()).then(|| format!("{name}{}", ids.join(", ")));
        let parts = [
            part("", &self.rules),
            part("correlation ", &self.correlations),
            part("anomaly ", &self.anomalies),
        ];
        let found = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let found = if found.is_empty() { "nothing that is loaded".to_owned() } else { found };
        match self.behaviour.gap.as_str() {
            "" => found,
            gap => format!("{found}. Left open: {gap}"),
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let Behaviour { id, what, attack, gap, .. } = &self.behaviour;
        vec![
            Cell::Text(id.clone()),
            Cell::Text(what.clone()),
            Cell::Several(attack.clone()),
            Cell::Several(self.rules.clone()),
            Cell::Several(self.correlations.clone()),
            Cell::Several(self.anomalies.clone()),
            Cell::Text(gap.clone()),
        ]
    }
}

/// What the field detects, and by what it is found here.
pub fn coverage(args: &RuleArgs, config: &Config, format: Format) -> Result<Exit> {
    let linked = plan::rules(args, config)?;
    let all: Vec<Covered> = behaviours()?.into_iter().map(|one| Covered::of(one, &linked)).collect();
    let list = List {
        name: ("behaviour", "behaviours"),
        keys: &["behaviour", "what", "attack", "rules", "correlations", "anomalies", "gap"],
        rows: all.iter().map(Covered::cells).collect(),
    };
    if written(&list, format)? {
        return Ok(Exit::Clean);
    }
    let row = |one: &Covered| {
        let Behaviour { id, what, attack, .. } = &one.behaviour;
        vec![id.clone(), what.clone(), attack.join(" "), one.told()]
    };
    let heads = ["BEHAVIOUR", "WHAT", "ATT&CK", "FOUND BY"];
    let mut text = columns(&heads, all.iter().map(row), plan::terminal_width());
    let found = all.iter().filter(|one| one.is_found()).count();
    let open = all.iter().filter(|one| !one.behaviour.gap.is_empty()).count();
    let _ = writeln!(text, "\n{} behaviours, {found} of them found; {open} leave something open", all.len());
    print(&text)?;
    Ok(Exit::Clean)
}

/// The lists that rules refer to.
pub fn lists(args: &RuleArgs, config: &Config) -> Result<Exit> {
    let linked = plan::rules(args, config)?;
    let lists = plan::lists(&args.lists, config)?;
    let users = |name: &str| {
        let refers = |loaded: &&Loaded| loaded.lists.iter().any(|list| list == name);
        let ids: Vec<&str> =
            linked.rules.iter().filter(refers).map(|loaded| loaded.rule.meta.id.as_str()).collect();
        ids.join(", ")
    };
    let rows = lists.names().filter_map(|name| Some((name, lists.get(name)?)));
    let rows = rows.map(|(name, list)| {
        vec![name.to_owned(), list.values.len().to_string(), list.file.clone(), users(name)]
    });
    print(&columns(&["LIST", "VALUES", "FROM", "RULES"], rows, plan::terminal_width()))?;
    Ok(Exit::Clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{builtin, link};

    #[test]
    fn every_id_in_the_table_of_behaviours_is_that_of_a_rule_or_a_detector() {
        let linked = link(builtin::load().unwrap()).unwrap();
        for behaviour in behaviours().unwrap() {
            let (id, by) = (behaviour.id.clone(), behaviour.by.len());
            let Covered { rules, correlations, anomalies, .. } = Covered::of(behaviour, &linked);
            assert_eq!(rules.len() + correlations.len() + anomalies.len(), by, "{id}: an id is unknown");
        }
    }
}
