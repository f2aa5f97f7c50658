//! Documents that name other rules find them here: filters are applied, correlations get their rules.

use super::correlation::{Correlation, GroupBy, Kind, Reference, Source};
use super::diagnostic::{Diagnostic, Excerpt, Severity};
use super::lists::Lists;
use super::loaded::{Loaded, Role, Targets};
use super::naming;
use super::{Expr, builtin};
use crate::error::Result;
use crate::event::Field;
use crate::hex::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Rules that know each other.
#[derive(Clone, Debug, Default)]
pub struct Linked {
    /// Detections and correlations, in the order in which they came.
    pub rules: Vec<Loaded>,
    /// For each rule, whether it only serves a correlation, and reports nothing of its own.
    pub silent: Vec<bool>,
    /// Each correlation stands behind those that it looks at.
    pub watches: Vec<Watch>,
    /// What is doubtful about any document.
    pub warnings: Vec<Diagnostic>,
}

/// A correlation that knows its rules.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Index of the correlation among the rules.
    pub rule: u32,
    /// One for each rule that it names.
    pub slots: Vec<Slot>,
    pub is: Correlation,
    /// The first digits of a SHA-256 over what is counted: the conditions of all rules below it, and what its
    /// groups are. Counts of another shape are no history. Empty where nobody asks for history.
    pub shape: String,
}

/// One of the rules of a correlation.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Index of the rule.
    pub rule: u32,
    /// Where the group's values come from.
    pub group: Vec<Pick>,
    /// Where the value that is counted comes from.
    pub value: Vec<Pick>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    Field(Field),
    /// So many-th value of the group of a correlation.
    Group(usize),
}

/// Who wants to know of the events of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Index of the watch.
    pub watch: u32,
    pub slot: u32,
}

/// Applies filters and joins correlations to their rules.
///
/// # Errors
/// Every reference that leads nowhere or cannot be followed, at its place.
pub fn link(loaded: Vec<Loaded>) -> std::result::Result<Linked, Vec<Diagnostic>> {
    let warnings = loaded.iter().flat_map(|loaded| loaded.warnings.clone()).collect();
    let (filters, mut rules): (Vec<_>, Vec<_>) =
        loaded.into_iter().partition(|loaded| matches!(loaded.role, Role::Filter(_)));
    let names = names(&rules);
    let mut wrong = Vec::new();
    filters.iter().for_each(|filter| apply(filter, &names, &mut rules, &mut wrong));
    let watches = watches(&rules, &names, &mut wrong);
    if wrong.iter().any(|found| found.severity == Severity::Error) {
        return Err(wrong);
    }
    let silent = silent(&rules, &names);
    Ok(Linked { rules, silent, watches, warnings })
}

/// The errors of [`link`] for files that may name built-in rules, too.
///
/// # Errors
/// [`Error::Rule`](crate::error::Error::Rule) if the built-in rules are wrong, which a test excludes.
pub fn dangling(loaded: Vec<Loaded>, lists: &Lists) -> Result<Vec<Diagnostic>> {
    Ok(link(beside_builtin(loaded, lists)?).err().unwrap_or_default())
}

/// These, and the built-in rules that are called otherwise.
///
/// # Errors
/// As [`dangling`].
pub fn beside_builtin(mut loaded: Vec<Loaded>, lists: &Lists) -> Result<Vec<Loaded>> {
    let is_new = |rule: &Loaded, own: &[Loaded]| {
        !own.iter().any(|own| rule.names.iter().any(|name| own.is_called(name)))
    };
    let others = builtin::load_with(lists)?.into_iter();
    let others: Vec<Loaded> = others.filter(|rule| is_new(rule, &loaded)).collect();
    loaded.extend(others);
    Ok(loaded)
}

type Wrong<T> = std::result::Result<T, Diagnostic>;
type Names = BTreeMap<String, usize>;

fn names(rules: &[Loaded]) -> Names {
    let all = rules.iter().enumerate();
    all.flat_map(|(at, rule)| rule.names.iter().map(move |name| (name.to_ascii_lowercase(), at))).collect()
}

fn find(reference: &Reference, names: &Names) -> Wrong<usize> {
    let lower = reference.name.to_ascii_lowercase();
    names.get(&lower).copied().ok_or_else(|| {
        let rated = names.keys().map(|name| (strsim::levenshtein(name, &lower), name));
        let near = rated.min().filter(|(distance, _)| *distance <= 3);
        let mend = match near {
            Some((_, name)) => format!("did you mean `{name}`?"),
            None => "write the `name` or `id` of a rule that is loaded (`kaudit rules list`)".to_owned(),
        };
        error(&reference.at, format!("no rule is called `{}`", reference.name), mend)
    })
}

