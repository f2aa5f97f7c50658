//! An entity as the score sees it: its active windows and the values it was seen with.

use super::cell::{COUNTERS, Cell, Counter};
use super::cells::Part;
use super::entity::Entity;
use super::evidence::Mark;
use super::names::Name;
use super::peers::Peers;
use super::profile::{HOUR, Profile};
use super::shown::Shown;
use super::span::Span;
use super::tuning::Tuning;
use super::value::Value;
use super::windows::Windows;
use rayon::prelude::*;
use std::borrow::Cow;
use std::iter;
use std::sync::{Arc, OnceLock};

/// A cluster under judgement. Its entities are peers of each other.
#[derive(Debug)]
pub struct Scene<'p> {
    pub profile: &'p Profile,
    pub span: &'p Span,
    /// How many windows of five minutes one of its windows holds.
    pub scale: u32,
    pub subjects: Vec<Subject<'p>>,
    pub peers: Arc<Peers>,
    /// Own windows that must lie before a new value, of whoever is often active.
    pub learn: f64,
    /// Windows in which anything was seen of the cluster.
    pub active: usize,
    /// The cluster's first window and how many windows it spans.
    pub from: u32,
    pub length: u32,
    /// Too little was seen to know what is usual.
    pub is_short: bool,
    /// Hours in which anything was seen of the cluster, in order: the time in a gap of the log is not watched.
    hours: Arc<[u32]>,
}

#[derive(Debug)]
pub struct Subject<'p> {
    pub entity: &'p Entity,
    /// In which it was active, and how many windows of five minutes each of them holds.
    pub windows: Windows,
    scale: u32,
    /// In the order of their keys.
    pub values: Arc<[Value]>,
    /// With the requests that show them, once any of that is told.
    shown: OnceLock<Cow<'p, Shown>>,
}

impl<'p> Scene<'p> {
    pub fn new(profile: &'p Profile, cluster: Name, span: &'p Span, tuning: &Tuning) -> Scene<'p> {
        let own = profile.entities.par_iter().filter(|entity| entity.key.cluster == cluster);
        let own = own.map(Subject::new);
        let subjects: Vec<Subject<'p>> = own.filter(|subject| !subject.windows.is_empty()).collect();
        let peers = Arc::new(Peers::of(&subjects));
        Scene::of(profile, span, (1, subjects), (peers, span.hours().into()), tuning)
    }

    /// The same in windows that hold so many windows of five minutes.
    pub fn longer(&self, scale: u32, tuning: &Tuning) -> Scene<'p> {
        let subjects = self.subjects.iter().map(|subject| subject.longer(scale)).collect();
        Scene::of(
            self.profile,
            self.span,
            (scale, subjects),
            (Arc::clone(&self.peers), Arc::clone(&self.hours)),
            tuning,
        )
    }

    fn of(
        profile: &'p Profile,
        span: &'p Span,
        (scale, subjects): (u32, Vec<Subject<'p>>),
        (peers, hours): (Arc<Peers>, Arc<[u32]>),
        tuning: &Tuning,
    ) -> Scene<'p> {
        let (from, to) = span.range().map_or((0, 0), |(from, to)| (from / scale, to / scale));
        let (least, most) = tuning.learn_range;
        let active = span.count(scale);
        Scene {
            profile,
            span,
            scale,
            peers,
            subjects,
            active,
            learn: (active as f64 * tuning.learn_part).clamp(least, most),
            from,
            length: to - from + 1,
            is_short: hours.len() as u32 * HOUR < tuning.short_history,
            hours,
        }
    }
}

impl Scene<'_> {
    /// For how many windows the cluster was watched before this one.
    pub fn watched(&self, window: u32) -> u32 {
        let hour = window.saturating_mul(self.scale) / HOUR;
        self.hours.partition_point(|seen| *seen < hour) as u32 * HOUR / self.scale
    }

    /// Windows after which a cluster is known well enough to call a principal young.
    pub fn young_after(&self, tuning: &Tuning) -> u32 {
        let watched = self.hours.len() as u32 * HOUR / self.scale;
        let part = (tuning.young_part * f64::from(watched)).ceil() as u32;
        tuning.young_after.min(part).max(1)
    }

    /// Own windows that must lie before a new value.
    pub fn learn_of(&self, subject: &Subject<'_>, tuning: &Tuning) -> f64 {
        let own = subject.windows.len() as f64 * tuning.learn_own;
        self.learn.min(own.max(tuning.learn_range.0))
    }
}

/// For each counter the windows in which it moved and how far, in the order of time.
pub type Series = [Vec<(u32, u32)>; COUNTERS];

fn add_sums(series: &mut Series, cell: &Cell) {
    for (sum, series) in cell.sums.iter().zip(series) {
        if *sum > 0 {
            series.push((cell.window, *sum));
        }
    }
}

fn add_secrets(series: &mut Vec<(u32, u32)>, cell: &Cell) {
    if !cell.secrets().is_empty() {
        series.push((cell.window, cell.get(Counter::Secrets)));
    }
}

/// The sums in windows that are so much longer.
fn longer(own: &Series, scale: u32) -> Series {
    let mut all = Series::default();
    for (series, own) in all.iter_mut().zip(own) {
        for (window, count) in own {
            match series.last_mut().filter(|(last, _)| *last == window / scale) {
                Some((_, sum)) => *sum = sum.saturating_add(*count),
                None => series.push((window / scale, *count)),
            }
        }
    }
    all
}

