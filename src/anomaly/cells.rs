//! The cells of one entity, packed: a controller is active in each of the 8,640 windows of a month, and mostly does
//! the same few things in each of them.
//!
//! Each cell is the distance to the window before, a set of the counters that moved, unless it is that of the cell
//! before, and their counts, three bits at a time: two or three bytes. The latest cells stay open, as events mostly
//! come in order. Of weeks long past a baseline keeps less ([`Week`]).

use super::cell::{Cell, SUMS};
use super::sealed::{WEEK, Week};
use super::varint::{put, take_short as take};
use std::collections::BTreeMap;
use std::vec;

/// Cells that stay open.
const OPEN: usize = 8;
const HAS_SECRETS: u32 = 1 << SUMS;
/// Distances from this on stand behind the first byte of a cell.
const FAR: u32 = 0x7f;
/// The same counters moved as in the cell before.
const SAME: u8 = 0x80;

#[derive(Clone, Debug, Default)]
pub struct Cells {
    packed: Vec<u8>,
    /// Of the packed ones.
    count: u32,
    last: u32,
    /// Counters that moved in the last packed one.
    bits: u32,
    /// By window. One of them may have a packed part.
    open: Vec<Cell>,
    /// Weeks that are sealed, packed, by time. No cell lies before their end.
    sealed: Box<[u8]>,
    sealed_to: u32,
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
        let mut open = std::mem::take(&mut self.open);
        self.merge(open.drain(..));
        // There will be others soon.
        self.open = open;
    }

    /// Takes in others, which come by window.
    fn merge(&mut self, others: impl Iterator<Item = Cell>) {
        let mut others = others.peekable();
        let Some(first) = others.peek() else { return };
        if self.count == 0 || first.window > self.last {
            others.for_each(|cell| self.push(&cell));
            return;
        }
        let own = self.take_packed();
        for mut cell in Iter::of(&own) {
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
        if self.is_empty() {
            *self = other;
            return;
        }
        self.merge(Iter::of(&other.packed));
        if self.sealed_to.max(other.sealed_to) > 0 {
            self.seal(self.sealed_to.max(other.sealed_to), other.weeks().collect());
        }
    }

    /// Seals all weeks that end before a window.
    pub fn seal_before(&mut self, window: u32) {
        self.pack();
        self.seal(self.sealed_to.max(window / WEEK * WEEK), Vec::new());
    }

    /// Seals what lies before the begin of a week, with what is sealed elsewhere.
    fn seal(&mut self, to: u32, more: Vec<Week>) {
        let mut weeks: BTreeMap<u32, Week> = BTreeMap::new();
        for week in self.weeks().chain(more) {
            weeks.entry(week.number).or_insert_with(|| Week::new(week.number)).absorb(week);
        }
        let own = self.take_packed();
        for cell in Iter::of(&own) {
            let number = cell.window / WEEK;
            match cell.window < to {
                true => weeks.entry(number).or_insert_with(|| Week::new(number)).add(&cell),
                false => self.push(&cell),
            }
        }
        self.keep_weeks(weeks.into_values(), to);
    }

    fn keep_weeks(&mut self, weeks: impl Iterator<Item = Week>, to: u32) {
        let mut sealed = Vec::new();
        weeks.filter(|week| !week.windows.is_empty()).for_each(|week| week.pack(&mut sealed));
        (self.sealed, self.sealed_to) = (sealed.into_boxed_slice(), to);
    }

    /// Those that are sealed.
    pub fn weeks(&self) -> impl Iterator<Item = Week> + '_ {
        let mut rest = &*self.sealed;
        std::iter::from_fn(move || Week::unpack(&mut rest))
    }

    /// Takes in a sealed week from a file.
    pub fn add_week(&mut self, week: Week) {
        let to = self.sealed_to.max((week.number + 1) * WEEK);
        self.pack();
        self.seal(to, vec![week]);
    }

    /// All packed cells, which are then to be packed anew.
    fn take_packed(&mut self) -> Vec<u8> {
        (self.count, self.last, self.bits) = (0, 0, 0);
        std::mem::take(&mut self.packed)
    }

    /// Packs a cell behind all others.
    fn push(&mut self, cell: &Cell) {
        let secrets = cell.secrets();
        let moved = (0..).zip(&cell.sums).fold(0, |bits, (at, sum)| bits | u32::from(*sum > 0) << at);
        let with = if secrets.is_empty() { 0 } else { HAS_SECRETS };
        let bits = moved | with;
        self.push_head(cell.window - self.last, bits);
        let out = &mut self.packed;
        put_nibbles(out, ones(moved).map(|at| cell.sums[at] - 1));
        if with > 0 {
            put(out, secrets.len() as u64);
            let mut before = 0;
            for hash in secrets {
                put(out, u64::from(hash - before));
                before = *hash;
            }
        }
        (self.last, self.bits) = (cell.window, bits);
        self.count += 1;
    }

    /// The distance to the cell before and the counters that moved, in one byte where both are the usual ones.
    fn push_head(&mut self, distance: u32, bits: u32) {
        let is_same = bits == self.bits && self.count > 0;
        let near = distance.min(FAR);
        self.packed.push(near as u8 | if is_same { SAME } else { 0 });
        if near == FAR {
            put(&mut self.packed, u64::from(distance - FAR));
        }
        if !is_same {
            put(&mut self.packed, bits.into());
        }
    }

    /// Keeps the latest ones only; says from which window on, if any were left out. All must be packed.
    pub fn keep_latest(&mut self, most: usize) -> Option<u32> {
        let from = Iter::of(&self.packed).nth(self.len().checked_sub(most).filter(|over| *over > 0)?)?.window;
        self.forget_before(from);
        Some(from)
    }

    pub fn forget_before(&mut self, window: u32) {
        self.pack();
        if Iter::of(&self.packed).next().is_some_and(|cell| cell.window < window) {
            let own = self.take_packed();
            Iter::of(&own).filter(|cell| cell.window >= window).for_each(|cell| self.push(&cell));
        }
        if self.weeks().next().is_some_and(|week| week.number * WEEK < window) {
            let weeks: Vec<Week> = self.weeks().filter_map(|week| later(week, window)).collect();
            self.keep_weeks(weeks.into_iter(), self.sealed_to);
        }
    }

    /// All that are packed or sealed, by window.
    pub fn iter(&self) -> Iter<'_> {
        Iter { weeks: &self.sealed, ..Iter::of(&self.packed) }
    }

    /// Shows all that are packed or sealed, by window; of longer windows, which hold `scale` of these each.
    pub fn each(&self, scale: u32, mut see: impl FnMut(&Cell)) {
        let (mut all, mut cell) = (self.iter(), None::<Cell>);
        let mut of = |window: u32, add: &mut dyn FnMut(&mut Cell)| {
            let window = window / scale;
            let own = cell.get_or_insert_with(|| Cell::new(window));
            if own.window != window {
                see(own);
                own.begin(window);
            }
            add(own);
        };
        while let Some(sealed) = all.sealed() {
            of(sealed.window, &mut |own| own.absorb(&sealed));
        }
        let mut is_whole = true;
        while is_whole && all.head().is_some() {
            of(all.window, &mut |own| is_whole = all.body(own).is_some());
        }
        cell.iter().for_each(see);
    }

    /// The windows of all that are packed or sealed, in order.
    pub fn windows(&self) -> impl Iterator<Item = u32> {
        let mut all = self.iter();
        std::iter::from_fn(move || {
            if let Some(sealed) = all.sealed() {
                return Some(sealed.window);
            }
            all.head()?;
            if all.sums(|_, _| ()).and_then(|()| all.secrets(|_| ())).is_none() {
                all.rest = &[];
            }
            Some(all.window)
        })
    }

    /// Shows what all hold that are packed or sealed, by window, in as few steps as that takes.
    pub fn each_part(&self, mut see: impl FnMut(Part<'_>)) {
        let mut all = self.iter();
        while let Some(sealed) = all.sealed() {
            see(Part::Whole(&sealed));
        }
        while all.head().is_some() {
            let window = all.window;
            let read = if all.has_secrets() {
                let mut cell = Cell::new(window);
                all.body(&mut cell).map(|()| see(Part::Whole(&cell)))
            } else {
                all.sums(|counter, count| see(Part::Sum { window, counter, count }))
            };
            if read.is_none() {
                break;
            }
        }
    }

    /// All that are packed, by window.
    pub fn packed(&self) -> Iter<'_> {
        Iter::of(&self.packed)
    }

    /// How many are packed.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    pub fn is_empty(&self) -> bool {
        self.packed.is_empty() && self.open.is_empty() && self.sealed.is_empty()
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
        self.packed.capacity() + self.sealed.len() + self.open.capacity() * size_of::<Cell>()
    }
}

