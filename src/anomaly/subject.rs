//! An entity as the score sees it: its active windows and the values it was seen with.

use super::cell::{COUNTERS, Counter};
use super::entity::Entity;
use super::names::Name;
use super::normal::{self, Outcome};
use super::peers::Peers;
use super::profile::{EMPTY, HOUR, Profile};
use super::shape::{Detail, Shape, ShapeKey};
use super::span::Span;
use super::tuning::Tuning;
use super::windows::Windows;
use std::collections::BTreeMap;

/// What a value is a value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Dim {
    Action,
    Namespace,
    /// A resource in a namespace.
    Scope,
    Network,
    Agent,
    /// An action that was denied.
    Refused,
    /// The wider network: what peers are asked for.
    Wide,
}

/// One value; `more` is the resource of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueKey {
    pub dim: Dim,
    pub name: Name,
    pub more: Name,
}

#[derive(Clone, Copy, Debug)]
pub struct Value {
    pub key: ValueKey,
    pub first: u32,
    pub last: u32,
    /// Index of the shape that showed it first.
    pub shape: u32,
}

/// A cluster under judgement. Its entities are peers of each other.
#[derive(Debug)]
pub struct Scene<'p> {
    pub profile: &'p Profile,
    pub span: &'p Span,
    pub subjects: Vec<Subject<'p>>,
    pub peers: Peers,
    /// Own windows that must lie before a new value, of whoever is often active.
    pub learn: f64,
    /// The cluster's first window and how many windows it spans.
    pub from: u32,
    pub length: u32,
    /// Too little was seen to know what is usual.
    pub is_short: bool,
}

#[derive(Debug)]
pub struct Subject<'p> {
    pub entity: &'p Entity,
    /// In which it was active.
    pub windows: Windows,
    /// In the order of their keys.
    pub values: Vec<Value>,
}

impl<'p> Scene<'p> {
    /// `resources` numbers the resources of scopes; it must be the same for all.
    pub fn new(
        profile: &'p Profile,
        cluster: Name,
        span: &'p Span,
        resources: &Resources,
        tuning: &Tuning,
    ) -> Scene<'p> {
        let own = profile.entities.iter().filter(|entity| entity.key.cluster == cluster);
        let subjects: Vec<Subject<'p>> = own
            .map(|entity| Subject::new(entity, resources, tuning))
            .filter(|s| !s.windows.is_empty())
            .collect();
        let (from, to) = span.range().unwrap_or_default();
        let (least, most) = tuning.learn_range;
        Scene {
            profile,
            span,
            peers: Peers::of(&subjects),
            subjects,
            learn: (span.len() as f64 * tuning.learn_part).clamp(least, most),
            from,
            length: to - from + 1,
            is_short: span.hours() * HOUR < tuning.short_history,
        }
    }
}

impl Scene<'_> {
    /// Windows after which a cluster is known well enough to call a principal young.
    pub fn young_after(&self, tuning: &Tuning) -> u32 {
        let part = (tuning.young_part * f64::from(self.length)).ceil() as u32;
        tuning.young_after.min(part).max(1)
    }

    /// Own windows that must lie before a new value.
    pub fn learn_of(&self, subject: &Subject<'_>, tuning: &Tuning) -> f64 {
        let own = subject.windows.len() as f64 * tuning.learn_own;
        self.learn.min(own.max(tuning.learn_range.0))
    }
}

/// What follows from names: the resource that each action is about, and the wider network of each network.
#[derive(Debug, Default)]
pub struct Resources {
    of_name: Vec<Name>,
    pub texts: Vec<String>,
}

impl Resources {
    pub fn of(profile: &Profile) -> Resources {
        let mut numbers: BTreeMap<String, Name> = BTreeMap::new();
        let mut all = Resources { of_name: vec![Name::MAX; profile.names.len()], texts: Vec::new() };
        let shapes = profile.entities.iter().flat_map(|entity| &entity.shapes);
        for ShapeKey { action, network, .. } in shapes.map(|shape| shape.key) {
            all.add(action, profile, &mut numbers, resource_of);
            all.add(network, profile, &mut numbers, normal::wider);
        }
        all
    }

