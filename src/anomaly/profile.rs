//! What every entity of every cluster did: integers that merge.
//!
//! Bounded: of what an entity has too many values of, say actions or networks, no values are kept, as a new one is no
//! news there, and only the latest windows are kept; when all entities together grow too large, some are left out: first those that nobody authenticated, as anybody can make
//! as many of them as he likes, and among equals those whose names have the largest hashes. Both depend on
//! what was seen and not on the order in which it was seen: what is kept at the end was never dropped before.

use super::class::Class;
use super::cut::{Cut, Lack};
use super::entity::{Entity, EntityKey, Kind};
use super::names::{Name, Names};
use super::objects::Objects;
use super::span::Span;
use crate::time::MINUTE;
use hashbrown::HashMap;
use rayon::prelude::*;
use std::hash::{BuildHasher, Hasher};

type Hashing = foldhash::fast::RandomState;

/// Length of a window, microseconds.
pub const WINDOW: i64 = 5 * MINUTE;
/// Windows an hour.
pub const HOUR: u32 = 12;
/// Windows a day.
pub const DAY: u32 = 24 * HOUR;

/// The window that a time lies in. Times before 1970 and after the year 40,000 lie in none.
#[inline]
pub fn window_of(time: i64) -> Option<u32> {
    u32::try_from(time.div_euclid(WINDOW)).ok()
}

/// Begin of a window, microseconds since 1970 (UTC).
pub fn time_of(window: u32) -> i64 {
    i64::from(window) * WINDOW
}

/// What a profile may grow to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Values of one dimension of one entity.
    pub values: usize,
    /// Windows of one entity or cluster; the latest are kept.
    pub windows: usize,
    /// Windows of one entity of which the first sensitive request is noted; the latest are kept.
    pub noted: usize,
    /// Objects that are watched.
    pub objects: usize,
    /// Bytes of all entities, about.
    pub total: u64,
}

impl Limits {
    /// Bytes of an entity without all that, about.
    pub const ENTITY: u64 = 512;
    /// Bytes of a value with its part of a request that shows it first, about.
    pub const VALUE: u64 = 96;
    /// Bytes of a window of an entity, about.
    pub const CELL: u64 = 6;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { values: 1024, windows: 1 << 16, noted: 32, objects: 4096, total: 384 << 20 }
    }
}

#[derive(Clone, Debug)]
pub struct Profile {
    pub names: Names,
    pub clusters: Vec<(Name, Span)>,
    /// In no order until the profile is settled.
    pub entities: Vec<Entity>,
    pub objects: Objects,
    entity_at: HashMap<EntityKey, u32, Hashing>,
    pub limits: Limits,
    /// Entities that rank behind it were left out.
    ceiling: Option<u64>,
}

/// The number of the empty text.
pub const EMPTY: Name = 0;
/// So many names stand in every profile.
const FIXED: Name = 1;

impl Default for Profile {
    fn default() -> Profile {
        Profile::new(Limits::default())
    }
}

impl Profile {
    pub fn new(limits: Limits) -> Profile {
        let mut names = Names::default();
        names.number("");
        Profile {
            names,
            clusters: Vec::new(),
            entities: Vec::new(),
            objects: Objects::default(),
            entity_at: HashMap::default(),
            limits,
            ceiling: None,
        }
    }

    /// The place of a cluster.
    pub fn cluster(&mut self, name: &str) -> u32 {
        let name = self.names.number(name);
        let known = self.clusters.iter().position(|(known, _)| *known == name);
        known.unwrap_or_else(|| {
            self.clusters.push((name, Span::default()));
            self.clusters.len() - 1
        }) as u32
    }

    /// The place of an entity; `None` if it was left out.
    pub fn entity(&mut self, key: EntityKey, class: Class) -> Option<u32> {
        if let Some(&at) = self.entity_at.get(&key) {
            return Some(at);
        }
        if self.ceiling.is_some_and(|ceiling| self.rank(key, class) > ceiling) {
            return None;
        }
        let at = self.entities.len() as u32;
        self.entities.push(Entity::new(key, class));
        self.entity_at.insert(key, at);
        Some(at)
    }

