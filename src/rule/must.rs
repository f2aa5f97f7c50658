//! What every text holds that a regular expression matches.

use super::{RegexTest, check};
use regex_automata::util::syntax;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::cmp::Reverse;
use std::mem::take;

/// Which bytes count; only ASCII may.
type Counts = fn(u8) -> bool;

/// Texts in lower case ASCII. Every match holds one of them, in any case of its letters. `None` where there is no such set.
pub fn texts(test: &RegexTest, counts: Counts) -> Option<Vec<String>> {
    of(&syntax::parse_with(&test.pattern, &check::syntax(test)).ok()?, counts)
}

fn of(hir: &Hir, counts: Counts) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) => in_row(std::slice::from_ref(hir), counts),
        HirKind::Concat(parts) => in_row(parts, counts),
        HirKind::Alternation(parts) => {
            let all: Option<Vec<_>> = parts.iter().map(|part| of(part, counts)).collect();
            Some(all?.concat())
        }
        HirKind::Capture(capture) => of(&capture.sub, counts),
        HirKind::Repetition(repeated) if repeated.min > 0 => of(&repeated.sub, counts),
        HirKind::Class(_) | HirKind::Repetition(_) | HirKind::Look(_) | HirKind::Empty => None,
    }
}

/// The best that stands in a row of parts, each of which must be there.
fn in_row(parts: &[Hir], counts: Counts) -> Option<Vec<String>> {
    let (mut found, mut run) = (Vec::new(), String::new());
    for part in parts {
        match bytes(part) {
            Some(bytes) => bytes.into_iter().for_each(|byte| match counts(byte) {
                true => run.push(byte.to_ascii_lowercase().into()),
                false => found.push(vec![take(&mut run)]),
            }),
            None => {
                found.push(vec![take(&mut run)]);
                found.extend(of(part, counts));
            }
        }
    }
    found.push(vec![run]);
    let shortest = |texts: &Vec<String>| texts.iter().map(String::len).min().unwrap_or(0);
    let best = found.into_iter().max_by_key(|texts| (shortest(texts), Reverse(texts.len())));
    best.filter(|texts| shortest(texts) > 0)
}

/// The bytes that a part stands for, in one case or either. What only looks around stands for none.
fn bytes(part: &Hir) -> Option<Vec<u8>> {
    match part.kind() {
        HirKind::Literal(literal) => Some(literal.0.to_vec()),
        HirKind::Class(class) => Some(vec![letter(class)?]),
        HirKind::Look(_) | HirKind::Empty => Some(Vec::new()),
        _ => None,
    }
}

/// The letter of which a class holds both cases, and nothing else.
fn letter(class: &Class) -> Option<u8> {
    let ends: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => {
            class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
    };
    let &[(upper, upper_end), (lower, lower_end)] = &ends[..] else { return None };
    let (upper_byte, lower_byte) = (u8::try_from(upper).ok()?, u8::try_from(lower).ok()?);
    let is_both = upper == upper_end && lower == lower_end && upper_byte.to_ascii_lowercase() == lower_byte;
    is_both.then_some(lower_byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::check::compile;
    use proptest::prelude::*;

    fn test(pattern: &str) -> RegexTest {
        RegexTest { pattern: pattern.to_owned(), ignore_case: false, multi_line: false, dot_all: false }
    }

    fn is_word(byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
    }

    #[test]
    fn the_best_that_must_be_there_is_found() {
        for (pattern, wanted) in [
            ("-BEGIN (RSA |EC )?PRIVATE KEY-", "private"),
            (r"(?-u:\b)AKIA[0-9]{16}", "akia"),
            ("(?i-u:aws)[ =]+x", "aws"),
            ("(?i)skip", "ip"),
            ("x(abc|defg)y", "abc|defg"),
            ("a(bcd)+e", "bcd"),
            ("ab(cd)?ef", "ef"),
            ("[Tt]oken", "token"),
        ] {
            assert_eq!(texts(&test(pattern), is_word).unwrap().join("|"), wanted, "{pattern}");
        }
        for pattern in ["", ".*", "a?", "abc|", "[ab]", r"\w+", "é", "-", "(abc)*", "^$"] {
            assert_eq!(texts(&test(pattern), is_word), None, "{pattern}");
        }
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "^", "a", "bc", "-", "(a|bc)", "(?i:k)", "(?i-u:b)", "[aA]", "[ab]", "(?:bc)?", "c{2}", ".", "|",
            r"\b", "é",
        ])
    }

    proptest! {
        #[test]
        fn every_match_holds_one_of_them(
            pieces in prop::collection::vec(piece(), 1..8),
            values in prop::collection::vec("[abcABkK\u{212a}é-]{0,8}", 1..30),
        ) {
            let test = test(&pieces.concat());
            if let (Some(texts), Ok(regex)) = (texts(&test, is_word), compile(&test)) {
                for value in values.iter().filter(|value| regex.is_match(value)) {
                    let folded = value.to_ascii_lowercase();
                    let holds = texts.iter().any(|text| folded.contains(text));
                    prop_assert!(holds, "{:?} of {:?} in {}", texts, test, value);
                }
            }
        }
    }
}
