//! What one entity did.

use super::cells::Cells;
use super::class::Class;
use super::evidence::{Mark, Noted};
use super::names::Name;
use super::profile::Limits;
use super::value::{DIMS, Dim, Value, ValueKey};
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
    /// An object that a whole cluster hangs on. Profiles hold them elsewhere.
    Resource,
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
    /// In no order until the profile is settled.
    pub values: Vec<Value>,
    /// Requests that values point at; one request often shows several for the first time.
    pub marks: Vec<Mark>,
    pub cells: Cells,
    /// By window; only the latest are kept.
    pub noted: Vec<Noted>,
    value_at: HashTable<u32>,
    hashing: foldhash::fast::RandomState,
    counts: [u16; DIMS],
    /// One bit for each dimension of which there are too many values to keep any.
    saturated: u8,
    /// Windows before this were left out.
    pub forgotten: u32,
}

impl Entity {
    pub fn new(key: EntityKey, class: Class) -> Entity {
        Entity {
            key,
            class,
            values: Vec::new(),
            marks: Vec::new(),
            cells: Cells::default(),
            noted: Vec::new(),
            value_at: HashTable::new(),
            hashing: foldhash::fast::RandomState::default(),
            counts: [0; DIMS],
            saturated: 0,
            forgotten: 0,
        }
    }

    pub fn saturated(&self) -> u8 {
        self.saturated
    }

    pub fn is_saturated(&self, dim: Dim) -> bool {
        self.saturated & 1 << dim as u8 != 0
    }

    /// The place of a value, if it was met before.
    pub fn find(&self, key: ValueKey) -> Option<u32> {
        let is_it = |at: &u32| self.values.get(*at as usize).is_some_and(|value| value.key == key);
        self.value_at.find(self.hashing.hash_one(key), is_it).copied()
    }

    pub fn mark(&self, value: &Value) -> Option<&Mark> {
        self.marks.get(value.mark as usize)
    }

    /// Takes in a value with all that is known of it, unless its dimension is saturated.
    pub fn add_value(&mut self, new: Value) {
        if self.is_saturated(new.key.dim) {
            return;
        }
        if let Some(at) = self.find(new.key) {
            let is_earlier = {
                let spot = |value: &Value| self.mark(value).map(|mark| &mark.spot);
                spot(&new) < spot(&self.values[at as usize])
            };
            let own = &mut self.values[at as usize];
            own.widen(new.first, new.last);
            if is_earlier {
                own.mark = new.mark;
            }
            return;
        }
        let (at, hash) = (self.values.len() as u32, self.hashing.hash_one(new.key));
        self.values.push(new);
        let Entity { values, value_at, hashing, counts, .. } = self;
        value_at.insert_unique(hash, at, |at| hashing.hash_one(values[*at as usize].key));
        counts[new.key.dim as usize] = counts[new.key.dim as usize].saturating_add(1);
    }

    /// Whether a request at this time may show a value for the first time.
    pub fn is_news(&self, key: ValueKey, time: i64) -> bool {
        let is_earlier = |at: u32| self.first_at(at).is_none_or(|first| time <= first);
        !self.is_saturated(key.dim) && self.find(key).is_none_or(is_earlier)
    }

    /// When a value was first seen.
    fn first_at(&self, at: u32) -> Option<i64> {
        Some(self.mark(self.values.get(at as usize)?)?.spot.time)
    }

    /// When the last of some values was first seen.
    pub fn latest_mark(&self, values: &[u32]) -> i64 {
        values.iter().filter_map(|at| self.first_at(*at)).max().unwrap_or(i64::MIN)
    }