    fn add(
        &mut self,
        name: Name,
        profile: &Profile,
        numbers: &mut BTreeMap<String, Name>,
        follows: fn(&str) -> String,
    ) {
        if self.of_name[name as usize] == Name::MAX {
            let text = follows(profile.names.text(name));
            self.of_name[name as usize] = *numbers.entry(text).or_insert_with_key(|text| {
                self.texts.push(text.clone());
                self.texts.len() as Name - 1
            });
        }
    }

    /// The number of an action's resource, or of a network's wider network.
    pub fn of_name(&self, name: Name) -> Name {
        self.of_name.get(name as usize).copied().unwrap_or(EMPTY)
    }

    pub fn text(&self, number: Name) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }
}

/// Beside the namespace only the resource itself tells more, not what is done to it.
fn resource_of(action: &str) -> String {
    let object = super::action::Action::parse(action).object;
    object.split('/').next().unwrap_or_default().to_owned()
}

/// For each counter the windows in which it moved and how far, in the order of time.
pub type Series = [Vec<(u32, f64)>; COUNTERS];

impl<'p> Subject<'p> {
    fn new(entity: &'p Entity, resources: &Resources, tuning: &Tuning) -> Subject<'p> {
        let mut values: BTreeMap<ValueKey, Value> = BTreeMap::new();
        for (at, shape) in (0..).zip(&entity.shapes) {
            for key in keys(shape, entity.detail, resources).into_iter().flatten() {
                let new = Value { key, first: shape.first, last: shape.last, shape: at };
                values.entry(key).and_modify(|value| value.widen(&new, entity)).or_insert(new);
            }
        }
        let mut counts = [0; Dim::Wide as usize + 1];
        values.keys().for_each(|key| counts[key.dim as usize] += 1);
        let values =
            values.into_values().filter(|v| counts[v.key.dim as usize] <= tuning.saturated).collect();
        Subject { entity, windows: Windows::of(entity.cells.iter().map(|cell| cell.window)), values }
    }

    /// Whether it turned up when the cluster had been watched for a while.
    pub fn is_young(&self, scene: &Scene<'_>, tuning: &Tuning) -> bool {
        let watched = self.windows.first().map_or(0, |first| first.saturating_sub(scene.from));
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
        for cell in self.entity.cells.iter() {
            for (counter, series) in Counter::ALL.into_iter().zip(&mut series) {
                let count = cell.get(counter);
                if count > 0 {
                    series.push((cell.window, f64::from(count)));
                }
            }
        }
        series
    }

    pub fn shape(&self, value: &Value) -> Option<&'p Shape> {
        self.entity.shapes.get(value.shape as usize)
    }
}

impl Value {
    fn widen(&mut self, other: &Value, entity: &Entity) {
        let spot = |value: &Value| entity.shapes.get(value.shape as usize).map(|shape| &shape.mark.spot);
        if (other.first, spot(other)) < (self.first, spot(self)) {
            self.shape = other.shape;
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// The values that a shape shows, as far as the entity has kept that much detail.
fn keys(shape: &Shape, detail: Detail, resources: &Resources) -> [Option<ValueKey>; 7] {
    let ShapeKey { action, namespace, network, agent, outcome } = shape.key;
    let key = |dim, name| ValueKey { dim, name, more: EMPTY };
    let more = resources.of_name(action);
    let is_path = resources.text(more).starts_with('/');
    let scoped = detail < Detail::NoNamespace && !is_path;
    let (near, acts) = (detail < Detail::NoNetwork, detail < Detail::NoAction);
    [
        acts.then(|| key(Dim::Action, action)),
        scoped.then(|| key(Dim::Namespace, namespace)),
        scoped.then_some(ValueKey { dim: Dim::Scope, name: namespace, more }),
        near.then(|| key(Dim::Network, network)),
        acts.then(|| key(Dim::Agent, agent)),
        (acts && outcome == Outcome::Denied).then(|| key(Dim::Refused, action)),
        near.then(|| key(Dim::Wide, resources.of_name(network))),
    ]
}
