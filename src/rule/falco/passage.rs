//! Text that was put together from several places of several files, each of which can be shown.

use crate::rule::diagnostic::{Diagnostic, Severity, Source, Spot};
use crate::rule::report::{Report, Trust};
use std::ops::Range;

/// One scalar of a file.
#[derive(Clone, Copy, Debug)]
pub struct Place<'t> {
    pub source: Source<'t>,
    pub spot: Spot,
}

impl Place<'_> {
    pub fn diagnose(
        &self,
        severity: Severity,
        text: impl Into<String>,
        mend: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { severity, at: self.source.excerpt(self.spot), text: text.into(), mend: mend.into() }
    }
}

/// Texts joined by blanks, as Falco joins what is appended.
#[derive(Clone, Debug, Default)]
pub struct Passage<'t> {
    parts: Vec<(Place<'t>, String)>,
}

impl<'t> Passage<'t> {
    pub fn new(place: Place<'t>, text: &str) -> Passage<'t> {
        Passage { parts: vec![(place, text.to_owned())] }
    }

    pub fn append(&mut self, other: Passage<'t>) {
        self.parts.extend(other.parts);
    }

    pub fn text(&self) -> String {
        self.parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Where a part of the text stands.
    pub fn diagnose(
        &self,
        severity: Severity,
        range: &Range<usize>,
        text: impl Into<String>,
        mend: impl Into<String>,
    ) -> Option<Diagnostic> {
        let mut start = 0;
        for (at, (place, part)) in self.parts.iter().enumerate() {
            let end = start + part.len();
            if range.start <= end || at + 1 == self.parts.len() {
                let within =
                    range.start.saturating_sub(start)..range.end.saturating_sub(start).min(part.len());
                let spot = Report::new(place.source, Trust::None).within(place.spot, part, within);
                return Some(Place { spot, ..*place }.diagnose(severity, text, mend));
            }
            start = end + 1;
        }
        None
    }
}
