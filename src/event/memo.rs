//! What is known of the texts that events come with, found by the texts themselves.

use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher};

/// Texts, and what else tells combinations of them apart.
#[derive(Clone, Copy, Debug)]
pub struct Key<'e, const N: usize> {
    pub head: u32,
    pub texts: [&'e [u8]; N],
}

impl<const N: usize> Key<'_, N> {
    fn lengths(&self) -> [u32; N] {
        self.texts.map(|text| text.len() as u32)
    }

    /// Bytes of all texts.
    pub fn bytes(&self) -> usize {
        self.texts.iter().map(|text| text.len()).sum()
    }
}

#[derive(Debug)]
struct Entry<V, const N: usize> {
    head: u32,
    lengths: [u32; N],
    /// Where its texts begin.
    at: usize,
    value: V,
}

#[derive(Debug)]
pub struct Memo<V, const N: usize> {
    entries: Vec<Entry<V, N>>,
    places: HashTable<u32>,
    /// Those of all entries, end to end.
    texts: Vec<u8>,
    hashing: foldhash::fast::RandomState,
}

impl<V, const N: usize> Default for Memo<V, N> {
    fn default() -> Memo<V, N> {
        Memo {
            entries: Vec::new(),
            places: HashTable::new(),
            texts: Vec::new(),
            hashing: foldhash::fast::RandomState::default(),
        }
    }
}

impl<V, const N: usize> Memo<V, N> {
    /// The place of a combination, and its hash for [`Memo::add`].
    #[inline]
    pub fn find(&self, key: &Key<'_, N>) -> (u64, Option<u32>) {
        let mut hasher = self.hashing.build_hasher();
        hasher.write_u32(key.head);
        key.texts.iter().filter(|text| !text.is_empty()).for_each(|text| hasher.write(text));
        let hash = hasher.finish();
        let lengths = key.lengths();
        let is_it = |place: &u32| {
            self.entries.get(*place as usize).is_some_and(|entry| self.is(entry, key, &lengths))
        };
        (hash, self.places.find(hash, is_it).copied())
    }

    #[inline]
    fn is(&self, entry: &Entry<V, N>, key: &Key<'_, N>, lengths: &[u32; N]) -> bool {
        if entry.head != key.head || entry.lengths != *lengths {
            return false;
        }
        let mut rest = self.texts.get(entry.at..).unwrap_or_default();
        key.texts.iter().filter(|text| !text.is_empty()).all(|text| {
            let Some((own, more)) = rest.split_at_checked(text.len()) else { return false };
            rest = more;
            is_same(own, text)
        })
    }

    /// Whether it holds so many combinations, or so many bytes of texts.
    pub fn is_full(&self, most: usize, bytes: usize) -> bool {
        self.entries.len() >= most || self.texts.len() >= bytes
    }

    pub fn count(&self) -> usize {
        self.entries.len()
    }

    #[cold]
    pub fn add(&mut self, key: &Key<'_, N>, hash: u64, value: V) -> u32 {
        let place = self.entries.len() as u32;
        let at = self.texts.len();
        key.texts.iter().for_each(|text| self.texts.extend_from_slice(text));
        self.entries.push(Entry { head: key.head, lengths: key.lengths(), at, value });
        let Memo { entries, places, texts, hashing } = self;
        places.insert_unique(hash, place, |place| rehash(entries, texts, hashing, *place));
        place
    }

    /// The place of a combination of which nothing else is remembered, found or made.
    #[inline]
    pub fn place(&mut self, key: &Key<'_, N>) -> u32
    where
        V: Default,
    {
        match self.find(key) {
            (_, Some(place)) => place,
            (hash, None) => self.add(key, hash, V::default()),
        }
    }

    pub fn get(&self, place: u32) -> Option<&V> {
        self.entries.get(place as usize).map(|entry| &entry.value)
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.places.clear();
        self.texts.clear();
    }
}

/// Whether two texts of one length are the same. Most are so short that to call for a comparison takes longer than it does.
#[inline(always)]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    match one.len() {
        4..=8 => one.first_chunk::<4>() == other.first_chunk() && one.last_chunk::<4>() == other.last_chunk(),
        9..=16 => {
            one.first_chunk::<8>() == other.first_chunk() && one.last_chunk::<8>() == other.last_chunk()
        }
        _ => one == other,
    }
}

fn rehash<V, const N: usize>(
    entries: &[Entry<V, N>],
    texts: &[u8],
    hashing: &foldhash::fast::RandomState,
    place: u32,
) -> u64 {
    let mut hasher = hashing.build_hasher();
    let Some(entry) = entries.get(place as usize) else { return 0 };
    hasher.write_u32(entry.head);
    let mut rest = texts.get(entry.at..).unwrap_or_default();
    for length in entry.lengths.into_iter().filter(|length| *length > 0) {
        let (text, more) = rest.split_at(length as usize);
        hasher.write(text);
        rest = more;
    }
    hasher.finish()
}
