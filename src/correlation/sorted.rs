//! A map that is small nearly always: its entries in a row, by key. A tree takes ten times the memory for the one or
//! two that most lanes hold.

#[derive(Clone, Debug)]
pub struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Sorted<K, V> {
        Sorted(Vec::new())
    }
}

impl<K: Ord, V> Sorted<K, V> {
    /// The value of a key, made if there is none; whether it was there.
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> (&mut V, bool) {
        let (at, is_known) = match self.0.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(at) => (at, true),
            Err(at) => {
                if self.0.capacity() == self.0.len() {
                    self.0.reserve_exact((self.0.len() / 2).max(1));
                }
                self.0.insert(at, (key, make()));
                (at, false)
            }
        };
        (&mut self.0[at].1, is_known)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes in the entries of another. Of two with one key, `join` makes one.
    pub fn absorb(&mut self, other: Sorted<K, V>, mut join: impl FnMut(&mut V, V)) {
        if self.0.is_empty() {
            *self = other;
            return;
        }
        let mut both = Vec::with_capacity(self.0.len() + other.0.len());
        let mut own = std::mem::take(&mut self.0).into_iter().peekable();
        for (key, value) in other.0 {
            both.extend(std::iter::from_fn(|| own.next_if(|(known, _)| *known < key)));
            match own.next_if(|(known, _)| *known == key) {
                Some(mut known) => {
                    join(&mut known.1, value);
                    both.push(known);
                }
                None => both.push((key, value)),
            }
        }
        both.extend(own);
        self.0 = both;
    }

    /// Leaves the first ones; true when any had to go.
    pub fn keep_first(&mut self, most: usize) -> bool {
        let is_more = self.0.len() > most;
        self.0.truncate(most);
        is_more
    }

    /// Leaves the first and the last; true when any had to go.
    pub fn keep_ends(&mut self) -> bool {
        let is_more = self.0.len() > 2;
        if is_more && let Some(last) = self.0.pop() {
            self.0.truncate(1);
            self.0.push(last);
        }
        is_more
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds(keys in prop::collection::vec(0u8..20, 0..60)) {
            let (mut sorted, mut tree) = (Sorted::default(), BTreeMap::new());
            for (at, key) in keys.into_iter().enumerate() {
                let (value, is_known) = sorted.entry(key, || at);
                prop_assert_eq!((&*value, is_known), (&*tree.entry(key).or_insert(at), *value != at));
                if at % 7 == 6 {
                    prop_assert!(sorted.keep_first(tree.len() - 1));
                    tree.pop_last();
                }
                prop_assert!(sorted.iter().eq(tree.iter()));
            }
        }

        #[test]
        fn it_takes_in_another_as_if_one_by_one(
            keys in prop::collection::vec(0u8..20, 0..60), others in prop::collection::vec(0u8..20, 0..60),
        ) {
            let of = |keys: &[u8]| {
                let mut sorted = Sorted::default();
                keys.iter().for_each(|key| *sorted.entry(*key, || 0).0 += 1);
                sorted
            };
            let mut whole = of(&keys);
            whole.absorb(of(&others), |own, other| *own += other);
            prop_assert!(whole.iter().eq(of(&[keys, others].concat()).iter()));
            let (len, first) = (whole.len(), whole.keys().next().copied());
            let last = whole.keys().last().copied();
            prop_assert_eq!(whole.keep_ends(), len > 2);
            prop_assert_eq!((whole.keys().next().copied(), whole.keys().last().copied()), (first, last));
            prop_assert_eq!(whole.len(), len.min(2));
        }
    }
}
