//! Texts that occur again and again, each kept once, end to end.

use hashbrown::HashTable;
use std::cmp::Ordering;
use std::hash::BuildHasher;

/// Number of a text within one [`Names`].
pub type Name = u32;

#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: String,
    /// Where each text ends.
    ends: Vec<u32>,
    /// Empty while the texts are in order.
    numbers: HashTable<Name>,
    hashing: foldhash::fast::RandomState,
}

impl Names {
    /// A text that no longer fits beside four gigabytes of others is called like the first one.
    pub fn number(&mut self, text: &str) -> Name {
        if self.numbers.is_empty() {
            self.index();
        }
        let Names { texts, ends, numbers, hashing } = self;
        let hash = hashing.hash_one(text);
        if let Some(known) = numbers.find(hash, |known| at(texts, ends, *known) == text) {
            return *known;
        }
        let number = self.push(text);
        let Names { texts, ends, numbers, hashing } = self;
        if number as usize + 1 == ends.len() {
            numbers.insert_unique(hash, number, |known| hashing.hash_one(at(texts, ends, *known)));
        }
        number
    }

    /// Puts a new text behind all others.
    fn push(&mut self, text: &str) -> Name {
        let Ok(end) = u32::try_from(self.texts.len() + text.len()) else { return 0 };
        self.texts.push_str(text);
        self.ends.push(end);
        self.ends.len() as Name - 1
    }

    /// Finds texts by their hashes from now on.
    fn index(&mut self) {
        let Names { texts, ends, numbers, hashing } = self;
        let hash = |number: &Name| hashing.hash_one(at(texts, ends, *number));
        *numbers = HashTable::with_capacity(ends.len());
        for number in 0..ends.len() as Name {
            numbers.insert_unique(hash(&number), number, hash);
        }
    }

    pub fn find(&self, text: &str) -> Option<Name> {
        if self.numbers.is_empty() {
            return self.search(text);
        }
        let is_it = |known: &Name| at(&self.texts, &self.ends, *known) == text;
        self.numbers.find(self.hashing.hash_one(text), is_it).copied()
    }

    /// The same where the texts are in order.
    fn search(&self, text: &str) -> Option<Name> {
        let (mut from, mut to) = (0, self.len() as Name);
        while from < to {
            let middle = from.midpoint(to);
            match self.text(middle).cmp(text) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
            }
        }
        None
    }

    pub fn text(&self, number: Name) -> &str {
        at(&self.texts, &self.ends, number)
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        self.texts.capacity() + self.ends.capacity() * 4 + self.numbers.capacity() * 5
    }

    /// Only the texts with these numbers, renumbered in the order of the texts; says each number's new one. The
    /// first `fixed` texts keep their numbers; they must come before all others.
    pub fn sorted(&self, live: &[bool], fixed: Name) -> (Names, Vec<Name>) {
        let mut order: Vec<Name> = (fixed..self.ends.len() as Name).collect();
        order.retain(|&number| live.get(number as usize).is_some_and(|live| *live));
        order.sort_unstable_by(|&a, &b| self.text(a).cmp(self.text(b)));
        let (mut sorted, mut moved) = (Names::default(), vec![0; self.ends.len()]);
        for old in (0..fixed).chain(order) {
            moved[old as usize] = sorted.push(self.text(old));
        }
        sorted.texts.shrink_to_fit();
        sorted.ends.shrink_to_fit();
        (sorted, moved)
    }
}

fn at<'t>(texts: &'t str, ends: &[u32], number: Name) -> &'t str {
    let end = ends.get(number as usize).map_or(0, |end| *end as usize);
    let begin =
        (number as usize).checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize);
    texts.get(begin..end).unwrap_or_default()
}
