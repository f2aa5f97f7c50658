//! What every entity of every cluster did: integers that merge.
//!
//! Bounded: an entity with too many kinds of requests loses detail in a stated order ([`Detail`]); when all
//! entities together grow too large, those whose names have the largest hashes are left out. Both depend on
//! what was seen and not on the order in which it was seen: what is kept at the end was never dropped before.

use super::cell::Cell;
use super::class::Class;
use super::names::{Name, Names};
use super::shape::{Detail, Shape, ShapeKey};
use crate::time::MINUTE;
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;
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
    /// Kinds of requests of one entity.
    pub shapes: usize,
    /// Windows of one entity or cluster; the latest are kept.
    pub windows: usize,
    /// Of all entities: one for each window of an entity, four for each kind of request.
    pub total: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { shapes: 4096, windows: 1 << 16, total: 1 << 23 }
    }
}

/// What kind of thing acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    Principal,
    /// A network whose requests bear no user name, as their authentication failed.
    Source,
    /// All sources of a cluster together. Profiles hold none.
    Cluster,
}

/// Who acted, and in which cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityKey {
    pub cluster: Name,
    pub kind: Kind,
    pub name: Name,
    /// Whoever is anonymous is told apart by the network; the empty text for all others.
    pub network: Name,
}

#[derive(Clone, Debug)]
pub struct Entity {
    pub key: EntityKey,
    pub class: Class,
    pub detail: Detail,
    /// In no order until the profile is settled.
    pub shapes: Vec<Shape>,
    /// In no order until the profile is settled.
    pub cells: Vec<Cell>,
    shape_at: HashMap<ShapeKey, u32, Hashing>,
    cell_at: HashMap<u32, u32, Hashing>,
    /// Windows before this were left out.
    pub forgotten: u32,
}

impl Entity {
    fn new(key: EntityKey, class: Class) -> Entity {
        Entity {
            key,
            class,
            detail: Detail::All,
            shapes: Vec::new(),
            cells: Vec::new(),
            shape_at: HashMap::default(),
            cell_at: HashMap::default(),
            forgotten: 0,
        }
    }

    /// The place of a kind of request. `new` makes it when it was not met before.
    pub fn shape(&mut self, key: ShapeKey, new: impl FnOnce() -> Shape) -> u32 {
        match self.shape_at.get(&key) {
            Some(&at) => at,
            None => {
                let at = self.shapes.len() as u32;
                self.shapes.push(new());
                self.shape_at.insert(key, at);
                at
            }
        }
    }

    /// The cell of a window, the last one first, as events mostly come in order.
    #[inline]
    pub fn cell(&mut self, window: u32, last: &mut u32) -> Option<&mut Cell> {
        if self.cells.get(*last as usize).is_none_or(|cell| cell.window != window) {
            if window < self.forgotten {
                return None;
            }
            *last = *self.cell_at.entry(window).or_insert_with(|| {
                self.cells.push(Cell::new(window));
                self.cells.len() as u32 - 1
            });
        }
        self.cells.get_mut(*last as usize)
    }

    fn add_shape(&mut self, shape: Shape) {
        match self.shape_at.get(&shape.key) {
            Some(&at) => self.shapes[at as usize].absorb(shape),
            None => {
                self.shape_at.insert(shape.key, self.shapes.len() as u32);
                self.shapes.push(shape);
            }
        }
    }

    /// Takes off detail until the shapes fit. Taking it off commutes with merging.
    fn fit(&mut self, limits: Limits, dropped: Name) {
        while self.shapes.len() > limits.shapes {
            let Some(less) = self.detail.less() else { return };
            self.reduce(less, dropped);
        }
    }

    fn reduce(&mut self, detail: Detail, dropped: Name) {
        self.detail = self.detail.max(detail);
        self.shape_at.clear();
        for mut shape in std::mem::take(&mut self.shapes) {
            shape.key = self.detail.project(shape.key, dropped);
            self.add_shape(shape);
        }
    }

    /// Takes in what a file remembers.
    pub fn remember(
        &mut self,
        detail: Detail,
        forgotten: u32,
        shapes: Vec<Shape>,
        cells: impl Iterator<Item = Cell>,
        limits: Limits,
    ) {
        self.reduce(detail, DROPPED);
        for mut shape in shapes {
            shape.key = self.detail.project(shape.key, DROPPED);
            self.add_shape(shape);
        }
        self.fit(limits, DROPPED);
        self.forgotten = self.forgotten.max(forgotten);
        let mut last = u32::MAX;
        for cell in cells {
            if let Some(place) = self.cell(cell.window, &mut last) {
                place.absorb(cell);
            }
        }
        self.forget(limits);
    }

    /// Drops kinds of requests that were last seen before a window, and all windows before it.
    pub fn forget_before(&mut self, window: u32) {
        self.shapes.retain(|shape| shape.last >= window);
        self.cells.retain(|cell| cell.window >= window);
        self.sort();
    }

