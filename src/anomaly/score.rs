//! From evidence to the score of a window, and from windows to sums over time.

use super::cell::{COUNTERS, Counter};
use super::class::Class;
use super::count::Habit;
use super::entity::Kind;
use super::novelty::{GROUPS, Group, News, Pace, news};
use super::subject::{Scene, Subject};
use super::tuning::Tuning;
use super::when::Hours;
use std::collections::BTreeMap;

/// The evidence of one window of one entity, term by term.
#[derive(Clone, Debug, Default)]
pub struct Scored {
    pub window: u32,
    pub groups: [f64; GROUPS],
    pub counters: [f64; COUNTERS],
    pub when: f64,
    /// What the terms come to.
    pub own: f64,
    /// What of it is news of sensitive deeds.
    pub quiet: f64,
    /// With what the windows before have left.
    pub total: f64,
    /// The window before that the sum began with, unless the window stands for itself.
    pub since: Option<u32>,
    /// The longer time that tells more than this window, which is the one in it that has most evidence.
    pub longer: Option<Box<Long>>,
}

impl Scored {
    /// The first window that it tells of.
    pub fn first(&self) -> u32 {
        self.longer.as_ref().map_or(self.window, |long| long.windows.0)
    }

    /// The last one.
    pub fn last(&self) -> u32 {
        self.longer.as_ref().map_or(self.window, |long| long.windows.1)
    }
}

/// A longer time that deviates as a whole.
#[derive(Clone, Debug)]
pub struct Long {
    /// Which of [`Tuning::longer`] it is.
    pub at: usize,
    /// The first and the last window in which the entity was active then.
    pub windows: (u32, u32),
    /// In windows of its own length.
    pub scored: Scored,
}

/// What a whole class does, which each member is measured against.
pub struct Norms {
    pub paces: [Pace; GROUPS],
    pub habits: Vec<Habit>,
    pub news: Vec<News>,
}

impl Norms {
    /// `habits` are those of the scene, if counts are to be judged.
    pub fn of(scene: &Scene<'_>, habits: Vec<Habit>, tuning: &Tuning) -> Norms {
        Norms::with(scene, news(scene, tuning), habits, tuning)
    }

    /// The same for a scene in longer windows.
    pub fn longer(&self, scene: &Scene<'_>, habits: Vec<Habit>, tuning: &Tuning) -> Norms {
        let news = self.news.iter().map(|news| news.longer(scene.scale)).collect();
        Norms::with(scene, news, habits, tuning)
    }

    fn with(scene: &Scene<'_>, news: Vec<News>, habits: Vec<Habit>, tuning: &Tuning) -> Norms {
        Norms { paces: Group::ALL.map(|group| Pace::of(scene, &news, group, tuning)), habits, news }
    }

    /// The windows of an entity that have any evidence, in order. `at` is its place in the scene, and `series` is
    /// what it did there by counter, if counts are judged.
    pub fn score(
        &self,
        scene: &Scene<'_>,
        at: usize,
        series: &[Vec<(u32, u32)>],
        tuning: &Tuning,
    ) -> Vec<Scored> {
        let subject = &scene.subjects[at];
        let mut windows: BTreeMap<u32, Scored> = BTreeMap::new();
        self.add_news(scene, subject, &self.news[at], &mut windows, tuning);
        self.add_counts(subject, series, &mut windows, tuning);
        let hours = Hours::of(subject, scene, tuning);
        let mut scored: Vec<Scored> = windows.into_values().collect();
        for window in &mut scored {
            window.when = hours.evidence(window.window, tuning);
            window.own = own(window, subject, scene, tuning);
            window.total = window.own;
        }
        if tuning.terms.sum && scene.scale == 1 {
            scored.iter_mut().for_each(|window| {
                let part = self.news[at].sensitive_part(window.window);
                window.quiet = window.own.min(window.groups[Group::What as usize] * part);
            });
            sum_up(&mut scored, scene, tuning);
            sum_slowly(&mut scored, subject.entity.class, tuning);
        }
        scored
    }

    fn add_news(
        &self,
        scene: &Scene<'_>,
        subject: &Subject<'_>,
        news: &News,
        windows: &mut BTreeMap<u32, Scored>,
        tuning: &Tuning,
    ) {
        for group in Group::ALL {
            let series = &news.series[group as usize];
            for at in 0..series.len() {
                let (pace, cap) = (&self.paces[group as usize], tuning.caps[group as usize]);
                let part = if group == Group::Agent && scene.is_short { tuning.short_agent } else { 1.0 };
                let evidence = pace.chance(scene, subject, series, at, tuning).of_news() * part;
                entry(windows, series[at].0).groups[group as usize] = evidence.min(cap);
            }
        }
    }

