//! What `more_than_usual` counted in earlier logs, hour by hour: history for the logs to come.
//!
//! Histories are added up in any order. Counts belong to what was counted: when a rule says something else now,
//! what it counted before is no history.

use super::state::{State, ceiling, hash};
use super::usual::hours;
use super::{Group, LIMIT};
use crate::rule::{Kind, RuleSet, Watch};
use crate::time::HOUR;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Hours since 1970 (UTC).
pub type Hour = i64;

/// For each correlation what it counted, by id and [`shape`](Watch::shape).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    counts: Vec<Counts>,
}

/// `{"counts":"many-refused","shape":"5d0d...","spans":[[496440,496607]],"ceiling":null,"groups":[{"group":["jane"],"hours":[[496441,3]]}]}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    #[serde(rename = "counts")]
    id: String,
    /// Of what was counted, as [`Watch::shape`] tells it.
    shape: String,
    spans: Spans,
    /// Groups with a hash above this were not kept.
    ceiling: Option<u64>,
    #[serde(with = "rows")]
    groups: BTreeMap<Group, BTreeMap<Hour, u64>>,
}

impl Counts {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn spans(&self) -> &Spans {
        &self.spans
    }

    pub fn groups(&self) -> impl ExactSizeIterator<Item = &Group> {
        self.groups.keys()
    }

    /// What was counted of a group; `None` when that was not kept.
    pub(super) fn of(&self, group: &Group) -> Option<&BTreeMap<Hour, u64>> {
        static NONE: BTreeMap<Hour, u64> = BTreeMap::new();
        let is_kept = self.ceiling.is_none_or(|ceiling| hash(group) <= ceiling);
        is_kept.then(|| self.groups.get(group).unwrap_or(&NONE))
    }

    /// Whether groups had to go.
    pub(super) fn has_dropped(&self) -> bool {
        self.ceiling.is_some()
    }

    fn is_of(&self, id: &str, shape: &str) -> bool {
        self.id == id && self.shape == shape
    }

    fn add(&mut self, other: Counts) {
        self.spans.add(&other.spans);
        for (group, hours) in other.groups {
            let own = self.groups.entry(group).or_default();
            for (hour, count) in hours {
                let sum = own.entry(hour).or_default();
                *sum = sum.saturating_add(count);
            }
        }
        self.lower(other.ceiling);
        self.settle();
    }

    fn lower(&mut self, ceiling: Option<u64>) {
        self.ceiling = self.ceiling.into_iter().chain(ceiling).min();
        let ceiling = self.ceiling.unwrap_or(u64::MAX);
        self.groups.retain(|group, _| hash(group) <= ceiling);
    }

    /// Whole groups go, those with the greatest hashes first, until the rest is not too much.
    fn settle(&mut self) {
        if self.groups.values().map(BTreeMap::len).sum::<usize>() <= LIMIT {
            return;
        }
        let sizes = self.groups.iter().map(|(group, hours)| (hash(group), hours.len()));
        self.lower(ceiling(sizes, LIMIT));
    }

    fn keep(&mut self, kept: &RangeInclusive<Hour>) {
        self.spans.keep(kept);
        self.groups.values_mut().for_each(|hours| hours.retain(|hour, _| kept.contains(hour)));
        self.groups.retain(|_, hours| !hours.is_empty());
    }
}

impl History {
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// By id.
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// What this correlation counted.
    pub(super) fn of(&self, id: &str, shape: &str) -> Option<&Counts> {
        self.counts.iter().find(|counts| counts.is_of(id, shape))
    }

    pub fn add(&mut self, mut counts: Counts) {
        match self.counts.iter_mut().find(|own| own.is_of(&counts.id, &counts.shape)) {
            Some(own) => own.add(counts),
            None => {
                counts.lower(None);
                counts.settle();
                self.counts.push(counts);
                self.counts.sort_by(|a, b| (&a.id, &a.shape).cmp(&(&b.id, &b.shape)));
            }
        }
    }

    pub fn merge(&mut self, other: History) {
        other.counts.into_iter().for_each(|counts| self.add(counts));
    }

    /// Keeps the hours from one time to another, in microseconds since 1970, and nothing else.
    pub fn keep(&mut self, from: i64, to: i64) {
        let hours = from.div_euclid(HOUR)..=to.div_euclid(HOUR);
        self.counts.iter_mut().for_each(|counts| counts.keep(&hours));
        self.counts.retain(|counts| !counts.spans.is_empty());
    }

