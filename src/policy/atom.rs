//! Rules that nothing reaches: each request that they are for is taken by an earlier one.
//!
//! A rule is taken apart into atoms, one value of each of its lists at a time. A rule is dead when each of its atoms
//! lies within one earlier rule. Nothing is guessed: a rule that is called dead is dead.

use super::decide::{has, is_path};
use super::{AuditPolicy, PolicyRule, Resources, Word};

/// Rules with more atoms than this are not judged.
const MOST: usize = 4096;

#[derive(Clone, Copy, Default)]
struct Atom<'p> {
    user: Option<&'p str>,
    group: Option<&'p str>,
    verb: Option<&'p str>,
    namespace: Option<&'p str>,
    url: Option<&'p str>,
    resource: Option<Named<'p>>,
}

#[derive(Clone, Copy)]
struct Named<'p> {
    group: &'p str,
    /// `None` for all of the group.
    pattern: Option<&'p str>,
    name: Option<&'p str>,
}

impl AuditPolicy {
    /// The earlier rules that leave nothing to this one, by index; empty when it is reached.
    pub(super) fn buried_by(&self, rule: usize) -> Vec<usize> {
        let Some((own, earlier)) = self.rules.get(rule).zip(self.rules.get(..rule)) else {
            return Vec::new();
        };
        let Some(atoms) = atoms(own) else { return Vec::new() };
        let over = |atom: &Atom<'_>| earlier.iter().position(|other| holds(other, atom));
        let Some(mut found) = atoms.iter().map(over).collect::<Option<Vec<usize>>>() else {
            return Vec::new();
        };
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn atoms(rule: &PolicyRule) -> Option<Vec<Atom<'_>>> {
    let named: Vec<Named<'_>> = rule.resources.iter().flat_map(names).collect();
    let sizes = [&rule.users, &rule.groups, &rule.verbs, &rule.namespaces, &rule.urls].map(Vec::len);
    let size =
        sizes.iter().chain([&named.len()]).try_fold(1_usize, |all, size| all.checked_mul(*size.max(&1)))?;
    if size > MOST {
        return None;
    }
    let atoms = split(vec![Atom::default()], &rule.users, |atom, word| atom.user = Some(&word.text));
    let atoms = split(atoms, &rule.groups, |atom, word| atom.group = Some(&word.text));
    let atoms = split(atoms, &rule.verbs, |atom, word| atom.verb = Some(&word.text));
    let atoms = split(atoms, &rule.namespaces, |atom, word| atom.namespace = Some(&word.text));
    let atoms = split(atoms, &rule.urls, |atom, word| atom.url = Some(&word.text));
    Some(split(atoms, &named, |atom, one| atom.resource = Some(*one)))
}

/// One atom for each of the things, or as they are where there are none.
fn split<'t, 'p, T>(
    atoms: Vec<Atom<'p>>,
    things: &'t [T],
    set: impl Fn(&mut Atom<'p>, &'t T),
) -> Vec<Atom<'p>> {
    if things.is_empty() {
        return atoms;
    }
    let mut all = Vec::with_capacity(atoms.len() * things.len());
    for atom in atoms {
        for thing in things {
            let mut atom = atom;
            set(&mut atom, thing);
            all.push(atom);
        }
    }
    all
}

fn names(part: &Resources) -> Vec<Named<'_>> {
    let group = part.group.text.as_str();
    if part.resources.is_empty() {
        return vec![Named { group, pattern: None, name: None }];
    }
    let patterns = part.resources.iter().map(|pattern| pattern.text.as_str());
    let named = |pattern| {
        let one = move |name| Named { group, pattern: Some(pattern), name };
        match part.names.is_empty() {
            true => vec![one(None)],
            false => part.names.iter().map(|name| one(Some(name.text.as_str()))).collect(),
        }
    };
    patterns.flat_map(named).collect()
}

fn holds(rule: &PolicyRule, atom: &Atom<'_>) -> bool {
    let within =
        |words: &[Word], word: Option<&str>| words.is_empty() || word.is_some_and(|word| has(words, word));
    within(&rule.users, atom.user)
        && within(&rule.groups, atom.group)
        && within(&rule.verbs, atom.verb)
        && (rule.takes_all_targets() || holds_target(rule, atom))
}

fn holds_target(rule: &PolicyRule, atom: &Atom<'_>) -> bool {
    if let Some(url) = atom.url {
        return rule.urls.iter().any(|pattern| holds_url(&pattern.text, url));
    }
    let about_resources = atom.resource.is_some() || atom.namespace.is_some();
    let namespace = rule.namespaces.is_empty()
        || atom.namespace.is_some_and(|namespace| has(&rule.namespaces, namespace));
    let parts = &rule.resources;
    about_resources
        && rule.urls.is_empty()
        && namespace
        && (parts.is_empty()
            || atom.resource.is_some_and(|one| parts.iter().any(|part| holds_named(part, one))))
}

fn holds_url(pattern: &str, url: &str) -> bool {
    match url.strip_suffix('*') {
        Some(_) => {
            pattern == "*"
                || pattern.ends_with('*')
                    && url.trim_end_matches('*').starts_with(pattern.trim_end_matches('*'))
        }
        None => is_path(url, pattern),
    }
}

fn holds_named(part: &Resources, one: Named<'_>) -> bool {
    let named = || part.names.is_empty() || one.name.is_some_and(|name| has(&part.names, name));
    let any = || part.resources.iter().any(|pattern| holds_pattern(&pattern.text, one.pattern));
    part.group.text == one.group && (part.resources.is_empty() || named() && any())
}

fn holds_pattern(outer: &str, inner: Option<&str>) -> bool {
    let Some(inner) = inner else { return outer == "*" };
    if outer == "*" || outer == inner {
        return true;
    }
    let (resource, sub) = inner.split_once('/').unwrap_or((inner, ""));
    match outer.split_once('/') {
        Some((own, "*")) => own == resource,
        Some(("*", own)) => !sub.is_empty() && own == sub,
        _ => false,
    }
}