    /// Takes in the values that a request shows.
    pub fn add_values<'k>(&mut self, keys: impl Iterator<Item = &'k ValueKey>, window: u32, mark: Mark) {
        let at = self.add_mark(mark);
        for key in keys {
            self.add_value(Value { key: *key, first: window, last: window, mark: at });
        }
    }

    /// Keeps a request for those values at these places that it shows first.
    pub fn keep_first(&mut self, places: &[u32], mark: Mark) {
        let at = self.add_mark(mark);
        for place in places {
            let Some(value) = self.values.get(*place as usize) else { continue };
            let spot = |mark: u32| self.marks.get(mark as usize).map(|mark| &mark.spot);
            if spot(at) < spot(value.mark) {
                self.values[*place as usize].mark = at;
            }
        }
    }

    fn add_mark(&mut self, mark: Mark) -> u32 {
        if self.marks.len() > 2 * self.values.len() + 16 {
            self.order_marks();
        }
        self.marks.push(mark);
        self.marks.len() as u32 - 1
    }

    /// Whether there are more values of a dimension than may stay.
    pub fn is_too_much(&self, limits: Limits) -> bool {
        self.counts.iter().any(|count| usize::from(*count) > limits.values)
    }

    /// Drops the values of dimensions that have too many. That commutes with merging, as the number of distinct
    /// values never falls.
    pub fn fit(&mut self, limits: Limits) {
        if self.is_too_much(limits) {
            let over = Dim::ALL.iter().filter(|dim| usize::from(self.counts[**dim as usize]) > limits.values);
            let over = over.fold(0, |bits, dim| bits | 1 << *dim as u8);
            self.saturate(over);
        }
    }

    pub fn saturate(&mut self, dims: u8) {
        self.saturated |= dims;
        let saturated = self.saturated;
        self.retain(|value| saturated & 1 << value.key.dim as u8 == 0);
    }

    fn retain(&mut self, keep: impl Fn(&Value) -> bool) {
        self.values.retain(keep);
        self.index();
    }

    /// Finds values by their keys again, after their places moved, and drops marks that none points at.
    fn index(&mut self) {
        let Entity { values, value_at, hashing, counts, .. } = self;
        *counts = [0; DIMS];
        *value_at = HashTable::with_capacity(values.len());
        let hash = |at: &u32| hashing.hash_one(values[*at as usize].key);
        for (at, value) in (0..).zip(values.iter()) {
            value_at.insert_unique(hash(&at), at, hash);
            counts[value.key.dim as usize] = counts[value.key.dim as usize].saturating_add(1);
        }
        self.order_marks();
    }

    /// Brings marks into the order of the values, and drops those that no value points at.
    pub fn order_marks(&mut self) {
        let mut old: Vec<Option<Mark>> = std::mem::take(&mut self.marks).into_iter().map(Some).collect();
        let mut moved = vec![u32::MAX; old.len()];
        for value in &mut self.values {
            let at = value.mark as usize;
            if let Some(mark) = old.get_mut(at).and_then(Option::take) {
                moved[at] = self.marks.len() as u32;
                self.marks.push(mark);
            }
            value.mark = moved.get(at).copied().unwrap_or(u32::MAX);
        }
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

    /// Takes in what is known of the same entity from elsewhere, under the same names.
    pub fn absorb(&mut self, other: Entity, limits: Limits) {
        if other.saturated & !self.saturated != 0 {
            self.saturate(other.saturated);
        }
        let shift = self.marks.len() as u32;
        self.marks.extend(other.marks);
        for value in other.values {
            self.add_value(Value { mark: value.mark.saturating_add(shift), ..value });
        }
        self.index();
        self.fit(limits);
        self.cells.absorb(other.cells);
        other.noted.into_iter().for_each(|noted| self.note(noted, limits));
        self.forgotten = self.forgotten.max(other.forgotten);
        self.cells.forget_before(self.forgotten);
        self.forget(limits);
    }

    /// Drops values that were last seen before a window, and all windows before it.
    pub fn forget_before(&mut self, window: u32) {
        self.noted.retain(|noted| noted.window >= window);
        self.cells.forget_before(window);
        self.values.retain(|value| value.last >= window);
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
        let of_dim = |dim: &Dim| match self.is_saturated(*dim) {
            true => limits.values,
            false => limits.values.min(self.counts[*dim as usize].into()),
        };
        let values: usize = Dim::ALL.iter().map(of_dim).sum();
        Limits::ENTITY
            + Limits::VALUE * values as u64
            + Limits::CELL * self.cells.len_about().min(limits.windows) as u64
    }

    /// Brings values into the order of their keys, and marks into the order of the values.
    pub fn sort(&mut self) {
        self.cells.pack();
        self.cells.shrink();
        self.noted.shrink_to_fit();
        self.values.sort_unstable_by_key(|value| value.key);
        self.values.shrink_to_fit();
        self.index();
        self.marks.shrink_to_fit();
    }

    /// Every name that it uses.
    pub fn names(&mut self) -> impl Iterator<Item = &mut Name> {
        let EntityKey { cluster, name, network, .. } = &mut self.key;
        let values = self.values.iter_mut().flat_map(|value| [&mut value.key.name, &mut value.key.more]);
        let marks = self.marks.iter_mut().flat_map(Mark::names);
        let noted = self.noted.iter_mut().flat_map(|noted| [&mut noted.action, &mut noted.namespace]);
        [cluster, name, network].into_iter().chain(values).chain(marks).chain(noted)
    }

    /// Bytes of memory that its values take, without their texts, about.
    pub fn value_bytes(&self) -> usize {
        self.values.capacity() * size_of::<Value>()
            + self.value_at.capacity() * 5
            + self.marks.capacity() * size_of::<Mark>()
    }
}
