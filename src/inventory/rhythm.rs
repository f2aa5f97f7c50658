//! When records were written, in bounded memory and whatever their order.
//!
//! Time is cut into cells of one second, each with its first and last record and their number. When there are
//! too many, pairs of cells become one. Silences between cells stay exact to the microsecond; only those
//! shorter than a cell go unseen.

use crate::time::SECOND;
use std::collections::BTreeMap;

/// Cells, at most: 3 days in seconds, 12 days in cells of 4 s, a year in cells of 2 minutes.
pub const CELLS: usize = 1 << 18;

/// When a record was written, and in which file it stands.
pub type Mark = (i64, u32);

/// What was written in one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    pub first: Mark,
    pub last: Mark,
    pub count: u64,
}

impl Beat {
    fn join(&mut self, other: Beat) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.count += other.count;
    }
}

/// When the records of one cluster were written.
#[derive(Clone, Debug)]
pub struct Rhythm {
    beats: BTreeMap<i64, Beat>,
    /// Width of a cell, in microseconds.
    step: i64,
    most: usize,
}

impl Default for Rhythm {
    fn default() -> Rhythm {
        Rhythm::with_cells(CELLS)
    }
}

impl Rhythm {
    pub fn with_cells(most: usize) -> Rhythm {
        Rhythm { beats: BTreeMap::new(), step: SECOND, most: most.max(1) }
    }

    /// Width of a cell, in microseconds: shorter silences may go unseen.
    pub fn step(&self) -> i64 {
        self.step
    }

    pub fn add(&mut self, time: i64, file: u32) {
        let beat = Beat { first: (time, file), last: (time, file), count: 1 };
        self.put(time.div_euclid(self.step), beat);
        while self.beats.len() > self.most {
            self.step *= 2;
            for (cell, beat) in std::mem::take(&mut self.beats) {
                self.put(cell.div_euclid(2), beat);
            }
        }
    }

    fn put(&mut self, cell: i64, beat: Beat) {
        self.beats.entry(cell).and_modify(|known| known.join(beat)).or_insert(beat);
    }

    /// In the order of time.
    pub fn beats(&self) -> Vec<Beat> {
        self.beats.values().copied().collect()
    }
}
