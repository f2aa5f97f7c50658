//! A set of windows, one bit for each, that can tell how many lie before a window.

use std::iter;

const BITS: u32 = u64::BITS;

#[derive(Clone, Debug, Default)]
pub struct Windows {
    /// The first one, rounded down.
    from: u32,
    words: Vec<u64>,
    /// How many lie before each word, and how many in all.
    ranks: Vec<u32>,
}

impl Windows {
    /// They come in order.
    pub fn of(windows: impl Iterator<Item = u32>) -> Windows {
        let mut all = Windows::default();
        for window in windows {
            if all.words.is_empty() {
                all.from = window / BITS * BITS;
            }
            let at = ((window - all.from) / BITS) as usize;
            if at >= all.words.len() {
                all.words.resize(at + 1, 0);
            }
            all.words[at] |= 1 << (window % BITS);
        }
        let mut sum = 0;
        let ones = all.words.iter().map(|word| {
            sum += word.count_ones();
            sum
        });
        all.ranks = iter::once(0).chain(ones).collect();
        all
    }

    pub fn len(&self) -> usize {
        self.ranks.last().map_or(0, |sum| *sum as usize)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn first(&self) -> Option<u32> {
        self.iter().next()
    }

    /// How many lie before this one.
    pub fn before(&self, window: u32) -> usize {
        let Some(distance) = window.checked_sub(self.from) else { return 0 };
        let Some(word) = self.words.get((distance / BITS) as usize) else { return self.len() };
        let below = (1_u64 << (distance % BITS)) - 1;
        self.ranks[(distance / BITS) as usize] as usize + (word & below).count_ones() as usize
    }

    /// Those from one window on and before another.
    pub fn between(&self, from: u32, to: u32) -> impl Iterator<Item = u32> + '_ {
        let skipped = from.saturating_sub(self.from) / BITS;
        let words = (0..).zip(&self.words).skip(skipped as usize);
        let within = words.take_while(move |(at, _)| self.from + at * BITS < to);
        within.flat_map(|(at, word)| self.bits(at, *word)).filter(move |window| (from..to).contains(window))
    }

    fn bits(&self, at: u32, word: u64) -> impl Iterator<Item = u32> + use<> {
        let begin = self.from + at * BITS;
        let mut rest = word;
        iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros())?;
            rest &= rest - 1;
            Some(begin + bit)
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).zip(&self.words).flat_map(|(at, word)| self.bits(at, *word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_are_what_counting_gives(
            set in prop::collection::btree_set(0..1000_u32, 0..100), base in 0..200_u32, probe in 0..1300_u32,
        ) {
            let windows = Windows::of(set.iter().map(|window| window + base));
            prop_assert!(windows.iter().eq(set.iter().map(|window| window + base)));
            prop_assert_eq!(windows.len(), set.len());
            prop_assert_eq!(windows.first(), set.first().map(|window| window + base));
            let between: Vec<u32> = windows.between(probe, probe + 150).collect();
            prop_assert!(between.into_iter().eq(windows.iter().filter(|w| (probe..probe + 150).contains(w))));
            prop_assert_eq!(windows.before(probe), windows.iter().filter(|window| *window < probe).count());
        }
    }
}
