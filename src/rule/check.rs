//! Telling tests that no audit event can pass.
//!
//! A rule with such a test is not wrong as such: it was perhaps written for the fields of some SIEM. But it
//! stays silent for ever, so whoever loads it must be told.

use super::resources::plural_of;
use super::{Case, Expr, Part, Pattern, Predicate, RegexTest, Test};
use crate::event::{Field, Kind};
use regex::{Regex, RegexBuilder};
use regex_automata::{meta, util::syntax};
use std::fmt;

/// Why a test can never be passed, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub text: String,
    pub mend: String,
}

impl Complaint {
    pub fn new(text: impl Into<String>, mend: impl Into<String>) -> Complaint {
        Complaint { text: text.into(), mend: mend.into() }
    }
}

/// Every part of a condition that can never be met, in the order of the condition. For hunts, whose values
/// have no place in a file; rules are judged value by value when they are loaded.
pub fn complaints(expr: &Expr) -> Vec<Complaint> {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().flat_map(complaints).collect(),
        Expr::Not(inner) => complaints(inner),
        Expr::Is(Predicate { field, test: Test::Text(text) | Test::Each(text) }) => {
            let judged = text.patterns.iter().map(|pattern| pattern_complaint(field, pattern, text.case));
            judged.flatten().collect()
        }
        Expr::Is(predicate) => impossible(predicate).into_iter().collect(),
    }
}

/// Why no event passes this test of this field; `None` when one can.
pub fn impossible(predicate: &Predicate) -> Option<Complaint> {
    let Predicate { field, test } = predicate;
    match test {
        Test::Text(text) | Test::Each(text) => {
            let mut all = text.patterns.iter().map(|pattern| pattern_complaint(field, pattern, text.case));
            let first = all.next()?;
            if all.all(|complaint| complaint.is_some()) { first } else { None }
        }
        Test::Regex(regex) => regex_complaint(field, regex),
        Test::Exists => None,
        _ => bare_object(field).or_else(|| wrong_kind(field, test)),
    }
}

/// Why no value of the field is like the pattern.
pub fn pattern_complaint(field: &Field, pattern: &Pattern, case: Case) -> Option<Complaint> {
    if pattern.is_anything() {
        return None;
    }
    bare_object(field)
        .or_else(|| never(field, pattern.plain() == Some(""), &|value| pattern.is_like(value, case), pattern))
        .or_else(|| no_digits(field, pattern))
        .or_else(|| no_plural(field, pattern))
}

fn regex_complaint(field: &Field, test: &RegexTest) -> Option<Complaint> {
    // Compiling is dear: only where there are values to try it on.
    let regex = if field.spec().values.is_empty() { None } else { compile(test).ok() };
    let Some(regex) = regex else { return bare_object(field) };
    bare_object(field).or_else(|| never(field, false, &|value| regex.is_match(value), test))
}

/// The regular expression of a test.
///
/// # Errors
/// One line that says what is wrong with it.
pub fn compile(test: &RegexTest) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(&test.pattern);
    builder.case_insensitive(test.ignore_case).multi_line(test.multi_line).dot_matches_new_line(test.dot_all);
    builder.build().map_err(|error| {
        let text = error.to_string();
        let line = text.lines().last().unwrap_or_default().trim();
        line.strip_prefix("error: ").unwrap_or(line).to_owned()
    })
}

/// The same for one that is known to be right, or put together of such: however large that makes it. `prefilter` tells
/// whether it is to look for likely places first.
pub fn compile_known(test: &RegexTest, prefilter: bool) -> Option<meta::Regex> {
    let config = meta::Config::new().auto_prefilter(prefilter).nfa_size_limit(None);
    meta::Builder::new().configure(config).syntax(syntax(test)).build(&test.pattern).ok()
}

/// How the pattern is read.
pub fn syntax(test: &RegexTest) -> syntax::Config {
    syntax::Config::new()
        .case_insensitive(test.ignore_case)
        .multi_line(test.multi_line)
        .dot_matches_new_line(test.dot_all)
}

/// An object has no text of its own, unless it is asked for as JSON text.
fn bare_object(field: &Field) -> Option<Complaint> {
    let spec = field.spec();
    let whole = matches!(spec.kind, Kind::Object | Kind::Map) && field.path().is_empty();
    let whole = whole && !matches!(spec.name, "json" | "uri.param" | "userAgent.product");
    whole.then(|| {
        let mend = format!("name what stands below it (`{field}.KEY`), or ask only whether it exists");
        Complaint::new(format!("`{field}` is an object, which has no value of its own"), mend)
    })
}

/// The field holds one of a few values, none of which is asked for. Emptiness (`missing`) is always possible.
fn never(
    field: &Field,
    missing: bool,
    is: &dyn Fn(&str) -> bool,
    asked: &dyn fmt::Display,
) -> Option<Complaint> {
    let values = field.spec().values;
    if values.is_empty() || missing || values.iter().any(|value| is(value)) {
        return None;
    }
    let text = format!("`{field}` is never {asked}");
    Some(Complaint::new(text, format!("it is one of {}", values.join(", "))))
}

fn no_digits(field: &Field, pattern: &Pattern) -> Option<Complaint> {
    if field.spec().kind != Kind::Number || pattern.0.is_empty() {
        return None;
    }
    let numeric = |ch: char| ch.is_ascii_digit() || matches!(ch, '.' | '-' | '+' | 'e' | 'E');
    let can = |part: &Part| !matches!(part, Part::Literal(text) if !text.chars().all(numeric));
    if pattern.0.iter().all(can) {
        return None;
    }
    let mend = match field.spec().name {
        "responseStatus.code" => {
            "write the HTTP status code (200, 403 ...), or ask for `outcome`: allowed, denied ..."
        }
        _ => "write a number",
    };
    Some(Complaint::new(format!("`{field}` is a number, and never {pattern}"), mend))
}

/// Audit events name resources in the plural.
fn no_plural(field: &Field, pattern: &Pattern) -> Option<Complaint> {
    if !matches!(field.spec().name, "objectRef.resource" | "resource") {
        return None;
    }
    let written = pattern.plain()?;
    let plural = plural_of(written.split(['/', '.']).next().unwrap_or(written))?;
    let text = format!("audit events name resources in the plural, so that none has `{written}`");
    Some(Complaint::new(text, format!("write `{plural}`")))
}

/// A test that does not go with what the field holds.
fn wrong_kind(field: &Field, test: &Test) -> Option<Complaint> {
    let spec = field.spec();
    let closed = !spec.values.is_empty();
    let (wrong, mend) = match (test, spec.kind) {
        (Test::Number(..), Kind::Time) => {
            ("a time, not a number", "ask for a part of it: `time|hour|gte: 22`")
        }
        (Test::Number(..), _) if closed => ("text, not a number", "compare it with text"),
        (Test::Network(_), Kind::Number | Kind::Time) => ("no address", "ask for sourceIP or sourceIPs"),
        (Test::Network(_), _) if closed => ("no address", "ask for sourceIP or sourceIPs"),
        (Test::Time(..) | Test::TimePart(..), Kind::Number | Kind::Address) => ("no time", "ask for `time`"),
        (Test::Time(..) | Test::TimePart(..), _) if closed => ("no time", "ask for `time`"),
        _ => return None,
    };
    Some(Complaint::new(format!("`{field}` is {wrong}"), mend))
}
