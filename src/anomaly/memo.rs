//! What is known of the combinations of texts that events come with, found by the texts themselves.

use super::normal::{self, Outcome};
use crate::event::{Event, Slot};
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};

/// Combinations remembered. Beyond that the memory starts anew.
const MOST: usize = 1 << 16;
/// Bytes of all their texts, likewise.
const MOST_BYTES: usize = 16 << 20;
const PARTS: usize = 10;

/// All that decides what an event means for a profile.
#[derive(Clone, Copy, Debug)]
pub struct Key<'e> {
    cluster: u32,
    pub outcome: Outcome,
    /// A refused impersonation that only the message tells of.
    refused: bool,
    texts: [&'e [u8]; PARTS],
}

impl<'e> Key<'e> {
    #[inline]
    pub fn of(event: &Event<'e>, cluster: u32) -> Key<'e> {
        let text = |slot| event.raw(slot).unwrap_or_default();
        let resource = text(Slot::Resource);
        let code = text(Slot::Code);
        Key {
            cluster,
            outcome: Outcome::of(event.code()),
            refused: code == b"403" && !resource.is_empty() && normal::impersonates(event),
            texts: [
                text(Slot::Verb),
                text(Slot::Username),
                text(Slot::ImpersonatedUsername),
                event.source_ip().map_or(&[], |address| address.raw()),
                text(Slot::UserAgent),
                resource,
                text(Slot::Namespace),
                text(Slot::ApiGroup),
                text(Slot::Subresource),
                if resource.is_empty() { path(text(Slot::RequestUri)) } else { &[] },
            ],
        }
    }

    fn head(&self) -> u32 {
        self.cluster << 3 | (self.outcome as u32) << 1 | u32::from(self.refused)
    }

    fn lengths(&self) -> Lengths {
        self.texts.map(|text| text.len() as u32)
    }
}

fn path(uri: &[u8]) -> &[u8] {
    uri.split(|&byte| byte == b'?').next().unwrap_or_default()
}

type Lengths = [u32; PARTS];

#[derive(Debug)]
struct Entry<V> {
    head: u32,
    lengths: Lengths,
    /// Where its texts begin.
    at: usize,
    value: V,
}

#[derive(Debug)]
pub struct Memo<V> {
    entries: Vec<Entry<V>>,
    places: HashTable<u32>,
    /// Those of all entries, end to end.
    texts: Vec<u8>,
    hashing: foldhash::fast::RandomState,
}

impl<V> Default for Memo<V> {
    fn default() -> Memo<V> {
        Memo {
            entries: Vec::new(),
            places: HashTable::new(),
            texts: Vec::new(),
            hashing: foldhash::fast::RandomState::default(),
        }
    }
}

impl<V> Memo<V> {
    /// The place of a combination, and its hash for [`Memo::add`].
    #[inline]
    pub fn find(&self, key: &Key<'_>) -> (u64, Option<u32>) {
        let mut hasher = self.hashing.build_hasher();
        hasher.write_u32(key.head());
        key.texts.iter().for_each(|text| hasher.write(text));
        let hash = hasher.finish();
        let lengths = key.lengths();
        let is_it = |place: &u32| {
            self.entries.get(*place as usize).is_some_and(|entry| self.is(entry, key, &lengths))
        };
        (hash, self.places.find(hash, is_it).copied())
    }

    #[inline]
    fn is(&self, entry: &Entry<V>, key: &Key<'_>, lengths: &Lengths) -> bool {
        if entry.head != key.head() || entry.lengths != *lengths {
            return false;
        }
        let mut rest = self.texts.get(entry.at..).unwrap_or_default();
        key.texts.iter().all(|text| {
            let is_same = rest.starts_with(text);
            rest = rest.get(text.len()..).unwrap_or_default();
            is_same
        })
    }

    pub fn is_full(&self) -> bool {
        self.entries.len() >= MOST || self.texts.len() >= MOST_BYTES
    }

    pub fn add(&mut self, key: &Key<'_>, hash: u64, value: V) -> u32 {
        let place = self.entries.len() as u32;
        let at = self.texts.len();
        key.texts.iter().for_each(|text| self.texts.extend_from_slice(text));
        self.entries.push(Entry { head: key.head(), lengths: key.lengths(), at, value });
        let Memo { entries, places, texts, hashing } = self;
        places.insert_unique(hash, place, |place| rehash(entries, texts, hashing, *place));
        place
    }

    pub fn get(&mut self, place: u32) -> Option<&mut V> {
        self.entries.get_mut(place as usize).map(|entry| &mut entry.value)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|entry| &entry.value)
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.places.clear();
        self.texts.clear();
    }
}

fn rehash<V>(entries: &[Entry<V>], texts: &[u8], hashing: &foldhash::fast::RandomState, place: u32) -> u64 {
    let mut hasher = hashing.build_hasher();
    let Some(entry) = entries.get(place as usize) else { return 0 };
    hasher.write_u32(entry.head);
    let mut rest = texts.get(entry.at..).unwrap_or_default();
    for length in entry.lengths {
        let (text, more) = rest.split_at(length as usize);
        hasher.write(text);
        rest = more;
    }
    hasher.finish()
}
