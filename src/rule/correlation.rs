//! What a correlation asks for: how many, how different, in which order the events of other rules are.
//!
//! The kinds are those of Sigma's correlation rules (specification 2.1), and two of our own: `ratio` and
//! `more_than_usual`.

use super::diagnostic::Excerpt;
use crate::event::Field;
use std::fmt;

/// A correlation as it was written.
#[derive(Clone, Debug)]
pub struct Correlation {
    pub kind: Kind,
    /// The rules whose events it looks at; their order matters to some kinds.
    pub rules: Vec<Reference>,
    pub group_by: Vec<GroupBy>,
    /// In microseconds.
    pub timespan: i64,
    pub condition: Condition,
    /// The rules it refers to report what they find for themselves too.
    pub generate: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// How many events.
    EventCount,
    /// How many different values of a field.
    ValueCount,
    /// How many of the rules, in any order.
    Temporal,
    /// How many of the rules, in the order in which they are listed.
    TemporalOrdered,
    ValueSum,
    ValueAvg,
    ValuePercentile,
    /// Events of the first rule for each event of the second.
    Ratio,
    /// Events of an hour for each event that is usual in this hour of the week.
    MoreThanUsual,
}

impl Kind {
    pub const ALL: [Kind; 9] = [
        Kind::EventCount,
        Kind::ValueCount,
        Kind::Temporal,
        Kind::TemporalOrdered,
        Kind::ValueSum,
        Kind::ValueAvg,
        Kind::ValuePercentile,
        Kind::Ratio,
        Kind::MoreThanUsual,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::EventCount => "event_count",
            Kind::ValueCount => "value_count",
            Kind::Temporal => "temporal",
            Kind::TemporalOrdered => "temporal_ordered",
            Kind::ValueSum => "value_sum",
            Kind::ValueAvg => "value_avg",
            Kind::ValuePercentile => "value_percentile",
            Kind::Ratio => "ratio",
            Kind::MoreThanUsual => "more_than_usual",
        }
    }

    /// Whether the condition names a field.
    pub fn has_field(self) -> bool {
        matches!(self, Kind::ValueCount) || self.is_numeric()
    }

    /// Whether that field holds numbers.
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::ValueSum | Kind::ValueAvg | Kind::ValuePercentile)
    }

    pub fn is_temporal(self) -> bool {
        matches!(self, Kind::Temporal | Kind::TemporalOrdered)
    }
}

/// A rule that another document names.
#[derive(Clone, Debug)]
pub struct Reference {
    pub name: String,
    pub at: Excerpt,
}

/// One field that tells groups apart.
#[derive(Clone, Debug)]
pub struct GroupBy {
    /// As it was written: a field, or an alias.
    pub name: String,
    pub at: Excerpt,
    /// One for each of the rules; `None` where an alias names no field for the rule.
    pub fields: Vec<Option<Source>>,
    pub is_alias: bool,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the event.
    Field(Field),
    /// Audit events have no such field: perhaps a correlation groups by it.
    Group(String),
}

/// When a window counts.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// All must hold.
    pub bounds: Vec<Bound>,
    /// Whose values are counted or added up; several make one value together.
    pub fields: Vec<Field>,
    /// From 0 to 100.
    pub percentile: Option<f64>,
    /// Fewer events than this never count (`ratio` and `more_than_usual`).
    pub minimum: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    pub op: Op,
    pub than: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}

impl Op {
    pub const ALL: [(&'static str, Op); 6] = [
        ("gt", Op::Gt),
        ("gte", Op::Gte),
        ("lt", Op::Lt),
        ("lte", Op::Lte),
        ("eq", Op::Eq),
        ("neq", Op::Neq),
    ];

    fn sign(self) -> &'static str {
        match self {
            Op::Gt => ">",
            Op::Gte => ">=",
            Op::Lt => "<",
            Op::Lte => "<=",
            Op::Eq => "=",
            Op::Neq => "!=",
        }
    }
}

impl Condition {
    pub fn holds(&self, measure: f64) -> bool {
        self.bounds.iter().all(|bound| bound.holds(measure))
    }

