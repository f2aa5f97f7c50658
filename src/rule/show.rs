//! A condition as a person reads it: how kaudit has understood a rule.
//!
//! Nearly the language of `--where`; `cased`, `hour(time)`, `field(...)` and the flags behind a regular
//! expression are words of their own, as that language has none for them.

use super::{Case, Compare, Expr, Part, Pattern, Place, Predicate, RegexTest, Test, TextTest, TimePart};
use crate::time;
use std::fmt;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::All(parts) => joined(f, parts, "and", "true"),
            Expr::Any(parts) => joined(f, parts, "or", "false"),
            Expr::Not(inner) => write!(f, "not {inner}"),
            Expr::Is(predicate) => write!(f, "{predicate}"),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], word: &str, empty: &str) -> fmt::Result {
    if parts.is_empty() {
        return f.write_str(empty);
    }
    for (at, part) in parts.iter().enumerate() {
        match at {
            0 => write!(f, "({part}")?,
            _ => write!(f, " {word} {part}")?,
        }
    }
    f.write_str(")")
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match &self.test {
            Test::Exists => write!(f, "{field} exists"),
            Test::Text(test) => write!(f, "{field} {test}"),
            Test::Each(test) => write!(f, "each {field} {test}"),
            Test::Number(compare, number) => write!(f, "{field} {compare} {}", number.get()),
            Test::Network(networks) => {
                let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
                write!(f, "{field} cidr ({})", networks.join(", "))
            }
            Test::Regex(test) => write!(f, "{field} ~ {test}"),
            Test::SameAs(place, other, case) => {
                write!(f, "{field} {}{} field({other})", cased(*case), place.word())
            }
            Test::TimePart(part, compare, number) => write!(f, "{}({field}) {compare} {number}", part.word()),
            Test::Time(compare, at) => write!(f, "{field} {compare} {}", time::format(*at)),
        }
    }
}

impl fmt::Display for TextTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(cased(self.case))?;
        match self.patterns.as_slice() {
            [one] => write!(f, "= {one}"),
            many => {
                let many: Vec<String> = many.iter().map(Pattern::to_string).collect();
                write!(f, "in ({})", many.join(", "))
            }
        }
    }
}

impl fmt::Display for Pattern {
    /// In double quotes; what would be a wildcard or end the text has a backslash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for part in &self.0 {
            match part {
                Part::Many => f.write_str("*")?,
                Part::One => f.write_str("?")?,
                Part::Literal(text) => {
                    let escaped = |ch: char| matches!(ch, '*' | '?' | '\\' | '"');
                    text.chars().try_for_each(|ch| match escaped(ch) {
                        true => write!(f, "\\{ch}"),
                        false => write!(f, "{ch}"),
                    })?;
                }
            }
        }
        f.write_str("\"")
    }
}

impl fmt::Display for RegexTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = |set: bool, name: &'static str| if set { name } else { "" };
        let flags = [flag(self.ignore_case, "i"), flag(self.multi_line, "m"), flag(self.dot_all, "s")];
        write!(f, "/{}/{}", self.pattern, flags.concat())
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compare::Equal => "=",
            Compare::Less => "<",
            Compare::LessOrEqual => "<=",
            Compare::Greater => ">",
            Compare::GreaterOrEqual => ">=",
        })
    }
}

fn cased(case: Case) -> &'static str {
    match case {
        Case::Ignore => "",
        Case::Exact => "cased ",
    }
}

impl Place {
    pub(super) fn word(self) -> &'static str {
        match self {
            Place::Whole => "=",
            Place::Start => "startswith",
            Place::End => "endswith",
            Place::Anywhere => "contains",
        }
    }
}

impl TimePart {
    pub(super) fn word(self) -> &'static str {
        match self {
            TimePart::Minute => "minute",
            TimePart::Hour => "hour",
            TimePart::Day => "day",
            TimePart::Week => "week",
            TimePart::Month => "month",
            TimePart::Year => "year",
        }
    }
}
