//! Matching one text against many patterns at once.

use super::{Case, Part, Pattern, TextTest};
use aho_corasick::AhoCorasick;
use hashbrown::HashSet;
use std::borrow::Cow;

/// Many patterns, sorted by what they need: equal texts are one hash look-up, however many they are.
#[derive(Debug)]
pub struct TextSet {
    case: Case,
    exact: HashSet<Box<str>, foldhash::fast::RandomState>,
    starts: Vec<Box<str>>,
    ends: Vec<Box<str>>,
    /// Literals that may stand anywhere, when they are few.
    anywhere: Vec<Box<str>>,
    /// Literals that may stand anywhere, as one automaton.
    contains: Option<AhoCorasick>,
    globs: Vec<Vec<Glob>>,
}

/// So many literals are searched for one by one: an automaton costs more to build than it saves.
const FEW: usize = 8;

impl TextSet {
    pub fn new(test: &TextTest) -> TextSet {
        let mut set = TextSet {
            case: test.case,
            exact: HashSet::default(),
            starts: Vec::new(),
            ends: Vec::new(),
            anywhere: Vec::new(),
            contains: None,
            globs: Vec::new(),
        };
        let mut anywhere = Vec::new();
        for pattern in &test.patterns {
            set.add(pattern, &mut anywhere);
        }
        if anywhere.len() <= FEW {
            set.anywhere = anywhere.into_iter().map(String::into_boxed_str).collect();
        } else {
            // Leftmost kinds use the vectorised searcher; any match will do. Without an automaton (too many
            // patterns for memory) the literals are tried as globs.
            let built =
                AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostFirst).build(&anywhere);
            match built {
                Ok(automaton) => set.contains = Some(automaton),
                Err(_) => set.globs.extend(anywhere.iter().map(|literal| anywhere_glob(literal))),
            }
        }
        set
    }

    fn add(&mut self, pattern: &Pattern, anywhere: &mut Vec<String>) {
        let fold = |text: &str| fold(text, self.case).into_owned();
        match &pattern.0[..] {
            [] => drop(self.exact.insert("".into())),
            [Part::Literal(text)] => drop(self.exact.insert(fold(text).into())),
            [Part::Literal(text), Part::Many] => self.starts.push(fold(text).into()),
            [Part::Many, Part::Literal(text)] => self.ends.push(fold(text).into()),
            [Part::Many, Part::Literal(text), Part::Many] => anywhere.push(fold(text)),
            parts => self.globs.push(glob(parts, self.case)),
        }
    }

    pub fn matches(&self, text: &str) -> bool {
        let text = fold(text, self.case);
        self.exact.contains(&*text)
            || self.starts.iter().any(|start| text.starts_with(&**start))
            || self.ends.iter().any(|end| text.ends_with(&**end))
            || self.anywhere.iter().any(|literal| text.contains(&**literal))
            || self.contains.as_ref().is_some_and(|automaton| automaton.is_match(&*text))
            || self.globs.iter().any(|glob| glob_matches(glob, &text))
    }
}

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Glob {
    Is(char),
    One,
    Many,
}

fn glob(parts: &[Part], case: Case) -> Vec<Glob> {
    let mut glob = Vec::new();
    for part in parts {
        match part {
            Part::Literal(text) => glob.extend(fold(text, case).chars().map(Glob::Is)),
            Part::One => glob.push(Glob::One),
            Part::Many if glob.last() != Some(&Glob::Many) => glob.push(Glob::Many),
            Part::Many => {}
        }
    }
    glob
}

fn anywhere_glob(literal: &str) -> Vec<Glob> {
    glob(&[Part::Many, Part::Literal(literal.to_owned()), Part::Many], Case::Exact)
}

/// Goes back to the last `*` only, so the time is bounded by pattern times text.
fn glob_matches(glob: &[Glob], text: &str) -> bool {
    let (mut at, mut rest) = (0, text.chars());
    let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        let before = rest.clone();
        let fits = match (glob.get(at), rest.next()) {
            (None, None) => return true,
            (Some(Glob::Many), _) => {
                rest = before.clone();
                retry = Some((at + 1, before));
                true
            }
            (Some(Glob::One), Some(_)) => true,
            (Some(Glob::Is(wanted)), Some(ch)) => *wanted == ch,
            _ => false,
        };
        if fits {
            at += 1;
            continue;
        }
        let Some((after, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        (at, rest) = (*after, from.clone());
    }
}

/// The text in the case in which texts are compared; see [`Case`].
pub fn fold(text: &str, case: Case) -> Cow<'_, str> {
    // Nearly always there is nothing to fold, so that many bytes are looked at together, and none is the last.
    let changes = |byte: u8| !byte.is_ascii() | byte.is_ascii_uppercase();
    if case == Case::Exact || !text.bytes().fold(false, |any, byte| any | changes(byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(fold_char).collect())
}

fn fold_char(ch: char) -> char {
    if ch.is_ascii() {
        return ch.to_ascii_lowercase();
    }
    let mut lower = ch.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) if !single.is_ascii() => single,
        _ => ch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        let part = |ch: char| match ch {
            '*' => Part::Many,
            '?' => Part::One,
            _ => Part::Literal(ch.to_string()),
        };
        let mut parts: Vec<Part> = Vec::new();
        for ch in text.chars() {
            match (parts.last_mut(), part(ch)) {
                (Some(Part::Literal(text)), Part::Literal(more)) => text.push_str(&more),
                (_, part) => parts.push(part),
            }
        }
        Pattern(parts)
    }

    fn matches(patterns: &[&str], text: &str, case: Case) -> bool {
        let patterns = patterns.iter().map(|text| pattern(text)).collect();
        TextSet::new(&TextTest { case, patterns }).matches(text)
    }

    #[test]
    fn case_is_ignored_unless_asked_for() {
        assert!(matches(&["JohnD"], "johnd", Case::Ignore));
        assert!(!matches(&["JohnD"], "johnd", Case::Exact));
        assert!(matches(&["ÄRGER*"], "ärger mit k", Case::Ignore));
        assert!(!matches(&["k"], "\u{212a}", Case::Ignore), "the Kelvin sign is no k");
    }

    #[test]
    fn empty_pattern_is_the_empty_text_only() {
        assert!(matches(&[""], "", Case::Ignore));
        assert!(!matches(&[""], "x", Case::Ignore));
        assert!(matches(&["*"], "", Case::Ignore));
    }

    proptest! {
        #[test]
        fn wildcards_match_as_the_same_regex_does(glob in "[aB*?é]{0,8}", text in "[abÉ]{0,10}", more in "[ab*]{0,4}") {
            let regex = |glob: &str| {
                let body = regex::escape(glob).replace(r"\*", ".*").replace(r"\?", ".");
                regex::Regex::new(&format!("^(?si:{body})$")).unwrap()
            };
            let expected = regex(&glob).is_match(&text) || regex(&more).is_match(&text);
            prop_assert_eq!(matches(&[&glob, &more], &text, Case::Ignore), expected);
        }
    }
}
