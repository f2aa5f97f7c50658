//! The hours at which an entity is active.

use super::profile::HOUR;
use super::subject::{Scene, Subject};
use super::tuning::Tuning;

/// How many days it was active in each hour of the day.
#[derive(Debug)]
pub struct Hours {
    days: [f64; 24],
    active: bool,
    /// Windows of an hour.
    hour: u32,
}

impl Hours {
    pub fn of(subject: &Subject<'_>, scene: &Scene<'_>, tuning: &Tuning) -> Hours {
        let hour = (HOUR / scene.scale).max(1);
        let mut slots: Vec<u32> = subject.windows.iter().map(|window| window / hour).collect();
        slots.dedup();
        let mut days = [0.0; 24];
        slots.iter().for_each(|slot| days[(slot % 24) as usize] += 1.0);
        slots.iter_mut().for_each(|slot| *slot /= 24);
        slots.dedup();
        let duty = subject.windows.len() as f64 / scene.active.max(1) as f64;
        let active = duty < tuning.when_duty && slots.len() as u32 >= tuning.when_days && scene.scale <= HOUR;
        Hours { days, active, hour }
    }

    /// The evidence of being active at this time of day.
    pub fn evidence(&self, window: u32, tuning: &Tuning) -> f64 {
        if !self.active || !tuning.terms.time {
            return 0.0;
        }
        let hour = (window / self.hour % 24) as usize;
        let mut days = self.days;
        days[hour] = (days[hour] - 1.0).max(0.0);
        let smooth = |at: usize| days[at] + (days[(at + 1) % 24] + days[(at + 23) % 24]) / 2.0 + 0.1;
        let own = smooth(hour);
        let all: f64 = (0..24).map(smooth).sum();
        let as_rare: f64 = (0..24).map(smooth).filter(|mass| *mass <= own).sum();
        (-(as_rare / all).log10() - tuning.when_offset).clamp(0.0, tuning.when_cap)
    }
}