/// What is left of a week from a window on.
fn later(week: Week, window: u32) -> Option<Week> {
    if week.number * WEEK >= window {
        return Some(week);
    }
    let mut rest = Week::new(week.number);
    week.cells().iter().filter(|cell| cell.window >= window).for_each(|cell| rest.add(cell));
    (!rest.windows.is_empty()).then_some(rest)
}

/// What is shown of cells.
#[derive(Clone, Copy, Debug)]
pub enum Part<'c> {
    /// One counter of a cell without secrets.
    Sum {
        window: u32,
        counter: usize,
        count: u32,
    },
    Whole(&'c Cell),
}

#[derive(Clone, Debug)]
pub struct Iter<'c> {
    weeks: &'c [u8],
    week: vec::IntoIter<Cell>,
    rest: &'c [u8],
    window: u32,
    bits: u32,
}

impl<'c> Iter<'c> {
    fn of(packed: &'c [u8]) -> Iter<'c> {
        Iter { weeks: &[], week: Vec::new().into_iter(), rest: packed, window: 0, bits: 0 }
    }

    /// Goes on to the next packed cell.
    fn head(&mut self) -> Option<()> {
        let (&head, more) = self.rest.split_first()?;
        self.rest = more;
        let near = u32::from(head & !SAME);
        self.window += near + if near == FAR { take(&mut self.rest)? } else { 0 };
        if head & SAME == 0 {
            self.bits = take(&mut self.rest)?;
        }
        Some(())
    }

    /// The next cell of the sealed weeks.
    fn sealed(&mut self) -> Option<Cell> {
        loop {
            if let Some(cell) = self.week.next() {
                return Some(cell);
            }
            if self.weeks.is_empty() {
                return None;
            }
            self.week = Week::unpack(&mut self.weeks)?.cells().into_iter();
        }
    }
}

impl Iter<'_> {
    /// Adds what the cell holds that [`head`](Iter::head) went on to.
    fn body(&mut self, cell: &mut Cell) -> Option<()> {
        self.sums(|at, count| cell.sums[at] = cell.sums[at].saturating_add(count))?;
        self.secrets(|hash| cell.add_secret(hash))
    }