fn error(at: &Excerpt, text: impl Into<String>, mend: impl Into<String>) -> Diagnostic {
    Diagnostic { severity: Severity::Error, at: at.clone(), text: text.into(), mend: mend.into() }
}

/// Adds the condition of a filter to its rules.
fn apply(filter: &Loaded, names: &Names, rules: &mut [Loaded], wrong: &mut Vec<Diagnostic>) {
    let targets: Vec<usize> = match &filter.role {
        Role::Filter(Targets::Any) => (0..rules.len()).collect(),
        Role::Filter(Targets::Named(named)) => {
            let found = named.iter().filter_map(|reference| match find(reference, names) {
                Ok(at) if rules[at].correlation().is_none() => Some(at),
                Ok(_) => {
                    let text =
                        format!("`{}` is a correlation, which has no events of its own", reference.name);
                    wrong.push(error(&reference.at, text, "filter the rules that it names"));
                    None
                }
                Err(unknown) => {
                    wrong.push(unknown);
                    None
                }
            });
            found.collect()
        }
        _ => Vec::new(),
    };
    for at in targets {
        let rule = &mut rules[at];
        if rule.correlation().is_some() {
            continue;
        }
        let when = std::mem::replace(&mut rule.rule.when, Expr::TRUE);
        rule.rule.when = Expr::all(vec![when, filter.rule.when.clone()]);
    }
}

/// The correlations, each behind those that it looks at.
fn watches(rules: &[Loaded], names: &Names, wrong: &mut Vec<Diagnostic>) -> Vec<Watch> {
    let mut waiting: Vec<Watch> = Vec::new();
    for (at, loaded) in rules.iter().enumerate() {
        if let Some(correlation) = loaded.correlation() {
            waiting.push(watch(at as u32, correlation, rules, names, wrong));
        }
    }
    let mut placed: Vec<Watch> = Vec::new();
    while !waiting.is_empty() {
        let is_open = |slot: &Slot| waiting.iter().any(|other| other.rule == slot.rule);
        let ready: Vec<bool> = waiting.iter().map(|watch| !watch.slots.iter().any(is_open)).collect();
        if !ready.contains(&true) {
            wrong.extend(waiting.iter().map(|watch| circle(&rules[watch.rule as usize])));
            break;
        }
        let mut ready = ready.into_iter();
        let (next, later) = waiting.into_iter().partition(|_| ready.next().unwrap_or(true));
        placed.extend::<Vec<Watch>>(next);
        waiting = later;
    }
    shaped(placed, rules)
}

fn shaped(watches: Vec<Watch>, rules: &[Loaded]) -> Vec<Watch> {
    let asks = |watch: &Watch| watch.is.kind == Kind::MoreThanUsual;
    let one = |watch: &Watch| if asks(watch) { shape(watch, rules, &watches) } else { String::new() };
    let shapes: Vec<String> = watches.iter().map(one).collect();
    watches.into_iter().zip(shapes).map(|(watch, shape)| Watch { shape, ..watch }).collect()
}

fn circle(rule: &Loaded) -> Diagnostic {
    let text = format!("the correlation `{}` hangs on itself", rule.rule.meta.id);
    error(&rule.at, text, "correlations may name others, but not in a circle")
}

fn watch(at: u32, is: &Correlation, rules: &[Loaded], names: &Names, wrong: &mut Vec<Diagnostic>) -> Watch {
    let mut slots = Vec::new();
    for (number, reference) in is.rules.iter().enumerate() {
        match find(reference, names).and_then(|rule| slot(number, rule, is, rules)) {
            Ok(slot) => slots.push(slot),
            Err(found) => wrong.push(found),
        }
    }
    Watch { rule: at, slots, is: is.clone(), shape: String::new() }
}

