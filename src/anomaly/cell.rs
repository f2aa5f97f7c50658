//! What an entity did within one window of five minutes, as counts.

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
}

/// Counters that are sums; those after them count distinct things.
pub const SUMS: usize = Counter::Secrets as usize;
pub const COUNTERS: usize = SUMS + 1;

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
    ];

    /// Whether a surge of it is worth a look by itself.
    pub fn is_sensitive(self) -> bool {
        !matches!(self, Counter::Reads | Counter::Writes | Counter::Missing)
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
        }
    }

    pub fn is_write(self) -> bool {
        matches!(
            self,
            Counter::Writes | Counter::Access | Counter::Tokens | Counter::Deletions | Counter::Exec
        )
    }
}

/// Distinct secrets remembered. Beyond that those with the smallest hashes are kept and their number is estimated
/// from the largest kept one.
const KEPT: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub window: u32,
    pub sums: [u32; SUMS],
    /// Hashes, in order, each once.
    secrets: Vec<u32>,
}

impl Cell {
    pub fn new(window: u32) -> Cell {
        Cell { window, ..Cell::default() }
    }

    /// Becomes that of another window, in which nothing happened yet.
    pub fn begin(&mut self, window: u32) {
        (self.window, self.sums) = (window, [0; SUMS]);
        self.secrets.clear();
    }

    /// `bits` has one bit for each counter that goes up by `count`.
    #[inline]
    pub fn add(&mut self, mut bits: u16, count: u32) {
        while bits != 0 {
            let at = bits.trailing_zeros() as usize;
            if let Some(sum) = self.sums.get_mut(at) {
                *sum = sum.saturating_add(count);
            }
            bits &= bits - 1;
        }
    }

    /// Makes a counter come to this. Of secrets only their number is known.
    pub fn set(&mut self, counter: Counter, count: u32) {
        match self.sums.get_mut(counter as usize) {
            Some(sum) => *sum = count,
            None => {
                let step = u32::MAX / count.max(KEPT as u32);
                (1..=count.min(KEPT as u32)).for_each(|at| self.add_secret(at * step));
            }
        }
    }

    /// `hash` is the same in every run.
    pub fn add_secret(&mut self, hash: u32) {
        if let Err(at) = self.secrets.binary_search(&hash) {
            self.secrets.insert(at, hash);
            self.secrets.truncate(KEPT);
        }
    }

    pub fn get(&self, counter: Counter) -> u32 {
        match self.sums.get(counter as usize) {
            Some(sum) => *sum,
            None => self.distinct_secrets(),
        }
    }

    fn distinct_secrets(&self) -> u32 {
        let (Some(largest), true) = (self.secrets.last(), self.secrets.len() >= KEPT) else {
            return self.secrets.len() as u32;
        };
        // The smallest `KEPT` of n even hashes reach up to KEPT/n of the range.
        let estimate = ((KEPT as u64 - 1) << u32::BITS) / u64::from(*largest).max(1);
        u32::try_from(estimate).unwrap_or(u32::MAX).max(KEPT as u32)
    }

    pub fn absorb(&mut self, other: &Cell) {
        self.sums.iter_mut().zip(other.sums).for_each(|(own, more)| *own = own.saturating_add(more));
        other.secrets.iter().for_each(|hash| self.add_secret(*hash));
    }

    /// The hashes of distinct secrets, for a file.
    pub fn secrets(&self) -> &[u32] {
        &self.secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_distinct_secrets_are_estimated() {
        let mut cell = Cell::new(0);
        let hash = |i: u32| i.wrapping_mul(0x9e37_79b9) ^ i << 7;
        (0..50).for_each(|i| cell.add_secret(hash(i)));
        (0..50).for_each(|i| cell.add_secret(hash(i)));
        assert_eq!(cell.get(Counter::Secrets), 50);
        (0..5000).for_each(|i| cell.add_secret(hash(i)));
        assert!((3500..7000).contains(&cell.get(Counter::Secrets)), "{}", cell.get(Counter::Secrets));
        assert_eq!(cell.get(Counter::Denied), 0);
    }
}
