//! What makes a rule worse than it could be, though it works.

use super::check::Complaint;
use super::costly::costly;
use super::diagnostic::{Diagnostic, Severity};
use super::implied::implies;
use super::load::duplicates;
use super::loaded::{Loaded, Role};
use super::{Dialect, Expr, Meta, Status};
use std::collections::HashMap;

/// Everything doubtful about the rules: what was found when they were loaded, missing words about them, regular
/// expressions that cost much, and how they stand to each other. In the order of the rules; names that stand
/// twice are errors, at the end.
pub fn lint<'r>(rules: impl IntoIterator<Item = &'r Loaded>) -> Vec<Diagnostic> {
    let rules: Vec<&Loaded> = rules.into_iter().collect();
    let mut first: HashMap<&Expr, &Loaded> = HashMap::new();
    let mut found = Vec::new();
    let mut pairs = MAX_PAIRS;
    for rule in &rules {
        found.extend(rule.warnings.iter().cloned());
        let is_detection = matches!(rule.role, Role::Detection);
        let serves = serves(rule, &rules);
        if !serves && !matches!(rule.role, Role::Filter(_)) {
            found.extend(metadata(&rule.rule.meta).map(|(text, mend)| warning(rule, text, mend)));
        }
        let costly = costly(&rule.rule.when).into_iter();
        found.extend(costly.map(|Complaint { text, mend }| warning(rule, text, mend)));
        // Rules that never match are all alike, and that is said of each already.
        if is_detection && !serves && rule.rule.when.constant().is_none() {
            match first.entry(&rule.rule.when) {
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(rule);
                    found.extend(shadow(rule, &rules, &mut pairs));
                }
                std::collections::hash_map::Entry::Occupied(entry) => found.push(alike(rule, entry.get())),
            }
        }
    }
    found.extend(duplicates(rules));
    found
}

/// Whether a correlation of the same file names the rule: then the words of that one count.
fn serves(rule: &Loaded, all: &[&Loaded]) -> bool {
    let near = all.iter().filter(|other| other.at.file == rule.at.file);
    let mut named = near.filter_map(|other| other.correlation()).flat_map(|correlation| &correlation.rules);
    named.any(|reference| rule.is_called(&reference.name))
}

/// Pairs of rules that are compared.
const MAX_PAIRS: usize = 4_000_000;

/// Another rule, as grave or graver, that matches all that this one matches, and more.
fn shadow(rule: &Loaded, rules: &[&Loaded], pairs: &mut usize) -> Option<Diagnostic> {
    *pairs = pairs.checked_sub(rules.len())?;
    let when = &rule.rule.when;
    let hides = |other: &&&Loaded| {
        other.rule.meta.level >= rule.rule.meta.level
            && other.rule.when != *when
            && matches!(other.role, Role::Detection)
            && other.rule.when.constant().is_none()
            && implies(when, &other.rule.when)
            && !serves(other, rules)
    };
    let other = rules.iter().find(hides)?;
    let text = format!("all that the rule matches, `{}` matches too, and is as grave", other.rule.meta.id);
    let mend = format!("see {}:{}; drop this rule, or give it a higher level", other.at.file, other.at.line);
    Some(warning(rule, text, mend))
}

/// What a rule should say of itself, in the words of its dialect.
fn metadata(meta: &Meta) -> impl Iterator<Item = (String, String)> {
    let retired = matches!(meta.status, Status::Deprecated | Status::Unsupported);
    let (description, sigma) = match meta.dialect {
        Dialect::Sigma => ("description", true),
        Dialect::Alcide => ("documentation", false),
        // What Falco wants is told when its files are loaded.
        Dialect::Falco => ("", false),
    };
    let lacks = [
        (
            !description.is_empty() && meta.description.is_empty(),
            description,
            "say what the rule detects and why it matters",
        ),
        (sigma && meta.false_positives.is_empty(), "falsepositives", "say what harmless actions it matches"),
        (sigma && meta.tags.is_empty(), "tags", "name the ATT&CK technique: `- attack.t1609`"),
        (
            meta.dialect == Dialect::Falco && meta.tags.is_empty(),
            "tags",
            "name the ATT&CK technique: `tags: [T1609]`",
        ),
    ];
    let lacks = lacks.into_iter().filter(|(lacks, ..)| *lacks);
    let lacks =
        lacks.map(|(_, key, mend)| (format!("the rule has no {key}"), format!("add `{key}:`: {mend}")));
    let status = retired.then(|| {
        let text = format!("the status of the rule is {}", meta.status.name());
        (text, "drop the rule, or take the one that replaces it".to_owned())
    });
    lacks.chain(status).collect::<Vec<_>>().into_iter()
}

