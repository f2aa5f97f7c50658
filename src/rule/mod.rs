//! Rules: what people write (Sigma, Alcide policies, Falco rules, hunts) becomes one [`Rule`], which is
//! compiled into one form and met by one evaluator.

mod meta;
mod tactic;
mod expr;
mod show;
mod paths;
mod pattern;
mod network;
mod resources;
mod naming;
mod check;
mod diagnostic;
mod correlation;
mod loaded;
mod lists;
mod map;
mod template;
pub mod yaml;
mod report;
mod link;
pub mod query;
mod hunt;
pub mod sigma;
pub mod alcide;
pub mod falco;
mod load;
mod implied;
mod joined;
mod costly;
mod lint;
pub mod convert;
pub mod builtin;
mod behaviour;
mod text;
mod plain;
mod must;
mod literal;
mod ready;
mod compile;
mod memo;
mod look;
mod matcher;
mod tried;
#[cfg(test)]
mod golden;

pub use behaviour::{Behaviour, behaviours};
pub use check::{Complaint, complaints};
pub use compile::{RuleSet, Stages};
pub use correlation::{Bound, Condition, Correlation, GroupBy, Kind, Op};
pub use diagnostic::{Diagnostic, Excerpt, Severity, Source, Spot, render};
pub use hunt::{Hunt, Wanted};
pub use link::{Linked, Listener, Pick, Slot, Watch, beside_builtin, dangling, link};
pub use lint::lint;
pub use lists::Lists;
pub use literal::{Prefilter, Search};
pub use load::{Collection, duplicates, load_paths, read_paths, read_texts, refuse, tell_apart, unique};
pub use loaded::{Loaded, Role, Targets};
pub use matcher::{Answer, Matcher};
pub use meta::{Dialect, Level, Meta, Status};
pub use naming::slug;
pub use ready::Check;
pub use resources::plural_of;
pub use tactic::Tactic;
pub use template::{Template, values};
pub use tried::{Tried, tried};

use crate::event::Field;
use ipnet::IpNet;

/// One rule, whatever dialect it was written in.
#[derive(Clone, Debug)]
pub struct Rule {
    pub meta: Meta,
    pub when: Expr,
}

/// A condition over one event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// True when all are; `All(vec![])` is true.
    All(Vec<Expr>),
    /// True when one is; `Any(vec![])` is false.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Is(Predicate),
}

/// One question about one field. Equal predicates of different rules are asked once per event.
///
/// A field may hold several values (an array, a path that crosses arrays): the predicate is true when it
/// holds for *any* of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Predicate {
    pub field: Field,
    pub test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// The field is there and not null.
    Exists,
    /// The text is one of, or looks like one of, these.
    Text(TextTest),
    /// There are values, and each of them is one of, or looks like one of, these.
    Each(TextTest),
    /// The number stands so to this one. Text that reads as a number counts as one.
    Number(Compare, Number),
    /// The address lies in one of these networks.
    Network(Vec<IpNet>),
    Regex(RegexTest),
    /// The text equals (contains, ...) the text of another field of the same event.
    SameAs(Place, Field, Case),
    /// A part of the time (UTC) stands so to this number.
    TimePart(TimePart, Compare, i64),
    /// The instant stands so to this one, in microseconds since 1970 (UTC).
    Time(Compare, i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A number that can be compared and shared: the bits of an `f64` that is not NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number(u64);

impl Number {
    /// `None` for NaN. Minus zero is zero.
    pub fn new(value: f64) -> Option<Number> {
        if value.is_nan() { None } else { Some(Number((value + 0.0).to_bits())) }
    }

    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// Whether `A` and `a` are the same. Ignoring case folds ASCII letters, and other letters by their simple
/// lower case unless that would be an ASCII letter (so the Kelvin sign is no `k`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    Ignore,
    Exact,
}

/// Where in the text the other text must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Whole,
    Start,
    End,
    Anywhere,
}

/// Any of several patterns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextTest {
    pub case: Case,
    pub patterns: Vec<Pattern>,
}

/// Text with wildcards, matched against the whole of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(pub Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Literal(String),
    /// `*`: any characters, also none.
    Many,
    /// `?`: exactly one character.
    One,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegexTest {
    pub pattern: String,
    pub ignore_case: bool,
    pub multi_line: bool,
    pub dot_all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}
