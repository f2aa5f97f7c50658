//! What a format does not carry. A rule that asks for it cannot tell, which is not the same as no.

use crate::event::{Event, Slot};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// A set of fields that are unknown rather than absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
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

    /// What one or the other lacks.
    #[must_use]
    pub fn and(self, other: Lacks) -> Lacks {
        Lacks(self.0 | other.0)
    }

    /// What the API server itself left out because the event was too large.
    #[inline]
    pub fn of_truncated(event: &Event<'_>) -> Lacks {
        static MARK: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("audit.k8s.io/truncated"));
        const BODIES: Lacks = Lacks::of(&[Slot::RequestObject, Slot::ResponseObject]);
        let had_body = || event.text(Slot::Level).is_some_and(|level| level.raw().starts_with(b"Request"));
        match event.raw(Slot::Annotations) {
            Some(all) if had_body() && MARK.find(all).is_some() => BODIES,
            _ => Lacks::NOTHING,
        }
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields that it names, one bit for each slot: what a cut left out is not among them.
    pub fn named(self) -> u64 {
        self.0 & !REST
    }

    /// Whether some event of this kind may lack the field.
    pub fn may_lack(self, slot: Slot) -> bool {
        self.0 & (REST | 1 << slot as u8) != 0
    }

    /// Whether nobody knows what this field held.
    pub fn lacks(self, slot: Slot, event: &Event<'_>) -> bool {
        let named = self.0 & 1 << slot as u8 != 0;
        !event.has(slot) && (named || self.0 & REST != 0 && is_behind_cut(slot, event))
    }
}

/// Whether what is absent may have stood behind the cut. An object with something behind it was whole.
fn is_behind_cut(slot: Slot, event: &Event<'_>) -> bool {
    slot.parent().is_none_or(|parent| !event.has(parent) || event.is_last(parent))
}

const _: () = assert!(Slot::COUNT < 63);
