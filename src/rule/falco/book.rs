//! All rules files together: what adds to or takes the place of what, and the rules that come of it.

use super::SOURCE;
use super::build::{Builder, Names, Told};
use super::exception::Exception;
use super::grammar;
use super::item::{self, Change, Item, List, Macro, Mode, RuleItem};
use super::output;
use super::passage::{Passage, Place};
use crate::rule::diagnostic::{Diagnostic, Severity, Source};
use crate::rule::load::Collection;
use crate::rule::loaded::{Loaded, Role};
use crate::rule::report::{Report, Trust};
use crate::rule::yaml::Node;
use crate::rule::{Dialect, Expr, Level, Meta, Rule, Status, Template};
use std::collections::{BTreeMap, BTreeSet};

/// Files are added one after the other, and finished together.
#[derive(Default)]
pub struct Book<'t> {
    names: Names<'t>,
    rules: Vec<RuleItem<'t>>,
    by_name: BTreeMap<String, usize>,
    found: Vec<Diagnostic>,
}

impl<'t> Book<'t> {
    pub fn add(&mut self, source: Source<'t>, items: &'t [Node]) {
        for node in items {
            let mut report = Report::new(source, Trust::None);
            let item = item::read(node, &mut report);
            self.found.append(&mut report.found);
            match item {
                Some(Item::List(list)) => self.list(list),
                Some(Item::Macro(condition)) => self.condition(condition),
                Some(Item::Rule(rule)) => self.rule(*rule),
                Some(Item::Nothing) | None => {}
            }
        }
    }

    fn list(&mut self, List { name, items, mode, place }: List<'t>) {
        if mode != Mode::Define && !self.names.lists.contains_key(&name) {
            return self.nothing_before("list", &name, place);
        }
        match mode {
            Mode::Define => _ = self.names.lists.insert(name, items),
            Mode::Override(changes) if changes.get("items") == Some(&Change::Replace) => {
                self.names.lists.insert(name, items);
            }
            Mode::Append | Mode::Override(_) => self.names.lists.entry(name).or_default().extend(items),
        }
    }

    fn condition(&mut self, Macro { name, condition, mode, place }: Macro<'t>) {
        if mode != Mode::Define && !self.names.macros.contains_key(&name) {
            return self.nothing_before("macro", &name, place);
        }
        match mode {
            Mode::Define => _ = self.names.macros.insert(name, condition),
            Mode::Override(changes) if changes.get("condition") == Some(&Change::Replace) => {
                self.names.macros.insert(name, condition);
            }
            Mode::Append | Mode::Override(_) => self.names.macros.entry(name).or_default().append(condition),
        }
    }

    fn nothing_before(&mut self, kind: &str, name: &str, place: Place<'t>) {
        let text = format!("there is no {kind} `{name}` before this that could be changed");
        let mend = "name the file that defines it first: --rules BASE --rules CHANGES";
        self.found.push(place.diagnose(Severity::Error, text, mend));
    }

    fn rule(&mut self, rule: RuleItem<'t>) {
        let known = self.by_name.get(&rule.name).copied();
        let only_switches = rule.condition.is_none() && rule.enabled.is_some() && rule.mode == Mode::Define;
        match (known, &rule.mode) {
            (Some(at), Mode::Define) if only_switches => self.rules[at].enabled = rule.enabled,
            (Some(at), Mode::Define) => self.rules[at] = rule,
            (Some(at), _) => {
                let name = rule.name.clone();
                if let Some(lacking) = self.rules[at].change(rule) {
                    let text = format!(
                        "the exception `{}` names no fields, and `{name}` has none of that name",
                        lacking.0
                    );
                    self.found.push(lacking.1.diagnose(Severity::Error, text, "add `fields:`"));
                }
            }
            (None, Mode::Define) if !only_switches => {
                self.by_name.insert(rule.name.clone(), self.rules.len());
                self.rules.push(rule);
            }
            (None, _) => {
                let (name, place) = (rule.name.clone(), rule.place);
                self.nothing_before("rule", &name, place);
            }
        }
    }

