//! More than usual: the events of an hour, held against the same hour of the other weeks.
//!
//! What is usual is the median of the counts of that hour of the week (UTC) in the other weeks of the input,
//! hours without an event among them, and at least one. With fewer than [`WEEKS`] weeks nothing is usual.

use super::Observation;
use super::episode::Stretch;
use crate::rule::Correlation;
use crate::time::{DAY, HOUR};
use std::collections::BTreeMap;
use std::ops::Range;

/// Weeks that the input must span.
pub const WEEKS: i64 = 3;
const WEEK: i64 = 7 * DAY;

/// Whole weeks that lie between the first and the last event.
pub fn weeks(span: Option<(i64, i64)>) -> i64 {
    span.map_or(0, |(first, last)| last.saturating_sub(first) / WEEK)
}

/// The hours in which a group did more than usual, neighbours joined.
pub fn stretches(is: &Correlation, seen: &[Observation], span: Option<(i64, i64)>) -> Vec<Stretch> {
    let Some((first, last)) = span else { return Vec::new() };
    let hours = hours(seen);
    let mut found: Vec<(i64, Stretch)> = Vec::new();
    for (hour, part) in &hours {
        let value = part.len() as f64 / usual(*hour, &hours, (first, last));
        if (part.len() as u64) < is.condition.minimum.max(1) || !is.condition.holds(value) {
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

fn hours(seen: &[Observation]) -> BTreeMap<i64, Range<usize>> {
    let mut hours: BTreeMap<i64, Range<usize>> = BTreeMap::new();
    for (at, seen) in seen.iter().enumerate() {
        hours.entry(seen.time.div_euclid(HOUR)).or_insert(at..at).end = at + 1;
    }
    hours
}

/// The median of the other weeks, at least 1.
fn usual(hour: i64, hours: &BTreeMap<i64, Range<usize>>, (first, last): (i64, i64)) -> f64 {
    let week = WEEK / HOUR;
    let (from, to) = (first.div_euclid(HOUR), last.div_euclid(HOUR));
    let earliest = from + (hour - from).rem_euclid(week);
    let others = (0..).map(|number| earliest + number * week).take_while(|at| *at <= to);
    let mut counts: Vec<usize> =
        others.filter(|at| *at != hour).map(|at| hours.get(&at).map_or(0, Range::len)).collect();
    counts.sort_unstable();
    let middle = counts.len() / 2;
    let median = match counts.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => counts[middle] as f64,
        _ => (counts[middle - 1] + counts[middle]) as f64 / 2.0,
    };
    median.max(1.0)
}