    /// Shows each counter that moved and how far, the first part of what the cell holds.
    #[inline]
    fn sums(&mut self, mut see: impl FnMut(usize, u32)) -> Option<()> {
        let moved = self.bits & !HAS_SECRETS;
        if moved > HAS_SECRETS {
            return None;
        }
        let mut nibbles = Nibbles { rest: &mut self.rest, high: None };
        for at in ones(moved) {
            see(at, nibbles.number()?.wrapping_add(1));
        }
        Some(())
    }

    /// Shows the hashes of secrets, the other part.
    fn secrets(&mut self, mut see: impl FnMut(u32)) -> Option<()> {
        if self.has_secrets() {
            let mut hash = 0;
            for _ in 0..take(&mut self.rest)? {
                hash += take(&mut self.rest)?;
                see(hash);
            }
        }
        Some(())
    }

    fn has_secrets(&self) -> bool {
        self.bits & HAS_SECRETS != 0
    }
}

impl Iterator for Iter<'_> {
    type Item = Cell;

    fn next(&mut self) -> Option<Cell> {
        if let Some(cell) = self.sealed() {
            return Some(cell);
        }
        self.head()?;
        let mut cell = Cell::new(self.window);
        self.body(&mut cell)?;
        Some(cell)
    }
}

/// The places of the bits that are set.
fn ones(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(at as usize)
    })
}

