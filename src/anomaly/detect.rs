//! From scores to detections: episodes of one entity, with their reasons.

use super::account::Account;
use super::class::Class;
use super::entity::Kind;
use super::evidence::Sample;
use super::judged::Judged;
use super::names::Name;
use super::profile::{Profile, WINDOW, time_of, window_of};
use super::reason::{Reason, Teller, strongest_first};
use super::score::Scored;
use super::tuning::{Levels, Tuning};
use crate::finding::Confidence;
use rayon::prelude::*;

/// The level of a score; `None` below what is worth telling.
pub fn confidence(score: f64, levels: Levels) -> Option<Confidence> {
    Confidence::ALL.into_iter().zip(levels).rev().find(|(_, from)| score >= *from).map(|(level, _)| level)
}

/// A time in which an entity deviated.
#[derive(Clone, Debug)]
pub struct Detection {
    pub cluster: Box<str>,
    pub kind: Kind,
    /// User name, or the network of those that have none.
    pub eid: Box<str>,
    pub class: Class,
    /// Who acted, where that is not the entity itself.
    pub actor: Option<Box<str>>,
    /// Where whoever is anonymous came from.
    pub network: Option<Box<str>>,
    /// Begin of the first window and end of the last, microseconds since 1970 (UTC).
    pub from: i64,
    pub to: i64,
    pub score: f64,
    pub confidence: Confidence,
    /// How many detections that reach this score one entity of its kind has in a week, about; of clusters and
    /// objects it is not known.
    pub weekly: Option<f64>,
    /// The strongest first.
    pub reasons: Vec<Reason>,
    /// A request to look at where no reason points at any.
    pub first: Option<Sample>,
    /// The windows with evidence, and the strongest of them.
    pub windows: Vec<Scored>,
    pub strongest: usize,
    /// The input spans too little time to know what is usual.
    pub is_short: bool,
    /// Own active windows, of how many in all.
    pub history: (usize, usize),
}

/// The windows in which detections are wanted; all others only tell what is usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recent {
    pub since: Option<u32>,
    /// This window does not belong to it.
    pub until: Option<u32>,
}

impl Recent {
    /// `until` itself does not belong to it. Times are microseconds since 1970 (UTC).
    pub fn between(since: Option<i64>, until: Option<i64>) -> Recent {
        let after = |time: i64| window_of(time.saturating_add(WINDOW - 1));
        Recent { since: since.and_then(window_of), until: until.and_then(after) }
    }

    pub fn holds(self, window: u32) -> bool {
        self.since.is_none_or(|since| since <= window) && self.until.is_none_or(|until| window < until)
    }
}

/// All detections of a settled profile, by cluster, entity and time.
pub fn detect(profile: &Profile, recent: Recent, tuning: &Tuning) -> Vec<Detection> {
    let of_cluster = |cluster| {
        let all = Judged::of(profile, cluster, recent, tuning);
        let each = (0..all.scored.len()).into_par_iter().flat_map_iter(|at| all.of_subject(at, tuning));
        let mut found: Vec<Detection> = each.collect();
        found.extend(all.of_whole(cluster.0, tuning));
        found
    };
    profile.clusters.par_iter().flat_map_iter(of_cluster).collect()
}

/// The account of the one detection that is meant: every number that went into its score.
pub fn account(
    profile: &Profile,
    recent: Recent,
    tuning: &Tuning,
    is_meant: &dyn Fn(&Detection) -> bool,
) -> Option<Account> {
    profile.clusters.iter().find_map(|cluster| {
        let all = Judged::of(profile, cluster, recent, tuning);
        let own = (0..all.scored.len()).find_map(|at| {
            let detection = all.of_subject(at, tuning).into_iter().find(|detection| is_meant(detection))?;
            Some(all.account(at, &detection, tuning))
        });
        own.or_else(|| {
            let mut others = all.of_whole(cluster.0, tuning).into_iter();
            Some(all.account_of_whole(&others.find(|detection| is_meant(detection))?, tuning))
        })
    })
}