    pub fn find(&self, key: EntityKey) -> Option<&Entity> {
        self.entities.get(*self.entity_at.get(&key)? as usize)
    }

    /// Whether anything was left out for want of room.
    pub fn is_cut(&self) -> bool {
        self.ceiling.is_some()
            || self.objects.is_saturated
            || self.entities.iter().any(|entity| entity.saturated() != 0 || entity.forgotten > 0)
    }

    /// What was left out for want of room, in the order in which it goes.
    pub fn cuts(&self) -> Vec<Cut> {
        let count =
            |is_cut: fn(&Entity) -> bool| self.entities.iter().filter(|entity| is_cut(entity)).count() as u64;
        let (values, windows) =
            (count(|entity| entity.saturated() != 0), count(|entity| entity.forgotten > 0));
        let Limits { values: most, windows: latest, objects, total, .. } = self.limits;
        let told = [
            (values > 0, Lack::Values, Some(values), most as u64),
            (windows > 0, Lack::Windows, Some(windows), latest as u64),
            (self.objects.is_saturated, Lack::Objects, None, objects as u64),
            (self.ceiling.is_some(), Lack::Entities, None, total),
        ];
        let some = told.into_iter().filter(|(is_so, ..)| *is_so);
        some.map(|(_, what, entities, limit)| Cut { what, entities, limit }).collect()
    }

    /// The order in which entities are kept: the same in every run, whatever the numbers of the names.
    fn rank(&self, key: EntityKey, class: Class) -> u64 {
        let mut hasher = foldhash::quality::FixedState::default().build_hasher();
        hasher.write_u8(key.kind as u8);
        for name in [key.cluster, key.name, key.network] {
            hasher.write(self.names.text(name).as_bytes());
            hasher.write_u8(0);
        }
        let anybody = key.kind != Kind::Principal || class == Class::Anonymous;
        u64::from(anybody) << 63 | hasher.finish() >> 1
    }

    /// Takes in another profile. The two must not have seen the same records.
    pub fn absorb(&mut self, other: Profile) {
        if self.entities.is_empty() && self.clusters.is_empty() && !self.is_cut() {
            *self = Profile { limits: self.limits, ..other };
            return self.fit();
        }
        let moved: Vec<Name> =
            (0..other.names.len() as Name).map(|name| self.names.number(other.names.text(name))).collect();
        for (name, span) in &other.clusters {
            let place = self.cluster(other.names.text(*name)) as usize;
            span.windows().for_each(|window| self.clusters[place].1.add(window, self.limits));
        }
        let mut theirs: Vec<(u32, Entity)> = Vec::with_capacity(other.entities.len());
        for mut entity in other.entities {
            entity.names().for_each(|name| *name = moved[*name as usize]);
            theirs.extend(self.entity(entity.key, entity.class).map(|place| (place, entity)));
        }
        self.absorb_entities(theirs);
        let mut objects = other.objects;
        objects.names().for_each(|name| *name = moved[*name as usize]);
        self.objects.absorb(objects, self.limits);
        self.ceiling = self.ceiling.into_iter().chain(other.ceiling).min();
        self.fit();
    }

    /// Each with the place where it belongs.
    fn absorb_entities(&mut self, theirs: Vec<(u32, Entity)>) {
        let limits = self.limits;
        let mut at_place: Vec<Option<Entity>> = self.entities.iter().map(|_| None).collect();
        theirs.into_iter().for_each(|(place, entity)| at_place[place as usize] = Some(entity));
        self.entities.par_iter_mut().zip(at_place).for_each(|(own, other)| {
            other.into_iter().for_each(|other| own.absorb(other, limits));
        });
    }

