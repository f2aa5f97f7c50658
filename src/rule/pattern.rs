//! Text with wildcards as people write it, in rules and on the command line alike.
//!
//! `*` stands for any characters, `?` for one. A backslash before `*`, `?` or a backslash makes it an
//! ordinary character; before anything else it is an ordinary character itself (Sigma's rule).

use super::{Case, Part, Pattern, Place};

impl Pattern {
    /// Reads text with wildcards and escapes.
    pub fn parse(text: &str) -> Pattern {
        let mut parts = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(ch) = chars.next() {
            match ch {
                '*' => push(&mut parts, Part::Many),
                '?' => push(&mut parts, Part::One),
                '\\' => {
                    push_char(&mut parts, chars.next_if(|ch| matches!(ch, '*' | '?' | '\\')).unwrap_or('\\'))
                }
                ch => push_char(&mut parts, ch),
            }
        }
        Pattern(parts)
    }

    /// The text itself, nothing in it being a wildcard.
    pub fn literal(text: &str) -> Pattern {
        if text.is_empty() { Pattern(Vec::new()) } else { Pattern(vec![Part::Literal(text.to_owned())]) }
    }

    /// The same pattern, to stand at the start, the end or anywhere in a value.
    pub fn placed(self, place: Place) -> Pattern {
        let before = matches!(place, Place::End | Place::Anywhere);
        let after = matches!(place, Place::Start | Place::Anywhere);
        let mut parts = if before { vec![Part::Many] } else { Vec::new() };
        self.0.into_iter().for_each(|part| push(&mut parts, part));
        if after {
            push(&mut parts, Part::Many);
        }
        Pattern(parts)
    }

    /// The text, where the pattern holds no wildcard.
    pub fn plain(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether the pattern is `*`, which any value is like.
    pub fn is_anything(&self) -> bool {
        self.0 == [Part::Many]
    }

    /// Whether a value is like this pattern. Made for judging rules, not for searching logs: it is slow, and
    /// folds only ASCII letters.
    pub fn is_like(&self, text: &str, case: Case) -> bool {
        // All places that can be reached, part by part, so that no pattern takes exponential time.
        let reached = self.0.iter().fold(vec![0], |places, part| reach(part, &places, text, case));
        reached.contains(&text.len())
    }
}

/// Where in the text one can be after `part`, having been at one of `places`.
fn reach(part: &Part, places: &[usize], text: &str, case: Case) -> Vec<usize> {
    let after = |at: usize, len: usize| text.get(at..at + len).map(|found| (found, at + len));
    match part {
        Part::Many => match places.iter().min() {
            Some(&first) => (first..=text.len()).filter(|at| text.is_char_boundary(*at)).collect(),
            None => Vec::new(),
        },
        Part::One => {
            let next = |at: &usize| Some(at + text[*at..].chars().next()?.len_utf8());
            places.iter().filter_map(next).collect()
        }
        Part::Literal(literal) => {
            let found = places.iter().filter_map(|at| after(*at, literal.len()));
            found.filter(|(found, _)| same(found, literal, case)).map(|(_, end)| end).collect()
        }
    }
}

/// Adds a part; `**` is `*`, so that equal patterns look equal.
fn push(parts: &mut Vec<Part>, part: Part) {
    if part != Part::Many || parts.last() != Some(&Part::Many) {
        parts.push(part);
    }
}

fn push_char(parts: &mut Vec<Part>, ch: char) {
    match parts.last_mut() {
        Some(Part::Literal(text)) => text.push(ch),
        _ => parts.push(Part::Literal(ch.to_string())),
    }
}

fn same(a: &str, b: &str, case: Case) -> bool {
    match case {
        Case::Ignore => a.eq_ignore_ascii_case(b),
        Case::Exact => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    #[test]
    fn backslashes_as_sigma_has_them() {
        let cases: &[(&str, &[Part])] = &[
            (r"a\b", &[text(r"a\b")]),
            (r"a\\b", &[text(r"a\b")]),
            (r"a\*b", &[text("a*b")]),
            (r"a\\*b", &[text(r"a\"), Part::Many, text("b")]),
            (r"a\\\*b", &[text(r"a\*b")]),
            (r"\\\b", &[text(r"\\b")]),
            (r"\\\\b", &[text(r"\\b")]),
            (r"a\", &[text(r"a\")]),
            (r"\?", &[text("?")]),
            ("**a?", &[Part::Many, text("a"), Part::One]),
            ("", &[]),
        ];
        for (written, parts) in cases {
            assert_eq!(Pattern::parse(written).0, *parts, "{written}");
        }
    }

    #[test]
    fn a_pattern_put_somewhere_gets_its_wildcards_once() {
        assert_eq!(Pattern::parse("*a").placed(Place::Anywhere), Pattern::parse("*a*"));
        assert_eq!(Pattern::parse("a").placed(Place::Start), Pattern::parse("a*"));
        assert_eq!(Pattern::parse("a").placed(Place::End), Pattern::parse("*a"));
        assert!(Pattern::parse("").placed(Place::Anywhere).is_anything());
    }

    #[test]
    fn likeness() {
        let like = |pattern, value| Pattern::parse(pattern).is_like(value, Case::Ignore);
        assert!(like("sys*:?nonymous", "System:anonymous"));
        assert!(like("*", "") && like("", "") && like("ö?", "öß"));
        assert!(!like("a?", "a") && !like("a", "ab") && !like("ä", "a"));
        assert!(!Pattern::parse("A").is_like("a", Case::Exact));
    }
}
