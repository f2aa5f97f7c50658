//! From scores to detections: episodes of one entity, with their reasons.

use super::account::Account;
use super::class::Class;
use super::entity::Kind;
use super::evidence::Sample;
use super::names::Name;
use super::profile::{Profile, WINDOW, time_of, window_of};
use super::reason::{Reason, Teller};
use super::score::{Norms, Scored};
use super::span::Span;
use super::subject::{Resources, Scene};
use super::tuning::{Levels, Tuning};
use crate::finding::Confidence;

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
    /// Where whoever is anonymous came from.
    pub network: Option<Box<str>>,
    /// Begin of the first window and end of the last, microseconds since 1970 (UTC).
    pub from: i64,
    pub to: i64,
    pub score: f64,
    pub confidence: Confidence,
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
    let resources = Resources::of(profile);
    let of_cluster = |(name, span): &(Name, Span)| {
        let scene = Scene::new(profile, *name, span, &resources, tuning);
        let norms = Norms::of(&scene, &resources, tuning);
        let places = 0..scene.subjects.len();
        let scored: Vec<Vec<Scored>> = places.map(|at| norms.score(&scene, at, tuning)).collect();
        let all = Judged { scene: &scene, resources: &resources, norms: &norms, scored: &scored, recent };
        let each = (0..scored.len()).flat_map(|at| all.of_subject(at, tuning));
        each.chain(all.of_cluster(tuning)).collect::<Vec<_>>()
    };
    profile.clusters.iter().flat_map(of_cluster).collect()
}

/// The account of the one detection that is meant: every number that went into its score.
pub fn account(
    profile: &Profile,
    recent: Recent,
    tuning: &Tuning,
    is_meant: &dyn Fn(&Detection) -> bool,
) -> Option<Account> {
    let resources = Resources::of(profile);
    profile.clusters.iter().find_map(|(name, span)| {
        let scene = Scene::new(profile, *name, span, &resources, tuning);
        let norms = Norms::of(&scene, &resources, tuning);
        let places = 0..scene.subjects.len();
        let scored: Vec<Vec<Scored>> = places.map(|at| norms.score(&scene, at, tuning)).collect();
        let all = Judged { scene: &scene, resources: &resources, norms: &norms, scored: &scored, recent };
        let own = (0..scored.len()).find_map(|at| {
            let detection = all.of_subject(at, tuning).into_iter().find(|detection| is_meant(detection))?;
            Some(all.account(at, &detection, tuning))
        });
        own.or_else(|| {
            let detection = all.of_cluster(tuning).into_iter().find(|detection| is_meant(detection))?;
            Some(all.account_of_cluster(&detection, tuning))
        })
    })
}

/// A cluster whose entities have been scored.
pub struct Judged<'j, 'p> {
    pub scene: &'j Scene<'p>,
    pub resources: &'j Resources,
    pub norms: &'j Norms,
    /// By entity.
    pub scored: &'j [Vec<Scored>],
    pub recent: Recent,
}

impl<'p> Judged<'_, 'p> {
    pub fn teller<'t>(&'t self, at: usize, tuning: &'t Tuning) -> Teller<'t, 'p> {
        let Judged { scene, resources, norms, .. } = self;
        let subject = &scene.subjects[at];
        Teller { scene, resources, subject, novel: &norms.news[at].novel, tuning }
    }

    fn of_subject(&self, at: usize, tuning: &Tuning) -> Vec<Detection> {
        let scored = &self.scored[at];
        let [low, ..] = tuning.levels(self.scene.is_short);
        let tells = |window: &&Scored| window.total >= low && self.recent.holds(window.window);
        let strong: Vec<&Scored> = scored.iter().filter(tells).collect();
        let episodes = strong.chunk_by(|a, b| b.window - a.window <= tuning.episode_gap);
        let teller = self.teller(at, tuning);
        episodes.filter_map(|episode| detection(&teller, scored, episode, tuning)).collect()
    }
}

/// `strong` are the windows of the episode that reach a level by themselves or by what came before.
fn detection(
    teller: &Teller<'_, '_>,
    scored: &[Scored],
    strong: &[&Scored],
    tuning: &Tuning,
) -> Option<Detection> {
    let (first, last) = (strong.first()?, strong.last()?);
    let from =
        strong.iter().filter_map(|window| window.since).min().unwrap_or(first.window).min(first.window);
    let within =
        |window: &&Scored| (from..=last.window).contains(&window.window) && window.own >= tuning.sum_offset;
    let windows: Vec<Scored> = scored.iter().filter(within).cloned().collect();
    let score = strong.iter().map(|window| window.total).fold(0.0, f64::max);
    let strongest =
        windows.iter().enumerate().max_by(|a, b| a.1.own.total_cmp(&b.1.own).then(b.0.cmp(&a.0)))?.0;
    let Teller { scene, subject, .. } = teller;
    let names = &scene.profile.names;
    let entity = subject.entity;
    let network = Some(names.text(entity.key.network)).filter(|network| !network.is_empty());
    Some(Detection {
        cluster: names.text(entity.key.cluster).into(),
        kind: entity.key.kind,
        eid: names.text(entity.key.name).into(),
        class: entity.class,
        network: network.map(Box::from),
        from: time_of(first.window),
        to: time_of(last.window) + WINDOW,
        score,
        confidence: confidence(score, tuning.levels(scene.is_short))?,
        reasons: teller.reasons(&windows),
        first: teller.any_sample(&windows),
        strongest,
        windows,
        is_short: scene.is_short,
        history: (subject.windows.len(), scene.span.len()),
    })
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
