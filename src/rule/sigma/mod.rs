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
//! - A filter's condition is added to that of each rule it names, so that exceptions are written `not ...`.
//! - `expand` puts the values of a list in the place of `%name%` (see [`Lists`]), also within a text;
//!   `cidr|expand` reads them as networks.
//! - Collections (`action`) are refused.

mod condition;
mod correlation;
mod detection;
mod document;
mod encode;
mod filter;
mod item;
mod modifier;
mod value;

use super::diagnostic::{Diagnostic, Source};
use super::lists::Lists;
use super::loaded::Loaded;
use super::report::{Report, Trust, faults_of};
use super::yaml::{self, Node};

/// Reads all rules of a file; `file` is the name under which its user knows it.
///
/// The second part is everything found wrong with documents that gave no rule, in the order of the file; at
/// least one [`Severity::Error`](super::Severity::Error) for each. What is merely doubtful about a rule is kept
/// with it. Placeholders stand for the lists that kaudit brings along.
pub fn load(text: &str, file: &str) -> (Vec<Loaded>, Vec<Diagnostic>) {
    read(text, file, Trust::None, Lists::builtin())
}

/// As [`load`], for rules that the tests have loaded: their regular expressions are taken as they are, since
/// building them is most of the time that loading takes.
pub fn load_tested(text: &str, file: &str, lists: &Lists) -> (Vec<Loaded>, Vec<Diagnostic>) {
    read(text, file, Trust::Tested, lists)
}

fn read(text: &str, file: &str, trust: Trust, lists: &Lists) -> (Vec<Loaded>, Vec<Diagnostic>) {
    let source = Source { file, text };
    let (documents, faults) = yaml::read(text);
    let mut found = faults_of(source, faults);
    let mut rules = Vec::new();
    for document in &documents {
        match read_document(source, document, trust, lists) {
            Ok(rule) => rules.push(rule),
            Err(mut wrong) => found.append(&mut wrong),
        }
    }
    found.sort_by_key(|diagnostic| (diagnostic.at.line, diagnostic.at.column));
    (rules, found)
}

/// Reads one document of a file.
///
/// # Errors
/// All that is wrong with it.
pub fn read_document(
    source: Source<'_>,
    document: &Node,
    trust: Trust,
    lists: &Lists,
) -> Result<Loaded, Vec<Diagnostic>> {
    let mut report = Report::new(source, trust);
    report.lists = lists;
    document::read(document, &mut report).ok_or(report.found)
}

#[cfg(test)]
mod tests;
