//! How often a score comes up by chance: measured on the entities themselves, of which nearly all are at peace.
//!
//! Scores of episodes fall off about exponentially. How fast is estimated from those of moderate height, as what lies
//! above may well be what is looked for, with a prior where there are few.

use super::class::Class;
use super::profile::DAY;
use super::score::Scored;
use super::subject::Scene;
use super::tuning::Tuning;
use crate::finding::Confidence;

/// Episodes of the entities of one class.
#[derive(Clone, Copy, Debug, Default)]
struct Tail {
    /// Of all entities together.
    weeks: f64,
    /// Those of moderate height, and by how much all together exceed where it begins. What is higher may well be what
    /// is looked for.
    moderate: f64,
    excess: f64,
}

#[derive(Debug, Default)]
pub struct Calibration {
    classes: [Tail; Class::COUNT],
}

impl Calibration {
    pub fn of(scene: &Scene<'_>, scored: &[Vec<Scored>], tuning: &Tuning) -> Calibration {
        Calibration::until(scene, scored, scene.from + scene.length, tuning)
    }

    /// Of what lies before the windows that are judged, where that is enough. The log itself would not do, as attacks
    /// in it would excuse each other.
    pub fn of_history(
        scene: &Scene<'_>,
        scored: &[Vec<Scored>],
        since: Option<u32>,
        tuning: &Tuning,
    ) -> Option<Calibration> {
        let since = since.filter(|since| since.saturating_sub(scene.from) >= tuning.short_history)?;
        Some(Calibration::until(scene, scored, since, tuning))
    }

    fn until(scene: &Scene<'_>, scored: &[Vec<Scored>], end: u32, tuning: &Tuning) -> Calibration {
        let mut all = Calibration::default();
        for (subject, scored) in scene.subjects.iter().zip(scored) {
            let tail = &mut all.classes[subject.entity.class as usize];
            tail.weeks += f64::from(end - scene.from) / f64::from(7 * DAY);
            let before = scored.partition_point(|scored| scored.window < end);
            peaks(&scored[..before], tuning).for_each(|peak| tail.add(peak, 1.0, tuning));
        }
        all
    }

    /// The highest level that a score keeps its promise with, of entities that history knows.
    pub fn promised(&self, class: Class, score: f64, tuning: &Tuning) -> Confidence {
        let weekly = self.classes[class as usize].weekly(score, tuning);
        match tuning.promise {
            [_, high] if weekly <= high => Confidence::High,
            [medium, _] if weekly <= medium => Confidence::Medium,
            _ => Confidence::Low,
        }
    }

    /// How many episodes that reach this score one entity of a class has in a week, apart from this one.
    pub fn weekly(&self, class: Class, score: f64, tuning: &Tuning) -> f64 {
        let mut tail = self.classes[class as usize];
        if score >= tuning.moderate.0 {
            tail.add(score, -1.0, tuning);
        }
        tail.weekly(score, tuning)
    }
}

impl Tail {
    fn weekly(&self, score: f64, tuning: &Tuning) -> f64 {
        let from = tuning.moderate.0;
        let fall = self.fall(tuning);
        (self.moderate.max(0.0) + 0.5) / self.weeks.max(1.0) * (-fall * (score - from)).exp()
    }

    /// How fast moderate scores fall off, as an exponential distribution that is cut off where they end.
    fn fall(&self, tuning: &Tuning) -> f64 {
        let ((from, to), (rate, weight)) = (tuning.moderate, tuning.fall_prior);
        let sum = self.excess.max(0.0) + weight * cut_mean(rate, to - from);
        let mean = sum / (self.moderate.max(0.0) + weight);
        // The mean falls as the rate rises.
        let (mut low, mut high) = (0.01, 10.0);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if cut_mean(middle, to - from) > mean { low = middle } else { high = middle }
        }
        low
    }

    fn add(&mut self, peak: f64, sign: f64, tuning: &Tuning) {
        let (from, to) = tuning.moderate;
        if peak < to {
            self.moderate += sign;
            self.excess += sign * (peak - from);
        }
    }
}

/// Mean of an exponential distribution of a rate, of which only what lies below a length is seen.
fn cut_mean(rate: f64, length: f64) -> f64 {
    1.0 / rate - length / ((rate * length).exp() - 1.0)
}

/// The scores of the episodes of one entity, from moderate height on.
fn peaks<'s>(scored: &'s [Scored], tuning: &Tuning) -> impl Iterator<Item = f64> + 's {
    let (from, gap) = (tuning.moderate.0, tuning.episode_gap);
    let strong: Vec<(u32, f64)> = scored
        .iter()
        .filter(|scored| scored.total >= from)
        .map(|scored| (scored.window, scored.total))
        .collect();
    let mut peaks: Vec<f64> = Vec::new();
    for episode in strong.chunk_by(|a, b| b.0 - a.0 <= gap) {
        peaks.push(episode.iter().map(|(_, total)| *total).fold(0.0, f64::max));
    }
    peaks.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_scores_are_rarer_and_one_does_not_count_itself() {
        let tuning = Tuning::default();
        let mut all = Calibration::default();
        let tail = &mut all.classes[Class::Human as usize];
        tail.weeks = 100.0;
        let weekly = |all: &Calibration, score| all.weekly(Class::Human, score, &tuning);
        let (from, _) = tuning.moderate;
        (0..40).for_each(|at| tail.add(from + f64::from(at % 4) / 2.0, 1.0, &tuning));
        assert!(weekly(&all, 4.0) > 2.0 * weekly(&all, 5.0) && weekly(&all, 5.0) > weekly(&all, 6.0));
        // 40 in 100 weeks reach the lowest score.
        assert!((weekly(&all, from) - 0.395).abs() < 0.001, "{}", weekly(&all, from));
        // Lower scores than that are medium only where fewer come up.
        let level = |all: &Calibration, score| all.promised(Class::Human, score, &tuning);
        let levels = [3.0, 5.5, 12.0].map(|score| level(&all, score));
        assert_eq!(levels, Confidence::ALL);
        let mut noisy = Calibration::default();
        noisy.classes[Class::Human as usize].weeks = 2.0;
        (0..40).for_each(|at| {
            noisy.classes[Class::Human as usize].add(from + f64::from(at) / 17.0, 1.0, &tuning)
        });
        assert_eq!(level(&noisy, 5.5), Confidence::Low);
        let mut alone = Calibration::default();
        alone.classes[Class::Human as usize].weeks = 100.0;
        let nobody = weekly(&alone, from - 0.001);
        alone.classes[Class::Human as usize].add(from, 1.0, &tuning);
        assert!((weekly(&alone, from) - nobody).abs() < 1e-4);
    }
}
