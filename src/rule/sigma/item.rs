//! One line of a selection: a field, its modifiers and its values.

use super::encode;
use super::modifier::{Ask, Modifiers};
use super::value::Value;
use crate::event::Field;
use crate::rule::check::{self, Complaint};
use crate::rule::diagnostic::Spot;
use crate::rule::report::Report;
use crate::rule::yaml::{Content, Key, Node};
use crate::rule::{Compare, Expr, Number, Pattern, Place, RegexTest, Test, TimePart};
use crate::rule::{naming, network};

/// The field whose texts a keyword is searched in.
pub const KEYWORDS: &str = "record";

/// A field and what is asked of it.
struct Item {
    /// `None` for a field that audit events do not have: whatever is asked of it is answered as for a field
    /// that is missing.
    field: Option<Field>,
    modifiers: Modifiers,
    key: Spot,
}

/// The condition of `key: values`. Mistakes go to the report; what stands for them is false.
pub fn read(key: &Key, values: &Node, report: &mut Report) -> Expr {
    let Some(modifiers) = modifiers(key, report) else { return Expr::FALSE };
    let name = key.text.split('|').next().unwrap_or_default();
    let mut item = Item { field: None, modifiers, key: report.within(key.spot, &key.text, 0..name.len()) };
    if name.is_empty() {
        return keywords(item, values, report);
    }
    item.field = field(name, item.key, report);
    item.read(values, report)
}

/// The condition of a list of keywords: each is looked for anywhere in the record.
pub fn keyword(value: &Node, report: &mut Report) -> Expr {
    let item = Item { field: None, modifiers: Modifiers::default(), key: value.spot };
    keywords(item, value, report)
}

fn keywords(mut item: Item, values: &Node, report: &mut Report) -> Expr {
    item.field = Field::parse(KEYWORDS).ok();
    match item.modifiers.ask {
        Ask::Value if item.modifiers.place == Place::Whole => item.modifiers.place = Place::Anywhere,
        Ask::Value | Ask::Regex { .. } | Ask::Network => {}
        _ => {
            let text = "keywords are searched in the whole record, where this modifier makes no sense";
            report.error(item.key, text, "name a field before the `|`");
        }
    }
    item.read(values, report)
}

fn modifiers(key: &Key, report: &mut Report) -> Option<Modifiers> {
    let mut modifiers = Modifiers::default();
    let mut at = key.text.find('|').map_or(key.text.len(), |bar| bar + 1);
    let mut fine = true;
    for name in key.text.split('|').skip(1) {
        let spot = report.within(key.spot, &key.text, at..at + name.len());
        if let Err((text, mend)) = modifiers.add(name) {
            report.error(spot, text, mend);
            fine = false;
        }
        at += name.len() + 1;
    }
    fine.then_some(modifiers)
}

fn field(name: &str, spot: Spot, report: &mut Report) -> Option<Field> {
    let unknown = match naming::field(name) {
        Ok(field) => return Some(field),
        Err(unknown) => unknown,
    };
    let text = format!("{}, so that it counts as missing", unknown.text);
    report.warning(spot, text, unknown.mend);
    None
}

