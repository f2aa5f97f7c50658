//! Regular expressions that are tried on the same texts, made one: the texts of a whole record are gone through once,
//! and not once for each keyword.

use super::{Expr, Predicate, RegexTest, Test};
use crate::event::Field;

/// The parts of a disjunction, with one regex in place of several on the same field, if that is one that costs much.
pub fn costly(parts: &[Expr]) -> Vec<Expr> {
    let mut kept: Vec<Expr> = Vec::with_capacity(parts.len());
    for part in parts {
        match kept.iter_mut().find_map(|known| join(known, part).map(|one| (known, one))) {
            Some((known, one)) => *known = one,
            None => kept.push(part.clone()),
        }
    }
    kept
}

/// Comments in a pattern could reach over its end.
fn joinable(part: &Expr) -> Option<(&Field, &RegexTest)> {
    match part {
        Expr::Is(Predicate { field, test: Test::Regex(regex) })
            if field.is_gone_through() && !regex.pattern.contains('#') =>
        {
            Some((field, regex))
        }
        _ => None,
    }
}

fn join(one: &Expr, other: &Expr) -> Option<Expr> {
    let ((field, one), (theirs, other)) = (joinable(one)?, joinable(other)?);
    if field != theirs {
        return None;
    }
    let pattern = format!("{}|{}", grouped(one), grouped(other));
    let regex = RegexTest { pattern, ignore_case: false, multi_line: false, dot_all: false };
    Some(Expr::Is(Predicate { field: field.clone(), test: Test::Regex(regex) }))
}

/// The pattern with its flags.
fn grouped(test: &RegexTest) -> String {
    let flags = [(test.ignore_case, 'i'), (test.multi_line, 'm'), (test.dot_all, 's')];
    let flags: String = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).collect();
    format!("(?{flags}:{})", test.pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::check::compile;

    fn regex(field: &str, pattern: &str, ignore_case: bool) -> Expr {
        let test = RegexTest { pattern: pattern.to_owned(), ignore_case, multi_line: false, dot_all: false };
        Expr::Is(Predicate { field: Field::parse(field).unwrap(), test: Test::Regex(test) })
    }

    #[test]
    fn regexes_on_the_whole_record_are_tried_together_with_the_flags_of_each() {
        let all = [
            regex("record", "^a|b$", false),
            regex("verb", "x", false),
            regex("record", "(?i)key", false),
            regex("record", "Ab", true),
            regex("record", "c # d", false),
        ];
        let joined = costly(&all);
        assert_eq!(joined.len(), 3);
        assert_eq!((&joined[1], &joined[2]), (&all[1], &all[4]));
        let (_, test) = joinable(&joined[0]).unwrap();
        let one = compile(test).unwrap();
        for (text, matches) in
            [("ax", true), ("xb", true), ("xax", false), ("my KEY", true), ("xaB", true), ("A", false)]
        {
            assert_eq!(one.is_match(text), matches, "{text} in {}", test.pattern);
        }
    }
}
