//! A rule together with where it came from and what is doubtful about it.

use super::Rule;
use super::correlation::{Correlation, Reference};
use super::diagnostic::{Diagnostic, Excerpt};

/// A rule as it came out of its file.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub rule: Rule,
    /// Every name by which the rule is known, the first of which is its id.
    pub names: Vec<String>,
    /// Its title in the file.
    pub at: Excerpt,
    /// What is doubtful about it.
    pub warnings: Vec<Diagnostic>,
    pub role: Role,
    /// Names of the lists that it refers to.
    pub lists: Vec<String>,
}

/// What a document does.
#[derive(Clone, Debug)]
pub enum Role {
    /// Its condition holds for single events.
    Detection,
    /// It looks at the events of other rules; its condition is false.
    Correlation(Box<Correlation>),
    /// Other rules match only where its condition holds too.
    Filter(Targets),
}

/// The rules that a filter is for.
#[derive(Clone, Debug)]
pub enum Targets {
    Any,
    Named(Vec<Reference>),
}

impl Loaded {
    pub fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }

    /// The rules that it names.
    pub fn references(&self) -> &[Reference] {
        match &self.role {
            Role::Correlation(correlation) => &correlation.rules,
            Role::Filter(Targets::Named(rules)) => rules,
            Role::Detection | Role::Filter(Targets::Any) => &[],
        }
    }

    pub fn correlation(&self) -> Option<&Correlation> {
        match &self.role {
            Role::Correlation(correlation) => Some(correlation),
            _ => None,
        }
    }
}