    /// Turns what was added into rules.
    pub fn finish(mut self, collection: &mut Collection) {
        collection.found.append(&mut self.found);
        let mut builder = Builder::new(&self.names);
        let mut others: BTreeMap<&str, (Place, BTreeSet<String>, usize)> = BTreeMap::new();
        for rule in &self.rules {
            let source = rule.source.as_deref().unwrap_or("syscall");
            if source != SOURCE {
                let file = others.entry(rule.place.source.file).or_insert((rule.place, BTreeSet::new(), 0));
                file.1.insert(source.to_owned());
                file.2 += 1;
            } else if rule.enabled != Some(false) {
                compile(rule, &mut builder, collection);
            }
        }
        let used = |name: &str| builder.uses(name);
        self.unused_macros(&used, collection);
        for (place, sources, count) in others.into_values() {
            let sources: Vec<String> = sources.into_iter().collect();
            let rules = if count == 1 { "1 rule is".to_owned() } else { format!("{count} rules are") };
            let text = format!("{rules} for other events ({}), and left out", sources.join(", "));
            let mend = "kaudit reads rules with `source: k8s_audit`; this is the first of the others";
            collection.found.push(place.diagnose(Severity::Warning, text, mend));
        }
    }

    /// Macros that no rule names are not built; that they are conditions at all is looked at.
    fn unused_macros(&self, used: &dyn Fn(&str) -> bool, collection: &mut Collection) {
        let own = self.rules.iter().any(|rule| rule.source.as_deref() == Some(SOURCE));
        for (name, passage) in self.names.macros.iter().filter(|(name, _)| !used(name)) {
            let text = passage.text();
            let told = match grammar::parse(&text) {
                Err(wrong) => passage.diagnose(Severity::Error, &wrong.at, wrong.text, wrong.mend),
                Ok(_) if own => {
                    let text = format!("no rule of {SOURCE} names the macro `{name}`");
                    passage.diagnose(Severity::Note, &(0..1), text, "drop it, unless another file uses it")
                }
                Ok(_) => None,
            };
            collection.found.extend(told);
        }
    }
}

impl<'t> RuleItem<'t> {
    /// Applies what a later item of the same name says; an exception that has no fields is given back.
    fn change(&mut self, other: RuleItem<'t>) -> Option<(String, Place<'t>)> {
        let change = |key: &str| match &other.mode {
            Mode::Override(changes) => changes.get(key).copied(),
            _ => (key == "condition" || key == "exceptions").then_some(Change::Append),
        };
        let changes = ["condition", "output", "desc", "tags", "exceptions"].map(change);
        join(&mut self.condition, other.condition, changes[0], Passage::append);
        join(&mut self.output, other.output, changes[1], Passage::append);
        join(&mut self.desc, other.desc, changes[2], |desc, more| *desc = format!("{desc} {more}"));
        join(&mut self.tags, other.tags, changes[3], |tags, more| tags.extend(more));
        for (key, new) in [("enabled", other.enabled), ("skip-if-unknown-filter", other.skip_unknown)] {
            if matches!(&other.mode, Mode::Override(changes) if changes.contains_key(key)) {
                let field = if key == "enabled" { &mut self.enabled } else { &mut self.skip_unknown };
                *field = new;
            }
        }
        if matches!(&other.mode, Mode::Override(changes) if changes.contains_key("priority")) {
            self.level = other.level;
        }
        match changes[4] {
            Some(Change::Replace) => self.exceptions = other.exceptions,
            Some(Change::Append) => {
                return self.add_exceptions(other.exceptions.unwrap_or_default(), other.place);
            }
            None => {}
        }
        None
    }

    fn add_exceptions(&mut self, more: Vec<Exception<'t>>, place: Place<'t>) -> Option<(String, Place<'t>)> {
        let own = self.exceptions.get_or_insert_default();
        for exception in more {
            match own.iter_mut().find(|known| known.name == exception.name) {
                Some(known) => known.tuples.extend(exception.tuples),
                None if exception.shape.is_none() => return Some((exception.name, place)),
                None => own.push(exception),
            }
        }
        None
    }
}

/// Adds to what stands, or takes its place.
fn join<T>(old: &mut Option<T>, new: Option<T>, change: Option<Change>, append: impl Fn(&mut T, T)) {
    match (change, new) {
        (Some(Change::Append), Some(more)) => match old {
            Some(old) => append(old, more),
            None => *old = Some(more),
        },
        (Some(Change::Replace), Some(new)) => *old = Some(new),
        _ => {}
    }
}

