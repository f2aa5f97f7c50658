//! Rules as Sigma writes them.
//!
//! All dialects become the same conditions, so that one writer serves them all. What it has written is read
//! back and compared: a rule is either said exactly or not at all.

mod section;
mod write;

use super::check::Complaint;
use super::diagnostic::Severity;
use super::loaded::{Loaded, Role};
use super::naming;
use super::{Case, Compare, Expr, Part, Pattern, Place, Predicate, RegexTest, Test, TextTest, sigma};
use crate::event::Field;
use section::Said;
use std::fmt::Write as _;
use write::{LOGSOURCE, entry, foot, head, quoted};

/// The rule as one document of a Sigma file.
///
/// # Errors
/// Sigma has no words for it, and why.
pub fn sigma(loaded: &Loaded) -> Result<String, Complaint> {
    let Loaded { rule, names, role, .. } = loaded;
    let head = head(&rule.meta, names);
    let body = match role {
        Role::Correlation(is) => section::correlation(is)?,
        Role::Detection => format!("{LOGSOURCE}detection:\n{}", detection(&rule.when)?),
        Role::Filter(targets) => {
            format!("{LOGSOURCE}{}{}", section::filter(targets), detection(&rule.when)?)
        }
    };
    let document = format!("{head}{body}{}", foot(&rule.meta, !matches!(role, Role::Filter(_))));
    reads_back(&document, loaded).map(|()| document)
}

/// Selections and the condition that joins them.
fn detection(when: &Expr) -> Result<String, Complaint> {
    match when.constant() {
        Some(true) => {
            return Err(unsaid("it matches every event", "use `kaudit hunt`, which shows them all"));
        }
        Some(false) => return Err(unsaid("it can never match", "see what `kaudit rules lint` says of it")),
        None => {}
    }
    let mut writer = Writer::default();
    let condition = writer.condition(when, false)?;
    let mut text = String::new();
    for (at, items) in writer.selections.iter().enumerate() {
        let _ = writeln!(text, "    {}:", selection(at));
        items.iter().for_each(|(key, values)| text.push_str(&entry(key, values, "        ")));
    }
    let _ = writeln!(text, "    condition: {condition}");
    Ok(text)
}

fn unsaid(text: &str, mend: &str) -> Complaint {
    Complaint::new(text, mend)
}

/// The document says what it was written for.
fn reads_back(document: &str, loaded: &Loaded) -> Result<(), Complaint> {
    let (rules, wrong) = sigma::load(document, "converted.yml");
    let fine = wrong.iter().all(|wrong| wrong.severity < Severity::Error);
    match rules.as_slice() {
        [one] if fine && says_the_same(one, loaded) => Ok(()),
        _ => {
            let mend = "split the rule into several, or name fewer special signs";
            Err(unsaid("the condition is too long, or holds signs that Sigma reads otherwise", mend))
        }
    }
}

fn says_the_same(one: &Loaded, other: &Loaded) -> bool {
    let same_role = match (&one.role, &other.role) {
        (Role::Detection, Role::Detection) => true,
        (Role::Correlation(one), Role::Correlation(other)) => Said::of(one) == Said::of(other),
        (Role::Filter(one), Role::Filter(other)) => section::targets(one) == section::targets(other),
        _ => false,
    };
    same_role && ordered(&one.rule.when) == ordered(&other.rule.when)
}

/// The condition with the parts of each group in one order, as their order says nothing.
fn ordered(expr: &Expr) -> Expr {
    let sorted = |parts: &[Expr]| {
        let mut parts: Vec<Expr> = parts.iter().map(ordered).collect();
        parts.sort_by_cached_key(|part| format!("{part:?}"));
        parts
    };
    match expr {
        Expr::All(parts) => Expr::All(sorted(parts)),
        Expr::Any(parts) => Expr::Any(sorted(parts)),
        Expr::Not(part) => Expr::Not(Box::new(ordered(part))),
        Expr::Is(Predicate { field, test: Test::Text(test) }) => {
            let mut patterns = test.patterns.clone();
            patterns.sort_by_cached_key(|pattern| format!("{pattern:?}"));
            Expr::is(field, Test::Text(TextTest { case: test.case, patterns }))
        }
        Expr::Is(_) => expr.clone(),
    }
}

