//! Many principals at once that are refused what they never asked for: each is nothing by itself.

use super::action::Action;
use super::class::Class;
use super::detect::{Detection, confidence};
use super::entity::Kind;
use super::evidence::Sample;
use super::judged::Judged;
use super::profile::{WINDOW, time_of};
use super::reason::{Expected, refusals};
use super::score::Scored;
use super::tuning::{Longer, Tuning};
use super::value::{Dim, Value};
use std::collections::BTreeSet;

/// The first time that a principal was refused an action that changes something, or that intrusions need.
#[derive(Clone, Copy)]
struct Refusal {
    /// Place of the principal.
    at: usize,
    value: Value,
}

impl Judged<'_> {
    /// The hours and days in which unusually many principals were refused.
    pub fn of_refusals(&self, tuning: &Tuning) -> Vec<Detection> {
        let all = self.refusals(tuning);
        let mut told: Vec<Detection> = Vec::new();
        for over in self.longer.iter().filter(|_| !self.scene.is_short) {
            let more = self.surges(&all, over.longer, tuning);
            // The day need not tell again what an hour of it tells.
            let is_new = |one: &Detection| {
                !told
                    .iter()
                    .any(|known| known.from < one.to && one.from < known.to && known.score >= one.score)
            };
            let more: Vec<Detection> = more.into_iter().filter(is_new).collect();
            told.extend(more);
        }
        told
    }

    /// By time. In the first hours of a log everything is refused for the first time.
    fn refusals(&self, tuning: &Tuning) -> Vec<Refusal> {
        let is_known = |window| self.scene.watched(window) >= self.scene.young_after(tuning);
        let mut all: Vec<Refusal> = Vec::new();
        for (at, subject) in self.scene.subjects.iter().enumerate() {
            let class = subject.entity.class;
            if subject.entity.key.kind == Kind::Principal && class != Class::Anonymous && !class.reacts() {
                let own =
                    subject.values.iter().filter(|value| self.is_refusal(value) && is_known(value.first));
                all.extend(own.map(|value| Refusal { at, value: *value }));
            }
        }
        all.sort_by_key(|one| (one.value.first, one.at, one.value.key));
        all
    }

    fn is_refusal(&self, value: &Value) -> bool {
        let action = || Action::parse(self.scene.profile.names.text(value.key.name));
        value.key.dim == Dim::Refused && (action().is_sensitive() || action().is_write())
    }

    fn surges(&self, all: &[Refusal], longer: Longer, tuning: &Tuning) -> Vec<Detection> {
        let times = all.chunk_by(|a, b| a.value.first / longer.scale == b.value.first / longer.scale);
        let counted: Vec<(&[Refusal], usize)> = times
            .map(|time| (time, time.iter().map(|one| one.at).collect::<BTreeSet<usize>>().len()))
            .collect();
        let sum: usize = counted.iter().map(|(_, count)| count).sum();
        let room = self.scene.span.count(longer.scale) as f64;
        let told = counted.iter().filter_map(|(time, count)| {
            let mean = ((sum - count) as f64 / room).max(longer.refused);
            let score = -reach(*count, mean, tuning.surge_shape).log10() - longer.offset;
            let recent = self.recent.holds(time.first()?.value.first);
            let expected = Expected { low: 0, high: mean.ceil() as u64, windows: room as usize };
            recent.then(|| self.surge(time, (score, *count), expected, longer, tuning))?
        });
        told.collect()
    }

    fn surge(
        &self,
        time: &[Refusal],
        (score, count): (f64, usize),
        expected: Expected,
        longer: Longer,
        tuning: &Tuning,
    ) -> Option<Detection> {
        let scene = &self.scene;
        let confidence = confidence(score, tuning.levels(scene.is_short))?;
        let names = &scene.profile.names;
        let subject = |one: &Refusal| &scene.subjects[one.at];
        let samples: Vec<Sample> =
            time.iter().filter_map(|one| Some(subject(one).mark(&one.value)?.sample(names))).collect();
        let who: BTreeSet<&str> = time.iter().map(|one| names.text(subject(one).entity.key.name)).collect();
        let (first, last) = (time.first()?.value.first, time.last()?.value.first);
        let cluster: Box<str> = names.text(subject(time.first()?).entity.key.cluster).into();
        let period = i64::from(longer.scale) * WINDOW;
        let who = who.into_iter().map(str::to_owned).collect();
        Some(Detection {
            cluster: cluster.clone(),
            kind: Kind::Cluster,
            eid: cluster,
            class: Class::Human,
            actor: None,
            network: None,
            from: time_of(first),
            to: time_of(last) + WINDOW,
            score,
            confidence,
            weekly: None,
            reasons: vec![refusals(who, samples, (score, count as u64, period), expected, tuning)],
            first: None,
            strongest: 0,
            windows: vec![Scored { window: first, own: score, total: score, ..Scored::default() }],
            is_short: false,
            history: (scene.span.len(), scene.span.len()),
        })
    }
}

/// How likely so many or more are where the mean is known, but spreads: a negative binomial distribution, which for a
/// large shape is that of Poisson.
fn reach(count: usize, mean: f64, shape: f64) -> f64 {
    let ratio = mean / (mean + shape);
    let mut one = (1.0 - ratio).powf(shape);
    let mut below = 0.0;
    for at in 0..count {
        below += one;
        one *= (at as f64 + shape) / (at as f64 + 1.0) * ratio;
    }
    // What is left of the sum is exact to about so many digits.
    (1.0 - below).max(one).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_less_likely_and_none_is_certain() {
        let chances: Vec<f64> = (0..40).map(|count| reach(count, 0.3, 2.0)).collect();
        assert!((chances[0] - 1.0).abs() < 1e-12 && chances.is_sorted_by(|a, b| a > b || *b <= 1e-12));
        // 1 - (2/2.3)^2
        assert!((chances[1] - 0.243_856).abs() < 1e-6, "{}", chances[1]);
        // With a large shape it is that of Poisson: 1 - 3 exp(-2).
        assert!((reach(2, 2.0, 1e6) - 0.593_994).abs() < 1e-4, "{}", reach(2, 2.0, 1e6));
    }
}