impl Item {
    fn read(&self, values: &Node, report: &mut Report) -> Expr {
        let nodes = match &values.content {
            Content::List(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(values),
        };
        if nodes.is_empty() {
            report.error(values.spot, "this list of values is empty", "write what the field is to hold");
        }
        if self.modifiers.all && nodes.len() == 1 {
            report.warning(self.key, "`all` of a single value changes nothing", "drop `all`");
        }
        let parts = nodes.iter().filter_map(|node| self.one(node, report)).collect();
        let met = if self.modifiers.all { Expr::all(parts) } else { Expr::any(parts) };
        if self.modifiers.negated { met.negate() } else { met }
    }

    fn like(&self, patterns: Vec<Pattern>) -> Expr {
        match &self.field {
            Some(field) => Expr::like(field, self.modifiers.case, patterns),
            None if patterns.iter().any(|pattern| pattern.0.is_empty()) => Expr::TRUE,
            None => Expr::FALSE,
        }
    }

    fn is(&self, test: Test) -> Expr {
        self.field.as_ref().map_or(Expr::FALSE, |field| Expr::is(field, test))
    }

    /// As [`Item::is`], with a warning when no event can pass the test.
    fn ask(&self, test: Test, spot: Spot, report: &mut Report) -> Expr {
        let expr = self.is(test);
        if let Expr::Is(predicate) = &expr
            && let Some(complaint) = check::impossible(predicate)
        {
            report.complain(spot, complaint);
        }
        expr
    }

    /// The condition that one value is met.
    fn one(&self, node: &Node, report: &mut Report) -> Option<Expr> {
        let Some(scalar) = node.scalar() else {
            let mend = match node.content {
                Content::Map(_) => "name the path in the key instead: `requestObject.spec.hostNetwork: true`",
                _ => "write one flat list",
            };
            report.error(node.spot, format!("a value is to be single, and this is {}", node.kind()), mend);
            return None;
        };
        let value = Value::of(scalar);
        let found = match value.text().filter(|_| self.modifiers.expand).map(Placeholder::of) {
            Some(Ok(Some(place))) => self.listed(&place, node.spot, report),
            Some(Err(complaint)) => Err(complaint),
            _ => self.single(value, node.spot, report),
        };
        found.map_err(|Complaint { text, mend }| report.error(node.spot, text, mend)).ok()
    }

    fn single(&self, value: Value, spot: Spot, report: &mut Report) -> Result<Expr, Complaint> {
        match self.modifiers.ask {
            Ask::Value => self.value(value, spot, report),
            Ask::Exists => self.exists(value),
            Ask::Number(compare) => self.number(value, compare, spot, report),
            Ask::TimePart(part, compare) => self.time_part(value, part, compare, spot, report),
            Ask::Regex { .. } => self.regex(value, spot, report),
            Ask::Network => self.network(value, spot, report),
            Ask::FieldRef => self.field_ref(value, spot, report),
        }
    }

    /// The condition that a value of the list is met; with `all`, that all are. Of an empty list none is.
    fn listed(&self, place: &Placeholder, spot: Spot, report: &mut Report) -> Result<Expr, Complaint> {
        let Some(list) = report.lists.get(&place.name) else {
            let text = format!("there is no list `{}`", place.name);
            return Err(Complaint::new(text, report.lists.mend(&place.name)));
        };
        report.referred.insert(place.name.clone());
        let one = |(line, value): &(usize, String)| {
            let text = format!("{}{value}{}", place.before, place.after);
            let found = match self.modifiers.ask {
                Ask::Network => self.network(Value::Text(&text), spot, report),
                _ => self.patterns(&text).map(|patterns| self.like(patterns)),
            };
            found.map_err(|Complaint { text, mend }| {
                Complaint::new(format!("{text}, at {}:{line} (list `{}`)", list.file, place.name), mend)
            })
        };
        let parts = list.values.iter().map(one).collect::<Result<Vec<Expr>, Complaint>>()?;
        Ok(if self.modifiers.all { Expr::all(parts) } else { Expr::any(parts) })
    }

    fn value(&self, value: Value, spot: Spot, report: &mut Report) -> Result<Expr, Complaint> {
        let plain = self.modifiers.place == Place::Whole && self.modifiers.steps.is_empty();
        match value {
            Value::Null if plain => return Ok(self.is(Test::Exists).negate()),
            Value::Number { number, text, canonical } if plain => {
                return Ok(self.equal(number, text, canonical, spot, report));
            }
            _ => {}
        }
        let no_text = || Complaint::new("nothing can contain null", "write text, or drop the modifier");
        let text = value.text().ok_or_else(no_text)?;
        let placed = match self.modifiers.expand {
            true => self.patterns(&text.replace("\\%", "%"))?,
            false => self.patterns(text)?,
        };
        self.judge(&placed, spot, report);
        Ok(self.like(placed))
    }

    /// A text as it is searched for: encoded, and bound to its place.
    fn patterns(&self, text: &str) -> Result<Vec<Pattern>, Complaint> {
        let patterns = encode::apply(Pattern::parse(text), &self.modifiers.steps)
            .map_err(|(text, mend)| Complaint::new(text, mend))?;
        Ok(patterns.into_iter().map(|pattern| pattern.placed(self.modifiers.place)).collect())
    }

    fn judge(&self, patterns: &[Pattern], spot: Spot, report: &mut Report) {
        let Some(field) = &self.field else { return };
        let complaint = |pattern| check::pattern_complaint(field, pattern, self.modifiers.case);
        let found: Vec<Complaint> = patterns.iter().filter_map(complaint).collect();
        if found.len() == patterns.len() {
            found.into_iter().take(1).for_each(|complaint| report.complain(spot, complaint));
        }
    }

    /// A number equals any way of writing it; where the rule writes it unusually, that text counts too.
    fn equal(&self, number: Number, text: &str, canonical: bool, spot: Spot, report: &mut Report) -> Expr {
        let same = self.ask(Test::Number(Compare::Equal, number), spot, report);
        if canonical { same } else { Expr::any(vec![same, self.like(vec![Pattern::literal(text)])]) }
    }

    fn exists(&self, value: Value) -> Result<Expr, Complaint> {
        let there = self.is(Test::Exists);
        match value {
            Value::Bool(true) => Ok(there),
            Value::Bool(false) => Ok(there.negate()),
            _ => Err(Complaint::new("a field exists or does not", "write `true` or `false`")),
        }
    }

    fn number(
        &self,
        value: Value,
        compare: Compare,
        spot: Spot,
        report: &mut Report,
    ) -> Result<Expr, Complaint> {
        Ok(self.ask(Test::Number(compare, as_number(value)?), spot, report))
    }

    fn time_part(
        &self,
        value: Value,
        part: TimePart,
        compare: Compare,
        spot: Spot,
        report: &mut Report,
    ) -> Result<Expr, Complaint> {
        let (name, first, last) = range(part);
        let number = as_number(value)?.get();
        if number.fract() != 0.0 || !(first..=last).contains(&number) {
            let text = format!("no {name} is {number}");
            return Err(Complaint::new(text, format!("write a whole number from {first} to {last}")));
        }
        // Whole and within a small range, by the test above.
        Ok(self.ask(Test::TimePart(part, compare, number as i64), spot, report))
    }

    fn regex(&self, value: Value, spot: Spot, report: &mut Report) -> Result<Expr, Complaint> {
        let Ask::Regex { ignore_case, multi_line, dot_all } = self.modifiers.ask else {
            return Ok(Expr::FALSE);
        };
        let no_text = || Complaint::new("null is no regular expression", "write one, in single quotes");
        let pattern = value.text().ok_or_else(no_text)?.to_owned();
        let test = RegexTest { pattern, ignore_case, multi_line, dot_all };
        report.check(&test).map_err(|error| {
            let mend =
                "look-around and back-references are not supported; a literal `(` or `{` needs a backslash";
            Complaint::new(format!("not a regular expression: {error}"), mend)
        })?;
        Ok(self.ask(Test::Regex(test), spot, report))
    }

    fn network(&self, value: Value, spot: Spot, report: &mut Report) -> Result<Expr, Complaint> {
        let text = value.text().unwrap_or_default();
        let Some(network) = network::written(text) else {
            let text = format!("`{text}` is no network");
            return Err(Complaint::new(text, "write it as 10.0.0.0/8 or 2001:db8::/32"));
        };
        if network.trunc() != network {
            let mend = format!("write `{}`", network.trunc());
            report.warning(spot, "this address lies within the network that it names", mend);
        }
        Ok(self.ask(Test::Network(vec![network.trunc()]), spot, report))
    }

    fn field_ref(&self, value: Value, spot: Spot, report: &mut Report) -> Result<Expr, Complaint> {
        let Value::Text(name) = value else {
            return Err(Complaint::new("this is no name of a field", "write one, such as `user.username`"));
        };
        let other = field(name, spot, report);
        let (place, case) = (self.modifiers.place, self.modifiers.case);
        Ok(other.map_or(Expr::FALSE, |other| self.is(Test::SameAs(place, other, case))))
    }
}

/// A value with the name of a list in it: `C:\%drives%\x`.
struct Placeholder {
    before: String,
    name: String,
    after: String,
}

impl Placeholder {
    /// `None` for a value that names none. `\%` is a percent sign.
    fn of(text: &str) -> Result<Option<Placeholder>, Complaint> {
        let hidden = text.replace("\\%", "\0");
        let parts: Vec<String> = hidden.split('%').map(|part| part.replace('\0', "%")).collect();
        match <[String; 3]>::try_from(parts) {
            Ok([before, name, after]) if !name.is_empty() => Ok(Some(Placeholder { before, name, after })),
            Err(parts) if parts.len() > 3 => Err(Complaint::new(
                "this value names several lists",
                "name one list in a value; write `\\%` for a percent sign",
            )),
            _ => Ok(None),
        }
    }
}

fn as_number(value: Value) -> Result<Number, Complaint> {
    match value {
        Value::Number { number, .. } => Ok(number),
        Value::Text(text) if text.parse::<f64>().is_ok() => {
            Err(Complaint::new("this modifier compares numbers", format!("write {text} without quotes")))
        }
        _ => Err(Complaint::new("this modifier compares numbers, and this is none", "write a number")),
    }
}

fn range(part: TimePart) -> (&'static str, f64, f64) {
    match part {
        TimePart::Minute => ("minute", 0.0, 59.0),
        TimePart::Hour => ("hour", 0.0, 23.0),
        TimePart::Day => ("day", 1.0, 31.0),
        TimePart::Week => ("week", 1.0, 53.0),
        TimePart::Month => ("month", 1.0, 12.0),
        TimePart::Year => ("year", 1970.0, 9999.0),
    }
}
