//! Regular expressions that ask for no more than a few texts. Such a one is matched as texts, and never built: a large
//! set of rules holds many, and building one takes longer than trying it on all that a log says.

use super::{Case, Part, Pattern, RegexTest, TextTest, check};
use regex_automata::util::syntax;
use regex_syntax::hir::literal::{Extractor, Literal};
use regex_syntax::hir::{Hir, HirKind, Look};

/// More texts than this are left to the regex.
const MOST: usize = 64;

/// Texts that do the same: a value is like one of them if the expression matches it, and only then.
pub fn texts(test: &RegexTest) -> Option<TextTest> {
    if test.ignore_case && has_long_word(&test.pattern) {
        return None;
    }
    let hir = syntax::parse_with(&test.pattern, &check::syntax(test)).ok()?;
    let mut parts = match hir.kind() {
        HirKind::Concat(parts) => &parts[..],
        _ => std::slice::from_ref(&hir),
    };
    let before = is_open(&mut parts, Look::Start, <[Hir]>::split_first)?;
    let after = is_open(&mut parts, Look::End, <[Hir]>::split_last)?;
    let pattern = |text: String| {
        let many = |is_open: bool| is_open.then_some(Part::Many);
        Pattern(many(before).into_iter().chain([Part::Literal(text)]).chain(many(after)).collect())
    };
    let patterns = all(&Hir::concat(parts.to_vec()))?.into_iter().map(pattern).collect();
    Some(TextTest { case: Case::Exact, patterns })
}

/// Whether so many letters stand in a row, outside of classes, that in either case they make too many texts. It is cheaper to
/// see than to take the expression apart; one that is left to the regex in vain does the same.
fn has_long_word(pattern: &str) -> bool {
    let (mut length, mut in_class) = (0, false);
    pattern.bytes().any(|byte| {
        in_class = byte == b'[' || in_class && byte != b']';
        length = if byte.is_ascii_alphabetic() && !in_class { length + 1 } else { 0 };
        1_usize << length > MOST
    })
}

type Split = fn(&[Hir]) -> Option<(&Hir, &[Hir])>;

/// Whether anything may stand on this side of the texts. Takes off what says so.
fn is_open(parts: &mut &[Hir], anchor: Look, split: Split) -> Option<bool> {
    let mut take = |is: &dyn Fn(&HirKind) -> bool| match split(parts) {
        Some((part, rest)) if is(part.kind()) => {
            *parts = rest;
            true
        }
        _ => false,
    };
    let is_anchored = take(&|kind| *kind == HirKind::Look(anchor));
    let may_be_empty = |kind: &HirKind| matches!(kind, HirKind::Repetition(repeated) if repeated.min == 0);
    // Where it need not reach as far as the anchor, it need not be there at all.
    match take(&may_be_empty) {
        true if is_anchored => None,
        _ => Some(!is_anchored),
    }
}

/// All texts that an expression matches, where they are few and none is empty.
fn all(hir: &Hir) -> Option<Vec<String>> {
    let facts = hir.properties();
    if !facts.look_set().is_empty() || facts.minimum_len().is_none_or(|length| length == 0) {
        return None;
    }
    let found = Extractor::new().limit_total(MOST).extract(hir);
    let text = |literal: &Literal| {
        let bytes = literal.is_exact().then(|| literal.as_bytes().to_vec())?;
        String::from_utf8(bytes).ok()
    };
    found.literals()?.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::check::compile;
    use crate::rule::text::TextSet;
    use proptest::prelude::*;

    fn test(pattern: &str) -> RegexTest {
        RegexTest { pattern: pattern.to_owned(), ignore_case: false, multi_line: false, dot_all: false }
    }

    #[test]
    fn texts_are_what_the_expression_asks_for() {
        for (pattern, wanted) in [
            ("tenant-7-.*", "*tenant-7-*"),
            ("^system:node:", "system:node:*"),
            ("^a$", "a"),
            ("b$", "*b"),
            ("^kube(let|ctl)/", "kubelet/*|kubectl/*"),
            (r"^10\.0\.", "10.0.*"),
            (".*a.*", "*a*"),
        ] {
            let wanted: Vec<Pattern> = wanted.split('|').map(Pattern::parse).collect();
            assert_eq!(texts(&test(pattern)).unwrap().patterns, wanted, "{pattern}");
        }
        for pattern in ["^a.*$", "^.*a", "a+", "", "a*", r"\ba", "^(?:.*)a$", r"\w", "a.b", "(^a|b)"] {
            assert!(texts(&test(pattern)).is_none(), "{pattern}");
        }
    }

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "^", "$", ".*", ".*?", "a", "b", "ab", "(a|b)", "[ab]", "a?", "(?:b|)", "(?i:a)", "(?s:.)*",
            "\n", "é",
        ])
    }

    proptest! {
        #[test]
        fn texts_match_what_the_expression_matches(
            pieces in prop::collection::vec(piece(), 1..6),
            values in prop::collection::vec("[abAé\n]{0,5}", 1..20),
            flags in any::<[bool; 3]>(),
        ) {
            let [ignore_case, multi_line, dot_all] = flags;
            let test = RegexTest { pattern: pieces.concat(), ignore_case, multi_line, dot_all };
            if let (Some(texts), Ok(regex)) = (texts(&test), compile(&test)) {
                let set = TextSet::new(&texts);
                for value in values {
                    prop_assert_eq!(set.matches(&value), regex.is_match(&value), "{:?} in {:?}", test, value);
                }
            }
        }
    }
}
