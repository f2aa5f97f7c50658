//! The arithmetic of one detection, term by term.
//!
//! Nothing is judged here: the terms come from the functions that score ([`Pace::chance`], [`Habit::chances`],
//! [`reaction`], [`start`]), for the windows of one detection.

use super::cell::Counter;
use super::chance::Chance;
use super::detect::Detection;
use super::entity::Kind;
use super::judged::Judged;
use super::novelty::{Group, Novel};
use super::peers::Share;
use super::profile::{WINDOW, time_of};
use super::reason::Teller;
use super::score::{Norms, Scored, reaction, start};
use super::subject::{Scene, Subject};
use super::tuning::{Levels, Tuning};

/// Values of one line that are named.
const MOST: usize = 20;

const NETWORK: &str = "new network";
const CLIENT: &str = "new client";
const IMAGE: &str = "new origin of images";

/// Every number that went into a detection.
#[derive(Clone, Debug)]
pub struct Account {
    /// Own active windows, of how many in all; windows are of five minutes.
    pub history: (usize, usize),
    pub is_short: bool,
    /// From which score on a detection is of low, medium and high confidence.
    pub levels: Levels,
    /// Half-life of the sum over time in hours, what each window must have to add to it, from where on the sum shows,
    /// and its cap.
    pub sum: [f64; 4],
    pub windows: Vec<Sum>,
    /// The score of the detection: the highest total.
    pub score: f64,
}

/// The score of one window.
#[derive(Clone, Debug)]
pub struct Sum {
    /// Begin, microseconds since 1970 (UTC).
    pub time: i64,
    /// Length, microseconds: five minutes, or an hour or a day.
    pub period: i64,
    pub lines: Vec<Line>,
    /// What deeds count; networks, clients and images count in full.
    pub reaction: f64,
    /// What an unusual hour adds.
    pub when: f64,
    /// What the whole counts in the first windows.
    pub start: f64,
    /// What the lines come to.
    pub own: f64,
    /// What an hour or a day has to give up, as it is one more chance to be wrong.
    pub offset: f64,
    /// With what the windows before have left.
    pub total: f64,
    /// Begin of the first window that went into the total.
    pub since: Option<i64>,
}

/// One kind of evidence.
#[derive(Clone, Debug)]
pub struct Line {
    /// `new network`, `denied requests`.
    pub name: &'static str,
    /// The new values, the most telling first; a counter has none.
    pub values: Vec<Worth>,
    /// Of the sum of the weights, or of a count; `None` where a network's failed login is told as a whole.
    pub chance: Option<Chance>,
    /// As the chance gives it, and as it counts (capped; a lesser evidence of the same denials counts in part).
    pub evidence: f64,
    pub counts: f64,
    /// What the sum takes of it: 0 where another counter tells more.
    pub weight: f64,
}

/// A new value.
#[derive(Clone, Debug)]
pub struct Worth {
    pub text: String,
    pub weight: f64,
    /// Of its peers, how many were ever seen with it.
    pub peers: Share,
}

impl Judged<'_> {
    /// `at` is the place of the entity.
    pub fn account(&self, at: usize, detection: &Detection, tuning: &Tuning) -> Account {
        let windows = detection.windows.iter().flat_map(|scored| self.sums(at, scored, tuning)).collect();
        self.with(detection, windows, tuning)
    }

    /// That of a window, and that of the longer time that it stands for.
    fn sums(&self, at: usize, scored: &Scored, tuning: &Tuning) -> Vec<Sum> {
        let own = Books::of(&self.scene, &self.norms, at, tuning).sum(scored);
        let long = scored.longer.as_ref().and_then(|long| Some((long, self.longer.get(long.at)?)));
        let Some((long, over)) = long else { return vec![own] };
        let whole = Books::of(&over.scene, &over.norms, at, &over.tuning).sum(&long.scored);
        let whole = Sum { offset: over.longer.offset, total: scored.total, ..whole };
        match own.lines.is_empty() {
            true => vec![whole],
            false => vec![Sum { total: own.own, since: None, ..own }, whole],
        }
    }

    /// Of what is told as a whole: failed logins by network, and changes of objects.
    pub fn account_of_whole(&self, detection: &Detection, tuning: &Tuning) -> Account {
        let is_surge = detection.reasons.iter().any(|reason| reason.period > WINDOW);
        let name = match detection.kind {
            Kind::Resource => "change by somebody new",
            _ if is_surge => "many principals refused something new",
            _ => "failed login from a new network",
        };
        let line = |scored: &Scored| Line {
            name,
            values: Vec::new(),
            chance: None,
            evidence: scored.own,
            counts: scored.own,
            weight: 1.0,
        };
        let sum = |scored: &Scored| Sum {
            time: time_of(scored.window),
            lines: vec![line(scored)],
            reaction: 1.0,
            when: 0.0,
            start: 1.0,
            period: WINDOW,
            own: scored.own,
            offset: 0.0,
            total: scored.own,
            since: None,
        };
        let mut account = self.with(detection, detection.windows.iter().map(sum).collect(), tuning);
        if detection.kind == Kind::Cluster && !is_surge {
            account.sum = [hours(tuning.cluster_half_life), 0.0, 0.0, tuning.sum_cap];
        }
        account
    }

    fn with(&self, detection: &Detection, windows: Vec<Sum>, tuning: &Tuning) -> Account {
        let [half_life, offset, from] = tuning.sum(self.scene.is_short);
        Account {
            history: detection.history,
            is_short: self.scene.is_short,
            levels: tuning.levels(self.scene.is_short),
            sum: [hours(half_life), offset, from, tuning.sum_cap],
            windows,
            score: detection.score,
        }
    }
}

