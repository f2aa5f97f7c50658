//! What one entity did.

use super::cells::Cells;
use super::class::Class;
use super::evidence::Noted;
use super::names::Name;
use super::profile::{DROPPED, Limits};
use super::shape::{Detail, Shape, ShapeKey};
use hashbrown::HashTable;
use std::hash::BuildHasher;

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
    pub cells: Cells,
    /// By window; only the latest are kept.
    pub noted: Vec<Noted>,
    shape_at: HashTable<u32>,
    hashing: foldhash::fast::RandomState,
    /// Windows before this were left out.
    pub forgotten: u32,
}

impl Entity {
    pub fn new(key: EntityKey, class: Class) -> Entity {
        Entity {
            key,
            class,
            detail: Detail::All,
            shapes: Vec::new(),
            cells: Cells::default(),
            noted: Vec::new(),
            shape_at: HashTable::new(),
            hashing: foldhash::fast::RandomState::default(),
            forgotten: 0,
        }
    }

    /// The place of a kind of request, if it was met before.
    pub fn find(&self, key: ShapeKey) -> Option<u32> {
        let is_it = |at: &u32| self.shapes.get(*at as usize).is_some_and(|shape| shape.key == key);
        self.shape_at.find(self.hashing.hash_one(key), is_it).copied()
    }

    /// Takes in a kind of request with all that is known of it; where it stands.
    pub fn add_shape(&mut self, shape: Shape) -> u32 {
        if let Some(at) = self.find(shape.key) {
            self.shapes[at as usize].absorb(shape);
            return at;
        }
        let (at, hash) = (self.shapes.len() as u32, self.hashing.hash_one(shape.key));
        self.shapes.push(shape);
        let Entity { shapes, shape_at, hashing, .. } = self;
        shape_at.insert_unique(hash, at, |at| hashing.hash_one(shapes[*at as usize].key));
        at
    }

    /// When the first request of a window was noted that touched a sensitive counter; of a window of which none will
    /// be, before all times.
    pub fn noted_at(&self, window: u32, limits: Limits) -> i64 {
        match self.noted.binary_search_by_key(&window, |noted| noted.window) {
            Ok(at) => self.noted[at].spot.time,
            Err(0) if self.noted.len() >= limits.noted => i64::MIN,
            Err(_) => i64::MAX,
        }
    }

    pub fn note(&mut self, new: Noted, limits: Limits) {
        match self.noted.binary_search_by_key(&new.window, |noted| noted.window) {
            Ok(at) if new.spot < self.noted[at].spot => self.noted[at] = new,
            Ok(_) => {}
            Err(at) => {
                self.noted.insert(at, new);
                let over = self.noted.len().saturating_sub(limits.noted);
                self.noted.drain(..over);
            }
        }
    }

    /// Takes off detail until the shapes fit. Taking it off commutes with merging.
    pub fn fit(&mut self, limits: Limits) {
        while self.shapes.len() > limits.shapes {
            let Some(less) = self.detail.less() else { return };
            self.reduce(less);
        }
    }

    fn reduce(&mut self, detail: Detail) {
        self.detail = self.detail.max(detail);
        self.shape_at.clear();
        for mut shape in std::mem::take(&mut self.shapes) {
            shape.key = self.detail.project(shape.key, DROPPED);
            self.add_shape(shape);
        }
    }

    /// Takes in what is known of the same entity from elsewhere, under the same names.
    pub fn absorb(&mut self, other: Entity, limits: Limits) {
        if other.detail > self.detail {
            self.reduce(other.detail);
        }
        for mut shape in other.shapes {
            shape.key = self.detail.project(shape.key, DROPPED);
            self.add_shape(shape);
        }
        self.fit(limits);
        self.cells.absorb(other.cells);
        other.noted.into_iter().for_each(|noted| self.note(noted, limits));
        self.forgotten = self.forgotten.max(other.forgotten);
        self.cells.forget_before(self.forgotten);
        self.forget(limits);
    }

    /// Drops kinds of requests that were last seen before a window, and all windows before it.
    pub fn forget_before(&mut self, window: u32) {
        self.shapes.retain(|shape| shape.last >= window);
        self.noted.retain(|noted| noted.window >= window);
        self.cells.forget_before(window);
        self.sort();
    }

    /// Keeps the latest windows only.
    pub fn forget(&mut self, limits: Limits) {
        self.cells.pack();
        if let Some(from) = self.cells.keep_latest(limits.windows) {
            self.forgotten = from;
        }
    }

    /// Never falls while events are added, which makes what is left out independent of their order.
    pub fn weight(&self, limits: Limits) -> u64 {
        let full = self.detail != Detail::All;
        let shapes = if full { limits.shapes } else { self.shapes.len().min(limits.shapes) };
        Limits::SHAPE * shapes as u64 + Limits::CELL * self.cells.len_about().min(limits.windows) as u64
    }

    /// Brings shapes into the order of their keys.
    pub fn sort(&mut self) {
        self.cells.pack();
        self.cells.shrink();
        self.shapes.sort_unstable_by_key(|shape| shape.key);
        self.shapes.shrink_to_fit();
        let Entity { shapes, shape_at, hashing, .. } = self;
        let hash = |at: &u32| hashing.hash_one(shapes[*at as usize].key);
        *shape_at = HashTable::with_capacity(shapes.len());
        for at in 0..shapes.len() as u32 {
            shape_at.insert_unique(hash(&at), at, hash);
        }
    }

    /// Every name that it uses.
    pub fn names(&mut self) -> impl Iterator<Item = &mut Name> {
        let EntityKey { cluster, name, network, .. } = &mut self.key;
        let noted = self.noted.iter_mut().flat_map(|noted| [&mut noted.action, &mut noted.namespace]);
        [cluster, name, network].into_iter().chain(self.shapes.iter_mut().flat_map(Shape::names)).chain(noted)
    }

    /// Bytes of memory that its shapes take, without their texts, about.
    pub fn shape_bytes(&self) -> usize {
        self.shapes.capacity() * size_of::<Shape>() + self.shape_at.capacity() * 5
    }
}