impl Judged<'_> {
    /// What is told of the cluster as a whole and of its objects.
    fn of_whole(&self, cluster: Name, tuning: &Tuning) -> Vec<Detection> {
        let mut all = self.of_cluster(tuning);
        all.extend(self.of_refusals(tuning));
        all.extend(self.of_objects(cluster, tuning));
        all
    }

    fn of_subject(&self, at: usize, tuning: &Tuning) -> Vec<Detection> {
        let scored = &self.scored[at];
        let [low, ..] = tuning.levels(self.scene.is_short);
        let tells = |window: &&Scored| window.total >= low && self.recent.holds(window.window);
        let strong: Vec<&Scored> = scored.iter().filter(tells).collect();
        let episodes = strong.chunk_by(|a, b| b.window - a.window <= tuning.episode_gap);
        let told = episodes.filter_map(|episode| self.episode(at, episode, tuning));
        told.map(|one| Detection {
            weekly: Some(self.calibration.weekly(one.class, one.score, tuning)),
            confidence: self.promised(one.class, one.score, one.confidence, tuning),
            ..one
        })
        .collect()
    }

    /// The reasons of some windows, and of the longer times that they stand for, the strongest first.
    fn reasons(&self, at: usize, windows: &[Scored], tuning: &Tuning) -> Vec<Reason> {
        let mut reasons = self.teller(at, tuning).reasons(windows);
        for long in windows.iter().filter_map(|window| window.longer.as_ref()) {
            let Some(over) = self.longer.get(long.at) else { continue };
            let more = over.teller(at).reasons(std::slice::from_ref(&long.scored));
            for reason in more {
                match reasons.iter_mut().find(|known| known.doc == reason.doc) {
                    Some(known) if known.evidence >= reason.evidence => {}
                    Some(known) => *known = reason,
                    None => reasons.push(reason),
                }
            }
        }
        strongest_first(&mut reasons);
        reasons
    }

    /// `strong` are the windows of the episode that reach a level by themselves or by what came before.
    fn episode(&self, at: usize, strong: &[&Scored], tuning: &Tuning) -> Option<Detection> {
        let (first, last) = (strong.first()?, strong.last()?);
        let from =
            strong.iter().filter_map(|window| window.since).min().unwrap_or(first.window).min(first.window);
        let begin = strong.iter().map(|window| window.first()).min().unwrap_or(first.window);
        let to = strong.iter().map(|window| window.last()).max().unwrap_or(last.window);
        let within = |window: &&Scored| {
            (from..=to).contains(&window.window)
                && (window.own >= tuning.sum_offset || window.longer.is_some())
        };
        let windows: Vec<Scored> = self.scored[at].iter().filter(within).cloned().collect();
        let score = strong.iter().map(|window| window.total).fold(0.0, f64::max);
        let strongest =
            windows.iter().enumerate().max_by(|a, b| a.1.own.total_cmp(&b.1.own).then(b.0.cmp(&a.0)))?.0;
        let teller = self.teller(at, tuning);
        let Teller { scene, subject, .. } = &teller;
        let names = &scene.profile.names;
        let entity = subject.entity;
        let network = Some(names.text(entity.key.network)).filter(|network| !network.is_empty());
        Some(Detection {
            cluster: names.text(entity.key.cluster).into(),
            kind: entity.key.kind,
            eid: names.text(entity.key.name).into(),
            class: entity.class,
            actor: None,
            network: network.map(Box::from),
            from: time_of(begin),
            to: time_of(to) + WINDOW,
            score,
            confidence: confidence(score, tuning.levels(scene.is_short))?,
            weekly: None,
            reasons: self.reasons(at, &windows, tuning),
            first: teller.any_sample(&windows),
            strongest,
            windows,
            is_short: scene.is_short,
            history: (subject.windows.len(), scene.span.len()),
        })
    }
}

impl Detection {
    pub fn writes(&self) -> bool {
        self.reasons.iter().any(|reason| reason.writes)
    }

    /// Pointers to the first requests of each kind, by time, each request once.
    pub fn samples(&self) -> Vec<&Sample> {
        let mut samples: Vec<&Sample> = self.reasons.iter().flat_map(|reason| &reason.samples).collect();
        if samples.is_empty() {
            samples.extend(&self.first);
        }
        samples.sort_unstable();
        samples
            .dedup_by(|a, b| a.evidence == b.evidence || !a.audit_id.is_empty() && a.audit_id == b.audit_id);
        samples
    }
}
