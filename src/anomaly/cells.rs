//! The cells of one entity, packed: a controller is active in each of the 8,640 windows of a month, and mostly does
//! the same few things in each of them.
//!
//! Each cell is the distance to the window before, a set of the counters that moved, and their counts, all as
//! variable-length numbers: three or four bytes. The latest cells stay open, as events mostly come in order.

use super::cell::{Cell, SUMS};

/// Cells that stay open.
const OPEN: usize = 8;
const HAS_SECRETS: u32 = 1 << SUMS;

#[derive(Clone, Debug, Default)]
pub struct Cells {
    packed: Vec<u8>,
    /// Of the packed ones.
    count: u32,
    last: u32,
    /// By window. One of them may have a packed part.
    open: Vec<Cell>,
}

impl Cells {
    /// The cell of a window, made if there is none.
    #[inline]
    pub fn at(&mut self, window: u32) -> &mut Cell {
        let at = match self.open.last() {
            Some(last) if last.window == window => self.open.len() - 1,
            _ => self.place(window),
        };
        &mut self.open[at]
    }

    fn place(&mut self, window: u32) -> usize {
        match self.open.binary_search_by_key(&window, |cell| cell.window) {
            Ok(at) => at,
            Err(at) if self.open.len() < OPEN => {
                self.open.insert(at, Cell::new(window));
                at
            }
            Err(_) => {
                self.pack();
                self.open.push(Cell::new(window));
                0
            }
        }
    }

    /// Packs those that are open.
    pub fn pack(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.merge(open.into_iter());
    }

    /// Takes in others, which come by window.
    fn merge(&mut self, others: impl Iterator<Item = Cell>) {
        let mut others = others.peekable();
        let Some(first) = others.peek() else { return };
        if self.count == 0 || first.window > self.last {
            others.for_each(|cell| self.push(&cell));
            return;
        }
        let own = std::mem::take(self);
        for mut cell in own.iter() {
            while let Some(other) = others.next_if(|other| other.window < cell.window) {
                self.push(&other);
            }
            if let Some(other) = others.next_if(|other| other.window == cell.window) {
                cell.absorb(&other);
            }
            self.push(&cell);
        }
        others.for_each(|cell| self.push(&cell));
    }

    /// Takes in those of the same entity from elsewhere.
    pub fn absorb(&mut self, mut other: Cells) {
        self.pack();
        other.pack();
        if self.count == 0 {
            *self = other;
        } else {
            self.merge(other.iter());
        }
    }

    /// Packs a cell behind all others.
    fn push(&mut self, cell: &Cell) {
        let out = &mut self.packed;
        put(out, cell.window - self.last);
        let moved = cell.sums.iter().enumerate().filter(|(_, sum)| **sum > 0);
        let secrets = cell.secrets();
        let with = if secrets.is_empty() { 0 } else { HAS_SECRETS };
        put(out, moved.clone().fold(with, |bits, (at, _)| bits | 1 << at));
        moved.for_each(|(_, sum)| put(out, *sum));
        if with > 0 {
            put(out, secrets.len() as u32);
            let mut before = 0;
            for hash in secrets {
                put(out, hash - before);
                before = *hash;
            }
        }
        self.last = cell.window;
        self.count += 1;
    }

    /// Keeps the latest ones only; says from which window on, if any were left out. All must be packed.
    pub fn keep_latest(&mut self, most: usize) -> Option<u32> {
        let from = self.iter().nth(self.len().checked_sub(most).filter(|over| *over > 0)?)?.window;
        self.forget_before(from);
        Some(from)
    }

    pub fn forget_before(&mut self, window: u32) {
        self.pack();
        if self.iter().next().is_some_and(|cell| cell.window < window) {
            let own = std::mem::take(self);
            own.iter().filter(|cell| cell.window >= window).for_each(|cell| self.push(&cell));
        }
    }

    /// All that are packed, by window.
    pub fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.packed, window: 0 }
    }

    /// How many are packed.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    pub fn is_empty(&self) -> bool {
        self.packed.is_empty() && self.open.is_empty()
    }

    /// How many there are at most, packed or open.
    pub fn len_about(&self) -> usize {
        self.count as usize + self.open.len()
    }

    /// Gives back memory that was taken ahead.
    pub fn shrink(&mut self) {
        self.packed.shrink_to_fit();
        self.open.shrink_to_fit();
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        self.packed.capacity() + self.open.capacity() * size_of::<Cell>()
    }
}

#[derive(Clone, Debug)]
pub struct Iter<'c> {
    rest: &'c [u8],
    window: u32,
}

impl Iterator for Iter<'_> {
    type Item = Cell;

    fn next(&mut self) -> Option<Cell> {
        self.window += take(&mut self.rest)?;
        let mut cell = Cell::new(self.window);
        let mut bits = take(&mut self.rest)?;
        let has_secrets = bits & HAS_SECRETS != 0;
        bits &= !HAS_SECRETS;
        while bits != 0 {
            let at = bits.trailing_zeros() as usize;
            *cell.sums.get_mut(at)? = take(&mut self.rest)?;
            bits &= bits - 1;
        }
        if has_secrets {
            let mut hash = 0;
            for _ in 0..take(&mut self.rest)? {
                hash += take(&mut self.rest)?;
                cell.add_secret(hash);
            }
        }
        Some(cell)
    }
}

/// Seven bits a byte, the lowest first; the top bit tells that more follow.
fn put(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[inline]
fn take(rest: &mut &[u8]) -> Option<u32> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (&byte, more) = rest.split_first()?;
        *rest = more;
        number |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
        shift = (shift + 7).min(28);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(window: u32, at: usize, count: u32, secret: Option<u32>) -> Cell {
        let mut cell = Cell::new(window);
        cell.add(1 << at, count);
        secret.into_iter().for_each(|hash| cell.add_secret(hash));
        cell
    }

    proptest! {
        #[test]
        fn packed_cells_are_what_went_in_whatever_the_order(
            all in prop::collection::vec(
                (0..60_u32, 0..SUMS, any::<u32>(), prop::option::of(any::<u32>())), 0..200,
            ),
            split in 0..200_usize,
        ) {
            let mut plain = std::collections::BTreeMap::new();
            let (mut one, mut two) = (Cells::default(), Cells::default());
            for (place, &(window, at, count, secret)) in all.iter().enumerate() {
                let window = window * 1000;
                let cell = cell(window, at, count, secret);
                plain.entry(window).or_insert_with(|| Cell::new(window)).absorb(&cell);
                let side = if place < split { &mut one } else { &mut two };
                side.at(window).absorb(&cell);
            }
            one.absorb(two);
            prop_assert_eq!(one.iter().collect::<Vec<_>>(), plain.into_values().collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_ordinary_cell_takes_four_bytes() {
        let mut cells = Cells::default();
        (1000..2000).for_each(|window| cells.at(window).absorb(&cell(window, 0, 9, None)));
        cells.pack();
        assert!(cells.packed.len() < 1000 * 4 && cells.len() == 1000);
        assert_eq!(cells.keep_latest(10), Some(1990));
        assert_eq!(cells.len(), 10);
    }
}