/// A field with its modifiers, and its values as YAML.
type Entry = (String, Vec<String>);

#[derive(Default)]
struct Writer {
    selections: Vec<Vec<Entry>>,
}

fn selection(at: usize) -> String {
    format!("selection_{}", at + 1)
}

impl Writer {
    /// The condition in Sigma's words; `inner` when it must hold together within another.
    fn condition(&mut self, expr: &Expr, inner: bool) -> Result<String, Complaint> {
        match expr {
            Expr::All(parts) => self.all(parts).map(|parts| joined(parts, " and ", inner)),
            Expr::Any(parts) => self.any(parts).map(|parts| joined(parts, " or ", inner)),
            Expr::Not(part) => Ok(format!("not {}", self.condition(part, true)?)),
            Expr::Is(predicate) => Ok(self.select(vec![entry_of(predicate, false)?])),
        }
    }

    /// Comparisons that stand side by side share a selection.
    fn all(&mut self, parts: &[Expr]) -> Result<Vec<String>, Complaint> {
        let (mut said, mut together): (Vec<String>, Vec<Entry>) = (Vec::new(), Vec::new());
        for part in parts {
            match part {
                Expr::Is(predicate) => {
                    let entry = entry_of(predicate, false)?;
                    if together.iter().any(|(key, _)| *key == entry.0) {
                        said.push(self.select(std::mem::take(&mut together)));
                    }
                    together.push(entry);
                }
                other => {
                    if !together.is_empty() {
                        said.push(self.select(std::mem::take(&mut together)));
                    }
                    said.push(self.condition(other, true)?);
                }
            }
        }
        if !together.is_empty() {
            said.push(self.select(together));
        }
        Ok(said)
    }

    /// A text that may be empty, or a field that is missing, is one value to Sigma: `''`.
    fn any(&mut self, parts: &[Expr]) -> Result<Vec<String>, Complaint> {
        let missing = |field: &Field| Expr::is(field, Test::Exists).negate();
        let may_be_empty = |part: &Expr| match part {
            Expr::Is(Predicate { field, test: Test::Text(test) }) => {
                (holds_empty(test) && parts.contains(&missing(field))).then(|| missing(field))
            }
            _ => None,
        };
        let said_already: Vec<Expr> = parts.iter().filter_map(may_be_empty).collect();
        let mut said = Vec::new();
        for part in parts.iter().filter(|part| !said_already.contains(part)) {
            said.push(match part {
                Expr::Is(predicate) => self.select(vec![entry_of(predicate, may_be_empty(part).is_some())?]),
                other => self.condition(other, true)?,
            });
        }
        Ok(said)
    }

    fn select(&mut self, entries: Vec<Entry>) -> String {
        let known = self.selections.iter().position(|selection| *selection == entries);
        selection(known.unwrap_or_else(|| {
            self.selections.push(entries);
            self.selections.len() - 1
        }))
    }
}

fn joined(parts: Vec<String>, word: &str, inner: bool) -> String {
    let single = parts.len() == 1;
    let text = parts.join(word);
    if inner && !single { format!("({text})") } else { text }
}

fn holds_empty(test: &TextTest) -> bool {
    test.patterns.iter().any(|pattern| pattern.0.is_empty())
}

