//! What a format does not carry. A rule that asks for it cannot tell, which is not the same as no.

use crate::event::{Event, Slot};

/// A set of fields that are unknown rather than absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacks(u64);

/// The bit that stands for all fields that the event does not hold.
const REST: u64 = 1 << 63;

impl Lacks {
    pub const NOTHING: Lacks = Lacks(0);

    /// All that the event does not hold, as of one that was cut.
    pub const REST: Lacks = Lacks(REST);

    pub const fn of(slots: &[Slot]) -> Lacks {
        let (mut bits, mut at) = (0, 0);
        while at < slots.len() {
            bits |= 1 << slots[at] as u8;
            at += 1;
        }
        Lacks(bits)
    }

    pub fn add(&mut self, slot: Slot) {
        self.0 |= 1 << slot as u8;
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether nobody knows what this field held.
    pub fn lacks(self, slot: Slot, event: &Event<'_>) -> bool {
        !event.has(slot) && self.0 & (REST | 1 << slot as u8) != 0
    }
}

const _: () = assert!(Slot::COUNT < 63);
