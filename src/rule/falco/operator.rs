//! From an operator and its values to a condition over one field.

use super::glob;
use super::grammar::Fold;
use super::lexer::{Lexer, Wrong};
use crate::event::Field;
use crate::rule::check::{self, Complaint};
use crate::rule::{Case, Compare, Expr, Number, Pattern, Place, RegexTest, Test, TextTest};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Exists,
    Equals,
    Differs,
    Number(Compare),
    Holds(Place, Case),
    /// `bcontains`, `bstartswith`: the value is bytes in hexadecimal.
    Bytes(Place),
    Glob(Case),
    Regex,
    In,
    Intersects,
    PathPrefix,
}

/// Signs and words; of those that begin alike the longer first.
pub const OPERATORS: &[(&str, Operator)] = &[
    ("==", Operator::Equals),
    ("=", Operator::Equals),
    ("!=", Operator::Differs),
    ("<=", Operator::Number(Compare::LessOrEqual)),
    ("<", Operator::Number(Compare::Less)),
    (">=", Operator::Number(Compare::GreaterOrEqual)),
    (">", Operator::Number(Compare::Greater)),
    ("bcontains", Operator::Bytes(Place::Anywhere)),
    ("bstartswith", Operator::Bytes(Place::Start)),
    ("contains", Operator::Holds(Place::Anywhere, Case::Exact)),
    ("endswith", Operator::Holds(Place::End, Case::Exact)),
    ("exists", Operator::Exists),
    ("glob", Operator::Glob(Case::Exact)),
    ("icontains", Operator::Holds(Place::Anywhere, Case::Ignore)),
    ("iglob", Operator::Glob(Case::Ignore)),
    ("in", Operator::In),
    ("intersects", Operator::Intersects),
    ("pmatch", Operator::PathPrefix),
    ("regex", Operator::Regex),
    ("startswith", Operator::Holds(Place::Start, Case::Exact)),
];

impl Operator {
    pub fn read(lexer: &mut Lexer) -> Result<Operator, Wrong> {
        for (sign, operator) in OPERATORS {
            let word = sign.starts_with(|ch: char| ch.is_ascii_alphabetic());
            if if word { lexer.take_word(sign) } else { lexer.take_sign(sign) } {
                return Ok(*operator);
            }
        }
        let (name, at) = lexer.name();
        let names: Vec<&str> = OPERATORS.iter().map(|(name, _)| *name).collect();
        let mend = format!("there are {}", names.join(" "));
        match name {
            "" => Err(Wrong::new(lexer.here(), "an operator is missing here", mend)),
            _ => Err(Wrong::new(at, format!("there is no operator `{name}`"), mend)),
        }
    }

    /// The operator of that name.
    pub fn named(name: &str) -> Option<Operator> {
        OPERATORS.iter().find(|(known, _)| *known == name).map(|(_, operator)| *operator)
    }

    pub fn takes_list(self) -> bool {
        matches!(self, Operator::In | Operator::Intersects | Operator::PathPrefix)
    }

    /// Whether a value of a field is a list has no say in the answer.
    pub fn minds_no_list(self) -> bool {
        matches!(self, Operator::Exists | Operator::In | Operator::Intersects)
    }
}

/// The condition that a field stands so to values.
///
/// # Errors
/// A value is none for this operator.
pub fn compare(
    operator: Operator,
    field: &Field,
    is_list: bool,
    values: &[String],
    fold: Option<Fold>,
) -> Result<Expr, Complaint> {
    let text = |place: Place, case: Case| {
        let patterns: Vec<Pattern> =
            values.iter().filter(|value| reachable(value, fold)).map(|value| literal(value, place)).collect();
        TextTest { case: if fold.is_some() { Case::Ignore } else { case }, patterns }
    };
    match operator {
        Operator::Exists => Ok(Expr::is(field, Test::Exists)),
        Operator::In if is_list => {
            Ok(some(text(Place::Whole, Case::Exact), |test| Expr::is(field, Test::Each(test))))
        }
        Operator::Equals | Operator::In | Operator::Intersects => {
            Ok(is_text(field, text(Place::Whole, Case::Exact)))
        }
        Operator::Differs => {
            let same = is_text(field, text(Place::Whole, Case::Exact));
            Ok(Expr::all(vec![Expr::is(field, Test::Exists), same.negate()]))
        }
        Operator::Holds(place, case) => Ok(is_text(field, text(place, case))),
        Operator::Number(compare) => numbers(field, compare, values),
        Operator::Bytes(place) => bytes(field, place, values),
        Operator::Glob(case) => each(values, |value| {
            Ok(glob::expr(field, value, if fold.is_some() { Case::Ignore } else { case }))
        }),
        Operator::Regex => each(values, |value| regex(field, value, fold)),
        Operator::PathPrefix => each(values, |value| Ok(glob::path_prefix(field, value))),
    }
}

