//! Failed logins from ever new networks: each is nothing by itself, and no user name binds them together.

use super::class::Class;
use super::detect::{Detection, confidence};
use super::entity::Kind;
use super::evidence::Sample;
use super::judged::Judged;
use super::novelty::Group;
use super::profile::{WINDOW, time_of};
use super::reason::{Expected, Reason, sources};
use super::score::Scored;
use super::tuning::Tuning;

/// A first failed login from a network.
#[derive(Clone, Copy)]
struct First<'s> {
    at: usize,
    scored: &'s Scored,
}

impl Judged<'_> {
    /// The times at which such logins add up.
    pub fn of_cluster(&self, tuning: &Tuning) -> Vec<Detection> {
        let firsts = self.firsts(tuning);
        let [low, ..] = tuning.levels(self.scene.is_short);
        let (mut sum, mut last, mut begin) = (0.0, 0, 0);
        let mut detections: Vec<Detection> = Vec::new();
        for (place, first) in firsts.iter().enumerate() {
            let window = first.scored.window;
            sum *= (-f64::from(window - last) / tuning.cluster_half_life).exp2();
            if sum < 0.1 {
                begin = place;
            }
            last = window;
            sum = (sum + first.scored.own).min(tuning.sum_cap);
            let told = firsts.get(begin..=place).unwrap_or_default();
            if sum >= low && told.len() > 1 && self.recent.holds(window) {
                let is_next = detections.last().is_some_and(|known| {
                    time_of(window) - known.to <= i64::from(tuning.episode_gap) * WINDOW
                });
                if is_next {
                    detections.pop();
                }
                detections.extend(self.detection(told, sum, tuning));
            }
        }
        detections
    }

    fn firsts(&self, tuning: &Tuning) -> Vec<First<'_>> {
        let mut firsts: Vec<First<'_>> = Vec::new();
        for (at, (subject, scored)) in self.scene.subjects.iter().zip(&self.scored).enumerate() {
            if subject.entity.key.kind == Kind::Source {
                let is_new = |scored: &&Scored| {
                    scored.groups[Group::Network as usize] > 0.0 && scored.own >= tuning.cluster_from
                };
                firsts.extend(scored.iter().filter(is_new).map(|scored| First { at, scored }));
            }
        }
        firsts.sort_by_key(|first| (first.scored.window, first.at));
        firsts
    }

    fn detection(&self, told: &[First<'_>], score: f64, tuning: &Tuning) -> Option<Detection> {
        let (first, last) = (told.first()?, told.last()?);
        let names = &self.scene.profile.names;
        let name =
            |first: &First<'_>| names.text(self.scene.subjects[first.at].entity.key.network).to_owned();
        let windows: Vec<Scored> = told.iter().map(|first| first.scored.clone()).collect();
        let samples: Vec<Sample> = told.iter().flat_map(|first| self.samples(first, tuning)).collect();
        let cluster = self.scene.subjects[first.at].entity.key.cluster;
        let history = (self.scene.span.len(), self.scene.span.len());
        Some(Detection {
            cluster: names.text(cluster).into(),
            kind: Kind::Cluster,
            eid: names.text(cluster).into(),
            class: Class::Anonymous,
            actor: None,
            network: None,
            from: time_of(first.scored.window),
            to: time_of(last.scored.window) + WINDOW,
            score,
            confidence: confidence(score, tuning.levels(self.scene.is_short))?,
            weekly: None,
            reasons: vec![sources(
                told.iter().map(name).collect(),
                samples,
                windows.iter().map(|window| window.own).fold(0.0, f64::max),
                Expected { low: 0, high: 0, windows: history.0 },
                tuning,
            )],
            first: None,
            strongest: 0,
            windows,
            is_short: self.scene.is_short,
            history,
        })
    }

    fn samples(&self, first: &First<'_>, tuning: &Tuning) -> Vec<Sample> {
        let reasons = self.teller(first.at, tuning).reasons(std::slice::from_ref(first.scored));
        reasons.into_iter().flat_map(|reason: Reason| reason.samples).take(2).collect()
    }
}