/// A comparison as key and values. `missing`: a field that is missing is met too.
fn entry_of(Predicate { field, test }: &Predicate, missing: bool) -> Result<Entry, Complaint> {
    let name = name(field)?;
    let with = |modifiers: &str, value: String| Ok((format!("{name}{modifiers}"), vec![value]));
    match test {
        Test::Exists => with("|exists", "true".to_owned()),
        Test::Text(test) if holds_empty(test) && !missing => Err(unsaid(
            "Sigma does not tell empty text from a missing field",
            "ask for text, or for `exists`",
        )),
        Test::Text(test) => Ok(texts(&name, test)),
        Test::Each(_) => Err(unsaid(
            "it asks that all values of a field are among some, and Sigma asks for one",
            "ask for the values that are wrong",
        )),
        Test::Number(compare, number) => with(suffix(*compare), number.get().to_string()),
        Test::Network(networks) => {
            let networks = networks.iter().map(|network| quoted(&network.to_string()));
            Ok((format!("{name}|cidr"), networks.collect()))
        }
        Test::Regex(regex) => with(&flags(regex), quoted(&regex.pattern)),
        Test::SameAs(place, other, case) => {
            let place = match place {
                Place::Whole => "",
                Place::Start => "|startswith",
                Place::End => "|endswith",
                Place::Anywhere => "|contains",
            };
            let other = self::name(other)?;
            with(&format!("|fieldref{place}{}", cased(*case)), quoted(&other))
        }
        Test::TimePart(part, compare, number) => {
            with(&format!("|{}{}", part.word(), suffix(*compare)), number.to_string())
        }
        Test::Time(..) => Err(unsaid("Sigma cannot compare points in time", "use --since and --until")),
    }
}

/// The name of a field, if it reads back as that field.
fn name(field: &Field) -> Result<String, Complaint> {
    let name = field.to_string();
    let same = naming::field(&name).is_ok_and(|read| read == *field);
    if same && !name.contains('|') {
        return Ok(name);
    }
    Err(unsaid(
        &format!("the name of the field {name} holds signs that Sigma has its own use for"),
        "drop the check",
    ))
}

fn cased(case: Case) -> &'static str {
    match case {
        Case::Exact => "|cased",
        Case::Ignore => "",
    }
}

fn suffix(compare: Compare) -> &'static str {
    match compare {
        Compare::Equal => "",
        Compare::Less => "|lt",
        Compare::LessOrEqual => "|lte",
        Compare::Greater => "|gt",
        Compare::GreaterOrEqual => "|gte",
    }
}

fn flags(regex: &RegexTest) -> String {
    let flag = |set: bool, name: &'static str| if set { name } else { "" };
    let flags = [flag(regex.ignore_case, "|i"), flag(regex.multi_line, "|m"), flag(regex.dot_all, "|s")];
    format!("|re{}", flags.concat())
}

/// Where all patterns stand at the same place, that is a modifier; else they keep their wildcards.
fn texts(name: &str, test: &TextTest) -> Entry {
    let places = [("", Place::Whole), ("|contains", Place::Anywhere), ("|startswith", Place::Start)];
    let places = places.into_iter().chain([("|endswith", Place::End)]);
    for (modifier, place) in places {
        let inner = test.patterns.iter().map(|pattern| within(pattern, place)).collect::<Option<Vec<_>>>();
        if let Some(inner) = inner {
            return (
                format!("{name}{modifier}{}", cased(test.case)),
                inner.iter().map(|text| quoted(text)).collect(),
            );
        }
    }
    let written = test.patterns.iter().map(|pattern| quoted(&pattern.0.iter().map(part).collect::<String>()));
    (format!("{name}{}", cased(test.case)), written.collect())
}

/// The text that stands at this place in the pattern, and nothing else.
fn within(pattern: &Pattern, place: Place) -> Option<String> {
    let text = match (place, pattern.0.as_slice()) {
        (Place::Whole, []) => "",
        (Place::Whole, [Part::Literal(text)]) => text,
        (Place::Anywhere, [Part::Many, Part::Literal(text), Part::Many]) => text,
        (Place::Start, [Part::Literal(text), Part::Many]) => text,
        (Place::End, [Part::Many, Part::Literal(text)]) => text,
        _ => return None,
    };
    Some(escaped(text))
}

fn part(part: &Part) -> String {
    match part {
        Part::Literal(text) => escaped(text),
        Part::Many => "*".to_owned(),
        Part::One => "?".to_owned(),
    }
}

/// Text in which nothing is a wildcard.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        if matches!(ch, '*' | '?' | '\\') {
            out.push('\\');
        }
        out.push(ch);
    }
    out
}

#[cfg(test)]
mod tests;
