//! The lines of an audit policy that would record what rules ask for.

use super::judge::Covered;
use super::row::Target;
use crate::policy::Level;
use std::collections::{BTreeMap, BTreeSet};

/// Rules of a policy, to stand above all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// The YAML, ready to be put below `rules:`; empty when nothing is to be changed.
    pub lines: Vec<String>,
}

/// Resources whose bodies hold secrets.
const SECRET: &[(&str, &str, &str)] = &[
    ("", "configmaps", ""),
    ("", "secrets", ""),
    ("", "serviceaccounts", "token"),
    ("authentication.k8s.io", "tokenreviews", ""),
];

/// So many resources are as good as all.
const MANY: usize = 30;

type Verbs = BTreeSet<String>;

/// What would have to be recorded for all of these to be observable.
pub fn advise<'c>(covered: impl IntoIterator<Item = &'c Covered>) -> Advice {
    let mut wanted: BTreeMap<(&Target, Level), Verbs> = BTreeMap::new();
    let mut highest: BTreeMap<(&Target, &str), Level> = BTreeMap::new();
    for ((target, verb), level) in covered.into_iter().flat_map(|covered| &covered.wanted) {
        let known = highest.entry((target, verb)).or_insert(*level);
        *known = (*known).max(*level);
    }
    for ((target, verb), level) in highest {
        wanted.entry((target, level)).or_default().insert(verb.to_owned());
    }
    let mut rules: BTreeMap<(Level, Verbs), Vec<&Target>> = BTreeMap::new();
    for ((target, level), verbs) in wanted {
        rules.entry((level, verbs)).or_default().push(target);
    }
    let any =
        rules.iter().filter(|((level, _), _)| *level == Level::Metadata).map(|(_, targets)| targets.len());
    let is_any = any.sum::<usize>() > MANY;
    let mut lines = Vec::new();
    for ((level, verbs), targets) in rules {
        if !is_any || level != Level::Metadata {
            rule(level, &verbs, &targets, &mut lines);
        }
    }
    if is_any {
        lines.push("# in place of rules of level None, and at the end of the policy".to_owned());
        lines.push("- level: Metadata".to_owned());
    }
    Advice { lines }
}

fn rule(level: Level, verbs: &Verbs, targets: &[&Target], lines: &mut Vec<String>) {
    let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut paths = BTreeSet::new();
    let mut secret = BTreeSet::new();
    for target in targets {
        match target {
            Target::Resource { group, resource, subresource } => {
                let slash = if subresource.is_empty() { "" } else { "/" };
                groups.entry(group).or_default().insert(format!("{resource}{slash}{subresource}"));
                if SECRET.contains(&(group, resource, subresource)) {
                    secret.insert(target.name());
                }
            }
            Target::Path(path) => {
                paths.insert(path.clone().unwrap_or_else(|| "*".to_owned()));
            }
        }
    }
    if level > Level::Metadata && !secret.is_empty() {
        let names: Vec<String> = secret.into_iter().collect();
        lines.push(format!(
            "# writes bodies of {} into the log, and with them what they hold",
            names.join(", ")
        ));
    }
    let verbs = format!("  verbs: {}", list(verbs));
    if !groups.is_empty() {
        lines.extend([format!("- level: {}", level.name()), verbs.clone(), "  resources:".to_owned()]);
        for (group, resources) in groups {
            lines.push(format!("  - group: {}", quoted(group)));
            lines.push(format!("    resources: {}", list(&resources)));
        }
    }
    if !paths.is_empty() {
        lines.extend([
            format!("- level: {}", level.name()),
            verbs,
            format!("  nonResourceURLs: {}", list(&paths)),
        ]);
    }
}

fn list(words: &BTreeSet<String>) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}

/// Names may come from a log: a JSON string is a YAML one, whatever it holds.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
