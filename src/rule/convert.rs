//! Rules as Sigma writes them.
//!
//! All dialects become the same conditions, so that one writer serves them all. What it has written is read
//! back and compared: a rule is either said exactly or not at all.

use super::check::Complaint;
use super::diagnostic::Severity;
use super::loaded::Loaded;
use super::naming::{self, slug};
use super::{Case, Compare, Expr, Meta, Part, Pattern, Place, Predicate, RegexTest, Test, TextTest, sigma};
use crate::event::Field;
use std::fmt::Write as _;

/// The rule as one document of a Sigma file.
///
/// # Errors
/// Sigma has no words for it, and why.
pub fn sigma(loaded: &Loaded) -> Result<String, Complaint> {
    let Loaded { rule, names, .. } = loaded;
    match rule.when.constant() {
        Some(true) => {
            return Err(unsaid("it matches every event", "use `kaudit hunt`, which shows them all"));
        }
        Some(false) => return Err(unsaid("it can never match", "see what `kaudit rules lint` says of it")),
        None => {}
    }
    let mut writer = Writer::default();
    let condition = writer.condition(&rule.when, false)?;
    let mut document = head(&rule.meta, names);
    document.push_str("detection:\n");
    for (at, items) in writer.selections.iter().enumerate() {
        let _ = writeln!(document, "    {}:", selection(at));
        items.iter().for_each(|(key, values)| document.push_str(&entry(key, values, "        ")));
    }
    let _ = writeln!(document, "    condition: {condition}");
    document.push_str(&foot(&rule.meta));
    reads_back(&document, &rule.when).map(|()| document)
}

fn unsaid(text: &str, mend: &str) -> Complaint {
    Complaint::new(text, mend)
}

