//! What an entity does for the first time, weighed by how few of its peers ever do it.

use super::action::Action;
use super::bins::{Own, Tails};
use super::chance::Chance;
use super::class::Class;
use super::entity::Kind;
use super::normal;
use super::peers::Peers;
use super::subject::{Scene, Subject};
use super::tuning::Tuning;
use super::value::{Dim, Value, ValueKey, resource_name};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How the clients of the controllers in kube-controller-manager begin.
const CONTROLLER: &str = "kube-controller-manager/";

/// New values that are judged together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Group {
    Network,
    Agent,
    /// Actions and scopes.
    What,
    /// Denials of actions that were known.
    Denied,
    /// Whose images are run.
    Image,
}

pub const GROUPS: usize = 5;

impl Group {
    pub const ALL: [Group; GROUPS] = [Group::Network, Group::Agent, Group::What, Group::Denied, Group::Image];
}

/// One new value.
#[derive(Clone, Copy, Debug)]
pub struct Novel {
    pub window: u32,
    pub group: Group,
    pub value: Value,
    /// How much news it is.
    pub weight: f64,
    /// What intrusions need.
    pub sensitive: bool,
}

/// The news of one entity.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// By window, group and value.
    pub novel: Vec<Novel>,
    /// For each group the windows with news and how much.
    pub series: [Vec<(u32, f64)>; GROUPS],
}

/// What is needed to weigh values of one class.
struct Weigher<'w, 'p> {
    scene: &'w Scene<'p>,
    tuning: &'w Tuning,
    roaming: [f64; Class::COUNT],
}

/// The news of all entities of a scene, in their order.
pub fn news(scene: &Scene<'_>, tuning: &Tuning) -> Vec<News> {
    let roaming = Class::ALL.map(|class| match class {
        Class::Node | Class::ControlPlane | Class::SystemAccount => 0.0,
        _ => (1.0 - tuning.roaming * Peers::roaming(&scene.subjects, class)).max(0.0),
    });
    let weigher = Weigher { scene, tuning, roaming };
    scene.subjects.par_iter().map(|subject| weigher.news(subject)).collect()
}

impl Weigher<'_, '_> {
    fn news(&self, subject: &Subject<'_>) -> News {
        if !self.tuning.terms.novelty {
            return News::default();
        }
        let weigh = |value: &Value| Some((*value, self.weight(subject, value)?));
        let weighed: Vec<(Value, f64)> = subject.values.iter().filter_map(weigh).collect();
        let mut novel: Vec<Novel> = Vec::new();
        for (value, weight) in &weighed {
            let group = match value.key.dim {
                Dim::Network => Group::Network,
                Dim::Agent if self.tells_agent(subject, value) => Group::Agent,
                // What is asked for without a valid login says little.
                _ if subject.entity.key.kind == Kind::Source => continue,
                Dim::Action => Group::What,
                Dim::Refused => Group::Denied,
                Dim::Image if self.tuning.terms.images => Group::Image,
                _ => continue,
            };
            let sensitive = self.kind(value) == Importance::Sensitive;
            novel.push(Novel { window: value.first, group, value: *value, weight: *weight, sensitive });
        }
        drop_denials_of_new_actions(&mut novel, self.tuning.refused);
        if subject.entity.key.kind == Kind::Principal {
            self.add_scopes(subject, &weighed, &mut novel);
        }
        novel.sort_by_key(|novel| (novel.window, novel.group, novel.value.key));
        self.soften_reads(&mut novel);
        let series = Group::ALL.map(|group| series(&novel, group));
        News { novel, series }
    }

    /// One command (`kubectl get all`) reads many resources: beyond a first amount reads count less.
    fn soften_reads(&self, novel: &mut [Novel]) {
        for window in novel.chunk_by_mut(|a, b| a.window == b.window && a.group == b.group) {
            let is_read = |novel: &Novel| {
                novel.value.key.dim == Dim::Action && self.kind(&novel.value) == Importance::Plain
            };
            let sum: f64 = window.iter().filter(|novel| is_read(novel)).map(|novel| novel.weight).sum();
            let Tuning { reads_full, reads_more, .. } = *self.tuning;
            if sum > reads_full {
                let factor = (reads_full + (sum - reads_full) * reads_more) / sum;
                window.iter_mut().filter(|novel| is_read(novel)).for_each(|novel| novel.weight *= factor);
            }
        }
    }

