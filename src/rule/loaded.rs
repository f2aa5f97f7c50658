//! A rule together with where it came from and what is doubtful about it.

use super::Rule;
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
}