/// What the numbers of one entity come from, in windows of one length.
struct Books<'b, 'p> {
    scene: &'b Scene<'p>,
    norms: &'b Norms,
    subject: &'b Subject<'p>,
    /// Its place in the scene.
    at: usize,
    tuning: &'b Tuning,
}

impl<'b, 'p> Books<'b, 'p> {
    fn of(scene: &'b Scene<'p>, norms: &'b Norms, at: usize, tuning: &'b Tuning) -> Books<'b, 'p> {
        Books { scene, norms, subject: &scene.subjects[at], at, tuning }
    }

    fn sum(&self, scored: &Scored) -> Sum {
        let Books { scene, subject, tuning, .. } = *self;
        let news = Group::ALL.iter().filter_map(|group| self.news(scored, *group));
        let counts = self.counts(scored);
        Sum {
            time: time_of(scored.window * scene.scale),
            period: i64::from(scene.scale) * WINDOW,
            lines: news.chain(counts).collect(),
            reaction: reaction(scored, subject, tuning),
            when: tuning.when_weight * scored.when,
            start: start(scored.window, subject, scene, tuning),
            own: scored.own,
            offset: 0.0,
            total: scored.total,
            since: scored.since.map(time_of),
        }
    }

    fn news(&self, scored: &Scored, group: Group) -> Option<Line> {
        let Books { norms, scene, subject, tuning, .. } = *self;
        let news = &norms.news[self.at];
        let series = &news.series[group as usize];
        let place = series.iter().position(|(window, _)| *window == scored.window)?;
        let pace = &norms.paces[group as usize];
        let chance = pace.chance(scene, subject, series, place, tuning);
        let own = news.novel.iter().filter(|one| one.window == scored.window && one.group == group);
        let mut own: Vec<&Novel> = own.collect();
        own.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        Some(Line {
            name: match group {
                Group::Network => NETWORK,
                Group::Agent => CLIENT,
                Group::What => "new action or scope",
                Group::Denied => "first denial",
                Group::Image => IMAGE,
            },
            values: own.into_iter().take(MOST).map(|novel| self.worth(novel)).collect(),
            chance: Some(chance),
            evidence: chance.of_news(),
            counts: scored.groups[group as usize],
            weight: if group == Group::Denied { tuning.denied_weight } else { 1.0 },
        })
    }

    fn worth(&self, novel: &Novel) -> Worth {
        let Books { scene, norms, subject, tuning, .. } = *self;
        let teller = Teller { scene, subject, novel: &norms.news[self.at].novel, tuning };
        Worth {
            text: teller.text(novel),
            weight: novel.weight,
            peers: scene.peers.others(novel.value.key, subject.entity.class),
        }
    }

    /// Of the sensitive counters, and of the others, the one that tells most counts.
    fn counts(&self, scored: &Scored) -> Vec<Line> {
        let Books { norms, subject, tuning, .. } = *self;
        let all = subject.series();
        let most = |sensitive: bool| {
            let some = Counter::ALL.into_iter().filter(move |counter| counter.is_sensitive() == sensitive);
            some.max_by(|a, b| {
                let of = |counter: &Counter| scored.counters[*counter as usize];
                of(a).total_cmp(&of(b)).then(b.cmp(a))
            })
        };
        let mut lines = Vec::new();
        for (habit, series) in norms.habits.iter().zip(&all) {
            let counts = scored.counters[habit.counter as usize];
            let Some((_, count)) = series.iter().find(|(window, _)| *window == scored.window) else {
                continue;
            };
            let chances = habit.chances(subject, series, tuning);
            let Some(chance) = chances.into_iter().find(|chance| chance.amount == f64::from(*count)) else {
                continue;
            };
            let is_sensitive = habit.counter.is_sensitive();
            let full = if is_sensitive { 1.0 } else { tuning.volume_weight };
            if counts > 0.0 {
                lines.push(Line {
                    name: habit.counter.doc(),
                    values: Vec::new(),
                    chance: Some(chance),
                    evidence: chance.of_count(tuning),
                    counts,
                    weight: if most(is_sensitive) == Some(habit.counter) { full } else { 0.0 },
                });
            }
        }
        lines
    }
}

fn hours(windows: f64) -> f64 {
    windows / f64::from(super::profile::HOUR)
}

impl Sum {
    /// What the lines of networks, clients and images, and those of deeds, come to.
    pub fn parts(&self) -> (f64, f64) {
        let is_identity = |line: &&Line| matches!(line.name, NETWORK | CLIENT | IMAGE);
        let sum = |lines: Vec<&Line>| lines.iter().fold(0.0, |sum, line| sum + line.counts * line.weight);
        let (identity, deeds) = self.lines.iter().partition(is_identity);
        (sum(identity), sum(deeds))
    }
}
