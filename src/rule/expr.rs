//! Putting conditions together, and telling those that are true or false whatever the event.

use super::check;
use super::{Case, Expr, Pattern, Predicate, Test, TextTest};
use crate::event::Field;
use std::collections::HashSet;
use std::hash::Hash;

impl Expr {
    pub const TRUE: Expr = Expr::All(Vec::new());
    pub const FALSE: Expr = Expr::Any(Vec::new());

    /// True when all are. What is nested or constant is folded in, so that equal conditions look equal.
    pub fn all(parts: Vec<Expr>) -> Expr {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Expr::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        drop_repeated(&mut flat);
        match flat.len() {
            _ if flat.contains(&Expr::FALSE) => Expr::FALSE,
            1 => flat.remove(0),
            _ => Expr::All(flat),
        }
    }

    /// True when one is. What is nested or constant is folded in, and tests of one field that differ only in
    /// what they look for become one test.
    pub fn any(parts: Vec<Expr>) -> Expr {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Expr::Any(inner) => inner.into_iter().for_each(|part| join(&mut flat, part)),
                other => join(&mut flat, other),
            }
        }
        flat.iter_mut().for_each(drop_repeated_values);
        drop_repeated(&mut flat);
        match flat.len() {
            _ if flat.contains(&Expr::TRUE) => Expr::TRUE,
            1 => flat.remove(0),
            _ => Expr::Any(flat),
        }
    }

    pub fn negate(self) -> Expr {
        match self {
            Expr::Not(inner) => *inner,
            Expr::All(parts) if parts.is_empty() => Expr::FALSE,
            Expr::Any(parts) if parts.is_empty() => Expr::TRUE,
            other => Expr::Not(Box::new(other)),
        }
    }

    pub fn is(field: &Field, test: Test) -> Expr {
        Expr::Is(Predicate { field: field.clone(), test })
    }

    /// The text of the field is like one of these patterns.
    ///
    /// The empty pattern is also met by a field that is not there, as Kubernetes leaves out what is empty
    /// (`objectRef.apiGroup` of a pod). The pattern `*` asks only whether the field is there, so that it is
    /// met by objects too.
    pub fn like(field: &Field, case: Case, patterns: Vec<Pattern>) -> Expr {
        let empty = patterns.iter().any(|pattern| pattern.0.is_empty());
        let anything = patterns.iter().any(Pattern::is_anything);
        let patterns: Vec<Pattern> = patterns.into_iter().filter(|pattern| !pattern.is_anything()).collect();
        let mut parts = Vec::new();
        if !patterns.is_empty() {
            parts.push(Expr::is(field, Test::Text(TextTest { case, patterns })));
        }
        if empty {
            parts.push(Expr::is(field, Test::Exists).negate());
        }
        if anything {
            parts.push(Expr::is(field, Test::Exists));
        }
        Expr::any(parts)
    }

    /// `Some` when no event can make the condition anything else. Values that a field never holds count as
    /// never met.
    pub fn constant(&self) -> Option<bool> {
        match self {
            Expr::All(parts) => fold(parts, false),
            Expr::Any(parts) => fold(parts, true),
            Expr::Not(inner) => inner.constant().map(|known| !known),
            Expr::Is(predicate) => check::impossible(predicate).map(|_| false),
        }
    }
}

/// Adds an alternative: to one that asks the same of the same field, if there is one.
fn join(parts: &mut Vec<Expr>, new: Expr) {
    let Expr::Is(Predicate { field, test }) = new else { return parts.push(new) };
    for part in parts.iter_mut() {
        match (part, &test) {
            (Expr::Is(Predicate { field: other, test: Test::Text(all) }), Test::Text(more))
                if *other == field && all.case == more.case =>
            {
                return all.patterns.extend_from_slice(&more.patterns);
            }
            (Expr::Is(Predicate { field: other, test: Test::Network(all) }), Test::Network(more))
                if *other == field =>
            {
                return all.extend_from_slice(more);
            }
            _ => {}
        }
    }
    parts.push(Expr::Is(Predicate { field, test }));
}

fn drop_repeated_values(part: &mut Expr) {
    match part {
        Expr::Is(Predicate { test: Test::Text(test), .. }) => drop_repeated(&mut test.patterns),
        Expr::Is(Predicate { test: Test::Network(networks), .. }) => drop_repeated(networks),
        _ => {}
    }
}

fn drop_repeated<T: Eq + Hash>(things: &mut Vec<T>) {
    if things.len() < 2 {
        return;
    }
    let mut seen: HashSet<&T, foldhash::fast::RandomState> = HashSet::default();
    let mut is_new = things.iter().map(|thing| seen.insert(thing)).collect::<Vec<_>>().into_iter();
    things.retain(|_| is_new.next().unwrap_or_default());
}

/// `decisive` is the value of a part that settles the whole.
fn fold(parts: &[Expr], decisive: bool) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match part.constant() {
            Some(known) if known == decisive => return Some(decisive),
            Some(_) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(!decisive) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(name: &str, value: &str) -> Expr {
        Expr::like(&Field::parse(name).unwrap(), Case::Ignore, vec![Pattern::parse(value)])
    }

    #[test]
    fn equal_conditions_look_equal() {
        let nested =
            Expr::all(vec![is("verb", "get"), Expr::all(vec![is("stage", "*C*"), is("verb", "get")])]);
        assert_eq!(nested, Expr::All(vec![is("verb", "get"), is("stage", "*C*")]));
        let alternatives =
            Expr::any(vec![is("verb", "get"), is("stage", "*C*"), is("verb", "list"), is("verb", "get")]);
        assert_eq!(alternatives.to_string(), r#"(verb in ("get", "list") or stage = "*C*")"#);
        assert_eq!(is("verb", "get").negate().negate(), is("verb", "get"));
    }

    #[test]
    fn what_is_constant_is_folded_in() {
        let get = || is("verb", "get");
        assert_eq!(Expr::all(vec![get(), Expr::TRUE]), get());
        assert_eq!(Expr::all(vec![get(), Expr::FALSE]), Expr::FALSE);
        assert_eq!(Expr::any(vec![get(), Expr::FALSE]), get());
        assert_eq!(Expr::any(vec![get(), Expr::TRUE]), Expr::TRUE);
        assert_eq!((Expr::TRUE.negate(), Expr::FALSE.negate()), (Expr::FALSE, Expr::TRUE));
    }

    #[test]
    fn impossible_values_make_a_condition_constant() {
        let never = || is("verb", "replace");
        assert_eq!(Expr::All(vec![is("verb", "get"), never()]).constant(), Some(false));
        assert_eq!(Expr::Any(vec![is("verb", "get"), never()]).constant(), None);
        assert_eq!(never().negate().constant(), Some(true));
    }
}
