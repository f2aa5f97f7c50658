//! Telling, from how two conditions are written, that one cannot be met without the other.
//!
//! What is found is certain; much that is true is not found, as a condition can be said in many ways.

use super::{Case, Expr, Predicate, Test, TextTest};

/// Steps that a comparison of two conditions may take. What is nested deeper is not worth the time.
const MAX_STEPS: u32 = 20_000;

/// Whether every event that meets `one` also meets `other`.
pub fn implies(one: &Expr, other: &Expr) -> bool {
    Search { steps: MAX_STEPS }.implies(one, other)
}

struct Search {
    steps: u32,
}

impl Search {
    fn implies(&mut self, one: &Expr, other: &Expr) -> bool {
        let Some(steps) = self.steps.checked_sub(1) else { return false };
        self.steps = steps;
        match (one, other) {
            _ if one == other => true,
            (_, Expr::All(parts)) => parts.iter().all(|part| self.implies(one, part)),
            (Expr::Any(parts), _) => parts.iter().all(|part| self.implies(part, other)),
            (Expr::All(parts), _) if parts.iter().any(|part| self.implies(part, other)) => true,
            (_, Expr::Any(parts)) => parts.iter().any(|part| self.implies(one, part)),
            (Expr::Not(one), Expr::Not(other)) => self.implies(other, one),
            (Expr::Is(one), Expr::Is(other)) => narrower(one, other),
            _ => false,
        }
    }
}

fn narrower(one: &Predicate, other: &Predicate) -> bool {
    one.field == other.field
        && match (&one.test, &other.test) {
            (_, Test::Exists) => true,
            (Test::Text(one) | Test::Each(one), Test::Text(other)) => is_among(one, other),
            (Test::Network(one), Test::Network(other)) => {
                one.iter().all(|network| other.iter().any(|wide| wide.contains(network)))
            }
            _ => false,
        }
}

/// Whether what is like one of these patterns is like one of the others.
fn is_among(one: &TextTest, other: &TextTest) -> bool {
    let case_fits = other.case == Case::Ignore || one.case == Case::Exact;
    let covered = |pattern: &super::Pattern| {
        let like = |wide: &super::Pattern| pattern.plain().is_some_and(|text| wide.is_like(text, other.case));
        other.patterns.iter().any(|wide| wide == pattern || like(wide))
    };
    case_fits && one.patterns.iter().all(covered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::query;

    fn certain(one: &str, other: &str) -> bool {
        let expr = |text| query::parse(text, Case::Ignore).unwrap();
        implies(&expr(one), &expr(other))
    }

    #[test]
    fn what_asks_for_more_implies_what_asks_for_less() {
        for (one, other) in [
            ("verb=get", "verb=get"),
            ("verb=get and code=200", "verb=get"),
            ("verb=get", "verb in (get, list)"),
            ("verb=get", "verb=get or code=200"),
            ("verb=get or verb=list", "verb in (get, list, watch)"),
            ("user=system:node:a", "user=system:*"),
            ("name=x", "name exists"),
            ("not verb in (get, list)", "not verb=get"),
            ("ip=10.1.2.3", "ip=10.0.0.0/8"),
            ("verb=get and ns=a and name=b", "(verb=get or verb=list) and (ns=a or ns=c)"),
        ] {
            assert!(certain(one, other), "{one} => {other}");
            assert!(one == other || !certain(other, one), "{other} => {one}");
        }
    }

    #[test]
    fn nothing_is_said_of_what_is_not_certain() {
        for (one, other) in [
            ("verb=get", "name=get"),
            ("user=system:*", "user=system:node:a"),
            ("not verb=get", "verb=list"),
            ("code=200", "code=201"),
            ("name ~ /a/", "name ~ /b/"),
        ] {
            assert!(!certain(one, other), "{one} => {other}");
        }
    }

    #[test]
    fn nested_conditions_end() {
        let mut text = "verb=get".to_owned();
        for at in 0..30 {
            text = format!("({text} or code={at}) and (ns=n{at} or {at}=1)")
                .replace(&format!("{at}=1"), "name=x");
        }
        let expr = query::parse(&text, Case::Ignore).unwrap_or(Expr::TRUE);
        implies(&expr, &expr.clone().negate());
    }
}
