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
use super::subject::{AllSeries, Scene, Subject};
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
        let wider = wider(&scene, tuning);
        let scenes: Vec<&Scene<'p>> =
            iter::once(&scene).chain(wider.iter().map(|(scene, ..)| scene)).collect();
        // Only counters need them.
        let counted = if tuning.terms.counters { &*scene.subjects } else { &[] };
        let all_series = AllSeries::new(counted, scenes.iter().map(|scene| scene.scale).collect());
        let habits = Habit::all(&scenes, &all_series);
        let (norms, longer) = norms(&scene, wider, habits, tuning);
        let score = |subject: &Subject<'_>, at: usize| {
            let series = all_series.of(at);
            let of = |place: usize| series.get(place).map_or(&[][..], |series| series);
            let mut own = norms.score(&scene, at, of(0), tuning);
            for (place, over) in longer.iter().enumerate() {
                let long = over.norms.score(&over.scene, at, of(place + 1), &over.tuning);
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

/// A cluster in longer windows, as it is judged in them.
type Wider<'p> = (Scene<'p>, Tuning, Longer);

fn wider<'p>(scene: &Scene<'p>, tuning: &Tuning) -> Vec<Wider<'p>> {
    let longer: &[Longer] = if tuning.terms.longer { &tuning.longer } else { &[] };
    let in_longer = |longer: &Longer| {
        let tuning = tuning.over(*longer);
        (scene.longer(longer.scale, &tuning), tuning, *longer)
    };
    longer.par_iter().map(in_longer).collect()
}

/// What is usual in a cluster, in its windows and in longer ones. `habits` are those of each.
fn norms<'p>(
    scene: &Scene<'p>,
    wider: Vec<Wider<'p>>,
    habits: Vec<Vec<Habit>>,
    tuning: &Tuning,
) -> (Norms, Vec<Over<'p>>) {
    let mut habits = habits.into_iter();
    let own = Norms::of(scene, habits.next().unwrap_or_default(), tuning);
    let wider: Vec<_> = wider.into_iter().zip(habits).collect();
    let over = |((scene, tuning, longer), habits)| Over {
        norms: own.longer(&scene, habits, &tuning),
        scene,
        tuning,
        longer,
    };
    let longer = wider.into_par_iter().map(over).collect();
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