/// What a correlation looks at, in words that are the same as long as the rules say the same.
fn looks_at(watch: &Watch, rules: &[Loaded], watches: &[Watch]) -> String {
    let slot = |slot: &Slot| {
        let below = match watches.iter().find(|other| other.rule == slot.rule) {
            Some(other) => format!("{:?} {}", other.is.condition, looks_at(other, rules, watches)),
            None => rules[slot.rule as usize].rule.when.to_string(),
        };
        format!("{:?} {:?} ({below})", slot.group, slot.value)
    };
    let slots: Vec<String> = watch.slots.iter().map(slot).collect();
    format!("{} {} {}", watch.is.kind.name(), watch.is.timespan, slots.join(" "))
}

fn shape(watch: &Watch, rules: &[Loaded], watches: &[Watch]) -> String {
    hex(&Sha256::digest(looks_at(watch, rules, watches))[..8])
}

fn slot(number: usize, rule: usize, is: &Correlation, rules: &[Loaded]) -> Wrong<Slot> {
    let below = rules[rule].correlation();
    let at = &is.rules[number].at;
    let group = is.group_by.iter().map(|by| match by.fields.get(number).cloned().flatten() {
        Some(source) => pick(&source, by, below),
        None => {
            let text = format!("the alias `{}` says nothing of `{}`", by.name, is.rules[number].name);
            Err(error(&by.at, text, format!("add `{}: field` to it", is.rules[number].name)))
        }
    });
    let group = group.collect::<Wrong<_>>()?;
    let value = is.condition.fields.iter().map(|field| match below {
        None => Ok(Pick::Field(field.clone())),
        Some(below) => in_group(&field.to_string(), below, at),
    });
    Ok(Slot { rule: rule as u32, group, value: value.collect::<Wrong<_>>()? })
}

fn pick(source: &Source, by: &GroupBy, below: Option<&Correlation>) -> Wrong<Pick> {
    match (source, below) {
        (Source::Field(field), None) => Ok(Pick::Field(field.clone())),
        (Source::Group(name), None) => match naming::field(name) {
            Ok(field) => Ok(Pick::Field(field)),
            Err(complaint) => Err(error(&by.at, complaint.text, complaint.mend)),
        },
        (Source::Group(name), Some(below)) => in_group(name, below, &by.at),
        (Source::Field(field), Some(below)) => in_group(&field.to_string(), below, &by.at),
    }
}

/// A correlation knows of its events what it groups them by.
fn in_group(name: &str, below: &Correlation, at: &Excerpt) -> Wrong<Pick> {
    let found = below.group_by.iter().position(|by| by.name.eq_ignore_ascii_case(name));
    found.map(Pick::Group).ok_or_else(|| {
        let text = format!("a correlation that is named here does not group by `{name}`");
        error(at, text, format!("add `{name}` to its `group-by`, or give the two an alias"))
    })
}

/// Sigma: rules that a correlation in the same file names serve it only, unless it says `generate`. Rules of
/// other files are there for their own sake.
fn silent(rules: &[Loaded], names: &Names) -> Vec<bool> {
    let mut serves = vec![false; rules.len()];
    let mut speaks = vec![false; rules.len()];
    for loaded in rules {
        let Some(correlation) = loaded.correlation() else { continue };
        let named = correlation.rules.iter().filter_map(|reference| find(reference, names).ok());
        for at in named.filter(|at| rules[*at].at.file == loaded.at.file) {
            serves[at] = true;
            speaks[at] |= correlation.generate;
        }
    }
    serves.into_iter().zip(speaks).map(|(serves, speaks)| serves && !speaks).collect()
}

impl Linked {
    /// The rules that report something.
    pub fn speaking(&self) -> impl Iterator<Item = &Loaded> {
        self.rules.iter().zip(&self.silent).filter(|(_, silent)| !**silent).map(|(loaded, _)| loaded)
    }

    /// Only those correlations, and the rules that they look at. None of them reports anything.
    pub fn counting(self, is_wanted: impl Fn(&Correlation) -> bool) -> Linked {
        let mut needed = vec![false; self.rules.len()];
        for watch in self.watches.iter().rev() {
            if needed[watch.rule as usize] || is_wanted(&watch.is) {
                needed[watch.rule as usize] = true;
                watch.slots.iter().for_each(|slot| needed[slot.rule as usize] = true);
            }
        }
        let before = |rule: u32| needed.iter().take(rule as usize).filter(|needed| **needed).count() as u32;
        let slot = |slot: Slot| Slot { rule: before(slot.rule), ..slot };
        let watches = self.watches.into_iter().filter(|watch| needed[watch.rule as usize]);
        let moved = watches.map(|watch| Watch {
            rule: before(watch.rule),
            slots: watch.slots.into_iter().map(slot).collect(),
            ..watch
        });
        let rules = self.rules.into_iter().zip(&needed).filter(|(_, needed)| **needed).map(|(rule, _)| rule);
        let rules: Vec<Loaded> = rules.collect();
        Linked { silent: vec![true; rules.len()], watches: moved.collect(), rules, warnings: self.warnings }
    }

