//! How unusual a count within a window is, for the entity and for its peers.

use super::bins::{Own, Tails};
use super::cell::Counter;
use super::chance::Chance;
use super::class::Class;
use super::subject::{AllSeries, Scene, Subject};
use super::tuning::Tuning;

/// What one counter does in the members of each class.
#[derive(Debug)]
pub struct Habit {
    pub counter: Counter,
    tails: Tails,
    moved: [f64; Class::COUNT],
    windows: [f64; Class::COUNT],
}

impl Habit {
    /// Those of all counters, for each of some scenes: one cluster in windows of several lengths.
    pub fn all(scenes: &[&Scene<'_>], all_series: &AllSeries<'_, '_>) -> Vec<Vec<Habit>> {
        let zero = [0.0; Class::COUNT];
        let new = |counter| Habit { counter, tails: Tails::default(), moved: zero, windows: zero };
        let mut all: Vec<Vec<Habit>> = scenes.iter().map(|_| Counter::ALL.map(new).into()).collect();
        for at in 0..all_series.len() {
            for ((scene, habits), series) in scenes.iter().zip(&mut all).zip(&*all_series.of(at)) {
                let subject = &scene.subjects[at];
                habits.iter_mut().zip(series).for_each(|(habit, series)| habit.add(subject, series));
            }
        }
        all
    }

    fn add(&mut self, subject: &Subject<'_>, series: &[(u32, u32)]) {
        let class = subject.entity.class as usize;
        self.moved[class] += series.len() as f64;
        self.windows[class] += subject.windows.len() as f64;
        self.tails.add(subject.entity.class, &Own::of(distinct(&sorted(series))));
    }

    /// The evidence of each window that has any.
    pub fn evidence(
        &self,
        subject: &Subject<'_>,
        series: &[(u32, u32)],
        tuning: &Tuning,
    ) -> impl Iterator<Item = (u32, f64)> {
        let chances = self.chances(subject, series, tuning);
        let evidence: Vec<(f64, f64)> =
            chances.iter().map(|chance| (chance.amount, chance.of_count(tuning))).collect();
        let has_any = evidence.iter().any(|(_, evidence)| *evidence > 0.0);
        let series = if has_any { series } else { &[] };
        let of = move |count: f64| evidence[evidence.partition_point(|(other, _)| *other < count)].1;
        let each = series.iter().map(move |(window, count)| (*window, of((*count).into())));
        each.filter(|(_, evidence)| *evidence > 0.0)
    }

    /// How likely each of the different counts is, the smallest first.
    pub fn chances(&self, subject: &Subject<'_>, series: &[(u32, u32)], tuning: &Tuning) -> Vec<Chance> {
        if series.is_empty() {
            return Vec::new();
        }
        let sorted = sorted(series);
        let any = self.moves(subject, sorted.len(), tuning);
        let (own, heavy) = (Own::of(distinct(&sorted)), Heavy::of(&sorted, tuning));
        let tail = |count| self.tail(subject.entity.class, &own, (&sorted, heavy.as_ref()), count, tuning);
        distinct(&sorted).map(|(amount, _)| Chance { amount, any, tail: tail(amount) }).collect()
    }

    /// How likely it is that the counter moves at all.
    fn moves(&self, subject: &Subject<'_>, own: usize, tuning: &Tuning) -> f64 {
        let class = subject.entity.class as usize;
        let others = (self.windows[class] - subject.windows.len() as f64).max(0.0);
        let rate = ((self.moved[class] - own as f64).max(0.0) + 0.5) / (others + tuning.count_prior);
        let windows = subject.windows.len() as f64 - 1.0;
        ((own as f64 - 1.0 + tuning.count_prior * rate) / (windows + tuning.count_prior)).clamp(1e-6, 1.0)
    }

    /// How likely it is that it moves so far. `sorted` are the own counts.
    fn tail(
        &self,
        class: Class,
        own: &Own,
        (sorted, heavy): (&[f64], Option<&Heavy<'_>>),
        count: f64,
        tuning: &Tuning,
    ) -> f64 {
        let others = sorted.len() as f64 - 1.0;
        let as_much = (sorted.len() - sorted.partition_point(|other| *other < count)) as f64 - 1.0;
        let peers = self.tails.others(class, own, count).unwrap_or(0.0).max(tuning.count_floor);
        let tail = (as_much + tuning.count_class * peers) / (others + tuning.count_class);
        let bound = heavy.and_then(|heavy| heavy.tail(count, tuning)).unwrap_or(0.0);
        tail.max(bound).clamp(1e-6, 1.0)
    }
}

/// The counts of a series, the smallest first.
fn sorted(series: &[(u32, u32)]) -> Vec<f64> {
    let mut counts: Vec<u32> = series.iter().map(|(_, count)| *count).collect();
    counts.sort_unstable();
    counts.into_iter().map(f64::from).collect()
}

/// Each of sorted counts, and how often it occurs.
fn distinct(sorted: &[f64]) -> impl Iterator<Item = (f64, usize)> {
    sorted.chunk_by(|a, b| a == b).map(|same| (same[0], same.len()))
}

/// The upper half of sorted counts, where they have a heavy tail above the 95 % quantile.
struct Heavy<'s> {
    sorted: &'s [f64],
    /// The 95 % quantile of all but one that lies above it.
    from: f64,
    /// Where the upper half begins.
    begin: usize,
    /// For each of it, how far it lies above the middle, as a logarithm, and the sum of those before.
    above: Vec<(f64, f64)>,
}

impl<'s> Heavy<'s> {
    fn of(sorted: &'s [f64], tuning: &Tuning) -> Option<Heavy<'s>> {
        let len = sorted.len() - 1;
        let from = sorted[len * 19 / 20];
        if len < tuning.pareto_from || sorted[len] <= from {
            return None;
        }
        let (begin, mut sum) = (len / 2, 0.0);
        let above = sorted[begin..].iter().map(|count| {
            let (height, before) = ((count / sorted[begin]).ln(), sum);
            sum += height;
            (height, before)
        });
        Some(Heavy { sorted, from, begin, above: above.collect() })
    }

    /// How likely such a tail makes a count, which is one of them and is left out.
    fn tail(&self, count: f64, tuning: &Tuning) -> Option<f64> {
        if count <= self.from {
            return None;
        }
        let own = self.sorted.partition_point(|other| *other < count) - self.begin;
        let before = self.above[own].1;
        let sum = self.above[own + 1..].iter().fold(before, |sum, (height, _)| sum + height);
        let hill = sum / (self.above.len() - 1) as f64;
        Some(0.05 * (count / self.from).powf(-1.0 / hill.max(tuning.pareto_index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same from the others alone.
    fn plain(sorted: &[f64], count: f64, tuning: &Tuning) -> Option<f64> {
        let own = sorted.iter().position(|other| *other == count)?;
        let others: Vec<f64> = (0..sorted.len()).filter(|at| *at != own).map(|at| sorted[at]).collect();
        let (len, from) = (others.len(), *others.get(others.len() * 19 / 20)?);
        if len < tuning.pareto_from || count <= from {
            return None;
        }
        let upper = &others[len / 2..];
        let hill = upper.iter().map(|other| (other / others[len / 2]).ln()).sum::<f64>() / upper.len() as f64;
        Some(0.05 * (count / from).powf(-1.0 / hill.max(tuning.pareto_index)))
    }

    proptest! {
        #[test]
        fn a_heavy_tail_is_that_of_all_others(counts in prop::collection::vec((1..40_u32, 0..6_u32), 1..90)) {
            let tuning = Tuning::default();
            let series: Vec<(u32, u32)> = (0..).zip(counts.iter().map(|(count, power)| count << power)).collect();
            let sorted = sorted(&series);
            let heavy = Heavy::of(&sorted, &tuning);
            for (count, _) in distinct(&sorted) {
                let found = heavy.as_ref().and_then(|heavy| heavy.tail(count, &tuning));
                prop_assert_eq!(found, plain(&sorted, count, &tuning));
            }
        }
    }
}
