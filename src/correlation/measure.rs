//! What a correlation compares with its condition, for the events of one window.

use super::Observation;
use crate::rule::{Condition, Correlation, Kind};
use std::collections::BTreeSet;

/// The measure of a window, its events by time; `None` when there is nothing to measure.
pub fn measure(is: &Correlation, window: &[Observation]) -> Option<f64> {
    match is.kind {
        Kind::EventCount => Some(window.len() as f64),
        Kind::ValueCount => Some(distinct(window) as f64),
        Kind::Temporal => Some(window.iter().map(|seen| seen.slot).collect::<BTreeSet<_>>().len() as f64),
        Kind::TemporalOrdered => Some(f64::from(longest(is.rules.len(), window))),
        Kind::ValueSum => numbers(window).map(|all| all.iter().sum()),
        Kind::ValueAvg => numbers(window).map(|all| all.iter().sum::<f64>() / all.len() as f64),
        Kind::ValuePercentile => numbers(window).map(|all| percentile(all, &is.condition)),
        Kind::Ratio => ratio(window, is.condition.minimum),
        // Hours of the week are held against each other, and not windows.
        Kind::MoreThanUsual => None,
    }
}

/// How many different values there are.
pub fn distinct(window: &[Observation]) -> usize {
    window.iter().filter_map(|seen| seen.value.as_deref()).collect::<BTreeSet<_>>().len()
}

/// The number of rules, in their order, that events met one after the other. An event that holds for two
/// rules counts for one of them.
fn longest(rules: usize, window: &[Observation]) -> u32 {
    // For each rule the longest chain that ends with it, and the event that it ends with.
    let mut chains: Vec<(u32, &str)> = vec![(0, ""); rules];
    for seen in window {
        let Some(before) = chains.get(..seen.slot as usize) else { continue };
        let follows = |chain: &&(u32, &str)| chain.0 > 0 && chain.1 != &*seen.id;
        let longest = before.iter().filter(follows).map(|(length, _)| *length).max().unwrap_or(0);
        if let Some(own) = chains.get_mut(seen.slot as usize).filter(|own| own.0 <= longest) {
            *own = (longest + 1, &seen.id);
        }
    }
    chains.into_iter().map(|(length, _)| length).max().unwrap_or(0)
}

fn numbers(window: &[Observation]) -> Option<Vec<f64>> {
    let number =
        |seen: &Observation| seen.value.as_deref()?.trim().parse().ok().filter(|n: &f64| n.is_finite());
    let all: Vec<f64> = window.iter().filter_map(number).collect();
    (!all.is_empty()).then_some(all)
}

/// The smallest value that so many percent of the values do not exceed (nearest rank).
fn percentile(mut all: Vec<f64>, condition: &Condition) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    let share = condition.percentile.unwrap_or(100.0) / 100.0;
    let rank = (share * all.len() as f64).ceil() as usize;
    all.get(rank.clamp(1, all.len()) - 1).copied().unwrap_or_default()
}

/// Events of the first rule for each of the second. Where there is none of the second, it is as if there were
/// one: what never succeeded is no less odd.
fn ratio(window: &[Observation], minimum: u64) -> Option<f64> {
    let count = |slot| window.iter().filter(|seen| seen.slot == slot).count() as u64;
    let (first, second) = (count(0), count(1));
    (first >= minimum.max(1)).then(|| first as f64 / second.max(1) as f64)
}
