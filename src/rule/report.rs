//! What is found wrong with one rule, as it is read.

use super::check::{self, Complaint};
use super::diagnostic::{Diagnostic, Severity, Source, Spot};
use super::lists::Lists;
use super::yaml::Fault;
use super::{RegexTest, plain};
use std::collections::{BTreeSet, HashSet};

/// Collects: a reader of rules goes on after a mistake, so that one run shows them all.
pub struct Report<'t> {
    pub source: Source<'t>,
    pub found: Vec<Diagnostic>,
    /// Regular expressions that are known to be fine: rules repeat them for many fields, and compiling is
    /// most of the cost of loading a rule.
    fine: HashSet<RegexTest>,
    trust: Trust,
    pub lists: &'t Lists,
    /// Names of the lists that the rule refers to.
    pub referred: BTreeSet<String>,
}

/// What is wrong with a file as YAML.
pub fn faults_of(source: Source<'_>, faults: Vec<Fault>) -> Vec<Diagnostic> {
    let mut report = Report::new(source, Trust::None);
    faults.into_iter().for_each(|fault| report.error(fault.spot, fault.text, fault.mend));
    report.found
}

/// Where a character of a text stands in a scalar over several lines, which differs from the text in its blanks
/// only. `None` where it differs in more.
fn locate(raw: &str, text: &str, at: usize) -> Option<usize> {
    let is_ink = |ch: &char| !ch.is_whitespace();
    let before = text.get(..at)?.chars().filter(is_ink).count();
    let wanted = text.get(at..)?.chars().find(is_ink);
    let header =
        if raw.starts_with(['>', '|']) { raw.find('\n')? } else { usize::from(raw.starts_with(['"', '\''])) };
    let mut ink = raw.get(header..)?.char_indices().filter(|(_, ch)| is_ink(ch));
    match ink.nth(before) {
        Some((place, found)) => (wanted == Some(found)).then_some(header + place),
        None => wanted.is_none().then_some(raw.trim_end().len()),
    }
}

/// Whether regular expressions must be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    None,
    /// The rules were loaded by the tests of this very build.
    Tested,
}

impl<'t> Report<'t> {
    pub fn new(source: Source<'t>, trust: Trust) -> Report<'t> {
        let lists = Lists::builtin();
        Report { source, found: Vec::new(), fine: HashSet::new(), trust, lists, referred: BTreeSet::new() }
    }

    pub fn error(&mut self, spot: Spot, text: impl Into<String>, mend: impl Into<String>) {
        self.add(Severity::Error, spot, text.into(), mend.into());
    }

    pub fn warning(&mut self, spot: Spot, text: impl Into<String>, mend: impl Into<String>) {
        self.add(Severity::Warning, spot, text.into(), mend.into());
    }

    /// Something that only `rules lint` tells.
    pub fn note(&mut self, spot: Spot, text: impl Into<String>, mend: impl Into<String>) {
        self.add(Severity::Note, spot, text.into(), mend.into());
    }

    pub fn complain(&mut self, spot: Spot, complaint: Complaint) {
        self.warning(spot, complaint.text, complaint.mend);
    }

    fn add(&mut self, severity: Severity, spot: Spot, text: String, mend: String) {
        let at = self.source.excerpt(spot);
        self.found.push(Diagnostic { severity, at, text, mend });
    }

    /// Whether a regular expression can be compiled.
    ///
    /// # Errors
    /// One line that says what is wrong with it.
    pub fn check(&mut self, regex: &RegexTest) -> Result<(), String> {
        if self.trust == Trust::None && !self.fine.contains(regex) && plain::texts(regex).is_none() {
            check::compile(regex)?;
            self.fine.insert(regex.clone());
        }
        Ok(())
    }

    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The spot of `part` of a scalar's text. Where YAML shows the text otherwise than it reads (escapes),
    /// the whole scalar.
    pub fn within(&self, spot: Spot, text: &str, part: std::ops::Range<usize>) -> Spot {
        let raw = self.source.text.get(spot.start..spot.end).unwrap_or_default();
        if let Some(at) = raw.find(text) {
            return Spot::new(spot.start + at + part.start, spot.start + at + part.end);
        }
        let Some(start) = locate(raw, text, part.start) else { return spot };
        let end =
            text.get(part.clone()).filter(|part| !part.contains(char::is_whitespace)).map_or(1, str::len);
        Spot::new(spot.start + start, spot.start + start + end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the first part of the scalar behind `a:` is found, as line, column and width.
    fn place(text: &str, part: &str) -> (u32, u32, u32) {
        let (documents, _) = super::super::yaml::read(text);
        let super::super::yaml::Content::Map(pairs) = &documents[0].content else { panic!("{text}") };
        let (node, source) = (&pairs[0].1, Source { file: "a.yml", text });
        let scalar = &node.scalar().unwrap().text;
        let start = scalar.find(part).unwrap();
        let report = Report::new(source, Trust::None);
        let at = source.excerpt(report.within(node.spot, scalar, start..start + part.len()));
        (at.line, at.column, at.width)
    }

    #[test]
    fn parts_are_found_in_scalars_of_any_form() {
        for (text, expected) in [
            ("a: one two three", (1, 8, 3)),
            ("a: 'one two three'", (1, 9, 3)),
            ("a: >\n  one\n  two three\n", (3, 3, 3)),
            ("a: |-\n  one\n\n  two\n   three\n", (4, 3, 3)),
            ("a: one\n   two\n   three\n", (2, 4, 3)),
            ("a: \"one\n   two three\"\n", (2, 4, 3)),
        ] {
            assert_eq!(place(text, "two"), expected, "{text}");
        }
        // What is escaped cannot be found again: the whole is shown.
        assert_eq!(place("a: \"\\x41 two\"", "two"), (1, 4, 10));
    }
}
