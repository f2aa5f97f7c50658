//! What an entity did within one window of five minutes, as counts.

use super::evidence::Sample;

/// What is counted in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Counter {
    Reads,
    Writes,
    Denied,
    Missing,
    Checks,
    Access,
    Tokens,
    Deletions,
    Exec,
    /// Distinct secrets read.
    Secrets,
    /// Distinct namespaces.
    Namespaces,
    /// Distinct actions.
    Actions,
}

/// Counters that are sums; those after them count distinct things.
pub const SUMS: usize = Counter::Secrets as usize;
pub const COUNTERS: usize = 12;

impl Counter {
    pub const ALL: [Counter; COUNTERS] = [
        Counter::Reads,
        Counter::Writes,
        Counter::Denied,
        Counter::Missing,
        Counter::Checks,
        Counter::Access,
        Counter::Tokens,
        Counter::Deletions,
        Counter::Exec,
        Counter::Secrets,
        Counter::Namespaces,
        Counter::Actions,
    ];

    /// Whether a surge of it is worth a look by itself.
    pub fn is_sensitive(self) -> bool {
        !matches!(
            self,
            Counter::Reads | Counter::Writes | Counter::Missing | Counter::Namespaces | Counter::Actions
        )
    }

    pub fn doc(self) -> &'static str {
        match self {
            Counter::Reads => "reads",
            Counter::Writes => "writes",
            Counter::Denied => "denied requests",
            Counter::Missing => "requests for what does not exist",
            Counter::Checks => "permission checks",
            Counter::Access => "access-control changes",
            Counter::Tokens => "service-account tokens requested",
            Counter::Deletions => "deletions",
            Counter::Exec => "exec, attach, port-forward and proxy calls",
            Counter::Secrets => "distinct secrets read",
            Counter::Namespaces => "distinct namespaces",
            Counter::Actions => "distinct actions",
        }
    }

    pub fn is_write(self) -> bool {
        matches!(
            self,
            Counter::Writes | Counter::Access | Counter::Tokens | Counter::Deletions | Counter::Exec
        )
    }
}

/// Distinct things remembered of each kind. Beyond that those with the smallest hashes are kept and their
/// number is estimated from the largest kept one.
const KEPT: usize = 64;
/// The kind stands in the top two bits, so that one sorted list holds all kinds.
const KIND: u32 = 30;

#[derive(Clone, Debug)]
pub struct Cell {
    pub window: u32,
    sums: [u32; SUMS],
    distinct: Vec<u32>,
    /// The first request that touched a sensitive counter.
    pub sensitive: Option<Box<Sample>>,
}

impl Cell {
    pub fn new(window: u32) -> Cell {
        Cell { window, sums: [0; SUMS], distinct: Vec::new(), sensitive: None }
    }

    /// `bits` has one bit for each counter that goes up by one.
    #[inline]
    pub fn add(&mut self, mut bits: u16) {
        while bits != 0 {
            let at = bits.trailing_zeros() as usize;
            if let Some(sum) = self.sums.get_mut(at) {
                *sum = sum.saturating_add(1);
            }
            bits &= bits - 1;
        }
    }

    /// `hash` is the same in every run.
    pub fn add_distinct(&mut self, counter: Counter, hash: u64) {
        let Some(kind) = (counter as usize).checked_sub(SUMS) else { return };
        let item = ((kind as u32) << KIND) | (hash >> (64 - KIND)) as u32;
        if let Err(at) = self.distinct.binary_search(&item) {
            self.distinct.insert(at, item);
            self.trim(kind as u32);
        }
    }

    fn range(&self, kind: u32) -> (usize, usize) {
        let from = self.distinct.partition_point(|item| item >> KIND < kind);
        let to = self.distinct.partition_point(|item| item >> KIND <= kind);
        (from, to)
    }

    fn trim(&mut self, kind: u32) {
        let (from, to) = self.range(kind);
        if to - from > KEPT {
            self.distinct.drain(from + KEPT..to);
        }
    }

    pub fn get(&self, counter: Counter) -> u32 {
        if let Some(sum) = self.sums.get(counter as usize) {
            return *sum;
        }
        let (from, to) = self.range((counter as usize - SUMS) as u32);
        if to - from < KEPT {
            return (to - from) as u32;
        }
        let largest = u64::from(self.distinct[to - 1] & ((1 << KIND) - 1)).max(1);
        // The smallest `KEPT` of n even hashes reach up to KEPT/n of the range.
        u32::try_from(((KEPT as u64 - 1) << KIND) / largest).unwrap_or(u32::MAX).max(KEPT as u32)
    }

    pub fn absorb(&mut self, other: Cell) {
        self.sums.iter_mut().zip(other.sums).for_each(|(own, more)| *own = own.saturating_add(more));
        if self.distinct.is_empty() {
            self.distinct = other.distinct;
        } else {
            for item in other.distinct {
                if let Err(at) = self.distinct.binary_search(&item) {
                    self.distinct.insert(at, item);
                }
            }
            (0..(COUNTERS - SUMS) as u32).for_each(|kind| self.trim(kind));
        }
        if let Some(sample) = other.sensitive {
            self.keep_first(*sample);
        }
    }

    /// Notes a request that touched a sensitive counter.
    pub fn keep_first(&mut self, sample: Sample) {
        match &mut self.sensitive {
            Some(own) => own.keep_first(sample),
            none => *none = Some(Box::new(sample)),
        }
    }

    /// The sums, and hashes of distinct things, for a file.
    pub fn parts(&self) -> (&[u32], &[u32]) {
        (&self.sums, &self.distinct)
    }

    /// From a file that may hold anything.
    pub fn from_parts(window: u32, sums: &[u32], distinct: &[u32], sample: Option<Sample>) -> Cell {
        let mut cell = Cell::new(window);
        cell.sums.iter_mut().zip(sums).for_each(|(own, sum)| *own = *sum);
        cell.distinct = distinct.to_vec();
        cell.distinct.sort_unstable();
        cell.distinct.dedup();
        (0..(COUNTERS - SUMS) as u32).for_each(|kind| cell.trim(kind));
        cell.sensitive = sample.map(Box::new);
        cell
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        size_of::<Cell>()
            + self.distinct.capacity() * 4
            + self.sensitive.as_ref().map_or(0, |sample| sample.weight())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_distinct_things_are_estimated() {
        let mut cell = Cell::new(0);
        let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ i << 20;
        (0..50).for_each(|i| cell.add_distinct(Counter::Secrets, hash(i)));
        (0..50).for_each(|i| cell.add_distinct(Counter::Secrets, hash(i)));
        assert_eq!(cell.get(Counter::Secrets), 50);
        assert_eq!(cell.get(Counter::Namespaces), 0);
        (0..5000).for_each(|i| cell.add_distinct(Counter::Actions, hash(i)));
        assert!((3500..7000).contains(&cell.get(Counter::Actions)), "{}", cell.get(Counter::Actions));
        assert_eq!(cell.get(Counter::Secrets), 50);
    }
}
