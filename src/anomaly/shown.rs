//! What an entity was seen with, as the profile is settled: values, the requests that show them first, and the noted
//! requests, packed into some fifty bytes for each new thing instead of a hundred and more.
//!
//! Nothing is lost. What changes an entity unpacks it first.

use super::evidence::{Mark, Noted};
use super::names::Name;
use super::profile::time_of;
use super::value::{Dim, Value, ValueKey};
use super::varint::{put, take, take_short};

/// Values by key, marks in the order in which values first point at them, noted requests by window.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub values: Vec<Value>,
    pub marks: Vec<Mark>,
    pub noted: Vec<Noted>,
}

impl Shown {
    /// The request that shows a value first.
    pub fn mark(&self, value: &Value) -> Option<&Mark> {
        self.marks.get(value.mark as usize)
    }

    /// Brings marks into the order of the values, and drops those that no value points at.
    pub fn order_marks(&mut self) {
        let mut old: Vec<Option<Mark>> = std::mem::take(&mut self.marks).into_iter().map(Some).collect();
        let mut moved = vec![u32::MAX; old.len()];
        for value in &mut self.values {
            let at = value.mark as usize;
            if let Some(mark) = old.get_mut(at).and_then(Option::take) {
                moved[at] = self.marks.len() as u32;
                self.marks.push(mark);
            }
            value.mark = moved.get(at).copied().unwrap_or(u32::MAX);
        }
    }

    /// Brings values into the order of their keys, and marks into the order of the values.
    pub fn sort(&mut self) {
        self.values.sort_unstable_by_key(|value| value.key);
        self.order_marks();
    }

    pub fn names(&mut self) -> impl Iterator<Item = &mut Name> {
        let values = self.values.iter_mut().flat_map(|value| [&mut value.key.name, &mut value.key.more]);
        let marks = self.marks.iter_mut().flat_map(Mark::names);
        let noted = self.noted.iter_mut().flat_map(|noted| [&mut noted.action, &mut noted.namespace]);
        values.chain(marks).chain(noted)
    }

    /// Bytes of memory, about.
    pub fn weight(&self) -> usize {
        self.values.capacity() * size_of::<Value>()
            + self.marks.capacity() * size_of::<Mark>()
            + self.noted.capacity() * size_of::<Noted>()
    }

    pub fn pack(&self) -> Box<[u8]> {
        let mut out = Vec::new();
        self.pack_values(&mut out);
        put(&mut out, self.marks.len() as u64);
        let bases = bases(&self.values, self.marks.len());
        self.marks.iter().zip(bases).for_each(|(mark, base)| mark.pack(base, &mut out));
        put(&mut out, self.noted.len() as u64);
        let mut before = 0;
        for noted in &self.noted {
            put(&mut out, u64::from(noted.window - before));
            before = noted.window;
            noted.pack(time_of(noted.window), &mut out);
        }
        out.into_boxed_slice()
    }

    fn pack_values(&self, out: &mut Vec<u8>) {
        let base = self.values.iter().map(|value| value.first).min().unwrap_or(0);
        put(out, u64::from(base));
        let mut next = 0;
        for dim in Dim::ALL {
            let own = || self.values.iter().filter(|value| value.key.dim == dim);
            put(out, own().count() as u64);
            let mut before = 0;
            for value in own() {
                put(out, u64::from(value.key.name - before));
                before = value.key.name;
                if dim == Dim::Scope {
                    put(out, value.key.more.into());
                }
                put(out, u64::from(value.first - base));
                put(out, u64::from(value.last - value.first));
                put(out, mark_code(value.mark, &mut next));
            }
        }
    }

    /// Nothing where the bytes are none that [`Shown::pack`] wrote.
    pub fn unpack(bytes: &[u8]) -> Shown {
        let mut shown = Shown::default();
        let rest = &mut &*bytes;
        let _ = shown
            .take_values(rest)
            .and_then(|()| shown.take_marks(rest))
            .and_then(|()| shown.take_noted(rest));
        shown
    }

