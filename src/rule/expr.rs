//! Putting conditions together, and telling those that are true or false whatever the event.

use super::check;
use super::{Case, Expr, Pattern, Predicate, Test, TextTest};
use crate::event::Field;
use std::collections::HashSet;

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

    /// True when one is. What is nested or constant is folded in.
    pub fn any(parts: Vec<Expr>) -> Expr {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Expr::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
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

fn drop_repeated(parts: &mut Vec<Expr>) {
    let mut seen = HashSet::new();
    parts.retain(|part| seen.insert(part.clone()));
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