impl<'p> Subject<'p> {
    fn new(entity: &'p Entity) -> Subject<'p> {
        let (windows, values) = (Windows::of(entity.cells.windows()), entity.values().into());
        Subject { entity, windows, scale: 1, values, shown: OnceLock::new() }
    }

    fn longer(&self, scale: u32) -> Subject<'p> {
        let windows = Windows::of(self.windows.iter().map(|window| window / scale));
        let (entity, values) = (self.entity, Arc::clone(&self.values));
        Subject { entity, windows, scale, values, shown: OnceLock::new() }
    }

    /// Whether it turned up when the cluster had been watched for a while.
    pub fn is_young(&self, scene: &Scene<'_>, tuning: &Tuning) -> bool {
        let watched = self.windows.first().map_or(0, |first| scene.watched(first));
        // In a short log most are seen for the first time at some hour of it.
        !scene.is_short && watched >= scene.young_after(tuning)
    }

    /// Active windows before this one.
    pub fn age(&self, window: u32) -> usize {
        self.windows.before(window)
    }

    /// Active windows outside the time in which a value occurs.
    pub fn outside(&self, value: &Value) -> usize {
        let to = self.windows.before(value.last.saturating_add(1));
        self.windows.len() - (to - self.age(value.first))
    }

    pub fn series(&self) -> Series {
        let mut series = Series::default();
        self.each_cell(|cell| {
            add_sums(&mut series, cell);
            add_secrets(&mut series[Counter::Secrets as usize], cell);
        });
        series
    }

    /// Those in windows of several lengths, the first of them of five minutes, each as [`Scene::scale`].
    fn series_of(&self, scales: &[u32]) -> Vec<Series> {
        let mut secrets: Vec<Cell> = scales.iter().map(|_| Cell::default()).collect();
        let mut own = Series::default();
        let mut of_secrets = vec![Vec::new(); scales.len()];
        self.entity.cells.each_part(|part| {
            let cell = match part {
                Part::Sum { window, counter, count } => return own[counter].push((window, count)),
                Part::Whole(cell) => cell,
            };
            add_sums(&mut own, cell);
            if cell.secrets().is_empty() {
                return;
            }
            for ((scale, met), series) in scales.iter().zip(&mut secrets).zip(&mut of_secrets) {
                let window = cell.window / scale;
                if met.window != window {
                    add_secrets(series, met);
                    met.begin(window);
                }
                met.absorb(cell);
            }
        });
        let more: Vec<Series> = scales.iter().skip(1).map(|scale| longer(&own, *scale)).collect();
        let mut all: Vec<Series> = iter::once(own).chain(more).collect();
        for ((all, met), mut series) in all.iter_mut().zip(&secrets).zip(of_secrets) {
            add_secrets(&mut series, met);
            all[Counter::Secrets as usize] = series;
        }
        all
    }

    /// Shows what it did in each window in which it was active.
    pub fn each_cell(&self, see: impl FnMut(&Cell)) {
        self.entity.cells.each(self.scale, see);
    }

    /// The request that shows a value first.
    pub fn mark(&self, value: &Value) -> Option<&Mark> {
        self.shown().mark(value)
    }

    /// The values again, with requests.
    pub fn shown(&self) -> &Shown {
        self.shown.get_or_init(|| self.entity.shown())
    }
}

/// What all subjects of a scene did, in windows of several lengths: made once where that is little, and else whenever
/// it is asked for.
#[derive(Debug)]
pub struct AllSeries<'s, 'p> {
    subjects: &'s [Subject<'p>],
    scales: Vec<u32>,
    /// By subject; empty where it would be too much.
    kept: Vec<Vec<Series>>,
}

/// Windows of subjects, each counted for itself, whose series are kept: some 16 bytes each.
const KEPT: usize = 1 << 20;

impl<'s, 'p> AllSeries<'s, 'p> {
    /// Of a scene in windows of five minutes, which must be the first of the scales.
    pub fn new(subjects: &'s [Subject<'p>], scales: Vec<u32>) -> AllSeries<'s, 'p> {
        let all: usize = subjects.iter().map(|subject| subject.windows.len()).sum();
        let few = if all <= KEPT { subjects } else { &[] };
        let kept = few.par_iter().map(|subject| subject.series_of(&scales)).collect();
        AllSeries { subjects, scales, kept }
    }

    pub fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Those of one subject, one for each scale; none of a subject that is none of these.
    pub fn of(&self, at: usize) -> Cow<'_, [Series]> {
        let made = || self.subjects.get(at).map(|subject| subject.series_of(&self.scales));
        match self.kept.get(at) {
            Some(series) => Cow::Borrowed(series),
            None => Cow::Owned(made().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::SUMS;
    use super::super::class::Class;
    use super::super::entity::{EntityKey, Kind};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn series_of_several_lengths_are_those_of_each(
            all in prop::collection::vec((0..2000_u32, 0..SUMS, 1..90_u32, prop::option::of(0..200_u32)), 0..200),
            sealed in 0..2000_u32,
        ) {
            let key = EntityKey { cluster: 0, kind: Kind::Principal, name: 0, network: 0 };
            let mut entity = Entity::new(key, Class::Human);
            for (window, at, count, secret) in all {
                let cell = entity.cells.at(window);
                cell.add(1 << at, count);
                secret.into_iter().for_each(|secret| cell.add_secret(secret << 24));
            }
            entity.cells.seal_before(sealed);
            let subject = Subject::new(&entity);
            let scales = [1, 12, 288];
            let each: Vec<Series> = scales.iter().map(|scale| subject.longer(*scale).series()).collect();
            prop_assert_eq!(subject.series_of(&scales), each);
        }
    }
}
