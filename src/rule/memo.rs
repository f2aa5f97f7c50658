//! What is remembered of the values of one dimension.

use super::compile::{DimUse, Ready};
use crate::event::{Dim, Event};
use hashbrown::HashMap;

pub type Hashing = foldhash::fast::RandomState;

/// Distinct values remembered for one dimension. Beyond that the memory starts anew.
const MAX_VALUES: usize = 1 << 13;
/// Values longer than this (user agents may be) are looked at each time.
const MAX_VALUE_LEN: usize = 1024;

/// The class of each dimension that is in use.
pub type Classes = [u16; Dim::ALL.len()];

/// Values of one dimension for which the same predicates hold are one class.
#[derive(Debug, Default)]
pub struct Memo {
    by_value: HashMap<Box<[u8]>, u16, Hashing>,
    missing: Option<u16>,
    by_verdicts: HashMap<Box<[u64]>, u16, Hashing>,
    /// The predicates that hold for a class, as bits.
    pub classes: Vec<Box<[u64]>>,
}

impl Memo {
    #[inline]
    pub fn class(&mut self, event: &Event<'_>, used: &DimUse, predicates: &[Ready]) -> u16 {
        let key = used.dim.key(event);
        let known = match key {
            Some(value) => self.by_value.get(value).copied(),
            None => self.missing,
        };
        known.unwrap_or_else(|| self.learn(key, event, used, predicates))
    }

    #[cold]
    fn learn(&mut self, key: Option<&[u8]>, event: &Event<'_>, used: &DimUse, predicates: &[Ready]) -> u16 {
        let class = self.class_of(&verdicts(event, used, predicates));
        match key {
            None => self.missing = Some(class),
            Some(value) if value.len() <= MAX_VALUE_LEN => {
                if self.by_value.len() >= MAX_VALUES {
                    self.by_value.clear();
                }
                self.by_value.insert(value.into(), class);
            }
            Some(_) => {}
        }
        class
    }

    fn class_of(&mut self, verdicts: &[u64]) -> u16 {
        if let Some(&class) = self.by_verdicts.get(verdicts) {
            return class;
        }
        let class = self.classes.len() as u16;
        self.classes.push(verdicts.into());
        self.by_verdicts.insert(verdicts.into(), class);
        class
    }

    pub fn holds(&self, class: u16, bit: u32) -> bool {
        self.classes[class as usize][bit as usize / 64] >> (bit % 64) & 1 == 1
    }
}

fn verdicts(event: &Event<'_>, used: &DimUse, predicates: &[Ready]) -> Vec<u64> {
    let mut bits = vec![0; used.predicates.len().div_ceil(64)];
    for (bit, predicate) in used.predicates.iter().enumerate() {
        let Ready { field, check, .. } = &predicates[*predicate as usize];
        bits[bit / 64] |= u64::from(check.holds(event, field)) << (bit % 64);
    }
    bits
}