    /// Only the values, which is what scores are made from.
    pub fn values(bytes: &[u8]) -> Vec<Value> {
        let mut shown = Shown::default();
        let _ = shown.take_values(&mut &*bytes);
        shown.values
    }

    fn take_values(&mut self, rest: &mut &[u8]) -> Option<()> {
        let base = take_short(rest)?;
        let mut next = 0;
        for dim in Dim::ALL {
            let mut name = 0;
            for _ in 0..take(rest)? {
                name += take_short(rest)?;
                let more = if dim == Dim::Scope { take_short(rest)? } else { super::profile::EMPTY };
                let first = base + take_short(rest)?;
                let last = first + take_short(rest)?;
                let mark = mark_of(take_short(rest)?, &mut next);
                self.values.push(Value { key: ValueKey { dim, name, more }, first, last, mark });
            }
        }
        self.values.shrink_to_fit();
        Some(())
    }

    fn take_marks(&mut self, rest: &mut &[u8]) -> Option<()> {
        let count = take(rest)? as usize;
        for base in bases(&self.values, count) {
            self.marks.push(Mark::unpack(base, rest)?);
        }
        Some(())
    }

    fn take_noted(&mut self, rest: &mut &[u8]) -> Option<()> {
        let mut window = 0;
        for _ in 0..take(rest)? {
            window += take_short(rest)?;
            self.noted.push(Noted::unpack(window, time_of(window), rest)?);
        }
        Some(())
    }
}

/// Times near which marks lie: each shows its first value in that value's first window.
fn bases(values: &[Value], marks: usize) -> Vec<i64> {
    let mut bases = vec![0; marks];
    for value in values.iter().rev() {
        if let Some(base) = bases.get_mut(value.mark as usize) {
            *base = time_of(value.first);
        }
    }
    bases
}

/// 0 for the next mark, else how far back it lies; one more than that can be for none.
fn mark_code(mark: u32, next: &mut u32) -> u64 {
    if mark == *next {
        *next += 1;
        return 0;
    }
    u64::from(next.checked_sub(mark).unwrap_or(*next + 1))
}

fn mark_of(code: u32, next: &mut u32) -> u32 {
    if code == 0 {
        *next += 1;
        return *next - 1;
    }
    next.checked_sub(code).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(values: Vec<(u8, u32, u32, u32, u32)>, marks: usize) -> Shown {
        let value = |(dim, name, more, first, length): (u8, u32, u32, u32, u32)| {
            let dim = Dim::ALL[usize::from(dim) % Dim::ALL.len()];
            let more = if dim == Dim::Scope { more } else { super::super::profile::EMPTY };
            Value { key: ValueKey { dim, name, more }, first, last: first + length, mark: (name + more) % 9 }
        };
        let mark = |at: usize| {
            Mark::remembered(at as i64 * 77_000_000, if at.is_multiple_of(2) { "a" } else { UUID })
        };
        let mut all = Shown { values: values.into_iter().map(value).collect(), ..Shown::default() };
        all.marks = (0..marks).map(mark).collect();
        all.values.sort_by_key(|value| value.key);
        all.values.dedup_by_key(|value| value.key);
        all.sort();
        all
    }

    const UUID: &str = "3f1d1e7c-0000-4a4b-9c5d-ffffffffffff";

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            values in prop::collection::vec((0..9_u8, 0..40_u32, 0..5_u32, 0..9000_u32, 0..900_u32), 0..40),
            marks in 0..9_usize,
        ) {
            let all = shown(values, marks);
            let bytes = all.pack();
            prop_assert_eq!(format!("{:?}", Shown::unpack(&bytes)), format!("{all:?}"));
            prop_assert_eq!(format!("{:?}", Shown::values(&bytes)), format!("{:?}", all.values));
        }
    }

    #[test]
    fn damage_is_no_panic() {
        let bytes = shown(vec![(0, 1, 0, 5, 5), (3, 7, 0, 5, 9)], 9).pack();
        for end in 0..bytes.len() {
            Shown::unpack(&bytes[..end]);
        }
    }
}