/// The document says what it was written for.
fn reads_back(document: &str, when: &Expr) -> Result<(), Complaint> {
    let (rules, wrong) = sigma::load(document, "converted.yml");
    let fine = wrong.iter().all(|wrong| wrong.severity < Severity::Error);
    match rules.as_slice() {
        [one] if fine && ordered(&one.rule.when) == ordered(when) => Ok(()),
        _ => {
            let mend = "split the rule into several, or name fewer special signs";
            Err(unsaid("the condition is too long, or holds signs that Sigma reads otherwise", mend))
        }
    }
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

fn head(meta: &Meta, names: &[String]) -> String {
    let mut head = format!("title: {}\n", scalar(&meta.title));
    let is_uuid =
        |name: &&String| name.len() == 36 && name.chars().all(|ch| ch.is_ascii_hexdigit() || ch == '-');
    if let Some(id) = names.iter().find(is_uuid) {
        let _ = writeln!(head, "id: {id}");
    }
    if !is_uuid(&&meta.id) {
        let slug = slug(&meta.id);
        let _ = writeln!(head, "name: {}", scalar(if slug.is_empty() { &meta.id } else { &slug }));
    }
    let _ = writeln!(head, "status: {}", meta.status.name());
    for (key, text) in [("description", &meta.description), ("author", &meta.author)] {
        if !text.is_empty() {
            let _ = writeln!(head, "{key}: {}", scalar(text));
        }
    }
    for (key, list) in [("references", &meta.references), ("tags", &meta.tags)] {
        head.push_str(&list_of(key, list));
    }
    head + "logsource:\n    product: kubernetes\n    service: audit\n"
}

fn foot(meta: &Meta) -> String {
    let mut foot = list_of("falsepositives", &meta.false_positives);
    let _ = writeln!(foot, "level: {}", meta.level.name());
    foot + &list_of("next", &meta.next)
}

fn list_of(key: &str, texts: &[String]) -> String {
    let values: Vec<String> = texts.iter().map(|text| scalar(text)).collect();
    match values.is_empty() {
        true => String::new(),
        false => {
            format!("{key}:\n{}", values.iter().map(|value| format!("    - {value}\n")).collect::<String>())
        }
    }
}

fn entry(key: &str, values: &[String], indent: &str) -> String {
    let key = scalar(key);
    match values {
        [one] => format!("{indent}{key}: {one}\n"),
        many => {
            let lines = many.iter().map(|value| format!("{indent}    - {value}\n"));
            format!("{indent}{key}:\n{}", lines.collect::<String>())
        }
    }
}

/// Text as YAML, without quotes where nothing can be taken for anything else.
fn scalar(text: &str) -> String {
    let plain = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '_' | '.' | '|' | '/' | '-' | ' ');
    let word = text.starts_with(|ch: char| ch.is_ascii_alphabetic()) && text.chars().all(plain);
    let lower = text.to_ascii_lowercase();
    let other = matches!(lower.as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if word && !other && !text.ends_with(' ') { text.to_owned() } else { quoted(text) }
}

/// Text in quotes: single ones, unless something in it must be written as an escape.
fn quoted(text: &str) -> String {
    let invisible = |ch: char| {
        ch.is_control()
            || matches!(ch, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    if !text.chars().any(invisible) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for ch in text.chars() {
        match ch {
            '"' | '\\' => out.extend(['\\', ch]),
            ch if invisible(ch) => _ = write!(out, "\\u{:04x}", ch as u32),
            ch => out.push(ch),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Collection, golden, lint, load};

    /// Every example file of every dialect: what is written reads back to the same.
    #[test]
    fn all_examples_read_back_to_the_same() {
        let (mut said, mut unsaid) = (0, Vec::new());
        let files = ["alcide", "falco", "sigma"].into_iter().flat_map(golden::files);
        for path in files {
            let Collection { rules, .. } = golden::read(&path);
            for loaded in &rules {
                match sigma(loaded) {
                    Ok(text) => {
                        let back = load::read_texts(&[("back.yml".to_owned(), text.clone().into_bytes())]);
                        assert_eq!(back.rules.len(), 1, "{text}\n{:?}", back.found);
                        let (one, other) = (&back.rules[0].rule, &loaded.rule);
                        assert_eq!(ordered(&one.when), ordered(&other.when), "{text}");
                        assert_eq!((&one.meta.title, one.meta.level), (&other.meta.title, other.meta.level));
                        assert_eq!(one.meta.tags, other.meta.tags);
                        lint(&back.rules);
                        said += 1;
                    }
                    Err(why) => unsaid.push(format!("{}: {}", loaded.rule.meta.id, why.text)),
                }
            }
        }
        let reasons = ["can never match", "every event", "all values", "empty text", "points in time"];
        let other: Vec<_> =
            unsaid.iter().filter(|why| !reasons.iter().any(|reason| why.contains(reason))).collect();
        assert!(other.is_empty(), "{other:#?}");
        assert!(said > 100, "only {said} of {} are said", said + unsaid.len());
    }

    #[test]
    fn built_in_rules_are_sigma_already_and_stay_what_they_are() {
        for loaded in crate::rule::builtin::load().unwrap() {
            assert!(sigma(&loaded).is_ok(), "{}", loaded.rule.meta.id);
        }
    }

    #[test]
    fn yaml_takes_no_text_for_anything_else() {
        for text in [
            "true",
            "No",
            "~",
            "",
            " a",
            "a ",
            "1",
            "0x1",
            "a: b",
            "# x",
            "it's",
            "a\nb\t\"\\",
            "\u{feff}",
            "- a",
            "\u{7f}é",
        ] {
            let document = format!("a: {}\nb: {}\n", scalar(text), quoted(text));
            let (documents, faults) = crate::rule::yaml::read(&document);
            assert!(faults.is_empty(), "{document}");
            let crate::rule::yaml::Content::Map(pairs) = &documents[0].content else { panic!("{document}") };
            for (_, node) in pairs {
                assert_eq!(node.scalar().unwrap().text, text, "{document}");
                assert!(!node.is_null() || text == "~", "{document}");
            }
        }
    }
}