    /// Keeps the latest windows only.
    pub fn forget(&mut self, limits: Limits) {
        if self.cells.len() <= limits.windows {
            return;
        }
        let mut windows: Vec<u32> = self.cells.iter().map(|cell| cell.window).collect();
        windows.sort_unstable();
        self.forgotten = windows[windows.len() - limits.windows];
        self.cells.retain(|cell| cell.window >= self.forgotten);
        self.index_cells();
    }

    fn index_cells(&mut self) {
        self.cell_at = (0..).zip(&self.cells).map(|(at, cell)| (cell.window, at)).collect();
    }

    /// Never falls while events are added, which makes what is left out independent of their order.
    fn weight(&self, limits: Limits) -> u64 {
        let full = self.detail != Detail::All;
        let shapes = if full { limits.shapes } else { self.shapes.len().min(limits.shapes) };
        4 * shapes as u64 + self.cells.len().min(limits.windows) as u64
    }

    fn sort(&mut self) {
        self.shapes.sort_unstable_by_key(|shape| shape.key);
        self.cells.sort_unstable_by_key(|cell| cell.window);
        self.shape_at = (0..).zip(&self.shapes).map(|(at, shape)| (shape.key, at)).collect();
        self.index_cells();
    }

    /// Bytes of memory, about.
    pub fn bytes(&self) -> usize {
        let shapes: usize =
            self.shapes.iter().map(|shape| size_of::<Shape>() + 40 + shape.sample.weight()).sum();
        let cells: usize = self.cells.iter().map(|cell| cell.weight() + 12).sum();
        size_of::<Entity>() + shapes + cells
    }
}

/// The windows in which anything at all was seen of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Span {
    windows: BTreeSet<u32>,
    last: Option<u32>,
}

impl Span {
    #[inline]
    pub fn add(&mut self, window: u32, limits: Limits) {
        if self.last != Some(window) {
            self.last = Some(window);
            self.windows.insert(window);
            if self.windows.len() > limits.windows {
                self.windows.pop_first();
            }
        }
    }

    pub fn forget_before(&mut self, window: u32) {
        self.windows = self.windows.split_off(&window);
    }

    pub fn windows(&self) -> impl Iterator<Item = u32> + '_ {
        self.windows.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Hours in which anything was seen.
    pub fn hours(&self) -> u32 {
        let mut hours: Vec<u32> = self.windows.iter().map(|window| window / HOUR).collect();
        hours.dedup();
        hours.len() as u32
    }

    pub fn range(&self) -> Option<(u32, u32)> {
        Some((*self.windows.first()?, *self.windows.last()?))
    }
}

#[derive(Clone, Debug)]
pub struct Profile {
    pub names: Names,
    pub clusters: Vec<(Name, Span)>,
    /// In no order until the profile is settled.
    pub entities: Vec<Entity>,
    entity_at: HashMap<EntityKey, u32, Hashing>,
    pub limits: Limits,
    /// Entities whose names have larger hashes were left out.
    ceiling: Option<u64>,
}

/// The number of the empty text.
pub const EMPTY: Name = 0;
/// The number of what stands for detail that was dropped.
pub const DROPPED: Name = 1;

impl Default for Profile {
    fn default() -> Profile {
        Profile::new(Limits::default())
    }
}

