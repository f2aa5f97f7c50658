//! How often a score comes up by chance: measured on the entities themselves, of which nearly all are at peace.
//!
//! Scores of episodes fall off about exponentially. How fast is estimated from those of moderate height, as what lies
//! above may well be what is looked for, with a prior where there are few.

use super::class::Class;
use super::profile::DAY;
use super::score::Scored;
use super::subject::Scene;
use super::tuning::Tuning;

/// Episodes of the entities of one class.
#[derive(Clone, Copy, Debug, Default)]
struct Tail {
    /// Of all entities together.
    weeks: f64,
    episodes: f64,
    /// Those of moderate height, and by how much all together exceed where it begins, at most up to where it ends.
    moderate: f64,
    excess: f64,
}

#[derive(Debug, Default)]
pub struct Calibration {
    classes: [Tail; Class::COUNT],
}

impl Calibration {
    pub fn of(scene: &Scene<'_>, scored: &[Vec<Scored>], tuning: &Tuning) -> Calibration {
        let mut all = Calibration::default();
        for (subject, scored) in scene.subjects.iter().zip(scored) {
            let tail = &mut all.classes[subject.entity.class as usize];
            tail.weeks += f64::from(scene.length) / f64::from(7 * DAY);
            peaks(scored, tuning).for_each(|peak| tail.add(peak, 1.0, tuning));
        }
        all
    }

    /// How many episodes that reach this score one entity of a class has in a week, apart from this one.
    pub fn weekly(&self, class: Class, score: f64, tuning: &Tuning) -> f64 {
        let mut tail = self.classes[class as usize];
        if score >= tuning.moderate.0 {
            tail.add(score, -1.0, tuning);
        }
        let (rate, weight) = tuning.fall_prior;
        let fall = (tail.moderate + weight) / (tail.excess.max(0.0) + weight / rate);
        (tail.episodes.max(0.0) + 0.5) / tail.weeks.max(1.0) * (-fall * (score - tuning.moderate.0)).exp()
    }
}

impl Tail {
    fn add(&mut self, peak: f64, sign: f64, tuning: &Tuning) {
        let (from, to) = tuning.moderate;
        self.episodes += sign;
        self.excess += sign * (peak.min(to) - from);
        if peak < to {
            self.moderate += sign;
        }
    }
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
        let mut alone = Calibration::default();
        alone.classes[Class::Human as usize].weeks = 100.0;
        let nobody = weekly(&alone, from - 0.001);
        alone.classes[Class::Human as usize].add(from, 1.0, &tuning);
        assert!((weekly(&alone, from) - nobody).abs() < 1e-4);
    }
}