    /// What the anonymous call themselves tells nothing; each controller of the control plane has a name of its own.
    fn tells_agent(&self, subject: &Subject<'_>, value: &Value) -> bool {
        let name = self.scene.profile.names.text(value.key.name);
        let class = subject.entity.class;
        class != Class::Anonymous && !(class.reacts() && name.starts_with(CONTROLLER))
    }

    /// How much news a value is; `None` when it is none.
    fn weight(&self, subject: &Subject<'_>, value: &Value) -> Option<f64> {
        let Tuning { terms, .. } = self.tuning;
        let rarity = self.rarity(subject, value);
        let kind = self.kind(value);
        let weight = match kind {
            Importance::Sensitive if terms.sensitivity => {
                rarity.max(self.tuning.sensitive_floor) * self.sensitive_factor()
            }
            Importance::Plain => rarity * self.tuning.plain_read,
            _ => rarity,
        };
        if weight < self.tuning.weight_floor {
            return None;
        }
        let telling = kind == Importance::Sensitive
            || value.key.dim == Dim::Refused
            || rarity >= self.tuning.young_weight;
        Some(weight * self.certainty(subject, value, telling)?)
    }

    fn sensitive_factor(&self) -> f64 {
        let Tuning { sensitive_factor, short_sensitive, .. } = *self.tuning;
        if self.scene.is_short { sensitive_factor * short_sensitive } else { sensitive_factor }
    }

    /// Whether enough was seen to call a value new.
    fn certainty(&self, subject: &Subject<'_>, value: &Value, telling: bool) -> Option<f64> {
        let Tuning { outside_part, early, young, terms, .. } = *self.tuning;
        let windows = subject.windows.len() as f64;
        let learn = self.scene.learn_of(subject, self.tuning);
        let known = subject.age(value.first) as f64 >= learn;
        let apart = subject.outside(value) as f64 >= learn.max(outside_part * windows);
        let is_young = subject.is_young(self.scene, self.tuning);
        match (known, apart) {
            (true, true) => Some(1.0),
            (false, _) if is_young && telling && terms.young => Some(young),
            (false, true) => Some(early),
            _ => None,
        }
    }

    fn rarity(&self, subject: &Subject<'_>, value: &Value) -> f64 {
        let names = &self.scene.profile.names;
        let wide = |name| names.find(&normal::wider(names.text(name)));
        let key = match value.key.dim {
            Dim::Network => wide(value.key.name).map_or(value.key, |wide| ValueKey::new(Dim::Wide, wide)),
            _ => value.key,
        };
        self.scene.peers.rarity(key, subject.entity.class, self.tuning)
    }

    fn kind(&self, value: &Value) -> Importance {
        match value.key.dim {
            Dim::Action | Dim::Refused => {
                let action = Action::parse(self.scene.profile.names.text(value.key.name));
                match (action.is_sensitive(), action.is_write() || action.is_path()) {
                    (true, _) => Importance::Sensitive,
                    (_, true) => Importance::Usual,
                    _ => Importance::Plain,
                }
            }
            Dim::Scope if self.scene.profile.names.text(value.key.more) == "secrets" => Importance::Sensitive,
            _ => Importance::Usual,
        }
    }

