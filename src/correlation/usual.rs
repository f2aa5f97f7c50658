//! More than usual: the events of an hour, held against the same hour of the other weeks.
//!
//! What is usual is the median of the counts of that hour of the week (UTC) in the other weeks of the input and
//! of the [`History`](super::History), hours without an event among them, and at least one. With fewer than
//! [`WEEKS`] weeks nothing is usual.

use super::episode::Stretch;
use super::history::{Counts, Hour, Spans};
use super::{Group, Observation};
use crate::rule::Correlation;
use crate::time::HOUR;
use std::collections::BTreeMap;
use std::ops::Range;

/// Weeks that input and history must span together.
const WEEKS: i64 = 3;
/// Hours of a week.
const WEEK: i64 = 7 * 24;

/// What other weeks there are.
#[derive(Debug)]
pub struct Usual<'u> {
    /// Hours of the input and of the history.
    spans: Spans,
    history: Option<&'u Counts>,
}

impl<'u> Usual<'u> {
    /// `span` is that of the input.
    pub fn new(span: Option<(i64, i64)>, history: Option<&'u Counts>) -> Usual<'u> {
        let mut spans = Spans::of(span);
        history.into_iter().for_each(|history| spans.add(history.spans()));
        Usual { spans, history }
    }

    /// Whether anything is usual at all.
    pub fn is_known(&self) -> bool {
        self.spans.hours() > WEEKS * WEEK
    }

    /// The hours in which a group did more than usual, neighbours joined. An hour of which a part is history is
    /// one hour.
    pub fn stretches(&self, is: &Correlation, group: &Group, seen: &[Observation]) -> Vec<Stretch> {
        let Some(mut counts) = self.before(group) else { return Vec::new() };
        let hours = hours(seen);
        hours.iter().for_each(|(hour, part)| *counts.entry(*hour).or_default() += part.len() as u64);
        let mut found: Vec<(Hour, Stretch)> = Vec::new();
        for (hour, part) in &hours {
            let count = counts.get(hour).copied().unwrap_or_default();
            let value = count as f64 / self.usual(*hour, &counts);
            if count < is.condition.minimum.max(1) || !is.condition.holds(value) {
                continue;
            }
            match found.last_mut().filter(|(before, _)| before + 1 == *hour) {
                Some((before, stretch)) => {
                    *before = *hour;
                    stretch.seen.end = part.end;
                    stretch.value = stretch.value.max(value);
                }
                None => found.push((*hour, Stretch { seen: part.clone(), value })),
            }
        }
        found.into_iter().map(|(_, stretch)| stretch).collect()
    }

    /// What the history counted of a group; `None` when that was not kept.
    fn before(&self, group: &Group) -> Option<BTreeMap<Hour, u64>> {
        self.history.map_or_else(|| Some(BTreeMap::new()), |history| history.of(group).cloned())
    }

    /// The median of the other weeks, at least 1.
    fn usual(&self, hour: Hour, counts: &BTreeMap<Hour, u64>) -> f64 {
        let mut others: Vec<u64> = Vec::new();
        for span in self.spans.iter() {
            let earliest = span.start() + (hour - span.start()).rem_euclid(WEEK);
            let same = (earliest..=*span.end()).step_by(WEEK as usize).filter(|other| *other != hour);
            others.extend(same.map(|other| counts.get(&other).copied().unwrap_or_default()));
        }
        others.sort_unstable();
        median(&others).max(1.0)
    }
}

/// The places of the observations of each hour.
pub fn hours(seen: &[Observation]) -> BTreeMap<Hour, Range<usize>> {
    let mut hours: BTreeMap<Hour, Range<usize>> = BTreeMap::new();
    for (at, seen) in seen.iter().enumerate() {
        hours.entry(seen.time.div_euclid(HOUR)).or_insert(at..at).end = at + 1;
    }
    hours
}

/// Of sorted values; 0 of none.
fn median(sorted: &[u64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => sorted[middle] as f64,
        _ => (sorted[middle - 1] as f64 + sorted[middle] as f64) / 2.0,
    }
}
