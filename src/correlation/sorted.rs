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

    pub fn remove(&mut self, at: usize) {
        if at < self.0.len() {
            self.0.remove(at);
        }
    }

    pub fn pop_last(&mut self) {
        self.0.pop();
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn into_iter(self) -> impl Iterator<Item = (K, V)> {
        self.0.into_iter()
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
                    sorted.pop_last();
                    tree.pop_last();
                }
                prop_assert!(sorted.iter().eq(tree.iter()));
            }
        }
    }
}
