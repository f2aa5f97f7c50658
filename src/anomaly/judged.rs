//! A cluster whose entities have been scored: in windows of five minutes, and over an hour and a day.
//!
//! Little things that no window shows may add up to something over a longer time. What does is told with the window
//! in it that has most evidence, and only if none of its windows tells more by itself.

use super::calibration::Calibration;
use super::class::Class;
use super::count::Habit;
use super::detect::Recent;
use super::names::Name;
use super::profile::Profile;
use super::reason::Teller;
use super::score::{Long, Norms, Scored};
use super::span::Span;
use super::subject::{Scene, Subject};
use super::tuning::{Longer, Tuning};
use crate::finding::Confidence;
use rayon::prelude::*;
use std::iter;

pub struct Judged<'p> {
    pub scene: Scene<'p>,
    pub norms: Norms,
    /// As many as [`Tuning::longer`], unless that is left out.
    pub longer: Vec<Over<'p>>,
    pub calibration: Calibration,
    /// The same of what lies before the windows that are judged.
    history: Option<Calibration>,
    /// By entity.
    pub scored: Vec<Vec<Scored>>,
    pub recent: Recent,
}

/// The same cluster in longer windows.
pub struct Over<'p> {
    pub scene: Scene<'p>,
    pub norms: Norms,
    pub tuning: Tuning,
    pub longer: Longer,
}

impl<'p> Judged<'p> {
    pub fn of(
        profile: &'p Profile,
        (name, span): &'p (Name, Span),
        recent: Recent,
        tuning: &Tuning,
    ) -> Judged<'p> {
        let scene = Scene::new(profile, *name, span, tuning);
        let (norms, longer) = norms(&scene, tuning);
        let scales: Vec<u32> =
            iter::once(scene.scale).chain(longer.iter().map(|over| over.scene.scale)).collect();
        let score = |subject: &Subject<'_>, at: usize| {
            let mut series = subject.series_of(&scales).into_iter();
            let mut own = norms.score(&scene, at, &series.next().unwrap_or_default(), tuning);
            for ((place, over), series) in longer.iter().enumerate().zip(series) {
                let long = over.norms.score(&over.scene, at, &series, &over.tuning);
                long.into_iter().for_each(|long| tell(&mut own, subject, (place, over.longer), long));
            }
            own
        };
        let all = scene.subjects.par_iter().enumerate();
        let scored: Vec<Vec<Scored>> = all.map(|(at, subject)| score(subject, at)).collect();
        let calibration = Calibration::of(&scene, &scored, tuning);
        let history = Calibration::of_history(&scene, &scored, recent.since, tuning);
        Judged { scene, norms, longer, calibration, history, scored, recent }
    }

    /// The level of a score, lowered where history shows that it comes too often.
    pub fn promised(&self, class: Class, score: f64, level: Confidence, tuning: &Tuning) -> Confidence {
        let history = self.history.as_ref().filter(|_| tuning.terms.promise);
        history.map_or(level, |history| level.min(history.promised(class, score, tuning)))
    }

    pub fn teller<'t>(&'t self, at: usize, tuning: &'t Tuning) -> Teller<'t, 'p> {
        teller(&self.scene, &self.norms, at, tuning)
    }
}

impl<'p> Over<'p> {
    pub fn teller(&self, at: usize) -> Teller<'_, 'p> {
        teller(&self.scene, &self.norms, at, &self.tuning)
    }
}

/// What is usual in a cluster, in its windows and in longer ones.
fn norms<'p>(scene: &Scene<'p>, tuning: &Tuning) -> (Norms, Vec<Over<'p>>) {
    let longer: &[Longer] = if tuning.terms.longer { &tuning.longer } else { &[] };
    let in_longer = |longer: &Longer| {
        let tuning = tuning.over(*longer);
        (scene.longer(longer.scale, &tuning), tuning, *longer)
    };
    let longer: Vec<(Scene<'p>, Tuning, Longer)> = longer.par_iter().map(in_longer).collect();
    let scenes: Vec<&Scene<'p>> = iter::once(scene).chain(longer.iter().map(|(scene, ..)| scene)).collect();
    let habits = if tuning.terms.counters { Habit::all(&scenes) } else { Vec::new() };
    let mut habits = habits.into_iter().chain(iter::repeat_with(Vec::new));
    let own = Norms::of(scene, habits.next().unwrap_or_default(), tuning);
    let longer: Vec<_> = longer.into_iter().zip(habits).collect();
    let over = |((scene, tuning, longer), habits)| Over {
        norms: own.longer(&scene, habits, &tuning),
        scene,
        tuning,
        longer,
    };
    let longer = longer.into_par_iter().map(over).collect();
    (own, longer)
}

fn teller<'t, 'p>(scene: &'t Scene<'p>, norms: &'t Norms, at: usize, tuning: &'t Tuning) -> Teller<'t, 'p> {
    Teller { scene, subject: &scene.subjects[at], novel: &norms.news[at].novel, tuning }
}

/// Lets a window stand for a longer time that tells more than all windows in it.
fn tell(own: &mut Vec<Scored>, subject: &Subject<'_>, (at, longer): (usize, Longer), scored: Scored) {
    let total = scored.own - longer.offset;
    let from = scored.window * longer.scale;
    let begin = own.partition_point(|one| one.window < from);
    let end = own.partition_point(|one| one.window < from + longer.scale);
    let best = own[begin..end].iter().map(|one| one.total).fold(0.0, f64::max);
    let active = || subject.windows.between(from, from + longer.scale);
    let (Some(first), Some(last)) = (active().next(), active().last()) else { return };
    if total <= best {
        return;
    }
    let strongest = (begin..end).max_by(|a, b| own[*a].own.total_cmp(&own[*b].own).then(b.cmp(a)));
    let place = strongest.unwrap_or_else(|| {
        own.insert(begin, Scored { window: last, ..Scored::default() });
        begin
    });
    let one = &mut own[place];
    one.total = total;
    one.since = Some(first);
    one.longer = Some(Box::new(Long { at, windows: (first, last), scored }));
}
