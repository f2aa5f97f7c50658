//! Counters. They merge by `+=`, in any order, with the same result.

pub use crate::event::{Bad, Oddity};

use crate::finding::Evidence;
use hashbrown::HashMap;
use std::ops::AddAssign;

/// How many records of each reason, and where the first few stand.
#[derive(Clone, Debug, Default)]
pub struct Reason {
    pub count: u64,
    samples: Vec<Evidence>,
}

/// Samples kept for each reason.
pub const SAMPLES: usize = 3;

impl Reason {
    pub fn add(&mut self, evidence: Evidence) {
        self.count += 1;
        if self.samples.len() < SAMPLES {
            self.samples.push(evidence);
        }
    }

    /// The first few, in the order of the input.
    pub fn samples(&self) -> &[Evidence] {
        &self.samples
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Events that are copies of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Twice {
    pub count: u64,
    /// Only a share of all events was followed.
    pub is_estimate: bool,
}

impl AddAssign for Twice {
    fn add_assign(&mut self, other: Twice) {
        self.count += other.count;
        self.is_estimate |= other.is_estimate;
    }
}

/// What was read. Filled in the order of the input.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub bytes: u64,
    /// All lines, also those that a hunt did not look at.
    pub lines: u64,
    /// Lines that are not blank, of those that were looked at.
    pub records: u64,
    pub events: u64,
    /// Of these, the ones that stand in the input for the second time or more.
    pub twice: Twice,
    pub bad: [Reason; Bad::ALL.len()],
    pub odd: [Reason; Oddity::ALL.len()],
    /// Of a hunt: events of which it cannot be told whether they are meant.
    pub unsure: Reason,
}

impl AddAssign for Reason {
    /// `other` comes later in the input.
    fn add_assign(&mut self, other: Reason) {
        self.count += other.count;
        let free = SAMPLES.saturating_sub(self.samples.len());
        self.samples.extend(other.samples.into_iter().take(free));
    }
}

impl Reason {
    /// Adds what stands among the others.
    fn add_sorted(&mut self, other: Reason) {
        self.count += other.count;
        self.samples.extend(other.samples);
        self.samples.sort_unstable();
        self.samples.truncate(SAMPLES);
    }
}

impl AddAssign for Tally {
    /// `other` comes later in the input.
    fn add_assign(&mut self, other: Tally) {
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.records += other.records;
        self.events += other.events;
        self.twice += other.twice;
        self.bad.iter_mut().zip(other.bad).for_each(|(own, other)| *own += other);
        self.unsure += other.unsure;
        self.odd.iter_mut().zip(other.odd).for_each(|(own, other)| *own += other);
    }
}

impl Tally {
    /// Turns lines counted from 0 within a piece into lines counted from 1 within the file.
    pub fn shift(mut self, first_line: u64) -> Tally {
        let samples = self
            .bad
            .iter_mut()
            .chain(&mut self.odd)
            .chain([&mut self.unsure])
            .flat_map(|reason| &mut reason.samples);
        samples.for_each(|evidence| evidence.line += first_line + 1);
        self
    }

    /// Ends a file. Plain text is nothing lost where a file holds no trace of an event; among events it is.
    pub fn settle_text(&mut self) {
        if self.events > 0 || self.lost() > 0 {
            let text = std::mem::take(&mut self.bad[Bad::Text as usize]);
            self.bad[Bad::NotJson as usize].add_sorted(text);
        }
    }

    /// Records that held evidence and could not be read.
    pub fn lost(&self) -> u64 {
        Bad::ALL.iter().filter(|bad| bad.is_loss()).map(|&bad| self.bad[bad as usize].count).sum()
    }
}

/// What was read of one file.
#[derive(Clone, Debug, Default)]
pub struct FileReport {
    /// As the user named it, or as it was found below a directory.
    pub name: String,
    /// Label of the cluster, where the input gave one.
    pub cluster: Option<String>,
    /// Bytes of content, after decompression.
    pub bytes: u64,
    pub records: u64,
    pub events: u64,
    /// `none`, `gzip`, `zstd` ...
    pub compression: String,
    /// Why reading ended early, if it did.
    pub trouble: Option<String>,
}

/// The most frequent of many names.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// Most frequent first, equals by name.
    pub top: Vec<(String, u64)>,
    /// How many names there are in all; at least so many, if `more`.
    pub names: usize,
    pub more: bool,
}