    fn add_counts(
        &self,
        subject: &Subject<'_>,
        series: &[Vec<(u32, u32)>],
        windows: &mut BTreeMap<u32, Scored>,
        tuning: &Tuning,
    ) {
        for (habit, series) in self.habits.iter().zip(series) {
            let cap = if habit.counter.is_sensitive() { tuning.sensitive_cap } else { tuning.volume_cap };
            for (window, evidence) in habit.evidence(subject, series, tuning) {
                entry(windows, window).counters[habit.counter as usize] = evidence.min(cap);
            }
        }
    }
}

fn entry(windows: &mut BTreeMap<u32, Scored>, window: u32) -> &mut Scored {
    windows.entry(window).or_insert_with(|| Scored { window, ..Scored::default() })
}

/// The evidence of a window taken together.
fn own(scored: &mut Scored, subject: &Subject<'_>, scene: &Scene<'_>, tuning: &Tuning) -> f64 {
    avoid_counting_denials_twice(scored, tuning);
    let [network, agent, what, denied, image] = scored.groups;
    let most = |sensitive: bool| {
        let some = Counter::ALL.iter().filter(|counter| counter.is_sensitive() == sensitive);
        some.map(|counter| scored.counters[*counter as usize]).fold(0.0, f64::max)
    };
    let identity = network + agent;
    let deeds = what + tuning.denied_weight * denied + most(true) + tuning.volume_weight * most(false);
    let rest = identity + image + deeds * reaction(scored, subject, tuning);
    // Whoever is on call is up at night as well; somebody else's hands come from elsewhere or bring their own.
    if identity + image < tuning.when_from {
        scored.when = 0.0;
    }
    (rest + tuning.when_weight * scored.when) * start(scored.window, subject, scene, tuning)
}

/// What the deeds of a window count, as some principals do little of their own accord.
pub fn reaction(scored: &Scored, subject: &Subject<'_>, tuning: &Tuning) -> f64 {
    let [network, agent, ..] = scored.groups;
    let identity = network + agent;
    if tuning.terms.discount && subject.entity.class.reacts() && identity < tuning.reaction_identity {
        tuning.reaction
    } else if subject.entity.key.kind == Kind::Source && network == 0.0 {
        // An expired token is tried again and again.
        tuning.reaction
    } else if subject.entity.class == Class::Account && identity < tuning.reaction_identity {
        tuning.same_program
    } else {
        1.0
    }
}

/// Whoever was there from the beginning may do in its first windows what it always did before.
pub fn start(window: u32, subject: &Subject<'_>, scene: &Scene<'_>, tuning: &Tuning) -> f64 {
    if subject.is_young(scene, tuning) {
        return 1.0;
    }
    let known = subject.age(window) as f64 / scene.learn;
    let watched = f64::from(scene.watched(window)) / f64::from(scene.young_after(tuning));
    known.max(watched).clamp(tuning.start_floor, 1.0)
}

/// A first denial and a surge of denials are much the same thing.
fn avoid_counting_denials_twice(scored: &mut Scored, tuning: &Tuning) {
    let news = &mut scored.groups[Group::Denied as usize];
    let count = &mut scored.counters[Counter::Denied as usize];
    let lesser = if *news < *count { news } else { count };
    *lesser *= tuning.denied_twice;
}

/// Adds to each window what those before have left, so that little things add up.
fn sum_up(scored: &mut [Scored], scene: &Scene<'_>, tuning: &Tuning) {
    let [half_life, offset, from] = tuning.sum(scene.is_short);
    let (mut sum, mut last, mut since) = (0.0, 0, None);
    for window in scored {
        sum *= (-f64::from(window.window - last) / half_life).exp2();
        last = window.window;
        if sum < 0.1 {
            (sum, since) = (0.0, None);
        }
        let adds = (window.own - offset).max(0.0);
        if adds == 0.0 {
            continue;
        }
        // The first one adds in full.
        sum = if since.is_none() { window.own } else { sum + adds }.min(tuning.sum_cap);
        let begun = *since.get_or_insert(window.window);
        if window.own >= from && sum > window.own {
            window.total = sum;
            window.since = Some(begun);
        }
    }
}

/// Adds up news of sensitive deeds over days: who takes one secret now and then shows in no single day.
fn sum_slowly(scored: &mut [Scored], class: Class, tuning: &Tuning) {
    let offset = match class {
        Class::Account => tuning.program_offset,
        _ => tuning.slow_offset,
    };
    let (mut sum, mut last, mut since) = (0.0, 0, None);
    for window in scored.iter_mut().filter(|window| window.quiet > offset) {
        sum *= (-f64::from(window.window - last) / tuning.slow_half_life).exp2();
        last = window.window;
        if sum < 0.1 {
            (sum, since) = (0.0, None);
        }
        sum = (sum + window.quiet - offset).min(tuning.sum_cap);
        let begun = *since.get_or_insert(window.window);
        if sum * tuning.slow_weight > window.total {
            window.total = sum * tuning.slow_weight;
            window.since = Some(begun);
        }
    }
}