/// Builds a rule, and puts it and what is wrong with it where they belong.
fn compile<'t>(rule: &RuleItem<'t>, builder: &mut Builder<'_, 't>, collection: &mut Collection) {
    builder.unknown_field = false;
    let (when, message) = (when(rule, builder), message(rule, builder));
    let built = when.and_then(|when| Ok((when, message?)));
    let mut found = std::mem::take(&mut builder.found);
    match built {
        Ok((when, output)) => {
            found.extend(doubts(rule, &when));
            let at = rule.place.source.excerpt(rule.place.spot);
            let meta = meta(rule, output);
            let names = vec![rule.name.clone()];
            collection.rules.push(Loaded {
                lists: Vec::new(),
                rule: Rule { meta, when },
                names,
                at,
                warnings: found,
                role: Role::Detection,
            });
        }
        Err(Told) if builder.unknown_field && rule.skip_unknown == Some(true) => {
            let text =
                format!("the rule `{}` asks for fields that are not known, and is left out", rule.name);
            let mend = "as it says itself: `skip-if-unknown-filter: true`";
            collection.found.push(rule.place.diagnose(Severity::Note, text, mend));
        }
        Err(Told) => collection.found.append(&mut found),
    }
}

fn when<'t>(rule: &RuleItem<'t>, builder: &mut Builder<'_, 't>) -> Result<Expr, Told> {
    let Some(condition) = &rule.condition else {
        let text = "the rule has no condition";
        builder.found.push(rule.place.diagnose(Severity::Error, text, "add `condition:`"));
        return Err(Told);
    };
    let (mut when, _) = builder.passage(condition)?;
    for exception in rule.exceptions.iter().flatten() {
        if exception.shape.is_none() {
            let text = format!("the exception `{}` names no fields", exception.name);
            builder.found.push(rule.place.diagnose(Severity::Error, text, "add `fields: [ka.user.name]`"));
        }
        when = Expr::all(vec![when, exception.expr(builder).negate()]);
    }
    let wrong = builder.found.iter().any(|found| found.severity == Severity::Error);
    if wrong { Err(Told) } else { Ok(when) }
}

fn message<'t>(rule: &RuleItem<'t>, builder: &mut Builder<'_, 't>) -> Result<Option<Template>, Told> {
    let Some(passage) = &rule.output else { return Ok(None) };
    match output::parse(&passage.text()) {
        Ok(template) => Ok(Some(template)),
        Err(wrong) => {
            builder.unknown_field = true;
            builder.found.extend(passage.diagnose(Severity::Error, &wrong.at, wrong.text, wrong.mend));
            Err(Told)
        }
    }
}

/// What Falco would not have let pass, and rules that stay silent.
fn doubts(rule: &RuleItem<'_>, when: &Expr) -> Vec<Diagnostic> {
    let tell = |text: String, mend: &str| rule.place.diagnose(Severity::Warning, text, mend);
    let lacks = [
        (rule.desc.is_none(), "desc", "say what the rule detects and why it matters"),
        (rule.output.is_none(), "output", "say who did what: `exec by %ka.user.name`"),
        (rule.level.is_none(), "priority", "it counts as warning (medium)"),
    ];
    let lacks = lacks.iter().filter(|(lacks, ..)| *lacks);
    let lacks =
        lacks.map(|(_, key, mend)| tell(format!("the rule has no {key}"), &format!("add `{key}:`: {mend}")));
    let never = (when.constant() == Some(false)).then(|| {
        let mend = "a macro that is never true switches it off, or see the other warnings";
        rule.place.diagnose(Severity::Note, "this rule can never match", mend)
    });
    lacks.chain(never).collect()
}

fn meta(rule: &RuleItem<'_>, output: Option<Template>) -> Meta {
    let place = &rule.place;
    Meta {
        id: rule.name.clone(),
        title: rule.name.clone(),
        level: rule.level.unwrap_or(Level::Medium),
        status: Status::Stable,
        description: rule.desc.clone().unwrap_or_default(),
        next: Vec::new(),
        false_positives: Vec::new(),
        references: Vec::new(),
        author: String::new(),
        tags: rule.tags.iter().flatten().map(|tag| sigma_tag(tag)).collect(),
        source: place.source.file.to_owned(),
        line: place.source.excerpt(place.spot).line,
        dialect: Dialect::Falco,
        output,
        fields: Vec::new(),
    }
}

/// ATT&CK in the tags of Falco (`T1609`, `mitre_privilege_escalation`) as Sigma has it; others as they are.
fn sigma_tag(tag: &str) -> String {
    let lower = tag.to_ascii_lowercase();
    let digits = |rest: &str| rest.len() >= 4 && rest.chars().all(|ch| ch.is_ascii_digit() || ch == '.');
    match lower.strip_prefix("mitre_") {
        Some(tactic) => format!("attack.{}", tactic.replace('_', "-")),
        None if lower.strip_prefix("ta").or(lower.strip_prefix('t')).is_some_and(digits) => {
            format!("attack.{lower}")
        }
        None => tag.to_owned(),
    }
}