    /// Whether it can hold for a measure that is no greater than this.
    pub fn may_hold(&self, most: f64) -> bool {
        self.bounds.iter().all(|bound| match bound.op {
            Op::Gt => most > bound.than,
            Op::Gte | Op::Eq => most >= bound.than,
            Op::Lt | Op::Lte | Op::Neq => true,
        })
    }

    /// The largest number that it compares with.
    pub fn largest(&self) -> f64 {
        self.bounds.iter().map(|bound| bound.than).fold(0.0, f64::max)
    }
}

impl Bound {
    fn holds(self, measure: f64) -> bool {
        match self.op {
            Op::Gt => measure > self.than,
            Op::Gte => measure >= self.than,
            Op::Lt => measure < self.than,
            Op::Lte => measure <= self.than,
            Op::Eq => measure == self.than,
            Op::Neq => measure != self.than,
        }
    }

    /// Whether anything can hold between the two.
    pub fn contradicts(self, other: Bound) -> bool {
        let edges = [self.than, other.than];
        let near = |edge: f64| [edge - 0.5, edge, edge + 0.5];
        !edges.iter().flat_map(|edge| near(*edge)).any(|value| self.holds(value) && other.holds(value))
    }
}

impl fmt::Display for Correlation {
    /// How kaudit has understood it, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: Vec<&str>| names.join(", ");
        let rules = list(self.rules.iter().map(|rule| rule.name.as_str()).collect());
        write!(f, "{} of ({rules})", self.kind.name())?;
        if !self.group_by.is_empty() {
            write!(f, " by ({})", list(self.group_by.iter().map(|by| by.name.as_str()).collect()))?;
        }
        write!(f, " within {}", span(self.timespan))?;
        if !self.condition.fields.is_empty() {
            let fields: Vec<String> = self.condition.fields.iter().map(ToString::to_string).collect();
            write!(f, " of {}", fields.join(" + "))?;
        }
        if let Some(percentile) = self.condition.percentile {
            write!(f, " at percentile {percentile}")?;
        }
        for (at, Bound { op, than }) in self.condition.bounds.iter().enumerate() {
            let and = if at == 0 { "" } else { " and" };
            write!(f, "{and} {} {than}", op.sign())?;
        }
        if self.condition.minimum > 0 {
            write!(f, " and at least {} events", self.condition.minimum)?;
        }
        Ok(())
    }
}

/// The units in which a timespan is written, in microseconds.
pub const UNITS: [(char, i64); 5] = [
    ('w', 7 * crate::time::DAY),
    ('d', crate::time::DAY),
    ('h', crate::time::HOUR),
    ('m', crate::time::MINUTE),
    ('s', crate::time::SECOND),
];

/// A timespan in its largest unit, as it is written.
pub fn span(micros: i64) -> String {
    let unit = UNITS.into_iter().find(|(_, unit)| micros % unit == 0);
    unit.map_or_else(|| format!("{micros} us"), |(name, unit)| format!("{}{name}", micros / unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_compares_as_its_name_says() {
        let expected = [(1.0, "lt lte neq"), (2.0, "gte lte eq"), (3.0, "gt gte neq")];
        for (measure, names) in expected {
            let holds = |op: &Op| Bound { op: *op, than: 2.0 }.holds(measure);
            let held: Vec<&str> = Op::ALL.iter().filter(|(_, op)| holds(op)).map(|(name, _)| *name).collect();
            assert_eq!(held.join(" "), names, "{measure}");
        }
    }

    #[test]
    fn bounds_that_exclude_each_other_are_told_from_ranges() {
        let bound = |op, than| Bound { op, than };
        assert!(bound(Op::Gt, 5.0).contradicts(bound(Op::Lt, 5.0)));
        assert!(bound(Op::Gte, 6.0).contradicts(bound(Op::Lte, 5.0)));
        assert!(bound(Op::Eq, 6.0).contradicts(bound(Op::Neq, 6.0)));
        assert!(!bound(Op::Gt, 100.0).contradicts(bound(Op::Lte, 200.0)));
        assert!(!bound(Op::Gte, 5.0).contradicts(bound(Op::Lte, 5.0)));
    }

    #[test]
    fn spans_are_shown_in_their_largest_unit() {
        use crate::time::{HOUR, MINUTE};
        assert_eq!([span(90 * MINUTE), span(24 * HOUR), span(14 * 24 * HOUR)], ["90m", "1d", "2w"]);
    }
}
