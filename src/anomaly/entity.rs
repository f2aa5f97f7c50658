//! What one entity did.

use super::cells::Cells;
use super::class::Class;
use super::evidence::{Mark, Noted};
use super::names::Name;
use super::profile::Limits;
use super::shown::Shown;
use super::value::{DIMS, Dim, Value, ValueKey};
use hashbrown::HashTable;
use std::borrow::Cow;
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
    /// Values are in no order until the profile is settled, marks neither; only the latest noted requests are kept.
    shown: Shown,
    /// All of that once the profile is settled, until something changes. Empty where it is not packed.
    packed: Box<[u8]>,
    pub cells: Cells,
    /// Empty while values are in the order of their keys.
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
            shown: Shown::default(),
            packed: Box::default(),
            cells: Cells::default(),
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

    /// What it was seen with.
    pub fn shown(&self) -> Cow<'_, Shown> {
        match self.packed.is_empty() {
            true => Cow::Borrowed(&self.shown),
            false => Cow::Owned(Shown::unpack(&self.packed)),
        }
    }

    /// The values alone.
    pub fn values(&self) -> Cow<'_, [Value]> {
        match self.packed.is_empty() {
            true => Cow::Borrowed(&self.shown.values),
            false => Cow::Owned(Shown::values(&self.packed)),
        }
    }

    /// Makes ready for changes.
    #[inline]
    pub fn open(&mut self) {
        if !self.packed.is_empty() {
            self.shown = Shown::unpack(&std::mem::take(&mut self.packed));
        }
    }

    /// The place of a value, if it was met before. It must be open.
    pub fn find(&self, key: ValueKey) -> Option<u32> {
        if self.value_at.is_empty() {
            return self.shown.values.binary_search_by_key(&key, |value| value.key).ok().map(|at| at as u32);
        }
        let is_it = |at: &u32| self.shown.values.get(*at as usize).is_some_and(|value| value.key == key);
        self.value_at.find(self.hashing.hash_one(key), is_it).copied()
    }

    /// Takes in a value with all that is known of it, unless its dimension is saturated.
    pub fn add_value(&mut self, new: Value) {
        if self.is_saturated(new.key.dim) {
            return;
        }
        self.open();
        if let Some(at) = self.find(new.key) {
            let is_earlier = {
                let spot = |value: &Value| self.shown.mark(value).map(|mark| &mark.spot);
                spot(&new) < spot(&self.shown.values[at as usize])
            };
            let own = &mut self.shown.values[at as usize];
            own.widen(new.first, new.last);
            if is_earlier {
                own.mark = new.mark;
            }
            return;
        }
        if self.value_at.is_empty() {
            self.index();
        }
        let (at, hash) = (self.shown.values.len() as u32, self.hashing.hash_one(new.key));
        self.shown.values.push(new);
        let Entity { shown: Shown { values, .. }, value_at, hashing, counts, .. } = self;
        value_at.insert_unique(hash, at, |at| hashing.hash_one(values[*at as usize].key));
        counts[new.key.dim as usize] = counts[new.key.dim as usize].saturating_add(1);
    }

    /// Whether a request at this time may show a value for the first time.
    pub fn is_news(&self, key: ValueKey, time: i64) -> bool {
        let is_earlier = |at: u32| self.first_at(at).is_none_or(|first| time <= first);
        !self.is_saturated(key.dim) && self.find(key).is_none_or(is_earlier)
    }

    /// Notes that a known value was seen in a window.
    pub fn widen(&mut self, key: ValueKey, window: u32) {
        self.open();
        if let Some(at) = self.find(key) {
            self.shown.values[at as usize].widen(window, window);
        }
    }

    /// The same of all at these places.
    pub fn widen_at(&mut self, places: &[u32], (first, last): (u32, u32)) {
        self.open();
        for at in places {
            self.shown.values.get_mut(*at as usize).into_iter().for_each(|value| value.widen(first, last));
        }
    }

    /// When a value was first seen.
    fn first_at(&self, at: u32) -> Option<i64> {
        Some(self.shown.mark(self.shown.values.get(at as usize)?)?.spot.time)
    }

    /// When the last of some values was first seen.
    pub fn latest_mark(&self, values: &[u32]) -> i64 {
        values.iter().filter_map(|at| self.first_at(*at)).max().unwrap_or(i64::MIN)
    }

    /// Takes in requests that values are to point at.
    pub fn remember(&mut self, marks: impl Iterator<Item = Mark>) {
        self.open();
        self.shown.marks.extend(marks);
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
            let Shown { values, marks, .. } = &mut self.shown;
            let Some(value) = values.get_mut(*place as usize) else { continue };
            let spot = |mark: u32| marks.get(mark as usize).map(|mark| &mark.spot);
            if spot(at) < spot(value.mark) {
                value.mark = at;
            }
        }
    }

    fn add_mark(&mut self, mark: Mark) -> u32 {
        self.open();
        if self.shown.marks.len() > 2 * self.shown.values.len() + 16 {
            self.shown.order_marks();
        }
        self.shown.marks.push(mark);
        self.shown.marks.len() as u32 - 1
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
        self.open();
        self.shown.values.retain(keep);
        self.index();
        self.shown.order_marks();
    }

    /// Finds values by their keys again, after their places moved.
    fn index(&mut self) {
        let Entity { shown: Shown { values, .. }, value_at, hashing, counts, .. } = self;
        *counts = [0; DIMS];
        *value_at = HashTable::with_capacity(values.len());
        let hash = |at: &u32| hashing.hash_one(values[*at as usize].key);
        for (at, value) in (0..).zip(values.iter()) {
            value_at.insert_unique(hash(&at), at, hash);
            counts[value.key.dim as usize] = counts[value.key.dim as usize].saturating_add(1);
        }
    }

    /// When the first request of a window was noted that touched a sensitive counter; of a window of which none will
    /// be, before all times.
    pub fn noted_at(&self, window: u32, limits: Limits) -> i64 {
        let noted = &self.shown.noted;
        match noted.binary_search_by_key(&window, |noted| noted.window) {
            Ok(at) => noted[at].spot.time,
            Err(0) if noted.len() >= limits.noted => i64::MIN,
            Err(_) => i64::MAX,
        }
    }

    pub fn note(&mut self, new: Noted, limits: Limits) {
        self.open();
        let noted = &mut self.shown.noted;
        match noted.binary_search_by_key(&new.window, |noted| noted.window) {
            Ok(at) if new.spot < noted[at].spot => noted[at] = new,
            Ok(_) => {}
            Err(at) => {
                noted.insert(at, new);
                let over = noted.len().saturating_sub(limits.noted);
                noted.drain(..over);
            }
        }
    }

    /// Takes in what is known of the same entity from elsewhere, under the same names.
    pub fn absorb(&mut self, mut other: Entity, limits: Limits) {
        self.open();
        other.open();
        if other.saturated & !self.saturated != 0 {
            self.saturate(other.saturated);
        }
        let shift = self.shown.marks.len() as u32;
        self.shown.marks.extend(other.shown.marks);
        for value in other.shown.values {
            self.add_value(Value { mark: value.mark.saturating_add(shift), ..value });
        }
        self.index();
        self.shown.order_marks();
        self.fit(limits);
        self.cells.absorb(other.cells);
        other.shown.noted.into_iter().for_each(|noted| self.note(noted, limits));
        self.forgotten = self.forgotten.max(other.forgotten);
        self.cells.forget_before(self.forgotten);
        self.forget(limits);
    }

    /// Drops values that were last seen before a window, and all windows before it.
    pub fn forget_before(&mut self, window: u32) {
        self.open();
        self.shown.noted.retain(|noted| noted.window >= window);
        self.cells.forget_before(window);
        self.retain(|value| value.last >= window);
        self.settle();
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

    /// Brings values into the order of their keys, and marks into the order of the values, and packs all.
    pub fn settle(&mut self) {
        self.open();
        self.cells.pack();
        self.cells.shrink();
        self.shown.sort();
        self.value_at = HashTable::new();
        self.packed = std::mem::take(&mut self.shown).pack();
    }

    /// Drops requests that no value points at any more. What is packed holds none.
    pub fn tidy(&mut self) {
        if self.packed.is_empty() {
            self.shown.order_marks();
        }
    }

    /// Shows every name that it uses.
    pub fn see_names(&self, mut see: impl FnMut(Name)) {
        let EntityKey { cluster, name, network, .. } = self.key;
        [cluster, name, network].into_iter().for_each(&mut see);
        self.shown().into_owned().names().for_each(|name| see(*name));
    }

    /// Every name that it uses.
    pub fn names(&mut self) -> impl Iterator<Item = &mut Name> {
        self.open();
        let EntityKey { cluster, name, network, .. } = &mut self.key;
        [cluster, name, network].into_iter().chain(self.shown.names())
    }

    /// Bytes of memory that its values, marks and noted requests take, without their texts, about.
    pub fn shown_bytes(&self) -> usize {
        self.packed.len() + self.value_at.capacity() * 5 + self.shown.weight()
    }
}