    /// Leaves out entities until the rest fits.
    fn bound(&mut self) {
        let ranks: Vec<u64> =
            self.entities.iter().map(|entity| self.rank(entity.key, entity.class)).collect();
        let weights = self.entities.iter().map(|entity| entity.weight(self.limits));
        let mut order: Vec<(u64, u64)> = ranks.iter().copied().zip(weights).collect();
        order.sort_unstable();
        let mut total = 0;
        let over = order.iter().position(|(_, weight)| {
            total += weight;
            total > self.limits.total
        });
        if let Some(over) = over {
            // At least one entity stays.
            let ceiling = order[over.max(1) - 1].0;
            self.ceiling = Some(self.ceiling.map_or(ceiling, |own| own.min(ceiling)));
        }
        if let Some(ceiling) = self.ceiling {
            // Whether those that are left out changed any depends on when they were left out.
            self.objects.saturate();
            let mut ranks = ranks.into_iter();
            self.entities.retain(|_| ranks.next().is_some_and(|rank| rank <= ceiling));
        }
        self.index_entities();
    }

    fn index_entities(&mut self) {
        self.entity_at = (0..).zip(&self.entities).map(|(at, entity)| (entity.key, at)).collect();
    }

    /// Whether it is time to call [`Profile::settle`], as there is more than twice as much as may stay.
    pub fn is_overfull(&self) -> bool {
        let total: u64 = self.entities.iter().map(|entity| entity.weight(self.limits)).sum();
        total > 2 * self.limits.total || self.names.weight() as u64 > self.limits.total / 2
    }

    pub fn is_too_much(&self, at: u32) -> bool {
        self.entities.get(at as usize).is_some_and(|entity| entity.is_too_much(self.limits))
    }

    /// Takes off what is too much of one entity. The places of its values move.
    pub fn fit_entity(&mut self, at: u32) {
        let limits = self.limits;
        self.entities.get_mut(at as usize).into_iter().for_each(|entity| entity.fit(limits));
    }

    /// Takes off what is too much.
    fn fit(&mut self) {
        let limits = self.limits;
        self.entities.par_iter_mut().for_each(|entity| {
            entity.fit(limits);
            entity.forget(limits);
        });
        self.bound();
    }

    /// Brings everything into its one order: names by text, entities by key, values by key, cells by window.
    pub fn settle(&mut self) {
        self.fit();
        self.renumber();
        self.clusters.sort_unstable_by_key(|(name, _)| *name);
        self.entities.sort_unstable_by_key(|entity| entity.key);
        self.objects.sort();
        self.index_entities();
    }

    /// Numbers the names that are in use by the order of their texts, and settles the entities that use them.
    fn renumber(&mut self) {
        let mut live = vec![false; self.names.len()];
        self.clusters.iter().for_each(|(name, _)| live[*name as usize] = true);
        self.objects.names().for_each(|name| live[*name as usize] = true);
        // A name that only a request uses which an earlier one has replaced is in use no more.
        self.entities.par_iter_mut().for_each(Entity::tidy);
        self.entities.iter().for_each(|entity| entity.see_names(|name| live[name as usize] = true));
        let (names, moved) = self.names.sorted(&live, FIXED);
        self.names = names;
        let move_it = |name: &mut Name| *name = moved[*name as usize];
        self.clusters.iter_mut().map(|(name, _)| name).for_each(move_it);
        self.objects.names().for_each(move_it);
        // Both for one at a time, so that few are unpacked at once.
        self.entities.par_iter_mut().for_each(|entity| {
            entity.names().for_each(move_it);
            entity.settle();
        });
    }

    /// Bytes of memory, about.
    pub fn bytes(&self) -> Bytes {
        let of = |weight: fn(&Entity) -> usize| self.entities.iter().map(weight).sum::<usize>();
        Bytes {
            entities: of(|_| size_of::<Entity>() + size_of::<(EntityKey, u32)>()),
            shown: of(Entity::shown_bytes),
            cells: of(|entity| entity.cells.weight()),
            objects: self.objects.weight(),
            names: self.names.weight(),
        }
    }
}

/// What a profile takes of memory, about.
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    pub entities: usize,
    pub shown: usize,
    pub cells: usize,
    pub objects: usize,
    pub names: usize,
}

impl Bytes {
    pub fn total(self) -> usize {
        self.entities + self.shown + self.cells + self.objects + self.names
    }
}