/// The condition that a field stands so to another.
///
/// # Errors
/// The operator does not compare texts.
pub fn same(operator: Operator, field: &Field, other: &Field, case: Case) -> Result<Expr, Complaint> {
    let at = |place| Expr::is(field, Test::SameAs(place, other.clone(), case));
    match operator {
        Operator::Equals | Operator::In | Operator::Intersects => Ok(at(Place::Whole)),
        Operator::Holds(place, Case::Exact) => Ok(at(place)),
        Operator::Holds(place, Case::Ignore) => {
            Ok(Expr::is(field, Test::SameAs(place, other.clone(), Case::Ignore)))
        }
        Operator::Differs => {
            let there = [field, other].map(|field| Expr::is(field, Test::Exists));
            Ok(Expr::all(there.into_iter().chain([at(Place::Whole).negate()]).collect()))
        }
        _ => Err(Complaint::new(
            "this operator does not compare with another field",
            "use = != contains startswith endswith in intersects",
        )),
    }
}

/// Whether a value that is none of the event's but one of few is met: flags, constants.
///
/// # Errors
/// A value is none for this operator.
pub fn holds_for(operator: Operator, text: &str, values: &[String]) -> Result<bool, Complaint> {
    let any = |is: &dyn Fn(&str) -> bool| values.iter().any(|value| is(value));
    Ok(match operator {
        Operator::Exists => true,
        Operator::Equals | Operator::In | Operator::Intersects => any(&|value| value == text),
        Operator::Differs => !any(&|value| value == text),
        Operator::Holds(place, case) => any(&|value| literal(value, place).is_like(text, case)),
        Operator::Glob(case) => any(&|value| Pattern::parse(value).is_like(text, case)),
        _ => {
            let mend = "compare it by =, !=, in, contains, startswith or endswith";
            return Err(Complaint::new("this operator says nothing about a flag", mend));
        }
    })
}

/// Whether text that was folded can be this.
fn reachable(value: &str, fold: Option<Fold>) -> bool {
    match fold {
        None => true,
        Some(Fold::Lower) => !value.chars().any(char::is_uppercase),
        Some(Fold::Upper) => !value.chars().any(char::is_lowercase),
    }
}

fn literal(value: &str, place: Place) -> Pattern {
    Pattern::literal(value).placed(place)
}

/// Nothing equals one of no values.
fn some(test: TextTest, expr: impl FnOnce(TextTest) -> Expr) -> Expr {
    if test.patterns.is_empty() { Expr::FALSE } else { expr(test) }
}

/// Unlike in other dialects, the empty text is not met by a field that is missing.
fn is_text(field: &Field, test: TextTest) -> Expr {
    let anything = test.patterns.iter().any(Pattern::is_anything);
    match anything {
        true => Expr::is(field, Test::Exists),
        false => some(test, |test| Expr::is(field, Test::Text(test))),
    }
}

fn each(values: &[String], expr: impl Fn(&str) -> Result<Expr, Complaint>) -> Result<Expr, Complaint> {
    Ok(Expr::any(values.iter().map(|value| expr(value)).collect::<Result<_, _>>()?))
}

/// A number as Falco reads it: also in hexadecimal.
pub fn number(text: &str) -> Option<f64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(f64::from),
        None => text.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

fn numbers(field: &Field, compare: Compare, values: &[String]) -> Result<Expr, Complaint> {
    each(values, |value| {
        let number = number(value).and_then(Number::new).ok_or_else(|| {
            Complaint::new(format!("`{value}` is no number"), "only numbers can be less or greater")
        })?;
        Ok(Expr::is(field, Test::Number(compare, number)))
    })
}

fn bytes(field: &Field, place: Place, values: &[String]) -> Result<Expr, Complaint> {
    each(values, |value| {
        let pairs = (0..value.len()).step_by(2).map(|at| u8::from_str_radix(value.get(at..at + 2)?, 16).ok());
        let bytes: Option<Vec<u8>> = pairs.collect();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
            let mend = "write pairs of hexadecimal digits that are text in UTF-8: 2f657463 for /etc";
            Complaint::new(format!("`{value}` is no text in hexadecimal"), mend)
        })?;
        Ok(is_text(field, TextTest { case: Case::Exact, patterns: vec![literal(&text, place)] }))
    })
}

fn regex(field: &Field, pattern: &str, fold: Option<Fold>) -> Result<Expr, Complaint> {
    if fold.is_some() {
        let mend = "compare the field itself, with `(?i)` in the expression";
        return Err(Complaint::new("a regular expression of a folded field is not supported", mend));
    }
    let plain =
        |pattern: String| RegexTest { pattern, ignore_case: false, multi_line: false, dot_all: false };
    check::compile(&plain(pattern.to_owned())).map_err(|error| {
        let mend =
            "look-around and back-references are not supported; a literal `(` or `{` needs a backslash";
        Complaint::new(format!("not a regular expression: {error}"), mend)
    })?;
    Ok(Expr::is(field, Test::Regex(plain(format!("^(?:{pattern})$")))))
}