impl Profile {
    pub fn new(limits: Limits) -> Profile {
        let mut names = Names::default();
        names.number("");
        names.number("*");
        Profile {
            names,
            clusters: Vec::new(),
            entities: Vec::new(),
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
        if self.ceiling.is_some_and(|ceiling| self.hash(key) > ceiling) {
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
            || self.entities.iter().any(|entity| entity.detail != Detail::All || entity.forgotten > 0)
    }

    /// The same in every run, whatever the numbers of the names.
    fn hash(&self, key: EntityKey) -> u64 {
        let mut hasher = foldhash::quality::FixedState::default().build_hasher();
        hasher.write_u8(key.kind as u8);
        for name in [key.cluster, key.name, key.network] {
            hasher.write(self.names.text(name).as_bytes());
            hasher.write_u8(0);
        }
        hasher.finish()
    }

    /// Takes in another profile. The two must not have seen the same records.
    pub fn absorb(&mut self, other: Profile) {
        let moved: Vec<Name> =
            (0..other.names.len() as Name).map(|name| self.names.number(other.names.text(name))).collect();
        let at = |name: Name| moved[name as usize];
        for (name, span) in &other.clusters {
            let place = self.cluster(other.names.text(*name)) as usize;
            span.windows().for_each(|window| self.clusters[place].1.add(window, self.limits));
        }
        for entity in other.entities {
            let EntityKey { cluster, kind, name, network } = entity.key;
            let key = EntityKey { cluster: at(cluster), kind, name: at(name), network: at(network) };
            if let Some(place) = self.entity(key, entity.class) {
                let own = &mut self.entities[place as usize];
                absorb_entity(own, entity, &at);
                own.fit(self.limits, DROPPED);
                own.forget(self.limits);
            }
        }
        self.ceiling = self.ceiling.into_iter().chain(other.ceiling).min();
        self.bound();
    }

    /// Leaves out entities until the rest fits, and names that nobody uses any more.
    pub fn bound(&mut self) {
        let mut order: Vec<(u64, u64)> =
            self.entities.iter().map(|entity| (self.hash(entity.key), entity.weight(self.limits))).collect();
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
            let hashes: Vec<u64> = self.entities.iter().map(|entity| self.hash(entity.key)).collect();
            let mut hashes = hashes.into_iter();
            self.entities.retain(|_| hashes.next().is_some_and(|hash| hash <= ceiling));
        }
        self.index_entities();
    }

    fn index_entities(&mut self) {
        self.entity_at = (0..).zip(&self.entities).map(|(at, entity)| (entity.key, at)).collect();
    }

    /// Whether it is time to call [`Profile::settle`], as there is more than twice as much as may stay.
    pub fn is_overfull(&self) -> bool {
        let total: u64 = self.entities.iter().map(|entity| entity.weight(self.limits)).sum();
        total > 2 * self.limits.total || self.names.len() as u64 > self.limits.total
    }

    /// Takes off what is too much of one entity; says whether the places of its shapes moved.
    pub fn fit_entity(&mut self, at: u32) -> bool {
        let limits = self.limits;
        let Some(entity) = self.entities.get_mut(at as usize) else { return false };
        let before = entity.detail;
        entity.fit(limits, DROPPED);
        before != entity.detail
    }

    /// Brings everything into its one order: names by text, entities by key, shapes by key, cells by window.
    pub fn settle(&mut self) {
        let limits = self.limits;
        self.entities.iter_mut().for_each(|entity| {
            entity.fit(limits, DROPPED);
            entity.forget(limits);
        });
        self.bound();
        self.renumber();
        self.clusters.sort_unstable_by_key(|(name, _)| *name);
        self.entities.sort_unstable_by_key(|entity| entity.key);
        self.entities.iter_mut().for_each(Entity::sort);
        self.index_entities();
    }

    /// Numbers the names that are in use by the order of their texts.
    fn renumber(&mut self) {
        let mut live: HashSet<Name, Hashing> = [EMPTY, DROPPED].into_iter().collect();
        live.extend(self.clusters.iter().map(|(name, _)| *name));
        for Entity { key, shapes, .. } in &self.entities {
            live.extend([key.cluster, key.name, key.network]);
            for ShapeKey { action, namespace, network, wide, agent, .. } in
                shapes.iter().map(|shape| shape.key)
            {
                live.extend([action, namespace, network, wide, agent]);
            }
        }
        let flags: Vec<bool> = (0..self.names.len() as Name).map(|name| live.contains(&name)).collect();
        let (mut names, moved) = sorted_names(&self.names, &flags);
        std::mem::swap(&mut self.names, &mut names);
        let at = |name: &mut Name| *name = moved[*name as usize];
        self.clusters.iter_mut().for_each(|(name, _)| at(name));
        for Entity { key, shapes, .. } in &mut self.entities {
            [&mut key.cluster, &mut key.name, &mut key.network].into_iter().for_each(at);
            for ShapeKey { action, namespace, network, wide, agent, .. } in
                shapes.iter_mut().map(|shape| &mut shape.key)
            {
                [action, namespace, network, wide, agent].into_iter().for_each(at);
            }
        }
    }

    /// Bytes of memory, about.
    pub fn bytes(&self) -> usize {
        self.names.weight() + self.entities.iter().map(Entity::bytes).sum::<usize>()
    }
}

/// As [`Names::sorted`], but [`EMPTY`] and [`DROPPED`] keep their numbers.
fn sorted_names(names: &Names, live: &[bool]) -> (Names, Vec<Name>) {
    let (sorted, moved) = names.sorted(live);
    let mut fixed = Names::default();
    fixed.number("");
    fixed.number("*");
    let renamed: Vec<Name> = (0..sorted.len() as Name).map(|name| fixed.number(sorted.text(name))).collect();
    let moved = moved.into_iter().map(|name| renamed.get(name as usize).copied().unwrap_or(EMPTY)).collect();
    (fixed, moved)
}

fn absorb_entity(own: &mut Entity, other: Entity, at: &impl Fn(Name) -> Name) {
    let detail = own.detail.max(other.detail);
    if detail > own.detail {
        own.reduce(detail, DROPPED);
    }
    for mut shape in other.shapes {
        let ShapeKey { action, namespace, network, wide, agent, outcome } = shape.key;
        let key = ShapeKey {
            action: at(action),
            namespace: at(namespace),
            network: at(network),
            wide: at(wide),
            agent: at(agent),
            outcome,
        };
        shape.key = detail.project(key, DROPPED);
        own.add_shape(shape);
    }
    own.forgotten = own.forgotten.max(other.forgotten);
    let forgotten = own.forgotten;
    if own.cells.iter().any(|cell| cell.window < forgotten) {
        own.cells.retain(|cell| cell.window >= forgotten);
        own.index_cells();
    }
    let mut last = u32::MAX;
    for cell in other.cells {
        if let Some(place) = own.cell(cell.window, &mut last) {
            place.absorb(cell);
        }
    }
}