    /// A namespace counts once, for its most telling new resource, and less if it was known itself; a resource
    /// does not count where the action itself is new.
    fn add_scopes(&self, subject: &Subject<'_>, weighed: &[(Value, f64)], novel: &mut Vec<Novel>) {
        let roaming = self.roaming[subject.entity.class as usize];
        if roaming <= 0.0 {
            return;
        }
        let secrets = match subject.entity.class {
            Class::Account => self.tuning.program_secrets,
            _ => self.tuning.new_secrets,
        };
        let new_actions: BTreeSet<(u32, u32)> = novel
            .iter()
            .filter(|novel| novel.value.key.dim == Dim::Action)
            .filter_map(|novel| {
                Some((novel.window, resource_name(novel.value.key.name, &self.scene.profile.names)?))
            })
            .collect();
        let of_dim = |dim| weighed.iter().filter(move |(value, _)| value.key.dim == dim);
        let new_spaces: BTreeSet<(u32, u32)> =
            of_dim(Dim::Namespace).map(|(value, _)| (value.first, value.key.name)).collect();
        let mut best: BTreeMap<(u32, u32), Novel> = BTreeMap::new();
        for &(value, weight) in of_dim(Dim::Scope) {
            let place = (value.first, value.key.name);
            if new_actions.contains(&(value.first, value.key.more)) {
                continue;
            }
            let part = match new_spaces.contains(&place) {
                true => self.tuning.new_namespace,
                false if self.kind(&value) == Importance::Sensitive => secrets,
                false => self.tuning.new_scope,
            };
            let new = Novel {
                window: value.first,
                group: Group::What,
                value,
                weight: weight * part * roaming,
                sensitive: self.kind(&value) == Importance::Sensitive,
            };
            let known = best.entry(place).or_insert(new);
            if new.weight > known.weight {
                *known = new;
            }
        }
        novel.extend(best.into_values());
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Importance {
    Sensitive,
    Usual,
    /// Reading an ordinary resource.
    Plain,
}

/// Where the action itself is new, its denial is no further news, but makes one that intrusions need more telling.
fn drop_denials_of_new_actions(novel: &mut Vec<Novel>, refused: f64) {
    let of_group = |group| {
        let some = novel.iter().filter(move |novel| novel.group == group);
        some.map(|novel| (novel.window, novel.value.key.name)).collect::<BTreeSet<(u32, u32)>>()
    };
    let (new, denied) = (of_group(Group::What), of_group(Group::Denied));
    novel
        .retain(|novel| novel.group != Group::Denied || !new.contains(&(novel.window, novel.value.key.name)));
    let told = |novel: &&mut Novel| {
        novel.sensitive
            && novel.group == Group::What
            && denied.contains(&(novel.window, novel.value.key.name))
    };
    novel.iter_mut().filter(told).for_each(|novel| novel.weight *= refused);
}

fn series(novel: &[Novel], group: Group) -> Vec<(u32, f64)> {
    let mut series: Vec<(u32, f64)> = Vec::new();
    for novel in novel.iter().filter(|novel| novel.group == group) {
        match series.last_mut() {
            Some((window, sum)) if *window == novel.window => *sum += novel.weight,
            _ => series.push((novel.window, novel.weight)),
        }
    }
    series
}

impl News {
    /// The same in windows that hold so many windows of five minutes.
    pub fn longer(&self, scale: u32) -> News {
        let mut novel = self.novel.clone();
        novel.iter_mut().for_each(|novel| novel.window /= scale);
        novel.sort_by_key(|novel| (novel.window, novel.group, novel.value.key));
        let series = Group::ALL.map(|group| series(&novel, group));
        News { novel, series }
    }

    /// The part of a window's actions and scopes that is sensitive.
    pub fn sensitive_part(&self, window: u32) -> f64 {
        let from = self.novel.partition_point(|novel| novel.window < window);
        let own = self.novel[from..].iter().take_while(|novel| novel.window == window);
        let own = own.filter(|novel| novel.group == Group::What);
        let (some, all) = own.fold((0.0, 0.0), |(some, all), novel| {
            (some + if novel.sensitive { novel.weight } else { 0.0 }, all + novel.weight)
        });
        if all > 0.0 { some / all } else { 0.0 }
    }
}

/// How often news comes to the members of each class, and how much at once.
#[derive(Debug)]
pub struct Pace {
    tails: Tails,
    /// News is never thought rarer than this.
    floor: f64,
    /// For each class and for all: windows with news (each member capped), and what they were expected from.
    seen: [f64; Class::COUNT],
    room: [f64; Class::COUNT],
    amount: [f64; Class::COUNT],
    windows: [f64; Class::COUNT],
}

impl Pace {
    pub fn of(scene: &Scene<'_>, news: &[News], group: Group, tuning: &Tuning) -> Pace {
        let zero = [0.0; Class::COUNT];
        let floor = tuning.news_floor * if group == Group::Image { tuning.image_floor } else { 1.0 };
        let tails = Tails::default();
        let mut pace = Pace { tails, floor, seen: zero, room: zero, amount: zero, windows: zero };
        for (subject, news) in scene.subjects.iter().zip(news) {
            let series = &news.series[group as usize];
            let class = subject.entity.class as usize;
            pace.seen[class] += (series.len() as f64).min(tuning.news_cap);
            pace.room[class] += room(subject.windows.len(), tuning);
            pace.amount[class] += series.iter().map(|(_, amount)| amount).sum::<f64>();
            pace.windows[class] += series.len() as f64;
            pace.tails.add(subject.entity.class, &own(series));
        }
        pace
    }

    /// How likely so much news in one window is.
    pub fn chance(
        &self,
        scene: &Scene<'_>,
        subject: &Subject<'_>,
        series: &[(u32, f64)],
        at: usize,
        tuning: &Tuning,
    ) -> Chance {
        let (window, amount) = series[at];
        let is_young = subject.is_young(scene, tuning) && (subject.age(window) as f64) < scene.learn;
        let hazard = self.hazard(subject, series.len(), (window, is_young), tuning);
        Chance { amount, any: hazard, tail: self.tail(subject.entity.class, series, amount, tuning) }
    }

    /// How likely any news is in this window. It comes less often the longer an entity is known.
    fn hazard(
        &self,
        subject: &Subject<'_>,
        own: usize,
        (window, is_young): (u32, bool),
        tuning: &Tuning,
    ) -> f64 {
        let Tuning { news_prior, news_decay, news_units, news_cap, .. } = *tuning;
        let (class, all) = (subject.entity.class as usize, subject.windows.len() as f64);
        let less_own = |sum: f64, own: f64| (sum - own).max(0.0);
        let (own_seen, own_room) = ((own as f64).min(news_cap), room(subject.windows.len(), tuning));
        let everyone = less_own(self.seen.iter().sum(), own_seen).max(0.5)
            / less_own(self.room.iter().sum(), own_room).max(1.0);
        let pace = (less_own(self.seen[class], own_seen) + news_units * everyone)
            / (less_own(self.room[class], own_room) + news_units);
        let expected = pace * all.powf(-news_decay) / (1.0 - news_decay);
        let rate = (own as f64 - 1.0 + news_prior * expected) / (all - 1.0 + news_prior);
        let age = (subject.age(window) as f64).max(1.0) / all;
        let hazard = (rate * (1.0 - news_decay) * age.powf(-news_decay)).clamp(self.floor, 1.0);
        if is_young { hazard.min(tuning.young_hazard) } else { hazard }
    }

    /// How likely so much news is where there is any.
    fn tail(&self, class: Class, series: &[(u32, f64)], amount: f64, tuning: &Tuning) -> f64 {
        let others = series.len() as f64 - 1.0;
        let sum: f64 = series.iter().map(|(_, amount)| amount).sum();
        let at = class as usize;
        let peers = (self.windows[at] - series.len() as f64).max(0.0);
        let of_class = if peers > 0.0 { (self.amount[at] - sum).max(0.0) / peers } else { tuning.mean_floor };
        let mean = (sum - amount + tuning.mean_prior * of_class) / (others + tuning.mean_prior);
        let mean = mean.max(tuning.mean_floor);
        let decay = (-(amount - mean) / mean).exp().min(1.0);
        let class = self.tails.others(class, &own(series), amount).unwrap_or(0.0);
        let general = decay.max(tuning.tail_class * class);
        let as_much = series.iter().filter(|(_, own)| *own >= amount).count() as f64 - 1.0;
        ((as_much + tuning.tail_prior * general) / (others + tuning.tail_prior)).clamp(1e-6, 1.0)
    }
}

fn own(series: &[(u32, f64)]) -> Own {
    Own::of(series.iter().map(|(_, amount)| (*amount, 1)))
}

fn room(windows: usize, tuning: &Tuning) -> f64 {
    (windows as f64).powf(1.0 - tuning.news_decay) / (1.0 - tuning.news_decay)
}
