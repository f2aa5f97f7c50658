//! Sigma detection rules (specification 2.1) into [`Rule`](super::Rule)s.
//!
//! ```text
//! text -> yaml (tree with places) -> document -> detection -> item -> Expr
//!                                                          -> condition
//! ```
//!
//! How Sigma's words are understood here:
//!
//! - A field is a name of the field table. A field that audit events do not have is as if it were missing:
//!   the rule loads, with a warning.
//! - Text is compared ignoring case, with `*` and `?`; `cased` and `re` tell cases apart.
//! - A number without quotes is compared as a number, also with text that reads so.
//! - `null` is met by a field that is missing or null. `''` is met by empty text and, as Kubernetes leaves
//!   out what is empty, also by a field that is missing. `'*'` is met by a field that is there.
//! - `neq` is met when none of the values is, hence also by a field that is missing.
//! - Keywords are searched in every text and number of the record, keys left out.
//! - Correlations, filters and collections (`action`) are refused.

mod condition;
mod detection;
mod document;
mod encode;
mod item;
mod modifier;
mod report;
mod value;
pub mod yaml;

use super::diagnostic::{Diagnostic, Source};
use super::loaded::Loaded;
use report::{Report, Trust};

/// Reads all rules of a file; `file` is the name under which its user knows it.
///
/// The second part is everything found wrong with documents that gave no rule, in the order of the file; at
/// least one [`Severity::Error`](super::Severity::Error) for each. What is merely doubtful about a rule is kept
/// with it.
pub fn load(text: &str, file: &str) -> (Vec<Loaded>, Vec<Diagnostic>) {
    read(text, file, Trust::None)
}

/// As [`load`], for rules that the tests have loaded: their regular expressions are taken as they are, since
/// building them is most of the time that loading takes.
pub fn load_tested(text: &str, file: &str) -> (Vec<Loaded>, Vec<Diagnostic>) {
    read(text, file, Trust::Tested)
}

fn read(text: &str, file: &str, trust: Trust) -> (Vec<Loaded>, Vec<Diagnostic>) {
    let source = Source { file, text };
    let (documents, faults) = yaml::read(text);
    let mut report = Report::new(source, trust);
    for fault in faults {
        report.error(fault.spot, fault.text, fault.mend);
    }
    let mut rules = Vec::new();
    for document in &documents {
        let mut own = Report::new(source, trust);
        match document::read(document, &mut own) {
            Some(rule) => rules.push(rule),
            None => report.found.append(&mut own.found),
        }
    }
    report.found.sort_by_key(|diagnostic| (diagnostic.at.line, diagnostic.at.column));
    (rules, report.found)
}

#[cfg(test)]
mod tests;