    /// The rule of that name or id, whatever the case.
    pub fn called(&self, name: &str) -> Option<&Loaded> {
        self.rules.iter().find(|loaded| loaded.is_called(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::sigma;

    const BASE: &str = "title: t\nname: base\nlevel: low\nlogsource: {product: kubernetes}\n\
                        detection: {it: {verb: get}, condition: it}\n---\n";

    fn linked(text: &str) -> std::result::Result<Linked, Vec<Diagnostic>> {
        let (loaded, wrong) = sigma::load(&format!("{BASE}{text}"), "a.yml");
        assert!(wrong.is_empty(), "{wrong:?}");
        link(loaded)
    }

    fn filter(rules: &str) -> String {
        format!(
            "title: f\nname: f\nlogsource: {{product: kubernetes}}\n\
             filter: {{rules: {rules}, it: {{principal: backup}}, condition: not it}}\n---\n"
        )
    }

    fn correlation(name: &str, more: &str) -> String {
        format!(
            "title: c\nname: {name}\nlevel: low\n\
             correlation: {{type: event_count, timespan: 5m, condition: {{gte: 2}}, {more}}}\n---\n"
        )
    }

    #[test]
    fn a_filter_is_added_to_the_rules_it_names_or_to_all() {
        for rules in ["any", "[base]", "BASE"] {
            let linked = linked(&filter(rules)).unwrap();
            assert_eq!(linked.rules.len(), 1);
            let when = linked.rules[0].rule.when.to_string();
            assert_eq!(when, r#"(verb = "get" and not principal = "backup")"#);
        }
    }

    #[test]
    fn rules_that_only_serve_are_silent() {
        let silent = |more: &str| linked(&correlation("c", more)).unwrap().silent;
        assert_eq!(silent("rules: [base]"), [true, false]);
        assert_eq!(silent("rules: [base], generate: true"), [false, false]);
    }

    #[test]
    fn rules_of_other_files_speak_for_themselves() {
        let mut loaded = sigma::load(BASE, "a.yml").0;
        loaded.extend(sigma::load(&correlation("c", "rules: [base]"), "b.yml").0);
        assert_eq!(link(loaded).unwrap().silent, [false, false]);
    }

    #[test]
    fn correlations_stand_behind_those_they_look_at() {
        let text = [correlation("late", "rules: [early]"), correlation("early", "rules: [base]")].concat();
        let linked = linked(&text).unwrap();
        assert_eq!(linked.watches.iter().map(|watch| watch.rule).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn what_leads_nowhere_is_told_with_its_place_and_the_mend() {
        let cases = [
            (filter("[bsae]"), "no rule is called `bsae`", "did you mean `base`?"),
            (filter("[nothing-like-it]"), "no rule is called", "kaudit rules list"),
            (correlation("c", "rules: [bas]"), "no rule is called `bas`", "did you mean `base`?"),
            (correlation("c", "rules: [c]"), "hangs on itself", "circle"),
            (
                [correlation("c", "rules: [d]"), correlation("d", "rules: [c]")].concat(),
                "hangs on itself",
                "circle",
            ),
            (correlation("c", "rules: [base], group-by: [objectRef.nam]"), "no field `objectRef.nam`", ""),
            (
                [correlation("c", "rules: [base]"), correlation("d", "rules: [c], group-by: [verb]")]
                    .concat(),
                "does not group by `verb`",
                "add `verb`",
            ),
            (
                correlation("c", "rules: [base, base], aliases: {who: {}}, group-by: [who]"),
                "the alias `who` says nothing of `base`",
                "add `base: field`",
            ),
            (
                [filter("[c]"), correlation("c", "rules: [base]")].concat(),
                "is a correlation",
                "filter the rules",
            ),
        ];
        for (text, wrong, mend) in cases {
            let found = linked(&text).expect_err(&text);
            assert!(found[0].text.contains(wrong) && found[0].mend.contains(mend), "{text}: {found:?}");
            assert!(found[0].at.line > 6, "{found:?}");
        }
    }
}
