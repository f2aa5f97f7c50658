//! Weeks long past, of which it is enough to know when an entity was active and how its counts were spread.
//!
//! Each counter keeps how often it came to which amount: exact up to seven, then to the nearest of two steps for each
//! doubling. What is lost is which count belonged to which window, and nothing that is judged hangs on that: old
//! windows only tell what is usual. When such a week is looked at, its counts are spread evenly over its windows.

use super::cell::{COUNTERS, Cell, Counter};
use super::profile::DAY;
use super::varint::{put, take, take_short};
use std::collections::{BTreeMap, BTreeSet};

/// Windows of a week.
pub const WEEK: u32 = 7 * DAY;

/// Bytes of one bit for each window of a week.
const BITS: usize = WEEK as usize / 8;

/// One week of one entity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// Weeks since 1970.
    pub number: u32,
    /// In which it was active.
    pub windows: BTreeSet<u32>,
    /// How often each counter came to each amount.
    pub counts: BTreeMap<(u8, u32), u32>,
}

impl Week {
    pub fn new(number: u32) -> Week {
        Week { number, ..Week::default() }
    }

    pub fn add(&mut self, cell: &Cell) {
        self.windows.insert(cell.window);
        for counter in Counter::ALL {
            let count = rounded(cell.get(counter));
            if count > 0 {
                self.note(counter as u8, count, 1);
            }
        }
    }

    pub fn note(&mut self, counter: u8, count: u32, times: u32) {
        let known = self.counts.entry((counter, count)).or_default();
        *known = known.saturating_add(times);
    }

    /// The same week of the same entity from elsewhere.
    pub fn absorb(&mut self, other: Week) {
        self.windows.extend(other.windows);
        other.counts.into_iter().for_each(|((counter, count), times)| self.note(counter, count, times));
    }

    /// Cells that have the same windows and the same counts.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells: Vec<Cell> = self.windows.iter().map(|window| Cell::new(*window)).collect();
        for counter in Counter::ALL {
            let own = self.counts.range((counter as u8, 0)..=(counter as u8, u32::MAX)).rev();
            let counts: Vec<u32> = own
                .flat_map(|((_, count), times)| std::iter::repeat_n(*count, *times as usize))
                .take(cells.len())
                .collect();
            let step = stride(counts.len());
            for at in 0..counts.len() {
                let place = at * cells.len() / counts.len();
                cells[place].set(counter, counts[at * step % counts.len()]);
            }
        }
        cells
    }

    pub fn pack(&self, out: &mut Vec<u8>) {
        put(out, self.number.into());
        self.pack_windows(out);
        put(out, self.counts.len() as u64);
        for ((counter, count), times) in &self.counts {
            out.push(*counter);
            put(out, u64::from(*count));
            put(out, u64::from(*times));
        }
    }

    /// As runs, or with one bit for each window where there are many runs.
    fn pack_windows(&self, out: &mut Vec<u8>) {
        let mut before = self.number * WEEK;
        let runs = runs(self.windows.iter().copied());
        if runs.len() > BITS / 2 {
            out.push(0);
            let mut bits = [0_u8; BITS];
            let places = self.windows.iter().map(|window| (window - before) as usize);
            places.for_each(|place| bits[place / 8] |= 1 << (place % 8));
            out.extend_from_slice(&bits);
            return;
        }
        put(out, runs.len() as u64);
        for (first, last) in runs {
            put(out, u64::from(first - before));
            put(out, u64::from(last - first));
            before = last;
        }
    }

    fn take_windows(&mut self, rest: &mut &[u8]) -> Option<()> {
        let mut before = self.number * WEEK;
        let runs = take(rest)?;
        if runs == 0 {
            let (bits, more) = rest.split_at_checked(BITS)?;
            *rest = more;
            let own = (0..WEEK).filter(|place| bits[*place as usize / 8] & 1 << (place % 8) != 0);
            self.windows.extend(own.map(|place| before + place));
        }
        for _ in 0..runs {
            let first = before + take_short(rest)?;
            let last = first + take_short(rest)?;
            self.windows.extend(first..=last);
            before = last;
        }
        Some(())
    }

    pub fn unpack(rest: &mut &[u8]) -> Option<Week> {
        let mut week = Week::new(take_short(rest)?);
        week.take_windows(rest)?;
        for _ in 0..take(rest)? {
            let (&counter, more) = rest.split_first()?;
            *rest = more;
            week.note(counter, take_short(rest)?, take_short(rest)?);
        }
        Some(week)
    }

    /// Whether it can be one: a file may hold anything.
    pub fn is_sound(&self) -> bool {
        let is_own = |window: &u32| window / WEEK == self.number;
        self.windows.iter().all(is_own)
            && self.counts.keys().all(|(counter, _)| usize::from(*counter) < COUNTERS)
    }
}

/// Exact up to seven, then the nearest of 8, 12, 16, 24, 32 ...
fn rounded(count: u32) -> u32 {
    if count < 8 {
        return count;
    }
    let base = 1_u64 << count.ilog2();
    let steps = [base, base * 3 / 2, base * 2];
    let near = steps.into_iter().min_by_key(|step| step.abs_diff(count.into()));
    near.and_then(|step| u32::try_from(step).ok()).unwrap_or(u32::MAX)
}

/// A step that comes to each of so many places before it comes to one again, so that large counts do not end up side
/// by side.
fn stride(length: usize) -> usize {
    let coprime = |step: &usize| {
        let (mut a, mut b) = (*step, length);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a == 1
    };
    (1..=(length * 5 / 8).max(1)).rev().find(coprime).unwrap_or(1)
}

/// First and last of each run of windows without a gap.
pub fn runs(windows: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for window in windows {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(window) => *last = window,
            _ => runs.push((window, window)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_are_exact_while_small_and_near_beyond() {
        let all = [0, 1, 7, 8, 9, 10, 11, 13, 14, 15, 100, 1000, u32::MAX].map(rounded);
        assert_eq!(all, [0, 1, 7, 8, 8, 8, 12, 12, 12, 16, 96, 1024, u32::MAX]);
        assert!((0..5000).all(|count| rounded(rounded(count)) == rounded(count)));
    }

    proptest! {
        #[test]
        fn a_sealed_week_keeps_its_windows_and_how_its_counts_are_spread(
            all in prop::collection::btree_map(0..WEEK, (0..200_u32, 0..9_u32, 0..90_u32), 1..200),
        ) {
            let mut week = Week::new(3);
            for (window, (reads, denied, secrets)) in &all {
                let mut cell = Cell::new(3 * WEEK + window);
                cell.set(Counter::Reads, *reads);
                cell.set(Counter::Denied, *denied);
                cell.set(Counter::Secrets, *secrets);
                week.add(&cell);
            }
            let mut again = Week::new(3);
            let cells = week.cells();
            cells.iter().for_each(|cell| again.add(cell));
            prop_assert!(cells.is_sorted_by_key(|cell| cell.window));
            prop_assert_eq!(&again.windows, &week.windows);
            let exact = |week: &Week| {
                week.counts.iter().filter(|((counter, _), _)| *counter < Counter::Secrets as u8)
                    .map(|(key, times)| (*key, *times)).collect::<Vec<_>>()
            };
            prop_assert_eq!(exact(&again), exact(&week));
            let mut bytes = Vec::new();
            week.pack(&mut bytes);
            prop_assert!(week.is_sound());
            prop_assert_eq!(Week::unpack(&mut &bytes[..]), Some(week));
        }
    }
}