/// Three bits of a number in each half of a byte, the lowest first; the fourth tells that more follow.
fn put_nibbles(out: &mut Vec<u8>, numbers: impl Iterator<Item = u32>) {
    let mut low: Option<u8> = None;
    for mut number in numbers {
        loop {
            let nibble = (number & 7) as u8 | if number > 7 { 8 } else { 0 };
            match low.take() {
                Some(low) => out.push(low | nibble << 4),
                None => low = Some(nibble),
            }
            number >>= 3;
            if nibble < 8 {
                break;
            }
        }
    }
    out.extend(low);
}

struct Nibbles<'n, 'c> {
    rest: &'n mut &'c [u8],
    high: Option<u8>,
}

impl Nibbles<'_, '_> {
    fn next(&mut self) -> Option<u8> {
        if let Some(high) = self.high.take() {
            return Some(high);
        }
        let (&byte, more) = self.rest.split_first()?;
        *self.rest = more;
        self.high = Some(byte >> 4);
        Some(byte & 15)
    }

    fn number(&mut self) -> Option<u32> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let nibble = self.next()?;
            number |= u32::from(nibble & 7) << shift;
            if nibble < 8 {
                return Some(number);
            }
            shift = (shift + 3).min(30);
        }
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
    fn an_ordinary_cell_takes_two_bytes() {
        let mut cells = Cells::default();
        (1000..2000).for_each(|window| cells.at(window).absorb(&cell(window, 0, 9, None)));
        cells.pack();
        assert!(cells.packed.len() <= 1000 * 2 + 8 && cells.len() == 1000);
        assert_eq!(cells.keep_latest(10), Some(1990));
        assert_eq!(cells.len(), 10);
    }

    #[test]
    fn old_weeks_are_sealed_in_any_order_and_forgotten_in_time() {
        let mut whole = Cells::default();
        let mut parts = [Cells::default(), Cells::default()];
        for window in (0..5 * WEEK).step_by(3) {
            let one = cell(window, 0, 1 + window % 40, (window % 50 == 0).then_some(window));
            whole.at(window).absorb(&one);
            parts[(window / 7 % 2) as usize].at(window).absorb(&one);
        }
        whole.seal_before(3 * WEEK + 5);
        let [mut one, mut two] = parts;
        two.seal_before(2 * WEEK);
        let (mut other, second) = (two.clone(), one.clone());
        one.absorb(two);
        one.seal_before(3 * WEEK);
        other.seal_before(3 * WEEK);
        other.absorb(second);
        for cells in [&one, &other] {
            assert!(cells.iter().eq(whole.iter()));
            assert_eq!((cells.weeks().count(), cells.packed().count()), (3, 1344));
            assert!(cells.sealed.len() < 3 * 600, "{}", cells.sealed.len());
        }
        let count = whole.iter().count();
        assert_eq!(count, (5 * WEEK as usize).div_ceil(3));
        assert!(whole.iter().is_sorted_by_key(|cell| cell.window));
        whole.forget_before(WEEK + 30);
        assert_eq!(whole.iter().next().map(|cell| cell.window), Some(WEEK + 30));
        assert_eq!(whole.iter().count(), count - (WEEK as usize + 30).div_ceil(3));
    }
}