/// The earliest and the latest event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSpan {
    pub range: Option<(i64, i64)>,
}

impl TimeSpan {
    pub fn add(&mut self, time: i64) {
        *self += TimeSpan { range: Some((time, time)) };
    }
}

impl AddAssign for TimeSpan {
    fn add_assign(&mut self, other: TimeSpan) {
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (a, b) => a.or(b),
        };
    }
}

/// Counts by name, exact up to [`Counter::LIMIT`] names.
///
/// Beyond that, only the names with the smallest hashes are kept. A name that is kept at the end was never
/// dropped on the way, so its count is exact whatever the order and however the input was split.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    counts: HashMap<Box<[u8]>, u64, foldhash::quality::RandomState>,
    /// Names with a hash above this were dropped.
    ceiling: Option<u64>,
}

impl Counter {
    pub const LIMIT: usize = 1 << 16;

    pub fn add(&mut self, name: &[u8], count: u64) {
        if let Some(known) = self.counts.get_mut(name) {
            *known += count;
        } else if self.ceiling.is_none_or(|ceiling| hash(name) <= ceiling) {
            self.counts.insert(name.into(), count);
            if self.counts.len() > 2 * Counter::LIMIT {
                self.shrink();
            }
        }
    }

    fn shrink(&mut self) {
        let mut hashes: Vec<u64> = self.counts.keys().map(|name| hash(name)).collect();
        let (_, ceiling, _) = hashes.select_nth_unstable(Counter::LIMIT - 1);
        let ceiling = *ceiling;
        self.counts.retain(|name, _| hash(name) <= ceiling);
        self.ceiling = Some(ceiling);
    }

    /// Names that were counted, and whether there were more.
    pub fn len(&mut self) -> (usize, bool) {
        self.settle();
        (self.counts.len(), self.ceiling.is_some())
    }

    fn settle(&mut self) {
        if self.counts.len() > Counter::LIMIT {
            self.shrink();
        }
    }

    /// All names, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.counts.iter().map(|(name, count)| (&**name, *count))
    }

    /// The most frequent names, and how many there are.
    pub fn ranking(&mut self, most: usize) -> Ranking {
        let (names, more) = self.len();
        Ranking { top: self.top(most), names, more }
    }

    /// The most frequent names, most frequent first, equals by name.
    pub fn top(&mut self, most: usize) -> Vec<(String, u64)> {
        self.settle();
        let mut all: Vec<_> = self.counts.iter().map(|(name, count)| (name, *count)).collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.into_iter()
            .take(most)
            .map(|(name, count)| (String::from_utf8_lossy(name).into_owned(), count))
            .collect()
    }
}

impl AddAssign<&Counter> for Counter {
    #[allow(clippy::iter_over_hash_type, reason = "sums do not depend on the order")]
    fn add_assign(&mut self, other: &Counter) {
        if let Some(ceiling) = other.ceiling {
            self.counts.retain(|name, _| hash(name) <= ceiling);
            self.ceiling = Some(self.ceiling.map_or(ceiling, |own| own.min(ceiling)));
        }
        for (name, count) in &other.counts {
            self.add(name, *count);
        }
    }
}

/// A hash that is the same in every run: it decides which names are kept, never which are equal.
fn hash(name: &[u8]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::quality::FixedState::default().build_hasher();
    hasher.write(name);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_agree_however_the_input_is_split() {
        let name = |i: u64| (i * 7919 % 200_003).to_string().into_bytes();
        let mut whole = Counter::default();
        let mut parts = vec![Counter::default(); 3];
        for i in 0..400_000 {
            whole.add(&name(i), 1);
            parts[(i % 3) as usize].add(&name(i), 1);
        }
        let mut merged = Counter::default();
        parts.iter().rev().for_each(|part| merged += part);
        assert_eq!(whole.top(1000), merged.top(1000));
        assert_eq!(whole.len(), (Counter::LIMIT, true));
        assert_eq!(merged.len(), (Counter::LIMIT, true));
    }

    #[test]
    fn time_spans_merge() {
        let mut span = TimeSpan::default();
        span += TimeSpan::default();
        [5, 3, 9].into_iter().for_each(|time| span.add(time));
        assert_eq!(span.range, Some((3, 9)));
    }
}