    /// The correlations of the kind `more_than_usual` that nothing was counted for, by rule.
    pub fn strangers(&self, rules: &RuleSet) -> Vec<u32> {
        let asks = |watch: &&Watch| watch.is.kind == Kind::MoreThanUsual;
        let is_strange = |watch: &&Watch| self.of(&rules.meta(watch.rule).id, &watch.shape).is_none();
        rules.watches().iter().filter(asks).filter(is_strange).map(|watch| watch.rule).collect()
    }
}

impl State {
    /// What was counted here, as history. Correlations of correlations have their counts after
    /// [`findings`](State::findings).
    pub fn history(&self, rules: &RuleSet) -> History {
        let mut history = History::default();
        let asks = |(_, watch): &(usize, &Watch)| watch.is.kind == Kind::MoreThanUsual;
        for (number, watch) in rules.watches().iter().enumerate().filter(asks) {
            let Some(kept) = self.kept(number) else { continue };
            let counted = |hours: BTreeMap<Hour, std::ops::Range<usize>>| {
                hours.into_iter().map(|(hour, seen)| (hour, seen.len() as u64)).collect()
            };
            let groups = kept.groups.iter();
            history.add(Counts {
                id: rules.meta(watch.rule).id.clone(),
                shape: watch.shape.clone(),
                spans: Spans::of(self.span),
                ceiling: kept.ceiling(),
                groups: groups.map(|(group, seen)| (group.clone(), counted(hours(&seen.sorted())))).collect(),
            });
        }
        history
    }
}

/// Stretches of hours that were looked at, with their last ones: apart from each other, by time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Hour, Hour)>", into = "Vec<(Hour, Hour)>")]
pub struct Spans(Vec<(Hour, Hour)>);

impl From<Vec<(Hour, Hour)>> for Spans {
    fn from(mut spans: Vec<(Hour, Hour)>) -> Spans {
        spans.retain(|(first, last)| first <= last);
        spans.sort_unstable();
        let mut apart: Vec<(Hour, Hour)> = Vec::new();
        for (first, last) in spans {
            match apart.last_mut().filter(|before| first <= before.1.saturating_add(1)) {
                Some(before) => before.1 = before.1.max(last),
                None => apart.push((first, last)),
            }
        }
        Spans(apart)
    }
}

impl From<Spans> for Vec<(Hour, Hour)> {
    fn from(spans: Spans) -> Vec<(Hour, Hour)> {
        spans.0
    }
}

impl Spans {
    /// Of the first and the last event, in microseconds since 1970.
    pub fn of(span: Option<(i64, i64)>) -> Spans {
        let hours = |(first, last): (i64, i64)| (first.div_euclid(HOUR), last.div_euclid(HOUR));
        Spans(span.map(hours).into_iter().collect())
    }

    pub fn add(&mut self, other: &Spans) {
        let all = self.0.iter().chain(&other.0).copied();
        *self = Spans::from(all.collect::<Vec<_>>());
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From the beginning of the first hour to the end of the last, in microseconds since 1970.
    pub fn range(&self) -> Option<(i64, i64)> {
        let (first, last) = (self.0.first()?.0, self.0.last()?.1);
        Some((first.saturating_mul(HOUR), last.saturating_add(1).saturating_mul(HOUR)))
    }

    pub(super) fn hours(&self) -> i64 {
        let length = |(first, last): &(Hour, Hour)| last.saturating_sub(*first).saturating_add(1);
        self.0.iter().map(length).fold(0, i64::saturating_add)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = RangeInclusive<Hour>> {
        self.0.iter().map(|(first, last)| *first..=*last)
    }

    fn keep(&mut self, kept: &RangeInclusive<Hour>) {
        let part = |(first, last): &(Hour, Hour)| (*first.max(kept.start()), *last.min(kept.end()));
        *self = Spans::from(self.0.iter().map(part).collect::<Vec<_>>());
    }
}

/// Groups as a list: JSON has only text for keys.
mod rows {
    use super::{Group, Hour};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct Row<'r> {
        group: &'r Group,
        hours: Vec<(&'r Hour, &'r u64)>,
    }

    #[derive(Deserialize)]
    struct OwnRow {
        group: Group,
        hours: Vec<(Hour, u64)>,
    }

    type Groups = BTreeMap<Group, BTreeMap<Hour, u64>>;

    pub fn serialize<S: Serializer>(groups: &Groups, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(groups.iter().map(|(group, hours)| Row { group, hours: hours.iter().collect() }))
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Groups, D::Error> {
        let rows = Vec::<OwnRow>::deserialize(from)?;
        Ok(rows.into_iter().map(|row| (row.group, row.hours.into_iter().collect())).collect())
    }
}
