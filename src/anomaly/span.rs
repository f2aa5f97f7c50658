//! The windows in which anything at all was seen of a cluster.

use super::profile::{HOUR, Limits};
use std::collections::BTreeSet;

#[derive(Clone, Debug, Default)]
pub struct Span {
    windows: BTreeSet<u32>,
    last: Option<u32>,
}

impl Span {
    #[inline]
    pub fn add(&mut self, window: u32, limits: Limits) {
        if self.last != Some(window) {
            self.last = Some(window);
            self.windows.insert(window);
            if self.windows.len() > limits.windows {
                self.windows.pop_first();
            }
        }
    }

    pub fn forget_before(&mut self, window: u32) {
        self.windows = self.windows.split_off(&window);
    }

    pub fn windows(&self) -> impl Iterator<Item = u32> + '_ {
        self.windows.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Times of so many windows in which anything was seen.
    pub fn count(&self, scale: u32) -> usize {
        if scale == 1 {
            return self.windows.len();
        }
        let (mut count, mut last) = (0, None);
        for time in self.windows.iter().map(|window| window / scale) {
            count += usize::from(last != Some(time));
            last = Some(time);
        }
        count
    }

    /// Hours in which anything was seen, in order.
    pub fn hours(&self) -> Vec<u32> {
        let mut hours: Vec<u32> = self.windows.iter().map(|window| window / HOUR).collect();
        hours.dedup();
        hours
    }

    pub fn range(&self) -> Option<(u32, u32)> {
        Some((*self.windows.first()?, *self.windows.last()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_in_a_gap_of_the_log_is_not_watched() {
        let mut span = Span::default();
        [3, 5, 11, 12, 1200, 1201].into_iter().for_each(|window| span.add(window, Limits::default()));
        assert_eq!(span.hours(), [0, 1, 100]);
    }
}