fn alike(rule: &Loaded, earlier: &Loaded) -> Diagnostic {
    let text = format!("the rule matches exactly what `{}` matches", earlier.rule.meta.id);
    warning(rule, text, format!("see {}:{}; drop one of the two", earlier.at.file, earlier.at.line))
}

fn warning(rule: &Loaded, text: String, mend: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, at: rule.at.clone(), text, mend }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::sigma;

    fn rule(name: &str, more: &str, verb: &str) -> String {
        format!(
            "title: t\nname: {name}\nlevel: low\nlogsource: {{product: kubernetes}}\n{more}\
             detection:\n  it: {{verb: {verb}}}\n  condition: it\n"
        )
    }

    fn linted(text: &str) -> Vec<String> {
        let (rules, wrong) = sigma::load(text, "a.yml");
        assert!(wrong.is_empty(), "{wrong:?}");
        lint(&rules).into_iter().map(|found| format!("{} {}", found.at.line, found.text)).collect()
    }

    const WORDS: &str = "description: d\nfalsepositives: [f]\ntags: [attack.t1609]\n";

    #[test]
    fn a_good_rule_gives_nothing() {
        assert!(linted(&rule("a", WORDS, "get")).is_empty());
    }

    #[test]
    fn missing_words_and_retired_rules() {
        let found = linted(&rule("a", "status: deprecated\n", "get"));
        let expected = [
            "1 the rule has no description",
            "1 the rule has no falsepositives",
            "1 the rule has no tags",
            "1 the status of the rule is deprecated",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn rules_that_are_alike_or_called_alike() {
        let one = rule("a", WORDS, "get");
        let found =
            linted(&format!("{one}---\n{}---\n{}", rule("b", WORDS, "get"), rule("a", WORDS, "list")));
        assert_eq!(found, ["12 the rule matches exactly what `a` matches", "23 two rules are called `a`"]);
    }

    #[test]
    fn a_rule_that_another_makes_needless() {
        let wide = "description: d\nfalsepositives: [f]\ntags: [attack.t1609]\n";
        let narrow = rule("b", WORDS, "get").replace("{verb: get}", "{verb: get, level: Request}");
        let found = linted(&format!("{}---\n{narrow}", rule("a", wide, "[get, list]")));
        assert_eq!(found, ["12 all that the rule matches, `a` matches too, and is as grave"]);
        let graver = narrow.replace("level: low", "level: high");
        assert!(linted(&format!("{}---\n{graver}", rule("a", wide, "[get, list]"))).is_empty());
    }

    #[test]
    fn regular_expressions_that_cost_much() {
        let costly = rule("a", WORDS, "get").replace("verb: get", "'userAgent|re': '.*curl'");
        assert_eq!(linted(&costly), ["1 /.*curl/ begins with `.*`, which finds no more and takes time"]);
    }

    #[test]
    fn a_rule_that_never_matches_is_told_once_and_resembles_none() {
        let found = linted(&format!("{}---\n{}", rule("a", WORDS, "exec"), rule("b", WORDS, "exec")));
        assert_eq!(found.iter().filter(|found| found.contains("can never match")).count(), 2);
        assert!(!found.iter().any(|found| found.contains("exactly")), "{found:?}");
    }
}
